"""Google accounts on the pages: connected, looked at, refused, reconnected, unlinked."""

from __future__ import annotations

import io
import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
import requests

from importers import bootstrap
from importers.config import Settings
from importers.model import GOOGLE_SHEETS, Actor, Connection, Importer, SignIn, Target
from importers.services import Services
from importers.store.sql import SqlStore
from sandbox.google import scopes
from sandbox.google.accounts import ALEX, DEMO, DEMO_ROBOT, SAM
from sandbox.google.app import Google
from tests.builders import a_draft
from tests.fakes import FakeClock
from tests.google import ASKED, ROBOT_KEY, a_code, a_spreadsheet
from tests.web.at_google import APP_SETTINGS, BEGIN, CALLBACK, NEW, allow, come_back, connected, consent_url, query_of
from tests.web.browser import Browser
from tests.web.page import Page
from web import current

KEY = ROBOT_KEY.reveal()
PRIVATE = json.loads(KEY)["private_key"].splitlines()[1]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, **APP_SETTINGS)


@pytest.fixture
def alex(services: Services, google: Google, alice: Actor) -> Connection:
    return connected(services, google, alice)


@pytest.fixture
def robot(services: Services, alice: Actor, google: Google) -> Connection:
    return services.google.link_service_account(alice, ROBOT_KEY)


@pytest.fixture
def writer(services: Services, google: Google, alice: Actor, connection: Connection, robot: Connection) -> Importer:
    """Deals into a spreadsheet, with the service account."""
    target = Target(GOOGLE_SHEETS, a_spreadsheet(google).id, "Deals", robot.id)
    return services.importers.create(alice, a_draft(name="Deals to Google", connection_id=connection.id, target=target))


@pytest.fixture
def without_app(
    app: Any, settings: Settings, session: requests.Session, clock: FakeClock, store: SqlStore, services: Services
) -> Iterator[None]:
    bare = replace(settings, google_client_id="", google_client_secret=None, google_api_key=None)
    without = bootstrap.build(bare, clock=clock, session=session)
    current.attach(app, without, bare)
    yield
    without.close()


def told(page: Page) -> str:
    return page.root.find(role="status").text


# --- by consent ---


def test_connect_leads_to_google_with_our_address_a_state_and_the_hash_of_a_secret(at_alice: Browser, google: Google):
    url = consent_url(at_alice)
    assert url.startswith("https://accounts.google.com/o/oauth2/")
    asked = query_of(url)
    assert asked["client_id"] == DEMO.client_id
    assert asked["redirect_uri"] == f"http://localhost{CALLBACK}"
    assert asked["code_challenge_method"] == "S256"
    assert scopes.DRIVE_FILE in asked["scope"].split()
    other = query_of(consent_url(at_alice))
    assert {other["state"], other["code_challenge"]}.isdisjoint({asked["state"], asked["code_challenge"]})


def test_google_is_told_whose_account_is_to_be_connected_again_and_only_then(at_alice: Browser, alex: Connection):
    assert "login_hint" not in query_of(consent_url(at_alice))
    assert query_of(consent_url(at_alice, f"/connections/{alex.id}/replace"))["login_hint"] == ALEX.email


def test_the_secret_that_proves_who_set_out_is_in_no_cookie(at_alice: Browser, app: Any, google: Google):
    from web.connections.trips import Asked

    asked = query_of(consent_url(at_alice))
    with app.app_context():
        verifier = Asked(asked["state"], 0, 1).verifier.reveal()
    challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
    assert challenge == asked["code_challenge"]
    assert 43 <= len(verifier) <= 128
    with at_alice.client.session_transaction() as session:
        assert verifier not in json.dumps(dict(session), default=str)


def test_coming_back_connects_and_shows_the_account(
    at_alice: Browser, google: Google, services: Services, alice: Actor
):
    answer = allow(at_alice, google)
    [connection] = services.connections.list(alice, GOOGLE_SHEETS)
    assert (connection.sign_in, connection.account.email) == (SignIn.OAUTH, ALEX.email)
    assert answer.headers["Location"] == f"/connections/{connection.id}"
    page = at_alice.open(answer.headers["Location"])
    assert told(page) == f"Connected to Google as {ALEX.email}."
    assert page.heading.startswith(ALEX.email)


def test_an_editor_that_waits_in_another_tab_is_mentioned(at_alice: Browser, google: Google):
    allow(at_alice, google, path=f"{NEW}?for=editor")
    assert "Your editor is in the other tab" in told(at_alice.open("/connections"))


def test_a_code_is_not_repeated_anywhere(at_alice: Browser, google: Google):
    url = consent_url(at_alice)
    code, state = a_code(google, url).reveal(), query_of(url)["state"]
    answer = come_back(at_alice, code=code, state=state)
    shown = answer.headers["Location"] + at_alice.open("/").html + at_alice.open("/connections").html
    assert code not in shown
    assert state not in shown


def test_a_state_is_good_once_and_for_its_vendor_only(
    at_alice: Browser, google: Google, services: Services, alice: Actor
):
    url = consent_url(at_alice)
    state = query_of(url)["state"]
    assert at_alice.client.get("/connections/oauth/callback", query_string={"code": "c", "state": state}).status_code
    assert services.connections.list(alice) == []
    for number in (1, 1):
        come_back(at_alice, code=a_code(google, url).reveal(), state=state)
        assert len(services.connections.list(alice)) == number
    page = at_alice.open("/connections")
    assert "That answer of Google’s was not asked for here" in told(page)


def test_a_state_of_somebody_elses_session_connects_nothing(
    at_alice: Browser, at_charlie: Browser, google: Google, services: Services, alice: Actor, charlie: Actor
):
    url = consent_url(at_charlie)
    before = len(google.journal.calls)
    answer = come_back(at_alice, code=a_code(google, url).reveal(), state=query_of(url)["state"])
    assert answer.headers["Location"] == NEW
    assert services.connections.list(alice) == services.connections.list(charlie) == []
    assert len(google.journal.calls) == before


def test_a_state_ends_after_a_while(
    at_alice: Browser, google: Google, clock: FakeClock, services: Services, alice: Actor
):
    url = consent_url(at_alice)
    clock.advance(minutes=16)
    come_back(at_alice, code=a_code(google, url).reveal(), state=query_of(url)["state"])
    assert services.connections.list(alice) == []


@pytest.mark.parametrize(
    ("error", "says"),
    [
        ("access_denied", "You did not allow it at Google, so nothing was connected. Press Connect again"),
        ("admin_policy_enforced", "administrator of your Google Workspace"),
        ("org_internal", "organisation"),
        ("<b>odd", "Google did not connect the account"),
        ("", "Google did not connect the account"),
    ],
)
def test_a_refusal_is_told_with_the_step_that_helps(at_alice: Browser, google: Google, error: str, says: str):
    asked = query_of(consent_url(at_alice))
    assert come_back(at_alice, state=asked["state"], error=error).headers["Location"] == NEW
    page = at_alice.open(NEW)
    assert says in told(page)
    assert "<b>odd" not in page.html


def test_a_box_left_unticked_is_told_and_connects_nothing(
    at_alice: Browser, google: Google, services: Services, alice: Actor
):
    allow(at_alice, google, granted=ASKED[:2])
    assert services.connections.list(alice) == []
    said = told(at_alice.open(NEW))
    assert "the box for it was left unticked" in said
    assert said.count("Nothing was connected.") == 1


def test_whoever_is_signed_out_meanwhile_signs_in_and_starts_again(visitor: Browser, inhabited: object, store: object):
    assert come_back(visitor, code="c", state="s").headers["Location"] == "/sign-in?next=/connections"
    assert "connect Google again" in told(visitor.open("/sign-in"))


def test_only_owners_connect(at_bob: Browser, google: Google):
    token = at_bob.open("/connections").root.find("input", name="csrf_token").attrs["value"]
    assert "Connect Google" not in at_bob.page.links()
    assert at_bob.client.post(BEGIN, data={"csrf_token": token}).status_code == 403
    assert "You may not link accounts" in pasted(at_bob, key=KEY).root.find(id="key-error").text
    assert google.journal.calls == []


def test_connect_is_no_link_and_carries_the_mark(at_alice: Browser, google: Google):
    assert at_alice.client.get(BEGIN).status_code == 405
    assert at_alice.client.post(BEGIN).status_code == 400
    assert at_alice.client.post(NEW, data={"key": KEY}).status_code == 400


def test_forms_may_lead_to_google_and_nowhere_else(at_alice: Browser, google: Google):
    policy = at_alice.client.get(NEW).headers["Content-Security-Policy"]
    assert "form-action 'self' https://accounts.google.com;" in policy
    assert "script-src 'self';" in policy


def test_without_an_app_the_page_says_who_can_set_one_up(at_alice: Browser, without_app: None):
    page = at_alice.open(NEW)
    assert "GOOGLE_CLIENT_ID" in page.text
    assert page.form().buttons == ["Connect the service account"]
    assert "form-action 'self';" in at_alice.client.get(NEW).headers["Content-Security-Policy"]


# --- service accounts ---


def pasted(browser: Browser, **fields: Any) -> Page:
    form = browser.open(NEW).form(button="Connect the service account")
    data = {**form.fields(), **fields}
    return browser._arrive(
        browser.client.post(NEW, data=data, content_type="multipart/form-data", follow_redirects=True)
    )


@pytest.mark.parametrize("way", ["pasted", "as a file", "as a file of Windows"])
def test_a_key_connects_and_the_page_says_what_to_share_with_whom(
    at_alice: Browser, google: Google, services: Services, alice: Actor, way: str
):
    content = KEY.encode("utf-8-sig" if way.endswith("Windows") else "utf-8")
    fields = {"key": KEY} if way == "pasted" else {"file": (io.BytesIO(content), "key.json")}
    page = pasted(at_alice, **fields)
    assert page.root.find(id="share-address").text == DEMO_ROBOT.email
    assert page.root.find("button", data_copies="share-address")
    assert PRIVATE not in page.html
    [connection] = services.connections.list(alice)
    assert connection.sign_in is SignIn.SERVICE_ACCOUNT


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "Paste the JSON key"),
        ({"key": "   "}, "Paste the JSON key"),
        ({"key": KEY[: len(KEY) // 2]}, "not whole"),
        ({"key": '{"type": "authorized_user"}'}, "service account"),
        ({"file": (io.BytesIO(b"\xff\xfe\x00"), "key.json")}, "no text"),
        ({"file": (io.BytesIO(b"{" * 30_000), "key.json")}, "too large"),
    ],
)
def test_what_is_no_key_is_told_at_the_field_and_not_sent_back(
    at_alice: Browser, google: Google, services: Services, alice: Actor, fields: Any, says: str
):
    page = pasted(at_alice, **fields)
    assert at_alice.status == 422
    assert says in page.root.find(id="key-error").text
    assert PRIVATE not in page.html
    assert page.root.find("textarea").text == ""
    assert services.connections.list(alice) == []


def test_a_key_that_google_refuses_is_told_at_the_field(at_alice: Browser, google: Google):
    google.faults.add("invalid_grant")
    assert "service account" in pasted(at_alice, key=KEY).root.find(id="key-error").text
    assert at_alice.status == 422


def test_the_sandbox_shows_where_its_key_is_and_nothing_else_does(
    at_alice: Browser, app: Any, services: Services, settings: Settings, google: Google
):
    assert "pretend" not in at_alice.open(NEW).text
    here = replace(settings, sandbox=True, reroutes={"docs.google.com": "http://127.0.0.1:8101"})
    current.attach(app, services, here)
    assert at_alice.open(NEW).links()["its key file"] == "http://127.0.0.1:8101/_sandbox/google/service-account.json"


# --- the list and the page of one ---


def test_the_list_keeps_reading_and_writing_apart(
    at_alice: Browser, connection: Connection, alex: Connection, writer: Importer
):
    page = at_alice.open("/connections")
    assert [heading.text for heading in page.root.find_all("h2")] == ["Read from", "Write to"]
    cards = [card.text for card in page.root.find_all("section", **{"class": "card-box connection"})]
    assert [name in card for card, name in zip(cards, ("Acme", ALEX.email, DEMO_ROBOT.email), strict=True)] == [
        True
    ] * 3
    assert [card.split("used by ")[1][:10] for card in cards] == ["1 importer", "0 importer", "1 importer"]
    assert "by consent (OAuth)" in cards[1]
    assert "by the key of a service account" in cards[2]


def test_a_page_says_who_it_is_and_which_importers_write_with_it(
    at_alice: Browser, robot: Connection, writer: Importer
):
    page = at_alice.open(f"/connections/{robot.id}")
    assert "The key of a service account" in page.text
    table = page.root.find("table").text
    assert "Deals to Google" in table
    assert "Sales 2026" in table


def test_a_connection_of_google_has_no_plan(at_alice: Browser, alex: Connection):
    page = at_alice.open(f"/connections/{alex.id}")
    assert "tokens" not in page.text.lower()
    token = page.root.find("input", name="csrf_token").attrs["value"]
    answer = at_alice.client.post(f"/connections/{alex.id}/plan", data={"csrf_token": token, "plan": ""})
    assert answer.status_code == 404


def test_charlie_sees_nothing_of_it(at_charlie: Browser, alex: Connection):
    assert ALEX.email not in at_charlie.open("/connections").text
    for path in (f"/connections/{alex.id}", f"/connections/{alex.id}/replace", f"/connections/{alex.id}/unlink"):
        assert at_charlie.client.get(path).status_code == 404
    form = at_charlie.open(NEW).form(action=BEGIN)
    sent = {**form.fields(), "connection_id": str(alex.id)}
    assert at_charlie.client.post(BEGIN, data=sent).status_code == 404


# --- refused, reconnected, unlinked ---


def test_access_withdrawn_is_alarming_everywhere_until_it_is_given_again(
    at_alice: Browser, google: Google, services: Services, alice: Actor, connection: Connection, alex: Connection
):
    target = Target(GOOGLE_SHEETS, "", "Deals", alex.id, "Fresh")
    importer = services.importers.create(alice, a_draft(connection_id=connection.id, target=target))
    google.tokens.withdraw(DEMO.client_id, ALEX.email)
    run = services.runs.start(alice, importer.id)
    replace_page = f"/connections/{alex.id}/replace"
    for path in ("/", f"/importers/{importer.id}", f"/runs/{run.id}"):
        page = at_alice.open(path)
        alarms = " ".join(one.text for one in page.root.find_all(role="alert"))
        assert "Google no longer lets Pipesheet in" in alarms, path
        assert "Pipedrive" not in alarms
        assert page.links()["Reconnect"] == replace_page, path
    assert "Importers that write with it are paused" in at_alice.open("/").text
    allow(at_alice, google, path=replace_page)
    for path in ("/", f"/importers/{importer.id}", f"/runs/{run.id}"):
        assert not any("Google" in one.text for one in at_alice.open(path).root.find_all(role="alert")), path
    at_alice.press("Run again")
    assert "rows added" in at_alice.page.text


def test_reconnecting_takes_the_same_account_only(at_alice: Browser, google: Google, alex: Connection):
    answer = allow(at_alice, google, path=f"/connections/{alex.id}/replace", person=SAM)
    assert answer.headers["Location"] == f"/connections/{alex.id}/replace"
    page = at_alice.open(answer.headers["Location"])
    assert f"You let Pipesheet into {SAM.email}; the connection is for {ALEX.email}." in told(page)


def test_a_person_reconnects_by_consent_and_a_robot_by_a_key(at_alice: Browser, alex: Connection, robot: Connection):
    page = at_alice.open(f"/connections/{alex.id}/replace")
    assert page.heading == f"Reconnect {ALEX.email}"
    assert not page.root.find_all("textarea")
    page = at_alice.open(f"/connections/{robot.id}/replace")
    assert "Reconnect with Google" not in page.text
    at_alice.submit(key=KEY)
    assert "has a new key" in told(at_alice.page)


def test_consent_given_again_says_that_it_was_renewed(at_alice: Browser, google: Google, alex: Connection):
    allow(at_alice, google)
    assert "has renewed its permission" in told(at_alice.open("/connections"))


def test_check_says_how_it_is(at_alice: Browser, google: Google, alex: Connection):
    at_alice.open("/connections")
    assert f"{alex.label} works." in told(at_alice.press("Check"))
    google.tokens.withdraw(DEMO.client_id, ALEX.email)
    assert "needs reconnecting. Google no longer lets Pipesheet in" in told(at_alice.press("Check"))
    google.clear()


def test_check_that_gets_no_answer_says_so(at_alice: Browser, google: Google, robot: Connection):
    at_alice.open(f"/connections/{robot.id}")
    google.faults.add("cut")
    assert "The check did not succeed." in told(at_alice.press("Check"))


def test_one_that_is_used_cannot_be_unlinked(at_alice: Browser, robot: Connection, writer: Importer):
    page = at_alice.open(f"/connections/{robot.id}/unlink")
    assert "1 importer still uses" in page.text
    assert "write with another account" in page.text
    assert "Deals to Google" in page.links()


def test_unlinking_says_what_becomes_of_the_secret(
    at_alice: Browser, google: Google, services: Services, alice: Actor, alex: Connection, robot: Connection
):
    assert "gives back what" in at_alice.open(f"/connections/{alex.id}/unlink").text
    assert "its access forgotten" in at_alice.press("Unlink").text
    assert "remains valid until it is deleted in Google Cloud" in at_alice.open(f"/connections/{robot.id}/unlink").text
    assert "its key forgotten" in at_alice.press("Unlink").text
    assert services.connections.list(alice) == []
