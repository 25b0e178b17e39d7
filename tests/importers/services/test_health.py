"""Is everything there that imports need?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from importers import bootstrap
from importers.config import Settings
from importers.model import Actor, Counts, Ending, Status
from importers.services import Services
from importers.store.sql import SqlStore
from tests.builders import a_run, a_target, an_importer
from tests.fakes import FakeClock
from tests.valkey import running_redis


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


def problems(services: Services) -> dict[str, str]:
    return {check.name: check.detail for check in services.health.check() if not check.ok}


def test_all_is_well_when_everything_answers(settings: Settings, store: SqlStore, clock: FakeClock, redis_url: str):
    services = bootstrap.build(replace(settings, redis_url=redis_url), clock=clock)
    for name in ("worker", "clock"):
        services.health.beat(name)
    checkup = services.health.check()
    assert checkup.is_ok, checkup.problems
    assert [check.name for check in checkup] == ["database", "redis", "worker", "clock", "runs"]
    services.close()


def test_it_says_in_words_what_the_runs_do(services: Services, alice: Actor, store: SqlStore, clock: FakeClock):
    told = lambda: {check.name: check.detail for check in services.health.check()}["runs"]  # noqa: E731
    assert told() == "No run is under way."
    runs = [a_run(store, an_importer(store, alice.workspace.id, target=a_target(name))) for name in "ABCD"]
    for run in runs[:2]:
        assert store.claim_run(run.id, "mine", now=clock.now())
    waits = Ending(Status.WAITING, Counts(), wake_at=clock.now())
    assert store.end_run(runs[0].id, "mine", waits, lines=[], now=clock.now())
    clock.advance(minutes=3)
    assert told() == "Runs: 1 running, 2 queued (the oldest for 3 minutes), 1 waiting."


def test_redis_that_is_away_is_noticed(settings: Settings, store: SqlStore, clock: FakeClock):
    services = bootstrap.build(replace(settings, redis_url="redis://127.0.0.1:1"), clock=clock)
    assert "does not answer" in problems(services)["redis"]
    services.close()


def test_a_missing_redis_setting_is_named(services: Services):
    assert "REDIS_URL" in problems(services)["redis"]


def test_a_worker_never_seen_is_missing(services: Services):
    assert problems(services)["worker"] == "No worker is running."
    assert not services.health.check().is_ok


def test_a_silent_worker_counts_as_gone(services: Services, clock: FakeClock):
    services.health.beat("worker")
    clock.advance(seconds=60)
    assert "worker" not in problems(services)
    clock.advance(minutes=2)
    assert problems(services)["worker"] == "No worker is running; the last was heard of 3 minutes ago."


def test_one_of_several_workers_is_enough(services: Services, clock: FakeClock):
    services.health.beat("worker@one")
    clock.advance(minutes=5)
    services.health.beat("worker@two")
    assert "worker" not in problems(services)
    assert "clock" in problems(services)


def test_a_database_that_is_not_set_up_is_told_with_what_to_do(tmp_path: Path, clock: FakeClock):
    home = tmp_path / "empty"
    home.mkdir()
    settings = Settings(home=home, database_url=f"sqlite:///{home / 'pipesheet.db'}", redis_url="")
    services = bootstrap.build(settings, clock=clock)
    assert "pipesheet migrate" in problems(services)["database"]
    assert "database does not answer" in problems(services)["worker"]
    services.close()
