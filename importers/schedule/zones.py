"""The zone a schedule counts in."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from importers.errors import InvalidSettings
from importers.model import Schedule


def zone_of(schedule: Schedule) -> ZoneInfo:
    try:
        return ZoneInfo(schedule.time_zone)
    except (KeyError, ValueError, OSError) as error:
        raise InvalidSettings(
            f"There is no time zone {schedule.time_zone!r}.",
            hint="Choose one like Europe/Tallinn or UTC.",
            field="time_zone",
        ) from error
