from __future__ import annotations

import time
from datetime import date, datetime

import openpyxl
import pytest

from importers.destinations.excel.destination import ExcelDestination
from importers.destinations.excel.reading import read_window
from importers.errors import InvalidSettings, NotThere
from importers.model import Column, ColumnKind, Target
from tests.awkward.tables import many_rows
from tests.contracts.destination import DEALS, DestinationContract

TARGET = Target("excel", "Sales", "Deals")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "Sales.xlsx"


def write(path, columns, rows):
    DestinationContract.write(ExcelDestination(path.parent), TARGET, columns, rows)


@pytest.mark.parametrize(
    ("first", "count", "numbers"),
    [(1, 3, range(1, 4)), (99, 2, range(99, 101)), (4_998, 10, range(4_998, 5_001)), (5_001, 5, range(0)), (0, 1, range(1, 2)), (7, 0, range(0))],
)  # fmt: skip
def test_any_window_shows_its_rows(path, first, count, numbers):
    table, row = many_rows(5_000)
    write(path, table.columns, table.rows)
    grid = read_window(path, "Deals", first, count)
    assert grid.rows == tuple(row(number) for number in numbers)
    assert (grid.first, grid.total_rows) == (max(first, 1), 5_000)
    assert grid.headers == table.headers
    assert grid.kinds == tuple(column.kind for column in table.columns)


def test_a_table_without_rows_has_its_headers(path):
    write(path, DEALS, [])
    grid = read_window(path, "deals", 1, 100)
    assert (grid.headers, grid.rows, grid.total_rows) == (("Title", "Owner"), (), 0)


def test_rows_of_nothing_at_the_end_count(path):
    write(path, DEALS, [("a", "b"), (None, None)])
    grid = read_window(path, "Deals", 1, 100)
    assert (grid.rows, grid.total_rows) == ((("a", "b"), (None, None)), 2)


@pytest.mark.slow
def test_the_last_page_of_a_large_sheet_opens_at_once(path):
    columns = tuple(Column(str(n), str(n), ColumnKind.TEXT if n % 2 else ColumnKind.WHOLE) for n in range(45))
    page = [tuple(f"text {n} and more" if n % 2 else n * row for n in range(45)) for row in range(500)]
    with ExcelDestination(path.parent).begin(TARGET, columns) as writing:
        for _ in range(100):
            writing.add(page)
        writing.commit()
    for first in (1, 25_000, 49_901):
        started = time.perf_counter()
        grid = read_window(path, "Deals", first, 100)
        assert time.perf_counter() - started < 0.7
        assert grid.rows[0] == page[(first - 1) % 500]
        assert (len(grid.rows), grid.total_rows) == (100, 50_000)


def test_a_workbook_saved_by_another_program_is_read_all_the_same(path):
    columns = [
        *DEALS,
        Column("v", "Value", ColumnKind.MONEY),
        Column("d", "Day", ColumnKind.DATE),
        Column("m", "At", ColumnKind.MOMENT),
    ]
    rows = [("=1", "b", 1.5, date(2024, 1, 2), datetime(2024, 1, 2, 3, 4)), ("c", None, 2, None, None)]
    write(path, columns, rows)
    book = openpyxl.load_workbook(path)
    book["Deals"]["A3"] = "changed"
    book.save(path)
    grid = read_window(path, "deals", 1, 100)
    assert grid.headers == ("Title", "Owner", "Value", "Day", "At")
    assert grid.rows == (rows[0], ("changed", None, 2, None, None))
    assert grid.kinds[2:] == (ColumnKind.NUMBER, ColumnKind.DATE, ColumnKind.MOMENT)
    assert read_window(path, "deals", 2, 1).rows == grid.rows[1:]
    assert grid.total_rows == 2


def test_another_sheet_does_not_disturb_the_window(path):
    write(path, DEALS, [("a", "b")])
    DestinationContract.write(ExcelDestination(path.parent), Target("excel", "Sales", "More"), DEALS, [("c", "d")])
    assert read_window(path, "Deals", 1, 10).rows == (("a", "b"),)


def test_a_missing_file_or_sheet_is_told(path):
    with pytest.raises(NotThere):
        read_window(path, "Deals", 1, 10)
    write(path, DEALS, [])
    with pytest.raises(NotThere, match="Persons"):
        read_window(path, "Persons", 1, 10)


def test_a_broken_file_is_told(path):
    path.write_bytes(b"not a workbook")
    with pytest.raises(InvalidSettings):
        read_window(path, "Deals", 1, 10)
