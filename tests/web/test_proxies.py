"""Behind a proxy, and without one: whose word about visitors counts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask, request

from importers.config import Settings
from importers.secret import Secret
from importers.services import Services
from tests.people import ALICE
from tests.web.browser import Browser
from web import create_app

FORWARDED = {
    "X-Forwarded-For": "203.0.113.9, 198.51.100.7",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "sheets.example.com",
}


def an_app(services: Services, settings: Settings, proxies: int) -> Flask:
    return create_app(services, replace(settings, session_key=Secret("k"), proxies=proxies))


def seen_by(app: Flask) -> tuple[str | None, bool, str]:
    """Visitor, encryption and host of a request, as the application sees them."""
    found: list[tuple[str | None, bool, str]] = []
    app.before_request(lambda: found.append((request.remote_addr, request.is_secure, request.host)))
    app.test_client().get("/welcome", headers=FORWARDED)
    return found[0]


@pytest.mark.parametrize(
    ("proxies", "seen"),
    [
        (0, ("127.0.0.1", False, "localhost")),
        (1, ("198.51.100.7", True, "sheets.example.com")),
        (2, ("203.0.113.9", False, "localhost")),
    ],
)
def test_as_many_proxies_are_believed_as_there_are(
    services: Services, settings: Settings, proxies: int, seen: tuple[str, bool, str]
):
    assert seen_by(an_app(services, settings, proxies)) == seen


@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host"])
def test_a_hostile_host_finds_its_way_into_no_page_and_no_redirect(
    services: Services, settings: Settings, neighbours: object, header: str
):
    client = an_app(services, settings, proxies=1).test_client()
    for path in ("/", "/sign-in", "/importers/1", "/healthz", "/nowhere"):
        answer = client.get(path, headers={header: "evil.example"})
        assert "evil.example" not in answer.text + str(answer.headers)


def test_people_sign_in_over_https_behind_a_proxy(services: Services, settings: Settings, neighbours: object):
    browser = Browser(an_app(services, settings, proxies=1))
    browser.client.environ_base.update(
        HTTP_X_FORWARDED_PROTO="https",
        HTTP_X_FORWARDED_HOST="sheets.example.com",
        HTTP_REFERER="https://sheets.example.com/sign-in",
    )
    browser.sign_in(ALICE)
    assert (browser.status, browser.path) == (200, "/")


def test_guesses_of_one_visitor_do_not_lock_out_the_next(services: Services, settings: Settings, neighbours: object):
    app = an_app(services, settings, proxies=1)
    answers = {}
    for address in ("203.0.113.1", "203.0.113.2"):
        browser = Browser(app)
        browser.client.environ_base["HTTP_X_FORWARDED_FOR"] = address
        for _ in range(11 if not answers else 1):
            browser.sign_in(ALICE, "a wrong password")
        answers[address] = browser.status
    assert answers == {"203.0.113.1": 429, "203.0.113.2": 422}
