from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.google.areas import Box
from sandbox.google.blocks import last_block
from sandbox.google.book import Tab

GRIDS = st.lists(st.text("x ", max_size=6), max_size=6)


def _tab(drawing: list[str]) -> Tab:
    tab = Tab(0, "Sheet1", 10, 10)
    tab.put_block(0, 0, [[None if sign == " " else sign for sign in row] for row in drawing])
    return tab


def _by_hand(drawing: list[str], box: Box) -> Box | None:
    """The same, cell by cell."""
    left = {(row, column) for row, signs in enumerate(drawing) for column, sign in enumerate(signs) if sign == "x"}
    found: list[Box] = []
    while left:
        group, edge = set(), [left.pop()]
        while edge:
            row, column = edge.pop()
            group.add((row, column))
            near = {(row + down, column + across) for down in (-1, 0, 1) for across in (-1, 0, 1)} & left
            left -= near
            edge += near
        if any(box.top <= row < box.bottom and box.left <= column < box.right for row, column in group):
            rows, columns = [row for row, _ in group], [column for _, column in group]
            found.append(Box(min(rows), min(columns), max(rows) + 1, max(columns) + 1))
    return max(found, key=lambda each: (each.bottom, each.right), default=None)


@given(GRIDS, st.integers(0, 5), st.integers(0, 5), st.integers(1, 6), st.integers(1, 6))
def test_it_finds_what_a_walk_from_cell_to_cell_finds(
    drawing: list[str], top: int, left: int, height: int, width: int
) -> None:
    box = Box(top, left, top + height, left + width)

    assert last_block(_tab(drawing), box) == _by_hand(drawing, box)


@pytest.mark.parametrize(
    ("drawing", "block"),
    [
        ([], None),
        (["x x"], Box(0, 2, 1, 3)),
        (["xx", "xx"], Box(0, 0, 2, 2)),
        (["x", " x"], Box(0, 0, 2, 2)),
        (["x x", "xxx"], Box(0, 0, 2, 3)),
        (["xxx", "", "x"], Box(2, 0, 3, 1)),
    ],
)
def test_cells_touch_at_their_sides_and_corners(drawing: list[str], block: Box | None) -> None:
    assert last_block(_tab(drawing), Box(0, 0, 10, 10)) == block
