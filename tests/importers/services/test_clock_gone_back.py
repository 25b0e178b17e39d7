"""A clock that was ahead for a while and is put right: nothing stays silent until its wrong time has come."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from importers.model import Actor, Every, Schedule, Status, Trigger
from importers.notices import Letter, NoticeKind
from importers.services.noticing import GRACE, Noticing
from importers.store.sql import SqlStore
from tests.fakes import NEW_YEAR, FakeClock
from tests.importers.services.test_noticing import AWAY, GONE, Night, ticking

YEAR = timedelta(days=366)


@pytest.fixture
def night(store: SqlStore, alice: Actor, clock: FakeClock) -> Night:
    return Night(store, alice, clock)


def a_round(night: Night) -> list[Letter]:
    night.noticing.mark()
    night.noticing.look()
    return night.news()


def ahead(night: Night) -> None:
    a_round(night)
    night.clock.advance(seconds=YEAR.total_seconds())


def back(night: Night) -> None:
    """And rounds and looks for the minute after which that is believed."""
    night.clock.advance(seconds=-YEAR.total_seconds())
    for _ in range(7):
        night.noticing.mark()
        night.noticing.look()
        night.clock.advance(seconds=10)


def test_the_watch_goes_on_from_the_present(night: Night):
    ahead(night)
    a_round(night)
    back(night)
    a_round(night)
    watch = night.store.watch()
    assert watch
    believed = NEW_YEAR + timedelta(minutes=1)
    assert (watch.at, watch.since) == (believed + timedelta(seconds=10), believed)


def test_while_the_clock_of_another_machine_is_ahead_nobody_tells_of_gaps(night: Night):
    """The two of them do their rounds by turns, an hour apart."""
    night.importer(schedule=Schedule(Every.MINUTES, 15))
    other_clock = FakeClock(NEW_YEAR + timedelta(hours=1))
    other = Noticing(store=night.store, clock=other_clock)
    other.mark()
    for _ in range(60):
        night.noticing.mark()
        for clock in (night.clock, other_clock):
            clock.advance(seconds=10)
        other.mark()
    watch = night.store.watch()
    assert watch
    assert watch.at == other_clock.now()
    assert night.store.untold_incidents() == []


def test_a_step_of_seconds_between_two_machines_is_none(night: Night):
    a_round(night)
    seen = night.store.watch()
    assert seen
    night.clock.advance(seconds=-30)
    Noticing(store=night.store, clock=night.clock).mark()
    assert night.store.watch() == seen


def test_what_is_late_is_told(night: Night):
    night.importer()
    ahead(night)
    a_round(night)
    back(night)
    assert [letter.kind for letter in ticking(night, hours=3)] == [NoticeKind.LATE]


def test_what_arrived_while_it_was_ahead_does_not_hide_that_nothing_does(night: Night):
    importer = night.importer()
    ahead(night)
    night.run(importer, Status.DONE)
    a_round(night)
    back(night)
    assert [letter.kind for letter in ticking(night, hours=3)] == [NoticeKind.LATE]


def test_what_arrived_on_a_machine_that_is_ahead_by_seconds_is_not_late(night: Night):
    importer = night.importer()
    night.noticing.mark()
    night.clock.advance(hours=5, seconds=20)
    night.run(importer, Status.DONE)
    night.clock.advance(seconds=-20)
    watch = night.store.watch()
    assert watch
    night.store.keep_watch(watch, replace(watch, at=night.clock.now()))
    assert night.told() == []


def test_one_that_was_started_while_it_was_ahead_tells_what_is_late_though_it_cannot_do_its_rounds(night: Night):
    night.importer()
    night.noticing.mark()
    night.clock.advance(seconds=YEAR.total_seconds())
    night.noticing = Noticing(store=night.store, clock=night.clock)
    night.noticing.look()
    night.news()
    night.clock.advance(seconds=-YEAR.total_seconds())
    told: list[Letter] = []
    for _ in range(24):
        told += night.told(minutes=10)
    assert [letter.kind for letter in told] == [NoticeKind.LATE]


def test_gaps_are_told_of_what_ran_since(night: Night):
    night.importer()
    ahead(night)
    a_round(night)
    back(night)
    a_round(night)
    night.clock.advance(hours=6)
    [letter] = a_round(night)
    assert letter.title == "Nothing ran between 14:01 and 20:01"


def test_a_gap_that_never_was_is_not_told_once_that_is_known(night: Night):
    night.importer()
    ahead(night)
    night.noticing.mark()
    assert [one.opening.kind for one in night.store.untold_incidents()] == [NoticeKind.GAP]
    back(night)
    assert a_round(night) == []
    assert night.store.untold_incidents() == []


def test_more_of_what_was_told_while_it_was_ahead_is_told(night: Night):
    ahead(night)
    night.fails(night.importer("Deals"), GONE)
    assert [letter.title for letter in night.told()] == ["“Deals” failed"]
    back(night)
    night.fails(night.importer("Persons"), GONE)
    assert [letter.title for letter in night.told()] == ["“Persons” failed"]


def test_what_was_noticed_while_it_was_ahead_is_told(night: Night):
    importer = night.importer()
    ahead(night)
    night.fails(importer, AWAY, times=3)
    night.noticing.look()
    back(night)
    assert [letter.title for letter in night.told()] == ["“Deals” failed 3 times in a row"]


def test_what_recovered_while_it_was_ahead_is_told(night: Night):
    importer = night.importer()
    night.fails(importer, GONE)
    night.told()
    ahead(night)
    night.run(importer, Status.DONE)
    night.noticing.look()
    back(night)
    assert [letter.title for letter in night.told()] == ["“Deals” works again"]


def test_a_run_that_began_while_it_was_ahead_is_not_taken_for_busy_for_a_year(night: Night):
    importer = night.importer()
    ahead(night)
    run, _ = night.store.add_run(importer, Trigger.SCHEDULE, now=night.clock.now())
    night.store.claim_run(run.id, "mine", now=night.clock.now())
    a_round(night)
    back(night)
    assert [letter.kind for letter in ticking(night, hours=3)] == [NoticeKind.LATE]


def test_after_it_there_is_a_moment_for_what_is_due(night: Night):
    night.importer()
    night.clock.advance(hours=4)
    ahead(night)
    a_round(night)
    back(night)
    a_round(night)
    night.clock.advance(seconds=GRACE.total_seconds() - 60)
    assert a_round(night) == []
