"""What stands below and beside a table when it grows, and how its new cells look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from importers.destinations.google_sheets.job import Limits
from importers.model import Column, ColumnKind
from sandbox.google.tab import Formula
from tests.importers.destinations.google_sheets.desk import COLUMNS, TINY, UPDATE, Desk, deals
from tests.importers.destinations.google_sheets.signed_in import World, a_world

HEADERS = ["ID", "Title", "Value"]
DAY = Column("day", "Day", ColumnKind.DATE)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with a_world() as world:
        yield world


@pytest.fixture(params=[Limits(), TINY], ids=["small", "staged"])
def desk(world: World, request: pytest.FixtureRequest) -> Desk:
    desk = Desk(world, limits=request.param)
    desk.write(deals(4))
    return desk


def formulas(desk: Desk) -> dict[tuple[int, int], str]:
    return {(row, column): formula for row, column, formula in desk.formulas()}


class TestBelow:
    def test_totals_are_pushed_down_as_whole_rows(self, desk: Desk) -> None:
        desk.put("A6", ["Sum", "", "=SUM(C2:C5)", "=SUM(D2:D5)"])
        desk.put("D1", ["Mine"], *[[1]] * 4)
        desk.write(deals(7))
        assert formulas(desk) == {(8, 2): "=SUM(C2:C5)", (8, 3): "=SUM(D2:D5)"}
        assert desk.table()[8] == ["Sum", "", 10, 4]

    def test_a_gap_before_them_stays_as_large(self, desk: Desk) -> None:
        desk.put("A8", ["Sum", "", "=SUM(C2:C5)"])
        desk.write(deals(5))
        assert list(formulas(desk)) == [(7, 2)]
        desk.write(deals(9))
        assert list(formulas(desk)) == [(11, 2)]

    def test_formulas_that_show_nothing_are_pushed_as_well(self, desk: Desk) -> None:
        desk.put("B7", ['=""'])
        desk.write(deals(9))
        assert formulas(desk) == {(11, 1): '=""'}
        assert desk.table()[1:10] == [list(row) for row in deals(9)]

    def test_formulas_beside_that_show_nothing_are_not_torn_apart(self, desk: Desk) -> None:
        desk.put("A6", ["Sum"])
        desk.put("E2", *[['=""'] for _ in range(10)])
        desk.write(deals(7))
        assert sorted(formulas(desk)) == [(row, 4) for row in range(1, 11)]

    def test_what_stands_beside_is_not_torn_apart(self, desk: Desk) -> None:
        desk.put("A6", ["Sum"])
        desk.put("E1", *[[f"mine {number}"] for number in range(12)])
        desk.write(deals(7))
        assert [line[4] for line in desk.table()][:12] == [f"mine {number}" for number in range(12)]
        assert desk.table("Deals", "A9") == [["Sum"]]

    def test_merged_cells_below_move_whole(self, desk: Desk) -> None:
        desk.put("A6", ["A long remark"])
        desk.put("E9", ["mine"])
        area = {"sheetId": desk.tab().sheet_id, "startRowIndex": 5, "endRowIndex": 6}
        desk.do(
            {"mergeCells": {"range": {**area, "startColumnIndex": 0, "endColumnIndex": 4}, "mergeType": "MERGE_ALL"}}
        )
        desk.write(deals(7))
        assert desk.tab().merges[0]["startRowIndex"] == 8
        assert desk.table("Deals", "A9") == [["A long remark"]]

    def test_blanked_rows_are_used_again_before_anything_is_pushed(self, desk: Desk) -> None:
        desk.put("A6", ["Sum"])
        desk.write(deals(1))
        desk.write(deals(4, factor=2))
        assert desk.table()[5] == ["Sum"]

    def test_new_rows_in_update_mode_push_as_well(self, desk: Desk) -> None:
        desk.put("A6", ["Sum"])
        desk.write(deals(6), **UPDATE)
        assert [row[0] for row in desk.table()] == ["ID", 1, 2, 3, 4, 5, 6, "Sum"]


class TestFormulas:
    def test_they_are_continued_in_new_rows(self, desk: Desk) -> None:
        desk.put("D1", ["Twice", "Row", "Note"], *[[f"=C{row}*2", f"=$A${row}", "x"] for row in range(2, 6)])
        desk.write(deals(7), fills_formulas=True)
        assert {place: text for place, text in formulas(desk).items() if place[0] > 4} == {
            (row - 1, column): formula for row in range(6, 9) for column, formula in ((3, f"=C{row}*2"), (4, "=$A$5"))
        }
        assert desk.table()[-1][:4] == [7, "Deal 7", 7, 14]

    def test_they_are_not_where_nobody_asked(self, desk: Desk) -> None:
        desk.put("D2", *[[f"=C{row}*2"] for row in range(2, 6)])
        desk.write(deals(7))
        assert len(formulas(desk)) == 4

    def test_only_empty_cells_are_filled(self, desk: Desk) -> None:
        desk.put("D5", ["=C5*2"], ["mine"], [""], [0])
        desk.write(deals(9), fills_formulas=True)
        assert [row[3] for row in desk.table()[4:]] == [8, "mine", 12, 0, 16, 18]

    def test_a_formula_that_shows_nothing_fills_its_cell(self, desk: Desk) -> None:
        desk.put("E5", ["=C5*2"], ['=""'])
        desk.write(deals(6), fills_formulas=True)
        assert formulas(desk) == {(4, 4): "=C5*2", (5, 4): '=""', (6, 4): "=C7*2"}

    def test_they_are_with_rows_pushed_down(self, desk: Desk) -> None:
        desk.put("D5", ["=C5*2"], ["=SUM(D5:D5)"])
        desk.put("A6", ["Sum"])
        desk.write(deals(6), fills_formulas=True)
        assert formulas(desk) == {(4, 3): "=C5*2", (5, 3): "=C6*2", (6, 3): "=C7*2", (7, 3): "=SUM(D5:D5)"}

    def test_they_follow_a_column_that_is_inserted_before_them(self, desk: Desk) -> None:
        desk.put("D5", ["=C5*2"])
        desk.write([(*row, "x") for row in deals(6)], [*COLUMNS, Column("note", "Note")], fills_formulas=True)
        assert formulas(desk) == {(4, 4): "=C5*2", (5, 4): "=C6*2", (6, 4): "=C7*2"}


class TestFormats:
    def formats(self, desk: Desk, column: int) -> list[str]:
        tab = desk.tab()
        return [
            (tab.format_at(row, column) or {}).get("numberFormat", {}).get("pattern", "") for row in range(tab.rows)
        ]

    def wear(self, desk: Desk, pattern: str, first: int, last: int, column: int = 2) -> None:
        area = {"sheetId": desk.tab().sheet_id, "startRowIndex": first, "endRowIndex": last}
        cell = {"userEnteredFormat": {"numberFormat": {"type": "NUMBER", "pattern": pattern}}}
        where = {**area, "startColumnIndex": column, "endColumnIndex": column + 1}
        desk.do({"repeatCell": {"range": where, "cell": cell, "fields": "userEnteredFormat.numberFormat"}})

    def test_new_rows_look_like_those_above(self, desk: Desk) -> None:
        assert self.formats(desk, 2) == ["", *["#,##0.00"] * 4]
        desk.write(deals(5))
        assert self.formats(desk, 2) == ["", *["#,##0.00"] * 5]
        self.wear(desk, "0.0", 1, 6)
        desk.write(deals(7, factor=2))
        assert self.formats(desk, 2) == ["", *["0.0"] * 7]

    def test_a_format_that_is_there_stays(self, desk: Desk) -> None:
        desk.do({"appendDimension": {"sheetId": desk.tab().sheet_id, "dimension": "ROWS", "length": 4}})
        self.wear(desk, "0 €", 0, 9)
        desk.write(deals(7))
        assert self.formats(desk, 2) == ["0 €"] * 9

    def test_cells_that_are_written_anew_keep_theirs(self, desk: Desk) -> None:
        self.wear(desk, "0 €", 2, 3)
        self.wear(desk, "@", 2, 3, column=1)
        desk.write(deals(4, factor=9))
        assert self.formats(desk, 2)[2] == "0 €"
        assert self.formats(desk, 1)[2] == "@"

    def test_an_inserted_column_wears_its_own(self, desk: Desk) -> None:
        desk.put("D1", ["Mine"])
        desk.write([(*row, None) for row in deals(4)], [*COLUMNS, DAY])
        assert self.formats(desk, 3) == ["", *["yyyy-mm-dd"] * 4]
        desk.write([(*row, None, "x") for row in deals(4)], [*COLUMNS, DAY, Column("note", "Note")])
        assert self.formats(desk, 4) == [""] * 5

    def test_a_column_of_another_kind_now_wears_its_format_unless_somebody_chose_one(self, desk: Desk) -> None:
        whole = [COLUMNS[0], COLUMNS[1], Column("value", "Value", ColumnKind.DATE)]
        desk.write([(1, "a", None)] * 4, whole)
        assert self.formats(desk, 2) == ["", *["yyyy-mm-dd"] * 4]
        self.wear(desk, "0 €", 1, 5)
        desk.write(deals(4))
        assert self.formats(desk, 2) == ["", *["0 €"] * 4]


class TestHeaders:
    def test_notes_appear_where_nothing_else_has_changed(self, desk: Desk) -> None:
        desk.write(deals(3))
        desk.do(
            {
                "updateCells": {
                    "start": {"sheetId": desk.tab().sheet_id, "rowIndex": 0, "columnIndex": 1},
                    "rows": [{"values": [{"note": "Mine"}]}],
                    "fields": "note",
                }
            }
        )
        desk.write(deals(3), explains_headers=True)
        notes = [desk.tab().notes.at(0, column) for column in range(3)]
        assert notes[0].startswith("From Pipedrive: ID.\n")
        assert (notes[1], notes[2][:21]) == ("Mine", "From Pipedrive: Value")
        before = desk.everything()
        desk.write(deals(3), explains_headers=True)
        assert desk.everything() == before

    def test_notes_tell_where_a_column_comes_from_and_when_it_was_refreshed(self, desk: Desk) -> None:
        desk.write(
            deals(5), [COLUMNS[0], Column("title", "Title", field="Deal name"), COLUMNS[2]], explains_headers=True
        )
        assert desk.tab().note_at(0, 1) == (
            "From Pipedrive: Deal name.\nRefreshed 2026-01-01 13:00 (Europe/Amsterdam).\n— Pipesheet"
        )

    def test_a_note_of_somebody_elses_stays(self, desk: Desk) -> None:
        note = {"start": {"sheetId": desk.tab().sheet_id, "columnIndex": 1}, "fields": "note"}
        desk.do({"updateCells": {**note, "rows": [{"values": [{"note": "Ask Ann"}]}]}})
        for count in (5, 6):
            desk.write(deals(count), explains_headers=True)
        assert desk.tab().note_at(0, 1) == "Ask Ann"
        assert (desk.tab().note_at(0, 0) or "").startswith("From Pipedrive: ID.")

    def test_a_header_that_no_text_can_hold_is_mended_in_its_note(self, desk: Desk) -> None:
        desk.write(deals(5), [replace(COLUMNS[0], header="I\x00D\ud800"), *COLUMNS[1:]], explains_headers=True)
        assert desk.tab().notes.at(0, 0).startswith("From Pipedrive: I\ufffdD\ufffd.\n")

    def test_they_are_not_touched_while_nothing_changes(self, desk: Desk) -> None:
        desk.write(deals(4), explains_headers=True)
        before = desk.everything()
        desk.write(deals(4), explains_headers=True)
        assert desk.everything() == before


def test_formulas_elsewhere_keep_pointing_at_the_table(desk: Desk) -> None:
    tab = desk.tab("Sheet1")
    with desk.book.lock, desk.book.transaction():
        tab.set_value(0, 0, Formula("=SUM(Deals!C2:C5)"))
        tab.set_value(1, 0, Formula("=COUNTA(Deals!B:B)"))
    desk.put("D1", ["Mine"])
    for count in (9, 2, 6):
        desk.write([(*row, "x") for row in deals(count)], [*COLUMNS, Column("note", "Note")])
    assert desk.table("Sheet1")[:2] == [[10], [7]]
    assert [text for _, _, text in desk.formulas("Sheet1")] == ["=SUM(Deals!C2:C5)", "=COUNTA(Deals!B:B)"]
