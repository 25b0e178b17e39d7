"""What the clock asks for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from importers.interfaces import Clock, Doorbell, Queue, Store
from importers.model import Ending, Importer, Level, Line, Run, Status, Trouble
from importers.schedule import next_run_after

SILENT_AFTER = timedelta(seconds=30)
"""A run without a heartbeat for this long has lost its worker."""

UNTAKEN_AFTER = timedelta(minutes=2)
"""A queued run not taken up for this long is sent again: the broker may have lost it."""

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
    def __init__(self, *, store: Store, queue: Queue, doorbell: Doorbell, clock: Clock) -> None:
        self._store = store
        self._queue = queue
        self._doorbell = doorbell
        self._clock = clock

    def tick(self) -> Ticked:
        """
        1. claim every importer due by now (a conditional update that must change one row), make a run, queue it;
        2. queue again the waiting runs whose time has come;
        3. queue again, once, the running ones whose heartbeat stopped; fail them honestly the second time;
        4. queue again what has been queued for minutes without being taken (the broker may have lost it).
        Any number of clocks may call it at the same time.
        """
        now = self._clock.now()
        ticked = Ticked(
            due=_count(self._start(importer) for importer in self._store.due_importers(now)),
            woken=_count(self._wake(run) for run in self._store.runs_to_wake(now)),
            rescued=_count(self._rescue(run) for run in self._store.abandoned_runs(now - SILENT_AFTER)),
        )
        for run in self._store.unsent_runs(now - UNTAKEN_AFTER):
            self._send_again(run)
        return ticked

    def _start(self, importer: Importer) -> bool:
        if importer.next_run_at is None:
            return False
        now = self._clock.now()
        run = self._store.claim_importer(
            importer.id,
            importer.next_run_at,
            next_run_at=next_run_after(importer.schedule, now),
            line=Line("Started by the schedule."),
            now=now,
        )
        return self._hand_on(run.id) if run else False

    def _wake(self, run: Run) -> bool:
        line = Line("Trying again.")
        return self._store.wake_run(run, line=line, now=self._clock.now()) and self._hand_on(run.id)

    def _rescue(self, run: Run) -> bool:
        if run.cancel_requested:
            self._give_up(run, Ending(Status.CANCELLED, run.counts), Line("Cancelled."))
            return False
        if run.abandoned + 1 >= _DEATHS:
            ending = Ending(Status.FAILED, run.counts, trouble=_DIED)
            self._give_up(run, ending, Line(_DIED.message, Level.ERROR))
            return False
        line = Line("The worker stopped in the middle of this run. Starting over.", Level.NOTE)
        return self._store.hand_back_run(run, line=line, now=self._clock.now()) and self._hand_on(run.id)

    def _give_up(self, run: Run, ending: Ending, line: Line) -> None:
        if self._store.give_up_run(run, ending, line=line, now=self._clock.now()):
            self._doorbell.ring(run.id)

    def _send_again(self, run: Run) -> None:
        now = self._clock.now()
        if self._store.resend_run(run, before=now - UNTAKEN_AFTER, now=now):
            self._queue.run_import(run.id)

    def _hand_on(self, run_id: int) -> bool:
        self._doorbell.ring(run_id)
        self._queue.run_import(run_id)
        return True


def _count(answers: Iterable[bool]) -> int:
    return sum(answers)
