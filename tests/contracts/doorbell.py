"""What every doorbell promises (`interfaces.Doorbell`)."""

from __future__ import annotations

import threading
import time

import pytest

from importers.clock import SystemClock
from importers.interfaces import Doorbell

LONG = 30.0


class DoorbellContract:
    """Inherit and bring fixtures `doorbell` and `other`: two ends, perhaps of one thing, on a SystemClock."""

    @pytest.fixture
    def clock(self) -> SystemClock:
        return SystemClock()

    def test_whoever_waits_is_woken_by_a_ring(self, doorbell: Doorbell, other: Doorbell):
        assert self._waits(doorbell, other, ring=1) < LONG / 2

    def test_a_ring_for_another_run_wakes_nobody(self, doorbell: Doorbell, other: Doorbell):
        started = time.monotonic()
        other.ring(2)
        doorbell.wait(1, 0.3)
        assert time.monotonic() - started >= 0.25

    def test_all_who_wait_are_woken(self, doorbell: Doorbell, other: Doorbell):
        threads = [threading.Thread(target=doorbell.wait, args=(1, LONG)) for _ in range(3)]
        started = time.monotonic()
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            other.ring(1)
            time.sleep(0.02)
        assert time.monotonic() - started < LONG / 2

    def test_ringing_where_nobody_waits_does_nothing(self, doorbell: Doorbell):
        doorbell.ring(1)

    @staticmethod
    def _waits(doorbell: Doorbell, other: Doorbell, *, ring: int) -> float:
        """How long somebody waits for run 1 while *ring* rings again and again: a ring may be missed."""
        waiting = threading.Thread(target=doorbell.wait, args=(1, LONG))
        started = time.monotonic()
        waiting.start()
        while waiting.is_alive():
            other.ring(ring)
            time.sleep(0.02)
        return time.monotonic() - started
