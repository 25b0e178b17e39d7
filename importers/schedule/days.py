"""
What the owner asked for, by the clock on the wall: local times without a zone.

Days are counted from Monday 1 January 2024 and months from January 2024, so
that two importers with the same rhythm run on the same days.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import count

from cronsim import CronSim, CronSimError

from importers.errors import InvalidSettings
from importers.model import LAST, WORKING_DAY, Every, Schedule

_FIRST_DAY = date(2024, 1, 1)
LAST_DAY = date(2200, 12, 31)
"""Nobody asks for more, and near the last day that a computer knows there is none to reckon with."""
_DAY = timedelta(days=1)
_SEARCH_DAYS = 800
"""Every 365 days and every 12 months are found in it; a cron expression may wait for a leap year, and looks itself."""


def local_times(schedule: Schedule, first: date) -> Iterator[datetime]:
    """Every local time at which *schedule* is due, in order, from the day *first* on."""
    first = max(first, schedule.starts_on) if schedule.starts_on else first
    last = min(LAST_DAY, schedule.ends_on) if schedule.ends_on else LAST_DAY
    if first > last:
        return
    for local in _by_cron(schedule, first) if schedule.every is Every.CRON else _by_day(schedule, first):
        if local.date() > last:
            return
        if local.date() >= first:
            yield local


def _by_cron(schedule: Schedule, first: date) -> Iterator[datetime]:
    # It answers with times after the one it is given, and ends by itself where there is none for decades.
    try:
        moments = CronSim(schedule.cron, datetime.combine(first, time()) - timedelta(minutes=1))
    except CronSimError as error:
        raise InvalidSettings(
            f"{schedule.cron!r} is no cron expression.", hint="Choose another rhythm.", field="cron"
        ) from error
    yield from moments


def _by_day(schedule: Schedule, first: date) -> Iterator[datetime]:
    """A window past midnight belongs to the day on which it opens, so the search begins a day early."""
    late: list[datetime] = []
    for day in (first + number * _DAY for number in range(-1, _SEARCH_DAYS)):
        midnight = datetime.combine(day, time())
        times = sorted({*late, *times_of(schedule, day)})
        yield from (local for local in times if local < midnight + _DAY)
        late = [local for local in times if local >= midnight + _DAY]


def times_of(schedule: Schedule, day: date) -> list[datetime]:
    """Those that belong to *day*; some may be on the next one."""
    if schedule.weekdays and day.weekday() not in schedule.weekdays:
        return []
    if schedule.every in (Every.MINUTES, Every.HOURS):
        return list(_steps(schedule, day))
    if not _is_turn(schedule, day):
        return []
    return [datetime.combine(day, at.replace(tzinfo=None, fold=0)) for at in schedule.times]


def _steps(schedule: Schedule, day: date) -> Iterator[datetime]:
    step = timedelta(minutes=schedule.number * (60 if schedule.every is Every.HOURS else 1))
    midnight = datetime.combine(day, time())
    if schedule.opens is None or schedule.closes is None:
        # Not more often than asked for: every 15 minutes, 20 past, is 5 past.
        begin, end = midnight + timedelta(minutes=schedule.minute) % step, midnight + _DAY - timedelta(minutes=1)
    else:
        begin, end = datetime.combine(day, schedule.opens), datetime.combine(day, schedule.closes)
        end += _DAY if end < begin else timedelta()
    for number in count():
        local = begin + number * step
        if local > end:
            return
        yield local


def _is_turn(schedule: Schedule, day: date) -> bool:
    if schedule.every is Every.DAYS:
        return (day - _FIRST_DAY).days % schedule.number == 0
    months = (day.year - _FIRST_DAY.year) * 12 + day.month - _FIRST_DAY.month
    return months % schedule.number == 0 and day == day_of_month(schedule, day.year, day.month)


def day_of_month(schedule: Schedule, year: int, month: int) -> date:
    length = calendar.monthrange(year, month)[1]
    if not schedule.nth:
        wanted = length if schedule.month_day == LAST else min(schedule.month_day, length)
        return date(year, month, wanted)
    fitting = [day for day in range(1, length + 1) if _is_weekday(date(year, month, day), schedule.nth_day)]
    return date(year, month, fitting[schedule.nth if schedule.nth == LAST else schedule.nth - 1])


def _is_weekday(day: date, wanted: int) -> bool:
    return day.weekday() < 5 if wanted == WORKING_DAY else day.weekday() == wanted
