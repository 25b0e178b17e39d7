"""Names that only one holds at a time, over Redis between processes."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from importlib.resources import files
from types import TracebackType
from typing import Self, cast

from redis import Redis
from redis.exceptions import LockError, RedisError
from redis.lock import Lock

from importers.errors import TemporaryError
from importers.interfaces import Clock, Stop, Tell, never_stop, say_nothing
from importers.locks import InLine, somebody, wait_for

logger = logging.getLogger(__name__)

EXPIRY_SECONDS = 60.0
"""How long a name is held after the last sign of life of whoever holds it."""

TRY_AGAIN_AFTER = timedelta(minutes=1)

_OF = "|"
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
    def hold(
        self, name: str, *, who: str = "", run: str = "", tell: Tell = say_nothing, stop: Stop = never_stop
    ) -> Iterator[Stop]:
        lock = _Lock(self._redis, name, who or somebody(), run, expiry=self._expiry)
        began_at = wait_for(
            partial(_acquired, lock, self._clock), leave=lock.leave, clock=self._clock, tell=tell, stop=stop
        )
        with _Renewal(lock, began_at, self._expiry, self._clock, stop) as renewal:
            yield renewal.stop

    def leave(self, who: str) -> None:
        with suppress(RedisError, OSError):  # then the places lapse
            for key in cast("set[bytes]", self._redis.smembers(_places_of(who))):
                for line in _line_of(key.decode()):
                    self._redis.zrem(line, who)
            self._redis.delete(_places_of(who))


class _Lock(Lock):
    """redis-py's own, but for the line of those who wait. Its token begins with the run that holds it."""

    def __init__(self, redis: Redis, name: str, who: str, run: str, *, expiry: float) -> None:
        key = f"pipesheet:lock:{name}"
        # Not local to the thread: another one renews it.
        super().__init__(redis, key, timeout=expiry, blocking=False, thread_local=False)
        self._ask = redis.register_script(files(__package__).joinpath("lock.lua").read_text(encoding="utf-8"))
        self._who, self._run = who, run
        self._line = _line_of(key)
        self._expiry = expiry
        self._keep = timedelta()
        self.in_line = InLine(timedelta(), None)

    def asked(self, keep: timedelta) -> InLine | None:
        """None once it is ours."""
        self._keep = keep
        return None if self.acquire(token=f"{self._run}{_OF}{secrets.token_hex(8)}") else self.in_line

    def do_acquire(self, token: str) -> bool:
        spans = (round(self._expiry * 1000), round(self._keep.total_seconds() * 1000))
        told = self._ask(keys=[self.name, *self._line, _places_of(self._who)], args=[token, self._who, *spans])
        if told:
            since, *held = told
            self.in_line = InLine(timedelta(milliseconds=since), _run_in(held[0]) if held else None)
        return not told

    def leave(self) -> None:
        with suppress(RedisError, OSError):  # then the place lapses
            for key in self._line:
                self.redis.zrem(key, self._who)


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


def _line_of(key: str) -> tuple[str, str]:
    """Who came when, and up to when their places are kept."""
    return f"{key}:since", f"{key}:kept"


def _places_of(who: str) -> str:
    """In whose lines they are: the keys of the locks."""
    return f"pipesheet:places:{who}"


def _run_in(token: bytes) -> str:
    run, of, _ = token.decode().partition(_OF)
    return run if of else ""


def _acquired(lock: _Lock, clock: Clock, keep: timedelta) -> float | InLine:
    """When it was, or who is in the way."""
    began_at = clock.monotonic()
    try:
        return lock.asked(keep) or began_at
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
