"""The store on SQLite, the default."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest

from importers.errors import InvalidSettings, NoRoom, SetupError, TemporaryError
from importers.store.migrate import migrate
from importers.store.sql import SqlStore
from tests.contracts.notices import NoticesContract
from tests.contracts.store import StoreContract, at_once
from tests.fakes import NEW_YEAR


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'home' / 'pipesheet.db'}"


class TestSqlite(StoreContract):
    pass


class TestNoticesOnSqlite(NoticesContract):
    pass


def test_readers_and_the_writer_do_not_wait_for_each_other(url: str):
    migrate(url)
    store = SqlStore(url)
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        connection.execute("BEGIN IMMEDIATE")
        assert not store.has_users()
    connection.close()
    store.close()


def test_several_processes_may_migrate_at_once(url: str):
    assert at_once([lambda: migrate(url)] * 3) == [None] * 3


def test_a_home_that_migration_makes_is_for_its_owner_only(url: str, tmp_path: Path):
    migrate(url)
    assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700


def test_a_database_in_a_folder_open_to_all_is_for_its_owner_only(tmp_path: Path):
    tmp_path.chmod(0o755)
    migrate(f"sqlite:///{tmp_path / 'p.db'}")
    store = SqlStore(f"sqlite:///{tmp_path / 'p.db'}")
    store.ping()
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.glob("p.db*") if file.stat().st_size} == {0o600}
    store.close()


def test_a_database_that_may_only_be_read_says_so(store: SqlStore):
    with store._engine.connect() as connection:  # the setting stands in for the rights of the file: root has them all
        connection.exec_driver_sql("PRAGMA query_only = ON")
    with pytest.raises(TemporaryError, match="not changed"):
        store.add_workspace("a name", time_zone="UTC", now=NEW_YEAR)


def test_a_database_somebody_else_holds_is_too_busy(store: SqlStore):
    with store._engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 50")
    other = sqlite3.connect(store._engine.url.database or "", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(TemporaryError, match="too busy"):
        store.add_workspace("a name", time_zone="UTC", now=NEW_YEAR)
    other.close()
    store.add_workspace("a name", time_zone="UTC", now=NEW_YEAR)


def test_a_database_without_tables_says_how_to_make_them(tmp_path: Path):
    store = SqlStore(f"sqlite:///{tmp_path / 'empty.db'}")
    with pytest.raises(SetupError, match="pipesheet migrate"):
        store.has_users()
    store.close()


def test_a_folder_that_is_not_there_is_trouble_people_can_read(tmp_path: Path):
    store = SqlStore(f"sqlite:///{tmp_path / 'nowhere' / 'pipesheet.db'}")
    with pytest.raises(TemporaryError, match="database cannot be reached"):
        store.ping()
    store.close()


def test_a_damaged_file_is_told_as_such(tmp_path: Path):
    (tmp_path / "damaged.db").write_bytes(b"this is no database" * 100)
    store = SqlStore(f"sqlite:///{tmp_path / 'damaged.db'}")
    with pytest.raises(SetupError, match=r"damaged.*backup"):
        store.ping()
    store.close()


def test_a_damaged_file_is_told_as_such_by_migrate_too(tmp_path: Path):
    (tmp_path / "damaged.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(SetupError, match=r"damaged.*backup"):
        migrate(f"sqlite:///{tmp_path / 'damaged.db'}")


def test_a_home_that_cannot_be_made_says_so(tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SetupError, match="PIPESHEET_HOME"):
        migrate(f"sqlite:///{tmp_path / 'file' / 'pipesheet.db'}")


def test_a_full_disk_is_said_to_be_full(store: SqlStore):
    with store._engine.connect() as connection:  # the limit stands in for the disk's
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(NoRoom, match="disk"):
        store.add_workspace("a name " * 10_000, time_zone="UTC", now=NEW_YEAR)


@pytest.mark.parametrize("bad", ["nonsense", "oracle+nope://x", "postgresql+psycopg://bob:hunter2@host:port/x"])
def test_an_address_that_makes_no_sense_is_refused_without_repeating_it(bad: str):
    with pytest.raises(InvalidSettings, match="DATABASE_URL") as caught:
        SqlStore(bad)
    assert "hunter2" not in str(caught.value)
