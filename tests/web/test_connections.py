from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from importers.config import Settings
from importers.model import Actor, Connection, ConnectionStatus, Importer, Run
from importers.services import Services
from sandbox.world import REVOKED_TOKEN, TOKEN
from tests.people import ALICE
from tests.web.browser import Browser
from web import create_app


def test_a_good_token_shows_whose_it_is_and_leads_on(at_alice: Browser, services: Services, alice: Actor):
    at_alice.open("/connections/new")
    page = at_alice.submit(token=f"  {TOKEN}\n")
    (connection,) = services.connections.list(alice)
    account = connection.account
    assert f"Connected to {account.company} as {account.user}." in page.root.find(role="status").text
    assert page.heading == "Add importer"


def test_the_list_shows_company_user_status_and_use(at_alice: Browser, importer: Importer, connection: Connection):
    text = at_alice.open("/connections").text
    for told in (connection.account.company, connection.account.user, "Working", "checked", "used by 1 importer"):
        assert told in text


def test_a_refused_token_is_told_at_its_field_and_not_sent_back(at_alice: Browser, services: Services, alice: Actor):
    at_alice.open("/connections/new")
    page = at_alice.submit(token=REVOKED_TOKEN)
    assert at_alice.status == 422
    assert page.root.find(id="token-error").text
    assert page.root.find("input", id="token").attrs["type"] == "password"
    assert REVOKED_TOKEN not in page.html
    assert services.connections.list(alice) == []


def test_no_token_at_all(at_alice: Browser):
    at_alice.open("/connections/new")
    assert "Paste your Pipedrive API token." in at_alice.submit(token="   ").text


def test_vendor_trouble_is_told_in_place(at_alice: Browser, pretend: Any):
    pretend.faults.add("server_error", status=502)
    at_alice.open("/connections/new")
    page = at_alice.submit(token=TOKEN)
    assert at_alice.status == 422
    assert "Pipedrive" in page.root.find(id="token-error").text


def test_it_says_where_the_token_is(at_alice: Browser):
    text = at_alice.open("/connections/new").text
    assert "In Pipedrive: your name (top right) › Personal preferences › API." in text


def test_the_sandbox_offers_its_token_and_nothing_else_does(services: Services, settings: Settings, alice: Actor):
    for sandbox in (True, False):
        app = create_app(services, replace(settings, sandbox=sandbox, sandbox_token="try-me"))
        browser = Browser(app)
        browser.sign_in(ALICE)
        assert ("try-me" in browser.open("/connections/new").text) is sandbox


def test_check_says_that_it_works(at_alice: Browser, connection: Connection):
    at_alice.open("/connections")
    assert f"{connection.label} works." in at_alice.press("Check").text


def test_check_finds_a_refused_token(at_alice: Browser, connection: Connection, pretend: Any):
    at_alice.open("/connections")
    pretend.faults.add("revoked")
    page = at_alice.press("Check")
    assert "Pipedrive refused the API token" in page.root.find(role="status").text
    assert "Needs reconnecting" in page.text


def test_check_that_gets_no_answer_leaves_the_status(at_alice: Browser, connection: Connection, pretend: Any):
    at_alice.open("/connections")
    pretend.faults.add("cut")
    page = at_alice.press("Check")
    assert "The check did not succeed." in page.text
    assert "Working" in page.text


def test_replacing_the_token_mends_the_connection(
    at_alice: Browser, services: Services, alice: Actor, importer: Importer, refused: Run
):
    assert services.connections.get(alice, importer.connection_id).status is ConnectionStatus.NEEDS_RECONNECTING
    at_alice.open(f"/connections/{importer.connection_id}/replace")
    page = at_alice.submit(token=TOKEN)
    assert "Connected again: the token of" in page.text
    assert services.connections.get(alice, importer.connection_id).status is ConnectionStatus.WORKING


def test_a_connection_in_use_names_its_importers_instead_of_a_button(at_alice: Browser, importer: Importer):
    page = at_alice.open(f"/connections/{importer.connection_id}/unlink")
    assert "1 importer still uses this connection" in page.text
    assert page.links()["Deals to Excel"] == f"/importers/{importer.id}/edit"
    assert not page.root.find("main").find_all("form")


def test_unlinking_is_asked_for_first(at_alice: Browser, services: Services, alice: Actor, connection: Connection):
    at_alice.open(f"/connections/{connection.id}/unlink")
    assert services.connections.list(alice)
    assert "is unlinked" in at_alice.press("Unlink").text
    assert services.connections.list(alice) == []


@pytest.mark.parametrize(("token", "told"), [("a" * 20 + " " + "b" * 19, "no spaces inside"), ("a" * 19, "too short")])
def test_what_cannot_be_a_token_is_refused_without_asking_pipedrive(
    at_alice: Browser, pretend: Any, token: str, told: str
):
    at_alice.open("/connections/new")
    page = at_alice.submit(token=token)
    assert at_alice.status == 422
    assert told in page.root.find(id="token-error").text
    assert pretend.journal.calls == []


def test_linking_the_same_account_again_says_that_the_token_was_renewed(
    at_alice: Browser, services: Services, alice: Actor, importer: Importer
):
    at_alice.open("/connections/new")
    page = at_alice.submit(token=TOKEN)
    assert "Connected again: the token of" in page.root.find(role="status").text
    assert len(services.connections.list(alice)) == 1
