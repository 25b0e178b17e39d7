"""Workspaces, users and who belongs where."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, exists, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from importers.errors import InvalidSettings, NotThere
from importers.model import Actor, Role, Workspace
from importers.store.database import Database
from importers.store.rows import actor_of, in_zone_of, workspace_of
from importers.store.schema import importers, memberships, users, workspaces

_ACTORS = (
    select(
        users,
        memberships.c.role,
        workspaces.c.id.label("workspace_id"),
        workspaces.c.name.label("workspace_name"),
        workspaces.c.time_zone.label("workspace_time_zone"),
        workspaces.c.created_at.label("workspace_created_at"),
    )
    .select_from(users.join(memberships).join(workspaces))
    .order_by(workspaces.c.id)
)


class People(Database):
    def has_users(self) -> bool:
        with self._reading() as connection:
            return bool(connection.scalar(select(exists().select_from(users))))

    def has_workspaces(self) -> bool:
        with self._reading() as connection:
            return bool(connection.scalar(select(exists().select_from(workspaces))))

    def add_workspace(self, name: str, *, time_zone: str, now: datetime) -> Workspace:
        with self._writing() as connection:
            return added_workspace(connection, name, time_zone, now)

    def add_first_owner(
        self, email: str, password_hash: str, *, workspace_name: str, time_zone: str, now: datetime
    ) -> Actor | None:
        with self._writing() as connection:
            alone_with_users(connection)
            if connection.scalar(select(exists().select_from(users))):
                return None
            workspace_id = _adopted(connection, time_zone)
            if workspace_id is None:
                workspace_id = added_workspace(connection, workspace_name, time_zone, now).id
            return _add_user(connection, email, password_hash, workspace_id, Role.OWNER, now)

    def add_user(self, email: str, password_hash: str, *, workspace_id: int, role: Role, now: datetime) -> Actor:
        try:
            with self._writing() as connection:
                return _add_user(connection, email, password_hash, workspace_id, role, now)
        except IntegrityError as error:
            raise InvalidSettings(f"{email} has an account already.", hint="Sign in with it.") from error

    def password_of(self, email: str) -> tuple[int, str] | None:
        with self._reading() as connection:
            row = connection.execute(select(users.c.id, users.c.password_hash).where(users.c.email == email)).first()
        return (row.id, row.password_hash) if row else None

    def mark_sessions(self, user_id: int, mark: str, *, password_hash: str | None = None) -> None:
        values = {"session_mark": mark, **({"password_hash": password_hash} if password_hash else {})}
        with self._writing() as connection:
            connection.execute(update(users).where(users.c.id == user_id).values(values))

    def actor(self, user_id: int) -> Actor | None:
        with self._reading() as connection:
            return _actor(connection, user_id)


def _actor(connection: Connection, user_id: int) -> Actor | None:
    row = connection.execute(_ACTORS.where(users.c.id == user_id)).first()
    return actor_of(row) if row else None


def added_workspace(connection: Connection, name: str, time_zone: str, now: datetime) -> Workspace:
    values = {"name": name, "time_zone": time_zone, "created_at": now}
    return workspace_of(connection.execute(insert(workspaces).values(values).returning(workspaces)).one())


def _add_user(
    connection: Connection, email: str, password_hash: str, workspace_id: int, role: Role, now: datetime
) -> Actor:
    values = {"email": email, "password_hash": password_hash, "created_at": now}
    user_id = connection.execute(insert(users).values(values).returning(users.c.id)).scalar_one()
    connection.execute(insert(memberships).values(workspace_id=workspace_id, user_id=user_id, role=role))
    actor = _actor(connection, user_id)
    if actor is None:
        raise NotThere(f"There is no workspace {workspace_id}.")
    return actor


def _adopted(connection: Connection, time_zone: str) -> int | None:
    """The workspace that set-up prepared for the first owner, now with its importers in the owner's zone."""
    members = select(memberships.c.user_id).where(memberships.c.workspace_id == workspaces.c.id)
    workspace_id = connection.scalar(select(workspaces.c.id).where(~members.exists()).order_by(workspaces.c.id))
    if workspace_id is not None:
        connection.execute(update(workspaces).where(workspaces.c.id == workspace_id).values(time_zone=time_zone))
        _move(connection, workspace_id, time_zone)
    return workspace_id


def _move(connection: Connection, workspace_id: int, time_zone: str) -> None:
    """The importers of a workspace into another zone; they run by hand, so no turn of theirs moves."""
    for row in connection.execute(select(importers).where(importers.c.workspace_id == workspace_id)).all():
        schedule = replace(row.schedule, time_zone=time_zone)
        values = {"schedule": schedule, "selection": in_zone_of(schedule, row.selection)}
        connection.execute(update(importers).where(importers.c.id == row.id).values(values))


def alone_with_users(connection: Connection) -> None:
    # SQLite lets one writer in at a time; PostgreSQL would let two first owners in.
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE users IN EXCLUSIVE MODE"))
