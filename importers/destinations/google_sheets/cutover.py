"""
Everything that shows a table, as the requests of one batch. Pure.

Indexes are those of the grid as it is when a request's turn comes: first it
gets its room, so from then on nothing of the table moves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import msgspec

from importers.destinations.google_sheets import formats, layout, marks, names
from importers.destinations.google_sheets.a1 import Box, grid_range
from importers.destinations.google_sheets.cells import AnyCell, Value
from importers.destinations.google_sheets.formats import Format
from importers.destinations.google_sheets.marks import Done
from importers.destinations.google_sheets.place import Place
from importers.destinations.google_sheets.surroundings import Push, Surroundings
from importers.model import Column

Json = dict[str, Any]
Request = Json | bytes

VALUE = "userEnteredValue"
FORMAT = "userEnteredFormat.numberFormat"
BOLD = "userEnteredFormat.textFormat.bold"
NOTE_SIGN = "\n— Pipesheet"
"""How our notes end: others are their owner's."""


@dataclass(frozen=True, slots=True)
class Plan:
    """
    What a cut-over brings about. `positions` says where the rows to write go
    (data rows from 0), which are either `rows`, or lie in the tab `stage` from
    its first row on. `guard` is the tab whose deletion makes sure that it
    happens once.
    """

    table: str
    title: str
    """Of the tab, where it has to be created."""
    place: Place
    columns: Sequence[Column]
    around: Surroundings
    length: int
    positions: Sequence[int]
    rows: Sequence[bytes]
    stage: int | None
    blanks: Sequence[int]
    writes_header: bool
    done: Done
    guards: tuple[int, ...]
    notes: Mapping[str, str]
    """By the keys of columns."""
    fills_formulas: bool
    new_tab: int
    """The id of a tab that has to be created."""

    @property
    def sheet_id(self) -> int:
        return self.place.tab.id if self.place.tab else self.new_tab

    @property
    def at(self) -> dict[str, int]:
        """Where every column stands in the end."""
        new = [column.key for column in self.columns if column.key not in self.place.at]
        return {**self.place.at, **{key: self.place.edge + number for number, key in enumerate(new)}}

    @property
    def new_keys(self) -> set[str]:
        """Columns that get cells nobody had given them."""
        return {column.key for column in self.columns if self.place.is_claimed or column.key not in self.place.at}

    @property
    def top(self) -> int:
        """The first data row."""
        return self.place.head + 1

    @property
    def bottom(self) -> int:
        """The first row below the table in the end; it never becomes shorter on the way."""
        return self.top + max(self.length, self.place.rows)

    @property
    def growth(self) -> int:
        return max(0, self.length - self.place.rows)

    @property
    def box(self) -> Box:
        """All the table covers, from its first column to its last."""
        columns = [*self.at.values(), *self.place.gone]
        return Box(self.place.head, min(columns), self.bottom, max(columns) + 1)


def requests(plan: Plan) -> list[Request]:
    """In their order; the last ones delete the guards."""
    return [
        *_room(plan),
        *_header(plan),
        *_data(plan),
        *_blanks(plan),
        *_formats(plan),
        *_fills(plan),
        *_notes(plan),
        *_marks(plan),
        *({"deleteSheet": {"sheetId": guard}} for guard in plan.guards),
    ]


def changes_something(plan: Plan) -> bool:
    place = plan.place
    needs_marks = place.is_claimed or place.known is None or place.known.feet != _feet(plan)
    reshapes = plan.length != place.rows or place.is_mended or bool(place.gone)
    if plan.positions or plan.blanks or plan.writes_header or needs_marks or reshapes:
        return True
    return reformats(plan) or _lacks_notes(plan)


def _lacks_notes(plan: Plan) -> bool:
    """Whether a header that is to be explained has no note; so, too, before anybody looked."""
    at = plan.at
    return any(not plan.around.notes.get(at[key]) for key in plan.notes)


def reformats(plan: Plan) -> bool:
    """Whether a column is of another kind than when it was last written."""
    return any(_code_before(plan, column) != formats.code_of(column.kind) for column in plan.columns)


def copied(source_tab: int, source: Box, tab: int, box: Box, what: str = "PASTE_VALUES") -> Json:
    return {
        "copyPaste": {
            "source": grid_range(source_tab, source),
            "destination": grid_range(tab, box),
            "pasteType": what,
            "pasteOrientation": "NORMAL",
        }
    }


def emptied(tab: int, box: Box) -> Json:
    return _repeat(tab, box, {}, VALUE)


def size_after(plan: Plan) -> tuple[int, int]:
    """Rows and columns of the tab in the end."""
    tab, box = plan.place.tab, plan.box
    if tab is None:
        return max(box.bottom, _frozen(plan) + 1), box.right
    columns = max(tab.columns + _inserted_columns(plan), box.right)
    rows = tab.rows + plan.place.is_mended
    if plan.around.push is not Push.NONE:
        rows += plan.growth
    return max(rows, box.bottom), columns


# --- room ------------------------------------------------------------------------


def _room(plan: Plan) -> Iterator[Json]:
    place, sheet = plan.place, plan.sheet_id
    if place.tab is None:
        yield _new_tab(plan)
        return
    if place.is_mended:
        yield _insert(sheet, marks.ROWS, place.head, 1, like_before=False)
    inserted = _inserted_columns(plan)
    if inserted:
        yield _insert(sheet, marks.COLUMNS, place.edge, inserted, like_before=True)
    columns = place.tab.columns + inserted
    if plan.box.right > columns:
        yield _append(sheet, marks.COLUMNS, plan.box.right - columns)
    yield from _room_below(plan)


def _room_below(plan: Plan) -> Iterator[Json]:
    place, push = plan.place, plan.around.push
    if place.tab is None:
        return
    rows = place.tab.rows + place.is_mended
    if push is Push.ROWS:
        yield _insert(plan.sheet_id, marks.ROWS, place.bottom, plan.growth, like_before=place.rows > 0)
        rows += plan.growth
    if push is Push.CELLS:
        yield _append(plan.sheet_id, marks.ROWS, plan.growth)
        for box in layout.boxes(place.columns, place.bottom, place.bottom + plan.growth):
            yield {"insertRange": {"range": grid_range(plan.sheet_id, box), "shiftDimension": marks.ROWS}}
        rows += plan.growth
    if plan.bottom > rows:
        yield _append(plan.sheet_id, marks.ROWS, plan.bottom - rows)


def _inserted_columns(plan: Plan) -> int:
    return sum(column.key not in plan.place.at for column in plan.columns) if plan.around.inserts_columns else 0


def _new_tab(plan: Plan) -> Json:
    rows, columns = size_after(plan)
    grid = {"rowCount": rows, "columnCount": columns, "frozenRowCount": _frozen(plan)}
    return {"addSheet": {"properties": {"sheetId": plan.new_tab, "title": plan.title, "gridProperties": grid}}}


def _frozen(plan: Plan) -> int:
    return names.frozen_rows(plan.place.head)


def _insert(sheet: int, dimension: str, at: int, count: int, *, like_before: bool) -> Json:
    where = {"sheetId": sheet, "dimension": dimension, "startIndex": at, "endIndex": at + count}
    return {"insertDimension": {"range": where, "inheritFromBefore": like_before}}


def _append(sheet: int, dimension: str, count: int) -> Json:
    return {"appendDimension": {"sheetId": sheet, "dimension": dimension, "length": count}}


# --- cells -----------------------------------------------------------------------


def _header(plan: Plan) -> Iterator[Json]:
    if not plan.writes_header:
        return
    text = AnyCell()
    line: list[Value] = [text.text(column.header) for column in plan.columns]
    for group in _groups(plan):
        yield _cells(plan.sheet_id, plan.place.head, group.at, [line[group.first : group.first + group.count]])
    bold = plan.new_keys if not plan.place.is_claimed or not plan.place.has_header else set()
    if plan.place.is_mended:
        bold = set(plan.at)
    for box in layout.boxes([plan.at[key] for key in bold], plan.place.head, plan.top):
        cell = {"userEnteredFormat": {"textFormat": {"bold": True}}}
        yield _repeat(plan.sheet_id, box, cell, BOLD)


def _data(plan: Plan) -> Iterator[Json]:
    groups = _groups(plan)
    if plan.stage is not None:
        for run in layout.runs(plan.positions):
            yield from (_copied(plan, run, group) for group in groups)
        return
    lines = [msgspec.json.decode(row) for row in plan.rows]
    ordered = sorted(range(len(lines)), key=plan.positions.__getitem__)
    for run in layout.runs([plan.positions[number] for number in ordered]):
        rows = [lines[ordered[number]] for number in range(run.first, run.first + run.count)]
        for group in groups:
            part = [row[group.first : group.first + group.count] for row in rows]
            yield _cells(plan.sheet_id, plan.top + run.at, group.at, part)


def _copied(plan: Plan, run: layout.Run, group: layout.Group) -> Json:
    source = Box(run.first, group.first, run.first + run.count, group.first + group.count)
    target = group.box(plan.top + run.at, plan.top + run.at + run.count)
    return copied(plan.stage or 0, source, plan.sheet_id, target)


def _blanks(plan: Plan) -> Iterator[Json]:
    """Surplus rows, rows of records that are gone, and columns that are."""
    for first, last in layout.spans(plan.blanks):
        for box in layout.boxes(plan.at.values(), plan.top + first, plan.top + last):
            yield emptied(plan.sheet_id, box)
    for box in layout.boxes(plan.place.gone, plan.place.head, plan.place.bottom):
        yield emptied(plan.sheet_id, box)


def _groups(plan: Plan) -> list[layout.Group]:
    at = plan.at
    return layout.groups([at[column.key] for column in plan.columns])


def _cells(sheet: int, row: int, column: int, lines: Sequence[Sequence[Value]]) -> Json:
    rows = [{"values": [_cell(value) for value in line]} for line in lines]
    start = {"sheetId": sheet, "rowIndex": row, "columnIndex": column}
    return {"updateCells": {"start": start, "rows": rows, "fields": VALUE}}


def _cell(value: Value) -> Json:
    if isinstance(value, bool):
        return {VALUE: {"boolValue": value}}
    if isinstance(value, str):
        return {VALUE: {"stringValue": value}} if value else {}
    return {VALUE: {"numberValue": value}}


def _repeat(sheet: int, box: Box, cell: Json, fields: str) -> Json:
    return {"repeatCell": {"range": grid_range(sheet, box), "cell": cell, "fields": fields}}


# --- formats and formulas ----------------------------------------------------------


def _formats(plan: Plan) -> Iterator[Json]:
    """Of new cells, and of those there whose column is shown in another way now."""
    at, new = plan.at, plan.new_keys
    wanted: list[tuple[int, int, int, Format | None]] = []
    for column in plan.columns:
        place, ours = at[column.key], formats.format_of(column.kind)
        if column.key in new:
            wanted += _of_new_column(plan, place, ours)
            continue
        before = _code_before(plan, column)
        if before != formats.code_of(column.kind) and plan.around.top.get(place) in (None, formats.coded(before)):
            wanted.append((place, plan.top, plan.bottom, ours))
        elif plan.growth:
            wanted += _of_new_rows(plan, place, ours)
    wanted += [one for place in plan.around.formulas for one in _of_new_rows(plan, place, None)]
    yield from _number_formats(plan.sheet_id, wanted)


def _of_new_column(plan: Plan, place: int, ours: Format | None) -> list[tuple[int, int, int, Format | None]]:
    if plan.around.inserts_columns:  # it looks like the one to its left
        return [(place, plan.top, plan.bottom, ours)]
    has_its_own = plan.around.top.get(place) is not None
    return [] if ours is None or has_its_own else [(place, plan.top, plan.bottom, ours)]


def _of_new_rows(plan: Plan, place: int, ours: Format | None) -> list[tuple[int, int, int, Format | None]]:
    """The format of the row above, or ours; none where the new cells have one already."""
    around, has_rows = plan.around, plan.place.rows > 0
    above = around.above.get(place) if has_rows else None
    there = around.first.get(place) if around.push is Push.NONE else None
    if around.push is Push.ROWS and has_rows:  # they are made like the row above
        there = above
    wanted = above or ours
    return [] if there is not None or wanted is None else [(place, plan.place.bottom, plan.bottom, wanted)]


def _number_formats(sheet: int, wanted: Sequence[tuple[int, int, int, Format | None]]) -> Iterator[Json]:
    """Neighbours that get the same are asked for at once."""

    def what(one: tuple[int, int, int, Format | None]) -> tuple[int, int, tuple[tuple[str, str], ...]]:
        return one[1], one[2], tuple(sorted(one[3].items())) if one[3] else ()

    for (top, bottom, items), same in groupby(sorted(wanted, key=what), key=what):
        cell = {"userEnteredFormat": {"numberFormat": dict(items)}} if items else {}
        for box in layout.boxes([one[0] for one in same], top, bottom):
            yield _repeat(sheet, box, cell, FORMAT)


def _code_before(plan: Plan, column: Column) -> str:
    mark = plan.place.known.columns.get(marks.short_of_column(column.key)) if plan.place.known else None
    return formats.code_of(column.kind) if mark is None else mark.value.split(".")[2]


def _fills(plan: Plan) -> Iterator[Json]:
    """The formulas of the last old row, down to the new ones, where nothing stands yet."""
    if not plan.fills_formulas:
        return
    source = plan.place.bottom - 1
    for column in plan.around.formulas:
        at = column + (_inserted_columns(plan) if column >= plan.place.edge else 0)
        filled = plan.around.filled.get(column, frozenset())
        for top, bottom in layout.spans(set(range(plan.place.bottom, plan.bottom)) - filled):
            formula = Box(source, at, source + 1, at + 1)
            yield copied(plan.sheet_id, formula, plan.sheet_id, Box(top, at, bottom, at + 1), "PASTE_FORMULA")


def _notes(plan: Plan) -> Iterator[Json]:
    at = plan.at
    for key, note in plan.notes.items():
        there = plan.around.notes.get(at[key], "") if key not in plan.new_keys or plan.place.is_claimed else ""
        if there and not there.endswith(NOTE_SIGN):
            continue
        start = {"sheetId": plan.sheet_id, "rowIndex": plan.place.head, "columnIndex": at[key]}
        yield {"updateCells": {"start": start, "rows": [{"values": [{"note": note + NOTE_SIGN}]}], "fields": "note"}}


# --- marks -------------------------------------------------------------------------


def _marks(plan: Plan) -> Iterator[Json]:
    """What is still true stays; the rest is taken off and put on anew."""
    place, sheet, table = plan.place, plan.sheet_id, plan.table
    kept = _kept_marks(plan)
    old = place.known.marks if place.known else ()
    yield from marks.removal([*(mark.id for mark in old if mark.id not in kept), *place.displaced])
    yield marks.table_request(sheet, table, plan.done)
    have = {(mark.key, mark.index) for mark in old if mark.id in kept}
    if (marks.HEAD, place.head) not in have:
        yield marks.head_request(sheet, table, place.head)
    for row in sorted(_feet(plan)):
        if (marks.FOOT, row) not in have:
            yield marks.foot_request(sheet, table, row)
    marked = {mark.value for mark in old if mark.id in kept and mark.key == marks.COLUMN}
    names = {value.split(".")[1] for value in marked}
    for column in plan.columns[: marks.MOST_MARKED_COLUMNS]:
        if marks.short_of_column(column.key) not in names:
            yield marks.column_request(sheet, table, column.key, formats.code_of(column.kind), plan.at[column.key])


def _kept_marks(plan: Plan) -> set[int]:
    place = plan.place
    if place.known is None or place.is_claimed:
        return set()
    if place.is_mended:  # all rows move down by one
        return set(_kept_columns(plan))
    ends = {(marks.HEAD, place.head), *((marks.FOOT, row) for row in _feet(plan))}
    first = {(mark.key, mark.index): mark.id for mark in reversed(place.known.marks)}
    return {*(id_ for where, id_ in first.items() if where in ends), *_kept_columns(plan)}


def _feet(plan: Plan) -> frozenset[int]:
    """The last data rows, which bear a mark each: where one is deleted or dragged away, the others tell the end."""
    return frozenset(plan.place.head + row for row in range(max(1, plan.length - marks.FEET + 1), plan.length + 1))


def _kept_columns(plan: Plan) -> Iterator[int]:
    if plan.place.known is None:
        return
    for column in plan.columns[: marks.MOST_MARKED_COLUMNS]:
        mark = plan.place.known.columns.get(marks.short_of_column(column.key))
        if mark is not None and mark.value.split(".")[2] == formats.code_of(column.kind):
            yield mark.id
