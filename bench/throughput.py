"""
How many runs a minute one machine carries out, all of it real.

    python -m bench.throughput [--importers 500] [--rows 100] [--into excel,google]
                               [--databases sqlite,postgresql] [--processes 4,8]

A clock, a Celery worker with so many processes, a Redis, a database, and the
pretend vendors as processes of their own, without limits. All importers are
due at the same moment: once for their first run, and once again, when nothing
has changed. Two of them share a connection; every one has a table of its own.

Printed of each pass: runs a minute, from the first that began to the last that
was over; CPU seconds of a run, of the worker, of clock, Redis and database,
and, apart, of the pretend vendors, which on a real machine are elsewhere; how
much of all processors' time that was; the share of memory of one process of
the worker, and the peak of the largest; the most connections to PostgreSQL of
all these processes at once. The last column is what the processors would do if
the vendors were elsewhere: runs a minute where ours had all of them for
themselves.

PostgreSQL is the tests' own server, which does not wait for its disk; set
TEST_DATABASE_URL to measure one of yours (its CPU time is then not counted).
"""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import redis
from sqlalchemy import Connection, Engine, func, insert, make_url, select, text, update

from bench.google import KEY, PretendGoogle, pretend_google, without_limits
from bench.processes import pretend_pipedrive
from bench.redis_server import redis_server
from bench.usage import cpu_seconds, family, peak_mb, share_mb
from importers.config import Settings
from importers.model import (
    EXCEL,
    GOOGLE_SHEETS,
    PIPEDRIVE,
    Account,
    Draft,
    Every,
    Schedule,
    Selection,
    SignIn,
    Status,
    Target,
)
from importers.secret import Secret
from importers.store import schema
from importers.store.database import open_engine
from importers.store.importers import importer_values
from importers.store.migrate import migrate
from importers.store.sql import SqlStore
from importers.vault import FernetVault, vault_keys
from sandbox.google.accounts import DEMO_ROBOT
from sandbox.world import TOKEN
from tests.postgresql import a_database

_PATIENCE = 1800.0
_HOURLY = Schedule(Every.HOURS, 1, time_zone="UTC")
_COMPANY = "northwind"
_CONNECTIONS = text("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")
_HEAD = (
    f"{'database':>10}  {'processes':>9}  {'into':>6}  {'pass':>5}  {'runs':>5}  {'done':>5}  {'seconds':>7}  {'a minute':>8}"
    f"  {'worker':>6}  {'clock':>6}  {'Redis':>6}  {'base':>6}  {'vendors':>7}  {'busy':>5}  {'MB each':>7}  {'peak':>5}"
    f"  {'conns':>5}  {'load':>5}  {'alone':>6}"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--importers", type=int, default=500)
    parser.add_argument("--rows", type=int, default=100)
    parser.add_argument("--into", default="excel,google")
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--processes", default="4", help="of the worker")
    options = parser.parse_args()
    print(
        f"{options.importers} importers of {options.rows} rows, {os.cpu_count()} processors, "
        f"Python {sys.version.split()[0]}; CPU seconds are those of one run"
    )
    print(_HEAD, flush=True)
    for database in options.databases.split(","):
        for processes in map(int, options.processes.split(",")):
            for into in options.into.split(","):
                _measure(database, processes, into, options)


def _measure(database: str, processes: int, into: str, options: argparse.Namespace) -> None:
    with _world(database) as world:
        world.add_importers(options.importers, options.rows, into)
        with _crew(world, processes) as crew:
            for name in ("first", "again"):
                passed = _pass(world, crew, options.importers)
                print(f"{database:>10}  {processes:>9}  {into:>6}  {name:>5}  {passed.told()}", flush=True)


# --- the world ---


@dataclass(frozen=True)
class World:
    settings: Settings
    environ: dict[str, str]
    engine: Engine
    google: PretendGoogle
    vendors: tuple[int, ...]
    base: int | None

    def add_importers(self, number: int, rows: int, into: str) -> None:
        store, now = SqlStore(self.settings.database_url), datetime.now(UTC)
        vault = FernetVault(vault_keys(self.settings))
        workspace = store.add_workspace("Everybody", time_zone="UTC", now=now).id
        robot = Account("Google", "google.com", "", DEMO_ROBOT.email)
        writes_with = store.keep_connection(
            workspace, GOOGLE_SHEETS, robot, vault.seal(KEY), sign_in=SignIn.SERVICE_ACCOUNT, now=now
        ).id
        values: list[dict[str, Any]] = []
        for one in range(number):
            if one % 2 == 0:
                account = Account("Northwind", _COMPANY, f"User {one}", f"{one}@northwind.example")
                sealed = vault.seal(Secret(TOKEN))
                reads_with = store.keep_connection(workspace, PIPEDRIVE, account, sealed, now=now).id
            target = Target(EXCEL, f"Book {one}", "Deals") if into == "excel" else self._tab(one, writes_with)
            draft = Draft(f"Importer {one}", reads_with, Selection("deals", limit=rows), target, _HOURLY)
            values.append(importer_values(workspace, draft, next_run_at=None, now=now))
        store.close()
        with self.engine.begin() as sql:
            sql.execute(insert(schema.importers), values)

    def _tab(self, one: int, writes_with: int) -> Target:
        place = self.google.new_spreadsheet(f"Book {one}")
        return Target(GOOGLE_SHEETS, place, "Deals", writes_with, f"Book {one}", table=secrets.token_hex(6))


@contextmanager
def _world(database: str) -> Iterator[World]:
    with (
        tempfile.TemporaryDirectory() as folder,
        redis_server(Path(folder)) as redis_url,
        _database(database, folder) as (url, base),
        pretend_pipedrive("--plan", "none", "--remember") as pipedrive,
        pretend_google(*without_limits()) as google,
    ):
        reroutes = [f"*.pipedrive.com={pipedrive}", *(f"{host}={to}" for host, to in google.reroutes.items())]
        environ = {
            **os.environ,
            "PIPESHEET_HOME": folder,
            "DATABASE_URL": url,
            "REDIS_URL": redis_url,
            "PIPESHEET_REROUTE": ",".join(reroutes),
            "PIPESHEET_LOG_LEVEL": "WARNING",
            # The vendor is not what is measured.
            "GOOGLE_QUOTA_PROJECT": "100000",
            "GOOGLE_QUOTA_USER": "100000",
        }
        migrate(url)
        engine = open_engine(url)
        yield World(
            Settings.from_env(environ),
            environ,
            engine,
            google,
            tuple(_listener(address) for address in (pipedrive, google.base)),
            base,
        )
        engine.dispose()


@contextmanager
def _database(name: str, folder: str) -> Iterator[tuple[str, int | None]]:
    """Its address, and the process that is it, where there is one of ours."""
    if name == "sqlite":
        yield f"sqlite:///{folder}/pipesheet.db", None
        return
    with a_database() as url:
        host = make_url(url).query.get("host", "")
        pid_file = Path(str(host), "data", "postmaster.pid")
        yield url, int(pid_file.read_text().split()[0]) if pid_file.exists() else None


def _listener(address: str) -> int:
    """The child of ours that was started to listen there."""
    port = address.rpartition(":")[2]
    return next(pid for pid in family(os.getpid())[1:] if port in Path(f"/proc/{pid}/cmdline").read_text().split("\0"))


# --- a pass ---


@dataclass(frozen=True)
class Crew:
    worker: int
    clock: int


@contextmanager
def _crew(world: World, processes: int) -> Iterator[Crew]:
    celery = ("-m", "celery", "--quiet", "--app", "worker.app", "worker", "--loglevel", "WARNING")
    plainly = ("--without-mingle", "--without-gossip", "--concurrency", str(processes))
    commands = [(sys.executable, *celery, *plainly), (sys.executable, "-m", "worker.clock")]
    crew = [subprocess.Popen(command, env=world.environ) for command in commands]
    try:
        time.sleep(5)  # starting is no part of it
        yield Crew(*(process.pid for process in crew))
    finally:
        for process in crew:
            process.terminate()
        for process in crew:
            process.wait(30)


@dataclass(frozen=True)
class Passed:
    """CPU seconds are those of all runs."""

    runs: int
    done: int
    seconds: float
    cpu: Sequence[float]
    share: float
    peak: float
    connections: int
    load: float

    def told(self) -> str:
        *ours, vendors = self.cpu
        each = "  ".join(f"{seconds / self.runs:>6.3f}" for seconds in ours)
        processors = os.cpu_count() or 1
        return (
            f"{self.runs:>5}  {self.done:>5}  {self.seconds:>7.1f}  {60 * self.runs / self.seconds:>8.0f}"
            f"  {each}  {vendors / self.runs:>7.3f}  {sum(self.cpu) / self.seconds / processors:>5.0%}"
            f"  {self.share:>7.0f}  {self.peak:>5.0f}  {self.connections:>5}  {self.load:>5.1f}  {60 * processors * self.runs / sum(ours):>6.0f}"
        )


def _pass(world: World, crew: Crew, importers: int) -> Passed:
    before, load = _cpu(world, crew), os.getloadavg()[0]
    with world.engine.begin() as sql:
        so_far = sql.scalar(select(func.max(schema.runs.c.id))) or 0
        sql.execute(update(schema.importers).values(next_run_at=datetime.now(UTC)))
    seen = _await(world, crew, importers, so_far)
    cpu = [after - sooner for after, sooner in zip(_cpu(world, crew), before, strict=True)]
    mine = (schema.runs.c.id > so_far,)
    good = schema.runs.c.status.in_((Status.DONE, Status.DONE_WITH_NOTES))
    with world.engine.connect() as sql:
        began, over = sql.execute(
            select(func.min(schema.runs.c.started_at), func.max(schema.runs.c.ended_at)).where(*mine)
        ).one()
        done = sql.scalar(select(func.count()).where(*mine, good)) or 0
    return Passed(
        importers,
        done,
        (over - began).total_seconds(),
        cpu,
        seen.share,
        seen.peak,
        seen.connections,
        load,
    )


@dataclass
class Seen:
    """The most of what was seen while runs were carried out."""

    share: float = 0.0
    peak: float = 0.0
    connections: int = 0

    def look(self, crew: Crew, sql: Connection) -> None:
        with suppress(OSError):  # a child may be replaced this very moment
            children = [pid for pid in family(crew.worker) if pid != crew.worker]
            self.share = max(self.share, sum(map(share_mb, children)) / max(len(children), 1))
            self.peak = max([self.peak, *map(peak_mb, children)])
        if sql.dialect.name == "postgresql":
            self.connections = max(self.connections, (sql.scalar(_CONNECTIONS) or 0) - 1)  # ours aside


def _await(world: World, crew: Crew, importers: int, so_far: int) -> Seen:
    over = select(func.count()).where(schema.runs.c.id > so_far, schema.runs.c.ended_at.is_not(None))
    ends, seen = time.monotonic() + _PATIENCE, Seen()
    while time.monotonic() < ends:
        with world.engine.connect() as sql:
            if (sql.scalar(over) or 0) >= importers:
                return seen
            seen.look(crew, sql)
        time.sleep(1)
    raise RuntimeError(f"the runs were not over after {_PATIENCE:.0f} seconds")


def _cpu(world: World, crew: Crew) -> list[float]:
    """Of worker, clock, Redis, database and, last, the vendors."""
    with redis.Redis.from_url(world.settings.redis_url) as client:
        told: Any = client.info("cpu")
    of_redis = told["used_cpu_user"] + told["used_cpu_sys"]
    of_base = cpu_seconds(world.base) if world.base else 0.0
    return [
        cpu_seconds(crew.worker),
        cpu_seconds(crew.clock),
        of_redis,
        of_base,
        sum(map(cpu_seconds, world.vendors)),
    ]


if __name__ == "__main__":
    main()
