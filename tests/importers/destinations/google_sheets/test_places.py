"""Where a table may stand, how it is found again, and what is said where it cannot be written."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from importers.destinations.google_sheets import marks
from importers.destinations.google_sheets.job import Limits
from importers.destinations.google_sheets.refusals import refuse_charts
from importers.destinations.google_sheets.survey import surveyed
from importers.errors import AccessDenied, InvalidSettings, NoRoom, NotThere
from importers.model import Column, Target
from sandbox.google.accounts import ALEX, DEMO, SAM
from tests.importers.destinations.google_sheets.desk import APPEND, COLUMNS, KIND, TINY, UPDATE, Desk, deals
from tests.importers.destinations.google_sheets.signed_in import World, a_world

HEADERS = ["ID", "Title", "Value"]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with a_world() as world:
        yield world


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


def listed(rows):
    return [list(row) for row in rows]


class TestClaiming:
    def test_a_new_tab_is_as_large_as_needed_with_its_header_frozen_and_bold(self, desk: Desk) -> None:
        desk.write(deals(4))
        tab = desk.tab()
        assert (tab.rows, tab.columns, tab.frozen_rows, tab.hidden) == (5, 3, 1, False)
        assert [(tab.format_at(0, column) or {})["textFormat"]["bold"] for column in range(3)] == [True] * 3
        assert tab.format_at(1, 2) == {"numberFormat": {"type": "NUMBER", "pattern": "#,##0.00"}}

    def test_not_so_many_rows_are_frozen_that_nothing_could_be_scrolled(self, desk: Desk) -> None:
        desk.write(deals(4), start="B500")
        assert desk.tab().frozen_rows == 0
        assert desk.table("Deals", "B500:D501") == [HEADERS, [1, "Deal 1", 1]]

    def test_nothing_is_frozen_on_a_tab_that_is_there(self, desk: Desk) -> None:
        desk.write(deals(4), sheet="Sheet1")
        assert desk.tab("Sheet1").frozen_rows == 0
        assert desk.table("Sheet1") == [HEADERS, *listed(deals(4))]

    def test_a_table_begins_in_the_cell_that_was_named(self, desk: Desk) -> None:
        desk.put("A1", ["My report"], title="Sheet1")
        desk.put("A5", ["left"], ["of it"], title="Sheet1")
        desk.write(deals(4), sheet="Sheet1", start="C3")
        assert desk.table("Sheet1", "C3:E7") == [HEADERS, *listed(deals(4))]
        assert desk.table("Sheet1", "A1:A6") == [["My report"], [], [], [], ["left"], ["of it"]]

    @pytest.mark.parametrize("start", ["Y999", "A2000", "AZ1"])
    def test_the_grid_grows_where_the_cell_is_at_its_edge_or_beyond(self, desk: Desk, start: str) -> None:
        for count in (4, 6):
            desk.write(deals(count), sheet="Sheet1", start=start)
        assert [row for row in desk.table("Sheet1") if row][-1][-3:] == [6, "Deal 6", 6]

    def test_cells_that_hold_something_are_not_taken(self, desk: Desk) -> None:
        desk.put("B4", ["Mine"], title="Sheet1")
        before = desk.everything()
        with pytest.raises(InvalidSettings, match=r"'Sheet1'!A4:C4") as refused:
            desk.write(deals(4), sheet="Sheet1")
        assert refused.value.facts["field"] == "start"
        assert desk.everything() == before

    def test_nor_are_formulas_that_show_nothing(self, desk: Desk) -> None:
        desk.put("C2", ['=""'], title="Sheet1")
        with pytest.raises(InvalidSettings, match=r"'Sheet1'!A2:C2"):
            desk.write(deals(4), sheet="Sheet1")
        assert desk.formulas("Sheet1") == [(1, 2, '=""')]

    def test_they_are_where_their_owner_said_so(self, desk: Desk) -> None:
        desk.put("A1", ["old", "=1+1", "x", "stays"], ["b"], ["c"], title="Sheet1")
        assert desk.destination.forecast(desk.target("Sheet1", takes_over=True), COLUMNS).rows_there == 2
        written = desk.write(deals(1), sheet="Sheet1", takes_over=True)
        assert desk.table("Sheet1") == [[*HEADERS, "stays"], *listed(deals(1))]
        assert written.removed == 1

    def test_a_table_with_our_headers_is_continued_up_to_its_end(self, desk: Desk) -> None:
        desk.put("A1", HEADERS, *listed(deals(3)), [], ["Mine"], title="Sheet1")
        forecast = desk.destination.forecast(desk.target("Sheet1"), COLUMNS)
        assert (forecast.rows_there, forecast.notes) == (
            3,
            ("3 rows that Pipesheet did not write would be taken over.",),
        )
        written = desk.write([(1, "One", 1), *deals(2, start=2), *deals(4, start=4)], sheet="Sheet1", **UPDATE)
        assert desk.table("Sheet1") == [HEADERS, [1, "One", 1], *listed(deals(6, start=2)), [], ["Mine"]]
        assert (written.added, written.changed, written.removed) == (4, 1, 0)

    def test_formulas_below_such_a_table_are_not_taken(self, desk: Desk) -> None:
        desk.put("A1", HEADERS, *listed(deals(3)), ["", "", "=SUM(C2:C4)"], title="Sheet1")
        desk.write(deals(5), sheet="Sheet1")
        assert desk.formulas("Sheet1") == [(6, 2, "=SUM(C2:C4)")]

    def test_merged_cells_are_refused(self, desk: Desk) -> None:
        area = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 1, "startColumnIndex": 0, "endColumnIndex": 5}
        desk.do({"mergeCells": {"range": area, "mergeType": "MERGE_ALL"}})
        with pytest.raises(InvalidSettings, match=r"A1:E1 are merged"):
            desk.write(deals(4), sheet="Sheet1")

    def test_two_tables_stand_beside_each_other_and_grow(self, desk: Desk) -> None:
        for count in (3, 9, 20):
            desk.write(deals(count), sheet="Sheet1")
            desk.write(deals(2 * count), sheet="Sheet1", start="E1", table="others")
        assert desk.table("Sheet1", "A1:C21") == [HEADERS, *listed(deals(20))]
        assert desk.table("Sheet1", "E1:G41") == [HEADERS, *listed(deals(40))]

    def test_a_table_over_another_one_is_refused(self, desk: Desk) -> None:
        desk.write(deals(3), sheet="Sheet1")
        with pytest.raises(InvalidSettings, match="A table that Pipesheet wrote for another importer"):
            desk.write(deals(2), sheet="Sheet1", start="C30", table="others")

    def test_the_message_names_the_choice_to_write_over_it(self, desk: Desk) -> None:
        desk.write(deals(3))
        before = desk.everything()
        with pytest.raises(InvalidSettings) as refused:
            desk.write(deals(4), table="others")
        assert "allow Pipesheet to write over what is there" in refused.value.hint
        assert desk.everything() == before

    @pytest.mark.parametrize("more", [{}, UPDATE], ids=["replace", "update"])
    @pytest.mark.parametrize("limits", [Limits(), TINY], ids=["small", "staged"])
    def test_the_table_of_a_deleted_importer_is_taken_over_where_the_owner_said_so(
        self, desk: Desk, more: dict[str, Any], limits: Limits
    ) -> None:
        desk.limits = limits
        texts = (Column("id", "ID"), *COLUMNS[1:])
        rows = [(f"k{number}", f"Deal {number}", number) for number in range(8)]
        desk.write(rows, texts, **UPDATE)
        desk.write([rows[0], *rows[3:]], texts, **UPDATE)
        target = {"table": "others", "takes_over": True, **more}
        forecast = desk.destination.forecast(desk.target(**target), texts)
        assert forecast.notes == ("8 rows that another importer wrote would be taken over.",)
        for _ in range(3):
            desk.write(rows[3:6], texts, **target)
        assert [row for row in desk.table() if row][1:] == listed(rows[3:6])
        found = marks.parsed(desk.world.user().search_metadata(desk.id, marks.KEYS))
        [table] = [mark.content["table"] for mark in found if mark.key == marks.TABLE]
        lines = {mark.value.split(".")[0] for mark in found if mark.key != marks.TABLE}
        assert (table, lines) == ("others", {marks.short("others")})

    def test_an_importer_whose_table_was_taken_over_changes_nothing(self, desk: Desk) -> None:
        desk.write(deals(5))
        desk.write(deals(3), table="others", start="C1", takes_over=True)
        before = desk.everything()
        for target in ({}, UPDATE, APPEND):
            with pytest.raises(InvalidSettings, match="A table that Pipesheet wrote for another importer"):
                desk.write(deals(9), **target)
        assert desk.everything() == before

    def test_what_a_dead_run_of_the_other_importer_left_behind_cannot_come_after_it(self, desk: Desk) -> None:
        desk.write(deals(5))
        desk.do(
            {"addSheet": {"properties": {"sheetId": 77, "title": "pipesheet left", "hidden": True}}},
            marks.stage_request(77, "deals", "dead", "2026-01-01T00:00:00Z"),
        )
        desk.write(deals(3), table="others", takes_over=True)
        assert [tab.title for tab in desk.book.tabs] == ["Sheet1", "Deals"]

    def test_a_table_that_slid_to_the_place_of_one_that_was_deleted_is_not_taken(self, desk: Desk) -> None:
        desk.put("A1", ["old"], title="Sheet1")
        desk.write(deals(3), sheet="Sheet1", takes_over=True)
        desk.write(deals(3), sheet="Sheet1", start="D1", table="others")
        desk.do({"deleteDimension": {"range": desk.lines("COLUMNS", 0, 3, "Sheet1")}})
        with pytest.raises(InvalidSettings, match="A table that Pipesheet wrote for another importer"):
            desk.write(deals(3), sheet="Sheet1", takes_over=True)

    def test_the_table_in_a_copied_spreadsheet_is_taken_over_where_the_owner_said_so(self, desk: Desk) -> None:
        desk.write(deals(5))
        files = desk.world.google.files
        desk.file = files.copy(desk.file, ALEX, "Copy")
        files.give(desk.file, DEMO.client_id, ALEX.email)
        for count in (3, 6):
            desk.write(deals(count), table="others", takes_over=True)
        assert desk.table() == [HEADERS, *listed(deals(6))]

    @pytest.mark.parametrize("limits", [Limits(), TINY], ids=["small", "staged"])
    @pytest.mark.parametrize("count", [0, 1, 3, 4, 6])
    def test_rows_without_a_key_in_a_table_that_is_taken_over_make_room(
        self, desk: Desk, limits: Limits, count: int
    ) -> None:
        desk.limits = limits
        desk.put("A1", ["x", "", "", "stays"], ["", "old"], ["", "older"], [], [2, "Two", ""], title="Sheet1")
        target = {"sheet": "Sheet1", "takes_over": True, **UPDATE}
        written = desk.write(deals(count), **target)
        desk.write(deals(count), **target)
        rows = listed(deals(count))
        body = rows if count < 2 else [rows[0], *rows[2:4], *[[]] * (4 - count), rows[1], *rows[4:]]
        assert desk.table("Sheet1") == [[*HEADERS, "stays"], *body]
        assert (written.added, written.changed) == (count - (count > 1), int(count > 1))

    def test_the_rows_of_removed_records_go_to_a_tab_of_that_name(self, desk: Desk) -> None:
        beside = desk.destination.beside(desk.target(**UPDATE, stamps_rows=True, takes_over=True))
        assert (beside.sheet, beside.table, beside.key, beside.is_second) == (
            "Deals (removed)",
            "deals removed",
            "",
            True,
        )
        assert not beside.takes_over
        assert len(desk.destination.beside(desk.target("x" * 100)).sheet) == 100

    def test_a_tab_of_that_name_that_holds_something_is_not_taken(self, desk: Desk) -> None:
        desk.do({"addSheet": {"properties": {"title": "Deals (removed)"}}})
        desk.put("A1", HEADERS, title="Deals (removed)")
        beside = desk.destination.beside(desk.target())
        with pytest.raises(InvalidSettings, match="not Pipesheet's"):
            desk.destination.check(beside)


class TestFindingItAgain:
    """Whatever its owner does to the tab, the next run finds the table, and loses nothing."""

    def check(self, desk: Desk, title: str = "Deals", rows: int = 12, *, at: str = "") -> None:
        new = deals(rows, factor=2)
        desk.write(new)
        table = [row for row in desk.table(title, at) if any(cell != "" for cell in row)]
        assert table == [HEADERS, *listed(new)]

    def test_a_renamed_tab(self, desk: Desk) -> None:
        desk.write(deals(5))
        properties = {"sheetId": desk.tab().sheet_id, "title": "It's mine: now!"}
        desk.do({"updateSheetProperties": {"properties": properties, "fields": "title"}})
        self.check(desk, "It's mine: now!")
        assert len(desk.book.tabs) == 2

    def test_rows_and_columns_before_it(self, desk: Desk) -> None:
        desk.write(deals(5))
        for dimension in ("ROWS", "COLUMNS"):
            desk.do({"insertDimension": {"range": desk.lines(dimension, 0, 2)}})
        self.check(desk, at="C3:E20")

    def test_rows_within_it(self, desk: Desk) -> None:
        desk.write(deals(5))
        desk.do({"insertDimension": {"range": desk.lines("ROWS", 3, 5)}})
        self.check(desk)

    @pytest.mark.parametrize(("first", "last"), [(2, 4), (3, 6), (5, 6), (1, 5)])
    def test_rows_of_it_that_were_deleted(self, desk: Desk, first: int, last: int) -> None:
        desk.write(deals(5))
        desk.put("A8", ["", "Mine"])
        desk.do({"deleteDimension": {"range": desk.lines("ROWS", first, last)}})
        desk.write(deals(5))
        assert desk.table("Deals", "A1:C6") == [HEADERS, *listed(deals(5))]
        assert ["", "Mine"] in desk.table()

    def test_last_rows_that_were_deleted_from_a_table_with_gaps(self, desk: Desk) -> None:
        desk.write(deals(9), **UPDATE)
        desk.write([*deals(2), *deals(4, start=6)], **UPDATE)
        desk.put("A12", ["Sum", "of all"])
        desk.do({"deleteDimension": {"range": desk.lines("ROWS", 8, 10)}})
        written = desk.write([*deals(2), *deals(4, start=6)], **UPDATE)
        ids = [row[0] if row else "" for row in desk.table()]
        assert ids == ["ID", 1, 2, "", "", "", 6, 7, 8, 9, "", "Sum"]
        assert written.added == 2

    @pytest.mark.parametrize("target", [{}, UPDATE, APPEND], ids=["replace", "update", "append"])
    def test_its_last_row_that_was_dragged_upward(self, desk: Desk, target: dict[str, Any]) -> None:
        desk.write(deals(6), **target)
        for _ in range(4):
            desk.do({"moveDimension": {"source": desk.lines("ROWS", 6, 7), "destinationIndex": 1}})
            desk.write([] if target == APPEND else deals(6), **target)
        assert sorted(desk.table()[1:]) == listed(deals(6))
        desk.write(deals(1, start=7) if target == APPEND else deals(7), **target)
        assert sorted(desk.table()[1:]) == listed(deals(7))

    @pytest.mark.parametrize("count", [1, 2, 3, 4])
    def test_any_of_its_rows_wherever_it_was_dragged(self, desk: Desk, count: int) -> None:
        for source, destination in itertools.permutations(range(1, count + 1), 2):
            desk.write(deals(count))
            rows = desk.lines("ROWS", source, source + 1)
            desk.do({"moveDimension": {"source": rows, "destinationIndex": destination}})
            desk.write(deals(count))
            assert desk.table() == [HEADERS, *listed(deals(count))]

    def test_its_last_row_that_was_deleted_where_keys_are_texts_and_rows_have_gaps(self, desk: Desk) -> None:
        columns = (Column("id", "ID"), *COLUMNS[1:])
        rows = [(f"k{number}", f"Deal {number}", number) for number in range(8)]
        desk.write(rows, columns, **UPDATE)
        desk.write([*rows[:2], *rows[3:]], columns, **UPDATE)
        desk.do({"deleteDimension": {"range": desk.lines("ROWS", 8, 9)}})
        desk.write([*rows[:2], *rows[3:]], columns, **UPDATE)
        assert [row[0] if row else "" for row in desk.table()] == ["ID", "k0", "k1", "", "k3", "k4", "k5", "k6", "k7"]

    def test_its_last_row_that_was_deleted_where_rows_were_inserted(self, desk: Desk) -> None:
        desk.write(deals(8))
        desk.do({"insertDimension": {"range": desk.lines("ROWS", 4, 6)}})
        desk.do({"deleteDimension": {"range": desk.lines("ROWS", 10, 11)}})
        desk.write(deals(8))
        assert desk.table() == [HEADERS, *listed(deals(8))]

    @pytest.mark.parametrize("target", [{}, UPDATE, APPEND], ids=["replace", "update", "append"])
    def test_a_table_whose_last_row_alone_is_marked(self, desk: Desk, target: dict[str, Any]) -> None:
        """As earlier versions left it."""
        desk.write(deals(6), **target)
        found = marks.parsed(desk.world.user().search_metadata(desk.id, [marks.FOOT]))
        desk.do(*marks.removal([mark.id for mark in found if mark.index != 6]))
        for count in (6, 6, 8):
            desk.write([] if target == APPEND else deals(count), **target)
        feet = marks.parsed(desk.world.user().search_metadata(desk.id, [marks.FOOT]))
        rows = 6 if target == APPEND else 8
        assert desk.table() == [HEADERS, *listed(deals(rows))]
        assert sorted(mark.index for mark in feet) == [rows - 2, rows - 1, rows]

    def test_its_header_row_that_was_deleted(self, desk: Desk) -> None:
        desk.write(deals(5))
        desk.put("E3", ["note on 2"])
        desk.do({"deleteDimension": {"range": desk.lines("ROWS", 0, 1)}})
        written = desk.write(deals(5))
        assert [row[:3] for row in desk.table()] == [HEADERS, *listed(deals(5))]
        assert desk.tab().value(2, 4) == "note on 2"
        assert written.changed == 0

    def test_its_header_row_in_the_middle_of_a_sheet_and_first_rows(self, desk: Desk) -> None:
        desk.put("A1", ["Title of the report"], title="Sheet1")
        desk.write(deals(5), sheet="Sheet1", start="A4")
        tab = {"sheetId": 0, "dimension": "ROWS", "startIndex": 3, "endIndex": 6}
        desk.do({"deleteDimension": {"range": tab}})
        desk.write(deals(6), sheet="Sheet1", start="A4")
        assert desk.table("Sheet1") == [["Title of the report"], [], [], HEADERS, *listed(deals(6))]

    def test_a_copy_of_the_tab_is_somebody_elses(self, desk: Desk) -> None:
        desk.write(deals(5))
        desk.do({"duplicateSheet": {"sourceSheetId": desk.tab().sheet_id, "newSheetName": "Copy"}})
        self.check(desk)
        assert desk.table("Copy") == [HEADERS, *listed(deals(5))]

    def test_a_copy_takes_its_place_where_the_tab_was_deleted(self, desk: Desk) -> None:
        desk.write(deals(5))
        desk.do({"duplicateSheet": {"sourceSheetId": desk.tab().sheet_id, "newSheetName": "Copy"}})
        desk.do({"deleteSheet": {"sheetId": desk.tab().sheet_id}})
        self.check(desk, "Copy")
        assert {tab.title for tab in desk.book.tabs} == {"Sheet1", "Copy"}

    def test_a_deleted_tab_is_made_anew(self, desk: Desk) -> None:
        desk.write(deals(5))
        desk.do({"deleteSheet": {"sheetId": desk.tab().sheet_id}})
        self.check(desk)

    def test_marks_that_were_deleted(self, desk: Desk) -> None:
        desk.write(deals(5))
        found = desk.world.user().search_metadata(desk.id, marks.KEYS)
        desk.do(*marks.removal([one["metadataId"] for one in found]))
        self.check(desk)

    def test_a_very_wide_table_has_marks_as_far_as_google_keeps_them(self, desk: Desk) -> None:
        columns = [Column(f"custom_field_{number:03}_{'f' * 40}", f"Field {number}") for number in range(860)]
        desk.write([["x"] * 860], columns)
        desk.do({"moveDimension": {"source": desk.lines("COLUMNS", 855, 856), "destinationIndex": 0}})
        desk.write([[str(number) for number in range(860)]], columns)
        assert desk.table()[1][:2] == ["855", "0"]
        assert len(desk.table()[0]) == 860
        desk.do({"deleteDimension": {"range": desk.lines("COLUMNS", 3, 14)}})
        desk.write([[str(number) for number in range(860)]], columns)
        assert len(desk.table()[0]) == 860


class TestRefusals:
    def test_a_spreadsheet_that_is_not_there(self, desk: Desk) -> None:
        with pytest.raises(NotThere):
            desk.destination.check(replace(desk.target(), place="x" * 44))

    def test_a_spreadsheet_that_others_may_only_read(self, desk: Desk) -> None:
        google = desk.world.google
        google.files.share(desk.file, SAM.email, "reader")
        google.files.give(desk.file, DEMO.client_id, SAM.email)
        theirs = desk.new_destination(desk.world.user(SAM))
        with pytest.raises(AccessDenied, match="may look at Sales 2026") as refused:
            theirs.check(desk.target())
        assert "Share" in refused.value.hint

    def test_protected_cells_name_what_protects_them(self, desk: Desk) -> None:
        desk.write(deals(5))
        google = desk.world.google
        google.files.share(desk.file, SAM.email, "writer")
        google.files.give(desk.file, DEMO.client_id, SAM.email)
        area = {"sheetId": desk.tab().sheet_id, "startRowIndex": 2, "endRowIndex": 4}
        protection = {"range": area, "description": "do not touch", "editors": {"users": [ALEX.email]}}
        desk.do({"addProtectedRange": {"protectedRange": protection}})
        theirs = desk.new_destination(desk.world.user(SAM))
        with pytest.raises(AccessDenied, match=r"A3:C4 is protected \(do not touch\)") as refused:
            theirs.check(desk.target())
        assert "Protect sheets and ranges" in refused.value.hint
        desk.destination.check(desk.target())

    def test_a_chart_instead_of_cells(self, desk: Desk) -> None:
        properties = {"sheetId": 7, "title": "Deals", "index": 0, "sheetType": "OBJECT"}
        survey = surveyed(desk.target(), {"sheets": [{"properties": properties}]}, [])
        with pytest.raises(InvalidSettings, match="but a chart"):
            refuse_charts(survey)

    @pytest.mark.parametrize("start", ["", "A", "1", "A0", "AAAA1", "A1:B2"])
    def test_a_start_that_is_no_cell(self, desk: Desk, start: str) -> None:
        with pytest.raises(InvalidSettings) as refused:
            desk.destination.check(desk.target(start=start))
        assert refused.value.facts["field"] == "start"

    @pytest.mark.parametrize("title", ["", "  ", "x" * 101, "two\nlines"])
    def test_a_title_that_no_tab_can_have(self, desk: Desk, title: str) -> None:
        with pytest.raises(InvalidSettings) as refused:
            desk.destination.check(desk.target(title))
        assert refused.value.facts["field"] == "sheet"

    def test_more_columns_than_google_has(self, desk: Desk) -> None:
        with pytest.raises(NoRoom, match="18,278"):
            desk.write(deals(1), start="ZZY1")

    def test_more_cells_than_google_has(self, desk: Desk) -> None:
        target = desk.target()
        with desk.destination.begin(target, COLUMNS) as writing:
            writing.expect(3_000_000)
            with pytest.raises(NoRoom, match="10,000,000 cells") as refused:
                writing.expect(3_400_000)
        assert "another spreadsheet" in refused.value.hint


class TestPreparing:
    def test_an_address_becomes_an_id_and_a_title(self, desk: Desk) -> None:
        address = f"https://docs.google.com/spreadsheets/d/{desk.id}/edit?usp=sharing#gid=0"
        prepared = desk.destination.prepare(Target(KIND, address, ""))
        assert (prepared.place, prepared.place_name, prepared.sheet) == (desk.id, "Sales 2026", "Sheet1")
        assert desk.destination.prepare(replace(prepared, sheet="Other")).sheet == "Other"

    @pytest.mark.parametrize("place", ["https://example.com/d/x", "Sales", "https://docs.google.com/document/d/abc"])
    def test_what_is_no_address_is_refused(self, desk: Desk, place: str) -> None:
        with pytest.raises(InvalidSettings) as refused:
            desk.destination.prepare(Target(KIND, place, "Deals"))
        assert refused.value.facts["field"] == "place"

    def test_a_tab_that_is_gone_is_told(self, desk: Desk) -> None:
        with pytest.raises(NotThere):
            desk.destination.prepare(Target(KIND, f"https://docs.google.com/spreadsheets/d/{desk.id}/edit#gid=99", ""))

    def test_a_spreadsheet_is_created_with_the_tab_that_was_named(self, desk: Desk) -> None:
        prepared = desk.destination.prepare(Target(KIND, "", "Deals", place_name="Fresh", table="t"))
        assert prepared.place_name == "Fresh"
        file = desk.world.google.files.get(prepared.place)
        assert file is not None
        assert file.name == "Fresh"
        desk.file = file
        assert [(tab.title, tab.frozen_rows) for tab in desk.book.tabs] == [("Deals", 1)]
        desk.destination.check(prepared)
        desk.write(deals(3), table="t")
        assert desk.table() == [HEADERS, *listed(deals(3))]

    def test_the_address_names_the_tab_wherever_it_is(self, desk: Desk) -> None:
        desk.write(deals(3))
        tab = desk.tab().sheet_id
        desk.do({"updateSheetProperties": {"properties": {"sheetId": tab, "title": "Other"}, "fields": "title"}})
        address = desk.destination.address(desk.target())
        assert address == f"https://docs.google.com/spreadsheets/d/{desk.id}/edit#gid={tab}"
        assert desk.destination.address(Target(KIND, "", "Deals")) == ""

    def test_moments_are_shown_in_the_zone_of_the_spreadsheet(self, desk: Desk) -> None:
        assert desk.destination.zone_of(desk.target()) == "Europe/Amsterdam"
        desk.book.time_zone = "Nowhere/At all"
        assert desk.new_destination().zone_of(desk.target()) is None


def test_a_forecast_tells_the_rows_that_are_there(desk: Desk) -> None:
    assert desk.destination.forecast(desk.target(), COLUMNS).rows_there == 0
    desk.write(deals(5))
    before = desk.everything()
    forecast = desk.new_destination().forecast(desk.target(), COLUMNS)
    assert (forecast.rows_there, forecast.notes) == (5, ())
    assert desk.everything() == before
