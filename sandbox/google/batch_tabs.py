"""Batch members that change tabs and the spreadsheet itself."""

from __future__ import annotations

from typing import Any

from sandbox.google import grid
from sandbox.google.areas import Box
from sandbox.google.batch_parts import (
    LONGEST_TITLE,
    Batch,
    Json,
    check_cells,
    lines_box,
    mask_of,
    names,
    patched,
    resize,
)
from sandbox.google.book import Spreadsheet, Tab
from sandbox.google.duplicates import copy_title, duplicated
from sandbox.google.errors import invalid
from sandbox.google.shifting import follow, retitle
from sandbox.google.shifts import COLUMNS, ROWS, Deletion, Removal
from sandbox.google.tab import COLUMNS as DEFAULT_COLUMNS
from sandbox.google.tab import ROWS as DEFAULT_ROWS

MOST_TABS = 200


def add_sheet(batch: Batch, body: Json) -> Json:
    book, properties = batch.book, body.get("properties", {})
    if properties.get("sheetType", "GRID") not in ("GRID", "SHEET_TYPE_UNSPECIFIED"):
        raise invalid(f"Cannot add a sheet of type {properties['sheetType']}.")
    sheet_id = free_sheet_id(book, properties.get("sheetId"))
    title = _free_title(book, properties["title"]) if "title" in properties else _next_title(book)
    place = properties.get("index", len(book.tabs))
    if not 0 <= place <= len(book.tabs):
        raise invalid(f"Cannot add a sheet at index {place}: there are only {len(book.tabs)} sheets.")
    if len(book.tabs) >= MOST_TABS:
        raise invalid(
            f"This action would increase the number of sheets in the workbook above the limit of {MOST_TABS}."
        )
    size = properties.get("gridProperties", {})
    tab = Tab(sheet_id, title, 0, 0)
    book.tabs.insert(place, tab)
    rows, columns = size.get("rowCount", DEFAULT_ROWS), size.get("columnCount", DEFAULT_COLUMNS)
    _check_size(rows, columns)
    tab.columns = 1
    resize(batch, tab, columns=columns)
    resize(batch, tab, rows=rows)
    _apply_settings(tab, properties)
    _check_frozen(tab)
    _check_visible(book)
    return {"properties": tab.properties_json(place)}


def delete_sheet(batch: Batch, body: Json) -> None:
    book = batch.book
    tab = batch.tab(body)
    batch.may_write(tab, Box(0, 0, tab.rows, tab.columns))
    if len(book.tabs) == 1:
        raise invalid("You can't remove all the sheets in a document.")
    if all(other.hidden for other in book.tabs if other is not tab):
        raise invalid("You can't remove all the visible sheets in a document.")
    follow(book, Removal(tab.sheet_id))
    book.tabs = [other for other in book.tabs if other is not tab]


def update_sheet_properties(batch: Batch, body: Json) -> None:
    book, new = batch.book, body.get("properties", {})
    tab = batch.tab(new)
    batch.may_change(tab)
    tree = mask_of(body)
    old = tab.properties_json(book.index(tab))
    wanted = patched(old, new, tree)
    if names(tree, "title"):
        _retitle(book, tab, wanted.get("title", ""))
    if names(tree, "gridProperties"):
        _resize(batch, tab, wanted.get("gridProperties", {}), tree)
    if names(tree, "tabColor") and not names(tree, "tabColorStyle"):
        wanted.pop("tabColorStyle", None)
    if names(tree, "tabColorStyle") and not names(tree, "tabColor"):
        wanted.pop("tabColor", None)
    _apply_settings(tab, wanted)
    _check_frozen(tab)
    if names(tree, "index"):
        _move_tab(book, tab, wanted.get("index"))
    _check_visible(book)


def duplicate_sheet(batch: Batch, body: Json) -> Json:
    book = batch.book
    source = book.tab(body.get("sourceSheetId", 0))
    sheet_id = free_sheet_id(book, body.get("newSheetId"))
    name = body.get("newSheetName")
    title = _free_title(book, name) if name else copy_title(book, source.title)
    tab = duplicated(source, sheet_id, title, book)
    place = body.get("insertSheetIndex", 0)
    if not 0 <= place <= len(book.tabs):
        raise invalid(f"Cannot insert a sheet at index {place}: there are only {len(book.tabs)} sheets.")
    book.tabs.insert(place, tab)
    check_cells(book)
    return {"properties": tab.properties_json(place)}


def update_spreadsheet_properties(batch: Batch, body: Json) -> None:
    book = batch.book
    wanted = patched(book.properties_json(), body.get("properties", {}), mask_of(body))
    if not wanted.get("title"):
        raise invalid("The title of a spreadsheet cannot be empty.")
    if not wanted.get("locale"):
        raise invalid("Unsupported locale: ")
    if not wanted.get("timeZone"):
        raise invalid("Unsupported time zone: ")
    book.title, book.locale, book.time_zone = wanted["title"], wanted["locale"], wanted["timeZone"]
    book.auto_recalc = wanted.get("autoRecalc", "ON_CHANGE")
    book.default_format = wanted.get("defaultFormat")
    book.theme = wanted.get("spreadsheetTheme")
    book.iterative = wanted.get("iterativeCalculationSettings")


def free_sheet_id(book: Spreadsheet, wanted: int | None) -> int:
    if wanted is None:
        return book.new_sheet_id()
    if wanted < 0:
        raise invalid(f"Invalid sheet ID: {wanted}. Sheet IDs must be non-negative.")
    if any(tab.sheet_id == wanted for tab in book.tabs):
        raise invalid(f"Sheet with id {wanted} already exists.")
    return wanted


def _retitle(book: Spreadsheet, tab: Tab, title: str) -> None:
    if title == tab.title:
        return
    checked = _free_title(book, title, but=tab)
    retitle(book, tab.title, checked)
    tab.title = checked


def _free_title(book: Spreadsheet, title: str, but: Tab | None = None) -> str:
    if not title:
        raise invalid("Sheet name cannot be empty.")
    if len(title) > LONGEST_TITLE:
        raise invalid(f"Sheet name cannot be longer than {LONGEST_TITLE} characters.")
    known = book.tab_named(title)
    if known is not None and known is not but:
        raise invalid(f'A sheet with the name "{title}" already exists. Please enter another name.')
    return title


def _next_title(book: Spreadsheet) -> str:
    number = len(book.tabs) + 1
    while book.tab_named(f"Sheet{number}") is not None:
        number += 1
    return f"Sheet{number}"


def _apply_settings(tab: Tab, properties: Json) -> None:
    size = properties.get("gridProperties", {})
    tab.hidden = bool(properties.get("hidden", False))
    tab.right_to_left = bool(properties.get("rightToLeft", False))
    color, style = properties.get("tabColor"), properties.get("tabColorStyle")
    if style:
        tab.tab_color = style
    else:
        tab.tab_color = None if color is None else {"rgbColor": color}
    tab.frozen_rows = size.get("frozenRowCount", 0)
    tab.frozen_columns = size.get("frozenColumnCount", 0)
    tab.hide_gridlines = bool(size.get("hideGridlines", False))
    tab.row_group_after = bool(size.get("rowGroupControlAfter", False))
    tab.column_group_after = bool(size.get("columnGroupControlAfter", False))


def _resize(batch: Batch, tab: Tab, size: Json, tree: Any) -> None:
    below = tree.get("gridProperties", {}) if tree else {}
    if names(below, "rowCount"):
        _resize_to(batch, tab, ROWS, size.get("rowCount", 0))
    if names(below, "columnCount"):
        _resize_to(batch, tab, COLUMNS, size.get("columnCount", 0))


def _resize_to(batch: Batch, tab: Tab, dimension: str, wanted: int) -> None:
    """Growing appends; shrinking deletes the last ones, as deleteDimension does."""
    now = grid.size(tab, dimension)
    _check_size(wanted, wanted)
    if wanted < now:
        batch.may_write(tab, lines_box(tab, dimension, wanted, now))
        follow(batch.book, Deletion(tab.sheet_id, dimension, None, wanted, now))
        kept = grid.frozen(tab, dimension)
        grid.delete(tab, dimension, wanted, now)
        grid.freeze(tab, dimension, kept)
    elif dimension == ROWS:
        resize(batch, tab, rows=wanted)
    else:
        resize(batch, tab, columns=wanted)


def _check_size(rows: int, columns: int) -> None:
    if rows < 1 or columns < 1:
        what = "row" if rows < 1 else "column"
        raise invalid(f"Invalid value for gridProperties: a sheet must have at least one {what}.")


def _check_frozen(tab: Tab) -> None:
    for what, count, most in (("rows", tab.frozen_rows, tab.rows), ("columns", tab.frozen_columns, tab.columns)):
        if count < 0:
            raise invalid(f"The number of frozen {what} cannot be negative.")
        if count >= most and count:
            raise invalid(f"You can't freeze all visible {what} on the sheet.")


def _check_visible(book: Spreadsheet) -> None:
    if all(tab.hidden for tab in book.tabs):
        raise invalid("You can't hide all the sheets in a document.")


def _move_tab(book: Spreadsheet, tab: Tab, to: int | None) -> None:
    """The index counts in the order before the move."""
    place = len(book.tabs) if to is None else to
    if not 0 <= place <= len(book.tabs):
        raise invalid(f"Cannot move a sheet to index {place}: there are only {len(book.tabs)} sheets.")
    now = book.index(tab)
    rest = [other for other in book.tabs if other is not tab]
    rest.insert(place - 1 if place > now and place > 0 else place, tab)
    book.tabs = rest
