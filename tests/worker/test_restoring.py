"""What becomes of a worker that has messages in hand when Redis goes away."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from celery import Celery
from kombu import Connection, Consumer, Exchange, Queue

from pipesheet.redis_server import prepare
from tests.valkey import wait_for
from worker.queue import QUEUE, CeleryQueue
from worker.restoring import mend

pytestmark = pytest.mark.slow


@pytest.fixture
def dying_redis(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    server = prepare(tmp_path)
    process = subprocess.Popen(server.command, stdout=subprocess.DEVNULL)
    wait_for(server.url)
    yield server.url, process
    process.kill()
    process.wait(timeout=10)


def test_a_worker_outlives_a_redis_that_dies_while_runs_are_under_way(
    dying_redis: tuple[str, subprocess.Popen[bytes]],
) -> None:
    mend()
    url, redis = dying_redis
    connection = Celery("pipesheet", broker=url).connection_for_read()
    taken = _with_a_message_in_hand(connection, url)
    redis.kill()
    redis.wait(timeout=10)
    # What Celery does then, one after the other (celery/worker/consumer/consumer.py).
    connection.collect()
    connection.close()
    assert len(taken) == 1


def _with_a_message_in_hand(connection: Connection, url: str) -> list[object]:
    """As a worker listens: for runs, and for what all workers are told; the first run is not acknowledged."""
    CeleryQueue(url).run_imports([1])
    taken: list[object] = []
    runs = Queue(QUEUE, routing_key=QUEUE)
    Consumer(connection.default_channel, [runs], accept=["json"], callbacks=[lambda _, it: taken.append(it)]).consume()
    told = Queue("told", Exchange("told", "fanout", auto_delete=True), auto_delete=True)
    Consumer(connection.channel(), [told], callbacks=[print]).consume()
    with suppress(TimeoutError):  # and asks for the next one
        while True:
            connection.drain_events(timeout=0.5)
    return taken
