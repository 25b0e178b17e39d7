from __future__ import annotations

import threading

import pytest

from importers.http.governor import MemoryGovernor, NullGovernor
from importers.interfaces import Governor
from tests.contracts.governor import NOW, GovernorContract, told
from tests.fakes import FakeClock


class TestMemoryGovernor(GovernorContract):
    @pytest.fixture
    def governor(self, clock: FakeClock) -> Governor:
        return MemoryGovernor(clock)


def test_threads_together_never_take_more_calls_than_there_are() -> None:
    governor = MemoryGovernor(FakeClock())
    governor.after_call(told(limit=100, remaining=40))
    gone: list[bool] = []

    def call() -> None:
        gone.extend(governor.before_call() == NOW for _ in range(20))

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(gone) == 40


def test_the_null_governor_never_waits_whatever_it_is_told() -> None:
    governor = NullGovernor()
    governor.after_call(told(remaining=0))
    assert governor.before_call() == NOW
