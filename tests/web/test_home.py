from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from importers.config import Settings
from importers.model import (
    Actor,
    Connection,
    Counts,
    Ending,
    Every,
    Importer,
    Phase,
    Run,
    Schedule,
    Selection,
    Status,
    Trouble,
)
from importers.services import Services
from importers.store.sql import SqlStore
from tests.builders import a_draft, a_run, a_target
from tests.fakes import NEW_YEAR, FakeClock
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


# --- a long list ---


@pytest.fixture
def many(store: SqlStore, alice: Actor, connection: Connection) -> list[Importer]:
    """A hundred and twenty, of which the last but one failed."""
    drafts = [a_draft(connection_id=connection.id, name=f"Deals {n:03}", target=a_target(str(n))) for n in range(120)]
    importers = [store.add_importer(alice.workspace.id, draft, next_run_at=None, now=NEW_YEAR) for draft in drafts]
    run = a_run(store, importers[-2], claim="c")
    gone = Ending(Status.FAILED, Counts(), trouble=Trouble("not-there", "The filter is gone."))
    store.end_run(run.id, "c", gone, lines=[], now=NEW_YEAR)
    return importers


def _names(page: Page) -> list[str]:
    return [one.find("h2").text for one in page.root.find_all("li", class_="importer card-box")]


@pytest.mark.usefixtures("many")
def test_of_a_long_list_a_page_shows_fifty_trouble_first_and_leads_to_the_others(at_alice: Browser):
    page = at_alice.open("/")
    assert _names(page) == ["Deals 118", *(f"Deals {n:03}" for n in range(49))]
    assert "120 importers · 1 needs attention" in page.text
    page = at_alice.open(page.links()["3"])
    assert _names(page) == [*(f"Deals {n:03}" for n in range(99, 118)), "Deals 119"]
    assert "120 importers · 1 needs attention" in page.text
    assert page.root.find("a", aria_current="page").text == "3"


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("page", ["0", "-1", "x", "99999999999999999999"])
def test_a_page_of_the_list_that_is_not_there_is_the_nearest_one(at_alice: Browser, page: str):
    assert len(_names(at_alice.open(f"/?page={page}"))) in (50, 20)


@pytest.mark.usefixtures("many")
def test_importers_are_found_by_any_words_of_their_names(at_alice: Browser):
    page = at_alice.open("/?q=++11+DEALS")
    assert _names(page) == [
        "Deals 118",
        "Deals 011",
        *(f"Deals {n}" for n in (110, 111, 112, 113, 114, 115, 116, 117, 119)),
    ]
    assert "11 importers are called like “11 DEALS”." in page.text
    assert "120 importers" in page.text
    assert page.links()["Show all"] == "/"
    assert page.root.find(role="search").find("input").attrs["value"] == "11 DEALS"
    page = at_alice.open("/?q=Persons")
    assert "No importer is called like “Persons”." in page.text
    assert len(_names(at_alice.open(page.links()["Show all"]))) == 50


def test_a_short_list_needs_neither_pages_nor_search(at_alice: Browser, importer: Importer):
    page = at_alice.open("/")
    assert not page.root.find_all(role="search")
    assert not page.root.find_all(aria_label="Pages")


@pytest.mark.usefixtures("many")
def test_what_is_done_on_a_page_of_the_list_leads_back_to_it(at_alice: Browser):
    at_alice.open("/?q=Deals&page=2")
    at_alice.press("Pause")
    assert at_alice.path == "/?q=Deals&page=2"


def _marks(page: Page) -> dict[str, str]:
    return dict(one.attrs["data-mark"].split(".") for one in page.root.find_all("li", class_="importer card-box"))


def test_scripts_get_only_what_changed_of_what_they_show(at_alice: Browser, store: SqlStore, many: list[Importer]):
    shown = _marks(at_alice.open("/"))
    first, second, third = many[:3]
    run = a_run(store, first, claim="c")
    store.remove_importer(third.workspace_id, third.id)

    def news() -> Page:
        return at_alice.open(f"/?part=list&seen={','.join(f'{key}.{mark}' for key, mark in shown.items())}")

    page = news()
    assert _names(page) == [first.name]
    assert [one.attrs["id"] for one in page.root.find_all("li") if "data-gone" in one.attrs] == [f"importer-{third.id}"]
    shown |= _marks(page)
    store.beat(run.id, "c", now=NEW_YEAR + timedelta(seconds=5))
    assert _names(news()) == []
    store.save_progress(run.id, "c", phase=Phase.READING, counts=Counts(rows_read=7), lines=[], now=NEW_YEAR)
    store.pause_importer(second.workspace_id, second.id, now=NEW_YEAR)
    assert _names(news()) == [first.name, second.name]
    store.refuse_connection(
        store.connections(first.workspace_id)[0], Trouble("credentials-rejected", "No."), now=NEW_YEAR
    )
    page = news()
    assert len(_names(page)) == 49
    assert "needs reconnecting" in page.root.find(id="broken").text


def test_nobody_sees_importers_of_others_by_their_ids(at_charlie: Browser, importer: Importer):
    assert _names(at_charlie.open(f"/?part=list&seen={importer.id}.0")) == []
    assert at_charlie.open("/?part=list&seen=%00,1.x,.,99999999999999999999.0").root.find_all("h2") == []


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
