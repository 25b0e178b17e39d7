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
import signal
import socket
import sys
import threading
from pathlib import Path
from time import monotonic

import click

from importers.config import Settings
from importers.errors import ImporterError
from importers.secret import Secret
from pipesheet.claim import claim
from pipesheet.crew import Crew, Member, Stopped
from pipesheet.ports import LOOPBACK, listen_on
from pipesheet.redis_server import log_of, prepare
from pipesheet.sandbox_home import remember

SANDBOX_PORT = 8100
GOOGLE_PORT = 8101
READY_WITHIN = 90.0
"""Seconds until the first page must answer; a small machine needs a few."""


def up(settings: Settings, *, sandbox: bool = False) -> None:
    """
    Start everything, say where it is, and stay until Ctrl-C.

    1. Claim the home folder, so that no second one works on the same data.
    2. Start Redis (and the sandboxes), and the web, which asks the database nothing by itself.
    3. Bring the database up to date, then start worker and clock.
    4. Say when all of it is well.
    5. Stop all of it at the end, Redis last.
    """
    crew = Crew()
    with claim(settings.home), crew.on_duty():
        env = _start_redis(crew, settings) | (_start_sandboxes(crew, settings.home) if sandbox else {})
        remember(settings.home, env.get("PIPESHEET_REROUTE", ""))
        port = _start_web(crew, settings.port, env)
        ours = Settings.from_env({**os.environ, **env, "PORT": str(port)})
        _migrate(ours)
        crew.start(Member("worker", _WORKER, env))
        crew.start(Member("clock", (sys.executable, "-m", "worker.clock"), env))
        crew.alongside(lambda: _make_ready(ours))
        stopped = crew.watch()
    if stopped:
        raise ImporterError(_why(stopped, settings.home))
    click.echo("Stopped.")


def _start_redis(crew: Crew, settings: Settings) -> dict[str, str]:
    """Start one unless there is one; the environment everybody needs."""
    env = {"PYTHONUNBUFFERED": "1", "PIPESHEET_HOME": str(settings.home)}
    if settings.redis_url:
        return env
    redis = prepare(settings.home)
    crew.start(Member("redis", redis.command, leaves_last=True))
    return {**env, "REDIS_URL": redis.url}


def _start_sandboxes(crew: Crew, home: Path) -> dict[str, str]:
    """The environment that sends calls to the pretend vendors, to nobody else."""
    pipedrive, google = _start_pipedrive(crew), _start_google(crew, home)
    reroute = f"{pipedrive.pop('PIPESHEET_REROUTE')},{google.pop('PIPESHEET_REROUTE')}"
    return {"PIPESHEET_SANDBOX": "true", "PIPESHEET_REROUTE": reroute, **pipedrive, **google}


def _start_pipedrive(crew: Crew) -> dict[str, str]:
    from sandbox.apps import DEMO
    from sandbox.world import TOKEN

    address = _start_pretender(crew, "sandbox", "sandbox", SANDBOX_PORT)
    return {
        "PIPESHEET_SANDBOX_TOKEN": TOKEN,
        "PIPEDRIVE_CLIENT_ID": DEMO.client_id,
        "PIPEDRIVE_CLIENT_SECRET": DEMO.client_secret,
        "PIPESHEET_REROUTE": f"*.pipedrive.com={address}",
    }


def _start_google(crew: Crew, home: Path) -> dict[str, str]:
    """It remembers its spreadsheets, and who granted what, in *home*."""
    from sandbox.google.accounts import API_KEY, DEMO, HOSTS, PROJECT_NUMBER

    state = home / "sandbox-google.json"
    address = _start_pretender(crew, "google", "sandbox.google", GOOGLE_PORT, "--state", str(state))
    return {
        "GOOGLE_CLIENT_ID": DEMO.client_id,
        "GOOGLE_CLIENT_SECRET": DEMO.client_secret,
        "GOOGLE_API_KEY": API_KEY,
        "GOOGLE_PROJECT_NUMBER": PROJECT_NUMBER,
        "PIPESHEET_REROUTE": ",".join(f"{host}={address}" for host in HOSTS),
    }


def _start_pretender(crew: Crew, name: str, module: str, wanted: int, *arguments: str) -> str:
    """Its address: the wanted port or the next free one."""
    with listen_on(wanted) as listening:
        port, fd = int(listening.getsockname()[1]), listening.fileno()
        command = (sys.executable, "-m", module, "--fd", str(fd), *arguments)
        crew.start(Member(name, command, pass_fds=(fd,)))
    return f"http://{LOOPBACK}:{port}"


def _migrate(settings: Settings) -> None:
    from importers.bootstrap import migrate

    migrate(settings)


def _start_web(crew: Crew, wanted: int, env: dict[str, str]) -> int:
    """Start it on the wanted port or the next free one, which is said and returned."""
    with listen_on(wanted) as listening:
        port = int(listening.getsockname()[1])
        if port != wanted:
            click.echo(f"Port {wanted} is taken; using {port}.")
        crew.start(Member("web", _web(listening), {**env, "PORT": str(port)}, pass_fds=(listening.fileno(),)))
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


def _make_ready(settings: Settings) -> str:
    """Prepare the sandbox's first importer, wait until all is well, and say where it is."""
    if settings.sandbox:
        _prepare_sandbox(settings)
    _wait_for_health(settings.port, within=READY_WITHIN)
    return f"Pipesheet is ready: {settings.public_url or f'http://{LOOPBACK}:{settings.port}'}"


def _wait_for_health(port: int, *, within: float) -> None:
    end, pause = monotonic() + within, threading.Event()
    while not _is_healthy(port):
        if monotonic() > end:
            raise ImporterError(f"Pipesheet was not ready within {within:.0f} seconds, so everything was stopped.")
        pause.wait(0.1)


def _is_healthy(port: int) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=30)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
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


def _why(stopped: Stopped, home: Path) -> str:
    where = f"{log_of(home)} says" if stopped.name == "redis" else "Its last lines above say"
    if stopped.returncode < 0:
        signalled = signal.Signals(-stopped.returncode).name
        how, where = f"was ended from outside ({signalled})", "Somebody did that, or the system short of memory; else"
        where += f" {log_of(home)} says" if stopped.name == "redis" else " its last lines above say"
    else:
        how = f"stopped by itself (exit code {stopped.returncode})"
    return f"The {stopped.name} {how}, so everything was stopped. {where} why."
