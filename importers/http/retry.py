"""Which answers deserve another try, and when. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

_NOT_YET = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Patience:
    """
    How long to go on: at most `tries` calls in all, at most `total` of waiting.

    Waits double from `first` up to `longest`; a vendor that says how long to
    wait is believed where that is longer.
    """

    tries: int = 6
    total: timedelta = timedelta(minutes=2)
    first: timedelta = timedelta(seconds=1)
    longest: timedelta = timedelta(seconds=30)


def deserves_another_try(status: int) -> bool:
    """Whether the same call may be answered differently soon. 400, 401, 402, 403 and 404 never are."""
    return status in _NOT_YET or 500 <= status <= 599


def told_wait(headers: Mapping[str, str], *, now: datetime) -> timedelta | None:
    """The longest wait an answer asks for: Retry-After (seconds or a date) or x-ratelimit-reset (seconds)."""
    told = [
        wait
        for wait in (
            _seconds(headers.get("retry-after", "")),
            _until(headers.get("retry-after", ""), now),
            _seconds(headers.get("x-ratelimit-reset", "")),
        )
        if wait is not None
    ]
    return max(told, default=None)


def next_wait(
    patience: Patience, *, tried: int, waited: timedelta, told: timedelta | None, jitter: float
) -> timedelta | None:
    """
    How long to wait before the next try, or None to give up.

    *tried* calls were made so far, *waited* was waited between them. *jitter*
    is a number from 0 to 1 that spreads callers who failed together: it adds
    up to half of the wait, never takes any away.
    """
    if tried >= patience.tries:
        return None
    ours = min(patience.first * 2 ** (tried - 1), patience.longest)
    wait = max(ours, told or timedelta())
    wait += min(wait, patience.longest) * (jitter / 2)
    return wait if waited + wait <= patience.total else None


def _seconds(text: str) -> timedelta | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return timedelta(seconds=seconds) if 0 <= seconds < 1e9 else None


def _until(text: str, now: datetime) -> timedelta | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    if moment.tzinfo is None:
        return None
    return max(moment - now, timedelta())
