"""What the migrations make is what the code expects."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from importers.store.database import open_engine
from importers.store.migrate import _alone, _config, migrate
from importers.store.schema import metadata
from importers.store.sql import SqlStore
from tests.builders import a_run, an_importer
from tests.fakes import NEW_YEAR


def differences(url: str) -> list[object]:
    engine = open_engine(url)
    options = {"compare_type": True, "compare_server_default": True}
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    engine.dispose()
    # What is added to a table of SQLite later is not written as what the comparison reads: see `_foreign_keys`.
    is_seen = not url.startswith("sqlite")
    return [one for one in found if is_seen or one[0] not in ("add_fk", "remove_fk")]


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'pipesheet.db'}"


def test_migrated_tables_are_those_of_the_schema_on_sqlite(sqlite_url: str):
    migrate(sqlite_url)
    assert differences(sqlite_url) == []


@pytest.mark.postgresql
def test_migrated_tables_are_those_of_the_schema_on_postgresql(postgresql_url: str):
    migrate(postgresql_url)
    assert differences(postgresql_url) == []


def test_the_comparison_notices_a_missing_column(sqlite_url: str):
    migrate(sqlite_url)
    engine = open_engine(sqlite_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE workers DROP COLUMN beat_at")
    engine.dispose()
    assert "add_column" in str(differences(sqlite_url))


def test_every_constraint_and_partial_index_is_there(sqlite_url: str):
    migrate(sqlite_url)
    made, wanted = open_engine(sqlite_url), open_engine("sqlite://")
    metadata.create_all(wanted)
    assert _shape(made) == _shape(wanted)
    made.dispose()
    wanted.dispose()


def _shape(engine) -> dict[str, object]:  # type: ignore[no-untyped-def]
    look = inspect(engine)
    return {
        table.name: (
            look.get_pk_constraint(table.name),
            _foreign_keys(engine, table.name),
            sorted(map(str, look.get_unique_constraints(table.name))),
            sorted(map(_told, look.get_indexes(table.name))),
        )
        for table in metadata.sorted_tables
    }


def _foreign_keys(engine, table: str) -> list[tuple[str, ...]]:  # type: ignore[no-untyped-def]
    """As SQLite heeds them: reading the words of those that were added to a table later is not everybody's."""
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(f"PRAGMA foreign_key_list({table})").mappings().all()
    return sorted((row["from"], row["table"], row["to"], row["on_delete"]) for row in rows)


def _told(index) -> str:  # type: ignore[no-untyped-def]
    condition = index.get("dialect_options", {}).get("sqlite_where")
    return f"{index['name']} {index['column_names']} {index['unique']} {condition}"


def test_migrating_twice_changes_nothing(sqlite_url: str):
    migrate(sqlite_url)
    migrate(sqlite_url)
    assert differences(sqlite_url) == []


def test_what_is_there_stays_on_the_way_to_this_version(sqlite_url: str):
    migrate(sqlite_url)
    store = SqlStore(sqlite_url)
    importer = an_importer(store, store.add_workspace("Acme", time_zone="UTC", now=NEW_YEAR).id)
    run = a_run(store, importer)
    engine = open_engine(sqlite_url)
    for direction, to in ((command.downgrade, "0001"), (command.upgrade, "head")):
        with _alone(engine) as connection:
            direction(_config(connection), to)
    engine.dispose()
    assert store.importer(importer.workspace_id, importer.id) == importer
    assert store.run(importer.workspace_id, run.id) == run
    store.close()


def test_the_way_back_leaves_nothing_of_ours(sqlite_url: str):
    migrate(sqlite_url)
    engine = open_engine(sqlite_url)
    with _alone(engine) as connection:
        command.downgrade(_config(connection), "base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version", "sqlite_sequence"}
    engine.dispose()
