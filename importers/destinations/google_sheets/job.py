"""One table to write: what, where, for whom, and with what."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from importers.destinations.google_sheets.client import SheetsClient
from importers.destinations.google_sheets.survey import table_of
from importers.errors import ImporterError, TemporaryError
from importers.interfaces import Clock, Locks, Stop, Tell
from importers.model import Column, ColumnKind, Delivery, Mode, Target
from importers.tables.columns import Wish, unique_headers

STAMP = Column("pipesheet:updated-at", "Written at", ColumnKind.MOMENT)
"""Says when a row was last written."""


@dataclass(frozen=True, slots=True)
class Limits:
    """
    How much is held back how long; smaller in tests.

    `early` bytes of rows wait in memory before anything is compared or sent.
    `small` bytes go into the cut-over itself, where they take three times the
    room. `block` bytes are one upload. What would take more than `parts`
    requests to show is put together in the staging tab first.
    """

    early: int = 2_000_000
    small: int = 700_000
    block: int = 2_000_000
    parts: int = 20_000
    tidying: timedelta = timedelta(seconds=0.5)
    """How long a run that was told to stop removes its hidden tabs; what it does not manage the next run does."""
    settling: timedelta = timedelta(seconds=30)
    """How long it waits to hear whether its last write was carried out."""


class Respite:
    """A Stop that heeds *stop* only when *span* has passed since it was first told to stop."""

    def __init__(self, stop: Stop, span: timedelta, clock: Clock) -> None:
        self._stop = stop
        self._span = span
        self._clock = clock
        self._ends_at: float | None = None

    def __call__(self) -> None:
        try:
            self._stop()
        except ImporterError:
            now = self._clock.monotonic()
            self._ends_at = self._ends_at or now + self._span.total_seconds()
            if now >= self._ends_at:
                raise


@dataclass(frozen=True, slots=True)
class Held:
    """A name that the run holds already, and what to ask whether it still does."""

    name: str
    still: Stop

    @property
    def is_ours(self) -> bool:
        try:
            self.still()
        except TemporaryError:
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """
    `heard` is the client that hears when the run is to stop; `tidier` does so
    a little later, so that what was begun can be tidied up, and `settler` later
    still, for what must be known. `run` names the run, also where nobody else does.
    """

    heard: SheetsClient
    tidier: SheetsClient
    settler: SheetsClient
    held: Held | None
    target: Target
    columns: tuple[Column, ...]
    delivery: Delivery
    run: str
    at: datetime
    locks: Locks
    clock: Clock
    max_cells: int
    limits: Limits
    tell: Tell
    stop: Stop

    @property
    def spreadsheet(self) -> str:
        return self.target.place

    @property
    def table(self) -> str:
        return table_of(self.target)

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """Those whose cells come, and ours."""
        return (*self.columns, self._stamp) if self.target.stamps_rows else self.columns

    @property
    def _stamp(self) -> Column:
        """Named apart from theirs; its key stays."""
        headers = unique_headers([Wish(column.header) for column in (*self.columns, STAMP)])
        return replace(STAMP, header=headers[-1])

    @property
    def compares(self) -> bool:
        """Whether the rows that are there have to be read."""
        return self.target.mode is Mode.UPDATE or self.skips

    @property
    def skips(self) -> bool:
        """Whether rows that are there already are left alone."""
        return self.target.skips_unchanged and self.target.mode is not Mode.APPEND


def local(at: datetime, zone: str) -> datetime:
    """*at* as a spreadsheet in that zone shows it."""
    try:
        return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    except (ZoneInfoNotFoundError, ValueError):
        return at.replace(tzinfo=None)
