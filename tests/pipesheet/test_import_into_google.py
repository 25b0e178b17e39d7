"""`pipesheet import` into a Google spreadsheet, as people run it."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from sandbox.google.accounts import DEMO_ROBOT
from tests.pipesheet.test_import import one_line
from tests.processes import PIPESHEET, GoogleProcess, SandboxProcess, clean_environment, pipesheet, wait_until

pytestmark = pytest.mark.slow

COLUMNS = ("--columns", "id,title,status")


def address(spreadsheet: str) -> str:
    return f"https://docs.google.com/spreadsheets/d/{spreadsheet}/edit"


@pytest.fixture
def env(env: dict[str, str], pipedrive: SandboxProcess, google: GoogleProcess, tmp_path: Path) -> dict[str, str]:
    """The environment of somebody with a token and a service account."""
    key = tmp_path / "key.json"
    key.write_text(google.key_file())
    reroute = f"{pipedrive.reroute},{google.reroute}"
    return {**env, "PIPESHEET_REROUTE": reroute, "GOOGLE_APPLICATION_CREDENTIALS": str(key)}


@pytest.fixture
def spreadsheet(google: GoogleProcess) -> str:
    return google.new_spreadsheet("Sales 2026")


def test_it_writes_the_tab_and_says_so_in_one_line(env: dict[str, str], google: GoogleProcess, spreadsheet: str):
    done = pipesheet("import", "deals", "--to", address(spreadsheet), *COLUMNS, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    line = one_line(done.stdout)
    assert line.startswith("60 rows and 3 columns in Sales 2026, tab 'Deals' (60 added, 0 changed, 0 removed), in ")
    shown = re.search(rf"{google.address}/spreadsheets/d/{spreadsheet}/edit#gid=(\d+)", line)
    assert shown
    assert "Title" in google.page(spreadsheet, gid=shown[1])


def test_a_second_import_finds_its_table_again(env: dict[str, str], spreadsheet: str):
    command = ("import", "deals", "--to", spreadsheet_address(spreadsheet), *COLUMNS, "--json")
    first, second = (json.loads(one_line(pipesheet(*command, env=env).stdout)) for _ in range(2))
    assert (first["added"], first["changed"], first["removed"]) == (60, 0, 0)
    assert (second["rows"], second["added"], second["changed"], second["removed"]) == (60, 0, 0, 0)
    assert set(first) == {
        *("rows", "columns", "added", "changed", "removed", "address"),
        *("requests", "tokens", "waited_s", "seconds", "notes"),
    }


def spreadsheet_address(spreadsheet: str) -> str:
    """As it is copied without its end."""
    return address(spreadsheet).removesuffix("/edit")


def test_rows_are_appended_or_updated_by_their_key(env: dict[str, str], spreadsheet: str):
    to = ("import", "deals", "--to", address(spreadsheet), *COLUMNS, "--json", "--start", "B3")
    told = [
        json.loads(pipesheet(*to, *more, env=env).stdout)
        for more in (("--limit", "5"), ("--limit", "5", "--mode", "append"), ("--sheet", "Updated", "--limit", "7"))
    ]
    assert [(one["added"], one["changed"]) for one in told] == [(5, 0), (5, 0), (7, 0)]
    update = (*to, "--sheet", "Updated", "--mode", "update", "--key", "ID", "--limit", "9")
    updated = json.loads(pipesheet(*update, env=env).stdout)
    assert (updated["added"], updated["changed"], updated["removed"]) == (2, 0, 0)


def test_cells_in_the_way_are_written_over_only_when_told_to(
    env: dict[str, str], google: GoogleProcess, spreadsheet: str
):
    typed = {"cell": "A1", "value": "My own notes"}
    requests.post(f"{google.address}/spreadsheets/d/{spreadsheet}/edit?gid=0", data=typed, timeout=10)
    command = ("import", "deals", "--to", address(spreadsheet), "--sheet", "Sheet1", *COLUMNS, "--limit", "3")
    refused = pipesheet(*command, env=env)
    assert refused.returncode == 3
    assert "Sheet1" in one_line(refused.stderr)
    assert "My own notes" in google.page(spreadsheet)
    assert pipesheet(*command, "--take-over", env=env).returncode == 0
    assert "My own notes" not in google.page(spreadsheet)


def test_a_spreadsheet_that_is_not_shared_says_with_whom_to_share_it(env: dict[str, str], google: GoogleProcess):
    private = google.new_spreadsheet("Private", is_shared=False)
    done = pipesheet("import", "deals", "--to", address(private), env=env)
    assert done.returncode == 3
    assert DEMO_ROBOT.email in one_line(done.stderr)


def test_a_service_account_cannot_make_a_new_spreadsheet_and_says_what_to_do(env: dict[str, str]):
    done = pipesheet("import", "deals", "--to", "google-sheets", env=env)
    assert done.returncode == 3
    assert f"share it with {DEMO_ROBOT.email}" in one_line(done.stderr)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"GOOGLE_APPLICATION_CREDENTIALS": ""}, "GOOGLE_APPLICATION_CREDENTIALS is not set"),
        ({"GOOGLE_APPLICATION_CREDENTIALS": "/nowhere/key.json"}, "cannot be read"),
        ({"GOOGLE_APPLICATION_CREDENTIALS": __file__}, "not the JSON file of a service account"),
    ],
)
def test_a_key_that_is_none_is_exit_3(change: dict[str, str], told: str, env: dict[str, str], spreadsheet: str):
    done = pipesheet("import", "deals", "--to", address(spreadsheet), env={**env, **change})
    assert (done.returncode, done.stdout) == (3, "")
    assert told in one_line(done.stderr)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--to", "deals.csv"), "does not end in .xlsx, and is not the address of a Google spreadsheet"),
        (("--to", "deals.xlsx", "--mode", "append"), "--mode is for Google Sheets"),
        (("--to", "deals.xlsx", "--take-over"), "--take-over is for Google Sheets"),
        (("--to", "google-sheets", "--key", "id"), "--key tells rows apart for --mode update alone"),
        (("--to", "google-sheets", "--start", "nowhere"), "'nowhere' is not a cell such as B3"),
        (("--to", "google-sheets", "--mode", "merge"), "'merge' is not one of"),
    ],
)
def test_a_wrong_call_is_exit_2_in_one_line(arguments: tuple[str, ...], told: str, env: dict[str, str]):
    done = pipesheet("import", "deals", *arguments, env=env)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in one_line(done.stderr)


def test_an_unknown_key_column_says_where_they_are_listed(env: dict[str, str], spreadsheet: str):
    done = pipesheet("import", "deals", "--to", address(spreadsheet), "--mode", "update", "--key", "zzz", env=env)
    assert done.returncode == 3
    assert "no column 'zzz'" in one_line(done.stderr)
    assert "pipesheet columns deals" in done.stderr


def test_a_refused_key_is_exit_3_without_a_word_of_it(env: dict[str, str], google: GoogleProcess, spreadsheet: str):
    google.trouble("invalid_grant")
    done = pipesheet("import", "deals", "--to", address(spreadsheet), env=env)
    assert done.returncode == 3
    assert "no longer accepts the key of the service account" in one_line(done.stderr)
    assert "PRIVATE KEY" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_leaves_the_spreadsheet_as_it_was(
    number: int, env: dict[str, str], google: GoogleProcess, pipedrive: SandboxProcess, spreadsheet: str
):
    pipedrive.trouble("slow", path="/api/v2/deals", seconds=3)
    command = (*PIPESHEET, "import", "deals", "--to", address(spreadsheet))
    before, asked_before = google.page(spreadsheet), len(pipedrive.calls())
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        wait_until(lambda: any("/api/v2/deals" in str(call["path"]) for call in pipedrive.calls()[asked_before:]))
        process.send_signal(number)
        _, told = process.communicate(timeout=20)
    assert process.returncode == 130
    assert one_line(told) == "Stopped. Sales 2026 is as it was before."
    assert google.page(spreadsheet) == before


# --- with no account at all ---


def test_the_sandbox_needs_no_account_and_no_server(tmp_path: Path):
    env = clean_environment(tmp_path / "home")
    done = pipesheet("import", "deals", "--sandbox", "--to", "google-sheets", *COLUMNS, "--limit", "20", env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert one_line(done.stdout).startswith("20 rows and 3 columns in Deals from Pipedrive, tab 'Deals' (20 added")
    assert one_line(done.stdout).endswith("It was there only as long as this command.")
    assert not (tmp_path / "home").exists()


def test_the_sandbox_of_a_command_knows_no_other_spreadsheet(tmp_path: Path):
    env = clean_environment(tmp_path / "home")
    done = pipesheet("import", "deals", "--sandbox", "--to", address("1AbCdEfGhIjKlMnOpQrStUvWxYz"), env=env)
    assert done.returncode == 3
    assert "the pretend Google of this command alone" in one_line(done.stderr)


def test_in_a_terminal_it_shows_what_was_written_until_ctrl_c(tmp_path: Path):
    env = {**clean_environment(tmp_path / "home"), "TERM": "dumb"}
    ours, theirs = pty.openpty()
    command = (
        *(
            "sh",
            "-c",
            "trap '' INT; exec \"$@\"",
            "sh",
        ),  # deaf to Ctrl-C, as a shell starts what runs in its background
        *PIPESHEET,
        "import",
        "deals",
        "--sandbox",
        "--to",
        "google-sheets:Sales 2026",
        *COLUMNS,
        "--limit",
        "20",
    )
    with (
        subprocess.Popen(command, env=env, stdin=theirs, stdout=theirs, stderr=subprocess.PIPE) as process,
        ending(process),
    ):
        os.close(theirs)
        shown = ""
        while not (found := re.search(r"Look at it: (http://127\.0\.0\.1:\d+/\S+)", shown)):
            shown += os.read(ours, 65536).decode()
        page = requests.get(found[1], timeout=10)
        assert (page.status_code, "Sales 2026" in page.text, "Title" in page.text) == (200, True, True)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert process.stderr
        assert process.stderr.read() == b""
    os.close(ours)


@contextmanager
def ending(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Whatever happens, it does not run on."""
    try:
        yield
    finally:
        process.kill()


def test_a_workbook_needs_nothing_of_google():
    script = (
        "import sys; from pipesheet import main, into, one_off, pretend\n"
        "from importers.destinations import load; load('excel')\n"
        "print(sorted({'gspread', 'google.auth', 'redis', 'flask', 'argon2', 'sandbox'} & set(sys.modules)))"
    )
    done = subprocess.run((PIPESHEET[0], "-c", script), capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
