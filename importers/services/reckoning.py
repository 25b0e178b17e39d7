"""
A clock that was ahead for a while, and is put right, has set turns that nobody
would see come until then. They are found here, and reckoned anew.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache

from importers.interfaces import Clock, Store
from importers.model import Schedule
from importers.schedule import next_run_after

logger = logging.getLogger(__name__)

APART = timedelta(minutes=5)
"""So much the clocks of several machines may differ: what lies no further ahead may be right."""

FAR_APART = timedelta(days=1)
"""As long as nothing seems wrong, only what no machine with any clock or zone could have set is taken for wrong."""

LOOK_EVERY = timedelta(hours=1)

LONGEST_WAIT = timedelta(hours=24)
"""No run waits longer (`engine/outcome.py`)."""


class Reckoning:
    """Belongs to one process. Asked at every tick; what it does costs something at the first, hourly, or after a setback."""

    def __init__(self, *, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._seen_at: datetime | None = None
        self._looked_at: datetime | None = None

    def look(self) -> None:
        now = self._clock.now()
        is_new = self._seen_at is None or now < self._seen_at - APART
        if is_new or self._looked_at is None or now >= self._looked_at + LOOK_EVERY:
            self._reckon(now, APART if is_new else FAR_APART)
            self._looked_at = now
        self._seen_at = now

    def _reckon(self, now: datetime, apart: timedelta) -> None:
        turns = self._store.bring_turns_forward(now, beyond=now + apart, reckon=_reckoned(now, apart))
        runs = self._store.bring_runs_back(now, beyond=now + apart, latest_wake=now + LONGEST_WAIT + apart)
        if turns or runs:
            logger.warning("The clock was ahead: %s turns and %s runs are brought back to the present.", turns, runs)


def _reckoned(now: datetime, apart: timedelta) -> Callable[[Schedule, datetime], datetime]:
    """The turn that is right, or the one there is where that may be right or nobody knows better."""

    @cache  # many importers have the same schedule
    def turn_after(schedule: Schedule, moment: datetime) -> datetime | None:
        try:
            return next_run_after(schedule, moment)
        except Exception:  # noqa: BLE001  # whoever takes its turn says so
            return None

    def reckon(schedule: Schedule, turn: datetime) -> datetime:
        latest = turn_after(schedule, now + apart)
        if latest is None or turn <= latest:
            return turn
        return turn_after(schedule, now + APART) or turn

    return reckon
