"""`pipesheet import` over a workbook of last week, while Pipedrive is in trouble: one message, and the old rows stay."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.world import TOKEN
from tests.processes import SandboxProcess, clean_environment, pipesheet, sandbox_process

pytestmark = pytest.mark.slow

TROUBLE: list[tuple[dict[str, Any], int, str]] = [
    ({"kind": "revoked", "path": "/api/v2/deals", "after": 1}, 3, "refused the API token"),
    ({"kind": "html_403", "path": "/api/v2/deals", "after": 1}, 4, "has blocked this server"),
    ({"kind": "budget_spent", "path": "/api/v2/deals", "after": 1}, 4, "allowance"),
]
BRIEF: list[dict[str, Any]] = [
    {"kind": "rate_limit", "seconds": 1},
    {"kind": "server_error", "status": 503},
    {"kind": "cut"},
    {"kind": "truncate"},
    {"kind": "broken_json"},
    {"kind": "slow", "seconds": 1},
]


@pytest.fixture(scope="module")
def two_pages() -> Iterator[SandboxProcess]:
    with sandbox_process("--deals", "600", "--custom-fields", "0", "--plan", "none") as sandbox:
        yield sandbox


@pytest.fixture
def vendor(two_pages: SandboxProcess) -> SandboxProcess:
    two_pages.no_trouble()
    return two_pages


@pytest.fixture
def env(tmp_path: Path, vendor: SandboxProcess) -> dict[str, str]:
    return clean_environment(tmp_path / "home", PIPESHEET_REROUTE=vendor.reroute, PIPEDRIVE_API_TOKEN=TOKEN)


@pytest.fixture
def old(env: dict[str, str], tmp_path: Path) -> Path:
    """A workbook in a folder of its own."""
    file = tmp_path / "out" / "deals.xlsx"
    file.parent.mkdir()
    assert pipesheet("import", "stages", "--to", str(file), env=env).returncode == 0
    return file


def refused(file: Path, env: dict[str, str], *options: str) -> tuple[int, str]:
    """Exit code and message of an import that must leave everything as it was."""
    before = file.read_bytes()
    done = pipesheet("import", "deals", "--to", str(file), *options, env=env)
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert env["PIPEDRIVE_API_TOKEN"] not in done.stderr
    assert file.read_bytes() == before
    assert [one.name for one in file.parent.iterdir()] == [file.name]
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("fault", "code", "told"), TROUBLE, ids=lambda value: value["kind"] if isinstance(value, dict) else ""
)
def test_trouble_in_mid_run_is_told_and_changes_nothing(
    old: Path, env: dict[str, str], vendor: SandboxProcess, fault: dict[str, Any], code: int, told: str
) -> None:
    vendor.trouble(**fault)
    exit_code, message = refused(old, env)
    assert (exit_code, told in message) == (code, True), message


@pytest.mark.parametrize("fault", BRIEF, ids=lambda fault: str(fault["kind"]))
def test_brief_trouble_costs_time_and_no_row(
    tmp_path: Path, env: dict[str, str], vendor: SandboxProcess, fault: dict[str, Any]
) -> None:
    vendor.trouble(**fault, count=1, path="/api/v2/deals", after=1)
    done = pipesheet("import", "deals", "--to", str(tmp_path / "d.xlsx"), "--columns", "id", env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("600 rows")


@pytest.mark.parametrize("token", ["0" * 40, "ab\ncd", "tökén’"])
def test_a_token_that_is_none_is_exit_3(old: Path, env: dict[str, str], token: str) -> None:
    code, message = refused(old, {**env, "PIPEDRIVE_API_TOKEN": token})
    assert code == 3
    assert "token" in message


@pytest.mark.parametrize("name", ["x" * 300 + ".xlsx", "x" * 300 + "/d.xlsx", "deals.xlsx/d.xlsx"])
def test_a_place_that_cannot_be_is_exit_3(old: Path, env: dict[str, str], name: str) -> None:
    done = pipesheet("import", "deals", "--to", str(old.parent / name), env=env)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (3, "", 1), done.stderr


def test_more_rows_than_excel_takes_are_refused_before_they_are_read(old: Path, env: dict[str, str]) -> None:
    with sandbox_process("--deals", "1100000", "--custom-fields", "0", "--plan", "none") as huge:
        env = {**env, "PIPESHEET_REROUTE": huge.reroute}
        code, message = refused(old, env, "--columns", "id,title")
        assert code == 3
        assert "1,100,000 rows do not fit" in message
        assert len(huge.calls()) < 50
