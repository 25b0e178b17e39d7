"""A run whose tab another one writes for hours: it waits outside of workers, keeps its place, and is carried out then."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from importers.errors import TemporaryError
from importers.model import Actor, Run, Status, Target
from importers.store.sql import SqlStore
from tests.fakes import FakeClock, ScriptedSource
from tests.importers.destinations.google_sheets.desk import Desk
from tests.importers.destinations.google_sheets.signed_in import a_world
from tests.workshop import Workshop

ROWS = [(number, "a title") for number in range(3)]


@pytest.fixture
def desk() -> Iterator[Desk]:
    with a_world() as world:
        yield Desk(world)


@pytest.fixture
def clock(desk: Desk) -> FakeClock:
    return desk.world.clock


@pytest.fixture
def source() -> ScriptedSource:
    return ScriptedSource(ROWS)


@pytest.fixture
def workshop(store: SqlStore, alice: Actor, clock: FakeClock, source: ScriptedSource, desk: Desk) -> Workshop:
    workshop = Workshop(store, alice, clock, source)
    workshop.kinds._destination = desk.destination  # type: ignore[assignment]
    workshop.kinds.locks = desk.locks
    return workshop


@pytest.fixture
def run(workshop: Workshop, desk: Desk) -> Run:
    target = Target("excel", desk.id, "Deals", table="deals", place_name="Sales 2026")
    return workshop.runs.start(workshop.actor, workshop.an_importer(target=target).id)


TAB = "title deals"


def test_it_neither_holds_a_worker_nor_fails_nor_reads_in_vain(
    workshop: Workshop, desk: Desk, run: Run, clock: FakeClock, source: ScriptedSource
):
    began_at, at_work, looks = clock.monotonic(), 0.0, 0
    with desk.locks.hold(f"google_sheets:{desk.id}:{TAB}", run="run 99"):
        while clock.monotonic() - began_at < 3 * 3600:
            began_to_work = clock.monotonic()
            workshop.work()
            at_work, looks = at_work + clock.monotonic() - began_to_work, looks + 1
            waiting = workshop.runs.get(workshop.actor, run.id)
            assert (waiting.status, waiting.attempt, source.opened) == (Status.WAITING, 0, [])
            assert waiting.trouble
            assert waiting.trouble.message == "Another run (run 99) writes this tab, so this one waits for its turn."
            assert waiting.wake_at
            clock.advance(seconds=(waiting.wake_at - clock.now()).total_seconds())
            workshop.scheduling.tick()
    workshop.work()
    done = workshop.runs.get(workshop.actor, run.id)
    assert (done.status, done.attempt, done.counts.rows_written) == (Status.DONE, 1, 3)
    assert looks < 60
    assert at_work < 180


def test_once_it_is_cancelled_nobody_waits_behind_it(workshop: Workshop, desk: Desk, run: Run):
    with desk.locks.hold(f"google_sheets:{desk.id}:{TAB}", run="run 99"):
        workshop.work()
    assert workshop.runs.get(workshop.actor, run.id).status is Status.WAITING
    assert workshop.runs.cancel(workshop.actor, run.id).status is Status.CANCELLED
    with desk.locks.hold(f"google_sheets:{desk.id}:{TAB}", who="another table"):
        pass


def test_it_holds_the_tab_from_before_it_reads_on(workshop: Workshop, desk: Desk, run: Run, source: ScriptedSource):
    found: list[str] = []

    def another(tell: object, stop: object) -> None:
        try:
            with desk.locks.hold(f"google_sheets:{desk.id}:{TAB}"):
                found.append("free")
        except TemporaryError as error:
            found.append(error.message)

    source.script = (another, ROWS)
    workshop.work()
    assert found == [f"Another run (run {run.id}) writes this tab, so this one waits for its turn."]
    assert workshop.runs.get(workshop.actor, run.id).status is Status.DONE
