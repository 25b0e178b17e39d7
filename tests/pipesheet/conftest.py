from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.world import TOKEN
from tests.processes import GoogleProcess, SandboxProcess, clean_environment, google_process, sandbox_process


@pytest.fixture(scope="module")
def one_sandbox() -> Iterator[SandboxProcess]:
    with sandbox_process("--deals", "60", "--plan", "none") as sandbox:
        yield sandbox


@pytest.fixture
def pipedrive(one_sandbox: SandboxProcess) -> SandboxProcess:
    """A pretend Pipedrive in a process of its own, without trouble from the test before."""
    one_sandbox.no_trouble()
    return one_sandbox


@pytest.fixture(scope="module")
def one_google() -> Iterator[GoogleProcess]:
    with google_process("--per-user", "0", "--per-project", "0") as google:
        yield google


@pytest.fixture
def google(one_google: GoogleProcess) -> GoogleProcess:
    """A pretend Google in a process of its own, without trouble from the test before."""
    one_google.no_trouble()
    return one_google


@pytest.fixture
def env(tmp_path: Path, pipedrive: SandboxProcess) -> dict[str, str]:
    """The environment of somebody with a token."""
    return clean_environment(tmp_path / "home", PIPESHEET_REROUTE=pipedrive.reroute, PIPEDRIVE_API_TOKEN=TOKEN)
