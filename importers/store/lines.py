"""Where queued runs stand, for those who look on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select

from importers.model import Place, Status, Trigger
from importers.store.database import Database
from importers.store.rows import AnyRow
from importers.store.schema import importers, runs

_UNFINISHED = runs.c.ended_at.is_(None)
_READS, _WRITES = importers.c.connection_id, importers.c.destination_id
_IS_HELD = (runs.c.status == Status.QUEUED) & runs.c.held


class Lines(Database):
    def place_of(self, workspace_id: int, run_id: int) -> Place | None:
        its_importer = select(runs.c.importer_id).where(runs.c.id == run_id).scalar_subquery()
        own = [
            connection == select(connection).where(importers.c.id == its_importer).scalar_subquery()
            for connection in (_READS, _WRITES)
        ]
        return self._places(runs.c.workspace_id == workspace_id, or_(*own)).get(run_id)

    def places(self, workspace_id: int) -> Mapping[int, Place]:
        return self._places(runs.c.workspace_id == workspace_id)

    def unfinished_runs(self) -> Mapping[Status, tuple[int, datetime]]:
        by_status = select(runs.c.status, func.count(), func.min(runs.c.queued_at)).where(_UNFINISHED)
        with self._reading() as sql:
            return {
                Status(status): (number, since)
                for status, number, since in sql.execute(by_status.group_by(runs.c.status))
            }

    def _places(self, *whose: ColumnElement[bool]) -> dict[int, Place]:
        with self._reading() as sql:
            return {row.id: _place(row) for row in sql.execute(_lines(whose))}


def _lines(whose: tuple[ColumnElement[bool], ...]) -> Any:
    """
    Every queued run, with how many of each of its connections are at work, or
    on their way there, and how many held ones go before it: in the order in
    which `turns.py` sends them.
    """
    by_itself = case((runs.c.trigger == Trigger.MANUAL, 0), else_=1)
    is_at_work = case((_IS_HELD | (runs.c.status == Status.WAITING), 0), else_=1)

    def at_work(mine: ColumnElement[int]) -> ColumnElement[int]:
        return func.sum(is_at_work).over(partition_by=mine)

    def ahead(mine: ColumnElement[int]) -> ColumnElement[int]:
        order = (by_itself, runs.c.queued_at, runs.c.id)
        return case((_IS_HELD, func.row_number().over(partition_by=(mine, _IS_HELD), order_by=order) - 1), else_=0)

    line = (
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
        .select_from(runs.join(importers, importers.c.id == runs.c.importer_id))
        .where(_UNFINISHED, *whose)
        .subquery()
    )
    return select(line).where(line.c.status == Status.QUEUED)


def _place(row: AnyRow) -> Place:
    reading, writing = (row.at_work, row.ahead), (row.at_work_writing, row.ahead_writing)
    if row.destination_id is None or writing <= reading:
        return Place(row.held, *reading)
    return Place(row.held, *writing, writes=True)
