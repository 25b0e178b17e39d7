"""
How much may be asked in a minute: of a project by everybody, and of a project
by one user, reads and writes apart. Time is handed in.

Google says that quotas are refilled every minute, not how. Two readings can be
chosen: SLIDING lets in no more than the limit in any 60 seconds, CALENDAR
begins anew with every minute of the clock. The first is the stricter one.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

MINUTE = 60.0
SLIDING, CALENDAR = "sliding", "calendar"
MODELS = (SLIDING, CALENDAR)
READ, WRITE = "read", "write"
PER_PROJECT, PER_USER = 300, 60


@dataclass(frozen=True)
class Excess:
    """The limit that a request would have gone over; `user` is empty for that of the whole project."""

    kind: str
    project: str
    user: str
    limit: int


@dataclass
class Tally:
    """What was asked so far: `most` is the most requests that arrived within any 60 seconds, let in or not."""

    admitted: int = 0
    refused: int = 0
    most: int = 0
    let_in: deque[float] = field(default_factory=deque, repr=False)
    arrived: deque[float] = field(default_factory=deque, repr=False)

    def arrive(self, now: float) -> None:
        self.arrived.append(now)
        _forget(self.arrived, now - MINUTE)
        self.most = max(self.most, len(self.arrived))

    def used(self, now: float, model: str) -> int:
        if model == CALENDAR:
            began = now // MINUTE * MINUTE
            return sum(1 for moment in self.let_in if moment >= began)
        _forget(self.let_in, now - MINUTE)
        return len(self.let_in)


class Quota:
    """`per_project` and `per_user` may be changed at any time; None is no limit. A refused request is not counted."""

    def __init__(
        self,
        *,
        per_project: int | None = PER_PROJECT,
        per_user: int | None = PER_USER,
        model: str = SLIDING,
        now: Callable[[], float] = time.time,
    ) -> None:
        if model not in MODELS:
            raise ValueError(f"There is no model {model!r}; there are {', '.join(MODELS)}.")
        self.per_project, self.per_user, self.model = per_project, per_user, model
        self._now = now
        self._lock = threading.Lock()
        self._tallies: dict[tuple[str, str, str], Tally] = {}

    def admit(self, kind: str, project: str, user: str) -> Excess | None:
        """Count a request, or say which limit it would go over."""
        with self._lock:
            now = self._now()
            mine, ours = self._tally(kind, project, user), self._tally(kind, project, "")
            for tally in (mine, ours):
                tally.arrive(now)
            excess = self._excess(mine, now, self.per_user, Excess(kind, project, user, self.per_user or 0))
            excess = excess or self._excess(
                ours, now, self.per_project, Excess(kind, project, "", self.per_project or 0)
            )
            for tally in (mine, ours):
                self._count(tally, now, is_admitted=excess is None)
            return excess

    def tally(self, kind: str, project: str, user: str = "") -> Tally:
        """How a user of a project stands, or the whole project."""
        with self._lock:
            return self._tally(kind, project, user)

    @property
    def refused(self) -> int:
        """How many requests were answered 429 by this quota."""
        with self._lock:
            return sum(tally.refused for (_, _, user), tally in self._tallies.items() if not user)

    def most(self, kind: str) -> int:
        """The most requests of one user in any 60 seconds."""
        with self._lock:
            return max(
                (tally.most for (each, _, user), tally in self._tallies.items() if user and each == kind), default=0
            )

    def clear(self) -> None:
        with self._lock:
            self._tallies.clear()

    def as_json(self) -> dict[str, object]:
        with self._lock:
            return {
                "per_project": self.per_project,
                "per_user": self.per_user,
                "model": self.model,
                "tallies": [
                    {"kind": kind, "project": project, "user": user}
                    | {"admitted": tally.admitted, "refused": tally.refused, "most": tally.most}
                    for (kind, project, user), tally in self._tallies.items()
                ],
            }

    def _tally(self, kind: str, project: str, user: str) -> Tally:
        return self._tallies.setdefault((kind, project, user), Tally())

    def _excess(self, tally: Tally, now: float, limit: int | None, excess: Excess) -> Excess | None:
        return excess if limit is not None and tally.used(now, self.model) >= limit else None

    def _count(self, tally: Tally, now: float, *, is_admitted: bool) -> None:
        if not is_admitted:
            tally.refused += 1
            return
        tally.admitted += 1
        tally.let_in.append(now)
        _forget(tally.let_in, now - 2 * MINUTE)


def _forget(moments: deque[float], edge: float) -> None:
    while moments and moments[0] <= edge:
        moments.popleft()
