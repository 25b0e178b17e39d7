"""One budget for all processes, and what holds while there is no Redis."""

from __future__ import annotations

import logging
import multiprocessing
import time
import uuid
from collections.abc import Iterator
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as some

from importers.clock import SystemClock
from importers.http.governor import MemoryGovernor, identity_of
from importers.http.redis_governor import RedisGovernor, connect
from importers.model import Hold, Turn
from importers.secret import Secret
from pipesheet.redis_server import prepare
from tests.contracts.governor import NOW, GovernorContract, told, waits
from tests.fakes import FakeClock
from tests.valkey import running, running_redis

NOBODY = "redis://127.0.0.1:1"
TOKEN = Secret("5" * 40)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture
def client(url: str) -> Iterator[redis.Redis]:
    with connect(url) as client:
        client.flushall()
        yield client


def a_governor(client: redis.Redis, clock: FakeClock, name: str = "") -> RedisGovernor:
    return RedisGovernor(client, identity=name or identity_of(TOKEN), clock=clock, moment=clock.monotonic)


class TestRedisGovernor(GovernorContract):
    @pytest.fixture
    def governor(self, client: redis.Redis, clock: FakeClock) -> RedisGovernor:
        return a_governor(client, clock)

    def test_what_one_process_takes_another_does_not_have(self, client: redis.Redis, clock: FakeClock) -> None:
        one, other = a_governor(client, clock), a_governor(client, clock)
        one.after_call(told(limit=5, remaining=5))
        assert waits(one, calls=3) == [*waits(other, calls=2), NOW]
        assert other.before_call().wait > NOW

    def test_what_one_process_learned_the_next_one_knows(self, client: redis.Redis, clock: FakeClock) -> None:
        a_governor(client, clock).after_call(told(limit=40, remaining=40))
        clock.advance(hours=3)
        assert waits(a_governor(client, clock), calls=40) == [NOW] * 40

    def test_tokens_do_not_share_a_window(self, client: redis.Redis, clock: FakeClock) -> None:
        a_governor(client, clock, "one").after_call(told(remaining=0))
        assert a_governor(client, clock, "other").before_call().wait == NOW

    def test_nothing_in_redis_tells_the_token_and_nothing_stays_for_ever(
        self, client: redis.Redis, clock: FakeClock
    ) -> None:
        governor = a_governor(client, clock).beside("acme")
        governor.after_call(told(limit=2, remaining=1, left=100), turn=governor.before_call(cost=1))
        assert [wait > NOW for wait in waits(governor, calls=2, cost=1)] == [False, True]
        governor.block(NOW)
        keys = client.keys("*")
        assert len(keys) == 10
        assert all(TOKEN.reveal().encode() not in key + (client.dump(key) or b"") for key in keys)
        assert [key for key in keys if client.ttl(key) < 0] == []


# --- the two implementations are one ---

STEPS = some.lists(
    some.one_of(
        some.tuples(some.just("ask"), some.integers(0, 2), some.integers(0, 12)),
        some.tuples(some.just("again"), some.integers(0, 30)),
        some.tuples(some.just("hear"), some.integers(0, 30), some.integers(0, 3), some.sampled_from([200, 200, 429])),
        some.tuples(some.just("left"), some.integers(0, 40), some.sampled_from([200, 429])),
        some.tuples(some.just("leave"), some.integers(0, 30)),
        some.tuples(some.just("block"), some.integers(1, 5)),
        some.tuples(some.just("pass"), some.floats(0.001, 3)),
        some.tuples(some.just("pass"), some.sampled_from([30.0, 3601.0, 40_000.0])),
    ),
    max_size=80,
)


@given(steps=STEPS)
def test_redis_and_memory_say_the_same_whatever_happens(url: str, steps: list[tuple]) -> None:  # type: ignore[type-arg]
    clock = FakeClock()
    with connect(url) as client:
        both = (MemoryGovernor(clock), a_governor(client, clock, uuid.uuid4().hex))
        runs = [tuple(governor.beside() for governor in both) for _ in range(3)]
        turns: list[tuple[int, Turn]] = []
        for step in steps:
            play(step, runs, turns, clock)


def play(step: tuple, runs: list, turns: list[tuple[int, Turn]], clock: FakeClock) -> None:  # type: ignore[type-arg]
    """Do it with both governors, and compare."""
    match step:
        case ("pass", seconds):
            clock.advance(seconds=seconds)
        case ("ask", run, cost):
            turn = Turn(f"{run}:{len(turns)}")
            turns.append((run, agree(runs[run], lambda one: one.before_call(cost=cost, turn=turn))))
        case ("again", number) if turns:
            run, turn = turns[number % len(turns)]
            turns[number % len(turns)] = run, agree(runs[run], lambda one: one.before_call(turn=turn))
        case ("hear", number, remaining, status) if turns:
            run, turn = turns[number % len(turns)]
            said = told(limit=4, remaining=remaining)
            agree(runs[run], lambda one: one.after_call(said, status=status, turn=turn))
        case ("left", left, status):
            said = told(limit=4, remaining=3, left=left)
            agree(runs[0], lambda one: one.after_call(said, status=status))
        case ("leave", number) if turns:
            run, turn = turns[number % len(turns)]
            agree(runs[run], lambda one: one.leave(turn))
        case ("block", seconds):
            agree(runs[0], lambda one: one.block(clock_span(seconds)))


def clock_span(seconds: float):  # type: ignore[no-untyped-def]
    from datetime import timedelta

    return timedelta(seconds=seconds)


def agree(both, do):  # type: ignore[no-untyped-def]
    ours, theirs = do(both[0]), do(both[1])
    assert ours == theirs
    return ours


# --- without Redis ---


def test_while_redis_is_away_each_process_takes_a_twentieth_and_says_so_once(
    clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    with connect(NOBODY) as client, caplog.at_level(logging.WARNING):
        governor = a_governor(client, clock)
        governor.after_call(told(limit=60, remaining=60))
        assert [wait > NOW for wait in waits(governor, calls=4)] == [False] * 3 + [True]
        clock.advance(seconds=6)
        governor.before_call()
    said = [record.message for record in caplog.records if "Redis" in record.message]
    assert len(said) == 1
    assert "each process counts its calls by itself, up to a twentieth of the limit" in said[0]


def test_when_redis_is_back_everybody_waits_until_what_was_called_alone_is_over(
    tmp_path: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    server = prepare(tmp_path)
    with connect(server.url) as client:
        one, other = a_governor(client, clock), a_governor(client, clock)
        turn = one.before_call()
        with running(server):
            clock.advance(seconds=6)
            one.after_call(told(limit=2, remaining=0), turn=turn)
            held = other.before_call()
            assert (held.why, round(held.wait.total_seconds())) == (Hold.TOLD, 10)
            clock.sleep(held.wait.total_seconds())
            assert other.before_call(turn=held).wait == one.before_call().wait == NOW
    assert "Redis answers again" in caplog.text


def test_a_redis_that_was_away_for_nobody_holds_nobody_up(tmp_path: Path, clock: FakeClock) -> None:
    server = prepare(tmp_path)
    with connect(server.url) as client:
        governor = a_governor(client, clock)
        governor.after_call({})
        with running(server):
            clock.advance(seconds=6)
            assert governor.before_call().wait == NOW


def test_a_redis_that_lost_its_memory_is_noticed(client: redis.Redis, clock: FakeClock) -> None:
    governor, other = a_governor(client, clock), a_governor(client, clock)
    governor.after_call(told(limit=4, remaining=4))
    waits(governor, calls=4)
    client.flushall()
    held = [(one, one.before_call()) for one in (governor, other)]
    assert [turn.why for _, turn in held] == [Hold.TOLD] * 2
    clock.advance(seconds=10.1)
    other.after_call(told(limit=4, remaining=4))
    for one, turn in held:
        one.leave(turn)
    assert [wait > NOW for wait in waits(governor, calls=5)] == [False] * 4 + [True]


# --- for real ---


def calls_of(url: str, ready: Barrier, left_at: multiprocessing.SimpleQueue) -> None:  # type: ignore[type-arg]
    """One process: calls as often as it may, and writes down when."""
    clock = SystemClock()
    with connect(url) as client:
        governor = RedisGovernor(client, identity="real", clock=clock)
        ready.wait()
        until = time.monotonic() + 8
        while time.monotonic() < until:
            turn = governor.before_call()
            while turn.wait:
                clock.sleep(turn.wait.total_seconds())
                turn = governor.before_call(turn=turn)
            at = time.monotonic()
            governor.after_call(told(limit=30, remaining=30), turn=turn)
            left_at.put(at)


@pytest.mark.slow
def test_processes_together_stay_under_the_limit_and_use_it(client: redis.Redis, url: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    left_at, ready = spawn.SimpleQueue(), spawn.Barrier(4)
    governor = RedisGovernor(client, identity="real", clock=SystemClock())
    governor.after_call(told(limit=30, remaining=30))
    processes = [spawn.Process(target=calls_of, args=(url, ready, left_at)) for _ in range(4)]
    for process in processes:
        process.start()
    moments = []
    while any(process.is_alive() for process in processes) or not left_at.empty():
        if left_at.empty():
            time.sleep(0.01)
        else:
            moments.append(left_at.get())
    moments.sort()
    assert min(later - earlier for earlier, later in zip(moments, moments[30:], strict=False)) >= 2
    assert len(moments) / (moments[-1] - moments[0]) > 30 / 2 * 0.95
