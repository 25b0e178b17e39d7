"""What a clock that was ahead has left: moments that nobody would see come for as long as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from importers.model import Schedule, Status
from importers.store.database import Database
from importers.store.schema import importers, runs

_AT_ONCE = 1000
"""Importers: what they are is read without holding anybody up, and few of them are changed."""

Reckon = Callable[[Schedule, datetime], datetime]

_UNFINISHED = runs.c.ended_at.is_(None)


class Ahead(Database):
    def bring_turns_forward(self, now: datetime, *, beyond: datetime, reckon: Reckon) -> int:
        brought = self._calls_brought_forward(now, beyond)
        for rows in self._turns_beyond(beyond):
            if wrong := [row.id for row in rows if reckon(row.schedule, row.next_run_at) < row.next_run_at]:
                brought += self._brought_forward(wrong, beyond, reckon)
        return brought

    def bring_runs_back(self, now: datetime, *, beyond: datetime, latest_wake: datetime) -> int:
        waits = (runs.c.status == Status.WAITING, runs.c.wake_at > latest_wake)
        works = (runs.c.status == Status.RUNNING, runs.c.heartbeat_at > beyond)
        is_sent = (runs.c.status == Status.QUEUED, ~runs.c.held, runs.c.sent_at > beyond)
        with self._writing() as sql:
            return sum(
                sql.execute(update(runs).where(_UNFINISHED, *those).values({column: now})).rowcount
                for those, column in ((waits, "wake_at"), (works, "heartbeat_at"), (is_sent, "sent_at"))
            )

    def _calls_brought_forward(self, now: datetime, beyond: datetime) -> int:
        called = (importers.c.after_id.is_not(None), importers.c.next_run_at > beyond)
        with self._writing() as sql:
            # In order, as everybody who locks several: so none waits for who waits for it.
            those = select(importers.c.id).where(*called).order_by(importers.c.id).with_for_update(key_share=True)
            ids = sql.scalars(those).all()
            sql.execute(update(importers).where(importers.c.id.in_(ids)).values(next_run_at=now))
        return len(ids)

    def _turns_beyond(self, beyond: datetime) -> Iterator[Sequence[Any]]:
        last = 0
        while True:
            those = (
                select(importers.c.id, importers.c.schedule, importers.c.next_run_at)
                .where(importers.c.id > last, importers.c.next_run_at > beyond, importers.c.after_id.is_(None))
                .order_by(importers.c.id)
                .limit(_AT_ONCE)
            )
            with self._reading() as sql:
                rows = sql.execute(those).all()
            yield rows
            if len(rows) < _AT_ONCE:
                return
            last = rows[-1].id

    def _brought_forward(self, importer_ids: Sequence[int], beyond: datetime, reckon: Reckon) -> int:
        """As they are by now: somebody may have saved one, or another clock was faster."""
        still = select(importers.c.id, importers.c.schedule, importers.c.next_run_at).where(
            importers.c.id.in_(importer_ids), importers.c.next_run_at > beyond, importers.c.after_id.is_(None)
        )
        by_turn: dict[datetime, list[int]] = {}
        with self._writing() as sql:
            for row in sql.execute(still.order_by(importers.c.id).with_for_update(key_share=True)).all():
                if (turn := reckon(row.schedule, row.next_run_at)) < row.next_run_at:
                    by_turn.setdefault(turn, []).append(row.id)
            for turn, those in by_turn.items():
                sql.execute(update(importers).where(importers.c.id.in_(those)).values(next_run_at=turn))
        return sum(map(len, by_turn.values()))
