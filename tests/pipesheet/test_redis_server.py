from __future__ import annotations

import stat
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis

from pipesheet.redis_server import prepare
from tests.valkey import connect, running_redis


def test_what_it_was_told_is_there_after_a_restart(tmp_path: Path) -> None:
    with running_redis(tmp_path) as url, connect(url) as client:
        client.rpush("pipesheet", "run 7")
    with running_redis(tmp_path) as url, connect(url) as client:
        assert client.lrange("pipesheet", 0, -1) == [b"run 7"]


def test_nobody_gets_in_without_the_password(tmp_path: Path) -> None:
    with running_redis(tmp_path) as url:
        port = urlsplit(url).port
        with connect(f"redis://127.0.0.1:{port}/0") as stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()


def test_only_its_owner_can_read_the_password(tmp_path: Path) -> None:
    prepare(tmp_path)
    assert stat.S_IMODE((tmp_path / "redis" / "valkey.conf").stat().st_mode) == 0o600


def test_a_home_with_spaces_and_quotes_is_a_home(tmp_path: Path) -> None:
    with running_redis(tmp_path / "Ann's data") as url, connect(url) as client:
        assert client.ping()
