"""
How much may be asked: a burst window per token and a daily token budget per
company, as each plan sells them. Time is handed in, so that tests need not wait.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

BURSTS = {"lite": 20, "growth": 40, "premium": 100, "ultimate": 120}
"""Requests of one API token in any 2 seconds."""
APP_BURSTS = {"lite": 80, "growth": 160, "premium": 400, "ultimate": 480}
"""The same for the calls of one app for one user."""
MULTIPLIERS = {"lite": 1, "growth": 2, "premium": 5, "ultimate": 7}
NO_PLAN = "none"
"""No limit at all, for benchmarks."""
WINDOW = 2.0
_BOUNDLESS = 1_000_000_000


@dataclass(frozen=True)
class Standing:
    """How a token stands after a request: what the headers tell."""

    is_admitted: bool
    limit: int
    remaining: int
    reset: int
    budget: int
    budget_left: int

    def headers(self) -> dict[str, str]:
        return {
            "x-ratelimit-limit": str(self.limit),
            "x-ratelimit-remaining": str(self.remaining),
            "x-ratelimit-reset": str(self.reset),
            "x-daily-ratelimit-token-limit": str(self.budget),
            "x-daily-ratelimit-token-remaining": str(self.budget_left),
        }


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Limits:
    """
    `burst`, `app_burst` and `daily` override what the plan gives. A request over the limit
    is refused and neither counted nor charged; every other one is charged,
    its answer good or bad (the vendor does not say; the stricter reading).
    The budget is new at midnight UTC.
    """

    def __init__(
        self,
        plan: str = "growth",
        *,
        seats: int = 7,
        burst: int | None = None,
        app_burst: int | None = None,
        daily: int | None = None,
        now: Callable[[], datetime] = _utc_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        if plan != NO_PLAN and plan not in BURSTS:
            raise ValueError(f"There is no plan {plan!r}; there are {', '.join(BURSTS)} and {NO_PLAN}.")
        self.plan = plan
        self.burst = burst if burst is not None else BURSTS.get(plan, _BOUNDLESS)
        self.app_burst = app_burst if app_burst is not None else APP_BURSTS.get(plan, _BOUNDLESS)
        self.daily = (
            daily if daily is not None else MULTIPLIERS[plan] * 30_000 * seats if plan != NO_PLAN else _BOUNDLESS
        )
        self._now, self._monotonic = now, monotonic
        self._lock = threading.Lock()
        self._spent, self._day = 0, now().astimezone(UTC).date()
        self._seen: dict[str, deque[float]] = {}

    @property
    def spent(self) -> int:
        """Tokens spent today."""
        return self._spent

    def spend(self, tokens: int) -> None:
        """Use up some of today's budget, as colleagues and other programs do."""
        with self._lock:
            self._spent += tokens

    def admit(self, token: str, cost: int, *, is_app: bool = False) -> Standing:
        """Count a request, or refuse it. *token* stands for app and user where an app calls."""
        burst = self.app_burst if is_app else self.burst
        with self._lock:
            self._turn_day()
            window = self._window(token)
            is_admitted = len(window) < burst and self._spent + cost <= self.daily
            if is_admitted:
                self._spent += cost
                window.append(self._monotonic())
            return self._standing(window, is_admitted, cost, burst)

    def standing(self, token: str = "") -> Standing:
        """How a token stands, without a request."""
        with self._lock:
            self._turn_day()
            return self._standing(self._window(token), True, 0, self.burst)

    def _turn_day(self) -> None:
        today = self._now().astimezone(UTC).date()
        if today != self._day:
            self._day, self._spent = today, 0

    def _window(self, token: str) -> deque[float]:
        window = self._seen.setdefault(token, deque())
        if self.burst >= _BOUNDLESS:
            window.clear()
        edge = self._monotonic() - WINDOW
        while window and window[0] <= edge:
            window.popleft()
        return window

    def _standing(self, window: deque[float], is_admitted: bool, cost: int, burst: int) -> Standing:
        left = self.daily - self._spent
        wait = window[0] + WINDOW - self._monotonic() if window else WINDOW
        return Standing(
            is_admitted,
            limit=burst,
            remaining=max(burst - len(window), 0),
            reset=max(math.ceil(wait), 1),
            budget=self.daily,
            budget_left=0 if not is_admitted and left < cost else max(left, 0),
        )
