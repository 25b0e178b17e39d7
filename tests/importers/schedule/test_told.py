"""What people are told of a schedule: where the clocks change, after which importer, from which minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from importers.errors import InvalidSettings
from importers.model import WORKING_DAY, Every, Schedule
from importers.schedule import check, coming, in_words, remark, upcoming

ZONE = "Europe/Amsterdam"


def remarks(schedule: Schedule, now: datetime, count: int) -> list[str]:
    return [remark(one, schedule) for one in coming(schedule, now, count)]


def test_a_time_that_does_not_exist_is_pointed_out():
    schedule = Schedule(Every.DAYS, at=time(2, 30), time_zone=ZONE)
    assert remarks(schedule, datetime(2026, 3, 27, 12, tzinfo=UTC), 3) == [
        "",
        "02:30 does not exist on 29 March: runs at 03:00",
        "",
    ]


def test_a_day_that_does_not_exist_is_pointed_out():
    schedule = Schedule(Every.DAYS, at=time(9), time_zone="Pacific/Apia")
    assert remarks(schedule, datetime(2011, 12, 29, 20, tzinfo=UTC), 1) == [
        "09:00 does not exist on 30 December: runs at 00:00 on 31 December"
    ]


def test_a_time_that_comes_twice_is_pointed_out():
    schedule = Schedule(Every.DAYS, at=time(2, 30), time_zone=ZONE)
    assert remarks(schedule, datetime(2026, 10, 24, 12, tzinfo=UTC), 2) == [
        "02:30 comes twice on 25 October: runs the first time",
        "",
    ]


@pytest.mark.parametrize("schedule", [Schedule(Every.HOURS, minute=17), Schedule(Every.CRON, cron="17 * * * *")])
def test_a_rhythm_goes_through_both_rounds(schedule: Schedule):
    schedule = Schedule(schedule.every, minute=schedule.minute, cron=schedule.cron, time_zone=ZONE)
    assert remarks(schedule, datetime(2026, 10, 24, 23, 30, tzinfo=UTC), 3) == [
        "02:17 comes twice on 25 October: this is the first time",
        "02:17 comes twice on 25 October: this is the second time",
        "",
    ]


def test_the_moments_are_those_at_which_it_is_due():
    schedule = Schedule(Every.MINUTES, 20, time_zone=ZONE)
    now = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    assert [one.at for one in coming(schedule, now, 9)] == upcoming(schedule, now, 9)


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        (Schedule(Every.MINUTES, 30, minute=17), "Every 30 minutes at 17 and 47 past (UTC)"),
        (Schedule(Every.MINUTES, 15, minute=17), "Every 15 minutes at 2, 17, 32 and 47 past (UTC)"),
        (Schedule(Every.MINUTES, 15, minute=30), "Every 15 minutes (UTC)"),
        (Schedule(Every.MINUTES, 5, minute=17), "Every 5 minutes counted from 00:02 (UTC)"),
        (Schedule(Every.MINUTES, 60, minute=17), "Every 60 minutes at 17 past (UTC)"),
        (Schedule(Every.HOURS, 6, minute=197), "Every 6 hours counted from 03:17 (UTC)"),
        (
            Schedule(Every.HOURS, 2, minute=17, opens=time(8), closes=time(18)),
            "Every 2 hours from 08:00 to 18:00 (UTC)",
        ),
    ],
)
def test_the_minute_is_told_where_it_counts(schedule: Schedule, words: str):
    assert in_words(schedule) == words


def test_the_importer_it_follows_is_named_where_that_is_known():
    schedule = Schedule(Every.AFTER, after_id=3)
    assert in_words(schedule, after="Deals to Excel") == "After “Deals to Excel”"
    assert in_words(schedule) == "After another importer"


@pytest.mark.parametrize(
    ("schedule", "field"),
    [
        (Schedule(Every.HOURS, 0), "number"),
        (Schedule(Every.DAYS, 3, (1,)), "weekdays"),
        (Schedule(Every.MINUTES, weekdays=(9,)), "weekdays"),
        (Schedule(Every.MONTHS, weekdays=(1,)), "weekdays"),
        (Schedule(Every.MONTHS, month_day=32), "month_day"),
        (Schedule(Every.MONTHS, nth=5), "nth"),
        (Schedule(Every.MONTHS, nth=1, nth_day=WORKING_DAY + 1), "nth"),
        (Schedule(Every.MINUTES, opens=time(9)), "opens"),
        (Schedule(Every.HOURS, minute=1440), "minute"),
        (Schedule(Every.CRON, cron="* *"), "cron"),
        (Schedule(Every.AFTER), "after_id"),
        (Schedule(Every.DAYS, starts_on=date(2026, 2, 1), ends_on=date(2026, 1, 1)), "ends_on"),
        (Schedule(time_zone="Mars/Olympus"), "time_zone"),
    ],
)
def test_what_makes_no_sense_names_its_field(schedule: Schedule, field: str):
    with pytest.raises(InvalidSettings) as refused:
        check(schedule)
    assert refused.value.facts["field"] == field
