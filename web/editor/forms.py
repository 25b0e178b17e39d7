from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    Field,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.utils import unset_value
from wtforms.validators import Length, StopValidation

from importers.model import EXCEL, GOOGLE_SHEETS, Mode, Refresh, Vanished
from web.addresses import an_id
from web.editor.destination import LISTED, NEW, PASTED, WAYS
from web.editor.schedule_forms import ScheduleForm
from web.forms import needed, trimmed

USUAL, CHOSEN = "usual", "chosen"
ANSWER = "option:"

# The words on the page; WTForms only needs the values.
NO_COLUMN = "Choose at least one column, or take the usual ones."
KINDS = {EXCEL: "Excel workbook", GOOGLE_SHEETS: "Google Sheets"}
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


def only_for(kind: str, way: str = "") -> Callable[[FlaskForm, Field], None]:
    """What the other kind of destination asks, or another way to name a spreadsheet, may hold anything."""

    def check(form: FlaskForm, field: Field) -> None:
        if form.kind.data != kind or (way and form.way.data != way):
            field.errors = []
            raise StopValidation

    return check


def an_account(text: str | int | None) -> int | None:
    return an_id(text) if text else None


class EditorForm(ScheduleForm):
    """
    Everything an importer is made of.

    `options_for` and what begins with `proposed_` travel with the form: which
    choices it was made with, and what was proposed rather than typed.
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
            only_for(EXCEL),
            needed("Name the workbook to write to."),
            Length(max=100, message="That name is too long: use at most 100 characters."),
        ],
    )
    sheet = StringField(
        "Sheet",
        filters=[trimmed],
        description="The tab in the workbook. Each run replaces what is in it.",
        validators=[
            only_for(EXCEL),
            needed("Name the sheet to write to."),
            Length(max=31, message="Excel allows at most 31 characters for the name of a sheet."),
        ],
    )
    kind = RadioField("Where to write", choices=list(KINDS), default=EXCEL)
    account = SelectField(
        "Google account",
        coerce=an_account,
        validate_choice=False,
        validators=[only_for(GOOGLE_SHEETS), needed("Choose a Google account, or connect one first.")],
    )
    way = RadioField("Spreadsheet", choices=list(WAYS), default=LISTED)
    file = SelectField(
        "Spreadsheet",
        default="",
        validate_choice=False,
        validators=[only_for(GOOGLE_SHEETS, LISTED), needed("Choose a spreadsheet.")],
    )
    address = StringField(
        "Its address",
        filters=[trimmed],
        validators=[
            only_for(GOOGLE_SHEETS, PASTED),
            needed("Paste the address of the spreadsheet."),
            Length(max=500, message="That is too long for the address of a spreadsheet."),
        ],
    )
    new_title = StringField(
        "Called",
        filters=[trimmed],
        description="It is created in the Drive of this account when you save.",
        validators=[
            only_for(GOOGLE_SHEETS, NEW),
            needed("Give the new spreadsheet a name."),
            Length(max=200, message="That name is too long: use at most 200 characters."),
        ],
    )
    tab = StringField("Tab", filters=[trimmed], validators=[only_for(GOOGLE_SHEETS)])
    start = StringField(
        "First cell",
        filters=[trimmed],
        default="A1",
        description="Where the first header goes when the table is first written; after that it is found wherever you move it.",
        validators=[only_for(GOOGLE_SHEETS), needed("Name the cell of the first header, like A1 or B3.")],
    )
    mode = RadioField("What a run does to the table", choices=[each.value for each in Mode], default=Mode.REPLACE.value)
    key = SelectField("Key column", default="id", validate_choice=False)
    skips_unchanged = BooleanField(default=True)
    stamps_rows = BooleanField()
    fills_formulas = BooleanField()
    explains_headers = BooleanField()
    takes_over = BooleanField()
    proposed_tab = HiddenField()
    proposed_kind = HiddenField()
    names: Mapping[str, str] = {}
    """What is proposed as the importer's name, for each kind of destination; empty where nothing is."""

    options_for = HiddenField()
    proposed_name = HiddenField()
    proposed_sheet = HiddenField()

    def validate_filter(self, field: Field) -> None:
        if field.data and not is_filter(field.data):
            raise StopValidation("Choose a filter from the list, or none.")

    def validate_tab(self, field: Field) -> None:
        """An address may name a tab itself."""
        is_google = self.kind.data == GOOGLE_SHEETS
        if is_google and not field.data and not (self.way.data == PASTED and "gid=" in (self.address.data or "")):
            raise StopValidation("Name the tab to write to.")

    @property
    def lacks_columns(self) -> bool:
        return self.columns_mode.data == CHOSEN and not self.columns.data

    def validate_columns(self, field: Field) -> None:
        if self.lacks_columns:
            raise StopValidation(NO_COLUMN)
