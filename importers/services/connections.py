"""Linked accounts."""

from __future__ import annotations

from collections.abc import Sequence

from importers.config import WHERE_TO_COPY_IT
from importers.errors import CredentialsRejected, InvalidSettings
from importers.interfaces import Clock, Store
from importers.model import Account, Actor, Connection, ConnectionStatus, Importer, Plan, Role
from importers.secret import Secret
from importers.services.access import require
from importers.services.accounts import Accounts

KIND = "pipedrive"
MOST_SEATS = 100_000


class Connections:
    def __init__(self, *, store: Store, accounts: Accounts, clock: Clock) -> None:
        self._store = store
        self._accounts = accounts
        self._clock = clock

    def list(self, actor: Actor) -> Sequence[Connection]:
        return self._store.connections(actor.workspace.id)

    def get(self, actor: Actor, connection_id: int) -> Connection:
        """Raises NotThere when there is none in the actor's workspace (as do all methods that take an id)."""
        return self._store.connection(actor.workspace.id, connection_id)

    def link(self, actor: Actor, token: Secret) -> Connection:
        """
        Check the token with Pipedrive (GET /v1/users/me) and keep it sealed.
        Linking the same user and company again renews that connection.
        Raises CredentialsRejected, TemporaryError.
        """
        require(actor, Role.OWNER, "link accounts")
        account = self._account(token)
        sealed = self._accounts.seal(token)
        return self._store.keep_connection(actor.workspace.id, KIND, account, sealed, now=self._clock.now())

    def relink(self, actor: Actor, connection_id: int, token: Secret) -> Connection:
        """Put a new token in; it must belong to the same company, else InvalidSettings."""
        require(actor, Role.OWNER, "link accounts")
        connection = self.get(actor, connection_id)
        account = self._account(token)
        _check_company(connection.account, account)
        sealed = self._accounts.seal(token)
        return self._store.renew_connection(actor.workspace.id, connection.id, account, sealed, now=self._clock.now())

    def check(self, actor: Actor, connection_id: int) -> Connection:
        """Ask Pipedrive again; keeps the status it finds ("needs reconnecting" when refused)."""
        require(actor, Role.EDITOR, "check accounts")
        connection = self.get(actor, connection_id)
        try:
            with self._accounts.source(connection) as source:
                source.account()
        except CredentialsRejected:
            return self.get(actor, connection_id)
        return self._store.mark_connection(
            actor.workspace.id, connection_id, ConnectionStatus.WORKING, now=self._clock.now()
        )

    def plan(self, actor: Actor, connection_id: int, plan: Plan | None) -> Connection:
        """Keep what the company pays Pipedrive for, for as long as its answers do not say what that allows."""
        require(actor, Role.OWNER, "enter the plan of an account")
        if plan is not None and not 1 <= plan.seats <= MOST_SEATS:
            raise InvalidSettings(
                f"{plan.seats} seats are not possible.", hint=f"Type 1 to {MOST_SEATS:,}.", field="seats"
            )
        return self._store.plan_connection(actor.workspace.id, connection_id, plan)

    def unlink(self, actor: Actor, connection_id: int) -> None:
        """Raises InvalidSettings naming the importers that still use it."""
        require(actor, Role.OWNER, "unlink accounts")
        connection = self.get(actor, connection_id)
        users = [one for one in self._store.importers(actor.workspace.id) if one.connection_id == connection_id]
        if users:
            raise _still_used(connection, users)
        self._store.remove_connection(actor.workspace.id, connection_id)

    def _account(self, token: Secret) -> Account:
        if not token.reveal().strip():
            raise InvalidSettings("The API token is empty.", hint=f"Copy it and paste it here. {WHERE_TO_COPY_IT}")
        return self._accounts.source_for(token).account()


def _check_company(known: Account, found: Account) -> None:
    if found.company_domain != known.company_domain:
        raise InvalidSettings(
            f"This token belongs to {found.company}; the connection is for {known.company}.",
            hint=f"Paste a token of {known.company}, or link {found.company} as a new connection.",
        )


def _still_used(connection: Connection, users: Sequence[Importer]) -> InvalidSettings:
    names = ", ".join(importer.name for importer in users)
    return InvalidSettings(
        f"{connection.label} is still used by: {names}.",
        hint="Give these importers another connection or delete them first.",
    )
