"""A worker that is told to stop lets its runs end, for a while; then it hands them back."""

from __future__ import annotations

import threading
from mmap import mmap

GRACE = 5.0
"""
Seconds a run has to end by itself. Shorter than `pipesheet up` and platforms
wait before they kill, with time left to put things back.
"""


class Leaving:
    """
    A flag that the main process raises and its children see: make it before
    they are forked. Calling it asks whether it is raised.

    A byte of shared memory and no lock, so that a child that is killed while
    it looks holds up nobody.
    """

    def __init__(self) -> None:
        self._byte = mmap(-1, 1)

    def __call__(self) -> bool:
        return self._byte[0] != 0

    def soon(self, *, grace: float = GRACE) -> None:
        """Raise it after *grace* seconds."""
        timer = threading.Timer(grace, self.now)
        timer.daemon = True
        timer.start()

    def now(self) -> None:
        self._byte[0] = 1
