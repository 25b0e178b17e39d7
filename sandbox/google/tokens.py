"""What users granted to apps: codes, access tokens and refresh tokens, and how long each lives."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

CODE_SECONDS = 10 * 60
ACCESS_SECONDS = 3600
MOST_REFRESH_TOKENS = 100
"""Of one account and client: one more, and the oldest dies silently."""


@dataclass(frozen=True)
class Bearer:
    """Whose token it is, which app holds it (for a service account its own id), and what it may."""

    client_id: str
    email: str
    scopes: tuple[str, ...]
    ends_at: float = 0.0


@dataclass(frozen=True)
class Code:
    bearer: Bearer
    redirect_uri: str
    challenge: str
    nonce: str
    is_offline: bool
    ends_at: float


@dataclass(frozen=True)
class Given:
    """What the token endpoint hands out."""

    access: str
    bearer: Bearer
    refresh: str = ""
    nonce: str = ""


class RefusedError(Exception):
    """The `error` and the `error_description` of a refusal."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(f"{error}: {description}")
        self.error, self.description, self.status = error, description, status


class Tokens:
    def __init__(self, *, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._lock = threading.RLock()
        self._codes: dict[str, Code] = {}
        self._access: dict[str, Bearer] = {}
        self._refresh: dict[str, Bearer] = {}
        self._consents: dict[tuple[str, str], tuple[str, ...]] = {}

    # consent ------------------------------------------------------------------------------

    def consented(self, client_id: str, email: str) -> tuple[str, ...]:
        """What the user has granted to the client so far; empty for nothing."""
        with self._lock:
            return self._consents.get((client_id, email), ())

    @property
    def consents(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        with self._lock:
            return dict(self._consents)

    def consent(
        self,
        client_id: str,
        email: str,
        scopes: Iterable[str],
        *,
        redirect_uri: str = "",
        challenge: str = "",
        nonce: str = "",
        is_offline: bool = True,
        asks_again: bool = False,
        includes_granted: bool = False,
    ) -> str:
        """
        The code for somebody who pressed Allow.

        It brings a refresh token only when the app asked for offline access,
        and then only the first time, or when the user was asked again.
        """
        with self._lock:
            before = self._consents.get((client_id, email), ())
            scopes = tuple(dict.fromkeys((*scopes, *(before if includes_granted else ()))))
            self._consents[client_id, email] = tuple(dict.fromkeys((*before, *scopes)))
            code = f"4/0{secrets.token_urlsafe(48)}"
            bearer = Bearer(client_id, email, scopes)
            brings_refresh = is_offline and (asks_again or not before)
            self._codes[code] = Code(bearer, redirect_uri, challenge, nonce, brings_refresh, self._now() + CODE_SECONDS)
            return code

    def scopes_of(self, code: str) -> tuple[str, ...]:
        """What a code stands for that was not exchanged yet."""
        with self._lock:
            return self._codes[code].bearer.scopes

    # the token endpoint -------------------------------------------------------------------

    def exchange(self, client_id: str, code: str, redirect_uri: str, verifier: str) -> Given:
        """Tokens for a code, once. Raises RefusedError."""
        with self._lock:
            kept = self._codes.get(code)
            if kept is None or kept.bearer.client_id != client_id:
                raise RefusedError("invalid_grant", "Malformed auth code." if kept is None else "Bad Request")
            if kept.redirect_uri != redirect_uri:
                raise RefusedError("redirect_uri_mismatch", "Bad Request")
            if kept.challenge and not verifier:
                raise RefusedError("invalid_grant", "Missing code verifier.")
            if kept.challenge and not hmac.compare_digest(challenge_of(verifier), kept.challenge):
                raise RefusedError("invalid_grant", "Invalid code verifier.")
            del self._codes[code]
            if kept.ends_at <= self._now():
                raise RefusedError("invalid_grant", "Bad Request")
            return replace(
                self._given(kept.bearer),
                refresh=self._new_refresh(kept.bearer) if kept.is_offline else "",
                nonce=kept.nonce,
            )

    def refresh(self, client_id: str, token: str, scopes: tuple[str, ...] = ()) -> Given:
        """Raises RefusedError for a token that ended, or never was."""
        with self._lock:
            kept = self._refresh.get(token)
            if kept is None or kept.client_id != client_id:
                raise RefusedError("invalid_grant", "Token has been expired or revoked." if not kept else "Bad Request")
            if set(scopes) - set(kept.scopes):
                raise RefusedError("invalid_scope", "Bad Request")
            return self._given(replace(kept, scopes=scopes or kept.scopes))

    def robot(self, email: str, unique_id: str, scopes: tuple[str, ...]) -> Given:
        """For a service account that proved itself, or the user it acts for."""
        with self._lock:
            return self._given(Bearer(unique_id, email, scopes))

    # use and end --------------------------------------------------------------------------

    def bearer(self, access: str) -> Bearer | None:
        """Whose access token it is; None once it ended."""
        with self._lock:
            kept = self._access.get(access)
            return kept if kept and kept.ends_at > self._now() else None

    def seconds_left(self, bearer: Bearer) -> int:
        return max(int(bearer.ends_at - self._now()), 0)

    def is_offline(self, bearer: Bearer) -> bool:
        with self._lock:
            return any(_is_same(kept, bearer) for kept in self._refresh.values())

    def revoke(self, token: str) -> bool:
        """Ends the whole grant the token belongs to: all tokens of that user and client. False for unknown ones."""
        with self._lock:
            kept = self._refresh.get(token) or self._access.get(token)
            if kept is None:
                return False
            self.withdraw(kept.client_id, kept.email)
            return True

    def withdraw(self, client_id: str, email: str) -> None:
        """As when a user removes the app from the account."""
        with self._lock:
            self._consents.pop((client_id, email), None)
            for store in (self._access, self._refresh):
                for token in [
                    token for token, kept in store.items() if (kept.client_id, kept.email) == (client_id, email)
                ]:
                    del store[token]
            self._codes = {
                code: kept
                for code, kept in self._codes.items()
                if (kept.bearer.client_id, kept.bearer.email) != (client_id, email)
            }

    def narrow(self, client_id: str, email: str, scopes: Iterable[str]) -> None:
        """As when a user takes back some of what was granted: tokens have only *scopes* of theirs left."""
        left = set(scopes)
        with self._lock:
            for store in (self._access, self._refresh):
                for token, kept in store.items():
                    if (kept.client_id, kept.email) == (client_id, email):
                        store[token] = replace(kept, scopes=tuple(scope for scope in kept.scopes if scope in left))
            granted = self._consents.get((client_id, email), ())
            self._consents[client_id, email] = tuple(scope for scope in granted if scope in left)

    def expire_access(self) -> None:
        """End all access tokens now, as after an hour."""
        with self._lock:
            self._access.clear()

    def clear(self) -> None:
        with self._lock:
            for store in (self._codes, self._access, self._refresh, self._consents):
                store.clear()

    # keeping ------------------------------------------------------------------------------

    def as_json(self) -> dict[str, Any]:
        with self._lock:
            return {
                "consents": [[*key, list(scopes)] for key, scopes in self._consents.items()],
                "refresh": {token: asdict(kept) for token, kept in self._refresh.items()},
                "access": {token: asdict(kept) for token, kept in self._access.items()},
            }

    def restore(self, kept: Mapping[str, Any]) -> None:
        with self._lock:
            self._consents = {(client, email): tuple(scopes) for client, email, scopes in kept["consents"]}
            self._refresh = {token: _bearer(saved) for token, saved in kept["refresh"].items()}
            self._access = {token: _bearer(saved) for token, saved in kept["access"].items()}

    def _given(self, bearer: Bearer) -> Given:
        access = f"ya29.{secrets.token_urlsafe(120)}"
        self._access[access] = replace(bearer, ends_at=self._now() + ACCESS_SECONDS)
        return Given(access, bearer)

    def _new_refresh(self, bearer: Bearer) -> str:
        ours = [token for token, kept in self._refresh.items() if _is_same(kept, bearer)]
        for token in ours[: max(len(ours) + 1 - MOST_REFRESH_TOKENS, 0)]:
            del self._refresh[token]
        token = f"1//0{secrets.token_urlsafe(72)}"
        self._refresh[token] = bearer
        return token


def challenge_of(verifier: str) -> str:
    """PKCE, S256."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _is_same(one: Bearer, other: Bearer) -> bool:
    return (one.client_id, one.email) == (other.client_id, other.email)


def _bearer(saved: Mapping[str, Any]) -> Bearer:
    return Bearer(**{**saved, "scopes": tuple(saved["scopes"])})
