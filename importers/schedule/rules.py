"""Which schedules make sense."""

from __future__ import annotations

from datetime import date

from importers.errors import InvalidSettings
from importers.model import LAST, WORKING_DAY, Every, Schedule
from importers.schedule.cron import check_cron
from importers.schedule.days import local_times
from importers.schedule.zones import check_zone

_MOST = {Every.MINUTES: 1440, Every.HOURS: 24, Every.DAYS: 365, Every.MONTHS: 12}
_WITH_WEEKDAYS = (Every.MINUTES, Every.HOURS, Every.DAYS)
_YEARS = range(2000, 2101)


def check(schedule: Schedule) -> None:
    """Raises InvalidSettings where *schedule* makes no sense or would never be due."""
    check_zone(schedule)
    _check_number(schedule)
    _check_weekdays(schedule)
    _check_times(schedule)
    if schedule.every is Every.MONTHS:
        _check_month(schedule)
    if schedule.every is Every.CRON:
        check_cron(schedule.cron)
    if schedule.every is Every.AFTER and schedule.after_id is None:
        raise InvalidSettings("It is not said after which importer to run.", hint="Choose one.", field="after_id")
    _check_span(schedule)


def _check_number(schedule: Schedule) -> None:
    most = _MOST.get(schedule.every)
    if most is not None and not 1 <= schedule.number <= most:
        raise InvalidSettings(
            f"Every {schedule.number} {schedule.every.value} is not possible.",
            hint=f"Choose 1 to {most}.",
            field="number",
        )


def _check_weekdays(schedule: Schedule) -> None:
    if any(day not in range(7) for day in schedule.weekdays):
        raise InvalidSettings(
            "A weekday of the schedule does not exist.", hint="Choose days from Monday to Sunday.", field="weekdays"
        )
    if not schedule.weekdays:
        return
    if schedule.every is Every.DAYS and schedule.number > 1:
        raise InvalidSettings(
            "Every few days and certain weekdays do not go together.",
            hint="Choose weekdays with every 1 day, or a number of days without weekdays.",
            field="weekdays",
        )
    if schedule.every is Every.MONTHS:
        raise InvalidSettings(
            "A day of the month and certain weekdays do not go together.",
            hint="Choose a weekday of the month, such as the first Monday, or no weekdays.",
            field="weekdays",
        )


def _check_times(schedule: Schedule) -> None:
    times = (*schedule.times, schedule.opens, schedule.closes)
    if any(time is not None and time.tzinfo is not None for time in times):
        raise InvalidSettings(
            "The time of day must not carry a time zone of its own.", hint="Choose the zone beside it."
        )
    if (schedule.opens is None) != (schedule.closes is None):
        raise InvalidSettings(
            "Only one end of the hours of the day is given.", hint="Give both times, or none.", field="opens"
        )
    if not 0 <= schedule.minute < 24 * 60:
        raise InvalidSettings("The minute is not one of the day's.", hint="Choose 0 to 59.", field="minute")


def _check_month(schedule: Schedule) -> None:
    if schedule.nth:
        fits = schedule.nth in (1, 2, 3, 4, LAST) and schedule.nth_day in range(WORKING_DAY + 1)
    else:
        fits = schedule.month_day == LAST or 1 <= schedule.month_day <= 31
    if not fits:
        raise InvalidSettings(
            "There is no such day in a month.",
            hint="Choose 1 to 31, or the last day.",
            field="nth" if schedule.nth else "month_day",
        )


def _check_day(which: str, day: date | None, field: str) -> None:
    if day and day.year not in _YEARS:
        raise InvalidSettings(
            f"The {which} day is in the year {day.year}.",
            hint=f"Choose one from {_YEARS[0]} to {_YEARS[-1]}, or leave it empty.",
            field=field,
        )


def _check_span(schedule: Schedule) -> None:
    starts, ends = schedule.starts_on, schedule.ends_on
    _check_day("first", starts, "starts_on")
    _check_day("last", ends, "ends_on")
    if starts and ends and ends < starts:
        raise InvalidSettings("The schedule ends before it starts.", hint="Choose a later end.", field="ends_on")
    if schedule.every in (Every.MANUAL, Every.AFTER) or not (starts and ends):
        return
    if next(local_times(schedule, starts), None) is None:
        raise InvalidSettings(
            "Between its start and its end the schedule is never due.", hint="Choose a later end.", field="ends_on"
        )
