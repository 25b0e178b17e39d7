"""How a schedule is asked for."""

from __future__ import annotations

from datetime import time
from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, RadioField, SelectField, SelectMultipleField, TimeField
from wtforms.validators import StopValidation

from importers.model import Every
from web import zones
from web.forms import LongSelect, WholeNumberField

# The words on the page; WTForms only needs the values.
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
RHYTHMS = {Every.MANUAL: "Manually", Every.MINUTES: "Minutes", Every.HOURS: "Hours", Every.DAYS: "Days"}


class ClockField(TimeField):
    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError("Type a time of day, such as 09:00.") from None


def unless_idle(form: FlaskForm, field: Field) -> None:
    """What the rhythm does not use may hold anything."""
    idle = form.every.data != Every.DAYS.value if field.name == "at" else form.every.data == Every.MANUAL.value
    if idle:
        field.errors = []
        raise StopValidation
    if field.data is None and not field.errors:
        raise StopValidation(
            "Type a time of day, such as 09:00." if field.name == "at" else "Type a whole number, such as 2."
        )


class ScheduleForm(FlaskForm):
    every = RadioField(
        "How often",
        choices=[every.value for every in Every],
        default=Every.MANUAL.value,
    )
    number = WholeNumberField("Every", default=1, validators=[unless_idle])
    weekdays = SelectMultipleField("Only on", choices=[], coerce=int, validate_choice=False)
    at = ClockField(
        "At", format=["%H:%M", "%H.%M", "%H:%M:%S", "%I:%M %p", "%I:%M%p"], default=time(9, 0), validators=[unless_idle]
    )
    time_zone = SelectField(
        "Time zone",
        default="UTC",
        validate_choice=False,
        widget=LongSelect(),
        description="For the schedule, and for dates and times in the sheet.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.time_zone.choices = zones.by_region(self.time_zone.data)
