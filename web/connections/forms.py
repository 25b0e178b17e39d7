from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import PasswordField
from wtforms.validators import Length

from web.forms import needed, trimmed


class TokenForm(FlaskForm):
    """The token is never sent back to the browser, not even after a mistake."""

    token = PasswordField(
        "API token",
        filters=[trimmed],
        description="40 letters and digits. It is checked at once and kept encrypted.",
        validators=[
            needed("Paste your Pipedrive API token."),
            Length(
                max=200,
                message="That is too long for a Pipedrive API token. Copy it again, without anything around it.",
            ),
        ],
    )
