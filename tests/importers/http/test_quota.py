"""Limits by the minute within a process, and waiting for a turn."""

from __future__ import annotations

from datetime import timedelta

import pytest

from importers.errors import NotOurTurn, RunStopped
from importers.http.quota import WRITE, MemoryQuota, Sizes, take
from tests.contracts.quota import SIZES, QuotaContract, done, wait_of
from tests.fakes import FakeClock


class TestMemoryQuota(QuotaContract):
    @pytest.fixture
    def quota(self, clock: FakeClock) -> MemoryQuota:
        return MemoryQuota(clock, SIZES)


def test_a_part_of_the_sizes_is_one_call_at_least() -> None:
    assert Sizes(project=300, user=60).part(20) == Sizes(project=15, user=3)
    assert Sizes(project=300, user=10).part(20) == Sizes(project=15, user=1)


def test_waiting_is_told_once_and_takes_as_long_as_it_must() -> None:
    clock, told = FakeClock(), []
    quota = MemoryQuota(clock, Sizes(user=1)).of("project", "alice")
    done(quota)
    clock.advance(seconds=48)
    take(quota, WRITE, vendor="Google", clock=clock, tell=told.append)
    assert told == ["Google takes only so many requests a minute: waiting 13 s."]
    assert clock.monotonic() == pytest.approx(60.15)


def test_a_short_wait_is_not_worth_telling() -> None:
    clock, told = FakeClock(), []
    quota = MemoryQuota(clock, Sizes(user=1)).of("project", "alice")
    done(quota)
    clock.advance(seconds=57)
    take(quota, WRITE, vendor="Google", clock=clock, tell=told.append)
    assert told == []


def test_the_owner_hears_that_google_asked_to_slow_down() -> None:
    clock, told = FakeClock(), []
    quota = MemoryQuota(clock, jitter=lambda: 0.5).of("project", "alice")
    quota.after_call(quota.before_call(WRITE), refused_by="user")
    take(quota, WRITE, vendor="Google", clock=clock, tell=told.append)
    assert told == ["Google asks us to slow down: waiting 63 s."]


def test_whoever_is_stopped_while_waiting_leaves_the_line() -> None:
    clock = FakeClock()
    quota = MemoryQuota(clock, Sizes(user=1)).of("project", "alice")
    done(quota)
    asked = []

    def stop() -> None:
        asked.append(clock.monotonic())
        if len(asked) > 4:
            raise RunStopped("cancelled")

    with pytest.raises(RunStopped):
        take(quota.beside(), WRITE, vendor="Google", clock=clock, stop=stop)
    assert clock.monotonic() <= 5
    clock.advance(seconds=56.0)
    assert wait_of(quota) == pytest.approx(60.15 - clock.monotonic())
    clock.advance(seconds=3)
    done(quota)


def test_a_worker_waits_two_minutes_for_one_turn_and_leaves_the_line_then() -> None:
    clock = FakeClock()
    quota = MemoryQuota(clock, Sizes(project=1, user=1)).of("project", "alice")
    silent = quota.before_call(WRITE)  # no answer, so that nobody knows when it arrives
    with pytest.raises(NotOurTurn, match="Google takes only so many requests a minute") as caught:
        take(quota.beside(), WRITE, vendor="Google", clock=clock)
    assert clock.monotonic() == pytest.approx(120, abs=1)
    assert caught.value.retry_after == timedelta(minutes=2)
    quota.after_call(silent)
    clock.advance(minutes=1.1)
    done(quota)
