"""A Redis server of its own for a benchmark."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from pipesheet.redis_server import prepare


@contextmanager
def redis_server(home: Path) -> Iterator[str]:
    """One of its own that keeps its data in *home*; yields its URL."""
    server = prepare(home)
    process = subprocess.Popen(server.command, stdout=subprocess.DEVNULL)
    try:
        with redis.Redis.from_url(server.url, retry=None) as client:
            _await(client)
        yield server.url
    finally:
        process.terminate()
        process.wait(10)


def _await(client: redis.Redis) -> None:
    for _ in range(200):
        try:
            client.ping()
        except redis.ConnectionError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("Redis did not answer within ten seconds")
