"""python -m sandbox.google, as a process of its own, over real sockets."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from sandbox.google import scopes
from sandbox.google.accounts import DEMO_ROBOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    seed = tmp_path_factory.mktemp("google") / "Budget 2027.csv"
    seed.write_text("Name,Amount\nRent,1200\n")
    with start("--port", "0", "--per-user", "0", "--seed", str(seed)) as process:
        yield first_line(process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


@pytest.fixture(scope="module")
def address(started: str) -> str:
    return address_of(started)


def start(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "sandbox.google", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline()


def address_of(line: str) -> str:
    found = re.search(r"is at (http://127\.0\.0\.1:\d+) ", line)
    assert found, line
    return found[1]


def shared_with_the_robot(address: str, name: str) -> str:
    knobs = f"{address}/_sandbox/google"
    [file] = [each for each in requests.get(f"{knobs}/files", timeout=5).json() if each["name"] == name]
    requests.post(f"{knobs}/files/{file['id']}/share", json={"email": DEMO_ROBOT.email}, timeout=5)
    return str(file["id"])


def signed_in(address: str) -> requests.Session:
    """As the service account, which needs no browser."""
    now = int(time.time())
    claims = {"iss": DEMO_ROBOT.email, "scope": scopes.SPREADSHEETS, "aud": "https://oauth2.googleapis.com/token"}
    assertion = DEMO_ROBOT.key.signed({**claims, "iat": now, "exp": now + 3600})
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}
    session = requests.Session()
    token = session.post(f"{address}/token", data=form, timeout=5).json()["access_token"]
    session.headers["Authorization"] = f"Bearer {token}"
    return session


def test_it_says_where_calls_for_google_go(started: str, address: str) -> None:
    said = started.strip().rpartition("PIPESHEET_REROUTE=")[2].split(",")

    assert said == [
        f"{host}={address}"
        for host in ("*.googleapis.com", "accounts.google.com", "docs.google.com", "apis.google.com")
    ]


def test_it_begins_with_what_it_was_given(address: str) -> None:
    file_id = shared_with_the_robot(address, "Budget 2027")

    with signed_in(address) as session:
        told = session.get(f"{address}/v4/spreadsheets/{file_id}/values/A1:B2", timeout=5).json()

    assert told["values"] == [["Name", "Amount"], ["Rent", "1200"]]


def test_ranges_arrive_as_they_were_sent(address: str) -> None:
    file_id = shared_with_the_robot(address, "Quarterly plan")
    root = f"{address}/v4/spreadsheets/{file_id}"
    title = "a/b:c'd? é"
    body = {"requests": [{"addSheet": {"properties": {"title": title}}}]}

    with signed_in(address) as session:
        assert session.post(f"{root}:batchUpdate", json=body, timeout=5).status_code == 200
        quoted = "%27a%2Fb%3Ac%27%27d%3F%20%C3%A9%27%21A1"
        answer = session.put(f"{root}/values/{quoted}?valueInputOption=RAW", json={"values": [["x"]]}, timeout=5)

    assert answer.json()["updatedRange"] == "'a/b:c''d? é'!A1"


def test_an_answer_is_really_lost_after_the_work_was_done(address: str) -> None:
    file_id = shared_with_the_robot(address, "Quarterly plan")
    url = f"{address}/v4/spreadsheets/{file_id}/values/A1?valueInputOption=RAW"
    requests.post(
        f"{address}/_sandbox/google/faults", json={"kind": "cut_after", "count": 1, "method": "PUT"}, timeout=5
    )

    with signed_in(address) as session:
        with pytest.raises(requests.ConnectionError):
            session.put(url, json={"values": [["done"]]}, timeout=5)
        told = session.get(f"{address}/v4/spreadsheets/{file_id}/values/A1", timeout=5).json()

    assert told["values"] == [["done"]]


def test_a_lost_request_is_really_carried_out_later(address: str) -> None:
    file_id = shared_with_the_robot(address, "Quarterly plan")
    url = f"{address}/v4/spreadsheets/{file_id}/values/B1"
    fault = {"kind": "late", "count": 1, "method": "PUT", "requests": 1}
    requests.post(f"{address}/_sandbox/google/faults", json=fault, timeout=5)

    with signed_in(address) as session:
        with pytest.raises(requests.ConnectionError):
            session.put(f"{url}?valueInputOption=RAW", json={"values": [["late"]]}, timeout=5)
        seen = [session.get(url, timeout=5).json().get("values") for _ in range(2)]

    assert seen == [None, [["late"]]]


def test_everything_is_there_again_after_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "google.json"
    with start("--port", "0", "--state", str(state)) as process:
        address = address_of(first_line(process))
        file_id = shared_with_the_robot(address, "Quarterly plan")
        with signed_in(address) as session:
            url = f"/v4/spreadsheets/{file_id}/values/A1"
            put = session.put(f"{address}{url}?valueInputOption=RAW", json={"values": [["kept"]]}, timeout=5)
            assert put.status_code == 200, put.text
        token = session.headers["Authorization"]
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=15)[1] == ""

    with start("--port", "0", "--state", str(state)) as process:
        address = address_of(first_line(process))
        told = requests.get(f"{address}{url}", headers={"Authorization": token}, timeout=5).json()
        names = [each["name"] for each in requests.get(f"{address}/_sandbox/google/files", timeout=5).json()]
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=15)

    assert told.get("values") == [["kept"]], told
    assert names == ["Quarterly plan", "Sales team numbers"]


def test_a_state_that_cannot_be_read_is_said_and_left(tmp_path: Path) -> None:
    state = tmp_path / "google.json"
    state.write_text("{")
    with start("--port", "0", "--state", str(state)) as process:
        address_of(first_line(process))
        process.send_signal(signal.SIGTERM)

        assert "could not be read; the pretend Google starts afresh" in process.communicate(timeout=15)[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--host", "0.0.0.0"), "listens on 127.0.0.1 only"),
        (("--seed", "/nowhere/at all.csv"), "could not be read"),
        (("--quota-model", "lunar"), "invalid choice"),
    ],
)
def test_what_cannot_be_is_refused(arguments: tuple[str, ...], words: str) -> None:
    with start("--port", "0", *arguments) as process:
        complaints = process.communicate(timeout=10)[1]

    assert (process.returncode, words in complaints) == (2, True)
