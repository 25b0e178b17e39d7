"""
The round trip to Pipedrive's consent page, and what Pipedrive tells us when an
app is uninstalled. Pipedrive knows one address for both: the callback URL.
"""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, Flask, Response, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from importers.errors import AccessDenied
from importers.model import PIPEDRIVE, Connection
from importers.secret import Secret
from web import current
from web.addresses import an_id
from web.connections import consent, trips
from web.connections.trips import Asked
from web.connections.words import first_importer_or

pages = Blueprint("oauth", __name__, url_prefix="/connections/oauth")


def register(app: Flask) -> None:
    app.register_blueprint(pages)
    # Pipedrive has no session here; it signs in with the app's own credentials.
    app.extensions["csrf"].exempt(uninstalled)


@pages.post("")
def begin() -> ResponseReturnValue:
    """Off to the consent page: for a new connection, or to renew the one the form names."""
    connection_id = request.form.get("connection_id", type=an_id)
    if connection_id is not None:
        current.services().connections.get(current.actor(), connection_id)
    return consent.set_out(_PIPEDRIVE, trips.planned(PIPEDRIVE, connection_id))


@pages.get("/callback")
def callback() -> ResponseReturnValue:
    """Back from the consent page, with a code or a refusal."""
    return consent.come_back(_PIPEDRIVE) or _from_nowhere()


@pages.delete("/callback")
def uninstalled() -> ResponseReturnValue:
    """Pipedrive tells that somebody uninstalled our app."""
    given = request.authorization
    if given is None or given.type != "basic":
        return _unauthorized()
    told = _message()
    if not isinstance(told, dict) or told.get("client_id") != given.username:
        return _nonsense()
    company_id, user_id = told.get("company_id"), told.get("user_id")
    if not (type(company_id) is int and type(user_id) is int):
        return _nonsense()
    client_id, client_secret = given.username or "", Secret(given.password or "")
    at = _moment(told.get("timestamp"))
    try:
        current.services().connections.uninstalled(
            client_id, client_secret, company_id=company_id, user_id=user_id, at=at
        )
    except AccessDenied:
        return _unauthorized()
    return "", 204


def _message() -> object:
    """What was sent as JSON; None where that makes no sense, however deeply it is nested."""
    try:
        return request.get_json(silent=True)
    except RecursionError:
        return None


def _moment(told: object) -> datetime | None:
    """
    When the app was uninstalled; None where that cannot be read. Pipedrive
    documents no form: it is taken for ISO 8601, and for UTC without a zone.
    """
    try:
        moment = datetime.fromisoformat(told) if isinstance(told, str) else None
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC) if moment else None


def _from_nowhere() -> ResponseReturnValue:
    """
    Nobody set out from here: it may be an installation that began in Pipedrive's
    Marketplace, which is started over with a state of ours, once.
    """
    is_from_marketplace = "code" in request.args and "state" not in request.args
    if is_from_marketplace and not trips.is_starting_over(PIPEDRIVE):
        return consent.set_out(_PIPEDRIVE, trips.planned(PIPEDRIVE, None, is_again=True))
    return consent.unasked(_PIPEDRIVE)


def _consent_url(asked: Asked, redirect_uri: str) -> str:
    return current.services().connections.consent_url(current.actor(), redirect_uri=redirect_uri, state=asked.state)


def _link(asked: Asked, code: Secret, redirect_uri: str) -> Connection:
    return current.services().connections.link_by_consent(
        current.actor(), code, redirect_uri=redirect_uri, connection_id=asked.connection_id
    )


def _refused(error: str) -> tuple[str, str]:
    if error == "user_denied":
        return "info", "You did not allow it in Pipedrive, so nothing was changed."
    return "danger", "Pipedrive did not say yes, so nothing was changed. Try again in a few minutes."


def _next_page(connection: Connection) -> str:
    return first_importer_or(url_for("connections.show", connection_id=connection.id), connection)


_PIPEDRIVE = consent.Vendor(
    kind=PIPEDRIVE,
    name="Pipedrive",
    callback="oauth.callback",
    connect="connections.connect",
    consent_url=_consent_url,
    link=_link,
    refused=_refused,
    next_page=_next_page,
)


def _nonsense() -> ResponseReturnValue:
    return jsonify(error="This is not what Pipedrive sends."), 400


def _unauthorized() -> Response:
    return Response(status=401, headers={"WWW-Authenticate": 'Basic realm="Pipesheet"'})
