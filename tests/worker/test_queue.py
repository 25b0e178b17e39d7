from __future__ import annotations

import json
import logging
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from pipesheet.redis_server import prepare
from tests.valkey import connect, running, running_redis
from worker.queue import QUEUE, RUN_IMPORT, CeleryQueue, broker_url


@pytest.fixture
def nowhere() -> Iterator[str]:
    """Where no Redis is. The port is held, as whoever took it might listen and keep us waiting for an answer."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        yield f"redis://:hush@127.0.0.1:{silent.getsockname()[1]}/0"


def test_a_message_holds_the_task_and_the_run_and_nothing_secret(tmp_path: Path) -> None:
    with running_redis(tmp_path) as url, connect(url) as client:
        CeleryQueue(url).run_import(7)
        [raw] = client.lrange(QUEUE, 0, -1)
    message = json.loads(raw)
    assert message["headers"]["task"] == RUN_IMPORT
    assert message["headers"]["argsrepr"] == "[7]"
    assert message["content-type"] == "application/json"


def test_without_redis_it_says_so_and_goes_on_at_once(nowhere: str, caplog: pytest.LogCaptureFixture) -> None:
    queue = CeleryQueue(nowhere)
    started = time.monotonic()
    with caplog.at_level(logging.WARNING):
        queue.run_import(7)
    assert time.monotonic() - started < 2
    assert "Run 7 stays queued" in caplog.text
    assert "hush" not in caplog.text


def test_many_runs_are_handed_over_in_their_order_behind_those_that_somebody_waits_for(tmp_path: Path) -> None:
    with running_redis(tmp_path) as url, connect(url) as client:
        queue = CeleryQueue(url)
        queue.run_imports([7, 8, 9])
        queue.run_import(10)
        assert queue.waiting() == 4
        assert taken(client) == ["[10]", "[7]", "[8]", "[9]"]
        assert queue.waiting() == 0


def taken(client: Redis) -> list[str]:
    """The arguments of all messages, as workers take them: from the end of the first list that has any."""
    lists = [QUEUE, *(f"{QUEUE}\x06\x16{step}" for step in (3, 6, 9))]
    messages = []
    while found := client.brpop(lists, timeout=1):
        messages.append(json.loads(found[1])["headers"]["argsrepr"])
    return messages


def test_many_runs_are_handed_over_when_redis_was_restarted(tmp_path: Path) -> None:
    server = prepare(tmp_path)
    queue = CeleryQueue(server.url)
    with running(server):
        queue.run_imports([1])
    with running(server) as url, connect(url) as client:
        queue.run_imports([2, 3])
        assert set(taken(client)) >= {"[2]", "[3]"}


def test_without_redis_many_runs_stay_queued_and_nobody_knows_how_many_wait(
    nowhere: str, caplog: pytest.LogCaptureFixture
) -> None:
    queue = CeleryQueue(nowhere)
    started = time.monotonic()
    with caplog.at_level(logging.WARNING):
        queue.run_imports([7, 8])
    assert queue.waiting() is None
    assert time.monotonic() - started < 4
    assert "2 runs stay queued" in caplog.text
    assert "hush" not in caplog.text


def test_the_next_run_is_queued_when_redis_was_restarted(tmp_path: Path) -> None:
    server = prepare(tmp_path)
    queue = CeleryQueue(server.url)
    with running(server):
        queue.run_import(1)
    with running(server) as url, connect(url) as client:
        queue.run_import(2)
        assert client.llen(QUEUE) == 2


@pytest.mark.parametrize(
    ("ours", "celerys"),
    [
        ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"),
        ("rediss://example.com:6380/1", "rediss://example.com:6380/1"),
        ("unix:///run/redis.sock", "redis+socket:///run/redis.sock"),
    ],
)
def test_addresses_are_said_in_celerys_words(ours: str, celerys: str) -> None:
    assert broker_url(ours) == celerys
