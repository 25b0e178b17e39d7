"""
Signing in: the consent page, the token endpoint, what a token is worth, and its end.

The consent page stands for the chooser of accounts and for the page on which
each permission may be left out. Its boxes are ticked, which Google's are not.
"""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from sandbox.google import identity, scopes
from sandbox.google.accounts import Client, Person, Robot
from sandbox.google.desk import Desk, bearer_token
from sandbox.google.keys import OURS, BadTokenError, claims_of
from sandbox.google.replies import json_answer
from sandbox.google.tokens import ACCESS_SECONDS, Bearer, Given, RefusedError

CONSENT = "/o/oauth2/v2/auth"
TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
_AUDIENCES = (TOKEN_URL, "https://www.googleapis.com/oauth2/v4/token", "https://accounts.google.com/o/oauth2/token")
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_SKEW = 300
"""Seconds a caller's clock may be ahead."""
PATHS = (
    "/o/oauth2", "/token", "/oauth2/", "/revoke", "/tokeninfo", "/v1/userinfo", "/v1/projects", "/robot/", "/.well-known/"
)  # fmt: skip


class NotAskedWell(Exception):
    """The consent page cannot ask: `Error 400: redirect_uri_mismatch`, and why."""

    def __init__(self, error: str, why: str, status: int = 400) -> None:
        super().__init__(error)
        self.error, self.why, self.status = error, why, status


@dataclass(frozen=True)
class _Asked:
    """What an app asks a user for."""

    client: Client
    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str

    def answer(self, **said: str) -> Response:
        state = {"state": request.values["state"]} if request.values.get("state") else {}
        mark = "&" if urlsplit(self.redirect_uri).query else "?"
        return redirect(f"{self.redirect_uri}{mark}{urlencode({**state, **said})}")  # type: ignore[return-value] # Flask's


def blueprint(desk: Desk) -> Blueprint:
    pages = Blueprint("google_oauth", __name__)
    pages.register_error_handler(RefusedError, refusal)
    pages.register_error_handler(NotAskedWell, _not_asked)
    _add_consent(pages, desk)
    _add_tokens(pages, desk)
    _add_identity(pages, desk)
    _add_robots(pages, desk)
    return pages


# consent ----------------------------------------------------------------------------------


def _add_consent(pages: Blueprint, desk: Desk) -> None:
    @pages.get(CONSENT)
    @pages.get("/o/oauth2/auth")
    def ask() -> ResponseReturnValue:
        asked = _asked(desk)
        if "none" in _prompts():
            return asked.answer(error="interaction_required")
        hint = request.args.get("login_hint", "")
        hinted = desk.accounts.person(hint) or next((each for each in desk.accounts.people if each.sub == hint), None)
        return render_template(
            "sandbox/google/consent.html",
            asked=asked,
            people=desk.accounts.people,
            chosen=hinted or desk.accounts.people[0],
            meanings=scopes.MEANINGS,
            sign_in=[scope for scope in asked.scopes if scope in scopes.SIGN_IN],
            optional=[scope for scope in asked.scopes if scope not in scopes.SIGN_IN],
            query=request.args.items(multi=True),
        )

    @pages.post(CONSENT)
    @pages.post("/o/oauth2/auth")
    def answer() -> ResponseReturnValue:
        asked = _asked(desk)
        person = desk.accounts.person(request.form.get("account", desk.accounts.people[0].email))
        if request.form.get("answer") != "allow" or person is None:
            return asked.answer(error="access_denied")
        ticked = request.form.getlist("granted")
        granted = tuple(scope for scope in asked.scopes if scope in scopes.SIGN_IN or scope in ticked)
        if not granted:
            return asked.answer(error="access_denied")
        code = desk.tokens.consent(
            asked.client.client_id,
            person.email,
            granted,
            redirect_uri=asked.redirect_uri,
            challenge=asked.challenge,
            nonce=request.values.get("nonce", ""),
            is_offline=request.values.get("access_type") == "offline",
            asks_again="consent" in _prompts() or request.values.get("approval_prompt") == "force",
            includes_granted=request.values.get("include_granted_scopes", "").lower() == "true",
        )
        hd = {"hd": person.domain} if person.domain else {}
        told = " ".join(desk.tokens.scopes_of(code))
        said = {"iss": identity.ISSUER, "code": code, "scope": told, "authuser": "0", **hd}
        return asked.answer(**said, prompt=request.values.get("prompt", "consent"))


def _asked(desk: Desk) -> _Asked:
    given = request.values
    client = desk.accounts.clients.get(given.get("client_id", ""))
    if client is None:
        missing = "Missing required parameter: client_id"
        known = given.get("client_id")
        raise NotAskedWell("invalid_client", "The OAuth client was not found.", 401) if known else _invalid(missing)
    uri = given.get("redirect_uri", "")
    if not uri:
        raise _invalid("Missing required parameter: redirect_uri")
    if not client.redirects_to(uri):
        raise NotAskedWell("redirect_uri_mismatch", f"The app asks to be answered at {uri}, which is not registered.")
    if given.get("response_type") != "code":
        raise NotAskedWell("unsupported_response_type", "This sandbox knows response_type=code only.")
    asked = scopes.read(given.get("scope", ""))
    if not asked:
        raise _invalid("Missing required parameter: scope")
    if unknown := scopes.unknown(asked):
        raise NotAskedWell("invalid_scope", f"Some requested scopes were invalid. {{invalid={unknown}}}")
    return _Asked(client, uri, asked, _challenge())


def _challenge() -> str:
    challenge = request.values.get("code_challenge", "")
    if challenge and request.values.get("code_challenge_method", "plain") != "S256":
        raise _invalid("This sandbox knows code_challenge_method=S256 only.")
    return challenge


def _prompts() -> list[str]:
    return request.values.get("prompt", "").split()


def _invalid(why: str) -> NotAskedWell:
    return NotAskedWell("invalid_request", why)


def _not_asked(problem: NotAskedWell) -> ResponseReturnValue:
    return render_template("sandbox/google/refused.html", problem=problem), problem.status


# tokens -----------------------------------------------------------------------------------


def _add_tokens(pages: Blueprint, desk: Desk) -> None:
    @pages.post("/token")
    @pages.post("/oauth2/v4/token")
    @pages.post("/o/oauth2/token")
    def token() -> Response:
        kind = request.form.get("grant_type", "")
        if kind not in _GRANTS:
            raise RefusedError("unsupported_grant_type", f"Invalid grant_type: {kind}")
        return json_answer(_GRANTS[kind](desk))

    @pages.post("/revoke")
    @pages.get("/o/oauth2/revoke")
    @pages.post("/o/oauth2/revoke")
    def revoke() -> Response:
        if not desk.tokens.revoke(request.values.get("token", "")):
            raise RefusedError("invalid_token", "Token expired or revoked")
        return json_answer({})


def _by_code(desk: Desk) -> dict[str, Any]:
    client = _client(desk)
    given = desk.tokens.exchange(
        client.client_id,
        unquote(request.form.get("code", "")),
        request.form.get("redirect_uri", ""),
        request.form.get("code_verifier", ""),
    )
    return _told(desk, given)


def _by_refresh_token(desk: Desk) -> dict[str, Any]:
    client = _client(desk)
    if not request.form.get("refresh_token"):
        raise RefusedError("invalid_request", "Missing required parameter: refresh_token")
    wanted = scopes.read(request.form.get("scope", ""))
    return _told(desk, desk.tokens.refresh(client.client_id, request.form["refresh_token"], wanted))


def _by_assertion(desk: Desk) -> dict[str, Any]:
    """A service account signs who it is and what it asks for."""
    claims, robot = _proven(desk)
    if claims.get("aud") not in _AUDIENCES:
        raise RefusedError("invalid_grant", f"Invalid JWT: Failed audience check. The right audience is {TOKEN_URL}")
    now, began, ends = time.time(), claims.get("iat"), claims.get("exp")
    if not isinstance(began, int | float) or not isinstance(ends, int | float) or not _is_reasonable(now, began, ends):
        raise RefusedError(
            "invalid_grant",
            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
            "Check your iat and exp values in the JWT claim.",
        )
    if claims.get("target_audience"):
        return {"id_token": identity.id_token(robot.person, str(claims["target_audience"]), (scopes.EMAIL,))}
    wanted = scopes.read(str(claims.get("scope", "")))
    if not wanted or scopes.unknown(wanted):
        raise RefusedError("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
    if claims.get("sub", robot.email) != robot.email:
        raise RefusedError(
            "unauthorized_client",
            "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of "
            "the scopes requested.",
            401,
        )
    given = desk.tokens.robot(robot.email, robot.unique_id, wanted)
    return {"access_token": given.access, "expires_in": ACCESS_SECONDS - 1, "token_type": "Bearer"}


_GRANTS: dict[str, Callable[[Desk], dict[str, Any]]] = {
    "authorization_code": _by_code,
    "refresh_token": _by_refresh_token,
    JWT_BEARER: _by_assertion,
}


def _proven(desk: Desk) -> tuple[dict[str, Any], Robot]:
    assertion = request.form.get("assertion", "")
    try:
        robot = desk.accounts.robots.get(str(claims_of(assertion).get("iss")))
    except BadTokenError:
        raise RefusedError("invalid_grant", "Bad Request") from None
    if robot is None:
        raise RefusedError("invalid_grant", "Invalid grant: account not found")
    try:
        return robot.key.verified(assertion), robot
    except BadTokenError:
        raise RefusedError("invalid_grant", "Invalid JWT Signature.") from None


def _is_reasonable(now: float, began: float, ends: float) -> bool:
    return began <= now + _SKEW and now - _SKEW < ends <= began + 3600 + _SKEW


def _client(desk: Desk) -> Client:
    """The app whose credentials came, by Basic auth or in the form."""
    client_id, secret = _basic() or (request.form.get("client_id", ""), request.form.get("client_secret", ""))
    if not client_id:
        raise RefusedError("invalid_request", "Could not determine client ID from request.")
    client = desk.accounts.clients.get(client_id)
    if client is None:
        raise RefusedError("invalid_client", "The OAuth client was not found.", 401)
    if not secret:
        raise RefusedError("invalid_request", "client_secret is missing.")
    if not client.has_secret(secret):
        raise RefusedError("invalid_client", "The provided client secret is invalid.", 401)
    return client


def _basic() -> tuple[str, str] | None:
    scheme, _, coded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(coded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise RefusedError("invalid_client", "Unauthorized", 401) from None
    client_id, _, secret = text.partition(":")
    return unquote(client_id), unquote(secret)


def _told(desk: Desk, given: Given) -> dict[str, Any]:
    bearer = given.bearer
    answer: dict[str, Any] = {"access_token": given.access, "expires_in": ACCESS_SECONDS - 1}
    if given.refresh:
        answer["refresh_token"] = given.refresh
    answer |= {"scope": " ".join(bearer.scopes), "token_type": "Bearer"}
    person = desk.accounts.person(bearer.email)
    if scopes.OPENID in bearer.scopes and person:
        answer["id_token"] = identity.id_token(
            person, bearer.client_id, bearer.scopes, access=given.access, nonce=given.nonce
        )
    return answer


def refusal(problem: RefusedError) -> Response:
    return json_answer({"error": problem.error, "error_description": problem.description}, problem.status)


# who --------------------------------------------------------------------------------------


def _add_identity(pages: Blueprint, desk: Desk) -> None:
    @pages.get("/oauth2/v1/certs")
    def certificates() -> Response:
        return json_answer({OURS.id: OURS.certificate_pem}, Cache_Control="public, max-age=21600, must-revalidate")

    @pages.get("/oauth2/v3/certs")
    def web_keys() -> Response:
        return json_answer({"keys": [OURS.jwk()]}, Cache_Control="public, max-age=21600, must-revalidate")

    @pages.get("/oauth2/v3/userinfo")
    @pages.get("/v1/userinfo")
    def user_info() -> Response:
        found = _bearer_person(desk)
        if found is None:
            return json_answer({"error": "invalid_request", "error_description": "Invalid Credentials"}, 401)
        return json_answer(identity.user_info(*found))

    @pages.get("/oauth2/v1/userinfo")
    @pages.get("/oauth2/v2/userinfo")
    def user_info_v2() -> Response:
        principal = desk.principal()
        if principal.person is None:
            return json_answer({"error": "invalid_request", "error_description": "Invalid Credentials"}, 401)
        return json_answer(identity.user_info_v2(principal.person, principal.scopes))

    @pages.route("/tokeninfo", methods=["GET", "POST"])
    @pages.route("/oauth2/v3/tokeninfo", methods=["GET", "POST"])
    def token_info() -> Response:
        return _worth(
            desk,
            lambda bearer, person, seconds: identity.token_info(
                bearer, person, seconds, is_offline=desk.tokens.is_offline(bearer)
            ),
        )

    @pages.route("/oauth2/v1/tokeninfo", methods=["GET", "POST"])
    @pages.route("/oauth2/v2/tokeninfo", methods=["GET", "POST"])
    def token_info_v2() -> Response:
        return _worth(desk, identity.token_info_v2)


def _add_robots(pages: Blueprint, desk: Desk) -> None:
    @pages.get("/robot/v1/metadata/x509/<email>")
    def robot_certificates(email: str) -> ResponseReturnValue:
        robot = desk.accounts.robots.get(email)
        return json_answer({robot.key.id: robot.key.certificate_pem}) if robot else ("", 404)

    @pages.get("/v1/projects/-/serviceAccounts/<email>/allowedLocations")
    def allowed_locations(email: str) -> Response:
        """google-auth asks, in a thread of its own, whether the account is bound to a region: it is not."""
        error = {"code": 404, "message": f"No allowed locations for {email}.", "status": "NOT_FOUND"}
        return json_answer({"error": error}, 404)


def _bearer_person(desk: Desk) -> tuple[Person, frozenset[str]] | None:
    bearer = desk.tokens.bearer(bearer_token() or "")
    person = desk.accounts.person(bearer.email) if bearer else None
    return (person, frozenset(bearer.scopes)) if bearer and person else None


def _worth(desk: Desk, tell: Callable[[Bearer, Person, int], dict[str, Any]]) -> Response:
    if "id_token" in request.values:
        return _id_token_worth(request.values["id_token"])
    bearer = desk.tokens.bearer(request.values.get("access_token", ""))
    person = desk.accounts.person(bearer.email) if bearer else None
    if bearer is None or person is None:
        return json_answer({"error": "invalid_token", "error_description": "Invalid Value"}, 400)
    return json_answer(tell(bearer, person, desk.tokens.seconds_left(bearer)))


def _id_token_worth(token: str) -> Response:
    try:
        claims = OURS.verified(token)
    except BadTokenError:
        claims = {}
    if claims.get("exp", 0) <= time.time():
        return json_answer({"error": "invalid_token", "error_description": "Invalid Value"}, 400)
    told = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in claims.items()}
    return json_answer({**told, "alg": "RS256", "kid": OURS.id, "typ": "JWT"})
