"""When an importer is due."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers.errors import InvalidSettings
from importers.model import LAST, WORKING_DAY, Every, Schedule
from importers.schedule import check, in_words, next_run_after, runs_by_day, upcoming

NINE = Schedule(Every.DAYS, at=time(9, 0), time_zone="Europe/Amsterdam")
WORKING_DAYS = (0, 1, 2, 3, 4)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def told(schedule: Schedule, now: str, count: int = 1) -> list[str]:
    return [f"{moment:%Y-%m-%d %H:%M}" for moment in upcoming(schedule, utc(now), count)]


def test_a_manual_schedule_is_never_due():
    assert next_run_after(Schedule(), utc("2026-01-01 12:00")) is None
    assert upcoming(Schedule(), utc("2026-01-01 12:00"), 3) == []


def test_the_answer_is_after_now_and_in_utc():
    due = next_run_after(Schedule(Every.HOURS), utc("2026-01-01 12:00"))
    assert due == utc("2026-01-01 13:00")
    assert due is not None
    assert due.tzinfo is UTC


def test_it_keeps_nine_o_clock_across_a_clock_change():
    assert told(NINE, "2026-03-27 12:00", 3) == ["2026-03-28 08:00", "2026-03-29 07:00", "2026-03-30 07:00"]
    assert told(NINE, "2026-10-23 12:00", 3) == ["2026-10-24 07:00", "2026-10-25 08:00", "2026-10-26 08:00"]


def test_a_time_that_the_clock_change_skips_is_due_when_the_clock_has_jumped():
    assert told(replace(NINE, at=time(2, 30)), "2026-03-28 12:00", 2) == ["2026-03-29 01:00", "2026-03-30 00:30"]


def test_a_time_that_happens_twice_is_due_the_first_time_only():
    assert told(replace(NINE, at=time(2, 30)), "2026-10-24 12:00", 2) == ["2026-10-25 00:30", "2026-10-26 01:30"]


def test_a_time_that_asks_for_the_second_time_round_is_due_at_the_first_as_well():
    second = replace(NINE, at=time(2, 0, fold=1))
    assert told(second, "2026-03-28 12:00", 2) == told(replace(NINE, at=time(2, 0)), "2026-03-28 12:00", 2)


def test_a_skipped_hour_does_not_make_two_runs_of_one_moment():
    half_hours = Schedule(Every.MINUTES, 30, time_zone="Europe/Amsterdam")
    assert told(half_hours, "2026-03-29 00:00", 4) == [
        "2026-03-29 00:30", "2026-03-29 01:00", "2026-03-29 01:30", "2026-03-29 02:00",
    ]  # fmt: skip


def test_minutes_are_counted_from_local_midnight():
    fifty = Schedule(Every.MINUTES, 50, time_zone="Asia/Kolkata")
    assert told(fifty, "2026-01-01 17:00", 3) == ["2026-01-01 17:50", "2026-01-01 18:30", "2026-01-01 19:20"]


def test_hours_are_counted_from_local_midnight():
    assert told(Schedule(Every.HOURS, 6, time_zone="Asia/Kolkata"), "2026-01-01 00:00", 2) == [
        "2026-01-01 00:30", "2026-01-01 06:30",
    ]  # fmt: skip


def test_weekdays_are_the_owners():
    """Monday in Auckland begins on Sunday in Greenwich."""
    monday = Schedule(Every.DAYS, weekdays=(0,), at=time(9, 0), time_zone="Pacific/Auckland")
    assert told(monday, "2026-01-01 00:00", 2) == ["2026-01-04 20:00", "2026-01-11 20:00"]


def test_hours_on_weekdays_rest_at_the_weekend():
    schedule = Schedule(Every.HOURS, 12, WORKING_DAYS)
    assert told(schedule, "2026-01-02 11:00", 3) == ["2026-01-02 12:00", "2026-01-05 00:00", "2026-01-05 12:00"]


def test_every_few_days_falls_on_the_same_days_for_everybody():
    third_day = Schedule(Every.DAYS, 3, at=time(0, 0))
    for now in ("2026-01-02 12:00", "2026-01-03 12:00", "2026-01-04 23:59"):
        assert told(third_day, now, 2) == ["2026-01-05 00:00", "2026-01-08 00:00"]


def test_every_365_days_is_found():
    assert told(Schedule(Every.DAYS, 365, at=time(0, 0)), "2024-01-01 00:00", 1) == ["2024-12-31 00:00"]


def test_a_day_that_a_zone_skips_is_due_when_the_next_begins():
    """Samoa went from 29 to 31 December 2011."""
    samoa = Schedule(Every.DAYS, at=time(9, 0), time_zone="Pacific/Apia")
    assert told(samoa, "2011-12-29 12:00", 3) == ["2011-12-29 19:00", "2011-12-30 10:00", "2011-12-30 19:00"]


# --- against a search minute by minute ---

ZONES = ("Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC")
ANCHORS = ("2026-03-08", "2026-03-29", "2026-04-05", "2026-10-04", "2026-10-25", "2026-11-01", "2026-02-27")
SPAN = timedelta(days=3)


def local_times(schedule: Schedule, day: date) -> list[datetime]:
    """What the owner asked for on *day*, by the owner's clock."""
    if schedule.weekdays and day.weekday() not in schedule.weekdays:
        return []
    midnight = datetime.combine(day, time())
    if schedule.every is Every.DAYS:
        is_turn = (day.toordinal() - date(2024, 1, 1).toordinal()) % schedule.number == 0
        return [datetime.combine(day, schedule.at)] if is_turn else []
    step = schedule.number * (60 if schedule.every is Every.HOURS else 1)
    return [midnight + timedelta(minutes=minute) for minute in range(1440) if minute % step == 0]


def by_the_minute(schedule: Schedule, start: datetime, until: datetime) -> list[datetime]:
    """Watch the owner's clock minute by minute: due is the first moment it shows a time asked for, or a later one."""
    zone = ZoneInfo(schedule.time_zone)
    first_day = start.astimezone(zone).date() - timedelta(days=2)
    asked = sorted(at for days in range(8) for at in local_times(schedule, first_day + timedelta(days=days)))
    due, place = [], 0
    moment = start - timedelta(days=1)
    while moment <= until:
        shown = moment.astimezone(zone).replace(tzinfo=None)
        reached = place
        while reached < len(asked) and asked[reached] <= shown:
            reached += 1
        is_second_round = moment.astimezone(zone).fold == 1 and shown in asked
        goes_round = schedule.every in (Every.MINUTES, Every.HOURS)
        if (reached > place or (goes_round and is_second_round)) and start < moment:
            due.append(moment)
        place = max(place, reached)
        moment += timedelta(minutes=1)
    return due


schedules = st.one_of(
    st.builds(Schedule, st.just(Every.MINUTES), st.sampled_from((15, 20, 45, 50, 90, 1440))),
    st.builds(Schedule, st.just(Every.HOURS), st.integers(1, 24)),
    st.builds(Schedule, st.just(Every.DAYS), st.integers(1, 4), at=st.times().map(lambda t: t.replace(second=0, microsecond=0))),
)  # fmt: skip


@given(
    schedule=schedules,
    zone=st.sampled_from(ZONES),
    weekdays=st.sets(st.integers(0, 6), max_size=6),
    anchor=st.sampled_from(ANCHORS),
    minutes=st.integers(-1440, 0),
)
def test_it_agrees_with_somebody_who_watches_the_clock(schedule, zone, weekdays, anchor, minutes):
    schedule = replace(schedule, time_zone=zone, weekdays=tuple(weekdays))
    start = utc(anchor) + timedelta(minutes=minutes)
    expected = by_the_minute(schedule, start, start + SPAN)
    found = [moment for moment in upcoming(schedule, start, len(expected) + 1) if moment <= start + SPAN]
    assert found == expected


# --- words ---


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        (Schedule(), "Manually"),
        (Schedule(Every.MINUTES), "Every minute (UTC)"),
        (Schedule(Every.MINUTES, 15), "Every 15 minutes (UTC)"),
        (Schedule(Every.HOURS, time_zone="Europe/Amsterdam"), "Every hour (Europe/Amsterdam)"),
        (Schedule(Every.HOURS, 2, WORKING_DAYS), "Every 2 hours on weekdays (UTC)"),
        (Schedule(Every.HOURS, 2, (6, 5)), "Every 2 hours at weekends (UTC)"),
        (Schedule(Every.HOURS, 2, (4, 0, 2)), "Every 2 hours on Mondays, Wednesdays and Fridays (UTC)"),
        (Schedule(Every.HOURS, 2, tuple(range(7))), "Every 2 hours (UTC)"),
        (Schedule(Every.DAYS, at=time(9), time_zone="Europe/Tallinn"), "Every day at 09:00 (Europe/Tallinn)"),
        (Schedule(Every.DAYS, 3, at=time(23, 5)), "Every 3 days at 23:05 (UTC)"),
        (Schedule(Every.DAYS, 1, WORKING_DAYS, time(9)), "Every weekday at 09:00 (UTC)"),
        (Schedule(Every.DAYS, 1, (3, 0), time(9)), "Every Monday and Thursday at 09:00 (UTC)"),
        (Schedule(Every.DAYS, 1, (2,), time(9)), "Every Wednesday at 09:00 (UTC)"),
        (
            Schedule(Every.DAYS, at=time(17), more_times=(time(9), time(13))),
            "Every day at 09:00, 13:00 and 17:00 (UTC)",
        ),
        (Schedule(Every.HOURS, 1, minute=17), "Every hour at 17 past (UTC)"),
        (
            Schedule(Every.HOURS, 1, WORKING_DAYS, opens=time(8), closes=time(18)),
            "Every hour from 08:00 to 18:00 on weekdays (UTC)",
        ),
        (Schedule(Every.MONTHS, month_day=1), "On the 1st of every month at 09:00 (UTC)"),
        (Schedule(Every.MONTHS, month_day=LAST), "On the last day of every month at 09:00 (UTC)"),
        (Schedule(Every.MONTHS, month_day=31), "On the 31st (or last) of every month at 09:00 (UTC)"),
        (Schedule(Every.MONTHS, 3, month_day=22), "On the 22nd of every 3rd month at 09:00 (UTC)"),
        (Schedule(Every.MONTHS, nth=1, nth_day=WORKING_DAY), "On the first working day of every month at 09:00 (UTC)"),
        (Schedule(Every.MONTHS, nth=LAST, nth_day=4), "On the last Friday of every month at 09:00 (UTC)"),
        (Schedule(Every.CRON, cron="30 8 * * 1-5"), "At 08:30 on Monday through Friday (UTC)"),
        (Schedule(Every.AFTER, after_id=3), "After another importer"),
        (
            Schedule(Every.AFTER, after_id=3, starts_on=date(2026, 1, 5), ends_on=date(2026, 3, 31)),
            "After another importer from 5 January 2026 until 31 March 2026 (UTC)",
        ),
        (
            Schedule(Every.DAYS, starts_on=date(2026, 3, 1), ends_on=date(2026, 12, 31)),
            "Every day at 09:00 (UTC) from 1 March 2026 until 31 December 2026",
        ),
    ],
)
def test_it_is_told_in_words(schedule: Schedule, words: str):
    assert in_words(schedule) == words


# --- what makes no sense ---


@pytest.mark.parametrize(
    ("schedule", "says"),
    [
        (Schedule(Every.MINUTES, 0), "Every 0 minutes"),
        (Schedule(Every.MINUTES, 1441), "1 to 1440"),
        (Schedule(Every.HOURS, 25), "1 to 24"),
        (Schedule(Every.DAYS, 366), "1 to 365"),
        (Schedule(Every.DAYS, -1), "Every -1 days"),
        (Schedule(Every.HOURS, weekdays=(7,)), "weekday"),
        (Schedule(Every.DAYS, 2, (1,)), "do not go together"),
        (Schedule(Every.DAYS, at=time(9, tzinfo=UTC)), "zone of its own"),
        (Schedule(time_zone="Mars/Olympus"), "Mars/Olympus"),
        (Schedule(time_zone="../../etc/passwd"), "time zone"),
        (Schedule(time_zone=""), "time zone"),
        (Schedule(time_zone="posix/Europe/Berlin"), "time zone"),
        (Schedule(time_zone="right/Europe/Berlin"), "time zone"),
        (Schedule(time_zone="posixrules"), "time zone"),
        (Schedule(time_zone="localtime"), "time zone"),
        (Schedule(time_zone="Factory"), "time zone"),
        (Schedule(time_zone="europe/berlin"), "time zone"),
        (Schedule(Every.MONTHS, 13), "1 to 12"),
        (Schedule(Every.MONTHS, month_day=0), "no such day"),
        (Schedule(Every.MONTHS, month_day=32), "no such day"),
        (Schedule(Every.MONTHS, nth=5), "no such day"),
        (Schedule(Every.MONTHS, weekdays=(1,)), "do not go together"),
        (Schedule(Every.HOURS, opens=time(8)), "one end"),
        (Schedule(Every.CRON), "empty"),
        (Schedule(Every.CRON, cron="* * *"), "not five"),
        (Schedule(Every.CRON, cron="* * * * * *"), "not five"),
        (Schedule(Every.CRON, cron="hello"), "has 1 part, not five"),
        (Schedule(Every.CRON, cron="61 * * * *"), "its minute “61” cannot be read"),
        (Schedule(Every.CRON, cron="0 0 32 * *"), "its day of the month “32” cannot be read"),
        (Schedule(Every.CRON, cron="0 0 31 2 *"), "never due|day"),
        (Schedule(Every.AFTER), "after which"),
        (Schedule(Every.DAYS, starts_on=date(2026, 3, 1), ends_on=date(2026, 2, 1)), "ends before"),
        (Schedule(Every.DAYS, weekdays=(6,), starts_on=date(2026, 3, 2), ends_on=date(2026, 3, 3)), "never due"),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(schedule: Schedule, says: str):
    with pytest.raises(InvalidSettings, match=says):
        check(schedule)


@given(schedule=schedules, zone=st.sampled_from(ZONES))
def test_whatever_passes_the_check_is_due_some_time(schedule, zone):
    schedule = replace(schedule, time_zone=zone)
    check(schedule)
    assert next_run_after(schedule, utc("2026-01-01 00:00")) is not None


# --- how often, day by day ---


def _by_hand(schedule: Schedule, first: date) -> tuple[int, ...]:
    """Looks at every minute of a week; only right where no clock changes in it."""
    zone, begin = ZoneInfo(schedule.time_zone), datetime.combine(first, time(), tzinfo=UTC)
    return tuple(
        sum(_is_due(schedule, (begin + timedelta(days=day, minutes=minute)).astimezone(zone)) for minute in range(1440))
        for day in range(7)
    )


def _is_due(schedule: Schedule, local: datetime) -> bool:
    if schedule.weekdays and local.weekday() not in schedule.weekdays:
        return False
    minutes = local.hour * 60 + local.minute
    if schedule.every is Every.DAYS:
        nth = (local.date() - date(2024, 1, 1)).days
        return nth % schedule.number == 0 and minutes == schedule.at.hour * 60 + schedule.at.minute
    return minutes % (schedule.number * (60 if schedule.every is Every.HOURS else 1)) == 0


@given(
    every=st.sampled_from([Every.MINUTES, Every.HOURS, Every.DAYS]),
    number=st.integers(1, 24),
    weekdays=st.sets(st.integers(0, 6)),
    at=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    zone=st.sampled_from(["UTC", "Asia/Kolkata", "Pacific/Kiritimati", "America/Phoenix", "Asia/Tokyo"]),
    first=st.dates(date(2026, 1, 1), date(2026, 12, 1)),
)
def test_the_runs_of_a_week_are_those_found_by_looking_at_every_minute(
    every: Every, number: int, weekdays: set[int], at: time, zone: str, first: date
):
    days = () if every is Every.DAYS and number > 1 else tuple(sorted(weekdays))
    schedule = Schedule(every, number, days, at, zone)
    assert runs_by_day(schedule, first) == _by_hand(schedule, first)


def test_a_manual_schedule_has_no_runs():
    assert runs_by_day(Schedule(), date(2026, 1, 5)) == (0,) * 7


def test_working_days_are_five_of_seven():
    schedule = Schedule(Every.HOURS, 2, (0, 1, 2, 3, 4))
    assert runs_by_day(schedule, date(2026, 1, 5)) == (12, 12, 12, 12, 12, 0, 0)


def test_a_rhythm_goes_on_through_an_hour_that_happens_twice():
    schedule = Schedule(Every.HOURS, 1, time_zone="Europe/Berlin")
    assert runs_by_day(schedule, date(2026, 10, 24), 3) == (24, 24, 24)
    assert runs_by_day(schedule, date(2026, 3, 28), 3) == (24, 24, 24)
