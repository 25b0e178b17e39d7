"""A run that is cancelled is over within two seconds, wherever it is, by the heartbeat that workers have."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from importers import bootstrap
from importers.clock import SystemClock
from importers.destinations.excel.staging import only_writer
from importers.http.waiting import wait
from importers.interfaces import Stop, Tell, never_stop
from importers.model import Actor, Phase, Status
from importers.services.heartbeat import LOOK_EVERY_SECONDS
from importers.store.sql import SqlStore
from tests.fakes import ScriptedSource
from tests.workshop import Workshop

pytestmark = pytest.mark.slow  # the seconds are real: another thread keeps time

ROWS = [(number, "a title") for number in range(500)]
SOON = 2.0


class Scene:
    """A run that writes a real workbook, and a worker who carries it out."""

    def __init__(self, store: SqlStore, alice: Actor, path: Path, *script: object) -> None:
        self.path = path
        self.alice = alice
        source = ScriptedSource(*script)  # type: ignore[arg-type]
        self.workshop = Workshop(store, alice, SystemClock(), source, look_every=LOOK_EVERY_SECONDS)
        self.workshop.kinds._destination = bootstrap.excel_file(path)  # type: ignore[assignment]
        self.run = self.workshop.runs.start(alice, self.workshop.an_importer().id)
        self.worker = threading.Thread(target=self.workshop.work)

    def seconds_until_cancelled(self, *, once: Callable[[], bool]) -> float:
        """From the moment it was asked to stop, which is when *once* has come."""
        before = self.path.read_bytes()
        self.worker.start()
        ends = time.monotonic() + 20
        while not once():
            assert time.monotonic() < ends, "the run did not get there"
            time.sleep(0.01)
        self.workshop.runs.cancel(self.alice, self.run.id)
        asked = time.monotonic()
        self.worker.join(20)
        seconds = time.monotonic() - asked
        over = self.workshop.runs.get(self.alice, self.run.id)
        assert (over.status, self.path.read_bytes()) == (Status.CANCELLED, before)
        return seconds

    @property
    def phase(self) -> Phase:
        return self.workshop.runs.get(self.alice, self.run.id).phase


@pytest.fixture
def path(tmp_path: Path, store: SqlStore, alice: Actor) -> Path:
    """A workbook that a run of the same importer wrote before."""
    path = tmp_path / "books" / "Pipesheet.xlsx"
    path.parent.mkdir()
    earlier = Scene(store, alice, path, [(1, "as it was")])
    earlier.workshop.work()
    store.remove_importer(alice.workspace.id, earlier.run.importer_id)
    assert path.is_file()
    return path


def test_while_it_reads(store: SqlStore, alice: Actor, path: Path):
    reads_on = threading.Event()

    def take_a_moment(tell: Tell, stop: Stop) -> None:
        reads_on.set()
        time.sleep(0.05)

    scene = Scene(store, alice, path, *[step for _ in range(1000) for step in (ROWS, take_a_moment)])
    assert scene.seconds_until_cancelled(once=reads_on.is_set) < SOON


def test_while_it_waits_for_the_vendor(store: SqlStore, alice: Actor, path: Path):
    waits = threading.Event()

    def wait_as_told(tell: Tell, stop: Stop) -> None:
        waits.set()
        wait(timedelta(minutes=2), clock=SystemClock(), stop=stop)

    scene = Scene(store, alice, path, ROWS, wait_as_told)
    assert scene.seconds_until_cancelled(once=waits.is_set) < SOON


def test_while_it_waits_to_write(store: SqlStore, alice: Actor, path: Path):
    scene = Scene(store, alice, path, ROWS)
    with only_writer(path, patience=timedelta(seconds=1), stop=never_stop):
        seconds = scene.seconds_until_cancelled(once=lambda: scene.phase is Phase.WRITING)
    assert seconds < SOON


def test_right_before_the_table_shows(store: SqlStore, alice: Actor, path: Path):
    """What takes long then is asked for once more by the last look, whatever the heartbeat has seen."""
    scene = Scene(store, alice, path, *[ROWS] * 60)
    assert scene.seconds_until_cancelled(once=lambda: scene.phase is Phase.WRITING) < SOON
