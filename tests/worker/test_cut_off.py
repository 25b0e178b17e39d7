"""A worker whose Redis vanished without a word."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.hosts import a_network
from tests.processes import clean_environment, wait_until
from tests.remote_redis import a_redis

pytestmark = pytest.mark.slow

WORKER = """
import socket, time
from importers.config import Settings
from worker.options import OPTIONS
from worker.process import make_app

kept = OPTIONS["broker_transport_options"].get("socket_keepalive_options", {})
if socket.TCP_USER_TIMEOUT in kept:
    kept[socket.TCP_USER_TIMEOUT] = 3000  # a test's half minute
with make_app(Settings.from_env()).connection_for_read() as broker:
    redis = broker.default_channel.client
    print("redis answers", redis.ping(), flush=True)
    try:
        while True:
            redis.ping()
            time.sleep(0.1)
    except Exception as error:
        print("redis is gone", type(error).__name__, flush=True)
"""


def test_it_notices_before_long_and_does_not_wait_for_an_answer_that_never_comes(tmp_path: Path) -> None:
    with a_network("a", tmp_path) as network, network.centre.inside():
        if not network.is_real:
            pytest.skip(network.told)
        [host] = network.others
        env = clean_environment(tmp_path, REDIS_URL=a_redis(network.centre, tmp_path))
        host.start((sys.executable, "-c", WORKER), env)
        wait_until(lambda: "redis answers True" in host.log)
        host.unplug()
        wait_until(lambda: "redis is gone" in host.log, 10)
