"""
A shelf holds the records of one list without holding them: it knows their
ids, how to make each, and how to find and sort them.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
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


@dataclass(frozen=True)
class Shelf:
    """
    One list.

    `facts` answer a record's filterable values without making the record.
    Ids are given out in the order of adding, so `id` and `add_time` are the
    order of the ids; other orders are worked out once, when first asked for.
    """

    singular: str
    ids: Ids
    row: Callable[[int, View], dict[str, Any]]
    facts: Mapping[str, Fact]
    sorts: Mapping[str, Fact] = field(default_factory=dict)
    optional: Mapping[str, Fact] = field(default_factory=dict)
    _orders: dict[str, Sequence[int]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    def record(self, number: int, view: View = PLAIN) -> dict[str, Any] | None:
        return self.row(number, view) if number in self.ids else None

    def select(
        self, keep: Keep | None, *, limit: int, sort: str = "id", descending: bool = False, after: After | None = None
    ) -> list[int]:
        """The next `limit` ids that pass, one more when the list goes on."""
        walk = self._walk(sort, descending, after)
        return list(islice(walk if keep is None else filter(keep, walk), limit + 1))

    def sort_value(self, sort: str, number: int) -> Any:
        return number if sort == "id" else self.facts[sort](number)

    def count(self, keep: Keep | None) -> int:
        return len(self.ids) if keep is None else sum(1 for number in _each(self.ids) if keep(number))

    def _walk(self, sort: str, descending: bool, after: After | None) -> Iterator[int]:
        order = self._order(sort)
        places = range(len(order))
        if after is not None:
            places = self._places_after(order, sort, descending, after)
        return (order[place] for place in (reversed(places) if descending else places))

    def _places_after(self, order: Sequence[int], sort: str, descending: bool, after: After) -> range:
        sought = (_sortable(after.value), after.id)

        def key(number: int) -> tuple[Any, int]:
            return _sortable(self.sort_value(sort, number)), number

        if descending:
            return range(bisect_left(order, sought, key=key))
        return range(bisect_right(order, sought, key=key), len(order))

    def _order(self, sort: str) -> Sequence[int]:
        if sort in ("id", "add_time"):
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
