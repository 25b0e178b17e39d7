"""The same records in a spreadsheet and in a workbook: both show the same, whatever the locale, and no text becomes a formula."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some

from importers.destinations.excel.destination import ExcelDestination
from importers.destinations.google_sheets import cells
from importers.destinations.google_sheets.job import local
from importers.model import Cell, Column, ColumnKind, Target
from tests.awkward.tables import TABLES, AwkwardTable, named
from tests.contracts.destination import DestinationContract
from tests.excel import openpyxl_rows
from tests.importers.destinations.google_sheets.desk import Desk, shown
from tests.importers.destinations.google_sheets.signed_in import World, a_world

PLACES = [
    ("en_US", "America/New_York"),
    ("de_DE", "Europe/Berlin"),
    ("fr_FR", "Africa/Casablanca"),
    ("ja_JP", "Asia/Tokyo"),
    ("pt_BR", "Pacific/Chatham"),
]
LARGER_THERE = "too long a text"
"""Google's cells hold more."""
AS_TEXT = "numbers where text belongs"
"""A column wears one format, so a date among texts is shown as one."""
UNSPEAKABLE = "control characters"
"""A workbook can write down NUL, Google cannot."""


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with a_world() as world:
        yield world


def comparable(cell: Cell) -> Any:
    is_number = isinstance(cell, (int, float)) and not isinstance(cell, bool)
    if isinstance(cell, str):
        cell = cell.replace("\x00", "\ufffd")
    return ("number", pytest.approx(cell, rel=1e-15, abs=0)) if is_number else (type(cell), cell)


def padded(rows: Any, width: int) -> list[list[Cell]]:
    lines = [[*row, *[None] * (width - len(row))][:width] for row in rows]
    while lines and all(cell is None for cell in lines[-1]):
        lines.pop()
    return lines


@pytest.mark.parametrize("table", [table for table in TABLES if table.name != LARGER_THERE], ids=named)
def test_it_shows_what_a_workbook_shows(world: World, table: AwkwardTable, tmp_path: Any) -> None:
    desk = Desk(world)
    desk.write(table.rows, table.columns)
    target = Target("excel", "Sales", "Deals")
    DestinationContract.write(ExcelDestination(tmp_path), target, table.columns, table.rows)
    headers, expected = openpyxl_rows(tmp_path / "Sales.xlsx", "Deals")
    seen, *rows = padded(shown(desk.gspread(), "Deals"), len(table.columns)) or [[]]
    assert [header or "" for header in seen] == list(headers)
    wanted = padded(expected, len(table.columns))
    if table.name == AS_TEXT:
        wanted = [[str(cell) if isinstance(cell, date) else cell for cell in row] for row in wanted]
    assert [[comparable(cell) for cell in row] for row in wanted] == [
        [comparable(cell) for cell in row] for row in rows
    ]


@pytest.mark.parametrize(("locale", "zone"), PLACES)
def test_the_locale_makes_no_difference(world: World, locale: str, zone: str) -> None:
    desk = Desk(world, locale=locale, time_zone=zone)
    texts = [
        [row[0]] for table in TABLES if table.columns[0].kind is ColumnKind.TEXT for row in table.rows if len(row) == 1
    ]
    kinds = next(table for table in TABLES if table.name == "every kind at once")
    written = [(*row, text) for [text] in texts for row in kinds.rows[:1]]
    columns = [*kinds.columns, Column("text", "Text")]
    desk.write(written, columns)
    assert desk.formulas() == []
    fitted = [(*row[:-1], None if (value := cells.AnyCell()(row[-1])) == "" else value) for row in written]
    assert padded(shown(desk.gspread(), "Deals"), len(columns))[1:] == padded(fitted, len(columns))
    desk.world.google.journal.clear()
    assert desk.write(written, columns).changed == 0
    assert not [call for call in desk.world.google.journal.calls if call.kind == "write"]


@pytest.mark.parametrize(("locale", "zone"), PLACES)
def test_a_stamp_is_the_moment_as_the_spreadsheets_zone_has_it(world: World, locale: str, zone: str) -> None:
    desk = Desk(world, locale=locale, time_zone=zone)
    desk.write([("a",)], [Column("a", "A")], stamps_rows=True)
    stamp = shown(desk.gspread(), "Deals")[1][1]
    assert stamp == local(datetime(2026, 1, 1, 12, tzinfo=UTC), zone)


VALUES = some.one_of(
    some.none(),
    some.text(),
    some.booleans(),
    some.integers(),
    some.floats(allow_nan=True),
    some.dates(),
    some.datetimes(),
    some.times(),
    some.timedeltas(),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=some.lists(some.tuples(*[VALUES] * len(ColumnKind)), min_size=1, max_size=8))
@example(rows=[(None,) * 9 + (1429084480660514.0,)])
def test_what_was_written_is_recognized_when_it_is_read(world: World, rows: list[tuple[Cell, ...]]) -> None:
    """Whatever came, of whatever kind the column is: the second time nothing has changed."""
    desk = Desk(world)
    columns = [Column(f"c{number}", f"{kind}", kind) for number, kind in enumerate(ColumnKind)]
    desk.write(rows, columns)
    assert desk.formulas() == []
    before = desk.everything()
    desk.write(rows, columns)
    assert desk.everything() == before
