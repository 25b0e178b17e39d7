"""What the forms of all parts share."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import Field, IntegerField
from wtforms.validators import StopValidation
from wtforms.widgets import Select, html_params


class WholeNumberField(IntegerField):
    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError("Type a whole number, such as 2.") from None


class LongSelect(Select):
    """A choice of hundreds in groups: a group in which nothing is chosen looks the same on every page, and is kept."""

    def __call__(self, field: Field, **kwargs: Any) -> Markup:
        kwargs.setdefault("id", field.id)
        groups = Markup().join(_group(label, tuple(group), field.data) for label, group in field.choices.items())
        return Markup("<select {}>{}</select>").format(html_params(name=field.name, **kwargs), groups)


def _group(label: str, choices: tuple[tuple[str, str], ...], chosen: str) -> Markup:
    has_it = any(value == chosen for value, _ in choices)
    return _options(label, choices, chosen) if has_it else _unchosen(label, choices)


@lru_cache(maxsize=32)
def _unchosen(label: str, choices: tuple[tuple[str, str], ...]) -> Markup:
    return _options(label, choices, None)


def _options(label: str, choices: tuple[tuple[str, str], ...], chosen: str | None) -> Markup:
    options = Markup().join(
        Markup("<option {}>{}</option>").format(html_params(value=value, selected=value == chosen), text)
        for value, text in choices
    )
    return Markup("<optgroup {}>{}</optgroup>").format(html_params(label=label), options)


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
