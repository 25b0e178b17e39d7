"""The same store on PostgreSQL, the way past one machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import func, insert, select, true

from importers.errors import SetupError, TemporaryError
from importers.model import Counts, Ending, Status
from importers.store.database import open_engine
from importers.store.migrate import migrate
from importers.store.schema import metadata, runs
from importers.store.sql import SqlStore
from tests.builders import a_run, an_importer
from tests.contracts.notices import NoticesContract
from tests.contracts.store import StoreContract, at_once
from tests.fakes import NEW_YEAR

pytestmark = pytest.mark.postgresql


@pytest.fixture(scope="session")
def migrated_url(postgresql_url: str) -> str:
    migrate(postgresql_url)
    return postgresql_url


@pytest.fixture
def store(migrated_url: str) -> Iterator[SqlStore]:
    _empty(migrated_url)
    store = SqlStore(migrated_url)
    yield store
    store.close()


def _empty(url: str) -> None:
    engine = open_engine(url)
    with engine.begin() as connection:
        for table in reversed(metadata.sorted_tables):  # much faster than TRUNCATE for a handful of rows
            connection.execute(table.delete())
    engine.dispose()


class TestPostgresql(StoreContract):
    pass


class TestNoticesOnPostgresql(NoticesContract):
    pass


def test_several_processes_may_migrate_at_once(postgresql_url: str):
    assert at_once([lambda: migrate(postgresql_url)] * 3) == [None] * 3


def test_a_database_without_tables_says_how_to_make_them(postgresql_url: str):
    store = SqlStore(postgresql_url.replace("search_path", "application_name%3Dx%20-csearch_path", 1) + "_elsewhere")
    with pytest.raises(SetupError, match="pipesheet migrate"):
        store.has_users()
    store.close()


def test_a_server_that_is_away_is_trouble_that_may_pass():
    store = SqlStore("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    with pytest.raises(TemporaryError, match="database cannot be reached"):
        store.ping()
    store.close()


def test_an_address_may_leave_the_driver_to_us():
    for scheme in ("postgres", "postgresql"):
        engine = open_engine(f"{scheme}://nobody@127.0.0.1:1/nothing")
        assert engine.dialect.driver == "psycopg"


def test_the_newest_run_of_an_importer_is_found_without_looking_through_those_of_all(
    store: SqlStore, migrated_url: str
):
    """PostgreSQL would else read the runs of all from the newest on: for ten thousand importers, ten thousand times."""
    workspace = store.add_workspace("Acme", time_zone="UTC", now=NEW_YEAR).id
    run = a_run(store, an_importer(store, workspace), claim="mine")
    store.end_run(run.id, "mine", Ending(Status.DONE, Counts()), lines=[], now=NEW_YEAR)
    those = [column for column in runs.columns if column.name != "id"]
    many = select(*those).join(func.generate_series(1, 10_000).alias("number"), true()).where(runs.c.id == run.id)
    newest = (
        select(runs.c.ended_at).where(runs.c.importer_id == run.importer_id + 1).order_by(runs.c.id.desc()).limit(1)
    )
    engine = open_engine(migrated_url)
    with engine.begin() as sql:
        sql.execute(insert(runs).from_select([column.name for column in those], many))
        plan = sql.exec_driver_sql(
            f"EXPLAIN {newest.compile(engine, compile_kwargs={'literal_binds': True})}"
        ).scalars()
        assert "ix_runs_importer_id_id" in " ".join(plan)
    engine.dispose()
