from __future__ import annotations

from datetime import timedelta

from importers.sources.pipedrive.meter import Meter
from tests.fakes import FakeClock


def test_two_who_wait_at_once_do_not_wait_twice_as_long() -> None:
    meter, clock = Meter(), FakeClock()
    with meter.wait("limit", clock), meter.wait("limit", clock):
        clock.advance(seconds=3)
    assert meter.usage.waited == timedelta(seconds=3)


def test_while_a_call_is_under_way_nobody_waits_in_vain() -> None:
    meter, clock = Meter(), FakeClock()
    with meter.wait("limit", clock):
        clock.advance(seconds=1)
        with meter.request(clock):
            clock.advance(seconds=5)
        clock.advance(seconds=1)
    assert meter.usage.waited == timedelta(seconds=2)
    assert meter.usage.requests == 1


def test_whoever_looks_meanwhile_sees_the_wait_so_far() -> None:
    meter, clock = Meter(), FakeClock()
    with meter.wait("limit", clock):
        clock.advance(seconds=1)
        meter.look(clock)
        assert meter.usage.waited == timedelta(seconds=1)
    clock.advance(seconds=9)
    meter.look(clock)
    assert meter.usage.waited == timedelta(seconds=1)


def test_only_the_first_who_waits_for_a_reason_is_alone_with_it() -> None:
    meter, clock = Meter(), FakeClock()
    with (
        meter.wait("limit", clock) as first,
        meter.wait("limit", clock) as second,
        meter.wait("trouble", clock) as third,
    ):
        assert (first, second, third) == (True, False, True)
    with meter.wait("limit", clock) as again:
        assert again
