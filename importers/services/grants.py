"""The grant behind a connection by OAuth: sealed in the store, refreshed by one process for all."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec

from importers.errors import ConnectionTrouble, CredentialsRejected, ImporterError
from importers.interfaces import Clock, ConsentApp, Store, Vault
from importers.model import Connection, Grant
from importers.secret import Secret

TURN = timedelta(seconds=60)
"""How long whoever refreshes may take. Should it die meanwhile, others wait so long for it."""

_LOOK_EVERY_SECONDS = 0.2


class _Kept(msgspec.Struct):
    """A grant as it lies inside the seal."""

    access_token: str
    refresh_token: str
    expires_at: datetime
    api_host: str
    scopes: tuple[str, ...]
    granted_at: datetime | None = None


def grant_as_text(grant: Grant) -> Secret:
    kept = _Kept(
        grant.access_token.reveal(),
        grant.refresh_token.reveal(),
        grant.expires_at,
        grant.api_host,
        grant.scopes,
        grant.granted_at,
    )
    return Secret(msgspec.json.encode(kept).decode())


def grant_from_text(text: Secret) -> Grant:
    kept = msgspec.json.decode(text.reveal(), type=_Kept)
    access, refresh = Secret(kept.access_token), Secret(kept.refresh_token)
    return Grant(access, refresh, kept.expires_at, kept.api_host, kept.scopes, kept.granted_at)


class NewGrant:
    """Implements `interfaces.Grants` for one that is not kept yet; there is no newer one."""

    def __init__(self, grant: Grant) -> None:
        self._grant = grant

    def current(self) -> Grant:
        return self._grant

    def newer_than(self, old: Grant) -> Grant:
        raise CredentialsRejected("What was granted this moment is refused already.", hint="Press Connect again.")


class SharedGrant:
    """
    Implements `interfaces.Grants` for a connection in the store.

    `connection` is how the store last showed it: with the secret that a
    refusal is about.
    """

    def __init__(self, connection: Connection, *, store: Store, vault: Vault, app: ConsentApp, clock: Clock) -> None:
        self.connection = connection
        self._store = store
        self._vault = vault
        self._app = app
        self._clock = clock
        self._lock = threading.Lock()
        self._grant = self._opened(connection)

    def current(self) -> Grant:
        return self._grant

    def newer_than(self, old: Grant) -> Grant:
        """
        1. Another thread or process may have refreshed: take what it stored.
        2. Else take the turn to refresh; while somebody else has it, wait and look again.
        3. Refresh, and store what came back, whatever it is: refresh tokens may change.
        """
        with self._lock:
            give_up_at = self._clock.monotonic() + 2 * TURN.total_seconds()
            while not self._is_newer_than(old):
                now = self._clock.now()
                if self._store.begin_refresh(self.connection, until=now + TURN, now=now):
                    self._refresh(until=now + TURN)
                    break
                if self._clock.monotonic() > give_up_at:
                    raise _too_slow()
                self._clock.sleep(_LOOK_EVERY_SECONDS)
                self._look_again()
            return self._grant

    def _is_newer_than(self, old: Grant) -> bool:
        if self._grant == old:
            self._look_again()
        return self._grant != old

    def _refresh(self, *, until: datetime) -> None:
        before = self.connection
        try:
            grant = self._app.refresh(self._grant)
        except CredentialsRejected:
            self._hand_back(before, until)
            if self._look_again():
                return  # linked again in the meantime, or refreshed by somebody we had given up
            raise
        except ImporterError:
            self._hand_back(before, until)
            raise
        sealed = self._vault.seal(grant_as_text(grant))
        if self._store.keep_grant(before, sealed, scopes=grant.scopes):
            self.connection, self._grant = replace(before, sealed=sealed, scopes=grant.scopes), grant
        else:
            self._look_again()

    def _hand_back(self, connection: Connection, until: datetime) -> None:
        self._store.end_refresh(connection, until=until)

    def _look_again(self) -> bool:
        """Whether the store holds another secret than before."""
        found = self._store.connection(self.connection.workspace_id, self.connection.id)
        if found.sealed == self.connection.sealed:
            return False
        self._grant = self._opened(found)
        self.connection = found
        return True

    def _opened(self, connection: Connection) -> Grant:
        return opened_grant(connection, self._vault.open)


def opened_grant(connection: Connection, open_seal: Callable[[bytes], Secret]) -> Grant:
    """Raises CredentialsRejected once nothing is left to open, or where one signs in by API token by now."""
    if not connection.sealed:
        raise ended(connection)
    try:
        return grant_from_text(open_seal(connection.sealed))
    except msgspec.DecodeError:
        # Not chained: what was under the seal must not travel with the error.
        raise ended(connection) from None


def ended(connection: Connection) -> CredentialsRejected:
    trouble = connection.trouble
    if trouble is not None:
        return CredentialsRejected(trouble.message, hint=trouble.hint, kind=connection.kind)
    return CredentialsRejected(
        f"{connection.label} is no longer signed in to this way.",
        hint="Run it again; if that does not help, reconnect.",
        kind=connection.kind,
    )


def _too_slow() -> ConnectionTrouble:
    return ConnectionTrouble(
        "Signing in again takes too long: another process is at it and does not come back.",
        hint="Run it again in a few minutes.",
    )
