"""Bring a database to the tables of this version."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from filelock import FileLock
from sqlalchemy import Connection, Engine, text

from importers.errors import SetupError
from importers.store.database import in_our_words, open_engine

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK_NUMBER = 7_473_701  # any number, as long as it is ours alone


def migrate(url: str) -> None:
    """Do what is missing, in one transaction; several processes may ask at once."""
    engine = open_engine(url)
    try:
        with in_our_words(), _alone(engine) as connection:
            command.upgrade(_config(connection), "head")
    finally:
        engine.dispose()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    if engine.dialect.name == "sqlite":
        with _sqlite_alone(engine) as connection:
            yield connection
        return
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK_NUMBER})
        yield connection


@contextmanager
def _sqlite_alone(engine: Engine) -> Iterator[Connection]:
    with _locked(Path(engine.url.database or "")):
        _write_ahead(engine)
        with engine.begin() as connection:
            yield connection


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    lock = FileLock(file.with_name(file.name + ".migrate.lock"))
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock.acquire()
        # Sealed tokens and password hashes, in a folder that may be open to all; what SQLite
        # keeps beside it takes over its rights.
        file.touch(mode=0o600)
    except OSError as error:
        raise SetupError(
            f"The database cannot be kept in {file.parent}.",
            hint="Check that PIPESHEET_HOME names a folder this user may write to.",
        ) from error
    try:
        yield
    finally:
        lock.release()


def _write_ahead(engine: Engine) -> None:
    """Readers and the writer no longer wait for each other. Kept in the file, so set once, outside a transaction."""
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA journal_mode = WAL")
    finally:
        raw.close()
