from __future__ import annotations

from collections import Counter

from flask import Blueprint, Flask, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from importers.config import WHERE_TO_COPY_IT
from importers.costs import percent
from importers.errors import ImporterError, InvalidSettings, TemporaryError
from importers.model import GOOGLE_SHEETS, PIPEDRIVE, Connection, ConnectionStatus, Importer, SignIn
from importers.secret import Secret
from web import current
from web.connections import google
from web.connections.forms import PlanForm, TokenForm
from web.connections.words import (
    Permission,
    again_text,
    first_importer_or,
    permissions,
    told_again,
    way_in_words,
    welcome_text,
)
from web.security import safe_next

pages = Blueprint("connections", __name__, url_prefix="/connections")


def register(app: Flask) -> None:
    app.register_blueprint(pages)
    app.jinja_env.globals["where_to_copy_it"] = WHERE_TO_COPY_IT
    app.add_template_filter(way_in_words)


@pages.get("")
def index() -> ResponseReturnValue:
    connections, actor = current.services().connections, current.actor()
    importers = [card.importer for card in current.services().importers.cards(actor)]
    return render_template(
        "connections/index.html",
        read_from=connections.list(actor, PIPEDRIVE),
        write_to=connections.list(actor, GOOGLE_SHEETS),
        used_by=Counter(one for importer in importers for one in _used(importer)),
    )


@pages.get("/<id:connection_id>")
def show(connection_id: int) -> ResponseReturnValue:
    """Whose account it is, what uses it, and how one at Pipedrive stands with the limits."""
    connection = current.services().connections.get(current.actor(), connection_id)
    if connection.kind == GOOGLE_SHEETS:
        return _google_shown(connection)
    return _shown(connection, _plan_form(connection))


@pages.post("/<id:connection_id>/plan")
def plan(connection_id: int) -> ResponseReturnValue:
    connection = current.services().connections.get(current.actor(), connection_id)
    if connection.kind != PIPEDRIVE:
        abort(404)
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
    return render_template(
        "connections/show.html",
        connection=connection,
        use=current.services().prices.use(current.actor(), connection.id),
        importers=_users_of(connection),
        form=form,
        percent=percent,
        permissions=_permissions(connection),
    )


def _google_shown(connection: Connection) -> str:
    google_accounts = current.services().google
    return render_template(
        "connections/google/show.html",
        connection=connection,
        importers=_users_of(connection),
        share_with=google_accounts.share_with(connection),
        has_picker=google_accounts.has_picker,
    )


def _used(importer: Importer) -> set[int]:
    """The connections it reads from and writes with."""
    return {one for one in (importer.connection_id, importer.target.connection_id) if one is not None}


def _users_of(connection: Connection) -> list[Importer]:
    cards = current.services().importers.cards(current.actor())
    return [card.importer for card in cards if connection.id in _used(card.importer)]


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
    """Sign in anew: by consent, or with another token or key."""
    connection = current.services().connections.get(current.actor(), connection_id)
    if connection.kind == GOOGLE_SHEETS:
        return google.connecting(connection)
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
        why = connection.trouble.message if connection.trouble else "It was refused."
        flash(f"{connection.label} needs reconnecting. {why}", "danger")
    return redirect(_back())


@pages.get("/<id:connection_id>/unlink")
def ask_unlink(connection_id: int) -> ResponseReturnValue:
    connection = current.services().connections.get(current.actor(), connection_id)
    return render_template("connections/unlink.html", connection=connection, used_by=_users_of(connection))


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
    return {SignIn.OAUTH: "access", SignIn.SERVICE_ACCOUNT: "key"}.get(connection.sign_in, "token")


def _permissions(connection: Connection) -> list[Permission]:
    """A token may do what its user may, which nobody can list."""
    if connection.sign_in is not SignIn.OAUTH:
        return []
    return permissions(connection, current.services().importers.entities())
