"""A schedule begins once it is known to work, or because its owner says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from importers.errors import ConnectionTrouble
from importers.interfaces import Store
from importers.model import Actor, Connection, Counts, Draft, Ending, Every, Importer, Schedule, Selection, Status
from importers.schedule import next_run_after
from importers.services import Services
from importers.store.sql import SqlStore
from sandbox.pipedrive import Sandbox
from tests.builders import a_draft, a_run, a_target
from tests.fakes import FakeClock

HOURLY = Schedule(Every.HOURS)


@pytest.fixture
def draft(connection: Connection) -> Draft:
    return a_draft(connection_id=connection.id, schedule=HOURLY)


@pytest.fixture
def waiting(services: Services, alice: Actor, draft: Draft) -> Importer:
    return services.importers.create(alice, draft)


@pytest.fixture
def tried(services: Services, alice: Actor, waiting: Importer) -> Importer:
    """With a run that succeeded."""
    services.runs.start(alice, waiting.id)
    return services.importers.get(alice, waiting.id)


def test_a_new_schedule_waits_for_the_first_run_that_succeeds(
    services: Services, alice: Actor, waiting: Importer, clock: FakeClock
):
    assert (waiting.starts_after_success, waiting.next_run_at) == (True, None)
    clock.advance(hours=5)
    assert services.scheduling.tick().due == 0
    assert services.runs.start(alice, waiting.id).status.is_over
    begun = services.importers.get(alice, waiting.id)
    assert not begun.starts_after_success
    assert begun.next_run_at == next_run_after(HOURLY, clock.now())
    clock.advance(hours=1)
    assert services.scheduling.tick().due == 1


def test_a_run_that_fails_does_not_begin_it(services: Services, alice: Actor, waiting: Importer, sandbox: Sandbox):
    sandbox.faults.add("revoked")
    assert services.runs.start(alice, waiting.id).status is Status.FAILED
    after = services.importers.get(alice, waiting.id)
    assert (after.starts_after_success, after.next_run_at) == (True, None)


def test_it_begins_at_once_where_its_owner_says_so(
    services: Services, alice: Actor, draft: Draft, waiting: Importer, clock: FakeClock
):
    begun = services.importers.change(alice, waiting.id, draft, start_anyway=True)
    assert (begun.starts_after_success, begun.next_run_at) == (False, next_run_after(HOURLY, clock.now()))


def test_what_was_tried_by_hand_needs_no_other_try(services: Services, alice: Actor, draft: Draft):
    importer = services.importers.create(alice, replace(draft, schedule=Schedule()))
    services.runs.start(alice, importer.id)
    assert services.importers.get(alice, importer.id).next_run_at is None
    assert services.importers.change(alice, importer.id, draft).next_run_at is not None


def test_another_source_or_destination_has_to_succeed_first(
    services: Services, alice: Actor, draft: Draft, tried: Importer
):
    others: list[dict[str, Any]] = [
        {"selection": Selection("leads")},
        {"selection": Selection("deals", statuses=("won",))},
        {"target": a_target("Elsewhere")},
        {"target": a_target("Deals", "Another")},
    ]
    for changes in others:
        after = services.importers.change(alice, tried.id, replace(draft, **changes))
        assert (after.starts_after_success, after.next_run_at) == (True, None), changes
        services.runs.start(alice, tried.id)
        assert services.importers.get(alice, tried.id).next_run_at is not None
        services.importers.change(alice, tried.id, draft, start_anyway=True)


def test_other_changes_leave_a_schedule_that_has_begun(services: Services, alice: Actor, draft: Draft, tried: Importer):
    keeps = replace(tried.selection, columns=("id", "title"))
    for changes in ({"name": "Another name"}, {"selection": keeps}, {"schedule": replace(HOURLY, minute=17)}):
        after = services.importers.change(alice, tried.id, replace(draft, **changes))
        assert not after.starts_after_success
        assert after.next_run_at is not None


def test_a_pause_does_not_begin_it(services: Services, alice: Actor, waiting: Importer):
    services.importers.pause(alice, waiting.id)
    resumed = services.importers.resume(alice, waiting.id)
    assert (resumed.starts_after_success, resumed.next_run_at) == (True, None)


def test_a_paused_one_has_a_turn_only_once_it_goes_on(services: Services, alice: Actor, waiting: Importer):
    services.importers.pause(alice, waiting.id)
    services.runs.start(alice, waiting.id)
    after = services.importers.get(alice, waiting.id)
    assert (after.starts_after_success, after.next_run_at) == (False, None)
    assert services.importers.resume(alice, waiting.id).next_run_at is not None


def test_it_is_not_called_by_the_one_it_follows_either(
    services: Services, alice: Actor, draft: Draft, tried: Importer, clock: FakeClock
):
    follows = Schedule(Every.AFTER, after_id=tried.id)
    other = services.importers.create(alice, replace(draft, name="Other", target=a_target("Other"), schedule=follows))
    for expected in (0, 1):
        services.runs.start(alice, tried.id)
        clock.advance(seconds=1)
        services.scheduling.tick()
        assert len(services.runs.list(alice, other.id)) == expected * 2
        if not expected:
            services.runs.start(alice, other.id)


@pytest.mark.parametrize("change", [lambda draft: replace(draft, target=a_target("Other")), None])
def test_a_run_of_what_it_was_before_does_not_count(
    services: Services,
    store: Store,
    alice: Actor,
    draft: Draft,
    waiting: Importer,
    clock: FakeClock,
    change: Callable[[Draft], Draft] | None,
):
    later = clock.now() + timedelta(hours=3)
    run = a_run(store, waiting, claim="mine")
    if change:
        services.importers.change(alice, waiting.id, change(draft))
    done = Ending(Status.DONE, Counts())
    assert store.end_run(
        run.id, "mine", done, lines=(), now=clock.now(), tried=waiting, next_turn=lambda schedule: later
    )
    after = services.importers.get(alice, waiting.id)
    assert (after.starts_after_success, after.next_run_at) == ((True, None) if change else (False, later))


def test_a_worker_that_dies_at_the_very_end_neither_begins_it_nor_loses_it(
    services: Services, store: SqlStore, alice: Actor, waiting: Importer, clock: FakeClock, monkeypatch: Any
):
    """What it wrote is written again by the next one, and then the schedule begins, once."""
    ends = SqlStore.end_run

    def dies(self: SqlStore, *arguments: Any, **more: Any) -> bool:
        """Once everything it had to keep is on its way, and before any of it is kept."""
        monkeypatch.setattr(SqlStore, "end_run", ends)
        raise ConnectionTrouble("The database went away.")

    monkeypatch.setattr(SqlStore, "end_run", dies)
    run = services.runs.start(alice, waiting.id)
    assert run.status is Status.RUNNING
    before = services.importers.get(alice, waiting.id)
    assert (before.starts_after_success, before.next_run_at) == (True, None)
    clock.advance(seconds=31)
    assert services.scheduling.tick().rescued == 1
    assert services.runs.get(alice, run.id).status is Status.DONE_WITH_NOTES
    begun = services.importers.get(alice, waiting.id)
    assert (begun.starts_after_success, begun.next_run_at) == (False, next_run_after(HOURLY, clock.now()))
    clock.advance(hours=1)
    assert services.scheduling.tick().due == 1
