"""Writing cells in a batch: masks, ranges, repeated cells, appended rows."""

from __future__ import annotations

import pytest

from sandbox.google.book import Formula
from tests.sandbox.google.books import Book, grid_range

BOLD = {"textFormat": {"bold": True}}


def text(value: str) -> dict:
    return {"userEnteredValue": {"stringValue": value}}


def update(rows, fields="userEnteredValue", **where):
    return {"updateCells": {"rows": [{"values": row} for row in rows], "fields": fields} | where}


def test_values_of_every_kind_are_kept_as_they_are():
    book = Book()
    row = [
        text("=1+1"),
        {"userEnteredValue": {"numberValue": 3.0}},
        {"userEnteredValue": {"numberValue": 46024.5}},
        {"userEnteredValue": {"boolValue": False}},
        {"userEnteredValue": {"formulaValue": "=1+1"}},
        text(""),
        {},
    ]
    book.write([["old"] * 7])
    book.do(update([row], start={}))
    (kept,) = book.tab.block(0, 0, 1, 7)
    assert kept == ["=1+1", 3, 46024.5, False, "=1+1", None, None]
    assert [type(value) for value in kept[:5]] == [str, int, float, bool, Formula]


def test_a_range_larger_than_the_rows_is_cleared():
    book = Book()
    book.write([["x"] * 3] * 4)
    book.do(update([[text("a")]], range=grid_range(0, 0, 3, 2)))
    assert book.values() == [["a", None, "x"], [None, None, "x"], [None, None, "x"], ["x", "x", "x"]]


def test_a_range_without_rows_is_cleared():
    book = Book()
    book.write([["x"] * 3] * 4)
    book.do({"updateCells": {"range": {"sheetId": 0, "startRowIndex": 1}, "fields": "userEnteredValue"}})
    assert book.values() == [["x", "x", "x"]]


def test_rows_from_a_cell_on_may_be_ragged():
    book = Book()
    book.write([["x"] * 3] * 3)
    book.do(update([[text("a")], [], [text("b"), text("c")]], start={"rowIndex": 0, "columnIndex": 1}))
    assert book.values() == [["x", "a", "x"], ["x", "x", "x"], ["x", "b", "c"]]


def test_only_the_fields_of_the_mask_are_written():
    book = Book()
    cell = text("a") | {"note": "n", "userEnteredFormat": BOLD}
    book.do(update([[cell]], "note", start={}))
    assert (book.tab.value(0, 0), book.tab.note_at(0, 0), book.tab.format_at(0, 0)) == (None, "n", None)
    book.do(
        update([[{"userEnteredFormat": {"textFormat": {"italic": True}}}]], "userEnteredFormat.textFormat", start={})
    )
    book.do(update([[{"userEnteredFormat": BOLD}]], "userEnteredFormat.textFormat.bold", start={}))
    assert book.tab.format_at(0, 0) == {"textFormat": {"italic": True, "bold": True}}
    book.do(update([[{}]], "userEnteredFormat.textFormat.italic,note", start={}))
    assert (book.tab.format_at(0, 0), book.tab.note_at(0, 0)) == (BOLD, None)


def test_everything_is_written_under_an_asterisk():
    book = Book()
    book.write([["old"]])
    book.tab.notes.put_at(0, 0, "old")
    book.do(update([[{"userEnteredFormat": BOLD}]], "*", start={}))
    assert (book.tab.value(0, 0), book.tab.note_at(0, 0), book.tab.format_at(0, 0)) == (None, None, BOLD)


def test_a_new_text_forgets_what_was_bold_in_the_old_one():
    book = Book()
    runs = [{"startIndex": 1, "format": {"bold": True}}]
    book.do(update([[text("old") | {"textFormatRuns": runs}]], "userEnteredValue,textFormatRuns", start={}))
    assert book.tab.runs.at(0, 0) == runs
    book.do(update([[text("new")]], start={}))
    assert book.tab.runs.at(0, 0) is None


def test_a_block_of_values_leaves_nones_and_empties_texts():
    book = Book()
    book.write([["a", "b", "c"]])
    book.tab.runs.put_at(0, 0, ["kept"])
    book.tab.runs.put_at(0, 1, ["gone"])
    book.tab.put_block(0, 0, [[None, "", 5]])
    assert book.values() == [["a", None, 5]]
    assert (book.tab.runs.at(0, 0), book.tab.runs.at(0, 1)) == (["kept"], None)


def test_a_repeated_format_leaves_the_rest_of_it():
    book = Book()
    italic = {"userEnteredFormat": {"textFormat": {"italic": True}}}
    book.do(
        {"repeatCell": {"range": grid_range(0, 0, 2, 2), "cell": italic, "fields": "userEnteredFormat"}},
        {
            "repeatCell": {
                "range": {"sheetId": 0},
                "cell": {"userEnteredFormat": BOLD},
                "fields": "userEnteredFormat(textFormat(bold))",
            }
        },
    )
    assert book.tab.format_at(1, 1) == {"textFormat": {"italic": True, "bold": True}}
    assert book.tab.format_at(9, 7) == BOLD


def test_a_repeated_formula_points_along():
    book = Book()
    cell = {"userEnteredValue": {"formulaValue": "=A1*$A$1"}}
    book.do({"repeatCell": {"range": grid_range(0, 1, 2, 3), "cell": cell, "fields": "userEnteredValue"}})
    assert book.tab.block(0, 1, 2, 3) == [["=A1*$A$1", "=B1*$A$1"], ["=A2*$A$1", "=B2*$A$1"]]


def test_an_empty_cell_repeated_clears():
    book = Book()
    book.write([["x"] * 3] * 3)
    book.do({"repeatCell": {"range": grid_range(0, 0, 3, 2), "cell": {}, "fields": "userEnteredValue"}})
    assert book.values() == [[None, None, "x"]] * 3


@pytest.mark.parametrize("used", [0, 9])
def test_rows_are_appended_behind_the_last_one_with_data(used):
    book = Book()
    book.tab.set_value(used, 2, "last")
    rows = [{"values": [text("a")]}, {"values": [text("b")]}]
    book.do({"appendCells": {"sheetId": 0, "rows": rows, "fields": "userEnteredValue"}})
    assert book.tab.block(used + 1, 0, used + 3, 1) == [["a"], ["b"]]
    assert book.tab.rows == max(10, used + 3)


def test_rows_are_appended_to_a_table():
    book = Book()
    book.write([["Name"], ["a"], [None], [None], ["below"]])
    table = {"name": "T", "tableId": "t", "range": grid_range(0, 0, 2, 1)}
    book.do({"addTable": {"table": table}})
    book.do({"appendCells": {"tableId": "t", "rows": [{"values": [text("b")]}], "fields": "userEnteredValue"}})
    assert book.values() == [["Name"], ["a"], ["b"], [None], ["below"]]
    assert book.tab.tables[0]["range"]["endRowIndex"] == 3
    rows = [{"values": [text("c")]}, {"values": [text("d")]}]
    book.do({"appendCells": {"tableId": "t", "rows": rows, "fields": "userEnteredValue"}})
    assert book.values() == [["Name"], ["a"], ["b"], ["c"], ["d"], [None], ["below"]]
