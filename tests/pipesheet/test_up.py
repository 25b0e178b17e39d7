"""`pipesheet up` as a whole: real processes, a real Redis, a real run."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import requests
from openpyxl import load_workbook

from importers.bootstrap import build
from importers.model import Actor, Phase, Run, Status
from importers.services import Services
from pipesheet.ports import free_port
from tests.processes import House, children_of, house, pid_of, pipesheet, processes_of, wait_until
from worker.queue import CeleryQueue

pytestmark = pytest.mark.slow


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@contextmanager
def services_of(house: House) -> Iterator[Services]:
    """The services a page of this house would have."""
    services = build(house.settings, queue=CeleryQueue(house.settings.redis_url))
    try:
        yield services
    finally:
        services.close()


def start_first_importer(services: Services) -> tuple[Actor, Run]:
    owner = services.people.sign_up_owner("ann@example.com", "correct horse battery")
    [card] = services.importers.cards(owner)
    return owner, services.runs.start(owner, card.importer.id)


def wait_for_end(services: Services, owner: Actor, run: Run, seconds: float = 60) -> Run:
    wait_until(lambda: services.runs.get(owner, run.id).status.is_over, seconds)
    return services.runs.get(owner, run.id)


def test_one_command_starts_all_of_it_and_ctrl_c_stops_all_of_it(home: Path) -> None:
    with house(home, "--sandbox", PORT=str(free_port())) as up:
        up.wait_until_ready()
        health = requests.get(f"{up.address}/healthz", timeout=10)
        assert (health.status_code, health.json()["ok"]) == (200, True)
        assert "Quarterly plan" in requests.get(f"{up.google}/_sandbox/google/", timeout=10).text

        with services_of(up) as services:
            owner, run = start_first_importer(services)
            assert wait_for_end(services, owner, run).status in {Status.DONE, Status.DONE_WITH_NOTES}
            assert load_workbook(services.runs.workbook(owner, run.importer_id))["Deals"].max_row == 1201
        assert f"run {run.id} done with notes: 1,200 rows, Deals to Excel" in up.said
        assert "worker.tasks" not in up.said

        looked = pipesheet("check", env={name: text for name, text in up.env.items() if name != "PIPESHEET_REROUTE"})
        assert looked.returncode == 0, looked.stdout
        assert "uses the sandbox instead of Pipedrive; it answers." in looked.stdout

        second = pipesheet("up", env=up.env)
        assert second.returncode == 3
        assert f"running in {home} already" in second.stderr

        assert up.end(signal.SIGINT) == 0
    assert up.lines[-1] == "Stopped.\n"
    assert processes_of(home) == set()
    assert "Traceback" not in up.said
    assert (home / "sandbox-google.json").exists()


def test_a_taken_port_gives_the_next_and_says_so(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with house(home, PORT=str(port)) as up:
            up.wait_until_ready()
            assert up.address != f"http://127.0.0.1:{port}"
            assert f"Port {port} is taken; using {up.address.rpartition(':')[2]}." in up.said


def test_a_run_whose_process_is_killed_is_picked_up_and_ends_whole(home: Path) -> None:
    with house(home, "--sandbox", PORT=str(free_port())) as up, services_of(up.wait_until_ready()) as services:
        up.sandbox.trouble("slow", path="/api/v2/deals", seconds=30)
        owner, run = start_first_importer(services)
        wait_until(lambda: services.runs.get(owner, run.id).status is Status.RUNNING)
        for child in children_of(pid_of(home, "worker.app")):
            os.kill(child, signal.SIGKILL)
        up.sandbox.no_trouble()
        age_the_heartbeat(home, run)

        ended = wait_for_end(services, owner, run)
        assert (ended.status.is_over, ended.attempt) == (True, 2)
        assert ended.status in {Status.DONE, Status.DONE_WITH_NOTES}, ended.trouble
        book = services.runs.workbook(owner, run.importer_id)
        assert load_workbook(book)["Deals"].max_row == 1201
        assert [file.name for file in book.parent.iterdir() if file.suffix == ".xlsx"] == [book.name]


def test_a_run_that_outlasts_ctrl_c_is_handed_back_and_done_after_the_next_start(home: Path) -> None:
    with house(home, "--sandbox", PORT=str(free_port())) as up, services_of(up.wait_until_ready()) as services:
        up.sandbox.trouble("rate_limit", path="/api/v2/deals", seconds=20)  # longer than a run may go on
        owner, run = start_first_importer(services)
        wait_until(lambda: services.runs.get(owner, run.id).phase is Phase.READING)
        assert up.end(signal.SIGINT) == 0
        back = services.runs.get(owner, run.id)
        assert (back.status, back.attempt) == (Status.QUEUED, 0)
        assert "handed the run back" in services.runs.events(owner, run.id)[-1].text
    with house(home, "--sandbox", PORT=str(free_port())) as up, services_of(up.wait_until_ready()) as services:
        ended = wait_for_end(services, owner, run)
        assert (ended.status in {Status.DONE, Status.DONE_WITH_NOTES}, ended.attempt) == (True, 1), ended


def age_the_heartbeat(home: Path, run: Run) -> None:
    """Let the half minute pass after which a silent run counts as abandoned."""
    with closing(sqlite3.connect(home / "pipesheet.db", timeout=10)) as database, database:
        database.execute("UPDATE runs SET heartbeat_at = '2026-01-01 00:00:00.000000' WHERE id = ?", (run.id,))


def test_a_part_that_dies_is_named_and_takes_the_rest_along(home: Path) -> None:
    with house(home, PORT=str(free_port())) as up:
        up.wait_until_ready()
        os.kill(pid_of(home, "valkey-server"), signal.SIGKILL)
        assert up.wait() == 1
    assert "The redis was ended from outside (SIGKILL)" in up.said
    assert "valkey.log says why" in up.said
    assert processes_of(home) == set()


def test_nobody_outlives_a_killed_parent(home: Path) -> None:
    with house(home, "--sandbox", PORT=str(free_port())) as up:
        up.wait_until_ready()
        up.process.kill()
        up.wait()
        wait_until(lambda: processes_of(home) == set(), 20)


def test_a_home_that_cannot_be_used_is_exit_3(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with house(tmp_path / "file" / "home") as up:
        assert up.wait() == 3
    assert "cannot be used" in up.said
    assert "Traceback" not in up.said
