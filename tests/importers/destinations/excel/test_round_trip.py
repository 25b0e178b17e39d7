"""Whatever the cells: ours, openpyxl and calamine read the same."""

from __future__ import annotations

import tempfile
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers.destinations.excel.cells import serial_of
from importers.destinations.excel.destination import ExcelDestination
from importers.destinations.excel.reading import read_window
from importers.model import Column, ColumnKind, Target
from tests.contracts.destination import DestinationContract
from tests.excel import openpyxl_rows

EXACT = 10**15 - 1
WHOLE_SECONDS = {"microsecond": st.just(0)}
CELLS = {
    ColumnKind.TEXT: st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    ColumnKind.WHOLE: st.integers(-EXACT, EXACT),
    ColumnKind.NUMBER: st.floats(allow_nan=False, allow_infinity=False),
    ColumnKind.BOOLEAN: st.booleans(),
    ColumnKind.DATE: st.dates(date(1900, 3, 1)),
    ColumnKind.MOMENT: st.datetimes(datetime(1900, 3, 1), datetime(9999, 12, 31, 23, 59)),
    ColumnKind.TIME: st.times(),
    ColumnKind.DURATION: st.timedeltas(timedelta(0), timedelta(days=100_000)),
}


@st.composite
def tables(draw):
    kinds = draw(st.lists(st.sampled_from(sorted(CELLS)), min_size=1, max_size=6))
    columns = tuple(Column(str(place), f"{kind} {place}", ColumnKind(kind)) for place, kind in enumerate(kinds))
    cells = st.one_of(st.none(), *CELLS.values())
    usual = [st.one_of(st.none(), CELLS[ColumnKind(kind)]) for kind in kinds]
    rows = draw(st.lists(st.one_of(st.tuples(*usual), st.tuples(*[cells] * len(kinds))), max_size=8))
    return columns, rows


def written(columns, rows, folder: str) -> Path:
    DestinationContract.write(ExcelDestination(Path(folder)), Target("excel", "Any", "Sheet"), columns, rows)
    return Path(folder) / "Any.xlsx"


def nothing_is_none(rows):
    return [tuple(None if cell == "" else cell for cell in row) for row in rows]


@given(tables())
def test_our_own_window_shows_every_cell_as_it_was(table):
    columns, rows = table
    with tempfile.TemporaryDirectory() as folder:
        grid = read_window(written(columns, rows, folder), "Sheet", 1, 100)
    assert list(grid.rows) == nothing_is_none(rows)
    types = [[type(cell) for cell in row] for row in grid.rows]
    assert types == [[type(cell) for cell in row] for row in nothing_is_none(rows)]


@pytest.mark.slow
@given(st.lists(st.tuples(CELLS[ColumnKind.TEXT], CELLS[ColumnKind.WHOLE], CELLS[ColumnKind.NUMBER], CELLS[ColumnKind.BOOLEAN], CELLS[ColumnKind.DATE]), max_size=8))  # fmt: skip
def test_openpyxl_reads_what_we_wrote(rows):
    kinds = (ColumnKind.TEXT, ColumnKind.WHOLE, ColumnKind.NUMBER, ColumnKind.BOOLEAN, ColumnKind.DATE)
    columns = tuple(Column(kind, kind, kind) for kind in kinds)
    with tempfile.TemporaryDirectory() as folder:
        found = openpyxl_rows(written(columns, rows, folder), "Sheet")[1]
    assert list(found) == nothing_is_none(rows)


@given(st.times(), st.timedeltas(timedelta(0), timedelta(days=3_000)))
def test_a_time_is_part_of_a_day_as_exactly_as_a_number_can_be(moment: time, span: timedelta):
    """Half past nine that is a little short shows as 09:29:59 where seconds are not rounded."""
    since_midnight = datetime.combine(date(2026, 1, 1), moment) - datetime(2026, 1, 1)
    assert float(serial_of(moment) or "") == since_midnight / timedelta(days=1)
    assert float(serial_of(span) or "") == span / timedelta(days=1)
