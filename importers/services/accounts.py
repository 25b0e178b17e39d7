"""A connection, opened: the one place where a sealed secret becomes a source or a destination."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from importers.errors import CredentialsRejected, ImporterError, InvalidSettings, NotThere
from importers.interfaces import Clock, ConsentApp, Destination, Source, Store, Vault
from importers.model import (
    GOOGLE_SHEETS,
    PIPEDRIVE,
    Account,
    Connection,
    ConnectionStatus,
    Grant,
    SignIn,
    Target,
    Trouble,
)
from importers.secret import Secret
from importers.services.grants import NewGrant, SharedGrant, grant_as_text, opened_grant
from importers.services.kinds import Kinds, PickerMeans, Spreadsheets

logger = logging.getLogger(__name__)


Opened = TypeVar("Opened", Source, Spreadsheets)


@dataclass(frozen=True, slots=True)
class _Opened(Generic[Opened]):
    """What was opened, and the connection with the secret it uses at the moment."""

    it: Opened
    connection: Callable[[], Connection]


class Accounts:
    """Opens sources and destinations, and keeps in mind which connections were refused."""

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

    @property
    def google_app(self) -> ConsentApp:
        """Raises InvalidSettings where there is none."""
        app = self._kinds.google_app()
        if app is None:
            raise InvalidSettings(
                "Pipesheet has no app to sign in with at Google.",
                hint="Set GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET, or connect a service account.",
            )
        return app

    @property
    def has_google_app(self) -> bool:
        return self._kinds.google_app() is not None

    @property
    def google_picker(self) -> PickerMeans | None:
        return self._kinds.google_picker() if self.has_google_app else None

    def google_declined(self, error: str) -> ImporterError:
        return self._kinds.google_declined(error)

    def app_of(self, connection: Connection) -> ConsentApp:
        """The one that was granted what is in *connection*."""
        return self.google_app if connection.kind == GOOGLE_SHEETS else self.app

    def of_kind(self, kind: str, workspace_id: int, connection_id: int) -> Connection:
        """Raises NotThere for a connection of another kind, or another workspace."""
        connection = self._store.connection(workspace_id, connection_id)
        if connection.kind != kind:
            raise NotThere("There is no such connection (any more).", hint="Choose one from the list of connections.")
        return connection

    def seal(self, token: Secret) -> bytes:
        return self._vault.seal(token)

    def seal_grant(self, grant: Grant) -> bytes:
        return self._vault.seal(grant_as_text(grant))

    def source_for(self, token: Secret) -> Source:
        return self._kinds.source(token).hurried()

    def source_of(self, grant: Grant) -> Source:
        return self._kinds.source_of_app(NewGrant(grant)).hurried()

    def google_account_of(self, grant: Grant) -> Account:
        """Whose grant it is, as Google says."""
        return self._kinds.google_by_grant(NewGrant(grant)).account()

    def google_account_of_key(self, key: Secret) -> Account:
        return self._kinds.google_by_key(key).account()

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
    def source(self, connection: Connection, *, hurries: bool = True) -> Iterator[Source]:
        """
        The source of *connection*. One that is refused inside needs
        reconnecting from then on; one that answers works again. *hurries*:
        somebody waits for it.
        """
        opened = self._opened_source(connection)
        try:
            yield opened.it.hurried() if hurries else opened.it
        except CredentialsRejected as error:
            self._refused_if_about(opened, error)
            raise
        if not connection.works and opened.it.usage.requests:
            self._works(connection)

    @contextmanager
    def spreadsheets(self, connection: Connection, *, hurries: bool = True) -> Iterator[Spreadsheets]:
        """
        The same for a connection to Google. Ask something of it: who comes out
        of this without an error is let in. *hurries*: somebody waits for it.
        """
        opened = self._opened_spreadsheets(connection)
        try:
            yield opened.it.hurried() if hurries else opened.it
        except CredentialsRejected as error:
            self._refused_if_about(opened, error)
            raise
        if not connection.works:
            self._works(connection)

    @contextmanager
    def destination(self, workspace_id: int, target: Target, *, hurries: bool = False) -> Iterator[Destination]:
        """
        Where *target* is written, as `source` with the connection that it names; errors as `writes_with`.
        *hurries*: somebody waits for it, so that it is no use to be patient.
        """
        connection = self.writes_with(workspace_id, target)
        if connection is None:
            yield self._kinds.workbooks(workspace_id)
            return
        with self.spreadsheets(connection, hurries=hurries) as account:
            yield account.destination

    def writes_with(self, workspace_id: int, target: Target) -> Connection | None:
        """
        None for a workbook, which needs none. Raises InvalidSettings where
        *target* names no connection, NotThere where it is none to write with.
        """
        if target.kind != GOOGLE_SHEETS:
            return None
        if target.connection_id is None:
            raise InvalidSettings(
                "No Google account is chosen to write with.",
                hint="Choose one, or connect one first: Connections › Connect Google.",
                field="destination",
            )
        return self.of_kind(GOOGLE_SHEETS, workspace_id, target.connection_id)

    def _refused_if_about(self, opened: _Opened[Opened], error: CredentialsRejected) -> None:
        """While a source and a destination are open at once, either meets what the other was told."""
        connection = opened.connection()
        if error.facts.get("kind", PIPEDRIVE) == connection.kind:
            self.refused(connection, error)

    def refused(self, connection: Connection, error: CredentialsRejected) -> None:
        """Its importers pause until it is linked again. Said once, however many runs find it out."""
        trouble = Trouble(error.code, error.message, error.hint)
        if self._store.refuse_connection(connection, trouble, now=self._clock.now()):
            logger.warning(
                "connection %d (%s) needs reconnecting, its importers are paused: %s",
                connection.id,
                connection.account.company_domain if connection.kind == PIPEDRIVE else connection.account.email,
                error.message,
            )

    def _works(self, connection: Connection) -> None:
        self._store.mark_connection(
            connection.workspace_id, connection.id, ConnectionStatus.WORKING, now=self._clock.now()
        )

    def _opened_source(self, connection: Connection) -> _Opened[Source]:
        if connection.kind != PIPEDRIVE:
            raise NotThere(
                f"Nothing can be read from {connection.label}.", hint="Choose a connection to Pipedrive to read from."
            )
        if connection.sign_in is SignIn.OAUTH:
            grants = self._shared_grant(connection)
            return _Opened(
                self._kinds.source_of_app(grants, account=connection.account, plan=connection.plan),
                lambda: grants.connection,
            )
        token = self._vault.open(connection.sealed)
        source = self._kinds.source(token, company_domain=connection.account.company_domain, plan=connection.plan)
        return _Opened(source, lambda: connection)

    def _opened_spreadsheets(self, connection: Connection) -> _Opened[Spreadsheets]:
        if connection.sign_in is SignIn.OAUTH:
            grants = self._shared_grant(connection)
            return _Opened(self._kinds.google_by_grant(grants, account=connection.account), lambda: grants.connection)
        return _Opened(self._kinds.google_by_key(self._vault.open(connection.sealed)), lambda: connection)

    def _shared_grant(self, connection: Connection) -> SharedGrant:
        app = self.app_of(connection)
        return SharedGrant(connection, store=self._store, vault=self._vault, app=app, clock=self._clock)
