"""What every governor promises. Inherit, and provide `governor` and `clock`."""

from __future__ import annotations

from datetime import timedelta
from heapq import heappop, heappush
from typing import Any

import pytest

from importers.model import Hold, Reported, Standing, Turn
from tests.fakes import FakeClock

NOW = timedelta()
SLACK = timedelta(seconds=0.05)
"""What a governor may add to the vendor's two seconds: less than 5 %."""


def told(*, limit: int = 10, remaining: int, left: int | None = None, **more: str) -> dict[str, str]:
    """The rate-limit headers of an answer."""
    budget = {} if left is None else {"x-daily-ratelimit-token-remaining": str(left)}
    return {
        "x-ratelimit-limit": str(limit),
        "x-ratelimit-remaining": str(remaining),
        "x-ratelimit-reset": "2",
        **budget,
        **more,
    }


def waits(governor: Any, *, calls: int = 1, cost: int = 0) -> list[timedelta]:
    return [governor.before_call(cost=cost).wait for _ in range(calls)]


class Waiting:
    """Runs that stand in line, and come back when they were told to."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self._line: list[tuple[float, str, Any, Turn]] = []

    def join(self, run: Any, turn: Turn | None = None) -> Turn:
        turn = run.before_call(turn=turn)
        heappush(self._line, (self._clock.monotonic() + turn.wait.total_seconds(), turn.ticket, run, turn))
        return turn

    def next(self) -> tuple[Any, Turn]:
        """Let time pass until somebody may go; which run, and with which turn."""
        while True:
            moment, _, run, turn = heappop(self._line)
            self._clock.advance(seconds=max(moment - self._clock.monotonic(), 0))
            turn = run.before_call(turn=turn) if turn.wait else turn
            if not turn.wait:
                return run, turn
            self.join(run, turn)


class GovernorContract:
    """`governor` has `beside`, too: the same limits for another run."""

    @pytest.fixture
    def clock(self) -> FakeClock:
        return FakeClock()

    @pytest.fixture
    def governor(self, clock: FakeClock) -> Any:
        raise NotImplementedError

    # --- the window ---

    def test_a_vendor_that_says_nothing_is_never_waited_for(self, governor: Any) -> None:
        for _ in range(100):
            turn = governor.before_call()
            assert turn.wait == NOW
            governor.after_call({}, turn=turn)

    def test_until_the_limit_is_known_only_a_few_calls_go(self, governor: Any) -> None:
        assert waits(governor, calls=11)[9:] > [NOW, NOW]
        governor.after_call(told(limit=40, remaining=30))
        assert waits(governor, calls=5) == [NOW] * 5

    def test_calls_go_at_once_while_any_are_left(self, governor: Any) -> None:
        governor.after_call(told(remaining=3))
        assert waits(governor, calls=3) == [NOW] * 3

    def test_the_call_after_the_last_one_waits_for_the_window_to_end(self, governor: Any) -> None:
        governor.after_call(told(remaining=0))
        turn = governor.before_call()
        assert timedelta(seconds=2) <= turn.wait <= timedelta(seconds=2) + SLACK
        assert turn.why is Hold.WINDOW

    def test_whoever_waited_may_go(self, governor: Any, clock: FakeClock) -> None:
        governor.after_call(told(remaining=0))
        turn = governor.before_call()
        clock.sleep(turn.wait.total_seconds())
        assert governor.before_call(turn=turn).wait == NOW

    def test_whoever_comes_too_early_waits_for_the_rest(self, governor: Any, clock: FakeClock) -> None:
        governor.after_call(told(remaining=0))
        turn = governor.before_call()
        clock.advance(seconds=1)
        assert abs(turn.wait - governor.before_call(turn=turn).wait - timedelta(seconds=1)) < timedelta(seconds=0.002)

    def test_a_new_window_holds_as_many_calls_as_the_vendor_allows(self, governor: Any, clock: FakeClock) -> None:
        governor.after_call(told(limit=4, remaining=0))
        clock.advance(seconds=2.05)
        assert waits(governor, calls=4) == [NOW] * 4
        assert governor.before_call().wait > NOW

    def test_the_window_slides(self, governor: Any, clock: FakeClock) -> None:
        governor.after_call(told(limit=2, remaining=2))
        for _ in range(2):
            turn = governor.before_call()
            assert turn.wait == NOW
            governor.after_call(told(limit=2, remaining=1), turn=turn)
            clock.advance(seconds=1.5)
        clock.advance(seconds=-1)
        assert NOW <= governor.before_call().wait <= SLACK
        assert governor.before_call().wait > timedelta(seconds=1)

    def test_a_call_without_an_answer_may_yet_arrive_and_counts_until_it_cannot(
        self, governor: Any, clock: FakeClock
    ) -> None:
        governor.after_call(told(limit=2, remaining=2))
        waits(governor, calls=2)
        clock.advance(seconds=29)
        waiting = governor.before_call()
        assert waiting.wait > NOW
        clock.advance(seconds=3.1)
        assert governor.before_call(turn=waiting).wait == NOW
        assert [wait > NOW for wait in waits(governor, calls=2)] == [False, True]

    def test_a_call_to_which_no_answer_will_come_counts_from_when_that_is_known(
        self, governor: Any, clock: FakeClock
    ) -> None:
        governor.after_call(told(limit=1, remaining=1))
        lost = governor.before_call()
        clock.advance(seconds=10)
        governor.after_call({}, status=0, turn=lost)
        assert timedelta(seconds=2) <= governor.before_call().wait <= timedelta(seconds=2) + SLACK

    def test_a_turn_that_is_given_back_makes_room_a_window_later(self, governor: Any, clock: FakeClock) -> None:
        governor.after_call(told(limit=1, remaining=1))
        governor.leave(governor.before_call())
        assert timedelta(seconds=2) <= governor.before_call().wait <= timedelta(seconds=2) + SLACK

    def test_answers_that_arrive_in_the_wrong_order_do_not_add_calls(self, governor: Any) -> None:
        governor.after_call(told(remaining=1))
        governor.after_call(told(remaining=9))
        assert governor.before_call().wait == NOW
        assert governor.before_call().wait > NOW

    def test_calls_of_strangers_with_the_same_token_count(self, governor: Any) -> None:
        turn = governor.before_call()
        governor.after_call(told(limit=10, remaining=4), turn=turn)
        assert [wait > NOW for wait in waits(governor, calls=5)] == [False] * 4 + [True]

    def test_our_own_calls_are_not_taken_for_those_of_strangers(self, governor: Any, clock: FakeClock) -> None:
        turns = [governor.before_call() for _ in range(3)]
        for number, turn in enumerate(turns):
            clock.advance(seconds=0.1)
            governor.after_call(told(limit=10, remaining=9 - number), turn=turn)
        assert waits(governor, calls=7) == [NOW] * 7

    def test_a_call_that_may_have_arrived_late_counts_from_then(self, governor: Any, clock: FakeClock) -> None:
        governor.after_call(told(limit=1, remaining=1))
        late = governor.before_call()
        clock.advance(seconds=0.51)
        governor.after_call(told(limit=1, remaining=0), turn=late)
        clock.advance(seconds=1.51)
        assert timedelta(seconds=0.45) < governor.before_call().wait < timedelta(seconds=0.55)

    @pytest.mark.parametrize("nonsense", ["", "soon", "-1", "1.5", "²", "9" * 40])
    def test_headers_that_make_no_sense_are_ignored(self, governor: Any, nonsense: str) -> None:
        governor.after_call({"x-ratelimit-remaining": nonsense, "x-ratelimit-limit": "10"})
        governor.after_call({"x-ratelimit-remaining": "0", "x-ratelimit-limit": nonsense})
        assert governor.before_call().wait == NOW

    # --- the line ---

    def test_turns_come_in_order(self, governor: Any, clock: FakeClock) -> None:
        governor.after_call(told(limit=3, remaining=0))
        first, *others = [governor.before_call() for _ in range(7)]
        clock.sleep(first.wait.total_seconds())
        again = [governor.before_call(turn=turn) for turn in reversed([first, *others])]
        assert [turn.wait == NOW for turn in again] == [False] * 4 + [True] * 3

    def test_whoever_is_further_back_is_told_a_later_window(self, governor: Any) -> None:
        governor.after_call(told(limit=3, remaining=0))
        rounded = [round(wait.total_seconds() / 2) for wait in waits(governor, calls=7)]
        assert rounded == [1, 1, 1, 2, 2, 2, 3]

    def test_a_run_that_asks_much_does_not_keep_another_waiting(self, governor: Any, clock: FakeClock) -> None:
        greedy, modest = governor, governor.beside()
        greedy.after_call(told(limit=4, remaining=0))
        line = Waiting(clock)
        for _ in range(40):
            line.join(greedy)
        waits = [line.join(modest).wait for _ in range(2)]
        assert max(waits) < timedelta(seconds=2) + SLACK
        assert [line.next()[0] for _ in range(4)].count(modest) == 2

    def test_a_run_gets_its_share_however_many_threads_another_has(self, governor: Any, clock: FakeClock) -> None:
        wide, narrow = governor, governor.beside()
        wide.after_call(told(limit=20, remaining=0))
        made, line = {wide: 0, narrow: 0}, Waiting(clock)
        for run in (*[wide] * 16, narrow):
            line.join(run)
        while clock.monotonic() < 12:
            run, turn = line.next()
            made[run] += 1
            clock.advance(seconds=0.01)
            run.after_call(told(limit=20, remaining=20), turn=turn)
            line.join(run)
        assert sum(made.values()) >= 95
        assert made[narrow] >= sum(made.values()) * 0.4

    def test_who_leaves_makes_room(self, governor: Any) -> None:
        governor.after_call(told(limit=1, remaining=0))
        first, second = governor.before_call(), governor.before_call()
        governor.leave(first)
        assert governor.before_call(turn=second).wait <= first.wait

    def test_who_never_comes_back_does_not_hold_up_the_line(self, governor: Any, clock: FakeClock) -> None:
        governor.after_call(told(limit=1, remaining=0))
        governor.before_call()
        last = governor.before_call()
        while last.wait:
            clock.sleep(last.wait.total_seconds())
            last = governor.before_call(turn=last)
        assert clock.monotonic() < 8

    # --- what the vendor tells ---

    def test_429_pushes_everybody_back_as_told(self, governor: Any, clock: FakeClock) -> None:
        held = governor.after_call(told(remaining=5, left=100, **{"retry-after": "7"}), status=429)
        turn = governor.beside().before_call()
        assert turn.why is Hold.TOLD
        assert held == turn.wait == pytest.approx(timedelta(seconds=7), abs=timedelta(seconds=0.01))
        clock.sleep(turn.wait.total_seconds())
        assert governor.before_call().wait == NOW

    def test_429_without_a_word_pushes_back_by_the_window(self, governor: Any) -> None:
        governor.after_call({}, status=429)
        assert governor.before_call().wait >= timedelta(seconds=2)

    def test_a_spent_allowance_stops_all_runs_of_the_company_until_midnight(
        self, governor: Any, clock: FakeClock
    ) -> None:
        one, other, elsewhere = (governor.beside(name) for name in ("acme", "acme", "zenith"))
        held = one.after_call(told(remaining=5, left=0), status=429)
        turn = other.before_call(cost=1)
        assert turn.why is Hold.BUDGET
        assert held == turn.wait == pytest.approx(timedelta(hours=12), abs=timedelta(seconds=1))
        assert elsewhere.before_call(cost=1).wait == NOW

    def test_a_call_that_today_cannot_pay_for_is_not_made(self, governor: Any) -> None:
        governor.after_call(told(remaining=9, left=25))
        assert [governor.before_call(cost=10).why for _ in range(3)] == [Hold.WINDOW, Hold.WINDOW, Hold.BUDGET]
        assert governor.before_call(cost=5).wait == NOW

    def test_a_new_day_starts_afresh(self, governor: Any, clock: FakeClock) -> None:
        governor.after_call(told(remaining=9, left=0), status=429)
        clock.advance(hours=12, seconds=1)
        turn = governor.before_call(cost=10)
        assert turn.wait == NOW
        governor.after_call(told(remaining=9, left=50_000), turn=turn)
        assert governor.before_call(cost=10).wait == NOW

    def test_once_an_hour_one_call_looks_whether_there_is_an_allowance_again(
        self, governor: Any, clock: FakeClock
    ) -> None:
        governor.after_call(told(remaining=9, left=0), status=429)
        clock.advance(minutes=59)
        assert governor.before_call(cost=10).why is Hold.BUDGET
        clock.advance(minutes=2)
        assert governor.before_call(cost=10).wait == NOW
        assert governor.before_call(cost=10).why is Hold.BUDGET

    def test_a_day_that_ends_later_than_thought_is_asked_about_every_hour(
        self, governor: Any, clock: FakeClock
    ) -> None:
        governor.after_call(told(remaining=9, left=0), status=429)
        clock.advance(hours=12, minutes=1)
        turn = governor.before_call(cost=10)
        assert governor.after_call(told(remaining=9, left=0), status=429, turn=turn) <= timedelta(hours=1, seconds=1)

    def test_an_answer_from_before_does_not_bring_a_spent_allowance_back(self, governor: Any) -> None:
        early = governor.before_call(cost=10)
        governor.after_call(told(remaining=9, left=0), status=429)
        governor.after_call(told(remaining=9, left=4), turn=early)
        assert governor.before_call(cost=1).why is Hold.BUDGET

    def test_a_token_that_was_shut_out_stays_out_for_everybody(self, governor: Any, clock: FakeClock) -> None:
        governor.after_call(told(limit=1, remaining=0))
        waiting = governor.before_call()
        governor.block(timedelta(minutes=15))
        clock.advance(minutes=14)
        for turn in (governor.beside().before_call(), governor.before_call(turn=waiting)):
            assert turn.why is Hold.BLOCKED
            assert timedelta(seconds=55) < turn.wait <= timedelta(seconds=61)
        clock.advance(minutes=1, seconds=1)
        assert governor.before_call().wait == NOW

    # --- what was said, for people to look at ---

    def test_before_any_answer_nothing_was_said(self, governor: Any) -> None:
        assert governor.standing() == Standing()

    def test_it_keeps_what_was_last_said_and_when(self, governor: Any, clock: FakeClock) -> None:
        daily = {"x-daily-ratelimit-token-limit": "300000"}
        governor.after_call(told(limit=40, remaining=39, left=299_990, **daily))
        clock.advance(minutes=3)
        governor.after_call(told(limit=40, remaining=31, left=299_900, **daily))
        said_at = clock.now()
        clock.advance(hours=1)
        assert governor.standing() == Standing(Reported(40, 31, said_at), Reported(300_000, 299_900, said_at))
        assert (governor.standing().budget.used, governor.standing().burst.used) == (100, 9)

    def test_an_answer_that_says_nothing_takes_nothing_back(self, governor: Any, clock: FakeClock) -> None:
        governor.after_call(told(limit=40, remaining=39, left=77))
        before, _ = governor.standing(), clock.advance(minutes=1)
        governor.after_call({})
        assert governor.standing() == before
        assert before.budget == Reported(None, 77, before.burst.at)

    def test_the_budget_is_the_companys_and_the_window_the_tokens(self, governor: Any) -> None:
        one, other, elsewhere = (governor.beside(name) for name in ("acme", "acme", "zenith"))
        one.after_call(told(limit=40, remaining=39, left=77))
        assert other.standing() == one.standing()
        assert elsewhere.standing() == Standing(burst=one.standing().burst)

    def test_it_says_how_long_nobody_calls(self, governor: Any) -> None:
        near = timedelta(seconds=0.01)
        governor.after_call(told(remaining=5, left=0), status=429)
        assert governor.standing().spent == pytest.approx(timedelta(hours=12), abs=near)
        assert governor.standing().budget.left == 0
        governor.block(timedelta(minutes=15))
        assert governor.standing().blocked == pytest.approx(timedelta(minutes=15), abs=near)

    def test_looking_changes_nothing(self, governor: Any) -> None:
        governor.after_call(told(limit=2, remaining=1, left=10))
        for _ in range(5):
            governor.standing()
        assert waits(governor, calls=2)[0] == NOW
        assert governor.before_call().wait > NOW

    # --- what the plan says ---

    def test_until_an_answer_tells_the_limit_is_the_one_of_the_plan(self, governor: Any) -> None:
        known = governor.beside("acme", assumed=40)
        assert waits(known, calls=41)[39:] > [NOW, NOW]
        known.after_call(told(limit=20, remaining=0))
        assert known.before_call().wait > NOW
