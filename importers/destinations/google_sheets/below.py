"""How far a table reaches where its marks do not tell: by what its cells hold."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from importers.destinations.google_sheets.a1 import Box, printed
from importers.destinations.google_sheets.client import Cells, SheetsClient
from importers.destinations.google_sheets.survey import Tab
from importers.model import Column, ColumnKind, Mode, Target

_BLOCK = 20_000
"""Rows looked at with one request."""
_FORMULAS = "sheets(data(startRow,rowData(values(userEnteredValue(formulaValue)))))"
_NUMERIC = (ColumnKind.WHOLE, ColumnKind.NUMBER)


def rows_of_table(
    client: SheetsClient, spreadsheet: str, tab: Tab, boxes: Sequence[Box], *, key_column: int | None = None
) -> int:
    """
    How many rows of *boxes*, from their first one on, are a table's: up to one
    that is empty or holds a formula. What stands below it is somebody's own.

    Tables that are updated have gaps. Where their rows bear numbers in
    *key_column*, all rows that do belong to them.
    """
    if not boxes or not all(boxes):
        return 0
    top = boxes[0].top
    filled = filled_rows(client, spreadsheet, tab, boxes)
    rows = set(filled)
    if key_column is not None:
        keys = [Box(top, key_column, boxes[0].bottom, key_column + 1)]
        rows = set(filled_rows(client, spreadsheet, tab, keys, only_numbers=True))
        end = max(rows, default=top - 1) + 1
    else:
        end = next(row for row in range(top, boxes[0].bottom + 1) if row not in rows)
    if end == top:
        return 0
    formula = _first_formula(client, spreadsheet, tab, [Box(top, box.left, end, box.right) for box in boxes])
    return (end if formula is None else formula) - top


def telling_column(target: Target, columns: Sequence[Column], at: dict[str, int]) -> int | None:
    """Where the numbers stand by which the rows of an updated table are known."""
    if target.mode is not Mode.UPDATE:
        return None
    return next(
        (at[one.key] for one in columns if one.key == target.key and one.kind in _NUMERIC and one.key in at), None
    )


def filled_rows(
    client: SheetsClient, spreadsheet: str, tab: Tab, boxes: Sequence[Box], *, only_numbers: bool = False
) -> list[int]:
    """The rows in which any of the cells holds something. All boxes have the same rows."""
    top, bottom = boxes[0].top, boxes[0].bottom
    found: list[int] = []
    for start in range(top, bottom, _BLOCK):
        end = min(bottom, start + _BLOCK)
        names = [printed(tab.title, Box(start, box.left, end, box.right)) for box in boxes]
        for lines in contents(client, spreadsheet, names):
            found += [
                start + number for number, line in enumerate(lines) if _is_filled(line, only_numbers=only_numbers)
            ]
    return sorted(set(found))


def contents(client: SheetsClient, spreadsheet: str, ranges: Sequence[str]) -> list[Cells]:
    """
    What lies in each of the ranges: values, and the formulas of cells that show
    nothing. Neither tells all: what an array formula spills is a value alone.
    """
    shown = client.values(spreadsheet, ranges)
    typed = client.values(spreadsheet, ranges, as_formulas=True)
    return [_overlaid(*both) for both in zip(shown, typed, strict=True)]


def _overlaid(shown: Cells, typed: Cells) -> Cells:
    rows = zip_longest(shown, typed, fillvalue=())
    return [[typed if shown == "" else shown for shown, typed in zip_longest(*row, fillvalue="")] for row in rows]


def _is_filled(line: Sequence[Any], *, only_numbers: bool) -> bool:
    if only_numbers:
        return any(isinstance(value, (int, float)) and not isinstance(value, bool) for value in line)
    return any(value != "" for value in line)


def _first_formula(client: SheetsClient, spreadsheet: str, tab: Tab, boxes: Sequence[Box]) -> int | None:
    """The first row in which one of the cells holds a formula."""
    answer = client.grid(spreadsheet, [printed(tab.title, box) for box in boxes], fields=_FORMULAS)
    rows = [
        data.get("startRow", 0) + number
        for sheet in answer.get("sheets", ())
        for data in sheet.get("data", ())
        for number, row in enumerate(data.get("rowData", ()))
        if any("formulaValue" in cell.get("userEnteredValue", {}) for cell in row.get("values", ()))
    ]
    return min(rows, default=None)
