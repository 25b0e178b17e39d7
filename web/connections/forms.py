from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import Field, PasswordField
from wtforms.validators import Length, StopValidation

from web.forms import needed, trimmed


def in_one_piece(form: FlaskForm, field: Field) -> None:
    if len(field.data.split()) > 1:
        raise StopValidation("A Pipedrive API token has no spaces inside. Copy it again, without anything around it.")


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
