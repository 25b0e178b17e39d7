from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

from importers.config import Settings
from importers.model import Importer, Run
from importers.secret import Secret
from importers.services import Services
from tests.people import ALICE
from tests.web.browser import Browser
from tests.web.page import CONTROLS, Page
from web import create_app
from web.security import configuration

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}


@pytest.fixture(scope="module")
def opened() -> list[tuple[str, Page]]:
    """The pages, once a test has opened them."""
    return []


@pytest.fixture
def pages(request: pytest.FixtureRequest, neighbours: object, opened: list[tuple[str, Page]]) -> list[tuple[str, Page]]:
    """Every kind of page there is, with something on it; opened once, as looking at them changes nothing."""
    if not opened:
        opened += _every_page(*map(request.getfixturevalue, ("at_alice", "importer", "done")))
    return opened


def _every_page(at_alice: Browser, importer: Importer, done: Run) -> list[tuple[str, Page]]:
    paths = [
        "/",
        "/?part=list",
        "/connections",
        "/connections/new",
        "/notices",
        "/notices/channels/new?kind=slack",
        "/notices/channels/new?kind=webhook",
        f"/connections/{importer.connection_id}/replace",
        f"/connections/{importer.connection_id}/unlink",
        "/importers/new",
        f"/importers/{importer.id}",
        f"/importers/{importer.id}/edit",
        f"/importers/{importer.id}/copy",
        f"/importers/{importer.id}/delete",
        f"/importers/{importer.id}/results",
        f"/runs/{done.id}",
        f"/editor/options?connection_id={importer.connection_id}&entity=deals",
        "/nowhere",
    ]
    return [(path, at_alice.open(path)) for path in paths]


def test_every_answer_carries_the_policy(visitor: Browser, at_alice: Browser, importer: Importer, done: Run):
    answers = [
        visitor.client.get("/sign-in"),
        visitor.client.get("/"),
        visitor.client.get("/static/app.css"),
        visitor.client.get("/healthz"),
        visitor.client.post("/sign-in"),
        at_alice.client.get("/"),
        at_alice.client.get("/nowhere"),
        at_alice.client.get(f"/runs/{done.id}/stream"),
        at_alice.client.get(f"/importers/{importer.id}/download"),
        at_alice.client.delete("/"),
    ]
    for answer in answers:
        policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
        assert policy == POLICY
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "camera=()" in answer.headers["Permissions-Policy"]
        answer.close()


def test_no_page_holds_script_or_style_of_its_own(pages: list[tuple[str, Page]]):
    for path, page in pages:
        for element in page.root.walk():
            assert element.tag != "style", path
            assert element.tag != "script" or element.attrs.get("src", "").startswith("/static/"), path
            wrong = [name for name in element.attrs if name.startswith("on") or name == "style"]
            assert not wrong, (path, element)
            assert not element.attrs.get("href", "").startswith("javascript:"), path


def test_everything_a_page_needs_comes_from_here(pages: list[tuple[str, Page]], visitor: Browser):
    needed = set()
    for _, page in pages:
        needed |= {one.attrs["src"] for one in page.root.find_all("script", "img")}
        needed |= {one.attrs["href"] for one in page.root.find_all("link")}
        needed |= {one.attrs["href"].split("#")[0] for one in page.root.find_all("use")}
    for address in needed:
        with visitor.client.get(address) as answer:
            assert answer.status_code == 200, address


def test_every_icon_is_in_our_picture_of_icons(pages: list[tuple[str, Page]], visitor: Browser):
    with visitor.client.get("/static/icons.svg") as answer:
        drawn = {one.attrs["id"] for one in Page(answer.text).root.find_all("symbol")}
    used = {one.attrs["href"].split("#")[1] for _, page in pages for one in page.root.find_all("use")}
    assert used
    assert used <= drawn


def test_every_field_has_a_label(pages: list[tuple[str, Page]]):
    for path, page in pages:
        labelled = {label.attrs.get("for") for label in page.root.find_all("label")}
        for control in page.root.find_all(*CONTROLS):
            if control.attrs.get("type") == "hidden":
                continue
            assert control.attrs.get("id") in labelled or control.attrs.get("aria-label"), (path, control)


def test_no_two_elements_share_an_id_and_references_lead_somewhere(pages: list[tuple[str, Page]]):
    for path, page in pages:
        ids = [one.attrs["id"] for one in page.root.walk() if "id" in one.attrs]
        assert sorted(ids) == sorted(set(ids)), path
        for one in page.root.walk():
            for name in ("aria-describedby", "aria-labelledby"):
                assert set(one.attrs.get(name, "").split()) <= set(ids), (path, one)


def test_every_button_and_link_has_a_name(pages: list[tuple[str, Page]]):
    for path, page in pages:
        for one in page.root.find_all("a", "button", "summary"):
            assert one.text or one.attrs.get("aria-label"), (path, one)


def test_every_page_has_one_heading_a_title_and_a_way_past_the_navigation(pages: list[tuple[str, Page]]):
    for path, page in pages:
        if "part=" in path or path.startswith("/editor"):
            continue
        assert len(page.root.find_all("h1")) == 1, path
        assert page.title.endswith("· Pipesheet"), path
        assert page.root.find("a").attrs == {"class": "skip", "href": "#content"}, path


def test_every_form_that_changes_something_carries_the_mark(pages: list[tuple[str, Page]]):
    for path, page in pages:
        for form in page.root.find_all("form", method="post"):
            assert form.find_all("input", name="csrf_token"), path


@pytest.mark.parametrize(
    "path", ["/importers/1/run", "/importers/1/delete", "/connections/new", "/sign-out", "/runs/1/cancel"]
)
def test_nothing_changes_without_the_mark(at_alice: Browser, done: Run, path: str):
    answer = at_alice.client.post(path, data={"token": "x"})
    assert answer.status_code == 400
    assert "This form is no longer valid" in answer.text


def test_the_mark_of_another_session_does_not_count(at_alice: Browser, at_charlie: Browser, importer: Importer):
    at_charlie.open("/")
    token = at_charlie.page.root.find("input", name="csrf_token").attrs["value"]
    answer = at_alice.client.post(f"/importers/{importer.id}/pause", data={"csrf_token": token})
    assert answer.status_code == 400


def test_pages_are_not_kept_by_browsers_and_our_files_are(at_alice: Browser):
    assert at_alice.client.get("/").headers["Cache-Control"] == "no-store"
    at_alice.open("/")
    style = next(link.attrs["href"] for link in at_alice.page.root.find_all("link") if "app.css" in link.attrs["href"])
    assert "v=" in style
    with at_alice.client.get(style) as answer:
        assert "max-age=31536000" in answer.headers["Cache-Control"]


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(visitor: Browser, neighbours: object):
    visitor.open("/sign-in")
    form = visitor.page.form().fields()
    answer = visitor.client.post("/sign-in", data={**form, "email": ALICE, "password": "correct horse battery"})
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_production_speaks_https_only(services: Services, settings: Settings):
    app = create_app(services, replace(settings, environment="production", session_key=Secret("k")))
    answer = app.test_client().get("/welcome", base_url="https://pipesheet.example")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_a_laptop_may_speak_http(app: Flask):
    answer = app.test_client().get("/welcome")
    assert "Secure" not in answer.headers["Set-Cookie"]
    assert "Strict-Transport-Security" not in answer.headers


@pytest.mark.parametrize(
    ("redis_url", "address"),
    [
        ("", "memory://"),
        ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"),
        ("unix:///tmp/redis.sock", "redis+unix:///tmp/redis.sock"),
    ],
)
def test_tries_are_counted_where_redis_is(settings: Settings, redis_url: str, address: str):
    settings = replace(settings, redis_url=redis_url, session_key=Secret("k"))
    assert configuration(settings)["RATELIMIT_STORAGE_URI"] == address


def test_a_form_beyond_all_measure_is_refused(at_alice: Browser):
    answer = at_alice.client.post("/connections/new", data={"token": "x" * 2_000_000})
    assert answer.status_code == 413
