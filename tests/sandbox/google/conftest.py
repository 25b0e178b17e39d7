"""The pretend Google in process, with a clock that stands still, and real clients that talk to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gspread
import pytest
import requests
from flask import Flask
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.credentials import Credentials

from sandbox.adapters import WSGIAdapter
from sandbox.google import scopes
from sandbox.google.accounts import ALEX
from sandbox.google.app import Google, create_app
from tests.sandbox.google.sheets import Sheet


class Clock:
    """Seconds since 1970, that move when told to."""

    def __init__(self) -> None:
        self.seconds = 1_764_000_000.0

    def __call__(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture
def moments() -> Clock:
    return Clock()


@pytest.fixture
def google_app(moments: Clock) -> Flask:
    return create_app(now=moments)


@pytest.fixture
def google(google_app: Flask) -> Iterator[Google]:
    held: Google = google_app.extensions["google"]
    yield held
    held.late.drop()


class Browser:
    """A session whose every call, whatever the host, arrives at the pretend Google."""

    def __init__(self, app: Flask, clock: Clock) -> None:
        self.session = carried(requests.Session(), app, clock)

    def call(self, method: str, url: str, token: str = "", **more: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.session.request(method, url, headers=headers | more.pop("headers", {}), **more)


def carried(session: requests.Session, app: Flask, clock: Clock) -> Any:
    session.trust_env = False
    for scheme in ("https://", "http://"):
        session.mount(scheme, WSGIAdapter(app, on_wait=clock.sleep))
    return session


@pytest.fixture
def browser(google_app: Flask, moments: Clock) -> Browser:
    return Browser(google_app, moments)


@pytest.fixture
def gspread_of(google_app: Flask, google: Google, moments: Clock) -> Callable[..., gspread.Client]:
    """A real gspread, signed in as somebody with some scopes; without any, with those of drive."""

    def sign_in(email: str, *wanted: str) -> gspread.Client:
        session = AuthorizedSession(Credentials(google.sign_in(email, *(wanted or (scopes.DRIVE,))).access))
        return gspread.Client(auth=None, session=carried(session, google_app, moments))

    return sign_in


@pytest.fixture
def deals(browser: Browser, google: Google) -> Sheet:
    """Alex's spreadsheet with a tab of 1000 x 26, called through the Sheets API."""
    made = google.files.new_spreadsheet(ALEX, "Deals")
    return Sheet(browser, google.sign_in(ALEX.email, scopes.SPREADSHEETS).access, made.id)
