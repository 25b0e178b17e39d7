"""What the clock asks for: turns that are due, runs to wake, to rescue and to send again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy import Connection as SqlConnection
from sqlalchemy.exc import IntegrityError

from importers.model import ConnectionStatus, Ending, Importer, Line, Run, Status, Trigger
from importers.store.database import Database
from importers.store.rows import importer_of, run_of
from importers.store.runs import change_run, ending_values, queue_run, queued_again, unfinished_run
from importers.store.schema import connections, importers, runs


class Turns(Database):
    def due_importers(self, now: datetime) -> Sequence[Importer]:
        due = select(importers).where(~importers.c.paused, importers.c.next_run_at <= now, _is_connected())
        with self._reading() as sql:
            return [importer_of(row) for row in sql.execute(due.order_by(importers.c.next_run_at, importers.c.id))]

    def claim_importer(
        self, importer_id: int, due_at: datetime, *, next_run_at: datetime | None, line: Line, now: datetime
    ) -> Run | None:
        with self._writing() as sql:
            importer = _take_turn(sql, importer_id, due_at, next_run_at)
            return _queued(sql, importer, line, now) if importer else None

    def runs_to_wake(self, now: datetime) -> Sequence[Run]:
        of_connected = runs.c.importer_id.in_(select(importers.c.id).where(_is_connected()))
        return self._runs(runs.c.status == Status.WAITING, runs.c.wake_at <= now, of_connected)

    def wake_run(self, run: Run, *, line: Line, now: datetime) -> bool:
        as_it_was = (runs.c.status == Status.WAITING, runs.c.wake_at == run.wake_at)
        return self._change(run, as_it_was, queued_again(now), line, now)

    def abandoned_runs(self, before: datetime) -> Sequence[Run]:
        return self._runs(runs.c.status == Status.RUNNING, runs.c.heartbeat_at < before)

    def hand_back_run(self, run: Run, *, line: Line, now: datetime) -> bool:
        values = {**queued_again(now), "claim": None, "abandoned": runs.c.abandoned + 1}
        return self._change(run, _silent_since(run), values, line, now)

    def give_up_run(self, run: Run, ending: Ending, *, line: Line, now: datetime) -> bool:
        return self._change(run, _silent_since(run), ending_values(ending, now), line, now)

    def unsent_runs(self, before: datetime) -> Sequence[Run]:
        return self._runs(runs.c.status == Status.QUEUED, runs.c.sent_at < before)

    def resend_run(self, run: Run, *, before: datetime, now: datetime) -> bool:
        still = (runs.c.id == run.id, runs.c.status == Status.QUEUED, runs.c.sent_at < before)
        with self._writing() as sql:
            return bool(sql.execute(update(runs).where(*still).values(sent_at=now)).rowcount)

    def _runs(self, *conditions: ColumnElement[bool]) -> Sequence[Run]:
        with self._reading() as sql:
            return [run_of(row) for row in sql.execute(select(runs).where(*conditions).order_by(runs.c.id))]

    def _change(
        self,
        run: Run,
        conditions: tuple[ColumnElement[bool], ...],
        values: Mapping[str, Any],
        line: Line,
        now: datetime,
    ) -> bool:
        with self._writing() as sql:
            return change_run(sql, values, runs.c.id == run.id, *conditions, lines=[line], now=now)


def _is_connected() -> ColumnElement[bool]:
    """The accounts an importer reads and writes with work: until then it neither starts nor goes on by itself."""
    working = select(connections.c.id).where(connections.c.status == ConnectionStatus.WORKING)
    may_write = importers.c.destination_id.is_(None) | importers.c.destination_id.in_(working)
    return importers.c.connection_id.in_(working) & may_write


def _take_turn(sql: SqlConnection, importer_id: int, due_at: datetime, next_run_at: datetime | None) -> Importer | None:
    still_due = (importers.c.id == importer_id, importers.c.next_run_at == due_at, ~importers.c.paused, _is_connected())
    row = sql.execute(update(importers).where(*still_due).values(next_run_at=next_run_at).returning(importers)).first()
    return importer_of(row) if row else None


def _queued(sql: SqlConnection, importer: Importer, line: Line, now: datetime) -> Run | None:
    """A new run, or None while the last one is not over; the turn is taken either way."""
    if unfinished_run(sql, importer):
        return None
    try:
        with sql.begin_nested():
            run = queue_run(sql, importer, Trigger.SCHEDULE, now)
    except IntegrityError:
        return None  # started by hand this very moment
    change_run(sql, {}, runs.c.id == run.id, lines=[line], now=now)
    return run


def _silent_since(run: Run) -> tuple[ColumnElement[bool], ...]:
    return (runs.c.status == Status.RUNNING, runs.c.heartbeat_at == run.heartbeat_at)
