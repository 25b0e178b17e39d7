from __future__ import annotations

import datetime as dt
import os
import stat
import tempfile
from pathlib import Path
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook

from importers.destinations import KINDS, load
from importers.destinations.excel.destination import ExcelDestination
from importers.destinations.excel.reading import read_window
from importers.destinations.excel.staging import only_writer
from importers.errors import AccessDenied, InvalidSettings, NotThere, RunStopped, TemporaryError
from importers.interfaces import never_stop
from importers.model import Column, ColumnKind, Target
from tests.contracts.destination import DEALS, DestinationContract
from tests.excel import calamine_rows, openpyxl_rows

TARGET = Target("excel", "Sales", "Deals")


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "workbooks"


class KeptWorkbooks(DestinationContract):
    @pytest.fixture(autouse=True)
    def _folder(self, folder):
        folder.mkdir()
        self.folder = folder

    @pytest.fixture
    def destination(self, folder):
        return ExcelDestination(folder)

    @pytest.fixture
    def small_destination(self, folder):
        return ExcelDestination(folder, max_rows=11)

    @pytest.fixture
    def target(self):
        return TARGET

    def traces(self):
        return {path.name: path.read_bytes() for path in self.folder.iterdir()}


class TestReadByOurselves(KeptWorkbooks):
    def read(self, target):
        grid = read_window(self.folder / "Sales.xlsx", target.sheet, 1, 10_000)
        assert grid.total_rows == len(grid.rows)
        return grid.headers, grid.rows


class TestReadByOpenpyxl(KeptWorkbooks):
    def read(self, target):
        return openpyxl_rows(self.folder / "Sales.xlsx", target.sheet)


class TestReadByCalamine(KeptWorkbooks):
    def read(self, target):
        return calamine_rows(self.folder / "Sales.xlsx", target.sheet)

    def comparable(self, cell):
        """Calamine takes midnight for a day."""
        is_midnight = isinstance(cell, dt.datetime) and cell.time() == dt.time()
        return super().comparable(cell.date() if is_midnight else cell)


class TestNamedFile(DestinationContract):
    """What the command line writes to."""

    @pytest.fixture(autouse=True)
    def _path(self, tmp_path):
        self.path = tmp_path / "report.XLSX"

    @pytest.fixture
    def destination(self):
        return ExcelDestination.for_file(self.path)

    @pytest.fixture
    def small_destination(self):
        return ExcelDestination.for_file(self.path, max_rows=11)

    @pytest.fixture
    def target(self):
        return Target("excel", str(self.path), "Deals")

    def read(self, target):
        grid = read_window(self.path, target.sheet, 1, 10_000)
        return grid.headers, grid.rows

    def traces(self):
        return {path.name: path.read_bytes() for path in self.path.parent.iterdir()}


def write(destination, rows=(("a", "b"),), target=TARGET, columns=DEALS):
    return DestinationContract.write(destination, target, columns, rows)


def test_excel_is_loaded_by_its_kind():
    assert load("excel") is ExcelDestination
    assert "excel" in KINDS


def test_an_unknown_kind_names_the_known_ones():
    with pytest.raises(InvalidSettings, match="excel"):
        load("lotus")


@pytest.mark.parametrize(
    "name",
    ["", "  ", "..", ".", ".hidden", "a/b", "../up", "a\\b", "/etc/passwd", "CON", "com1", "nul.txt", "x" * 101,
     "ends.", " spaced", "spaced ", "a\nb", "~$open", "a.xlsx", "a:b", "nul\x00"],
)  # fmt: skip
def test_names_that_could_leave_the_folder_or_break_a_download_are_refused(folder, name):
    with pytest.raises(InvalidSettings) as refused:
        ExcelDestination(folder).check(Target("excel", name, "Deals"))
    assert refused.value.hint


def test_a_name_typed_in_two_ways_is_one_workbook(folder):
    write(ExcelDestination(folder), target=Target("excel", "Zo\u00eb", "A"))
    write(ExcelDestination(folder), target=Target("excel", "Zoe\u0308", "B"))
    assert load_workbook(folder / "Zo\u00eb.xlsx").sheetnames == ["A", "B"]


def test_a_bad_sheet_name_is_refused_before_anything_is_read(folder):
    for refusing in (ExcelDestination(folder).check, lambda target: ExcelDestination(folder).begin(target, DEALS)):
        with pytest.raises(InvalidSettings):
            refusing(Target("excel", "Sales", "a/b"))


def test_a_link_out_of_the_folder_is_not_followed(folder, tmp_path):
    folder.mkdir()
    outside = tmp_path / "outside.xlsx"
    outside.write_bytes(b"precious")
    (folder / "Sales.xlsx").symlink_to(outside)
    with pytest.raises(AccessDenied):
        ExcelDestination(folder).check(TARGET)
    assert outside.read_bytes() == b"precious"


def test_a_named_file_behind_a_link_is_replaced_where_it_is(tmp_path):
    (tmp_path / "real").mkdir()
    link, real = tmp_path / "report.xlsx", tmp_path / "real" / "report.xlsx"
    write(ExcelDestination.for_file(real))
    link.symlink_to(real)
    write(ExcelDestination.for_file(link), [("new", "new")])
    assert link.is_symlink()
    assert calamine_rows(real, "Deals")[1] == (("new", "new"),)


@pytest.mark.parametrize(
    ("path", "error"),
    [("report.csv", InvalidSettings), ("report", InvalidSettings), ("missing/report.xlsx", NotThere), ("folder.xlsx", InvalidSettings),
     ("x" * 300 + ".xlsx", InvalidSettings), ("x" * 300 + "/report.xlsx", InvalidSettings), ("circle/report.xlsx", InvalidSettings)],
)  # fmt: skip
def test_a_named_file_that_cannot_be_is_refused(tmp_path, path, error):
    (tmp_path / "folder.xlsx").mkdir()
    (tmp_path / "circle").symlink_to("circle")
    with pytest.raises(error):
        ExcelDestination.for_file(tmp_path / path).check(TARGET)


def test_a_named_file_may_be_relative(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(ExcelDestination.for_file(Path("report.xlsx")))
    assert (tmp_path / "report.xlsx").exists()


def test_the_rights_of_the_file_stay(folder):
    destination = ExcelDestination(folder)
    write(destination)
    path = folder / "Sales.xlsx"
    path.chmod(0o640)
    write(destination)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_new_file_has_the_rights_any_new_file_has(folder):
    write(ExcelDestination(folder))
    (folder / "plain").touch()
    assert (folder / "Sales.xlsx").stat().st_mode == (folder / "plain").stat().st_mode


@pytest.fixture
def open_folder():
    """A folder anybody can walk to, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


@pytest.fixture
def _as_nobody():
    """Root may write everywhere, so for a moment we are somebody else."""
    if os.geteuid() != 0:
        yield
        return
    os.setresuid(65534, 65534, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


@pytest.mark.usefixtures("_as_nobody")
def test_a_folder_we_may_not_write_is_refused_before_anything_is_read():
    for destination in (ExcelDestination(Path("/usr")), ExcelDestination.for_file(Path("/usr/report.xlsx"))):
        with pytest.raises(AccessDenied) as refused:
            destination.check(TARGET)
        assert refused.value.hint
        with pytest.raises(AccessDenied):
            destination.begin(TARGET, DEALS)


def test_a_workbook_we_may_not_write_is_refused(open_folder, request):
    write(ExcelDestination(open_folder))
    (open_folder / "Sales.xlsx").chmod(0o444)
    open_folder.chmod(0o777)
    request.getfixturevalue("_as_nobody")
    with pytest.raises(AccessDenied):
        ExcelDestination(open_folder).check(TARGET)


@pytest.fixture
def _held_by_another_run(folder):
    folder.mkdir()
    with only_writer(folder / "Sales.xlsx", patience=dt.timedelta(1), stop=never_stop):
        yield
    assert list(folder.iterdir()) == []


@pytest.mark.usefixtures("_held_by_another_run")
def test_a_workbook_another_run_holds_for_too_long_is_tried_later(folder):
    destination = ExcelDestination(folder, patience=dt.timedelta(seconds=0.5))
    with destination.begin(TARGET, DEALS) as writing, pytest.raises(TemporaryError):
        writing.commit()


@pytest.mark.usefixtures("_held_by_another_run")
def test_a_cancelled_run_does_not_go_on_waiting(folder):
    def stop():
        raise RunStopped("Cancelled.")

    with ExcelDestination(folder).begin(TARGET, DEALS, stop=stop) as writing, pytest.raises(RunStopped):
        writing.commit()


def test_whether_the_table_may_be_shown_is_asked_while_nobody_else_can_write_the_workbook(folder):
    def asked():
        written = max(path.stat().st_size for path in folder.glob("*.part"))
        assert written > 1000, "all of it lies on the disk by now, so that only the rename is left"
        with (
            pytest.raises(TemporaryError),
            only_writer(folder / "Sales.xlsx", patience=dt.timedelta(0), stop=never_stop),
        ):
            raise AssertionError("somebody else could write it")
        raise RunStopped("Somebody else has the run by now.")

    with ExcelDestination(folder).begin(TARGET, DEALS) as writing, pytest.raises(RunStopped):
        writing.commit(still_ours=asked)
    assert list(folder.iterdir()) == []


def test_the_header_is_bold_frozen_and_filters(folder):
    write(ExcelDestination(folder), [("a", "b")] * 3)
    sheet = load_workbook(folder / "Sales.xlsx")["Deals"]
    assert [cell.font.b for cell in sheet[1]] == [True, True]
    assert (sheet.freeze_panes, sheet.auto_filter.ref, sheet.dimensions) == ("A2", "A1:B4", "A1:B4")


def test_an_empty_table_has_its_headers_and_filter(folder):
    write(ExcelDestination(folder), [])
    sheet = load_workbook(folder / "Sales.xlsx")["Deals"]
    assert (sheet.auto_filter.ref, sheet.dimensions) == ("A1:B1", "A1:B1")


def test_columns_are_as_wide_as_what_is_in_them(folder):
    columns = tuple(Column(str(n), header) for n, header in enumerate(["Id", "A rather long header", "c", "d", "e"]))
    write(ExcelDestination(folder), [("1", "x", "y" * 30, "z" * 5000, "東京" * 5)] * 2, columns=columns)
    sheet = load_workbook(folder / "Sales.xlsx")["Deals"]
    assert [sheet.column_dimensions[letter].width for letter in "ABCDE"] == [8, 16, 32, 60, 22]


def test_cells_show_as_their_kind(folder):
    kinds = [
        ColumnKind.WHOLE,
        ColumnKind.MONEY,
        ColumnKind.DATE,
        ColumnKind.MOMENT,
        ColumnKind.TIME,
        ColumnKind.DURATION,
    ]
    row = (5, 2.5, dt.date(2024, 1, 2), dt.datetime(2024, 1, 2, 3), dt.time(4, 5), dt.timedelta(hours=30))
    write(ExcelDestination(folder), [row], columns=tuple(Column(kind, kind, kind) for kind in kinds))
    formats = [cell.number_format for cell in load_workbook(folder / "Sales.xlsx")["Deals"][2]]
    assert formats == ["0", "#,##0.00", "yyyy\\-mm\\-dd", "yyyy\\-mm\\-dd\\ hh:mm:ss", "hh:mm:ss", "[h]:mm:ss"]


def test_text_that_would_change_when_edited_is_quoted(folder):
    texts = ["=1", "+1", "-1", "@x", "007", "plain", "'x"]
    write(ExcelDestination(folder), [(text,) for text in texts], columns=DEALS[:1])
    sheet = load_workbook(folder / "Sales.xlsx")["Deals"]
    assert [sheet.cell(row, 1).quotePrefix for row in range(2, 9)] == [True, True, True, True, True, False, True]
    assert {sheet.cell(row, 1).data_type for row in range(2, 9)} == {"s"}


def test_writing_again_does_not_make_the_styles_grow(folder):
    destination = ExcelDestination(folder)
    write(destination)
    count = len(load_workbook(folder / "Sales.xlsx")._cell_styles)
    write(destination)
    write(destination, target=Target("excel", "Sales", "More"))
    assert len(load_workbook(folder / "Sales.xlsx")._cell_styles) == count


def test_only_the_first_sheet_of_a_new_workbook_is_selected(folder):
    for name in "ABC":
        write(ExcelDestination(folder), target=Target("excel", "Sales", name))
    views = [sheet.sheet_view.tabSelected for sheet in load_workbook(folder / "Sales.xlsx")]
    assert views == [True, None, None]


def test_a_single_sheet_does_not_make_excel_ask_about_saving(folder):
    write(ExcelDestination(folder))
    write(ExcelDestination(folder))
    assert b"fullCalcOnLoad" not in ZipFile(folder / "Sales.xlsx").read("xl/workbook.xml")


def test_openpyxl_and_ours_say_the_same_of_a_sheet_name_with_an_apostrophe(folder):
    target = Target("excel", "Sales", "Bob's <deals> & co")
    write(ExcelDestination(folder), target=target)
    assert openpyxl_rows(folder / "Sales.xlsx", target.sheet)[1] == (("a", "b"),)
