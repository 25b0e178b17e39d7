"""What owners decide about the columns of their sheets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from importers.errors import AccessDenied, ImporterError, InvalidSettings, NotThere, TemporaryError
from importers.model import Actor, Column, Connection, FieldChange, Frozen, Happening, Importer, Role, Selection
from importers.services import Services
from importers.services.columns import LONGEST_HEADER, Columns
from importers.store.sql import SqlStore
from tests.builders import a_draft, an_importer

ID = Column("id", "ID")
SIZE = Column("size", "Size", field="Size")
SHEET = Frozen((ID, SIZE), known=("id", "size"))
RENAMED = FieldChange(Happening.RENAMED, "size", "Fleet", (replace(SIZE, header="Fleet", field="Fleet"),), "Size")
COLOUR = Column("colour", "Colour", field="Colour")
ADDED = FieldChange(Happening.ADDED, "colour", "Colour", (COLOUR,))


def written(store: SqlStore, actor: Actor, *changes: FieldChange, sheet: Frozen = SHEET) -> Importer:
    """An importer whose sheet was written, and what changed since."""
    importer = an_importer(store, actor.workspace.id)
    assert store.keep_columns(importer, replace(importer.selection, frozen=sheet), changes)
    return store.importer(actor.workspace.id, importer.id)


def headers(importer: Importer) -> list[str]:
    assert importer.selection.frozen
    return [column.header for column in importer.selection.frozen.columns]


def test_what_is_taken_is_written_next(services: Services, store: SqlStore, alice: Actor):
    importer = written(store, alice, RENAMED, ADDED)
    services.columns.decide(alice, importer.id, RENAMED.id, take=True)
    decided = services.columns.decide(alice, importer.id, ADDED.id, take=True)
    assert headers(decided) == ["ID", "Fleet", "Colour"]
    assert decided.changes == ()


def test_what_is_left_stays_and_is_not_asked_about_again(services: Services, store: SqlStore, alice: Actor):
    importer = written(store, alice, RENAMED, ADDED)
    services.columns.decide(alice, importer.id, RENAMED.id, take=False)
    decided = services.columns.decide(alice, importer.id, ADDED.id, take=False)
    assert headers(decided) == ["ID", "Size"]
    assert decided.changes == ()


def test_what_is_decided_cannot_be_decided_again(services: Services, store: SqlStore, alice: Actor):
    importer = written(store, alice, ADDED)
    services.columns.decide(alice, importer.id, ADDED.id, take=False)
    with pytest.raises(InvalidSettings, match="decided already"):
        services.columns.decide(alice, importer.id, ADDED.id, take=True)


def test_the_last_column_cannot_be_dropped(services: Services, store: SqlStore, alice: Actor):
    deleted = FieldChange(Happening.DELETED, "size", "Size", (SIZE,))
    importer = written(store, alice, deleted, sheet=Frozen((SIZE,)))
    with pytest.raises(InvalidSettings, match="No column would be left"):
        services.columns.decide(alice, importer.id, deleted.id, take=True)


def test_columns_can_have_headers_of_their_owners_own(services: Services, store: SqlStore, alice: Actor):
    importer = written(store, alice, ADDED)
    renamed = services.columns.rename(alice, importer.id, {"size": "  Number \n of bikes ", "nothing": "x"})
    assert headers(renamed) == ["ID", "Number of bikes"]
    assert renamed.changes == (ADDED,)


@pytest.mark.parametrize("header", ["", "  ", "id", "x" * (LONGEST_HEADER + 1)])
def test_headers_that_cannot_be_are_refused_at_their_column(
    services: Services, store: SqlStore, alice: Actor, header: str
):
    importer = written(store, alice)
    with pytest.raises(InvalidSettings) as refused:
        services.columns.rename(alice, importer.id, {"size": header})
    assert refused.value.facts["key"] == "size"
    assert headers(store.importer(alice.workspace.id, importer.id)) == ["ID", "Size"]


def test_a_header_that_is_too_long_from_before_is_no_mistake(services: Services, store: SqlStore, alice: Actor):
    long = replace(SIZE, header="x" * 255)
    importer = written(store, alice, sheet=Frozen((ID, long)))
    assert headers(services.columns.rename(alice, importer.id, {"id": "No", "size": long.header}))[0] == "No"


def test_before_the_first_run_there_is_nothing_to_rename(services: Services, store: SqlStore, alice: Actor):
    importer = an_importer(store, alice.workspace.id)
    with pytest.raises(InvalidSettings, match="Run it first"):
        services.columns.rename(alice, importer.id, {"id": "No"})


def test_viewers_and_neighbours_decide_nothing(services: Services, store: SqlStore, alice: Actor, charlie: Actor):
    importer = written(store, alice, ADDED)
    with pytest.raises(AccessDenied):
        services.columns.decide(replace(alice, role=Role.VIEWER), importer.id, ADDED.id, take=True)
    with pytest.raises(AccessDenied):
        services.columns.rename(replace(alice, role=Role.VIEWER), importer.id, {"id": "No"})
    with pytest.raises(NotThere):
        services.columns.decide(charlie, importer.id, ADDED.id, take=True)


class Busy(SqlStore):
    """A store where somebody else is quicker a few times."""

    times = 0

    def keep_columns(self, importer: Importer, selection: Selection, changes: Sequence[FieldChange]) -> bool:
        self.times -= 1
        return self.times < 0 and super().keep_columns(importer, selection, changes)


@pytest.mark.parametrize(("times", "error"), [(3, None), (50, TemporaryError)])
def test_whoever_is_second_looks_again(
    store: SqlStore, services: Services, alice: Actor, times: int, error: type[ImporterError] | None
):
    importer = written(store, alice, ADDED)
    busy = Busy(str(store._engine.url))
    busy.times = times
    columns = Columns(store=busy, kinds=services.columns._kinds)
    if error:
        with pytest.raises(error, match="somebody else"):
            columns.decide(alice, importer.id, ADDED.id, take=True)
    else:
        assert headers(columns.decide(alice, importer.id, ADDED.id, take=True)) == ["ID", "Size", "Colour"]
    busy.close()


# --- where they come from ---


def test_the_first_run_freezes_the_usual_columns(services: Services, alice: Actor, connection: Connection):
    importer = services.importers.create(alice, a_draft(connection_id=connection.id))
    assert importer.selection.frozen is None
    services.runs.start(alice, importer.id)
    after = services.importers.get(alice, importer.id)
    usual = tuple(column for column in services.importers.columns(alice, connection.id, "deals") if column.usual)
    assert after.selection.frozen == Frozen(usual, known=tuple(column.key for column in usual))
    assert after.selection.columns is None


def test_columns_that_are_chosen_are_frozen_when_they_are_saved(
    services: Services, alice: Actor, connection: Connection
):
    draft = a_draft(connection_id=connection.id, selection=Selection("deals", columns=("title", "id")))
    importer = services.importers.create(alice, draft)
    assert headers(importer) == ["Title", "ID"]


def test_choosing_others_leaves_those_that_stay_where_they_are(
    services: Services, alice: Actor, connection: Connection
):
    draft = a_draft(connection_id=connection.id, selection=Selection("deals", columns=("title", "id", "value")))
    importer = services.importers.create(alice, draft)
    own = services.columns.rename(alice, importer.id, {"id": "No"})
    chosen = replace(own.selection, columns=("currency", "id", "title"))
    changed = services.importers.change(alice, importer.id, a_draft(connection_id=connection.id, selection=chosen))
    assert headers(changed) == ["Title", "No", "Currency"]
    assert changed.selection.columns == ("title", "id", "currency")


def test_another_entity_begins_without_the_columns_of_the_first(
    services: Services, alice: Actor, connection: Connection
):
    draft = a_draft(connection_id=connection.id, selection=Selection("deals", columns=("title", "id")))
    importer = services.importers.create(alice, draft)
    leads = replace(importer.selection, entity="leads", columns=None)
    changed = services.importers.change(alice, importer.id, a_draft(connection_id=connection.id, selection=leads))
    assert changed.selection.frozen is None


def test_a_copy_has_the_names_of_the_first(services: Services, alice: Actor, connection: Connection):
    draft = a_draft(connection_id=connection.id, selection=Selection("deals", columns=("title", "id")))
    importer = services.importers.create(alice, draft)
    services.columns.rename(alice, importer.id, {"id": "No"})
    copy = services.importers.create(alice, services.importers.copy_of(alice, importer.id))
    assert headers(copy) == ["Title", "No"]
