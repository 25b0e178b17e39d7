"""Our app at Google: the way to the consent page and back, and what ends a grant."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import google.auth._helpers
import pytest

from importers.destinations.google_sheets.app import GoogleApp, declined
from importers.errors import (
    AccessDenied,
    ConnectionTrouble,
    CredentialsRejected,
    ImporterError,
    InvalidSettings,
    RateLimited,
    ServiceTrouble,
)
from importers.model import Account
from importers.secret import Secret
from sandbox.google import scopes
from sandbox.google.accounts import ALEX, DEMO
from sandbox.google.tokens import challenge_of
from tests.google import ASKED, BACK, VERIFIER, a_code
from tests.importers.destinations.google_sheets.signed_in import World, a_world
from tests.secrecy import found_in


@pytest.fixture
def world() -> Iterator[World]:
    with a_world() as world:
        yield world


@pytest.fixture
def app(world: World) -> GoogleApp:
    return world.ours


def code_for(world: World, app: GoogleApp, **more: Any) -> Secret:
    url = app.consent_url(redirect_uri=BACK, state="s", verifier=VERIFIER)
    return a_code(world.google, url, **more)


def exchange(app: GoogleApp, code: Secret, **more: Any) -> Any:
    return app.exchange(code, **{"redirect_uri": BACK, "verifier": VERIFIER, **more})


def raised(do: Callable[[], Any]) -> ImporterError:
    with pytest.raises(ImporterError) as caught:
        do()
    return caught.value


class TestConsent:
    def test_the_page_asks_for_no_more_than_it_takes(self, app: GoogleApp) -> None:
        url = urlsplit(app.consent_url(redirect_uri=BACK, state="the state", verifier=VERIFIER))
        assert f"{url.scheme}://{url.netloc}{url.path}" == "https://accounts.google.com/o/oauth2/v2/auth"
        assert {name: values[0] for name, values in parse_qs(url.query).items()} == {
            "response_type": "code",
            "client_id": DEMO.client_id,
            "redirect_uri": BACK,
            "scope": "openid email https://www.googleapis.com/auth/drive.file",
            "state": "the state",
            "access_type": "offline",
            "prompt": "consent",
            "code_challenge": challenge_of(VERIFIER.reveal()),
            "code_challenge_method": "S256",
        }

    def test_a_browser_is_sent_where_the_pretend_google_is(self, app: GoogleApp) -> None:
        here = replace(app, at=lambda url: url.replace("https://accounts.google.com", "http://127.0.0.1:8101"))
        assert here.consent_url(redirect_uri=BACK, state="s").startswith("http://127.0.0.1:8101/o/oauth2/v2/auth?")

    def test_a_code_brings_a_grant_and_whose_it_is(self, world: World, app: GoogleApp) -> None:
        grant = exchange(app, code_for(world, app))
        assert grant.account == Account("Google", "google.com", ALEX.email, ALEX.email, subject=ALEX.sub)
        assert grant.expires_at == world.clock.now() + timedelta(seconds=3599)
        assert set(grant.scopes) == set(ASKED)
        assert grant.api_host == "sheets.googleapis.com"
        assert world.google.tokens.bearer(grant.access_token.reveal()).email == ALEX.email

    def test_a_code_is_good_for_whoever_asked_for_it_only(self, world: World, app: GoogleApp) -> None:
        error = raised(lambda: exchange(app, code_for(world, app), verifier=Secret("w" * 50)))
        assert isinstance(error, CredentialsRejected)
        assert str(error) == (
            "Google did not accept its own answer any more: between Allow and here more than ten minutes passed, "
            "or the page was loaded twice. Press Connect again."
        )

    def test_a_code_is_good_once(self, world: World, app: GoogleApp) -> None:
        code = code_for(world, app)
        exchange(app, code)
        assert isinstance(raised(lambda: exchange(app, code)), CredentialsRejected)

    def test_the_box_for_files_must_be_ticked(self, world: World, app: GoogleApp) -> None:
        error = raised(lambda: exchange(app, code_for(world, app, granted=("openid", scopes.EMAIL))))
        assert isinstance(error, InvalidSettings)
        assert str(error) == (
            "Pipesheet may not see or edit any file in this Google account, because the box for it was left unticked. "
            "Nothing was connected. Press Connect again and tick “See, edit, create, and delete only the specific "
            "Google Drive files you use with this app”: Pipesheet sees no others."
        )

    def test_more_than_was_asked_for_does_no_harm(self, world: World, app: GoogleApp) -> None:
        grant = exchange(app, code_for(world, app, granted=(*ASKED, scopes.PROFILE)))
        assert scopes.PROFILE in grant.scopes

    def test_an_app_that_google_does_not_know(self, world: World, app: GoogleApp) -> None:
        for other in (
            replace(app, client_secret=Secret("GOCSPX-another")),
            replace(app, client_id="1-none.apps.googleusercontent.com"),
        ):
            error = raised(lambda other=other: exchange(other, code_for(world, app)))
            assert isinstance(error, InvalidSettings)
            assert str(error) == (
                "Google does not know the app that Pipesheet signs in with. Compare GOOGLE_CLIENT_ID and "
                "GOOGLE_CLIENT_SECRET with the OAuth client in Google Cloud: APIs & Services › Credentials."
            )

    def test_an_address_that_is_not_the_one_that_was_asked_from(self, world: World, app: GoogleApp) -> None:
        error = raised(lambda: exchange(app, code_for(world, app), redirect_uri=BACK + "2"))
        assert isinstance(error, InvalidSettings)
        assert error.message == "Google does not accept the address it should lead back to."

    @pytest.mark.parametrize(
        ("kind", "more", "error", "says"),
        [
            (
                "server_error",
                {"status": 503},
                ServiceTrouble,
                "Signing in at Google does not work at the moment (HTTP 503).",
            ),
            (
                "server_error",
                {"status": 502},
                ServiceTrouble,
                "Signing in at Google does not work at the moment (HTTP 502).",
            ),
            ("server_error", {"status": 429}, RateLimited, "Google asks us to slow down with signing in."),
            ("cut", {}, ConnectionTrouble, "Google could not be reached to sign in."),
            ("truncate", {}, ConnectionTrouble, "Google could not be reached to sign in."),
            ("slow", {"seconds": 31.0}, ConnectionTrouble, "Google could not be reached to sign in."),
            ("broken_json", {}, ServiceTrouble, "Google's answer to our signing in cannot be read."),
        ],
    )
    def test_trouble_is_told_and_passes(
        self, world: World, app: GoogleApp, kind: str, more: dict[str, Any], error: type[ImporterError], says: str
    ) -> None:
        for do in (
            lambda: exchange(app, code_for(world, app)),
            lambda: app.refresh(world.grants().current()),
        ):
            world.google.faults.add(kind, path="/token", count=1, **more)
            found = raised(do)
            assert type(found) is error
            assert found.message == says

    def test_whose_it_is_comes_from_a_token_that_google_signed(
        self, world: World, app: GoogleApp, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sandbox.google.identity.OURS", _other_key())
        error = raised(lambda: exchange(app, code_for(world, app)))
        assert isinstance(error, ServiceTrouble)
        assert error.message == "Google's answer to our signing in cannot be read."
        assert error.__context__ is None

    def test_a_wrong_clock_is_said_to_be_wrong(
        self, world: World, app: GoogleApp, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = google.auth._helpers.utcnow()
        for hours in (-3, 3):
            monkeypatch.setattr(google.auth._helpers, "utcnow", lambda hours=hours: now + timedelta(hours=hours))
            error = raised(lambda: exchange(app, code_for(world, app)))
            assert isinstance(error, InvalidSettings)
            assert error.message == (
                "Google and this server do not agree on what time it is, so signing in cannot work."
            )


class TestRefreshing:
    def test_a_new_access_token_comes_with_the_same_refresh_token(self, world: World, app: GoogleApp) -> None:
        grant = exchange(app, code_for(world, app))
        world.clock.advance(hours=1)
        newer = app.refresh(grant)
        assert newer.access_token != grant.access_token
        assert newer.refresh_token == grant.refresh_token
        assert newer.expires_at == world.clock.now() + timedelta(seconds=3599)
        assert newer.granted_at == grant.granted_at

    def test_a_grant_that_ended_says_what_may_have_ended_it(self, world: World, app: GoogleApp) -> None:
        grant = exchange(app, code_for(world, app))
        world.google.tokens.withdraw(DEMO.client_id, ALEX.email)
        error = raised(lambda: app.refresh(grant))
        assert isinstance(error, CredentialsRejected)
        assert str(error) == (
            "Google no longer lets Pipesheet in: access was withdrawn in the Google account, it was not used for six "
            "months, an administrator ended it, or the app is in testing mode, where access ends after 7 days. "
            "Reconnect the account: Connections › Reconnect. If it ends every week, publish the app in Google Cloud: "
            "APIs & Services › OAuth consent screen."
        )
        assert error.facts["kind"] == "google_sheets"

    def test_a_permission_that_was_taken_back_is_noticed(self, world: World, app: GoogleApp) -> None:
        grant = exchange(app, code_for(world, app))
        world.google.tokens.narrow(DEMO.client_id, ALEX.email, ["openid", scopes.EMAIL])
        error = raised(lambda: app.refresh(grant))
        assert isinstance(error, CredentialsRejected)
        assert error.message.startswith("Pipesheet may not see or edit files in this Google account")

    def test_giving_it_back_ends_it(self, world: World, app: GoogleApp) -> None:
        grant = exchange(app, code_for(world, app))
        app.revoke(grant)
        assert world.google.tokens.consented(DEMO.client_id, ALEX.email) == ()
        assert isinstance(raised(lambda: app.revoke(grant)), CredentialsRejected)


class TestDeclined:
    @pytest.mark.parametrize(
        ("said", "error", "says"),
        [
            ("access_denied", AccessDenied, "You did not allow it at Google, so nothing was connected."),
            (
                "admin_policy_enforced",
                AccessDenied,
                "An administrator of your Google Workspace does not allow this app.",
            ),
            (
                "org_internal",
                AccessDenied,
                "This Google account does not belong to the organisation that may use this app.",
            ),
            ("odd", InvalidSettings, "Google did not connect the account (“odd”)."),
        ],
    )
    def test_it_says_why_nothing_was_connected(self, said: str, error: type[ImporterError], says: str) -> None:
        found = declined(said)
        assert type(found) is error
        assert found.message == says
        assert found.hint


def test_only_those_who_know_our_credentials_are_us(app: GoogleApp) -> None:
    assert app.is_us(DEMO.client_id, Secret(DEMO.client_secret))
    assert not app.is_us(DEMO.client_id, Secret("GOCSPX-another"))
    assert not app.is_us("", Secret(""))


def test_no_code_token_or_secret_is_in_any_error_or_log_line(
    world: World, app: GoogleApp, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    grant = exchange(app, code_for(world, app))
    codes, said = [], [repr(app), repr(grant)]
    for kind in ("server_error", "cut", "truncate", "broken_json", "invalid_grant"):
        world.google.faults.add(kind, path="/token")
        codes.append(code_for(world, app))
        for do in (lambda: exchange(app, codes[-1]), lambda: app.refresh(grant)):
            error = raised(do)
            said += [str(error), repr(error), repr(error.facts), *traceback.format_exception(error)]
            said += traceback.format_exception(error.__context__) if error.__context__ else []
        world.google.faults.clear()
    tokens = world.google.tokens.as_json()
    secrets = {"secret": DEMO.client_secret, "verifier": VERIFIER.reveal() + "?"}
    for number, one in enumerate([*tokens["access"], *tokens["refresh"], *(code.reveal() for code in codes)]):
        secrets[f"token {number}"] = one
    text = "\n".join([*said, caplog.text, *(str(vars(record)) for record in caplog.records)])
    assert found_in(text.encode(), secrets) == []


def _other_key() -> Any:
    from sandbox.google.keys import ROBOT

    return replace(ROBOT, name=ROBOT.name)
