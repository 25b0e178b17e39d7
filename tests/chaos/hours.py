"""
Lets time pass in the database and in Redis, since nobody wants to wait for minutes.

The processes live in real time. What they wait for is moved towards them, as
if it had been waited for: turns and waits come due, silent hearts fall silent
for longer. What is alive is left alone, which each function says how it knows.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from redis import Redis
from sqlalchemy import Column, ColumnElement, Engine, Table, select, update

from importers.model import Status
from importers.services.posting import LEASE
from importers.store.database import open_engine
from importers.store.schema import importers, incidents, notices, runs, sendings, watches

_SILENT = timedelta(seconds=11)
"""Hearts beat every five seconds: this one is of a worker that is gone, or frozen."""

_LOCK_LEFT = 38.0
"""Seconds. Locks of a minute are renewed every 15 seconds: this one was not for 22."""

_TRY_TAKES = timedelta(seconds=25)
"""Longer than carrying a letter takes."""

_LONG = timedelta(hours=1)


class Hours:
    def __init__(self, database_url: str, redis_url: str) -> None:
        self._engine: Engine = open_engine(database_url)
        self._redis = Redis.from_url(redis_url, socket_timeout=2)

    def close(self) -> None:
        self._engine.dispose()
        self._redis.close()

    def make_all_due(self, begin: bool = True) -> None:
        """The turn of everybody with a schedule of their own comes; else none of it for an hour."""
        now = datetime.now(UTC)
        theirs = update(importers).where(importers.c.after_id.is_(None), importers.c.next_run_at.is_not(None))
        self._do(theirs.values(next_run_at=now if begin else now + _LONG))

    def pass_by(self) -> None:
        """What lasts for minutes is over sooner."""
        now = datetime.now(UTC)
        waits = update(runs).where(runs.c.status == Status.WAITING, runs.c.wake_at > now)
        self._do(waits.values(wake_at=now))
        silent = (runs.c.status == Status.RUNNING, runs.c.heartbeat_at < now - _SILENT)
        self._move(runs, runs.c.heartbeat_at, timedelta(minutes=1), *silent)
        sent = (runs.c.status == Status.QUEUED, ~runs.c.held, runs.c.sent_at < now - timedelta(seconds=8))
        self._move(runs, runs.c.sent_at, timedelta(minutes=3), *sent)
        self._pass_by_for_notices(now)
        self._pass_by_for_locks()

    def nothing_ran_for(self, time: timedelta) -> None:
        """Only while no clock runs."""
        now = datetime.now(UTC)
        self._do(update(watches).values(at=now - time, since=now - time))
        scheduled = update(importers).where(importers.c.after_id.is_(None), importers.c.next_run_at.is_not(None))
        self._do(scheduled.values(next_run_at=now - time))

    def _pass_by_for_notices(self, now: datetime) -> None:
        while_gathered = timedelta(minutes=3)
        self._move(incidents, incidents.c.opened_at, while_gathered)
        self._move(incidents, incidents.c.closed_at, while_gathered, incidents.c.closed_at.is_not(None))
        self._move(notices, notices.c.at, timedelta(minutes=20))
        # Of one that is being carried right now the lease is still fresh.
        waiting = (
            sendings.c.state == "waiting",
            sendings.c.next_at > now,
            sendings.c.next_at < now + LEASE - _TRY_TAKES,
        )
        self._do(update(sendings).where(*waiting).values(next_at=now))

    def _pass_by_for_locks(self) -> None:
        for key in locks_in(self._redis):
            left = int(self._redis.pttl(key)) / 1000
            if 0 <= left < _LOCK_LEFT:
                self._redis.delete(key)

    def _move(self, table: Table, column: Column[datetime], by: timedelta, *which: ColumnElement[bool]) -> None:
        """Back in time, but for those that somebody changes at this moment."""
        with self._engine.begin() as sql:
            found = sql.execute(select(table.c.id, column).where(*which)).all()
        for number, at in found:
            self._do(update(table).where(table.c.id == number, column == at).values({column: at - by}))

    def _do(self, statement: Any) -> None:
        with self._engine.begin() as sql:
            sql.execute(statement)


def locks_in(client: Redis) -> list[str]:
    """Those that somebody holds; who waits for them is not asked."""
    keys = [key.decode() for key in client.scan_iter("pipesheet:lock:*")]
    return [key for key in keys if not key.endswith((":since", ":kept"))]


def despite_trouble(do: Callable[[], None]) -> bool:
    """Whether it went well: database and Redis are killed now and then."""
    from redis.exceptions import RedisError
    from sqlalchemy.exc import DBAPIError

    try:
        do()
    except (DBAPIError, RedisError, OSError):
        return False
    return True
