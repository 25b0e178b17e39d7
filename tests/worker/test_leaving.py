from __future__ import annotations

import multiprocessing

from tests.processes import wait_until
from worker.leaving import Leaving


def test_it_is_not_raised_by_itself() -> None:
    assert not Leaving()()


def test_a_child_sees_it_when_it_is_raised_in_the_parent() -> None:
    leaving = Leaving()
    fork = multiprocessing.get_context("fork")
    reached = fork.Event()
    child = fork.Process(target=wait_for, args=(leaving, reached))
    child.start()
    assert reached.wait(10)
    leaving.now()
    child.join(10)
    assert child.exitcode == 0


def wait_for(leaving: Leaving, reached) -> None:  # type: ignore[no-untyped-def]
    assert not leaving()
    reached.set()
    wait_until(leaving, 5)


def test_it_is_raised_after_the_grace() -> None:
    leaving = Leaving()
    leaving.soon(grace=0.05)
    assert not leaving()
    wait_until(leaving, 5)
