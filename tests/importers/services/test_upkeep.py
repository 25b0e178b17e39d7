"""What is forgotten, and when."""

from __future__ import annotations

from datetime import timedelta

import pytest

from importers.config import Settings
from importers.model import Actor, Counts, Ending, Importer, Line, Status, Trigger
from importers.services import Services
from importers.services.upkeep import Upkeep
from importers.store.sql import SqlStore
from tests.builders import an_importer
from tests.fakes import FakeClock


@pytest.fixture
def upkeep(store: SqlStore, clock: FakeClock) -> Upkeep:
    return Upkeep(store=store, clock=clock, keep_events=timedelta(days=30), keep_runs=timedelta(days=365))


def ran(store: SqlStore, importer: Importer, clock: FakeClock) -> int:
    run, _ = store.add_run(importer, Trigger.MANUAL, now=clock.now())
    store.claim_run(run.id, "c", now=clock.now())
    store.end_run(run.id, "c", Ending(Status.DONE, Counts()), lines=[Line("one"), Line("two")], now=clock.now())
    return run.id


def kept(store: SqlStore, importer: Importer) -> dict[int, int]:
    """How many lines there are, by run."""
    runs = store.runs(importer.workspace_id, importer.id, limit=9999)
    return {run.id: len(store.events(importer.workspace_id, run.id)) for run in runs}


def test_lines_go_after_a_month_and_runs_after_a_year_but_for_the_last_one(
    store: SqlStore, clock: FakeClock, upkeep: Upkeep, alice: Actor
):
    importer = an_importer(store, alice.workspace.id)
    first, last = ran(store, importer, clock), ran(store, importer, clock)
    clock.advance(days=30)
    assert upkeep.thin() == 0
    assert kept(store, importer) == {first: 2, last: 2}
    clock.advance(seconds=1)
    assert upkeep.thin() == 1
    assert kept(store, importer) == {first: 0, last: 2}
    clock.advance(days=335)
    assert upkeep.thin() == 1
    assert kept(store, importer) == {last: 2}
    clock.advance(days=1000)
    assert upkeep.thin() == 0


def test_it_goes_in_small_steps_and_no_more_of_them_than_it_was_told(
    store: SqlStore, clock: FakeClock, upkeep: Upkeep, alice: Actor
):
    importer = an_importer(store, alice.workspace.id)
    for _ in range(251):
        ran(store, importer, clock)
    clock.advance(days=31)
    assert upkeep.thin(steps=1) == 100
    assert upkeep.thin() == 150
    assert len(clock.slept) >= 2
    assert sum(kept(store, importer).values()) == 2


def test_how_long_is_a_setting(services: Services, settings: Settings):
    assert (services.upkeep._keep_events, services.upkeep._keep_runs) == (
        timedelta(days=settings.keep_events_days),
        timedelta(days=settings.keep_runs_days),
    )
