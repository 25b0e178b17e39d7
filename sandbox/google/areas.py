"""Rectangles on a tab: Google's GridRange and DimensionRange as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Area:
    """Rows `top` up to but not including `bottom`, columns `left` up to `right`; None leaves that side open."""

    sheet_id: int
    top: int | None = None
    bottom: int | None = None
    left: int | None = None
    right: int | None = None

    @classmethod
    def of(cls, grid_range: dict[str, Any]) -> Area:
        return cls(
            grid_range.get("sheetId", 0),
            grid_range.get("startRowIndex"),
            grid_range.get("endRowIndex"),
            grid_range.get("startColumnIndex"),
            grid_range.get("endColumnIndex"),
        )

    def as_json(self) -> dict[str, Any]:
        """As answers show it: without the id of tab 0, but with starts of 0."""
        return grid_range_json(self)

    def within(self, rows: int, columns: int) -> Box:
        """The cells it covers on a grid of that size."""
        top, left = min(self.top or 0, rows), min(self.left or 0, columns)
        bottom = rows if self.bottom is None else min(self.bottom, rows)
        right = columns if self.right is None else min(self.right, columns)
        return Box(top, left, max(top, bottom), max(left, right))

    def on(self, sheet_id: int) -> Area:
        return replace(self, sheet_id=sheet_id)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with four known sides, half-open."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        return max(0, self.bottom - self.top)

    @property
    def width(self) -> int:
        return max(0, self.right - self.left)

    def __bool__(self) -> bool:
        return self.bottom > self.top and self.right > self.left

    def meets(self, other: Box) -> bool:
        return (
            self.top < other.bottom and other.top < self.bottom and self.left < other.right and other.left < self.right
        )

    def holds(self, other: Box) -> bool:
        return (
            self.top <= other.top
            and other.bottom <= self.bottom
            and self.left <= other.left
            and other.right <= self.right
        )

    def cells(self) -> Iterator[tuple[int, int]]:
        return ((row, column) for row in range(self.top, self.bottom) for column in range(self.left, self.right))

    def area(self, sheet_id: int) -> Area:
        return Area(sheet_id, self.top, self.bottom, self.left, self.right)


def hull(boxes: Iterable[Box]) -> Box:
    """The smallest box around all of them."""
    known = list(boxes)
    return Box(
        min(box.top for box in known),
        min(box.left for box in known),
        max(box.bottom for box in known),
        max(box.right for box in known),
    )


def grid_range_json(area: Area) -> dict[str, Any]:
    """A GridRange as answers show it: without the id of tab 0, but with starts of 0."""
    sides = {
        "sheetId": area.sheet_id or None,
        "startRowIndex": area.top,
        "endRowIndex": area.bottom,
        "startColumnIndex": area.left,
        "endColumnIndex": area.right,
    }
    return {name: side for name, side in sides.items() if side is not None}
