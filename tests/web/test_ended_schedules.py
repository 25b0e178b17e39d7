"""Schedules whose last day is past: none is saved without a word, and what has ended says so."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest

from importers.model import Actor, Connection, Every, Importer, Schedule
from importers.services import Services
from tests.builders import a_draft
from tests.fakes import FakeClock
from tests.web.browser import Browser

TODAY = date(2026, 1, 1)
OVER = {"every": "days", "number": "1", "at": "09:00", "ends_on": "2025-12-31"}


@pytest.fixture
def ended(services: Services, alice: Actor, connection: Connection, clock: FakeClock) -> Importer:
    """Ran daily until yesterday."""
    schedule = Schedule(Every.DAYS, at=time(23), ends_on=TODAY)
    draft = a_draft(connection_id=connection.id, schedule=schedule)
    importer = services.importers.create(alice, draft, start_anyway=True)
    clock.advance(days=1)
    services.scheduling.tick()
    return services.importers.get(alice, importer.id)


def test_a_new_schedule_that_is_over_is_refused_at_its_last_day(
    at_alice: Browser, services: Services, alice: Actor, connection: Connection
):
    at_alice.open("/importers/new")
    page = at_alice.submit(press="save", **OVER)
    assert at_alice.status == 422
    assert "over already" in page.root.find(id="ends_on-error").text
    assert services.importers.cards(alice) == []


@pytest.mark.parametrize("answers", [OVER, {"every": "days", "number": "1", "at": "10:00", "ends_on": "2026-01-01"}])
def test_so_is_one_that_is_changed(at_alice: Browser, ended: Importer, answers: dict[str, Any]):
    at_alice.open(f"/importers/{ended.id}/edit")
    page = at_alice.submit(press="save", **answers)
    assert "over already" in page.root.find(id="ends_on-error").text


def test_anything_else_of_an_importer_that_has_ended_can_be_changed(
    at_alice: Browser, services: Services, alice: Actor, ended: Importer
):
    at_alice.open(f"/importers/{ended.id}/edit")
    at_alice.submit(press="save", name="Deals of last year", time_zone="Asia/Tokyo")
    changed = services.importers.get(alice, ended.id)
    assert (changed.name, changed.schedule.time_zone) == ("Deals of last year", "Asia/Tokyo")
    assert changed.schedule.ends_on == TODAY


def test_what_has_ended_says_so_in_the_list_and_on_its_page(at_alice: Browser, ended: Importer):
    assert ended.next_run_at is None
    assert "It has ended" in at_alice.open("/").text
    assert "None: the schedule has ended" in at_alice.open(f"/importers/{ended.id}").text


def test_what_goes_on_does_not(at_alice: Browser, services: Services, alice: Actor, connection: Connection):
    schedule = Schedule(Every.DAYS, at=time(23), ends_on=TODAY)
    draft = a_draft(connection_id=connection.id, schedule=schedule)
    importer = services.importers.create(alice, draft, start_anyway=True)
    assert "has ended" not in at_alice.open("/").text
    assert "has ended" not in at_alice.open(f"/importers/{importer.id}").text
