"""What importers remember lies on the disk as long as they are there, and no longer."""

from __future__ import annotations

from pathlib import Path

import pytest

from importers.config import Settings
from importers.errors import NotThere
from importers.model import Actor, Connection, Importer, Refresh, Selection, Status, Vanished
from importers.services import Services
from importers.sources.pipedrive.mirror import Mirror
from importers.staged import PREFIX
from sandbox.pipedrive import Sandbox
from tests.builders import a_draft


@pytest.fixture
def importer(services: Services, alice: Actor, connection: Connection) -> Importer:
    selection = Selection("deals", columns=("id",), refresh=Refresh.DAILY, vanished=Vanished.KEEP)
    return services.importers.create(alice, a_draft(connection_id=connection.id, selection=selection))


def files(settings: Settings) -> list[str]:
    return sorted(path.name for path in settings.mirrors.glob("*/*"))


def test_deleting_an_importer_deletes_all_it_remembers(
    services: Services, alice: Actor, importer: Importer, settings: Settings
):
    services.runs.start(alice, importer.id)
    assert files(settings) == [f"{importer.id}.mirror", f"{importer.id}.removed"]
    services.importers.delete(alice, importer.id)
    assert files(settings) == []


def test_an_importer_deleted_while_it_reads_leaves_no_mirror(
    services: Services, alice: Actor, importer: Importer, settings: Settings, sandbox: Sandbox
):
    def delete(path: str) -> None:
        if path.endswith("/deals"):
            sandbox.before_each.remove(delete)
            services.importers.delete(alice, importer.id)

    sandbox.before_each.append(delete)
    with pytest.raises(NotThere):
        services.runs.start(alice, importer.id)
    assert files(settings) == []


def test_an_importer_deleted_in_the_very_moment_its_run_remembers_leaves_no_mirror(
    services: Services, alice: Actor, importer: Importer, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    keep = Mirror.keep

    def delete_and_keep(mirror: Mirror, place: Path, about: object) -> None:
        monkeypatch.undo()
        services.importers.delete(alice, importer.id)
        keep(mirror, place, about)  # type: ignore[arg-type]

    monkeypatch.setattr(Mirror, "keep", delete_and_keep)
    with pytest.raises(NotThere):
        services.runs.start(alice, importer.id)
    assert files(settings) == []


def test_mirrors_of_importers_that_are_gone_and_leftovers_of_the_dead_are_swept_away_and_nothing_else(
    services: Services, alice: Actor, importer: Importer, settings: Settings
):
    services.runs.start(alice, importer.id)
    folder = settings.mirrors / str(alice.workspace.id)
    elsewhere = settings.mirrors / "999"
    elsewhere.mkdir()
    mine = [f"{importer.id}.mirror", f"{importer.id}.removed", "README.txt", "x.mirror"]
    for path in (
        *(folder / name for name in ("998.mirror", "998.removed", "997.removed", f"{PREFIX}1-dead.part", *mine[2:])),
        elsewhere / f"{importer.id}.mirror",
    ):
        path.write_bytes(b"")
    assert services.importers.sweep() == 3
    assert files(settings) == sorted(mine)


def test_the_mirror_of_an_importer_that_is_there_is_good_after_a_sweep(
    services: Services, alice: Actor, importer: Importer, settings: Settings
):
    services.runs.start(alice, importer.id)
    assert services.importers.sweep() == 0
    run = services.runs.start(alice, importer.id)
    story = [event.text for event in services.runs.events(alice, run.id)]
    assert services.runs.get(alice, run.id).status is Status.DONE
    assert any(line.startswith("Reading what changed since") for line in story)


def test_nothing_to_sweep_is_no_trouble(services: Services):
    assert services.importers.sweep() == 0
