"""What the clock does: start what is due, wake what waits, rescue what was abandoned."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from importers.errors import ConnectionTrouble
from importers.model import Actor, Counts, Ending, Every, Importer, Missed, Schedule, Status, Trigger
from importers.services.scheduling import Ticked
from importers.store.sql import SqlStore
from tests.builders import a_run, a_target
from tests.contracts.store import at_once
from tests.fakes import NEW_YEAR, FakeClock, ScriptedSource
from tests.workshop import Workshop

HOURLY = Schedule(Every.HOURS)


@pytest.fixture
def workshop(store: SqlStore, alice: Actor, clock: FakeClock) -> Workshop:
    return Workshop(store, alice, clock, ScriptedSource([(1, "one")]))


def test_nothing_to_do_is_nothing_done(workshop: Workshop):
    workshop.an_importer()
    assert workshop.scheduling.tick() == Ticked()
    assert workshop.queue.run_ids == []


def test_what_is_due_is_queued_once_and_knows_its_next_turn(workshop: Workshop, clock: FakeClock):
    importer = workshop.an_importer(schedule=HOURLY, next_run_at=NEW_YEAR)
    assert workshop.scheduling.tick() == Ticked(due=1)
    assert workshop.scheduling.tick() == Ticked()
    [run_id] = workshop.queue.run_ids
    run = workshop.runs.get(workshop.actor, run_id)
    assert (run.trigger, workshop.story(run)) == (Trigger.SCHEDULE, ["Started by the schedule."])
    next_run_at = workshop.store.importer(importer.workspace_id, importer.id).next_run_at
    assert next_run_at is not None
    assert (next_run_at - clock.now()).total_seconds() == 3600


def test_many_clocks_start_a_due_importer_once(workshop: Workshop):
    workshop.an_importer(schedule=HOURLY, next_run_at=NEW_YEAR)
    answers = at_once([workshop.scheduling.tick] * 4)
    assert sum(ticked.due for ticked in answers) == 1
    assert len(workshop.queue.run_ids) == 1


def test_more_runs_than_workers_manage_are_not_sent_again_and_again(workshop: Workshop, clock: FakeClock):
    sent = [workshop.runs.start(workshop.actor, workshop.an_importer(target=a_target(str(n))).id).id for n in range(3)]
    for _ in range(5):
        clock.advance(minutes=3)
        workshop.scheduling.tick()
    assert workshop.queue.run_ids == sent
    lost = workshop.queue.run_ids.pop(0)
    workshop.scheduling.tick()
    assert workshop.queue.run_ids == [*sent[1:], lost]


def test_of_one_connection_three_are_at_work_and_the_next_one_follows_when_one_is_over(workshop: Workshop):
    for number in range(5):
        workshop.an_importer(schedule=HOURLY, next_run_at=NEW_YEAR, target=a_target(str(number)))
    assert workshop.scheduling.tick() == Ticked(due=5)
    assert len(workshop.queue.run_ids) == 3
    first = workshop.queue.run_ids.pop(0)
    workshop.runs.execute(first)
    assert len(workshop.queue.run_ids) == 3
    workshop.work()
    assert [run.status for run in workshop.store.last_runs(workshop.actor.workspace.id).values()] == [Status.DONE] * 5


def test_a_schedule_nobody_understands_does_not_keep_others_from_running(
    workshop: Workshop, caplog: pytest.LogCaptureFixture
):
    odd = workshop.an_importer(schedule=replace(HOURLY, time_zone="Atlantis"), next_run_at=NEW_YEAR)
    workshop.an_importer(schedule=HOURLY, next_run_at=NEW_YEAR, target=a_target("Two"))
    assert workshop.scheduling.tick() == Ticked(due=2)
    assert "Atlantis" in caplog.text
    next_run_at = workshop.store.importer(odd.workspace_id, odd.id).next_run_at
    assert next_run_at == NEW_YEAR + timedelta(days=1)


@pytest.mark.parametrize(
    "odd",
    [
        replace(HOURLY, time_zone="Atlantis"),
        Schedule(Every.CRON, cron="once in a blue moon"),
        replace(HOURLY, time_zone="Atlantis", missed=Missed.SKIP),
    ],
)
def test_a_late_turn_of_a_schedule_nobody_understands_keeps_nobody_from_running(
    workshop: Workshop, clock: FakeClock, caplog: pytest.LogCaptureFixture, odd: Schedule
):
    lost = workshop.an_importer(schedule=odd, next_run_at=NEW_YEAR)
    sound = workshop.an_importer(schedule=HOURLY, next_run_at=NEW_YEAR, target=a_target("Two"))
    clock.advance(minutes=6)
    for _ in range(3):
        workshop.scheduling.tick()
        workshop.work()
    last = workshop.store.last_runs(sound.workspace_id)
    assert last[sound.id].status is Status.DONE
    if odd.missed is Missed.ONCE:
        late = "Started late by the schedule: it was due on 1 January 2026 at 12:00 (UTC)."
        assert workshop.story(last[lost.id])[0] == late
    assert workshop.store.importer(lost.workspace_id, lost.id).next_run_at == clock.now() + timedelta(days=1)
    assert len(caplog.records) == 1


def test_turns_missed_while_everything_was_off_are_made_up_for_once(workshop: Workshop, clock: FakeClock):
    workshop.an_importer(schedule=HOURLY, next_run_at=NEW_YEAR)
    clock.advance(days=3, minutes=20)
    assert workshop.scheduling.tick() == Ticked(due=1)
    clock.advance(minutes=39)
    workshop.work()
    assert workshop.scheduling.tick() == Ticked()
    clock.advance(minutes=1)
    assert workshop.scheduling.tick() == Ticked(due=1)


def test_a_turn_is_skipped_while_the_last_run_still_works(workshop: Workshop, clock: FakeClock):
    importer = workshop.an_importer(schedule=HOURLY, next_run_at=NEW_YEAR)
    run = a_run(workshop.store, importer, claim="mine")
    assert workshop.scheduling.tick() == Ticked()
    assert [one.id for one in workshop.runs.list(workshop.actor, importer.id)] == [run.id]
    next_run_at = workshop.store.importer(importer.workspace_id, importer.id).next_run_at
    assert next_run_at is not None
    assert next_run_at > clock.now()


def test_one_importer_after_the_other_is_started(workshop: Workshop):
    for sheet in ("One", "Two", "Three"):
        workshop.an_importer(schedule=HOURLY, next_run_at=NEW_YEAR, target=a_target(sheet))
    assert workshop.scheduling.tick() == Ticked(due=3)
    assert len(set(workshop.queue.run_ids)) == 3


def test_a_run_whose_worker_died_is_taken_up_again(workshop: Workshop, clock: FakeClock):
    run = a_run(workshop.store, workshop.an_importer(), claim="a worker killed in mid-run")
    clock.advance(seconds=30)
    assert workshop.scheduling.tick() == Ticked()
    clock.advance(seconds=1)
    assert workshop.scheduling.tick() == Ticked(rescued=1)
    workshop.work()
    over = workshop.runs.get(workshop.actor, run.id)
    assert (over.status, over.attempt, over.abandoned) == (Status.DONE, 2, 1)
    assert workshop.story(run)[0] == "The worker stopped in the middle of this run. Starting over."


def test_a_run_whose_worker_died_twice_fails_honestly(workshop: Workshop, clock: FakeClock):
    run = a_run(workshop.store, workshop.an_importer(), claim="first")
    clock.advance(seconds=31)
    workshop.scheduling.tick()
    assert workshop.store.claim_run(run.id, "second", now=clock.now())
    clock.advance(seconds=31)
    assert workshop.scheduling.tick() == Ticked()
    over = workshop.runs.get(workshop.actor, run.id)
    assert (over.status, over.ended_at) == (Status.FAILED, clock.now())
    assert over.trouble is not None
    assert over.trouble.code == "worker-died"
    assert over.trouble.hint


def test_an_abandoned_run_that_was_cancelled_is_not_taken_up_again(workshop: Workshop, clock: FakeClock):
    run = a_run(workshop.store, workshop.an_importer(), claim="first")
    workshop.runs.cancel(workshop.actor, run.id)
    clock.advance(seconds=31)
    assert workshop.scheduling.tick() == Ticked()
    assert workshop.runs.get(workshop.actor, run.id).status is Status.CANCELLED
    assert workshop.queue.run_ids == []


def test_many_clocks_rescue_a_run_once(workshop: Workshop, clock: FakeClock):
    a_run(workshop.store, workshop.an_importer(), claim="first")
    clock.advance(seconds=31)
    assert sum(ticked.rescued for ticked in at_once([workshop.scheduling.tick] * 4)) == 1
    assert len(workshop.queue.run_ids) == 1


def test_a_run_the_broker_lost_is_sent_again_every_two_minutes(workshop: Workshop, clock: FakeClock):
    run = workshop.runs.start(workshop.actor, workshop.an_importer().id)
    workshop.queue.run_ids.clear()
    clock.advance(minutes=2)
    workshop.scheduling.tick()
    assert workshop.queue.run_ids == []
    clock.advance(seconds=1)
    for _ in range(3):
        assert workshop.scheduling.tick() == Ticked()
    assert workshop.queue.run_ids == [run.id]
    workshop.queue.run_ids.clear()
    clock.advance(minutes=2, seconds=1)
    workshop.scheduling.tick()
    assert workshop.queue.run_ids == [run.id]
    workshop.work()
    assert workshop.runs.get(workshop.actor, run.id).attempt == 1


# --- missed turns ---


@pytest.mark.parametrize("missed", list(Missed))
def test_a_turn_noticed_within_five_minutes_is_not_missed(workshop: Workshop, clock: FakeClock, missed: Missed):
    workshop.an_importer(schedule=replace(HOURLY, missed=missed), next_run_at=NEW_YEAR)
    clock.advance(minutes=5)
    assert workshop.scheduling.tick() == Ticked(due=1)
    run = workshop.runs.get(workshop.actor, workshop.queue.run_ids[0])
    assert workshop.story(run) == ["Started by the schedule."]


def test_a_run_that_is_made_up_for_says_when_it_was_due(workshop: Workshop, clock: FakeClock):
    workshop.an_importer(schedule=replace(HOURLY, time_zone="Asia/Tokyo"), next_run_at=NEW_YEAR)
    clock.advance(hours=9, seconds=1)
    assert workshop.scheduling.tick() == Ticked(due=1)
    [run_id] = workshop.queue.run_ids
    assert workshop.story(workshop.runs.get(workshop.actor, run_id)) == [
        "Started late by the schedule: it was due on 1 January 2026 at 21:00 (Asia/Tokyo)."
    ]


def test_a_missed_turn_can_be_left_out_until_the_next_one(workshop: Workshop, clock: FakeClock):
    importer = workshop.an_importer(schedule=replace(HOURLY, missed=Missed.SKIP), next_run_at=NEW_YEAR)
    clock.advance(minutes=5, seconds=1)
    assert workshop.scheduling.tick() == Ticked()
    left_out = workshop.store.importer(importer.workspace_id, importer.id)
    assert (left_out.missed_at, left_out.next_run_at) == (NEW_YEAR, NEW_YEAR + timedelta(hours=1))
    clock.advance(minutes=54, seconds=59)
    assert workshop.scheduling.tick() == Ticked(due=1)
    assert workshop.store.importer(importer.workspace_id, importer.id).missed_at is None


@pytest.mark.parametrize(("missed", "runs"), [(Missed.ONCE, 1), (Missed.SKIP, 0)])
def test_a_schedule_that_ended_while_everything_was_off_has_no_next_turn(
    workshop: Workshop, clock: FakeClock, missed: Missed, runs: int
):
    schedule = replace(HOURLY, missed=missed, ends_on=NEW_YEAR.date())
    importer = workshop.an_importer(schedule=schedule, next_run_at=NEW_YEAR)
    clock.advance(days=3)
    assert workshop.scheduling.tick() == Ticked(due=runs)
    assert workshop.store.importer(importer.workspace_id, importer.id).next_run_at is None
    workshop.work()
    clock.advance(days=3)
    assert workshop.scheduling.tick() == Ticked()


# --- a clock that was ahead ---

YEAR = timedelta(days=366).total_seconds()


def ran_by(workshop: Workshop, clock: FakeClock, *, hours: int) -> list[int]:
    """Runs begun in each hour from now on."""
    begun = []
    for _ in range(hours):
        begun.append(0)
        for _ in range(60):
            clock.advance(minutes=1)
            begun[-1] += workshop.scheduling.tick().due
            workshop.work()
    return begun


@pytest.mark.parametrize("restarted", [False, True])
def test_once_a_clock_that_was_ahead_is_put_right_importers_run_as_before(
    workshop: Workshop, clock: FakeClock, restarted: bool
):
    workshop.an_importer(schedule=HOURLY, next_run_at=NEW_YEAR)
    workshop.scheduling.tick()
    workshop.work()
    clock.advance(seconds=YEAR)
    workshop.scheduling.tick()
    workshop.work()
    clock.advance(seconds=-YEAR)
    if restarted:
        workshop = Workshop(workshop.store, workshop.actor, clock, ScriptedSource([(1, "one")]))
    assert ran_by(workshop, clock, hours=4) == [1] * 4


def test_what_another_clock_that_is_gone_left_ahead_is_found_within_an_hour(workshop: Workshop, clock: FakeClock):
    workshop.scheduling.tick()
    workshop.an_importer(schedule=HOURLY, next_run_at=NEW_YEAR + timedelta(seconds=YEAR))
    assert sum(ran_by(workshop, clock, hours=3)) == 2


def test_a_clock_that_is_behind_the_others_begins_nothing_twice(workshop: Workshop, clock: FakeClock):
    """A machine whose time is two hours off does enough harm; each hour anew it would make another run of each importer."""
    workshop.scheduling.tick()
    workshop.an_importer(schedule=HOURLY, next_run_at=NEW_YEAR + timedelta(hours=6))
    assert sum(ran_by(workshop, clock, hours=5)) == 0


def test_a_run_that_waits_until_a_clock_that_was_ahead_says_so_is_tried_again(workshop: Workshop, clock: FakeClock):
    importer = workshop.an_importer(schedule=HOURLY, next_run_at=NEW_YEAR + timedelta(hours=1))
    run = a_run(workshop.store, importer, claim="c")
    clock.advance(seconds=YEAR)
    waiting = Ending(Status.WAITING, Counts(), wake_at=clock.now() + timedelta(minutes=1))
    workshop.store.end_run(run.id, "c", waiting, lines=[], now=clock.now())
    workshop.scheduling.tick()
    clock.advance(seconds=-YEAR)
    workshop.scheduling.tick()
    workshop.work()
    assert workshop.runs.get(workshop.actor, run.id).status is Status.DONE


# --- chains ---


def a_follower(workshop: Workshop, leader: Importer, name: str = "Follower") -> Importer:
    schedule = Schedule(Every.AFTER, after_id=leader.id)
    return workshop.an_importer(name=name, target=a_target(name), schedule=schedule)


def test_those_that_follow_run_one_after_the_other_without_the_clock(workshop: Workshop):
    first = workshop.an_importer(name="First")
    second = a_follower(workshop, first, "Second")
    third = a_follower(workshop, second, "Third")
    workshop.runs.start(workshop.actor, first.id)
    workshop.work()
    last = workshop.store.last_runs(first.workspace_id)
    assert [last[one.id].status for one in (first, second, third)] == [Status.DONE] * 3
    assert workshop.story(last[third.id])[0] == "Started because “Second” succeeded."
    assert len(workshop.runs.list(workshop.actor, second.id)) == 1


def test_the_clock_finds_what_a_worker_that_died_after_its_run_did_not_start(workshop: Workshop, clock: FakeClock):
    first = workshop.an_importer(name="First")
    second = a_follower(workshop, first)
    run = a_run(workshop.store, first, claim="c")
    workshop.store.end_run(run.id, "c", Ending(Status.DONE, Counts()), lines=[], now=clock.now())
    clock.advance(hours=1)
    assert workshop.scheduling.tick() == Ticked(due=1)
    workshop.work()
    [follows] = workshop.runs.list(workshop.actor, second.id)
    assert (follows.trigger, follows.status) == (Trigger.CHAIN, Status.DONE)
    assert workshop.scheduling.tick() == Ticked()


def test_a_database_that_is_away_after_a_run_leaves_what_follows_to_the_clock(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
):
    first = workshop.an_importer(name="First")
    a_follower(workshop, first)
    run = workshop.runs.start(workshop.actor, first.id)

    def away(*args: object, **kwargs: object) -> tuple[int, int]:
        raise ConnectionTrouble("The database cannot be reached.")

    monkeypatch.setattr(workshop.store, "take_turns", away)
    workshop.work()
    monkeypatch.undo()
    assert workshop.runs.get(workshop.actor, run.id).status is Status.DONE
    assert workshop.scheduling.tick() == Ticked(due=1)
