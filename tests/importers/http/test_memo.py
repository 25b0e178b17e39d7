"""What is worth knowing for a while."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from importers.http.memo import MemoryMemo, RedisMemo, remembered
from importers.http.redis_governor import connect
from importers.interfaces import Memo
from tests.fakes import FakeClock
from tests.valkey import running_redis


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(params=["memory", "redis"])
def memo(request: pytest.FixtureRequest, clock: FakeClock) -> Iterator[Memo]:
    if request.param == "memory":
        yield MemoryMemo(clock)
        return
    with connect(request.getfixturevalue("url")) as client:
        client.flushall()
        yield RedisMemo(client)


def test_what_was_put_is_there(memo: Memo) -> None:
    assert memo.get("a") is None
    memo.put("a", b"1", timedelta(minutes=1))
    memo.put("b", b"2", timedelta(minutes=1))
    memo.put("a", b"3", timedelta(minutes=1))
    assert (memo.get("a"), memo.get("b")) == (b"3", b"2")


def test_the_same_is_not_asked_for_twice_in_a_minute(memo: Memo) -> None:
    asked: list[int] = []

    def find() -> list[int]:
        asked.append(1)
        return asked

    assert remembered(memo, "k", find, list[int]) == [1]
    assert remembered(memo, "k", find, list[int]) == [1]
    assert len(asked) == 1


def test_that_nothing_was_found_is_remembered_too(memo: Memo) -> None:
    assert remembered(memo, "k", lambda: None, int | None) is None
    assert remembered(memo, "k", lambda: 5, int | None) is None


def test_what_another_version_wrote_is_found_anew(memo: Memo) -> None:
    memo.put("k", b'{"is": "old"}', timedelta(minutes=1))
    assert remembered(memo, "k", lambda: 5, int | None) == 5


def test_after_its_span_it_is_forgotten(clock: FakeClock) -> None:
    memo = MemoryMemo(clock)
    memo.put("a", b"1", timedelta(minutes=1))
    clock.advance(seconds=61)
    assert memo.get("a") is None


def test_memory_does_not_grow_for_ever(clock: FakeClock) -> None:
    memo = MemoryMemo(clock)
    for number in range(2000):
        memo.put(str(number), b"", timedelta(minutes=1))
    assert memo.get("0") is None
    assert memo.get("1999") == b""


def test_a_redis_that_is_away_knows_nothing_and_is_no_trouble() -> None:
    with connect("redis://127.0.0.1:1") as client:
        memo = RedisMemo(client)
        memo.put("a", b"1", timedelta(minutes=1))
        assert memo.get("a") is None
