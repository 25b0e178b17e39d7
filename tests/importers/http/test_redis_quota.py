"""Limits by the minute of all processes together, and what holds while there is no Redis."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
import redis

from importers.clock import SystemClock
from importers.http.quota import READ, WRITE, Sizes
from importers.http.redis_governor import connect
from importers.http.redis_quota import RedisQuota
from tests.contracts.quota import NOW, SIZES, QuotaContract, done, wait_of
from tests.fakes import FakeClock
from tests.secrecy import found_in, in_redis
from tests.valkey import running_redis

NOBODY = "redis://127.0.0.1:1"
ALICE = "alice.archer@northwind.example"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture
def client(url: str) -> Iterator[redis.Redis]:
    with connect(url) as client:
        client.flushall()
        yield client


def a_quota(client: redis.Redis, clock: FakeClock, sizes: Sizes = SIZES) -> RedisQuota:
    return RedisQuota(client, clock, sizes, moment=clock.monotonic)


class TestRedisQuota(QuotaContract):
    @pytest.fixture
    def quota(self, client: redis.Redis, clock: FakeClock) -> RedisQuota:
        return a_quota(client, clock)

    def test_what_one_process_takes_another_does_not_have(self, client: redis.Redis, clock: FakeClock) -> None:
        one, other = (a_quota(client, clock).of("project", "alice") for _ in range(2))
        for _ in range(3):
            done(one)
            done(other)
        assert wait_of(one) > 0
        assert wait_of(other) > 0

    def test_a_refusal_that_one_process_heard_holds_the_others(self, client: redis.Redis, clock: FakeClock) -> None:
        one, other = (a_quota(client, clock).of("project", "alice") for _ in range(2))
        one.after_call(one.before_call(WRITE), refused_by="user")
        assert wait_of(other) >= 60

    def test_it_keeps_nobodys_address(self, client: redis.Redis, clock: FakeClock) -> None:
        quota = a_quota(client, clock).of("my-secret-project-number", ALICE)
        quota.after_call(quota.before_call(WRITE), refused_by="user")
        quota.before_call(WRITE)
        quota.before_call(READ)
        kept = in_redis(client)
        assert b"pipesheet:quota:" in kept
        assert found_in(kept, {"user": ALICE, "project": "my-secret-project-number"}) == []

    def test_it_forgets_what_is_not_needed_any_more(self, client: redis.Redis, clock: FakeClock) -> None:
        quota = a_quota(client, clock).of("project", "alice")
        done(quota)
        assert all(0 < client.ttl(key) <= 900 for key in client.scan_iter())


def test_by_the_servers_own_time_many_threads_take_no_more_than_there_is(client: redis.Redis) -> None:
    quota = RedisQuota(client, SystemClock(), Sizes(project=25, user=10))
    let_in: list[str] = []

    def ask(user: str) -> None:
        for _ in range(8):
            turn = quota.of("project", user).before_call(WRITE)
            if turn.wait == NOW:
                let_in.append(user)

    threads = [Thread(target=ask, args=(f"user {number % 4}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(let_in.count(f"user {number}") for number in range(4)) <= 10
    assert len(let_in) <= 25
    assert len(let_in) >= 20


class TestWithoutRedis:
    def test_each_process_keeps_to_a_twentieth_by_itself(self, caplog: pytest.LogCaptureFixture) -> None:
        clock = FakeClock()
        quota = RedisQuota(connect(NOBODY), clock, Sizes(project=300, user=60)).of("project", "alice")
        with caplog.at_level(logging.WARNING):
            for _ in range(3):
                done(quota)
            assert wait_of(quota) >= 60
        assert [record.message.split(" (")[0] for record in caplog.records] == ["Redis does not answer"]

    def test_what_was_called_before_redis_went_away_counts_afterwards(self, client: redis.Redis) -> None:
        clock = FakeClock()
        quota = a_quota(client, clock, Sizes(project=300, user=60)).of("project", "alice")
        for _ in range(3):
            done(quota)
        quota._run = _Broken()
        assert wait_of(quota) >= 60

    def test_what_was_called_alone_is_told_to_redis_when_it_is_back(
        self, client: redis.Redis, caplog: pytest.LogCaptureFixture
    ) -> None:
        clock = FakeClock()
        quotas = a_quota(client, clock, Sizes(project=300, user=60))
        quota, works = quotas.of("project", "alice"), quotas._run
        quota._run = _Broken()
        for _ in range(3):
            done(quota)
        quota._run = works
        clock.advance(seconds=6)
        with caplog.at_level(logging.WARNING):
            for _ in range(57):
                done(quota)
        assert wait_of(quotas.of("project", "alice")) > 0
        assert "Redis answers again" in caplog.text

    def test_it_starts_with_a_redis_that_is_not_there(self, tmp_path: Path) -> None:
        quota = RedisQuota(connect(NOBODY), FakeClock())
        quota.leave(quota.before_call(READ))


class _Broken:
    """A script that finds no server."""

    def __call__(self, **asked: object) -> object:
        raise redis.ConnectionError("connection refused")
