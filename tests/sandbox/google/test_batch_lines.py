"""Rows, columns and cells come, go and move, and everything follows."""

from __future__ import annotations

import pytest

from sandbox.google.book import Formula
from sandbox.google.errors import ApiError
from tests.sandbox.google.books import Book, columns_range, grid_range, rows_range


def settings(fields: str, **properties):
    return {"updateSheetProperties": {"properties": properties, "fields": fields}}


def test_rows_inserted_push_everything_down():
    book = Book()
    book.write([["a"], ["b"], [Formula("=SUM(A1:A2)&A2")]])
    book.tab.notes.put_at(1, 0, "note")
    book.do({"insertDimension": {"range": rows_range(1, 3)}})
    assert book.values() == [["a"], [None], [None], ["b"], ["=SUM(A1:A4)&A4"]]
    assert book.tab.note_at(3, 0) == "note"
    assert book.tab.rows == 12


@pytest.mark.parametrize(("inherit", "expected"), [(True, {"textFormat": {"bold": True}}), (False, None)])
def test_new_columns_look_like_their_neighbour(inherit, expected):
    book = Book()
    bold = {"userEnteredFormat": {"textFormat": {"bold": True}}}
    book.do(
        {"repeatCell": {"range": grid_range(0, 0, 5, 1), "cell": bold, "fields": "userEnteredFormat"}},
        {
            "updateDimensionProperties": {
                "range": columns_range(0, 1),
                "properties": {"pixelSize": 300},
                "fields": "pixelSize",
            }
        },
        {"insertDimension": {"range": columns_range(1, 3), "inheritFromBefore": inherit}},
    )
    assert book.tab.format_at(3, 2) == expected
    assert (book.tab.column_properties[2] or {}).get("pixelSize") == (300 if inherit else None)


def test_columns_deleted_pull_everything_left():
    book = Book()
    book.write([["a", "b", "c", Formula("=SUM(A1:C1)+B1+D1")]])
    book.do({"deleteDimension": {"range": columns_range(1, 3)}})
    assert book.values() == [["a", "=SUM(A1:A1)+#REF!+B1"]]
    assert book.tab.columns == 6


def test_frozen_rows_follow():
    book = Book()
    book.do(settings("gridProperties.frozenRowCount", gridProperties={"frozenRowCount": 2}))
    book.do({"insertDimension": {"range": rows_range(1, 2)}})
    assert book.tab.frozen_rows == 3
    book.do({"deleteDimension": {"range": rows_range(0, 2)}})
    assert book.tab.frozen_rows == 1
    with pytest.raises(ApiError, match="Sorry, it is not possible to delete all non-frozen rows"):
        book.do({"deleteDimension": {"range": rows_range(1, 9)}})


def test_a_column_moved_takes_its_cells_its_width_and_what_refers_to_it_along():
    book = Book()
    book.write([["a", "b", "c", Formula("=A1&B1&SUM(A1:C1)")]])
    book.do(
        {
            "updateDimensionProperties": {
                "range": columns_range(0, 1),
                "properties": {"pixelSize": 300},
                "fields": "pixelSize",
            }
        },
        {"moveDimension": {"source": columns_range(0, 1), "destinationIndex": 2}},
    )
    assert book.values() == [["b", "a", "c", "=B1&A1&SUM(A1:C1)"]]
    assert book.tab.column_properties[1] == {"pixelSize": 300}


@pytest.mark.parametrize(
    ("source", "to", "expected"),
    [
        ((0, 1), 3, "A1:C1"),
        ((2, 3), 0, "A1:C1"),
        ((0, 1), 5, "A1:B1"),
        ((5, 6), 1, "A1:D1"),
        ((5, 6), 3, "A1:C1"),
        ((0, 3), 6, "D1:F1"),
        ((1, 5), 0, "E1:E1"),
    ],
)
def test_a_range_closes_over_columns_that_leave_and_opens_for_those_that_arrive(source, to, expected):
    book = Book()
    book.tab.set_value(5, 7, Formula("=SUM(A1:C1)"))
    book.do({"moveDimension": {"source": columns_range(*source), "destinationIndex": to}})
    assert book.tab.value(5, 7) == f"=SUM({expected})"


def test_cells_inserted_move_only_their_columns():
    book = Book()
    book.write([["a", "x"], ["b", "y"], [None, Formula("=A2&B2&SUM(A1:B2)&SUM(A1:A2)")]])
    book.do({"insertRange": {"range": grid_range(1, 0, 3, 1), "shiftDimension": "ROWS"}})
    assert book.values() == [["a", "x"], [None, "y"], [None, "=A4&B2&SUM(A1:B2)&SUM(A1:A4)"], ["b", None]]
    assert book.tab.rows == 10


def test_cells_inserted_to_the_right_move_only_their_rows():
    book = Book()
    book.write([["a", "b"], ["x", "y"]])
    book.do({"insertRange": {"range": grid_range(0, 1, 1, 2), "shiftDimension": "COLUMNS"}})
    assert book.values() == [["a", None, "b"], ["x", "y", None]]


def test_cells_inserted_let_the_grid_grow_when_something_would_fall_off():
    book = Book()
    book.tab.set_value(9, 0, "last")
    book.do({"insertRange": {"range": grid_range(0, 0, 2, 1), "shiftDimension": "ROWS"}})
    assert book.tab.value(11, 0) == "last"
    assert book.tab.rows == 12


def test_empty_cells_pushed_over_the_edge_take_along_what_spoke_of_them():
    book = Book()
    book.tab.set_value(0, 7, Formula("=A9&SUM(A5:A10)"))
    book.do(
        {"mergeCells": {"range": grid_range(8, 0, 10, 1), "mergeType": "MERGE_ALL"}},
        {"insertRange": {"range": grid_range(0, 0, 3, 1), "shiftDimension": "ROWS"}},
    )
    assert book.tab.rows == 10
    assert book.tab.merges == []
    assert book.tab.value(0, 7) == "=#REF!&SUM(A8:A10)"


@pytest.mark.parametrize(
    ("dimension", "expected"),
    [("ROWS", [["c", "b"], [None, "y"], [None, "=A1&#REF!&B2"]]), ("COLUMNS", [["b", None], ["y", None]])],
)
def test_cells_deleted_are_replaced_by_those_behind_them(dimension, expected):
    book = Book()
    book.write([["a", "b"], ["x", "y"], ["c", Formula("=A3&A1&B2")]])
    book.do({"deleteRange": {"range": grid_range(0, 0, 2, 1), "shiftDimension": dimension}})
    assert book.values()[: len(expected)] == expected


def test_a_column_fits_its_longest_text():
    book = Book()
    book.write([["a"], ["a much longer text"]])
    book.do({"autoResizeDimensions": {"dimensions": columns_range(0, 2)}})
    assert book.tab.column_properties[0]["pixelSize"] > book.tab.column_properties[1]["pixelSize"]
