"""Between a Schedule and the answers of the form."""

from __future__ import annotations

import secrets
from datetime import time
from typing import Any

from importers.model import Every, Missed, Schedule
from web.editor.schedule_forms import BY_DAY, BY_WEEKDAY, WEEKS, ScheduleForm

_USUAL = Schedule()
_WITH_MINUTE = (Every.MINUTES, Every.HOURS)


def schedule_answers(schedule: Schedule) -> dict[str, Any]:
    """What the form shows for *schedule*."""
    is_weekly = schedule.every is Every.DAYS and schedule.weekdays
    return {
        "every": WEEKS if is_weekly else schedule.every.value,
        "number": schedule.number,
        "minute": schedule.minute if schedule.every in _WITH_MINUTE else _some_minute(),
        "weekdays": list(schedule.weekdays),
        "at": schedule.times,
        "month_by": BY_WEEKDAY if schedule.nth else BY_DAY,
        "month_day": schedule.month_day,
        "nth": schedule.nth or 1,
        "nth_day": schedule.nth_day,
        "cron": schedule.cron,
        "after_id": schedule.after_id,
        "opens": schedule.opens,
        "closes": schedule.closes,
        "starts_on": schedule.starts_on,
        "ends_on": schedule.ends_on,
        "missed": schedule.missed.value,
        "time_zone": schedule.time_zone,
    }


def _some_minute() -> int:
    """For an importer that is to run every hour from now on: any but the one at which everybody starts."""
    return 1 + secrets.randbelow(59)


def schedule_from(form: ScheduleForm) -> Schedule:
    """Only of the answers that count for the rhythm; what does not fit is as usual. Call it for any form."""
    is_weekly = form.every.data == WEEKS
    given = {name: getattr(form, name).data for name in form.used}
    at, *more = given.pop("at", None) or (time(9, 0),)
    by_day = given.pop("month_by", BY_DAY) == BY_DAY
    for name in ("nth", "nth_day") if by_day else ("month_day",):
        given.pop(name, None)
    return Schedule(
        every=Every.DAYS if is_weekly else _every(form.every.data),
        at=at,
        more_times=tuple(more),
        weekdays=tuple(sorted(set(given.pop("weekdays", None) or ()))),
        missed=Missed.SKIP if given.pop("missed", None) == Missed.SKIP.value else Missed.ONCE,
        time_zone=form.time_zone.data or "UTC",
        **{name: getattr(_USUAL, name) if value is None else value for name, value in given.items()},
    )


def _every(value: str | None) -> Every:
    return Every(value) if value in list(Every) else Every.MANUAL
