"""The time zones to choose from."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from importlib.resources import files

from web import current

UTC = "UTC"
_WORLD = "World"


@lru_cache(maxsize=1)
def known() -> tuple[str, ...]:
    """
    The zones people live in, as the time zone database lists them for each
    country; old names for the same zones are left out.
    """
    table = files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8")
    return tuple(sorted(line.split("\t")[2] for line in table.splitlines() if line and not line.startswith("#")))


def by_region(kept: str | None) -> dict[str, list[tuple[str, str]]]:
    """
    Names with what to call them ("Europe/Amsterdam", "Amsterdam (UTC+01:00)"),
    under their regions. *kept* is among them, whatever it is called now.
    """
    now = current.now()
    # Offsets change at quarters of an hour: until then what was read from four hundred files holds.
    quarter = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)
    names = (UTC,) if not kept or kept == UTC or kept in known() else (UTC, kept)
    return {_WORLD: [(name, _label(name, name, now)) for name in names], **_regions(quarter)}


@lru_cache(maxsize=1)
def _regions(now: datetime) -> dict[str, list[tuple[str, str]]]:
    regions: dict[str, list[tuple[str, str]]] = {}
    for name in known():
        region, _, place = name.partition("/")
        regions.setdefault(region, []).append((name, _label(name, place.replace("_", " "), now)))
    return regions


def _label(name: str, called: str, now: datetime) -> str:
    if name == UTC:
        return UTC
    offset = f"{now.astimezone(current.zone_named(name)):%z}"
    return f"{called} (UTC{offset[:3]}:{offset[3:5]})"
