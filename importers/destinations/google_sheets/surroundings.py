"""What stands around a table where it is about to grow: below it, beside it, on its headers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from importers.destinations.google_sheets import layout
from importers.destinations.google_sheets.a1 import Box, printed
from importers.destinations.google_sheets.below import contents
from importers.destinations.google_sheets.client import Cells, SheetsClient
from importers.destinations.google_sheets.formats import Format, number_format
from importers.destinations.google_sheets.place import Place
from importers.destinations.google_sheets.survey import Survey, Tab

_FIELDS = (
    "sheets(data(startRow,startColumn,rowData(values("
    "userEnteredValue(formulaValue),userEnteredFormat(numberFormat),note))))"
)


class Push(Enum):
    """How what stands below makes room: not at all, as whole rows, or only the cells below the table."""

    NONE = "none"
    ROWS = "rows"
    CELLS = "cells"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """
    `above` and `first` are the number formats, by column of the sheet, of the
    last row there and of the first new one. `formulas` are the columns beside
    the table that hold one in its last row; `filled` the rows of them, from the
    first new one, that hold something. `notes` are those on the headers.
    """

    push: Push = Push.NONE
    inserts_columns: bool = False
    above: Mapping[int, Format | None] = field(default_factory=dict)
    first: Mapping[int, Format | None] = field(default_factory=dict)
    top: Mapping[int, Format | None] = field(default_factory=dict)
    """Of the first data row."""
    formulas: tuple[int, ...] = ()
    filled: Mapping[int, frozenset[int]] = field(default_factory=dict)
    notes: Mapping[int, str] = field(default_factory=dict)


NOTHING_AROUND = Surroundings()


@dataclass(frozen=True, slots=True)
class Growth:
    """
    So many rows and columns are to be added to a table. `looks_new`: all of its
    cells are, or some of its columns are to be shown in another way.
    """

    rows: int
    columns: int
    looks_new: bool = False
    fills_formulas: bool = False
    explains_headers: bool = False


def look_around(client: SheetsClient, survey: Survey, place: Place, growth: Growth) -> Surroundings:
    """Up to seven requests, and none where the table stays as large as it is."""
    tab = place.tab
    if tab is None or not (growth.rows or growth.columns or growth.looks_new or growth.explains_headers):
        return NOTHING_AROUND
    return _Looking(client, survey, place, tab, growth).look()


class _Looking:
    def __init__(self, client: SheetsClient, survey: Survey, place: Place, tab: Tab, growth: Growth) -> None:
        self._client = client
        self._survey = survey
        self._place = place
        self._tab = tab
        self._growth = growth
        # A header row that has to be put back is not there yet: all below stands one row higher.
        self._head = place.head - place.is_mended
        self._bottom = place.bottom - place.is_mended

    def look(self) -> Surroundings:
        rows = self._rows_of_interest()
        above, first, top = (rows.get(row, {}) for row in (self._bottom - 1, self._bottom, self._head + 1))
        formulas = self._formulas(above)
        push = self._push()
        return Surroundings(
            push,
            self._inserts_columns(),
            {column: number_format(cell) for column, cell in above.items()},
            {column: number_format(cell) for column, cell in first.items()},
            {column: number_format(cell) for column, cell in top.items()},
            formulas,
            self._filled(formulas) if push is not Push.ROWS else {},
            {column: cell["note"] for column, cell in rows.get(self._head, {}).items() if cell.get("note")},
        )

    # --- below

    def _push(self) -> Push:
        place, tab, rows = self._place, self._tab, self._growth.rows
        zone = [box for box in self._under_table(self._bottom, self._bottom + rows) if box]
        if not zone or not (self._holds(zone) or any(merge.meets(box) for merge in tab.merges for box in zone)):
            return Push.NONE
        below = self._values(Box(self._bottom, 0, tab.rows, tab.columns))
        ours = set(place.columns)
        return Push.CELLS if self._tears(below, ours) and self._cells_can_move(ours) else Push.ROWS

    def _under_table(self, top: int, bottom: int) -> list[Box]:
        grid = Box(0, 0, self._tab.rows, self._tab.columns)
        return [box.within(grid) for box in layout.boxes(self._place.columns, top, bottom)]

    def _tears(self, below: Cells, ours: set[int]) -> bool:
        """Whether rows have something beside the table's columns, and nothing below these: they are of something else."""
        others = self._survey.neighbours
        for line in below:
            filled = {column for column, value in enumerate(line) if value != ""}
            if filled and (filled.isdisjoint(ours) or not filled.isdisjoint(others)):
                return True
        return False

    def _cells_can_move(self, ours: set[int]) -> bool:
        """Google moves merged cells only whole."""
        moving = self._under_table(self._bottom, self._tab.rows)
        return all(
            any(merge.within(box) == merge for box in moving)
            for merge in self._tab.merges
            if any(merge.meets(box) for box in moving)
        )

    # --- beside

    def _inserts_columns(self) -> bool:
        place, count = self._place, self._growth.columns
        if not count or place.is_claimed:
            return False
        right = Box(self._head, place.edge, self._bottom + self._growth.rows, place.edge + count)
        if not self._survey.neighbours.isdisjoint(range(right.left, right.right)):
            return True
        right = right.within(Box(0, 0, self._tab.rows, self._tab.columns))
        return bool(right) and (self._holds([right]) or any(merge.meets(right) for merge in self._tab.merges))

    def _formulas(self, above: Mapping[int, Mapping[str, Any]]) -> tuple[int, ...]:
        if not self._growth.fills_formulas or not self._growth.rows or not self._place.rows:
            return ()
        ours = {*self._place.columns, *self._place.gone, *self._survey.neighbours}
        return tuple(
            column
            for column, cell in sorted(above.items())
            if "formulaValue" in cell.get("userEnteredValue", {}) and column not in ours
        )

    def _filled(self, formulas: Sequence[int]) -> dict[int, frozenset[int]]:
        """Rows that hold something already, in columns whose formula is to be continued."""
        boxes = layout.boxes(formulas, self._bottom, min(self._bottom + self._growth.rows, self._tab.rows))
        if not boxes:
            return {}
        names = [printed(self._tab.title, box) for box in boxes]
        filled: dict[int, set[int]] = {column: set() for column in formulas}
        for box, lines in zip(boxes, contents(self._client, self._survey.id, names), strict=True):
            for row, line in enumerate(lines, box.top):
                for column, value in enumerate(line, box.left):
                    if value != "":
                        filled[column].add(row + self._place.is_mended)
        return {column: frozenset(rows) for column, rows in filled.items()}

    # --- reading

    def _rows_of_interest(self) -> dict[int, dict[int, Mapping[str, Any]]]:
        """The cells of the header row, the first data row, the last one and the one below, by row and column."""
        wanted = {self._head, self._head + 1, self._bottom - 1, self._bottom}
        spans = layout.spans(row for row in wanted if 0 <= row < self._tab.rows)
        names = [printed(self._tab.title, Box(top, 0, bottom, self._tab.columns)) for top, bottom in spans]
        if not names:
            return {}
        answer = self._client.grid(self._survey.id, names, fields=_FIELDS)
        return {
            data.get("startRow", 0) + number: dict(enumerate(row.get("values", ()), data.get("startColumn", 0)))
            for sheet in answer.get("sheets", ())
            for data in sheet.get("data", ())
            for number, row in enumerate(data.get("rowData", ()))
        }

    def _holds(self, boxes: Sequence[Box]) -> bool:
        answers = contents(self._client, self._survey.id, [printed(self._tab.title, box) for box in boxes])
        return any(value != "" for lines in answers for line in lines for value in line)

    def _values(self, box: Box) -> Cells:
        return contents(self._client, self._survey.id, [printed(self._tab.title, box)])[0] if box else []
