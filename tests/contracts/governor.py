"""What every governor promises. Inherit, and provide `governor` and `clock`."""

from __future__ import annotations

from datetime import timedelta

import pytest

from importers.interfaces import Governor
from tests.fakes import FakeClock

NOW = timedelta()


def told(*, limit: int = 10, remaining: int, reset: int = 2) -> dict[str, str]:
    """The rate-limit headers of an answer."""
    return {
        "x-ratelimit-limit": str(limit),
        "x-ratelimit-remaining": str(remaining),
        "x-ratelimit-reset": str(reset),
    }


class GovernorContract:
    @pytest.fixture
    def clock(self) -> FakeClock:
        return FakeClock()

    @pytest.fixture
    def governor(self, clock: FakeClock) -> Governor:
        raise NotImplementedError

    def test_a_vendor_that_says_nothing_is_never_waited_for(self, governor: Governor) -> None:
        for _ in range(100):
            assert governor.before_call() == NOW
            governor.after_call({})

    def test_calls_go_at_once_while_any_are_left(self, governor: Governor) -> None:
        governor.after_call(told(remaining=3))
        assert [governor.before_call() for _ in range(3)] == [NOW] * 3

    def test_the_call_after_the_last_one_waits_for_the_window_to_end(self, governor: Governor) -> None:
        governor.after_call(told(remaining=0, reset=2))
        assert timedelta(seconds=1) < governor.before_call() <= timedelta(seconds=2)

    def test_whoever_waited_may_go(self, governor: Governor, clock: FakeClock) -> None:
        governor.after_call(told(remaining=0))
        clock.sleep(governor.before_call().total_seconds())
        assert governor.before_call() == NOW

    def test_a_new_window_holds_as_many_calls_as_the_vendor_allows(self, governor: Governor, clock: FakeClock) -> None:
        governor.after_call(told(limit=4, remaining=0))
        clock.advance(seconds=2)
        assert [governor.before_call() for _ in range(4)] == [NOW] * 4

    def test_answers_that_arrive_in_the_wrong_order_do_not_add_calls(self, governor: Governor) -> None:
        governor.after_call(told(remaining=1))
        governor.after_call(told(remaining=9))
        assert governor.before_call() == NOW
        assert governor.before_call() > NOW

    def test_a_window_does_not_grow_while_answers_keep_coming(self, governor: Governor, clock: FakeClock) -> None:
        for remaining in (5, 4, 3, 2, 1, 0):
            governor.after_call(told(remaining=remaining, reset=2))
            clock.advance(seconds=0.3)
        assert governor.before_call() <= timedelta(seconds=0.3)

    @pytest.mark.parametrize("nonsense", ["", "soon", "-1", "1.5", "²", "9" * 40])
    def test_headers_that_make_no_sense_are_ignored(self, governor: Governor, nonsense: str) -> None:
        governor.after_call({"x-ratelimit-remaining": nonsense, "x-ratelimit-reset": "2"})
        governor.after_call({"x-ratelimit-remaining": "0", "x-ratelimit-reset": nonsense})
        assert governor.before_call() == NOW
