"""One sheet goes into a workbook that people work in; everything else must stay as it was."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pytest
import xlsxwriter
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.formatting.rule import DataBarRule
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table

from importers.destinations.excel.destination import ExcelDestination
from importers.errors import InvalidSettings
from importers.model import Column, ColumnKind, Target
from tests.contracts.destination import DestinationContract
from tests.excel import calamine_rows, openpyxl_rows, workbook

COLUMNS = (
    Column("title", "Title"),
    Column("value", "Value", ColumnKind.MONEY),
    Column("day", "Day", ColumnKind.DATE),
)
ROWS = [("=1+1", 5.5, date(2024, 1, 2)), ("b", 7, None)] * 20
CHANGED = {"[content_types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"}


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "Sales.xlsx"


def import_into(path: Path, sheet: str, columns=COLUMNS, rows=ROWS):
    target = Target("excel", path.stem, sheet)
    return DestinationContract.write(ExcelDestination(path.parent), target, columns, rows)


def parts(path: Path) -> dict[str, bytes]:
    with ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name.lower(): archive.read(name) for name in archive.namelist()}


def a_sheet_of_the_users(path: Path, name: str) -> None:
    book = openpyxl.load_workbook(path) if path.exists() else openpyxl.Workbook()
    book.create_sheet(name)["A1"] = "mine"
    book.save(path)


def by_xlsxwriter(path: Path) -> None:
    """Charts, an image, sparklines, formulas, names, a table, formats: much of what Excel can do."""
    with xlsxwriter.Workbook(path) as book:
        bold = book.add_format({"bold": True, "num_format": "yyyy-mm-dd", "bg_color": "#FFFF00"})
        data = book.add_worksheet("Data")
        data.add_table(
            "A1:C4", {"name": "Deals", "columns": [{"header": "Title"}, {"header": "Old"}, {"header": "Value"}]}
        )
        data.write_column("A2", ["x", "y", "z"], bold)
        data.write_formula("E2", "=SUM(C2:C4)", None, 6)
        data.set_column("A:A", 44)
        data.set_tab_color("green")
        data.conditional_format("C2:C100", {"type": "data_bar"})
        data.data_validation("A2:A9", {"validate": "list", "source": ["x", "y"]})
        data.write_comment("A1", "Mind this")
        chart = book.add_chart({"type": "column"})
        chart.add_series({"values": "=Data!$C$2:$C$4"})
        data.insert_chart("H2", chart)
        report = book.add_worksheet("Report's <page>")
        report.write_formula("A1", "=SUM(Data!C:C)", bold, 6)
        report.add_sparkline("B1", {"range": "Data!C2:C4"})
        report.insert_image("D4", "dot.png", {"image_data": io.BytesIO(_dot())})
        report.insert_textbox("A9", "A note")
        report.autofilter("A1:B5")
        report.merge_range("A20:C20", "merged")
        book.add_chartsheet("Chart").set_chart(_pie(book))
        book.define_name("Total", "=Data!$C$2:$C$4")


def by_openpyxl(path: Path) -> None:
    book = openpyxl.Workbook()
    data = book.active
    data.title = "Data"
    for row in [("Title", "Old", "Value"), ("x", 1, 2), ("y", 3, 4)]:
        data.append(row)
    data["E2"] = "=SUM(C2:C3)"
    data.add_table(Table(displayName="Deals", ref="A1:C3"))
    data.conditional_formatting.add("C2:C9", DataBarRule("min", None, "max", None, color="FF0000"))
    data["A1"].comment = Comment("Mind this", "Alice")
    chart = BarChart()
    chart.add_data(Reference(data, min_col=3, min_row=1, max_row=3), titles_from_data=True)
    data.add_chart(chart, "H2")
    validation = DataValidation(type="list", formula1='"x,y"')
    validation.add("A2:A9")
    data.add_data_validation(validation)
    report = book.create_sheet("Report's <page>")
    report["A1"] = "=SUM(Data!C:C)"
    report.merge_cells("A20:C20")
    book.defined_names["Total"] = DefinedName("Total", attr_text="Data!$C$2:$C$3")
    book.save(path)


def _pie(book):
    chart = book.add_chart({"type": "pie"})
    chart.add_series({"values": "=Data!$C$2:$C$4"})
    return chart


def _dot() -> bytes:
    return bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
        "1f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
    )


MADE_BY = pytest.mark.parametrize("make", [by_xlsxwriter, by_openpyxl])


@MADE_BY
def test_adding_a_sheet_changes_no_other_part(path, make):
    make(path)
    before = parts(path)
    import_into(path, "Imported")
    after = parts(path)
    new = set(after) - set(before)
    assert new == {next(iter(new))}
    assert {name: after.get(name) for name in before if name not in CHANGED} == {
        name: content for name, content in before.items() if name not in CHANGED
    }
    assert openpyxl_rows(path, "Imported")[1] == calamine_rows(path, "Imported")[1]


@MADE_BY
def test_members_are_carried_over_as_they_lie(path, make):
    make(path)
    with ZipFile(path) as archive:
        before = {
            one.filename: (one.CRC, one.compress_size, one.date_time, one.external_attr) for one in archive.infolist()
        }
    import_into(path, "Imported")
    with ZipFile(path) as archive:
        after = {
            one.filename: (one.CRC, one.compress_size, one.date_time, one.external_attr) for one in archive.infolist()
        }
    assert not [name for name, facts in before.items() if name.lower() not in CHANGED and after[name] != facts]
    assert next(iter(after)) == next(iter(before))


@MADE_BY
def test_replacing_a_sheet_changes_only_what_lists_it(path, make):
    make(path)
    before = parts(path)
    import_into(path, "data")
    after = parts(path)
    changed = {name for name in set(before) | set(after) if before.get(name) != after.get(name)}
    tables = {name for name in changed if name.startswith("xl/tables/")}
    assert changed - tables <= {"xl/worksheets/sheet1.xml", *CHANGED, "xl/calcchain.xml"}
    assert openpyxl_rows(path, "Data")[1] == calamine_rows(path, "Data")[1]
    assert len(openpyxl_rows(path, "Data")[1]) == len(ROWS)


@MADE_BY
def test_what_people_put_on_the_sheet_stays_on_it(path, make):
    make(path)
    import_into(path, "Data")
    sheet = workbook(path)["Data"]
    assert len(sheet._charts) == 1
    assert sheet.data_validations.count == 1
    assert len(sheet.conditional_formatting) == 1
    assert sheet["A1"].comment.text.endswith("Mind this")
    assert sheet["E2"].value is None


def test_tab_colour_and_widths_stay_while_the_table_is_as_wide(path):
    by_xlsxwriter(path)
    with ZipFile(path) as archive:
        assert 'dimension ref="A1:E4"' in archive.read("xl/worksheets/sheet1.xml").decode()
    wide = tuple(Column(letter, letter) for letter in "abcde")
    import_into(path, "Data", wide, [("v",) * 5])
    sheet = workbook(path)["Data"]
    assert sheet.column_dimensions["A"].width == pytest.approx(44, abs=1)
    assert sheet.sheet_properties.tabColor.rgb == "FF008000"
    import_into(path, "Data", COLUMNS, ROWS)
    assert workbook(path)["Data"].column_dimensions["A"].width < 20


@MADE_BY
def test_a_table_around_the_rows_follows_them(path, make):
    make(path)
    import_into(path, "Data")
    sheet = workbook(path)["Data"]
    table = sheet.tables["Deals"]
    assert (table.ref, table.autoFilter.ref, table.column_names) == ("A1:C41", "A1:C41", ["Title", "Value", "Day"])
    assert [column.id for column in table.tableColumns] == [1, 3, 4]
    assert sheet.auto_filter.ref is None
    assert b'_xlnm._FilterDatabase" localSheetId="0"' not in parts(path)["xl/workbook.xml"]


@MADE_BY
def test_a_table_that_cannot_follow_is_removed_and_told(path, make):
    make(path)
    same = (Column("a", "Name"), Column("b", "name"))
    written = import_into(path, "Data", same, [("x", "y")])
    assert written.notes == ("The table Deals no longer fits the sheet and was removed.",)
    sheet = workbook(path)["Data"]
    assert (len(sheet.tables), sheet.auto_filter.ref) == (0, "A1:B2")
    after = parts(path)
    assert not [name for name in after if name.startswith("xl/tables/")]
    assert b"/tables/" not in b"".join(
        content for name, content in after.items() if name.endswith((".rels", "types].xml"))
    )


@MADE_BY
def test_formulas_elsewhere_are_computed_anew(path, make):
    make(path)
    import_into(path, "Data")
    book = workbook(path)
    assert book.calculation.fullCalcOnLoad
    assert book["Report's <page>"]["A1"].value == "=SUM(Data!C:C)"
    assert book.defined_names["Total"].attr_text.startswith("Data!$C$2")


def test_the_calculation_chain_goes_with_everything_that_points_to_it(path):
    by_openpyxl(path)
    _add_part(
        path,
        "xl/calcChain.xml",
        '<calcChain xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><c r="E2" i="1"/></calcChain>',
        "calcChain",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml",
    )
    import_into(path, "Data")
    after = parts(path)
    assert "xl/calcchain.xml" not in after
    assert b"calcChain" not in after["[content_types].xml"] + after["xl/_rels/workbook.xml.rels"]


def test_pivot_tables_over_the_sheet_fetch_it_anew(path):
    by_openpyxl(path)
    cache = (
        '<pivotCacheDefinition xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cacheSource type="worksheet">'
        '<worksheetSource ref="A1:C3" sheet="Data"/></cacheSource><cacheFields count="0"/></pivotCacheDefinition>'
    )
    _add_part(path, "xl/pivotCache/pivotCacheDefinition1.xml", cache, "pivotCacheDefinition", "application/xml")
    import_into(path, "Other")
    assert parts(path)["xl/pivotcache/pivotcachedefinition1.xml"].decode() == cache
    import_into(path, "Data")
    assert b'refreshOnLoad="1"' in parts(path)["xl/pivotcache/pivotcachedefinition1.xml"]


def test_filters_of_other_sheets_keep_their_names(path):
    by_xlsxwriter(path)
    for _ in range(3):
        import_into(path, "Imported")
    names = re.findall(r'_FilterDatabase" localSheetId="(\d)"', parts(path)["xl/workbook.xml"].decode())
    assert sorted(names) == ["1", "3"]


def test_running_again_and_again_changes_nothing_more(path):
    by_xlsxwriter(path)
    import_into(path, "Data")
    once = path.read_bytes()
    import_into(path, "Data")
    assert path.read_bytes() == once


def test_a_chart_sheet_is_not_overwritten(path):
    by_xlsxwriter(path)
    before = path.read_bytes()
    with pytest.raises(InvalidSettings, match="a chart"):
        import_into(path, "chart")
    assert path.read_bytes() == before


@pytest.mark.slow
def test_styles_that_changed_while_rows_were_read_are_met(path):
    """Somebody saves the workbook with other styles between the first row and the last."""
    target = Target("excel", path.stem, "Imported")
    rows = [*ROWS * 2_000, ('<c r="A1" s="3"', 1, None)]
    with ExcelDestination(path.parent).begin(target, COLUMNS) as writing:
        writing.add(rows)
        by_xlsxwriter(path)
        writing.commit()
    sheet = workbook(path)["Imported"]
    assert (sheet["B2"].number_format, sheet["C2"].number_format) == ("#,##0.00", "yyyy\\-mm\\-dd")
    assert sheet["A1"].font.b
    assert calamine_rows(path, "Imported")[1] == tuple(rows)
    assert {one.name for one in path.parent.iterdir()} == {path.name}


@pytest.mark.parametrize("prefix", ["x", "ns0"])
def test_a_workbook_whose_elements_have_a_prefix_works_as_well(path, prefix):
    by_openpyxl(path)
    _rewrite(
        path, lambda name, text: _prefixed(text, prefix) if name.startswith("xl/") and "/_rels/" not in name else text
    )
    for _ in range(2):
        import_into(path, "Data")
        import_into(path, "Imported")
    for sheet in ("Data", "Imported"):
        assert openpyxl_rows(path, sheet)[1] == calamine_rows(path, sheet)[1] == tuple(ROWS)
    assert parts(path)["xl/worksheets/sheet1.xml"].count(b"autoFilter") <= 1


def test_a_workbook_without_styles_gets_them(path):
    by_openpyxl(path)
    _rewrite(path, lambda name, text: re.sub(r"<[^<]*styles[^>]*/>", "", text), drop="xl/styles.xml")
    import_into(path, "Imported")
    assert openpyxl_rows(path, "Imported")[1] == tuple(ROWS)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 512, "password"),
        (b"Title;Value\n1;2\n", "not an Excel workbook"),
        (b"", "not an Excel workbook"),
        (b"PK\x03\x04 cut off", "not an Excel workbook"),
    ],
)
def test_what_is_no_workbook_is_refused_before_anything_is_read(path, content, words):
    path.write_bytes(content)
    with pytest.raises(InvalidSettings, match=words) as refused:
        ExcelDestination(path.parent).check(Target("excel", "Sales", "Data"))
    assert refused.value.hint
    assert path.read_bytes() == content


def test_a_strict_workbook_is_refused(path):
    by_openpyxl(path)
    _rewrite(
        path,
        lambda name, text: text.replace(
            "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main"
        ),
    )
    with pytest.raises(InvalidSettings, match="Strict"):
        ExcelDestination(path.parent).check(Target("excel", "Sales", "Data"))


@pytest.mark.parametrize(
    "damage",
    [
        lambda name, text: text.replace("<", "", 1) if name == "xl/workbook.xml" else text,
        lambda name, text: text.replace("rId", "rXd") if name == "xl/_rels/workbook.xml.rels" else text,
        lambda name, text: text.replace("worksheets/", "nowhere/") if name == "xl/_rels/workbook.xml.rels" else text,
        lambda name, text: text.replace("officeDocument", "other") if name == "_rels/.rels" else text,
        lambda name, text: '<!DOCTYPE x [<!ENTITY a "b">]>' + text if name == "xl/styles.xml" else text,
    ],
)
def test_a_damaged_workbook_is_refused(path, damage):
    by_openpyxl(path)
    _rewrite(path, damage)
    with pytest.raises(InvalidSettings):
        ExcelDestination(path.parent).check(Target("excel", "Sales", "Data"))


def test_another_kind_of_zip_is_refused(path):
    with ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    with pytest.raises(InvalidSettings):
        ExcelDestination(path.parent).check(Target("excel", "Sales", "Data"))


def _rewrite(path: Path, change, drop: str = "") -> None:
    with ZipFile(path) as archive:
        contents = {name: archive.read(name).decode() for name in archive.namelist() if name != drop}
    with ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in contents.items():
            archive.writestr(name, change(name, text))


def _add_part(path: Path, part: str, text: str, purpose: str, content_type: str) -> None:
    def listed(name: str, old: str) -> str:
        if name == "[Content_Types].xml":
            return old.replace("</Types>", f'<Override PartName="/{part}" ContentType="{content_type}"/></Types>')
        if name == "xl/_rels/workbook.xml.rels":
            kind = f"http://schemas.openxmlformats.org/officeDocument/2006/relationships/{purpose}"
            return old.replace(
                "</Relationships>", f'<Relationship Id="rId77" Type="{kind}" Target="/{part}"/></Relationships>'
            )
        return old

    _rewrite(path, listed)
    with ZipFile(path, "a") as archive:
        archive.writestr(part, text)


def _prefixed(text: str, prefix: str) -> str:
    """The same XML, with every element of the main namespace under a prefix."""
    if 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"' not in text:
        return text
    text = re.sub(r"<(/?)(?=[A-Za-z]\w*[\s/>])", rf"<\g<1>{prefix}:", text)
    return text.replace(
        'xmlns="http://schemas.openxmlformats.org/spreadsheetml',
        f'xmlns:{prefix}="http://schemas.openxmlformats.org/spreadsheetml',
    )


# --- the second sheet, whose name Pipesheet chose ---


def move_into(path: Path, rows=ROWS):
    destination = ExcelDestination(path.parent)
    return DestinationContract.write(
        destination, destination.beside(Target("excel", path.stem, "Deals")), COLUMNS, rows
    )


def test_the_users_own_sheet_named_like_the_one_for_removed_rows_is_not_overwritten(path):
    a_sheet_of_the_users(path, "deals (Removed)")
    before = path.read_bytes()
    with pytest.raises(InvalidSettings, match=r"has a sheet deals \(Removed\) already, which is not Pipesheet's"):
        move_into(path)
    assert path.read_bytes() == before


def test_a_sheet_the_user_makes_while_removed_rows_are_on_their_way_is_not_overwritten(path):
    destination = ExcelDestination(path.parent)
    with destination.begin(destination.beside(Target("excel", path.stem, "Deals")), COLUMNS) as writing:
        writing.add(ROWS)
        a_sheet_of_the_users(path, "Deals (removed)")
        with pytest.raises(InvalidSettings, match="not Pipesheet's"):
            writing.commit()
    assert workbook(path)["Deals (removed)"]["A1"].value == "mine"


@pytest.mark.parametrize("named_by_others", [False, True], ids=["without other names", "with other names"])
def test_the_sheet_of_removed_rows_is_known_again_after_others_saved_the_workbook(path, named_by_others):
    import_into(path, "Deals")
    move_into(path)
    book = openpyxl.load_workbook(path)
    if named_by_others:
        book.defined_names["Total"] = DefinedName("Total", attr_text="Deals!$B$2")
    book.move_sheet("Deals (removed)", -1)
    book.save(path)
    move_into(path, ROWS[:3])
    import_into(path, "Deals")
    move_into(path, ROWS[:2])
    assert len(openpyxl_rows(path, "Deals (removed)")[1]) == 2
    assert parts(path)["xl/workbook.xml"].count(b"_Pipesheet_writes_this_sheet") == 1


def test_a_sheet_of_the_users_in_place_of_the_one_for_removed_rows_they_deleted_is_not_overwritten(path):
    import_into(path, "Deals")
    move_into(path)
    book = openpyxl.load_workbook(path)
    book.remove(book["Deals (removed)"])
    book.save(path)
    a_sheet_of_the_users(path, "Deals (removed)")
    with pytest.raises(InvalidSettings, match="not Pipesheet's"):
        move_into(path)


def test_the_owners_main_sheet_is_replaced_whoever_made_it(path):
    a_sheet_of_the_users(path, "Deals")
    import_into(path, "Deals")
    assert calamine_rows(path, "Deals")[1] == tuple(ROWS)
