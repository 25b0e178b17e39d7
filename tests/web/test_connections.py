from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from importers.config import Settings
from importers.model import Actor, Connection, ConnectionStatus, Importer, Run, Status, Trigger
from importers.services import Services
from importers.store.sql import SqlStore
from sandbox.world import REVOKED_TOKEN, TOKEN
from tests.fakes import FakeClock
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


@pytest.mark.parametrize("path", ["/", "/?part=list", "/importers/1", "/runs/1", "/connections", "/connections/1"])
def test_after_reconnecting_nothing_is_alarming_any_more(
    at_alice: Browser, importer: Importer, refused: Run, path: str
):
    assert refused.id == importer.id == importer.connection_id == 1
    at_alice.open("/connections/1/replace")
    told = at_alice.submit(token=TOKEN).root.find(role="status").find("p")
    assert "alert-success" in told.attrs["class"]
    page = at_alice.open(path)
    assert not any("Pipedrive" in one.text for one in page.root.find_all(role="alert"))
    for alarm in ("alert alert-danger d-flex gap-2", "importer-trouble", "ending is-failed", "text-danger-emphasis"):
        assert page.root.find_all(class_=alarm) == [], alarm
    assert "needs attention" not in page.text
    assert "needs reconnecting" not in page.text.casefold()
    badges = [one for one in page.root.find_all("span", class_="status") if one.attrs["data-status"] == "failed"]
    assert all("data-past" in one.attrs for one in badges)


def test_the_run_that_was_refused_says_that_the_account_was_reconnected_and_offers_to_run_again(
    at_alice: Browser, importer: Importer, refused: Run
):
    at_alice.open("/connections/1/replace")
    at_alice.submit(token=TOKEN)
    page = at_alice.open(f"/runs/{refused.id}")
    ending = page.root.find(id="ending")
    assert "The account was reconnected since, so the next run can read again." in ending.text
    assert "Reconnect" not in page.links()
    assert "60 rows in “Deals”" in at_alice.press("Run again").text


def test_a_run_that_waited_for_reconnecting_is_no_alarm_either(
    at_alice: Browser, services: Services, store: SqlStore, alice: Actor, importer: Importer, pretend: Any,
    clock: FakeClock,
):  # fmt: skip
    run, _ = store.add_run(importer, Trigger.SCHEDULE, now=clock.now())
    pretend.faults.add("revoked", count=1)
    services.connections.check(alice, importer.connection_id)
    services.runs.execute(run.id)
    assert services.runs.get(alice, run.id).status is Status.WAITING
    assert services.connections.check(alice, importer.connection_id).works
    page = at_alice.open("/")
    assert page.root.find_all("p", class_="importer-trouble") == []
    assert "The account was reconnected. The run begins" in at_alice.open(f"/runs/{run.id}").text


PLACES_TO_RUN = ("/", "/importers/1", "/runs/1", "/importers/1/results")


@pytest.mark.parametrize("path", PLACES_TO_RUN)
def test_while_it_is_refused_an_owner_is_offered_to_reconnect_instead_of_to_run(
    at_alice: Browser, importer: Importer, refused: Run, path: str
):
    page = at_alice.open(path)
    assert not any(form.attrs["action"].endswith("/run") for form in page.root.find("main").find_all("form"))
    assert page.links()["Reconnect"] == "/connections/1/replace"


@pytest.mark.parametrize("path", PLACES_TO_RUN)
def test_and_whoever_may_not_reconnect_is_told_who_may(at_bob: Browser, importer: Importer, refused: Run, path: str):
    page = at_bob.open(path)
    assert not any(form.attrs["action"].endswith("/run") for form in page.root.find("main").find_all("form"))
    assert "An owner must reconnect Acme Cargo Bikes B.V." in page.text
    assert "Reconnect" not in page.links()


def test_run_on_a_page_that_was_open_meanwhile_says_why_not(at_alice: Browser, importer: Importer, pretend: Any):
    at_alice.open("/")
    pretend.faults.add("revoked")
    at_alice.client.post("/connections/1/check", data=at_alice.page.form(button="Run").fields())
    page = at_alice.press("Run")
    assert at_alice.path == "/importers/1"
    assert "so no run was started. Reconnect it" in page.text


def test_save_and_run_saves_and_says_why_it_does_not_run(
    at_alice: Browser, services: Services, alice: Actor, importer: Importer, refused: Run, pretend: Any
):
    pretend.faults.add("revoked")
    at_alice.open("/importers/1/edit")
    page = at_alice.submit(press="run", name="Another name")
    assert at_alice.path == "/importers/1"
    assert "“Another name” is saved. Acme Cargo Bikes B.V. (Liis Tamm) needs reconnecting" in page.text
    assert len(services.runs.list(alice, 1)) == 1


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
