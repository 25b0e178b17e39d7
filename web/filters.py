"""Values as people read them. Times are relative, with the exact moment in the reader's zone one hover away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from babel.dates import format_datetime, format_timedelta
from babel.numbers import format_decimal
from flask import Flask
from markupsafe import Markup, escape

from importers.model import Cell, ColumnKind, Run, Schedule
from importers.schedule import in_words
from web import current

_LOCALE = "en"
_LONGEST_CELL = 300
_NUMBERS = (ColumnKind.WHOLE, ColumnKind.NUMBER, ColumnKind.MONEY)


def register(app: Flask) -> None:
    for function in (when, exact, clock, span, count, cell, cell_class, elapsed, in_words_of):
        app.add_template_filter(function)


def when(moment: datetime | None, nothing: str = "never") -> Markup | str:
    """A moment, relative to now, with its exact time on hover."""
    if moment is None:
        return nothing
    return Markup('<time datetime="{}" title="{}" data-relative>{}</time>').format(
        moment.isoformat(), exact(moment), relative(moment)
    )


def relative(moment: datetime) -> str:
    delta = moment - current.now()
    if abs(delta) < timedelta(seconds=1):
        return "just now"
    return format_timedelta(delta, add_direction=True, threshold=1, locale=_LOCALE)


def exact(moment: datetime, zone: tzinfo | None = None) -> str:
    local = moment.astimezone(zone or current.zone())
    return format_datetime(local, "EEE d MMM yyyy, HH:mm:ss", locale=_LOCALE) + f" {_zone_name(local)}"


def clock(moment: datetime) -> str:
    """The time of day in the reader's zone."""
    return f"{moment.astimezone(current.zone()):%H:%M:%S}"


def _zone_name(moment: datetime) -> str:
    """ "CET" where the zone has a name of letters, "UTC+03:00" where it only has numbers."""
    name = moment.tzname() or "UTC"
    offset = f"{moment:%z}"
    return name if name.isalpha() else f"UTC{offset[:3]}:{offset[3:5]}"


def span(duration: timedelta | None) -> str:
    """ "0.8 s", "12 s", "2 min 5 s", "1 h 4 min"."""
    if duration is None:
        return "–"
    exactly = max(0.0, duration.total_seconds())
    if exactly < 9.95:
        return f"{exactly:.1f}".removesuffix(".0") + " s"
    seconds = round(exactly)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60} min"


def elapsed(run: Run) -> timedelta | None:
    """How long a run worked, or has worked so far; None before it started."""
    if run.started_at is None:
        return None
    return (run.ended_at or current.now()) - run.started_at


def count(number: float, one: str = "", many: str = "") -> str:
    """ "1,234 rows"; the plural of *one* is *many*, or *one* with an s."""
    text = format_decimal(number, locale=_LOCALE)
    if not one:
        return text
    return f"{text} {one if number == 1 else many or one + 's'}"


def in_words_of(schedule: Schedule) -> str:
    return in_words(schedule)


def cell(value: Cell, kind: ColumnKind = ColumnKind.TEXT) -> Markup:
    """A cell as the sheet shows it, in one line; long texts are cut here, not in the sheet."""
    text = _cell_text(value, kind)
    if len(text) <= _LONGEST_CELL:
        return escape(text)
    return Markup('{}<span class="cut" title="Longer in the sheet">…</span>').format(text[:_LONGEST_CELL])


def cell_class(kind: ColumnKind) -> str:
    return "number" if kind in (*_NUMBERS, ColumnKind.DURATION) else "text"


def _cell_text(value: Cell, kind: ColumnKind) -> str:
    if value is None:
        return ""
    for form, write in _FORMS:
        if isinstance(value, form):
            return write(value, kind)
    return str(value)


def _number_text(value: float, kind: ColumnKind) -> str:
    if kind is ColumnKind.MONEY:
        return format_decimal(value, format="#,##0.00", locale=_LOCALE)
    if kind is ColumnKind.WHOLE and float(value).is_integer():
        return str(int(value))
    return format_decimal(value, format="0.##########", locale=_LOCALE)


def _clock_text(duration: timedelta) -> str:
    seconds = int(duration.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{seconds // 3600}:{seconds % 3600 // 60:02}:{seconds % 60:02}"


_FORMS: tuple[tuple[type, Callable[[Any, ColumnKind], str]], ...] = (
    (bool, lambda value, kind: "TRUE" if value else "FALSE"),
    (int, _number_text),
    (float, _number_text),
    (datetime, lambda value, kind: f"{value:%Y-%m-%d}" if kind is ColumnKind.DATE else f"{value:%Y-%m-%d %H:%M}"),
    (date, lambda value, kind: value.isoformat()),
    (time, lambda value, kind: f"{value:%H:%M}"),
    (timedelta, lambda value, kind: _clock_text(value)),
)
