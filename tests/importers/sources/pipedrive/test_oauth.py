"""Our app at Pipedrive: which answers are believed, and what its refusals mean."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter

from importers.errors import (
    ConnectionTrouble,
    CredentialsRejected,
    ImporterError,
    InvalidSettings,
    RateLimited,
    ServiceTrouble,
)
from importers.http.session import make_session
from importers.model import Grant
from importers.secret import Secret
from importers.sources.pipedrive.oauth import PipedriveApp, api_host, scopes_in
from tests.fakes import NEW_YEAR, FakeClock

SECRET = "a-client-secret"
GRANT = Grant(Secret("old-access"), Secret("old-refresh"), NEW_YEAR, "acme.pipedrive.com", ("base",))
TOKENS = {
    "access_token": "v1u:abc",
    "refresh_token": "1:1:def",
    "expires_in": 3599,
    "scope": "base,deals:read",
    "api_domain": "https://acme.pipedrive.com",
}


class Saying(BaseAdapter):
    """Answers everything the same way, and keeps what was asked."""

    def __init__(self, status: int, body: Any, *, headers: Mapping[str, str] = MappingProxyType({})) -> None:
        super().__init__()
        self._status = status
        self._body = body
        self._headers = headers
        self.asked: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        self.asked.append(request)
        if isinstance(self._body, Exception):
            raise self._body
        response = requests.Response()
        response.status_code = self._status
        response._content = self._body if isinstance(self._body, bytes) else json.dumps(self._body).encode()
        response.request, response.url = request, str(request.url)
        response.headers.update(self._headers)
        return response

    def close(self) -> None:
        pass


def app_at(adapter: BaseAdapter) -> PipedriveApp:
    return PipedriveApp(
        client_id="an-id",
        client_secret=Secret(SECRET),
        session=make_session(reroutes={}, adapter=adapter),
        clock=FakeClock(),
    )


def refreshed(status: int, body: Any) -> Grant:
    return app_at(Saying(status, body)).refresh(GRANT)


def test_tokens_travel_in_the_body_and_the_secret_in_a_header():
    adapter = Saying(200, TOKENS)
    app_at(adapter).refresh(GRANT)
    (asked,) = adapter.asked
    assert asked.url == "https://oauth.pipedrive.com/oauth/token"
    assert asked.body == "grant_type=refresh_token&refresh_token=old-refresh"
    assert str(asked.headers["Authorization"]).startswith("Basic ")


def test_a_grant_says_until_when_where_and_what():
    grant = refreshed(200, TOKENS)
    assert (grant.access_token.reveal(), grant.refresh_token.reveal()) == ("v1u:abc", "1:1:def")
    assert grant.expires_at == NEW_YEAR + timedelta(seconds=3599)
    assert (grant.api_host, grant.scopes) == ("acme.pipedrive.com", ("base", "deals:read"))
    assert "abc" not in repr(grant)


@pytest.mark.parametrize(
    ("headers", "moment"),
    [
        ({"Date": "Thu, 01 Jan 2026 11:58:30 GMT"}, datetime(2026, 1, 1, 11, 58, 30, tzinfo=UTC)),
        ({"Date": "Thu, 01 Jan 2026 02:00:00 +0200"}, datetime(2026, 1, 1, tzinfo=UTC)),
        ({"Date": "Thu, 01 Jan 2026 00:00:00"}, NEW_YEAR),
        ({"Date": "some day"}, NEW_YEAR),
        ({}, NEW_YEAR),
    ],
)
def test_a_grant_says_since_when_by_the_clock_that_also_dates_uninstallations(
    headers: dict[str, str], moment: datetime
):
    app = app_at(Saying(200, TOKENS, headers=headers))
    assert app.exchange(Secret("c"), redirect_uri="https://sheets.example.com").granted_at == moment


def test_a_refreshed_grant_is_as_old_as_the_one_it_came_from():
    app = app_at(Saying(200, TOKENS))
    for since in (NEW_YEAR - timedelta(days=3), None):
        assert app.refresh(replace(GRANT, granted_at=since)).granted_at == since


@pytest.mark.parametrize(
    "domain", ["https://acme.pipedrive.com", "https://ACME.pipedrive.com/", "https://a.b.pipedrive.com"]
)
def test_tokens_are_sent_to_hosts_of_pipedrive(domain: str):
    assert api_host(domain).endswith(".pipedrive.com")


@pytest.mark.parametrize(
    "domain",
    [
        "http://acme.pipedrive.com",
        "https://acme.pipedrive.com.evil.example",
        "https://evilpipedrive.com",
        "https://pipedrive.com",
        "https://user@acme.pipedrive.com",
        "https://acme.pipedrive.com:8443",
        "https://acme.pipedrive.com/elsewhere",
        "https://acme.pipedrive.com?x",
        "https://-acme.pipedrive.com",
        "acme.pipedrive.com",
        "",
    ],
)
def test_and_to_nobody_else(domain: str):
    with pytest.raises(ServiceTrouble, match="not one of its own"):
        api_host(domain)


@pytest.mark.parametrize(
    ("text", "scopes"),
    [("", ()), ("base", ("base",)), ("b,a,b", ("a", "b")), ("a b  c", ("a", "b", "c")), (" a, b ", ("a", "b"))],
)
def test_scopes_are_read_however_they_are_separated(text: str, scopes: tuple[str, ...]):
    assert scopes_in(text) == scopes


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"message": "Invalid grant: refresh_token is invalid"}, CredentialsRejected),
        (401, {"error": "Invalid grant: refresh_token is invalid"}, CredentialsRejected),
        (400, {"error_description": "Invalid client: client is invalid"}, InvalidSettings),
        (400, {"message": "Invalid request: redirect_uri is invalid"}, InvalidSettings),
        (429, {"error": "request over limit"}, RateLimited),
        (400, {"message": "Missing parameter: grant_type"}, ServiceTrouble),
        (401, b"<html>", ServiceTrouble),
        (403, b"<html>Cloudflare</html>", ServiceTrouble),
        (503, b"", ServiceTrouble),
        (302, {}, ServiceTrouble),
        (200, b"<html>", ServiceTrouble),
        (200, {**TOKENS, "access_token": ""}, ServiceTrouble),
        (200, {**TOKENS, "access_token": "two\nlines"}, ServiceTrouble),
        (200, {**TOKENS, "expires_in": "soon"}, ServiceTrouble),
        (200, {**TOKENS, "api_domain": "https://evil.example"}, ServiceTrouble),
        (200, {"access_token": "x"}, ServiceTrouble),
        (0, requests.ConnectionError(), ConnectionTrouble),
        (0, requests.ReadTimeout(), ConnectionTrouble),
    ],
)
def test_every_answer_means_something(status: int, body: Any, kind: type[ImporterError]):
    with pytest.raises(kind) as caught:
        refreshed(status, body)
    told = f"{caught.value} {caught.value.facts} {caught.value.__cause__!r}"
    assert not any(secret in told for secret in (SECRET, "old-refresh", "old-access", "v1u:abc", "1:1:def"))


def test_a_token_that_lives_for_ever_or_not_at_all_is_looked_after():
    assert refreshed(200, {**TOKENS, "expires_in": 10**12}).expires_at == NEW_YEAR + timedelta(days=1)
    assert refreshed(200, {**TOKENS, "expires_in": -5}).expires_at == NEW_YEAR


@pytest.mark.parametrize(
    ("client_id", "secret", "is_us"),
    [
        ("an-id", SECRET, True),
        ("an-id", "wrong", False),
        ("", "", False),
        ("an-id:a", "client", False),
        ("é", "ü", False),
    ],
)
def test_credentials_are_ours_or_not(client_id: str, secret: str, is_us: bool):
    assert app_at(Saying(200, {})).is_us(client_id, Secret(secret)) is is_us
