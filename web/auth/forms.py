from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import EmailField, HiddenField, PasswordField
from wtforms.validators import Email, Length

from web.forms import needed, trimmed

SHORTEST_PASSWORD = 10


class SignInForm(FlaskForm):
    email = EmailField("E-mail", filters=[trimmed], validators=[needed("Type your e-mail address.")])
    password = PasswordField("Password", validators=[needed("Type your password.")])


_NEW_PASSWORD = (
    needed("Choose a password."),
    Length(
        min=SHORTEST_PASSWORD,
        message=f"That password is too short: use at least {SHORTEST_PASSWORD} characters.",
    ),
    Length(max=1000, message="That password is too long: use at most 1000 characters."),
)


class PasswordForm(FlaskForm):
    old = PasswordField("Password you have now", validators=[needed("Type your password.")])
    password = PasswordField(
        "New password",
        description=f"At least {SHORTEST_PASSWORD} characters. A few words make a good one.",
        validators=_NEW_PASSWORD,
    )


class WelcomeForm(FlaskForm):
    email = EmailField(
        "E-mail",
        filters=[trimmed],
        validators=[
            needed("Type your e-mail address."),
            Email("That is not an e-mail address. It should look like anna@example.com."),
        ],
    )
    password = PasswordField(
        "Password",
        description=f"At least {SHORTEST_PASSWORD} characters. A few words make a good one.",
        validators=_NEW_PASSWORD,
    )
    time_zone = HiddenField(default="UTC")
