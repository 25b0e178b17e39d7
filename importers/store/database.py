"""Transactions on SQLite and PostgreSQL, and their failures in our words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from importers.errors import ConnectionTrouble, ImporterError, InvalidSettings, NoRoom, SetupError

_BUSY_SECONDS = 30
_VANISHED_SECONDS = 30
"""
After so long without a word the other end counts as gone. A host whose cable was
pulled out says nothing, and without this PostgreSQL would keep for two hours
what it holds, the lock that all hand runs over with for one; and we would wait
as long for an answer that never comes.
"""
_READS = "pipesheet_reads"
_NO_SUCH_TABLE = frozenset({"42P01", "42703"})


class Database:
    """An engine with two sorts of transactions; the tables' classes build on it."""

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)

    def ping(self) -> None:
        with self._reading() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        engine = self._engine.execution_options(**{_READS: True})
        with in_our_words(), engine.begin() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with in_our_words(), self._engine.begin() as connection:
            yield connection


def open_engine(url: str) -> Engine:
    """Raises InvalidSettings, without repeating the address: it may hold a password."""
    try:
        address = make_url(_with_driver(url))
        engine = create_engine(address, pool_pre_ping=True, hide_parameters=True, connect_args=_connect_args(url))
    except (ArgumentError, NoSuchModuleError, ImportError, ValueError):
        raise InvalidSettings(
            "DATABASE_URL cannot be used.",
            hint="Use sqlite:////folder/pipesheet.db, or postgresql+psycopg://user:password@host/name with the "
            "extra pipesheet[postgresql] installed.",
        ) from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "connect", _prepare_postgresql)
    return engine


@contextmanager
def in_our_words() -> Iterator[None]:
    """Turn a database that is away, full or not set up into an error people can act on."""
    try:
        yield
    except (DBAPIError, PoolTimeout, sqlite3.Error) as error:
        trouble = _trouble(error)
        if trouble is None:
            raise
        raise trouble from error


def _with_driver(url: str) -> str:
    for scheme in ("postgres://", "postgresql://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url


def _connect_args(url: str) -> dict[str, Any]:
    if url.startswith("sqlite"):
        return {"timeout": _BUSY_SECONDS}
    ours = {
        "connect_timeout": 10,
        "keepalives_idle": _VANISHED_SECONDS // 3,
        "keepalives_interval": _VANISHED_SECONDS // 3,
        "keepalives_count": 2,
        "tcp_user_timeout": _VANISHED_SECONDS * 1000,
    }
    return {name: value for name, value in ours.items() if name not in make_url(url).query}


def _prepare_postgresql(connection: Any, record: object) -> None:
    """What the server thinks of us; said here and not in the address, because poolers refuse it there."""
    words = {
        "idle_in_transaction_session_timeout": f"{_VANISHED_SECONDS}s",
        "tcp_keepalives_idle": _VANISHED_SECONDS // 3,
        "tcp_keepalives_interval": _VANISHED_SECONDS // 3,
        "tcp_keepalives_count": 2,
    }
    with connection.cursor() as cursor:
        for name, value in words.items():
            cursor.execute(f"SET {name} = '{value}'")
    connection.commit()


def _prepare_sqlite(connection: sqlite3.Connection, record: object) -> None:
    # The driver's own BEGIN comes too late and is never IMMEDIATE: we send ours.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = NORMAL")


def _begin_sqlite(connection: Connection) -> None:
    # A write that begins as a read cannot wait its turn: SQLite then fails at
    # once instead of after the busy timeout.
    reads = connection.get_execution_options().get(_READS, False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _too_busy() -> ConnectionTrouble:
    return ConnectionTrouble("The database is too busy to answer.", hint="Try again in a moment.")


def _trouble(error: DBAPIError | PoolTimeout | sqlite3.Error) -> ImporterError | None:
    if isinstance(error, PoolTimeout):
        return _too_busy()
    known = _told(error.orig if isinstance(error, DBAPIError) else error)
    if known is None and (isinstance(error, _UNREACHABLE) or getattr(error, "connection_invalidated", False)):
        return ConnectionTrouble(
            "The database cannot be reached or does not answer.", hint="Check that it runs and that its disk has room."
        )
    return known


_UNREACHABLE = (OperationalError, sqlite3.OperationalError)


def _told(error: BaseException | None) -> ImporterError | None:
    """What the driver's own words mean, where we know."""
    said, code = str(error).lower(), getattr(error, "sqlstate", None)
    if said.endswith(("is locked", "is busy")):
        return _too_busy()
    if "readonly" in said or code == "25006":
        return ConnectionTrouble(
            "The database can be read but not changed.",
            hint="Give the user that runs Pipesheet the right to write its file and the folder around it.",
        )
    if code in _NO_SUCH_TABLE or said.startswith(("no such table", "no such column")):
        return SetupError("The database is not set up for this version of Pipesheet.", hint="Run: pipesheet migrate")
    if "not a database" in said or "malformed" in said:
        # Waiting would not mend it.
        return SetupError(
            "The database cannot be read: its file is damaged.", hint="Stop Pipesheet and put a backup in its place."
        )
    if "disk is full" in said or code == "53100":
        return NoRoom("The disk of the database is full.", hint="Free some space and try again.")
    return None
