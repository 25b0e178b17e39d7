"""Drive as gspread and Google's own client use it; every answer held against the discovery document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import googleapiclient.discovery
import gspread
import httplib2
import pytest
import requests
from flask import Flask
from googleapiclient.errors import HttpError

from sandbox.google import scopes
from sandbox.google.accounts import ALEX, API_KEY, DEMO, DEMO_ROBOT, DRIVE, LENA, PROJECT_NUMBER, SAM
from sandbox.google.app import Google
from sandbox.google.files import FOLDER, SPREADSHEET, File, root_of
from tests.sandbox.google import schemas
from tests.sandbox.google.conftest import Browser

FILES = "https://www.googleapis.com/drive/v3/files"
SignIn = Callable[..., gspread.Client]


class Caller:
    """Calls Drive as somebody, and checks the shape of what it says."""

    def __init__(self, browser: Browser, token: str) -> None:
        self._browser, self._token = browser, token

    def __call__(self, method: str, path: str = "", **more: Any) -> requests.Response:
        return self._browser.call(method, FILES + path, self._token, **more)

    def told(self, schema: str, method: str, path: str = "", **more: Any) -> Any:
        answer = self(method, path, **more)
        assert answer.status_code == 200, answer.text
        return schemas.check(schema, answer.json(), api=schemas.DRIVE)

    def names(self, q: str = "", **more: Any) -> list[str]:
        told = self.told("FileList", "GET", params={"q": q, "orderBy": "name", **more})
        return [file["name"] for file in told["files"]]


@pytest.fixture
def drive_of(browser: Browser, google: Google) -> Callable[..., Caller]:
    return lambda email, *wanted: Caller(browser, google.sign_in(email, *(wanted or (scopes.DRIVE,))).access)


@pytest.fixture
def alexs(drive_of: Callable[..., Caller]) -> Caller:
    return drive_of(ALEX.email)


@pytest.fixture
def sheet(google: Google) -> File:
    return google.files.new_spreadsheet(ALEX, "Deals 2026")


def refusal(answer: requests.Response) -> tuple[int, str, str]:
    error = answer.json()["error"]
    assert error["code"] == answer.status_code
    return answer.status_code, error["errors"][0]["reason"], error["message"]


# gspread ----------------------------------------------------------------------------------


def test_gspread_makes_finds_and_removes_spreadsheets(gspread_of: SignIn) -> None:
    client = gspread_of(ALEX.email)

    made = client.create("Pipeline")

    assert (made.title, made.sheet1.title, made.locale, made.timezone) == (
        "Pipeline", "Sheet1", "en_US", "America/New_York",
    )  # fmt: skip
    assert client.open("Pipeline").id == made.id
    assert [each["name"] for each in client.list_spreadsheet_files()] == ["Pipeline"]
    assert made.get_lastUpdateTime()
    client.del_spreadsheet(made.id)
    with pytest.raises(gspread.SpreadsheetNotFound):
        client.open_by_key(made.id)


def test_a_new_spreadsheet_speaks_the_language_of_its_owner(gspread_of: SignIn) -> None:
    made = gspread_of(LENA.email).create("Geschäfte")

    assert (made.sheet1.title, made.locale, made.timezone) == ("Tabellenblatt1", "de_DE", "Europe/Berlin")


def test_gspread_finds_what_lies_in_a_folder(gspread_of: SignIn, google: Google) -> None:
    folder = google.files.new_folder(ALEX, "Sales")
    client = gspread_of(ALEX.email)
    inside = client.create("Inside", folder_id=folder.id)
    client.create("Outside")

    assert [each["id"] for each in client.list_spreadsheet_files(folder_id=folder.id)] == [inside.id]


def test_gspread_copies_with_comments(gspread_of: SignIn, alexs: Caller, sheet: File) -> None:
    alexs("POST", f"/{sheet.id}/comments", params={"fields": "id"}, json={"content": "Nice", "anchor": "a1"})
    assert sheet.book
    sheet.book.tabs[0].set_value(0, 0, "kept")

    copy = gspread_of(ALEX.email).copy(sheet.id, title="Another", copy_comments=True)

    assert (copy.title, copy.sheet1.acell("A1").value) == ("Another", "kept")
    comments = alexs("GET", f"/{copy.id}/comments", params={"fields": "comments/content,comments/anchor"}).json()
    assert comments == {"comments": [{"content": "Nice", "anchor": "a1"}]}


def test_a_copy_without_a_name_says_that_it_is_one(alexs: Caller, sheet: File) -> None:
    assert alexs.told("File", "POST", f"/{sheet.id}/copy", json={"name": None})["name"] == "Copy of Deals 2026"


def test_gspread_shares_lists_and_takes_back(gspread_of: SignIn, google: Google, sheet: File) -> None:
    book = gspread_of(ALEX.email).open_by_key(sheet.id)

    book.share(SAM.email, perm_type="user", role="reader", notify=False)

    assert {(each["emailAddress"], each["role"]) for each in book.list_permissions()} == {
        (ALEX.email, "owner"), (SAM.email, "reader"),
    }  # fmt: skip
    assert gspread_of(SAM.email).open_by_key(sheet.id).title == "Deals 2026"
    book.remove_permissions(SAM.email)
    assert google.files.role(sheet, SAM.email) == ""


def test_gspread_exports_and_imports_csv(gspread_of: SignIn, google: Google, sheet: File) -> None:
    client = gspread_of(ALEX.email)
    book = client.open_by_key(sheet.id)
    book.add_worksheet("Extra", 10, 10)

    client.import_csv(sheet.id, 'Name,Value\r\n"A, B",1200\r\nÉtienne,2026-09-05')

    assert book.worksheets()[0].get_all_values() == [["Name", "Value"], ["A, B", "1200"], ["Étienne", "2026-09-05"]]
    assert len(book.worksheets()) == 1
    assert (
        client.export(sheet.id, gspread.utils.ExportFormat.CSV).decode()
        == 'Name,Value\r\n"A, B",1200\r\nÉtienne,2026-09-05'
    )
    assert sheet.book
    assert sheet.book.tabs[0].value(1, 1) == 1200


def test_a_rename_shows_on_both_sides(gspread_of: SignIn, alexs: Caller, sheet: File) -> None:
    assert alexs.told("File", "PATCH", f"/{sheet.id}", json={"name": "Renamed"})["name"] == "Renamed"

    book = gspread_of(ALEX.email).open_by_key(sheet.id)
    assert book.title == "Renamed"
    book.update_title("Once more")
    assert alexs.told("File", "GET", f"/{sheet.id}")["name"] == "Once more"


# Google's own client ----------------------------------------------------------------------


class Bridge(httplib2.Http):  # type: ignore[misc] # it comes without types
    """What googleapiclient takes for a network."""

    def __init__(self, browser: Browser, token: str) -> None:
        super().__init__()
        self._browser, self._token = browser, token

    def request(
        self, uri: str, method: str = "GET", body: Any = None, headers: Any = None, **_: Any
    ) -> tuple[httplib2.Response, bytes]:
        answer = self._browser.call(method, uri, self._token, data=body, headers=headers or {})
        return httplib2.Response({"status": answer.status_code, **answer.headers}), answer.content


def test_googles_client_pages_through_files(browser: Browser, google: Google) -> None:
    for number in range(5):
        google.files.new_spreadsheet(ALEX, f"Sheet {number}")
    http = Bridge(browser, google.sign_in(ALEX.email, scopes.DRIVE_READONLY).access)
    drive = googleapiclient.discovery.build("drive", "v3", http=http, static_discovery=True)

    names, asked = [], drive.files().list(pageSize=2, orderBy="name", fields="nextPageToken,files(name)")
    while asked is not None:
        told = asked.execute()
        names += [file["name"] for file in told["files"]]
        asked = drive.files().list_next(asked, told)

    assert names == [f"Sheet {number}" for number in range(5)]
    with pytest.raises(HttpError, match="insufficient authentication scopes"):
        drive.files().create(body={"name": "x"}).execute()


# looking for files ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("", ["Ann's plan", "Deals 2025", "Deals 2026", "Sales"]),
        ("name = 'Deals 2026'", ["Deals 2026"]),
        ("name != 'Deals 2026' and mimeType = 'application/vnd.google-apps.spreadsheet'", ["Ann's plan", "Deals 2025"]),
        ("name contains 'deal'", ["Deals 2025", "Deals 2026"]),
        ("name contains '2026'", ["Deals 2026"]),
        ("name contains 'eals'", []),
        (r"name = 'Ann\'s plan'", ["Ann's plan"]),
        ('name = "Ann\'s plan"', ["Ann's plan"]),
        ("trashed = true", ["Deals 2025"]),
        ("trashed=false", ["Ann's plan", "Deals 2026", "Sales"]),
        ("not trashed = true and not name contains 'deals'", ["Ann's plan", "Sales"]),
        ("name contains 'deals' and (trashed = true or name = 'Sales')", ["Deals 2025"]),
        (f"mimeType='{FOLDER}' or name contains 'ann'", ["Ann's plan", "Sales"]),
        ("'root' in parents", ["Deals 2025", "Deals 2026", "Sales"]),
        ("sharedWithMe", ["Ann's plan"]),
        ("sharedWithMe = false", ["Deals 2025", "Deals 2026", "Sales"]),
        (f"'{SAM.email}' in owners", ["Ann's plan"]),
        (f"'{ALEX.email}' in writers", ["Deals 2025", "Deals 2026", "Sales"]),
        ("modifiedTime > '2020-01-01T00:00:00'", ["Ann's plan", "Deals 2025", "Deals 2026", "Sales"]),
        ("createdTime < '2020-01-01T00:00:00Z'", []),
    ],
)
def test_what_is_found(alexs: Caller, google: Google, sheet: File, q: str, found: list[str]) -> None:
    google.files.new_spreadsheet(ALEX, "Deals 2025").is_trashed = True
    google.files.new_folder(ALEX, "Sales")
    google.files.share(google.files.new_spreadsheet(SAM, "Ann's plan"), ALEX.email, "reader")
    google.files.new_spreadsheet(SAM, "Secret")

    assert alexs.names(q) == found


@pytest.mark.parametrize(
    "q",
    [
        "name",
        "name =",
        "name ~ 'x'",
        "colour = 'red'",
        "(name = 'x'",
        "name = 'x' name = 'y'",
        "trashed = 'true'",
        "x in y",
    ],
)
def test_a_query_that_cannot_be_read_is_refused(alexs: Caller, q: str) -> None:
    answer = alexs("GET", params={"q": q})

    assert refusal(answer) == (400, "invalid", "Invalid Value")
    assert answer.json()["error"]["errors"][0]["location"] == "q"


def test_fields_choose_what_is_told(alexs: Caller, sheet: File) -> None:
    told = alexs.told("FileList", "GET", params={"fields": "kind,nextPageToken,files(id,owners/emailAddress)"})

    assert told == {"kind": "drive#fileList", "files": [{"id": sheet.id, "owners": [{"emailAddress": ALEX.email}]}]}
    assert refusal(alexs("GET", params={"fields": "files(colour)"})) == (
        400, "invalidParameter", "Invalid field selection colour",
    )  # fmt: skip
    everything = alexs.told("File", "GET", f"/{sheet.id}", params={"fields": "*"})
    assert everything["parents"] == [root_of(ALEX)]
    assert everything["webViewLink"] == f"https://docs.google.com/spreadsheets/d/{sheet.id}/edit?usp=drivesdk"


@pytest.mark.parametrize(
    ("name", "value"), [("pageSize", "0"), ("pageSize", "1001"), ("pageToken", "x"), ("orderBy", "x")]
)
def test_bad_parameters_are_named(alexs: Caller, name: str, value: str) -> None:
    answer = alexs("GET", params={name: value})

    assert (answer.status_code, answer.json()["error"]["errors"][0]["location"]) == (400, name)


# what an app may --------------------------------------------------------------------------


def test_an_app_with_drive_file_sees_what_it_made_and_what_was_picked(
    drive_of: Callable[..., Caller], google: Google, sheet: File
) -> None:
    drive = drive_of(ALEX.email, scopes.DRIVE_FILE)
    drive("POST", json={"name": "Own", "mimeType": SPREADSHEET})
    assert drive.names() == ["Own"]
    assert refusal(drive("GET", f"/{sheet.id}")) == (404, "notFound", f"File not found: {sheet.id}.")

    google.files.give(sheet, DEMO.client_id, ALEX.email)

    assert drive.names() == ["Deals 2026", "Own"]
    assert drive("PATCH", f"/{sheet.id}", json={"name": "x"}).status_code == 200


def test_what_one_user_picked_is_not_given_to_another(
    drive_of: Callable[..., Caller], google: Google, sheet: File
) -> None:
    google.files.share(sheet, SAM.email, "writer")
    google.files.give(sheet, DEMO.client_id, ALEX.email)

    assert drive_of(SAM.email, scopes.DRIVE_FILE).names() == []


def test_an_app_that_may_read_everything_writes_only_what_it_was_given(
    drive_of: Callable[..., Caller], sheet: File
) -> None:
    drive = drive_of(ALEX.email, scopes.DRIVE_READONLY, scopes.DRIVE_FILE)

    assert refusal(drive("PATCH", f"/{sheet.id}", json={"name": "x"}))[:2] == (403, "appNotAuthorizedToFile")


def test_without_a_scope_of_drive_nothing_is_told(drive_of: Callable[..., Caller]) -> None:
    assert refusal(drive_of(ALEX.email, scopes.SPREADSHEETS)("GET")) == (
        403, "insufficientPermissions", "Request had insufficient authentication scopes.",
    )  # fmt: skip


def test_a_bad_token_is_refused_in_drives_words(browser: Browser) -> None:
    assert refusal(browser.call("GET", FILES, "nonsense")) == (401, "authError", "Invalid Credentials")


def test_an_api_that_is_off_says_where_to_switch_it_on(alexs: Caller, google: Google) -> None:
    google.accounts.projects[PROJECT_NUMBER].apis.discard(DRIVE)

    status, reason, message = refusal(alexs("GET"))

    assert (status, reason) == (403, "accessNotConfigured")
    assert f"Google Drive API has not been used in project {PROJECT_NUMBER}" in message
    google.accounts.projects[PROJECT_NUMBER].apis.add(DRIVE)


# roles ------------------------------------------------------------------------------------


def test_readers_read_and_writers_write_but_only_owners_remove(
    drive_of: Callable[..., Caller], google: Google, sheet: File
) -> None:
    sams = drive_of(SAM.email)
    assert refusal(sams("GET", f"/{sheet.id}"))[:2] == (404, "notFound")

    google.files.share(sheet, SAM.email, "reader")
    assert sams("GET", f"/{sheet.id}").status_code == 200
    assert refusal(sams("PATCH", f"/{sheet.id}", json={"name": "x"}))[:2] == (403, "insufficientFilePermissions")
    assert refusal(sams("GET", f"/{sheet.id}/permissions"))[:2] == (403, "insufficientFilePermissions")

    google.files.share(sheet, SAM.email, "writer")
    assert sams("PATCH", f"/{sheet.id}", json={"name": "x"}).status_code == 200
    assert refusal(sams("PATCH", f"/{sheet.id}", json={"trashed": True}))[:2] == (403, "insufficientFilePermissions")
    assert refusal(sams("DELETE", f"/{sheet.id}"))[:2] == (403, "insufficientFilePermissions")


def test_what_lies_in_a_shared_folder_is_shared(drive_of: Callable[..., Caller], google: Google) -> None:
    folder = google.files.new_folder(ALEX, "Sales")
    google.files.new_spreadsheet(ALEX, "Inside", parents=[folder.id])
    google.files.share(folder, SAM.email, "writer")

    assert drive_of(SAM.email).names(f"mimeType = '{SPREADSHEET}'") == ["Inside"]


def test_a_domain_and_everybody_can_be_shared_with(drive_of: Callable[..., Caller], alexs: Caller, sheet: File) -> None:
    made = alexs.told("Permission", "POST", f"/{sheet.id}/permissions", json={
        "type": "domain", "role": "reader", "domain": "northwind.example", "withLink": None,
    })  # fmt: skip
    assert drive_of(SAM.email).names() == ["Deals 2026"]
    assert alexs("DELETE", f"/{sheet.id}/permissions/{made['id']}").status_code == 204

    alexs("POST", f"/{sheet.id}/permissions", json={"type": "anyone", "role": "reader"})

    assert drive_of(LENA.email)("GET", f"/{sheet.id}").status_code == 200
    assert drive_of(LENA.email).names() == []


def test_an_api_key_opens_what_everybody_may_see(browser: Browser, google: Google, sheet: File) -> None:
    url = f"https://sheets.googleapis.com/v4/spreadsheets/{sheet.id}"
    assert browser.call("GET", url, params={"key": API_KEY}).status_code == 403
    google.files.share(sheet, "", "reader", kind="anyone")

    assert browser.call("GET", url, params={"key": API_KEY}).json()["properties"]["title"] == "Deals 2026"
    assert browser.call("GET", url, params={"key": "AIza-wrong"}).status_code == 400
    assert "unregistered callers" in browser.call("GET", url).json()["error"]["message"]


def test_the_owner_hands_a_file_over_within_the_company(alexs: Caller, google: Google, sheet: File) -> None:
    body = {"type": "user", "role": "owner", "emailAddress": SAM.email}
    assert refusal(alexs("POST", f"/{sheet.id}/permissions", json=body))[1] == "forbidden"

    alexs("POST", f"/{sheet.id}/permissions", params={"transferOwnership": "true"}, json=body)

    assert (sheet.owner, google.files.role(sheet, ALEX.email)) == (SAM.email, "writer")


def test_a_service_account_owns_nothing_and_works_on_what_is_shared_with_it(
    browser: Browser, google: Google, sheet: File
) -> None:
    drive = Caller(browser, google.sign_in_robot(DEMO_ROBOT, scopes.DRIVE).access)
    assert refusal(drive("POST", json={"name": "x", "mimeType": SPREADSHEET}))[:2] == (403, "storageQuotaExceeded")
    assert refusal(drive("GET", f"/{sheet.id}"))[1] == "notFound"

    google.files.share(sheet, DEMO_ROBOT.email, "writer")

    assert drive.names() == ["Deals 2026"]
    about = browser.call(
        "GET", "https://www.googleapis.com/drive/v3/about", drive._token, params={"fields": "*"}
    ).json()
    assert schemas.check("About", about, api=schemas.DRIVE)["storageQuota"]["limit"] == "0"


def test_what_is_not_imitated_says_so(browser: Browser, alexs: Caller, google: Google, sheet: File) -> None:
    answer = browser.call(
        "POST", "https://www.googleapis.com/upload/drive/v3/files?uploadType=resumable", alexs._token, json={}
    )
    assert refusal(answer)[:2] == (501, "notImplemented")
    pdf = alexs("GET", f"/{sheet.id}/export", params={"mimeType": "application/pdf"})
    assert refusal(pdf) == (400, "badRequest", "The requested conversion is not supported.")


def test_nothing_below_drive_is_html_but_unknown_paths(google_app: Flask, browser: Browser, alexs: Caller) -> None:
    answer = browser.call("GET", "https://www.googleapis.com/drive/v3/nonsense", alexs._token)

    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=UTF-8")
