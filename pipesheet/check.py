"""Is everything there that imports need, and if not, what to do?"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import click

from importers.bootstrap import build
from importers.config import Settings
from importers.http.session import make_session
from importers.secret import Secret
from importers.services.health import Check
from pipesheet.claim import is_running
from pipesheet.redis_server import url_of_last_start
from pipesheet.sandbox_home import reroutes_of_last_start

PIPEDRIVE = "https://api.pipedrive.com/v1/users/me"

_WHAT_TO_DO = {
    "database": "Run `pipesheet migrate`, and see that DATABASE_URL or PIPESHEET_HOME is right.",
    "redis": "Start everything with `pipesheet up`, or see that REDIS_URL is right and that server runs.",
    "worker": "Start everything with `pipesheet up`, or a worker as the Procfile says.",
    "clock": "Start everything with `pipesheet up`, or a clock as the Procfile says.",
    "sandbox": "Start everything with `pipesheet up --sandbox`, or without it to import from Pipedrive itself.",
    "google": "See that this machine may reach https://sheets.googleapis.com; Connections › Reconnect, where it refuses.",
    "pipedrive": "See that this machine may reach https://api.pipedrive.com (firewall, proxy).",
}


def check(settings: Settings) -> bool:
    """Print a table of what was looked at; whether all of it is well."""
    click.echo(f"{'home':9}  {'':6}  {settings.home}")
    settings = replace(settings, redis_url=settings.redis_url or url_of_last_start(settings.home))
    sandbox = {} if settings.reroutes else reroutes_of_last_start(settings.home)
    checks = (*_ours(_in_sandbox(settings, sandbox) if sandbox else settings), _pipedrive_or(sandbox, settings))
    for each in checks:
        click.echo(f"{each.name:9}  {'ok' if each.ok else 'NOT OK':6}  {_told(each)}")
    for other in _others(settings.home):
        click.echo(
            f"There is another one in {other}. To look there: PIPESHEET_HOME={shlex.quote(str(other))} pipesheet check"
        )
    return all(each.ok for each in checks)


def _others(home: Path) -> Iterator[Path]:
    """Homes that may be meant instead: what `make run` keeps in this folder, and any that runs."""
    here, usual = Path.cwd() / ".pipesheet", Path("~/.pipesheet").expanduser()
    for other in sorted({here, usual} - {home}):
        is_meant = other == here and not os.environ.get("PIPESHEET_HOME")
        if other.is_dir() and (is_meant or is_running(other)):
            yield other


def _ours(settings: Settings) -> Sequence[Check]:
    """Google among them, where anybody is connected to it."""
    services = build(settings)
    try:
        google = services.health.google()
        return (*services.health.check(), *([google] if google else []))
    finally:
        services.close()


def _in_sandbox(settings: Settings, sandbox: Mapping[str, str]) -> Settings:
    """As the last start set it."""
    from sandbox.google.accounts import DEMO

    return replace(
        settings,
        reroutes=sandbox,
        google_client_id=DEMO.client_id,
        google_client_secret=Secret(DEMO.client_secret),
    )


def _pipedrive_or(sandbox: Mapping[str, str], settings: Settings) -> Check:
    """The sandbox where the last start used one, and the environment says nothing else."""
    if not sandbox:
        return _pipedrive(settings)
    ok = _pipedrive(replace(settings, reroutes=sandbox)).ok
    told = "answers" if ok else "cannot be reached"
    return Check("sandbox", ok, f"This installation uses the sandbox instead of Pipedrive; it {told}.")


def _pipedrive(settings: Settings) -> Check:
    """Any answer will do, a refusal too: it is the way there that is looked at, and no token is needed for it."""
    try:
        with make_session(reroutes=settings.reroutes) as session:
            session.get(PIPEDRIVE, timeout=10)
    except OSError:
        return Check("pipedrive", False, "Pipedrive cannot be reached.")
    return Check("pipedrive", True, "Pipedrive answers.")


def _told(check: Check) -> str:
    return check.detail if check.ok else f"{check.detail} {_WHAT_TO_DO.get(check.name, '')}".strip()
