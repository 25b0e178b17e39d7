"""Blocks of cells that touch one another: what values.append takes for tables."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.google.areas import Box, hull
from sandbox.google.book import Tab
from sandbox.google.layers import Row


def last_block(tab: Tab, box: Box) -> Box | None:
    """
    The last block that has a cell in *box*: the lowest, of two as low the one further right.

    A block goes as far as cells with values touch, also beyond the box and
    also at their corners; its Box is what surrounds them.
    """
    touched = [block for block in _blocks(tab) if block.has_cell_in(box)]
    return max((block.box for block in touched), key=lambda found: (found.bottom, found.right), default=None)


class _Block:
    """Cells found so far, as runs within rows. Blocks that meet become one."""

    __slots__ = ("into", "runs")

    def __init__(self) -> None:
        self.runs: list[Box] = []
        self.into: _Block | None = None

    def root(self) -> _Block:
        block = self
        while block.into is not None:
            block = block.into
        return block

    def swallow(self, other: _Block) -> None:
        if other is not self:
            small, large = sorted((self, other), key=lambda block: len(block.runs))
            large.runs += small.runs
            small.runs, small.into = [], large

    def has_cell_in(self, box: Box) -> bool:
        return any(run.meets(box) for run in self.runs)

    @property
    def box(self) -> Box:
        return hull(self.runs)


def _blocks(tab: Tab) -> list[_Block]:
    """In one walk down the rows: runs that touch a run of the row above belong to its block."""
    blocks: list[_Block] = []
    above: list[tuple[int, int, _Block]] = []
    last_row = -2
    for row, things in tab.values.items():
        if row != last_row + 1:
            above = []
        here = []
        for left, right in _runs(things):
            touching = [block for start, end, block in above if start <= right and left <= end]
            block = touching[0].root() if touching else _Block()
            if not touching:
                blocks.append(block)
            for other in touching[1:]:
                block.swallow(other.root())
                block = block.root()
            _extend(block, row, left, right)
            here.append((left, right, block))
        above, last_row = here, row
    return [block for block in blocks if block.into is None]


def _extend(block: _Block, row: int, left: int, right: int) -> None:
    """A run like the one above it only makes that one longer."""
    last = block.runs[-1] if block.runs else None
    if last is not None and (last.left, last.right, last.bottom) == (left, right, row):
        block.runs[-1] = Box(last.top, left, row + 1, right)
    else:
        block.runs.append(Box(row, left, row + 1, right))


def _runs(things: Row) -> Iterator[tuple[int, int]]:
    """Where cells with values stand side by side: from, and up to but not including."""
    if None not in things:
        yield 0, len(things)
        return
    start = None
    for column, thing in enumerate(things):
        if thing is None:
            if start is not None:
                yield start, column
            start = None
        elif start is None:
            start = column
    if start is not None:
        yield start, len(things)
