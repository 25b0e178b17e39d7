"""
Every kind of schedule against somebody who looks at the clock on the wall,
minute by minute, for two years in each of twelve zones, and knows nothing of
how moments are found.
"""

from __future__ import annotations

import calendar
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from importers.model import LAST, WORKING_DAY, Every, Schedule
from importers.schedule import check, upcoming

ZONES = (
    "UTC",
    "Europe/Amsterdam",
    "Europe/London",
    "America/New_York",
    "America/Santiago",
    "America/St_Johns",
    "Africa/Casablanca",
    "Asia/Kolkata",
    "Asia/Jerusalem",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "Atlantic/Azores",
)
BEGIN, END = datetime(2025, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
"""Clocks of these zones change at quarters of an hour, so within one they run evenly."""

NONE: frozenset[int] = frozenset()

Asked = Callable[[date], set[int]]
"""The minutes of a day that the schedule asks for, by the clock on the wall."""

FIVE_DAYS = (0, 1, 2, 3, 4)


def minutes_of(at: time) -> int:
    return at.hour * 60 + at.minute


def ranged(step: int, begin: int, end: int) -> set[int]:
    return set(range(begin, end + 1, step))


def some_minutes(dice: random.Random) -> tuple[Schedule, Asked]:
    number, offset = dice.choice((15, 30, 40, 90)), dice.randrange(60)
    days = dice.choice((tuple(range(7)), FIVE_DAYS, (5,)))
    minutes = ranged(number, offset % number, 1439)
    return Schedule(Every.MINUTES, number, days, minute=offset), lambda day: minutes if day.weekday() in days else set()


def some_hours(dice: random.Random) -> tuple[Schedule, Asked]:
    number, offset = dice.choice((1, 2, 5, 7)), dice.randrange(60)
    minutes = ranged(number * 60, offset, 1439)
    return Schedule(Every.HOURS, number, minute=offset), lambda day: minutes


def office_hours(dice: random.Random) -> tuple[Schedule, Asked]:
    minutes = ranged(60, 8 * 60 + 30, 18 * 60)
    schedule = Schedule(Every.HOURS, 1, FIVE_DAYS, opens=time(8, 30), closes=time(18))
    return schedule, lambda day: minutes if day.weekday() < 5 else set()


def night_hours(dice: random.Random) -> tuple[Schedule, Asked]:
    """From Friday 22:00 to Saturday 04:00."""
    evening, night = ranged(20, 22 * 60, 1439), ranged(20, 0, 4 * 60)
    schedule = Schedule(Every.MINUTES, 20, (4,), opens=time(22), closes=time(4))
    return schedule, lambda day: {4: evening, 5: night}.get(day.weekday(), set())


def some_days(dice: random.Random) -> tuple[Schedule, Asked]:
    number = dice.choice((1, 2, 3, 10))
    times = [time(dice.randrange(4), dice.choice((0, 15, 30, 59))) for _ in range(3)]
    minutes = {minutes_of(at) for at in times}
    schedule = Schedule(Every.DAYS, number, at=times[0], more_times=tuple(times[1:]))
    return schedule, lambda day: set() if (day - date(2024, 1, 1)).days % number else minutes


def chosen_weekdays(dice: random.Random) -> tuple[Schedule, Asked]:
    days, at = tuple(dice.sample(range(7), 3)), time(dice.randrange(4), 30)
    return Schedule(Every.DAYS, 1, days, at), lambda day: {minutes_of(at)} if day.weekday() in days else set()


def day_of_the_month(dice: random.Random) -> tuple[Schedule, Asked]:
    wanted, at = dice.choice((1, 15, 30, 31, LAST)), time(dice.randrange(4), 30)

    def asked(day: date) -> set[int]:
        last = calendar.monthrange(day.year, day.month)[1]
        return {minutes_of(at)} if day.day == (last if wanted == LAST else min(wanted, last)) else set()

    return Schedule(Every.MONTHS, month_day=wanted, at=at), asked


def weekday_of_the_month(dice: random.Random) -> tuple[Schedule, Asked]:
    nth, wanted, at = dice.choice((1, 2, 3, 4, LAST)), dice.choice((0, 6, WORKING_DAY)), time(2, 30)

    def is_it(day: date) -> bool:
        return day.weekday() < 5 if wanted == WORKING_DAY else day.weekday() == wanted

    def is_nth(day: date) -> bool:
        if nth == LAST:
            later = (day + timedelta(days=more) for more in range(1, 8))
            return not any(is_it(other) and other.month == day.month for other in later)
        return sum(is_it(day.replace(day=number)) for number in range(1, day.day + 1)) == nth

    schedule = Schedule(Every.MONTHS, nth=nth, nth_day=wanted, at=at)
    return schedule, lambda day: {minutes_of(at)} if is_it(day) and is_nth(day) else set()


def cron_times(dice: random.Random) -> tuple[Schedule, Asked]:
    minutes = {hour * 60 + minute for hour in (1, 2, 3) for minute in (15, 45)}
    schedule = Schedule(Every.CRON, cron="15,45 1-3 * * 0,3")
    return schedule, lambda day: minutes if day.isoweekday() % 7 in (0, 3) else set()


def cron_rhythm(dice: random.Random) -> tuple[Schedule, Asked]:
    schedule = Schedule(Every.CRON, cron="*/20 * * 3,10 *")
    return schedule, lambda day: ranged(20, 0, 1439) if day.month in (3, 10) else set()


def a_season(dice: random.Random) -> tuple[Schedule, Asked]:
    starts, ends = date(2025, 3, 20), date(2026, 10, 25)
    schedule = Schedule(Every.HOURS, 3, starts_on=starts, ends_on=ends)
    return schedule, lambda day: ranged(180, 0, 1439) if starts <= day <= ends else set()


KINDS = (
    some_minutes,
    some_hours,
    office_hours,
    night_hours,
    some_days,
    chosen_weekdays,
    day_of_the_month,
    weekday_of_the_month,
    cron_times,
    cron_rhythm,
    a_season,
)
RHYTHMS = (some_minutes, some_hours, office_hours, night_hours, cron_rhythm, a_season)


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter of an hour: when it begins, what the wall shows then, and what it jumped over right before."""

    begins: datetime
    day: date
    number: int
    is_second: bool
    skipped: tuple[datetime, ...]


def quarters(zone: ZoneInfo) -> list[Quarter]:
    moments = [BEGIN + number * QUARTER for number in range(-1, (END - BEGIN) // QUARTER)]
    shown = [moment.astimezone(zone).replace(tzinfo=None) for moment in moments]
    return [
        Quarter(moment, now.date(), now.hour * 4 + now.minute // 15, bool(now.fold), tuple(_between(before, now)))
        for moment, (before, now) in zip(moments[1:], pairwise(shown), strict=True)
    ]


def _between(before: datetime, now: datetime) -> Iterator[datetime]:
    """Every minute that the wall did not show."""
    skipped = (now - before - QUARTER) // timedelta(minutes=1)
    return (now - timedelta(minutes=back) for back in range(1, skipped + 1))


def watched(wall: list[Quarter], asked: Asked, *, goes_round: bool) -> Iterator[datetime]:
    """
    The moments at which the wall shows a minute asked for; the second time
    round only for a rhythm; minutes that the wall jumps over when it does.
    """
    asked, by_quarter = cache(asked), cache(lambda day: _by_quarter(asked(day)))
    for quarter in wall:
        due = {0} if any(_is_asked(asked, minute) for minute in quarter.skipped) else set()
        if goes_round or not quarter.is_second:
            due = due | by_quarter(quarter.day).get(quarter.number, NONE)
        for minute in sorted(due):
            yield quarter.begins + timedelta(minutes=minute)


def _by_quarter(minutes: set[int]) -> dict[int, set[int]]:
    quarters: dict[int, set[int]] = {}
    for minute in minutes:
        quarters.setdefault(minute // 15, set()).add(minute % 15)
    return quarters


def _is_asked(asked: Asked, local: datetime) -> bool:
    return local.hour * 60 + local.minute in asked(local.date())


@pytest.mark.slow
@pytest.mark.parametrize("zone", ZONES)
def test_two_years_of_every_kind_are_as_the_clock_on_the_wall_shows(zone: str):
    dice, wall = random.Random(zone), quarters(ZoneInfo(zone))
    for kind in KINDS:
        schedule, asked = kind(dice)
        schedule = replace(schedule, time_zone=zone)
        check(schedule)
        expected = list(watched(wall, asked, goes_round=kind in RHYTHMS))
        found = upcoming(schedule, BEGIN - timedelta(seconds=1), len(expected) + 1)
        assert [moment for moment in found if moment < END] == expected, (kind.__name__, schedule)
        assert expected
