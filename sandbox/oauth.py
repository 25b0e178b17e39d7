"""
Signing in with OAuth 2: the consent page, the token endpoint and its refusals,
and the message an app gets when it is uninstalled.

Refusals carry the documented texts; the shape around them is our best guess.
The vendor serves this on a host of its own, and so do we where the host can be
told. Unlike the vendor we also send the message to addresses on this machine.
"""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from sandbox.answers import json_answer
from sandbox.apps import SCOPES, App
from sandbox.grants import ACCESS_SECONDS, ExpiredError, Grant, Grants, Tokens, UnknownError
from sandbox.world import World

PREFIX = "/oauth"
HOST = "oauth.pipedrive.com"
_FORM = "application/x-www-form-urlencoded"

_log = logging.getLogger(__name__)

Deliver = Callable[[requests.Request], None]


class RefusedError(Exception):
    """The documented text of a refusal."""


@dataclass(frozen=True)
class OAuth:
    """What the pages and the knobs work on. *deliver* sends the message of an uninstallation."""

    world: World
    apps: tuple[App, ...]
    grants: Grants
    deliver: Deliver

    def app(self, client_id: str) -> App:
        found = next((app for app in self.apps if app.client_id == client_id), None)
        if found is None:
            raise RefusedError("Invalid client: client is invalid")
        return found

    def uninstall(self, grant: Grant) -> None:
        """As from the Marketplace: the tokens end, and the app is told."""
        self.grants.uninstall(grant)
        message = {
            "client_id": grant.app.client_id,
            "company_id": self.world.staff.me()["company_id"],
            "user_id": grant.user_id,
            "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }
        credentials = (grant.app.client_id, grant.app.client_secret)
        self.deliver(requests.Request("DELETE", grant.redirect_uri, json=message, auth=credentials))


def deliver_by_http(message: requests.Request) -> None:
    """Once; whoever does not listen misses it, as with the vendor."""
    try:
        with requests.Session() as session:
            session.send(session.prepare_request(message), timeout=10, allow_redirects=False)
    except requests.RequestException as error:
        _log.warning("an app was not told that it was uninstalled: %s", type(error).__name__)


def blueprint(oauth: OAuth) -> Blueprint:
    pages = Blueprint("oauth", __name__, url_prefix=PREFIX, template_folder="templates")
    pages.register_error_handler(RefusedError, lambda error: _refusal(str(error)))

    @pages.get("/authorize")
    def ask() -> ResponseReturnValue:
        app, uri = _asked(oauth)
        staff = [user for user in oauth.world.staff.users if user["active_flag"]]
        meanings = {scope: SCOPES.get(scope, scope) for scope in app.scopes}
        return render_template(
            "sandbox/consent.html", app=app, uri=uri, state=request.args.get("state", ""), users=staff, scopes=meanings
        )

    @pages.post("/authorize")
    def answer() -> ResponseReturnValue:
        app, uri = _asked(oauth)
        state = {"state": request.values["state"]} if request.values.get("state") else {}
        if request.form.get("answer") != "allow":
            return redirect(_with(uri, {"error": "user_denied", **state}))
        user = request.form.get("user_id", type=int) or oauth.world.staff.me()["id"]
        return redirect(_with(uri, {"code": oauth.grants.consent(app, user, uri), **state}))

    @pages.post("/token")
    def token() -> Response:
        app = _signed_in(oauth)
        kind = request.form.get("grant_type")
        if not kind:
            raise RefusedError("Missing parameter: grant_type")
        if kind not in _GRANTS:
            raise RefusedError("Unsupported grant type: grant_type is invalid")
        return _told(_GRANTS[kind](oauth, app), oauth.world)

    @pages.post("/revoke")
    def revoke() -> Response:
        oauth.grants.revoke(_signed_in(oauth), request.form.get("token", ""))
        return json_answer({"success": True})

    return pages


def _asked(oauth: OAuth) -> tuple[App, str]:
    """The app that asks for consent and where it wants the answer."""
    client_id, uri = request.values.get("client_id"), request.values.get("redirect_uri", "")
    if not client_id:
        raise RefusedError("Invalid client: cannot retrieve client credentials")
    app = oauth.app(client_id)
    if urlsplit(uri).scheme not in ("http", "https") or not urlsplit(uri).hostname:
        raise RefusedError("Invalid request: redirect_uri is not a valid URI")
    if not app.redirects_to(uri):
        raise RefusedError("Invalid request: redirect_uri is invalid")
    return app, uri


def _with(uri: str, more: dict[str, str]) -> str:
    return f"{uri}{'&' if urlsplit(uri).query else '?'}{urlencode(more)}"


def _signed_in(oauth: OAuth) -> App:
    """The app whose credentials came, by Basic auth or, which is discouraged, in the form."""
    if request.mimetype != _FORM:
        raise RefusedError(f"Invalid request: content must be {_FORM}")
    client_id, secret = _basic() or (request.form.get("client_id", ""), request.form.get("client_secret", ""))
    if not client_id:
        raise RefusedError("Invalid client: cannot retrieve client credentials")
    app = oauth.app(client_id)
    if not app.has_secret(secret):
        raise RefusedError("Invalid client: client is invalid")
    return app


def _basic() -> tuple[str, str] | None:
    header = request.headers.get("Authorization")
    if header is None:
        return None
    scheme, _, coded = header.partition(" ")
    try:
        text = base64.b64decode(coded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        text = ""
    if scheme.lower() != "basic" or ":" not in text:
        raise RefusedError("Invalid request: malformed authorization header")
    client_id, _, secret = text.partition(":")
    return client_id, secret


def _by_code(oauth: OAuth, app: App) -> Tokens:
    try:
        return oauth.grants.exchange(app, request.form.get("code", ""), request.form.get("redirect_uri", ""))
    except ValueError:
        raise RefusedError("Invalid request: redirect_uri is invalid") from None
    except ExpiredError:
        raise RefusedError("Invalid grant: authorization_code has expired") from None
    except UnknownError:
        raise RefusedError("Invalid grant: authorization_code is invalid") from None


def _by_refresh_token(oauth: OAuth, app: App) -> Tokens:
    try:
        return oauth.grants.refresh(app, request.form.get("refresh_token", ""))
    except UnknownError:
        raise RefusedError("Invalid grant: refresh_token is invalid") from None


_GRANTS = {"authorization_code": _by_code, "refresh_token": _by_refresh_token}


def _told(tokens: Tokens, world: World) -> Response:
    return json_answer(
        {
            "access_token": tokens.access,
            "token_type": "Bearer",
            "expires_in": ACCESS_SECONDS - 1,
            "refresh_token": tokens.refresh,
            "scope": ",".join(tokens.grant.scopes),
            "api_domain": f"https://{world.domain}.pipedrive.com",
        }
    )


def _refusal(text: str) -> Response:
    kind: dict[str, Any] = {"success": False, "message": text, "error": _slug(text)}
    return json_answer(kind, 400)


def _slug(text: str) -> str:
    return text.partition(":")[0].lower().replace(" ", "_")
