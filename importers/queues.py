"""A queue for those who have no worker."""

from __future__ import annotations

from collections.abc import Callable, Sequence


class InlineQueue:
    """Implements `interfaces.Queue` by executing at once, in the caller's thread."""

    def __init__(self, execute: Callable[[int], object]) -> None:
        self._execute = execute

    def run_import(self, run_id: int) -> None:
        self._execute(run_id)

    def run_imports(self, run_ids: Sequence[int]) -> None:
        for run_id in run_ids:
            self._execute(run_id)

    def waiting(self) -> int:
        return 0
