from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from celery import current_app

from importers.bootstrap import build
from importers.config import Settings
from importers.errors import ConnectionTrouble
from importers.model import Actor, Connection, Draft, Selection, Status, Target
from importers.services import Services
from tests.workshop import ListQueue
from worker.options import OPTIONS
from worker.process import ImportApp, make_app
from worker.queue import RUN_IMPORT
from worker.tasks import run_import


@pytest.fixture
def app(settings: Settings, services: Services) -> Iterator[ImportApp]:
    """A Celery app with the services of the test, and no broker."""
    before = current_app._get_current_object()
    app = make_app(replace(settings, redis_url="redis://127.0.0.1:9/0"))
    app.services = services
    app.set_current()
    yield app
    before.set_current()


@pytest.fixture
def run_id(services: Services, alice: Actor, connection: Connection, monkeypatch: pytest.MonkeyPatch) -> int:
    """Handed over to nobody, so that the task is what carries the run out."""
    monkeypatch.setattr(services.runs._dispatch, "_queue", ListQueue())
    draft = Draft("Stages", connection.id, Selection("stages"), Target("excel", "Book", "Stages"))
    importer = services.importers.create(alice, draft)
    return services.runs.start(alice, importer.id).id


def test_the_task_carries_the_run_out(app: ImportApp, services: Services, alice: Actor, run_id: int) -> None:
    assert services.runs.get(alice, run_id).status is Status.QUEUED
    run_import(run_id)
    assert services.runs.get(alice, run_id).status is Status.DONE


def test_a_message_delivered_twice_does_no_harm(app: ImportApp, services: Services, alice: Actor, run_id: int) -> None:
    run_import(run_id)
    first = services.runs.get(alice, run_id)
    run_import(run_id)
    assert services.runs.get(alice, run_id) == first


def test_a_run_that_does_not_exist_does_no_harm(app: ImportApp) -> None:
    run_import(4711)


def test_a_database_that_is_away_takes_one_line_of_the_log(
    app: ImportApp, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    app.services = build(replace(settings, database_url="sqlite:////nowhere/pipesheet.db"))
    run_import(7)
    app.services.close()
    [record] = [record for record in caplog.records if record.levelname == "WARNING"]
    assert record.getMessage().startswith(
        "Run 7 could not be taken up or ended; the clock looks after it. The database"
    )
    assert record.exc_info is None


def test_the_task_is_known_by_the_name_the_queue_uses(app: ImportApp) -> None:
    assert run_import.name == RUN_IMPORT


def test_every_option_is_one_that_celery_knows(app: ImportApp) -> None:
    from celery.app.defaults import NAMESPACES, flatten

    assert set(OPTIONS) <= set(dict(flatten(NAMESPACES)))


def test_a_process_whose_services_did_not_come_at_its_start_makes_them_when_it_can(
    app: ImportApp, services: Services, alice: Actor, run_id: int
) -> None:
    app.services = None
    tries = iter([ConnectionTrouble("The database cannot be reached."), services])

    def bring() -> Services:
        found = next(tries)
        if isinstance(found, ConnectionTrouble):
            raise found
        return found

    app.bring = bring
    run_import(run_id)
    assert services.runs.get(alice, run_id).status is Status.QUEUED
    run_import(run_id)
    assert services.runs.get(alice, run_id).status is Status.DONE
