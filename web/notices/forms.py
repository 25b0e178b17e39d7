from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, StringField, TextAreaField, URLField
from wtforms.validators import StopValidation

from importers.notices import ChannelKind, Telling
from web.forms import WholeNumberField, trimmed

_MOST = 100


class ChannelForm(FlaskForm):
    name = StringField("Name", filters=[trimmed], description="To tell it from others. May stay empty.")


class EmailForm(ChannelForm):
    recipients = TextAreaField("Recipients", description="E-mail addresses, one on each line or with commas between.")


class AddressForm(ChannelForm):
    """The address is never sent back to the browser: whoever has it can write there."""

    url = URLField("Address", filters=[trimmed])

    def __init__(self, *args: Any, kind: ChannelKind, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._is_new = is_new
        keeps = "" if is_new else " Leave it empty to keep the one there is."
        self.url.description = f"{_ADDRESSES[kind]} It is kept encrypted; nobody sees it again.{keeps}"

    def validate_url(self, field: Field) -> None:
        if self._is_new and not field.data:
            raise StopValidation("Paste the address.")


_ADDRESSES = {
    ChannelKind.SLACK: "The webhook’s address, which begins with https://hooks.slack.com/.",
    ChannelKind.WEBHOOK: "An https address that takes POST requests with JSON.",
}


class TellingForm(FlaskForm):
    """Numbers of failures in a row; what else is told."""

    after_owner = WholeNumberField("Failures that only you can mend")
    after_other = WholeNumberField("Failures that may pass by themselves")
    recoveries = BooleanField("When it works again")
    late = BooleanField("When nothing has arrived for two turns")
    gaps = BooleanField("When nothing ran for a while, and what missed its turn")

    def validate_after_owner(self, field: Field) -> None:
        _check_number(field)

    def validate_after_other(self, field: Field) -> None:
        _check_number(field)

    @property
    def answer(self) -> Telling:
        return Telling(
            self.after_owner.data, self.after_other.data, self.recoveries.data, self.late.data, self.gaps.data
        )


def _check_number(field: Field) -> None:
    if field.errors:
        return
    if field.data is None or not 1 <= field.data <= _MOST:
        raise StopValidation(f"Type a number from 1 to {_MOST}.")
