"""From a turn that has come to a run on its way to a worker. Why it is done this way: docs/decisions/0007-fair-dispatch.md."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache

from importers.errors import ImporterError, InvalidSettings
from importers.interfaces import Clock, Queue, Store
from importers.model import Beginning, Due, Every, Line, Missed, Run, Schedule, Trigger
from importers.schedule import next_run_after
from importers.schedule.zones import zone_of

logger = logging.getLogger(__name__)

RUNS_PER_CONNECTION = 3
"""How many runs of one connection may be with workers at once, unless the settings say otherwise."""

MISSED_AFTER = timedelta(minutes=5)
"""A turn that is noticed later than this counts as missed."""

UNTAKEN_AFTER = timedelta(minutes=2)
"""A run not taken up for this long is sent again, where the queue holds fewer than were sent."""

BATCH = 500
"""As many in one transaction: enough to be quick, few enough that nobody waits long for the database."""

_MOST_SECONDS = 10.0
"""What is left after so long is done by the next tick, or by another clock."""


class Dispatch:
    """
    Begins runs whose turn has come and hands them to the queue, in batches. Any
    number of clocks and workers may call it at the same time.
    """

    def __init__(
        self, *, store: Store, queue: Queue, clock: Clock, runs_per_connection: int = RUNS_PER_CONNECTION
    ) -> None:
        self._store = store
        self._queue = queue
        self._clock = clock
        self._per_connection = runs_per_connection

    def begin_due(self, *, only_chains: bool = False) -> int:
        """Queue a run for every turn that has come; how many."""
        begin = beginnings_at(self._clock.now())
        begun = 0
        for _ in self._while_there_is_time():
            turns, runs = self._store.take_turns(self._clock.now(), limit=BATCH, begin=begin, only_chains=only_chains)
            begun += runs
            if turns < BATCH:
                break
        return begun

    def send(self) -> None:
        """Hand on what the store holds, as far as it may go."""
        for _ in self._while_there_is_time():
            runs = self._store.runs_to_send(self._clock.now(), per_connection=self._per_connection, limit=BATCH)
            if not runs:
                return
            self._hand_on(runs)

    def send_lost(self) -> None:
        """Hand on again what the broker lost: what was sent long ago and is not waiting there. Twice does no harm."""
        before = self._clock.now() - UNTAKEN_AFTER
        untaken, old = self._store.untaken_runs(before)
        waiting = self._queue.waiting() if old else None
        if waiting is None or waiting >= untaken:
            return
        lost = min(old, untaken - waiting, BATCH)
        self._hand_on(self._store.send_again(self._clock.now(), before=before, limit=lost))

    def go_on(self) -> None:
        """
        A run is over: begin those that follow it, and let the next one of its
        connection have its place. Never raises: the clock does the same soon.
        """
        try:
            self.begin_due(only_chains=True)
            self.send()
        except ImporterError as error:
            logger.warning("what comes after a run is left to the clock: %s", error.message)

    def _hand_on(self, runs: Sequence[Run]) -> None:
        for run in runs:
            if run.trigger is Trigger.MANUAL:
                self._queue.run_import(run.id)
        by_themselves = [run.id for run in runs if run.trigger is not Trigger.MANUAL]
        if by_themselves:
            self._queue.run_imports(by_themselves)

    def _while_there_is_time(self) -> Iterator[None]:
        ends_at = self._clock.monotonic() + _MOST_SECONDS
        yield
        while self._clock.monotonic() < ends_at:
            yield


def beginnings_at(now: datetime) -> Callable[[Due], Beginning]:
    """What becomes of turns that are noticed now."""

    next_turn = cache(next_turn_after(now))  # many importers have the same schedule

    def begin(due: Due) -> Beginning:
        is_late = now - due.due_at > MISSED_AFTER
        if due.schedule.every is Every.AFTER:
            return Beginning(None, Line(f"Started because “{due.after}” succeeded."))
        if not is_late:
            return Beginning(next_turn(due.schedule), Line("Started by the schedule."))
        if due.schedule.missed is Missed.SKIP:
            return Beginning(next_turn(due.schedule), None)
        return Beginning(next_turn(due.schedule), Line(_late(due)))

    return begin


def next_turn_after(now: datetime) -> Callable[[Schedule], datetime | None]:
    """One schedule that cannot be understood must keep neither the others from being looked at nor a run from its end."""

    def next_turn(schedule: Schedule) -> datetime | None:
        try:
            return next_run_after(schedule, now)
        except Exception:  # whatever it is: it was saved, and passed the checks of its day
            logger.exception("the next turn of %r cannot be told; it is looked at again in a day", schedule)
            return now + timedelta(days=1)

    return next_turn


def _late(due: Due) -> str:
    zone: tzinfo = UTC
    with suppress(InvalidSettings):  # the machine of another clock may have known it
        zone = zone_of(due.schedule)
    local = due.due_at.astimezone(zone)
    return f"Started late by the schedule: it was due on {local.day} {local:%B %Y at %H:%M} ({zone})."
