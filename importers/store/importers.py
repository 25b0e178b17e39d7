"""Importers, as they are kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection as SqlConnection
from sqlalchemy import Select, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from importers.errors import InvalidSettings, NotThere
from importers.model import PIPEDRIVE, Draft, Every, FieldChange, Glance, Importer, Schedule, Selection, task_of
from importers.schedule.chains import check_chain
from importers.store.database import Database
from importers.store.rows import draft_values, glance_of, importer_of
from importers.store.schema import connections, importers, runs, workspaces


class Importers(Database):
    def importers(self, workspace_id: int, *, only: Collection[int] | None = None) -> Sequence[Importer]:
        those = select(importers).where(importers.c.workspace_id == workspace_id)
        if only is not None:
            those = those.where(importers.c.id.in_(only))
        with self._reading() as sql:
            rows = sql.execute(those.order_by(func.lower(importers.c.name), importers.c.id))
            return [importer_of(row) for row in rows]

    def glances(self, workspace_id: int) -> Sequence[Glance]:
        newest = select(func.max(runs.c.id)).where(runs.c.importer_id == importers.c.id).scalar_subquery()
        last = runs.alias("last")
        own = (importers.c.id, importers.c.name, importers.c.connection_id, importers.c.destination_id)
        those: Select[Any] = (
            select(*own, last.c.status, last.c.trouble)
            .select_from(importers.join(last, last.c.id == newest, isouter=True))
            .where(importers.c.workspace_id == workspace_id)
            .order_by(func.lower(importers.c.name), importers.c.id)
        )
        with self._reading() as sql:
            return [glance_of(row) for row in sql.execute(those)]

    def importer(self, workspace_id: int, importer_id: int) -> Importer:
        with self._reading() as sql:
            row = sql.execute(
                select(importers).where(importers.c.id == importer_id, importers.c.workspace_id == workspace_id)
            ).first()
        if row is None:
            raise _gone()
        return importer_of(row)

    def add_importer(
        self,
        workspace_id: int,
        draft: Draft,
        *,
        next_run_at: datetime | None,
        now: datetime,
        starts_after_success: bool = False,
    ) -> Importer:
        values = importer_values(workspace_id, draft, next_run_at=next_run_at, now=now)
        values["starts_after_success"] = starts_after_success
        try:
            with self._writing() as sql:
                _check_connections(sql, workspace_id, draft)
                _check_chain(sql, workspace_id, None, draft)
                return importer_of(sql.execute(insert(importers).values(values).returning(importers)).one())
        except IntegrityError as error:
            raise _taken(draft) from error

    def change_importer(
        self,
        workspace_id: int,
        importer_id: int,
        draft: Draft,
        *,
        next_turn: Callable[[Schedule], datetime | None],
        now: datetime,
        start_anyway: bool = False,
    ) -> Importer:
        try:
            with self._writing() as sql:
                _check_connections(sql, workspace_id, draft)
                _check_chain(sql, workspace_id, importer_id, draft)
                before = _locked(sql, workspace_id, importer_id)
                waits = not start_anyway and (before.starts_after_success or task_of(draft) != task_of(before))
                keeps_turn = draft.schedule == before.schedule and before.next_run_at is not None
                next_run_at = before.next_run_at if keeps_turn else next_turn(draft.schedule)
                values = {
                    "next_run_at": None if waits or before.paused else next_run_at,
                    "starts_after_success": waits,
                    "updated_at": now,
                    **draft_values(draft),
                }
                return _change(sql, workspace_id, importer_id, values)
        except IntegrityError as error:
            raise _taken(draft) from error

    def keep_columns(self, importer: Importer, selection: Selection, changes: Sequence[FieldChange]) -> bool:
        is_it = (importers.c.id == importer.id, importers.c.workspace_id == importer.workspace_id)
        with self._writing() as sql:
            # Locked, because JSON cannot be compared in the WHERE of an UPDATE everywhere.
            row = sql.execute(select(importers).where(*is_it).with_for_update()).first()
            if row is None or importer_of(row).selection != importer.selection:
                return False
            sql.execute(update(importers).where(*is_it).values(selection=selection, changes=tuple(changes)))
        return True

    def pause_importer(self, workspace_id: int, importer_id: int, *, now: datetime) -> Importer:
        with self._writing() as sql:
            values = {"paused": True, "paused_because": None, "next_run_at": None, "updated_at": now}
            return _change(sql, workspace_id, importer_id, values)

    def resume_importer(
        self, workspace_id: int, importer_id: int, *, next_turn: Callable[[Schedule], datetime | None], now: datetime
    ) -> Importer:
        with self._writing() as sql:
            before = _locked(sql, workspace_id, importer_id)
            if not before.paused:
                return before
            next_run_at = None if before.starts_after_success else next_turn(before.schedule)
            values = {"paused": False, "paused_because": None, "next_run_at": next_run_at, "updated_at": now}
            return _change(sql, workspace_id, importer_id, values)

    def remove_importer(self, workspace_id: int, importer_id: int) -> None:
        is_it = (importers.c.id == importer_id, importers.c.workspace_id == workspace_id)
        with self._writing() as sql:
            if followers := _followers(sql, workspace_id, importer_id):
                raise _is_followed(followers)
            try:
                gone = sql.execute(delete(importers).where(*is_it))
            except IntegrityError as error:
                raise _is_followed(["one saved this very moment"]) from error
            if gone.rowcount == 0:
                raise _gone()


def importer_values(workspace_id: int, draft: Draft, *, next_run_at: datetime | None, now: datetime) -> dict[str, Any]:
    """A new importer's row."""
    return {
        "workspace_id": workspace_id,
        "paused": False,
        "next_run_at": next_run_at,
        "created_at": now,
        "updated_at": now,
        **draft_values(draft),
    }


def _check_connections(sql: SqlConnection, workspace_id: int, draft: Draft) -> None:
    used = {(draft.connection_id, PIPEDRIVE)}
    if draft.target.connection_id is not None:
        used.add((draft.target.connection_id, draft.target.kind))
    ours = select(connections.c.id, connections.c.kind).where(
        connections.c.id.in_([connection_id for connection_id, _ in used]), connections.c.workspace_id == workspace_id
    )
    if {tuple(row) for row in sql.execute(ours)} != used:
        raise NotThere("There is no such connection (any more).", hint="Choose one from the list of connections.")


def _check_chain(sql: SqlConnection, workspace_id: int, importer_id: int | None, draft: Draft) -> None:
    """Of the importers as they are now: whoever saves another one at the same moment waits, and then sees this one."""
    if draft.schedule.every is not Every.AFTER or draft.schedule.after_id is None:
        return
    sql.execute(select(workspaces.c.id).where(workspaces.c.id == workspace_id).with_for_update(key_share=True))
    ours = select(importers.c.id, importers.c.name, importers.c.after_id).where(
        importers.c.workspace_id == workspace_id
    )
    rows = sql.execute(ours).all()
    leaders = {row.id: row.after_id for row in rows if row.after_id is not None}
    check_chain({row.id: row.name for row in rows}, leaders, importer_id, draft.schedule.after_id)


def _followers(sql: SqlConnection, workspace_id: int, importer_id: int) -> Sequence[str]:
    theirs = select(importers.c.name).where(
        importers.c.workspace_id == workspace_id, importers.c.after_id == importer_id
    )
    return sql.scalars(theirs.order_by(func.lower(importers.c.name))).all()


def _is_followed(names: Sequence[str]) -> InvalidSettings:
    return InvalidSettings(
        f"These run after it: {', '.join(f'“{name}”' for name in names)}.",
        hint="Let them start in another way, or delete them first.",
    )


def _locked(sql: SqlConnection, workspace_id: int, importer_id: int) -> Importer:
    """As it is, and stays for others until the transaction ends (SQLite has one writer anyway)."""
    is_it = (importers.c.id == importer_id, importers.c.workspace_id == workspace_id)
    row = sql.execute(select(importers).where(*is_it).with_for_update(key_share=True)).first()
    if row is None:
        raise _gone()
    return importer_of(row)


def _change(sql: SqlConnection, workspace_id: int, importer_id: int, values: dict[str, Any]) -> Importer:
    row = sql.execute(
        update(importers)
        .where(importers.c.id == importer_id, importers.c.workspace_id == workspace_id)
        .values(values)
        .returning(importers)
    ).first()
    if row is None:
        raise _gone()
    return importer_of(row)


def _taken(draft: Draft) -> InvalidSettings:
    return InvalidSettings(
        f"Another importer writes to {draft.target.sheet} in {draft.target.place_name or draft.target.place} already.",
        hint="Choose another place for the table.",
    )


def _gone() -> NotThere:
    return NotThere("There is no such importer (any more).", hint="Choose one from the list of importers.")
