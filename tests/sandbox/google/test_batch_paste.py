"""Copying, cutting and pasting in a batch."""

from __future__ import annotations

import pytest

from sandbox.google.book import Formula
from sandbox.google.errors import ApiError
from tests.sandbox.google.books import Book, grid_range

BOLD = {"textFormat": {"bold": True}, "borders": {"top": {"style": "SOLID"}}}


def copy(source, destination, kind="PASTE_NORMAL", **more):
    return {"copyPaste": {"source": source, "destination": destination, "pasteType": kind} | more}


@pytest.fixture
def book() -> Book:
    """A formatted and annotated block at the top left of the first tab, something else where it goes."""
    book = Book()
    book.write([["a", Formula("=A1&$A$1")], ["=1+1", 5]])
    book.tab.set_format(0, 0, BOLD)
    book.tab.notes.put_at(0, 0, "note")
    book.tab.validations.put_at(0, 0, {"condition": {"type": "BOOLEAN"}})
    book.write([["old", "old"]], row=4, column=4)
    book.tab.set_format(4, 4, {"backgroundColor": {"red": 1}})
    book.tab.notes.put_at(4, 4, "kept")
    return book


SOURCE, TARGET = grid_range(0, 0, 2, 2), grid_range(4, 4, 6, 6)


def at_target(book: Book):
    tab = book.tab
    return tab.block(4, 4, 6, 6), tab.format_at(4, 4), tab.note_at(4, 4), tab.validation_at(4, 4)


def test_everything_is_pasted_normally(book):
    book.do(copy(SOURCE, TARGET))
    values, shape, note, rule = at_target(book)
    assert values == [["a", "=E5&$A$1"], ["=1+1", 5]]
    assert (shape, note, rule) == (BOLD, "note", {"condition": {"type": "BOOLEAN"}})


def test_values_alone_keep_what_the_target_looks_like(book):
    book.do(copy(SOURCE, TARGET, "PASTE_VALUES"))
    values, shape, note, rule = at_target(book)
    assert values == [["a", "aa"], ["=1+1", 5]]
    assert (shape, note, rule) == ({"backgroundColor": {"red": 1}}, "kept", None)


def test_a_text_that_looks_like_a_formula_stays_a_text(book):
    book.do(copy(SOURCE, TARGET, "PASTE_VALUES"))
    assert type(book.tab.value(5, 4)) is str


def test_an_error_is_pasted_as_the_error_it_is(book):
    book.tab.set_value(0, 0, Formula("=1/0"))
    book.do(copy(SOURCE, TARGET, "PASTE_VALUES"))
    assert book.shown(4, 4) == "#DIV/0!"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("PASTE_FORMAT", (["old", "old"], BOLD, "kept", True)),
        ("PASTE_FORMULA", (["a", "=E5&$A$1"], {"backgroundColor": {"red": 1}}, "kept", False)),
        ("PASTE_NO_BORDERS", (["a", "=E5&$A$1"], {"textFormat": {"bold": True}}, "note", True)),
        ("PASTE_DATA_VALIDATION", (["old", "old"], {"backgroundColor": {"red": 1}}, "kept", True)),
        ("PASTE_CONDITIONAL_FORMATTING", (["old", "old"], {"backgroundColor": {"red": 1}}, "kept", False)),
    ],
)
def test_each_kind_of_paste_carries_what_it_says(book, kind, expected):
    book.do(copy(SOURCE, TARGET, kind))
    values, shape, note, rule = at_target(book)
    assert (values[0], shape, note, rule is not None) == expected


def test_empty_cells_are_pasted_too(book):
    book.do(copy(grid_range(8, 0, 9, 1), grid_range(4, 4, 5, 5), "PASTE_VALUES"))
    assert book.tab.value(4, 4) is None


def test_a_small_source_fills_a_target_of_several_times_its_size(book):
    book.do(copy(grid_range(0, 0, 1, 2), grid_range(6, 2, 9, 6)))
    assert book.tab.block(6, 2, 9, 6) == [
        [f"{cell}" for pair in (("a", f"=C{row}&$A$1"), ("a", f"=E{row}&$A$1")) for cell in pair] for row in (7, 8, 9)
    ]


def test_a_source_that_does_not_fit_evenly_is_pasted_once(book):
    book.do(copy(SOURCE, grid_range(6, 0, 9, 1), "PASTE_VALUES"))
    assert book.tab.block(6, 0, 9, 3) == [["a", "aa", None], ["=1+1", 5, None], [None, None, None]]


def test_a_block_may_be_turned(book):
    book.do(copy(SOURCE, grid_range(4, 4, 5, 5), pasteOrientation="TRANSPOSE"))
    assert book.tab.block(4, 4, 6, 6) == [["a", "=1+1"], ["=D6&$A$1", 5]]


def test_source_and_target_may_overlap(book):
    book.do(copy(SOURCE, grid_range(1, 0, 3, 2), "PASTE_VALUES"))
    assert book.tab.block(0, 0, 3, 2) == [["a", "=A1&$A$1"], ["a", "aa"], ["=1+1", 5]]


def test_values_travel_between_tabs(book):
    stage = book.add_tab("Stage")
    book.write([[1, 2], [3, Formula("=A1+B1")]], tab=stage)
    book.do(copy(grid_range(0, 0, 2, 2, 7), TARGET, "PASTE_VALUES"), {"deleteSheet": {"sheetId": 7}})
    assert book.tab.block(4, 4, 6, 6) == [[1, 2], [3, 3]]


def test_a_target_ends_at_the_edge_of_the_grid(book):
    with pytest.raises(ApiError, match=r"Range \(Sheet1!H1:I2\) exceeds grid limits"):
        book.do(copy(SOURCE, grid_range(0, 7, 1, 8)))


def test_merges_and_conditional_formats_are_pasted_along():
    book = Book()
    rule = {"ranges": [grid_range(0, 0, 1, 2)], "booleanRule": {"condition": {"type": "BLANK"}, "format": {}}}
    book.do(
        {"mergeCells": {"range": grid_range(0, 0, 1, 2), "mergeType": "MERGE_ALL"}},
        {"addConditionalFormatRule": {"rule": rule}},
        copy(grid_range(0, 0, 1, 2), grid_range(4, 4, 6, 6)),
    )
    corners = [(merge["startRowIndex"], merge["startColumnIndex"]) for merge in book.tab.merges]
    assert corners == [(0, 0), (4, 4), (5, 4)]
    assert [each["startRowIndex"] for each in book.tab.conditional_formats[0]["ranges"]] == [0, 4]
    assert book.tab.conditional_formats[0]["ranges"][1]["endRowIndex"] == 6


def test_what_refers_to_cut_cells_follows_them(book):
    book.write([[Formula("=A1&SUM(A1:B2)&SUM(A1:C2)")]], row=9)
    book.do({"cutPaste": {"source": SOURCE, "destination": {"rowIndex": 6, "columnIndex": 3}}})
    assert book.tab.block(6, 3, 8, 5) == [["a", "=D7&$D$7"], ["=1+1", 5]]
    assert book.tab.block(0, 0, 2, 2) == [[None, None], [None, None]]
    assert book.tab.value(9, 0) == "=D7&SUM(D7:E8)&SUM(A1:C2)"
    assert book.tab.note_at(6, 3) == "note"
    assert book.tab.note_at(0, 0) is None


def test_cut_cells_remember_the_tab_they_came_from(book):
    other = book.add_tab("Other")
    book.tab.set_value(1, 1, Formula("=C9+A1"))
    book.do({"cutPaste": {"source": SOURCE, "destination": {"sheetId": 7}}})
    assert other.value(1, 1) == "=Sheet1!C9+Other!A1"


def test_pasted_data_is_read_as_though_it_was_typed():
    book = Book()
    data = 'a,007,"b,c"\n=1+1,2026-03-01,TRUE\n'
    book.do({"pasteData": {"coordinate": {"rowIndex": 1}, "data": data, "delimiter": ","}})
    assert book.tab.block(1, 0, 3, 3) == [["a", 7, "b,c"], ["=1+1", 46082, True]]
    assert isinstance(book.tab.value(2, 0), Formula)
    assert book.tab.format_at(2, 1)["numberFormat"]["type"] == "DATE"
