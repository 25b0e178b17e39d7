"""python -m sandbox, as a process of its own, over a real socket."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
import requests

from sandbox.world import TOKEN

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with start("--port", "0", "--deals", "100", "--plan", "none") as process:
        yield re.sub(r".*PIPESHEET_REROUTE=\*\.pipedrive\.com=(http://127\.0\.0\.1:\d+)\n", r"\1", first_line(process))
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


@pytest.fixture
def session(address: str) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.headers["x-api-token"] = TOKEN
        yield session
        session.delete(f"{address}/_sandbox/faults")


def start(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "sandbox", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline()


def lay_out(session: requests.Session, address: str, kind: str, **more: object) -> None:
    assert session.post(f"{address}/_sandbox/faults", json={"kind": kind, "count": 1, **more}).status_code == 201


def test_it_serves_both_versions_and_keeps_connections_open(session: requests.Session, address: str) -> None:
    me, deals = session.get(f"{address}/v1/users/me"), session.get(f"{address}/api/v2/deals", params={"limit": 500})

    assert me.json()["data"]["company_domain"] == "acme"
    assert len(deals.json()["data"]) == 100
    assert deals.headers.get("connection", "keep-alive") == "keep-alive"


def test_a_cut_connection_is_really_cut(session: requests.Session, address: str) -> None:
    lay_out(session, address, "cut")

    with pytest.raises(requests.ConnectionError):
        session.get(f"{address}/api/v2/deals")
    assert session.get(f"{address}/api/v2/deals").status_code == 200


def test_a_truncated_body_really_ends_early(session: requests.Session, address: str) -> None:
    lay_out(session, address, "truncate")

    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        session.get(f"{address}/api/v2/deals")
    assert session.get(f"{address}/api/v2/deals").status_code == 200


def test_slowness_is_really_slow(session: requests.Session, address: str) -> None:
    lay_out(session, address, "slow", seconds=30)

    with pytest.raises(requests.ReadTimeout):
        session.get(f"{address}/api/v2/deals", timeout=0.3)
    assert session.get(f"{address}/api/v2/deals", timeout=5).status_code == 200


def test_the_journal_can_be_read_from_outside(session: requests.Session, address: str) -> None:
    session.delete(f"{address}/_sandbox/journal")
    session.get(f"{address}/api/v2/deals", params={"limit": 3})

    assert [call["path"] for call in session.get(f"{address}/_sandbox/journal").json()] == ["/api/v2/deals"]


def test_it_starts_within_a_moment_and_ends_on_an_interrupt() -> None:
    begun = time.monotonic()
    with start("--port", "0") as process:
        first_line(process)
        seconds = time.monotonic() - begun
        process.send_signal(signal.SIGINT)

        complaints = process.communicate(timeout=10)[1]

    assert (process.returncode, complaints) == (0, "")
    assert seconds < 5  # under one on an idle machine


def test_it_listens_on_this_machine_only() -> None:
    assert "listens on 127.0.0.1 only" in refusal("--host", "0.0.0.0")


def test_a_taken_port_is_said_so(address: str) -> None:
    assert "is taken" in refusal("--port", address.rpartition(":")[2])


def refusal(*arguments: str) -> str:
    """What it says before it ends with a usage error."""
    with start(*arguments) as process:
        complaints = process.communicate(timeout=10)[1]
    assert process.returncode == 2
    return complaints
