"""Importers that are paused because they fail and fail."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection as SqlConnection
from sqlalchemy import select, update

from importers.model import Run, Status, Trigger, Trouble
from importers.store.database import Database
from importers.store.rows import run_of
from importers.store.schema import importers, runs

_TELLING = (Status.DONE, Status.DONE_WITH_NOTES, Status.FAILED)
_LOOK_BACK = 50
"""Runs: those by hand in between do not count."""


class Pauses(Database):
    def pause_failing(self, run: Run, trouble: Trouble, *, times: int, now: datetime) -> bool:
        values = {"paused": True, "paused_because": trouble, "next_run_at": None, "updated_at": now}
        with self._writing() as sql:
            if _failures(sql, run, trouble) < times:
                return False
            still_on = (importers.c.id == run.importer_id, ~importers.c.paused)
            return bool(sql.execute(update(importers).where(*still_on).values(values)).rowcount)


def _failures(sql: SqlConnection, run: Run, trouble: Trouble) -> int:
    """How many of the last runs that began by themselves failed like this, one after the other, since anybody did something."""
    touched_at = select(importers.c.updated_at).where(importers.c.id == run.importer_id).scalar_subquery()
    its_own = (runs.c.importer_id == run.importer_id, runs.c.queued_at >= touched_at)
    over = (*its_own, runs.c.ended_at.is_not(None), runs.c.status.in_(_TELLING))
    newest = select(runs).where(*over).order_by(runs.c.id.desc()).limit(_LOOK_BACK)
    number = 0
    for row in sql.execute(newest):
        found = run_of(row)
        if found.status is Status.FAILED and found.trigger is Trigger.MANUAL:
            continue
        if found.trouble is None or found.trouble.code != trouble.code:
            break
        number += 1
    return number
