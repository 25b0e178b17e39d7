"""What calls cost, added up over all threads that make them."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from importers.interfaces import Clock
from importers.model import Usage


class Meter:
    """
    Requests, tokens and waiting. `repeated` counts requests that failed and
    were made again. Safe to share between threads.

    `usage.waited` is the time in which nothing went on: somebody waited, and
    no call was under way. However many wait at once, a second is a second.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._usage = Usage()
        self._calling = 0
        self._waiting: Counter[str] = Counter()
        self._looked_at = 0.0
        self.repeated = 0

    def repeat(self) -> None:
        with self._lock:
            self.repeated += 1

    def add(self, *, tokens: int) -> None:
        with self._lock:
            self._usage = replace(self._usage, tokens=self._usage.tokens + tokens)

    @contextmanager
    def request(self, clock: Clock) -> Iterator[None]:
        """One is under way."""
        with self._lock:
            self._look(clock)
            self._calling += 1
            self._usage = replace(self._usage, requests=self._usage.requests + 1)
        try:
            yield
        finally:
            with self._lock:
                self._look(clock)
                self._calling -= 1

    @contextmanager
    def wait(self, reason: str, clock: Clock) -> Iterator[bool]:
        """Somebody waits; yields whether nobody else does for that *reason*."""
        with self._lock:
            self._look(clock)
            self._waiting[reason] += 1
            is_alone = self._waiting[reason] == 1
        try:
            yield is_alone
        finally:
            with self._lock:
                self._look(clock)
                self._waiting[reason] -= 1

    def look(self, clock: Clock) -> None:
        """Count up to now, for those who read `usage` meanwhile."""
        with self._lock:
            self._look(clock)

    @property
    def usage(self) -> Usage:
        with self._lock:
            return self._usage

    def _look(self, clock: Clock) -> None:
        since, self._looked_at = self._looked_at, clock.monotonic()
        if not self._calling and self._waiting.total():
            waited = self._usage.waited + timedelta(seconds=self._looked_at - since)
            self._usage = replace(self._usage, waited=waited)
