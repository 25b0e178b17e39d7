"""The wire: addresses, bodies, headers, masks; spreadsheets.batchUpdate; who may what."""

from __future__ import annotations

import gzip
import json
import threading
from typing import Any

import pytest
import requests
from flask import Flask
from werkzeug.serving import make_server

from sandbox.google import scopes
from sandbox.google.accounts import ALEX, SAM
from sandbox.google.app import Google
from tests.sandbox.google import schemas
from tests.sandbox.google.conftest import Browser
from tests.sandbox.google.sheets import ROOT, Sheet, values

AWKWARD = "a/b:c'd? é//!:clear"
ADD = {"requests": [{"addSheet": {"properties": {"title": "New"}}}]}


# -- addresses ---------------------------------------------------------------------------------


def test_a_title_may_hold_what_addresses_are_made_of(deals: Sheet) -> None:
    deals.do({"addSheet": {"properties": {"title": AWKWARD}}})
    quoted = "'" + AWKWARD.replace("'", "''") + "'"
    written = deals.write(f"{quoted}!B2", [["x"]])

    assert written["updatedRange"] == f"{quoted}!B2"
    assert deals.values(quoted) == [[], ["", "x"]]
    assert deals.append(quoted, [["y"]])["updates"]["updatedRange"] == f"{quoted}!B3"
    cleared = deals.told("ClearValuesResponse", "POST", values(quoted, ":clear"))
    assert cleared["clearedRange"] == f"{quoted}!A1:Z1000"


def test_a_slash_before_the_verb_does_no_harm(deals: Sheet) -> None:
    assert deals.told("BatchUpdateSpreadsheetResponse", "POST", "/:batchUpdate", json=ADD)["replies"]
    assert deals.told("Spreadsheet", "GET", "/")["spreadsheetId"] == deals.id
    assert deals.told("ValueRange", "GET", "/values/Sheet1!A1:B2")["range"] == "Sheet1!A1:B2"


def test_a_slash_that_is_not_encoded_leads_nowhere(deals: Sheet) -> None:
    answer = deals.call("GET", "/values/a/b")

    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html; charset=UTF-8")
    assert deals.call("PUT", "").status_code == 404
    assert deals.call("POST", ":nothing").status_code == 404


def test_flags_may_be_written_as_python_does(deals: Sheet) -> None:
    deals.write("A1", [["x"]])

    assert "data" in deals.get(includeGridData="True")["sheets"][0]
    assert "data" not in deals.get(includeGridData=False)["sheets"][0]
    assert deals.refused("GET", params={"includeGridData": "maybe"}) == (
        "Invalid value at 'include_grid_data' (TYPE_BOOL), \"maybe\""
    )


def test_an_address_asks_only_for_what_the_method_knows(deals: Sheet) -> None:
    allowed = {"alt": "json", "quotaUser": "x", "$.xgafv": "2", "prettyPrint": "true"}
    assert deals.call("GET", params=allowed).status_code == 200

    assert deals.refused("GET", params={"color": "red"}) == (
        'Invalid JSON payload received. Unknown name "color": Cannot bind query parameter. '
        "Field 'color' could not be found in request message."
    )
    refused = deals.refused("PUT", values("A1"), params={"valueInputOption": "RAWR"}, json={})
    assert refused == (
        "Invalid value at 'value_input_option' (type.googleapis.com/google.apps.sheets.v4.ValueInputOption), \"RAWR\""
    )


# -- bodies and answers ------------------------------------------------------------------------


def test_answers_look_as_googles(deals: Sheet) -> None:
    answer = deals.call("GET", values("A1"))

    assert answer.text == '{\n  "range": "Sheet1!A1",\n  "majorDimension": "ROWS"\n}\n'
    assert answer.headers["Content-Type"] == "application/json; charset=UTF-8"
    assert answer.headers["Vary"] == "Origin, X-Origin, Referer"
    assert (answer.headers["Server"], answer.headers["Cache-Control"]) == ("ESF", "private")
    compact = deals.call("GET", values("A1"), params={"prettyPrint": "false"})
    assert compact.text == '{"range":"Sheet1!A1","majorDimension":"ROWS"}'
    assert int(compact.headers["Content-Length"]) == len(compact.content)


def test_bodies_may_come_gzipped(deals: Sheet) -> None:
    body = json.dumps({"values": [["x"]]}).encode()
    params = {"valueInputOption": "RAW"}

    zipped = {"Content-Encoding": "gzip"}
    assert deals.call("PUT", values("A2"), params=params, data=gzip.compress(body), headers=zipped).status_code == 200
    assert deals.values("A2") == [["x"]]
    assert deals.call("PUT", values("A1"), params=params, data=body, headers=zipped).status_code == 400


def test_bodies_may_come_in_pieces_over_a_real_socket(google_app: Flask, deals: Sheet, google: Google) -> None:
    server = make_server("127.0.0.1", 0, google_app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    body = json.dumps({"values": [["x"]]}).encode()
    address = f"http://127.0.0.1:{server.port}/v4/spreadsheets/{deals.id}{values('Sheet1!A1')}"
    headers = {"Authorization": f"Bearer {google.sign_in(ALEX.email, scopes.SPREADSHEETS).access}"}
    try:
        pieces = iter([body[:5], body[5:]])
        answer = requests.put(address, params={"valueInputOption": "RAW"}, data=pieces, headers=headers, timeout=10)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

    assert answer.json()["updatedRange"] == "Sheet1!A1"
    assert deals.values("A1") == [["x"]]


@pytest.mark.parametrize("body", ["{", "[1]", '"x"', "{]"])
def test_a_body_must_be_a_json_object(deals: Sheet, body: str) -> None:
    assert deals.refused("POST", ":batchUpdate", data=body).startswith("Invalid JSON payload received.")


def test_a_mask_cuts_answers(deals: Sheet) -> None:
    deals.write("A1", [["x", 1]])

    assert deals.get(fields="spreadsheetId") == {"spreadsheetId": deals.id}
    assert deals.get(fields="sheets/properties(title,gridProperties/rowCount)") == {
        "sheets": [{"properties": {"title": "Sheet1", "gridProperties": {"rowCount": 1000}}}]
    }
    assert deals.read("A1:B1", fields="values") == {"values": [["x", "1"]]}
    assert deals.call("GET", params={"fields": "sheets.nothing"}).status_code == 400
    assert deals.call("GET", params={"fields": "sheets("}).status_code == 400
    by_header = deals.call("GET", headers={"X-Goog-FieldMask": "properties.title"})
    assert by_header.json() == {"properties": {"title": "Deals"}}


# -- batches -----------------------------------------------------------------------------------


def test_a_batch_answers_request_by_request_and_shows_the_spreadsheet_when_asked(deals: Sheet) -> None:
    deals.write("A1", [["x"]])
    body = {
        "requests": [
            {"addSheet": {"properties": {"title": "New", "sheetId": 5}}},
            {"updateSheetProperties": {"properties": {"sheetId": 5, "title": "Newer"}, "fields": "title"}},
        ],
        "includeSpreadsheetInResponse": True,
        "responseRanges": ["Sheet1!A1:B1"],
        "responseIncludeGridData": True,
    }
    told = deals.told("BatchUpdateSpreadsheetResponse", "POST", ":batchUpdate", json=body)

    assert [list(reply) for reply in told["replies"]] == [["addSheet"], []]
    (sheet,) = told["updatedSpreadsheet"]["sheets"]
    assert sheet["data"][0]["rowData"][0]["values"][0]["formattedValue"] == "x"
    assert deals.read("Newer")["range"] == "Newer!A1:Z1000"


def test_an_unknown_request_is_refused_in_googles_words(deals: Sheet) -> None:
    assert deals.refused("POST", ":batchUpdate", json={"requests": [{"noSuchRequest": {}}]}) == (
        "Invalid JSON payload received. Unknown name \"noSuchRequest\" at 'requests[0]': Cannot find field."
    )


def test_one_request_that_fails_undoes_all(deals: Sheet) -> None:
    twice = {"requests": ADD["requests"] * 2}

    assert deals.refused("POST", ":batchUpdate", json=twice) == (
        'Invalid requests[1].addSheet: A sheet with the name "New" already exists. Please enter another name.'
    )
    assert len(deals.get()["sheets"]) == 1


# -- who ---------------------------------------------------------------------------------------


def test_readers_read_and_writers_keep_out_of_what_is_protected(deals: Sheet, browser: Browser, google: Google) -> None:
    deals.do({"addProtectedRange": {"protectedRange": {"range": {"sheetId": 0, "endRowIndex": 1}}}})
    sams = Sheet(browser, google.sign_in(SAM.email, scopes.SPREADSHEETS).access, deals.id)
    params: dict[str, Any] = {"valueInputOption": "RAW"}
    body = {"values": [["x"]]}

    assert sams.refused("GET", status=403) == "The caller does not have permission"
    file = google.files.get(deals.id)
    assert file is not None
    google.files.share(file, SAM.email, "reader")
    assert sams.read("A1")["range"] == "Sheet1!A1"
    assert (
        sams.refused("PUT", values("A1"), params=params, json=body, status=403) == "The caller does not have permission"
    )
    google.files.share(file, SAM.email, "writer")
    assert sams.write("A2", [["x"]])["updatedCells"] == 1
    protected = "You are trying to edit a protected cell or object. Please contact the spreadsheet owner to remove protection if you need to edit."
    assert sams.refused("PUT", values("A1"), params=params, json=body) == protected
    data = {"valueInputOption": "RAW", "data": [{"range": "A1", **body}]}
    assert sams.refused("POST", "/values:batchUpdate", json=data) == f"Invalid data[0]: {protected}"
    seen = sams.get()["sheets"][0]["protectedRanges"][0]
    assert not {"editors", "requestingUserCanEdit"} & set(seen)
    assert deals.get()["sheets"][0]["protectedRanges"][0]["requestingUserCanEdit"] is True


def test_what_is_not_there_is_not_found_and_nobody_gets_nothing(browser: Browser, google: Google) -> None:
    token = google.sign_in(ALEX.email, scopes.SPREADSHEETS).access

    assert Sheet(browser, token, "nope").refused("GET", status=404) == "Requested entity was not found."
    assert browser.call("GET", f"{ROOT}/nope").status_code == 403
    assert browser.call("GET", f"{ROOT}/nope", "ya29.bad").status_code == 401


# -- copies ------------------------------------------------------------------------------------


def test_a_tab_is_copied_into_another_spreadsheet(deals: Sheet, browser: Browser, google: Google) -> None:
    deals.write("A1", [["x", "=1+1"]], "USER_ENTERED")
    other = google.files.new_spreadsheet(ALEX, "Other")
    target = Sheet(browser, google.sign_in(ALEX.email, scopes.SPREADSHEETS).access, other.id)
    for title in ("Copy of Sheet1", "Copy of Sheet1 2"):
        made = deals.told("SheetProperties", "POST", "/sheets/0:copyTo", json={"destinationSpreadsheetId": other.id})
        assert (made["title"], made["index"]) == (title, len(target.get()["sheets"]) - 1)
        assert target.values(f"'{title}'") == [["x", "2"]]

    gone = deals.refused("POST", "/sheets/77:copyTo", json={"destinationSpreadsheetId": other.id})
    assert gone == "No sheet with id: 77"
    assert deals.call("POST", "/sheets/x:copyTo", json={}).status_code == 400
    assert deals.call("POST", "/sheets/0:copyTo", json={"destinationSpreadsheetId": "nope"}).status_code == 404


# -- new spreadsheets --------------------------------------------------------------------------


@pytest.fixture
def desk(browser: Browser, google: Google) -> Any:
    token = google.sign_in(ALEX.email, scopes.DRIVE_FILE).access

    def create(body: Any) -> Any:
        return browser.call("POST", ROOT, token, json=body)

    return create


def test_a_new_spreadsheet_has_one_tab(desk: Any) -> None:
    told = schemas.check("Spreadsheet", desk({"properties": {"title": "Fresh"}}).json())

    assert told["properties"]["title"] == "Fresh"
    (sheet,) = told["sheets"]
    assert sheet["properties"]["gridProperties"] == {"rowCount": 1000, "columnCount": 26}
    assert (sheet["properties"]["sheetId"], sheet["properties"]["index"]) == (0, 0)
    assert told["spreadsheetUrl"] == f"https://docs.google.com/spreadsheets/d/{told['spreadsheetId']}/edit"


def test_tabs_that_are_asked_for_replace_the_one_it_has(desk: Any, browser: Browser, google: Google) -> None:
    row = {"values": [{"userEnteredValue": {"stringValue": "x"}, "note": "n"}]}
    body = {
        "properties": {"title": "Made", "locale": "de_DE", "timeZone": "Europe/Berlin"},
        "sheets": [
            {
                "properties": {"title": "One", "sheetId": 0, "gridProperties": {"rowCount": 5, "columnCount": 3}},
                "data": [{"startRow": 1, "rowData": [row], "columnMetadata": [{"pixelSize": 60}]}],
                "merges": [{"sheetId": 0, "endRowIndex": 1, "startColumnIndex": 0, "endColumnIndex": 2}],
                "developerMetadata": [{"metadataKey": "k", "visibility": "DOCUMENT"}],
            },
            {"properties": {"title": "Two"}},
        ],
        "namedRanges": [{"name": "All", "range": {"sheetId": 0}}],
    }
    told = schemas.check("Spreadsheet", desk(body).json())

    assert [sheet["properties"]["title"] for sheet in told["sheets"]] == ["One", "Two"]
    assert (told["properties"]["locale"], told["properties"]["timeZone"]) == ("de_DE", "Europe/Berlin")
    assert len(told["sheets"][0]["merges"]) == len(told["sheets"][0]["developerMetadata"]) == 1
    made = Sheet(browser, google.sign_in(ALEX.email, scopes.SPREADSHEETS).access, told["spreadsheetId"])
    assert made.read("All") == {"range": "One!A1:C5", "majorDimension": "ROWS", "values": [[], ["x"]]}
    data = made.get(ranges="One", includeGridData=True)["sheets"][0]["data"][0]
    assert data["columnMetadata"][0]["pixelSize"] == 60


def test_a_spreadsheet_that_cannot_be_furnished_is_not_made(desk: Any, google: Google) -> None:
    before = len(google.files)
    body = {"sheets": [{"properties": {"title": "Same"}}, {"properties": {"title": "same"}}]}

    assert desk(body).status_code == 400
    assert len(google.files) == before
