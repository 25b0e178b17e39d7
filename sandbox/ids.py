"""
Which ids exist, without writing them down.

Deals come in blocks of 26 ids: 24 in the main list, one deleted, one
archived. So the main list has gaps, as a real one has.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Protocol

BLOCK = 26
LISTED = BLOCK - 2


class Ids(Protocol):
    """Ascending ids: countable, indexable, searchable."""

    def __len__(self) -> int: ...
    def __getitem__(self, place: int, /) -> int: ...
    def __contains__(self, value: object, /) -> bool: ...


class DealIds(Sequence):  # type: ignore[type-arg]
    """The ids of the main deal list; with `deleted`, the deleted ones between them."""

    def __init__(self, count: int, *, deleted: bool = False) -> None:
        self._blocks = -(-count // LISTED)
        self._per_block = LISTED + deleted
        self._count = count + self._blocks * deleted
        self._last = last_deleted(count) if deleted else None

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, place: int) -> int:  # type: ignore[override]
        if not -self._count <= place < self._count:
            raise IndexError(place)
        place %= self._count
        if self._last is not None and place == self._count - 1:
            return self._last
        block, rest = divmod(place, self._per_block)
        return block * BLOCK + rest + 1

    def __contains__(self, value: object) -> bool:
        if not isinstance(value, int):
            return False
        place = bisect_left(self, value)
        return place < self._count and self[place] == value


def last_deleted(count: int) -> int:
    return -(-count // LISTED) * BLOCK - 1


def deleted_ids(count: int) -> range:
    return range(BLOCK - 1, last_deleted(count) + 1, BLOCK)


def archived_ids(count: int) -> range:
    return range(BLOCK, last_deleted(count) + 2, BLOCK)
