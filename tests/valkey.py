"""The Redis that comes along, running for a test."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from pipesheet.redis_server import RedisServer, prepare


@contextmanager
def running_redis(home: Path) -> Iterator[str]:
    """Its URL, while it runs with its data in *home*."""
    with running(prepare(home)) as url:
        yield url


@contextmanager
def running(server: RedisServer) -> Iterator[str]:
    process = subprocess.Popen(server.command, stdout=subprocess.DEVNULL)
    try:
        wait_for(server.url)
        yield server.url
    finally:
        process.terminate()
        process.wait(timeout=10)


def connect(url: str) -> redis.Redis:
    """A client that fails at once instead of trying again."""
    return redis.Redis.from_url(url, retry=None)


def wait_for(url: str) -> None:
    with connect(url) as client:
        for _ in range(500):
            try:
                client.ping()
            except redis.ConnectionError:
                time.sleep(0.02)
            else:
                return
    raise AssertionError("no Redis within ten seconds")
