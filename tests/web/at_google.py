"""What somebody does at Google's pages between ours, and how accounts come about without them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from werkzeug.test import TestResponse

from importers.model import Actor, Connection
from importers.secret import Secret
from importers.services import Services
from sandbox.google.accounts import ALEX, API_KEY, PROJECT_NUMBER, Person
from sandbox.google.app import Google
from tests.google import APP, ASKED, BACK, VERIFIER, a_code
from tests.web.browser import Browser

NEW = "/connections/google/new"
BEGIN = "/connections/google"
CALLBACK = "/connections/google/callback"
APP_SETTINGS: Mapping[str, Any] = {
    **APP,
    "google_api_key": Secret(API_KEY),
    "google_project_number": PROJECT_NUMBER,
}


def consent_url(browser: Browser, path: str = NEW, **more: str) -> str:
    """Where the Connect button leads."""
    form = browser.open(path).form(action=BEGIN)
    answer = browser.client.post(form.action, data={**form.fields(), **more})
    assert answer.status_code == 303
    return answer.headers["Location"]


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def come_back(browser: Browser, **query: str) -> TestResponse:
    return browser.client.get(CALLBACK, query_string=query)


def allow(
    browser: Browser,
    google: Google,
    *,
    path: str = NEW,
    person: Person = ALEX,
    granted: tuple[str, ...] = ASKED,
    **more: str,
) -> TestResponse:
    """Press Connect, then Allow."""
    url = consent_url(browser, path, **more)
    code = a_code(google, url, person=person, granted=granted).reveal()
    return come_back(browser, code=code, state=query_of(url)["state"])


def connected(services: Services, google: Google, actor: Actor, person: Person = ALEX) -> Connection:
    """By consent, without the pages."""
    url = services.google.consent_url(actor, redirect_uri=BACK, state="s", verifier=VERIFIER)
    code = a_code(google, url, person=person)
    return services.google.link_by_consent(actor, code, redirect_uri=BACK, verifier=VERIFIER)
