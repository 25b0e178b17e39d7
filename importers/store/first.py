"""What set-up leaves for the first owner, kept whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import exists, insert, select

from importers.model import Account, Connection, Draft, Workspace
from importers.store.connections import fresh_values, kept_connection
from importers.store.database import Database
from importers.store.importers import importer_values
from importers.store.people import added_workspace, alone_with_users
from importers.store.schema import importers, workspaces


class First(Database):
    def prepare_workspace(
        self,
        name: str,
        *,
        time_zone: str,
        kind: str,
        account: Account,
        sealed: bytes,
        draft_for: Callable[[Connection], Draft],
        now: datetime,
    ) -> Workspace | None:
        with self._writing() as sql:
            alone_with_users(sql)
            if sql.scalar(select(exists().select_from(workspaces))):
                return None
            workspace = added_workspace(sql, name, time_zone, now)
            connection = kept_connection(sql, workspace.id, kind, fresh_values(account, sealed, now))
            values = importer_values(workspace.id, draft_for(connection), next_run_at=None, now=now)
            sql.execute(insert(importers).values(**values, starts_after_success=True))
            return workspace
