"""The real time. Tests hand in their own (`tests/fakes.py`)."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """Implements `interfaces.Clock` with the machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
