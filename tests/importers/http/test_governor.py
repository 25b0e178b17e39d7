from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from importers.http.governor import MemoryGovernor, NullGovernor, identity_of
from importers.secret import Secret
from tests.contracts.governor import NOW, GovernorContract, told
from tests.fakes import FakeClock


class TestMemoryGovernor(GovernorContract):
    @pytest.fixture
    def governor(self, clock: FakeClock) -> MemoryGovernor:
        return MemoryGovernor(clock)


def test_threads_together_never_take_more_calls_than_there_are() -> None:
    governor = MemoryGovernor(FakeClock())
    governor.after_call(told(limit=100, remaining=40))
    gone: list[bool] = []

    def call() -> None:
        gone.extend(governor.before_call().wait == NOW for _ in range(20))

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(gone) == 40


def test_the_null_governor_never_waits_whatever_it_is_told() -> None:
    governor = NullGovernor()
    assert governor.after_call(told(remaining=0, left=0), status=429) == NOW
    governor.block(timedelta(hours=1))
    assert governor.before_call(cost=10).wait == NOW


def test_an_identity_tells_tokens_apart_and_does_not_show_them() -> None:
    one, other = identity_of(Secret("a" * 40)), identity_of(Secret("b" * 40))
    assert one == identity_of(Secret("a" * 40)) != other
    assert "a" * 6 not in one
