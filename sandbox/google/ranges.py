"""Which cells of which tab a range names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.google import a1
from sandbox.google.a1 import Cells
from sandbox.google.areas import Area, Box
from sandbox.google.book import Spreadsheet, Tab
from sandbox.google.errors import ApiError, invalid


@dataclass(frozen=True)
class Place:
    """Cells of a tab, as they were asked for."""

    tab: Tab
    cells: Cells
    text: str

    @property
    def is_whole_tab(self) -> bool:
        return self.cells == Cells()

    def box(self) -> Box:
        """The cells as far as the grid has them. Raises ApiError when it has none of them."""
        if not self.cells.starts_within(self.tab.rows, self.tab.columns):
            raise beyond_grid(self.tab, self.cells)
        return self.cells.within(self.tab.rows, self.tab.columns)


def locate(book: Spreadsheet, text: str) -> Place:
    """
    The cells that *text* names.

    Without a tab it is a named range, else cells of the first visible tab,
    else a tab by its bare title. Raises ApiError.
    """
    try:
        reference = a1.read(text)
    except a1.NotARangeError:
        raise unparsable(text) from None
    if reference.title is None:
        return _bare(book, reference)
    tab = _titled(book, reference.title)
    if tab is None:
        raise unparsable(text)
    if reference.rest is None:
        return Place(tab, Cells(), text)
    named = _named(book, reference)
    if named is not None and named.tab is tab:
        return named
    if reference.cells is None:
        raise unparsable(text)
    return Place(tab, reference.cells, text)


def of_grid_range(book: Spreadsheet, grid_range: dict[str, Any]) -> Place:
    """Raises ApiError when there is no such tab."""
    area = Area.of(grid_range)
    tab = book.tab(area.sheet_id)
    cells = Cells(area.top or 0, area.left or 0, area.bottom, area.right)
    return Place(tab, cells, written(tab.title, cells))


def first_visible(book: Spreadsheet) -> Tab:
    return next((tab for tab in book.tabs if not tab.hidden), book.tabs[0])


def written(title: str, cells: Cells) -> str:
    """Cells in A1 notation, open ends included: `Deals!A1001:B`, `Deals!AA1:2`."""
    start = a1.cell(cells.top, cells.left)
    row = "" if cells.bottom is None else str(max(cells.bottom, cells.top + 1))
    column = "" if cells.right is None else a1.column_letters(max(cells.right, cells.left + 1) - 1)
    if not row and not column:
        return a1.quoted(title) if cells == Cells() else f"{a1.quoted(title)}!{start}"
    end = column + row
    return f"{a1.quoted(title)}!{start}" if end == start else f"{a1.quoted(title)}!{start}:{end}"


def unparsable(text: str) -> ApiError:
    return invalid(f"Unable to parse range: {text}")


def beyond_grid(tab: Tab, cells: Cells) -> ApiError:
    return invalid(
        f"Range ({written(tab.title, cells)}) exceeds grid limits. Max rows: {tab.rows}, max columns: {tab.columns}"
    )


def _bare(book: Spreadsheet, reference: a1.Reference) -> Place:
    named = _named(book, reference)
    if named is not None:
        return named
    if reference.cells is not None:
        return Place(first_visible(book), reference.cells, reference.text)
    tab = _titled(book, reference.rest or "")
    if tab is None:
        raise unparsable(reference.text)
    return Place(tab, Cells(), reference.text)


def _titled(book: Spreadsheet, title: str) -> Tab | None:
    return next((tab for tab in book.tabs if tab.title == title), None) or book.tab_named(title)


def _named(book: Spreadsheet, reference: a1.Reference) -> Place | None:
    wanted = (reference.rest or "").casefold()
    for named in book.named_ranges:
        if "range" in named and named["name"].casefold() == wanted:
            place = of_grid_range(book, named["range"])
            return Place(place.tab, place.cells, reference.text)
    return None
