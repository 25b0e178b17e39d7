"""Is everything there that imports need, and if not, what to do?"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click

from importers.bootstrap import build
from importers.config import Settings
from importers.http.session import make_session
from importers.services.health import Check, Checkup
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
    "pipedrive": "See that this machine may reach https://api.pipedrive.com (firewall, proxy).",
}


def check(settings: Settings) -> bool:
    """Print a table of what was looked at; whether all of it is well."""
    click.echo(f"{'home':9}  {'':6}  {settings.home}")
    settings = replace(settings, redis_url=settings.redis_url or url_of_last_start(settings.home))
    checks = (*_ours(settings), _vendor(settings))
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


def _ours(settings: Settings) -> Checkup:
    services = build(settings)
    try:
        return services.health.check()
    finally:
        services.close()


def _vendor(settings: Settings) -> Check:
    """The sandbox where the last start used one, and the environment says nothing else."""
    sandbox = {} if settings.reroutes else reroutes_of_last_start(settings.home)
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
