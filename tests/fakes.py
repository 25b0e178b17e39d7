"""What stands in for the real thing in tests, and why each is allowed to."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

NEW_YEAR = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


class FakeClock:
    """
    A Clock that only moves when somebody sleeps, or when told to.

    `slept` lists every sleep in seconds. Safe to share between threads.
    """

    def __init__(self, now: datetime = NEW_YEAR) -> None:
        self._now = now
        self._seconds = 0.0
        self._lock = threading.Lock()
        self.slept: list[float] = []

    def now(self) -> datetime:
        with self._lock:
            return self._now

    def monotonic(self) -> float:
        with self._lock:
            return self._seconds

    def sleep(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError("nobody can sleep backwards")
        with self._lock:
            self.slept.append(seconds)
        self.advance(seconds=seconds)

    def advance(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> None:
        span = timedelta(seconds=seconds, minutes=minutes, hours=hours, days=days)
        with self._lock:
            self._now += span
            self._seconds += span.total_seconds()
