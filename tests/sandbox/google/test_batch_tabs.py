"""Tabs come, go and move, and formulas follow."""

from __future__ import annotations

import pytest

from sandbox.google.book import Formula
from sandbox.google.errors import ApiError
from tests.sandbox.google.books import Book, grid_range


def settings(fields: str, **properties):
    return {"updateSheetProperties": {"properties": properties, "fields": fields}}


def test_a_new_tab_is_answered_as_google_does():
    (reply,) = Book().do(
        {
            "addSheet": {
                "properties": {
                    "title": "Deals",
                    "sheetId": 7,
                    "hidden": True,
                    "tabColor": {"red": 1},
                    "gridProperties": {"rowCount": 5, "columnCount": 3, "frozenRowCount": 1},
                }
            }
        }
    )
    assert reply["addSheet"]["properties"] == {
        "sheetId": 7,
        "title": "Deals",
        "index": 1,
        "sheetType": "GRID",
        "gridProperties": {"rowCount": 5, "columnCount": 3, "frozenRowCount": 1},
        "hidden": True,
        "tabColor": {"red": 1},
        "tabColorStyle": {"rgbColor": {"red": 1}},
    }


def test_a_new_tab_nobody_described_has_a_name_a_size_and_an_id():
    (reply,) = Book().do({"addSheet": {}})
    properties = reply["addSheet"]["properties"]
    assert properties["title"] == "Sheet2"
    assert properties["gridProperties"] == {"rowCount": 1000, "columnCount": 26}
    assert 0 < properties["sheetId"] < 2**31


@pytest.mark.parametrize("title", ["", "x" * 101])
def test_a_title_has_a_length(title):
    with pytest.raises(ApiError):
        Book().do({"addSheet": {"properties": {"title": title}}})


def test_formulas_follow_the_title_of_a_tab():
    book = Book()
    book.add_tab("Deals")
    book.tab.set_value(0, 0, Formula("=SUM(deals!A:A)"))
    book.do(settings("title", sheetId=7, title="Won/lost: '26?"))
    assert book.tab.value(0, 0) == "=SUM('Won/lost: ''26?'!A:A)"


def test_formulas_lose_a_tab_that_is_deleted_and_do_not_find_it_again():
    book = Book()
    book.add_tab("Deals")
    book.write([[Formula("=Deals!A1+A2"), Formula("=SUM(Deals!A:A)")]])
    book.do({"deleteSheet": {"sheetId": 7}})
    book.add_tab("Deals")
    assert book.values() == [["=#REF!+A2", "=SUM(#REF!)"]]
    assert book.shown(0, 0) == "#REF!"


def test_the_last_tab_that_can_be_seen_stays():
    book = Book()
    book.add_tab("Hidden")
    book.do(settings("hidden", sheetId=7, hidden=True))
    with pytest.raises(ApiError, match="remove all the visible sheets"):
        book.do({"deleteSheet": {"sheetId": 0}})


@pytest.mark.parametrize(("to", "order"), [(0, "CAB"), (1, "ACB"), (2, "ABC"), (3, "ABC")])
def test_an_index_counts_in_the_order_before_the_move(to, order):
    book = Book()
    book.do(settings("title", title="A"))
    for number, title in enumerate("BC", 1):
        book.add_tab(title, sheet_id=number)
    book.do(settings("index", sheetId=2, index=to))
    assert "".join(tab.title for tab in book.book.tabs) == order


def test_a_tab_moved_to_the_right_lands_before_the_one_that_was_there():
    book = Book()
    book.do(settings("title", title="A"))
    for number, title in enumerate("BC", 1):
        book.add_tab(title, sheet_id=number)
    book.do(settings("index", sheetId=0, index=2))
    assert "".join(tab.title for tab in book.book.tabs) == "BAC"


def test_a_field_named_in_the_mask_but_absent_is_reset():
    book = Book()
    book.do(settings("gridProperties/frozenRowCount,tabColor", gridProperties={"frozenRowCount": 2}, tabColor={}))
    assert book.tab.properties_json(0)["tabColorStyle"] == {"rgbColor": {}}
    book.do(settings("tabColorStyle,gridProperties.hideGridlines", gridProperties={"hideGridlines": True}))
    properties = book.tab.properties_json(0)
    assert "tabColor" not in properties
    assert properties["gridProperties"] == {
        "rowCount": 10,
        "columnCount": 8,
        "frozenRowCount": 2,
        "hideGridlines": True,
    }


def test_a_smaller_grid_loses_what_was_there():
    book = Book()
    book.write([["a"], ["b"], [Formula("=A8+SUM(A1:A9)")]])
    book.do(settings("gridProperties.rowCount", gridProperties={"rowCount": 5}))
    assert book.values() == [["a"], ["b"], ["=#REF!+SUM(A1:A5)"]]
    book.do(settings("gridProperties.rowCount", gridProperties={"rowCount": 2}))
    assert book.values() == [["a"], ["b"]]


def test_a_copy_of_a_tab_stands_alone():
    book = Book()
    book.write([["a", Formula("=Sheet1!A1&A1")]])
    book.do(
        {"addProtectedRange": {"protectedRange": {"range": {"sheetId": 0}, "warningOnly": True}}},
        {"mergeCells": {"range": grid_range(3, 0, 4, 2), "mergeType": "MERGE_ALL"}},
        {
            "createDeveloperMetadata": {
                "developerMetadata": {
                    "metadataId": 5,
                    "metadataKey": "own",
                    "visibility": "DOCUMENT",
                    "location": {"sheetId": 0},
                }
            }
        },
    )
    (reply,) = book.do({"duplicateSheet": {"sourceSheetId": 0, "newSheetId": 9, "insertSheetIndex": 1}})
    assert reply["duplicateSheet"]["properties"]["title"] == "Copy of Sheet1"
    copy = book.book.tabs[1]
    assert copy.merges == [grid_range(3, 0, 4, 2, 9)]
    assert copy.protected_ranges[0]["range"] == {"sheetId": 9}
    assert copy.protected_ranges[0]["protectedRangeId"] != book.tab.protected_ranges[0]["protectedRangeId"]
    assert copy.metadata[0]["metadataKey"] == "own"
    assert copy.metadata[0]["metadataId"] != 5
    copy.set_value(0, 0, "b")
    assert book.values() == [["a", "=Sheet1!A1&A1"]]


def test_the_spreadsheet_has_a_title_a_locale_and_a_time_zone():
    book = Book()
    properties = {"title": "New", "locale": "de_DE", "timeZone": "Europe/Berlin"}
    book.do({"updateSpreadsheetProperties": {"properties": properties, "fields": "title,locale,timeZone"}})
    assert book.book.properties_json() == properties | {"autoRecalc": "ON_CHANGE"}
