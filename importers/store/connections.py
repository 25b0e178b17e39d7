"""Linked accounts, as they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy import Connection as SqlConnection
from sqlalchemy.exc import IntegrityError

from importers.errors import InvalidSettings, NotThere
from importers.model import Account, Connection, ConnectionStatus, Plan, SignIn, Trouble
from importers.store.database import Database
from importers.store.rows import connection_of, identity, identity_in_words
from importers.store.schema import connections


class Connections(Database):
    def connections(self, workspace_id: int) -> Sequence[Connection]:
        with self._reading() as sql:
            rows = sql.execute(select(connections).where(connections.c.workspace_id == workspace_id))
            return sorted(map(connection_of, rows), key=_by_company_and_user)

    def connections_of(self, kind: str) -> Sequence[Connection]:
        found = select(connections).where(connections.c.kind == kind).order_by(connections.c.id)
        with self._reading() as sql:
            return [connection_of(row) for row in sql.execute(found)]

    def app_connections(self, kind: str, account: Account) -> Sequence[Connection]:
        owner = identity(account)
        theirs = (connections.c.kind == kind, connections.c.sign_in == SignIn.OAUTH, connections.c.identity == owner)
        with self._reading() as sql:
            return [connection_of(row) for row in sql.execute(select(connections).where(*theirs))]

    def connection(self, workspace_id: int, connection_id: int) -> Connection:
        with self._reading() as sql:
            row = sql.execute(
                select(connections).where(connections.c.id == connection_id, connections.c.workspace_id == workspace_id)
            ).first()
        if row is None:
            raise _gone()
        return connection_of(row)

    def keep_connection(
        self,
        workspace_id: int,
        kind: str,
        account: Account,
        sealed: bytes,
        *,
        sign_in: SignIn = SignIn.API_TOKEN,
        scopes: Sequence[str] = (),
        now: datetime,
    ) -> Connection:
        fresh = fresh_values(account, sealed, now, sign_in, scopes)
        try:
            with self._writing() as sql:
                return kept_connection(sql, workspace_id, kind, fresh)
        except IntegrityError:
            # Linked at the same moment by somebody else: there is one to renew now.
            with self._writing() as sql:
                return kept_connection(sql, workspace_id, kind, fresh)

    def renew_connection(
        self,
        workspace_id: int,
        connection_id: int,
        account: Account,
        sealed: bytes,
        *,
        sign_in: SignIn = SignIn.API_TOKEN,
        scopes: Sequence[str] = (),
        now: datetime,
    ) -> Connection:
        try:
            with self._writing() as sql:
                return _change(sql, workspace_id, connection_id, fresh_values(account, sealed, now, sign_in, scopes))
        except IntegrityError as error:
            raise InvalidSettings(
                f"{account.company} ({account.user}) is linked already, by another connection.",
                hint="Use that connection, or take a token of the user this one belongs to.",
            ) from error

    def mark_connection(
        self, workspace_id: int, connection_id: int, status: ConnectionStatus, *, now: datetime
    ) -> Connection:
        with self._writing() as sql:
            values: dict[str, Any] = {"status": status, "checked_at": now}
            if status is ConnectionStatus.WORKING:
                values["trouble"] = None
            return _change(sql, workspace_id, connection_id, values)

    def refuse_connection(self, connection: Connection, trouble: Trouble, *, now: datetime) -> bool:
        still = (*_is(connection), connections.c.status == ConnectionStatus.WORKING)
        return self._update(
            still, {"status": ConnectionStatus.NEEDS_RECONNECTING, "trouble": trouble, "checked_at": now}
        )

    def forget_grant(self, connection: Connection) -> None:
        ours = (connections.c.id == connection.id, connections.c.sign_in == SignIn.OAUTH)
        self._update(ours, {"sealed": b"", "refreshing_until": None})

    def begin_refresh(self, connection: Connection, *, until: datetime, now: datetime) -> bool:
        free = connections.c.refreshing_until.is_(None) | (connections.c.refreshing_until <= now)
        return self._update((*_is(connection), free), {"refreshing_until": until})

    def end_refresh(self, connection: Connection, *, until: datetime) -> None:
        self._update((*_is(connection), connections.c.refreshing_until == until), {"refreshing_until": None})

    def keep_grant(self, connection: Connection, sealed: bytes, *, scopes: Sequence[str]) -> bool:
        return self._update(_is(connection), {"sealed": sealed, "scopes": tuple(scopes), "refreshing_until": None})

    def _update(self, conditions: tuple[ColumnElement[bool], ...], values: dict[str, Any]) -> bool:
        with self._writing() as sql:
            return bool(sql.execute(update(connections).where(*conditions).values(values)).rowcount)

    def plan_connection(self, workspace_id: int, connection_id: int, plan: Plan | None) -> Connection:
        with self._writing() as sql:
            return _change(sql, workspace_id, connection_id, {"plan": plan})

    def remove_connection(self, workspace_id: int, connection_id: int) -> None:
        try:
            with self._writing() as sql:
                _remove(sql, workspace_id, connection_id)
        except IntegrityError as error:
            raise InvalidSettings(
                "An importer still uses this connection.", hint="Give it another connection or delete it first."
            ) from error


def _by_company_and_user(connection: Connection) -> tuple[str, str, int]:
    account = connection.account
    return account.company.casefold(), account.user.casefold(), connection.id


def _is(connection: Connection) -> tuple[ColumnElement[bool], ...]:
    """It has the same secret as *connection* still: nobody renewed it meanwhile."""
    return connections.c.id == connection.id, connections.c.sealed == connection.sealed


def fresh_values(
    account: Account,
    sealed: bytes,
    now: datetime,
    sign_in: SignIn = SignIn.API_TOKEN,
    scopes: Sequence[str] = (),
) -> dict[str, Any]:
    """The row of a connection that was linked this moment, but for where it belongs."""
    return {
        "account": account,
        "identity": identity(account),
        "sealed": sealed,
        "sign_in": sign_in,
        "scopes": tuple(scopes),
        "status": ConnectionStatus.WORKING,
        "trouble": None,
        "refreshing_until": None,
        "checked_at": now,
    }


def kept_connection(sql: SqlConnection, workspace_id: int, kind: str, fresh: dict[str, Any]) -> Connection:
    """The account's connection, renewed; a new one where there is none."""
    # One that was linked before ids were kept goes by its words.
    known_as = (fresh["identity"], identity_in_words(fresh["account"]))
    known = sql.scalar(
        select(connections.c.id)
        .where(
            connections.c.workspace_id == workspace_id,
            connections.c.kind == kind,
            connections.c.identity.in_(known_as),
        )
        .order_by(connections.c.identity != fresh["identity"])
    )
    if known is not None:
        return _change(sql, workspace_id, known, fresh)
    values = {"workspace_id": workspace_id, "kind": kind, "created_at": fresh["checked_at"], **fresh}
    return connection_of(sql.execute(insert(connections).values(values).returning(connections)).one())


def _change(sql: SqlConnection, workspace_id: int, connection_id: int, values: dict[str, Any]) -> Connection:
    row = sql.execute(
        update(connections)
        .where(connections.c.id == connection_id, connections.c.workspace_id == workspace_id)
        .values(values)
        .returning(connections)
    ).first()
    if row is None:
        raise _gone()
    return connection_of(row)


def _remove(sql: SqlConnection, workspace_id: int, connection_id: int) -> None:
    gone = sql.execute(
        delete(connections).where(connections.c.id == connection_id, connections.c.workspace_id == workspace_id)
    )
    if gone.rowcount == 0:
        raise _gone()


def _gone() -> NotThere:
    return NotThere("There is no such connection (any more).", hint="Choose one from the list of connections.")
