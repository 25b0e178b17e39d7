"""
What lies on a grid, compactly, with snapshots that cost nothing.

A Line holds one thing per row (or per column), a Layer one thing per cell.
Both are as short as what is on them, share what they hold until one side
changes it, and know how to shift. Rows are tuples, never changed in place:
equal rows may be one object, and a copy of a layer is a copy of pointers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy
from typing import Any, Self

Row = tuple[Any, ...]


class Line:
    """One thing, or None, per index. Indexes beyond its end hold None."""

    __slots__ = ("_held", "_shared")

    def __init__(self) -> None:
        self._held: list[Any] = []
        self._shared = False

    def copy(self) -> Self:
        """Independent from now on; nothing is copied until one of the two changes."""
        self._shared = True
        return copy(self)

    def __len__(self) -> int:
        return len(self._held)

    def __getitem__(self, index: int) -> Any:
        return self._held[index] if index < len(self._held) else None

    def __setitem__(self, index: int, thing: Any) -> None:
        if thing is None and index >= len(self._held):
            return
        self._own(index + 1)[index] = thing

    def items(self) -> Iterator[tuple[int, Any]]:
        """What there is, with its index."""
        return ((index, thing) for index, thing in enumerate(self._held) if thing is not None)

    def part(self, start: int, end: int) -> list[Any]:
        """The things from *start* to *end*, padded with None."""
        found = self._held[start:end]
        return found + [None] * (end - start - len(found))

    def put(self, start: int, things: list[Any]) -> None:
        held = self._own(start)
        held[start : start + len(things)] = things
        self._trim()

    def insert(self, at: int, things: list[Any]) -> None:
        """Push what is at *at* and behind it back."""
        if at >= len(self._held) and not any(thing is not None for thing in things):
            return
        self._own(at)[at:at] = things
        self._trim()

    def remove(self, start: int, end: int) -> None:
        if start < len(self._held):
            del self._own()[start:end]
            self._trim()

    def move(self, start: int, end: int, to: int) -> None:
        """Move a stretch so that it stands before what is at *to* now."""
        size = end - start
        things = self.part(start, end)
        if start <= to <= end:
            return
        self._own(max(end, to))
        del self._held[start:end]
        place = to if to < start else to - size
        self._held[place:place] = things
        self._trim()

    def _own(self, size: int = 0) -> list[Any]:
        """The list itself, ours alone and at least that long."""
        if self._shared:
            self._held, self._shared = list(self._held), False
        if len(self._held) < size:
            self._held.extend([None] * (size - len(self._held)))
        return self._held

    def _trim(self) -> None:
        while self._held and self._held[-1] is None:
            self._held.pop()


class Layer(Line):
    """One thing, or None, per cell: a line of rows."""

    __slots__ = ()

    def at(self, row: int, column: int) -> Any:
        things = self[row]
        return things[column] if things is not None and column < len(things) else None

    def put_at(self, row: int, column: int, thing: Any) -> None:
        self[row] = spliced(self[row], column, (thing,))

    def cells(self) -> Iterator[tuple[int, int, Any]]:
        """Every cell that holds something."""
        for row, things in self.items():
            for column, thing in enumerate(things):
                if thing is not None:
                    yield row, column, thing

    def block(self, top: int, left: int, bottom: int, right: int) -> list[list[Any]]:
        """That rectangle, padded with None."""
        return [widened(things, left, right) for things in self.part(top, bottom)]

    def rows(self, top: int, left: int, bottom: int, right: int) -> list[Row]:
        """The same as tuples, which may be shared."""
        return [_cut(things, left, right) for things in self.part(top, bottom)]

    def put_rows(self, top: int, left: int, rows: list[Row]) -> None:
        """Lay a rectangle of things down: what is there is replaced, None included."""
        old = self.part(top, top + len(rows))
        self.put(top, [spliced(things, left, new) for things, new in zip(old, rows, strict=True)])

    def change(self, top: int, bottom: int, how: Callable[[Row | None], Row | None]) -> None:
        """Give each row what *how* makes of it; asked once for rows that are one object."""
        known: dict[int, Row | None] = {}
        changed = []
        for things in self.part(top, bottom):
            if id(things) not in known:
                known[id(things)] = how(things)
            changed.append(known[id(things)])
        self.put(top, changed)

    def fill(self, top: int, left: int, bottom: int, new: Row) -> None:
        """Lay the same things down in each of those rows."""
        self.change(top, bottom, lambda things: spliced(things, left, new))

    def change_block(self, top: int, left: int, bottom: int, right: int, how: Callable[[Any], Any]) -> None:
        """Give each cell of a rectangle what *how* makes of it, None included."""
        self.change(top, bottom, lambda row: spliced(row, left, tuple(map(how, widened(row, left, right)))))

    def clear(self, top: int, left: int, bottom: int, right: int) -> None:
        bottom = min(bottom, len(self))
        if top < bottom:
            self.change(top, bottom, lambda things: spliced(things, left, (None,) * (right - left)))


def spliced(things: Row | None, left: int, new: Row) -> Row | None:
    """The row with *new* from column *left* on, without its empty end; None when nothing is left."""
    things = things or ()
    if left == 0 and len(new) >= len(things):
        return tidy(new)
    if len(things) < left:
        things = things + (None,) * (left - len(things))
    return tidy(things[:left] + new + things[left + len(new) :])


def _cut(things: Row | None, left: int, right: int) -> Row:
    found = things[left:right] if things else ()
    return found if len(found) == right - left else found + (None,) * (right - left - len(found))


def tidy(things: Row) -> Row | None:
    end = len(things)
    while end and things[end - 1] is None:
        end -= 1
    return things[:end] if end else None


def widened(things: Row | None, left: int, right: int) -> list[Any]:
    """The columns from *left* to *right* of a row, padded with None."""
    found = list(things[left:right]) if things else []
    return found + [None] * (right - left - len(found))
