"""What an importer wrote into a Google spreadsheet, from every page that leads there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import requests

from importers import bootstrap
from importers.config import Settings
from importers.model import GOOGLE_SHEETS, Actor, Connection, Importer, Mode, Run, Target
from importers.services import Services
from sandbox.google.app import Google
from sandbox.google.files import File
from tests.builders import a_draft
from tests.fakes import FakeClock
from tests.google import ROBOT_KEY, a_spreadsheet
from tests.web.at_google import APP_SETTINGS
from tests.web.browser import Browser
from tests.web.page import Element, Page
from web import current


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, **APP_SETTINGS)


@pytest.fixture
def file(google: Google) -> File:
    return a_spreadsheet(google)


@pytest.fixture
def importer(services: Services, alice: Actor, connection: Connection, file: File) -> Importer:
    robot = services.google.link_service_account(alice, ROBOT_KEY)
    target = Target(GOOGLE_SHEETS, file.id, "Deals", robot.id, mode=Mode.UPDATE)
    return services.importers.create(alice, a_draft(name="To Google", connection_id=connection.id, target=target))


def gid(file: File, title: str) -> int:
    assert file.book
    tab = file.book.tab_named(title)
    assert tab
    return tab.sheet_id


def links_to_results(page: Page) -> list[Element]:
    return [link for link in page.root.find_all("a") if link.text == "View results"]


def test_it_leads_to_the_tab_wherever_that_is_by_now(at_alice: Browser, importer: Importer, done: Run, file: File):
    number = gid(file, "Deals")
    assert file.book
    tab = file.book.tab_named("Deals")
    assert tab
    tab.title = "Renamed by its owner"
    answer = at_alice.client.get(f"/importers/{importer.id}/results")
    assert answer.status_code == 302
    assert answer.location == f"https://docs.google.com/spreadsheets/d/{file.id}/edit#gid={number}"


def test_where_google_does_not_say_which_tab_the_spreadsheet_has_to_do(
    at_alice: Browser, google: Google, importer: Importer, done: Run, file: File
):
    google.faults.add("forbidden", path="/v4/")
    answer = at_alice.client.get(f"/importers/{importer.id}/results")
    assert answer.location == f"https://docs.google.com/spreadsheets/d/{file.id}/edit"


def test_in_the_sandbox_it_leads_to_this_machine(
    at_alice: Browser,
    app: Any,
    settings: Settings,
    session: requests.Session,
    clock: FakeClock,
    importer: Importer,
    done: Run,
    file: File,
):
    here = replace(settings, reroutes={"docs.google.com": "http://127.0.0.1:8101"})
    services = bootstrap.build(here, clock=clock, session=session)
    current.attach(app, services, here)
    answer = at_alice.client.get(f"/importers/{importer.id}/results")
    assert answer.location == f"http://127.0.0.1:8101/spreadsheets/d/{file.id}/edit#gid={gid(file, 'Deals')}"
    services.close()


def test_nobody_is_led_anywhere_else(
    at_alice: Browser, importer: Importer, services: Services, monkeypatch: pytest.MonkeyPatch
):
    for address in ("https://docs.google.com.evil.example/x", "javascript:alert(1)", "//evil.example", ""):
        monkeypatch.setattr(services.importers, "address", lambda *_, **__: address)  # noqa: B023
        answer = at_alice.client.get(f"/importers/{importer.id}/results")
        assert answer.status_code == 404
        assert "Location" not in answer.headers


def test_every_page_opens_it_in_a_tab_of_its_own(at_alice: Browser, importer: Importer, done: Run):
    for path in ("/", f"/importers/{importer.id}", f"/runs/{done.id}"):
        links = links_to_results(at_alice.open(path))
        assert links, path
        for link in links:
            assert link.attrs["href"] == f"/importers/{importer.id}/results"
            assert (link.attrs["target"], link.attrs["rel"]) == ("_blank", "noopener")


def test_nothing_is_offered_for_download(at_alice: Browser, importer: Importer, done: Run):
    for path in ("/", f"/importers/{importer.id}", f"/runs/{done.id}"):
        assert "Download" not in at_alice.open(path).text
    assert at_alice.client.get(f"/importers/{importer.id}/download").status_code == 404


def test_before_it_ran_there_is_nothing_to_view(at_alice: Browser, importer: Importer):
    for path in ("/", f"/importers/{importer.id}"):
        assert not links_to_results(at_alice.open(path))


def test_a_failed_run_leaves_what_was_written_before_to_view(
    at_alice: Browser, google: Google, services: Services, alice: Actor, importer: Importer, done: Run
):
    google.faults.add("forbidden", path="/v4/")
    services.runs.start(alice, importer.id)
    google.faults.clear()
    assert links_to_results(at_alice.open("/"))


def test_the_list_names_the_spreadsheet_and_leads_to_it(at_alice: Browser, importer: Importer):
    page = at_alice.open("/")
    link = page.root.find("a", **{"class": "names target-link"})
    assert link.text == "Sales 2026 › Deals"
    assert link.find("svg").attrs["aria-label"] == "Google Sheets:"
    assert link.attrs["href"] == f"/importers/{importer.id}/results"


def test_a_run_tells_what_became_of_the_rows(at_alice: Browser, services: Services, alice: Actor, importer: Importer):
    run = services.runs.start(alice, importer.id)
    page = at_alice.open(f"/runs/{run.id}")
    assert "60 rows added." in page.root.find("section", **{"class": "ending is-done"}).text
    figures = {one.find("dt").text: one.find("dd").text for one in page.root.find("dl").find_all("div")}
    assert (figures["Added"], figures["Changed"], figures["Removed"]) == ("60", "0", "0")
    again = services.runs.start(alice, importer.id)
    assert "No row was added, changed or removed." in at_alice.open(f"/runs/{again.id}").text


def test_the_importers_page_says_with_which_account_and_how_it_writes(at_alice: Browser, importer: Importer, done: Run):
    page = at_alice.open(f"/importers/{importer.id}")
    assert "with sheets@" in page.text
    assert "Update by the column “ID”, from A1 on" in page.text


def test_deleting_says_that_the_spreadsheet_stays(at_alice: Browser, importer: Importer, done: Run):
    page = at_alice.open(f"/importers/{importer.id}/delete")
    assert "The spreadsheet “Sales 2026” and its tab “Deals” stay as they are." in page.text
    assert "The sheet it wrote is still there." in at_alice.press("Delete the importer").text


def test_charlie_is_led_nowhere(at_charlie: Browser, importer: Importer, done: Run):
    assert at_charlie.client.get(f"/importers/{importer.id}/results").status_code == 404


def test_somebody_who_began_is_told_of_google_and_who_has_it_is_not(
    at_alice: Browser, at_bob: Browser, services: Services, alice: Actor, connection: Connection, google: Google
):
    services.importers.create(alice, a_draft(connection_id=connection.id))
    assert "In Google Sheets, too?" in at_alice.open("/").text
    assert "In Google Sheets, too?" not in at_bob.open("/").text
    services.google.link_service_account(alice, ROBOT_KEY)
    assert "In Google Sheets, too?" not in at_alice.open("/").text
