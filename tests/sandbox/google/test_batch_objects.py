"""Charts, slicers and tables in a batch."""

from __future__ import annotations

import json

import pytest

from sandbox.google.errors import ApiError
from tests.sandbox.google.books import Book, columns_range, grid_range, rows_range


def chart(*sources, row=0):
    series = [{"series": {"sourceRange": {"sources": [source]}}} for source in sources]
    spec = {"title": "Sales", "basicChart": {"chartType": "COLUMN", "series": series}}
    position = {"overlayPosition": {"anchorCell": {"sheetId": 0, "rowIndex": row, "columnIndex": 0}}}
    return {"addChart": {"chart": {"spec": spec, "position": position}}}


def sources(book: Book):
    return [
        (source["startRowIndex"], source["endRowIndex"])
        for each in book.tab.charts[0]["spec"]["basicChart"]["series"]
        for source in each["series"]["sourceRange"]["sources"]
    ]


def test_a_chart_follows_its_source_until_nothing_is_left_of_it():
    book = Book()
    book.add_tab("Data")
    book.do(chart(grid_range(1, 0, 5, 1, 7), row=3))
    book.do({"insertDimension": {"range": rows_range(2, 4, 7)}}, {"insertDimension": {"range": rows_range(0, 1)}})
    assert sources(book) == [(1, 7)]
    assert book.tab.charts[0]["position"]["overlayPosition"]["anchorCell"]["rowIndex"] == 4
    book.do({"deleteDimension": {"range": rows_range(0, 9, 7)}})
    assert sources(book) == []
    assert book.tab.charts[0]["spec"]["title"] == "Sales"


def test_a_chart_has_a_usual_size_and_does_not_name_the_first_tab():
    (reply,) = Book().do(chart(grid_range(0, 0, 5, 1)))
    assert '"sheetId"' not in json.dumps(reply)
    overlay = reply["addChart"]["chart"]["position"]["overlayPosition"]
    assert overlay == {"anchorCell": {}, "widthPixels": 600, "heightPixels": 371}


def test_a_chart_without_series_is_answered_like_a_crash():
    with pytest.raises(ApiError) as refused:
        Book().do(chart())
    assert (refused.value.code, refused.value.status) == (500, "INTERNAL")


def test_a_chart_is_changed_moved_and_deleted():
    book = Book()
    (reply,) = book.do(chart(grid_range(0, 0, 5, 1)))
    chart_id = reply["addChart"]["chart"]["chartId"]
    spec = chart(grid_range(0, 0, 2, 1))["addChart"]["chart"]["spec"]
    place = {"overlayPosition": {"anchorCell": {"rowIndex": 5}, "widthPixels": 10}}
    replies = book.do(
        {"updateChartSpec": {"chartId": chart_id, "spec": spec}},
        {"updateEmbeddedObjectPosition": {"objectId": chart_id, "newPosition": place, "fields": "anchorCell"}},
        {"updateEmbeddedObjectBorder": {"objectId": chart_id, "border": {"color": {"red": 1}}, "fields": "*"}},
    )
    assert sources(book) == [(0, 2)]
    moved = replies[1]["updateEmbeddedObjectPosition"]["position"]["overlayPosition"]
    assert moved == {"anchorCell": {"rowIndex": 5}, "widthPixels": 600, "heightPixels": 371}
    assert book.tab.charts[0]["border"] == {"color": {"red": 1}}
    book.do({"deleteEmbeddedObject": {"objectId": chart_id}})
    assert book.tab.charts == []
    with pytest.raises(ApiError, match=f"No embedded object with id: {chart_id}"):
        book.do({"deleteEmbeddedObject": {"objectId": chart_id}})


def test_a_slicer_follows_its_data():
    book = Book()
    position = {"overlayPosition": {"anchorCell": {"rowIndex": 1, "columnIndex": 5}}}
    spec = {"title": "Owner", "dataRange": grid_range(0, 0, 5, 3)}
    (reply,) = book.do({"addSlicer": {"slicer": {"spec": spec, "position": position}}})
    slicer_id = reply["addSlicer"]["slicer"]["slicerId"]
    book.do(
        {"updateSlicerSpec": {"slicerId": slicer_id, "spec": {"title": "Stage"}, "fields": "title"}},
        {"insertDimension": {"range": rows_range(1, 2)}},
    )
    assert book.tab.slicers[0]["spec"]["title"] == "Stage"
    assert book.tab.slicers[0]["spec"]["dataRange"]["endRowIndex"] == 6


# -- tables


@pytest.fixture
def book() -> Book:
    book = Book()
    book.write([["Name", 2026, None], ["a", 1, 2]])
    book.do({"addTable": {"table": {"tableId": "t", "name": "Deals", "range": grid_range(0, 0, 4, 3)}}})
    return book


def columns(book: Book):
    return [(column.get("columnIndex", 0), column["columnName"]) for column in book.tab.tables[0]["columnProperties"]]


def test_a_table_takes_its_columns_from_its_header(book):
    assert columns(book) == [(0, "Name"), (1, "2026"), (2, "Column 3")]


def test_a_table_gets_and_loses_columns_with_the_grid(book):
    book.do({"insertDimension": {"range": columns_range(1, 2)}})
    assert columns(book) == [(0, "Name"), (1, "Column 2"), (2, "2026"), (3, "Column 3")]
    assert book.tab.tables[0]["range"]["endColumnIndex"] == 4
    book.do({"deleteDimension": {"range": columns_range(0, 2)}})
    assert columns(book) == [(0, "2026"), (1, "Column 3")]


def test_a_tables_columns_change_places(book):
    book.do({"moveDimension": {"source": columns_range(0, 1), "destinationIndex": 3}})
    assert columns(book) == [(0, "2026"), (1, "Column 3"), (2, "Name")]
    book.do({"moveDimension": {"source": columns_range(2, 3), "destinationIndex": 6}})
    assert columns(book) == [(0, "2026"), (1, "Column 3")]


def test_a_table_is_resized(book):
    changes = {"tableId": "t", "range": grid_range(0, 0, 8, 4), "name": "Won"}
    book.do({"updateTable": {"table": changes, "fields": "range,name"}})
    assert book.tab.tables[0]["range"]["endRowIndex"] == 8
    assert book.tab.tables[0]["name"] == "Won"
    assert len(columns(book)) == 4


def test_tables_neither_overlap_nor_share_a_name(book):
    with pytest.raises(ApiError, match="overlap"):
        book.do({"addTable": {"table": {"name": "Other", "range": grid_range(3, 2, 6, 5)}}})
    with pytest.raises(ApiError, match='A table with the name "deals" already exists'):
        book.do({"addTable": {"table": {"name": "deals", "range": grid_range(5, 0, 7, 2)}}})


def test_a_deleted_table_takes_conditional_formats_along_and_leaves_the_cells(book):
    inside = {"ranges": [grid_range(1, 0, 3, 1)], "booleanRule": {"condition": {"type": "BLANK"}, "format": {}}}
    outside = inside | {"ranges": [grid_range(1, 0, 9, 1)]}
    book.do(
        {"addConditionalFormatRule": {"rule": inside}},
        {"addConditionalFormatRule": {"rule": outside}},
        {"deleteTable": {"tableId": "t"}},
    )
    assert book.tab.tables == []
    assert [each["ranges"][0]["endRowIndex"] for each in book.tab.conditional_formats] == [9]
    assert book.values() == [["Name", 2026, None], ["a", 1, 2]]
