"""While a run works: says that its worker lives, and hears when it should stop."""

from __future__ import annotations

import logging
import threading
from types import TracebackType
from typing import Self

from importers.errors import HandedBack, ImporterError, RunStopped
from importers.interfaces import Clock, Leaving, Store, never_leaving
from importers.model import Pulse

logger = logging.getLogger(__name__)
LOOK_EVERY_SECONDS = 0.5
_LOOKS_PER_BEAT = 10


class Heartbeat:
    """
    A thread that looks twice a second whether the owner asked the run to stop,
    somebody else took it over or this process must leave, and gives a sign of
    life every five. `stop` is for the engine: it raises RunStopped from then on.
    A process that was frozen wakes before its thread has looked: `make_sure`
    is for what must not be done then.

    The seconds are real ones, whatever the clock: another thread keeps time.
    """

    def __init__(
        self,
        store: Store,
        run_id: int,
        claim: str,
        *,
        clock: Clock,
        leaving: Leaving = never_leaving,
        look_every: float = LOOK_EVERY_SECONDS,
    ) -> None:
        self._store = store
        self._run_id = run_id
        self._claim = claim
        self._clock = clock
        self._leaving = leaving
        self._look_every = look_every
        self._over = threading.Event()
        self._stopped = threading.Event()
        self._must_leave = threading.Event()
        self._thread = threading.Thread(target=self._keep_looking, name=f"heartbeat-{run_id}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def stop(self) -> None:
        """Raises RunStopped once the run was cancelled or is no longer ours, HandedBack once this process must leave."""
        if self._stopped.is_set():
            raise RunStopped("The run was cancelled.")
        if self._must_leave.is_set():
            raise HandedBack("The worker had to stop in the middle of the run.")

    def make_sure(self) -> None:
        """
        Raises RunStopped where the store, asked right now, says that the run was cancelled or is no longer ours.
        If it is ours, it stays so for as long as a silent worker is waited for.
        """
        self._heed(self._store.beat(self._run_id, self._claim, now=self._clock.now()))
        if self._stopped.is_set():
            raise RunStopped("The run was cancelled.")

    def quit(self) -> None:
        """Make `stop` raise from now on: the claim is lost."""
        self._stopped.set()

    def _keep_looking(self) -> None:
        looks = 0
        while not self._over.wait(self._look_every):
            looks += 1
            if self._leaving():
                self._must_leave.set()
            self._look(with_beat=looks % _LOOKS_PER_BEAT == 0)

    def _look(self, *, with_beat: bool) -> None:
        try:
            if with_beat:
                pulse = self._store.beat(self._run_id, self._claim, now=self._clock.now())
            else:
                pulse = self._store.pulse(self._run_id, self._claim)
        except ImporterError as error:
            # The next look may succeed; a database that stays away ends the run by its own means.
            logger.warning("run %d: no heartbeat this time: %s", self._run_id, error.message)
            return
        self._heed(pulse)

    def _heed(self, pulse: Pulse) -> None:
        if not pulse.ours or pulse.cancel_requested:
            self._stopped.set()
