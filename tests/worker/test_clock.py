from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from importers.bootstrap import build
from importers.clock import SystemClock
from importers.config import Settings
from importers.errors import ConnectionTrouble
from importers.model import Actor, Connection, Draft, Every, Schedule, Selection, Status, Target
from importers.secret import Secret
from importers.services import Services
from importers.store.sql import SqlStore
from tests.contracts.notices import a_letter
from tests.fakes import FakeClock
from tests.importers.channels.listener import listening
from tests.processes import clean_environment
from worker import clock as worker_clock
from worker.process import beat


class Tripping:
    """Scheduling whose first look fails, as when the database is away for a moment."""

    def __init__(self, scheduling: object, stopping: threading.Event) -> None:
        self._scheduling = scheduling
        self._stopping = stopping
        self.ticks = 0

    def tick(self) -> object:
        self.ticks += 1
        if self.ticks == 1:
            raise ConnectionError("the database is away")
        self._stopping.set()
        return self._scheduling.tick()


@pytest.mark.parametrize("workspace", ["1", "999"])
def test_a_clock_that_starts_removes_what_deleted_importers_had_remembered(
    services: Services, settings: Settings, caplog: pytest.LogCaptureFixture, workspace: str
) -> None:
    left = settings.mirrors / workspace / "998.mirror"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"")
    with caplog.at_level(logging.INFO):
        worker_clock.sweep(services)
        worker_clock.sweep(services)
    assert not left.exists()
    assert caplog.text.count("Removed what 1 deleted importers had remembered.") == 1


def test_what_cannot_be_removed_does_not_keep_a_clock_from_ticking(
    services: Services, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    (settings.mirrors / "1" / "998.mirror").mkdir(parents=True)
    worker_clock.sweep(services)
    assert "the next start tries again" in caplog.text


def test_a_tick_starts_what_is_due(
    services: Services, alice: Actor, connection: Connection, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    schedule = Schedule(Every.HOURS, 1)
    draft = Draft("Stages", connection.id, Selection("stages"), Target("excel", "Book", "Stages"), schedule)
    importer = services.importers.create(alice, draft, start_anyway=True)
    clock.advance(hours=1, minutes=1)
    with caplog.at_level(logging.INFO):
        assert worker_clock.tick(services)
    [run] = services.runs.list(alice, importer.id)
    assert run.status is Status.DONE
    assert "1 due" in caplog.text


def test_trouble_in_one_tick_is_logged_and_survived(services: Services, caplog: pytest.LogCaptureFixture) -> None:
    stopping = threading.Event()
    tripping = Tripping(services.scheduling, stopping)
    worker_clock.run(replace(services, scheduling=tripping), stopping, every=0.01)
    assert tripping.ticks == 2
    assert "the database is away" in caplog.text


def test_a_database_that_is_away_takes_one_line_of_the_log(
    services: Services, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise ConnectionTrouble("The database cannot be reached.") from OSError("refused")

    for service, deed in (("scheduling", "tick"), ("noticing", "mark"), ("importers", "sweep")):
        monkeypatch.setattr(getattr(services, service), deed, away)
    assert not worker_clock.tick(services)
    worker_clock.mark(services)
    worker_clock.sweep(services)
    told = [(record.levelname, record.exc_info, record.getMessage()) for record in caplog.records]
    assert [(level, trace) for level, trace, _ in told] == [("WARNING", None)] * 3
    assert all(text.endswith("The database cannot be reached.") for _, _, text in told)


def test_what_is_to_be_told_is_looked_for_and_trouble_with_that_is_survived(
    services: Services, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stopping, looks = threading.Event(), iter([ConnectionError("the database is away"), None])

    def look() -> int:
        if trouble := next(looks):
            raise trouble
        stopping.set()
        return 0

    monkeypatch.setattr(services.noticing, "look", look)
    worker_clock.look(services, stopping, every=0.01)
    assert next(looks, "all looked") == "all looked"
    assert caplog.text.count("the next round tries again") == 1


def test_what_is_to_be_told_arrives_and_trouble_on_the_way_is_survived(
    settings: Settings, store: SqlStore, alice: Actor, clock: FakeClock,
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    stopping = threading.Event()
    with listening() as listener:
        ours = build(replace(settings, sandbox=True), clock=clock)
        ours.channels.add_slack(alice, "Sales", Secret(listener.url))
        store.tell(alice.workspace.id, a_letter(title="“Deals” failed"), cause="x", now=clock.now())
        real, tries = SqlStore.workspaces_to_send_for, []

        def stumbling(self: SqlStore, now: datetime) -> Sequence[int]:
            tries.append(now)
            if len(tries) == 1:
                raise ConnectionError("the database is away")
            if listener.heard:
                stopping.set()
            return real(self, now)

        monkeypatch.setattr(SqlStore, "workspaces_to_send_for", stumbling)
        worker_clock.send(ours, stopping, every=0.01)
        ours.close()
    assert "“Deals” failed" in json.loads(listener.heard[0].body)["text"]
    assert len(listener.heard) == 1
    assert caplog.text.count("the next round tries again") == 1


def test_who_leaves_waits_a_moment_for_what_is_under_way() -> None:
    arrived, slow = threading.Event(), threading.Event()
    quick = threading.Thread(target=lambda: slow.wait(0.1) or arrived.set(), daemon=True)
    stuck = threading.Thread(target=slow.wait, daemon=True)
    began = time.monotonic()
    for thread in (quick, stuck):
        thread.start()
    worker_clock.leave([stuck, quick], SystemClock(), within=0.3)
    assert arrived.is_set()
    assert stuck.is_alive()
    assert time.monotonic() - began < 2
    slow.set()


def test_its_rounds_are_noted_and_trouble_with_that_does_not_keep_it_from_ticking(
    services: Services, store: SqlStore, clock: FakeClock, caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    worker_clock.mark(services)
    watch = store.watch()
    assert watch
    assert watch.at == clock.now()
    clock.advance(minutes=1)

    def away() -> None:
        raise ConnectionError("the database is away")

    monkeypatch.setattr(services.noticing, "mark", away)
    worker_clock.mark(services)
    assert store.watch() == watch
    assert "could not be noted" in caplog.text


def test_what_is_old_is_forgotten_and_trouble_with_it_is_survived(
    services: Services, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stopping = threading.Event()
    answers = [7, ConnectionError("the database is away")]

    def thin() -> int:
        answer = answers.pop()
        if not answers:
            stopping.set()
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(services.upkeep, "thin", thin)
    with caplog.at_level(logging.INFO):
        worker_clock.thin(services, stopping, every=0.01)
    assert "the database is away" in caplog.text
    assert "7 old runs" in caplog.text


def test_it_says_that_it_is_alive(services: Services, clock: FakeClock) -> None:
    stopping = threading.Event()
    stopping.set()
    beat(services, "clock", stopping)
    assert {check.name: check.ok for check in services.health.check()}["clock"]
    clock.advance(seconds=timedelta(minutes=5).total_seconds())
    assert not {check.name: check.ok for check in services.health.check()}["clock"]


@pytest.mark.slow
@pytest.mark.parametrize("module", ["worker.clock", "worker.app"])
def test_without_redis_it_ends_with_one_line(module: str, tmp_path: Path) -> None:
    done = subprocess.run(
        (sys.executable, "-m", module), env=clean_environment(tmp_path), capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "REDIS_URL is not set" in done.stderr


@pytest.mark.slow
def test_sigterm_ends_it_at_once_and_cleanly(tmp_path: Path) -> None:
    env = clean_environment(tmp_path, REDIS_URL="redis://127.0.0.1:9/0")
    subprocess.run((sys.executable, "-m", "pipesheet", "migrate"), env=env, check=True, capture_output=True)
    with subprocess.Popen((sys.executable, "-m", "worker.clock"), env=env, stderr=subprocess.PIPE, text=True) as clock:
        while "clock is ticking" not in clock.stderr.readline():
            assert clock.poll() is None
        os.kill(clock.pid, signal.SIGTERM)
        assert clock.wait(timeout=10) == 0
