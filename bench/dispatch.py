"""
Ten thousand importers due at the same moment, and a customer who is in everybody's way.

    python -m bench.dispatch [--importers 10000] [--clocks 1,4] [--databases sqlite,postgresql] [--skip-fairness]

First: real clock processes, with a real Redis, and importers of many
workspaces that are all due at one moment. Printed: seconds from that moment
until every importer has its run and the last one is in the queue, what it took
of all clocks' processors, what became of the importers, and the peak memory of
the largest clock.

Then: one workspace has 1,000 importers on one connection, and has them all
under way when those of 50 others are due, one each. Four workers take every
run for 50 ms. Printed: how long the 50 waited to begin, with the limit of runs
per connection and without.

PostgreSQL is the tests' own server, which does not wait for its disk; set
TEST_DATABASE_URL to measure one of yours.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from redis import Redis
from sqlalchemy import func, insert, select, update

from importers.clock import SystemClock
from importers.model import Account, Counts, Draft, Ending, Every, Schedule, Selection, Status, Target
from importers.services.dispatch import RUNS_PER_CONNECTION, Dispatch
from importers.store import schema
from importers.store.database import open_engine
from importers.store.importers import importer_values
from importers.store.migrate import migrate
from importers.store.sql import SqlStore
from tests.postgresql import a_database
from tests.valkey import connect, running_redis
from worker.queue import QUEUE, CeleryQueue

_LISTS = [QUEUE, *(f"{QUEUE}\x06\x16{step}" for step in (3, 6, 9))]
_PATIENCE = 300
_BIG, _SMALL = 1000, 50
_SCHEDULES = (
    Schedule(Every.DAYS, time_zone="Europe/Amsterdam"),
    Schedule(Every.HOURS, 2, time_zone="America/New_York"),
    Schedule(Every.MINUTES, 15, minute=3),
    Schedule(Every.CRON, cron="30 8 * * 1-5", time_zone="Asia/Kolkata"),
    Schedule(Every.MONTHS, month_day=28, time_zone="Australia/Sydney"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--importers", type=int, default=10_000)
    parser.add_argument("--clocks", default="1,4")
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--skip-fairness", action="store_true")
    options = parser.parse_args()
    print(f"{options.importers:,} importers due at one moment; {os.cpu_count()} processors")
    print(
        f"{'database':>10}  {'clocks':>6}  {'seconds':>7}  {'CPU s':>6}  {'runs':>6}  {'twice':>5}  {'lost':>4}  {'queued':>6}  {'peak MB':>7}  {'load':>5}"
    )
    for name in options.databases.split(","):
        for clocks in map(int, options.clocks.split(",")):
            with _world(name) as world:
                _dispatch(world, name, options.importers, clocks)
    if options.skip_fairness:
        return
    print(f"\n{_BIG:,} importers of one connection, a second before those of {_SMALL} others; 4 workers, 50 ms a run")
    print(
        f"{'database':>10}  {'of a connection':>15}  {'others began after, median':>26}  {'last':>8}  {'all were done after':>19}"
    )
    for name in options.databases.split(","):
        for limit in (RUNS_PER_CONNECTION, 1_000_000):
            with _world(name) as world:
                _fairness(world, name, limit)


@dataclass(frozen=True)
class World:
    home: Path
    database_url: str
    redis_url: str
    store: SqlStore

    @property
    def environ(self) -> dict[str, str]:
        return {
            **os.environ,
            "PIPESHEET_HOME": str(self.home),
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
        }


@contextmanager
def _world(name: str) -> Iterator[World]:
    with (
        tempfile.TemporaryDirectory() as folder,
        running_redis(Path(folder)) as redis_url,
        _database(name, folder) as url,
    ):
        migrate(url)
        store = SqlStore(url)
        yield World(Path(folder), url, redis_url, store)
        store.close()


@contextmanager
def _database(name: str, folder: str) -> Iterator[str]:
    if name == "sqlite":
        yield f"sqlite:///{folder}/pipesheet.db"
        return
    with a_database() as url:
        yield url


def _add(world: World, connections: int, importers_each: int, *, due_at: datetime | None, workspaces: int = 1) -> None:
    now = datetime.now(UTC)
    rows: list[dict[str, Any]] = []
    for _ in range(workspaces):
        workspace = world.store.add_workspace("A customer", time_zone="UTC", now=now)
        for number in range(connections):
            account = Account("Acme", "acme", f"User {number}", f"{number}@acme.example")
            connection = world.store.keep_connection(workspace.id, "pipedrive", account, b"sealed", now=now)
            for _ in range(importers_each):
                draft = Draft(
                    f"Importer {len(rows)}",
                    connection.id,
                    Selection("deals"),
                    Target("excel", "Pipesheet", f"Sheet {len(rows)}"),
                    _SCHEDULES[len(rows) % len(_SCHEDULES)],
                )
                rows.append(importer_values(workspace.id, draft, next_run_at=due_at, now=now))
    engine = open_engine(world.database_url)
    with engine.begin() as sql:
        sql.execute(insert(schema.importers), rows)
    engine.dispose()


def _all_are_due_now(world: World) -> datetime:
    now = datetime.now(UTC)
    engine = open_engine(world.database_url)
    with engine.begin() as sql:
        sql.execute(update(schema.importers).values(next_run_at=now))
    engine.dispose()
    return now


# --- ten thousand at once ---


def _dispatch(world: World, name: str, importers: int, clocks: int) -> None:
    """At most as many of a connection as may be with workers: the others wait for these, whatever the clocks do."""
    load = os.getloadavg()[0]
    crew = [_start_clock(world) for _ in range(clocks)]
    _add(world, 40, 2, due_at=None, workspaces=importers // 80)
    before = sum(_cpu_seconds(clock.pid) for clock in crew)
    due_at = _all_are_due_now(world)
    with connect(world.redis_url) as redis:
        _await(redis, importers)
        seconds = (datetime.now(UTC) - due_at).total_seconds()
        time.sleep(3)  # what is done twice may come late
        sent = Counter(_run_id(message) for key in _LISTS for message in redis.lrange(key, 0, -1))
    peak, cpu = max(_peak_mb(clock.pid) for clock in crew), sum(_cpu_seconds(clock.pid) for clock in crew) - before
    for clock in crew:
        clock.terminate()
    for clock in crew:
        clock.wait(30)
    runs, of_importers = _counted(world)
    twice = runs - of_importers + sum(sent.values()) - len(sent)
    print(
        f"{name:>10}  {clocks:>6}  {seconds:>7.1f}  {cpu:>6.1f}  {runs:>6}  {twice:>5}  {importers - of_importers:>4}  {len(sent):>6}"
        f"  {peak:>7.0f}  {load:>5.1f}",
        flush=True,
    )


def _start_clock(world: World) -> subprocess.Popen[str]:
    clock = subprocess.Popen(
        (sys.executable, "-m", "worker.clock"), env=world.environ, stderr=subprocess.PIPE, text=True
    )
    assert clock.stderr
    while "clock is ticking" not in clock.stderr.readline():
        assert clock.poll() is None
    threading.Thread(target=clock.stderr.read, daemon=True).start()
    return clock


def _await(redis: Redis, wanted: int) -> None:
    ends = time.monotonic() + _PATIENCE
    while sum(redis.llen(key) for key in _LISTS) < wanted:
        if time.monotonic() > ends:
            return
        time.sleep(0.05)


def _run_id(message: bytes) -> int:
    return int(json.loads(json.loads(message)["headers"]["argsrepr"])[0])


def _counted(world: World) -> tuple[int, int]:
    engine = open_engine(world.database_url)
    with engine.connect() as sql:
        row = sql.execute(select(func.count(), func.count(schema.runs.c.importer_id.distinct()))).one()
    engine.dispose()
    return row[0], row[1]


def _cpu_seconds(pid: int) -> float:
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def _peak_mb(pid: int) -> float:
    [line] = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


# --- one in everybody's way ---


class _Workers:
    """Take messages, hold every run for a while, and go on as the real ones do."""

    def __init__(self, world: World, dispatch: Dispatch) -> None:
        self._world = world
        self._dispatch = dispatch
        self.over = threading.Event()
        self.began: dict[tuple[int, int], datetime] = {}

    def work(self) -> None:
        with connect(self._world.redis_url) as redis:
            while not self.over.is_set():
                if found := redis.brpop(_LISTS, timeout=1):
                    self._carry_out(_run_id(found[1]))

    def _carry_out(self, run_id: int) -> None:
        claim, store = secrets.token_hex(8), self._world.store
        if run := store.claim_run(run_id, claim, now=datetime.now(UTC)):
            self.began[run.workspace_id, run.id] = datetime.now(UTC)
            time.sleep(0.05)
            store.end_run(run_id, claim, Ending(Status.DONE, Counts()), lines=[], now=datetime.now(UTC))
        self._dispatch.go_on()


def _fairness(world: World, name: str, limit: int) -> None:
    dispatch = Dispatch(
        store=world.store, queue=CeleryQueue(world.redis_url), clock=SystemClock(), runs_per_connection=limit
    )
    _add(world, 1, _BIG, due_at=datetime.now(UTC))
    workers = _Workers(world, dispatch)
    crew = [threading.Thread(target=workers.work) for _ in range(4)]
    _tick(dispatch)
    began = time.monotonic()
    for worker in crew:
        worker.start()
    time.sleep(1)
    _add(world, 1, 1, due_at=datetime.now(UTC), workspaces=_SMALL)
    due_at = datetime.now(UTC)
    while len(workers.began) < _BIG + _SMALL and time.monotonic() < began + _PATIENCE:
        _tick(dispatch)
        time.sleep(1)
    done = time.monotonic() - began
    workers.over.set()
    for worker in crew:
        worker.join()
    big = min(workspace for workspace, _ in workers.began)
    waits = sorted((at - due_at).total_seconds() for (workspace, _), at in workers.began.items() if workspace != big)
    shown = str(limit) if limit < 1_000_000 else "no limit"
    print(
        f"{name:>10}  {shown:>15}  {statistics.median(waits):>24.1f} s  {waits[-1]:>6.1f} s  {done:>17.1f} s",
        flush=True,
    )


def _tick(dispatch: Dispatch) -> None:
    dispatch.begin_due()
    dispatch.send()


if __name__ == "__main__":
    main()
