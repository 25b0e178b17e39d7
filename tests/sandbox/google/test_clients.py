"""Whole ways through the pretend Google with the libraries that programs use, nothing of them patched."""

from __future__ import annotations

import time
from collections.abc import Callable

import gspread
import pytest
import requests
from flask import Flask
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import AuthorizedSession, Request
from google.oauth2 import service_account
from google.oauth2.credentials import Credentials

from sandbox.google import scopes
from sandbox.google.accounts import ALEX, DEMO, DEMO_ROBOT
from sandbox.google.app import Google, create_app
from sandbox.google.files import File
from tests.sandbox.google import schemas
from tests.sandbox.google.conftest import Browser, Clock, carried

TOKEN = "https://oauth2.googleapis.com/token"


@pytest.fixture
def sheet(google: Google) -> File:
    return google.files.new_spreadsheet(ALEX, "Deals")


@pytest.fixture
def client(google_app: Flask, google: Google, moments: Clock) -> gspread.Client:
    """Signed in as Alex with a refresh token, which google-auth uses when it must."""
    given = google.sign_in(ALEX.email, scopes.SPREADSHEETS)
    credentials = Credentials(
        given.access,
        refresh_token=given.refresh,
        token_uri=TOKEN,
        client_id=DEMO.client_id,
        client_secret=DEMO.client_secret,
    )
    return gspread.Client(auth=None, session=authorized(credentials, google_app, moments))


def authorized(credentials: object, app: Flask, clock: Clock) -> AuthorizedSession:
    inner = Request(carried(requests.Session(), app, clock))
    return carried(AuthorizedSession(credentials, auth_request=inner), app, clock)  # type: ignore[no-any-return]


def test_an_access_token_that_ended_is_renewed_on_the_way(client: gspread.Client, google: Google, sheet: File) -> None:
    google.tokens.expire_access()

    assert client.open_by_key(sheet.id).title == "Deals"
    assert [(call.path.rpartition("/")[2], call.status) for call in google.journal.calls] == [
        (sheet.id, 401),
        ("token", 200),
        (sheet.id, 200),
    ]


def test_one_401_on_demand_is_overcome(client: gspread.Client, google: Google, sheet: File) -> None:
    google.faults.add("unauthorized", path="/v4/", count=1)

    assert client.open_by_key(sheet.id).title == "Deals"


def test_a_revoked_grant_ends_the_work(client: gspread.Client, google: Google, sheet: File) -> None:
    google.tokens.withdraw(DEMO.client_id, ALEX.email)

    with pytest.raises(RefreshError, match=r"invalid_grant: Token has been expired or revoked\."):
        client.open_by_key(sheet.id)


def test_a_service_account_writes_where_it_was_invited(
    google_app: Flask, google: Google, moments: Clock, sheet: File
) -> None:
    credentials = service_account.Credentials.from_service_account_info(
        DEMO_ROBOT.key_file(), scopes=[scopes.SPREADSHEETS]
    )
    client = gspread.Client(auth=None, session=authorized(credentials, google_app, moments))
    with pytest.raises(PermissionError):
        client.open_by_key(sheet.id)

    google.files.share(sheet, DEMO_ROBOT.email, "writer")

    client.open_by_key(sheet.id).sheet1.update([["a", 1]], "A1")
    assert sheet.book
    assert sheet.book.tabs[0].block(0, 0, 1, 2) == [["a", 1]]


def test_an_app_makes_its_own_spreadsheet_and_goes_on_with_it(google: Google, browser: Browser) -> None:
    token = google.sign_in(ALEX.email, scopes.DRIVE_FILE).access
    root = "https://sheets.googleapis.com/v4/spreadsheets"

    made = browser.call("POST", root, token, json={"properties": {"title": "Own"}}).json()

    assert made["properties"]["timeZone"] == ALEX.time_zone
    assert browser.call("GET", f"{root}/{made['spreadsheetId']}", token).status_code == 200
    assert google.files.given == [(DEMO.client_id, ALEX.email, made["spreadsheetId"])]


def test_a_service_account_cannot_make_one(google: Google, browser: Browser) -> None:
    token = google.sign_in_robot(DEMO_ROBOT, scopes.SPREADSHEETS).access

    answer = browser.call("POST", "https://sheets.googleapis.com/v4/spreadsheets", token, json={})

    assert (answer.status_code, answer.json()["error"]["message"]) == (403, "The caller does not have permission")


def test_what_is_told_of_people_and_tokens_has_the_documented_shape(google: Google, browser: Browser) -> None:
    token = google.sign_in(ALEX.email, "openid", scopes.EMAIL, scopes.PROFILE).access
    root = "https://www.googleapis.com/oauth2/v2"

    who = browser.call("GET", f"{root}/userinfo", token).json()
    worth = browser.call("GET", f"{root}/tokeninfo", params={"access_token": token}).json()

    assert schemas.check("Userinfo", who, api="oauth2.v2")["email"] == ALEX.email
    assert schemas.check("Tokeninfo", worth, api="oauth2.v2")["audience"] == DEMO.client_id


def test_a_lost_request_is_carried_out_by_itself_after_a_moment() -> None:
    app = create_app()
    google: Google = app.extensions["google"]
    file, token = google.files.new_spreadsheet(ALEX, "Deals"), google.sign_in(ALEX.email, scopes.SPREADSHEETS).access
    browser = Browser(app, Clock())
    google.faults.add("late", count=1, seconds=0.05)

    with pytest.raises(requests.ConnectionError):
        browser.call(
            "PUT",
            f"https://sheets.googleapis.com/v4/spreadsheets/{file.id}/values/A1?valueInputOption=RAW",
            token,
            json={"values": [["late"]]},
        )

    assert file.book
    tab = file.book.tabs[0]
    wait_for(lambda: tab.value(0, 0) == "late")


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)
