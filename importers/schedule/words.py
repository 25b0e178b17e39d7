"""A schedule as a person would say it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from importers.model import LAST, Every, Schedule
from importers.schedule.cron import cron_in_words
from importers.schedule.moments import Clocks, Coming, is_rhythm
from importers.schedule.zones import zone_of

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "working day")
_WORKING_DAYS = (0, 1, 2, 3, 4)
_WEEKEND = (5, 6)
_MOST_LISTED = 4
_NTH = {1: "first", 2: "second", 3: "third", 4: "fourth", LAST: "last"}


def in_words(schedule: Schedule, *, after: str = "") -> str:
    """
    For example: "Every 2 hours from 08:00 to 18:00 on weekdays (Europe/Amsterdam)".
    *after* is the name of the importer it follows, where that is known.
    """
    if schedule.every is Every.MANUAL:
        return "Manually"
    if schedule.every is Every.AFTER:
        whom = f"After “{after}”" if after else "After another importer"
        span = _span(schedule)
        return f"{whom} {span} ({schedule.time_zone})" if span else whom
    parts = (_rhythm(schedule), f"({schedule.time_zone})", _span(schedule))
    return " ".join(filter(None, parts))


def _rhythm(schedule: Schedule) -> str:
    if schedule.every is Every.CRON:
        return cron_in_words(schedule.cron)
    if schedule.every is Every.DAYS:
        return f"{_days(schedule)} at {_times(schedule)}"
    if schedule.every is Every.MONTHS:
        return f"{_months(schedule)} at {_times(schedule)}"
    return " ".join(filter(None, (_steps(schedule), _hours(schedule), _on(schedule.weekdays))))


def _steps(schedule: Schedule) -> str:
    unit = schedule.every.value
    words = f"Every {unit.removesuffix('s')}" if schedule.number == 1 else f"Every {schedule.number} {unit}"
    return words if schedule.opens else f"{words}{_past(schedule)}"


def _past(schedule: Schedule) -> str:
    """Where it counts from, if that is not the full hour."""
    step = schedule.number * (60 if schedule.every is Every.HOURS else 1)
    begins = schedule.minute % step
    if begins == 0:
        return ""
    if schedule.every is Every.HOURS and begins < 60:
        return f" at {begins} past"
    if 60 % step == 0 and 60 // step <= _MOST_LISTED:
        return f" at {listed([str(minute) for minute in range(begins, 60, step)])} past"
    return f" counted from {begins // 60:02}:{begins % 60:02}"


def _hours(schedule: Schedule) -> str:
    if schedule.opens is None or schedule.closes is None:
        return ""
    return f"from {schedule.opens:%H:%M} to {schedule.closes:%H:%M}"


def _times(schedule: Schedule) -> str:
    return listed([f"{at:%H:%M}" for at in schedule.times])


def _days(schedule: Schedule) -> str:
    days = tuple(sorted(set(schedule.weekdays)))
    if schedule.number > 1:
        return f"Every {schedule.number} days"
    if days in ((), tuple(range(7))):
        return "Every day"
    if days == _WORKING_DAYS:
        return "Every weekday"
    return f"Every {listed([_WEEKDAYS[day] for day in days])}"


def _months(schedule: Schedule) -> str:
    months = "month" if schedule.number == 1 else f"{_ordinal(schedule.number)} month"
    return f"On the {_day_of_month(schedule)} of every {months}"


def _day_of_month(schedule: Schedule) -> str:
    if schedule.nth:
        return f"{_NTH[schedule.nth]} {_WEEKDAYS[schedule.nth_day]}"
    if schedule.month_day == LAST:
        return "last day"
    day = _ordinal(schedule.month_day)
    return f"{day} (or last)" if schedule.month_day > 28 else day


def _ordinal(number: int) -> str:
    ending = "th" if number in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _on(weekdays: Sequence[int]) -> str:
    days = tuple(sorted(set(weekdays)))
    if days in ((), tuple(range(7))):
        return ""
    if days == _WORKING_DAYS:
        return "on weekdays"
    if days == _WEEKEND:
        return "at weekends"
    return f"on {listed([_WEEKDAYS[day] + 's' for day in days])}"


def _span(schedule: Schedule) -> str:
    starts = f"from {_day(schedule.starts_on)}" if schedule.starts_on else ""
    ends = f"until {_day(schedule.ends_on)}" if schedule.ends_on else ""
    return " ".join(filter(None, (starts, ends)))


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def remark(coming: Coming, schedule: Schedule) -> str:
    """What the clocks have to do with it: "02:30 does not exist on 29 March: runs at 03:00"; mostly nothing."""
    if coming.clocks is None:
        return ""
    asked, shown = coming.local, coming.at.astimezone(zone_of(schedule))
    day = f"{asked.day} {asked:%B}"
    if coming.clocks is Clocks.SKIP_IT:
        other_day = f" on {shown.day} {shown:%B}" if shown.date() != asked.date() else ""
        return f"{asked:%H:%M} does not exist on {day}: runs at {shown:%H:%M}{other_day}"
    if not is_rhythm(schedule):
        return f"{asked:%H:%M} comes twice on {day}: runs the first time"
    which = "second" if coming.clocks is Clocks.SHOW_IT_AGAIN else "first"
    return f"{asked:%H:%M} comes twice on {day}: this is the {which} time"


def listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
