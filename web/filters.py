"""Values as people read them. Times are relative, with the exact moment in the reader's zone one hover away."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime, timedelta, tzinfo

from babel.dates import format_datetime
from babel.numbers import format_decimal
from flask import Flask
from markupsafe import Markup, escape

from importers.errors import NotThere
from importers.model import Counts, Every, Importer, Run, Schedule, Status
from importers.schedule import in_words, is_over
from web import current

_LOCALE = "en"
_ADDRESS = re.compile(r"https://(?:console\.[a-z.]+/[^\s,]+|status\.pipedrive\.com\b)")
_MINUTE, _HOUR, _DAY, _WEEK = 60, 3600, 86400, 7 * 86400
_MONTH = 365.25 / 12


def register(app: Flask) -> None:
    for function in (
        when,
        due,
        exact,
        clock,
        span,
        took,
        count,
        elapsed,
        asked_at,
        was_resumed,
        last_try,
        rows_of,
        in_words_of,
        waits_for_success,
        has_ended,
        zone_of,
        rows_in_words,
        with_links,
        with_code,
    ):
        app.add_template_filter(function)


def when(moment: datetime | None, nothing: str = "never", zone: tzinfo | None = None) -> Markup | str:
    """A moment, relative to now, with its exact time on hover."""
    if moment is None:
        return nothing
    return Markup('<time datetime="{}" title="{}" data-relative>{}</time>').format(
        moment.isoformat(), exact(moment, zone), relative(moment)
    )


def due(moment: datetime, zone: tzinfo | None = None) -> Markup:
    """A moment that is to come, as `when` tells it; what should have come by now comes any moment."""
    text = relative(moment) if moment > current.now() else "any moment now"
    return Markup('<time datetime="{}" title="{}" data-relative="due">{}</time>').format(
        moment.isoformat(), exact(moment, zone), text
    )


def relative(moment: datetime) -> str:
    """ "in 1 hour 18 minutes", "3 days ago". `page.js` says the same while the page is open."""
    seconds = (moment - current.now()).total_seconds()
    if abs(seconds) < 1:
        return "just now"
    return f"in {_in_units(seconds)}" if seconds > 0 else f"{_in_units(-seconds)} ago"


def _in_units(seconds: float) -> str:
    """As exact as one plans by: to the minute within a day, to the hour within a week, then to the day; never more than there is of months and years."""
    if round(seconds) < _MINUTE:
        return count(round(seconds), "second")
    minutes = round(seconds / _MINUTE)
    if minutes < _DAY // _MINUTE:
        return _two(divmod(minutes, 60), ("hour", "minute"))
    if seconds < _WEEK:
        return _two(divmod(round(seconds / _HOUR), 24), ("day", "hour"))
    days = round(seconds / _DAY)
    months = int(days / _MONTH)
    if months < 2:
        return count(days, "day")
    return count(months, "month") if months < 24 else count(months // 12, "year")


def _two(numbers: tuple[int, int], units: tuple[str, str]) -> str:
    return " ".join(count(number, unit) for number, unit in zip(numbers, units, strict=True) if number)


def exact(moment: datetime, zone: tzinfo | None = None) -> str:
    local = moment.astimezone(zone or current.zone())
    return format_datetime(local, "EEE d MMM yyyy, HH:mm:ss", locale=_LOCALE) + f" {_zone_name(local)}"


def clock(moment: datetime, zone: tzinfo | None = None) -> str:
    """The time of day, in the reader's zone where no other is given."""
    return f"{moment.astimezone(zone or current.zone()):%H:%M:%S}"


def zone_of(importer: Importer) -> tzinfo:
    """The zone of an importer's schedule, which is that of the times in its sheet, too."""
    return current.zone_named(importer.schedule.time_zone)


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


def took(duration: timedelta | None) -> str:
    """As `span`; what was over at once did not take "0 s"."""
    if duration is not None and duration < timedelta(seconds=1):
        return "less than a second"
    return span(duration)


def elapsed(run: Run) -> timedelta | None:
    """From a run's first start to its end, or until now, with all waiting in between; None before it started."""
    if run.started_at is None:
        return None
    return (run.ended_at or current.now()) - run.started_at


def asked_at(run: Run) -> datetime:
    """When it was first asked for: `queued_at` is of the last try. (How long it was queued before the first is not kept.)"""
    return min(run.queued_at, run.started_at or run.queued_at)


def was_resumed(run: Run) -> bool:
    """Whether it was taken up more than once, or waits to be: then not all of its time was work."""
    return run.status is Status.WAITING or asked_at(run) < run.queued_at


def last_try(run: Run) -> timedelta:
    """How long the last try took, or takes so far, with its time in the queue."""
    return (run.ended_at or current.now()) - run.queued_at


def rows_of(run: Run) -> str:
    """ "60 rows"; of a run that wrote none what it read: "60 rows read"."""
    counts = run.counts
    if counts.rows_written or not counts.rows_read:
        return count(counts.rows_written, "row")
    return f"{count(counts.rows_read, 'row')} read"


def count(number: float, one: str = "", many: str = "") -> str:
    """ "1,234 rows"; the plural of *one* is *many*, or *one* with an s."""
    text = format_decimal(number, locale=_LOCALE)
    if not one:
        return text
    return f"{text} {one if number == 1 else many or one + 's'}"


def in_words_of(schedule: Schedule) -> str:
    """With the name of the importer it follows, if it follows one."""
    return in_words(schedule, after=_name_of(schedule.after_id) if schedule.every is Every.AFTER else "")


def _name_of(importer_id: int | None) -> str:
    """As far as there is such an importer."""
    with suppress(NotThere):
        return current.services().importers.get(current.actor(), importer_id or 0).name
    return ""


def waits_for_success(importer: Importer) -> bool:
    """Whether its schedule has not begun, because no run succeeded yet."""
    return importer.starts_after_success and importer.schedule.every is not Every.MANUAL


def has_ended(importer: Importer) -> bool:
    """Whether it will not begin by itself any more, because its last day is past."""
    return importer.next_run_at is None and is_over(importer.schedule, current.now())


def rows_in_words(counts: Counts) -> str:
    """ "5 rows added, 1 changed, 2 removed." """
    deeds = (counts.rows_added, "added"), (counts.rows_changed, "changed"), (counts.rows_removed, "removed")
    told = [(number, deed) for number, deed in deeds if number]
    if not told:
        return "No row was added, changed or removed."
    (number, deed), *others = told
    return ", ".join([f"{count(number, 'row')} {deed}", *(f"{count(more)} {what}" for more, what in others)]) + "."


def with_code(text: str) -> Markup:
    """What is said, with what stands between `backticks` as something to type."""
    parts = (
        Markup("<code>{}</code>").format(part) if odd % 2 else escape(part) for odd, part in enumerate(text.split("`"))
    )
    return Markup("").join(parts)


def with_links(text: object) -> Markup:
    """What is said, with the addresses in Google's console and of Pipedrive's status that it names to be pressed."""
    said, parts, place = str(text), [], 0
    for found in _ADDRESS.finditer(said):
        link = Markup('<a href="{0}" target="_blank" rel="noopener noreferrer">{0}</a>').format(found[0])
        parts += [escape(said[place : found.start()]), link]
        place = found.end()
    return Markup("").join([*parts, escape(said[place:])])
