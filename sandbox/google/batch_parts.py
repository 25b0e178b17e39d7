"""What the members of a batch share: finding tabs and cells, asking for permission, growing, masks."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.google import a1, masks, protection
from sandbox.google.areas import Area, Box
from sandbox.google.book import Spreadsheet, Tab
from sandbox.google.errors import invalid
from sandbox.google.protection import Principal
from sandbox.google.shifts import COLUMNS, ROWS

MOST_CELLS = 10_000_000
TOO_MANY_CELLS = (
    f"This action would increase the number of cells in the workbook above the limit of {MOST_CELLS} cells."
)
TOO_MANY_COLUMNS = (
    f"This action would increase the number of columns in the sheet above the limit of {a1.MOST_COLUMNS} columns"
)
NO_FIELDS = "At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)"

LONGEST_TITLE = 100
"""Of a tab."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Batch:
    """One batch under way: the spreadsheet, and for whom."""

    book: Spreadsheet
    principal: Principal

    def tab(self, holder: Mapping[str, Any]) -> Tab:
        """The tab that a range, a coordinate or a request names; the one with id 0 when it names none."""
        return self.book.tab(holder.get("sheetId", 0))

    def table(self, table_id: str) -> tuple[Tab, Json]:
        """The table with that id, and its tab. Raises ApiError when there is none."""
        for tab in self.book.tabs:
            for table in tab.tables:
                if table["tableId"] == table_id:
                    return tab, table
        raise invalid(f"No table with id: {table_id}")

    def cells(self, grid_range: Json) -> tuple[Tab, Box]:
        """The tab and the cells of a GridRange. Raises ApiError when it reaches beyond the grid."""
        tab = self.tab(grid_range)
        area = Area.of(grid_range)
        check_order(area)
        if (
            max(area.top or 0, (area.bottom or 1) - 1) >= tab.rows
            or max(area.left or 0, (area.right or 1) - 1) >= tab.columns
        ):
            raise beyond_grid(tab, area)
        box = tab.box(area)
        if not box:
            raise invalid(f"Range ({printed(tab, area)}) is empty.")
        return tab, box

    def writable(self, grid_range: Json) -> tuple[Tab, Box]:
        """The same, for those who may write there."""
        tab, box = self.cells(grid_range)
        self.may_write(tab, box)
        return tab, box

    def may_write(self, tab: Tab, box: Box) -> None:
        protection.check(tab, box, self.principal)

    def may_change(self, tab: Tab) -> None:
        """Raises ApiError when the tab as a whole is protected from who asks."""
        for protected in tab.protected_ranges:
            area = Area.of(protected.get("range", {}))
            is_whole = area == Area(area.sheet_id) or tab.box(area) == Box(0, 0, tab.rows, tab.columns)
            if is_whole and not protected.get("warningOnly") and not self.principal.can_edit_protected(protected):
                raise invalid(protection.MESSAGE)


def check_order(area: Area) -> None:
    for name, start, end in (("Row", area.top, area.bottom), ("Column", area.left, area.right)):
        if (start or 0) < 0 or (end or 0) < 0:
            raise invalid("GridRange indexes must be >= 0")
        if end is not None and end <= (start or 0):
            raise invalid(f"end{name}Index[{end}] must be > start{name}Index[{start or 0}]")


def printed(tab: Tab, area: Area) -> str:
    """A range as error texts show it, however large."""
    rows = area.top is not None or area.bottom is not None
    columns = area.left is not None or area.right is not None
    if not rows and not columns:
        return a1.quoted(tab.title)
    bottom = (tab.rows if area.bottom is None else area.bottom) - 1
    right = (tab.columns if area.right is None else area.right) - 1
    box = Box(area.top or 0, area.left or 0, max(bottom, area.top or 0) + 1, max(right, area.left or 0) + 1)
    return a1.printed(tab.title, box)


def beyond_grid(tab: Tab, area: Area) -> Exception:
    limits = f"Max rows: {tab.rows}, max columns: {tab.columns}"
    return invalid(f"Range ({printed(tab, area)}) exceeds grid limits. {limits}")


def dimension_span(tab: Tab, dimension_range: Json) -> tuple[str, int, int]:
    """The dimension, start and end of a DimensionRange; what is open is filled in."""
    dimension = dimension_range.get("dimension", "DIMENSION_UNSPECIFIED")
    if dimension not in (ROWS, COLUMNS):
        raise invalid("No dimension specified.")
    most = tab.rows if dimension == ROWS else tab.columns
    start, end = dimension_range.get("startIndex", 0), dimension_range.get("endIndex", most)
    if start < 0 or end < 0:
        raise invalid("DimensionRange indexes must be >= 0")
    if end <= start:
        raise invalid(f"endIndex[{end}] must be > startIndex[{start}]")
    return dimension, start, end


def lines_box(tab: Tab, dimension: str, start: int, end: int) -> Box:
    """All cells of those rows or columns."""
    return Box(start, 0, end, tab.columns) if dimension == ROWS else Box(0, start, tab.rows, end)


def resize(batch: Batch, tab: Tab, *, rows: int | None = None, columns: int | None = None) -> None:
    """
    Grow a grid; raises ApiError beyond the limits.

    Google counts cells after the rows and again after the columns, so that
    more rows and fewer columns in one request may be refused on the way.
    """
    if rows is not None:
        tab.rows = rows
        check_cells(batch.book)
    if columns is not None:
        if columns > a1.MOST_COLUMNS:
            raise invalid(TOO_MANY_COLUMNS)
        tab.columns = columns
        check_cells(batch.book)


def check_cells(book: Spreadsheet) -> None:
    if book.cell_count > MOST_CELLS:
        raise invalid(TOO_MANY_CELLS)


def mask_of(body: Json) -> Mapping[str, Any]:
    """The tree of a request's `fields`; an empty one means all. Raises ApiError when it is missing or none."""
    text = body.get("fields", "")
    if not text.strip():
        raise invalid(NO_FIELDS)
    try:
        return masks.parse(text).tree
    except masks.BadMaskError:
        raise invalid(f"Invalid field: {text}") from None


def patched(old: Json, new: Json, tree: Mapping[str, Any]) -> Json:
    """*old* with the fields of the mask taken from *new*: one that is missing there is reset."""
    if not tree:
        return dict(new)
    result = dict(old)
    for name, below in tree.items():
        if below and isinstance(new.get(name, {}), dict):
            inner = patched(result.get(name) or {}, new.get(name, {}), below)
            if inner or name in new:
                result[name] = inner
            else:
                result.pop(name, None)
        elif name in new:
            result[name] = new[name]
        else:
            result.pop(name, None)
    return result


def new_id(taken: Iterable[int]) -> int:
    """An id as Google draws them: any positive int32 that is free."""
    known = set(taken)
    while (chosen := random.randrange(1, 2**31)) in known:
        pass
    return chosen


def names(tree: Mapping[str, Any], field: str) -> bool:
    """Whether the mask says anything about that field."""
    return not tree or field in tree
