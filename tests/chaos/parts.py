"""The processes as the Procfile names them, and somebody who starts again what died, as systemd would."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.processes import ROOT, children_of

RESTART_AFTER = 0.5
"""Seconds between a death and the next start."""

_LOOK_EVERY = 0.1


def procfile() -> dict[str, str]:
    """Commands by the names of processes."""
    lines = (ROOT / "Procfile").read_text().splitlines()
    return {name: command.strip() for name, _, command in (line.partition(":") for line in lines)}


@dataclass(frozen=True)
class Exit:
    """An end of a process: with which code, and how many seconds after it was asked to (None: it was not)."""

    name: str
    code: int
    took: float | None


class Part:
    """One process, with those it forks, started again and again."""

    def __init__(self, name: str, command: str, env: Mapping[str, str], log: Path, *, is_swept: bool) -> None:
        """*is_swept*: those it forked are killed when it died, as systemd does; else they live on as orphans."""
        self.name = name
        self._is_swept = is_swept
        self.log = log
        self._command = command
        self._env = {**env, "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}"}
        self._process: subprocess.Popen[bytes] | None = None
        self._asked_at: float | None = None
        self._groups: list[int] = []
        self.is_wanted = True
        self.died_at: float | None = None

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                ("sh", "-c", f"exec {self._command}"),
                env=self._env,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._groups.append(self._process.pid)
        self._asked_at, self.died_at = None, None

    def exit(self) -> Exit | None:
        """How it ended, once; None while it runs or where that was told."""
        if self._process is None or (code := self._process.poll()) is None or self.died_at is not None:
            return None
        self.died_at = time.monotonic()
        if self._is_swept:
            self.send_all(signal.SIGKILL)
        return Exit(self.name, code, None if self._asked_at is None else self.died_at - self._asked_at)

    def send(self, number: int) -> None:
        """To the process alone."""
        if number in (signal.SIGTERM, signal.SIGQUIT):
            self._asked_at = time.monotonic()
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def send_all(self, number: int) -> None:
        """To it and to all it forked."""
        _send_group(self.pid, number)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It and all it forked, though somebody may kill it meanwhile: its children wake all the same."""
        group = self.pid
        _send_group(group, signal.SIGSTOP)
        try:
            yield
        finally:
            _send_group(group, signal.SIGCONT)

    def child(self, chance: float) -> int | None:
        """One of those it forked."""
        children = sorted(children_of(self.pid))
        return children[int(chance * len(children))] if children else None

    def ask_to_stop(self) -> None:
        self.is_wanted = False
        if self._process is not None and self._process.poll() is None:
            self.send_all(signal.SIGCONT)
            self.send(signal.SIGTERM)

    def end(self, seconds: float = 20.0) -> Exit | None:
        """How it ended, now that it was asked to stop; nobody of it is left then."""
        ended = None
        if self._process is not None and self.died_at is None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=seconds)
            ended = self.exit()
        for group in self._groups:
            _send_group(group, signal.SIGKILL)
        if self._process is not None:
            self._process.wait(timeout=10)
        return ended


class Supervisor:
    """Looks ten times a second whether a part died, and starts it again half a second later."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.parts: dict[str, Part] = {}
        self.exits: list[Exit] = []
        self._say = say
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self._lock = threading.RLock()

    def add(self, part: Part) -> Part:
        self.parts[part.name] = part
        part.start()
        return part

    def begin(self) -> None:
        self._thread.start()

    def __getitem__(self, name: str) -> Part:
        return self.parts[name]

    def hold(self, name: str) -> None:
        """Kill it, and let nobody start it again before `release`."""
        part = self.parts[name]
        with self._lock:
            part.is_wanted = False
            part.send_all(signal.SIGKILL)
        with suppress(ChildProcessError):
            while part.exit() is None and part.died_at is None:
                time.sleep(0.01)

    def release(self, name: str) -> None:
        self.parts[name].is_wanted = True

    def end(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)
        parts = sorted(self.parts.values(), key=lambda part: part.name == "redis")  # which leaves last
        for part in parts[:-1]:
            part.ask_to_stop()
        for part in parts:
            if part is parts[-1]:
                part.ask_to_stop()
            if ended := part.end():
                self.exits.append(ended)

    def _watch(self) -> None:
        while not self._stopping.wait(_LOOK_EVERY):
            with self._lock:
                for part in self.parts.values():
                    self._look_after(part)

    def _look_after(self, part: Part) -> None:
        if ended := part.exit():
            self.exits.append(ended)
            self._say(f"{ended.name} ended with {ended.code}")
        if part.is_wanted and part.died_at is not None and time.monotonic() - part.died_at >= RESTART_AFTER:
            part.start()


def _send_group(group: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, number)


def quoted(*words: str | Path) -> str:
    return " ".join(shlex.quote(str(word)) for word in words)
