"""
The bargains between the parts, each a Protocol. Implementations are picked in
`bootstrap.py`; their promises are tested in `tests/contracts/`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Protocol, Self

from importers.model import (
    Account,
    Choice,
    Column,
    EntityInfo,
    Page,
    Row,
    Selection,
    Target,
    Usage,
    Written,
)
from importers.secret import Secret


class Clock(Protocol):
    """Time, handed in. `now()` is aware and in UTC; `monotonic()` counts seconds."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


Tell = Callable[[str], None]
"""Say one line of a run's story, for the owner to read: no secret, no jargon."""

Stop = Callable[[], None]
"""Called often; raises RunStopped once the run was cancelled."""


def say_nothing(text: str) -> None:
    """A Tell for callers who do not listen."""


def never_stop() -> None:
    """A Stop for work nobody can cancel."""


class Governor(Protocol):
    """Keeps calls of one token under the vendor's limits."""

    def before_call(self) -> timedelta:
        """How long the caller must wait before the next call; zero when it may go now."""

    def after_call(self, headers: Mapping[str, str]) -> None:
        """Learn from the rate-limit headers of an answer."""


class Reading(Protocol):
    """
    One selection, opened: its columns are known, its rows come page by page.

    Only one page (and one read ahead) is in memory at a time.
    """

    columns: tuple[Column, ...]
    notes: list[str]

    @property
    def total(self) -> int | None:
        """How many rows there will be, once that is known; it may become known while reading."""

    @property
    def usage(self) -> Usage: ...

    def pages(self) -> Iterator[Page]:
        """
        The rows in the order of `columns`, each record exactly once.

        Raises:
            SetupError: the owner must change something first.
            TemporaryError: trouble that outlasted the retries.
            RunStopped: the Stop handed to `open` said so.
        """


class Source(Protocol):
    """Something records can be read from, signed in with one secret."""

    def entities(self) -> Sequence[EntityInfo]: ...

    def account(self) -> Account:
        """Whose secret it is: the cheapest call that proves it works."""

    def filters(self, entity: str) -> Sequence[Choice]:
        """The saved filters of an entity, by name; empty where it takes none."""

    def columns(self, entity: str) -> tuple[Column, ...]:
        """Every column the entity can have, in the order proposed, headers unique."""

    def open(self, selection: Selection, *, tell: Tell = say_nothing, stop: Stop = never_stop) -> Reading:
        """
        Check the selection (entity, filter, columns) and prepare to read it.

        Raises:
            InvalidSettings: unknown entity, column or status; the message lists what there is.
            NotThere: the filter does not exist or is not visible to this user.
        """

    @property
    def usage(self) -> Usage: ...


class Writing(Protocol):
    """
    A table on its way into its place. Use as a context manager.

    Nothing is visible to readers before `commit`; leaving without it leaves
    the place exactly as it was, and no files behind.
    """

    def add(self, rows: Sequence[Row]) -> None:
        """
        Raises:
            NoRoom: more rows than the place can hold, or the disk is full.
        """

    def commit(self) -> Written:
        """Make the whole table visible at once, in place of the old one."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Destination(Protocol):
    """A place tables can be written to."""

    def check(self, target: Target) -> None:
        """
        Raises InvalidSettings, AccessDenied or NoRoom where a write could not
        succeed, before anything is read.
        """

    def begin(self, target: Target, columns: Sequence[Column], *, stop: Stop = never_stop) -> Writing: ...


class Vault(Protocol):
    """Seals secrets for storage."""

    def seal(self, secret: Secret) -> bytes: ...

    def open(self, sealed: bytes) -> Secret:
        """Raises SetupError when none of the keys fits."""


class Queue(Protocol):
    """Hands run ids to whoever executes them. May deliver twice; never waits."""

    def run_import(self, run_id: int) -> None: ...


class Doorbell(Protocol):
    """ "Something new happened to run X", across processes. May be missed; never blocks the ringer."""

    def ring(self, run_id: int) -> None: ...

    def wait(self, run_id: int, seconds: float) -> None:
        """Return when run *run_id* rang, or after *seconds*."""
