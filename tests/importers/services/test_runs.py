"""Start, watch, cancel; look at what was written. Against the sandbox and real workbooks."""

from __future__ import annotations

import threading
from dataclasses import replace

import openpyxl
import pytest

from importers.clock import SystemClock
from importers.errors import AccessDenied, NotThere, ServiceTrouble
from importers.interfaces import Stop, Tell
from importers.model import Actor, Connection, Importer, Role, Selection, Status
from importers.services import Services
from importers.store.sql import SqlStore
from sandbox.pipedrive import Sandbox
from tests.builders import a_draft, a_run, a_target
from tests.fakes import FakeClock, ScriptedSource
from tests.workshop import Workshop


@pytest.fixture
def importer(services: Services, alice: Actor, connection: Connection) -> Importer:
    return services.importers.create(alice, a_draft(connection_id=connection.id))


def test_a_whole_import_ends_in_a_workbook(services: Services, alice: Actor, importer: Importer):
    run = services.runs.start(alice, importer.id)
    assert run.status in (Status.DONE, Status.DONE_WITH_NOTES)
    file = services.runs.workbook(alice, importer.id)
    assert file.parts[-3:] == ("workbooks", str(alice.workspace.id), "Pipesheet.xlsx")
    sheet = openpyxl.load_workbook(file)["Deals"]
    assert (sheet["A1"].value, sheet.max_row - 1) == ("ID", run.counts.rows_written)
    assert run.counts.rows_read == run.counts.rows_written > 50


def test_two_importers_share_a_workbook(services: Services, alice: Actor, importer: Importer):
    draft = a_draft(
        name="People", connection_id=importer.connection_id, selection=Selection("persons"), target=a_target("People")
    )
    people = services.importers.create(alice, draft)
    services.runs.start(alice, importer.id)
    services.runs.start(alice, people.id)
    assert openpyxl.load_workbook(services.runs.workbook(alice, people.id)).sheetnames == ["Deals", "People"]


def test_a_grid_is_a_window_onto_the_sheet(services: Services, alice: Actor, importer: Importer):
    run = services.runs.start(alice, importer.id)
    grid = services.runs.grid(alice, importer.id, first=11, count=5)
    assert (grid.first, len(grid.rows), grid.total_rows) == (11, 5, run.counts.rows_written)
    whole = services.runs.grid(alice, importer.id, count=10_000)
    assert whole.rows[10:15] == grid.rows
    assert services.runs.grid(alice, importer.id, first=-3, count=-1).rows == ()


def test_a_workbook_that_was_written_elsewhere_is_not_said_to_wait_for_its_first_run(
    services: Services, alice: Actor, importer: Importer
):
    services.runs.start(alice, importer.id)
    services.runs.workbook(alice, importer.id).unlink()
    for look in (services.runs.grid, services.runs.workbook):
        with pytest.raises(NotThere, match=r"Pipesheet\.xlsx .* although a run wrote it") as told:
            look(alice, importer.id)
        assert "PIPESHEET_HOME" in told.value.hint


def test_before_the_first_run_there_is_nothing_to_see(services: Services, alice: Actor, importer: Importer):
    with pytest.raises(NotThere):
        services.runs.grid(alice, importer.id)
    with pytest.raises(NotThere, match=r"Pipesheet\.xlsx"):
        services.runs.workbook(alice, importer.id)
    assert services.runs.list(alice, importer.id) == []


def test_a_token_revoked_in_mid_run_leaves_the_sheet_as_it_was(
    services: Services, alice: Actor, importer: Importer, sandbox: Sandbox
):
    services.runs.start(alice, importer.id)
    before = services.runs.workbook(alice, importer.id).read_bytes()
    sandbox.faults.add("revoked", path="/api/v2/deals")
    run = services.runs.start(alice, importer.id)
    assert (run.status, run.trouble and run.trouble.code) == (Status.FAILED, "credentials-rejected")
    assert services.runs.workbook(alice, importer.id).read_bytes() == before
    assert [file.name for file in services.runs.workbook(alice, importer.id).parent.glob("*.xlsx")] == [
        "Pipesheet.xlsx"
    ]


def test_runs_are_listed_newest_first(services: Services, alice: Actor, importer: Importer):
    runs = [services.runs.start(alice, importer.id) for _ in range(3)]
    assert services.runs.list(alice, importer.id) == runs[::-1]
    assert services.runs.list(alice, importer.id, limit=1) == runs[2:]


def test_starting_twice_gives_the_same_run(store: SqlStore, alice: Actor, clock: FakeClock):
    workshop = Workshop(store, alice, clock, ScriptedSource())
    importer = workshop.an_importer()
    first = workshop.runs.start(alice, importer.id)
    assert workshop.runs.start(alice, importer.id) == first
    assert workshop.queue.run_ids == [first.id]


def test_a_queued_run_is_cancelled_before_anybody_takes_it(store: SqlStore, alice: Actor, clock: FakeClock):
    workshop = Workshop(store, alice, clock, ScriptedSource([(1, "one")]))
    run = workshop.runs.start(alice, workshop.an_importer().id)
    assert workshop.runs.cancel(alice, run.id).status is Status.CANCELLED
    workshop.work()
    assert workshop.destination.sheets == {}
    assert workshop.story(run) == ["alice@example.com asked to stop."]


def test_a_viewer_may_not_cancel(store: SqlStore, services: Services, bob: Actor, importer: Importer):
    run = a_run(store, importer)
    with pytest.raises(AccessDenied):
        services.runs.cancel(replace(bob, role=Role.VIEWER), run.id)
    assert services.runs.get(bob, run.id) == run


def test_charlie_cannot_watch(services: Services, charlie: Actor, alice: Actor, importer: Importer):
    run = services.runs.start(alice, importer.id)
    for deed in (
        lambda: services.runs.get(charlie, run.id),
        lambda: services.runs.events(charlie, run.id),
        lambda: services.runs.cancel(charlie, run.id),
        lambda: next(services.runs.follow(charlie, run.id)),
    ):
        with pytest.raises(NotThere):
            deed()


# --- follow ---


def test_following_a_run_that_is_over_shows_it_once(services: Services, alice: Actor, importer: Importer):
    run = services.runs.start(alice, importer.id)
    [(shown, events, _)] = services.runs.follow(alice, run.id)
    assert shown == run
    assert events == services.runs.events(alice, run.id)
    [(_, later, _)] = services.runs.follow(alice, run.id, after=events[-2].number)
    assert later == events[-1:]
    [(shown, nothing, _)] = services.runs.follow(alice, run.id, after=events[-1].number)
    assert (shown, list(nothing)) == (run, [])


def test_following_ends_when_the_time_is_over(
    store: SqlStore, services: Services, alice: Actor, importer: Importer, clock: FakeClock
):
    run = a_run(store, importer)
    assert [look[:2] for look in services.runs.follow(alice, run.id, seconds=25)] == [(run, [])]
    assert clock.monotonic() == pytest.approx(25, abs=0.5)


def test_a_follower_hears_every_line_once_and_sees_the_end(store: SqlStore, alice: Actor):
    workshop = Workshop(store, alice, SystemClock(), ScriptedSource(*([(number, "x")] for number in range(5))))
    run = workshop.runs.start(alice, workshop.an_importer().id)
    following = workshop.runs.follow(alice, run.id, seconds=20)
    heard = [next(following)]
    worker = threading.Thread(target=workshop.work)
    worker.start()
    heard += following
    worker.join()
    assert heard[0][0].status is Status.QUEUED
    assert heard[-1][0].status is Status.DONE
    assert [event.number for _, events, _ in heard for event in events] == [
        event.number for event in workshop.events(run)
    ]


# --- why it has not begun ---


def test_a_run_that_is_queued_says_why_and_whoever_follows_hears_when_that_changes(
    store: SqlStore, alice: Actor, clock: FakeClock
):
    workshop = Workshop(store, alice, clock, ScriptedSource([(1, "x")]))
    runs = [workshop.runs.start(alice, workshop.an_importer(target=a_target(str(n))).id) for n in range(6)]
    texts = lambda: [holdup.text if (holdup := workshop.runs.holdup(run)) else "" for run in runs]  # noqa: E731
    assert texts() == ["No worker is running, so runs wait in the queue."] * 6
    store.beat_process("worker@1", now=clock.now())
    free, full = "It waits for a free worker.", "3 runs of this Pipedrive account are at work"
    assert texts() == [
        *[free] * 3,
        f"{full}; this one is next.",
        f"{full}, and 1 other goes before this one.",
        f"{full}, and 2 others go before this one.",
    ]
    assert [holdup.short for _, holdup in sorted(workshop.runs.holdups(alice).items())][2:] == [
        "Waits for a free worker",
        "Next of its account",
        "1 before this one",
        "2 before this one",
    ]
    following = workshop.runs.follow(alice, runs[5].id, seconds=60)
    assert next(following).holdup == workshop.runs.holdup(runs[5])
    workshop.runs.execute(runs[0].id)
    look = next(following)
    assert (look.run, look.events) == (runs[5], [])
    assert look.holdup
    assert look.holdup.text == f"{full}, and 1 other goes before this one."
    assert workshop.runs.holdup(workshop.runs.get(alice, runs[0].id)) is None
    clock.advance(minutes=2)  # the worker is gone
    assert workshop.runs.holdup(runs[5]) == workshop.runs.holdup(runs[1])


def test_starting_a_run_that_waits_tries_it_again_at_once(store: SqlStore, alice: Actor, clock: FakeClock):
    troubles = [ServiceTrouble("Pipedrive is in trouble.")]

    def trouble_once(tell: Tell, stop: Stop) -> None:
        if troubles:
            raise troubles.pop()

    workshop = Workshop(store, alice, clock, ScriptedSource(trouble_once, [(1, "one")]))
    run = workshop.run()
    assert run.status is Status.WAITING
    assert workshop.runs.start(alice, run.importer_id).id == run.id
    assert workshop.runs.start(alice, run.importer_id).id == run.id
    assert workshop.queue.run_ids == [run.id]
    workshop.work()
    assert workshop.runs.get(alice, run.id).status is Status.DONE
    assert "alice@example.com asked to try again now." in workshop.story(run)
    assert workshop.scheduling.tick().woken == 0
