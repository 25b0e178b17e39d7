from datetime import timedelta

import pytest

from tests.fakes import NEW_YEAR, FakeClock


def test_the_fake_clock_stands_still_until_somebody_sleeps() -> None:
    clock = FakeClock()
    assert clock.now() == NEW_YEAR
    clock.sleep(2.5)
    assert clock.now() == NEW_YEAR + timedelta(seconds=2.5)
    assert clock.monotonic() == 2.5
    assert clock.slept == [2.5]


def test_moving_the_fake_clock_is_not_sleeping() -> None:
    clock = FakeClock()
    clock.advance(minutes=1, hours=1, days=1)
    assert clock.now() == NEW_YEAR + timedelta(days=1, hours=1, minutes=1)
    assert clock.slept == []


def test_nobody_sleeps_backwards() -> None:
    with pytest.raises(ValueError, match="backwards"):
        FakeClock().sleep(-1)
