"""A connection, opened: the one place where a sealed token becomes a source."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from importers.errors import CredentialsRejected
from importers.interfaces import Clock, Source, Store, Vault
from importers.model import Connection, ConnectionStatus
from importers.secret import Secret
from importers.services.kinds import Kinds


class Accounts:
    """Opens sources and keeps in mind which connections were refused."""

    def __init__(self, *, store: Store, vault: Vault, kinds: Kinds, clock: Clock) -> None:
        self._store = store
        self._vault = vault
        self._kinds = kinds
        self._clock = clock

    def seal(self, token: Secret) -> bytes:
        return self._vault.seal(token)

    def source_for(self, token: Secret) -> Source:
        return self._kinds.source(token)

    @contextmanager
    def source(self, connection: Connection) -> Iterator[Source]:
        """The source of *connection*; one whose token is refused inside "needs reconnecting" from then on."""
        token = self._vault.open(connection.sealed)
        try:
            yield self._kinds.source(token, company_domain=connection.account.company_domain, plan=connection.plan)
        except CredentialsRejected:
            self._store.mark_connection(
                connection.workspace_id, connection.id, ConnectionStatus.NEEDS_RECONNECTING, now=self._clock.now()
            )
            raise
