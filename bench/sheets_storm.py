"""
Many importers at Google's quotas, as processes that share them in Redis.

    python -m bench.sheets_storm [--importers 20] [--users 4,1] [--models sliding,calendar] [--minutes 4]

Google takes 300 writes a minute of a project, and 60 of each of its users;
reads apart, as many. Every importer writes a table of its own again and again,
in requests much smaller than usual, so that requests are what is scarce. The
pretend Google counts a minute either as the last 60 seconds (sliding) or by
the clock (calendar), and refuses what is more with 429.

Printed: what is permitted, what was let in a minute, over whole multiples of
what is permitted, after a first minute; all 429s of the pretend Google, and
those that ended a run; tables written, and errors; how many of them the least
and the most lucky importer wrote. A storm takes --minutes and one more; all
storms take place at the same time, each with a Google and a Redis of its own.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from subprocess import PIPE, Popen

import redis

from bench.google import PretendGoogle, pretend_google
from bench.redis_server import redis_server
from importers.clock import SystemClock
from importers.destinations.google_sheets.accounts import Google
from importers.destinations.google_sheets.destination import GoogleSheetsDestination
from importers.destinations.google_sheets.job import Limits
from importers.errors import ImporterError, RateLimited, RunStopped
from importers.http.quota import Sizes
from importers.http.redis_quota import RedisQuota
from importers.http.session import make_session
from importers.interfaces import Stop
from importers.model import GOOGLE_SHEETS, Account, Column, ColumnKind, Delivery, Grant, Target
from importers.redis_locks import RedisLocks
from sandbox.google.accounts import DEMO, PEOPLE
from sandbox.google.quota import MODELS, PER_PROJECT, PER_USER

_COLUMNS = (Column("id", "ID", ColumnKind.WHOLE), Column("title", "Title"), Column("value", "Value", ColumnKind.MONEY))
_ROWS = 1_500
_PAGE = 100
_SMALL = Limits(early=4_000, small=3_000, block=4_000)
"""Almost twenty writes for a table, and half as many reads."""
_WARM_UP = 60.0
_LOOK_EVERY = 0.5


@dataclass(frozen=True)
class Result:
    """Of one importer."""

    runs: int
    refused: int
    errors: tuple[str, ...]


@dataclass(frozen=True)
class Signed:
    """What one importer is given: whose sign-in, and where to write."""

    grant: Grant
    account: Account
    spreadsheet: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--importers", type=int, default=20)
    parser.add_argument("--users", default="4,1")
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--per-project", type=int, default=PER_PROJECT, help="writes of all users in a minute")
    parser.add_argument("--minutes", type=int, default=4)
    parser.add_argument("--latency-ms", default="100", help="before every answer")
    parser.add_argument("--storm", metavar="USERS,MODEL", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.storm:
        users, model = options.storm.split(",")
        print(_storm(int(users), model, options))
        return
    print(
        f"{options.importers} importers, {options.minutes} minutes after the first one, {options.latency_ms} ms before"
        f" every answer; {os.cpu_count()} processors"
    )
    print(
        f"{'users':>5}  {'minute':>8}  {'permitted':>9}  {'let in':>6}  {'of it':>6}  {'most in 60 s':>12}  {'429s':>5}"
        f"  {'of runs':>7}  {'tables':>6}  {'errors':>6}  {'least..most':>11}  {'load':>5}",
        flush=True,
    )
    storms = [f"{users},{model}" for users in options.users.split(",") for model in options.models.split(",")]
    command = [sys.executable, "-m", "bench.sheets_storm", *sys.argv[1:], "--storm"]
    # Each in a process that is alone when it forks.
    for process in [Popen([*command, storm], stdout=PIPE, text=True) for storm in storms]:
        print(process.communicate()[0], end="", flush=True)


def _storm(users: int, model: str, options: argparse.Namespace) -> str:
    with (
        tempfile.TemporaryDirectory() as folder,
        redis_server(Path(folder)) as redis_url,
        pretend_google(
            *("--quota-model", model, "--per-project", str(options.per_project), "--latency-ms", options.latency_ms)
        ) as google,
    ):
        signed = _signed_in(google, options.importers, users)
        google.set_quota()
        ends = time.time() + _WARM_UP + 60 * options.minutes
        sizes = Sizes(options.per_project, PER_USER)
        crew = [_started(google.reroutes, redis_url, sizes, one, ends) for one in signed]
        samples = _watched(google, ends)
        results = [pipe.recv() for pipe, _ in crew]
        for _, process in crew:
            process.join()
        told = google.quota()["tallies"]
    permitted = min(options.per_project, users * PER_USER)
    rate = _rate(samples, permitted)
    whole = [tally for tally in told if tally["kind"] == "write" and not tally["user"]]
    runs = sorted(result.runs for result in results)
    errors = [error for result in results for error in result.errors]
    line = (
        f"{users:>5}  {model:>8}  {permitted:>9}  {rate:>6.1f}  {rate / permitted:>6.1%}"
        f"  {max(tally['most'] for tally in whole):>12}  {sum(tally['refused'] for tally in told if not tally['user']):>5}"
        f"  {sum(result.refused for result in results):>7}  {sum(runs):>6}  {len(errors):>6}"
        f"  {runs[0]:>4}..{runs[-1]:<5}  {os.getloadavg()[0]:>5.1f}"
    )
    return "\n".join((line, *sorted(set(errors))))


def _signed_in(google: PretendGoogle, importers: int, users: int) -> list[Signed]:
    """Importers take turns in whose sign-in they use; each has a spreadsheet of its own."""
    people = PEOPLE[:users]
    grants = [google.grant(person) for person in people]
    return [
        Signed(
            *grants[number % users],
            google.new_spreadsheet(f"Table {number}", people[number % users].email, shared=False),
        )
        for number in range(importers)
    ]


# --- watching ----------------------------------------------------------------------


def _watched(google: PretendGoogle, ends: float) -> list[tuple[float, int]]:
    """How many writes had been let in up to when."""
    samples = []
    while time.time() < ends:
        tallies = google.quota()["tallies"]
        let_in = sum(tally["admitted"] for tally in tallies if tally["kind"] == "write" and not tally["user"])
        samples.append((time.monotonic(), let_in))
        time.sleep(_LOOK_EVERY)
    return samples


def _rate(samples: Sequence[tuple[float, int]], permitted: int) -> float:
    """
    Writes a minute, over as many whole limits as there were since the warm-up:
    they go in bursts, and how many bursts happen to fall into a time says
    little; how long it takes until the same point of a later burst says what
    a minute brings.
    """

    def reached(count: int) -> float:
        return next(moment for moment, let_in in samples if let_in >= count)

    first = next(let_in for moment, let_in in samples if moment >= samples[0][0] + _WARM_UP)
    whole = (samples[-1][1] - first) // permitted * permitted
    return 60 * whole / (reached(first + whole) - reached(first)) if whole else 0.0


# --- one importer ------------------------------------------------------------------


def _started(
    reroutes: dict[str, str], redis_url: str, sizes: Sizes, signed: Signed, ends: float
) -> tuple[Connection, multiprocessing.process.BaseProcess]:
    fork = multiprocessing.get_context("fork")
    ours, theirs = fork.Pipe(duplex=False)
    process = fork.Process(target=_write_on, args=(reroutes, redis_url, sizes, signed, ends, theirs))
    process.start()
    return ours, process


def _write_on(
    reroutes: dict[str, str], redis_url: str, sizes: Sizes, signed: Signed, ends: float, results: Connection
) -> None:
    destination = _destination(reroutes, redis_url, sizes, signed)
    runs, refused, errors = 0, 0, []

    def stop() -> None:
        if time.time() >= ends:
            raise RunStopped("The storm is over.", hint="")

    for number in count(1):
        try:
            stop()
            _write(destination, signed.spreadsheet, number, stop)
            runs += 1
        except RunStopped:
            break
        except ImporterError as error:
            refused += isinstance(error, RateLimited)
            errors.append(f"{type(error).__name__}: {error}")
    results.send(Result(runs, refused, tuple(errors)))


def _destination(reroutes: dict[str, str], redis_url: str, sizes: Sizes, signed: Signed) -> GoogleSheetsDestination:
    clock = SystemClock()
    shared = redis.Redis.from_url(redis_url)
    google = Google(
        session=make_session(reroutes=reroutes),
        clock=clock,
        quota=RedisQuota(shared, clock, sizes).of,
        locks=RedisLocks(shared, clock),
        client_id=DEMO.client_id,
    )
    account = google.by_grant(_Granted(signed.grant), signed.account)
    return GoogleSheetsDestination(account.client, locks=google.locks, clock=clock, limits=_SMALL)


class _Granted:
    """Implements `interfaces.Grants` for less than an hour."""

    def __init__(self, grant: Grant) -> None:
        self._grant = grant

    def current(self) -> Grant:
        return self._grant

    def newer_than(self, old: Grant) -> Grant:
        return self._grant


def _write(destination: GoogleSheetsDestination, spreadsheet: str, number: int, stop: Stop) -> None:
    target = Target(GOOGLE_SHEETS, spreadsheet, "Deals", table="deals", skips_unchanged=False)
    destination.check(target)
    destination.zone_of(target)
    now = datetime.now(UTC)
    with destination.begin(target, _COLUMNS, delivery=Delivery(now.isoformat(), now), stop=stop) as writing:
        for start in range(0, _ROWS, _PAGE):
            writing.add([(n, f"Deal {n} of {number}", n * 1.5) for n in range(start, start + _PAGE)])
        writing.commit()


if __name__ == "__main__":
    main()
