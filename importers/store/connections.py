"""Linked accounts, as they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection as SqlConnection
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from importers.errors import InvalidSettings, NotThere
from importers.model import Account, Connection, ConnectionStatus, Plan
from importers.store.database import Database
from importers.store.rows import connection_of, identity
from importers.store.schema import connections


class Connections(Database):
    def connections(self, workspace_id: int) -> Sequence[Connection]:
        with self._reading() as sql:
            rows = sql.execute(
                select(connections)
                .where(connections.c.workspace_id == workspace_id)
                .order_by(connections.c.identity, connections.c.id)
            )
            return [connection_of(row) for row in rows]

    def connection(self, workspace_id: int, connection_id: int) -> Connection:
        with self._reading() as sql:
            row = sql.execute(
                select(connections).where(connections.c.id == connection_id, connections.c.workspace_id == workspace_id)
            ).first()
        if row is None:
            raise _gone()
        return connection_of(row)

    def keep_connection(
        self, workspace_id: int, kind: str, account: Account, sealed: bytes, *, now: datetime
    ) -> Connection:
        try:
            with self._writing() as sql:
                return kept_connection(sql, workspace_id, kind, account, sealed, now)
        except IntegrityError:
            # Linked at the same moment by somebody else: there is one to renew now.
            with self._writing() as sql:
                return kept_connection(sql, workspace_id, kind, account, sealed, now)

    def renew_connection(
        self, workspace_id: int, connection_id: int, account: Account, sealed: bytes, *, now: datetime
    ) -> Connection:
        try:
            with self._writing() as sql:
                return _change(sql, workspace_id, connection_id, _fresh(account, sealed, now))
        except IntegrityError as error:
            raise InvalidSettings(
                f"{account.company} ({account.user}) is linked already, by another connection.",
                hint="Use that connection, or take a token of the user this one belongs to.",
            ) from error

    def mark_connection(
        self, workspace_id: int, connection_id: int, status: ConnectionStatus, *, now: datetime
    ) -> Connection:
        with self._writing() as sql:
            return _change(sql, workspace_id, connection_id, {"status": status, "checked_at": now})

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


def _fresh(account: Account, sealed: bytes, now: datetime) -> dict[str, Any]:
    return {
        "account": account,
        "identity": identity(account),
        "sealed": sealed,
        "status": ConnectionStatus.WORKING,
        "checked_at": now,
    }


def kept_connection(
    sql: SqlConnection, workspace_id: int, kind: str, account: Account, sealed: bytes, now: datetime
) -> Connection:
    known = sql.scalar(
        select(connections.c.id).where(
            connections.c.workspace_id == workspace_id,
            connections.c.kind == kind,
            connections.c.identity == identity(account),
        )
    )
    fresh = _fresh(account, sealed, now)
    if known is not None:
        return _change(sql, workspace_id, known, fresh)
    values = {"workspace_id": workspace_id, "kind": kind, "created_at": now, **fresh}
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
