"""
Trouble on demand.

    faults.add("server_error", count=2)                    the next two requests
    faults.add("rate_limit", path="/api/v2/deals")         every request below a path
    faults.add("cut", count=1, after=3)                    the fourth one
    faults.add("slow", seconds=90, count=1)
    faults.add("cut", method="POST", path="/v4/*:batchUpdate")   a pattern, one method

Several may wait at once; a request meets the first that fits.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any

KINDS = {
    "rate_limit": "429, the burst window is full (`seconds` until it resets)",
    "server_error": "500, or another `status`: 502, 503, 504 and 520 to 527 come as HTML",
    "slow": "the answer takes `seconds`",
    "cut": "the connection ends before the answer",
    "truncate": "the connection ends in the middle of the answer",
    "broken_json": "the answer is complete by its length, but its JSON is not",
    "html_403": "403 with an HTML page, as after ignoring 429",
    "revoked": "401, as for a token that is not valid any more",
    "budget_spent": "429, the company's budget of today is spent",
    "no_headers": "the answer lacks the rate-limit headers",
}


_RARE = ("method", "requests", "scope")


@dataclass
class Fault:
    kind: str
    count: int | None = None
    """How many requests meet it; None for all."""
    path: str | None = None
    """What the path begins with; with an asterisk in it, what the whole of it looks like."""
    after: int = 0
    """How many fitting requests go free first."""
    seconds: float = 0.0
    status: int = 500
    method: str | None = None
    requests: int = 0
    """How many more requests something waits for."""
    scope: str = ""
    """Whose limit it is about."""

    def fits(self, path: str, short_path: str, method: str = "") -> bool:
        if self.method is not None and method and method.upper() != self.method.upper():
            return False
        return self.path is None or any(_begins(one, self.path) for one in (path, short_path))


def _begins(path: str, wanted: str) -> bool:
    return fnmatchcase(path, wanted) if "*" in wanted else path.startswith(wanted)


class Faults:
    """`kinds` are those that can be laid out, each with what it does."""

    def __init__(self, kinds: Mapping[str, str] = KINDS) -> None:
        self.kinds = kinds
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def add(
        self,
        kind: str,
        *,
        count: int | None = None,
        path: str | None = None,
        after: int = 0,
        seconds: float | None = None,
        status: int = 500,
        method: str | None = None,
        requests: int = 0,
        scope: str = "",
    ) -> Fault:
        """Lay one out; raises ValueError for a kind that is not known."""
        if kind not in self.kinds:
            raise ValueError(f"There is no fault {kind!r}; there are {', '.join(self.kinds)}.")
        if seconds is None:
            seconds = 60.0 if kind == "slow" else 2.0
        fault = Fault(kind, count, path, after, seconds, status, method, requests, scope)
        with self._lock:
            self._waiting.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()

    def take(self, path: str, short_path: str, method: str = "") -> Fault | None:
        """
        The fault that a request meets, counted off.

        `short_path` is the path without the API's prefix: a fault may name
        either.
        """
        with self._lock:
            return next(
                (
                    fault
                    for fault in list(self._waiting)
                    if fault.fits(path, short_path, method) and self._strikes(fault)
                ),
                None,
            )

    def _strikes(self, fault: Fault) -> bool:
        if fault.after > 0:
            fault.after -= 1
            return False
        if fault.count is not None:
            fault.count -= 1
            if fault.count <= 0:
                self._waiting.remove(fault)
        return True

    def waiting(self) -> list[dict[str, Any]]:
        """Each with what was said about it; `method` and those after it only where they were given."""
        with self._lock:
            return [_told(fault) for fault in self._waiting]


def _told(fault: Fault) -> dict[str, Any]:
    told = asdict(fault)
    return told if any(told[name] for name in _RARE) else {name: told[name] for name in told if name not in _RARE}
