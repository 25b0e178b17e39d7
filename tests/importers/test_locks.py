"""Names that only one holds at a time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from importers.clock import SystemClock
from importers.errors import TemporaryError
from importers.locks import MemoryLocks
from importers.redis_locks import RedisLocks
from tests.contracts.locks import NAME, LocksContract
from tests.fakes import FakeClock
from tests.valkey import connect, running_redis


class TestMemory(LocksContract):
    @pytest.fixture
    def locks(self, real: SystemClock) -> MemoryLocks:
        return MemoryLocks(real)

    @pytest.fixture
    def other(self, locks: MemoryLocks) -> MemoryLocks:
        return locks

    @pytest.fixture
    def hurried(self, locks: MemoryLocks, clock: FakeClock) -> MemoryLocks:
        hurried = MemoryLocks(clock)
        hurried._names = locks._names
        return hurried

    @pytest.fixture
    def early(self, clock: FakeClock) -> MemoryLocks:
        return MemoryLocks(clock)

    @pytest.fixture
    def late(self, early: MemoryLocks) -> MemoryLocks:
        return early


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture
def redis(url: str) -> Iterator[Redis]:
    with connect(url) as client:
        client.flushall()
        yield client


class TestRedis(LocksContract):
    @pytest.fixture
    def locks(self, redis: Redis, real: SystemClock) -> RedisLocks:
        return RedisLocks(redis, real)

    @pytest.fixture
    def other(self, url: str, real: SystemClock) -> Iterator[RedisLocks]:
        with connect(url) as client:
            yield RedisLocks(client, real)

    @pytest.fixture
    def hurried(self, redis: Redis, clock: FakeClock) -> RedisLocks:
        return RedisLocks(redis, clock)

    @pytest.fixture
    def early(self, redis: Redis, clock: FakeClock) -> RedisLocks:
        return RedisLocks(redis, clock)

    @pytest.fixture
    def late(self, early: RedisLocks) -> RedisLocks:
        return early

    @pytest.fixture(autouse=True)
    def _redis(self, redis: Redis) -> None:
        self.redis = redis

    def pass_time(self, clock: FakeClock, *, minutes: float) -> None:
        """Redis has a clock of its own: what is kept ends so much earlier instead."""
        for key in self.redis.keys("pipesheet:lock:*:kept"):
            for who, until in self.redis.zrange(key, 0, -1, withscores=True):
                self.redis.zadd(key, {who: until - minutes * 60_000})


def test_it_is_renewed_while_it_is_held(redis: Redis):
    brief = RedisLocks(redis, SystemClock(), expiry=0.4)
    with brief.hold(NAME) as stop:
        time.sleep(1.2)
        stop()
        assert redis.keys("pipesheet:lock:*")
    assert redis.keys("pipesheet:lock:*") == []


def test_whoever_dies_lets_go_after_a_while(redis: Redis):
    redis.set(f"pipesheet:lock:{NAME}", "somebody dead", px=300)
    told: list[str] = []
    with RedisLocks(redis, SystemClock()).hold(NAME, tell=told.append):
        pass
    assert told


def test_it_is_held_for_a_minute_at_first(redis: Redis):
    with RedisLocks(redis, SystemClock()).hold(NAME):
        assert 50_000 < redis.pttl(f"pipesheet:lock:{NAME}") <= 60_000


def test_whoever_lost_it_is_told_at_the_next_look_and_leaves_it_to_the_other(redis: Redis):
    brief = RedisLocks(redis, SystemClock(), expiry=0.4)
    with brief.hold(NAME) as stop:
        redis.set(f"pipesheet:lock:{NAME}", "somebody else")
        with pytest.raises(TemporaryError, match="lost its right"):
            until_it_raises(stop)
    assert redis.get(f"pipesheet:lock:{NAME}") == b"somebody else"


def test_a_process_that_slept_for_too_long_has_lost_it(redis: Redis, clock: FakeClock):
    with RedisLocks(redis, clock).hold(NAME) as stop:
        stop()
        clock.advance(seconds=61)
        with pytest.raises(TemporaryError, match="lost its right"):
            stop()


def test_while_redis_is_away_nothing_is_held(clock: FakeClock):
    with (
        connect("redis://127.0.0.1:1") as nobody,
        pytest.raises(TemporaryError, match="Redis does not answer"),
        RedisLocks(nobody, clock).hold(NAME),
    ):
        pass


def test_a_redis_that_goes_away_meanwhile_takes_it_along(tmp_path: Path):
    with running_redis(tmp_path) as url, connect(url) as client:
        held = RedisLocks(client, SystemClock(), expiry=0.6).hold(NAME)
        stop = held.__enter__()
        stop()
    with pytest.raises(TemporaryError, match="lost its right"):
        until_it_raises(stop)
    held.__exit__(None, None, None)


def until_it_raises(stop) -> None:  # type: ignore[no-untyped-def]
    for _ in range(300):
        stop()
        time.sleep(0.01)
