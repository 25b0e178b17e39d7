"""What the forms of all parts share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, IntegerField
from wtforms.validators import StopValidation


class WholeNumberField(IntegerField):
    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError("Type a whole number, such as 2.") from None


def needed(message: str) -> Callable[[FlaskForm, Field], None]:
    """A validator: something but blanks must be there, else *message*."""

    def check(form: FlaskForm, field: Field) -> None:
        if not (field.data.strip() if isinstance(field.data, str) else field.data):
            raise StopValidation(message)

    # Read by WTForms: browsers may ask for it before the form is sent.
    check.field_flags = {"required": True}  # type: ignore[attr-defined]
    return check


def trimmed(text: str | None) -> str | None:
    return text.strip() if text else text
