"""A queue for those who have no worker."""

from __future__ import annotations

from collections.abc import Callable


class InlineQueue:
    """Implements `interfaces.Queue` by executing at once, in the caller's thread."""

    def __init__(self, execute: Callable[[int], object]) -> None:
        self._execute = execute

    def run_import(self, run_id: int) -> None:
        self._execute(run_id)
