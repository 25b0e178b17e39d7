"""The Redis that comes along, where other hosts reach it."""

from __future__ import annotations

from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from pipesheet.redis_server import prepare
from tests.hosts import Host
from tests.processes import wait_until
from tests.valkey import connect


def a_redis(host: Host, home: Path) -> str:
    """Its address, for all hosts."""
    server = prepare(home)
    config = Path(server.command[-1])
    addresses = " ".join({"127.0.0.1", host.address})
    config.write_text(config.read_text().replace("bind 127.0.0.1", f"bind {addresses}"))
    host.start(server.command)
    with connect(server.url) as client:
        wait_until(lambda: answers(client))
    return server.url.replace("@127.0.0.1:", f"@{host.address}:")


def answers(client: Redis) -> bool:
    try:
        return bool(client.ping())
    except RedisError:
        return False
