from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import Field, PasswordField, SelectField, TextAreaField
from wtforms.validators import Length, StopValidation

from importers.model import Plan, PlanInfo
from web.forms import WholeNumberField, needed, trimmed


def in_one_piece(form: FlaskForm, field: Field) -> None:
    if len(field.data.split()) > 1:
        raise StopValidation("A Pipedrive API token has no spaces inside. Copy it again, without anything around it.")


class PlanForm(FlaskForm):
    """What the company pays for; nothing where nobody knows."""

    plan = SelectField("Plan", validate_choice=False)
    seats = WholeNumberField("Users (seats)", description="All of the company’s, not only those who use Pipesheet.")

    def __init__(self, *args: Any, plans: Sequence[PlanInfo], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.plan.choices = [("", "Not known"), *((plan.name, plan.label) for plan in plans)]

    def validate_plan(self, field: Field) -> None:
        if field.data not in dict(self.plan.choices):
            raise StopValidation("Choose one of the plans.")

    def validate_seats(self, field: Field) -> None:
        if not self.plan.data:
            field.errors = []
        elif field.data is None and not field.errors:
            raise StopValidation("Type a whole number, such as 2.")

    @property
    def answer(self) -> Plan | None:
        return Plan(self.plan.data, self.seats.data) if self.plan.data else None


class TokenForm(FlaskForm):
    """The token is never sent back to the browser, not even after a mistake."""

    token = PasswordField(
        "API token",
        filters=[trimmed],
        description="40 letters and digits. It is checked at once and kept encrypted.",
        validators=[
            needed("Paste your Pipedrive API token."),
            in_one_piece,
            Length(
                min=20,
                message="That is too short for a Pipedrive API token. Copy all of it; it has 40 letters and digits.",
            ),
            Length(
                max=200,
                message="That is too long for a Pipedrive API token. Copy it again, without anything around it.",
            ),
        ],
    )


class KeyForm(FlaskForm):
    """The key of a service account, pasted or as the file it came in. It is never sent back to the browser, either."""

    key = TextAreaField(
        "The JSON key",
        description="All of it, from { to }. It is checked at once and kept encrypted; nobody sees it again.",
    )
    file = FileField("Or the file it came in")

    text = ""

    def validate_key(self, field: Field) -> None:
        """What was pasted comes first: a browser may still hold a file of an earlier try."""
        self.text = (field.data or "").strip() or self._in_the_file()
        if not self.text:
            raise StopValidation("Paste the JSON key of the service account, or choose its file.")

    def _in_the_file(self) -> str:
        if not self.file.data:
            return ""
        content = self.file.data.read(_LONGEST_KEY + 1)
        if len(content) > _LONGEST_KEY:
            raise StopValidation("That file is too large for a key. Choose the JSON file that Google gave you.")
        try:
            return str(content.decode("utf-8-sig")).strip()
        except UnicodeDecodeError:
            raise StopValidation("That file is no text. Choose the JSON file that Google gave you.") from None


_LONGEST_KEY = 20_000
"""Bytes; real ones have about 2,400."""
