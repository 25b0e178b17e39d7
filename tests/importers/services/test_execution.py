"""One run, carried out by a worker: from the claim to an honest end."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from importers.errors import (
    BudgetSpent,
    ConnectionTrouble,
    CredentialsRejected,
    HandedBack,
    InvalidSettings,
    NoRoom,
    NotOurTurn,
    RateLimited,
    ServiceTrouble,
)
from importers.interfaces import Stop, Tell
from importers.model import (
    Actor,
    Column,
    ConnectionStatus,
    Counts,
    Ending,
    Every,
    FieldChange,
    Frozen,
    Happening,
    Importer,
    Level,
    Line,
    Phase,
    Schedule,
    Selection,
    Status,
    Trouble,
)
from importers.store.sql import SqlStore
from tests.builders import a_target
from tests.fakes import COLUMNS, FakeClock, ScriptedSource
from tests.workshop import TOKEN, Workshop

ROWS = [(1, "one"), (2, "two")]
MakeWorkshop = Callable[..., Workshop]


@pytest.fixture
def workshop_of(store: SqlStore, alice: Actor, clock: FakeClock) -> MakeWorkshop:
    """A workshop whose source plays the given script."""
    return lambda *script, **more: Workshop(store, alice, clock, ScriptedSource(*script, **more))


def raising(error: Exception) -> Callable[[Tell, Stop], None]:
    def step(tell: Tell, stop: Stop) -> None:
        raise error

    return step


class Pause:
    """A step that holds the run until `go`, asking to stop as a source does."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.over = threading.Event()

    def __call__(self, tell: Tell, stop: Stop) -> None:
        self.reached.set()
        for _ in range(2000):
            stop()
            if self.over.wait(0.005):
                return
        raise AssertionError("nobody stopped the run within ten seconds")


def at_work(workshop: Workshop, pause: Pause) -> threading.Thread:
    """A worker who has come to the pause."""
    worker = threading.Thread(target=workshop.work)
    worker.start()
    assert pause.reached.wait(10)
    return worker


# --- ends ---


def test_a_run_that_goes_well_is_done_and_tells_its_story(workshop_of: MakeWorkshop):
    workshop = workshop_of(ROWS)
    run = workshop.run()
    assert (run.status, run.phase, run.trouble, run.attempt) == (Status.DONE, Phase.FINISHED, None, 1)
    assert replace(run.counts, reads="") == Counts(2, 2, 2, columns=2, requests=1, tokens=10)
    assert workshop.story(run) == [
        "Connecting to Acme Ltd",
        "Connected to Acme Ltd as Alice Archer",
        "Reading Deals from Pipedrive",
        "Read 2 of 2 rows (10 tokens)",
        "Writing to Deals in Pipesheet.xlsx",
        "Wrote 2 rows to Deals in Pipesheet.xlsx",
    ]
    assert workshop.destination.sheets[a_target()] == (("ID", "Title"), ROWS)


def test_the_secret_is_opened_for_the_source_and_told_to_nobody(
    workshop_of: MakeWorkshop, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    workshop = workshop_of(raising(KeyError("what went wrong")))
    run = workshop.run()
    assert workshop.kinds.tokens == [TOKEN]
    assert TOKEN.reveal() not in caplog.text
    assert TOKEN.reveal() not in repr((run, workshop.story(run)))


def test_the_log_tells_how_a_run_went_in_words(workshop_of: MakeWorkshop, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)
    run = workshop_of(ROWS).run()
    assert [record.getMessage() for record in caplog.records if record.name == "importers.services.execution"] == [
        f"run {run.id} started",
        f"run {run.id} done: 2 rows, Deals to Excel",
    ]


def test_the_log_tells_why_a_run_failed(workshop_of: MakeWorkshop, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)
    run = workshop_of(raising(NoRoom("The disk is full."))).run()
    assert f"run {run.id} failed: The disk is full. (no-room), Deals to Excel" in caplog.messages


def test_notes_make_it_done_with_notes(workshop_of: MakeWorkshop):
    workshop = workshop_of(ROWS, notes=["3 cells were cut."])
    run = workshop.run()
    assert (run.status, run.notes) == (Status.DONE_WITH_NOTES, ("3 cells were cut.",))
    assert "3 cells were cut." not in workshop.story(run), "the run's page shows its notes above the story"


@pytest.mark.parametrize(
    "error", [NoRoom("The disk is full.", hint="Free some."), InvalidSettings("No.", hint="Change it.")]
)
def test_what_only_the_owner_can_mend_fails_with_what_to_do(workshop_of: MakeWorkshop, error):
    workshop = workshop_of(ROWS, raising(error))
    run = workshop.run()
    assert (run.status, run.wake_at) == (Status.FAILED, None)
    assert run.trouble is not None
    assert (run.trouble.code, run.trouble.message, run.trouble.hint) == (error.code, error.message, error.hint)
    assert (run.counts.rows_read, run.counts.rows_written) == (2, 0)
    assert (workshop.events(run)[-1].level, workshop.story(run)[-1]) == (Level.ERROR, f"{error.message} {error.hint}")
    assert workshop.destination.sheets == {}


def test_a_refused_token_is_remembered_with_the_connection(workshop_of: MakeWorkshop, alice: Actor):
    workshop = workshop_of(raising(CredentialsRejected("Pipedrive refused the token.")))
    assert workshop.run().status is Status.FAILED
    [connection] = workshop.store.connections(alice.workspace.id)
    assert connection.status is ConnectionStatus.NEEDS_RECONNECTING


def test_temporary_trouble_waits_and_then_tries_again(workshop_of: MakeWorkshop, clock: FakeClock):
    troubles = [RateLimited("Slow down.", retry_after=timedelta(minutes=3))]

    def trouble_once(tell: Tell, stop: Stop) -> None:
        if troubles:
            raise troubles.pop()

    workshop = workshop_of(trouble_once, ROWS)
    run = workshop.run()
    assert (run.status, run.wake_at, run.ended_at) == (Status.WAITING, clock.now() + timedelta(minutes=3), None)
    assert workshop.events(run)[-1].level is Level.NOTE
    clock.advance(minutes=3)
    assert workshop.scheduling.tick().woken == 1
    workshop.work()
    again = workshop.runs.get(workshop.actor, run.id)
    assert (again.status, again.attempt, again.trouble) == (Status.DONE, 2, None)


def test_temporary_trouble_that_stays_is_a_failure_in_the_end(workshop_of: MakeWorkshop, clock: FakeClock):
    workshop = workshop_of(raising(ConnectionTrouble("No answer.")))
    run = workshop.run()
    for _ in range(2):
        clock.advance(hours=1)
        workshop.scheduling.tick()
        workshop.work()
    over = workshop.runs.get(workshop.actor, run.id)
    assert (over.status, over.attempt, over.wake_at) == (Status.FAILED, 3, None)
    assert over.trouble is not None
    assert over.trouble.message == "No answer."


def test_the_death_of_a_worker_uses_up_none_of_the_three_tries(workshop_of: MakeWorkshop, clock: FakeClock):
    workshop = workshop_of(raising(ServiceTrouble("It is in trouble.")))
    run = workshop.runs.start(workshop.actor, workshop.an_importer().id)
    assert workshop.store.claim_run(run.id, "a worker that dies", now=clock.now())
    workshop.queue.run_ids.clear()
    clock.advance(seconds=31)
    assert workshop.scheduling.tick().rescued == 1
    waits = []
    for _ in range(3):
        workshop.work()
        run = workshop.runs.get(workshop.actor, run.id)
        waits.append(run.wake_at - clock.now() if run.wake_at else run.status)
        clock.advance(minutes=5)
        workshop.scheduling.tick()
    assert waits == [timedelta(minutes=1), timedelta(minutes=5), Status.FAILED]


def test_the_day_in_line_begins_with_the_line_and_not_with_the_run(workshop_of: MakeWorkshop, clock: FakeClock):
    spent = [BudgetSpent("Spent.", retry_after=timedelta(hours=24))]

    def others_are_first(tell: Tell, stop: Stop) -> None:
        raise spent.pop() if spent else NotOurTurn("Another run writes this tab.", retry_after=timedelta(hours=12))

    workshop = workshop_of(others_are_first)
    run = workshop.run()
    waits: list[timedelta | Status] = []
    while run.wake_at:
        waits.append(run.wake_at - clock.now())
        clock.advance(seconds=waits[-1].total_seconds())
        workshop.scheduling.tick()
        workshop.work()
        run = workshop.runs.get(workshop.actor, run.id)
    half_a_day = timedelta(hours=12)
    assert [*waits, run.status] == [timedelta(hours=24), half_a_day, half_a_day, Status.FAILED]


def test_our_own_mistake_is_logged_once_with_the_reference_the_owner_sees(
    workshop_of: MakeWorkshop, caplog: pytest.LogCaptureFixture
):
    run = workshop_of(ROWS, raising(KeyError("what went wrong"))).run()
    assert (run.status, run.trouble and run.trouble.code) == (Status.FAILED, "our-mistake")
    assert run.trouble is not None
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(errors) == 1
    assert run.trouble.reference in errors[0].getMessage()
    assert errors[0].exc_info is not None
    assert "what went wrong" not in repr(run)


def test_a_sealed_token_nobody_can_open_fails_with_what_to_do(store: SqlStore, workshop_of: MakeWorkshop, alice: Actor):
    workshop = workshop_of(ROWS)
    importer = workshop.an_importer()
    [connection] = store.connections(alice.workspace.id)
    store.renew_connection(alice.workspace.id, connection.id, connection.account, b"garbage", now=connection.created_at)
    workshop.runs.start(alice, importer.id)
    workshop.work()
    [run] = workshop.runs.list(alice, importer.id)
    assert run.status is Status.FAILED
    assert run.trouble is not None
    assert "link the account again" in run.trouble.hint


# --- what its owner must mend ---


def a_failing_importer(workshop: Workshop, clock: FakeClock, times: int) -> Importer:
    """One whose runs of *times* hours failed."""
    importer = workshop.an_importer(schedule=Schedule(Every.HOURS), next_run_at=clock.now())
    for _ in range(times):
        assert workshop.scheduling.tick().due == 1
        workshop.work()
        clock.advance(hours=1)
    return workshop.store.importer(importer.workspace_id, importer.id)


def test_three_failures_in_a_row_pause_an_importer_and_it_says_why(workshop_of: MakeWorkshop, clock: FakeClock):
    workshop = workshop_of(raising(NoRoom("The disk is full.", hint="Free some.")))
    importer = a_failing_importer(workshop, clock, 3)
    assert (importer.paused, importer.next_run_at) == (True, None)
    assert importer.paused_because == Trouble("no-room", "The disk is full.", "Free some.")
    assert workshop.scheduling.tick().due == 0


@pytest.mark.parametrize(
    "error", [CredentialsRejected("Pipedrive refused the token."), ConnectionTrouble("No answer."), KeyError("a bug")]
)
def test_what_is_not_the_importers_own_trouble_does_not_pause_it(
    workshop_of: MakeWorkshop, clock: FakeClock, alice: Actor, error: Exception
):
    workshop = workshop_of(raising(error))
    importer = workshop.an_importer(schedule=Schedule(Every.HOURS), next_run_at=clock.now())
    for _ in range(12):
        workshop.scheduling.tick()
        workshop.work()
        clock.advance(minutes=60)
        [connection] = workshop.store.connections(alice.workspace.id)
        workshop.store.mark_connection(alice.workspace.id, connection.id, ConnectionStatus.WORKING, now=clock.now())
    runs = workshop.runs.list(alice, importer.id)
    assert sum(run.status is Status.FAILED for run in runs) >= 3
    assert not workshop.store.importer(alice.workspace.id, importer.id).paused


def test_failures_by_hand_do_not_pause_it(workshop_of: MakeWorkshop, clock: FakeClock, alice: Actor):
    workshop = workshop_of(raising(NoRoom("The disk is full.")))
    importer = a_failing_importer(workshop, clock, 2)
    for _ in range(3):
        workshop.runs.start(alice, importer.id)
        workshop.work()
    assert not workshop.store.importer(alice.workspace.id, importer.id).paused


def test_a_success_by_hand_lets_it_go_on(workshop_of: MakeWorkshop, clock: FakeClock, alice: Actor):
    troubles = [NoRoom("The disk is full.")] * 3

    def trouble_thrice(tell: Tell, stop: Stop) -> None:
        if troubles:
            raise troubles.pop()

    workshop = workshop_of(trouble_thrice, ROWS)
    importer = a_failing_importer(workshop, clock, 3)
    clock.advance(minutes=20)
    workshop.runs.start(alice, importer.id)
    workshop.work()
    on = workshop.store.importer(alice.workspace.id, importer.id)
    assert (on.paused, on.paused_because) == (False, None)
    assert on.next_run_at == clock.now() + timedelta(minutes=40)


def test_a_success_does_not_resume_what_its_owner_paused(workshop_of: MakeWorkshop, alice: Actor, clock: FakeClock):
    workshop = workshop_of(ROWS)
    importer = workshop.an_importer(schedule=Schedule(Every.HOURS))
    workshop.store.pause_importer(alice.workspace.id, importer.id, now=clock.now())
    workshop.runs.start(alice, importer.id)
    workshop.work()
    assert workshop.store.importer(alice.workspace.id, importer.id).paused


# --- once ---


def test_a_message_delivered_twice_does_no_harm(workshop_of: MakeWorkshop):
    workshop = workshop_of(ROWS)
    run = workshop.run()
    workshop.runs.execute(run.id)
    workshop.runs.execute(987_654)
    assert workshop.runs.get(workshop.actor, run.id) == run


# --- while it runs ---


def test_a_running_import_stops_soon_after_it_was_cancelled(workshop_of: MakeWorkshop, alice: Actor):
    pause = Pause()
    workshop = workshop_of(ROWS, pause, ROWS)
    run = workshop.runs.start(alice, workshop.an_importer().id)
    worker = at_work(workshop, pause)
    assert workshop.runs.cancel(alice, run.id).cancel_requested
    worker.join(10)
    over = workshop.runs.get(alice, run.id)
    assert (over.status, over.trouble) == (Status.CANCELLED, None)
    assert workshop.story(run)[-2:] == ["alice@example.com asked to stop.", "Cancelled. The sheet is as it was before."]
    assert workshop.destination.sheets == {}


def test_a_worker_that_must_leave_hands_its_run_back_and_the_next_one_does_it(workshop_of: MakeWorkshop, alice: Actor):
    pause = Pause()
    workshop = workshop_of(ROWS, pause, ROWS)
    run = workshop.runs.start(alice, workshop.an_importer().id)
    [run_id] = workshop.queue.run_ids
    workshop.queue.run_ids.clear()
    worker = threading.Thread(target=workshop.runs.execute, args=(run_id,))
    worker.start()
    assert pause.reached.wait(10)
    workshop.leaving.set()
    worker.join(10)
    back = workshop.runs.get(alice, run.id)
    assert (back.status, back.attempt, back.abandoned, back.trouble) == (Status.QUEUED, 0, 0, None)
    assert "handed the run back" in workshop.story(run)[-1]
    assert workshop.destination.sheets == {}
    assert workshop.queue.run_ids == [run_id]

    workshop.leaving.clear()
    pause.over.set()
    workshop.work()
    over = workshop.runs.get(alice, run.id)
    assert (over.status, over.attempt) == (Status.DONE, 1)


def test_a_run_that_was_cancelled_is_not_handed_back(workshop_of: MakeWorkshop, alice: Actor):
    pause = Pause()
    workshop = workshop_of(ROWS, pause)
    run = workshop.runs.start(alice, workshop.an_importer().id)
    worker = at_work(workshop, pause)
    workshop.runs.cancel(alice, run.id)
    workshop.leaving.set()
    worker.join(10)
    assert not worker.is_alive()
    workshop.leaving.clear()
    workshop.work()
    assert workshop.runs.get(alice, run.id).status is Status.CANCELLED
    assert workshop.destination.sheets == {}


def test_a_run_that_is_cancelled_in_the_moment_its_worker_must_leave_says_that_it_is_cancelled(
    workshop_of: MakeWorkshop, alice: Actor, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO)

    def told_to_leave(tell: Tell, stop: Stop) -> None:
        workshop.leaving.set()
        try:
            Pause()(tell, stop)
        except HandedBack:
            workshop.runs.cancel(alice, run.id)
            raise

    workshop = workshop_of(ROWS, told_to_leave)
    run = workshop.runs.start(alice, workshop.an_importer().id)
    workshop.work()
    over = workshop.runs.get(alice, run.id)
    assert (over.status, over.trouble) == (Status.CANCELLED, None)
    assert workshop.story(run)[-2:] == ["alice@example.com asked to stop.", "Cancelled. The sheet is as it was before."]
    assert "handed back" not in caplog.text


def test_the_heart_beats_while_the_import_works(workshop_of: MakeWorkshop, alice: Actor, clock: FakeClock):
    pause = Pause()
    workshop = workshop_of(ROWS, pause)
    run = workshop.runs.start(alice, workshop.an_importer().id)
    worker = at_work(workshop, pause)
    clock.advance(minutes=10)
    wanted = clock.now()
    for _ in range(1000):
        if workshop.runs.get(alice, run.id).heartbeat_at == wanted:
            break
        threading.Event().wait(0.01)
    assert workshop.runs.get(alice, run.id).heartbeat_at == wanted
    assert workshop.scheduling.tick().rescued == 0
    pause.over.set()
    worker.join(10)
    assert workshop.runs.get(alice, run.id).status is Status.DONE


def test_the_worker_of_a_rescued_run_gives_up_and_changes_nothing(
    workshop_of: MakeWorkshop, store: SqlStore, alice: Actor
):
    pause = Pause()
    workshop = workshop_of(ROWS, pause)
    run = workshop.runs.start(alice, workshop.an_importer().id)
    worker = at_work(workshop, pause)
    handed_back = False
    while not handed_back:  # the heart beats on: catch it between two beats
        handed_back = store.hand_back_run(
            store.run(alice.workspace.id, run.id), line=Line("Rescued."), now=run.queued_at
        )
    taken = store.claim_run(run.id, "another worker", now=run.queued_at)
    worker.join(10)
    assert not worker.is_alive()
    assert store.run(alice.workspace.id, run.id) == taken
    assert workshop.story(run)[-1] == "Rescued."
    assert workshop.destination.sheets == {}


def test_a_worker_that_was_frozen_until_its_run_was_rescued_does_not_put_back_its_older_table(
    store: SqlStore, alice: Actor, clock: FakeClock
):
    """Its heartbeat was frozen with it, so the table could show before that one looks again."""

    def sleep_while_another_worker_does_the_run(tell: Tell, stop: Stop) -> None:
        assert store.hand_back_run(workshop.runs.get(alice, run.id), line=Line("Rescued."), now=clock.now())
        assert store.claim_run(run.id, "another worker", now=clock.now())
        workshop.destination.sheets[a_target()] = newer
        assert store.end_run(run.id, "another worker", Ending(Status.DONE, Counts()), lines=[], now=clock.now())

    newer = (("ID", "Title"), [(1, "newer")])
    source = ScriptedSource(ROWS, sleep_while_another_worker_does_the_run)
    workshop = Workshop(store, alice, clock, source, look_every=3600)
    run = workshop.runs.start(alice, workshop.an_importer().id)
    workshop.work()
    assert workshop.runs.get(alice, run.id).status is Status.DONE
    assert workshop.destination.sheets == {a_target(): newer}
    assert source.ends == ["closed"]


def test_an_importer_deleted_in_mid_run_ends_it_quietly(workshop_of: MakeWorkshop, alice: Actor):
    pause = Pause()
    workshop = workshop_of(ROWS, pause)
    importer = workshop.an_importer()
    workshop.runs.start(alice, importer.id)
    worker = at_work(workshop, pause)
    workshop.store.remove_importer(alice.workspace.id, importer.id)
    worker.join(10)
    assert not worker.is_alive()
    assert workshop.destination.sheets == {}


def test_a_database_that_goes_away_leaves_the_run_to_the_clock(
    workshop_of: MakeWorkshop,
    store: SqlStore,
    alice: Actor,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    workshop = workshop_of(ROWS)
    run = workshop.runs.start(alice, workshop.an_importer().id)

    def away(*args: object, **kwargs: object) -> bool:
        raise ConnectionTrouble("The database cannot be reached.")

    monkeypatch.setattr(store, "end_run", away)
    workshop.work()
    monkeypatch.undo()
    assert workshop.runs.get(alice, run.id).status is Status.RUNNING
    assert "could not be kept" in caplog.text


# --- columns ---

COLOUR = FieldChange(Happening.ADDED, "colour", "Colour", (Column("colour", "Colour", field="Colour"),))


def test_a_run_that_went_well_freezes_the_columns_and_keeps_what_it_saw_change(workshop_of: MakeWorkshop, alice: Actor):
    workshop = workshop_of(ROWS, changes=[COLOUR])
    run = workshop.run()
    importer = workshop.store.importer(alice.workspace.id, run.importer_id)
    assert importer.selection.frozen == Frozen(COLUMNS)
    assert importer.changes == (COLOUR,)
    assert run.status is Status.DONE


def test_a_run_that_failed_freezes_nothing(workshop_of: MakeWorkshop, alice: Actor):
    workshop = workshop_of(ROWS, raising(NoRoom("The disk is full.")), changes=[COLOUR])
    run = workshop.run()
    importer = workshop.store.importer(alice.workspace.id, run.importer_id)
    assert (importer.selection.frozen, importer.changes) == (None, ())


def test_columns_that_were_changed_in_mid_run_stay_as_their_owner_wants_them(
    workshop_of: MakeWorkshop, store: SqlStore, alice: Actor
):
    wanted = Selection("deals", columns=("title",), frozen=Frozen(COLUMNS[1:]))

    def owner_changes_it(tell: Tell, stop: Stop) -> None:
        importer = store.importer(alice.workspace.id, 1)
        assert store.keep_columns(importer, wanted, ())

    workshop = workshop_of(owner_changes_it, ROWS, changes=[COLOUR])
    run = workshop.run()
    assert run.status is Status.DONE
    assert store.importer(alice.workspace.id, run.importer_id).selection == wanted


def test_a_database_that_cannot_keep_the_columns_does_not_make_the_run_a_failure(
    workshop_of: MakeWorkshop, store: SqlStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def away(*args: object) -> bool:
        raise ConnectionTrouble("The database cannot be reached.")

    monkeypatch.setattr(store, "keep_columns", away)
    assert workshop_of(ROWS).run().status is Status.DONE
    assert "columns of run 1 could not be kept" in caplog.text
