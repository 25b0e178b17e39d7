"""
A shelf holds the records of one list without holding them: it knows their
ids, how to make each, and how to find and sort them.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

from sandbox.ids import Ids

Fact = Callable[[int], Any]
Keep = Callable[[int], bool]


class View(NamedTuple):
    """How records were asked for."""

    include: tuple[str, ...] = ()
    custom: frozenset[str] | None = None
    option_labels: bool = False
    labels: bool = False
    is_encoded: bool = False
    """Whether parts of the record may come as JSON already, for pages that only pass them on."""


PLAIN = View()


class After(NamedTuple):
    """Where the page before this one ended."""

    value: Any
    id: int


class LiveIds(Sequence):  # type: ignore[type-arg]
    """Ascending ids, written down, that come and go."""

    def __init__(self, made: Ids) -> None:
        self._ids = array("q", _each(made))

    def __len__(self) -> int:
        return len(self._ids)

    def __getitem__(self, place: Any) -> Any:
        return self._ids[place]

    def __contains__(self, value: object) -> bool:
        if not isinstance(value, int):
            return False
        place = bisect_left(self._ids, value)
        return place < len(self._ids) and self._ids[place] == value

    def add(self, number: int) -> None:
        insort(self._ids, number)

    def remove(self, number: int) -> None:
        del self._ids[bisect_left(self._ids, number)]


@dataclass(eq=False)
class Shelf:
    """
    One list.

    `facts` answer a record's filterable values without making the record.
    Ids are given out in the order of adding, so `id` and `add_time` are the
    order of the ids as long as nothing changed; other orders are worked out
    once, when first asked for, and kept right from then on.
    """

    singular: str
    ids: Ids
    row: Callable[[int, View], dict[str, Any]]
    facts: Mapping[str, Fact]
    optional: Mapping[str, Fact] = field(default_factory=dict)
    _orders: dict[str, array[int]] = field(default_factory=dict)
    _live: LiveIds | None = None
    made: Ids = field(init=False)
    """The ids it was stocked with, whatever became of them."""

    def __post_init__(self) -> None:
        self.made = self.ids

    def __len__(self) -> int:
        return len(self.ids)

    def record(self, number: int, view: View = PLAIN) -> dict[str, Any] | None:
        return self.row(number, view) if number in self.ids else None

    def select(
        self,
        keep: Keep | None,
        *,
        limit: int,
        sort: str = "id",
        descending: bool = False,
        after: After | None = None,
        between: tuple[Any, Any] = (None, None),
    ) -> list[int]:
        """
        The next `limit` ids that pass, one more when the list goes on. What is
        sorted by is not before the first and before the second of *between*.
        """
        walk = self._walk(sort, descending, after, between)
        return list(islice(walk if keep is None else filter(keep, walk), limit + 1))

    def sort_value(self, sort: str, number: int) -> Any:
        return number if sort == "id" else self.facts[sort](number)

    def count(self, keep: Keep | None) -> int:
        return len(self.ids) if keep is None else sum(1 for number in _each(self.ids) if keep(number))

    # change -------------------------------------------------------------------------------

    def take_off(self, number: int) -> None:
        """To be called before a record changes: its place in the orders follows from what it still says."""
        if number in self.ids:
            self._written_down().remove(number)
            for sort, order in self._orders.items():
                del order[self._place(order, sort, number)]

    def put_on(self, number: int) -> None:
        """To be called after it changed, where it belongs on this shelf."""
        self._written_down().add(number)
        for sort, order in self._orders.items():
            order.insert(self._place(order, sort, number), number)

    def _written_down(self) -> LiveIds:
        if self._live is None:
            self.ids = self._live = LiveIds(self.ids)
        return self._live

    def _place(self, order: Sequence[int], sort: str, number: int) -> int:
        return bisect_left(order, self._key(sort, number), key=lambda other: self._key(sort, other))

    # order --------------------------------------------------------------------------------

    def _walk(self, sort: str, descending: bool, after: After | None, between: tuple[Any, Any]) -> Iterator[int]:
        order = self._order(sort)
        places = range(len(order))
        if after is not None:
            places = self._places_after(order, sort, descending, after)
        low, high = (self._first_from(order, sort, bound) for bound in between)
        places = range(max(places.start, low or 0), min(places.stop, len(order) if high is None else high))
        return (order[place] for place in (reversed(places) if descending else places))

    def _places_after(self, order: Sequence[int], sort: str, descending: bool, after: After) -> range:
        sought = (_sortable(after.value), after.id)

        def key(number: int) -> tuple[Any, int]:
            return self._key(sort, number)

        if descending:
            return range(bisect_left(order, sought, key=key))
        return range(bisect_right(order, sought, key=key), len(order))

    def _first_from(self, order: Sequence[int], sort: str, bound: Any) -> int | None:
        """The place of the first that is not before *bound*."""
        if bound is None:
            return None
        return bisect_left(order, bound, key=lambda number: _sortable(self.sort_value(sort, number)))

    def _key(self, sort: str, number: int) -> tuple[Any, int]:
        return _sortable(self.sort_value(sort, number)), number

    def _order(self, sort: str) -> Sequence[int]:
        if sort == "id" or (sort == "add_time" and self._live is None):
            return self.ids  # type: ignore[return-value]
        if sort not in self._orders:
            fact = self.facts[sort]
            # sorting leaves what is equal in the order of the ids
            self._orders[sort] = array("q", sorted(_each(self.ids), key=lambda number: _sortable(fact(number))))
        return self._orders[sort]


def _each(ids: Ids) -> Iterator[int]:
    return (ids[place] for place in range(len(ids)))


def _sortable(value: Any) -> Any:
    """Nulls first; what may be null among the orders is text."""
    return "" if value is None else value
