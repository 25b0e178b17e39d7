"""The real gspread and Google's own Python client, unmodified, drive the pretend Sheets API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gspread
import httplib2
import pytest
import requests
from flask import Flask
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from gspread.utils import DateTimeOption, PasteOrientation, PasteType, ValidationConditionType, ValueRenderOption

from sandbox.google import scopes
from sandbox.google.accounts import ALEX
from sandbox.google.app import Google
from tests.sandbox.google import schemas
from tests.sandbox.google.conftest import Browser, Clock

SignIn = Callable[..., gspread.Client]


@pytest.fixture
def book(gspread_of: SignIn, google: Google) -> gspread.Spreadsheet:
    google.quota.per_project = google.quota.per_user = None
    return gspread_of(ALEX.email).create("Deals")


@pytest.fixture
def tab(book: gspread.Spreadsheet) -> gspread.Worksheet:
    return book.sheet1


# -- gspread: cells ----------------------------------------------------------------------------


def test_gspread_updates_and_gets(tab: gspread.Worksheet) -> None:
    tab.update([["a", "b"], [1, '=B2&"!"']], "A1")
    tab.update([["c"]], "B2", raw=False)
    tab.update_acell("C2", "=A2+1")
    tab.update_cell(3, 1, "5 %")

    assert tab.get() == [["a", "b"], ["1", "c", "2"], ["5%"]]
    assert tab.get_all_values() == [["a", "b", ""], ["1", "c", "2"], ["5%", "", ""]]
    assert tab.acell("C2", value_render_option=ValueRenderOption.formula).value == "=A2+1"
    assert tab.row_values(2) == ["1", "c", "2"]
    assert tab.col_values(1) == ["a", "1", "5%"]
    assert [cell.value for cell in tab.range("A1:B2")] == ["a", "b", "1", "c"]


def test_gspread_updates_and_gets_many_at_once(tab: gspread.Worksheet) -> None:
    told = tab.batch_update([{"range": "A1:B1", "values": [["x", "y"]]}, {"range": "A3", "values": [[3]]}])

    assert (told["totalUpdatedCells"], told["totalUpdatedRows"]) == (3, 2)
    assert [block.first() for block in tab.batch_get(["A1:B1", "A3"])] == ["x", "3"]
    tab.batch_clear(["A1"])
    assert tab.get("A1:B1") == [["", "y"]]
    tab.clear()
    assert tab.get_all_values() == [[]]


def test_gspread_updates_cells_it_was_given(tab: gspread.Worksheet) -> None:
    cells = tab.range("A1:B3")
    for number, cell in enumerate(cells):
        cell.value = number
    tab.update_cells(cells)

    assert tab.get("A1:B3", value_render_option=ValueRenderOption.unformatted) == [[0, 1], [2, 3], [4, 5]]


def test_gspread_reads_days(tab: gspread.Worksheet) -> None:
    tab.update([["2020-01-01", 0.12]], "A1", raw=False)
    unformatted = ValueRenderOption.unformatted

    assert tab.get_values("A1:B1") == [["2020-01-01", "0.12"]]
    assert tab.get_values("A1:B1", value_render_option=unformatted) == [[43831, 0.12]]
    as_text = DateTimeOption.formatted_string
    assert tab.get_values("A1:B1", value_render_option=unformatted, date_time_render_option=as_text) == [
        ["2020-01-01", 0.12]
    ]


def test_gspread_appends_and_inserts(tab: gspread.Worksheet) -> None:
    tab.append_row(["id", "title"])
    tab.append_rows([[1, "one"], [3, "three"]], table_range="A1")
    tab.insert_rows([[2, "two"]], row=3)
    tab.insert_cols([["extra", "x", "y", "z"]], col=2)

    assert tab.get_all_values() == [["id", "extra", "title"], ["1", "x", "one"], ["2", "y", "two"], ["3", "z", "three"]]
    tab.delete_rows(2, 3)
    tab.delete_columns(2)
    assert tab.get_all_records() == [{"id": 3, "title": "three"}]


def test_gspread_finds(tab: gspread.Worksheet) -> None:
    tab.update([["one", "two"], ["Two", "three"]], "A1")

    found = tab.find("two")
    assert found is not None
    assert found.address == "B1"
    assert [cell.address for cell in tab.findall("two", case_sensitive=False)] == ["B1", "A2"]
    assert tab.find("four") is None


def test_gspread_works_with_awkward_titles(book: gspread.Spreadsheet) -> None:
    for title in ("D3", "a/b:c'd? é!", "🌵 cactus", "Sheet1!A1"):
        made = book.add_worksheet(title, 5, 5)
        made.update([["x"]], "B2")
        made.append_row(["y"], table_range="B2")
        assert book.worksheet(title).get_all_values() == [["", ""], ["", "x"], ["", "y"]]
        made.clear()
        assert made.get() == [[]]


# -- gspread: looks and structure --------------------------------------------------------------


def test_gspread_formats_and_notes(tab: gspread.Worksheet) -> None:
    tab.update([[0.5]], "A1")
    tab.format("A1", {"numberFormat": {"type": "PERCENT", "pattern": "0.0%"}, "textFormat": {"bold": True}})
    tab.insert_note("A1", "look")
    tab.update_notes({"B2": "there"})

    assert tab.acell("A1").value == "50.0%"
    assert (tab.get_note("A1"), tab.get_note("B2")) == ("look", "there")
    assert tab.get_notes() == [["look"], ["", "there"]]
    tab.clear_note("A1")
    assert tab.get_note("A1") == ""


def test_gspread_merges(tab: gspread.Worksheet, book: gspread.Spreadsheet) -> None:
    tab.update([["a", "b", "x"], ["c", "d", "y"]], "A1")
    tab.merge_cells("A1:B2", "MERGE_ROWS")

    assert len(book.fetch_sheet_metadata()["sheets"][0]["merges"]) == 2
    assert tab.get("A1:C2", combine_merged_cells=True) == [["a", "a", "x"], ["c", "c", "y"]]
    tab.unmerge_cells("A1:B2")
    assert "merges" not in book.fetch_sheet_metadata()["sheets"][0]


def test_gspread_names_and_protects(tab: gspread.Worksheet, book: gspread.Spreadsheet) -> None:
    told = tab.define_named_range("A1:B2", "Figures")
    tab.update([[1, 2], [3, 4]], "Figures")

    assert tab.get("Figures") == [["1", "2"], ["3", "4"]]
    assert [each["name"] for each in book.list_named_ranges()] == ["Figures"]
    tab.delete_named_range(told["replies"][0]["addNamedRange"]["namedRange"]["namedRangeId"])
    assert book.list_named_ranges() == []

    tab.add_protected_range("A1:B2", editor_users_emails=[ALEX.email])
    (protected,) = book.list_protected_ranges(tab.id)
    assert protected["requestingUserCanEdit"] is True
    tab.delete_protected_range(protected["protectedRangeId"])
    assert book.list_protected_ranges(tab.id) == []


def test_gspread_changes_tabs(tab: gspread.Worksheet, book: gspread.Spreadsheet) -> None:
    tab.resize(20, 10)
    tab.freeze(rows=1, cols=2)
    tab.update_title("Renamed")
    tab.update_tab_color("#ff00ff")
    extra = book.add_worksheet("Extra", 3, 4)
    book.reorder_worksheets([extra, tab])
    seen = book.fetch_sheet_metadata()["sheets"]

    assert [each["properties"]["title"] for each in seen] == ["Extra", "Renamed"]
    assert seen[1]["properties"]["gridProperties"] == {
        "rowCount": 20,
        "columnCount": 10,
        "frozenRowCount": 1,
        "frozenColumnCount": 2,
    }
    assert book.worksheet("Renamed").tab_color == "#FF00FF"
    extra.hide()
    assert book.worksheet("Extra").isSheetHidden
    with pytest.raises(gspread.exceptions.APIError, match="You can't hide all the sheets in a document"):
        tab.hide()
    tab.clear_tab_color()
    assert book.worksheet("Renamed").tab_color is None


def test_gspread_copies_tabs(tab: gspread.Worksheet, book: gspread.Spreadsheet, gspread_of: SignIn) -> None:
    tab.update([["x"]], "A1")
    other = gspread_of(ALEX.email).create("Other")
    tab.copy_to(other.id)
    book.duplicate_sheet(tab.id, new_sheet_name="Twin")

    assert other.worksheet("Copy of Sheet1").acell("A1").value == "x"
    assert book.worksheet("Twin").acell("A1").value == "x"
    book.del_worksheet(book.worksheet("Twin"))
    assert [each.title for each in book.worksheets()] == ["Sheet1"]


def test_gspread_sorts_filters_and_moves_cells(tab: gspread.Worksheet) -> None:
    tab.update([["b", 2], ["a", 3], ["c", 1]], "A1")
    tab.sort((1, "asc"))
    assert tab.get("A1:B3") == [["a", "3"], ["b", "2"], ["c", "1"]]

    tab.set_basic_filter("A1:B3")
    tab.clear_basic_filter()
    tab.copy_range("A1:A3", "D1", paste_type=PasteType.values, paste_orientation=PasteOrientation.normal)
    tab.cut_range("B1:B3", "E1")
    assert tab.get("A1:E3") == [["a", "", "", "a", "3"], ["b", "", "", "b", "2"], ["c", "", "", "c", "1"]]
    tab.add_validation("A1", ValidationConditionType.one_of_list, ["a", "b"], showCustomUi=True)


def test_gspread_raises_what_google_refuses(tab: gspread.Worksheet, book: gspread.Spreadsheet) -> None:
    with pytest.raises(gspread.exceptions.APIError, match="Unable to parse range"):
        book.values_get("Nowhere!A1")
    with pytest.raises(gspread.exceptions.APIError, match="exceeds grid limits"):
        tab.update([["x"]], "AA1001")
    with pytest.raises(gspread.exceptions.APIError, match='A sheet with the name "Sheet1" already exists'):
        book.add_worksheet("Sheet1", 1, 1)


# -- Google's own client -----------------------------------------------------------------------


class _Wire(httplib2.Http):
    """httplib2 as Google's client uses it, carried into the application."""

    def __init__(self, browser: Browser, token: str) -> None:
        super().__init__()
        self._browser, self._token = browser, token

    def request(self, uri: str, method: str = "GET", body: Any = None, headers: Any = None, **_: Any) -> Any:
        answer: requests.Response = self._browser.call(method, uri, self._token, data=body, headers=dict(headers or {}))
        return httplib2.Response({**answer.headers, "status": str(answer.status_code)}), answer.content


@pytest.fixture
def spreadsheets(browser: Browser, google: Google, google_app: Flask, moments: Clock) -> Any:
    token = google.sign_in(ALEX.email, scopes.DRIVE_FILE).access
    wire = _Wire(browser, token)
    return build("sheets", "v4", http=wire, static_discovery=True, cache_discovery=False).spreadsheets()


def test_googles_client_makes_writes_and_reads(spreadsheets: Any) -> None:
    made = spreadsheets.create(body={"properties": {"title": "Made"}, "sheets": [{"properties": {"title": "It's"}}]})
    made = schemas.check("Spreadsheet", made.execute())
    id_, sheet_id = made["spreadsheetId"], made["sheets"][0]["properties"]["sheetId"]
    cells = spreadsheets.values()
    written = cells.update(
        spreadsheetId=id_,
        range="'It''s'!A1",
        valueInputOption="RAW",
        includeValuesInResponse=True,
        body={"values": [["x", 1]]},
    ).execute()
    assert schemas.check("UpdateValuesResponse", written)["updatedData"]["values"] == [["x", "1"]]

    cells.append(
        spreadsheetId=id_,
        range="'It''s'",
        valueInputOption="RAW",
        insertDataOption="INSERT_ROWS",
        body={"values": [["y", 2]]},
    ).execute()
    color = {"repeatCell": {"range": {"sheetId": sheet_id}, "cell": {"note": "n"}, "fields": "note"}}
    spreadsheets.batchUpdate(spreadsheetId=id_, body={"requests": [color]}).execute()
    assert cells.get(spreadsheetId=id_, range="'It''s'").execute()["values"] == [["x", "1"], ["y", "2"]]
    found = cells.batchGet(spreadsheetId=id_, ranges=["A1", "B1:B2"], majorDimension="COLUMNS").execute()
    assert [each["values"] for each in found["valueRanges"]] == [[["x"]], [["1", "2"]]]
    seen = spreadsheets.get(spreadsheetId=id_, includeGridData=True, ranges=["A1"]).execute()
    cell = schemas.check("Spreadsheet", seen)["sheets"][0]["data"][0]["rowData"][0]["values"][0]
    assert (cell["formattedValue"], cell["note"]) == ("x", "n")


def test_googles_client_asks_for_more_than_an_address_holds(spreadsheets: Any) -> None:
    made = spreadsheets.create(body={}).execute()["spreadsheetId"]
    ranges = [f"Sheet1!A{row}:Z{row}" for row in range(1, 300)]
    found = spreadsheets.values().batchGet(spreadsheetId=made, ranges=ranges, fields="valueRanges.range").execute()

    assert [each["range"] for each in found["valueRanges"]] == ranges


def test_googles_client_raises_what_google_refuses(spreadsheets: Any) -> None:
    with pytest.raises(HttpError) as caught:
        spreadsheets.get(spreadsheetId="nope").execute()

    assert (caught.value.status_code, caught.value.reason) == (404, "Requested entity was not found.")
