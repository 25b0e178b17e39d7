"""
`pipesheet up`: the whole of Pipesheet on this machine, one process each.

When a part stops by itself everything is stopped, with a line saying which: a
web page without its worker, or a worker without its clock, would look alive
and do nothing. What may die without harm is brought back one level below, by
gunicorn and by Celery, which replace their own processes.
"""

from __future__ import annotations

import http.client
import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import click
from filelock import FileLock, Timeout

from importers.config import Settings
from importers.errors import ImporterError, SetupError
from importers.secret import Secret
from pipesheet.crew import Crew, Member, Stopped
from pipesheet.ports import LOOPBACK, free_port, listen_on
from pipesheet.redis_server import prepare

SANDBOX_PORT = 8100
READY_WITHIN = 90.0
"""Seconds until the first page must answer; a small machine needs a few."""


def up(settings: Settings, *, sandbox: bool = False) -> None:
    """
    Start everything, say where it is, and stay until Ctrl-C.

    1. Claim the home folder, so that no second one works on the same data.
    2. Start Redis (and the sandbox) and bring the database up to date.
    3. Start web, worker and clock, and say when the first page answers.
    4. Stop all of it at the end, Redis last.
    """
    crew = Crew()
    with _claim(settings.home), crew.on_duty():
        env = _start_foundations(crew, settings, sandbox=sandbox)
        ours = Settings.from_env({**os.environ, **env})
        _migrate(ours)
        port = _start_house(crew, ours, env)
        crew.alongside(lambda: _make_ready(ours, port))
        stopped = crew.watch()
    if stopped:
        raise ImporterError(_why(stopped))


@contextmanager
def _claim(home: Path) -> Iterator[None]:
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = FileLock(home / "up.lock")
        lock.acquire(blocking=False)
    except Timeout as error:
        raise SetupError(
            f"Pipesheet is running in {home} already.",
            hint="Stop that one first, or give this one a folder of its own in PIPESHEET_HOME.",
        ) from error
    except OSError as error:
        raise SetupError(
            f"The folder {home} cannot be used ({error.strerror}).", hint="Name another one in PIPESHEET_HOME."
        ) from error
    with lock:
        yield


def _start_foundations(crew: Crew, settings: Settings, *, sandbox: bool) -> dict[str, str]:
    """Start what the others lean on; the environment they need for it."""
    env = {"PYTHONUNBUFFERED": "1", "PIPESHEET_HOME": str(settings.home)}
    if not settings.redis_url:
        redis = prepare(settings.home)
        crew.start(Member("redis", redis.command, leaves_last=True))
        env["REDIS_URL"] = redis.url
    if sandbox:
        env |= _start_sandbox(crew)
    return env


def _start_sandbox(crew: Crew) -> dict[str, str]:
    from sandbox.world import TOKEN

    port = free_port(SANDBOX_PORT)
    crew.start(Member("sandbox", (sys.executable, "-m", "sandbox", "--port", str(port))))
    return {
        "PIPESHEET_SANDBOX": "true",
        "PIPESHEET_SANDBOX_TOKEN": TOKEN,
        "PIPESHEET_REROUTE": f"*.pipedrive.com=http://{LOOPBACK}:{port}",
    }


def _migrate(settings: Settings) -> None:
    from importers.bootstrap import migrate

    migrate(settings)


def _start_house(crew: Crew, settings: Settings, env: dict[str, str]) -> int:
    """Start web, worker and clock; the port the pages are on."""
    with listen_on(settings.port) as listening:
        port = int(listening.getsockname()[1])
        if port != settings.port:
            click.echo(f"Port {settings.port} is taken; using {port}.")
        env = {**env, "PORT": str(port)}
        crew.start(Member("web", _web(listening), env, pass_fds=(listening.fileno(),)))
    crew.start(Member("worker", _WORKER, env))
    crew.start(Member("clock", (sys.executable, "-m", "worker.clock"), env))
    return port


def _web(listening: socket.socket) -> tuple[str, ...]:
    return (
        *(sys.executable, "-m", "gunicorn", "web.wsgi:app"),
        *("--bind", f"fd://{listening.fileno()}"),
        # Each open run page holds a thread for its stream of events.
        *("--worker-class", "gthread", "--workers", "1", "--threads", "32"),
        *("--timeout", "60", "--keep-alive", "15"),
        # Ctrl-C should not wait for the streams, which come back by themselves.
        *("--graceful-timeout", "2"),
        *("--log-level", "warning", "--no-control-socket"),
    )


_WORKER = (
    *(sys.executable, "-m", "celery", "--quiet", "--app", "worker.app", "worker"),
    *("--loglevel", "INFO", "--without-mingle", "--without-gossip"),
)


def _make_ready(settings: Settings, port: int) -> str:
    """Wait for the first page, prepare the sandbox's first importer, and say where everything is."""
    _wait_for_health(port, within=READY_WITHIN)
    if settings.sandbox:
        _prepare_sandbox(settings)
    return f"Pipesheet is ready: {settings.public_url or f'http://{LOOPBACK}:{port}'}"


def _wait_for_health(port: int, *, within: float) -> None:
    end, pause = monotonic() + within, threading.Event()
    while not _is_healthy(port):
        if monotonic() > end:
            raise ImporterError(f"The web did not answer within {within:.0f} seconds, so everything was stopped.")
        pause.wait(0.1)


def _is_healthy(port: int) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()


def _prepare_sandbox(settings: Settings) -> None:
    from importers.bootstrap import build
    from sandbox.world import TOKEN

    services = build(settings)
    try:
        services.setup.prepare_sandbox(Secret(TOKEN))
    finally:
        services.close()


def _why(stopped: Stopped) -> str:
    return (
        f"The {stopped.name} stopped by itself (exit code {stopped.returncode}), so everything was stopped. "
        "Its last lines above say why."
    )
