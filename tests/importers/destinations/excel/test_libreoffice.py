"""LibreOffice opens what we wrote, and finds the same values."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from importers.destinations.excel.destination import ExcelDestination
from importers.model import Target
from tests.awkward.tables import TABLES
from tests.contracts.destination import DestinationContract
from tests.excel import calamine_rows, formulas, libreoffice, openpyxl_rows, workbook
from tests.importers.destinations.excel.test_splicing import COLUMNS, ROWS, by_xlsxwriter

pytestmark = [pytest.mark.libreoffice, pytest.mark.slow, pytest.mark.timeout(180)]

# LibreOffice has one sort of line end, and saves _x0041_ as it is, which then means A.
DIFFERENT = {"control characters", "texts like escapes"}
TABLES_TO_SHOW = [table for table in TABLES if table.name not in DIFFERENT]


def write(folder: Path, sheet: str, columns, rows) -> None:
    DestinationContract.write(ExcelDestination(folder), Target("excel", "Book", sheet), columns, rows)


@pytest.fixture(scope="module")
def resaved(tmp_path_factory) -> Path:
    """Every awkward table on a sheet of its own, opened and saved again by LibreOffice."""
    folder = tmp_path_factory.mktemp("book")
    for table in TABLES:
        write(folder, table.name, table.columns, table.rows)
    target = tmp_path_factory.mktemp("resaved")
    libreoffice(["--convert-to", "xlsx:Calc MS Excel 2007 XML", str(folder / "Book.xlsx")], target)
    return target / "Book.xlsx"


@pytest.mark.parametrize("table", TABLES_TO_SHOW, ids=lambda table: table.name)
def test_the_same_values_are_there(resaved, table):
    contract = DestinationContract()
    headers, rows = openpyxl_rows(resaved, table.name)
    assert headers[: len(table.headers)] == table.headers
    width = len(table.columns)
    assert contract.table([row[:width] for row in rows]) == contract.table(table.expected)
    assert not [row for row in rows if any(cell is not None for cell in row[width:])]


def test_no_text_became_a_formula(resaved):
    found = [formulas(sheet.iter_rows()) for sheet in workbook(resaved)]
    assert len(found) == len(TABLES)
    assert set().union(*found) == {"=TRUE()", "=FALSE()"}


def test_header_and_filter_are_there(resaved):
    """Without a window LibreOffice saves no frozen panes, whoever wrote them."""
    sheet = workbook(resaved)["every kind at once"]
    assert (sheet.auto_filter.ref, sheet["A1"].font.b) == ("A1:J4", True)


def test_it_shows_dates_and_numbers_as_people_read_them(tmp_path):
    table = next(table for table in TABLES if table.name == "every kind at once")
    write(tmp_path, "Deals", table.columns, table.rows)
    # The filter's token 8 says "as shown on the screen", 76 is UTF-8.
    libreoffice(
        ["--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true", str(tmp_path / "Book.xlsx")],
        tmp_path,
    )
    with (tmp_path / "Book.csv").open(encoding="utf-8", newline="") as file:
        shown = list(csv.reader(file))
    assert shown[1] == [
        "t",
        "1",
        "1.5",
        "2.50",
        "TRUE",
        "2024-01-02",
        "2024-01-02 03:04:05",
        "03:04:05",
        "30:00:00",
        "a, b",
    ]


def test_a_rich_workbook_with_our_sheet_opens(tmp_path):
    path = tmp_path / "Book.xlsx"
    by_xlsxwriter(path)
    write(tmp_path, "Data", COLUMNS, ROWS)
    write(tmp_path, "More", COLUMNS, ROWS)
    (tmp_path / "out").mkdir()
    libreoffice(["--convert-to", "xlsx:Calc MS Excel 2007 XML", str(path)], tmp_path / "out")
    book = workbook(tmp_path / "out" / "Book.xlsx")
    assert openpyxl_rows(tmp_path / "out" / "Book.xlsx", "More")[1] == tuple(ROWS)
    assert calamine_rows(tmp_path / "out" / "Book.xlsx", "Data")[1] == tuple(ROWS)
    assert len(book["Data"]._charts) == 1
    assert "Total" in book.defined_names


def test_the_sheet_of_removed_rows_is_known_again_after_it_saved_the_workbook(tmp_path):
    write(tmp_path, "Deals", COLUMNS, ROWS)
    destination = ExcelDestination(tmp_path)
    beside = destination.beside(Target("excel", "Book", "Deals"))
    DestinationContract.write(destination, beside, COLUMNS, ROWS)
    (tmp_path / "out").mkdir()
    libreoffice(["--convert-to", "xlsx:Calc MS Excel 2007 XML", str(tmp_path / "Book.xlsx")], tmp_path / "out")
    DestinationContract.write(ExcelDestination(tmp_path / "out"), beside, COLUMNS, ROWS[:2])
    assert len(openpyxl_rows(tmp_path / "out" / "Book.xlsx", beside.sheet)[1]) == 2
