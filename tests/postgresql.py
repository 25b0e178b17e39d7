"""A PostgreSQL server for the tests that need a real one."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import create_engine, make_url, text

_OPTIONS = "-c listen_addresses='' -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=50"
REMEMBERS = _OPTIONS.replace("synchronous_commit=off", "synchronous_commit=on")
"""For who crashes the server (not the machine): what was committed is there afterwards."""

_MISSING = (
    "These tests need PostgreSQL's server programs, which are not here. Install them with\n"
    "    apt-get install -y postgresql\n"
    "or set TEST_DATABASE_URL=postgresql+psycopg://user:password@host/database to use a server of yours."
)


@contextmanager
def a_database() -> Iterator[str]:
    """The URL of an empty schema of this process: on TEST_DATABASE_URL, else on a server started for it."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        with _a_schema(given) as url:
            yield url
        return
    with a_server() as server, _a_schema(server.url) as schema_url:
        yield schema_url


@contextmanager
def _a_schema(url: str) -> Iterator[str]:
    schema = f"pipesheet_test_{os.getpid()}"
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    try:
        address = make_url(url).update_query_dict({"options": f"-csearch_path={schema}"})
        yield address.render_as_string(hide_password=False)
    finally:
        with engine.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
        engine.dispose()


@dataclass(frozen=True)
class Server:
    """One that runs: its address, and how to end and begin it at once, as after a crash."""

    url: str
    pg_ctl: tuple[str | Path, ...]
    options: str

    def start(self) -> None:
        _run(*self.pg_ctl, "-o", self.options, "start")

    def crash(self) -> None:
        _run(*self.pg_ctl, "-m", "immediate", "stop")


@contextmanager
def a_server(options: str = _OPTIONS) -> Iterator[Server]:
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="pg"))  # short: a socket's path may have a hundred characters
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        data = folder / "data"
        _run(programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        pg_ctl = (programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log")
        url = f"postgresql+psycopg://postgres@/postgres?host={quote(str(folder), safe='')}"
        server = Server(url, pg_ctl, f"-k {folder} {options}")
        server.start()
        try:
            yield server
        finally:
            server.crash()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version, reverse=True)
    elsewhere = shutil.which("initdb")
    if not found and not elsewhere:
        raise AssertionError(_MISSING)
    return found[0].parent if found else Path(elsewhere or "").resolve().parent


def _version(program: Path) -> int:
    name = program.parent.parent.name
    return int(name) if name.isdecimal() else 0


def _run(*command: str | Path) -> None:
    # PostgreSQL refuses to run as root.
    prefix = ("runuser", "-u", "postgres", "--") if os.geteuid() == 0 else ()
    done = subprocess.run(
        [*prefix, *command],
        cwd="/",
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert done.returncode == 0, f"{Path(command[0]).name} failed: {done.stderr}"
