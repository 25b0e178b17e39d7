"""From local times to moments in UTC, across skipped and doubled hours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import Enum
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo

from importers.errors import InvalidSettings
from importers.model import Every, Schedule
from importers.schedule.days import local_times
from importers.schedule.zones import zone_of

_NEVER = (Every.MANUAL, Every.AFTER)


class Clocks(Enum):
    """What the clocks do with a time of the day, where it is not on them exactly once."""

    SKIP_IT = "skip it"
    SHOW_IT_FIRST = "show it for the first of two times"
    SHOW_IT_AGAIN = "show it again"


@dataclass(frozen=True, slots=True)
class Coming:
    """A moment, in UTC, at which a schedule is due; *local* is the time that was asked for."""

    at: datetime
    local: datetime
    clocks: Clocks | None = None


_CHANGE = timedelta(hours=26)
"""No change of the clocks is larger, and no two come within it."""


def next_run_after(schedule: Schedule, now: datetime) -> datetime | None:
    """
    Return the first moment after *now* at which *schedule* is due, in UTC.

    The search happens in the owner's zone and only the answer is turned into
    UTC, so "every day at 09:00" stays 09:00 across a clock change. A time that
    the change skips is due at the next moment that exists. A time that happens
    twice is due once, the first time; but a rhythm of minutes or hours (for
    cron: a minute or an hour that begins with `*`) goes on in the second hour,
    too.

    Returns None where no moment will come by itself: manual, after another
    importer, or ended.
    """
    return next((one.at for one in _moments_after(schedule, now)), None)


def covers(schedule: Schedule, at: datetime) -> bool:
    """
    Whether the day of *at*, in the owner's zone, is one from the schedule's
    first to its last. A zone that this machine knows no more counts as UTC:
    the run that asks, another importer's, must end well all the same.
    """
    if schedule.starts_on is None and schedule.ends_on is None:
        return True
    try:
        zone: tzinfo = zone_of(schedule)
    except InvalidSettings:
        zone = UTC
    day = at.astimezone(zone).date()
    return (schedule.starts_on or day) <= day <= (schedule.ends_on or day)


def upcoming(schedule: Schedule, now: datetime, count: int) -> list[datetime]:
    """The next *count* moments, in UTC, or as many as there are."""
    return [one.at for one in coming(schedule, now, count)]


def coming(schedule: Schedule, now: datetime, count: int) -> list[Coming]:
    """As `upcoming`, each with the time that was asked for."""
    return list(islice(_moments_after(schedule, now), count))


@lru_cache(256)
def runs_by_day(schedule: Schedule, first: date, days: int = 7) -> tuple[int, ...]:
    """How often *schedule* is due on each of *days* days from *first* on, which are counted in UTC."""
    begins_at = datetime.combine(first, time(), tzinfo=UTC)
    counts = [0] * days
    for one in _moments_after(schedule, begins_at - timedelta(microseconds=1)):
        day = (one.at - begins_at).days
        if day >= days:
            break
        counts[day] += 1
    return tuple(counts)


def _moments_after(schedule: Schedule, now: datetime) -> Iterator[Coming]:
    if schedule.every in _NEVER:
        return
    zone = zone_of(schedule)
    last = now.astimezone(UTC)
    # Yesterday counts as well: a zone that skips a day moves its times past midnight.
    for one in _in_order(schedule, now.astimezone(zone).date() - timedelta(days=1), zone, _certainly_over(now, zone)):
        if one.at > last:
            last = one.at
            yield one


def _certainly_over(now: datetime, zone: ZoneInfo) -> datetime:
    """Up to this local time every moment is *now* or before; to know that is much cheaper than to look at each."""
    local = now.astimezone(zone)
    around = (local.utcoffset(), *((now + span).astimezone(zone).utcoffset() for span in (-_CHANGE, _CHANGE)))
    is_even = len(set(around)) == 1
    return (local if is_even else local - _CHANGE).replace(tzinfo=None)


def _in_order(schedule: Schedule, first: date, zone: ZoneInfo, over: datetime) -> Iterator[Coming]:
    """
    The moments of the local times after *over*. Those of the second round of a
    doubled hour wait until the first round is over.
    """
    goes_round = is_rhythm(schedule)
    waiting: list[Coming] = []
    for local in local_times(schedule, first):
        if local <= over:
            continue
        moment, *again = _in_utc(local, zone)
        while waiting and waiting[0].at < moment.at:
            yield waiting.pop(0)
        yield moment
        if goes_round:
            waiting += again
    yield from waiting


def is_rhythm(schedule: Schedule) -> bool:
    """Whether it means "every so often" rather than certain times of the day."""
    if schedule.every is Every.CRON:
        return any(field.startswith("*") for field in schedule.cron.split()[:2])
    return schedule.every in (Every.MINUTES, Every.HOURS)


def _in_utc(local: datetime, zone: ZoneInfo) -> tuple[Coming, ...]:
    """When the clocks of *zone* show *local*, once or twice, or jump over it."""
    first = local.replace(tzinfo=zone, fold=0)
    earlier, later = (at.utcoffset() or timedelta() for at in (first, first.replace(fold=1)))
    moment, other = ((local - offset).replace(tzinfo=UTC) for offset in (earlier, later))
    if earlier == later:
        return (Coming(moment, local),)
    if earlier < later:
        return (Coming(_jump(other, moment, zone), local, Clocks.SKIP_IT),)
    return (Coming(moment, local, Clocks.SHOW_IT_FIRST), Coming(other, local, Clocks.SHOW_IT_AGAIN))


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
