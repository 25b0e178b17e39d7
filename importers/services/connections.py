"""Linked accounts: those at Pipedrive, and what all have in common."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from importers.config import WHERE_TO_COPY_IT
from importers.errors import AccessDenied, CredentialsRejected, ImporterError, InvalidSettings
from importers.interfaces import Clock, Store
from importers.model import (
    GOOGLE_SHEETS,
    PIPEDRIVE,
    Account,
    Actor,
    Connection,
    ConnectionStatus,
    Importer,
    Plan,
    Role,
    SignIn,
)
from importers.secret import Secret
from importers.services.access import require
from importers.services.accounts import Accounts

logger = logging.getLogger(__name__)

MOST_SEATS = 100_000


class Connections:
    def __init__(self, *, store: Store, accounts: Accounts, clock: Clock) -> None:
        self._store = store
        self._accounts = accounts
        self._clock = clock

    def list(self, actor: Actor, kind: str | None = None) -> Sequence[Connection]:
        """By company and user; only those of a kind (`model.PIPEDRIVE`, `model.GOOGLE_SHEETS`), where one is asked for."""
        return [one for one in self._store.connections(actor.workspace.id) if kind in (None, one.kind)]

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
        return self._keep(actor, None, self._account(token), sealed=self._accounts.seal(token))

    def relink(self, actor: Actor, connection_id: int, token: Secret) -> Connection:
        """Put a new token in; it must belong to the same company, else InvalidSettings."""
        require(actor, Role.OWNER, "link accounts")
        connection = self._pipedrive(actor, connection_id)
        account = self._account(token)
        _check_company(connection.account, account, "This token belongs to", "Paste a token")
        return self._keep(actor, connection, account, sealed=self._accounts.seal(token))

    # --- by OAuth ---

    @property
    def has_app(self) -> bool:
        """Whether one can connect by consent at Pipedrive."""
        return self._accounts.has_app

    def consent_url(self, actor: Actor, *, redirect_uri: str, state: str) -> str:
        """Where to send the browser. Raises InvalidSettings where the settings name no app."""
        require(actor, Role.OWNER, "link accounts")
        return self._accounts.app.consent_url(redirect_uri=redirect_uri, state=state)

    def link_by_consent(
        self, actor: Actor, code: Secret, *, redirect_uri: str, connection_id: int | None = None
    ) -> Connection:
        """
        Trade the code that the browser brought back, ask whose grant it is and
        keep it sealed: as `link`, or as `relink` for *connection_id*.
        """
        require(actor, Role.OWNER, "link accounts")
        connection = None if connection_id is None else self._pipedrive(actor, connection_id)
        grant = self._accounts.app.exchange(code, redirect_uri=redirect_uri)
        account = self._accounts.source_of(grant).account()
        if connection:
            _check_company(connection.account, account, "You let Pipesheet into", "In Pipedrive, switch to a user")
        sealed = self._accounts.seal_grant(grant)
        return self._keep(actor, connection, account, sealed=sealed, sign_in=SignIn.OAUTH, scopes=grant.scopes)

    def uninstalled(
        self, client_id: str, client_secret: Secret, *, company_id: int, user_id: int, at: datetime | None
    ) -> int:
        """
        Pipedrive tells that a user uninstalled our app: what was granted until
        then is forgotten, in every workspace. How many connections that were.
        A grant given after the moment *at* stays: the message came late, or
        again. Without a moment it counts as of now. Raises AccessDenied unless
        the caller knows our app's credentials.

        Both moments are Pipedrive's, so a wrong clock here does not matter. By
        clocks that differ among Pipedrive's servers a genuine message right
        after Allow may be taken for an old one; then the next call finds out.
        """
        if not (self._accounts.has_app and self._accounts.app.is_us(client_id, client_secret)):
            raise AccessDenied("These are not the credentials of this app.")
        user = Account("", "", "", "", company_id=company_id, user_id=user_id)
        theirs = self._store.app_connections(PIPEDRIVE, user)
        ended = [connection for connection in theirs if not self._was_granted_after(at, connection)]
        for connection in ended:
            self._store.forget_grant(connection)
            self._accounts.refused(replace(connection, sealed=b""), _uninstalled())
        return len(ended)

    def _was_granted_after(self, at: datetime | None, connection: Connection) -> bool:
        granted_at = self._accounts.granted_at(connection)
        return at is not None and granted_at is not None and at < granted_at

    # --- of both sorts ---

    def check(self, actor: Actor, connection_id: int) -> Connection:
        """Ask Pipedrive, or Google, again; keeps the status it finds ("needs reconnecting" when refused)."""
        require(actor, Role.EDITOR, "check accounts")
        connection = self.get(actor, connection_id)
        try:
            self._ask_who_it_is(connection)
        except CredentialsRejected:
            return self.get(actor, connection_id)
        return self._store.mark_connection(
            actor.workspace.id, connection_id, ConnectionStatus.WORKING, now=self._clock.now()
        )

    def _ask_who_it_is(self, connection: Connection) -> None:
        if connection.kind == GOOGLE_SHEETS:
            with self._accounts.spreadsheets(connection) as google:
                google.account()
            return
        with self._accounts.source(connection) as source:
            source.account()

    def plan(self, actor: Actor, connection_id: int, plan: Plan | None) -> Connection:
        """Keep what the company pays Pipedrive for, for as long as its answers do not say what that allows."""
        require(actor, Role.OWNER, "enter the plan of an account")
        if plan is not None and not 1 <= plan.seats <= MOST_SEATS:
            raise InvalidSettings(
                f"{plan.seats} seats are not possible.", hint=f"Type 1 to {MOST_SEATS:,}.", field="seats"
            )
        return self._store.plan_connection(actor.workspace.id, connection_id, plan)

    def unlink(self, actor: Actor, connection_id: int) -> None:
        """
        Raises InvalidSettings naming the importers that still read or write with
        it. What was granted by OAuth is given back to the vendor, unless another
        connection lives on it, in whatever workspace; should the vendor not
        answer, it is forgotten here all the same.
        """
        require(actor, Role.OWNER, "unlink accounts")
        connection = self.get(actor, connection_id)
        importers = self._store.importers(actor.workspace.id)
        users = [one for one in importers if connection_id in (one.connection_id, one.target.connection_id)]
        if users:
            raise _still_used(connection, users)
        self._store.remove_connection(actor.workspace.id, connection_id)
        self._give_back(connection)

    def _give_back(self, connection: Connection) -> None:
        try:
            grant = self._accounts.grant_of(connection)
            others = self._store.app_connections(connection.kind, connection.account)
            if grant and not others:
                self._accounts.app_of(connection).revoke(grant)
        except ImporterError as error:
            logger.warning("connection %d: its grant was not given back: %s", connection.id, error.message)

    def _keep(self, actor: Actor, connection: Connection | None, account: Account, **kept: Any) -> Connection:
        now, ours = self._clock.now(), actor.workspace.id
        if connection is None:
            return self._store.keep_connection(ours, PIPEDRIVE, account, now=now, **kept)
        return self._store.renew_connection(ours, connection.id, account, now=now, **kept)

    def _pipedrive(self, actor: Actor, connection_id: int) -> Connection:
        return self._accounts.of_kind(PIPEDRIVE, actor.workspace.id, connection_id)

    def _account(self, token: Secret) -> Account:
        if not token.reveal().strip():
            raise InvalidSettings("The API token is empty.", hint=f"Copy it and paste it here. {WHERE_TO_COPY_IT}")
        return self._accounts.source_for(token).account()


def _check_company(known: Account, found: Account, what: str, how: str) -> None:
    if not _is_same_company(known, found):
        raise InvalidSettings(
            f"{what} {found.company}; the connection is for {known.company}.",
            hint=f"{how} of {known.company}, or link {found.company} as a new connection.",
        )


def _is_same_company(known: Account, found: Account) -> bool:
    """By its id, which stays when a company changes its address, where that is known."""
    if known.company_id and found.company_id:
        return known.company_id == found.company_id
    return known.company_domain == found.company_domain


def _uninstalled() -> CredentialsRejected:
    return CredentialsRejected(
        "The app was uninstalled in Pipedrive, which ended Pipesheet’s access.",
        hint="Reconnect the account: Connections › Reconnect.",
    )


def _still_used(connection: Connection, users: Sequence[Importer]) -> InvalidSettings:
    names = ", ".join(importer.name for importer in users)
    return InvalidSettings(
        f"{connection.label} is still used by: {names}.",
        hint="Give these importers another connection or delete them first.",
    )
