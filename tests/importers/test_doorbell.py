"""Something new happened to run X."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from importers.clock import SystemClock
from importers.doorbell import MemoryDoorbell, RedisDoorbell
from tests.contracts.doorbell import DoorbellContract
from tests.fakes import FakeClock
from tests.valkey import running_redis

NOBODY = "redis://127.0.0.1:1"


class TestMemory(DoorbellContract):
    @pytest.fixture
    def doorbell(self, clock: SystemClock) -> MemoryDoorbell:
        return MemoryDoorbell(clock)

    @pytest.fixture
    def other(self, doorbell: MemoryDoorbell) -> MemoryDoorbell:
        return doorbell


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


class TestRedis(DoorbellContract):
    @pytest.fixture
    def doorbell(self, url: str, clock: SystemClock) -> Iterator[RedisDoorbell]:
        doorbell = RedisDoorbell(url, clock=clock)
        yield doorbell
        doorbell.close()

    @pytest.fixture
    def other(self, url: str, clock: SystemClock) -> Iterator[RedisDoorbell]:
        other = RedisDoorbell(url, clock=clock)
        yield other
        other.close()

    def test_it_answers(self, doorbell: RedisDoorbell):
        doorbell.ping()


def test_a_ring_never_fails_while_redis_is_away(clock: FakeClock):
    RedisDoorbell(NOBODY, clock=clock).ring(1)


def test_a_redis_that_is_away_is_not_tried_at_every_ring(clock: FakeClock, monkeypatch: pytest.MonkeyPatch):
    tried: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda self, address: _refuse(tried, address))
    doorbell = RedisDoorbell(NOBODY, clock=clock)
    doorbell.ring(1)
    once = len(tried)
    doorbell.ring(1)
    assert len(tried) == once > 0
    clock.advance(seconds=6)
    doorbell.ring(1)
    assert len(tried) == 2 * once


def _refuse(tried: list[object], address: object) -> None:
    tried.append(address)
    raise ConnectionRefusedError


def test_while_redis_is_away_waiting_is_just_waiting(clock: FakeClock):
    RedisDoorbell(NOBODY, clock=clock).wait(1, 2.5)
    assert clock.monotonic() == pytest.approx(2.5)


def test_a_memory_doorbell_waits_no_longer_than_asked(clock: FakeClock):
    MemoryDoorbell(clock).wait(1, 2.5)
    assert clock.monotonic() == pytest.approx(2.5, abs=0.1)
