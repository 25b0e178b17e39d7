from datetime import timedelta

import pytest

from importers.errors import RunStopped
from importers.http.waiting import wait
from importers.interfaces import never_stop
from tests.fakes import FakeClock


@pytest.mark.parametrize("seconds", [0.0, 0.2, 1.0, 2.5, 60.0])
def test_it_sleeps_as_long_as_it_was_told(seconds: float) -> None:
    clock = FakeClock()
    wait(timedelta(seconds=seconds), clock=clock, stop=never_stop)
    assert clock.monotonic() == pytest.approx(seconds)


def test_no_slice_is_longer_than_a_second() -> None:
    clock = FakeClock()
    wait(timedelta(seconds=30), clock=clock, stop=never_stop)
    assert max(clock.slept) <= 1


def test_whoever_stops_it_waits_no_longer_than_a_slice() -> None:
    clock = FakeClock()

    def stop() -> None:
        if clock.monotonic() > 3.5:
            raise RunStopped("cancelled")

    with pytest.raises(RunStopped):
        wait(timedelta(minutes=2), clock=clock, stop=stop)
    assert clock.monotonic() <= 4.5
