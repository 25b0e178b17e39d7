"""What all locks promise (`interfaces.Locks`)."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from importers.clock import SystemClock
from importers.errors import NotOurTurn, RunStopped
from importers.interfaces import Locks
from tests.fakes import FakeClock

NAME = "google_sheets/1abc/Deals / 2026"


def cancelled() -> None:
    raise RunStopped("The run was cancelled.")


class LocksContract:
    """
    Inherit and bring fixtures `locks` and `other`: two ends, perhaps of one
    thing, on a SystemClock; and `hurried`, a third whose FakeClock is `clock`.
    `early` and `late` are two ends of another thing, both on `clock`.
    """

    @pytest.fixture
    def real(self) -> SystemClock:
        return SystemClock()

    def test_a_name_is_held_by_one_at_a_time(self, locks: Locks, other: Locks):
        inside, most = 0, 0
        guard = threading.Lock()

        def work(ends: Locks) -> None:
            nonlocal inside, most
            with ends.hold(NAME):
                with guard:
                    inside += 1
                    most = max(most, inside)
                time.sleep(0.05)
                with guard:
                    inside -= 1

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(work, [locks, other]))
        assert (inside, most) == (0, 1)

    def test_names_do_not_mind_each_other(self, locks: Locks, other: Locks):
        with locks.hold(NAME), other.hold(NAME.upper()):
            pass

    def test_whoever_waits_gets_it_once_it_is_free_and_says_once_that_they_wait(self, locks: Locks, other: Locks):
        told: list[str] = []
        with ThreadPoolExecutor(1) as pool:
            with locks.hold(NAME):
                waiting = pool.submit(self._hold, other, told)
                while not told:
                    time.sleep(0.01)
            assert waiting.result(timeout=10)
        assert told == ["Waiting for another run that writes this tab."]

    def test_nobody_is_told_of_waiting_where_it_is_free(self, locks: Locks):
        told: list[str] = []
        assert self._hold(locks, told)
        assert told == []

    def test_it_is_free_again_after_an_error(self, locks: Locks, other: Locks):
        with pytest.raises(ZeroDivisionError), locks.hold(NAME):
            raise ZeroDivisionError
        assert self._hold(other, [])

    def test_a_run_that_is_cancelled_waits_no_longer(self, locks: Locks, hurried: Locks, clock: FakeClock):
        def stop() -> None:
            if clock.monotonic() > 5:
                cancelled()

        with locks.hold(NAME), pytest.raises(RunStopped), hurried.hold(NAME, stop=stop):
            pass
        assert clock.monotonic() < 7

    def test_after_half_a_minute_one_waits_outside(self, locks: Locks, hurried: Locks, clock: FakeClock):
        with locks.hold(NAME, run="run 7"), pytest.raises(NotOurTurn, match="run 7") as caught, hurried.hold(NAME):
            pass
        assert clock.monotonic() == pytest.approx(30, abs=2)
        assert caught.value.retry_after == timedelta(minutes=1)

    def test_who_waits_outside_keeps_the_place_in_line(self, early: Locks, late: Locks):
        with early.hold(NAME, who="run 1"):
            self._waits_outside(late, "run 2")
            self._waits_outside(early, "run 3")
        self._waits_outside(early, "run 4", "Another run has waited for this tab for longer")
        self._waits_outside(late, "run 3")
        with late.hold(NAME, who="run 2"):
            self._waits_outside(early, "run 3")
            self._waits_outside(late, "run 4")
        with early.hold(NAME, who="run 3"):
            pass
        with late.hold(NAME, who="run 4"):
            pass

    def test_who_does_not_come_back_keeps_nobody_away_for_ever(self, early: Locks, late: Locks, clock: FakeClock):
        with early.hold(NAME, who="run 1"):
            self._waits_outside(late, "run 2")
        self.pass_time(clock, minutes=10)
        with early.hold(NAME, who="run 3"):
            pass

    def test_who_is_cancelled_leaves_the_line(self, early: Locks, late: Locks):
        with early.hold(NAME, who="run 1"):
            self._waits_outside(late, "run 2")
            with pytest.raises(RunStopped), late.hold(NAME, who="run 2", stop=cancelled):
                pass
        with early.hold(NAME, who="run 3"):
            pass

    def test_who_is_cancelled_while_waiting_outside_gives_the_place_back(self, early: Locks, late: Locks):
        with early.hold(NAME, who="run 1"), early.hold("another", who="run 1"):
            self._waits_outside(late, "run 2")
            self._waits_outside(late, "run 2", name="another")
            self._waits_outside(early, "run 3")
            early.leave("run 2")
            early.leave("nobody")
        self._waits_outside(early, "run 4", "Another run has waited for this tab for longer")
        with late.hold(NAME, who="run 3"), late.hold("another", who="run 4"):
            late.leave("run 3")
            self._waits_outside(early, "run 5")

    def test_while_it_is_held_one_hears_of_being_cancelled(self, locks: Locks):
        stops: list[int] = []
        with locks.hold(NAME, stop=lambda: stops.append(1)) as stop:
            before = len(stops)
            stop()
        assert len(stops) == before + 1
        with pytest.raises(RunStopped), locks.hold(NAME, stop=cancelled):
            pass

    def pass_time(self, clock: FakeClock, *, minutes: float) -> None:
        clock.advance(minutes=minutes)

    @staticmethod
    def _waits_outside(locks: Locks, who: str, why: str = "Another run", *, name: str = NAME) -> None:
        with pytest.raises(NotOurTurn, match=why), locks.hold(name, who=who):
            pass

    @staticmethod
    def _hold(locks: Locks, told: list[str]) -> bool:
        with locks.hold(NAME, tell=told.append):
            return True
