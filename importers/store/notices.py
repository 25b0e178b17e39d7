"""Channels, incidents and the letters that tell of them; the letters wait here until they are sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, and_, delete, func, insert, or_, select, update
from sqlalchemy import Connection as SqlConnection
from sqlalchemy.exc import IntegrityError

from importers.errors import NotThere
from importers.model import Connection, ConnectionStatus, Importer, Run, Status, Workspace
from importers.notices import (
    Channel,
    ChannelKind,
    Incident,
    Letter,
    Notice,
    NoticeKind,
    Opening,
    Outgoing,
    Sending,
    SendingState,
    Telling,
    Watch,
    Watched,
)
from importers.store.database import Database
from importers.store.rows import AnyRow, connection_of, importer_of, run_of, workspace_of
from importers.store.runs import is_connected
from importers.store.schema import (
    channels,
    connections,
    importers,
    incidents,
    notices,
    runs,
    sendings,
    tellings,
    watches,
    workspaces,
)

_CLOCK = "clock"
_FORGET_AFTER = timedelta(days=90)
_NO_WAIT_IS_LONGER = timedelta(hours=9)
"""Between two tries to send a letter there are eight at most."""

_MOST_VALUES = 5000
"""A statement holds only so many."""

_AT_ONCE = 500
"""Incidents opened in one transaction: others want to write, too."""

T = TypeVar("T")
_DONE = (Status.DONE, Status.DONE_WITH_NOTES)


class Notices(Database):
    # --- channels ---

    def workspace(self, workspace_id: int) -> Workspace:
        with self._reading() as sql:
            row = sql.execute(select(workspaces).where(workspaces.c.id == workspace_id)).first()
        if row is None:
            raise NotThere("There is no such workspace (any more).")
        return workspace_of(row)

    def channels(self, workspace_id: int) -> Sequence[Channel]:
        ours = select(channels).where(channels.c.workspace_id == workspace_id)
        with self._reading() as sql:
            return [_channel_of(row) for row in sql.execute(ours.order_by(func.lower(channels.c.name), channels.c.id))]

    def channel(self, workspace_id: int, channel_id: int) -> Channel:
        with self._reading() as sql:
            row = sql.execute(select(channels).where(*_is(workspace_id, channel_id))).first()
        return _channel_or_gone(row)

    def add_channel(
        self, workspace_id: int, kind: ChannelKind, name: str, place: str, sealed: bytes, *, now: datetime
    ) -> Channel:
        values = {"kind": kind, "name": name, "place": place, "sealed": sealed, "created_at": now}
        new = insert(channels).values(workspace_id=workspace_id, **values).returning(channels)
        with self._writing() as sql:
            return _channel_of(sql.execute(new).one())

    def change_channel(self, workspace_id: int, channel_id: int, *, name: str, place: str, sealed: bytes) -> Channel:
        changed = update(channels).where(*_is(workspace_id, channel_id)).returning(channels)
        with self._writing() as sql:
            return _channel_or_gone(sql.execute(changed.values(name=name, place=place, sealed=sealed)).first())

    def remove_channel(self, workspace_id: int, channel_id: int, *, reason: str) -> None:
        with self._writing() as sql:
            waiting = (sendings.c.channel_id == channel_id, sendings.c.state == SendingState.WAITING)
            mine = select(channels.c.id).where(*_is(workspace_id, channel_id))
            given_up = {"state": SendingState.FAILED, "reason": reason}
            sql.execute(update(sendings).where(*waiting, sendings.c.channel_id.in_(mine)).values(given_up))
            gone = sql.execute(delete(channels).where(*_is(workspace_id, channel_id)))
            if gone.rowcount == 0:
                raise _gone()

    # --- what is told, and was ---

    def telling(self, workspace_id: int) -> Telling:
        kept = select(tellings.c.telling).where(tellings.c.workspace_id == workspace_id)
        with self._reading() as sql:
            return sql.scalar(kept) or Telling()

    def keep_telling(self, workspace_id: int, telling: Telling) -> None:
        with self._writing() as sql:
            ours = update(tellings).where(tellings.c.workspace_id == workspace_id)
            if sql.execute(ours.values(telling=telling)).rowcount:
                return
            try:
                with sql.begin_nested():
                    sql.execute(insert(tellings).values(workspace_id=workspace_id, telling=telling))
            except IntegrityError:  # chosen for the first time by two at once
                sql.execute(ours.values(telling=telling))

    def notices(self, workspace_id: int, *, limit: int) -> Sequence[Notice]:
        newest = select(notices).where(notices.c.workspace_id == workspace_id).order_by(notices.c.id.desc())
        with self._reading() as sql:
            found = sql.execute(newest.limit(limit)).all()
            sent = _sendings_of(sql, [row.id for row in found])
        return [Notice(row.id, row.workspace_id, row.letter, tuple(sent.get(row.id, ()))) for row in found]

    # --- incidents, across all workspaces ---

    def unnoticed_runs(self, *, limit: int) -> Sequence[Run]:
        over = select(runs).where(~runs.c.noticed, runs.c.ended_at.is_not(None)).order_by(runs.c.id)
        with self._reading() as sql:
            return [run_of(row) for row in sql.execute(over.limit(limit))]

    def failures_until(self, run: Run) -> tuple[int, datetime]:
        ours = and_(runs.c.importer_id == run.importer_id, runs.c.id <= run.id)
        last_done = (
            select(func.coalesce(func.max(runs.c.id), 0)).where(ours, runs.c.status.in_(_DONE)).scalar_subquery()
        )
        failed = (ours, runs.c.status == Status.FAILED, runs.c.id > last_done)
        with self._reading() as sql:
            row = sql.execute(select(func.count(), func.min(runs.c.ended_at)).where(*failed)).one()
        return row[0], row[1] or run.ended_at or run.queued_at

    def notice_run(self, run: Run, *, opening: Opening | None, closes: bool, recovered: bool, now: datetime) -> bool:
        mine = (runs.c.id == run.id, ~runs.c.noticed)
        with self._writing() as sql:
            if not sql.execute(update(runs).where(*mine).values(noticed=True)).rowcount:
                return False
            if closes:
                _close(sql, now, recovered, incidents.c.importer_id == run.importer_id, _IS_OF_RUNS)
            if opening:
                # Another sort of trouble takes the place of the one before, which is not over by that.
                _close(sql, now, False, incidents.c.importer_id == run.importer_id, incidents.c.kind == opening.kind)
                _open(sql, opening, now)
        return True

    def notice_quietly(self, ended: Sequence[Run]) -> None:
        if not ended:
            return
        with self._writing() as sql:
            sql.execute(update(runs).where(runs.c.id.in_([run.id for run in ended])).values(noticed=True))

    def open_incident(self, opening: Opening, *, now: datetime) -> bool:
        with self._writing() as sql:
            return _open(sql, opening, now)

    def open_all(self, openings: Sequence[Opening], *, now: datetime) -> None:
        for piece in _pieces(openings, _AT_ONCE):
            with self._writing() as sql:
                for opening in piece:
                    _open(sql, opening, now)

    def close_incident(self, incident: Incident, *, recovered: bool, now: datetime) -> bool:
        with self._writing() as sql:
            return _close(sql, now, recovered, incidents.c.id == incident.id)

    def open_incident_of(self, kind: NoticeKind, importer_id: int) -> Incident | None:
        its = and_(incidents.c.kind == kind, incidents.c.importer_id == importer_id, incidents.c.closed_at.is_(None))
        return next(iter(self._incidents(its)), None)

    def open_incidents(self, kind: NoticeKind | None = None) -> Sequence[Incident]:
        condition = incidents.c.closed_at.is_(None)
        return self._incidents(condition if kind is None else and_(condition, incidents.c.kind == kind))

    def importers_in_trouble(self, importer_ids: Sequence[int]) -> Sequence[int]:
        theirs = select(incidents.c.importer_id).distinct().where(incidents.c.closed_at.is_(None))
        with self._reading() as sql:
            return [
                found
                for piece in _pieces(importer_ids, _MOST_VALUES)
                for found in sql.scalars(theirs.where(incidents.c.importer_id.in_(piece)))
            ]

    def untold_incidents(self) -> Sequence[Incident]:
        """Whose beginning is to be told, or whose end."""
        return self._incidents(
            or_(
                ~incidents.c.told,
                and_(incidents.c.recovered, ~incidents.c.end_told, incidents.c.closed_at.is_not(None)),
            )
        )

    def last_told(self, workspace_id: int, cause: str) -> datetime | None:
        ours = (notices.c.workspace_id == workspace_id, notices.c.cause == cause)
        with self._reading() as sql:
            row = sql.execute(select(notices.c.at).where(*ours).order_by(notices.c.id.desc()).limit(1)).first()
        return row.at if row else None

    def tell(
        self,
        workspace_id: int,
        letter: Letter,
        *,
        cause: str,
        beginnings: Sequence[Incident] = (),
        ends: Sequence[Incident] = (),
        now: datetime,
    ) -> bool:
        try:
            with self._writing() as sql:
                _mark_told(sql, beginnings, incidents.c.told)
                _mark_told(sql, ends, incidents.c.end_told)
                _write(sql, workspace_id, letter, cause, now)
                _forget(sql, workspace_id, now - _FORGET_AFTER)
        except _ToldAlreadyError:
            return False
        return True

    def broken_connections(self) -> Sequence[Connection]:
        broken = select(connections).where(connections.c.status == ConnectionStatus.NEEDS_RECONNECTING)
        with self._reading() as sql:
            return [connection_of(row) for row in sql.execute(broken.order_by(connections.c.id))]

    def importers_paused_for_trouble(self) -> Sequence[Importer]:
        paused = select(importers).where(importers.c.paused, importers.c.paused_because.is_not(None))
        with self._reading() as sql:
            return [importer_of(row) for row in sql.execute(paused.order_by(importers.c.id))]

    def watched_importers(self) -> Sequence[Watched]:
        own = runs.c.importer_id == importers.c.id
        # The newest, not the largest: of a year of runs one is looked at.
        done = select(runs.c.ended_at).where(own, runs.c.status.in_(_DONE)).order_by(runs.c.id.desc())
        arrived = done.limit(1).scalar_subquery()
        users = (connections.c.id == importers.c.connection_id) | (connections.c.id == importers.c.destination_id)
        checked = select(func.max(connections.c.checked_at)).where(users).scalar_subquery()
        watched = select(importers, arrived.label("arrived_at"), checked.label("may_run_since"))
        ours = watched.where(~importers.c.paused, _starts_by_itself(), is_connected()).order_by(importers.c.id)
        with self._reading() as sql:
            return [Watched(importer_of(row), row.arrived_at, row.may_run_since) for row in sql.execute(ours)]

    def newest_runs(self, importer_ids: Sequence[int]) -> Mapping[int, Run]:
        """Two questions: of each importer the newest id is found in the index, whatever number of runs it had."""
        newest = select(func.max(runs.c.id)).where(runs.c.importer_id == importers.c.id).scalar_subquery()
        with self._reading() as sql:
            found = [
                run_id
                for piece in _pieces(importer_ids, _MOST_VALUES)
                for run_id in sql.scalars(select(newest).where(importers.c.id.in_(piece)))
                if run_id
            ]
            wanted = (select(runs).where(runs.c.id.in_(piece)) for piece in _pieces(found, _MOST_VALUES))
            return {row.importer_id: run_of(row) for query in wanted for row in sql.execute(query)}

    def last_successes(self, importer_id: int, *, until: datetime, limit: int) -> Sequence[datetime]:
        done = (runs.c.importer_id == importer_id, runs.c.status.in_(_DONE), runs.c.ended_at <= until)
        with self._reading() as sql:
            return sql.scalars(select(runs.c.ended_at).where(*done).order_by(runs.c.id.desc()).limit(limit)).all()

    def watch(self) -> Watch | None:
        with self._reading() as sql:
            row = sql.execute(select(watches).where(watches.c.name == _CLOCK)).first()
        return Watch(row.at, row.since) if row else None

    def keep_watch(self, seen: Watch | None, watch: Watch, *, openings: Sequence[Opening] = ()) -> bool:
        with self._writing() as sql:
            if seen is None:
                return _begun(sql, watch)
            same = update(watches).where(watches.c.name == _CLOCK, watches.c.at == seen.at)
            if not sql.execute(same.values(at=watch.at, since=watch.since)).rowcount:
                return False
            if watch.at < seen.at:
                _forget_gaps(sql, watch.at)
            for opening in openings:
                _open(sql, opening, watch.at, closed=True)
        return True

    # --- sending, across all workspaces ---

    def workspaces_to_send_for(self, now: datetime) -> Sequence[int]:
        waiting = select(channels.c.workspace_id).join_from(sendings, channels).where(_is_due(now))
        longest = (func.min(sendings.c.next_at), func.min(sendings.c.id))
        with self._reading() as sql:
            return sql.scalars(waiting.group_by(channels.c.workspace_id).order_by(*longest)).all()

    def due_sendings(self, now: datetime, *, limit: int, workspace_id: int | None = None) -> Sequence[Outgoing]:
        due = select(sendings).join_from(sendings, channels).where(_is_due(now))
        if workspace_id is not None:
            due = due.where(channels.c.workspace_id == workspace_id)
        ordered = due.order_by(sendings.c.next_at, sendings.c.id).limit(limit)
        with self._reading() as sql:
            waiting = sql.execute(ordered).all()
            to = _by_id(sql, select(channels).where(channels.c.id.in_({row.channel_id for row in waiting})))
            told = _by_id(sql, select(notices).where(notices.c.id.in_({row.notice_id for row in waiting})))
        return [
            Outgoing(_sending_of(row), _channel_of(to[row.channel_id]), told[row.notice_id].letter)
            for row in waiting
            if row.channel_id in to and row.notice_id in told
        ]

    def claim_sending(self, sending: Sending, *, until: datetime) -> bool:
        taken = {"tries": sending.tries + 1, "next_at": until}
        return self._settle(sending.id, sending.tries, taken)

    def settle_sending(
        self, sending: Sending, state: SendingState, *, reason: str, next_at: datetime, now: datetime
    ) -> bool:
        """*sending* as it was claimed."""
        values = {"state": state, "reason": reason, "next_at": next_at}
        sent = {"sent_at": now} if state is SendingState.SENT else {}
        return self._settle(sending.id, sending.tries + 1, {**values, **sent})

    def _settle(self, sending_id: int, tries: int, values: Mapping[str, Any]) -> bool:
        same = (sendings.c.id == sending_id, sendings.c.tries == tries, sendings.c.state == SendingState.WAITING)
        with self._writing() as sql:
            return bool(sql.execute(update(sendings).where(*same).values(values)).rowcount)

    def _incidents(self, condition: ColumnElement[bool]) -> Sequence[Incident]:
        with self._reading() as sql:
            return [
                _incident_of(row) for row in sql.execute(select(incidents).where(condition).order_by(incidents.c.id))
            ]


class _ToldAlreadyError(Exception):
    """By another clock: nothing of this letter counts."""


_IS_OF_RUNS = incidents.c.kind.in_((NoticeKind.FAILING, NoticeKind.LATE))
"""A run that succeeds ends them."""


def _is_due(now: datetime) -> ColumnElement[bool]:
    its = or_(sendings.c.next_at <= now, sendings.c.next_at > now + _NO_WAIT_IS_LONGER)
    return and_(sendings.c.state == SendingState.WAITING, its)


def _starts_by_itself() -> ColumnElement[bool]:
    """One that follows another has a turn only for the moment until it is taken."""
    follows = importers.c.after_id.is_not(None) & ~importers.c.starts_after_success
    return importers.c.next_run_at.is_not(None) | follows


def _open(sql: SqlConnection, opening: Opening, now: datetime, *, closed: bool = False) -> bool:
    values = {
        "workspace_id": opening.workspace_id,
        "kind": opening.kind,
        "cause": opening.cause,
        "since": opening.since,
        "importer_id": opening.importer_id,
        "connection_id": opening.connection_id,
        "run_id": opening.run_id,
        "trouble": opening.trouble,
        "times": opening.times,
        "opened_at": now,
        "closed_at": now if closed else None,
    }
    try:
        with sql.begin_nested():
            sql.execute(insert(incidents).values(values))
    except IntegrityError:
        return False  # it is open already, or what it was about is gone
    return True


def _close(sql: SqlConnection, now: datetime, recovered: bool, *which: ColumnElement[bool]) -> bool:
    over = update(incidents).where(*which, incidents.c.closed_at.is_(None))
    return bool(sql.execute(over.values(closed_at=now, recovered=recovered)).rowcount)


def _mark_told(sql: SqlConnection, which: Sequence[Incident], column: ColumnElement[bool]) -> None:
    """All of them by us, or none."""
    if not which:
        return
    mine = update(incidents).where(incidents.c.id.in_([one.id for one in which]), ~column)
    if sql.execute(mine.values({column: True})).rowcount != len(which):
        raise _ToldAlreadyError


def _write(sql: SqlConnection, workspace_id: int, letter: Letter, cause: str, now: datetime) -> None:
    values = {"workspace_id": workspace_id, "cause": cause, "letter": letter, "at": now}
    notice_id = sql.execute(insert(notices).values(values).returning(notices.c.id)).scalar_one()
    for row in sql.execute(select(channels).where(channels.c.workspace_id == workspace_id)).all():
        sql.execute(
            insert(sendings).values(
                notice_id=notice_id,
                channel_id=row.id,
                kind=row.kind,
                name=row.name,
                place=row.place,
                state=SendingState.WAITING,
                tries=0,
                next_at=now,
                reason="",
            )
        )


def _forget(sql: SqlConnection, workspace_id: int, before: datetime) -> None:
    sql.execute(delete(notices).where(notices.c.workspace_id == workspace_id, notices.c.at < before))
    sql.execute(delete(incidents).where(incidents.c.workspace_id == workspace_id, incidents.c.closed_at < before))


def _forget_gaps(sql: SqlConnection, after: datetime) -> None:
    """That were noted after then, by a clock that was ahead, and not told."""
    never_were = (incidents.c.kind == NoticeKind.GAP, incidents.c.opened_at > after, ~incidents.c.told)
    sql.execute(delete(incidents).where(*never_were))


def _begun(sql: SqlConnection, watch: Watch) -> bool:
    try:
        with sql.begin_nested():
            sql.execute(insert(watches).values(name=_CLOCK, at=watch.at, since=watch.since))
    except IntegrityError:
        return False
    return True


def _sendings_of(sql: SqlConnection, notice_ids: Sequence[int]) -> dict[int, list[Sending]]:
    found: dict[int, list[Sending]] = {}
    for row in sql.execute(select(sendings).where(sendings.c.notice_id.in_(notice_ids)).order_by(sendings.c.id)):
        found.setdefault(row.notice_id, []).append(_sending_of(row))
    return found


def _pieces(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (values[first : first + size] for first in range(0, len(values), size))


def _by_id(sql: SqlConnection, query: Any) -> dict[int, AnyRow]:
    return {row.id: row for row in sql.execute(query)}


def _is(workspace_id: int, channel_id: int) -> tuple[ColumnElement[bool], ...]:
    return channels.c.id == channel_id, channels.c.workspace_id == workspace_id


def _channel_or_gone(row: AnyRow | None) -> Channel:
    if row is None:
        raise _gone()
    return _channel_of(row)


def _gone() -> NotThere:
    return NotThere("There is no such channel (any more).", hint="Choose one from the list under Notices.")


def _channel_of(row: AnyRow) -> Channel:
    return Channel(row.id, row.workspace_id, ChannelKind(row.kind), row.name, row.place, row.sealed, row.created_at)


def _incident_of(row: AnyRow) -> Incident:
    opening = Opening(
        kind=NoticeKind(row.kind),
        workspace_id=row.workspace_id,
        cause=row.cause,
        since=row.since,
        importer_id=row.importer_id,
        connection_id=row.connection_id,
        run_id=row.run_id,
        trouble=row.trouble,
        times=row.times,
    )
    return Incident(row.id, opening, row.opened_at, row.closed_at, row.recovered, row.told)


def _sending_of(row: AnyRow) -> Sending:
    return Sending(
        id=row.id,
        channel_id=row.channel_id,
        kind=ChannelKind(row.kind),
        name=row.name,
        place=row.place,
        state=SendingState(row.state),
        tries=row.tries,
        next_at=row.next_at,
        reason=row.reason,
        sent_at=row.sent_at,
    )
