"""Where queued runs stand, for those who look on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, select

from importers.model import Place, Status, Trigger
from importers.store.database import Database
from importers.store.schema import importers, runs

_UNFINISHED = runs.c.ended_at.is_(None)
_IS_HELD = (runs.c.status == Status.QUEUED) & runs.c.held


class Lines(Database):
    def place_of(self, workspace_id: int, run_id: int) -> Place | None:
        its_importer = select(runs.c.importer_id).where(runs.c.id == run_id).scalar_subquery()
        its_connection = select(importers.c.connection_id).where(importers.c.id == its_importer).scalar_subquery()
        own = importers.c.connection_id == its_connection
        return self._places(runs.c.workspace_id == workspace_id, own).get(run_id)

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
            return {row.id: Place(row.held, row.at_work, row.ahead) for row in sql.execute(_lines(whose))}


def _lines(whose: tuple[ColumnElement[bool], ...]) -> Any:
    """
    Every queued run, with how many of its connection are at work, or on their
    way there, and how many held ones go before it: in the order in which
    `turns.py` sends them.
    """
    by_itself = case((runs.c.trigger == Trigger.MANUAL, 0), else_=1)
    mine = importers.c.connection_id
    at_work = func.sum(case((_IS_HELD | (runs.c.status == Status.WAITING), 0), else_=1)).over(partition_by=mine)
    place = func.row_number().over(partition_by=(mine, _IS_HELD), order_by=(by_itself, runs.c.queued_at, runs.c.id))
    line = (
        select(
            runs.c.id,
            runs.c.status,
            runs.c.held,
            at_work.label("at_work"),
            case((_IS_HELD, place - 1), else_=0).label("ahead"),
        )
        .select_from(runs.join(importers, importers.c.id == runs.c.importer_id))
        .where(_UNFINISHED, *whose)
        .subquery()
    )
    return select(line).where(line.c.status == Status.QUEUED)
