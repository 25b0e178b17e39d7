"""What may be taken for certain, and what may not."""

from __future__ import annotations

import pytest

from importers.http.arrivals import GIVEN_UP, LONGEST_WAY, SETTLED, WINDOW, Arrivals, Ways


def some_arrivals(*, left_at: float, count: int) -> Arrivals:
    arrivals = Arrivals()
    for number in range(count):
        arrivals.leave(str(number), left_at)
    return arrivals


def free_at(arrivals: Arrivals, nth: int = 0, *, limit: int, now: float) -> float:
    return arrivals.free_at(nth, limit, now, usual=0.2, least=0.0)


def test_a_place_is_free_a_window_after_the_answer_and_not_after_the_call() -> None:
    arrivals = some_arrivals(left_at=0, count=2)
    for number in range(2):
        arrivals.end(str(number))
        arrivals.believe(0, 1.5)
    assert free_at(arrivals, limit=2, now=1.5) == 1.5 + WINDOW


def test_a_place_whose_call_is_on_its_way_is_never_free() -> None:
    arrivals = some_arrivals(left_at=0, count=2)
    for now in (0.0, 2.5, 20.0):
        assert free_at(arrivals, limit=2, now=now) > now


def test_what_the_vendor_counted_has_arrived_though_its_answers_have_not() -> None:
    arrivals = some_arrivals(left_at=0, count=4)
    arrivals.end("3")
    arrivals.believe(4, 0.5)
    assert free_at(arrivals, limit=4, now=0.5) == free_at(arrivals, 3, limit=4, now=0.5) == 0.5 + WINDOW


def test_what_may_still_be_on_its_way_is_given_up_in_the_end() -> None:
    arrivals = some_arrivals(left_at=0, count=3)
    arrivals.forget(GIVEN_UP + 1)
    assert arrivals.on_their_way == {}
    assert free_at(arrivals, limit=3, now=GIVEN_UP + 1) == GIVEN_UP + WINDOW


def test_an_answer_after_that_is_not_counted_twice() -> None:
    arrivals = some_arrivals(left_at=0, count=1)
    arrivals.forget(GIVEN_UP + 1)
    assert arrivals.end("0") is None
    assert (arrivals.let_go, arrivals.answered) == (1, 1)


def ways(*took: float, now: float = 0.0) -> Ways:
    ways = Ways()
    for seconds in took:
        ways.learn(seconds, now)
    return ways


def test_few_answers_tell_nothing_of_how_long_the_ways_are() -> None:
    assert ways(*[0.2] * (SETTLED - 1)).least() == 0
    assert ways(*[0.2] * SETTLED).least() == pytest.approx(0.15)


def test_ways_that_vary_are_not_relied_on() -> None:
    assert ways(*[0.02, 0.1] * SETTLED).least() == 0
    assert ways(*[0.09, 0.1] * SETTLED).least() == pytest.approx(0.085 - 0.0175, abs=0.02)


def test_however_slow_all_answers_are_only_so_much_is_relied_on() -> None:
    assert ways(*[5.0] * SETTLED).least() == LONGEST_WAY


def test_a_quicker_answer_counts_at_once_and_is_forgotten_after_two_minutes() -> None:
    known = ways(*[0.2] * 100)
    known.learn(0.04, 1.0)
    assert known.least() == 0
    for number in range(300):
        known.learn(0.2, 2.0 + number)
        assert (known.least() > 0.1) == (number >= 118), number


def test_after_a_long_silence_everything_is_learned_anew() -> None:
    known = ways(*[0.2] * 100)
    known.learn(0.2, 1000.0)
    assert known.least() == 0
