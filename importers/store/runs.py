"""Runs and their stories. Each change of a run is conditional: on its status, or on its worker's claim."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ColumnElement, Select, func, insert, select, type_coerce, update
from sqlalchemy import Connection as SqlConnection
from sqlalchemy.exc import IntegrityError

from importers.errors import NotThere
from importers.model import (
    ConnectionStatus,
    Cost,
    Counts,
    Ending,
    Event,
    Importer,
    Level,
    Line,
    Phase,
    Pulse,
    Run,
    Schedule,
    Status,
    Trigger,
    task_of,
)
from importers.schedule import covers
from importers.store.database import Database
from importers.store.rows import AnyRow, event_of, importer_of, run_of
from importers.store.schema import connections, events, importers, runs

_SUCCEEDED = (Status.DONE, Status.DONE_WITH_NOTES)


class Runs(Database):
    def add_run(self, importer: Importer, trigger: Trigger, *, now: datetime) -> tuple[Run, bool]:
        while True:
            try:
                with self._writing() as sql:
                    run = unfinished_run(sql, importer)
                    return (run, False) if run else (queue_run(sql, importer, trigger, now), True)
            except IntegrityError:
                # PostgreSQL let another caller in between. That run may even be over by now: look again.
                continue

    def run(self, workspace_id: int, run_id: int) -> Run:
        with self._reading() as sql:
            return _run(sql, workspace_id, run_id)

    def runs(self, workspace_id: int, importer_id: int, *, limit: int, before: int | None = None) -> Sequence[Run]:
        newest = select(runs).where(runs.c.workspace_id == workspace_id, runs.c.importer_id == importer_id)
        if before is not None:
            newest = newest.where(runs.c.id < before)
        with self._reading() as sql:
            return _all(sql, newest.order_by(runs.c.id.desc()).limit(limit))

    def last_runs(self, workspace_id: int, *, only: Collection[int] | None = None) -> Mapping[int, Run]:
        # Importer by importer, which the index answers: all of their runs together may be millions.
        newer = runs.alias("newer")
        newest = select(func.max(newer.c.id)).where(newer.c.importer_id == importers.c.id).scalar_subquery()
        of_each = importers.join(runs, runs.c.id == newest)
        those = select(runs).select_from(of_each).where(importers.c.workspace_id == workspace_id)
        if only is not None:
            those = those.where(importers.c.id.in_(only))
        with self._reading() as sql:
            return {run.importer_id: run for run in _all(sql, those)}

    def done_runs(
        self, workspace_id: int, *, each: int, only: Collection[int] | None = None
    ) -> Mapping[int, Sequence[Run]]:
        place = func.row_number().over(partition_by=runs.c.importer_id, order_by=runs.c.id.desc()).label("place")
        done = runs.c.status.in_((Status.DONE, Status.DONE_WITH_NOTES))
        theirs = select(runs.c.id, place).where(runs.c.workspace_id == workspace_id, done)
        if only is not None:
            theirs = theirs.where(runs.c.importer_id.in_(only))
        newest = theirs.subquery()
        wanted = select(newest.c.id).where(newest.c.place <= each)
        with self._reading() as sql:
            found = _all(sql, select(runs).where(runs.c.id.in_(wanted)).order_by(runs.c.id.desc()))
        return _by_importer(found)

    def spent_since(self, workspace_id: int, since: datetime) -> Mapping[int, Cost]:
        counts = type_coerce(runs.c.counts, JSON)
        sums = [func.coalesce(func.sum(counts[name].as_integer()), 0) for name in ("requests", "tokens")]
        began = func.coalesce(runs.c.started_at, runs.c.queued_at) >= since
        ours = select(runs.c.importer_id, *sums).where(runs.c.workspace_id == workspace_id, began)
        with self._reading() as sql:
            return {key: Cost(*spent) for key, *spent in sql.execute(ours.group_by(runs.c.importer_id))}

    def events(self, workspace_id: int, run_id: int, *, after: int = 0) -> Sequence[Event]:
        with self._reading() as sql:
            _run(sql, workspace_id, run_id)
            rows = sql.execute(
                select(events).where(events.c.run_id == run_id, events.c.number > after).order_by(events.c.number)
            )
            return [event_of(row) for row in rows]

    def cancel_run(self, workspace_id: int, run_id: int, *, line: Line, now: datetime) -> Run:
        over = {
            "status": Status.CANCELLED,
            "ended_at": now,
            "wake_at": None,
            "cancel_requested": True,
            "held": False,
        }
        asked = {"cancel_requested": True}
        with self._writing() as sql:
            run = _run(sql, workspace_id, run_id, locked=True)
            if run.status.is_over or run.cancel_requested:
                return run
            values = asked if run.status is Status.RUNNING else over
            change_run(sql, values, runs.c.id == run_id, lines=[line], now=now)
            return _run(sql, workspace_id, run_id)

    def claim_run(self, run_id: int, claim: str, *, now: datetime) -> Run | None:
        values = {
            "status": Status.RUNNING,
            "phase": Phase.CONNECTING,
            "counts": Counts(),
            "trouble": None,
            "claim": claim,
            "held": False,
            "attempt": runs.c.attempt + 1,
            "heartbeat_at": now,
            "started_at": func.coalesce(runs.c.started_at, now),
            "wake_at": None,
        }
        with self._writing() as sql:
            row = sql.execute(
                update(runs).where(runs.c.id == run_id, runs.c.status == Status.QUEUED).values(values).returning(runs)
            ).first()
        return run_of(row) if row else None

    def beat(self, run_id: int, claim: str, *, now: datetime) -> Pulse:
        with self._writing() as sql:
            sql.execute(update(runs).where(*_ours(run_id, claim)).values(heartbeat_at=now))
            return _pulse(sql, run_id, claim)

    def pulse(self, run_id: int, claim: str) -> Pulse:
        with self._reading() as sql:
            return _pulse(sql, run_id, claim)

    def save_progress(
        self, run_id: int, claim: str, *, phase: Phase, counts: Counts, lines: Sequence[Line], now: datetime
    ) -> bool:
        values = {"phase": phase, "counts": counts}
        with self._writing() as sql:
            return change_run(sql, values, *_ours(run_id, claim), lines=lines, now=now)

    def end_run(
        self,
        run_id: int,
        claim: str,
        ending: Ending,
        *,
        lines: Sequence[Line],
        now: datetime,
        tried: Importer | None = None,
        next_turn: Callable[[Schedule], datetime | None] | None = None,
    ) -> bool:
        succeeded = ending.status in _SUCCEEDED
        with self._writing() as sql:
            # The importer first: so does everybody else who locks both.
            row = _locked(sql, tried) if tried and succeeded and _has_to_begin(tried) else None
            if ending.status is Status.WAITING and _was_cancelled(sql, run_id, claim):
                ending = Ending(Status.CANCELLED, ending.counts)
            is_kept = change_run(sql, ending_values(ending, now), *_ours(run_id, claim), lines=lines, now=now)
            if is_kept and succeeded:
                _call_followers(sql, run_id, now)
            if is_kept and row and tried:
                _begin(sql, importer_of(row), tried, next_turn, now)
            return is_kept

    def release_run(self, run_id: int, claim: str, *, line: Line, now: datetime) -> bool:
        values = {**queued_again(now), "claim": None, "counts": Counts(), "attempt": runs.c.attempt - 1}
        with self._writing() as sql:
            return change_run(sql, values, *_ours(run_id, claim), ~runs.c.cancel_requested, lines=[line], now=now)


def is_connected() -> ColumnElement[bool]:
    """
    The accounts an importer reads and writes with work: until then it neither starts nor goes on by itself.
    Said by what must not be, so that databases begin with the importers: those that do not work are few.
    """
    return ~_is_refused(importers.c.connection_id) & ~_is_refused(importers.c.destination_id)


def _is_refused(connection_id: ColumnElement[int]) -> ColumnElement[bool]:
    refused = (connections.c.id == connection_id, connections.c.status != ConnectionStatus.WORKING)
    return select(connections.c.id).where(*refused).exists()


def unfinished_run(sql: SqlConnection, importer: Importer) -> Run | None:
    """Raises NotThere when the importer was deleted."""
    if sql.scalar(select(importers.c.id).where(importers.c.id == importer.id)) is None:
        raise NotThere("There is no such importer (any more).", hint="Choose one from the list of importers.")
    row = sql.execute(select(runs).where(runs.c.importer_id == importer.id, runs.c.ended_at.is_(None))).first()
    return run_of(row) if row else None


def queue_run(sql: SqlConnection, importer: Importer, trigger: Trigger, now: datetime) -> Run:
    """Raises IntegrityError while the importer has an unfinished run."""
    values = new_run_values(importer.workspace_id, importer.id, trigger, now)
    return run_of(sql.execute(insert(runs).values(values).returning(runs)).one())


def new_run_values(workspace_id: int, importer_id: int, trigger: Trigger, now: datetime) -> dict[str, Any]:
    return {
        "workspace_id": workspace_id,
        "importer_id": importer_id,
        "trigger": trigger,
        "status": Status.QUEUED,
        "phase": Phase.QUEUED,
        "counts": Counts(),
        "notes": (),
        "attempt": 0,
        "abandoned": 0,
        "queued_at": now,
        "sent_at": now,
        "held": True,
        "last_event": 0,
    }


def queued_again(now: datetime) -> dict[str, Any]:
    return {"status": Status.QUEUED, "phase": Phase.QUEUED, "wake_at": None, "queued_at": now, "held": True}


def ending_values(ending: Ending, now: datetime) -> dict[str, Any]:
    over = ending.status.is_over
    values = {
        "status": ending.status,
        "counts": ending.counts,
        "notes": ending.notes,
        "trouble": ending.trouble,
        "wake_at": ending.wake_at,
        "in_line_since": None,
        "ended_at": now if over else None,
        "claim": None,
    }
    if not ending.was_tried:
        values |= {"attempt": runs.c.attempt - 1, "in_line_since": func.coalesce(runs.c.in_line_since, now)}
    return {**values, "phase": Phase.FINISHED} if ending.status in _SUCCEEDED else values


def _has_to_begin(importer: Importer) -> bool:
    return importer.starts_after_success or importer.paused_because is not None


def _locked(sql: SqlConnection, importer: Importer) -> AnyRow | None:
    is_it = (importers.c.id == importer.id, importers.c.workspace_id == importer.workspace_id)
    return sql.execute(select(importers).where(*is_it).with_for_update(key_share=True)).first()


def _begin(
    sql: SqlConnection,
    importer: Importer,
    tried: Importer,
    next_turn: Callable[[Schedule], datetime | None] | None,
    now: datetime,
) -> None:
    """What a success changes about an importer: in one transaction with it, so that neither is there without the other."""
    values: dict[str, Any] = {}
    if importer.paused_because is not None:
        values |= {"paused": False, "paused_because": None, "updated_at": now}
    if importer.starts_after_success and task_of(importer) == task_of(tried):
        values |= {"starts_after_success": False}
    if values:
        waits = values.get("starts_after_success", importer.starts_after_success)
        is_paused = values.get("paused", importer.paused)
        values["next_run_at"] = next_turn(importer.schedule) if next_turn and not (waits or is_paused) else None
        sql.execute(update(importers).where(importers.c.id == importer.id).values(values))


def _call_followers(sql: SqlConnection, run_id: int, now: datetime) -> None:
    """
    Those that follow its importer are due from now on, where this is one of their
    days; one that is cut off from an account keeps that until it is reconnected.
    """
    leader = select(runs.c.importer_id).where(runs.c.id == run_id).scalar_subquery()
    may_start = (~importers.c.paused, ~importers.c.starts_after_success)
    followers = sql.execute(
        select(importers.c.id, importers.c.schedule).where(importers.c.after_id == leader, *may_start)
    ).all()
    called = [row.id for row in followers if covers(row.schedule, now)]
    if called:
        sql.execute(update(importers).where(importers.c.id.in_(called), *may_start).values(next_run_at=now))


def change_run(
    sql: SqlConnection,
    values: Mapping[str, Any],
    *conditions: ColumnElement[bool],
    lines: Sequence[Line],
    now: datetime,
) -> bool:
    """Change the one run that meets *conditions* and continue its story; False when none does."""
    row = sql.execute(
        update(runs)
        .where(*conditions)
        .values(**values, last_event=runs.c.last_event + len(lines))
        .returning(runs.c.id, runs.c.last_event)
    ).first()
    if row is None:
        return False
    _say(sql, row.id, lines, first=row.last_event - len(lines) + 1, now=now)
    return True


def _say(sql: SqlConnection, run_id: int, lines: Sequence[Line], *, first: int, now: datetime) -> None:
    if lines:
        sql.execute(
            insert(events),
            [
                {"run_id": run_id, "number": number, "at": now, "level": Level(line.level), "text": line.text}
                for number, line in enumerate(lines, first)
            ],
        )


def _ours(run_id: int, claim: str) -> tuple[ColumnElement[bool], ...]:
    return (runs.c.id == run_id, runs.c.claim == claim, runs.c.status == Status.RUNNING)


def _was_cancelled(sql: SqlConnection, run_id: int, claim: str) -> bool:
    """Up to now, and nobody does it before the transaction ends."""
    asked = select(runs.c.cancel_requested).where(*_ours(run_id, claim)).with_for_update()
    return bool(sql.scalar(asked))


def _pulse(sql: SqlConnection, run_id: int, claim: str) -> Pulse:
    row = sql.execute(select(runs.c.cancel_requested).where(*_ours(run_id, claim))).first()
    return Pulse(ours=row is not None, cancel_requested=bool(row and row.cancel_requested))


def _run(sql: SqlConnection, workspace_id: int, run_id: int, *, locked: bool = False) -> Run:
    """*locked* keeps others from changing it before the transaction ends (SQLite has one writer anyway)."""
    query = select(runs).where(runs.c.id == run_id, runs.c.workspace_id == workspace_id)
    row = sql.execute(query.with_for_update() if locked else query).first()
    if row is None:
        raise NotThere("There is no such run (any more).", hint="Choose one from the importer's history.")
    return run_of(row)


def _by_importer(found: Sequence[Run]) -> dict[int, list[Run]]:
    ours: dict[int, list[Run]] = {}
    for run in found:
        ours.setdefault(run.importer_id, []).append(run)
    return ours


def _all(sql: SqlConnection, query: Select[Any]) -> list[Run]:
    return [run_of(row) for row in sql.execute(query)]
