"""Which columns of a sheet hold which columns of a table, and which rows come together. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from importers.destinations.google_sheets.a1 import Box


@dataclass(frozen=True, slots=True)
class Group:
    """Columns that stand side by side in the table and in the sheet: `count` from `first`, which is at `at`."""

    first: int
    at: int
    count: int

    def box(self, top: int, bottom: int) -> Box:
        return Box(top, self.at, bottom, self.at + self.count)


@dataclass(frozen=True, slots=True)
class Run:
    """Rows one after the other: `count` of those to write, from `first`, go to `at`."""

    first: int
    at: int
    count: int


def groups(places: Sequence[int]) -> list[Group]:
    """
    As few as can be, for columns at these places.

    >>> groups([4, 5, 1, 7])
    [Group(first=0, at=4, count=2), Group(first=2, at=1, count=1), Group(first=3, at=7, count=1)]
    """
    found: list[Group] = []
    for index, place in enumerate(places):
        last = found[-1] if found else None
        if last and place == last.at + last.count:
            found[-1] = Group(last.first, last.at, last.count + 1)
        else:
            found.append(Group(index, place, 1))
    return found


def spans(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """
    The numbers as few stretches, ends not included.

    >>> spans([3, 1, 2, 7])
    [(1, 4), (7, 8)]
    """
    found: list[tuple[int, int]] = []
    for number in sorted(set(numbers)):
        if found and found[-1][1] == number:
            found[-1] = (found[-1][0], number + 1)
        else:
            found.append((number, number + 1))
    return found


def runs(positions: Sequence[int]) -> Iterator[Run]:
    """
    The rows that were found in this order, as they follow each other where they go.

    >>> list(runs([5, 6, 7, 2, 9]))
    [Run(first=0, at=5, count=3), Run(first=3, at=2, count=1), Run(first=4, at=9, count=1)]
    """
    first = 0
    for index in range(1, len(positions) + 1):
        if index == len(positions) or positions[index] != positions[index - 1] + 1:
            yield Run(first, positions[first], index - first)
            first = index


def boxes(columns: Iterable[int], top: int, bottom: int) -> list[Box]:
    """These columns, from row *top* up to *bottom*; none where there are no rows."""
    return [Box(top, left, bottom, right) for left, right in spans(columns)] if top < bottom else []
