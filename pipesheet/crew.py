"""Several processes started, heard and stopped together."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from queue import Empty, SimpleQueue
from time import monotonic

from honcho.colour import get_colours
from honcho.printer import Message, Printer

GRACE = 12.0
"""Seconds the crew has between being asked to stop and being made to."""

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_NAME_WIDTH = 7
_PR_SET_PDEATHSIG = 1
_prctl = getattr(ctypes.CDLL(None), "prctl", None)  # Linux only


@dataclass(frozen=True, slots=True)
class Member:
    """
    One process of the crew.

    `leaves_last` is for what the others lean on while they stop; `pass_fds`
    are open files it inherits, such as a listening socket.
    """

    name: str
    command: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    leaves_last: bool = False
    pass_fds: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """Something a member wrote, or, without a name, something to tell in our own voice."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Stopped:
    name: str
    returncode: int


@dataclass(frozen=True, slots=True)
class StopAsked:
    """Ctrl-C, or SIGTERM, or the terminal was closed."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Work done alongside raised this."""

    error: Exception


Happening = Line | Stopped | StopAsked | Failed


class Crew:
    """
    Processes whose output is told line by line, each with its name in front,
    and which stop together: nobody is left behind, however the end comes.

    It stands where honcho's own manager could, whose printing it uses, for
    three things: Redis leaves after those that lean on it, only the main
    process of a member is asked to stop (so that a worker can finish its
    run), and members end even when this process is killed outright.
    """

    def __init__(self, printer: Printer | None = None) -> None:
        self._printer = printer or Printer(sys.stdout, width=_NAME_WIDTH)
        self._happenings: SimpleQueue[Happening] = SimpleQueue()
        self._running: dict[str, tuple[Member, subprocess.Popen[bytes]]] = {}
        self._listeners: list[threading.Thread] = []
        self._colours = get_colours()
        self._colour_of: dict[str, str] = {}

    @contextmanager
    def on_duty(self) -> Iterator[None]:
        """Listen to signals meanwhile, and stop everybody at the end."""
        before = {number: signal.signal(number, self._stop_asked) for number in _STOP_SIGNALS}
        try:
            yield
        finally:
            self.stop()
            for number, handler in before.items():
                signal.signal(number, handler)

    def start(self, member: Member) -> None:
        """Call it from the main thread: members end with the thread that started them."""
        process = subprocess.Popen(
            member.command,
            env={**os.environ, **member.env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches us alone, and we pass it on in order
            pass_fds=member.pass_fds,
            preexec_fn=_end_with_parent,  # noqa: PLW1509 - it makes one system call, nothing else
        )
        self._colour_of[member.name] = next(self._colours)
        self._running[member.name] = (member, process)
        listener = _in_thread(self._listen, member.name, process)
        self._listeners.append(listener)
        _in_thread(self._await, member.name, process, listener)

    def alongside(self, work: Callable[[], str]) -> None:
        """Do *work* in a thread: what it returns is told, what it raises is raised by `watch`."""
        _in_thread(self._work, work)

    def watch(self) -> Stopped | None:
        """Tell what is said until a member stops by itself, which is returned, or a signal comes (None)."""
        while True:
            happening = self._happenings.get()
            self._take_note(happening)
            match happening:
                case Stopped():
                    return happening
                case StopAsked():
                    return None
                case Failed(error):
                    raise error

    def stop(self, grace: float = GRACE) -> None:
        """
        1. Ask everybody to stop but those who leave last, and wait.
        2. Ask the rest, and wait.
        3. Make an end of whoever is left; a second signal means: now.
        """
        for last in (False, True):
            names = [name for name, (member, _) in self._running.items() if member.leaves_last is last]
            for name in names:
                self._running[name][1].terminate()
            grace = self._wait_for(names, grace)
        for _, process in self._running.values():
            _kill_group(process.pid)
        self._wait_for(list(self._running), 5.0)
        self._hear_the_rest()

    def _wait_for(self, names: Sequence[str], seconds: float) -> float:
        """Wait until all of *names* stopped; the seconds that are left."""
        end = monotonic() + seconds
        while any(name in self._running for name in names):
            try:
                happening = self._happenings.get(timeout=max(0.0, end - monotonic()))
            except Empty:
                return 0.0
            self._take_note(happening)
            if isinstance(happening, StopAsked):
                return 0.0
        return max(0.0, end - monotonic())

    def _hear_the_rest(self) -> None:
        for listener in self._listeners:
            listener.join(timeout=1.0)
        while not self._happenings.empty():
            self._take_note(self._happenings.get())

    def _take_note(self, happening: Happening) -> None:
        if isinstance(happening, Stopped):
            self._running.pop(happening.name, None)
        if isinstance(happening, Line):
            self._tell(happening)

    def _tell(self, line: Line) -> None:
        if not line.name:
            print(line.text, flush=True)
            return
        now = datetime.now()  # noqa: DTZ005 - local time, for people at this terminal
        colour = self._colour_of[line.name]
        self._printer.write(Message(type="line", data=line.text, time=now, name=line.name, colour=colour))

    def _listen(self, name: str, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None  # noqa: S101 - asked for above
        with process.stdout as output:
            for line in output:
                self._happenings.put(Line(name, line.decode("utf-8", "replace")))

    def _await(self, name: str, process: subprocess.Popen[bytes], listener: threading.Thread) -> None:
        returncode = process.wait()
        _kill_group(process.pid)  # children it left behind
        listener.join(timeout=1.0)  # its last words are told before its end
        self._happenings.put(Stopped(name, returncode))

    def _work(self, work: Callable[[], str]) -> None:
        try:
            self._happenings.put(Line("", work()))
        except Exception as error:  # noqa: BLE001 - it is raised again, in the main thread
            self._happenings.put(Failed(error))

    def _stop_asked(self, *_: object) -> None:
        self._happenings.put(StopAsked())


def _in_thread(action: Callable[..., None], *values: object) -> threading.Thread:
    thread = threading.Thread(target=action, args=values, daemon=True)
    thread.start()
    return thread


def _kill_group(pid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _end_with_parent() -> None:
    """Ask the kernel to stop this process should its parent vanish without having done so."""
    if _prctl is not None:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
