"""Cells chosen by DataFilters, and developer metadata found again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.google.sheets import Sheet

FIELD = {"developerMetadataLookup": {"metadataKey": "pd_field"}}


def _hang(deals: Sheet, column: int, value: str) -> dict[str, Any]:
    where = {"sheetId": 0, "dimension": "COLUMNS", "startIndex": column, "endIndex": column + 1}
    item = {
        "metadataKey": "pd_field",
        "metadataValue": value,
        "visibility": "DOCUMENT",
        "location": {"dimensionRange": where},
    }
    (reply,) = deals.do({"createDeveloperMetadata": {"developerMetadata": item}})
    made: dict[str, Any] = reply["createDeveloperMetadata"]["developerMetadata"]
    return made


def test_metadata_is_found_by_id_and_by_key(deals: Sheet) -> None:
    made = _hang(deals, 1, "title")
    by_id = deals.told("DeveloperMetadata", "GET", f"/developerMetadata/{made['metadataId']}")
    found = deals.told(
        "SearchDeveloperMetadataResponse", "POST", "/developerMetadata:search", json={"dataFilters": [FIELD]}
    )

    assert by_id == made
    assert found == {"matchedDeveloperMetadata": [{"developerMetadata": made, "dataFilters": [FIELD]}]}
    nothing = {"dataFilters": [{"developerMetadataLookup": {"metadataKey": "other"}}]}
    assert deals.told("SearchDeveloperMetadataResponse", "POST", "/developerMetadata:search", json=nothing) == {}


@pytest.mark.parametrize(("metadata_id", "status"), [("12345", 404), ("x", 400)])
def test_metadata_that_is_not_there(deals: Sheet, metadata_id: str, status: int) -> None:
    assert deals.call("GET", f"/developerMetadata/{metadata_id}").status_code == status


def test_values_are_read_where_the_metadata_moved_to(deals: Sheet) -> None:
    deals.write("A1", [["a", "b"], ["c", "d"]])
    _hang(deals, 1, "title")
    move = {"source": {"sheetId": 0, "dimension": "COLUMNS", "startIndex": 1, "endIndex": 2}, "destinationIndex": 0}
    deals.do({"moveDimension": move})
    body = {"dataFilters": [FIELD, {"a1Range": "A1:A1000"}], "majorDimension": "COLUMNS"}
    told = deals.told("BatchGetValuesByDataFilterResponse", "POST", "/values:batchGetByDataFilter", json=body)

    (matched,) = told["valueRanges"]
    assert matched["valueRange"] == {"range": "Sheet1!A1:A1000", "majorDimension": "COLUMNS", "values": [["b", "d"]]}
    assert matched["dataFilters"] == body["dataFilters"]


def test_values_are_written_and_cleared_by_filter(deals: Sheet) -> None:
    _hang(deals, 2, "title")
    body = {
        "valueInputOption": "RAW",
        "data": [
            {"dataFilter": FIELD, "majorDimension": "COLUMNS", "values": [["x", "y"]]},
            {"dataFilter": {"gridRange": {"sheetId": 0, "endRowIndex": 1, "endColumnIndex": 1}}, "values": [["z"]]},
        ],
    }
    told = deals.told("BatchUpdateValuesByDataFilterResponse", "POST", "/values:batchUpdateByDataFilter", json=body)

    assert [each["updatedRange"] for each in told["responses"]] == ["Sheet1!C1:C2", "Sheet1!A1"]
    assert told["responses"][0]["dataFilter"] == FIELD
    assert told["totalUpdatedCells"] == 3
    assert deals.values("A1:C2") == [["z", "", "x"], ["", "", "y"]]

    cleared = deals.told(
        "BatchClearValuesByDataFilterResponse", "POST", "/values:batchClearByDataFilter", json={"dataFilters": [FIELD]}
    )
    assert cleared["clearedRanges"] == ["Sheet1!C1:C1000"]
    assert deals.values("A1:C2") == [["z"]]


def test_of_many_filters_none_is_written_when_one_cannot_be(deals: Sheet) -> None:
    data = [
        {"dataFilter": {"a1Range": "A1"}, "values": [["x"]]},
        {"dataFilter": {"a1Range": "Nowhere!A1"}, "values": [["y"]]},
    ]
    body = {"valueInputOption": "RAW", "data": data}

    refused = deals.refused("POST", "/values:batchUpdateByDataFilter", json=body)
    assert refused == "Invalid data[1]: Unable to parse range: Nowhere!A1"
    assert "values" not in deals.read("A1")
