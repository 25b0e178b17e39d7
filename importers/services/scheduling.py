"""What the clock asks for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from importers.interfaces import Clock, Doorbell, Store
from importers.model import Ending, Level, Line, Run, Status, Trouble
from importers.services.dispatch import Dispatch
from importers.services.reckoning import Reckoning

SILENT_AFTER = timedelta(seconds=30)
"""A run without a heartbeat for this long has lost its worker."""

_BATCH = 500
"""Of runs to wake and to rescue, as many in one tick; the next one follows in a second."""

_DEATHS = 2

_DIED = Trouble(
    code="worker-died",
    message="The worker stopped in the middle of this run, twice. What was in the sheet before is still there.",
    hint="Run it again. If it happens again, the worker may lack memory or be stopped from outside: look at its log.",
)


@dataclass(frozen=True, slots=True)
class Ticked:
    """What one tick did: runs queued because due, woken from waiting, taken up again after their worker died."""

    due: int = 0
    woken: int = 0
    rescued: int = 0


class Scheduling:
    def __init__(self, *, store: Store, dispatch: Dispatch, doorbell: Doorbell, clock: Clock) -> None:
        self._store = store
        self._dispatch = dispatch
        self._doorbell = doorbell
        self._clock = clock
        self._reckoning = Reckoning(store=store, clock=clock)

    def tick(self) -> Ticked:
        """
        0. bring back to the present what a clock that was ahead has left;
        1. make a run for every importer whose turn has come;
        2. queue again the waiting runs whose time has come;
        3. queue again, once, the running ones whose heartbeat stopped; fail them honestly the second time;
        4. hand to the queue what may go there, and again what the broker lost.
        Any number of clocks may call it at the same time.
        """
        self._reckoning.look()
        now = self._clock.now()
        ticked = Ticked(
            due=self._dispatch.begin_due(),
            woken=_count(self._wake(run) for run in self._store.runs_to_wake(now, limit=_BATCH)),
            rescued=_count(self._rescue(run) for run in self._store.abandoned_runs(now - SILENT_AFTER, limit=_BATCH)),
        )
        self._dispatch.send()
        self._dispatch.send_lost()
        return ticked

    def _wake(self, run: Run) -> bool:
        line = Line("Trying again.")
        return self._told(run, self._store.wake_run(run, line=line, now=self._clock.now()))

    def _rescue(self, run: Run) -> bool:
        if run.cancel_requested:
            self._give_up(run, Ending(Status.CANCELLED, run.counts), Line("Cancelled."))
            return False
        if run.abandoned + 1 >= _DEATHS:
            ending = Ending(Status.FAILED, run.counts, trouble=_DIED)
            self._give_up(run, ending, Line(_DIED.message, Level.ERROR))
            return False
        line = Line("The worker stopped in the middle of this run. Starting over.", Level.NOTE)
        return self._told(run, self._store.hand_back_run(run, line=line, now=self._clock.now()))

    def _give_up(self, run: Run, ending: Ending, line: Line) -> None:
        self._told(run, self._store.give_up_run(run, ending, line=line, now=self._clock.now()))

    def _told(self, run: Run, has_changed: bool) -> bool:
        if has_changed:
            self._doorbell.ring(run.id)
        return has_changed


def _count(answers: Iterable[bool]) -> int:
    return sum(answers)
