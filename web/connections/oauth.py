"""
The round trip to Pipedrive's consent page, and what Pipedrive tells us when an
app is uninstalled. Pipedrive knows one address for both: the callback URL.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from flask import Blueprint, Flask, Response, flash, jsonify, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from importers.errors import AccessDenied, ImporterError
from importers.secret import Secret
from web import current
from web.addresses import an_id
from web.connections.words import first_importer_or, told_again, welcome_text

pages = Blueprint("oauth", __name__, url_prefix="/connections/oauth")

_KEPT = "oauth"
_GOOD_FOR_SECONDS = 15 * 60
_MOST_AT_ONCE = 4
"""Tabs in which somebody may be connecting at the same time."""


@dataclass(frozen=True, slots=True)
class Asked:
    """
    One trip that began in this session. `is_again` marks one begun because
    somebody came back from a trip that did not begin here.
    """

    state: str
    at: float
    workspace_id: int
    connection_id: int | None = None
    is_again: bool = False


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
    return _off_to_consent(connection_id)


@pages.get("/callback")
def callback() -> ResponseReturnValue:
    """Back from the consent page, with a code or a refusal."""
    if not current_user.is_authenticated:
        # The code goes no further: it would stand in the address of the sign-in page.
        flash("Sign in, then connect Pipedrive again.", "info")
        return redirect(url_for("auth.sign_in", next=url_for("connections.index")))
    asked = _taken(request.args.get("state", ""))
    if asked is None:
        return _from_nowhere()
    if "code" not in request.args:
        return _refused(asked)
    return _connect(asked, Secret(request.args["code"]))


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


def _off_to_consent(connection_id: int | None, *, is_again: bool = False) -> ResponseReturnValue:
    actor = current.actor()
    now = current.now().timestamp()
    asked = Asked(secrets.token_urlsafe(24), now, actor.workspace.id, connection_id, is_again)
    url = current.services().connections.consent_url(actor, redirect_uri=_redirect_uri(), state=asked.state)
    session[_KEPT] = [asdict(one) for one in [*_pending(), asked][-_MOST_AT_ONCE:]]
    return redirect(url, 303)


def _pending() -> list[Asked]:
    """Trips that began here, lately, in this workspace, and did not come back yet."""
    oldest = current.now().timestamp() - _GOOD_FOR_SECONDS
    kept = [Asked(**one) for one in session.get(_KEPT, [])]
    return [one for one in kept if one.at > oldest and one.workspace_id == current.actor().workspace.id]


def _taken(state: str) -> Asked | None:
    """The trip with this state, which thereby is over."""
    pending = _pending()
    found = next((one for one in pending if hmac.compare_digest(one.state.encode(), state.encode())), None)
    session[_KEPT] = [asdict(one) for one in pending if one is not found]
    return found


def _from_nowhere() -> ResponseReturnValue:
    """
    Nobody set out from here: an installation that began in Pipedrive's
    Marketplace, which is started over with a state of ours, once; or a link
    that somebody planted, an old tab, a page loaded twice.
    """
    is_from_marketplace = "code" in request.args and "state" not in request.args
    if is_from_marketplace and not any(one.is_again for one in _pending()):
        return _off_to_consent(None, is_again=True)
    flash("That answer of Pipedrive's was not asked for here, or too long ago. Nothing was connected.", "danger")
    return redirect(url_for("connections.connect"))


def _refused(asked: Asked) -> ResponseReturnValue:
    if request.args.get("error") == "user_denied":
        flash("You did not allow it in Pipedrive, so nothing was changed.", "info")
    else:
        flash("Pipedrive did not say yes, so nothing was changed. Try again in a few minutes.", "danger")
    return redirect(_where(asked))


def _connect(asked: Asked, code: Secret) -> ResponseReturnValue:
    connections, actor = current.services().connections, current.actor()
    before = {one.id: one for one in connections.list(actor)}
    try:
        connection = connections.link_by_consent(
            actor, code, redirect_uri=_redirect_uri(), connection_id=asked.connection_id
        )
    except ImporterError as error:
        flash(f"Nothing was connected. {error}", "danger")
        return redirect(_where(asked))
    known = before.get(connection.id)
    flash(told_again(connection, known) if known else welcome_text(connection), "success")
    return redirect(first_importer_or(url_for("connections.show", connection_id=connection.id), connection))


def _where(asked: Asked) -> str:
    if asked.connection_id is None:
        return url_for("connections.connect")
    return url_for("connections.replace", connection_id=asked.connection_id)


def _redirect_uri() -> str:
    """The callback URL, as it was entered in Pipedrive's Developer Hub."""
    public = current.settings().public_url
    return public + url_for(".callback") if public else url_for(".callback", _external=True)


def _nonsense() -> ResponseReturnValue:
    return jsonify(error="This is not what Pipedrive sends."), 400


def _unauthorized() -> Response:
    return Response(status=401, headers={"WWW-Authenticate": 'Basic realm="Pipesheet"'})
