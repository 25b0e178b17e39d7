"""What users granted to apps: codes, access tokens and refresh tokens, and how long each lives."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from sandbox.apps import App

CODE_SECONDS = 5 * 60
ACCESS_SECONDS = 3600
REFRESH_SECONDS = 60 * 86_400
"""Since it was last used: each use begins the time anew."""


@dataclass(frozen=True)
class Grant:
    """One user's consent to one app: an installation."""

    app: App
    user_id: int
    redirect_uri: str
    scopes: tuple[str, ...]


@dataclass(frozen=True)
class Tokens:
    access: str
    refresh: str
    grant: Grant


@dataclass(frozen=True)
class _Ticket:
    grant: Grant
    ends_at: float
    refresh: str = ""
    """Of an access token: the refresh token it belongs to."""


class UnknownError(Exception):
    """There is no such code or token (any more)."""


class ExpiredError(Exception):
    """There was one, but its time is over."""


class Grants:
    """`rotates` gives out a new refresh token at each refresh and ends the old one; the vendor keeps the same."""

    def __init__(self, company_id: int, *, rotates: bool = False, now: Callable[[], float] = time.time) -> None:
        self.rotates = rotates
        self._company_id = company_id
        self._now = now
        self._lock = threading.Lock()
        self._codes: dict[str, _Ticket] = {}
        self._access: dict[str, _Ticket] = {}
        self._refresh: dict[str, _Ticket] = {}
        self._ended: set[str] = set()

    @property
    def installed(self) -> list[Grant]:
        """Each once, in the order of consent."""
        with self._lock:
            return list(dict.fromkeys(ticket.grant for ticket in self._refresh.values()))

    def consent(self, app: App, user_id: int, redirect_uri: str) -> str:
        """The code for somebody who pressed Allow."""
        code = secrets.token_hex(20)
        with self._lock:
            grant = Grant(app, user_id, redirect_uri, app.scopes)
            self._codes[code] = _Ticket(grant, self._now() + CODE_SECONDS)
        return code

    def exchange(self, app: App, code: str, redirect_uri: str) -> Tokens:
        """Tokens for a code, once. Raises UnknownError, ExpiredError, or ValueError for another redirect URI."""
        with self._lock:
            ticket = _of(app, self._codes.get(code))
            if ticket.grant.redirect_uri != redirect_uri:
                raise ValueError(redirect_uri)
            del self._codes[code]
            if ticket.ends_at <= self._now():
                raise ExpiredError
            return self._tokens(ticket.grant, self._new_refresh(ticket.grant))

    def refresh(self, app: App, token: str) -> Tokens:
        with self._lock:
            ticket = _of(app, self._refresh.get(token) or self._from_before(app, token))
            if ticket.ends_at <= self._now():
                raise UnknownError
            if self.rotates:
                self._refresh.pop(token, None)
                self._ended.add(token)
                token = self._new_refresh(ticket.grant)
            else:
                self._refresh[token] = replace(ticket, ends_at=self._now() + REFRESH_SECONDS)
            return self._tokens(ticket.grant, token)

    def bearer(self, access: str) -> Grant | None:
        """Whose access token it is; None once it ended."""
        with self._lock:
            ticket = self._access.get(access)
            return ticket.grant if ticket and ticket.ends_at > self._now() else None

    def revoke(self, app: App, token: str) -> None:
        """An access token ends alone; with a refresh token the app is uninstalled for its user."""
        with self._lock:
            known = self._access.pop(token, None) or self._refresh.get(token)
            if known is None or known.grant.app != app:
                return
            if token in self._refresh:
                self._uninstall(known.grant)

    def uninstall(self, grant: Grant) -> None:
        with self._lock:
            self._uninstall(grant)

    def expire_access(self) -> None:
        """End all access tokens now, as after an hour."""
        with self._lock:
            self._access.clear()

    def clear(self) -> None:
        with self._lock:
            for kept in (self._codes, self._access, self._refresh, self._ended):
                kept.clear()
            self.rotates = False

    def _from_before(self, app: App, token: str) -> _Ticket | None:
        """What a trial app was given before the sandbox was started anew: such tokens are signed."""
        user, _, rest = token.removeprefix(f"{self._company_id}:").partition(":")
        if (
            not app.is_local
            or token in self._ended
            or not user.isdecimal()
            or _signed(app, int(user), rest[:8]) != rest
        ):
            return None
        return _Ticket(Grant(app, int(user), "", app.scopes), self._now() + REFRESH_SECONDS)

    def _uninstall(self, grant: Grant) -> None:
        self._ended.update(token for token, ticket in self._refresh.items() if _is_same_user(ticket.grant, grant))
        for kept in (self._codes, self._access, self._refresh):
            for token in [token for token, ticket in kept.items() if _is_same_user(ticket.grant, grant)]:
                del kept[token]

    def _new_refresh(self, grant: Grant) -> str:
        token = f"{self._company_id}:{grant.user_id}:{_signed(grant.app, grant.user_id, secrets.token_hex(4))}"
        self._refresh[token] = _Ticket(grant, self._now() + REFRESH_SECONDS)
        return token

    def _tokens(self, grant: Grant, refresh: str) -> Tokens:
        access = "v1u:" + base64.b64encode(secrets.token_bytes(270)).decode()
        self._access[access] = _Ticket(grant, self._now() + ACCESS_SECONDS, refresh)
        return Tokens(access, refresh, grant)


def _of(app: App, ticket: _Ticket | None) -> _Ticket:
    if ticket is None or ticket.grant.app != app:
        raise UnknownError
    return ticket


def _signed(app: App, user_id: int, nonce: str) -> str:
    """40 hexadecimal digits that only the app's secret gives."""
    text = f"{app.client_id}:{user_id}:{nonce}".encode()
    return nonce + hmac.new(app.client_secret.encode(), text, hashlib.sha256).hexdigest()[:32]


def _is_same_user(one: Grant, other: Grant) -> bool:
    return (one.app.client_id, one.user_id) == (other.app.client_id, other.user_id)
