"""Doing without Redis for a while, and noticing when it is back."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from redis.exceptions import RedisError

from importers.interfaces import Clock

logger = logging.getLogger(__name__)

R = TypeVar("R")

PROCESSES = 20
"""While Redis is away each process takes one such part of a limit, and one call of a window at least."""

_AWAY_SECONDS = 5.0
"""How long a Redis that failed is left alone."""


class Away:
    """
    Notices that Redis is away, says so once, and leaves it alone for a while.
    `called_alone` is whether calls were made that Redis does not know of, and
    `let_go` how many it has counted: if it knows of fewer, it has lost some.
    """

    def __init__(self, clock: Clock) -> None:
        self.called_alone = False
        self.let_go = 0
        self._clock = clock
        self._until = 0.0
        self._is_away = False

    def unless(self, do: Callable[[], R]) -> R | None:
        if self._is_away and self._clock.monotonic() < self._until:
            return None
        try:
            result = do()
        except (RedisError, OSError) as error:
            self._note(error)
            return None
        if self._is_away:
            self._is_away = self.called_alone = False
            logger.warning("Redis answers again: calls are counted for all processes together.")
        return result

    def _note(self, error: Exception) -> None:
        self._until = self._clock.monotonic() + _AWAY_SECONDS
        if not self._is_away:
            self._is_away = True
            logger.warning(
                "Redis does not answer (%s): until it does, each process counts its calls by itself,"
                " up to a twentieth of the limit.",
                type(error).__name__,
            )
