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
    """Cells found so far, as boxes. Blocks that meet become one."""

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
    """In one walk down: runs that touch a run of the band above belong to its block."""
    blocks: list[_Block] = []
    above: list[tuple[int, int, _Block]] = []
    last_bottom = -1
    for top, bottom, runs in _bands(tab):
        if top != last_bottom:
            above = []
        here = []
        for left, right in runs:
            touching = [block for start, end, block in above if start <= right and left <= end]
            block = touching[0].root() if touching else _Block()
            if not touching:
                blocks.append(block)
            for other in touching[1:]:
                block.swallow(other.root())
                block = block.root()
            block.runs.append(Box(top, left, bottom, right))
            here.append((left, right, block))
        above, last_bottom = here, bottom
    return [block for block in blocks if block.into is None]


def _bands(tab: Tab) -> Iterator[tuple[int, int, list[tuple[int, int]]]]:
    """Rows below one another whose cells with values stand in the same columns: from, up to, and which."""
    top, bottom, runs = 0, 0, list[tuple[int, int]]()
    for row, things in tab.values.items():
        found = _runs(things)
        if row == bottom and found == runs:
            bottom += 1
            continue
        if runs:
            yield top, bottom, runs
        top, bottom, runs = row, row + 1, found
    if runs:
        yield top, bottom, runs


def _runs(things: Row) -> list[tuple[int, int]]:
    """Where cells with values stand side by side: from, and up to but not including."""
    found = []
    start, end = 0, len(things)
    while start < end:
        if things[start] is None:
            start += 1
            continue
        try:
            stop = things.index(None, start)
        except ValueError:
            stop = end
        found.append((start, stop))
        start = stop
    return found
