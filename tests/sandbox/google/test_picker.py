"""The pretend Google Picker in a real browser, on a page of another address that allows hardly anything."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask, Response
from playwright.sync_api import Browser, Page, Route
from werkzeug.serving import WSGIRequestHandler, make_server

from sandbox.google import scopes
from sandbox.google.accounts import ALEX, API_KEY, DEMO, PICKER, PROJECT_NUMBER, SAM
from sandbox.google.app import Google, create_app

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_SCRIPT = """
window.said = [];
document.querySelector("button").addEventListener("click", () => {
  gapi.load("picker", { callback: () => {
    const { token, key, appId, multiselect } = JSON.parse(document.body.dataset.given);
    const builder = new google.picker.PickerBuilder()
      .addView(new google.picker.DocsView(google.picker.ViewId.SPREADSHEETS).setMode(google.picker.DocsViewMode.LIST))
      .setOAuthToken(token).setDeveloperKey(key).setOrigin(location.origin).setTitle("Choose a spreadsheet")
      .setCallback((data) => window.said.push(data));
    if (appId) builder.setAppId(appId);
    if (multiselect) builder.enableFeature(google.picker.Feature.MULTISELECT_ENABLED);
    builder.build().setVisible(true);
  } });
});
"""


class _Quiet(WSGIRequestHandler):
    def log(self, *_: Any, **__: Any) -> None:
        """Nobody reads it."""


@contextmanager
def served(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()


@dataclass
class Place:
    """The pretend Google, and an app's page beside it that uses its picker."""

    google: Google
    url: str
    given: dict[str, Any]


@pytest.fixture
def place() -> Iterator[Place]:
    app = create_app()
    google: Google = app.extensions["google"]
    token = google.sign_in(ALEX.email, "openid", scopes.DRIVE_FILE).access
    given = {"token": token, "key": API_KEY, "appId": PROJECT_NUMBER}
    with served(app) as home, served(embedding(home, given)) as url:
        yield Place(google, url, given)


def embedding(home: str, given: dict[str, Any]) -> Flask:
    page = Flask("embedding")

    @page.get("/")
    def show() -> Response:
        body = f"""<!doctype html><title>An app</title><script src="{home}/js/api.js" defer></script>
        <script src="/app.js" defer></script><body data-given='{json.dumps(given)}'><button>Pick</button>"""
        policy = f"default-src 'none'; script-src 'self' {home}; frame-src {home}"
        return Response(body, headers={"Content-Security-Policy": policy}, content_type="text/html; charset=utf-8")

    @page.get("/app.js")
    def script() -> Response:
        return Response(_SCRIPT, content_type="text/javascript")

    return page


@pytest.fixture
def window(chrome: Browser) -> Iterator[Page]:
    page = chrome.new_page(viewport={"width": 900, "height": 640})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    page.close()
    assert [each for each in complaints if "favicon" not in each and "403" not in each] == []


def opened(window: Page, place: Place) -> Any:
    window.goto(place.url)
    window.get_by_role("button", name="Pick").click()
    return window.frame_locator("iframe.picker-frame")


def said(window: Page, action: str) -> Any:
    window.wait_for_function("(action) => window.said.some((each) => each.action === action)", arg=action)
    return next(each for each in window.evaluate("window.said") if each["action"] == action)


def test_what_is_picked_the_app_was_given(window: Page, place: Place) -> None:
    sheet = place.google.files.new_spreadsheet(ALEX, "Deals 2026")
    place.google.files.new_spreadsheet(SAM, "Somebody else’s")
    place.google.files.new_folder(ALEX, "A folder")

    frame = opened(window, place)
    assert frame.get_by_role("heading").inner_text() == "Choose a spreadsheet"
    assert frame.get_by_role("radio").count() == 1
    frame.get_by_label("Deals 2026").check()
    frame.get_by_role("button", name="Select").click()

    picked = said(window, "picked")
    [document] = picked["docs"]
    assert (document["id"], document["name"]) == (sheet.id, "Deals 2026")
    assert document["mimeType"] == "application/vnd.google-apps.spreadsheet"
    assert document["url"].startswith(f"https://docs.google.com/spreadsheets/d/{sheet.id}/edit")
    assert place.google.files.is_given(sheet, DEMO.client_id, ALEX.email)
    assert said(window, "loaded")
    assert window.locator("dialog").count() == 0


def test_without_the_projects_number_nothing_is_given(window: Page, place: Place) -> None:
    sheet = place.google.files.new_spreadsheet(ALEX, "Deals 2026")
    place.given.pop("appId")
    place.given["appId"] = ""

    frame = opened(window, place)
    frame.get_by_label("Deals 2026").check()
    frame.get_by_role("button", name="Select").click()

    assert said(window, "picked")["docs"][0]["id"] == sheet.id
    assert not place.google.files.is_given(sheet, DEMO.client_id, ALEX.email)


LIST = "**/picker/files?*"


def answer_the_first_last() -> Callable[[Route], None]:
    """Of two questions; the list of all files comes only after that of those looked for."""
    held: list[Route] = []

    def carry(route: Route) -> None:
        held.append(route)
        if len(held) == 2:
            route.fulfill(response=route.fetch())
            held[0].continue_()

    return carry


def test_files_are_searched_and_several_picked(window: Page, place: Place) -> None:
    for name in ("Deals 2025", "Deals 2026", "Persons"):
        place.google.files.new_spreadsheet(ALEX, name)
    place.given["multiselect"] = True

    window.route(LIST, answer_the_first_last())
    with window.expect_request(LIST):
        frame = opened(window, place)
    frame.get_by_label("Search").fill("deals")
    frame.get_by_role("checkbox").nth(1).wait_for()
    frame.get_by_text("Persons").wait_for(state="detached")
    for box in frame.get_by_role("checkbox").all():
        box.check()
    frame.get_by_role("button", name="Select").click()

    assert {each["name"] for each in said(window, "picked")["docs"]} == {"Deals 2025", "Deals 2026"}


@pytest.mark.parametrize("how", ["button", "key"])
def test_it_can_be_cancelled(window: Page, place: Place, how: str) -> None:
    frame = opened(window, place)
    frame.get_by_text("There is nothing here.").wait_for()

    if how == "button":
        frame.get_by_role("button", name="Cancel").click()
    else:
        window.keyboard.press("Escape")

    assert said(window, "cancel")
    assert window.locator("dialog").count() == 0


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"key": "AIza-wrong"}, "The API developer key is invalid."),
        ({"token": "ya29.old"}, "The OAuth token is missing or has expired."),
    ],
)
def test_what_is_wrong_is_said_in_the_frame(window: Page, place: Place, given: dict[str, str], words: str) -> None:
    place.given.update(given)

    opened(window, place).get_by_text(words).wait_for()


def test_the_api_of_the_picker_must_be_on(window: Page, place: Place) -> None:
    place.google.accounts.projects[PROJECT_NUMBER].apis.discard(PICKER)

    opened(window, place).get_by_text("Google Picker API has not been used in project").wait_for()


def test_the_token_is_in_no_address(window: Page, place: Place) -> None:
    asked: list[str] = []
    window.on("request", lambda request: asked.append(request.url))

    opened(window, place).get_by_text("There is nothing here.").wait_for()

    assert any("/picker/files" in url for url in asked)
    assert not any(place.given["token"] in url for url in asked)
