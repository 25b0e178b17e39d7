"""A spreadsheet as spreadsheets.get shows it: its properties, its tabs, and cells with all that belongs to them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.google import colors, metadata
from sandbox.google.areas import Area, Box
from sandbox.google.book import Formula, Spreadsheet, Tab
from sandbox.google.cells import extended
from sandbox.google.evaluate import Calculator
from sandbox.google.masks import ALL, Mask, parse
from sandbox.google.protection import Principal
from sandbox.google.ranges import Place
from sandbox.google.rendering import number_format
from sandbox.google.shifts import COLUMNS, ROWS
from sandbox.google.shown import shown
from sandbox.google.tab import CELL_LAYERS
from sandbox.google.themes import DEFAULT_FORMAT, THEME

ROW_HEIGHT, COLUMN_WIDTH = 21, 100
"""In pixels, where nobody dragged."""

_EVERYTHING = parse(ALL)
_DATA = "sheets.data"
_CELL = f"{_DATA}.rowData.values"
_LINK = re.compile(r'=HYPERLINK\("([^"]+)"', re.IGNORECASE)
_KEPT = ("note", "textFormatRuns", "dataValidation", "pivotTable", "chipRuns")

Json = dict[str, Any]


@dataclass(frozen=True)
class _Looked:
    """A spreadsheet that is looked at, with what its formulas come to."""

    book: Spreadsheet
    calculator: Calculator
    formats: dict[int, Json] = field(default_factory=dict)
    """Formats in order, by the identity of those that cells share."""

    def format_at(self, tab: Tab, row: int, column: int) -> Json | None:
        kept = tab.format_at(row, column)
        if kept is None:
            return None
        if id(kept) not in self.formats:
            self.formats[id(kept)] = colors.settled(kept)
        return self.formats[id(kept)]


_Part = Callable[[_Looked, Tab, int, int], Any]


def spreadsheet_json(
    book: Spreadsheet,
    principal: Principal,
    *,
    places: Sequence[Place] = (),
    with_cells: bool = False,
    mask: Mask | None = None,
) -> Json:
    """
    Without *places* all of it, else the tabs they are on and what meets them there.

    Cells are shown `with_cells`; a mask decides that alone, by naming
    `sheets.data` or not. What comes is not cut to the mask yet, but what it
    leaves out need not have been made.
    """
    shows_cells = with_cells if mask is None else mask.touches(_DATA)
    mask = mask or _EVERYTHING
    answer: Json = {"spreadsheetId": book.id, "properties": _properties(book)}
    if mask.touches("sheets"):
        answer["sheets"] = [
            _sheet(book, tab, principal, on_tab, mask if shows_cells else None) for tab, on_tab in _by_tab(book, places)
        ]
    if book.named_ranges:
        answer["namedRanges"] = book.named_ranges
    answer["spreadsheetUrl"] = f"https://docs.google.com/spreadsheets/d/{book.id}/edit"
    own = list(metadata.on_book(book))
    return answer | ({"developerMetadata": own} if own else {})


def _properties(book: Spreadsheet) -> Json:
    kept = book.properties_json()
    return kept | {
        "defaultFormat": _over(DEFAULT_FORMAT, colors.settled(kept.get("defaultFormat") or {})),
        "spreadsheetTheme": kept.get("spreadsheetTheme") or THEME,
    }


def _by_tab(book: Spreadsheet, places: Sequence[Place]) -> Iterator[tuple[Tab, list[Box]]]:
    """The tabs to show, in their order, with the boxes to show of each."""
    for tab in book.tabs:
        boxes = [place.box() for place in places if place.tab is tab]
        if boxes or not places:
            yield tab, boxes or [Box(0, 0, tab.rows, tab.columns)]


# -- a tab -------------------------------------------------------------------------------------


def _sheet(book: Spreadsheet, tab: Tab, principal: Principal, boxes: list[Box], mask: Mask | None) -> Json:
    def meets(grid_range: Json) -> bool:
        return any(box.meets(tab.box(Area.of(grid_range))) for box in boxes)

    def meeting(things: list[Json]) -> list[Json]:
        return [thing for thing in things if meets(thing.get("range", {}))]

    parts: Json = {
        "properties": tab.properties_json(book.index(tab)),
        "merges": [merge for merge in tab.merges if meets(merge)],
        "conditionalFormats": [rule for rule in tab.conditional_formats if any(map(meets, rule.get("ranges", [])))],
        "filterViews": meeting(tab.filter_views),
        "protectedRanges": [_protected(thing, principal) for thing in meeting(tab.protected_ranges)],
        "basicFilter": next(iter(meeting([tab.filter] if tab.filter else [])), None),
        "charts": tab.charts,
        "bandedRanges": meeting(tab.banded_ranges),
        "developerMetadata": list(metadata.on_tab(tab)),
        "rowGroups": tab.row_groups,
        "columnGroups": tab.column_groups,
        "slicers": tab.slicers,
        "tables": meeting(tab.tables),
    }
    shown = colors.settled({name: part for name, part in parts.items() if part})
    if mask:
        shown["data"] = [_grid_data(_Looked(book, Calculator(book)), tab, box, mask) for box in boxes]
    return {name: shown[name] for name in ("properties", "data", *parts) if name in shown}


def _protected(thing: Json, principal: Principal) -> Json:
    """As the one who asks sees it: who may edit is told only to those who may."""
    rest = {name: part for name, part in thing.items() if name not in ("requestingUserCanEdit", "editors")}
    if not principal.can_edit_protected(thing):
        return rest
    editors = {"editors": thing["editors"]} if "editors" in thing else {}
    return rest | {"requestingUserCanEdit": True} | editors


# -- cells -------------------------------------------------------------------------------------


def _grid_data(looked: _Looked, tab: Tab, box: Box, mask: Mask) -> Json:
    data: Json = {"startRow": box.top, "startColumn": box.left}
    data = {name: start for name, start in data.items() if start}
    if mask.touches(f"{_DATA}.rowData"):
        rows = _rows(looked, tab, box, mask)
        data |= {"rowData": rows} if rows else {}
    if mask.touches(f"{_DATA}.rowMetadata"):
        data["rowMetadata"] = [_line(tab, ROWS, row) for row in range(box.top, box.bottom)]
    if mask.touches(f"{_DATA}.columnMetadata"):
        data["columnMetadata"] = [_line(tab, COLUMNS, column) for column in range(box.left, box.right)]
    return data


def _line(tab: Tab, dimension: str, index: int) -> Json:
    """DimensionProperties of a row or column."""
    kept = (tab.row_properties if dimension == ROWS else tab.column_properties)[index] or {}
    size = {"pixelSize": ROW_HEIGHT if dimension == ROWS else COLUMN_WIDTH}
    own = list(metadata.on_line(tab, dimension, index)) if "developerMetadata" in kept else []
    rest = {name: part for name, part in kept.items() if name != "developerMetadata" and part}
    return size | rest | ({"developerMetadata": own} if own else {})


def _rows(looked: _Looked, tab: Tab, box: Box, mask: Mask) -> list[Json]:
    parts = {name: part for name, part in _PARTS.items() if mask.touches(f"{_CELL}.{name}")}
    bottom = min(box.bottom, max(len(layer) for layer in tab.layers()))
    rows = [_row(looked, tab, row, box, parts) for row in range(box.top, bottom)]
    while rows and not rows[-1]:
        rows.pop()
    return rows


def _row(looked: _Looked, tab: Tab, row: int, box: Box, parts: dict[str, _Part]) -> Json:
    """As far as anything is on it; a row without anything is empty."""
    right = min(box.right, max(len(layer[row] or ()) for layer in tab.layers()))
    cells = [_cell(looked, tab, row, column, parts) for column in range(box.left, right)]
    return {"values": cells} if cells else {}


def _cell(looked: _Looked, tab: Tab, row: int, column: int, parts: dict[str, _Part]) -> Json:
    made = ((name, part(looked, tab, row, column)) for name, part in parts.items())
    return {name: thing for name, thing in made if thing is not None}


def _entered(looked: _Looked, tab: Tab, row: int, column: int) -> Json | None:
    return extended(tab.value(row, column)) or None


def _effective(looked: _Looked, tab: Tab, row: int, column: int) -> Json | None:
    return extended(looked.calculator.value(tab, row, column)) or None


def _formatted(looked: _Looked, tab: Tab, row: int, column: int) -> str | None:
    value = looked.calculator.value(tab, row, column)
    return None if value is None else shown(value, number_format(tab, row, column), looked.book.locale)


def _hyperlink(looked: _Looked, tab: Tab, row: int, column: int) -> str | None:
    value = tab.value(row, column)
    found = _LINK.match(value) if isinstance(value, Formula) else None
    return found[1] if found else None


def _effective_format(looked: _Looked, tab: Tab, row: int, column: int) -> Json | None:
    own, value = looked.format_at(tab, row, column), looked.calculator.value(tab, row, column)
    if own is None and value is None:
        return None
    is_link = _hyperlink(looked, tab, row, column) is not None
    base = DEFAULT_FORMAT | {
        "horizontalAlignment": _alignment(value),
        "hyperlinkDisplayType": "LINKED" if is_link else "PLAIN_TEXT",
    }
    return _over(_over(base, colors.settled(looked.book.default_format or {})), own or {})


def _alignment(value: Any) -> str:
    if isinstance(value, bool):
        return "CENTER"
    return "RIGHT" if isinstance(value, int | float) else "LEFT"


def _laid(field: str) -> _Part:
    """What a layer of the tab keeps of a cell, as it is."""
    layer = CELL_LAYERS[field]

    def part(looked: _Looked, tab: Tab, row: int, column: int) -> Any:
        return getattr(tab, layer).at(row, column)

    return part


_PARTS: dict[str, _Part] = {
    "userEnteredValue": _entered,
    "effectiveValue": _effective,
    "formattedValue": _formatted,
    "userEnteredFormat": _Looked.format_at,
    "effectiveFormat": _effective_format,
    "hyperlink": _hyperlink,
    **{field: _laid(field) for field in _KEPT},
}


def _over(base: Json, changes: Json) -> Json:
    """*base* with *changes* laid over it; a color replaces a color wholly."""
    made = dict(base)
    for name, change in changes.items():
        is_group = isinstance(change, dict) and name in ("textFormat", "padding", "borders")
        made[name] = _over(made.get(name) or {}, change) if is_group else change
    return made
