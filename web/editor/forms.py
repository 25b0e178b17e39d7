from __future__ import annotations

import re
from typing import Any

from wtforms import (
    Field,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.utils import unset_value
from wtforms.validators import Length, StopValidation

from importers.model import Refresh, Vanished
from web.addresses import an_id
from web.editor.schedule_forms import ScheduleForm
from web.forms import needed, trimmed

USUAL, CHOSEN = "usual", "chosen"
ANSWER = "option:"

# The words on the page; WTForms only needs the values.
NO_COLUMN = "Choose at least one column, or take the usual ones."
COLUMN_MODES = {USUAL: "The usual columns", CHOSEN: "Choose columns"}


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
