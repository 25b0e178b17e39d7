from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from importers.config import Settings
from importers.model import Actor, Connection, Every, Importer, Run, Schedule, Selection, Status
from importers.services import Services
from tests.builders import a_draft, a_target
from tests.fakes import FakeClock
from tests.web.browser import Browser
from tests.web.page import Page
from web import create_app

GONE = Selection("deals", filter_id=999999, filter_name="A filter that is gone")


def test_without_a_connection_the_first_step_is_to_connect(at_alice: Browser):
    page = at_alice.open("/")
    assert page.links()["Connect Pipedrive"] == "/connections/new"
    assert "Add importer" not in page.links()


def test_with_a_connection_the_next_step_is_to_add_an_importer(at_alice: Browser, connection: Connection):
    page = at_alice.open("/")
    assert f"Connected to {connection.label}." in page.text
    assert page.links()["Add importer"] == "/importers/new"


def test_an_importer_says_what_goes_where(at_alice: Browser, importer: Importer, connection: Connection):
    card = at_alice.open("/").root.find("li", class_="importer card-box").text
    assert f"Deals from {connection.account.company}" in card
    assert "Pipesheet › Deals" in card
    assert "Not run yet" in card
    assert "Manually" in card


def test_the_last_run_is_told_in_words_with_its_exact_time(at_alice: Browser, done: Run, clock: FakeClock):
    clock.advance(hours=3)
    page = at_alice.open("/")
    assert "Done" in page.text
    assert "60 rows" in page.text
    time = next(one for one in page.root.find_all("time") if "data-relative" in one.attrs)
    assert time.text == "3 hours ago"
    assert time.attrs["title"] == "Thu 1 Jan 2026, 14:00:00 EET"
    assert time.attrs["datetime"].startswith("2026-01-01T12:00:00")


def test_schedule_and_next_run_are_told_in_words(
    services: Services, alice: Actor, connection: Connection, at_alice: Browser
):
    draft = a_draft(connection_id=connection.id, schedule=Schedule(Every.HOURS, 2, time_zone="Europe/Tallinn"))
    services.importers.create(alice, draft, start_anyway=True)
    text = at_alice.open("/").text
    assert "Every 2 hours" in text
    assert "Next in 2 hours" in text


def test_trouble_comes_first_with_its_message(
    services: Services, alice: Actor, connection: Connection, pretend: Any, at_alice: Browser
):
    services.importers.create(alice, a_draft(connection_id=connection.id, name="A quiet one", target=a_target("A")))
    broken = services.importers.create(alice, a_draft(connection_id=connection.id, name="Z", target=a_target("Z")))
    services.importers.change(
        alice, broken.id, a_draft(connection_id=connection.id, name="Z", target=a_target("Z"), selection=GONE)
    )
    run = services.runs.start(alice, broken.id)
    failed = services.runs.get(alice, run.id)
    assert failed.status is Status.FAILED
    assert failed.trouble is not None
    page = at_alice.open("/")
    assert [one.text for one in page.root.find_all("h2")] == ["Z", "A quiet one"]
    assert failed.trouble.message in page.text
    assert "1 needs attention" in page.text


def test_a_refused_token_leads_to_replacing_it(at_alice: Browser, refused: Run, importer: Importer):
    page = at_alice.open("/")
    assert page.links()["Reconnect"] == f"/connections/{importer.connection_id}/replace"


def test_run_leads_to_the_run(at_alice: Browser, importer: Importer):
    at_alice.open("/")
    page = at_alice.press("Run")
    assert at_alice.path == "/runs/1"
    assert "60 rows in “Deals”" in page.text


def test_the_menu_holds_everything_one_can_do(at_alice: Browser, importer: Importer):
    menu = at_alice.open("/").root.find("main").find("details", class_="menu")
    names = [one.text for one in menu.find_all("a", "button")]
    assert names == ["Run", "Edit", "Copy", "Pause", "Runs", "Delete"]
    assert menu.find("summary").attrs["aria-label"] == "Menu of Deals to Excel"


def test_pause_and_resume(at_alice: Browser, services: Services, alice: Actor, importer: Importer):
    at_alice.open("/")
    page = at_alice.press("Pause")
    assert "is paused" in page.root.find(role="status").text
    assert services.importers.get(alice, importer.id).paused
    page = at_alice.press("Resume")
    assert "follows its schedule again" in page.root.find(role="status").text
    assert not services.importers.get(alice, importer.id).paused


def test_deleting_is_asked_for_first(at_alice: Browser, services: Services, alice: Actor, importer: Importer):
    page = at_alice.open(at_alice.open("/").links()["Delete"])
    assert page.heading == "Delete “Deals to Excel”?"
    assert services.importers.cards(alice)
    page = at_alice.press("Delete the importer")
    assert "is deleted" in page.root.find(role="status").text
    assert not services.importers.cards(alice)


def test_the_list_alone_is_sent_to_scripts(at_alice: Browser, importer: Importer):
    page = at_alice.open("/?part=list")
    assert not page.root.find_all("html")
    assert "Deals to Excel" in page.text


def test_it_says_when_nobody_is_there_to_work(at_alice: Browser, services: Services, clock: FakeClock):
    assert "No worker is running" in at_alice.open("/").text
    services.health.beat("worker")
    assert "No worker is running" not in at_alice.open("/").text
    clock.advance(minutes=10)
    assert "No worker is running; the last was heard of 10 minutes ago." in at_alice.open("/").text


def test_a_name_that_looks_like_markup_stays_a_name(
    at_alice: Browser, services: Services, alice: Actor, connection: Connection
):
    name = "<script>alert('x')</script> & \"quotes\""
    services.importers.create(alice, a_draft(connection_id=connection.id, name=name))
    page = at_alice.open("/")
    assert page.root.find("h2").text == name
    assert all("src" in one.attrs for one in page.root.find_all("script"))


@pytest.mark.parametrize("sandbox", [True, False])
def test_a_banner_says_that_this_is_the_sandbox(services: Services, settings: Settings, sandbox: bool):
    app = create_app(services, replace(settings, sandbox=sandbox, sandbox_token="the token to try"))
    assert ("pretend ones on this machine" in Browser(app).open("/welcome").text) is sandbox


def _buttons(page: Page) -> list[str]:
    return [one.text for one in page.root.find("div", class_="importer-do").find_all("a", "button")][:2]


def test_run_is_always_offered_and_the_results_beside_it_once_there_are_some(
    at_alice: Browser, services: Services, alice: Actor, importer: Importer
):
    assert _buttons(at_alice.open("/")) == ["Run", "Run"]
    services.runs.start(alice, importer.id)
    page = at_alice.open("/")
    assert _buttons(page) == ["Run", "View results"]
    menu = [one.text for one in page.root.find("main").find("details", class_="menu").find_all("a", "button")]
    assert menu == ["Run", "Edit", "Copy", "Pause", "View results", "Runs", "Delete"]


def test_results_stay_on_offer_after_a_run_that_failed(
    at_alice: Browser, services: Services, alice: Actor, importer: Importer, done: Run, pretend: Any
):
    pretend.faults.add("revoked")
    failed = services.runs.start(alice, importer.id)
    assert services.runs.get(alice, failed.id).status is Status.FAILED
    assert _buttons(at_alice.open("/")) == ["Reconnect", "View results"]


def test_results_are_not_on_offer_where_the_new_target_holds_nothing_yet(
    at_alice: Browser, services: Services, alice: Actor, importer: Importer, done: Run, clock: FakeClock
):
    clock.advance(minutes=1)
    services.importers.change(
        alice, importer.id, a_draft(connection_id=importer.connection_id, target=a_target("Elsewhere"))
    )
    assert "View results" not in at_alice.open("/").links()
    assert "View results" not in at_alice.open(f"/importers/{importer.id}").links()
    assert at_alice.open(f"/importers/{importer.id}/results").heading == "Nothing to see yet"


@pytest.mark.parametrize("page", ["/", "/importers/1"])
def test_pause_and_resume_lead_back_to_where_they_were_pressed(at_alice: Browser, importer: Importer, page: str):
    at_alice.open(page)
    at_alice.press("Pause")
    assert at_alice.path == page
    at_alice.press("Resume")
    assert at_alice.path == page


def test_they_lead_nowhere_else(at_alice: Browser, importer: Importer):
    at_alice.open("/importers/1")
    form = at_alice.page.form(button="Pause")
    data = {**form.fields(), "next": "https://evil.example/"}
    assert at_alice.client.post(form.action, data=data).location == "/"


def test_deleting_speaks_of_a_sheet_only_when_there_is_one(
    at_alice: Browser, services: Services, alice: Actor, importer: Importer
):
    text = at_alice.open(f"/importers/{importer.id}/delete").text
    assert "Nothing was written to the sheet “Deals” yet." in text
    assert "story of its runs" not in text
    services.runs.start(alice, importer.id)
    text = at_alice.open(f"/importers/{importer.id}/delete").text
    assert "The sheet “Deals” in the workbook “Pipesheet” stays as it is." in text
    assert "the story of its runs" in text
    assert "The sheet it wrote is still there." in at_alice.press("Delete the importer").text


def test_deleting_what_never_ran_speaks_of_no_sheet(at_alice: Browser, importer: Importer):
    at_alice.open(f"/importers/{importer.id}/delete")
    told = at_alice.press("Delete the importer").root.find(role="status").text
    assert told == "“Deals to Excel” is deleted."
