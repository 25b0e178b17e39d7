"""What an answer says about limits. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from importers.http.retry import told_wait

NO_ANSWER = 0
"""The status of a call that failed without an answer."""

_SHORTEST_HOLD = timedelta(seconds=2)
_LONGEST_HOLD = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Said:
    """
    `limit` calls fit into the window and `used` of them were; `left` is what is
    left of today's allowance in tokens, and `daily` the whole of it; for `hold`
    seconds nobody should call. None: not said.
    """

    limit: int | None = None
    used: int | None = None
    left: int | None = None
    daily: int | None = None
    hold: float = 0.0
    is_spent: bool = False
    is_good: bool = True
    is_refused: bool = False
    is_lost: bool = False


def said_by(headers: Mapping[str, str], status: int, *, now: datetime) -> Said:
    """Read the rate-limit headers; what makes no sense is not said."""
    limit, remaining = _count(headers, "x-ratelimit-limit"), _count(headers, "x-ratelimit-remaining")
    left = _count(headers, "x-daily-ratelimit-token-remaining")
    is_spent = status == 429 and left == 0
    return Said(
        limit=limit or None,
        used=max(limit - remaining, 0) if limit and remaining is not None else None,
        left=left,
        daily=_count(headers, "x-daily-ratelimit-token-limit") or None,
        hold=_hold(headers, now) if status == 429 and not is_spent else 0.0,
        is_spent=is_spent,
        is_good=status == 200,
        is_refused=status == 429,
        is_lost=status == NO_ANSWER,
    )


def _hold(headers: Mapping[str, str], now: datetime) -> float:
    told = told_wait(headers, now=now) or _SHORTEST_HOLD
    return min(max(told, _SHORTEST_HOLD), _LONGEST_HOLD).total_seconds()


def _count(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(name, "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
