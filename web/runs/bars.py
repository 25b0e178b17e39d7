"""Durations of the last runs as little bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from importers.model import Run

HEIGHT = 40
_LOWEST = 4


@dataclass(frozen=True, slots=True)
class Bar:
    run: Run
    duration: timedelta
    height: int


def bars(runs: Sequence[tuple[Run, timedelta]]) -> list[Bar]:
    """One bar per run, in the order given; the longest is HEIGHT high."""
    longest = max((duration for _, duration in runs), default=timedelta()) or timedelta(seconds=1)
    return [Bar(run, duration, max(_LOWEST, round(HEIGHT * (duration / longest)))) for run, duration in runs]
