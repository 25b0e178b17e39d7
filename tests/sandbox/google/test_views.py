"""spreadsheets.get: properties, tabs, cells with all that belongs to them."""

from __future__ import annotations

from typing import Any

from tests.sandbox.google.sheets import Sheet


def _data(told: Any, sheet: int = 0, data: int = 0) -> Any:
    return told["sheets"][sheet]["data"][data]


def _cells(told: Any) -> list[list[Any]]:
    return [row.get("values", []) for row in _data(told).get("rowData", [])]


def test_a_spreadsheet_tells_how_it_looks(deals: Sheet) -> None:
    told = deals.get()

    assert list(told) == ["spreadsheetId", "properties", "sheets", "spreadsheetUrl"]
    assert told["properties"]["defaultFormat"]["textFormat"]["fontFamily"] == "arial,sans,sans-serif"
    assert [each["colorType"] for each in told["properties"]["spreadsheetTheme"]["themeColors"]][:3] == [
        "TEXT",
        "BACKGROUND",
        "ACCENT1",
    ]
    assert told["sheets"] == [
        {
            "properties": {
                "sheetId": 0,
                "title": "Sheet1",
                "index": 0,
                "sheetType": "GRID",
                "gridProperties": {"rowCount": 1000, "columnCount": 26},
            }
        }
    ]


def test_cells_tell_what_was_entered_what_it_comes_to_and_how_it_is_shown(deals: Sheet) -> None:
    deals.write("B2", [["=C2*2", "10%", "x", True, "=1/0"]], "USER_ENTERED")
    told = deals.get(includeGridData=True, ranges="B2:F2")
    data = _data(told)
    (cells,) = _cells(told)

    assert (data["startRow"], data["startColumn"]) == (1, 1)
    assert len(data["rowMetadata"]) == 1
    assert data["columnMetadata"] == [{"pixelSize": 100}] * 5
    assert cells[0]["userEnteredValue"] == {"formulaValue": "=C2*2"}
    assert (cells[0]["effectiveValue"], cells[0]["formattedValue"]) == ({"numberValue": 0.2}, "0.2")
    assert cells[1]["userEnteredFormat"] == {"numberFormat": {"type": "PERCENT", "pattern": "0%"}}
    assert (cells[1]["effectiveFormat"]["horizontalAlignment"], cells[1]["formattedValue"]) == ("RIGHT", "10%")
    assert cells[2]["effectiveFormat"]["horizontalAlignment"] == "LEFT"
    assert cells[3]["effectiveValue"] == {"boolValue": True}
    assert cells[4]["effectiveValue"]["errorValue"]["type"] == "DIVIDE_BY_ZERO"
    assert cells[4]["formattedValue"] == "#DIV/0!"


def test_a_link_that_a_formula_makes_is_told(deals: Sheet) -> None:
    deals.write("A1", [['=HYPERLINK("https://example.org","here")']], "USER_ENTERED")
    ((cell,),) = _cells(deals.get(includeGridData=True))

    assert (cell["hyperlink"], cell["formattedValue"]) == ("https://example.org", "here")


def test_a_mask_alone_decides_whether_cells_are_shown(deals: Sheet) -> None:
    deals.write("A1", [["x"], [], ["", "y"]])

    assert deals.get(includeGridData=True, fields="sheets.properties.title") == {
        "sheets": [{"properties": {"title": "Sheet1"}}]
    }
    assert deals.get(fields="sheets.data.rowData.values.userEnteredValue") == {
        "sheets": [
            {
                "data": [
                    {
                        "rowData": [
                            {"values": [{"userEnteredValue": {"stringValue": "x"}}]},
                            {},
                            {"values": [{}, {"userEnteredValue": {"stringValue": "y"}}]},
                        ]
                    }
                ]
            }
        ]
    }
    assert deals.get(fields="sheets.data.rowData.values.note", ranges="E1:F9") == {"sheets": [{"data": [{}]}]}


def test_widths_and_what_is_hidden_are_told_line_by_line(deals: Sheet) -> None:
    def line(dimension: str, properties: dict[str, Any], fields: str) -> dict[str, Any]:
        where = {"sheetId": 0, "dimension": dimension, "startIndex": 1, "endIndex": 2}
        return {"updateDimensionProperties": {"range": where, "properties": properties, "fields": fields}}

    key = {"metadataKey": "pd_field", "metadataValue": "title", "visibility": "DOCUMENT"}
    location = {"dimensionRange": {"sheetId": 0, "dimension": "COLUMNS", "startIndex": 1, "endIndex": 2}}
    deals.do(
        line("COLUMNS", {"pixelSize": 55}, "pixelSize"),
        line("ROWS", {"hiddenByUser": True}, "hiddenByUser"),
        {"createDeveloperMetadata": {"developerMetadata": key | {"location": location}}},
    )
    data = _data(deals.get(fields="sheets.data(columnMetadata,rowMetadata)", ranges="A1:C3"))

    assert [each["pixelSize"] for each in data["columnMetadata"]] == [100, 55, 100]
    assert data["columnMetadata"][1]["developerMetadata"][0]["metadataKey"] == "pd_field"
    assert data["rowMetadata"] == [{"pixelSize": 21}, {"pixelSize": 21, "hiddenByUser": True}, {"pixelSize": 21}]


def test_ranges_choose_the_tabs_and_what_lies_on_them(deals: Sheet) -> None:
    deals.do(
        {"addSheet": {"properties": {"title": "Second", "sheetId": 5}}},
        {"mergeCells": {"range": {"sheetId": 5, "endRowIndex": 2, "endColumnIndex": 2}, "mergeType": "MERGE_ALL"}},
    )
    deals.write("Second!A1", [["x"]])
    told = deals.get(ranges=["Second!A1:B2", "Second!D1:D2"], includeGridData=True)

    (sheet,) = told["sheets"]
    assert sheet["properties"]["title"] == "Second"
    assert len(sheet["data"]) == 2
    assert sheet["data"][1]["startColumn"] == 3
    assert sheet["merges"] == [
        {"sheetId": 5, "startRowIndex": 0, "endRowIndex": 2, "startColumnIndex": 0, "endColumnIndex": 2}
    ]
    assert "merges" not in deals.get(ranges="Second!D1:D2")["sheets"][0]
    assert "merges" not in deals.get(ranges="A1")["sheets"][0]


def test_cells_are_found_by_filter_too(deals: Sheet) -> None:
    deals.write("A1", [["x", "y"]])
    body = {
        "dataFilters": [{"gridRange": {"sheetId": 0, "startColumnIndex": 1, "endColumnIndex": 2}}],
        "includeGridData": True,
    }
    told = deals.told("Spreadsheet", "POST", ":getByDataFilter", json=body)

    assert _data(told)["startColumn"] == 1
    assert _cells(told)[0][0]["formattedValue"] == "y"


def test_colors_of_cells_are_told_under_both_names(deals: Sheet) -> None:
    cell = {"userEnteredFormat": {"backgroundColorStyle": {"rgbColor": {"red": 1, "green": 0, "blue": 0.5}}}}
    where = {"sheetId": 0, "endRowIndex": 1, "endColumnIndex": 1}
    deals.do({"repeatCell": {"range": where, "cell": cell, "fields": "userEnteredFormat.backgroundColorStyle"}})
    ((told,),) = _cells(
        deals.get(fields="sheets.data.rowData.values(userEnteredFormat,effectiveFormat.backgroundColor)")
    )

    color = {"red": 1, "blue": 0.49803922}
    assert told["userEnteredFormat"] == {"backgroundColor": color, "backgroundColorStyle": {"rgbColor": color}}
    assert told["effectiveFormat"] == {"backgroundColor": color}
