"""A connection, opened: the one place where a sealed secret becomes a source."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from importers.errors import CredentialsRejected, ImporterError, InvalidSettings
from importers.interfaces import Clock, ConsentApp, Source, Store, Vault
from importers.model import Connection, ConnectionStatus, Grant, SignIn, Trouble
from importers.secret import Secret
from importers.services.grants import NewGrant, SharedGrant, grant_as_text, opened_grant
from importers.services.kinds import Kinds

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Opened:
    """A source, and the connection with the secret it uses at the moment."""

    source: Source
    connection: Callable[[], Connection]


class Accounts:
    """Opens sources and keeps in mind which connections were refused."""

    def __init__(self, *, store: Store, vault: Vault, kinds: Kinds, clock: Clock) -> None:
        self._store = store
        self._vault = vault
        self._kinds = kinds
        self._clock = clock

    @property
    def app(self) -> ConsentApp:
        """Raises InvalidSettings where there is none."""
        app = self._kinds.app()
        if app is None:
            raise InvalidSettings(
                "Pipesheet has no app to sign in with at Pipedrive.",
                hint="Set PIPEDRIVE_CLIENT_ID and PIPEDRIVE_CLIENT_SECRET, or connect with an API token.",
            )
        return app

    @property
    def has_app(self) -> bool:
        return self._kinds.app() is not None

    def seal(self, token: Secret) -> bytes:
        return self._vault.seal(token)

    def seal_grant(self, grant: Grant) -> bytes:
        return self._vault.seal(grant_as_text(grant))

    def source_for(self, token: Secret) -> Source:
        return self._kinds.source(token)

    def source_of(self, grant: Grant) -> Source:
        return self._kinds.source_of_app(NewGrant(grant))

    def grant_of(self, connection: Connection) -> Grant | None:
        """What is left of it; None for an API token, and where nothing is."""
        if connection.sign_in is not SignIn.OAUTH or not connection.sealed:
            return None
        return opened_grant(connection, self._vault.open)

    def granted_at(self, connection: Connection) -> datetime | None:
        """Since when its grant is; None where there is none, or nobody can tell."""
        try:
            grant = self.grant_of(connection)
        except ImporterError:
            return None
        return grant.granted_at if grant else None

    @contextmanager
    def source(self, connection: Connection) -> Iterator[Source]:
        """
        The source of *connection*. One that is refused inside needs
        reconnecting from then on; one that answers works again.
        """
        opened = self._opened(connection)
        try:
            yield opened.source
        except CredentialsRejected as error:
            self.refused(opened.connection(), error)
            raise
        if not connection.works and opened.source.usage.requests:
            self._works(connection)

    def refused(self, connection: Connection, error: CredentialsRejected) -> None:
        """Its importers pause until it is linked again. Said once, however many runs find it out."""
        trouble = Trouble(error.code, error.message, error.hint)
        if self._store.refuse_connection(connection, trouble, now=self._clock.now()):
            logger.warning(
                "connection %d (%s) needs reconnecting, its importers are paused: %s",
                connection.id,
                connection.account.company_domain,
                error.message,
            )

    def _works(self, connection: Connection) -> None:
        self._store.mark_connection(
            connection.workspace_id, connection.id, ConnectionStatus.WORKING, now=self._clock.now()
        )

    def _opened(self, connection: Connection) -> _Opened:
        if connection.sign_in is SignIn.OAUTH:
            grants = SharedGrant(connection, store=self._store, vault=self._vault, app=self.app, clock=self._clock)
            return _Opened(
                self._kinds.source_of_app(grants, account=connection.account, plan=connection.plan),
                lambda: grants.connection,
            )
        token = self._vault.open(connection.sealed)
        source = self._kinds.source(token, company_domain=connection.account.company_domain, plan=connection.plan)
        return _Opened(source, lambda: connection)
