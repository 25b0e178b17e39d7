"""
Our app at Google: asking for consent, trading codes and refresh tokens, and whose they are.

https://developers.google.com/identity/protocols/oauth2/web-server
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec
import requests
from google.auth.exceptions import TransportError
from google.auth.transport.requests import Request
from google.oauth2 import id_token
from google_auth_oauthlib.flow import Flow  # type: ignore[import-untyped]
from oauthlib.oauth2 import OAuth2Error  # type: ignore[import-untyped]

from importers.destinations.google_sheets.credentials import (
    DRIVE_FILE,
    TOKEN_URL,
    AccountGrant,
    grant_ended,
    is_sendable,
    keep_libraries_quiet,
)
from importers.destinations.google_sheets.failures import (
    STATUS_PAGE,
    clock_is_wrong,
    scope_unticked,
)
from importers.errors import (
    AccessDenied,
    ConnectionTrouble,
    CredentialsRejected,
    ImporterError,
    InvalidSettings,
    RateLimited,
    ServiceTrouble,
)
from importers.interfaces import Clock
from importers.model import GOOGLE_SHEETS, Account, Grant
from importers.secret import Secret

SCOPES = ("openid", "email", DRIVE_FILE)

_CONSENT_URL = "https://accounts.google.com/o/oauth2/v2/auth"
_REVOKE_URL = "https://oauth2.googleapis.com/revoke"
_API_HOST = "sheets.googleapis.com"
_TIMEOUT = (10.0, 30.0)
"""Seconds to connect and to answer: others wait for us meanwhile."""
_SKEW_SECONDS = 60
_LONGEST_SAID = 300


class _Tokens(msgspec.Struct):
    access_token: str
    expires_in: int
    refresh_token: str = ""
    scope: str = ""
    id_token: str = ""


class _Refusal(msgspec.Struct):
    error: Any = None
    error_description: Any = None
    error_subtype: Any = None


@dataclass(frozen=True, kw_only=True)
class GoogleApp:
    """
    Implements `interfaces.ConsentApp`.

    Users are asked who they are, and for the files they make with Pipesheet or
    pick for it (drive.file): no other file of theirs can be seen. *at* says
    where an address of Google's is really found by a browser: on this
    machine, in the sandbox.
    """

    client_id: str
    client_secret: Secret
    session: requests.Session = field(repr=False)
    clock: Clock
    at: Callable[[str], str] = str

    def consent_url(
        self, *, redirect_uri: str, state: str, verifier: Secret | None = None, login_hint: str = ""
    ) -> str:
        """*login_hint* is the address of the account that Google is to propose."""
        # Google gives a refresh token to those whom it asked, so it is told to ask every time.
        hint = {"login_hint": login_hint} if login_hint else {}
        flow = self._flow(redirect_uri, verifier, scopes=SCOPES)
        url, _ = flow.authorization_url(state=state, prompt="consent", **hint)
        return self.at(url)

    def exchange(self, code: Secret, *, redirect_uri: str, verifier: Secret | None = None) -> AccountGrant:
        """
        With whose grant it is, as Google signed it. Also raises InvalidSettings
        where the box for files was left unticked.
        """
        asked_at = self.clock.now()
        told, granted_at = self._traded(code, redirect_uri, verifier)
        scopes = _scopes_in(told.scope)
        if DRIVE_FILE not in scopes:
            raise _box_unticked()
        if not told.refresh_token:
            raise _unreadable()
        account = self._account_in(told.id_token)
        return AccountGrant(
            _token(told.access_token),
            _token(told.refresh_token),
            _end(asked_at, told),
            _API_HOST,
            scopes,
            granted_at or asked_at,
            account=account,
        )

    def refresh(self, grant: Grant) -> Grant:
        asked_at = self.clock.now()
        form = {"grant_type": "refresh_token", "refresh_token": grant.refresh_token.reveal()}
        told = _tokens_in(self._post(TOKEN_URL, form, grant_ended))
        scopes = _scopes_in(told.scope) or grant.scopes
        if DRIVE_FILE not in scopes:
            raise scope_unticked()
        # Google keeps refresh tokens as they are, unless it says otherwise.
        refresh = _token(told.refresh_token) if told.refresh_token else grant.refresh_token
        return Grant(_token(told.access_token), refresh, _end(asked_at, told), _API_HOST, scopes, grant.granted_at)

    def revoke(self, grant: Grant) -> None:
        """
        Ends everything that the user granted to this app, wherever it is used:
        for the last connection of a Google account only.
        """
        self._post(_REVOKE_URL, {"token": grant.refresh_token.reveal()}, grant_ended)

    def is_us(self, client_id: str, client_secret: Secret) -> bool:
        given, ours = (f"{client_id}:{client_secret.reveal()}", f"{self.client_id}:{self.client_secret.reveal()}")
        return hmac.compare_digest(given.encode("utf-8", "replace"), ours.encode())

    def _flow(self, redirect_uri: str, verifier: Secret | None, *, scopes: tuple[str, ...] | None) -> Flow:
        keep_libraries_quiet()
        client = {
            "client_id": self.client_id,
            "client_secret": self.client_secret.reveal(),
            "auth_uri": _CONSENT_URL,
            "token_uri": TOKEN_URL,
        }
        flow = Flow.from_client_config({"web": client}, scopes, autogenerate_code_verifier=False)
        flow.redirect_uri = redirect_uri
        flow.code_verifier = verifier.reveal() if verifier else None
        return flow

    def _traded(self, code: Secret, redirect_uri: str, verifier: Secret | None) -> tuple[_Tokens, datetime | None]:
        # Without scopes: oauthlib would raise where Google grants others than were asked for.
        flow = self._flow(redirect_uri, verifier, scopes=None)
        heard: list[requests.Response] = []
        carried = flow.oauth2session
        carried.trust_env = False  # how our own session leaves the machine is how this one does
        carried.mount("https://", self.session.get_adapter("https://"))
        carried.register_compliance_hook("access_token_response", lambda response: _heard(response, heard))
        ours = self.session.merge_environment_settings(TOKEN_URL, {}, None, None, None)
        way = {name: ours.get(name) for name in ("proxies", "verify", "cert")}
        failed: Exception | None = None
        try:
            flow.fetch_token(code=code.reveal(), timeout=_TIMEOUT, **way)
        except requests.RequestException as error:
            failed = error
        except (OAuth2Error, ValueError):
            pass  # what oauthlib thinks of an answer that is a success: we read it ourselves
        if not heard:
            raise _no_answer() from failed
        return _tokens_in(heard[0]), _dated(heard[0])

    def _account_in(self, token: str) -> Account:
        """Whose the grant is: from the id token, whose signature is checked with Google's certificates."""
        trouble: ImporterError
        try:
            claims = id_token.verify_oauth2_token(  # type: ignore[no-untyped-call]
                token, Request(self.session), audience=self.client_id, clock_skew_in_seconds=_SKEW_SECONDS
            )
        except TransportError:
            trouble = _no_answer()
        except Exception as error:  # noqa: BLE001 - it may quote the token
            said = str(error)
            trouble = clock_is_wrong() if "clock" in said or "expired" in said else _unreadable()
        else:
            return _account(claims)
        raise trouble

    def _post(self, url: str, form: Mapping[str, str], refused: Callable[..., ImporterError]) -> requests.Response:
        credentials = {"client_id": self.client_id, "client_secret": self.client_secret.reveal()}
        form = form if url == _REVOKE_URL else {**credentials, **form}
        try:
            response = self.session.post(url, data=dict(form), timeout=_TIMEOUT, allow_redirects=False)
        except requests.RequestException as error:
            raise _no_answer() from error
        if response.status_code == 200:
            return response
        raise _why(response, refused)


def declined(error: str) -> ImporterError:
    """What it means that Google led back with *error* instead of a code."""
    if error == "access_denied":
        return AccessDenied(
            "You did not allow it at Google, so nothing was connected.", hint="Press Connect again, then Allow."
        )
    if error == "admin_policy_enforced":
        return _forbidden_by_admin()
    if error == "org_internal":
        return AccessDenied(
            "This Google account does not belong to the organisation that may use this app.",
            hint="Choose an account of that organisation, or set the app's user type to External in Google Cloud.",
        )
    return InvalidSettings(
        f"Google did not connect the account (“{error[:80]}”).", hint="Press Connect again.", said=error[:80]
    )


def _heard(response: requests.Response, heard: list[requests.Response]) -> requests.Response:
    if response.status_code != 200:
        raise _why(response, _code_refused)
    heard.append(response)
    return response


def _why(response: requests.Response, refused: Callable[..., ImporterError]) -> ImporterError:
    told, status = _refusal_in(response), response.status_code
    error, facts = _text(told.error), _facts(response, told)
    if error == "invalid_grant" and _text(told.error_subtype) == "invalid_rapt":
        return CredentialsRejected(
            "Your Google Workspace ends sessions after a while, and asks to sign in anew.",
            hint="Reconnect the account; ask your administrator to exempt this app from session control.",
            kind=GOOGLE_SHEETS,
            **facts,
        )
    if error in ("invalid_grant", "invalid_token"):
        return refused(**facts)
    if error in ("invalid_client", "unauthorized_client", "deleted_client", "disabled_client"):
        return InvalidSettings(
            "Google does not know the app that Pipesheet signs in with.",
            hint="Compare GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET with the OAuth client in Google Cloud: "
            "APIs & Services › Credentials.",
            **facts,
        )
    if error == "redirect_uri_mismatch":
        return InvalidSettings(
            "Google does not accept the address it should lead back to.",
            hint="Add it to the authorised redirect URIs of the OAuth client in Google Cloud: the address that "
            "docs/connecting-google.md names, below PIPESHEET_PUBLIC_URL.",
            **facts,
        )
    if error in ("admin_policy_enforced", "access_denied"):
        return _forbidden_by_admin(**facts)
    if status == 429 or "rate" in error:
        return RateLimited(
            "Google asks us to slow down with signing in.",
            hint="Try again in a few minutes.",
            retry_after=timedelta(minutes=1),
        )
    return ServiceTrouble(
        f"Signing in at Google does not work at the moment (HTTP {status}).",
        hint=f"Try again in a few minutes; {STATUS_PAGE} tells how they are.",
        **facts,
    )


def _facts(response: requests.Response, told: _Refusal) -> dict[str, Any]:
    said = "; ".join(filter(None, (_text(told.error), _text(told.error_description))))
    return {"status": response.status_code, "said": said[:_LONGEST_SAID]}


def _account(claims: Mapping[str, Any]) -> Account:
    email, subject = claims.get("email"), claims.get("sub")
    if not isinstance(email, str) or not isinstance(subject, str):
        raise _unreadable()
    return Account("Google", "google.com", email, email, subject=subject)


def _tokens_in(response: requests.Response) -> _Tokens:
    told: _Tokens | None
    try:
        told = msgspec.json.decode(response.content, type=_Tokens)
    except (msgspec.DecodeError, UnicodeDecodeError):
        told = None
    if told is None:
        raise _unreadable()
    return told


def _token(text: str) -> Secret:
    token = Secret(text)
    if not is_sendable(token):
        raise _unreadable()
    return token


def _end(asked_at: datetime, told: _Tokens) -> datetime:
    return asked_at + timedelta(seconds=min(max(told.expires_in, 0), 86_400))


def _scopes_in(text: str) -> tuple[str, ...]:
    return tuple(sorted(set(text.split())))


def _dated(response: requests.Response) -> datetime | None:
    try:
        moment = parsedate_to_datetime(response.headers.get("Date", ""))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _refusal_in(response: requests.Response) -> _Refusal:
    try:
        return msgspec.json.decode(response.content, type=_Refusal)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _Refusal()


def _text(told: Any) -> str:
    return told if isinstance(told, str) else ""


def _code_refused(**facts: Any) -> CredentialsRejected:
    return CredentialsRejected(
        "Google did not accept its own answer any more: between Allow and here more than ten minutes passed, "
        "or the page was loaded twice.",
        hint="Press Connect again.",
        **facts,
    )


def _box_unticked() -> InvalidSettings:
    return InvalidSettings(
        "Pipesheet may not see or edit any file in this Google account, because the box for it was left unticked. "
        "Nothing was connected.",
        hint="Press Connect again and tick “See, edit, create, and delete only the specific Google Drive files you "
        "use with this app”: Pipesheet sees no others.",
    )


def _forbidden_by_admin(**facts: Any) -> AccessDenied:
    return AccessDenied(
        "An administrator of your Google Workspace does not allow this app.",
        hint="Ask the administrator to trust it: Admin console › Security › API controls › App access control.",
        **facts,
    )


def _no_answer() -> ConnectionTrouble:
    return ConnectionTrouble(
        "Google could not be reached to sign in.",
        hint="Check the internet connection of this server, then try again.",
    )


def _unreadable() -> ServiceTrouble:
    return ServiceTrouble("Google's answer to our signing in cannot be read.", hint="Try again in a few minutes.")
