"""Names that only one holds at a time: in memory, within this process. `redis_locks.py` has them for all."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

from importers.errors import TemporaryError
from importers.http.waiting import wait
from importers.interfaces import Clock, Stop, Tell, never_stop, say_nothing

MOST_WAIT = timedelta(minutes=10)

_LOOK_EVERY = timedelta(seconds=1)
TRY_AGAIN_AFTER = timedelta(minutes=1)


class MemoryLocks:
    """Implements `interfaces.Locks` for the threads of this process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    @contextmanager
    def hold(self, name: str, *, tell: Tell = say_nothing, stop: Stop = never_stop) -> Iterator[Stop]:
        lock = self._locks[name]
        wait_for(partial(lock.acquire, blocking=False), clock=self._clock, tell=tell, stop=stop)
        try:
            yield stop
        finally:
            lock.release()


def wait_for(acquire: Callable[[], float | bool | None], *, clock: Clock, tell: Tell, stop: Stop) -> float:
    """What *acquire* answers, once that is neither None nor False."""
    give_up_at = clock.monotonic() + MOST_WAIT.total_seconds()
    has_told = False
    while True:
        stop()
        found = acquire()
        if found is not None and found is not False:
            return found
        if clock.monotonic() >= give_up_at:
            raise _too_long()
        if not has_told:
            tell("Waiting for another run that writes this tab.")
            has_told = True
        wait(_LOOK_EVERY, clock=clock, stop=stop)


def _too_long() -> TemporaryError:
    return TemporaryError(
        "Another run has been writing this tab for more than ten minutes, so this one has not begun.",
        hint="It is tried again by itself; see which importers write there.",
        retry_after=TRY_AGAIN_AFTER,
    )
