"""
Where a table is, or may go: found by its marks, mended where somebody deleted
one of the rows they hang on, or claimed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from importers.destinations.google_sheets import layout, marks
from importers.destinations.google_sheets.a1 import Box, cell_at, cell_name, printed
from importers.destinations.google_sheets.cells import AnyCell
from importers.destinations.google_sheets.client import SheetsClient
from importers.destinations.google_sheets.survey import Known, Survey, Tab
from importers.errors import AccessDenied, InvalidSettings
from importers.model import Column, Target

_BLOCK = 20_000
"""Rows looked at with one request."""
_FORMULAS = "sheets(data(startRow,rowData(values(userEnteredValue(formulaValue)))))"


@dataclass(frozen=True, slots=True)
class Place:
    """
    A table in a sheet: its header row, how many data rows there are below, and
    in which columns (by their keys) it stands. `tab` is None where that has yet
    to be created.

    `is_claimed`: nothing there bears our marks yet. `has_header`: the header
    row is there. `gone` are columns of ours that are no longer imported.
    """

    tab: Tab | None
    head: int
    rows: int
    at: Mapping[str, int]
    edge: int
    """Where new columns go."""
    gone: Mapping[int, int] = field(default_factory=dict)
    """By their place, the ids of their marks."""
    is_claimed: bool = False
    has_header: bool = True
    is_mended: bool = False
    """The header row was deleted, and has to be put back."""
    known: Known | None = None

    @property
    def bottom(self) -> int:
        """The first row below the table as it is."""
        return self.head + 1 + self.rows

    @property
    def columns(self) -> list[int]:
        return sorted(self.at.values())


def start_of(target: Target) -> tuple[int, int]:
    """Row and column of the first header. Raises InvalidSettings."""
    start = cell_at(target.start)
    if start is None:
        raise InvalidSettings(
            f"{target.start!r} is not a cell, so there is no place to begin.",
            hint="Name the cell of the first header, like A1 or B3.",
            field="start",
        )
    return start


def locate(client: SheetsClient, survey: Survey, target: Target, columns: Sequence[Column]) -> Place:
    """
    1. by the marks, where there are any;
    2. else the tab and the cell that the owner named, if nothing is lost there.

    Raises:
        InvalidSettings: something else stands there.
    """
    refuse_charts(survey)
    known = survey.known
    if known is not None:
        place = _by_marks(client, survey, known, columns)
        if place is not None:
            return place
    return _claimed(client, survey, target, columns)


def refuse_charts(survey: Survey) -> None:
    if survey.tab is not None and not survey.tab.is_grid:
        raise InvalidSettings(
            f"{survey.tab.title} is not a sheet of cells in this spreadsheet, but a chart. It was not touched.",
            hint="Choose another name for the sheet.",
            field="sheet",
        )


def refuse_second_of_others(client: SheetsClient, survey: Survey, target: Target) -> None:
    """Its owner did not name the second place: a tab that is there already and holds something is not ours."""
    tab = survey.tab
    if not target.is_second or tab is None or survey.known is not None:
        return
    area = Box(0, 0, tab.rows, tab.columns)
    filled = _filled_rows(client, survey.id, tab, [area])
    if filled:
        raise _occupied(tab, area, min(filled), max(filled), target)


def refuse_protected(tab: Tab, areas: Sequence[Box]) -> None:
    """Raises AccessDenied, naming what keeps the cells from being written."""
    for protection in tab.protections:
        blocked = next((area for area in areas if protection.blocks(area)), None)
        if blocked is None:
            continue
        name = f" ({protection.description})" if protection.description else ""
        raise AccessDenied(
            f"{printed(tab.title, protection.box)} is protected{name}, and the connected Google account may not edit "
            f"it. The table stands in {blocked}. Nothing was changed.",
            hint="In Google Sheets choose Data, Protect sheets and ranges, and add the account there as an editor, "
            "or choose another place.",
        )


# --- by marks ----------------------------------------------------------------------


def _by_marks(client: SheetsClient, survey: Survey, known: Known, columns: Sequence[Column]) -> Place | None:
    """None where too many of the marks are gone to know what is ours."""
    at = _columns_there(client, survey, known, columns)
    if not known.columns or (known.head is None and known.foot is None):
        return None
    ours = {mark.index: mark.id for mark in known.columns.values() if mark.index is not None}
    gone = {index: id_ for index, id_ in ours.items() if index not in at.values()}
    head = known.head
    if head is None:  # its row was deleted: what followed it stands in its place now
        head = max(known.done.head, (known.foot or 0) - known.done.length + 1, 0)
        rows = (known.foot or 0) - head + 1
        if rows < 1:
            return None
        return Place(known.tab, head, rows, at, max(ours) + 1, gone, has_header=False, is_mended=True, known=known)
    rows = known.foot - head if known.foot is not None else _rows_without_foot(client, survey, known, head, ours)
    return Place(known.tab, head, rows, at, max(ours) + 1, gone, known=known)


def _columns_there(client: SheetsClient, survey: Survey, known: Known, columns: Sequence[Column]) -> dict[str, int]:
    """By their marks; of very wide tables, where the marks end by their headers."""
    at = {column.key: index for column in columns if (index := _index(known, column.key)) is not None}
    if len(known.columns) < marks.MOST_MARKED_COLUMNS or known.head is None:
        return at
    row = Box(known.head, 0, known.head + 1, known.tab.columns)
    [lines] = client.values(survey.id, [printed(known.tab.title, row)])
    unmarked = [column for column in columns if column.key not in at]
    free = {
        value: index
        for index, value in reversed(list(enumerate(lines[0] if lines else ())))
        if index not in at.values() and index not in survey.neighbours
    }
    return at | {column.key: free[text] for column in unmarked if (text := AnyCell().text(column.header)) in free}


def _index(known: Known, key: str) -> int | None:
    mark = known.columns.get(marks.short_of_column(key))
    return None if mark is None else mark.index


def _rows_without_foot(client: SheetsClient, survey: Survey, known: Known, head: int, ours: Mapping[int, int]) -> int:
    """
    Somebody deleted the last row, and maybe others. What is left is ours as far
    as it is not empty at its end, and holds no formula: those are not ours.
    """
    most = min(known.done.length - 1, known.tab.rows - head - 1)
    if most <= 0:
        return 0
    boxes = layout.boxes(ours, head + 1, head + 1 + most)
    before = _first_formula(client, survey.id, known.tab, boxes)
    filled = _filled_rows(client, survey.id, known.tab, boxes)
    return 1 + max((row for row in filled if before is None or row < before), default=head) - head - 1


# --- claiming --------------------------------------------------------------------


def _claimed(client: SheetsClient, survey: Survey, target: Target, columns: Sequence[Column]) -> Place:
    row, left = start_of(target)
    at = {column.key: left + place for place, column in enumerate(columns)}
    new = Place(survey.tab, row, 0, at, left + len(columns), is_claimed=True, has_header=False, known=survey.known)
    tab = survey.tab
    if tab is None:
        return new
    area = Box(row, left, tab.rows, left + len(columns))
    _refuse_neighbours(survey, tab, area)
    area = area.within(Box(0, 0, tab.rows, tab.columns))
    if not area:
        return new
    rows, is_ours = _rows_there(client, survey, tab, area, target, columns)
    _refuse_merged(tab, Box(row, left, max(row + 1 + rows, row + 2), area.right))
    return Place(tab, row, rows, at, left + len(columns), is_claimed=True, has_header=is_ours, known=survey.known)


def _rows_there(
    client: SheetsClient, survey: Survey, tab: Tab, area: Box, target: Target, columns: Sequence[Column]
) -> tuple[int, bool]:
    """How many rows below the header row are taken over, and whether that has our headers already."""
    header = Box(area.top, area.left, area.top + 1, area.right)
    [lines] = client.values(survey.id, [printed(tab.title, header)])
    if not target.is_second and lines and lines[0] == [AnyCell().text(one.header) for one in columns]:
        return _rows_to_continue(client, survey.id, tab, area), True
    if target.takes_over and not target.is_second:
        filled = _filled_rows(client, survey.id, tab, [area])
        return max(0, max(filled, default=area.top) - area.top), False
    filled = _filled_rows(client, survey.id, tab, [area])
    if filled:
        raise _occupied(tab, area, min(filled), max(filled), target)
    return 0, False


def _rows_to_continue(client: SheetsClient, spreadsheet: str, tab: Tab, area: Box) -> int:
    """Up to the first row that is empty, or holds a formula."""
    below = Box(area.top + 1, area.left, area.bottom, area.right)
    if not below:
        return 0
    filled = set(_filled_rows(client, spreadsheet, tab, [below]))
    end = next(row for row in range(below.top, below.bottom + 1) if row not in filled)
    if end == below.top:
        return 0
    before = _first_formula(client, spreadsheet, tab, [Box(below.top, below.left, end, below.right)])
    return (end if before is None else before) - below.top


def _filled_rows(client: SheetsClient, spreadsheet: str, tab: Tab, boxes: Sequence[Box]) -> list[int]:
    """The rows in which any of the cells holds something. All boxes have the same rows."""
    top, bottom = boxes[0].top, boxes[0].bottom
    found: list[int] = []
    for start in range(top, bottom, _BLOCK):
        end = min(bottom, start + _BLOCK)
        parts = [Box(start, box.left, end, box.right) for box in boxes]
        answers = client.values(spreadsheet, [printed(tab.title, part) for part in parts])
        height = max((len(lines) for lines in answers), default=0)
        found += [start + n for n in range(height) if any(n < len(lines) and _is_filled(lines[n]) for lines in answers)]
    return found


def _is_filled(line: Sequence[Any]) -> bool:
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


def _occupied(tab: Tab, area: Box, first: int, last: int, target: Target) -> InvalidSettings:
    where = printed(tab.title, Box(first, area.left, last + 1, area.right))
    if target.is_second:
        return InvalidSettings(
            f"The spreadsheet has a sheet {tab.title} already, which is not Pipesheet's. The rows of removed records "
            "would go there, so it was not touched.",
            hint="Give that sheet another name in the spreadsheet, or choose another name for the importer's sheet.",
            field="sheet",
        )
    return InvalidSettings(
        f"There is something in {where} already, which is not Pipesheet's. The table would begin in "
        f"{cell_name(area.top, area.left)} and take these columns, so nothing was changed.",
        hint="Empty these cells, choose another cell to begin in or another sheet, "
        "or allow Pipesheet to write over what is there.",
        field="start",
    )


def _refuse_neighbours(survey: Survey, tab: Tab, area: Box) -> None:
    if survey.neighbours.isdisjoint(range(area.left, area.right)):
        return
    raise InvalidSettings(
        f"Another importer's table stands in {printed(tab.title, area)}, so nothing was changed.",
        hint="Choose another sheet, or a cell to the right of that table.",
        field="start",
    )


def _refuse_merged(tab: Tab, area: Box) -> None:
    merged = next((box for box in tab.merges if box.meets(area)), None)
    if merged is not None:
        raise InvalidSettings(
            f"The cells {printed(tab.title, merged)} are merged, so a table cannot stand there. Nothing was changed.",
            hint="Unmerge them in Google Sheets, or choose another cell to begin in.",
            field="start",
        )
