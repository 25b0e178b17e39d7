"""How a schedule is asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, time
from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, Field, RadioField, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import NumberRange, StopValidation
from wtforms.widgets import TextInput

from importers.model import LAST, WORKING_DAY, Every, Missed
from importers.schedule import makes_loop
from web import current, zones
from web.addresses import an_id
from web.forms import LongSelect, WholeNumberField, trimmed

WEEKS = "weeks"
"""Chosen weekdays: a rhythm of its own on the page, days of certain weekdays in a Schedule."""

MANUAL, MINUTES, HOURS, DAYS, MONTHS, CRON, AFTER = (
    Every.MANUAL.value,
    Every.MINUTES.value,
    Every.HOURS.value,
    Every.DAYS.value,
    Every.MONTHS.value,
    Every.CRON.value,
    Every.AFTER.value,
)

# The words on the page; WTForms only needs the values.
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
RHYTHMS = {
    MANUAL: "Manually",
    MINUTES: "Minutes",
    HOURS: "Hours",
    DAYS: "Daily",
    WEEKS: "Weekly",
    MONTHS: "Monthly",
    AFTER: "After another",
    CRON: "Cron",
}
BY_DAY, BY_WEEKDAY = "day", "weekday"
MONTH_DAYS = {**{number: str(number) for number in range(1, 32)}, LAST: "Last day"}
NTHS = {1: "First", 2: "Second", 3: "Third", 4: "Fourth", LAST: "Last"}
NTH_DAYS = {
    **dict(enumerate(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"))),
    WORKING_DAY: "Working day",
}
MISSED = {Missed.ONCE: "Run once when it is back", Missed.SKIP: "Skip it, and go on with the next one"}

_SPAN = ("starts_on", "ends_on", "missed")
_STEPS = ("number", "minute", "weekdays", "opens", "closes")
USES = {
    MANUAL: (),
    MINUTES: (*_STEPS, *_SPAN),
    HOURS: (*_STEPS, *_SPAN),
    DAYS: ("number", "at", *_SPAN),
    WEEKS: ("weekdays", "at", *_SPAN),
    MONTHS: ("number", "at", "month_by", "month_day", "nth", "nth_day", *_SPAN),
    CRON: ("cron", *_SPAN),
    AFTER: ("after_id", "starts_on", "ends_on"),
}
"""Which answers count for which rhythm; the others may hold anything."""

_CLOCK_FORMATS = ("%H:%M", "%H.%M", "%H:%M:%S", "%I:%M %p", "%I:%M%p", "%I %p", "%I%p", "%H")
_BETWEEN_TIMES = re.compile(r"\s*(?:[,;]|\band\b)\s*|\s+(?![ap]m\b)", re.IGNORECASE)


def time_from(text: str) -> time:
    """Raises ValueError for what is no time of day."""
    for clock in _CLOCK_FORMATS:
        try:
            # A time of day has no zone; it stands beside it.
            return datetime.strptime(text.strip(), clock).time()  # noqa: DTZ007
        except ValueError:
            continue
    raise ValueError("Type a time of day, such as 09:00.")


class ClockField(Field):
    """A time of day, or none."""

    widget = TextInput()

    def _value(self) -> str:
        if self.raw_data:
            return " ".join(self.raw_data)
        return f"{self.data:%H:%M}" if self.data else ""

    def process_formdata(self, valuelist: list[str]) -> None:
        if valuelist:
            text = " ".join(valuelist).strip()
            self.data = None
            self.data = time_from(text) if text else None


class ClocksField(Field):
    """Times of the day: typed one after the other, or in fields of their own."""

    widget = TextInput()

    def _value(self) -> str:
        if self.raw_data:
            return ", ".join(filter(None, map(str.strip, self.raw_data)))
        return ", ".join(f"{at:%H:%M}" for at in self.data or ())

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist:
            return
        self.data: tuple[time, ...] = ()
        texts = [text for text in _BETWEEN_TIMES.split(", ".join(valuelist)) if text.strip()]
        try:
            self.data = tuple(sorted({time_from(text) for text in texts}))
        except ValueError:
            raise ValueError("Type a time of day, such as 09:00, or several: 09:00, 13:00.") from None


class DayField(DateField):
    """A date, or none."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        if valuelist and not "".join(valuelist).strip():
            self.data = None
            return
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError("Type a date, such as 2026-03-29.") from None


def unless_idle(form: ScheduleForm, field: Field) -> None:
    """What the rhythm does not use may hold anything."""
    if field.name not in form.used:
        field.errors = []
        raise StopValidation


def needed(message: str) -> Callable[[ScheduleForm, Field], None]:
    """A validator: there must be an answer, else *message*."""

    def check(form: ScheduleForm, field: Field) -> None:
        if field.data in (None, (), []) and not field.errors:
            raise StopValidation(message)

    return check


def choices_of(words: Mapping[int, str]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in words.items()]


def whole(value: Any) -> int:
    return int(value)


def an_importer(value: Any) -> int | None:
    return an_id(value) if value else None


def on_weekly(form: ScheduleForm, field: Field) -> None:
    if form.every.data == WEEKS and not field.data:
        raise StopValidation("Tick at least one day.")


class ScheduleForm(FlaskForm):
    every = RadioField("How often", choices=list(RHYTHMS), default=MANUAL)
    number = WholeNumberField("Every", default=1, validators=[unless_idle, needed("Type a whole number, such as 2.")])
    minute = WholeNumberField(
        "Minutes past the hour",
        default=0,
        description="So that not everybody starts at :00.",
        validators=[unless_idle, needed("Type a whole number, such as 17."), NumberRange(0, 59, "Choose 0 to 59.")],
    )
    weekdays = SelectMultipleField(
        "On", choices=[], coerce=int, validate_choice=False, validators=[unless_idle, on_weekly]
    )
    at = ClocksField(
        "At",
        default=(time(9, 0),),
        validators=[unless_idle, needed("Type a time of day, such as 09:00.")],
    )
    month_by = RadioField("On", choices=[BY_DAY, BY_WEEKDAY], default=BY_DAY, validators=[unless_idle])
    month_day = SelectField(
        "Day of the month", choices=choices_of(MONTH_DAYS), coerce=whole, default=1, validators=[unless_idle]
    )
    nth = SelectField(
        "Which one of the month", choices=choices_of(NTHS), coerce=whole, default=1, validators=[unless_idle]
    )
    nth_day = SelectField(
        "Day of the week", choices=choices_of(NTH_DAYS), coerce=whole, default=0, validators=[unless_idle]
    )
    cron = StringField(
        "Cron expression",
        filters=[trimmed],
        description="Minute, hour, day of the month, month, day of the week.",
        validators=[unless_idle],
    )
    after_id = SelectField(
        "After this importer",
        coerce=an_importer,
        validate_choice=False,
        description="Each time it has succeeded.",
        validators=[unless_idle, needed("Choose the importer to follow.")],
    )
    opens = ClockField("From", validators=[unless_idle])
    closes = ClockField("To", validators=[unless_idle])
    starts_on = DayField("First day", validators=[unless_idle])
    ends_on = DayField("Last day", validators=[unless_idle])
    missed = RadioField(
        "If Pipesheet was not running when a run was due",
        choices=[each.value for each in Missed],
        default=Missed.ONCE.value,
        validators=[unless_idle],
    )
    start_anyway = BooleanField("Start the schedule anyway")
    time_zone = SelectField(
        "Time zone",
        default="UTC",
        validate_choice=False,
        widget=LongSelect(),
        description="For the schedule, and for dates and times in a workbook. Those in Google Sheets are in the zone of the spreadsheet.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.time_zone.choices = zones.by_region(self.time_zone.data)

    @property
    def used(self) -> tuple[str, ...]:
        """The answers that count, besides the rhythm and the zone."""
        return USES.get(self.every.data or MANUAL, ())

    @property
    def has_more(self) -> bool:
        """Whether anything is set, or wrong, that is not shown at first."""
        fields = [self[name] for name in ("opens", "closes", "starts_on", "ends_on") if name in self.used]
        skips = "missed" in self.used and self.missed.data != Missed.ONCE.value
        return skips or any(field.data or field.errors for field in fields)

    def problems(self) -> Iterator[tuple[str, str]]:
        """Names of fields, and what is wrong with them."""
        for name in ("every", *self.used, "time_zone"):
            field = self[name]
            for error in field.errors or field.process_errors:
                yield name, str(error)


def followable(importer_id: int | None) -> list[tuple[int, str]]:
    """The importers that the one with this id, which is new where there is none, may follow without a circle."""
    others = [card.importer for card in current.services().importers.cards(current.actor())]
    schedules = {one.id: one.schedule for one in others}
    leaders = {
        follower: schedule.after_id
        for follower, schedule in schedules.items()
        if schedule.every is Every.AFTER and schedule.after_id is not None
    }
    return [(one.id, one.name) for one in others if not makes_loop(leaders, importer_id, one.id)]
