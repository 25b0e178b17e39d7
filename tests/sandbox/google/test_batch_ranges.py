"""Merging, sorting, replacing, validating and framing in a batch."""

from __future__ import annotations

import pytest

from sandbox.google.book import Formula
from sandbox.google.errors import ApiError
from tests.sandbox.google.books import Book, grid_range

# -- merging


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("MERGE_ALL", [(0, 2, 0, 3)]),
        ("MERGE_ROWS", [(0, 1, 0, 3), (1, 2, 0, 3)]),
        ("MERGE_COLUMNS", [(0, 2, 0, 1), (0, 2, 1, 2), (0, 2, 2, 3)]),
    ],
)
def test_cells_are_merged_in_three_ways(kind, expected):
    book = Book()
    book.write([["a", "b", "c"], ["d", "e", "f"]])
    book.do({"mergeCells": {"range": grid_range(0, 0, 2, 3), "mergeType": kind}})
    merged = [tuple(merge.values()) for merge in book.tab.merges]
    assert merged == expected
    assert "sheetId" not in book.tab.merges[0]
    assert [book.tab.value(top, left) for top, _, left, _ in expected] == {
        "MERGE_ALL": ["a"],
        "MERGE_ROWS": ["a", "d"],
        "MERGE_COLUMNS": ["a", "b", "c"],
    }[kind]
    assert sum(value is not None for row in book.values() for value in row) == len(expected)


def test_a_merge_is_taken_apart_wholly_or_not():
    book = Book()
    book.do({"mergeCells": {"range": grid_range(0, 0, 2, 2), "mergeType": "MERGE_ALL"}})
    for request in (
        {"unmergeCells": {"range": grid_range(0, 0, 1, 1)}},
        {"mergeCells": {"range": grid_range(1, 1, 3, 3), "mergeType": "MERGE_ALL"}},
    ):
        with pytest.raises(ApiError, match="You must select all cells in a merged range to merge or unmerge them"):
            book.do(request)
    book.do({"mergeCells": {"range": grid_range(0, 0, 3, 3), "mergeType": "MERGE_ALL"}})
    assert len(book.tab.merges) == 1
    book.do({"unmergeCells": {"range": {"sheetId": 0}}})
    assert book.tab.merges == []


# -- sorting


def sort(*specs, where=None):
    return {"sortRange": {"range": where or grid_range(1, 0, 6, 2), "sortSpecs": list(specs)}}


@pytest.fixture
def shop() -> Book:
    book = Book()
    book.write([["Name", "Price"], ["b", 2], ["A", 10], [None, 2], ["c", None], ["a", 2]])
    return book


def test_rows_are_sorted_by_several_columns_with_empty_cells_last(shop):
    shop.do(sort({"dimensionIndex": 1}, {"dimensionIndex": 0}))
    assert shop.values() == [["Name", "Price"], ["a", 2], ["b", 2], [None, 2], ["A", 10], ["c", None]]


def test_rows_are_sorted_downwards_with_empty_cells_still_last(shop):
    shop.do(sort({"dimensionIndex": 1, "sortOrder": "DESCENDING"}))
    assert [row[1] for row in shop.values()[1:]] == [10, 2, 2, 2, None]
    assert [row[0] for row in shop.values()[2:5]] == ["b", None, "a"]


def test_numbers_come_before_texts_and_texts_before_booleans():
    book = Book()
    book.write([[True], ["10"], [9], [False], ["x"], [-1.5]])
    book.do(sort({}, where=grid_range(0, 0, 6, 1)))
    assert [row[0] for row in book.values()] == [-1.5, 9, "10", "x", False, True]


def test_what_lies_on_the_cells_is_sorted_along(shop):
    shop.tab.notes.put_at(2, 0, "the dear one")
    shop.tab.set_format(2, 1, {"textFormat": {"bold": True}})
    shop.write([[Formula("=B3*2")]], row=2, column=1)
    shop.tab.set_value(2, 1, Formula("=A3&$A$1"))
    shop.do(sort({"dimensionIndex": 0, "sortOrder": "DESCENDING"}))
    place = [row[0] for row in shop.values()].index("A")
    assert shop.tab.note_at(place, 0) == "the dear one"
    assert shop.tab.format_at(place, 1) == {"textFormat": {"bold": True}}
    assert shop.tab.value(place, 1) == f"=A{place + 1}&$A$1"


# -- find and replace


@pytest.fixture
def texts() -> Book:
    book = Book()
    book.write([["Deal", "ideal deal"], ["deal", Formula('="deal"')], [2024, 20]])
    return book


def replace(texts: Book, find: str, replacement: str, **more):
    (reply,) = texts.do({"findReplace": {"find": find, "replacement": replacement, "allSheets": True} | more})
    return reply["findReplace"]


def test_every_occurrence_is_replaced_and_counted(texts):
    counts = replace(texts, "deal", "sale")
    assert counts == {"valuesChanged": 3, "rowsChanged": 2, "sheetsChanged": 1, "occurrencesChanged": 4}
    assert texts.values()[:2] == [["sale", "isale sale"], ["sale", '="deal"']]


def test_the_case_and_the_whole_cell_may_matter(texts):
    assert replace(texts, "deal", "sale", matchCase=True, matchEntireCell=True)["valuesChanged"] == 1
    assert texts.values()[:2] == [["Deal", "ideal deal"], ["sale", '="deal"']]


def test_formulas_are_searched_when_asked(texts):
    assert replace(texts, "deal", "sale", includeFormulas=True)["formulasChanged"] == 1
    assert texts.tab.value(1, 1) == '="sale"'


def test_groups_of_a_pattern_are_written_as_java_does(texts):
    replace(texts, "i(d)(eal)", "$2$1", searchByRegex=True, range=grid_range(0, 1, 1, 2), allSheets=False)
    assert texts.tab.value(0, 1) == "eald deal"


def test_a_number_stays_a_number(texts):
    replace(texts, "20", "3")
    assert texts.values()[2] == [324, 3]


def test_nothing_found_is_nothing_counted(texts):
    assert replace(texts, "lead", "x") == {}


# -- validation and borders


def test_a_rule_is_set_and_taken_away():
    book = Book()
    rule = {"condition": {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": "y"}]}, "strict": True}
    book.do({"setDataValidation": {"range": grid_range(0, 0, 2, 2), "rule": rule}})
    assert book.tab.validation_at(1, 1) == rule
    book.do({"setDataValidation": {"range": grid_range(1, 1, 2, 2)}})
    assert (book.tab.validation_at(1, 1), book.tab.validation_at(0, 0)) == (None, rule)


def test_borders_are_drawn_around_and_between():
    book = Book()
    line = {"style": "SOLID"}
    book.do({"updateBorders": {"range": grid_range(0, 0, 2, 2), "top": line, "innerVertical": line}})
    sides = [[sorted((book.tab.format_at(r, c) or {}).get("borders", {})) for c in range(2)] for r in range(2)]
    assert sides == [[["right", "top"], ["top"]], [["right"], []]]
    book.do({"updateBorders": {"range": grid_range(0, 0, 2, 2), "top": {"style": "NONE"}}})
    assert book.tab.format_at(0, 1) is None
