"""Names that only one holds at a time, over Redis between processes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from types import TracebackType
from typing import Self

from redis import Redis
from redis.exceptions import LockError, RedisError
from redis.lock import Lock

from importers.errors import TemporaryError
from importers.interfaces import Clock, Stop, Tell, never_stop, say_nothing
from importers.locks import TRY_AGAIN_AFTER, wait_for

logger = logging.getLogger(__name__)

EXPIRY_SECONDS = 60.0
"""How long a name is held after the last sign of life of whoever holds it."""

_RENEWALS = 4
"""So many signs of life are due within the expiry."""


class RedisLocks:
    """
    Implements `interfaces.Locks` for all processes together, with redis-py's
    own lock: a key that expires, with a token that says whose it is. A thread
    renews it while it is held.
    """

    def __init__(self, redis: Redis, clock: Clock, *, expiry: float = EXPIRY_SECONDS) -> None:
        self._redis = redis
        self._clock = clock
        self._expiry = expiry

    @contextmanager
    def hold(self, name: str, *, tell: Tell = say_nothing, stop: Stop = never_stop) -> Iterator[Stop]:
        # Not local to the thread: another one renews it.
        lock = Lock(self._redis, f"pipesheet:lock:{name}", timeout=self._expiry, thread_local=False)
        began_at = wait_for(partial(_acquired, lock, self._clock), clock=self._clock, tell=tell, stop=stop)
        with _Renewal(lock, began_at, self._expiry, self._clock, stop) as renewal:
            yield renewal.stop


class _Renewal:
    """Keeps a lock that was acquired, and lets go of it at the end. The seconds between are real ones, whatever the clock."""

    def __init__(self, lock: Lock, began_at: float, expiry: float, clock: Clock, stop: Stop) -> None:
        self._lock = lock
        self._expiry = expiry
        self._clock = clock
        self._stop = stop
        self._renewed_at = began_at
        self._is_lost = False
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="lock", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        # What is no longer ours, or cannot be reached, is left to whoever holds it, or to its end.
        with suppress(LockError, RedisError, OSError):
            self._lock.release()

    def stop(self) -> None:
        self._stop()
        if self._is_lost or self._clock.monotonic() - self._renewed_at > self._expiry:
            raise _lost()

    def _keep(self) -> None:
        while not self._over.wait(self._expiry / _RENEWALS) and not self._is_lost:
            began_at = self._clock.monotonic()
            try:
                self._lock.reacquire()
            except LockError:
                self._is_lost = True
            except (RedisError, OSError) as error:
                # It may answer before the time is over; else `stop` says so.
                logger.debug("the lock was not renewed: %s", type(error).__name__)
            else:
                self._renewed_at = began_at


def _acquired(lock: Lock, clock: Clock) -> float | None:
    """When it was, or None where somebody else has it."""
    began_at = clock.monotonic()
    try:
        return began_at if lock.acquire(blocking=False) else None
    except (RedisError, OSError) as error:
        raise TemporaryError(
            "Redis does not answer, so nobody knows whether another run writes this tab. Nothing was changed.",
            hint="Check that Redis runs; the run is tried again by itself.",
            retry_after=TRY_AGAIN_AFTER,
        ) from error


def _lost() -> TemporaryError:
    return TemporaryError(
        "This run lost its right to write the tab, because Redis did not hear of it for a minute. Nothing was changed.",
        hint="It is tried again by itself.",
        retry_after=TRY_AGAIN_AFTER,
    )
