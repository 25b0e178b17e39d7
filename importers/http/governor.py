"""Staying under a vendor's limit instead of running into it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import timedelta

from importers.interfaces import Clock

_AT_LEAST = 1.0
"""A window said to end in 0 seconds ends some time within this one."""


class NullGovernor:
    """Never waits and learns nothing."""

    def before_call(self) -> timedelta:
        return timedelta()

    def after_call(self, headers: Mapping[str, str]) -> None:
        pass


class MemoryGovernor:
    """
    Counts the calls of one token within this process.

    It learns from `x-ratelimit-limit`, `-remaining` and `-reset` (seconds until
    the window ends); a vendor that sends none is never waited for. A zero from
    `before_call` takes one call out of the window, so whoever was told to wait
    asks again afterwards. Safe to share between threads.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._limit: int | None = None
        self._left: int | None = None
        self._ends_at = 0.0

    def before_call(self) -> timedelta:
        with self._lock:
            now = self._clock.monotonic()
            if now >= self._ends_at:
                self._left = self._limit
            if self._left is None:
                return timedelta()
            if self._left > 0:
                self._left -= 1
                return timedelta()
            return timedelta(seconds=max(self._ends_at - now, 0.001))

    def after_call(self, headers: Mapping[str, str]) -> None:
        remaining, reset = _count(headers, "x-ratelimit-remaining"), _count(headers, "x-ratelimit-reset")
        if remaining is None or reset is None:
            return
        with self._lock:
            now = self._clock.monotonic()
            ends_at = now + max(reset, _AT_LEAST)
            # Answers to calls that ran side by side arrive in any order: within
            # one window the smallest number is the newest, and the window ends
            # when it was first said to.
            if now < self._ends_at and self._left is not None:
                remaining, ends_at = min(remaining, self._left), min(ends_at, self._ends_at)
            self._left, self._ends_at = remaining, ends_at
            self._limit = _count(headers, "x-ratelimit-limit") or self._limit


def _count(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(name, "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
