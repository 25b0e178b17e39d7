"""Who calls: an API token, or the grant a user gave our app."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Protocol

from importers.config import WHERE_TO_COPY_IT
from importers.errors import CredentialsRejected, TemporaryError
from importers.interfaces import Clock, Grants
from importers.model import Grant
from importers.secret import Secret

REFRESH_BEFORE = timedelta(minutes=5)
"""An access token that ends so soon is renewed before it is used."""

_SENDABLE = re.compile(r"[!-~]+", re.ASCII)
"""What may stand in a header. A library that met anything else there would quote it in its error."""


class SignIn(Protocol):
    """What a client needs to know of whoever is signed in. Safe to share between threads."""

    @property
    def host(self) -> str | None:
        """Where its calls go; None where the vendor has to be asked first."""

    @property
    def scopes(self) -> frozenset[str] | None:
        """The permissions an app was granted; None for a user's own token, which needs none."""

    def headers(self) -> Mapping[str, str]:
        """What proves who calls. May take a while and raise CredentialsRejected or TemporaryError."""

    def is_renewed(self, refused: Mapping[str, str]) -> bool:
        """Whether there is something newer than these headers, which the vendor refused; tries to get it."""

    def rejected(self, **facts: Any) -> CredentialsRejected:
        """What to raise where the vendor does not let it in any more."""


class ApiToken:
    """A user's own token, as it was pasted. Raises CredentialsRejected for a text that cannot be one."""

    host: str | None = None
    scopes: frozenset[str] | None = None

    def __init__(self, token: Secret) -> None:
        if token and not is_sendable(token):
            raise _unreadable()
        self._token = token

    def headers(self) -> Mapping[str, str]:
        return {"x-api-token": self._token.reveal()}

    def is_renewed(self, refused: Mapping[str, str]) -> bool:
        return False

    def rejected(self, **facts: Any) -> CredentialsRejected:
        return CredentialsRejected(
            "Pipedrive refused the API token: it was mistyped, replaced by a newer one, or its user was deactivated.",
            hint=f"Copy it again and use the new one. {WHERE_TO_COPY_IT}",
            **facts,
        )


class AppGrant:
    """A user's grant to our app: its access token is renewed before it ends, and where it is refused earlier."""

    def __init__(self, grants: Grants, *, clock: Clock) -> None:
        self._grants = grants
        self._clock = clock

    @property
    def host(self) -> str | None:
        return self._grants.current().api_host

    @property
    def scopes(self) -> frozenset[str] | None:
        return frozenset(self._grants.current().scopes)

    def headers(self) -> Mapping[str, str]:
        return _bearer(self._fresh())

    def is_renewed(self, refused: Mapping[str, str]) -> bool:
        grant = self._grants.current()
        if _bearer(grant) == refused:
            self._grants.newer_than(grant)
        return True

    def rejected(self, **facts: Any) -> CredentialsRejected:
        return grant_ended(**facts)

    def _fresh(self) -> Grant:
        grant, now = self._grants.current(), self._clock.now()
        if now < grant.expires_at - REFRESH_BEFORE:
            return grant
        try:
            return self._grants.newer_than(grant)
        except TemporaryError:
            if now < grant.expires_at:
                return grant
            raise


def is_sendable(token: Secret) -> bool:
    return bool(_SENDABLE.fullmatch(token.reveal()))


def grant_ended(**facts: Any) -> CredentialsRejected:
    return CredentialsRejected(
        "Pipedrive no longer lets Pipesheet in: the app was uninstalled there, its access was withdrawn, "
        "or its user was deactivated.",
        hint="Reconnect the account: Connections › Reconnect.",
        **facts,
    )


def identity_of_app_user(client_id: str, company_id: int, user_id: int) -> str:
    """A name for whose calls are counted together: those of one app for one user, whatever token they carry."""
    text = f"pipesheet app\0{client_id}\0{company_id}\0{user_id}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _bearer(grant: Grant) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {grant.access_token.reveal()}"}


def _unreadable() -> CredentialsRejected:
    return CredentialsRejected(
        "This cannot be an API token: it holds blanks, line breaks or letters that no token has.",
        hint=f"Copy it again, without anything around it. {WHERE_TO_COPY_IT}",
    )
