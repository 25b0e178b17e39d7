"""Forgets the stories of runs after a while, and later the runs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from importers.interfaces import Clock, Store

_RUNS = 100
"""In one step, with all their lines: what else is written waits for it."""

_PAUSE = 0.05
"""Seconds between two steps, for those who wait."""


class _Forget(Protocol):
    def __call__(self, before: datetime, *, limit: int) -> int: ...


class Upkeep:
    """
    Lines are kept for *keep_events* and runs, with their counts and endings,
    for *keep_runs* after a run's end. The last run of each importer stays,
    with its lines.
    """

    def __init__(self, *, store: Store, clock: Clock, keep_events: timedelta, keep_runs: timedelta) -> None:
        self._store = store
        self._clock = clock
        self._keep_events = keep_events
        self._keep_runs = keep_runs

    def thin(self, *, steps: int = 100) -> int:
        """Forget what is old enough, in at most so many small steps of each sort; of how many runs."""
        now = self._clock.now()
        runs = self._repeat(self._store.forget_runs, now - self._keep_runs, steps)
        return runs + self._repeat(self._store.forget_lines, now - self._keep_events, steps)

    def _repeat(self, forget: _Forget, before: datetime, steps: int) -> int:
        forgotten = 0
        for _ in range(steps):
            found = forget(before, limit=_RUNS)
            forgotten += found
            if found < _RUNS:
                break
            self._clock.sleep(_PAUSE)
        return forgotten
