from __future__ import annotations

import re
from datetime import time
from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
    Field,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TimeField,
)
from wtforms.utils import unset_value
from wtforms.validators import Length, StopValidation

from importers.model import Every, Refresh, Vanished
from web import zones
from web.addresses import an_id
from web.forms import LongSelect, WholeNumberField, needed, trimmed

USUAL, CHOSEN = "usual", "chosen"
ANSWER = "option:"

# The words on the page; WTForms only needs the values.
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
RHYTHMS = {Every.MANUAL: "Manually", Every.MINUTES: "Minutes", Every.HOURS: "Hours", Every.DAYS: "Days"}
NO_COLUMN = "Choose at least one column, or take the usual ones."
COLUMN_MODES = {USUAL: "The usual columns", CHOSEN: "Choose columns"}


class ClockField(TimeField):
    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError("Type a time of day, such as 09:00.") from None


class AnswersField(Field):
    """Answers to the questions of an entity, by their names: each stands in the form as `option:NAME`."""

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        super().process(formdata, data, extra_filters)
        if formdata is not None:
            self.data = {
                name.removeprefix(ANSWER): tuple(formdata.getlist(name)) for name in formdata if name.startswith(ANSWER)
            }


def is_filter(value: str) -> bool:
    """Whether it can be one: its number, a colon, and its name."""
    return _FILTER.match(value) is not None


_FILTER = re.compile("[1-9][0-9]{0,17}:")


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


class EditorForm(ScheduleForm):
    """
    Everything an importer is made of.

    `options_for`, `proposed_name` and `proposed_sheet` travel with the form:
    which choices it was made with, and what was proposed rather than typed.
    """

    name = StringField(
        "Name",
        filters=[trimmed],
        validators=[
            needed("Give the importer a name."),
            Length(max=120, message="That name is too long: use at most 120 characters."),
        ],
    )
    connection_id = SelectField("Pipedrive account", coerce=an_id, validate_choice=False)
    entity = RadioField("What to import", validate_choice=False, validators=[needed("Choose what to import.")])
    filter = SelectField("Filter", validate_choice=False, default="")
    statuses = SelectMultipleField("Only with status", validate_choice=False)
    options = AnswersField("Choices", default=dict)
    refresh = RadioField("What a run reads", choices=[each.value for each in Refresh], default=Refresh.EVERYTHING.value)
    vanished = RadioField(
        "When a record is no longer there", choices=[each.value for each in Vanished], default=Vanished.REMOVE.value
    )
    columns_mode = RadioField("Columns", choices=list(COLUMN_MODES), default=USUAL)
    columns = SelectMultipleField("Columns", validate_choice=False)
    place = StringField(
        "Workbook",
        filters=[trimmed],
        description="An Excel file that Pipesheet keeps. Several importers can share one.",
        validators=[
            needed("Name the workbook to write to."),
            Length(max=100, message="That name is too long: use at most 100 characters."),
        ],
    )
    sheet = StringField(
        "Sheet",
        filters=[trimmed],
        description="The tab in the workbook. Each run replaces what is in it.",
        validators=[
            needed("Name the sheet to write to."),
            Length(max=31, message="Excel allows at most 31 characters for the name of a sheet."),
        ],
    )
    options_for = HiddenField()
    proposed_name = HiddenField()
    proposed_sheet = HiddenField()

    def validate_filter(self, field: Field) -> None:
        if field.data and not is_filter(field.data):
            raise StopValidation("Choose a filter from the list, or none.")

    @property
    def lacks_columns(self) -> bool:
        return self.columns_mode.data == CHOSEN and not self.columns.data

    def validate_columns(self, field: Field) -> None:
        if self.lacks_columns:
            raise StopValidation(NO_COLUMN)
