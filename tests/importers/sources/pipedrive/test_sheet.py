"""A sheet that was written keeps its columns, whatever becomes of the fields in Pipedrive."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from importers.errors import InvalidSettings
from importers.model import Frozen, Happening, Selection
from importers.tables.frozen import decided
from sandbox.fields import Field
from sandbox.world import World
from tests.pipedrive import Rig, a_rig, an_app


def pipedrive(*, renamed: dict[str, str] | None = None, deleted: tuple[str, ...] = (), added: str = "") -> Rig:
    """Pipedrive after some of its deal fields, by their codes, were renamed or deleted, and one was added."""
    app, fields = _changing()
    world = app.extensions["sandbox"].world
    world.redefine("deal", fields)
    for code, name in (renamed or {}).items():
        world.changes.rename_field("deal", code, name)
    for code in deleted:
        world.changes.delete_field("deal", code)
    if added:
        world.changes.add_field("deal", added)
    return a_rig(app=app)


@cache
def _changing() -> tuple[Any, tuple[Field, ...]]:
    """A company that is changed and restored, because making one takes longer than most tests."""
    world = World(deals=12)
    return an_app(world), world.fields["deal"]


@pytest.fixture(scope="module")
def before() -> Rig:
    return a_rig(world=World(deals=12))


@pytest.fixture(scope="module")
def codes(before: Rig) -> dict[str, str]:
    """The codes of the custom fields by name; of the twins, which are both called Source, the first's."""
    return {field.name: field.code for field in reversed(before.world.fields["deal"]) if field.is_custom}


@pytest.fixture(scope="module")
def sheet(before: Rig) -> Frozen:
    """The usual columns of deals, as they were first written."""
    return before.source.open(Selection("deals")).sight.frozen


def headers(rig: Rig, selection: Selection) -> list[str]:
    return [column.header for column in rig.source.open(selection).columns]


def test_the_first_sight_freezes_what_is_read(before: Rig, sheet: Frozen) -> None:
    reading = before.source.open(Selection("deals"))
    assert reading.columns == sheet.columns
    assert reading.sight.changes == ()
    assert before.source.open(Selection("deals", frozen=sheet)).columns == sheet.columns


def test_a_rename_an_addition_and_a_deletion_move_and_rename_no_column(
    before: Rig, sheet: Frozen, codes: dict[str, str]
) -> None:
    after = pipedrive(renamed={codes["Fleet size"]: "Fleet"}, deleted=(codes["Risk"],), added="Colour")
    reading = after.source.open(Selection("deals", frozen=sheet))
    assert [column.header for column in reading.columns] == [column.header for column in sheet.columns]
    assert {(change.what, change.name) for change in reading.sight.changes} == {
        (Happening.RENAMED, "Fleet"),
        (Happening.DELETED, "Risk"),
        (Happening.ADDED, "Colour"),
    }
    assert headers(after, Selection("deals")) != headers(before, Selection("deals"))


def test_the_column_of_a_deleted_field_stays_empty_with_a_note(sheet: Frozen, codes: dict[str, str]) -> None:
    after = pipedrive(deleted=(codes["Fleet size"],))
    reading = after.source.open(Selection("deals", frozen=sheet))
    rows = [row for page in reading.pages() for row in page.rows]
    place = sheet.keys.index(codes["Fleet size"])
    assert {row[place] for row in rows} == {None}
    assert len(rows) == 12
    assert reading.notes[0] == (
        "No longer in Pipedrive: “Fleet size”. The column stays where it is, empty, until you choose otherwise."
    )


def test_a_deleted_field_is_not_asked_for_among_chosen_ones(sheet: Frozen, codes: dict[str, str]) -> None:
    after = pipedrive(deleted=(codes["Risk"],))
    chosen = ("id", codes["Risk"], codes["Fleet size"])
    after.read(Selection("deals", columns=chosen, frozen=sheet))
    asked = [call.query for call in after.journal.calls if call.path == "/api/v2/deals"]
    assert all(codes["Risk"] not in str(query) and codes["Fleet size"] in str(query) for query in asked)


def test_once_the_owner_keeps_it_empty_nothing_is_noted(sheet: Frozen, codes: dict[str, str]) -> None:
    after = pipedrive(deleted=(codes["Risk"],))
    (change,) = after.source.open(Selection("deals", frozen=sheet)).sight.changes
    reading = after.source.open(Selection("deals", frozen=decided(sheet, change, take=False)))
    assert reading.notes == []
    assert reading.sight.changes == ()


def test_values_of_a_renamed_field_go_on_coming(before: Rig, sheet: Frozen, codes: dict[str, str]) -> None:
    after = pipedrive(renamed={codes["Fleet size"]: "Fleet"})
    place = sheet.keys.index(codes["Fleet size"])
    selection = Selection("deals", frozen=sheet)
    assert [row[place] for row in after.read(selection)] == [row[place] for row in before.read(selection)]


def test_a_twin_keeps_the_header_that_told_it_apart(sheet: Frozen, codes: dict[str, str]) -> None:
    twins = [header for header in sheet.headers.values() if header.startswith("Source (")]
    assert len(twins) == 2
    after = pipedrive(deleted=(codes["Source"],))
    assert "Source" in headers(after, Selection("deals"))
    assert [header for header in headers(after, Selection("deals", frozen=sheet)) if "Source" in header] == twins


def test_a_field_created_again_is_told_plainly(sheet: Frozen, codes: dict[str, str]) -> None:
    after = pipedrive(deleted=(codes["Risk"],), added="Risk")
    (change,) = after.source.open(Selection("deals", frozen=sheet)).sight.changes
    assert (change.what, change.name, change.before) == (Happening.REPLACED, "Risk", codes["Risk"])
    taken = decided(sheet, change, take=True)
    place = sheet.keys.index(codes["Risk"])
    assert after.source.open(Selection("deals", frozen=taken)).columns[place].key == change.key


def test_columns_chosen_besides_those_of_the_sheet_come_last(before: Rig, sheet: Frozen, codes: dict[str, str]) -> None:
    chosen = before.source.open(Selection("deals", columns=("title", "id"))).sight.frozen
    reading = before.source.open(Selection("deals", columns=(codes["Risk"], "id", "title"), frozen=chosen))
    assert [column.key for column in reading.columns] == ["title", "id", codes["Risk"]]


def test_a_header_of_the_owners_own_stands_in_the_sheet_and_in_notes(before: Rig, codes: dict[str, str]) -> None:
    key = codes["Customer type"]
    first = before.source.open(Selection("deals", columns=(key,))).sight.frozen
    own = replace(first, columns=(replace(first.columns[0], header="Klant"),))
    reading = a_rig(world=World(deals=300)).source.open(Selection("deals", columns=(key,), frozen=own))
    for _ in reading.pages():
        pass
    assert [column.header for column in reading.columns] == ["Klant"]
    assert [note for note in reading.notes if note.startswith("Klant: ")]
    assert reading.sight.changes == ()


def test_leads_keep_their_columns_as_deals_do(codes: dict[str, str]) -> None:
    sheet = pipedrive().source.open(Selection("leads")).sight.frozen
    after = pipedrive(renamed={codes["Yearly fee"]: "Fee"}, deleted=(codes["Risk"],))
    reading = after.source.open(Selection("leads", frozen=sheet))
    assert [column.header for column in reading.columns] == [column.header for column in sheet.columns]
    assert {change.what for change in reading.sight.changes} == {Happening.RENAMED, Happening.DELETED}


def test_without_a_frozen_sheet_a_field_that_is_gone_is_a_mistake(codes: dict[str, str]) -> None:
    after = pipedrive(deleted=(codes["Risk"],))
    with pytest.raises(InvalidSettings, match="no longer exists"):
        after.source.open(Selection("deals", columns=("id", codes["Risk"])))
