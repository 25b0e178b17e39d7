"""Signing in at the pretend Google, by Google's own libraries where there is one."""

from __future__ import annotations

import html
import re
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import google.auth.jwt
import pytest
import requests
from flask import Flask
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import AuthorizedSession, Request
from google.oauth2 import id_token, service_account
from google.oauth2.credentials import Credentials
from google_auth_oauthlib.flow import Flow

from sandbox.google import scopes
from sandbox.google.accounts import ALEX, DEMO, DEMO_ROBOT, LENA, SAM, Client
from sandbox.google.app import Google
from sandbox.google.tokens import ACCESS_SECONDS, CODE_SECONDS, MOST_REFRESH_TOKENS
from tests.sandbox.google.conftest import Browser, Clock, carried

AUTH = "https://accounts.google.com/o/oauth2/v2/auth"
TOKEN = "https://oauth2.googleapis.com/token"
BACK = "http://127.0.0.1:8000/google/back"
WANTED = ["openid", scopes.EMAIL, scopes.DRIVE_FILE]
CONFIG = {
    "web": {
        "client_id": DEMO.client_id,
        "client_secret": DEMO.client_secret,
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": TOKEN,
    }
}


class Visitor:
    """An app that uses google-auth-oauthlib, and the browser of its user."""

    def __init__(self, app: Flask, clock: Clock) -> None:
        self.app, self.clock = app, clock
        self.session = carried(requests.Session(), app, clock)

    def flow(self, wanted: list[str] | None = None) -> Any:
        flow = Flow.from_client_config(CONFIG, scopes=wanted or WANTED, redirect_uri=BACK)
        carried(flow.oauth2session, self.app, self.clock)
        return flow

    def led_back(self, url: str, *, account: str = ALEX.email, answer: str = "allow", without: str = "") -> str:
        """Where the browser goes once the user has answered the page at *url*."""
        page = self.session.get(url)
        assert page.status_code == 200, page.text
        form = [
            (name, html.unescape(value))
            for kind, name, value in re.findall(r'<input type="(\w+)" name="([\w.]+)" value="([^"]*)"', page.text)
            if kind != "radio" and value != without
        ]
        sent = self.session.post(AUTH, data=[*form, ("account", account), ("answer", answer)], allow_redirects=False)
        return str(sent.headers["Location"])

    def connect(self, wanted: list[str] | None = None, *, account: str = ALEX.email, **more: str) -> Any:
        flow = self.flow(wanted)
        url, _ = flow.authorization_url(access_type="offline", **more)
        flow.fetch_token(authorization_response=self.led_back(url, account=account).replace("http:", "https:"))
        return flow

    def token(self, **form: str) -> requests.Response:
        return self.session.post(TOKEN, data=form)

    def refresh(self, token: str, **more: str) -> requests.Response:
        credentials = {"client_id": DEMO.client_id, "client_secret": DEMO.client_secret}
        return self.token(**{"grant_type": "refresh_token", "refresh_token": token, **credentials, **more})


@pytest.fixture
def visitor(google_app: Flask, moments: Clock) -> Visitor:
    return Visitor(google_app, moments)


def said(location: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def refused(answer: requests.Response) -> tuple[int, str, str]:
    body = answer.json()
    return answer.status_code, body["error"], body["error_description"]


# the round trip ---------------------------------------------------------------------------


def test_the_round_trip_by_googles_own_library(visitor: Visitor, google: Google) -> None:
    flow = visitor.connect(prompt="consent")

    credentials = flow.credentials
    assert credentials.refresh_token.startswith("1//")
    assert set(credentials.granted_scopes) == set(WANTED)
    assert flow.code_verifier, "PKCE was used"
    bearer = google.tokens.bearer(credentials.token)
    assert bearer
    assert (bearer.email, bearer.client_id) == (ALEX.email, DEMO.client_id)


def test_the_answer_brings_state_scopes_and_the_domain(visitor: Visitor) -> None:
    url, state = visitor.flow().authorization_url()

    brought = said(visitor.led_back(url))

    assert brought["state"] == state
    assert brought["scope"].split() == WANTED
    assert brought["hd"] == "northwind.example"


def test_the_hinted_account_is_chosen(visitor: Visitor) -> None:
    url, _ = visitor.flow().authorization_url(login_hint=LENA.email)

    assert f'value="{LENA.email}" checked' in visitor.session.get(url).text


def test_cancelling_brings_back_access_denied_and_no_code(visitor: Visitor) -> None:
    url, state = visitor.flow().authorization_url()

    assert said(visitor.led_back(url, answer="cancel")) == {"error": "access_denied", "state": state}


def test_what_is_unticked_is_not_granted(visitor: Visitor, google: Google) -> None:
    url, _ = visitor.flow().authorization_url()

    brought = said(visitor.led_back(url, without=scopes.DRIVE_FILE))

    assert brought["scope"].split() == ["openid", scopes.EMAIL]
    assert scopes.DRIVE_FILE not in google.tokens.consented(DEMO.client_id, ALEX.email)


def test_short_names_of_scopes_come_back_in_full(visitor: Visitor) -> None:
    url, _ = visitor.flow(["email", scopes.DRIVE_FILE]).authorization_url()

    assert said(visitor.led_back(url))["scope"].split() == [scopes.EMAIL, scopes.DRIVE_FILE, "openid"]


def test_a_refresh_token_comes_the_first_time_or_when_asked_again(visitor: Visitor) -> None:
    first, second, third = visitor.connect(), visitor.connect(), visitor.connect(prompt="consent")

    assert first.credentials.refresh_token
    assert second.credentials.refresh_token is None
    assert third.credentials.refresh_token


def test_without_offline_access_there_is_none(visitor: Visitor) -> None:
    flow = visitor.flow()
    url, _ = flow.authorization_url(prompt="consent", access_type="online")
    flow.fetch_token(authorization_response=visitor.led_back(url).replace("http:", "https:"))

    assert flow.credentials.refresh_token is None


def test_earlier_grants_are_included_when_asked_for(visitor: Visitor, google: Google) -> None:
    visitor.connect([scopes.DRIVE_FILE])
    both, later = visitor.flow(["openid"]), visitor.flow(["openid"])

    url, _ = both.authorization_url(include_granted_scopes="true")
    with pytest.raises(Warning, match="Scope has changed") as caught:  # which an app has to allow for
        both.fetch_token(authorization_response=visitor.led_back(url).replace("http:", "https:"))
    url, _ = later.authorization_url()
    later.fetch_token(authorization_response=visitor.led_back(url).replace("http:", "https:"))

    assert set(caught.value.token["scope"]) == {"openid", scopes.DRIVE_FILE}  # type: ignore[attr-defined]
    assert later.oauth2session.token["scope"] == ["openid"]


@pytest.mark.parametrize(
    ("wrong", "status", "error"),
    [
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"client_id": ""}, 400, "invalid_request"),
        ({"redirect_uri": "https://elsewhere.example/back"}, 400, "redirect_uri_mismatch"),
        ({"redirect_uri": ""}, 400, "invalid_request"),
        ({"scope": "https://www.googleapis.com/auth/nonsense"}, 400, "invalid_scope"),
        ({"scope": ""}, 400, "invalid_request"),
        ({"response_type": "token"}, 400, "unsupported_response_type"),
        ({"code_challenge": "x", "code_challenge_method": "plain"}, 400, "invalid_request"),
    ],
)
def test_what_cannot_be_asked_is_told_on_a_page_not_to_the_app(
    browser: Browser, wrong: dict[str, str], status: int, error: str
) -> None:
    asked = {"client_id": DEMO.client_id, "redirect_uri": BACK, "scope": "openid", "response_type": "code", **wrong}

    answer = browser.session.get(AUTH, params=asked, allow_redirects=False)

    assert (answer.status_code, f"Error {status}: {error}" in answer.text) == (status, True)


def test_only_registered_addresses_are_answered_unless_it_is_the_trial_app() -> None:
    app = Client("1-a.apps.googleusercontent.com", "s", "App", ("https://app.example/back",))

    assert app.redirects_to("https://app.example/back")
    assert not app.redirects_to("https://app.example/back/further")
    assert not app.redirects_to(BACK)
    assert DEMO.redirects_to(BACK)
    assert not DEMO.redirects_to("http://elsewhere.example/back")


# codes ------------------------------------------------------------------------------------


def code_of(google: Google, **more: Any) -> str:
    return google.tokens.consent(DEMO.client_id, ALEX.email, WANTED, redirect_uri=BACK, **more)


def exchange(visitor: Visitor, code: str, **more: str) -> requests.Response:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
    credentials = {"client_id": DEMO.client_id, "client_secret": DEMO.client_secret}
    return visitor.token(**{**form, **credentials, **more})


def test_a_code_brings_tokens_once(visitor: Visitor, google: Google) -> None:
    code = code_of(google)

    first = exchange(visitor, code).json()

    assert set(first) == {"access_token", "expires_in", "refresh_token", "scope", "token_type", "id_token"}
    assert (first["expires_in"], first["token_type"]) == (3599, "Bearer")
    assert refused(exchange(visitor, code)) == (400, "invalid_grant", "Malformed auth code.")


def test_a_code_lives_ten_minutes(visitor: Visitor, google: Google, moments: Clock) -> None:
    code = code_of(google)
    moments.sleep(CODE_SECONDS)

    assert refused(exchange(visitor, code))[:2] == (400, "invalid_grant")


def test_a_code_is_for_one_address(visitor: Visitor, google: Google) -> None:
    answer = exchange(visitor, code_of(google), redirect_uri="http://127.0.0.1:9/other")

    assert refused(answer) == (400, "redirect_uri_mismatch", "Bad Request")


def test_the_verifier_must_fit_the_challenge(visitor: Visitor, google: Google) -> None:
    code = code_of(google, challenge="E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")

    assert refused(exchange(visitor, code))[2] == "Missing code verifier."
    assert refused(exchange(visitor, code, code_verifier="wrong"))[2] == "Invalid code verifier."
    right = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"  # of RFC 7636, appendix B
    assert exchange(visitor, code, code_verifier=right).status_code == 200


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"client_id": "nobody"}, (401, "invalid_client", "The OAuth client was not found.")),
        ({"client_secret": "guess"}, (401, "invalid_client", "The provided client secret is invalid.")),
        ({"client_secret": ""}, (400, "invalid_request", "client_secret is missing.")),
        ({"client_id": ""}, (400, "invalid_request", "Could not determine client ID from request.")),
        ({"grant_type": "password"}, (400, "unsupported_grant_type", "Invalid grant_type: password")),
    ],
)
def test_who_asks_for_tokens_must_be_known(
    visitor: Visitor, google: Google, wrong: dict[str, str], expected: tuple[int, str, str]
) -> None:
    assert refused(exchange(visitor, code_of(google), **wrong)) == expected


# refreshing -------------------------------------------------------------------------------


def credentials_of(google: Google, *wanted: str) -> Credentials:
    given = google.sign_in(ALEX.email, *(wanted or WANTED))
    return Credentials(
        None,
        refresh_token=given.refresh,
        token_uri=TOKEN,
        client_id=DEMO.client_id,
        client_secret=DEMO.client_secret,
        scopes=WANTED,
    )


def test_googles_library_refreshes(visitor: Visitor, google: Google) -> None:
    credentials = credentials_of(google)

    credentials.refresh(Request(visitor.session))

    assert google.tokens.bearer(credentials.token)
    assert credentials.granted_scopes == WANTED
    assert credentials.id_token


def test_the_refresh_token_stays_the_same(visitor: Visitor, google: Google) -> None:
    given = google.sign_in(ALEX.email, *WANTED)

    answers = [visitor.refresh(given.refresh).json() for _ in range(2)]

    assert all("refresh_token" not in answer for answer in answers)
    assert len({answer["access_token"] for answer in answers}) == 2


def test_a_refresh_may_ask_for_less_but_not_for_more(visitor: Visitor, google: Google) -> None:
    given = google.sign_in(ALEX.email, *WANTED)

    assert visitor.refresh(given.refresh, scope=scopes.DRIVE_FILE).json()["scope"] == scopes.DRIVE_FILE
    assert refused(visitor.refresh(given.refresh, scope=scopes.DRIVE))[:2] == (400, "invalid_scope")


def test_an_access_token_ends_after_an_hour(google: Google, moments: Clock) -> None:
    given = google.sign_in(ALEX.email, *WANTED)
    moments.sleep(ACCESS_SECONDS - 1)
    assert google.tokens.bearer(given.access)

    moments.sleep(1)

    assert google.tokens.bearer(given.access) is None


def test_one_refresh_token_too_many_ends_the_oldest_silently(visitor: Visitor, google: Google) -> None:
    given = [google.sign_in(ALEX.email, *WANTED).refresh for _ in range(MOST_REFRESH_TOKENS + 1)]

    assert refused(visitor.refresh(given[0])) == (400, "invalid_grant", "Token has been expired or revoked.")
    assert visitor.refresh(given[1]).status_code == 200


def test_revoking_one_token_ends_every_token_of_that_user_and_client(visitor: Visitor, google: Google) -> None:
    one, other = google.sign_in(ALEX.email, *WANTED), google.sign_in(ALEX.email, *WANTED)
    sams = google.sign_in(SAM.email, *WANTED)

    answer = visitor.session.post("https://oauth2.googleapis.com/revoke", data={"token": one.access})

    assert (answer.status_code, answer.json()) == (200, {})
    assert google.tokens.bearer(other.access) is None
    with pytest.raises(RefreshError, match=r"invalid_grant: Token has been expired or revoked\."):
        Credentials(
            None,
            refresh_token=other.refresh,
            token_uri=TOKEN,
            client_id=DEMO.client_id,
            client_secret=DEMO.client_secret,
        ).refresh(Request(visitor.session))
    assert google.tokens.bearer(sams.access)
    again = visitor.session.post("https://oauth2.googleapis.com/revoke", data={"token": one.access})
    assert refused(again) == (400, "invalid_token", "Token expired or revoked")


def test_after_removing_the_app_consent_is_a_first_one_again(visitor: Visitor, google: Google) -> None:
    visitor.connect()
    google.tokens.withdraw(DEMO.client_id, ALEX.email)

    assert visitor.connect().credentials.refresh_token


def test_revoked_on_demand(visitor: Visitor, google: Google) -> None:
    given = google.sign_in(ALEX.email, *WANTED)
    google.faults.add("invalid_grant", path="/token", count=1)

    assert refused(visitor.refresh(given.refresh)) == (400, "invalid_grant", "Token has been expired or revoked.")
    assert visitor.refresh(given.refresh).status_code == 200


# service accounts -------------------------------------------------------------------------


def robot(*wanted: str) -> Any:
    return service_account.Credentials.from_service_account_info(
        DEMO_ROBOT.key_file(), scopes=list(wanted or [scopes.SPREADSHEETS])
    )


def test_a_service_account_gets_a_token_by_googles_own_library(visitor: Visitor, google: Google) -> None:
    credentials = robot()

    credentials.refresh(Request(visitor.session))

    bearer = google.tokens.bearer(credentials.token)
    assert bearer
    assert (bearer.email, bearer.scopes) == (DEMO_ROBOT.email, (scopes.SPREADSHEETS,))


def assertion(**more: Any) -> str:
    now = int(time.time())
    claims = {"iss": DEMO_ROBOT.email, "scope": scopes.SPREADSHEETS, "aud": TOKEN, "iat": now, "exp": now + 3600}
    return DEMO_ROBOT.key.signed({**claims, **more})


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"aud": "https://elsewhere.example"}, "Invalid JWT: Failed audience check."),
        ({"exp": 1}, "Invalid JWT: Token must be a short-lived token (60 minutes)"),
        ({"exp": int(time.time()) + 90_000}, "Invalid JWT: Token must be a short-lived token (60 minutes)"),
        ({"iss": "nobody@nowhere.example"}, "Invalid grant: account not found"),
        ({"scope": ""}, "Invalid OAuth scope or ID token audience provided."),
        ({"sub": ALEX.email}, "Client is unauthorized to retrieve access tokens using this method"),
    ],
)
def test_what_a_service_account_says_is_checked(visitor: Visitor, claims: dict[str, Any], expected: str) -> None:
    answer = visitor.token(grant_type="urn:ietf:params:oauth:grant-type:jwt-bearer", assertion=assertion(**claims))

    assert refused(answer)[2].startswith(expected)


def test_a_forged_signature_is_refused(visitor: Visitor) -> None:
    head, claims, _ = assertion().split(".")
    forged = f"{head}.{claims}.{'A' * 342}"

    answer = visitor.token(grant_type="urn:ietf:params:oauth:grant-type:jwt-bearer", assertion=forged)

    assert refused(answer) == (400, "invalid_grant", "Invalid JWT Signature.")


def test_the_question_about_regions_is_answered(visitor: Visitor) -> None:
    """google-auth asks it in a thread of its own."""
    url = f"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{DEMO_ROBOT.email}/allowedLocations"

    assert visitor.session.get(url).status_code == 404


# who --------------------------------------------------------------------------------------


def test_googles_library_accepts_our_id_tokens(visitor: Visitor) -> None:
    flow = visitor.connect(prompt="consent")

    claims = id_token.verify_oauth2_token(flow.credentials.id_token, Request(visitor.session), DEMO.client_id)

    assert (claims["email"], claims["sub"], claims["hd"]) == (ALEX.email, ALEX.sub, "northwind.example")
    assert claims["email_verified"] is True
    with pytest.raises(ValueError, match="wrong audience"):
        id_token.verify_oauth2_token(flow.credentials.id_token, Request(visitor.session), "another")


def test_a_nonce_comes_back_in_the_id_token(visitor: Visitor) -> None:
    flow = visitor.connect(nonce="n-17")

    assert google.auth.jwt.decode(flow.credentials.id_token, verify=False)["nonce"] == "n-17"


def test_who_it_is_in_both_versions(browser: Browser, google: Google) -> None:
    token = google.sign_in(LENA.email, "openid", scopes.EMAIL, scopes.PROFILE).access

    v3 = browser.call("GET", "https://www.googleapis.com/oauth2/v3/userinfo", token).json()
    v2 = browser.call("GET", "https://www.googleapis.com/oauth2/v2/userinfo", token).json()

    assert (v3["sub"], v3["email"], v3["given_name"], v3["email_verified"]) == (LENA.sub, LENA.email, "Lena", True)
    assert (v2["id"], v2["email"], v2["verified_email"]) == (LENA.sub, LENA.email, True)
    assert browser.call("GET", "https://openidconnect.googleapis.com/v1/userinfo", "nonsense").status_code == 401


def test_what_was_not_granted_is_not_told(browser: Browser, google: Google) -> None:
    token = google.sign_in(LENA.email, "openid").access

    assert browser.call("GET", "https://www.googleapis.com/oauth2/v3/userinfo", token).json() == {"sub": LENA.sub}


def test_what_a_token_is_worth(browser: Browser, google: Google) -> None:
    given = google.sign_in(ALEX.email, *WANTED)

    told = browser.session.get("https://oauth2.googleapis.com/tokeninfo", params={"access_token": given.access}).json()

    assert (told["aud"], told["sub"], told["email"]) == (DEMO.client_id, ALEX.sub, ALEX.email)
    assert (told["scope"].split(), told["expires_in"], told["access_type"]) == (WANTED, "3600", "offline")
    bad = browser.session.get("https://oauth2.googleapis.com/tokeninfo", params={"access_token": "x"})
    assert refused(bad) == (400, "invalid_token", "Invalid Value")


def test_secrets_do_not_enter_the_journal(visitor: Visitor, google: Google) -> None:
    flow = visitor.connect(prompt="consent")
    visitor.refresh(flow.credentials.refresh_token)
    AuthorizedSession(robot(), auth_request=Request(visitor.session)).credentials.refresh(Request(visitor.session))

    written = str(google.journal.as_json())

    assert [call.path for call in google.journal.calls].count("/token") == 3
    for secret in (DEMO.client_secret, flow.credentials.refresh_token, flow.credentials.token, flow.code_verifier):
        assert secret not in written
    assert "eyJ" not in written
