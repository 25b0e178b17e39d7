"""
When an importer is due. Pure: schedule and moment in, moment out.

Minutes and hours are counted from local midnight ("every 50 minutes" is 00:00,
00:50, ... 23:20, and again 00:00); days are counted from Monday 1 January 2024,
so that two importers with the same rhythm run on the same days.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from importers.errors import InvalidSettings
from importers.model import Every, Schedule

_FIRST_DAY = date(2024, 1, 1)
_SEARCH_DAYS = 800
_MOST = {Every.MINUTES: 1440, Every.HOURS: 24, Every.DAYS: 365}
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WORKING_DAYS = (0, 1, 2, 3, 4)
_WEEKEND = (5, 6)


def check(schedule: Schedule) -> None:
    """Raises InvalidSettings where *schedule* makes no sense or would never be due."""
    most = _MOST.get(schedule.every)
    if most is not None and not 1 <= schedule.number <= most:
        raise InvalidSettings(
            f"Every {schedule.number} {schedule.every.value} is not possible.", hint=f"Choose 1 to {most}."
        )
    if any(day not in range(7) for day in schedule.weekdays):
        raise InvalidSettings("A weekday of the schedule does not exist.", hint="Choose days from Monday to Sunday.")
    if schedule.every is Every.DAYS and schedule.number > 1 and schedule.weekdays:
        raise InvalidSettings(
            "Every few days and certain weekdays do not go together.",
            hint="Choose weekdays with every 1 day, or a number of days without weekdays.",
        )
    if schedule.at.tzinfo is not None:
        raise InvalidSettings(
            "The time of day must not carry a time zone of its own.", hint="Choose the zone beside it."
        )
    _zone(schedule)


def next_run_after(schedule: Schedule, now: datetime) -> datetime | None:
    """
    Return the first moment after *now* at which *schedule* is due, in UTC.

    The search happens in the owner's zone and only the answer is turned into
    UTC, so "every day at 09:00" stays 09:00 across a clock change. A time that
    the change skips is due at the next moment that exists; a time that happens
    twice is due once, the first time.

    Returns None for a manual schedule.
    """
    return next(_moments_after(schedule, now), None)


def upcoming(schedule: Schedule, now: datetime, count: int) -> list[datetime]:
    """The next *count* moments, in UTC; empty for a manual schedule."""
    return [moment for moment, _ in zip(_moments_after(schedule, now), range(count), strict=False)]


@lru_cache(256)
def runs_by_day(schedule: Schedule, first: date, days: int = 7) -> tuple[int, ...]:
    """How often *schedule* is due on each of *days* days from *first* on, which are counted in UTC."""
    begins_at = datetime.combine(first, time(), tzinfo=UTC)
    counts = [0] * days
    for moment in _moments_after(schedule, begins_at - timedelta(microseconds=1)):
        day = (moment - begins_at).days
        if day >= days:
            break
        counts[day] += 1
    return tuple(counts)


def in_words(schedule: Schedule) -> str:
    """The schedule as a person would say it: "Every 2 hours on weekdays (Europe/Amsterdam)"."""
    if schedule.every is Every.MANUAL:
        return "Manually"
    if schedule.every is Every.DAYS:
        return f"{_days_in_words(schedule)} at {schedule.at:%H:%M} ({schedule.time_zone})"
    unit = schedule.every.value
    rhythm = f"Every {unit.removesuffix('s')}" if schedule.number == 1 else f"Every {schedule.number} {unit}"
    return " ".join(filter(None, (rhythm, _on(schedule.weekdays), f"({schedule.time_zone})")))


def _days_in_words(schedule: Schedule) -> str:
    days = tuple(sorted(set(schedule.weekdays)))
    if schedule.number > 1:
        return f"Every {schedule.number} days"
    if days in ((), tuple(range(7))):
        return "Every day"
    if days == _WORKING_DAYS:
        return "Every weekday"
    return f"Every {_listed([_WEEKDAYS[day] for day in days])}"


def _on(weekdays: Sequence[int]) -> str:
    days = tuple(sorted(set(weekdays)))
    if days in ((), tuple(range(7))):
        return ""
    if days == _WORKING_DAYS:
        return "on weekdays"
    if days == _WEEKEND:
        return "at weekends"
    return f"on {_listed([_WEEKDAYS[day] + 's' for day in days])}"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _moments_after(schedule: Schedule, now: datetime) -> Iterator[datetime]:
    if schedule.every is Every.MANUAL:
        return
    zone = _zone(schedule)
    last = now.astimezone(UTC)
    # Yesterday counts as well: a zone that skips a day moves its times past midnight.
    first_day = now.astimezone(zone).date() - timedelta(days=1)
    for days in range(_SEARCH_DAYS):
        for moment in _moments_of(schedule, first_day + timedelta(days=days), zone):
            if moment > last:
                last = moment
                yield moment


def _moments_of(schedule: Schedule, day: date, zone: ZoneInfo) -> Iterator[datetime]:
    if schedule.weekdays and day.weekday() not in schedule.weekdays:
        return
    for local in _local_times(schedule, day):
        yield _in_utc(local, zone)


def _local_times(schedule: Schedule, day: date) -> Iterator[datetime]:
    midnight = datetime.combine(day, time())
    if schedule.every is Every.DAYS:
        if (day - _FIRST_DAY).days % schedule.number == 0:
            yield datetime.combine(day, schedule.at)
        return
    minutes = schedule.number * (60 if schedule.every is Every.HOURS else 1)
    for minute in range(0, 24 * 60, minutes):
        yield midnight + timedelta(minutes=minute)


def _in_utc(local: datetime, zone: ZoneInfo) -> datetime:
    """The first moment at which the clocks of *zone* show *local*, or jump over it."""
    moment = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == local:
        return moment
    return _jump(local.replace(tzinfo=zone, fold=1).astimezone(UTC), moment, zone)


def _jump(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The moment between *before* and *after* at which the offset of *zone* changes, to the second."""
    old_offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + ((after - before) // 2)
        if middle.astimezone(zone).utcoffset() == old_offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def _zone(schedule: Schedule) -> ZoneInfo:
    try:
        return ZoneInfo(schedule.time_zone)
    except (KeyError, ValueError, OSError) as error:
        raise InvalidSettings(
            f"There is no time zone {schedule.time_zone!r}.", hint="Choose one like Europe/Tallinn or UTC."
        ) from error
