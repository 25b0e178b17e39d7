"""
The JSON of records that were shown before, kept: for benchmarks, which would
otherwise measure how long a pretend company takes to make them up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from sandbox.shelf import Shelf, View


class Remembered:
    """Forgets everything as soon as anything changes: *count* is how many changes there were."""

    def __init__(self, count: Callable[[], int]) -> None:
        self._count = count
        self._counted = count()
        self._rows: dict[tuple[str, View, int], msgspec.Raw] = {}

    def rows(self, name: str, shelf: Shelf, numbers: Sequence[int], view: View) -> list[Any]:
        if self._counted != self._count():
            self._rows.clear()
            self._counted = self._count()
        return [self._rows.get((name, view, number)) or self._make(name, shelf, number, view) for number in numbers]

    def _make(self, name: str, shelf: Shelf, number: int, view: View) -> msgspec.Raw:
        row = msgspec.Raw(msgspec.json.encode(shelf.row(number, view)))
        self._rows[name, view, number] = row
        return row
