"""The zone a schedule counts in."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from importers.errors import InvalidSettings
from importers.model import Schedule


def zone_of(schedule: Schedule) -> ZoneInfo:
    try:
        return ZoneInfo(schedule.time_zone)
    except (KeyError, ValueError, OSError) as error:
        raise _unknown(schedule) from error


def check_zone(schedule: Schedule) -> None:
    """
    Raises InvalidSettings for a zone that is not one by its proper name. What this
    machine has besides those (`posix/Europe/Berlin`, `localtime`), another may lack.
    """
    zone_of(schedule)
    if schedule.time_zone not in _everywhere():
        raise _unknown(schedule)


@lru_cache(maxsize=1)
def _everywhere() -> frozenset[str]:
    names = files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()
    return frozenset(names) - {"Factory"}


def _unknown(schedule: Schedule) -> InvalidSettings:
    return InvalidSettings(
        f"There is no time zone {schedule.time_zone!r}.",
        hint="Choose one like Europe/Tallinn or UTC.",
        field="time_zone",
    )
