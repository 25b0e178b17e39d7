"""Filters, conditional formats, banding and groups in a batch."""

from __future__ import annotations

import pytest

from sandbox.google.errors import ApiError
from tests.sandbox.google.books import Book, columns_range, grid_range, rows_range

CRITERIA = {"hiddenValues": ["x"]}


def closed(top, bottom, left, right):
    return {"startRowIndex": top, "endRowIndex": bottom, "startColumnIndex": left, "endColumnIndex": right}


# -- filters


def test_a_filter_of_the_whole_tab_has_its_size():
    book = Book()
    book.do({"setBasicFilter": {"filter": {"range": {"sheetId": 0}}}})
    assert book.tab.filter == {"range": closed(0, 10, 0, 8)}
    book.do({"clearBasicFilter": {"sheetId": 0}})
    assert book.tab.filter is None


@pytest.mark.parametrize(
    "given", [{"criteria": {"2": CRITERIA}}, {"filterSpecs": [{"columnIndex": 2, "filterCriteria": CRITERIA}]}]
)
def test_criteria_are_answered_in_both_forms_and_follow_their_column(given):
    book = Book()
    book.do({"setBasicFilter": {"filter": {"range": grid_range(0, 1, 5, 4)} | given}})
    assert book.tab.filter["criteria"] == {"2": CRITERIA}
    assert book.tab.filter["filterSpecs"] == [{"columnIndex": 2, "filterCriteria": CRITERIA}]
    book.do({"insertDimension": {"range": columns_range(2, 3)}}, {"insertDimension": {"range": rows_range(5, 6)}})
    assert book.tab.filter["criteria"] == {"3": CRITERIA}
    assert book.tab.filter["filterSpecs"][0]["columnIndex"] == 3
    assert book.tab.filter["range"] == closed(0, 5, 1, 5)
    book.do({"deleteDimension": {"range": columns_range(3, 4)}})
    assert book.tab.filter["filterSpecs"] == []
    book.do({"deleteDimension": {"range": columns_range(1, 4)}})
    assert book.tab.filter is None


def test_filter_views_are_added_changed_copied_and_deleted():
    book = Book()
    (reply,) = book.do({"addFilterView": {"filter": {"title": "Mine", "range": grid_range(0, 0, 5, 4)}}})
    view_id = reply["addFilterView"]["filter"]["filterViewId"]
    changes = {"filterViewId": view_id, "title": "Ours", "criteria": {"0": CRITERIA}}
    book.do({"updateFilterView": {"filter": changes, "fields": "title,criteria"}})
    (reply,) = book.do({"duplicateFilterView": {"filterId": view_id}})
    assert reply["duplicateFilterView"]["filter"]["title"] == "Copy of Ours"
    assert reply["duplicateFilterView"]["filter"]["filterSpecs"] == [{"filterCriteria": CRITERIA}]
    book.do({"deleteFilterView": {"filterId": view_id}})
    assert [view["title"] for view in book.tab.filter_views] == ["Copy of Ours"]
    with pytest.raises(ApiError, match=f"No filter view with ID: {view_id}"):
        book.do({"deleteFilterView": {"filterId": view_id}})


# -- conditional formats


def rule(kind="BLANK", *ranges, values=()):
    condition = {"type": kind} | ({"values": [{"userEnteredValue": value} for value in values]} if values else {})
    where = list(ranges) or [grid_range(0, 0, 2, 2)]
    return {"ranges": where, "booleanRule": {"condition": condition, "format": {}}}


def test_rules_have_an_order():
    book = Book()
    book.do(
        {"addConditionalFormatRule": {"rule": rule("BLANK")}},
        {"addConditionalFormatRule": {"rule": rule("NOT_BLANK"), "index": 0}},
    )
    kinds = [each["booleanRule"]["condition"]["type"] for each in book.tab.conditional_formats]
    assert kinds == ["NOT_BLANK", "BLANK"]
    replies = book.do(
        {"updateConditionalFormatRule": {"sheetId": 0, "index": 0, "newIndex": 1}},
        {"updateConditionalFormatRule": {"index": 0, "rule": rule("TEXT_EQ", values=["x"])}},
        {"deleteConditionalFormatRule": {"sheetId": 0, "index": 1}},
    )
    assert replies[0]["updateConditionalFormatRule"]["newIndex"] == 1
    assert replies[1]["updateConditionalFormatRule"]["oldRule"]["booleanRule"]["condition"]["type"] == "BLANK"
    assert replies[2]["deleteConditionalFormatRule"]["rule"]["booleanRule"]["condition"]["type"] == "NOT_BLANK"
    with pytest.raises(ApiError, match="No conditional format on sheet: 0 at index: 1"):
        book.do({"deleteConditionalFormatRule": {"sheetId": 0, "index": 1}})


def test_a_rule_follows_its_cells_and_its_formula_does_too():
    book = Book()
    both = (grid_range(0, 0, 2, 2), grid_range(4, 0, 5, 2))
    book.do({"addConditionalFormatRule": {"rule": rule("CUSTOM_FORMULA", *both, values=["=$C1>$A$4"])}})
    book.do({"insertDimension": {"range": rows_range(1, 2)}})
    (kept,) = book.tab.conditional_formats
    assert [(each["startRowIndex"], each["endRowIndex"]) for each in kept["ranges"]] == [(0, 3), (5, 6)]
    assert kept["booleanRule"]["condition"]["values"] == [{"userEnteredValue": "=$C1>$A$5"}]
    book.do({"deleteDimension": {"range": rows_range(0, 3)}})
    assert len(book.tab.conditional_formats[0]["ranges"]) == 1
    book.do({"deleteDimension": {"range": rows_range(2, 3)}})
    assert book.tab.conditional_formats == []


# -- banding


def test_bands_do_not_overlap():
    book = Book()
    bands = {"rowProperties": {"headerColor": {"red": 1}}}
    (reply,) = book.do({"addBanding": {"bandedRange": {"range": grid_range(0, 0, 5, 3)} | bands}})
    with pytest.raises(ApiError, match="already has alternating background colors"):
        book.do({"addBanding": {"bandedRange": {"range": grid_range(4, 2, 6, 6)} | bands}})
    banded_id = reply["addBanding"]["bandedRange"]["bandedRangeId"]
    changes = {"bandedRangeId": banded_id, "range": grid_range(0, 0, 9, 3)}
    book.do({"updateBanding": {"bandedRange": changes, "fields": "range"}})
    assert book.tab.banded_ranges[0]["range"]["endRowIndex"] == 9
    assert book.tab.banded_ranges[0]["rowProperties"] == bands["rowProperties"]
    book.do({"deleteBanding": {"bandedRangeId": banded_id}})
    assert book.tab.banded_ranges == []


# -- groups


def groups(book: Book):
    return [
        (group["range"]["startIndex"], group["range"]["endIndex"], group["depth"]) for group in book.tab.column_groups
    ]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((2, 4), (1, 5), [(1, 5, 1), (2, 4, 2)]),
        ((1, 5), (2, 4), [(1, 5, 1), (2, 4, 2)]),
        ((1, 4), (2, 5), [(1, 5, 1), (2, 4, 2)]),
        ((0, 2), (4, 6), [(0, 2, 1), (4, 6, 1)]),
    ],
)
def test_groups_nest_as_documented(first, second, expected):
    book = Book()
    book.do(*({"addDimensionGroup": {"range": columns_range(*span)}} for span in (first, second)))
    assert groups(book) == expected


def test_groups_are_taken_apart_as_documented():
    book = Book()
    book.do(*({"addDimensionGroup": {"range": columns_range(*span)}} for span in ((1, 5), (2, 4))))
    book.do({"deleteDimensionGroup": {"range": columns_range(3, 5)}})
    assert groups(book) == [(1, 4, 1), (2, 3, 2)]
    replies = book.do(
        {"deleteDimensionGroup": {"range": columns_range(1, 4)}},
        {"deleteDimensionGroup": {"range": columns_range(2, 3)}},
    )
    assert replies[1] == {"deleteDimensionGroup": {}}


def test_a_closed_group_hides_its_columns_and_follows_them():
    book = Book()
    book.do({"addDimensionGroup": {"range": columns_range(1, 3)}})
    closing = {"range": columns_range(1, 3), "depth": 1, "collapsed": True}
    book.do({"updateDimensionGroup": {"dimensionGroup": closing, "fields": "collapsed"}})
    assert book.tab.column_properties[1] == {"hiddenByUser": True}
    book.do({"insertDimension": {"range": columns_range(0, 1)}})
    assert groups(book) == [(2, 4, 1)]
    assert book.tab.column_groups[0]["collapsed"] is True
