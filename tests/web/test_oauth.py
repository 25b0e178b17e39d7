"""The round trip to Pipedrive's consent page, with the sandbox in Pipedrive's place."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug.test import TestResponse

from importers.config import Settings
from importers.model import Actor, Connection, Role, SignIn
from importers.secret import Secret
from importers.services import Services
from importers.store.sql import SqlStore
from sandbox.apps import DEMO
from sandbox.staff import COMPANY, ME
from tests.builders import a_draft
from tests.fakes import FakeClock
from tests.web.browser import Browser

CALLBACK = "/connections/oauth/callback"
DAAN = 13001002
TOLD = {
    "client_id": DEMO.client_id,
    "company_id": COMPANY["company_id"],
    "user_id": ME,
    "timestamp": "2026-11-16T09:00:00.000Z",
}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, pipedrive_client_id=DEMO.client_id, pipedrive_client_secret=Secret(DEMO.client_secret))


@pytest.fixture
def pretend(pretend: Any) -> Iterator[Any]:
    pretend.oauth.grants.clear()
    yield pretend
    pretend.oauth.grants.clear()


def consent_url(browser: Browser, path: str = "/connections/new") -> str:
    """Where the Connect button leads."""
    page = browser.open(path)
    form = page.form(action="/connections/oauth")
    answer = browser.client.post(form.action, data=form.fields())
    assert answer.status_code == 303
    return answer.headers["Location"]


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def come_back(browser: Browser, **query: str) -> TestResponse:
    return browser.client.get(CALLBACK, query_string=query)


def allow(browser: Browser, pretend: Any, *, path: str = "/connections/new", user_id: int = ME) -> TestResponse:
    """Press Connect, then Allow."""
    asked = query_of(consent_url(browser, path))
    code = pretend.oauth.grants.consent(DEMO, user_id, asked["redirect_uri"])
    return come_back(browser, code=code, state=asked["state"])


@pytest.fixture
def granted(at_alice: Browser, pretend: Any, services: Services, alice: Actor) -> Connection:
    allow(at_alice, pretend)
    (connection,) = services.connections.list(alice)
    return connection


def test_connect_leads_to_pipedrive_with_our_address_and_a_state(at_alice: Browser):
    url = consent_url(at_alice)
    assert url.startswith("https://oauth.pipedrive.com/oauth/authorize?")
    asked = query_of(url)
    assert asked.keys() == {"client_id", "redirect_uri", "state"}
    assert asked["client_id"] == DEMO.client_id
    assert asked["redirect_uri"] == f"http://localhost{CALLBACK}"
    assert len(asked["state"]) >= 24
    assert query_of(consent_url(at_alice))["state"] != asked["state"]


def test_the_address_people_use_is_the_one_that_pipedrive_knows(
    at_alice: Browser, app: Any, services: Services, settings: Settings
):
    from web import current

    current.attach(app, services, replace(settings, public_url="https://sheets.example.com"))
    assert query_of(consent_url(at_alice))["redirect_uri"] == f"https://sheets.example.com{CALLBACK}"


def test_in_the_sandbox_the_browser_is_sent_to_this_machine(
    at_alice: Browser, app: Any, settings: Settings, store: SqlStore
):
    from importers import bootstrap
    from web import current

    rerouted = replace(settings, reroutes={"*.pipedrive.com": "http://127.0.0.1:8100"})
    services = bootstrap.build(rerouted)
    current.attach(app, services, rerouted)
    assert consent_url(at_alice).startswith("http://127.0.0.1:8100/oauth/authorize?")
    policy = at_alice.client.get("/connections/new").headers["Content-Security-Policy"]
    assert "form-action 'self' https://*.pipedrive.com http://127.0.0.1:8100;" in policy
    services.close()


def test_coming_back_connects(at_alice: Browser, pretend: Any, services: Services, alice: Actor):
    answer = allow(at_alice, pretend)
    (connection,) = services.connections.list(alice)
    assert connection.sign_in is SignIn.OAUTH
    assert answer.headers["Location"] == f"/importers/new?connection_id={connection.id}"
    assert "Connected to Acme Cargo Bikes B.V. as Liis Tamm." in at_alice.open("/connections").text


def test_a_code_is_not_repeated_anywhere(at_alice: Browser, pretend: Any):
    asked = query_of(consent_url(at_alice))
    code = pretend.oauth.grants.consent(DEMO, ME, asked["redirect_uri"])
    answer = come_back(at_alice, code=code, state=asked["state"])
    shown = answer.headers["Location"] + at_alice.open("/").html + at_alice.open("/connections").html
    assert code not in shown
    assert asked["state"] not in shown


def test_a_state_is_good_once(at_alice: Browser, pretend: Any, services: Services, alice: Actor):
    asked = query_of(consent_url(at_alice))
    for user_id, number in ((ME, 1), (DAAN, 1)):
        code = pretend.oauth.grants.consent(DEMO, user_id, asked["redirect_uri"])
        come_back(at_alice, code=code, state=asked["state"])
        assert len(services.connections.list(alice)) == number
    assert "was not asked for here" in at_alice.open("/connections").text


def test_a_state_of_somebody_elses_session_connects_nothing(
    at_alice: Browser, at_charlie: Browser, pretend: Any, services: Services, alice: Actor, charlie: Actor
):
    asked = query_of(consent_url(at_charlie))
    code = pretend.oauth.grants.consent(DEMO, DAAN, asked["redirect_uri"])
    come_back(at_alice, code=code, state=asked["state"])
    assert services.connections.list(alice) == services.connections.list(charlie) == []
    assert pretend.journal.calls == []


def test_a_state_ends_after_a_while(
    at_alice: Browser, pretend: Any, services: Services, alice: Actor, clock: FakeClock
):
    asked = query_of(consent_url(at_alice))
    clock.advance(minutes=16)
    come_back(at_alice, code="c", state=asked["state"])
    assert services.connections.list(alice) == []
    assert pretend.journal.calls == []


def test_several_tabs_may_connect_at_the_same_time(at_alice: Browser, pretend: Any, services: Services, alice: Actor):
    trips = [query_of(consent_url(at_alice)) for _ in range(3)]
    for trip, user_id in zip(trips, (ME, DAAN), strict=False):
        code = pretend.oauth.grants.consent(DEMO, user_id, trip["redirect_uri"])
        come_back(at_alice, code=code, state=trip["state"])
    assert len(services.connections.list(alice)) == 2


def test_an_installation_begun_in_the_marketplace_is_started_over_once(at_alice: Browser, pretend: Any):
    code = pretend.oauth.grants.consent(DEMO, ME, f"http://localhost{CALLBACK}")
    answer = come_back(at_alice, code=code)
    assert answer.headers["Location"].startswith("https://oauth.pipedrive.com/oauth/authorize?")
    assert code not in answer.headers["Location"]
    assert come_back(at_alice, code=code).headers["Location"] == "/connections/new"
    assert pretend.journal.calls == []


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"error": "user_denied"}, "You did not allow it in Pipedrive"),
        ({"error": "<b>server_error"}, "Pipedrive did not say yes"),
        ({}, "Pipedrive did not say yes"),
    ],
)
def test_a_refusal_is_told(at_alice: Browser, query: dict[str, str], told: str):
    asked = query_of(consent_url(at_alice))
    assert come_back(at_alice, state=asked["state"], **query).headers["Location"] == "/connections/new"
    page = at_alice.open("/connections/new")
    assert told in page.root.find(role="status").text
    assert "<b>server_error" not in page.html


def test_consent_in_place_of_a_token_says_that_the_way_of_signing_in_changed(
    at_alice: Browser, pretend: Any, connection: Connection
):
    allow(at_alice, pretend)
    told = at_alice.open("/connections").root.find(role="status").text
    assert "was connected already, with an API token. From now on it uses Pipedrive’s own sign-in page" in told


def test_consent_given_again_says_that_it_was_renewed(at_alice: Browser, pretend: Any, granted: Connection):
    at_alice.open("/connections")
    allow(at_alice, pretend)
    assert "has renewed its permission" in at_alice.open("/connections").root.find(role="status").text


def test_a_code_that_came_too_late_is_told(at_alice: Browser, pretend: Any):
    asked = query_of(consent_url(at_alice))
    come_back(at_alice, code="0" * 40, state=asked["state"])
    assert "more than five minutes passed" in at_alice.open("/connections/new").root.find(role="status").text


def test_pipedrive_in_maintenance_is_told(at_alice: Browser, pretend: Any):
    pretend.faults.add("server_error", status=503, path="/oauth/token")
    allow(at_alice, pretend)
    assert "HTTP 503" in at_alice.open("/connections/new").root.find(role="status").text


def test_whoever_is_signed_out_meanwhile_signs_in_and_starts_again(visitor: Browser, inhabited: object, store: object):
    answer = come_back(visitor, code="a-code", state="a-state")
    assert answer.headers["Location"] == "/sign-in?next=/connections"


def test_only_owners_connect(at_bob: Browser, services: Services, bob: Actor):
    assert bob.role is Role.EDITOR
    page = at_bob.open("/connections")
    token = page.root.find("input", name="csrf_token").attrs["value"]
    assert at_bob.client.post("/connections/oauth", data={"csrf_token": token}).status_code == 403


def test_connect_is_no_link(at_alice: Browser):
    assert at_alice.client.get("/connections/oauth").status_code == 405
    assert at_alice.client.post("/connections/oauth").status_code == 400


def test_a_connection_of_another_workspace_cannot_be_renewed(at_charlie: Browser, granted: Connection):
    form = at_charlie.open("/connections/new").form(action="/connections/oauth")
    sent = {**form.fields(), "connection_id": str(granted.id)}
    assert at_charlie.client.post("/connections/oauth", data=sent).status_code == 404


def test_without_an_app_the_page_says_how_to_get_one(
    at_alice: Browser, app: Any, settings: Settings, store: SqlStore, services: Services
):
    from importers import bootstrap
    from web import current

    bare = replace(settings, pipedrive_client_id="", pipedrive_client_secret=None)
    without = bootstrap.build(bare)
    current.attach(app, without, bare)
    page = at_alice.open("/connections/new")
    assert "PIPEDRIVE_CLIENT_ID" in page.text
    assert "with Pipedrive" not in " ".join(page.form().buttons)
    assert "form-action 'self';" in at_alice.client.get("/").headers["Content-Security-Policy"]
    without.close()


# --- the page of a connection ---------------------------------------------------------------


def test_a_connection_says_how_it_signs_in_and_what_it_may_read(at_alice: Browser, granted: Connection):
    page = at_alice.open(f"/connections/{granted.id}")
    assert "Pipedrive’s own sign-in page (OAuth)" in page.text
    table = page.root.find("section", aria_labelledby="permissions-title")
    rows = {row.find("th").text: [cell.text for cell in row.find_all("td")] for row in table.find_all("tr")[1:]}
    assert rows["deals:read"][0] == "Yes"
    assert "Archived deals" in rows["deals:read"][1]
    assert "by consent (OAuth)" in at_alice.open("/connections").text


def test_what_was_not_granted_is_said_on_the_page_in_the_editor_and_in_the_preview(
    at_alice: Browser, pretend: Any, services: Services, alice: Actor
):
    asked = query_of(consent_url(at_alice))
    small = replace(DEMO, scopes=("base", "deals:read", "users:read"))
    code = pretend.oauth.grants.consent(small, ME, asked["redirect_uri"])
    kept = pretend.oauth.grants._codes
    kept[code] = replace(kept[code], grant=replace(kept[code].grant, app=DEMO))
    come_back(at_alice, code=code, state=asked["state"])
    (connection,) = services.connections.list(alice)
    table = at_alice.open(f"/connections/{connection.id}").root.find("section", aria_labelledby="permissions-title")
    assert "mail:read No Mail threads, Mail messages" in table.text
    told = "Persons take the permission contacts:read, which this connection was not given."
    assert told in at_alice.open(f"/editor/options?connection_id={connection.id}&entity=persons").text
    form = at_alice.open(f"/importers/new?connection_id={connection.id}").form(action="")
    sent = {**form.fields(), "entity": "persons", "connection_id": str(connection.id)}
    assert told in at_alice.client.post("/editor/preview", data=sent).text


def uninstall(visitor: Browser, told: Any = None, *, secret: str = DEMO.client_secret, **more: Any) -> int:
    credentials = b64encode(f"{DEMO.client_id}:{secret}".encode()).decode()
    sent = {"json": TOLD if told is None else told, "headers": {"Authorization": f"Basic {credentials}"}, **more}
    return visitor.client.delete(CALLBACK, **sent).status_code


def test_an_uninstallation_pauses_what_reads_from_it_and_says_so_once(
    visitor: Browser, at_alice: Browser, services: Services, alice: Actor, granted: Connection
):
    importers = [
        services.importers.create(
            alice, a_draft(name=name, connection_id=granted.id, target=replace(a_draft().target, sheet=name))
        )
        for name in ("One", "Two")
    ]
    assert uninstall(visitor) == 204
    assert services.connections.get(alice, granted.id).sealed == b""
    page = at_alice.open("/")
    assert page.text.count("The app was uninstalled in Pipedrive") == 1
    assert page.text.count("The connection needs reconnecting") == 2
    assert page.links()["Reconnect"] == f"/connections/{granted.id}/replace"
    for importer in importers:
        assert "Paused: the connection needs reconnecting" in at_alice.open(f"/importers/{importer.id}").text


def test_an_uninstallation_told_again_after_reconnecting_is_answered_and_ignored(
    visitor: Browser, at_alice: Browser, pretend: Any, services: Services, alice: Actor, clock: FakeClock
):
    allow(at_alice, pretend)
    clock.advance(minutes=10)
    told = {**TOLD, "timestamp": clock.now().isoformat()}
    clock.advance(minutes=10)
    assert uninstall(visitor, told) == 204
    (connection,) = services.connections.list(alice)
    assert not connection.works
    allow(at_alice, pretend, path=f"/connections/{connection.id}/replace")
    assert uninstall(visitor, told) == 204
    (connection,) = services.connections.list(alice)
    assert connection.works
    assert connection.sealed


@pytest.mark.parametrize("timestamp", ["yesterday", "", 5, None, ["2020-01-01"], "9" * 400])
def test_an_uninstallation_whose_moment_cannot_be_read_counts(
    visitor: Browser, services: Services, alice: Actor, granted: Connection, timestamp: Any
):
    assert uninstall(visitor, {**TOLD, "timestamp": timestamp}) == 204
    assert not services.connections.get(alice, granted.id).works


@pytest.mark.parametrize("timestamp", ["2019-05-04T09:00:00", "2019-05-04", "2019-05-04T09:00:00.000+03:00"])
def test_an_uninstallation_of_long_ago_counts_for_nothing_however_its_moment_is_written(
    visitor: Browser, services: Services, alice: Actor, granted: Connection, timestamp: str
):
    assert uninstall(visitor, {**TOLD, "timestamp": timestamp}) == 204
    assert services.connections.get(alice, granted.id) == granted


def test_reconnecting_resumes(
    visitor: Browser, at_alice: Browser, pretend: Any, services: Services, alice: Actor, granted: Connection
):
    importer = services.importers.create(alice, a_draft(connection_id=granted.id))
    uninstall(visitor)
    answer = allow(at_alice, pretend, path=f"/connections/{granted.id}/replace")
    assert answer.headers["Location"] == f"/connections/{granted.id}"
    assert "Connected again" in at_alice.open("/").root.find(role="status").text
    assert "needs reconnecting" not in at_alice.open(f"/importers/{importer.id}").text


def test_reconnecting_as_somebody_else_is_said(
    at_alice: Browser, pretend: Any, services: Services, alice: Actor, granted: Connection
):
    services.importers.create(alice, a_draft(connection_id=granted.id))
    allow(at_alice, pretend, path=f"/connections/{granted.id}/replace", user_id=DAAN)
    told = at_alice.open("/").root.find(role="status").text
    assert "as Daan de Vries. Before it was Liis Tamm: importers now read what Daan de Vries may see." in told


@pytest.mark.parametrize(
    ("told", "more"),
    [
        ({**TOLD, "company_id": "7"}, {}),
        ({**TOLD, "user_id": True}, {}),
        ({**TOLD, "client_id": "another"}, {}),
        ([], {}),
        (None, {"json": None, "data": b"{"}),
        (None, {"json": None, "data": b"[" * 100_000, "content_type": "application/json"}),
    ],
)
def test_an_uninstallation_that_makes_no_sense_is_refused(
    visitor: Browser, services: Services, alice: Actor, granted: Connection, told: Any, more: dict[str, Any]
):
    assert uninstall(visitor, told, **more) == 400
    assert services.connections.get(alice, granted.id) == granted


def test_an_uninstallation_wants_the_apps_own_credentials(
    visitor: Browser, services: Services, alice: Actor, granted: Connection
):
    assert uninstall(visitor, secret="wrong") == 401
    assert uninstall(visitor, headers={}) == 401
    assert uninstall(visitor, headers={"Authorization": "Bearer x"}) == 401
    assert services.connections.get(alice, granted.id) == granted


def test_unlinking_says_that_it_uninstalls(at_alice: Browser, pretend: Any, granted: Connection):
    assert "uninstalls the app" in at_alice.open(f"/connections/{granted.id}/unlink").text
    assert "its access forgotten" in at_alice.press("Unlink").text
    assert pretend.oauth.grants.installed == []
