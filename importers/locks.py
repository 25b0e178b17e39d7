"""Names that only one holds at a time: in memory, within this process. `redis_locks.py` has them for all."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from importers.errors import ImporterError, NotOurTurn
from importers.http.waiting import wait
from importers.interfaces import Clock, Stop, Tell, never_stop, say_nothing

MOST_WAIT = timedelta(seconds=30)
"""As long a worker waits; then the run does so outside."""

RETURNING_WAIT = timedelta(seconds=2)
"""As long where it has been in line before."""

LAPSE = timedelta(seconds=10)
"""A place in line is kept so long after somebody asked: they ask every second."""

SLACK = timedelta(minutes=3)
"""And so long after the moment at which who waits outside wants to be back: there may be no worker yet."""

_LOOK_EVERY = timedelta(seconds=1)
_SHORTEST_BREAK, _LONGEST_BREAK = timedelta(minutes=1), timedelta(minutes=5)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class InLine:
    """Who waits is told since when, all tries together, and which run holds it; None where others are only first in line."""

    since: timedelta
    holder: str | None


Ask = Callable[[timedelta], T | InLine]
"""For the name, and to keep the place in line for so long."""


@dataclass
class _Name:
    """`since` says when who came, `until` up to when they keep their place."""

    holder: str | None = None
    since: dict[str, float] = field(default_factory=dict)
    until: dict[str, float] = field(default_factory=dict)

    def ask(self, who: str, run: str, keep: float, now: float) -> InLine | None:
        """None once it is theirs."""
        for gone in [one for one, until in self.until.items() if until <= now]:
            self.leave(gone)
        since = self.since.setdefault(who, now)
        first = min(self.since, key=lambda one: (self.since[one], one))
        if self.holder is None and first == who:
            self.leave(who)
            self.holder = run
            return None
        self.until[who] = now + keep
        return InLine(timedelta(seconds=now - since), self.holder)

    def leave(self, who: str) -> None:
        self.since.pop(who, None)
        self.until.pop(who, None)


class MemoryLocks:
    """Implements `interfaces.Locks` for the threads of this process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._guard = threading.Lock()
        self._names: dict[str, _Name] = {}

    @contextmanager
    def hold(
        self, name: str, *, who: str = "", run: str = "", tell: Tell = say_nothing, stop: Stop = never_stop
    ) -> Iterator[Stop]:
        who = who or somebody()
        wait_for(
            lambda keep: self._asked(name, who, run, keep),
            leave=lambda: self._left(name, who),
            clock=self._clock,
            tell=tell,
            stop=stop,
        )
        try:
            yield stop
        finally:
            with self._guard:
                self._names[name].holder = None

    def _asked(self, name: str, who: str, run: str, keep: timedelta) -> InLine | None:
        with self._guard:
            place = self._names.setdefault(name, _Name())
            return place.ask(who, run, keep.total_seconds(), self._clock.monotonic())

    def leave(self, who: str) -> None:
        with self._guard:
            for name in self._names.values():
                name.leave(who)

    def _left(self, name: str, who: str) -> None:
        with self._guard:
            self._names[name].leave(who)


def wait_for(ask: Ask[T], *, leave: Callable[[], None], clock: Clock, tell: Tell, stop: Stop) -> T:
    """
    What *ask* answers, once that is the name. Who is told to stop leaves the line.

    Raises:
        NotOurTurn: it takes longer than a worker should wait. The place in line is kept meanwhile.
    """
    began_at, patience = clock.monotonic(), timedelta()
    while True:
        try:
            stop()
            found = ask(LAPSE)
            if not isinstance(found, InLine):
                return found
            if not patience:
                patience = RETURNING_WAIT if found.since >= MOST_WAIT else MOST_WAIT
                tell("Waiting for another run that writes this tab.")
            if clock.monotonic() - began_at < patience.total_seconds():
                wait(_LOOK_EVERY, clock=clock, stop=stop)
                continue
        except ImporterError:
            leave()
            raise
        pause = min(max(found.since / 4, _SHORTEST_BREAK), _LONGEST_BREAK)
        found = ask(pause + SLACK)
        if not isinstance(found, InLine):
            return found
        raise _not_our_turn(found, pause)


def somebody() -> str:
    """A name for who has none."""
    return f"nobody's {secrets.token_hex(8)}"


def _not_our_turn(found: InLine, pause: timedelta) -> NotOurTurn:
    does = "has waited for this tab for longer" if found.holder is None else "writes this tab"
    which = f" ({found.holder})" if found.holder else ""
    return NotOurTurn(
        f"Another run{which} {does}, so this one waits for its turn.",
        hint="It begins by itself when the other one is done; who came first goes first.",
        retry_after=pause,
    )
