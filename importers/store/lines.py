"""Where queued runs stand, for those who look on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Subquery, case, func, literal, select, tuple_
from sqlalchemy import Connection as SqlConnection

from importers.model import Place, Status, Trigger
from importers.store.database import Database
from importers.store.rows import AnyRow
from importers.store.schema import importers, runs

_UNFINISHED = runs.c.ended_at.is_(None)
_READS, _WRITES = importers.c.connection_id, importers.c.destination_id
_IS_HELD = (runs.c.status == Status.QUEUED) & runs.c.held
_IS_AT_WORK = case((_IS_HELD | (runs.c.status == Status.WAITING), 0), else_=1)
_BY_ITSELF = case((runs.c.trigger == Trigger.MANUAL, 0), else_=1)
_THEIRS = runs.join(importers, importers.c.id == runs.c.importer_id)


class Lines(Database):
    def place_of(self, workspace_id: int, run_id: int) -> Place | None:
        own = (runs.c.id == run_id, runs.c.workspace_id == workspace_id, runs.c.status == Status.QUEUED)
        columns: list[Any] = [runs.c.id, runs.c.held, runs.c.queued_at, _BY_ITSELF.label("by_itself"), _READS, _WRITES]
        with self._reading() as sql:
            run = sql.execute(select(*columns).select_from(_THEIRS).where(*own)).first()
            if run is None:
                return None
            reading = _before(sql, run, run.connection_id == _READS)
            writing = _before(sql, run, run.destination_id == _WRITES) if run.destination_id else (0, 0)
        return Place(run.held, *max(reading, writing), writes=writing > reading)

    def places(self, workspace_id: int) -> Mapping[int, Place]:
        line = _line(runs.c.workspace_id == workspace_id)
        with self._reading() as sql:
            rows = sql.execute(select(line).where(line.c.status == Status.QUEUED))
            return {row.id: _place(row) for row in rows}

    def unfinished_runs(self) -> Mapping[Status, tuple[int, datetime]]:
        by_status = select(runs.c.status, func.count(), func.min(runs.c.queued_at)).where(_UNFINISHED)
        with self._reading() as sql:
            return {
                Status(status): (number, since)
                for status, number, since in sql.execute(by_status.group_by(runs.c.status))
            }


def _before(sql: SqlConnection, run: AnyRow, is_of_connection: ColumnElement[bool]) -> tuple[int, int]:
    """How many of a connection are at work, or on their way there, and how many held ones go before *run*, if it is held."""
    order = tuple_(_BY_ITSELF, runs.c.queued_at, runs.c.id)
    own = tuple_(literal(run.by_itself), literal(run.queued_at, runs.c.queued_at.type), literal(run.id))
    goes_first = case((_IS_HELD & (order < own), 1), else_=0) if run.held else literal(0)
    sums = (func.coalesce(func.sum(one), 0) for one in (_IS_AT_WORK, goes_first))
    at_work, ahead = sql.execute(select(*sums).select_from(_THEIRS).where(_UNFINISHED, is_of_connection)).one()
    return at_work, ahead


def _line(*whose: ColumnElement[bool]) -> Subquery:
    """
    Every run that is not over, with how many of each of its connections are at
    work, or on their way there, and how many held ones go before it: in the
    order in which `turns.py` sends them.
    """

    def at_work(mine: ColumnElement[int]) -> ColumnElement[int]:
        return func.sum(_IS_AT_WORK).over(partition_by=mine)

    def ahead(mine: ColumnElement[int]) -> ColumnElement[int]:
        order = (_BY_ITSELF, runs.c.queued_at, runs.c.id)
        return case((_IS_HELD, func.row_number().over(partition_by=(mine, _IS_HELD), order_by=order) - 1), else_=0)

    return (
        select(
            runs.c.id,
            runs.c.status,
            runs.c.held,
            _WRITES,
            at_work(_READS).label("at_work"),
            ahead(_READS).label("ahead"),
            at_work(_WRITES).label("at_work_writing"),
            ahead(_WRITES).label("ahead_writing"),
        )
        .select_from(_THEIRS)
        .where(_UNFINISHED, *whose)
        .subquery()
    )


def _place(row: AnyRow) -> Place:
    reading, writing = (row.at_work, row.ahead), (row.at_work_writing, row.ahead_writing)
    if row.destination_id is None or writing <= reading:
        return Place(row.held, *reading)
    return Place(row.held, *writing, writes=True)
