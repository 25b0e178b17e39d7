"""Google accounts: by Google's consent page, or by the key of a service account."""

from __future__ import annotations

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from importers.errors import ImporterError
from importers.model import GOOGLE_SHEETS, Connection, SignIn
from importers.secret import Secret
from web import current
from web.addresses import an_id
from web.connections import consent, trips
from web.connections.forms import KeyForm
from web.connections.trips import Asked
from web.connections.words import told_again, welcome_text

pages = Blueprint("google", __name__, url_prefix="/connections/google")

FOR_EDITOR = "editor"
"""As `for` in the address of the page: an editor waits in another tab."""


def register(app: Flask) -> None:
    app.register_blueprint(pages)


@pages.route("/new", methods=["GET", "POST"])
def connect() -> ResponseReturnValue:
    return connecting(None)


@pages.post("")
def begin() -> ResponseReturnValue:
    """Off to the consent page: for a new connection, or to renew the one the form names."""
    connection_id = request.form.get("connection_id", type=an_id)
    if connection_id is not None:
        current.services().connections.get(current.actor(), connection_id)
    asked = trips.planned(GOOGLE_SHEETS, connection_id, for_editor=request.form.get("for") == FOR_EDITOR)
    return consent.set_out(_GOOGLE, asked)


@pages.get("/callback")
def callback() -> ResponseReturnValue:
    """Back from the consent page, with a code or a refusal."""
    return consent.come_back(_GOOGLE) or consent.unasked(_GOOGLE)


def connecting(connection: Connection | None) -> ResponseReturnValue:
    """The page with both ways, to connect an account or to sign in anew to that of *connection*."""
    form = KeyForm()
    if form.validate_on_submit():
        try:
            linked = _linked(Secret(form.text), connection)
        except ImporterError as error:
            form.key.errors = [str(error)]
        else:
            return redirect(url_for("connections.show", connection_id=linked.id))
    page = render_template(
        "connections/google/connect.html",
        form=form,
        connection=connection,
        has_app=current.services().google.has_app,
        for_editor=request.values.get("for") == FOR_EDITOR,
        pretend=pretend_page(),
    )
    return page, 422 if form.errors else 200


def pretend_page() -> str:
    """Where the sandbox's Google shows its files and its key; empty where Google is the real one."""
    settings = current.settings()
    here = settings.reroutes.get("docs.google.com", "") if settings.sandbox else ""
    return f"{here}/_sandbox/google/" if here else ""


def _linked(key: Secret, connection: Connection | None) -> Connection:
    services, actor = current.services(), current.actor()
    before = {one.id: one for one in services.connections.list(actor, GOOGLE_SHEETS)}
    linked = services.google.link_service_account(actor, key, connection_id=connection.id if connection else None)
    known = before.get(linked.id)
    flash(told_again(linked, known) if known else welcome_text(linked), "success")
    if request.form.get("for") == FOR_EDITOR:
        flash(consent.EDITOR_WAITS, "info")
    return linked


def _consent_url(asked: Asked, redirect_uri: str) -> str:
    return current.services().google.consent_url(
        current.actor(),
        redirect_uri=redirect_uri,
        state=asked.state,
        verifier=asked.verifier,
        login_hint=_whose(asked.connection_id),
    )


def _whose(connection_id: int | None) -> str:
    """The address of the account that is to be connected again; empty where any will do."""
    if connection_id is None:
        return ""
    connection = current.services().connections.get(current.actor(), connection_id)
    return connection.account.email if connection.sign_in is SignIn.OAUTH else ""


def _link(asked: Asked, code: Secret, redirect_uri: str) -> Connection:
    return current.services().google.link_by_consent(
        current.actor(), code, redirect_uri=redirect_uri, verifier=asked.verifier, connection_id=asked.connection_id
    )


def _refused(error: str) -> tuple[str, str]:
    return "info" if error == "access_denied" else "danger", str(current.services().google.declined(error))


def _next_page(connection: Connection) -> str:
    return url_for("connections.show", connection_id=connection.id)


_GOOGLE = consent.Vendor(
    kind=GOOGLE_SHEETS,
    name="Google",
    callback="google.callback",
    connect="google.connect",
    consent_url=_consent_url,
    link=_link,
    refused=_refused,
    next_page=_next_page,
)
