"""What every quota promises. Inherit, and provide `quota` and `clock`."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from heapq import heappop, heappush
from typing import Any

import pytest

from importers.http.quota import LAPSE, PROJECT, READ, USER, WRITE, Sizes
from importers.model import Hold, Turn
from sandbox.google.quota import CALENDAR, SLIDING
from sandbox.google.quota import Quota as Vendor
from tests.fakes import FakeClock

NOW = timedelta()
SIZES = Sizes(project=30, user=6)


def done(quota: Any, kind: str = WRITE) -> Turn:
    """A call that goes at once, and is answered at once."""
    turn = quota.before_call(kind)
    assert turn.wait == NOW
    quota.after_call(turn)
    return turn


def wait_of(quota: Any, kind: str = WRITE) -> float:
    """How long it would have to wait now; leaves the line again."""
    turn = quota.before_call(kind)
    quota.leave(turn)
    return turn.wait.total_seconds()


class QuotaContract:
    """`quota` is of sizes SIZES, and has `of`, too: the one of a project's user."""

    @pytest.fixture
    def clock(self) -> FakeClock:
        return FakeClock()

    @pytest.fixture
    def quota(self, clock: FakeClock) -> Any:
        raise NotImplementedError

    @pytest.fixture
    def ours(self, quota: Any) -> Any:
        return quota.of("project", "alice")

    # --- sizes ---

    def test_so_many_calls_go_at_once_and_the_next_waits_a_minute(self, ours: Any) -> None:
        for _ in range(6):
            done(ours)
        turn = ours.before_call(WRITE)
        assert 60 <= turn.wait.total_seconds() <= 60.5
        assert turn.why is Hold.WINDOW

    def test_a_minute_after_its_answer_a_call_counts_no_more(self, ours: Any, clock: FakeClock) -> None:
        for _ in range(6):
            done(ours)
            clock.advance(seconds=1)
        assert wait_of(ours) == pytest.approx(54.15, abs=0.01)
        clock.advance(seconds=54.2)
        done(ours)
        assert wait_of(ours) == pytest.approx(0.95, abs=0.01)

    def test_a_call_that_is_on_its_way_counts_until_it_is_answered(self, ours: Any, clock: FakeClock) -> None:
        turns = [ours.before_call(WRITE) for _ in range(6)]
        clock.advance(seconds=100)
        assert wait_of(ours) > 0
        for turn in turns:
            ours.after_call(turn)
        assert 60 <= wait_of(ours) <= 60.5
        clock.advance(seconds=60.2)
        done(ours)

    def test_an_answer_that_is_told_twice_does_not_make_the_call_later(self, ours: Any, clock: FakeClock) -> None:
        turns = [done(ours) for _ in range(6)]
        clock.advance(seconds=30)
        for turn in turns:
            ours.after_call(turn)
        assert wait_of(ours) == pytest.approx(30.15, abs=0.01)

    def test_calls_of_processes_that_died_are_given_up(self, ours: Any, clock: FakeClock) -> None:
        for _ in range(6):
            ours.before_call(WRITE)
        clock.advance(seconds=271)
        done(ours)

    def test_a_call_that_never_left_gives_its_place_back_at_once(self, ours: Any) -> None:
        turns = [ours.before_call(WRITE) for _ in range(6)]
        ours.leave(turns[0])
        done(ours)
        assert wait_of(ours) > 0

    def test_reads_and_writes_are_counted_apart(self, ours: Any) -> None:
        for _ in range(6):
            done(ours, WRITE)
        for _ in range(6):
            done(ours, READ)
        assert wait_of(ours, WRITE) > 0
        assert wait_of(ours, READ) > 0

    def test_users_have_limits_of_their_own_under_that_of_the_project(self, quota: Any) -> None:
        for number in range(5):
            user = quota.of("project", f"user {number}")
            for _ in range(6):
                done(user)
            assert wait_of(user) > 0
        assert wait_of(quota.of("project", "one more")) >= 60
        done(quota.of("another project", "one more"))

    def test_whoever_waits_for_the_project_has_not_taken_anything_of_the_user(
        self, quota: Any, clock: FakeClock
    ) -> None:
        for number in range(5):
            for _ in range(6):
                done(quota.of("project", f"user {number}"))
        late = quota.of("project", "late")
        for _ in range(20):
            assert wait_of(late) > 0
        clock.advance(seconds=60.2)
        for _ in range(6):
            done(late)

    # --- what the vendor says ---

    @pytest.mark.parametrize("scope", [USER, PROJECT])
    def test_after_a_refusal_everybody_under_that_limit_waits_for_the_next_minute(
        self, quota: Any, clock: FakeClock, scope: str
    ) -> None:
        clock.advance(seconds=20)  # twenty seconds past the minute
        alice, again, bob = (quota.of("project", name) for name in ("alice", "alice", "bob"))
        alice.after_call(alice.before_call(WRITE), refused_by=scope)
        for one in (alice, again, *([bob] if scope == PROJECT else [])):
            turn = one.before_call(WRITE)
            assert 40 <= turn.wait.total_seconds() <= 45
            assert turn.why is Hold.TOLD
            one.leave(turn)
        if scope == USER:
            done(bob)
        done(alice, READ)
        clock.advance(seconds=45.1)
        done(again)

    def test_a_refusal_that_does_not_say_whose_limit_it_was_holds_nobody(self, ours: Any) -> None:
        ours.after_call(ours.before_call(WRITE), refused_by="")
        done(ours)

    # --- fairness ---

    def test_who_has_had_less_goes_first(self, ours: Any, clock: FakeClock) -> None:
        greedy, late = ours.beside(), ours.beside()
        for _ in range(6):
            done(greedy)
        first, second = greedy.before_call(WRITE), late.before_call(WRITE)
        clock.advance(seconds=1)
        first, second = greedy.before_call(WRITE, first), late.before_call(WRITE, second)
        for _ in range(59):
            clock.advance(seconds=1)
            first, second = greedy.before_call(WRITE, first), late.before_call(WRITE, second)
        assert first.wait > NOW
        assert second.wait > NOW
        clock.advance(seconds=0.2)
        # All six are free again: there is one for each.
        assert late.before_call(WRITE, second).wait == NOW
        assert greedy.before_call(WRITE, first).wait == NOW

    def test_of_one_place_the_one_who_had_less_gets_it(self, ours: Any, clock: FakeClock) -> None:
        greedy, late = ours.beside(), ours.beside()
        done(greedy)
        clock.advance(seconds=50)
        for _ in range(5):
            done(greedy)
        clock.advance(seconds=9)
        first, second = greedy.before_call(WRITE), late.before_call(WRITE)
        clock.advance(seconds=1.2)
        assert greedy.before_call(WRITE, first).wait > NOW
        assert late.before_call(WRITE, second).wait == NOW

    def test_who_stopped_asking_keeps_nobody_waiting(self, ours: Any, clock: FakeClock) -> None:
        gone, here = ours.beside(), ours.beside()
        for _ in range(6):
            done(here)
        clock.advance(seconds=59)
        gone.before_call(WRITE)
        clock.advance(seconds=LAPSE + 0.2)
        for _ in range(6):
            done(here)

    def test_who_may_not_go_for_its_user_does_not_stand_in_the_line_of_the_project(self, quota: Any) -> None:
        full, other = quota.of("project", "full"), quota.of("project", "other")
        for _ in range(6):
            done(full)
        assert full.before_call(WRITE).wait > NOW
        for number in range(3):
            for _ in range(6):
                done(quota.of("project", f"user {number}"))
        for _ in range(6):
            done(other)

    # --- storms ---

    @pytest.mark.slow  # thousands of questions for a turn
    @pytest.mark.parametrize("model", [SLIDING, CALENDAR])
    @pytest.mark.parametrize("latency", [0.3, 5.0])
    def test_a_storm_of_runs_is_never_refused_and_gets_nine_tenths(
        self, quota: Any, clock: FakeClock, model: str, latency: float
    ) -> None:
        storm = Storm(quota, clock, model, latency)
        for user in range(6):
            for _ in range(2):
                storm.join(quota.of("project", f"user {user}"), f"user {user}", calls=2)
        storm.rage(minutes=3)
        assert storm.refused == 0
        # The project's thirty a minute are less than what six users may have.
        assert storm.admitted >= 0.9 * 3 * SIZES.project
        assert max(storm.by_run) < 2 * min(storm.by_run)

    @pytest.mark.slow  # as above
    @pytest.mark.parametrize("model", [SLIDING, CALENDAR])
    def test_a_storm_of_one_user_gets_nine_tenths_in_equal_shares(
        self, quota: Any, clock: FakeClock, model: str
    ) -> None:
        storm = Storm(quota, clock, model, 4.0)
        for _ in range(3):
            storm.join(quota.of("project", "alice"), "alice", calls=4)
        storm.rage(minutes=6)
        assert storm.refused == 0
        assert storm.admitted >= 0.9 * 6 * SIZES.user
        # Equal from the second minute on: in the first, the first to come found nobody waiting.
        assert max(storm.by_run) - min(storm.by_run) <= 4


@dataclass
class Storm:
    """
    Runs that have endlessly much to write, against a pretend vendor who counts
    calls as they arrive: somewhere on the way between leaving and answer.
    """

    quota: Any
    clock: FakeClock
    model: str
    latency: float
    admitted: int = 0
    refused: int = 0
    by_run: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._vendor = Vendor(
            per_project=SIZES.project, per_user=SIZES.user, model=self.model, now=lambda: self.clock.now().timestamp()
        )
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._ways: Iterator[float] = itertools.cycle([0.05, 0.9, 0.4, 0.99, 0.0, 0.7])

    def join(self, run: Any, user: str, *, calls: int) -> None:
        """A run that has so many calls under way at once."""
        number = len(self.by_run)
        self.by_run.append(0)
        for _ in range(calls):
            self._ask(run, user, number, None)

    def rage(self, *, minutes: int) -> None:
        end = self.clock.monotonic() + 60 * minutes
        while self._agenda[0][0] < end:
            moment, _, happens = heappop(self._agenda)
            self.clock.advance(seconds=max(moment - self.clock.monotonic(), 0))
            happens()

    def _at(self, seconds: float, happens: Callable[[], None]) -> None:
        heappush(self._agenda, (self.clock.monotonic() + seconds, next(self._order), happens))

    def _ask(self, run: Any, user: str, number: int, turn: Turn | None) -> None:
        turn = run.before_call(WRITE, turn)
        if turn.wait:
            self._at(min(turn.wait.total_seconds(), 1.0), lambda: self._ask(run, user, number, turn))
            return
        arrival = next(self._ways) * self.latency
        self._at(arrival, lambda: self._arrive(user, number))
        self._at(self.latency, lambda: self._answer(run, user, number, turn))

    def _arrive(self, user: str, number: int) -> None:
        if self._vendor.admit(WRITE, "project", user):
            self.refused += 1
        else:
            self.admitted += 1
            self.by_run[number] += 1

    def _answer(self, run: Any, user: str, number: int, turn: Turn) -> None:
        run.after_call(turn)
        self._ask(run, user, number, None)
