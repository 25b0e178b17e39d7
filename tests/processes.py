"""Our commands and the sandbox as real processes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import requests

from importers.config import Settings
from pipesheet.redis_server import url_of_last_start
from sandbox.google.accounts import ALEX, DEMO_ROBOT, HOSTS

PIPESHEET = (sys.executable, "-m", "pipesheet")
ROOT = Path(__file__).parents[1]


def clean_environment(home: Path, **more: str) -> dict[str, str]:
    """Nothing of ours from outside: a developer's REDIS_URL must not decide a test."""
    ours = ("PIPESHEET_", "PIPEDRIVE_", "GOOGLE_", "DATABASE_URL", "REDIS_URL", "PORT")
    kept = {name: text for name, text in os.environ.items() if not name.startswith(ours)}
    return {**kept, "PIPESHEET_HOME": str(home), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **more}


def pipesheet(*arguments: str, env: Mapping[str, str], timeout: float = 60) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (*PIPESHEET, *arguments), env=env, capture_output=True, text=True, timeout=timeout, check=False
    )


def wait_until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds} seconds in vain"
        time.sleep(0.05)


def processes_of(home: Path) -> set[int]:
    """Everybody who was started with this home folder and still runs."""
    mark = f"PIPESHEET_HOME={home}\0".encode()
    return {pid for pid in _pids() if mark in _read(pid, "environ")}


def children_of(parent: int) -> set[int]:
    return {pid for pid in _pids() if _read(pid, "stat").rpartition(b")")[2].split()[1:2] == [str(parent).encode()]}


def pid_of(home: Path, word: str) -> int:
    """The process of *home* with *word* in its command line; the oldest, where several were forked."""
    return min(pid for pid in processes_of(home) if word.encode() in _read(pid, "cmdline"))


def _pids() -> Iterator[int]:
    return (int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdecimal())


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


class SandboxProcess:
    """`python -m sandbox` and its knobs."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.reroute = f"*.pipedrive.com={address}"

    def trouble(self, kind: str, **how: object) -> None:
        requests.post(f"{self.address}/_sandbox/faults", json={"kind": kind, **how}, timeout=10).raise_for_status()

    def no_trouble(self) -> None:
        requests.delete(f"{self.address}/_sandbox/faults", timeout=10).raise_for_status()

    def calls(self) -> list[dict[str, object]]:
        return list(requests.get(f"{self.address}/_sandbox/journal", timeout=10).json())


class GoogleProcess:
    """`python -m sandbox.google` and its knobs."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.reroute = ",".join(f"{host}={address}" for host in HOSTS)

    def trouble(self, kind: str, **how: object) -> None:
        self.knob("faults", kind=kind, **how)

    def no_trouble(self) -> None:
        requests.delete(f"{self.address}/_sandbox/google/faults", timeout=10).raise_for_status()

    def calls(self) -> list[dict[str, object]]:
        return list(requests.get(f"{self.address}/_sandbox/google/journal", timeout=10).json())

    def key_file(self) -> str:
        return requests.get(f"{self.address}/_sandbox/google/service-account.json", timeout=10).text

    def new_spreadsheet(self, title: str, *, is_shared: bool = True) -> str:
        """The id of one of Alex's, which the service account may write unless it is not shared."""
        made = str(self.knob("files", owner=ALEX.email, title=title).json()["id"])
        if is_shared:
            self.knob(f"files/{made}/share", email=DEMO_ROBOT.email)
        return made

    def page(self, spreadsheet_id: str, *, gid: str = "") -> str:
        """As a browser shows it."""
        where = f"{self.address}/spreadsheets/d/{spreadsheet_id}/edit"
        return requests.get(where, params={"gid": gid} if gid else {}, timeout=10).text

    def knob(self, path: str, /, **how: object) -> requests.Response:
        answer = requests.post(f"{self.address}/_sandbox/google/{path}", json=how, timeout=10)
        answer.raise_for_status()
        return answer


@contextmanager
def sandbox_process(*arguments: str) -> Iterator[SandboxProcess]:
    with _pretender("sandbox", *arguments) as address:
        yield SandboxProcess(address)


@contextmanager
def google_process(*arguments: str) -> Iterator[GoogleProcess]:
    with _pretender("sandbox.google", *arguments) as address:
        yield GoogleProcess(address)


@contextmanager
def _pretender(module: str, *arguments: str) -> Iterator[str]:
    process = subprocess.Popen(
        (sys.executable, "-m", module, "--port", "0", *arguments), stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout
    with process.stdout as output:
        try:
            yield _address_in(output.readline())
        finally:
            process.terminate()
            process.wait(timeout=10)


def _address_in(line: str) -> str:
    found = re.search(r"http://127\.0\.0\.1:\d+", line)
    assert found, line
    return found[0]


class House:
    """`pipesheet up`, running: what it said, where it is, how to end it."""

    def __init__(self, home: Path, *arguments: str, **env: str) -> None:
        self.home = home
        self.env = clean_environment(home, **env)
        self.process = subprocess.Popen(
            (*PIPESHEET, "up", *arguments), env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.lines: list[str] = []
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    @property
    def said(self) -> str:
        return "".join(self.lines)

    @property
    def address(self) -> str:
        return self._found(r"Pipesheet is ready: (http://127\.0\.0\.1:\d+)")

    @property
    def sandbox(self) -> SandboxProcess:
        return SandboxProcess(self._found(r"pretend Pipedrive is at (http://127\.0\.0\.1:\d+)"))

    @property
    def google(self) -> str:
        """Where the pretend Google is."""
        return self._found(r"pretend Google is at (http://127\.0\.0\.1:\d+)")

    @property
    def settings(self) -> Settings:
        """As its own processes see them."""
        env = {**self.env, "REDIS_URL": url_of_last_start(self.home)}
        return Settings.from_env({**env, "PIPESHEET_REROUTE": self.sandbox.reroute, "PIPESHEET_SANDBOX": "true"})

    def wait_until_ready(self, seconds: float = 90.0) -> House:
        wait_until(lambda: "Pipesheet is ready" in self.said or self.process.poll() is not None, seconds)
        assert "Pipesheet is ready" in self.said, self.said
        return self

    def end(self, number: int = signal.SIGINT) -> int:
        """Ask it to stop; its exit code."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        code = self.process.wait(timeout=40)
        self._listener.join(timeout=10)
        return code

    def _found(self, pattern: str) -> str:
        found = re.search(pattern, self.said)
        assert found, self.said
        return found[1]

    def _listen(self) -> None:
        assert self.process.stdout
        with self.process.stdout as output:
            self.lines.extend(output)


@contextmanager
def house(home: Path, *arguments: str, **env: str) -> Iterator[House]:
    """Ended at the end, whatever the test did to it."""
    house = House(home, *arguments, **env)
    try:
        yield house
    finally:
        if house.process.poll() is None:
            house.process.terminate()
            house.wait()
