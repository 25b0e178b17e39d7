"""Cells as `values` of answers: three ways to render a value, two to render days and times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from sandbox.google.areas import Box
from sandbox.google.book import Formula, Spreadsheet, Tab
from sandbox.google.evaluate import Calculator
from sandbox.google.shown import is_moment, shown

FORMATTED, UNFORMATTED, FORMULAS = "FORMATTED_VALUE", "UNFORMATTED_VALUE", "FORMULA"
SERIAL, AS_TEXT = "SERIAL_NUMBER", "FORMATTED_STRING"
ROWS, COLUMNS = "ROWS", "COLUMNS"


@dataclass(frozen=True, slots=True)
class Rendering:
    values: str = FORMATTED
    moments: str = SERIAL
    major: str = ROWS

    @classmethod
    def of(cls, asked: Mapping[str, Any], *, of_response: bool = False) -> Rendering:
        """As a query or body asks; `of_response` reads how what was written shall be shown."""
        values, moments = "valueRenderOption", "dateTimeRenderOption"
        if of_response:
            values, moments = "responseValueRenderOption", "responseDateTimeRenderOption"
        return cls(asked.get(values) or FORMATTED, asked.get(moments) or SERIAL, _major(asked))


def _major(asked: Mapping[str, Any]) -> str:
    return COLUMNS if asked.get("majorDimension") == COLUMNS else ROWS


def rendered(book: Spreadsheet, tab: Tab, box: Box, how: Rendering) -> list[list[Any]]:
    """Those cells, without what is empty at the ends of rows and at the end of all; gaps are "" and []."""
    calculator = Calculator(book)
    rows = [
        _row(calculator, book.locale, tab, row, box, how) for row in range(box.top, min(box.bottom, len(tab.values)))
    ]
    if how.major == COLUMNS:
        rows = [_trimmed(list(column)) for column in zip_longest(*rows, fillvalue="")]
    while rows and not rows[-1]:
        rows.pop()
    return rows


def number_format(tab: Tab, row: int, column: int) -> Mapping[str, str] | None:
    cell_format = tab.format_at(row, column)
    found: Mapping[str, str] | None = cell_format.get("numberFormat") if cell_format else None
    return found


def _row(calculator: Calculator, locale: str, tab: Tab, row: int, box: Box, how: Rendering) -> list[Any]:
    things = tab.values[row]
    if things is None:
        return []
    made: list[Any] = []
    for column, value in enumerate(things[box.left : box.right], box.left):
        if value is None:
            made.append("")
        elif type(value) is str:
            made.append(value)
        elif how.values == FORMULAS and type(value) is Formula:
            made.append(str(value))
        else:
            shows = calculator.shown(tab, row, column, value)
            made.append(_rendered(shows, number_format(tab, row, column), locale, how))
    return _trimmed(made)


def _rendered(value: Any, pattern: Mapping[str, str] | None, locale: str, how: Rendering) -> Any:
    if value is None:
        return ""
    if isinstance(value, str):
        return str(value)
    if how.values == FORMATTED or (how.moments == AS_TEXT and is_moment(pattern)):
        return shown(value, pattern, locale)
    return value


def _trimmed(cells: list[Any]) -> list[Any]:
    while cells and cells[-1] == "":
        cells.pop()
    return cells
