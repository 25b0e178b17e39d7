"""The crew is tested with small real processes: a sleeper, a talker, one that clings to life."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from honcho.printer import Printer

from pipesheet.crew import Crew, Member, Stopped

PYTHON = (sys.executable, "-S", "-c")
SLEEP = "import time; print('up', flush=True); time.sleep(60)"
CLING = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


@pytest.fixture
def told() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def crew(told: io.StringIO) -> Iterator[Crew]:
    crew = Crew(Printer(told))
    yield crew
    crew.stop(grace=0.0)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def wait_until(condition: object, seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def test_each_line_carries_the_name_of_who_said_it(crew: Crew, told: io.StringIO) -> None:
    crew.start(Member("talker", (*PYTHON, "print('good morning'); print('naïve ✓')")))
    crew.watch()
    crew.stop()
    lines = told.getvalue().splitlines()
    assert [line.split(" ", 1)[1] for line in lines] == ["talker | good morning", "talker | naïve ✓"]


def test_a_member_that_stops_by_itself_is_named_with_its_code(crew: Crew) -> None:
    crew.start(Member("sleeper", (*PYTHON, SLEEP)))
    crew.start(Member("goner", (*PYTHON, "raise SystemExit(7)")))
    assert crew.watch() == Stopped("goner", 7)


def test_a_signal_ends_the_watch_and_everybody(told: io.StringIO) -> None:
    crew = Crew(Printer(told))
    with crew.on_duty():
        crew.start(Member("sleeper", (*PYTHON, SLEEP)))
        pids = [process.pid for _, process in crew._running.values()]
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM)).start()
        assert crew.watch() is None
    assert not any(is_alive(pid) for pid in pids)


@pytest.mark.slow
def test_who_leaves_last_is_there_until_the_others_are_gone(crew: Crew, told: io.StringIO, tmp_path: Path) -> None:
    leave = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: (time.sleep({}), print('left'), sys.exit(0))); print('up', flush=True); time.sleep(60)"
    crew.start(Member("redis", (*PYTHON, leave.format(0)), leaves_last=True))
    crew.start(Member("worker", (*PYTHON, leave.format(0.3))))

    def stop_when_both_are_up() -> str:
        wait_until(lambda: told.getvalue().count("| up") == 2)
        crew._stop_asked()
        return "both are up"

    crew.alongside(stop_when_both_are_up)
    crew.watch()
    crew.stop()
    left = [line for line in told.getvalue().splitlines() if "left" in line]
    assert ["worker" in line for line in left] == [True, False]


def test_the_last_words_of_a_member_are_told_before_its_end(crew: Crew, told: io.StringIO) -> None:
    crew.start(Member("talker", (*PYTHON, "print('word\\n' * 8_000 + 'last word')")))
    assert crew.watch() == Stopped("talker", 0)
    assert told.getvalue().endswith("| last word\n")


@pytest.mark.slow
def test_who_will_not_leave_is_made_to(crew: Crew, told: io.StringIO) -> None:
    crew.start(Member("clinger", (*PYTHON, CLING)))
    pid = crew._running["clinger"][1].pid
    threading.Timer(0.5, crew._stop_asked).start()
    crew.watch()
    crew.stop(grace=0.2)
    assert not is_alive(pid)


def test_children_that_a_member_leaves_behind_go_with_it(crew: Crew, told: io.StringIO) -> None:
    parent = f"import subprocess; print(subprocess.Popen([{sys.executable!r}, '-S', '-c', {CLING!r}]).pid, flush=True)"
    crew.start(Member("parent", (*PYTHON, parent)))
    crew.watch()
    crew.stop()
    pid = next(int(word) for word in told.getvalue().split() if word.isdigit())
    wait_until(lambda: not is_alive(pid))


def test_work_done_alongside_speaks_in_our_own_voice(crew: Crew, capsys: pytest.CaptureFixture[str]) -> None:
    crew.alongside(lambda: "Pipesheet is ready")
    threading.Timer(0.2, crew._stop_asked).start()
    crew.watch()
    assert capsys.readouterr().out == "Pipesheet is ready\n"


def test_trouble_in_work_done_alongside_is_raised(crew: Crew) -> None:
    def fail() -> str:
        raise LookupError("no answer")

    crew.alongside(fail)
    with pytest.raises(LookupError, match="no answer"):
        crew.watch()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_members_end_when_we_are_killed_outright() -> None:
    script = f"""
from pipesheet.crew import Crew, Member
crew = Crew()
crew.start(Member("sleeper", ({sys.executable!r}, "-S", "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(60)")))
crew.watch()
"""
    ours = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    pid = int(ours.stdout.readline().split()[-1])
    ours.kill()
    ours.wait()
    wait_until(lambda: not is_alive(pid))
    ours.stdout.close()
