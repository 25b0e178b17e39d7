"""Reading, writing, appending and clearing values."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.google.sheets import Sheet, values

PROTECTED = "You are trying to edit a protected cell or object. Please contact the spreadsheet owner to remove protection if you need to edit."


# -- reading -----------------------------------------------------------------------------------


def test_an_empty_range_has_no_values_and_is_told_as_far_as_the_grid_goes(deals: Sheet) -> None:
    assert deals.read("Sheet1") == {"range": "Sheet1!A1:Z1000", "majorDimension": "ROWS"}
    assert deals.read("'Sheet1'!A1:ZZ5000")["range"] == "Sheet1!A1:Z1000"
    assert deals.read("A1:A")["range"] == "Sheet1!A1:A1000"
    assert deals.read("Sheet1!D4:A1")["range"] == "Sheet1!A1:D4"


def test_it_drops_what_is_empty_at_the_ends_and_keeps_gaps(deals: Sheet) -> None:
    deals.write("B2", [["a", "", "c", ""], [""], ["d"], [""]])

    assert deals.values("A1:F9") == [[], ["", "a", "", "c"], [], ["", "d"]]
    assert deals.values("B2:F9", majorDimension="COLUMNS") == [["a", "", "d"], [], ["c"]]
    assert "values" not in deals.read("F1:F9")


def test_it_renders_values_as_asked(deals: Sheet) -> None:
    deals.write("A1", [["=4/2", "2020-01-01", "text", 53, "$1,234.5", "50%", "TRUE"]], "USER_ENTERED")

    assert deals.values("A1:G1") == [["2", "2020-01-01", "text", "53", "$1,234.50", "50%", "TRUE"]]
    unformatted = [[2, 43831, "text", 53, 1234.5, 0.5, True]]
    assert deals.values("A1:G1", valueRenderOption="UNFORMATTED_VALUE") == unformatted
    assert deals.values("A1:G1", valueRenderOption="FORMULA") == [["=4/2", *unformatted[0][1:]]]
    texts = deals.values("A1:B1", valueRenderOption="UNFORMATTED_VALUE", dateTimeRenderOption="FORMATTED_STRING")
    assert texts == [[2, "2020-01-01"]]


def test_it_reads_many_ranges_at_once(deals: Sheet) -> None:
    deals.write("A1", [[1, 2], [3, 4]])
    told = deals.told("BatchGetValuesResponse", "GET", "/values:batchGet", params={"ranges": ["A1:A2", "B:B"]})

    assert told["spreadsheetId"] == deals.id
    assert [each["range"] for each in told["valueRanges"]] == ["Sheet1!A1:A2", "Sheet1!B1:B1000"]
    assert [each["values"] for each in told["valueRanges"]] == [[["1"], ["3"]], [["2"], ["4"]]]


def test_a_bare_name_is_a_named_range_before_it_is_a_tab(deals: Sheet) -> None:
    where = {"startRowIndex": 0, "endRowIndex": 2, "startColumnIndex": 1, "endColumnIndex": 3}
    deals.do({"addSheet": {"properties": {"title": "Prices"}}}, {"addSheet": {"properties": {"title": "Costs"}}})
    deals.do({"addNamedRange": {"namedRange": {"name": "Prices", "range": where}}})

    assert deals.read("Prices")["range"] == "Sheet1!B1:C2"
    assert deals.read("Sheet1!Prices")["range"] == "Sheet1!B1:C2"
    assert deals.read("'Prices'")["range"] == "Prices!A1:Z1000"
    assert deals.read("costs")["range"] == "Costs!A1:Z1000"


def test_without_a_tab_it_is_the_first_that_shows(deals: Sheet) -> None:
    deals.do(
        {"addSheet": {"properties": {"title": "Second"}}},
        {"updateSheetProperties": {"properties": {"sheetId": 0, "hidden": True}, "fields": "hidden"}},
    )

    assert deals.read("A1")["range"] == "Second!A1"


@pytest.mark.parametrize(
    ("range_", "message"),
    [
        ("'NoTab'!A1:B2", "Unable to parse range: 'NoTab'!A1:B2"),
        ("AAAA1", "Unable to parse range: AAAA1"),
        ("Sheet1!Nothing", "Unable to parse range: Sheet1!Nothing"),
        ("Sheet1!", "Unable to parse range: Sheet1!"),
        ("A5000:B5001", "Range (Sheet1!A5000:B5001) exceeds grid limits. Max rows: 1000, max columns: 26"),
        ("Sheet1!AA1", "Range (Sheet1!AA1) exceeds grid limits. Max rows: 1000, max columns: 26"),
        ("A1001:B", "Range (Sheet1!A1001:B) exceeds grid limits. Max rows: 1000, max columns: 26"),
    ],
)
def test_it_refuses_what_is_no_range_of_the_grid(deals: Sheet, range_: str, message: str) -> None:
    assert deals.refused("GET", values(range_)) == message


# -- writing -----------------------------------------------------------------------------------


def test_raw_keeps_texts_letter_by_letter(deals: Sheet) -> None:
    texts = ["=1+1", "'0123", "+31 20", "007", "2026-09-05", "TRUE", " x "]
    deals.write("A1", [texts])

    for render in ("FORMATTED_VALUE", "UNFORMATTED_VALUE", "FORMULA"):
        assert deals.values("A1:G1", valueRenderOption=render) == [texts]


def test_numbers_and_booleans_are_kept_as_such_either_way(deals: Sheet) -> None:
    for option in ("RAW", "USER_ENTERED"):
        deals.write("A1", [[1, 2.5, True, 12345678901234567890, 1.0]], option)

        found = deals.values("A1:E1", valueRenderOption="UNFORMATTED_VALUE")
        assert found == [[1, 2.5, True, 12345678901234567168, 1]]


def test_a_telephone_number_that_is_typed_comes_to_an_error(deals: Sheet) -> None:
    deals.write("A1", [["+31 20 555 01 23"]], "USER_ENTERED")

    assert deals.values("A1") == [["#ERROR!"]]


def test_null_leaves_a_cell_and_an_empty_text_clears_it(deals: Sheet) -> None:
    deals.write("A1", [["a", "b", "c"], ["d", "e", "f"]])
    told = deals.write("A1:C2", [["A", None, ""], [None, "E"]])

    assert deals.values("A1:C2") == [["A", "b"], ["d", "E", "f"]]
    assert told == {
        "spreadsheetId": deals.id,
        "updatedRange": "Sheet1!A1:C2",
        "updatedRows": 2,
        "updatedColumns": 3,
        "updatedCells": 3,
    }


def test_it_counts_only_rows_and_columns_that_were_written(deals: Sheet) -> None:
    told = deals.write("A1:D6", [["a", None, None, None], [None] * 4, [None] * 4, [None, None, None, "b"]])

    assert (told["updatedRows"], told["updatedColumns"], told["updatedCells"]) == (2, 2, 2)
    assert deals.write("A1", [[]]) == {"spreadsheetId": deals.id, "updatedRange": "Sheet1!A1"}


def test_columns_may_be_sent_instead_of_rows(deals: Sheet) -> None:
    params = {"valueInputOption": "RAW"}
    body = {"majorDimension": "COLUMNS", "values": [["a", "b"], ["c"]]}
    deals.write("B2", [["old"]])
    deals.told("UpdateValuesResponse", "PUT", values("A1"), params=params, json=body)

    assert deals.values("A1:B2") == [["a", "c"], ["b", "old"]]


def test_a_single_cell_is_where_to_start_and_a_range_must_hold_the_values(deals: Sheet) -> None:
    params, rows = {"valueInputOption": "RAW"}, {"values": [[1, 2, 3], [4, 5, 6], [7, 8, 9]]}

    assert deals.write("B2", rows["values"])["updatedRange"] == "Sheet1!B2:D4"
    too_low = deals.refused("PUT", values("Sheet1!A1:C2"), params=params, json=rows)
    assert too_low == "Requested writing within range [Sheet1!A1:C2], but tried writing to row [3]"
    too_narrow = deals.refused("PUT", values("A1:B"), params=params, json=rows)
    assert too_narrow == "Requested writing within range [A1:B], but tried writing to column [C]"


def test_writing_never_makes_the_grid_grow(deals: Sheet) -> None:
    params, rows = {"valueInputOption": "RAW"}, {"values": [[1], [2], [3]]}

    beyond = deals.refused("PUT", values("'Sheet1'!A999"), params=params, json=rows)
    assert beyond == "Requested writing within range ['Sheet1'!A999], but tried writing to row [1001]"
    outside = deals.refused("PUT", values("A1001"), params=params, json=rows)
    assert outside == "Range (Sheet1!A1001) exceeds grid limits. Max rows: 1000, max columns: 26"
    assert deals.get()["sheets"][0]["properties"]["gridProperties"]["rowCount"] == 1000


def test_it_says_what_it_wrote_when_asked(deals: Sheet) -> None:
    told = deals.write(
        "A1",
        [["=1+1", "x"]],
        "USER_ENTERED",
        includeValuesInResponse=True,
        responseValueRenderOption="UNFORMATTED_VALUE",
    )

    assert told["updatedData"] == {"range": "Sheet1!A1:B1", "majorDimension": "ROWS", "values": [[2, "x"]]}


def test_what_was_typed_brings_its_format_and_keeps_the_rest(deals: Sheet) -> None:
    bold = {"userEnteredFormat": {"textFormat": {"bold": True}}}
    deals.do({"updateCells": {"start": {"sheetId": 0}, "rows": [{"values": [bold]}], "fields": "userEnteredFormat"}})
    deals.write("A1", [["$100.15"]], "USER_ENTERED")

    cell = deals.get(ranges="A1", fields="sheets.data.rowData.values")["sheets"][0]["data"][0]["rowData"][0]["values"][
        0
    ]
    assert cell["userEnteredValue"] == {"numberValue": 100.15}
    assert cell["formattedValue"] == "$100.15"
    assert cell["userEnteredFormat"] == {
        "textFormat": {"bold": True},
        "numberFormat": {"type": "CURRENCY", "pattern": '"$"#,##0.00'},
    }


@pytest.mark.parametrize("option", ["RAW", "USER_ENTERED"])
def test_a_cell_holds_50_000_characters_and_no_more(deals: Sheet, option: str) -> None:
    assert deals.write("A1", [["x" * 50_000]], option)["updatedCells"] == 1
    params = {"valueInputOption": option}
    refused = deals.refused("PUT", values("A1"), params=params, json={"values": [["x" * 50_001]]})
    assert refused == "Your input contains more than the maximum of 50000 characters in a single cell."


def test_how_texts_are_taken_must_be_said(deals: Sheet) -> None:
    message = "'valueInputOption' is required but not specified"

    assert deals.refused("PUT", values("A1"), json={"values": [["x"]]}) == message
    assert deals.refused("POST", "/values:batchUpdate", json={"data": []}) == message


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ([1], "Invalid values[1][0]: list_value {\n  values {\n    number_value: 1\n  }\n}\n"),
        ({}, "Invalid values[1][0]: struct_value {\n}\n"),
    ],
)
def test_a_cell_holds_nothing_nested(deals: Sheet, cell: Any, message: str) -> None:
    body = {"values": [["x"], [cell]]}

    assert deals.refused("PUT", values("A1"), params={"valueInputOption": "RAW"}, json=body) == message
    assert "values" not in deals.read("A1:A2")


def test_values_must_be_rows(deals: Sheet) -> None:
    message = "Invalid value at 'data.values' (type.googleapis.com/google.protobuf.ListValue), \"X\""
    answer = deals.call("PUT", values("A1"), params={"valueInputOption": "RAW"}, json={"values": "X"})

    assert answer.status_code == 400
    assert answer.json()["error"] == {
        "code": 400,
        "message": message,
        "status": "INVALID_ARGUMENT",
        "details": [
            {
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [{"field": "data.values", "description": message}],
            }
        ],
    }


def test_the_range_of_the_body_must_be_that_of_the_address(deals: Sheet) -> None:
    params = {"valueInputOption": "RAW"}

    assert (
        deals.call("PUT", values("A1"), params=params, json={"range": "Sheet1!A1", "values": [[1]]}).status_code == 200
    )
    assert (
        deals.call("PUT", values("A1"), params=params, json={"range": "Sheet1!B1", "values": [[1]]}).status_code == 400
    )


def test_many_ranges_are_written_together_and_lines_count_once(deals: Sheet) -> None:
    data = [{"range": "A1:D1", "values": [[1, 2, "", 4]]}, {"range": "A4:D4", "values": [[5, 6, "", 8]]}]
    told = deals.told(
        "BatchUpdateValuesResponse", "POST", "/values:batchUpdate", json={"valueInputOption": "RAW", "data": data}
    )

    assert {name: count for name, count in told.items() if name.startswith("total")} == {
        "totalUpdatedRows": 2,
        "totalUpdatedColumns": 4,
        "totalUpdatedCells": 8,
        "totalUpdatedSheets": 1,
    }
    assert [each["updatedRange"] for each in told["responses"]] == ["Sheet1!A1:D1", "Sheet1!A4:D4"]


def test_of_many_ranges_none_is_written_when_one_cannot_be(deals: Sheet) -> None:
    data = [{"range": "A1", "values": [[1]]}, {"range": "Nowhere!A1", "values": [[2]]}]
    refused = deals.refused("POST", "/values:batchUpdate", json={"valueInputOption": "RAW", "data": data})

    assert refused == "Invalid data[1]: Unable to parse range: Nowhere!A1"
    assert "values" not in deals.read("A1")


# -- appending ---------------------------------------------------------------------------------


def test_it_appends_to_an_empty_tab_at_its_first_cell(deals: Sheet) -> None:
    told = deals.append("Sheet1", [["a", "", "c"]])

    assert told == {
        "spreadsheetId": deals.id,
        "updates": {
            "spreadsheetId": deals.id,
            "updatedRange": "Sheet1!A1:C1",
            "updatedRows": 1,
            "updatedColumns": 3,
            "updatedCells": 3,
        },
    }


def test_it_appends_below_the_last_block_where_that_begins(deals: Sheet) -> None:
    deals.write("A1", [["a", "", "c"]])
    told = deals.append("Sheet1", [["x", "y", "z"]])

    assert (told["tableRange"], told["updates"]["updatedRange"]) == ("Sheet1!C1", "Sheet1!C2:E2")


@pytest.mark.parametrize(
    ("range_", "table", "start"),
    [
        ("Sheet1", "Sheet1!B4:D6", "B7"),
        ("B4", "Sheet1!B4:D6", "B7"),
        ("C5:D5", "Sheet1!B4:D6", "B7"),
        ("B2:D4", "Sheet1!B4:D6", "B7"),
        ("A3:G10", "Sheet1!B4:D6", "B7"),
        ("A1", "Sheet1!A1:C2", "A3"),
        ("E4", None, "E4"),
    ],
)
def test_it_finds_the_block_as_googles_guide_shows(deals: Sheet, range_: str, table: str | None, start: str) -> None:
    deals.write("A1", [[1, 2, 3], [4, 5, 6]])
    deals.write("B4", [[1, 2, 3], [4, "", 6], [7, 8, 9]])
    told = deals.append(range_, [["x"]])

    assert told.get("tableRange") == table
    assert told["updates"]["updatedRange"] == f"Sheet1!{start}"


def test_it_writes_over_what_is_below_or_pushes_it_down(deals: Sheet) -> None:
    deals.write("A1", [["head"], ["row"], [""], ["below"]])
    deals.append("A1", [["over"], ["over"]])
    assert deals.values("A1:A9") == [["head"], ["row"], ["over"], ["over"]]

    deals.write("A6", [["", "beside"]])
    deals.append("A1", [["in"]], insertDataOption="INSERT_ROWS")
    assert deals.values("A3:B9") == [["over"], ["over"], ["in"], [], ["", "beside"]]
    assert deals.get()["sheets"][0]["properties"]["gridProperties"]["rowCount"] == 1001


def test_appending_makes_the_grid_grow(deals: Sheet) -> None:
    size = {"rowCount": 2, "columnCount": 2}
    deals.do({"addSheet": {"properties": {"title": "Small", "gridProperties": size}}})
    deals.append("Small", [[1, 2], [3, 4]])
    deals.append("Small", [[5, 6, 7]])

    assert deals.values("Small") == [["1", "2"], ["3", "4"], ["5", "6", "7"]]
    grown = deals.get()["sheets"][1]["properties"]["gridProperties"]
    assert grown == {"rowCount": 3, "columnCount": 3}


def test_it_does_not_grow_beyond_ten_million_cells(deals: Sheet) -> None:
    size = {"rowCount": 384_000, "columnCount": 26}
    deals.do({"updateSheetProperties": {"properties": {"gridProperties": size}, "fields": "gridProperties"}})
    rows = [[1]] * 700
    deals.write("A384000", [["last"]])
    refused = deals.refused(
        "POST", values("Sheet1", ":append"), params={"valueInputOption": "RAW"}, json={"values": rows}
    )

    assert (
        refused == "This action would increase the number of cells in the workbook above the limit of 10000000 cells."
    )
    assert deals.get()["sheets"][0]["properties"]["gridProperties"] == size


# -- clearing ----------------------------------------------------------------------------------


def test_clearing_takes_values_and_leaves_the_rest(deals: Sheet) -> None:
    deals.write("A1", [["$5", "x"]], "USER_ENTERED")
    note = {"rows": [{"values": [{"note": "look"}]}], "fields": "note", "start": {"sheetId": 0}}
    deals.do({"updateCells": note})
    told = deals.told("ClearValuesResponse", "POST", values("'Sheet1'", ":clear"))

    assert told == {"spreadsheetId": deals.id, "clearedRange": "Sheet1!A1:Z1000"}
    cell = deals.get(includeGridData=True)["sheets"][0]["data"][0]["rowData"][0]["values"][0]
    assert cell["note"] == "look"
    assert cell["userEnteredFormat"]["numberFormat"]["type"] == "CURRENCY"
    assert "userEnteredValue" not in cell


def test_it_clears_many_ranges_or_none(deals: Sheet) -> None:
    deals.write("A1", [[1, 2, 3]])
    refused = deals.refused("POST", "/values:batchClear", json={"ranges": ["A1", "A1001:ZZ"]})
    assert refused == "Invalid range[1]: Range (Sheet1!A1001:ZZ) exceeds grid limits. Max rows: 1000, max columns: 26"
    assert deals.values("A1:C1") == [["1", "2", "3"]]

    told = deals.told("BatchClearValuesResponse", "POST", "/values:batchClear", json={"ranges": ["A1", "C:C"]})
    assert told["clearedRanges"] == ["Sheet1!A1", "Sheet1!C1:C1000"]
    assert deals.values("A1:C1") == [["", "2"]]
