"""Sleeping in short slices, so that a cancelled run does not sleep on."""

from __future__ import annotations

from datetime import timedelta

from importers.interfaces import Clock, Stop

_SLICE = 1.0


def wait(span: timedelta, *, clock: Clock, stop: Stop) -> None:
    """
    Sleep for *span*, asking *stop* at least once a second.

    Raises whatever *stop* raises, before, between and after the slices.
    """
    left = span.total_seconds()
    stop()
    while left > 0:
        clock.sleep(min(_SLICE, left))
        left -= _SLICE
        stop()
