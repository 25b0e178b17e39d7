"""Schedules that are over."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from importers.errors import InvalidSettings
from importers.model import Every, Schedule
from importers.schedule.moments import covers, next_run_after


def is_over(schedule: Schedule, now: datetime) -> bool:
    """Whether it had turns, or could have been called, and will not any more after *now*."""
    if schedule.every is Every.MANUAL or schedule.ends_on is None:
        return False
    if schedule.every is Every.AFTER:
        return not covers(replace(schedule, starts_on=None), now)
    try:
        return next_run_after(schedule, now) is None
    except InvalidSettings:  # nobody can tell, and the list it stands in is to be seen all the same
        return False


def check_goes_on(schedule: Schedule, now: datetime) -> None:
    """Raises InvalidSettings where *schedule* `is_over` at *now*."""
    if is_over(schedule, now):
        raise InvalidSettings(
            "The schedule is over already: no run would ever be due.",
            hint="Choose a later last day, or none.",
            field="ends_on",
        )
