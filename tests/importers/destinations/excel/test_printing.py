"""Headers that stand as their columns do, and a sheet that can be printed."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from importers.destinations.excel.destination import ExcelDestination
from importers.model import Column, ColumnKind, Row, Target
from tests.excel import libreoffice

K = ColumnKind
COLUMNS = (
    Column("id", "ID", K.WHOLE),
    Column("title", "Title"),
    Column("value", "Deal value in the company currency", K.MONEY),
    Column("score", "Score", K.NUMBER),
    Column("close", "Expected close date", K.DATE),
    Column("added", "Deal created", K.MOMENT),
    Column("at", "Due at", K.TIME),
    Column("took", "Duration", K.DURATION),
    Column("won", "Won", K.BOOLEAN),
)
ROW: Row = (
    7, "A deal", 12345.5, 0.5, dt.date(2026, 1, 2), dt.datetime(2026, 1, 2, 3, 4), dt.time(9, 30),
    dt.timedelta(hours=2), True,
)  # fmt: skip
TARGET = Target("excel", "Sales", "Deals")


def write(folder: Path, rows: int = 3, columns: tuple[Column, ...] = COLUMNS, sheet: str = "Deals") -> Path:
    with ExcelDestination(folder).begin(Target("excel", "Sales", sheet), columns) as writing:
        writing.add([ROW[: len(columns)]] * rows)
        writing.commit()
    return folder / "Sales.xlsx"


def sheet_in(file: Path, name: str = "Deals") -> Worksheet:
    sheet: Worksheet = load_workbook(file)[name]
    return sheet


def test_headers_stand_as_the_values_below_them(tmp_path: Path):
    header = sheet_in(write(tmp_path))[1]
    aligned = {cell.value: cell.alignment.horizontal for cell in header}
    right = {column.header for column in COLUMNS if column.kind not in (K.TEXT, K.BOOLEAN)}
    assert {name for name, where in aligned.items() if where == "right"} == right
    assert (aligned["Title"], aligned["Won"]) == (None, "center")
    assert all(cell.font.b and cell.alignment.wrap_text for cell in header)


def test_a_long_header_goes_on_two_lines_where_the_column_can_be_narrower_so(tmp_path: Path):
    sheet = sheet_in(write(tmp_path))
    widths = {cell.value: sheet.column_dimensions[cell.column_letter].width for cell in sheet[1]}
    assert widths["Deal value in the company currency"] == len("Deal value in the") + 5
    assert widths["Expected close date"] == len("close date") + 5
    assert widths["Deal created"] == 21
    assert sheet.row_dimensions[1].height is None, "whoever opens it fits the height to what is in it"


def test_a_sheet_prints_one_page_wide_in_landscape_with_its_header_on_each_page(tmp_path: Path):
    sheet = sheet_in(write(tmp_path))
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.print_title_rows == "$1:$1"


def test_writing_again_and_more_sheets_keep_one_page_each(tmp_path: Path):
    for name in ("Deals", "It’s", "Deals"):
        file = write(tmp_path, sheet=name)
    with zipfile.ZipFile(file) as archive:
        workbook = archive.read("xl/workbook.xml").decode()
        for number in (1, 2):
            text = archive.read(f"xl/worksheets/sheet{number}.xml").decode()
            assert [text.count(tag) for tag in ("<pageSetup ", "<pageMargins ", "<pageSetUpPr ")] == [1, 1, 1]
    assert workbook.count("Print_Titles") == 2
    assert sheet_in(file, "It’s").print_title_rows == "$1:$1"


def test_how_somebody_wants_it_printed_stays(tmp_path: Path):
    file = write(tmp_path)
    book = load_workbook(file)
    sheet = book["Deals"]
    sheet.page_setup.orientation = "portrait"
    sheet.page_setup.fitToHeight = 2
    sheet.sheet_properties.pageSetUpPr.fitToPage = False
    sheet.print_title_rows = "1:2"
    book.save(file)
    sheet = sheet_in(write(tmp_path))
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("portrait", 2)
    assert not sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.print_title_rows == "$1:$2"


def test_a_sheet_written_before_there_were_pages_gets_one_in_the_right_place(tmp_path: Path):
    """Order matters to Excel: after formats, validations and margins, before drawings and tables."""
    file = write(tmp_path)
    book = load_workbook(file)
    sheet = book["Deals"]
    sheet.conditional_formatting.add("C2:C9", _rule())
    sheet.conditional_formatting.add("D2:D9", _rule())
    sheet.oddFooter.center.text = "Ours"
    book.save(file)
    _rewritten(file, lambda text: re.sub(r"<(pageSetup|pageSetUpPr|pageMargins) [^>]*/>", "", text))
    with zipfile.ZipFile(write(tmp_path)) as archive:
        text = archive.read("xl/worksheets/sheet1.xml").decode()
    order = re.findall(r"<(autoFilter|conditionalFormatting|pageMargins|pageSetup|headerFooter)\b", text)
    wanted = ["autoFilter", "conditionalFormatting", "conditionalFormatting", "pageMargins", "pageSetup"]
    assert order == [*wanted, "headerFooter"]
    assert sheet_in(file).sheet_properties.pageSetUpPr.fitToPage


@pytest.mark.libreoffice
@pytest.mark.slow
@pytest.mark.timeout(180)
def test_libreoffice_prints_it_one_page_wide_in_landscape(tmp_path: Path):
    wide = tuple(replace(COLUMNS[1], key=str(number), header=f"Column {number}") for number in range(30))
    with ExcelDestination(tmp_path).begin(TARGET, wide) as writing:
        writing.add([("some words of text",) * len(wide)] * 100)
        writing.commit()
    libreoffice(["--convert-to", "pdf", str(tmp_path / "Sales.xlsx")], tmp_path)
    printed = (tmp_path / "Sales.pdf").read_bytes()
    pages = re.findall(rb"/Type\s*/Page\b.*?/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)\s*\]", printed, re.DOTALL)
    assert len(pages) == 1, "thirty columns and a hundred rows, made to fit"
    assert all(float(width) > float(height) for width, height in pages)


def _rule():
    from openpyxl.formatting.rule import CellIsRule

    return CellIsRule(operator="greaterThan", formula=["5"])


def _rewritten(file: Path, change) -> None:
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/worksheets/sheet1.xml"] = change(parts["xl/worksheets/sheet1.xml"].decode()).encode()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
