"""`pipesheet import` as people run it: a process, an exit code, a line."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
from pathlib import Path

import pytest
from openpyxl import load_workbook

from sandbox.world import TOKEN
from tests.processes import PIPESHEET, SandboxProcess, clean_environment, pipesheet, wait_until

pytestmark = pytest.mark.slow


def one_line(text: str) -> str:
    """*text*, once it is certain that it is one line for people."""
    assert text.count("\n") == 1, text
    assert "Traceback" not in text
    assert TOKEN not in text
    return text.strip()


def test_it_writes_the_workbook_and_says_so_in_one_line(env: dict[str, str], tmp_path: Path) -> None:
    done = pipesheet("import", "deals", "--to", str(tmp_path / "deals.xlsx"), env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert one_line(done.stdout).startswith("60 rows")
    sheet = load_workbook(tmp_path / "deals.xlsx")["Deals"]
    assert sheet.max_row == 61


def test_it_needs_no_home_and_leaves_nothing_beside_the_workbook(env: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    pipesheet("import", "stages", "--to", str(folder / "stages.xlsx"), env=env)
    assert [file.name for file in folder.iterdir()] == ["stages.xlsx"]
    assert not (tmp_path / "home").exists()


def test_json_ends_with_one_object_of_the_promised_keys(env: dict[str, str], tmp_path: Path) -> None:
    done = pipesheet("import", "deals", "--to", str(tmp_path / "d.xlsx"), "--limit", "7", "--json", env=env)
    facts = json.loads(one_line(done.stdout))
    assert set(facts) - {"notes"} == {"rows", "columns", "requests", "tokens", "waited_s", "seconds"}
    assert facts["rows"] == 7
    assert facts["requests"] > 0


def test_the_options_reach_the_workbook(env: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "d.xlsx"
    options = ("--sheet", "Won", "--columns", "title,status", "--status", "won", "--limit", "3")
    done = pipesheet("import", "deals", "--to", str(file), *options, env=env)
    assert done.returncode == 0, done.stderr
    rows = list(load_workbook(file)["Won"].values)
    assert rows[0] == ("Title", "Status")
    assert {row[1] for row in rows[1:]} <= {"won", "Won"}
    assert len(rows) == 4


def test_a_token_may_come_from_a_file(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    del env["PIPEDRIVE_API_TOKEN"]
    env["PIPEDRIVE_API_TOKEN_FILE"] = str(tmp_path / "token")
    assert pipesheet("import", "stages", "--to", str(tmp_path / "s.xlsx"), env=env).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("import",), "Missing argument 'ENTITY'"),
        (("import", "deals"), "Missing option '--to'"),
        (("import", "deals", "--to", "deals.csv"), "does not end in .xlsx"),
        (("import", "deals", "--to", "d.xlsx", "--limit", "0"), "'--limit'"),
        (("import", "deals", "--to", "d.xlsx", "--filter", "mine"), "'mine' is not the number of a filter"),
        (("import", "deals", "--to", "d.xlsx", "--filter", "0"), "'0' is not the number of a filter"),
        (("import", "deals", "--to"), "See `pipesheet import --help`."),
        (("import", "deals", "--to", "d.xlsx", "--columns", ","), "name at least one"),
        (("import", "deals", "--to", "d.xlsx", "--time-zone", "Mars/Olympus"), "not a time zone"),
        (("import", "deals", "--to", "d.xlsx", "--token", "x"), "No such option"),
        (("export",), "No such command 'export'"),
    ],
)
def test_a_wrong_call_is_exit_2_in_one_line(arguments: tuple[str, ...], told: str, env: dict[str, str]) -> None:
    done = pipesheet(*arguments, env=env)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in one_line(done.stderr)


@pytest.mark.parametrize(
    ("entity", "change", "told"),
    [
        ("deals", {"PIPEDRIVE_API_TOKEN": "not-a-token"}, "refused the API token"),
        ("deals", {"PIPEDRIVE_API_TOKEN": ""}, "PIPEDRIVE_API_TOKEN is not set"),
        ("deals", {"PIPESHEET_REROUTE": "*.pipedrive.com=http://example.com"}, "may only name this machine"),
        ("deals", {"PIPEDRIVE_API_TOKEN_FILE": "/nowhere", "PIPEDRIVE_API_TOKEN": None}, "cannot be read"),
        ("deals", {"PIPEDRIVE_API_TOKEN_FILE": "/dev/null", "PIPEDRIVE_API_TOKEN": ""}, "which is empty"),
    ],
)
def test_what_the_owner_must_change_is_exit_3_in_one_line(
    entity: str, change: dict[str, str | None], told: str, env: dict[str, str], tmp_path: Path
) -> None:
    env = {name: text for name, text in {**env, **change}.items() if text is not None}
    done = pipesheet("import", entity, "--to", str(tmp_path / "d.xlsx"), env=env)
    assert (done.returncode, done.stdout) == (3, "")
    assert told in one_line(done.stderr)
    assert list(tmp_path.glob("*.xlsx")) == []


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--filter", "99999"), "filter 99999"),
        (("--columns", "title,colour_of_the_sky"), "no column 'colour_of_the_sky'"),
        (("--sheet", "a/b"), "sheet's name"),
    ],
)
def test_a_choice_that_does_not_exist_is_exit_3(
    options: tuple[str, ...], told: str, env: dict[str, str], tmp_path: Path
) -> None:
    done = pipesheet("import", "deals", "--to", str(tmp_path / "d.xlsx"), *options, env=env)
    assert done.returncode == 3
    assert told in one_line(done.stderr)


def test_a_folder_that_is_not_there_is_exit_3(env: dict[str, str], tmp_path: Path) -> None:
    done = pipesheet("import", "deals", "--to", str(tmp_path / "no" / "d.xlsx"), env=env)
    assert done.returncode == 3
    assert "is not there" in one_line(done.stderr)


def test_a_folder_that_takes_no_files_is_not_said_to_be_missing(env: dict[str, str]) -> None:
    done = pipesheet("import", "deals", "--to", "/proc/d.xlsx", env=env)
    assert done.returncode == 3
    assert "d.xlsx cannot be written in the folder /proc" in one_line(done.stderr)


def test_an_unknown_column_is_answered_with_headers(env: dict[str, str], tmp_path: Path) -> None:
    done = pipesheet("import", "deals", "--to", str(tmp_path / "d.xlsx"), "--columns", "zzz", env=env)
    assert done.returncode == 3
    assert "There is: ID, Title, Value, " in one_line(done.stderr)
    assert "more: pipesheet columns deals" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "change", "facts"),
    [
        (("deals",), {"PIPEDRIVE_API_TOKEN": "nope"}, (3, "credentials-rejected", "refused", "Copy it again")),
        (("deals", "--filter", "x"), {}, (2, "usage", "number of a filter", "See `pipesheet import --help`.")),
    ],
)
def test_with_json_a_failure_is_an_object_too(
    arguments: tuple[str, ...],
    change: dict[str, str],
    facts: tuple[int, str, str, str],
    env: dict[str, str],
    tmp_path: Path,
) -> None:
    command = ("import", *arguments, "--to", str(tmp_path / "d.xlsx"), "--json")
    done = pipesheet(*command, env={**env, **change})
    told = json.loads(one_line(done.stdout))
    assert set(told) == {"error", "message", "hint"}
    assert (done.returncode, told["error"]) == facts[:2]
    assert facts[2] in told["message"]
    assert facts[3] in told["hint"]
    assert done.stderr == ""


def test_an_entity_may_be_called_by_its_label(env: dict[str, str], tmp_path: Path) -> None:
    done = pipesheet("import", "archived DEALS", "--to", str(tmp_path / "d.xlsx"), "--limit", "3", env=env)
    assert done.returncode == 0, done.stderr
    assert load_workbook(tmp_path / "d.xlsx").sheetnames == ["Archived deals"]


def test_the_sandbox_needs_no_token_and_no_server(tmp_path: Path) -> None:
    env = clean_environment(tmp_path / "home")
    done = pipesheet("import", "deals", "--sandbox", "--to", str(tmp_path / "d.xlsx"), env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert one_line(done.stdout).startswith("1,200 rows")
    assert not (tmp_path / "home").exists()


def test_a_file_that_is_no_workbook_is_exit_3_and_stays(env: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "notes.xlsx"
    file.write_text("my notes")
    done = pipesheet("import", "deals", "--to", str(file), env=env)
    assert done.returncode == 3
    assert "not an Excel workbook" in one_line(done.stderr)
    assert file.read_text() == "my notes"


def test_trouble_that_outlasts_the_retries_is_exit_4(
    env: dict[str, str], pipedrive: SandboxProcess, tmp_path: Path
) -> None:
    pipedrive.trouble("budget_spent")
    done = pipesheet("import", "deals", "--to", str(tmp_path / "d.xlsx"), env=env)
    assert (done.returncode, done.stdout) == (4, "")
    assert "allowance" in one_line(done.stderr)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_is_exit_130_with_nothing_left_behind(
    number: int, env: dict[str, str], pipedrive: SandboxProcess, tmp_path: Path
) -> None:
    pipedrive.trouble("slow", path="/api/v2/deals", seconds=3)
    file = tmp_path / "d.xlsx"
    command = (*PIPESHEET, "import", "deals", "--to", str(file))
    asked_before = len(pipedrive.calls())
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        wait_until(lambda: len(pipedrive.calls()) > asked_before)
        process.send_signal(number)
        _, told = process.communicate(timeout=20)
    assert process.returncode == 130
    assert one_line(told) == f"Stopped. {file} is as it was before."
    assert list(tmp_path.iterdir()) == []


def test_a_mistake_of_ours_is_one_line_with_a_reference_and_a_log(env: dict[str, str], tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "sitecustomize.py").write_text(
        "import importers.engine.pipeline as p\ndef run(*_, **__): raise ZeroDivisionError('whoops')\np.Pipeline.run = run\n"
    )
    env["PYTHONPATH"] = f"{broken}{os.pathsep}{env['PYTHONPATH']}"
    done = pipesheet("import", "deals", "--to", str(tmp_path / "d.xlsx"), env=env)
    assert done.returncode == 1
    line = one_line(done.stderr)
    assert "whoops" not in line
    log = tmp_path / "home" / "logs" / "pipesheet.log"
    reference = line.split("reference ")[1].split(")")[0]
    assert str(log) in line
    assert reference in log.read_text()
    assert "ZeroDivisionError: whoops" in log.read_text()
    env["PIPESHEET_LOG_LEVEL"] = "DEBUG"
    assert "Traceback" in pipesheet("import", "deals", "--to", str(tmp_path / "d.xlsx"), env=env).stderr


def test_a_terminal_shows_how_far_it_is(env: dict[str, str], tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = (*PIPESHEET, "import", "deals", "--to", str(tmp_path / "d.xlsx"))
    env["TERM"] = "xterm"
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=theirs, text=True) as process:
        os.close(theirs)
        shown = read_all(ours)
        out, _ = process.communicate(timeout=30)
    assert "60/60" in shown
    assert one_line(out).startswith("60 rows")


def read_all(terminal: int) -> str:
    """What was shown on *terminal* until nobody holds its other end."""
    pieces = []
    try:
        while piece := os.read(terminal, 65536):
            pieces.append(piece)
    except OSError:  # how Linux says that the other end is closed
        pass
    finally:
        os.close(terminal)
    return b"".join(pieces).decode()


def test_it_loads_neither_web_nor_queue_nor_database() -> None:
    script = (
        "import sys; from pipesheet import main, one_off, progress\n"
        "from importers.destinations import load; load('excel')\n"
        "from importers import sources; sources.load('pipedrive')\n"
        "print(sorted({'flask', 'celery', 'sqlalchemy', 'alembic', 'redis', 'gspread', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run((PIPESHEET[0], "-c", script), capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
