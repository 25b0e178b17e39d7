"""What is there before anybody signed up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import requests

from importers import bootstrap
from importers.config import Settings
from importers.errors import InvalidSettings, TemporaryError
from importers.model import Connection, Draft, Every, Status
from importers.secret import Secret
from importers.services import Services
from importers.store.sql import SqlStore
from sandbox.pipedrive import Sandbox
from sandbox.world import TOKEN
from tests.builders import a_target
from tests.fakes import FakeClock
from tests.people import ALICE, PASSWORD


@pytest.fixture
def demo(settings: Settings, store: SqlStore, session: requests.Session, clock: FakeClock) -> Iterator[Services]:
    services = bootstrap.build(replace(settings, sandbox=True), clock=clock, session=session)
    yield services
    services.close()


def test_the_first_owner_finds_an_importer_ready_to_run(demo: Services):
    assert demo.setup.prepare_sandbox(Secret(TOKEN))
    assert demo.people.is_first_visit()
    owner = demo.people.sign_up_owner(ALICE, PASSWORD)
    [card] = demo.importers.cards(owner)
    assert (card.importer.name, card.importer.target, card.importer.schedule.every) == (
        "Deals to Excel", a_target(), Every.MANUAL,
    )  # fmt: skip
    assert card.importer.starts_after_success
    assert demo.runs.start(owner, card.importer.id).status in (Status.DONE, Status.DONE_WITH_NOTES)


def test_the_importer_waits_in_the_zone_of_the_account_and_moves_to_the_owners(demo: Services, store: SqlStore):
    assert demo.setup.prepare_sandbox(Secret(TOKEN))
    [prepared] = store.importers(1)
    zone = store.connections(1)[0].account.time_zone
    assert (prepared.schedule.time_zone, prepared.selection.time_zone) == (zone, zone)
    owner = demo.people.sign_up_owner(ALICE, PASSWORD, time_zone="Asia/Tokyo")
    [card] = demo.importers.cards(owner)
    zones = {owner.workspace.time_zone, card.importer.schedule.time_zone, card.importer.selection.time_zone}
    assert zones == {"Asia/Tokyo"}


def test_a_preparation_that_breaks_off_leaves_nothing_half_done(
    demo: Services, store: SqlStore, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as patch:
        patch.setattr("importers.services.setup._first_importer", breaking_off)
        with pytest.raises(InvalidSettings):
            demo.setup.prepare_sandbox(Secret(TOKEN))
    assert not store.has_workspaces()
    assert demo.setup.prepare_sandbox(Secret(TOKEN))


def breaking_off(connection: Connection) -> Draft:
    raise InvalidSettings("The power is cut.")


def test_preparing_again_changes_nothing(demo: Services, store: SqlStore):
    assert demo.setup.prepare_sandbox(Secret(TOKEN))
    assert not demo.setup.prepare_sandbox(Secret(TOKEN))
    owner = demo.people.sign_up_owner(ALICE, PASSWORD)
    assert not demo.setup.prepare_sandbox(Secret(TOKEN))
    assert len(demo.importers.cards(owner)) == 1


def test_outside_the_sandbox_nothing_is_prepared(services: Services, store: SqlStore, sandbox: Sandbox):
    assert not services.setup.prepare_sandbox(Secret(TOKEN))
    assert not store.has_workspaces()
    assert sandbox.journal.calls == []


def test_a_sandbox_that_does_not_answer_leaves_nothing_half_done(demo: Services, store: SqlStore, sandbox: Sandbox):
    sandbox.faults.add("cut")
    with pytest.raises(TemporaryError):
        demo.setup.prepare_sandbox(Secret(TOKEN))
    assert not store.has_workspaces()
    sandbox.faults.clear()
    assert demo.setup.prepare_sandbox(Secret(TOKEN))
