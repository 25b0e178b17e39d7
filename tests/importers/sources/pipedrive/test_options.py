"""An option that somebody deletes while records hold it: its id, marked, and a note that counts the cells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from importers.model import Selection
from sandbox.world import World
from tests.pipedrive import a_rig, an_app

KINDS = ("deal", "person", "organization", "product", "project")


@pytest.fixture(scope="module")
def app() -> Any:
    """Made once, because that takes longer than most tests."""
    return an_app(World(deals=400))


@pytest.fixture
def world(app: Any) -> Iterator[World]:
    """A company whose options a test may delete; they come back afterwards."""
    world: World = app.extensions["sandbox"].world
    fields = {kind: world.fields[kind] for kind in KINDS}
    yield world
    for kind, defined in fields.items():
        world.redefine(kind, defined)


def column_of(app: Any, entity: str, key: str) -> list[Any]:
    return [row[0] for row in a_rig(app=app).read(Selection(entity, columns=(key,)))]


@pytest.mark.parametrize(
    ("entity", "kind", "name"),
    [
        ("deals", "deal", "Customer type"),
        ("deals", "deal", "Regions"),
        ("deals", "deal", "Label"),
        ("archived-deals", "deal", "Risk"),
        ("leads", "deal", "Customer type"),
        ("leads", "deal", "Regions"),
        ("persons", "person", "Interests"),
        ("organizations", "organization", "Segment"),
        ("products", "product", "Condition"),
        ("projects", "project", "Kind"),
    ],
)
def test_every_cell_that_held_it_shows_its_id_and_is_counted_once(
    app: Any, world: World, entity: str, kind: str, name: str
) -> None:
    field = next(field for field in world.fields[kind] if field.options and field.name == name)
    before = column_of(app, entity, field.code)
    kept, gone = field.options[0], field.options[1]
    held = sum(gone.label in (cell or "") for cell in before)
    assert held

    world.changes.delete_option(kind, field.code, gone.id)
    lost = {option.id for option in field.lost_options}
    reading = a_rig(app=app).source.open(Selection(entity, columns=(field.code,)))
    after = [str(row[0] or "") for page in reading.pages() for row in page.rows]
    assert [cell.replace(f"Deleted option ({gone.id})", gone.label) for cell in after] == [
        cell or "" for cell in before
    ]
    assert sum(f"Deleted option ({gone.id})" in cell for cell in after) == held
    assert any(kept.label in cell for cell in after)

    marked = sum(any(f"Deleted option ({number})" in cell for number in (gone.id, *lost)) for cell in after)
    cells = "1 cell holds an option" if marked == 1 else f"{marked:,} cells hold options"
    header = reading.columns[0].header
    assert reading.notes == [f"{header}: {cells} that Pipedrive no longer lists, shown as “Deleted option (…)”."]


def test_an_option_that_got_another_label_shows_the_new_one(app: Any, world: World) -> None:
    field = world.custom_field("deal", "Customer type")
    before = column_of(app, "deals", field.code)
    world.changes.rename_option("deal", field.code, field.options[0].id, "Brand new")
    after = column_of(app, "deals", field.code)
    assert after == ["Brand new" if cell == field.options[0].label else cell for cell in before]
