"""Several processes find the same access token refused at the same moment; the sandbox counts who refreshes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from importers import bootstrap
from importers.config import Settings
from importers.secret import Secret
from importers.store.database import open_engine
from importers.store.schema import metadata
from importers.store.sql import SqlStore
from sandbox.apps import DEMO
from tests import people
from tests.processes import ROOT, SandboxProcess, sandbox_process

pytestmark = pytest.mark.slow  # real processes, and a sandbox of their own

BACK = "http://127.0.0.1:8000/connections/oauth/callback"
CHECK = """
import sys
from importers import bootstrap
from importers.config import Settings

services = bootstrap.build(Settings.from_env())
actor = services.people.actor(int(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
print(services.connections.check(actor, int(sys.argv[2])).status)
"""
HOW_MANY = 4


def _empty(url: str) -> None:
    """Other tests use the same PostgreSQL."""
    engine = open_engine(url)
    with engine.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
    engine.dispose()


def consent(sandbox: SandboxProcess) -> Secret:
    asked = {"client_id": DEMO.client_id, "redirect_uri": BACK, "answer": "allow"}
    answer = requests.post(f"{sandbox.address}/oauth/authorize", data=asked, timeout=10, allow_redirects=False)
    return Secret(parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0])


def checked_at_once(env: dict[str, str], user_id: int, connection_id: int) -> list[str]:
    command = (sys.executable, "-c", CHECK, str(user_id), str(connection_id))
    crew = [
        subprocess.Popen(command, env=env, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(HOW_MANY)
    ]
    for one in crew:
        assert one.stdout
        assert one.stdout.readline() == "ready\n"
    for one in crew:
        assert one.stdin
        one.stdin.write("\n")
        one.stdin.flush()
    return [one.communicate(timeout=60)[0].strip() for one in crew]


@pytest.mark.parametrize("rotation", [(), ("--rotate-refresh-tokens",)], ids=["kept", "rotating"])
@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def test_processes_that_find_a_token_refused_refresh_it_once(
    tmp_path: Path, request: pytest.FixtureRequest, database: str, rotation: tuple[str, ...]
):
    url = (
        f"sqlite:///{tmp_path / 'pipesheet.db'}" if database == "sqlite" else request.getfixturevalue("postgresql_url")
    )
    with sandbox_process("--deals", "10", *rotation) as sandbox:
        env = {
            **os.environ,
            "PIPESHEET_HOME": str(tmp_path),
            "DATABASE_URL": url,
            "REDIS_URL": "",
            "PIPESHEET_REROUTE": sandbox.reroute,
            "PIPEDRIVE_CLIENT_ID": DEMO.client_id,
            "PIPEDRIVE_CLIENT_SECRET": DEMO.client_secret,
        }
        settings = Settings.from_env(env)
        bootstrap.migrate(settings)
        _empty(url)
        store, services = SqlStore(url), bootstrap.build(settings)
        alice = people.move_in(store).alice
        connection = services.connections.link_by_consent(alice, consent(sandbox), redirect_uri=BACK)
        requests.post(f"{sandbox.address}/_sandbox/expire-access-tokens", timeout=10)
        told = checked_at_once(env, alice.user.id, connection.id)
        calls = sandbox.calls()
        services.close()
        store.close()
    assert told == ["working"] * HOW_MANY
    refreshes = [call for call in calls if dict(call["form"]).get("grant_type") == "refresh_token"]
    assert [call["status"] for call in refreshes] == [200]
    assert sum(call["status"] == 401 for call in calls) >= 1
