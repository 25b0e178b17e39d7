"""Schedules that are over, or would be at once."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from importers.errors import InvalidSettings
from importers.model import Every, Schedule
from importers.schedule import check_goes_on, is_over

LAST_DAY = date(2026, 11, 1)
AMSTERDAM = {"time_zone": "Europe/Amsterdam", "ends_on": LAST_DAY}
DAILY = Schedule(Every.DAYS, at=time(9), **AMSTERDAM)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("schedule", "now", "expected"),
    [
        (DAILY, "2026-11-01 07:59", False),
        (DAILY, "2026-11-01 08:00", True),
        (Schedule(Every.DAYS, at=time(9)), "2026-11-26 12:00", False),
        (Schedule(ends_on=LAST_DAY), "2026-11-26 12:00", False),
        (Schedule(Every.CRON, cron="0 9 29 2 *", ends_on=date(2028, 2, 28)), "2026-11-26 12:00", True),
        (Schedule(Every.AFTER, after_id=1), "2026-11-26 12:00", False),
        (Schedule(Every.AFTER, after_id=1, **AMSTERDAM), "2026-11-01 22:59", False),  # type: ignore[arg-type]
        (Schedule(Every.AFTER, after_id=1, **AMSTERDAM), "2026-11-01 23:00", True),  # type: ignore[arg-type]
        (
            Schedule(Every.AFTER, after_id=1, starts_on=date(2026, 10, 1), **AMSTERDAM),  # type: ignore[arg-type]
            "2026-01-01 12:00",
            False,
        ),
    ],
)
def test_a_schedule_is_over_once_none_of_its_turns_can_come(schedule: Schedule, now: str, expected: bool):
    assert is_over(schedule, datetime.fromisoformat(now).replace(tzinfo=UTC)) is expected


def test_it_is_refused_with_what_to_do():
    with pytest.raises(InvalidSettings, match="over already") as refused:
        check_goes_on(DAILY, datetime(2026, 11, 26, tzinfo=UTC))
    assert refused.value.facts["field"] == "ends_on"
