"""Forgets what is old, a little at a time: whoever else writes waits no longer than for that little."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update

from importers.store.database import Database
from importers.store.schema import events, runs

_newer = runs.alias("newer")


class Retention(Database):
    def forget_lines(self, before: datetime, *, limit: int) -> int:
        with self._writing() as sql:
            run_ids = list(sql.scalars(_old(before, runs.c.last_event > 0).limit(limit)))
            if run_ids:
                sql.execute(delete(events).where(events.c.run_id.in_(run_ids)))
                sql.execute(update(runs).where(runs.c.id.in_(run_ids)).values(last_event=0))
            return len(run_ids)

    def forget_runs(self, before: datetime, *, limit: int) -> int:
        with self._writing() as sql:
            run_ids = list(sql.scalars(_old(before).limit(limit)))
            if run_ids:
                sql.execute(delete(runs).where(runs.c.id.in_(run_ids)))
            return len(run_ids)


def _old(before: datetime, *conditions: ColumnElement[bool]) -> Any:
    """Runs that ended before then, but for the last one of each importer; nobody else forgets the same ones."""
    is_not_the_last = (
        select(_newer.c.id).where(_newer.c.importer_id == runs.c.importer_id, _newer.c.id > runs.c.id).exists()
    )
    old = select(runs.c.id).where(runs.c.ended_at < before, is_not_the_last, *conditions)
    return old.order_by(runs.c.ended_at).with_for_update(of=runs, skip_locked=True)
