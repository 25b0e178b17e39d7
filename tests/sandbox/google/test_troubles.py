"""Trouble on demand at the pretend Google, above all with answers that get lost."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from sandbox.google import scopes
from sandbox.google.accounts import ALEX, DEMO, PROJECT_NUMBER
from sandbox.google.app import Google, create_app
from sandbox.google.files import File
from sandbox.google.troubles import KINDS
from tests.sandbox.google.conftest import Browser, Clock

SHEETS = "https://sheets.googleapis.com/v4/spreadsheets"
BATCH = "/v4/spreadsheets/*:batchUpdate"


class Sheet:
    """A spreadsheet that tabs are added to and counted."""

    def __init__(self, browser: Browser, google: Google) -> None:
        self.file: File = google.files.new_spreadsheet(ALEX, "Deals")
        self._token = google.sign_in(ALEX.email, scopes.SPREADSHEETS).access
        self._browser = browser
        self.url = f"{SHEETS}/{self.file.id}"

    def add_tab(self, title: str, **more: Any) -> requests.Response:
        body = {"requests": [{"addSheet": {"properties": {"title": title}}}]}
        return self._browser.call("POST", f"{self.url}:batchUpdate", self._token, json=body, **more)

    def read(self, **more: Any) -> requests.Response:
        return self._browser.call("GET", self.url, self._token, **more)

    @property
    def tabs(self) -> list[str]:
        assert self.file.book
        return [tab.title for tab in self.file.book.tabs]


@pytest.fixture
def sheet(browser: Browser, google: Google) -> Sheet:
    return Sheet(browser, google)


def test_a_connection_cut_before_leaves_everything_as_it_was(sheet: Sheet, google: Google) -> None:
    google.faults.add("cut", path=BATCH, count=1)

    with pytest.raises(requests.ConnectionError):
        sheet.add_tab("A")

    assert sheet.tabs == ["Sheet1"]
    assert sheet.add_tab("A").status_code == 200


def test_a_connection_cut_after_hides_that_it_was_done(sheet: Sheet, google: Google) -> None:
    google.faults.add("cut_after", path=BATCH, count=1)

    with pytest.raises(requests.ConnectionError):
        sheet.add_tab("A")

    assert sheet.tabs == ["Sheet1", "A"]
    assert "already exists" in sheet.add_tab("A").json()["error"]["message"]


def test_a_lost_request_is_carried_out_after_others(sheet: Sheet, google: Google) -> None:
    google.faults.add("late", path=BATCH, count=1, requests=2)

    with pytest.raises(requests.ConnectionError):
        sheet.add_tab("late")
    assert (sheet.tabs, len(google.late)) == (["Sheet1"], 1)
    sheet.add_tab("first")
    assert sheet.tabs == ["Sheet1", "first"]
    sheet.read()

    assert (sheet.tabs, len(google.late)) == (["Sheet1", "first", "late"], 0)


def test_a_repeated_request_meets_the_late_one(sheet: Sheet, google: Google) -> None:
    google.faults.add("late", path=BATCH, count=1, requests=1)

    with pytest.raises(requests.ConnectionError):
        sheet.add_tab("A")
    assert sheet.add_tab("A").status_code == 200  # the repetition came first, the late one is refused in silence

    assert sheet.tabs == ["Sheet1", "A"]
    assert [(call.status, call.fault) for call in google.journal.calls if call.method == "POST"] == [
        (0, "late"),
        (200, None),
        (400, "carried_out_late"),
    ]


def test_a_lost_request_is_carried_out_after_a_while(sheet: Sheet, google: Google, moments: Clock) -> None:
    google.faults.add("late", path=BATCH, count=1, seconds=30)
    with pytest.raises(requests.ConnectionError):
        sheet.add_tab("late")

    moments.sleep(29)
    sheet.read()
    assert sheet.tabs == ["Sheet1"]
    moments.sleep(1)
    sheet.read()

    assert sheet.tabs == ["Sheet1", "late"]


def test_what_is_held_can_be_brought_about(sheet: Sheet, google: Google) -> None:
    google.faults.add("late", path=BATCH, count=2, requests=99)
    for title in ("A", "B"):
        with pytest.raises(requests.ConnectionError):
            sheet.add_tab(title)

    assert google.late.all() == 2
    assert sheet.tabs == ["Sheet1", "A", "B"]


def test_a_late_request_counts_when_it_arrives(sheet: Sheet, google: Google) -> None:
    google.faults.add("late", path=BATCH, count=1, requests=99)
    with pytest.raises(requests.ConnectionError):
        sheet.add_tab("A")
    assert google.quota.tally("write", PROJECT_NUMBER).admitted == 1

    google.late.all()

    assert google.quota.tally("write", PROJECT_NUMBER).admitted == 1


@pytest.mark.parametrize(
    ("kind", "more", "status", "word"),
    [
        ("rate_limit", {}, 429, "per minute per user"),
        ("rate_limit", {"scope": "project"}, 429, "per minute' of"),
        ("server_error", {}, 500, "Internal error encountered."),
        ("server_error", {"status": 503}, 503, "The service is currently unavailable."),
        ("missing_scope", {}, 403, "insufficient authentication scopes"),
        ("api_disabled", {}, 403, f"has not been used in project {PROJECT_NUMBER}"),
        ("file_gone", {}, 404, "Requested entity was not found."),
        ("forbidden", {}, 403, "The caller does not have permission"),
        ("protected", {}, 400, "You are trying to edit a protected cell or object."),
        ("unauthorized", {}, 401, "Request had invalid authentication credentials."),
    ],
)
def test_refusals_on_demand_are_worded_as_sheets_words_them(
    sheet: Sheet, google: Google, kind: str, more: dict[str, Any], status: int, word: str
) -> None:
    google.faults.add(kind, count=1, **more)

    answer = sheet.add_tab("A")

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, status)
    assert word in answer.json()["error"]["message"]
    assert sheet.tabs == ["Sheet1"]
    assert sheet.add_tab("A").status_code == 200


@pytest.mark.parametrize(
    ("kind", "more", "status", "reason"),
    [
        ("rate_limit", {}, 403, "userRateLimitExceeded"),
        ("rate_limit", {"scope": "project"}, 403, "rateLimitExceeded"),
        ("server_error", {}, 500, "internalError"),
        ("server_error", {"status": 503}, 503, "backendError"),
        ("missing_scope", {}, 403, "insufficientPermissions"),
        ("api_disabled", {}, 403, "accessNotConfigured"),
        ("file_gone", {}, 404, "notFound"),
        ("forbidden", {}, 403, "insufficientFilePermissions"),
        ("unauthorized", {}, 401, "authError"),
    ],
)
def test_refusals_on_demand_are_worded_as_drive_words_them(
    browser: Browser, google: Google, kind: str, more: dict[str, Any], status: int, reason: str
) -> None:
    google.faults.add(kind, count=1, **more)
    token = google.sign_in(ALEX.email, scopes.DRIVE).access

    answer = browser.call("GET", "https://www.googleapis.com/drive/v3/files", token)

    assert (answer.status_code, answer.json()["error"]["errors"][0]["reason"]) == (status, reason)


def test_a_gateway_speaks_html(sheet: Sheet, google: Google) -> None:
    google.faults.add("server_error", status=502, count=1)

    answer = sheet.read()

    assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html; charset=UTF-8")
    assert "That’s an error" in answer.text


def test_slowness_costs_time_and_a_timeout_does_not_undo(sheet: Sheet, google: Google, moments: Clock) -> None:
    began = moments.seconds
    google.faults.add("slow", seconds=90, count=2)
    assert sheet.read().status_code == 200
    assert moments.seconds - began == 90

    with pytest.raises(requests.ReadTimeout):
        sheet.add_tab("A", timeout=10)

    assert sheet.tabs == ["Sheet1", "A"]


@pytest.mark.parametrize("kind", ["truncate", "broken_json"])
def test_answers_arrive_in_pieces_or_broken(sheet: Sheet, google: Google, kind: str) -> None:
    google.faults.add(kind, count=1)

    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.exceptions.JSONDecodeError)):
        sheet.read().json()


def test_trouble_is_aimed_by_method_path_and_count(sheet: Sheet, google: Google) -> None:
    google.faults.add("server_error", method="POST", path=BATCH, after=1, count=1)

    codes = [sheet.read().status_code, *(sheet.add_tab(title).status_code for title in "ABC")]

    assert codes == [200, 200, 500, 200]


def test_the_journal_tells_kind_and_size_of_each_call(sheet: Sheet, google: Google) -> None:
    answers = [sheet.read(), sheet.add_tab("A")]

    calls = google.journal.calls

    assert [(call.method, call.host, call.status, call.kind, call.auth) for call in calls] == [
        ("GET", "sheets.googleapis.com", 200, "read", "bearer"),
        ("POST", "sheets.googleapis.com", 200, "write", "bearer"),
    ]
    assert [call.sent for call in calls] == [len(answer.content) for answer in answers]
    assert [call.received for call in calls] == [0, len(answers[1].request.body or b"")]


# access that changes ----------------------------------------------------------------------


def test_permission_that_is_withdrawn_is_missed_at_once(sheet: Sheet, google: Google, browser: Browser) -> None:
    google.files.share(sheet.file, "sam@northwind.example", "writer")
    token = google.sign_in("sam@northwind.example", scopes.SPREADSHEETS).access

    def codes() -> list[int]:
        return [
            browser.call("GET", sheet.url, token).status_code,
            browser.call("POST", f"{sheet.url}/values/A1:clear", token).status_code,
        ]

    assert codes() == [200, 200]
    google.files.share(sheet.file, "sam@northwind.example", "reader")
    assert codes() == [200, 403]
    google.files.unshare(sheet.file, "sam@northwind.example")
    assert codes() == [403, 403]
    google.files.delete(sheet.file)
    assert codes() == [404, 404]


def test_an_app_with_drive_file_finds_nothing_it_was_not_given(sheet: Sheet, google: Google, browser: Browser) -> None:
    token = google.sign_in(ALEX.email, scopes.DRIVE_FILE).access
    assert browser.call("GET", sheet.url, token).status_code == 404

    google.files.give(sheet.file, DEMO.client_id, ALEX.email)
    assert browser.call("GET", sheet.url, token).status_code == 200

    google.files.take_back(DEMO.client_id, ALEX.email, sheet.file.id)
    assert browser.call("GET", sheet.url, token).status_code == 404


def test_who_may_only_read_writes_nothing(sheet: Sheet, google: Google, browser: Browser) -> None:
    token = google.sign_in(ALEX.email, scopes.SPREADSHEETS_READONLY).access

    assert browser.call("GET", sheet.url, token).status_code == 200
    answer = browser.call("POST", f"{sheet.url}/values/A1:clear", token)
    assert answer.json()["error"]["details"][0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"


def test_scopes_can_shrink_while_tokens_live(sheet: Sheet, google: Google, browser: Browser) -> None:
    token = google.sign_in(ALEX.email, "openid", scopes.SPREADSHEETS).access
    assert browser.call("GET", sheet.url, token).status_code == 200

    google.tokens.narrow(DEMO.client_id, ALEX.email, ["openid"])

    assert browser.call("GET", sheet.url, token).status_code == 403


def test_only_the_owner_and_those_listed_write_where_it_is_protected(
    sheet: Sheet, google: Google, browser: Browser
) -> None:
    google.files.share(sheet.file, "sam@northwind.example", "writer")
    google.files.share(sheet.file, "jules@gmail.example", "writer")
    assert sheet.file.book
    tab = sheet.file.book.tabs[0]
    tab.protected_ranges = [
        {"protectedRangeId": 1, "range": {"endRowIndex": 1}, "editors": {"users": ["jules@gmail.example"]}}
    ]

    def cleared_by(email: str) -> int:
        token = google.sign_in(email, scopes.SPREADSHEETS).access
        return browser.call("POST", f"{sheet.url}/values/A1:clear", token).status_code

    assert cleared_by(ALEX.email) == 200
    assert cleared_by("jules@gmail.example") == 200
    assert cleared_by("sam@northwind.example") == 400


# knobs ------------------------------------------------------------------------------------


def test_every_answer_may_take_its_time(moments: Clock) -> None:
    app = create_app(latency=0.25, now=moments)
    began = moments.seconds

    Browser(app, moments).call("GET", "https://www.googleapis.com/oauth2/v1/certs")

    assert moments.seconds - began == 0.25


def test_every_kind_of_trouble_is_one_that_can_be_laid_out(google: Google) -> None:
    for kind in KINDS:
        google.faults.add(kind)

    assert [each["kind"] for each in google.faults.waiting()] == list(KINDS)
    with pytest.raises(ValueError, match="There is no fault"):
        google.faults.add("revoked")
