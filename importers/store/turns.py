"""What the clock asks for: turns that are due, runs to wake, to rescue and to hand to the queue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Table, case, func, insert, literal, select, text, update
from sqlalchemy import Connection as SqlConnection
from sqlalchemy.dialects import postgresql, sqlite

from importers.model import (
    Beginning,
    Due,
    Ending,
    Line,
    Run,
    Status,
    Trigger,
)
from importers.store.database import Database
from importers.store.rows import AnyRow, run_of
from importers.store.runs import change_run, ending_values, is_connected, new_run_values, queued_again
from importers.store.schema import events, importers, runs

_HANDING_OVER = 7_473_702
"""Any number, as long as it is ours alone (`migrate.py` has another)."""

_leaders = importers.alias("leaders")


class Turns(Database):
    def take_turns(
        self, now: datetime, *, limit: int, begin: Callable[[Due], Beginning], only_chains: bool = False
    ) -> tuple[int, int]:
        those = _due(now, only_chains=only_chains)
        with self._reading() as sql:
            # Mostly there is none, and who only looks holds nobody up.
            if sql.execute(those.limit(1)).first() is None:
                return 0, 0
        with self._writing() as sql:
            # Whoever asks at the same time takes others. Their keys stay free: a run that is begun by hand refers to
            # one, and to wait for that run while it waits for us would be a deadlock.
            mine = those.limit(limit).with_for_update(of=importers, skip_locked=True, key_share=True)
            turns = [_due_of(row) for row in sql.execute(mine)]
            beginnings = {due.importer_id: begin(due) for due in turns}
            _set_next_turns(sql, turns, beginnings)
            return len(turns), _queue(sql, turns, beginnings, now)

    def runs_to_wake(self, now: datetime, *, limit: int) -> Sequence[Run]:
        of_connected = runs.c.importer_id.in_(select(importers.c.id).where(is_connected()))
        return self._runs(limit, runs.c.status == Status.WAITING, runs.c.wake_at <= now, of_connected)

    def wake_run(self, run: Run, *, line: Line, now: datetime) -> bool:
        as_it_was = (runs.c.status == Status.WAITING, runs.c.wake_at == run.wake_at)
        return self._change(run, as_it_was, queued_again(now), line, now)

    def abandoned_runs(self, before: datetime, *, limit: int) -> Sequence[Run]:
        return self._runs(limit, runs.c.status == Status.RUNNING, runs.c.heartbeat_at < before)

    def hand_back_run(self, run: Run, *, line: Line, now: datetime) -> bool:
        values = {**queued_again(now), "claim": None, "abandoned": runs.c.abandoned + 1}
        # Who was asked to stop is not begun again: the next look finds it, and ends it.
        as_it_was = (*_silent_since(run), ~runs.c.cancel_requested)
        return self._change(run, as_it_was, values, line, now)

    def give_up_run(self, run: Run, ending: Ending, *, line: Line, now: datetime) -> bool:
        return self._change(run, _silent_since(run), ending_values(ending, now), line, now)

    def runs_to_send(self, now: datetime, *, per_connection: int, limit: int) -> Sequence[Run]:
        with self._reading() as sql:
            if not sql.scalar(select(select(runs.c.id).where(*_HELD).exists())):
                return []
        with self._writing() as sql:
            _alone(sql)
            return _sent(sql, _may_go(sql, per_connection)[:limit], now)

    def untaken_runs(self, before: datetime) -> tuple[int, int]:
        is_old = case((runs.c.sent_at < before, 1), else_=0)
        with self._reading() as sql:
            row = sql.execute(select(func.count(), func.coalesce(func.sum(is_old), 0)).where(*_SENT)).one()
            return row[0], row[1]

    def send_again(self, now: datetime, *, before: datetime, limit: int) -> Sequence[Run]:
        with self._writing() as sql:
            _alone(sql)
            oldest = select(runs.c.id).where(*_SENT, runs.c.sent_at < before).order_by(runs.c.sent_at, runs.c.id)
            return _sent(sql, list(sql.scalars(oldest.limit(limit))), now)

    def _runs(self, limit: int, *conditions: ColumnElement[bool]) -> Sequence[Run]:
        found = select(runs).where(_UNFINISHED, *conditions).order_by(runs.c.id).limit(limit)
        with self._reading() as sql:
            return [run_of(row) for row in sql.execute(found)]

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


_UNFINISHED = runs.c.ended_at.is_(None)
"""Said everywhere, though the status implies it: there is an index of these, which are few."""

_HELD = (runs.c.held, runs.c.status == Status.QUEUED)
_SENT = (_UNFINISHED, ~runs.c.held, runs.c.status == Status.QUEUED)


# --- turns ---


def _due(now: datetime, *, only_chains: bool) -> Any:
    """
    One that follows another importer keeps its turn until its own run is over,
    so that it is run once after every success it did not see.
    """
    busy = select(runs.c.id).where(runs.c.importer_id == importers.c.id, _UNFINISHED).exists()
    follows = importers.c.after_id.is_not(None)
    which = (follows & ~busy) if only_chains else (~follows | ~busy)
    return (
        select(
            importers.c.id,
            importers.c.workspace_id,
            importers.c.schedule,
            importers.c.next_run_at,
            _leaders.c.name.label("after"),
        )
        .join(_leaders, _leaders.c.id == importers.c.after_id, isouter=True)
        .where(~importers.c.paused, importers.c.next_run_at <= now, is_connected(), which)
        .order_by(importers.c.next_run_at, importers.c.id)
    )


def _due_of(row: AnyRow) -> Due:
    return Due(row.id, row.workspace_id, row.schedule, row.next_run_at, row.after or "")


def _set_next_turns(sql: SqlConnection, turns: Sequence[Due], beginnings: Mapping[int, Beginning]) -> None:
    def turn_of(due: Due) -> tuple[datetime | None, datetime | None]:
        beginning = beginnings[due.importer_id]
        return beginning.next_run_at, None if beginning.line else due.due_at

    for (next_run_at, missed_at), those in _alike(turns, turn_of):
        theirs = update(importers).where(importers.c.id.in_([due.importer_id for due in those]))
        sql.execute(theirs.values(next_run_at=next_run_at, missed_at=missed_at))


def _queue(sql: SqlConnection, turns: Sequence[Due], beginnings: Mapping[int, Beginning], now: datetime) -> int:
    """How many runs there are now. None for an importer whose last one is not over: that turn is taken all the same."""
    lines = {importer_id: beginning.line for importer_id, beginning in beginnings.items() if beginning.line}
    made = sql.execute(_new_runs(sql, list(lines), now)).all() if lines else []
    for line, those in _alike(made, lambda run: lines[run.importer_id]):
        first = select(runs.c.id, literal(1), *_literals(events, at=now, level=line.level, text=line.text))
        theirs = first.where(runs.c.id.in_([run.id for run in those]))
        sql.execute(insert(events).from_select(["run_id", "number", "at", "level", "text"], theirs))
    return len(made)


def _new_runs(sql: SqlConnection, importer_ids: Sequence[int], now: datetime) -> Any:
    """In one statement for all of them. One that is started by hand this very moment has its run already."""
    chain, schedule = (literal(trigger, runs.c.trigger.type) for trigger in (Trigger.CHAIN, Trigger.SCHEDULE))
    same = {**new_run_values(0, 0, Trigger.SCHEDULE, now), "last_event": 1}
    for own in ("workspace_id", "importer_id", "trigger"):
        del same[own]
    busy = select(runs.c.id).where(runs.c.importer_id == importers.c.id, _UNFINISHED).exists()
    theirs = select(
        importers.c.workspace_id,
        importers.c.id,
        case((importers.c.after_id.is_not(None), chain), else_=schedule),
        *_literals(runs, **same),
    ).where(importers.c.id.in_(importer_ids), ~busy)
    to_runs = (postgresql.insert if sql.dialect.name == "postgresql" else sqlite.insert)(runs)
    into = to_runs.from_select(["workspace_id", "importer_id", "trigger", *same], theirs)
    return into.on_conflict_do_nothing().returning(runs.c.id, runs.c.importer_id)


def _literals(table: Table, **values: Any) -> list[ColumnElement[Any]]:
    return [literal(value, table.c[name].type) for name, value in values.items()]


T = TypeVar("T")
K = TypeVar("K")


def _alike(those: Iterable[T], key: Callable[[T], K]) -> Iterable[tuple[K, list[T]]]:
    groups: dict[K, list[T]] = {}
    for one in those:
        groups.setdefault(key(one), []).append(one)
    return groups.items()


def _silent_since(run: Run) -> tuple[ColumnElement[bool], ...]:
    return (runs.c.status == Status.RUNNING, runs.c.heartbeat_at == run.heartbeat_at)


# --- the way to the queue ---


def _alone(sql: SqlConnection) -> None:
    """Who hands runs over counts what others have handed over; in SQLite only one writes anyway."""
    if sql.dialect.name == "postgresql":
        sql.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _HANDING_OVER})


def _may_go(sql: SqlConnection, per_connection: int) -> list[int]:
    """
    Ids of held runs that may go, in fair order. Who came first takes a place at
    each connection that it needs, as long as there is one; who finds none takes
    nothing, and stands in nobody's way. In every round each workspace has one
    turn, and in it its connections. What somebody asked for by hand goes first.
    """
    taken = _at_work(sql)
    going = []
    for run_id, workspace_id, by_itself, reads, writes in sql.execute(_candidates(per_connection)):
        if taken[reads] < per_connection and (writes is None or taken[writes] < per_connection):
            taken[reads] += 1
            if writes is not None:
                taken[writes] += 1
            going.append((by_itself, taken[reads], run_id, workspace_id))
    return _by_rounds(going)


def _by_rounds(going: list[tuple[int, int, int, int]]) -> list[int]:
    rounds: Counter[int] = Counter()
    turns = []
    for by_itself, _, run_id, workspace_id in sorted(going):
        rounds[workspace_id] += 1
        turns.append((by_itself, rounds[workspace_id], run_id))
    return [run_id for _, _, run_id in sorted(turns)]


def _candidates(per_connection: int) -> Any:
    """In the order in which they came: of those that use the same connections as many as could go at most."""
    by_itself = case((runs.c.trigger == Trigger.MANUAL, 0), else_=1).label("by_itself")
    uses = (importers.c.connection_id, importers.c.destination_id)
    place = func.row_number().over(partition_by=uses, order_by=(by_itself, runs.c.queued_at, runs.c.id))
    held = (
        select(runs.c.id, runs.c.workspace_id, by_itself, *uses, runs.c.queued_at, place.label("place"))
        .select_from(runs.join(importers, importers.c.id == runs.c.importer_id))
        .where(*_HELD)
        .subquery()
    )
    wanted = (held.c.id, held.c.workspace_id, held.c.by_itself, held.c.connection_id, held.c.destination_id)
    first = select(*wanted).where(held.c.place <= per_connection)
    return first.order_by(held.c.by_itself, held.c.queued_at, held.c.id)


def _at_work(sql: SqlConnection) -> Counter[int]:
    """How many runs of each connection are with workers or on their way to one."""
    is_with_them = (runs.c.status == Status.RUNNING) | ((runs.c.status == Status.QUEUED) & ~runs.c.held)
    uses = (importers.c.connection_id, importers.c.destination_id)
    those = (
        select(*uses, func.count().label("number"))
        .select_from(runs.join(importers, importers.c.id == runs.c.importer_id))
        .where(_UNFINISHED, is_with_them)
        .group_by(*uses)
    )
    taken: Counter[int] = Counter()
    for reads, writes, number in sql.execute(those):
        taken[reads] += number
        if writes is not None:
            taken[writes] += number
    return taken


def _sent(sql: SqlConnection, run_ids: Sequence[int], now: datetime) -> list[Run]:
    """These, from now on on their way, in the order of *run_ids*."""
    if not run_ids:
        return []
    on_their_way = update(runs).where(runs.c.id.in_(run_ids)).values(held=False, sent_at=now).returning(runs)
    by_id = {row.id: run_of(row) for row in sql.execute(on_their_way)}
    return [by_id[run_id] for run_id in run_ids if run_id in by_id]
