"""
Everything of a worksheet but its rows: views, widths, the header, the filter, the printed page.

Of a sheet that is there already, what its users added stays: charts and
pictures, conditional formats, validations, comments, page setup, protection,
the way they look at it. What belongs to single cells (merges, links) goes
with the cells.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from importers.destinations.excel import xmltext
from importers.destinations.excel.cells import AnyCell
from importers.destinations.excel.names import column_letters
from importers.destinations.excel.package import MAIN, RELATIONSHIPS
from importers.destinations.excel.styles import HEADER_OF_KIND, OF_KIND, Indexes, Style
from importers.model import Cell, Column, ColumnKind

NARROWEST, WIDEST = 8, 60
_PADDING = 2
_FILTER_BUTTON = 3
_BELONGS_TO_CELLS = ("autoFilter", "sortState", "mergeCells", "hyperlinks", "ignoredErrors", "customSheetViews")
_BEFORE_FILTER = ("sheetCalcPr", "sheetProtection", "protectedRanges", "scenarios")
_NEW_ROOT = f'<worksheet xmlns="{MAIN}" xmlns:r="{RELATIONSHIPS}">'
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_FROZEN = (
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    '<selection pane="bottomLeft" activeCell="A2" sqref="A2"/>'
)
_WRAPS_FROM = 16
"""A header of so many letters goes on two lines, where the column need not be as wide for its rows."""

_BEFORE_PAGE = (
    *_BEFORE_FILTER,
    *("autoFilter", "dataConsolidate", "phoneticPr", "conditionalFormatting", "dataValidations"),
    *("printOptions", "pageMargins"),
)
_FIT = '<pageSetUpPr fitToPage="1"/>'
_MARGINS = '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.5" header="0.3" footer="0.3"/>'
_PAGE = '<pageSetup orientation="landscape" fitToWidth="1" fitToHeight="0"/>'
"""As many pages high as it takes."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The XML before and after the rows of a sheet that exists: `before` ends, and `after` begins, inside the root."""

    before: str
    after: str

    @property
    def prefix(self) -> str:
        return xmltext.root_prefix(self.before)


NO_FRAME = Frame(f"{_NEW_ROOT}", "</worksheet>")


@dataclass(frozen=True, slots=True)
class TableShape:
    """A table as its place on the sheet needs it."""

    columns: Sequence[Column]
    widths: Sequence[float]
    rows: int

    @property
    def last_column(self) -> str:
        return column_letters(len(self.columns) - 1)

    @property
    def area(self) -> str:
        """Headers and rows, as in A1:F100."""
        return f"A1:{self.last_column}{self.rows + 1}"

    @property
    def fixed_area(self) -> str:
        return f"$A$1:${self.last_column}${self.rows + 1}"


def opening(shape: TableShape, indexes: Indexes, *, frame: Frame, selected: bool) -> str:
    """The sheet's XML up to and including the header row."""
    return "".join(
        (
            _DECLARATION,
            _root(frame),
            _properties(frame),
            f'<dimension ref="{shape.area}"/>',
            _kept(frame, "sheetViews") or _views(selected=selected),
            _kept(frame, "sheetFormatPr") or '<sheetFormatPr defaultRowHeight="15"/>',
            _same_width_columns(frame, shape) or _columns(shape, indexes),
            f"<sheetData>{_header(shape.columns, indexes)}",
        )
    )


def ending(shape: TableShape, *, frame: Frame, has_table: bool) -> str:
    """
    The sheet's XML from the end of the rows on. A table in Excel's sense
    brings a filter of its own, and the sheet may not have a second.
    """
    text = _root(frame) + frame.after
    for name in _BELONGS_TO_CELLS:
        text = xmltext.without(text, name)
    position = xmltext.root_tag(text).end
    for name in _BEFORE_FILTER:
        tag = xmltext.find(text, name)
        position = max(position, xmltext.end_of(text, name, tag)) if tag else position
    autofilter = "" if has_table else f'<autoFilter ref="{shape.area}"/>'
    text = _with_page(xmltext.insert_after(text, position, autofilter))
    return "</sheetData>" + text[xmltext.root_tag(text).end :]


def needs_page(frame: Frame) -> bool:
    """Whether nobody said yet how the sheet is to be printed."""
    return xmltext.find(_root(frame) + frame.after, "pageSetup") is None


def widths(columns: Sequence[Column], sample: Sequence[Sequence[Cell]]) -> list[float]:
    """How wide the columns should be, in characters, judging by the headers and the first rows."""
    return [
        float(min(WIDEST, max(NARROWEST, _header_width(column), *(_shown(value, column.kind) for value in values))))
        for column, *values in zip(columns, *sample, strict=True)
    ]


def _header_width(column: Column) -> int:
    return _width_on_two_lines(column.header) + _PADDING + _FILTER_BUTTON


def _width_on_two_lines(header: str) -> int:
    """Of the longer line, where the best place between two words ends the first one."""
    whole = _text_width(header)
    words = header.split(" ")
    if whole < _WRAPS_FROM or len(words) == 1:
        return whole
    breaks = ((" ".join(words[:place]), " ".join(words[place:])) for place in range(1, len(words)))
    return min(max(map(_text_width, lines)) for lines in breaks)


def _shown(value: Cell, kind: ColumnKind) -> int:
    if value is None:
        return 0
    if isinstance(value, str):
        return _text_width(value) + _PADDING
    if isinstance(value, datetime):
        return len("2026-01-01 00:00:00") + _PADDING
    if isinstance(value, date):
        return len("2026-01-01") + _PADDING
    if isinstance(value, (int, float)) and kind is ColumnKind.MONEY:
        return len(f"{value:,.2f}") + _PADDING
    return len(str(value)) + _PADDING


def _text_width(text: str) -> int:
    """Of the longest line; letters of East Asia and emoji are twice as wide."""
    lines = text[: WIDEST * 4].splitlines() or [""]
    return max(len(line) + (0 if line.isascii() else sum(map(_is_wide, line))) for line in lines)


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def _root(frame: Frame) -> str:
    """
    The opening tag of the sheet, with all the namespaces that what is kept needs.

    Where the sheet writes a prefix before every name, ours go without.
    """
    tag = xmltext.root_tag(frame.before)
    root = frame.before[tag.start : tag.end]
    needs_ours = frame.prefix and "xmlns" not in xmltext.attributes(root)
    return root.removesuffix(">") + f' xmlns="{MAIN}">' if needs_ours else root


def _properties(frame: Frame) -> str:
    """Those of the sheet as they are; where nobody set up the page, it is fitted."""
    kept = _kept(frame, "sheetPr").replace(' filterMode="1"', "")
    if not needs_page(frame):
        return kept
    text = _root(frame) + (kept or "<sheetPr/>")
    if xmltext.find(text, "pageSetUpPr"):
        text = xmltext.with_attribute(text, "pageSetUpPr", "fitToPage", "1")
    else:
        text = xmltext.append_inside(text, "sheetPr", _FIT)
    return text[xmltext.root_tag(text).end :]


def _with_page(text: str) -> str:
    """The sheet with a page to print it on, unless it has one."""
    if xmltext.find(text, "pageSetup"):
        return text
    position = xmltext.root_tag(text).end
    for name in _BEFORE_PAGE:
        tag = xmltext.find(text, name)
        while tag:
            position = max(position, xmltext.end_of(text, name, tag))
            tag = xmltext.find(text, name, tag.end)
    margins = "" if xmltext.find(text, "pageMargins") else _MARGINS
    return xmltext.insert_after(text, position, margins + _PAGE)


def _kept(frame: Frame, name: str) -> str:
    tag = xmltext.find(frame.before, name)
    return frame.before[tag.start : xmltext.end_of(frame.before, name, tag)] if tag else ""


def _same_width_columns(frame: Frame, shape: TableShape) -> str:
    """The widths people chose, as long as the table has as many columns as before."""
    same = re.search(rf'dimension ref="A1:{shape.last_column}\d+"', frame.before)
    return _kept(frame, "cols") if same else ""


def _views(*, selected: bool) -> str:
    chosen = ' tabSelected="1"' if selected else ""
    return f'<sheetViews><sheetView{chosen} workbookViewId="0">{_FROZEN}</sheetView></sheetViews>'


def _columns(shape: TableShape, indexes: Indexes) -> str:
    pairs = zip(shape.columns, shape.widths, strict=True)
    return f"<cols>{''.join(_column(number, *pair, indexes) for number, pair in enumerate(pairs, 1))}</cols>"


def _column(number: int, column: Column, width: float, indexes: Indexes) -> str:
    """The whole column wears its format, so that what people add below the rows looks alike."""
    style = OF_KIND.get(column.kind)
    worn = f' style="{indexes[style]}"' if style else ""
    return f'<col min="{number}" max="{number}" width="{width}"{worn} customWidth="1"/>'


def _header(columns: Sequence[Column], indexes: Indexes) -> str:
    cells = (
        AnyCell(column_letters(place), ColumnKind.TEXT, indexes)(
            column.header, "1", HEADER_OF_KIND.get(column.kind, Style.HEADER)
        )
        for place, column in enumerate(columns)
    )
    return f'<row r="1">{"".join(cells)}</row>'
