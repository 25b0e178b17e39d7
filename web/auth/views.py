from __future__ import annotations

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.exceptions import HTTPException

from importers.errors import InvalidSettings
from web import current
from web.auth.attempts import minutes_to_wait, slow_down, warning
from web.auth.forms import PasswordForm, SignInForm, WelcomeForm
from web.errors import Told, answer
from web.security import begin_session, end_session, safe_next

pages = Blueprint("auth", __name__)


def register(app: Flask) -> None:
    app.register_blueprint(pages)
    slow_down(app, "auth.sign_in", "auth.welcome", "auth.password")


@pages.route("/welcome", methods=["GET", "POST"])
def welcome() -> ResponseReturnValue:
    """The first visit: make the owner account. Closed for good once there is one."""
    if not current.services().people.is_first_visit():
        return redirect(url_for("home.index"))
    form = WelcomeForm()
    if form.validate_on_submit():
        try:
            actor = current.services().people.sign_up_owner(
                form.email.data, form.password.data, time_zone=_known_zone(form.time_zone.data)
            )
        except InvalidSettings as error:
            form.form_errors.append(str(error))
        else:
            begin_session(actor)
            flash("Your account is ready.", "success")
            return redirect(url_for("home.index"))
    return render_template("auth/welcome.html", form=form), _status(form)


@pages.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    if current_user.is_authenticated:
        return redirect(safe_next(request.args.get("next")))
    if current.services().people.is_first_visit():
        return redirect(url_for("auth.welcome"))
    form = SignInForm()
    if form.validate_on_submit():
        actor = current.services().people.sign_in(form.email.data, form.password.data)
        if actor:
            begin_session(actor)
            return redirect(safe_next(request.args.get("next")))
        told = f"E-mail and password do not fit together. Check both and try again. {warning()}"
        form.form_errors.append(told.rstrip())
    return render_template("auth/sign_in.html", form=form), _status(form)


@pages.errorhandler(429)
def too_many_tries(error: HTTPException) -> ResponseReturnValue:
    return answer(
        Told(
            429,
            "Too many tries",
            "too-many-requests",
            "That was tried too often in a short time, so nothing is checked for a while.",
            f"Try again in {minutes_to_wait()}.",
            leads_to="auth.sign_in",
        )
    )


@pages.route("/password", methods=["GET", "POST"])
def password() -> ResponseReturnValue:
    """Change it. Whoever else is signed in with the old one is signed out."""
    form = PasswordForm()
    if form.validate_on_submit():
        try:
            actor = current.services().people.change_password(current.actor(), form.old.data, form.password.data)
        except InvalidSettings as error:
            form[error.facts["field"]].errors = [f"{error} {warning()}".rstrip()]
        else:
            begin_session(actor)
            flash("Your password is changed. Everywhere else you are signed out.", "success")
            return redirect(url_for("home.index"))
    return render_template("auth/password.html", form=form), _status(form)


@pages.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    end_session()
    flash("You are signed out, on all your devices.", "success")
    return redirect(url_for("auth.sign_in"))


def _known_zone(name: str | None) -> str:
    """A browser's zone, if this machine knows it."""
    return str(current.zone_named(name or "UTC"))


def _status(form: FlaskForm) -> int:
    return 422 if form.errors else 200
