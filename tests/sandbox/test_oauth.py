"""The pretend Pipedrive's way of signing in with OAuth, as the vendor's pages describe it."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from sandbox.adapters import WSGIAdapter
from sandbox.apps import DEMO, App
from sandbox.grants import CODE_SECONDS, REFRESH_SECONDS, Grants, UnknownError
from sandbox.limits import Limits
from sandbox.pipedrive import create_app
from sandbox.scopes import SCOPES
from sandbox.staff import COMPANY, ME
from sandbox.world import TOKEN, World
from tests.sandbox import openapi
from tests.sandbox.calls import COMPANY_HOST

HOST = "https://oauth.pipedrive.com"
APP = App("0123456789abcdef", "f" * 40, "Sheets", "https://sheets.example.com/back", ("base", "deals:read"))
BACK = APP.redirect_uri
DAAN = 13001002


class Visitor:
    """An app and the browser of its user, with a clock of their own."""

    def __init__(self, world: World, **more: Any) -> None:
        self.seconds = 0.0
        self.sent: list[requests.Request] = []
        grants = Grants(COMPANY["company_id"], now=lambda: self.seconds)
        app = create_app(world, apps=(APP, DEMO), grants=grants, deliver=self.sent.append, **{"plan": "none", **more})
        self.sandbox = app.extensions["sandbox"]
        self.session = requests.Session()
        self.session.trust_env = False
        for prefix in ("https://", "http://"):
            self.session.mount(prefix, WSGIAdapter(app))

    def asked(self, method: str = "GET", **given: str) -> requests.Response:
        query = {"client_id": APP.client_id, "redirect_uri": BACK, "state": "s1", **given}
        query = {name: value for name, value in query.items() if value}
        url = f"{HOST}/oauth/authorize"
        if method == "GET":
            return self.session.get(f"{url}?{urlencode(query)}")
        return self.session.post(url, data=query, allow_redirects=False)

    def led_back(self, answer: str = "allow", user_id: int = ME, **given: str) -> dict[str, str]:
        """What the user brings back to the app."""
        target = self.asked("POST", answer=answer, user_id=str(user_id), **given).headers["Location"]
        assert target.startswith(BACK + "?")
        return {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}

    def token(self, *, auth: Any = (APP.client_id, APP.client_secret), **form: str) -> requests.Response:
        return self.session.post(f"{HOST}/oauth/token", data=form, auth=auth)

    def exchange(self, code: str, **more: str) -> requests.Response:
        return self.token(**{"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, **more})

    def refresh(self, token: str, **more: Any) -> requests.Response:
        return self.token(grant_type="refresh_token", refresh_token=token, **more)

    def signed_in(self, user_id: int = ME) -> dict[str, Any]:
        answer = self.exchange(self.led_back(user_id=user_id)["code"])
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def get(self, path: str, access: str) -> requests.Response:
        return self.session.get(COMPANY_HOST + path, headers={"Authorization": f"Bearer {access}"})


@pytest.fixture
def visitor(company: World) -> Visitor:
    return Visitor(company)


def text_of(answer: requests.Response) -> str:
    assert answer.status_code == 400
    assert answer.json()["success"] is False
    return str(answer.json()["message"])


def test_the_consent_page_names_the_app_its_scopes_and_two_buttons(visitor: Visitor):
    page = visitor.asked()
    assert page.status_code == 200
    assert "Allow “Sheets”" in page.text
    assert re.findall(r"<code>([a-z:]+)</code>", page.text) == ["base", "deals:read"]
    assert re.findall(r'name="answer" value="(\w+)"', page.text) == ["allow", "deny"]


def test_allowing_leads_back_with_a_code_and_the_state(visitor: Visitor):
    assert visitor.led_back().keys() == {"code", "state"}
    assert visitor.led_back(state="x")["state"] == "x"
    assert visitor.led_back(state="").keys() == {"code"}


def test_denying_leads_back_with_an_error(visitor: Visitor):
    assert visitor.led_back(answer="deny") == {"error": "user_denied", "state": "s1"}


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"client_id": ""}, "Invalid client: cannot retrieve client credentials"),
        ({"client_id": "unknown"}, "Invalid client: client is invalid"),
        ({"redirect_uri": "nowhere"}, "Invalid request: redirect_uri is not a valid URI"),
        ({"redirect_uri": BACK + "/elsewhere"}, "Invalid request: redirect_uri is invalid"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_in_the_vendors_words(visitor: Visitor, given: dict[str, str], text: str):
    assert text_of(visitor.asked(**given)) == text


def test_a_trial_app_leads_anywhere_on_this_machine_and_nowhere_else():
    assert DEMO.redirects_to("http://127.0.0.1:8123/any/where")
    assert DEMO.redirects_to("http://localhost/x")
    assert not DEMO.redirects_to("https://evil.example/")


def test_a_code_becomes_tokens(visitor: Visitor):
    told = visitor.signed_in()
    assert told["token_type"] == "Bearer"
    assert told["expires_in"] == 3599
    assert told["scope"] == "base,deals:read"
    assert told["api_domain"] == COMPANY_HOST
    assert len(told["access_token"]) > 255


def test_a_code_is_good_once_and_for_five_minutes(visitor: Visitor):
    code = visitor.led_back()["code"]
    assert visitor.exchange(code).status_code == 200
    assert text_of(visitor.exchange(code)) == "Invalid grant: authorization_code is invalid"
    late = visitor.led_back()["code"]
    visitor.seconds += CODE_SECONDS
    assert text_of(visitor.exchange(late)) == "Invalid grant: authorization_code has expired"


def test_a_code_is_good_for_the_redirect_uri_and_the_app_it_was_given_to(visitor: Visitor):
    code = visitor.led_back()["code"]
    assert text_of(visitor.exchange(code, redirect_uri=BACK + "2")) == "Invalid request: redirect_uri is invalid"
    other = visitor.token(
        auth=(DEMO.client_id, DEMO.client_secret), grant_type="authorization_code", code=code, redirect_uri=BACK
    )
    assert text_of(other) == "Invalid grant: authorization_code is invalid"


@pytest.mark.parametrize(
    ("form", "auth", "text"),
    [
        ({"x": "y"}, (APP.client_id, APP.client_secret), "Missing parameter: grant_type"),
        ({"grant_type": "wish"}, (APP.client_id, APP.client_secret), "Unsupported grant type: grant_type is invalid"),
        ({"grant_type": "refresh_token"}, None, "Invalid client: cannot retrieve client credentials"),
        ({"grant_type": "refresh_token"}, (APP.client_id, "wrong"), "Invalid client: client is invalid"),
        ({"grant_type": "refresh_token"}, ("nobody", "x"), "Invalid client: client is invalid"),
        (
            {"grant_type": "refresh_token", "refresh_token": "1:1:no"},
            (APP.client_id, APP.client_secret),
            "Invalid grant: refresh_token is invalid",
        ),
    ],
)
def test_the_token_endpoint_refuses_in_the_vendors_words(visitor: Visitor, form: dict[str, str], auth: Any, text: str):
    assert text_of(visitor.token(auth=auth, **form)) == text


def test_the_token_endpoint_wants_a_form_and_a_proper_header(visitor: Visitor):
    url = f"{HOST}/oauth/token"
    wrong_kind = visitor.session.post(url, json={"grant_type": "refresh_token"})
    assert text_of(wrong_kind) == "Invalid request: content must be application/x-www-form-urlencoded"
    for header in ("Basic ???", "Bearer abc", "Basic bm9jb2xvbg=="):
        answer = visitor.session.post(url, data={"grant_type": "x"}, headers={"Authorization": header})
        assert text_of(answer) == "Invalid request: malformed authorization header"


def test_credentials_in_the_form_are_taken_too(visitor: Visitor):
    tokens = visitor.signed_in()
    answer = visitor.refresh(
        tokens["refresh_token"], auth=None, client_id=APP.client_id, client_secret=APP.client_secret
    )
    assert answer.status_code == 200


def test_an_access_token_reads_for_an_hour_as_the_user_who_consented(visitor: Visitor):
    access = visitor.signed_in(DAAN)["access_token"]
    me = visitor.get("/api/v1/users/me", access).json()["data"]
    assert (me["id"], me["name"], me["company_domain"]) == (DAAN, "Daan de Vries", "acme")
    visitor.seconds += 3600
    refused = visitor.get("/api/v1/users/me", access)
    assert refused.status_code == 401
    assert refused.json()["error"] == "Invalid token: access_token is invalid"


def test_a_refresh_keeps_the_refresh_token_and_begins_its_sixty_days_anew(visitor: Visitor):
    token = visitor.signed_in()["refresh_token"]
    for _ in range(3):
        visitor.seconds += REFRESH_SECONDS - 1
        told = visitor.refresh(token).json()
        assert told["refresh_token"] == token
        assert visitor.get("/api/v2/deals", told["access_token"]).status_code == 200
    visitor.seconds += REFRESH_SECONDS
    assert text_of(visitor.refresh(token)) == "Invalid grant: refresh_token is invalid"


def test_refresh_tokens_can_be_made_to_rotate(visitor: Visitor):
    visitor.sandbox.oauth.grants.rotates = True
    token = visitor.signed_in()["refresh_token"]
    fresh = visitor.refresh(token).json()["refresh_token"]
    assert fresh != token
    assert text_of(visitor.refresh(token)) == "Invalid grant: refresh_token is invalid"
    assert visitor.refresh(fresh).status_code == 200


def test_a_trial_app_stays_installed_when_the_sandbox_is_started_anew():
    before, after = (Grants(COMPANY["company_id"]) for _ in range(2))
    token = before.exchange(DEMO, before.consent(DEMO, DAAN, BACK), BACK).refresh
    tokens = after.refresh(DEMO, token)
    assert (tokens.refresh, tokens.grant.user_id) == (token, DAAN)
    after.uninstall(tokens.grant)
    with pytest.raises(UnknownError):
        after.refresh(DEMO, token)
    with pytest.raises(UnknownError):
        after.refresh(DEMO, token[:-1] + ("0" if token[-1] != "0" else "1"))
    with pytest.raises(UnknownError):
        Grants(COMPANY["company_id"]).refresh(APP, before.exchange(APP, before.consent(APP, ME, BACK), BACK).refresh)


def revoke(visitor: Visitor, token: str) -> None:
    answer = visitor.session.post(
        f"{HOST}/oauth/revoke", data={"token": token}, auth=(APP.client_id, APP.client_secret)
    )
    assert answer.status_code == 200


def test_revoking_an_access_token_ends_it_alone(visitor: Visitor):
    tokens = visitor.signed_in()
    revoke(visitor, tokens["access_token"])
    assert visitor.get("/api/v2/deals", tokens["access_token"]).status_code == 401
    assert visitor.refresh(tokens["refresh_token"]).status_code == 200


def test_revoking_a_refresh_token_uninstalls_the_app_for_its_user(visitor: Visitor):
    ours, daans = visitor.signed_in(), visitor.signed_in(DAAN)
    revoke(visitor, ours["refresh_token"])
    assert visitor.get("/api/v2/deals", ours["access_token"]).status_code == 401
    assert text_of(visitor.refresh(ours["refresh_token"])) == "Invalid grant: refresh_token is invalid"
    assert visitor.get("/api/v2/deals", daans["access_token"]).status_code == 200
    assert visitor.sent == []


def test_an_uninstallation_ends_the_tokens_and_tells_the_app(visitor: Visitor):
    tokens = visitor.signed_in(DAAN)
    visitor.session.post(f"{COMPANY_HOST}/_sandbox/uninstall", json={"user_id": DAAN})
    assert visitor.get("/api/v2/deals", tokens["access_token"]).status_code == 401
    (told,) = visitor.sent
    assert (told.method, told.url, told.auth) == ("DELETE", BACK, (APP.client_id, APP.client_secret))
    assert told.json.keys() == {"client_id", "company_id", "user_id", "timestamp"}
    assert (told.json["company_id"], told.json["user_id"]) == (COMPANY["company_id"], DAAN)


@pytest.mark.parametrize("body", [{"json": {"user_id": DAAN}}, {"data": {"user_id": DAAN}}])
def test_a_program_that_uninstalls_is_answered_in_a_plain_line(visitor: Visitor, body: dict[str, Any]):
    visitor.signed_in(DAAN)
    where = f"{COMPANY_HOST}/_sandbox/uninstall"
    answer = visitor.session.post(where, headers={"accept": "*/*"}, allow_redirects=False, **body)
    assert (answer.status_code, answer.text) == (200, "Uninstalled for 1 of its users.\n")
    pressed = visitor.session.post(where, headers={"accept": "text/html,*/*;q=0.8"}, allow_redirects=False, **body)
    assert pressed.status_code == 302


def test_a_scope_that_was_not_granted_is_missed(visitor: Visitor):
    access = visitor.signed_in()["access_token"]
    answer = visitor.get("/api/v2/persons", access)
    assert answer.status_code == 403
    assert answer.json()["error"] == "Scope and URL mismatch"
    assert visitor.get("/v1/users/me", access).status_code == 200


def test_an_api_token_is_no_bearer_token_and_the_other_way_round(visitor: Visitor):
    access = visitor.signed_in()["access_token"]
    assert visitor.get("/api/v2/deals", TOKEN).status_code == 401
    swapped = visitor.session.get(COMPANY_HOST + "/api/v2/deals", headers={"x-api-token": access})
    assert swapped.status_code == 401


@pytest.mark.parametrize(("plan", "burst"), [("lite", 80), ("growth", 160), ("premium", 400), ("ultimate", 480)])
def test_an_app_may_call_four_times_as_often_for_each_user(company: World, plan: str, burst: int):
    visitor = Visitor(company, limits=Limits(plan, monotonic=lambda: 0.0))
    ours, daans = visitor.signed_in()["access_token"], visitor.signed_in(DAAN)["access_token"]
    answers = [visitor.get("/v1/users/me", ours) for _ in range(burst + 1)]
    assert [answer.status_code for answer in answers[-2:]] == [200, 429]
    assert answers[0].headers["x-ratelimit-limit"] == str(burst)
    assert visitor.get("/v1/users/me", daans).status_code == 200


def test_a_refresh_does_not_renew_the_burst_window(company: World):
    visitor = Visitor(company, limits=Limits("lite", app_burst=1, monotonic=lambda: 0.0))
    tokens = visitor.signed_in()
    assert visitor.get("/v1/users/me", tokens["access_token"]).status_code == 200
    access = visitor.refresh(tokens["refresh_token"]).json()["access_token"]
    assert visitor.get("/v1/users/me", access).status_code == 429


def test_consent_can_be_in_maintenance(visitor: Visitor):
    visitor.sandbox.faults.add("server_error", status=503, path="/oauth/authorize")
    assert visitor.asked().status_code == 503


def test_the_hosts_are_kept_apart(visitor: Visitor):
    access = visitor.signed_in()["access_token"]
    assert visitor.session.get(f"{COMPANY_HOST}/oauth/authorize").status_code == 404
    headers = {"Authorization": f"Bearer {access}"}
    assert visitor.session.get(f"{HOST}/api/v2/deals", headers=headers).status_code == 404


def test_the_journal_tells_of_refreshes_without_their_secrets(visitor: Visitor):
    tokens = visitor.signed_in()
    visitor.refresh(tokens["refresh_token"])
    visitor.get("/api/v2/deals", tokens["access_token"])
    call = visitor.sandbox.journal.calls[-2]
    assert (call.path, call.auth, call.form["grant_type"]) == ("/oauth/token", "basic", "refresh_token")
    assert visitor.sandbox.journal.calls[-1].auth == "bearer"
    told = str(visitor.sandbox.journal.calls)
    assert not any(tokens[name] in told for name in ("access_token", "refresh_token"))
    assert APP.client_secret not in told


@pytest.mark.slow
@pytest.mark.parametrize(("version", "path"), [(version, path) for version, paths in SCOPES.items() for path in paths])
def test_the_scopes_of_every_endpoint_are_the_documented_ones(version: str, path: str):
    security = openapi.operation(version, path)["security"]
    documented = {scope for way in security for scope in way.get("oauth2", ())}
    assert set(SCOPES[version][path]) == documented
