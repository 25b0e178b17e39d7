"""What one run learns, the others heed: through bootstrap, the client and the sandbox, in memory and in Redis."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from importers import bootstrap
from importers.config import Settings
from importers.errors import BudgetSpent, ImporterError, RateLimited
from importers.model import Actor, Connection
from importers.secret import Secret
from importers.services import Services
from importers.store.sql import SqlStore
from sandbox.pipedrive import Sandbox
from sandbox.world import TOKEN
from tests.fakes import FakeClock
from tests.valkey import running_redis


@pytest.fixture(params=["memory", "redis"])
def both(
    request: pytest.FixtureRequest, tmp_path: Path, settings: Settings, store: SqlStore, session: requests.Session
) -> Iterator[tuple[Services, Services]]:
    """Two builds that share a Redis, as two processes do; or one, twice, where there is none."""
    clock = request.getfixturevalue("clock")
    if request.param == "memory":
        services = bootstrap.build(settings, clock=clock, session=session)
        yield services, services
        services.close()
        return
    with running_redis(tmp_path / "redis") as url:
        one, other = (bootstrap.build(replace(settings, redis_url=url), clock=clock, session=session) for _ in range(2))
        yield one, other
        one.close()
        other.close()


@pytest.fixture
def linked(both: tuple[Services, Services], alice: Actor) -> Connection:
    return both[0].connections.link(alice, Secret(TOKEN))


@pytest.mark.parametrize(
    ("fault", "meaning", "minutes"), [("budget_spent", BudgetSpent, 55), ("html_403", RateLimited, 14)]
)
def test_after_a_spent_day_or_a_block_nobody_asks_for_a_while(
    both: tuple[Services, Services],
    alice: Actor,
    linked: Connection,
    sandbox: Sandbox,
    clock: FakeClock,
    fault: str,
    meaning: type[ImporterError],
    minutes: int,
) -> None:
    sandbox.faults.add(fault, count=1)
    with pytest.raises(meaning):
        both[0].connections.check(alice, linked.id)
    asked = len(sandbox.journal.calls)
    clock.advance(minutes=minutes)
    with pytest.raises(meaning) as caught:
        both[1].connections.check(alice, linked.id)
    assert caught.value.retry_after
    assert len(sandbox.journal.calls) == asked
    clock.advance(minutes=10)
    both[1].connections.check(alice, linked.id)
    assert len(sandbox.journal.calls) == asked + 1
