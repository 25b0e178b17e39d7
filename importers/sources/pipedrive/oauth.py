"""
Our app at Pipedrive: asking for consent, and trading codes and refresh tokens.

Two form posts (https://pipedrive.readme.io/docs/marketplace-oauth-authorization);
a library for them would be longer to set up, with our own session, its
timeouts and its refusal to follow redirects, than they are.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec
import requests

from importers.errors import (
    ConnectionTrouble,
    CredentialsRejected,
    ImporterError,
    InvalidSettings,
    RateLimited,
    ServiceTrouble,
)
from importers.interfaces import Clock
from importers.model import Grant
from importers.secret import Secret
from importers.sources.pipedrive.signin import grant_ended, is_sendable

_HOST = "https://oauth.pipedrive.com/oauth"
_TIMEOUT = (10.0, 30.0)
"""Seconds to connect and to answer: others wait for us meanwhile."""
_API_HOST = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.){1,3}pipedrive\.com", re.ASCII)


class _Tokens(msgspec.Struct):
    access_token: str
    refresh_token: str
    expires_in: int
    api_domain: str
    scope: str = ""


class _Refusal(msgspec.Struct):
    message: Any = None
    error: Any = None
    error_description: Any = None


@dataclass(frozen=True, kw_only=True)
class PipedriveApp:
    """
    Implements `interfaces.ConsentApp`. Pipedrive knows no PKCE, so no verifier is of use.

    *at* says where an address of Pipedrive's is really found by a browser: on
    this machine, in the sandbox.
    """

    client_id: str
    client_secret: Secret
    session: requests.Session = field(repr=False)
    clock: Clock
    at: Callable[[str], str] = str

    def consent_url(
        self, *, redirect_uri: str, state: str, verifier: Secret | None = None, login_hint: str = ""
    ) -> str:
        query = {"client_id": self.client_id, "redirect_uri": redirect_uri, "state": state}
        return self.at(f"{_HOST}/authorize?{urlencode(query)}")

    def exchange(self, code: Secret, *, redirect_uri: str, verifier: Secret | None = None) -> Grant:
        form = {"grant_type": "authorization_code", "code": code.reveal(), "redirect_uri": redirect_uri}
        return self._granted(form, _code_refused)

    def refresh(self, grant: Grant) -> Grant:
        form = {"grant_type": "refresh_token", "refresh_token": grant.refresh_token.reveal()}
        return replace(self._granted(form, grant_ended), granted_at=grant.granted_at)

    def revoke(self, grant: Grant) -> None:
        self._post("/revoke", {"token": grant.refresh_token.reveal(), "token_type_hint": "refresh_token"}, grant_ended)

    def is_us(self, client_id: str, client_secret: Secret) -> bool:
        given, ours = (f"{client_id}:{client_secret.reveal()}", f"{self.client_id}:{self.client_secret.reveal()}")
        return hmac.compare_digest(given.encode("utf-8", "replace"), ours.encode())

    def _granted(self, form: Mapping[str, str], refused: Callable[..., ImporterError]) -> Grant:
        asked_at = self.clock.now()
        response = self._post("/token", form, refused)
        try:
            told = msgspec.json.decode(response.content, type=_Tokens)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise _unreadable() from error
        access, refresh = Secret(told.access_token), Secret(told.refresh_token)
        if not (is_sendable(access) and is_sendable(refresh)):
            raise _unreadable()
        expires_at = asked_at + timedelta(seconds=min(max(told.expires_in, 0), 86_400))
        granted_at = _dated(response) or asked_at
        return Grant(access, refresh, expires_at, api_host(told.api_domain), scopes_in(told.scope), granted_at)

    def _post(self, path: str, form: Mapping[str, str], refused: Callable[..., ImporterError]) -> requests.Response:
        credentials = (self.client_id, self.client_secret.reveal())
        try:
            response = self.session.post(
                _HOST + path, data=dict(form), auth=credentials, timeout=_TIMEOUT, allow_redirects=False
            )
        except requests.RequestException as error:
            raise _no_answer() from error
        if response.status_code == 200:
            return response
        raise _why(response, refused)


def api_host(api_domain: str) -> str:
    """The host tokens may be sent to: a plain one of Pipedrive's, by https. Raises ServiceTrouble for any other."""
    parts = urlsplit(api_domain)
    host = parts.netloc.lower()
    if parts.scheme != "https" or parts.path.strip("/") or parts.query or not _API_HOST.fullmatch(host):
        raise ServiceTrouble(
            "Pipedrive named an address for its API that is not one of its own, so we stopped.",
            hint="Connect again; if it happens again, report it to Pipedrive.",
        )
    return host


def scopes_in(text: str) -> tuple[str, ...]:
    """Pipedrive separates them by commas, others by blanks."""
    return tuple(sorted(set(re.split(r"[,\s]+", text.strip()))) if text.strip() else ())


def _why(response: requests.Response, refused: Callable[..., ImporterError]) -> ImporterError:
    said, status = _said(response), response.status_code
    if "Invalid grant" in said:
        return refused(status=status, said=said)
    if "Invalid client" in said:
        return InvalidSettings(
            "Pipedrive does not know the app that Pipesheet signs in with.",
            hint="Compare PIPEDRIVE_CLIENT_ID and PIPEDRIVE_CLIENT_SECRET with the app in Pipedrive's Developer Hub.",
            said=said,
        )
    if "redirect_uri" in said:
        return InvalidSettings(
            "Pipedrive does not accept the address it should lead back to.",
            hint="The app's callback URL in Pipedrive's Developer Hub must be the one that docs/connecting-pipedrive.md "
            "names, below PIPESHEET_PUBLIC_URL.",
            said=said,
        )
    if status == 429:
        return RateLimited(
            "Pipedrive asks us to slow down with signing in.",
            hint="Try again in a few minutes.",
            retry_after=timedelta(minutes=1),
        )
    return ServiceTrouble(
        f"Signing in at Pipedrive does not work at the moment (HTTP {status}).",
        hint="Try again in a few minutes; https://status.pipedrive.com tells how they are.",
        status=status,
        said=said,
    )


def _dated(response: requests.Response) -> datetime | None:
    """When it was given by Pipedrive's clock, which dates uninstallations, too, while ours may be wrong."""
    try:
        moment = parsedate_to_datetime(response.headers.get("Date", ""))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _said(response: requests.Response) -> str:
    try:
        told = msgspec.json.decode(response.content, type=_Refusal)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    texts = (told.message, told.error, told.error_description)
    return "; ".join(text for text in texts if isinstance(text, str))[:300]


def _code_refused(**facts: Any) -> CredentialsRejected:
    return CredentialsRejected(
        "Pipedrive did not accept its own answer any more: between Allow and here more than five minutes passed, "
        "or the page was loaded twice.",
        hint="Press Connect again.",
        **facts,
    )


def _no_answer() -> ConnectionTrouble:
    return ConnectionTrouble(
        "Pipedrive could not be reached to sign in.",
        hint="Check the internet connection of this server, then try again.",
    )


def _unreadable() -> ServiceTrouble:
    return ServiceTrouble("Pipedrive's answer to our signing in cannot be read.", hint="Try again in a few minutes.")
