"""Every parent accounted for: how many were found, what came of each, and whether the sum is right."""

from __future__ import annotations

import threading
from dataclasses import dataclass


class Unaccounted(Exception):
    """Some parents were neither read nor left out for a reason: a mistake of ours, which must not pass in silence."""


@dataclass(frozen=True, slots=True)
class Sum:
    """
    What came of the parents of one list. `twice` were found again in another
    part of it and count once; `unchanged` were not asked for, because what is
    known of them still holds; `gone` were deleted before their turn came.
    """

    found: int = 0
    twice: int = 0
    read: int = 0
    unchanged: int = 0
    gone: int = 0

    @property
    def is_right(self) -> bool:
        return self.found == self.read + self.unchanged + self.gone


class Tally:
    """Counts; several threads may. Found is counted where parents are listed, the rest where each is done with."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts = dict.fromkeys(Sum.__dataclass_fields__, 0)

    def add(self, **counts: int) -> None:
        with self._lock:
            for name, count in counts.items():
                self._counts[name] += count

    @property
    def sum(self) -> Sum:
        with self._lock:
            return Sum(**self._counts)

    def check(self, one: str) -> None:
        """Raises Unaccounted where the sum is wrong."""
        now = self.sum
        if not now.is_right:
            raise Unaccounted(f"{now.found} {one}s were found, but {now}")


def told(now: Sum, one: str, *, repeated: int) -> str:
    """ "Every thread is accounted for: 1,500 found, 1,498 read, 2 deleted meanwhile; 3 requests had to be repeated." """
    parts = [f"{now.read:,} read"]
    parts += [f"{now.unchanged:,} unchanged since the last run"] if now.unchanged else []
    parts += [f"{now.gone:,} deleted meanwhile"] if now.gone else []
    again = f"; {counted(repeated, 'request')} had to be repeated" if repeated else ""
    return f"Every {one} is accounted for: {now.found:,} found, {', '.join(parts)}{again}."


def counted(number: int, one: str) -> str:
    """ "1 thread", "1,500 threads"."""
    return f"{number:,} {one}" if number == 1 else f"{number:,} {one}s"
