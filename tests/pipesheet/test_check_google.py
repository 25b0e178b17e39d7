"""`pipesheet check` asks Google for whoever is connected to it."""

from __future__ import annotations

import pytest

from importers.bootstrap import build, migrate
from importers.config import Settings
from importers.secret import Secret
from sandbox.google.accounts import DEMO_ROBOT
from tests.processes import GoogleProcess, pipesheet

pytestmark = pytest.mark.slow


@pytest.fixture
def env(env: dict[str, str], google: GoogleProcess) -> dict[str, str]:
    """The environment of an installation whose owner connected a service account."""
    env = {**env, "PIPESHEET_REROUTE": f"{env['PIPESHEET_REROUTE']},{google.reroute}"}
    settings = Settings.from_env(env)
    migrate(settings)
    services = build(settings)
    owner = services.people.sign_up_owner("ada@example.com", "correct horse battery")
    services.google.link_service_account(owner, Secret(google.key_file()))
    services.close()
    return env


def google_line(env: dict[str, str]) -> str:
    lines = pipesheet("check", env=env).stdout.splitlines()
    [line] = [line for line in lines if line.startswith("google ")]
    return line


def test_it_says_that_google_lets_everybody_in(env: dict[str, str]):
    assert google_line(env) == "google     ok      Google answers, and lets in 1 connection."


def test_it_says_who_is_not_let_in_and_what_to_do(env: dict[str, str], google: GoogleProcess):
    google.trouble("invalid_grant")
    line = google_line(env)
    assert "NOT OK" in line
    assert f"Google ({DEMO_ROBOT.email}): Google no longer accepts the key" in line
    assert "Connections › Reconnect" in line
