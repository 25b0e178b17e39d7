"""Moments of the sandbox's world, which stands still at NOW, and how v1 and v2 write them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

DAY = 86_400
NOW = int(datetime(2026, 11, 16, 9, 0, tzinfo=UTC).timestamp())
"""Monday morning: what the world takes for the present."""
START = int(datetime(2023, 1, 9, 8, 0, tzinfo=UTC).timestamp())
"""When the company opened its account."""

_FIRST = date(2015, 1, 1)
_DATES = tuple((_FIRST + timedelta(days=n)).isoformat() for n in range(366 * 16))
_FIRST_DAY = int(datetime(2015, 1, 1, tzinfo=UTC).timestamp()) // DAY
_TWO = tuple(f"{n:02d}" for n in range(60))


def day(moment: int) -> str:
    """2026-01-31"""
    return _DATES[moment // DAY - _FIRST_DAY]


def iso(moment: int) -> str:
    """2026-01-31T10:20:00Z, as v2 writes it."""
    days, seconds = divmod(moment, DAY)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{_DATES[days - _FIRST_DAY]}T{_TWO[hour]}:{_TWO[minute]}:{_TWO[second]}Z"


def iso_ms(moment: int) -> str:
    """2026-01-31T10:20:00.123Z, as leads write it."""
    return f"{iso(moment)[:-1]}.{moment * 7919 % 1000:03d}Z"


def plain(moment: int) -> str:
    """2026-01-31 10:20:00, UTC without saying so, as v1 writes it."""
    text = iso(moment)
    return f"{text[:10]} {text[11:19]}"


def clock(minutes: int) -> str:
    """09:30:00"""
    return f"{_TWO[minutes // 60 % 24]}:{_TWO[minutes % 60]}:00"


class Present:
    """
    The moment of a change, in whole seconds: never before NOW nor before an
    earlier answer. A machine whose clock is behind NOW counts on from there.
    """

    def __init__(self, clock: Callable[[], float] | None = None) -> None:
        self._clock = clock or self._ours
        self._began = time.monotonic()
        self._lock = threading.Lock()
        self._latest = NOW

    def __call__(self) -> int:
        with self._lock:
            self._latest = max(self._latest, int(self._clock()))
            return self._latest

    def _ours(self) -> float:
        return max(time.time(), NOW + time.monotonic() - self._began)


class Timeline:
    """When each of `last` records was added: spread evenly, later ids later, all before NOW."""

    def __init__(self, last: int, *, until: int = NOW - 3600) -> None:
        self._last = last
        self._step = max((until - START) // (last + 1), 1)

    def added(self, n: int) -> int:
        """For an id that was given out later, the moment of the last."""
        step = self._step
        if n > self._last:
            n = self._last
        return START + n * step + n * 7919 % step
