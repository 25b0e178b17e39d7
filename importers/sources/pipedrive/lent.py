"""Something one thread works on, and another may take away."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

T = TypeVar("T")


class Lent:
    """
    Who takes it away while somebody is at work on it (`steps`) does not wait:
    *hurry* is called, and who is at work does *close*, once, after that step.
    SQLite crashes where a connection is closed under a statement that runs.
    """

    def __init__(self, *, close: Callable[[], None], hurry: Callable[[], None]) -> None:
        self._close = close
        self._hurry = hurry
        self._at_work = threading.Lock()
        self._is_wanted_back = False

    def steps(self, items: Iterator[T]) -> Iterator[T]:
        """The same items, each made while nothing is taken away; none any more once it was."""
        while not self._is_wanted_back:
            try:
                with self._at_work:
                    item = next(items)
            except StopIteration:
                return
            finally:
                if self._is_wanted_back:
                    self.take_away()
            yield item

    def take_away(self) -> None:
        """Harmless when called again, also by who is at work."""
        self._is_wanted_back = True
        if not self._at_work.acquire(blocking=False):
            self._hurry()
            return
        try:
            self._close()
        finally:
            self._at_work.release()
