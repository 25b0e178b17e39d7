"""What holds for every page holds for those of Google, too."""

from __future__ import annotations

from dataclasses import replace

import pytest

from importers.config import Settings
from importers.model import GOOGLE_SHEETS, Actor, Connection, Target
from importers.services import Services
from sandbox.google.app import Google
from tests.builders import a_draft
from tests.google import ROBOT_KEY, a_spreadsheet
from tests.web.at_google import APP_SETTINGS, NEW, connected
from tests.web.browser import Browser
from tests.web.page import Page
from tests.web.test_security import (  # noqa: F401 - run with the pages below
    test_every_button_and_link_has_a_name,
    test_every_field_has_a_label,
    test_every_form_that_changes_something_carries_the_mark,
    test_every_icon_is_in_our_picture_of_icons,
    test_every_page_has_one_heading_a_title_and_a_way_past_the_navigation,
    test_everything_a_page_needs_comes_from_here,
    test_no_page_holds_script_or_style_of_its_own,
    test_no_two_elements_share_an_id_and_references_lead_somewhere,
)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, **APP_SETTINGS)


@pytest.fixture(scope="module")
def opened() -> list[tuple[str, Page]]:
    """The pages, once a test has opened them."""
    return []


@pytest.fixture
def pages(request: pytest.FixtureRequest, neighbours: object, opened: list[tuple[str, Page]]) -> list[tuple[str, Page]]:
    if not opened:
        names = ("at_alice", "services", "alice", "google", "connection")
        opened += _every_page(*map(request.getfixturevalue, names))
    return opened


def _every_page(
    at_alice: Browser, services: Services, alice: Actor, google: Google, connection: Connection
) -> list[tuple[str, Page]]:
    before = [(path, at_alice.open(path)) for path in ("/connections", NEW, "/importers/new")]
    alex, robot = connected(services, google, alice), services.google.link_service_account(alice, ROBOT_KEY)
    file = a_spreadsheet(google)
    target = Target(GOOGLE_SHEETS, file.id, "Deals", robot.id)
    importer = services.importers.create(alice, a_draft(connection_id=connection.id, target=target))
    run = services.runs.start(alice, importer.id)
    paths = [
        "/",
        "/connections",
        f"/connections/{alex.id}",
        f"/connections/{robot.id}",
        f"/connections/{alex.id}/replace",
        f"/connections/{robot.id}/replace",
        f"/connections/{alex.id}/unlink",
        f"/importers/{importer.id}",
        f"/importers/{importer.id}/edit",
        f"/importers/{importer.id}/copy",
        f"/importers/{importer.id}/delete",
        f"/runs/{run.id}",
        f"/editor/accounts?account={alex.id}",
        f"/editor/spreadsheets?account={alex.id}",
        f"/editor/spreadsheets?account={robot.id}",
        f"/editor/tabs?account={robot.id}&spreadsheet={file.id}",
    ]
    return [*before, *((path, at_alice.open(path)) for path in paths)]
