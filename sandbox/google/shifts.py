"""
What happens to places when rows, columns or cells come, go or move. Pure.

Each shift answers the same three questions: where is this stretch of rows
or columns now (`span`), where is this rectangle (`area`), and where is this
row or column (`index`). None means it is gone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from sandbox.google.areas import Area, Box

ROWS, COLUMNS = "ROWS", "COLUMNS"

Span = tuple[int | None, int | None]
"""From where up to where, end not included; None is open."""


class Shift(Protocol):
    def area(self, area: Area) -> Area | None: ...


@dataclass(frozen=True, slots=True)
class Lengthwise:
    """A shift along rows or columns of one tab; *band* limits it to some of the columns (or rows) across."""

    sheet_id: int
    dimension: str
    band: tuple[int, int] | None = None

    def span(self, start: int | None, end: int | None) -> Span | None:
        raise NotImplementedError

    def index(self, index: int) -> int:
        raise NotImplementedError

    def area(self, area: Area) -> Area | None:
        if area.sheet_id != self.sheet_id or not self._concerns(area):
            return area
        if self.dimension == ROWS:
            rows = self.span(area.top, area.bottom)
            return None if rows is None else replace(area, top=rows[0], bottom=rows[1])
        columns = self.span(area.left, area.right)
        return None if columns is None else replace(area, left=columns[0], right=columns[1])

    def _concerns(self, area: Area) -> bool:
        """A shift of some columns only takes along what lies wholly in them."""
        if self.band is None:
            return True
        start, end = (area.left, area.right) if self.dimension == ROWS else (area.top, area.bottom)
        return end is not None and (start or 0) >= self.band[0] and end <= self.band[1]


@dataclass(frozen=True, slots=True)
class Insertion(Lengthwise):
    """*count* new ones before *at*. A stretch around *at* grows."""

    at: int = 0
    count: int = 0

    def span(self, start: int | None, end: int | None) -> Span:
        if end is not None and end > self.at:
            end += self.count
        if start is not None and start >= self.at:
            start += self.count
        return start, end

    def index(self, index: int) -> int:
        return index + self.count if index >= self.at else index


@dataclass(frozen=True, slots=True)
class Deletion(Lengthwise):
    """Those from *start* up to *end* go. A stretch loses what it had of them, and is gone when that was all."""

    start: int = 0
    end: int = 0

    def span(self, start: int | None, end: int | None) -> Span | None:
        first = start or 0
        if end is not None and self.start <= first and end <= self.end:
            return None
        return (
            None if start is None else self._closed(start),
            None if end is None else self._closed(end),
        )

    def index(self, index: int) -> int:
        return self._closed(index)

    def _closed(self, edge: int) -> int:
        return edge - max(0, min(edge, self.end) - self.start)


@dataclass(frozen=True, slots=True)
class Move(Lengthwise):
    """
    Those from *start* up to *end* go to before *to*, counted before the move.

    A stretch that lies wholly in what moves goes along, one in which they only
    change places stays; another one closes over what leaves it and opens for
    what arrives inside it.
    """

    start: int = 0
    end: int = 0
    to: int = 0

    def span(self, start: int | None, end: int | None) -> Span | None:
        if self.start <= self.to <= self.end:
            return start, end
        if end is not None and self.start <= (start or 0) and end <= self.end:
            by = self._place() - self.start
            return (start or 0) + by, end + by
        if (start or 0) <= min(self.start, self.to) and (end is None or max(self.end, self.to) <= end):
            return start, end
        left = Deletion(self.sheet_id, self.dimension, None, self.start, self.end).span(start, end)
        if left is None:  # it cannot be: what lies wholly inside was answered above
            return None
        return Insertion(self.sheet_id, self.dimension, None, self._place(), self.end - self.start).span(*left)

    def index(self, index: int) -> int:
        moved = self.span(index, index + 1)
        return index if moved is None or moved[0] is None else moved[0]

    def _place(self) -> int:
        """Where the first of them is afterwards."""
        return self.to if self.to < self.start else self.to - (self.end - self.start)


@dataclass(frozen=True, slots=True)
class Fall(Lengthwise):
    """What was pushed over the edge of the grid, where it has *size* rows or columns, is gone."""

    size: int = 0

    def span(self, start: int | None, end: int | None) -> Span | None:
        if (start or 0) >= self.size:
            return None
        return start, None if end is None else min(end, self.size)

    def index(self, index: int) -> int:
        return min(index, self.size - 1)


@dataclass(frozen=True, slots=True)
class Removal:
    """A tab goes."""

    sheet_id: int

    def area(self, area: Area) -> Area | None:
        return None if area.sheet_id == self.sheet_id else area


@dataclass(frozen=True, slots=True)
class Cut:
    """A rectangle of cells is cut and pasted elsewhere: what lies wholly in it goes along."""

    sheet_id: int
    source: Box
    to_sheet: int
    row: int
    column: int

    def area(self, area: Area) -> Area | None:
        if area.sheet_id != self.sheet_id or area.bottom is None or area.right is None:
            return area
        box = Box(area.top or 0, area.left or 0, area.bottom, area.right)
        if not self.source.holds(box):
            return area
        down, across = self.row - self.source.top, self.column - self.source.left
        return Box(box.top + down, box.left + across, box.bottom + down, box.right + across).area(self.to_sheet)
