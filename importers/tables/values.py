"""
One value as a vendor sends it becomes one cell.

Nothing is lost: what does not fit its column's kind becomes text. Only empty
values ("", null, a zero date, a number that is none) become None.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from importers.model import Cell, ColumnKind

Make = Callable[[Any], Cell]
"""Turns one value into one cell. Never called with None."""

_EXACT = 10**15
"""Spreadsheets keep 15 digits; a longer whole number would change."""

_WHOLE = re.compile(r"-?(0|[1-9][0-9]*)", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?", re.ASCII)
_CLOCK = re.compile(r"([0-9]{1,4}):([0-5][0-9])(?::([0-5][0-9]))?(?:\.0+)?", re.ASCII)
_NO_DATE = "0000-00-00"
_WORDS = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}
_DATE_LENGTH = len("2026-01-31")
_MOMENT_LENGTH = len("2026-01-31T10:20:00")


def maker(kind: ColumnKind, *, zone: ZoneInfo) -> Make:
    """How values of a column of *kind* become cells; moments are shown in *zone*."""
    if kind is ColumnKind.MOMENT:
        return Moments(zone)
    return _MAKERS[kind]


def text(value: Any) -> Cell:
    if value.__class__ is str:
        return value or None
    if value.__class__ is bool:
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return None if value != value else str(value)
    return _json(value) if value else None


def whole(value: Any) -> Cell:
    if value.__class__ is int:
        return value if -_EXACT < value < _EXACT else str(value)
    if isinstance(value, float):
        return _whole_float(value)
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return whole(int(value)) if len(value) < 100 else value
    return number(value)


def number(value: Any) -> Cell:
    if value.__class__ is float:
        return value if math.isfinite(value) else None
    if value.__class__ is int:
        return value if -_EXACT < value < _EXACT else str(value)
    if isinstance(value, str):
        return _number_in_text(value)
    return text(value)


def money(value: Any) -> Cell:
    """An amount; of an object with a currency only the amount."""
    if isinstance(value, dict):
        amount = value.get("value", value.get("amount"))
        return None if amount is None else number(amount)
    return number(value)


def boolean(value: Any) -> Cell:
    if value.__class__ is bool:
        return value
    if value in (0, 1):
        return bool(value)
    if isinstance(value, str):
        return _WORDS.get(value.lower(), text(value))
    return text(value)


def day(value: Any) -> Cell:
    """`YYYY-MM-DD`, with or without a midnight behind it."""
    if not isinstance(value, str):
        return text(value)
    if value.startswith(_NO_DATE):
        return None
    rest = value[_DATE_LENGTH:]
    if rest and rest[1:].rstrip("Z") not in ("00:00:00", "00:00:00.000"):
        return text(value)
    return _date(value[:_DATE_LENGTH]) or text(value)


def clock_time(value: Any) -> Cell:
    """`HH:MM` or `HH:MM:SS`."""
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if not found or int(found[1]) > 23:
        return text(value)
    return time(int(found[1]), int(found[2]), int(found[3] or 0))


def duration(value: Any) -> Cell:
    """`HH:MM` or `HH:MM:SS`; more than 23 hours are welcome."""
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if not found:
        return text(value)
    return timedelta(hours=int(found[1]), minutes=int(found[2]), seconds=int(found[3] or 0))


def listing(value: Any) -> Cell:
    """The items of a list in one text, separated by commas."""
    if not isinstance(value, list):
        return text(value)
    items = (text(item) for item in value if item is not None)
    return ", ".join(str(item) for item in items if item is not None) or None


class Moments:
    """
    `2026-01-31T10:20:00Z` or `2026-01-31 10:20:00` (UTC) as the clocks of *zone* show it.

    Fractions of a second are cut off: spreadsheets round them, each in its own
    way. Offsets are looked up once a day of the calendar; only days on which
    the clocks change are computed in full every time.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._offsets: dict[str, timedelta | None] = {}

    def __call__(self, value: Any) -> Cell:
        if value.__class__ is not str:
            return text(value)
        try:
            offset = self._offsets[value[:_DATE_LENGTH]]
        except KeyError:
            offset = self._remember(value[:_DATE_LENGTH])
        try:
            if offset is not None and (value[_MOMENT_LENGTH:] == "Z" or len(value) == _MOMENT_LENGTH):
                return datetime.fromisoformat(value[:_MOMENT_LENGTH]) + offset
            return self._in_full(value)
        except (ValueError, OverflowError):
            return None if value.startswith(_NO_DATE) else text(value)

    def _remember(self, day: str) -> timedelta | None:
        """The offset that holds on the whole *day* (UTC), or None."""
        if len(self._offsets) > 50_000:
            self._offsets.clear()
        self._offsets[day] = offset = self._offset_on(day)
        return offset

    def _offset_on(self, day: str) -> timedelta | None:
        try:
            start = datetime.fromisoformat(day).replace(tzinfo=UTC)
            offsets = {(start + timedelta(hours=hours)).astimezone(self._zone).utcoffset() for hours in (0, 12, 24)}
        except (ValueError, OverflowError):
            return None
        return offsets.pop() if len(offsets) == 1 else None

    def _in_full(self, value: str) -> datetime:
        if len(value) < _MOMENT_LENGTH:
            raise ValueError("a day is no moment")
        moment = datetime.fromisoformat(value)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware.astimezone(self._zone).replace(tzinfo=None, microsecond=0)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _whole_float(value: float) -> Cell:
    if math.isfinite(value) and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    return number(value)


def _number_in_text(value: str) -> Cell:
    if not value or value.lower() == "nan":
        return None
    if not _NUMBER.fullmatch(value) or sum(map(str.isdigit, value)) > 15 or _has_leading_zero(value):
        return value
    as_float = float(value)
    if not math.isfinite(as_float):
        return value
    return int(value) if _WHOLE.fullmatch(value) else as_float


def _has_leading_zero(value: str) -> bool:
    digits = value.lstrip("-")
    return len(digits) > 1 and digits[0] == "0" and digits[1].isdigit()


def _date(value: str) -> date | None:
    try:
        return date.fromisoformat(value) if value[4:5] == "-" == value[7:8] else None
    except ValueError:
        return None


_MAKERS: dict[ColumnKind, Make] = {
    ColumnKind.TEXT: text,
    ColumnKind.WHOLE: whole,
    ColumnKind.NUMBER: number,
    ColumnKind.MONEY: money,
    ColumnKind.BOOLEAN: boolean,
    ColumnKind.DATE: day,
    ColumnKind.TIME: clock_time,
    ColumnKind.DURATION: duration,
    ColumnKind.LIST: listing,
}
