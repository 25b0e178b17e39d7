"""Is everything there that imports need?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from importers.errors import ImporterError
from importers.interfaces import Clock, Store
from importers.model import GOOGLE_SHEETS, Connection, Status
from importers.services.accounts import Accounts

SILENT_AFTER = timedelta(seconds=60)
"""A process not heard of for this long counts as gone."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; `detail` is a sentence for people."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Checkup:
    """All of them, in the order of dependence: without the first the others say little."""

    checks: tuple[Check, ...]

    @property
    def is_ok(self) -> bool:
        return all(check.ok for check in self.checks)

    @property
    def problems(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if not check.ok)

    def __iter__(self) -> Iterator[Check]:
        return iter(self.checks)


class Health:
    """
    Looks at database, Redis, worker and clock.

    Processes say that they live by `beat`. The name is what they do ("worker",
    "clock"); where several do the same, "worker@" and anything that tells them
    apart.
    """

    def __init__(self, *, store: Store, accounts: Accounts, clock: Clock, ping_redis: Callable[[], str]) -> None:
        self._store = store
        self._accounts = accounts
        self._clock = clock
        self._ping_redis = ping_redis

    def beat(self, name: str) -> None:
        self._store.beat_process(name, now=self._clock.now())

    def check(self) -> Checkup:
        """Never raises: what cannot be asked is not well. What the runs do is told as well, where it is known."""
        ours = (self._database(), self._redis(), self._process("worker"), self._process("clock"))
        return Checkup((*ours, *self._runs()))

    def google(self) -> Check | None:
        """
        Whether Google lets in everybody who is connected to it; asks each of
        them, which takes a moment. None where nobody is. Never raises.
        """
        try:
            connections = self._store.connections_of(GOOGLE_SHEETS)
        except ImporterError:
            return None
        if not connections:
            return None
        troubles = [f"{one.label}: {trouble}" for one in connections if (trouble := self._trouble_at_google(one))]
        if troubles:
            return Check("google", False, " ".join(troubles))
        number = len(connections)
        return Check("google", True, f"Google answers, and lets in {number} connection{'' if number == 1 else 's'}.")

    def _trouble_at_google(self, connection: Connection) -> str:
        try:
            with self._accounts.spreadsheets(connection) as google:
                google.account()
        except ImporterError as error:
            return error.message
        return ""

    def _database(self) -> Check:
        try:
            self._store.process_beats()
        except ImporterError as error:
            return Check("database", False, str(error))
        return Check("database", True, "The database answers.")

    def _redis(self) -> Check:
        problem = self._ping_redis()
        return Check("redis", not problem, problem or "Redis answers.")

    def _runs(self) -> Iterator[Check]:
        """How many are in which state. That is nobody's fault, so it is well whatever it is."""
        try:
            found = self._store.unfinished_runs()
        except ImporterError:
            return
        now = self._clock.now()
        told = [
            f"{number:,} {status}{f' (the oldest for {_ago(now - since)})' if status is Status.QUEUED else ''}"
            for status in (Status.RUNNING, Status.QUEUED, Status.WAITING)
            for number, since in filter(None, [found.get(status)])
        ]
        yield Check("runs", True, f"Runs: {', '.join(told)}." if told else "No run is under way.")

    def _process(self, role: str) -> Check:
        try:
            beats = self._store.process_beats()
        except ImporterError:
            return Check(role, False, f"Nobody can say whether a {role} is running: the database does not answer.")
        return self._judged(role, _newest(role, beats))

    def _judged(self, role: str, newest: datetime | None) -> Check:
        if newest is None:
            return Check(role, False, f"No {role} is running.")
        silent = self._clock.now() - newest
        if silent > SILENT_AFTER:
            return Check(role, False, f"No {role} is running; the last was heard of {_ago(silent)} ago.")
        return Check(role, True, f"A {role} is running.")


def is_heard_of(role: str, beats: Mapping[str, datetime], now: datetime) -> bool:
    """Whether a process of this role ("worker", "clock") is alive, as far as *beats* tell."""
    newest = _newest(role, beats)
    return newest is not None and now - newest <= SILENT_AFTER


def _newest(role: str, beats: Mapping[str, datetime]) -> datetime | None:
    return max((at for name, at in beats.items() if name.partition("@")[0] == role), default=None)


def _ago(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    for size, unit in ((24 * 60, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            number = minutes // size
            return f"{number} {unit}{'s' if number > 1 else ''}"
    return f"{max(0, int(span.total_seconds()))} s"
