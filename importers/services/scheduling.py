"""What the clock asks for."""

from __future__ import annotations
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ticked:
    """What one tick did: runs queued because due, woken from waiting, taken up again after their worker died."""

    due: int = 0
    woken: int = 0
    rescued: int = 0


class Scheduling:
    def tick(self) -> Ticked:
        """
        1. claim every importer due by now (a conditional update that must change one row), make a run, queue it;
        2. queue again the waiting runs whose time has come;
        3. queue again, once, the running ones whose heartbeat stopped; fail them honestly the second time;
        4. queue again what has been queued for minutes without being taken (the broker may have lost it).
        Any number of clocks may call it at the same time.
        """
        raise NotImplementedError
