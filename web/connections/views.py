from __future__ import annotations

from collections import Counter

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from importers.config import WHERE_TO_COPY_IT
from importers.costs import percent
from importers.errors import ImporterError, InvalidSettings, TemporaryError
from importers.model import Connection, ConnectionStatus, SignIn
from importers.secret import Secret
from web import current
from web.connections.forms import PlanForm, TokenForm
from web.connections.words import Permission, again_text, first_importer_or, permissions, told_again, welcome_text
from web.security import safe_next

pages = Blueprint("connections", __name__, url_prefix="/connections")


def register(app: Flask) -> None:
    app.register_blueprint(pages)
    app.jinja_env.globals["where_to_copy_it"] = WHERE_TO_COPY_IT


@pages.get("")
def index() -> ResponseReturnValue:
    cards = current.services().importers.cards(current.actor())
    return render_template(
        "connections/index.html",
        connections=current.services().connections.list(current.actor()),
        used_by=Counter(card.connection.id for card in cards),
    )


@pages.get("/<id:connection_id>")
def show(connection_id: int) -> ResponseReturnValue:
    """Whose account it is, how it stands with Pipedrive's limits, and what uses it."""
    connection = current.services().connections.get(current.actor(), connection_id)
    return _shown(connection, _plan_form(connection))


@pages.post("/<id:connection_id>/plan")
def plan(connection_id: int) -> ResponseReturnValue:
    connection = current.services().connections.get(current.actor(), connection_id)
    form = _plan_form(connection)
    if not form.validate():
        return _shown(connection, form), 422
    try:
        current.services().connections.plan(current.actor(), connection_id, form.answer)
    except InvalidSettings as error:
        form.seats.errors = [str(error)]
        return _shown(connection, form), 422
    flash("The plan is saved." if form.answer else "The plan is forgotten.", "success")
    return redirect(url_for(".show", connection_id=connection_id))


def _plan_form(connection: Connection) -> PlanForm:
    kept = {"plan": connection.plan.name, "seats": connection.plan.seats} if connection.plan else {"plan": ""}
    return PlanForm(data=kept, plans=current.services().prices.plans())


def _shown(connection: Connection, form: PlanForm) -> str:
    cards = current.services().importers.cards(current.actor())
    return render_template(
        "connections/show.html",
        connection=connection,
        use=current.services().prices.use(current.actor(), connection.id),
        importers=[card.importer for card in cards if card.connection.id == connection.id],
        form=form,
        percent=percent,
        permissions=_permissions(connection),
    )


@pages.route("/new", methods=["GET", "POST"])
def connect() -> ResponseReturnValue:
    form = TokenForm()
    if form.validate_on_submit():
        before = {one.id: one.sign_in for one in current.services().connections.list(current.actor())}
        try:
            connection = current.services().connections.link(current.actor(), Secret(form.token.data))
        except ImporterError as error:
            form.token.errors = [str(error)]
        else:
            known = before.get(connection.id)
            flash(again_text(connection, known) if known else welcome_text(connection), "success")
            return redirect(first_importer_or(url_for(".index"), connection))
    return _connecting(form)


@pages.route("/<id:connection_id>/replace", methods=["GET", "POST"])
def replace(connection_id: int) -> ResponseReturnValue:
    """Sign in anew: by consent, or with another token."""
    connection = current.services().connections.get(current.actor(), connection_id)
    form = TokenForm()
    if form.validate_on_submit():
        try:
            renewed = current.services().connections.relink(current.actor(), connection_id, Secret(form.token.data))
        except ImporterError as error:
            form.token.errors = [str(error)]
        else:
            flash(told_again(renewed, connection), "success")
            return redirect(url_for(".index"))
    return _connecting(form, connection)


def _connecting(form: TokenForm, connection: Connection | None = None) -> ResponseReturnValue:
    has_app = current.services().connections.has_app
    page = render_template("connections/connect.html", form=form, connection=connection, has_app=has_app)
    return page, 422 if form.errors else 200


@pages.post("/<id:connection_id>/check")
def check(connection_id: int) -> ResponseReturnValue:
    try:
        connection = current.services().connections.check(current.actor(), connection_id)
    except TemporaryError as error:
        flash(f"The check did not succeed. {error}", "danger")
        return redirect(_back())
    if connection.status is ConnectionStatus.WORKING:
        flash(f"{connection.label} works.", "success")
    else:
        why = connection.trouble.message if connection.trouble else "Pipedrive refused it."
        flash(f"{connection.label} needs reconnecting. {why}", "danger")
    return redirect(_back())


@pages.get("/<id:connection_id>/unlink")
def ask_unlink(connection_id: int) -> ResponseReturnValue:
    connection = current.services().connections.get(current.actor(), connection_id)
    cards = current.services().importers.cards(current.actor())
    used_by = [card.importer for card in cards if card.connection.id == connection_id]
    return render_template("connections/unlink.html", connection=connection, used_by=used_by)


@pages.post("/<id:connection_id>/unlink")
def unlink(connection_id: int) -> ResponseReturnValue:
    connection = current.services().connections.get(current.actor(), connection_id)
    current.services().connections.unlink(current.actor(), connection_id)
    flash(f"{connection.label} is unlinked, and its {_secret_of(connection)} forgotten.", "success")
    return redirect(url_for(".index"))


def _back() -> str:
    """The page one came from: the connection's own, else the list."""
    wanted = request.form.get("next")
    return safe_next(wanted) if wanted else url_for(".index")


def _secret_of(connection: Connection) -> str:
    return "access" if connection.sign_in is SignIn.OAUTH else "token"


def _permissions(connection: Connection) -> list[Permission]:
    """A token may do what its user may, which nobody can list."""
    if connection.sign_in is not SignIn.OAUTH:
        return []
    return permissions(connection, current.services().importers.entities())
