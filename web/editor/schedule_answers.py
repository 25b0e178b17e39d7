"""Between a Schedule and the answers of the form."""

from __future__ import annotations

from datetime import time
from typing import Any

from importers.model import Every, Schedule
from web.editor.schedule_forms import ScheduleForm


def schedule_answers(schedule: Schedule) -> dict[str, Any]:
    """What the form shows for *schedule*."""
    return {
        "every": schedule.every.value,
        "number": schedule.number,
        "weekdays": list(schedule.weekdays),
        "at": schedule.at,
        "time_zone": schedule.time_zone,
    }


def schedule_from(form: ScheduleForm) -> Schedule:
    return Schedule(
        every=Every(form.every.data or Every.MANUAL.value),
        number=1 if form.number.data is None else form.number.data,
        weekdays=tuple(sorted(set(form.weekdays.data or ()))),
        at=form.at.data or time(9, 0),
        time_zone=form.time_zone.data or "UTC",
    )
