"""What must hold of runs, once all is quiet: honest ends, no overlap, chains that went on, rows appended once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from importers.model import Event, Level, Mode, Run, Status, Trigger
from importers.store.sql import SqlStore
from sandbox.google.accounts import ALEX
from tests.chaos.expectations import blocks
from tests.chaos.importers import Estate, Made
from tests.chaos.visitor import Sheet

DONE = (Status.DONE, Status.DONE_WITH_NOTES)
_ALL = 10_000
_AT_ONCE = timedelta(seconds=1)
"""Between the moment a transaction writes down and the one at which it ends."""

_AGAIN = re.compile(r"Starting over\.$|starts it over\.$|^Trying again\.$|asked to try again now\.$")
_WROTE = re.compile(r"^(Wrote|Nothing to change)\b")
_EPOCH_OF_SHEETS = datetime(1899, 12, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Ledger:
    """All runs by the names of their importers, oldest first, and their events."""

    runs: Mapping[str, Sequence[Run]]
    events: Mapping[int, Sequence[Event]]

    @property
    def all(self) -> Iterator[tuple[str, Run]]:
        return ((name, run) for name, runs in self.runs.items() for run in runs)


def read(store: SqlStore, estate: Estate) -> Ledger:
    workspace = estate.actor.workspace.id
    everybody = [*estate.importers.values(), estate.troubled]
    runs = {one.plot.name: list(reversed(store.runs(workspace, one.id, limit=_ALL))) for one in everybody}
    events = {run.id: store.events(workspace, run.id) for theirs in runs.values() for run in theirs}
    return Ledger(runs, events)


def problems_of(ledger: Ledger, estate: Estate) -> list[str]:
    found = [
        f"{name}, run {run.id}: {text}" for name, run in ledger.all for text in _of_run(run, ledger.events[run.id])
    ]
    for runs in ledger.runs.values():
        found += _overlaps(runs)
    for one in estate.importers.values():
        if one.plot.after:
            found += _chain(one, ledger)
    return found


def _of_run(run: Run, events: Sequence[Event]) -> Iterator[str]:
    if not run.status.is_over or run.ended_at is None:
        yield f"has no end: {run.status}"
        return
    if run.trouble and (run.trouble.reference or run.trouble.code == "our-mistake"):
        yield f"ended by a mistake of ours, reference {run.trouble.reference}"
    if [event.number for event in events] != list(range(1, len(events) + 1)):
        yield f"its events are numbered {[event.number for event in events]}"
    if run.status is Status.FAILED and run.trouble is None:
        yield "failed, and does not say why"
    yield from _ending(run, events)


def _ending(run: Run, events: Sequence[Event]) -> Iterator[str]:
    """The story of the last try ends with exactly one line that says how, and it is what the status says."""
    begins = max((place for place, event in enumerate(events) if _AGAIN.search(event.text)), default=-1) + 1
    last = events[begins:]
    wrote = [event for event in last if _WROTE.search(event.text)]
    failed = [event for event in last if event.level is Level.ERROR]
    stopped = [event for event in last if event.text.startswith("Cancelled")]
    expected = {Status.FAILED: (failed, 1), Status.CANCELLED: (stopped, 1)}.get(run.status, (wrote, 1))
    if len(expected[0]) != expected[1] and not _was_cancelled_in_the_queue(run):
        yield f"is {run.status}, and its story says so {len(expected[0])} times: {[event.text for event in last]}"
    if run.status in DONE and (failed or stopped):
        yield f"is {run.status}, and its story says: {[event.text for event in last]}"
    if run.status not in DONE and wrote and run.status is not Status.CANCELLED and not failed:
        yield f"is {run.status}, and its story says: {[event.text for event in last]}"


def _was_cancelled_in_the_queue(run: Run) -> bool:
    """Then the line of whoever cancelled it is the end."""
    return run.status is Status.CANCELLED


def _overlaps(runs: Sequence[Run]) -> Iterator[str]:
    for before, after in pairwise(runs):
        if before.ended_at is None or (after.started_at and after.started_at < before.ended_at):
            yield f"run {after.id} began before run {before.id} was over"


def _chain(one: Made, ledger: Ledger) -> Iterator[str]:
    """After every success a run begins; while one works, several successes are followed by one (docs/schedules.md)."""
    successes = [run.ended_at for run in ledger.runs[one.plot.after] if run.status in DONE and run.ended_at]
    followed = [ledger.events[run.id][0].at for run in ledger.runs[one.plot.name] if run.trigger is Trigger.CHAIN]
    for at in successes:
        if not any(begun >= at for begun in followed):
            yield f"{one.plot.name}: did not begin after the success at {at:%H:%M:%S.%f}"
    earlier = _EPOCH_OF_SHEETS
    for begun in followed:
        if not any(earlier - _AT_ONCE <= at <= begun for at in successes):
            yield f"{one.plot.name}: began at {begun:%H:%M:%S.%f} though nothing had succeeded since its last time"
        earlier = begun
    if len(followed) > len(successes):
        yield f"{one.plot.name}: began {len(followed)} times after {len(successes)} successes"


def appended(one: Made, sheet: Sheet, runs: Sequence[Run]) -> Iterator[str]:
    """Every run that succeeded appended its rows once; any other at most once."""
    assert one.plot.mode is Mode.APPEND
    written = [_moment(rows[0].more[0]) for rows in blocks(one, sheet)]
    second = timedelta(seconds=1)
    claimed = 0
    for run in runs:
        if run.started_at is None or run.ended_at is None:
            continue
        theirs = [at for at in written if run.started_at - second <= at <= run.ended_at]
        claimed += len(theirs)
        if len(theirs) > 1 or (run.status in DONE and not theirs):
            yield f"{one.plot.name}: run {run.id} ({run.status}) appended its rows {len(theirs)} times"
    if claimed != len(written):
        yield f"{one.plot.name}: {len(written)} tables were appended, and {claimed} of them by its runs"


def _moment(cell: float) -> datetime:
    """A spreadsheet's, in its own zone."""
    return (_EPOCH_OF_SHEETS + timedelta(days=float(cell))).replace(tzinfo=ZoneInfo(ALEX.time_zone)).astimezone(UTC)
