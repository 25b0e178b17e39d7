"""What stands in for the real thing in tests, and why each is allowed to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Self

from importers.interfaces import NO_DELIVERY, Stop, Tell, never_stop, say_nothing
from importers.model import (
    Account,
    Choice,
    Column,
    ColumnKind,
    Delivery,
    EntityInfo,
    Extent,
    FieldChange,
    Forecast,
    Frozen,
    MirrorFile,
    Page,
    Row,
    Selection,
    Sight,
    Size,
    Standing,
    Target,
    Usage,
    Written,
)

NEW_YEAR = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


class FakeClock:
    """
    A Clock that only moves when somebody sleeps, or when told to.

    `slept` lists every sleep in seconds. Safe to share between threads.
    """

    def __init__(self, now: datetime = NEW_YEAR) -> None:
        self._now = now
        self._seconds = 0.0
        self._lock = threading.Lock()
        self.slept: list[float] = []

    def now(self) -> datetime:
        with self._lock:
            return self._now

    def monotonic(self) -> float:
        with self._lock:
            return self._seconds

    def sleep(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError("nobody can sleep backwards")
        with self._lock:
            self.slept.append(seconds)
        self.advance(seconds=seconds)

    def advance(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> None:
        span = timedelta(seconds=seconds, minutes=minutes, hours=hours, days=days)
        with self._lock:
            self._now += span
            self._seconds += span.total_seconds()


ACME = Account("Acme Ltd", "acme", "Alice Archer", "alice@acme.example", "Europe/Tallinn")
ALEX = Account(
    "Google", "google.com", "alex@northwind.example", "alex@northwind.example", subject="108312074516298340001"
)
DEALS = EntityInfo("deals", "Deals", "/api/v2/deals", "v2", 10, 500, takes_filter=True, statuses=("open", "won"))
COLUMNS = (Column("id", "ID", ColumnKind.WHOLE), Column("title", "Title"))


class ScriptedReading:
    """A Reading of the pages its source was given."""

    def __init__(self, source: ScriptedSource, selection: Selection, tell: Tell, stop: Stop) -> None:
        self.sight = Sight(selection.frozen or Frozen(COLUMNS), source.changes)
        self.columns = self.sight.frozen.columns
        self.removed_columns = COLUMNS if source.removed is not None else ()
        self.notes = list(source.notes)
        self._source = source
        self._limit = selection.limit
        self._tell = tell
        self._stop = stop

    @property
    def total(self) -> int | None:
        return sum(len(page) for page in self._source.script if not callable(page))

    @property
    def received(self) -> int:
        return self._source.received

    @property
    def extent(self) -> Extent:
        return self._source.extent

    @property
    def usage(self) -> Usage:
        return self._source.usage

    def pages(self) -> Iterator[Page]:
        left = self._limit
        for step in self._source.script:
            if callable(step):
                step(self._tell, self._stop)
                continue
            self._source.pages_read += 1
            rows = step if left is None else step[:left]
            left = None if left is None else left - len(rows)
            yield Page(rows)

    def removed_pages(self) -> Iterator[Page]:
        yield Page(self._source.removed or ())

    def keep(self) -> None:
        self._source.ends.append("kept")

    def close(self) -> None:
        self._source.ends.append("closed")


Step = Sequence[Row] | Callable[[Tell, Stop], None]


class ScriptedSource:
    """
    A Source that plays a script: each step is a page of rows, or something
    that happens between pages (it may raise, wait, tell). `removed` are the
    rows of a second table, `ends` what became of its readings.
    """

    def __init__(
        self,
        *script: Step,
        notes: Sequence[str] = (),
        changes: Sequence[FieldChange] = (),
        account: Account = ACME,
        removed: Sequence[Row] | None = None,
    ) -> None:
        self.script = script
        self.notes = notes
        self.changes = tuple(changes)
        self.removed = removed
        self.ends: list[str] = []
        self.received = 0
        self.extent = Extent.FULL
        self.pages_read = 0
        self.opened: list[Selection] = []
        self._account = account

    def hurried(self) -> ScriptedSource:
        return self

    def entities(self) -> Sequence[EntityInfo]:
        return (DEALS,)

    def account(self) -> Account:
        return self._account

    def filters(self, entity: str) -> Sequence[Choice]:
        return ()

    def columns(self, entity: str) -> tuple[Column, ...]:
        return COLUMNS

    def sizes(self, selection: Selection) -> Mapping[str, Size]:
        return {}

    def standing(self) -> Standing:
        return Standing()

    def open(
        self,
        selection: Selection,
        *,
        mirror: MirrorFile | None = None,
        is_glance: bool = False,
        tell: Tell = say_nothing,
        stop: Stop = never_stop,
    ) -> ScriptedReading:
        self.opened.append(selection)
        return ScriptedReading(self, selection, tell, stop)

    @property
    def usage(self) -> Usage:
        return Usage(requests=self.pages_read, tokens=10 * self.pages_read)


class MemoryWriting:
    def __init__(self, destination: MemoryDestination, target: Target, columns: Sequence[Column]) -> None:
        self._destination = destination
        self._target = target
        self._columns = columns
        self._rows: list[Row] = []

    def expect(self, total_rows: int) -> None:
        self._destination.expected.append(total_rows)

    def add(self, rows: Sequence[Row]) -> None:
        self._rows.extend(rows)

    def commit(self, *, still_ours: Stop = never_stop) -> Written:
        still_ours()
        self._destination.sheets[self._target] = (tuple(column.header for column in self._columns), self._rows)
        return Written(len(self._rows), len(self._columns), self._target.place, self._destination.notes)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *trouble: object) -> None:
        self._destination.left += 1


class MemoryDestination:
    """A Destination that keeps headers and rows by target; `left` counts the writings that were left."""

    def __init__(self, *, notes: Sequence[str] = ()) -> None:
        self.sheets: dict[Target, tuple[tuple[str, ...], list[Row]]] = {}
        self.notes = tuple(notes)
        self.left = 0
        self.expected: list[int] = []
        self.refusal: Exception | None = None
        self.zone: str | None = None
        self.deliveries: list[Delivery] = []

    def beside(self, target: Target) -> Target:
        return replace(target, sheet=f"{target.sheet} (removed)")

    def check(self, target: Target, *, tell: Tell = say_nothing, stop: Stop = never_stop) -> None:
        if self.refusal:
            raise self.refusal

    def reserved(
        self,
        target: Target,
        *,
        delivery: Delivery = NO_DELIVERY,
        tell: Tell = say_nothing,
        stop: Stop = never_stop,
    ) -> AbstractContextManager[None]:
        return nullcontext()

    def prepare(self, target: Target, *, time_zone: str = "") -> Target:
        return target

    def zone_of(self, target: Target) -> str | None:
        return self.zone

    def forecast(self, target: Target, columns: Sequence[Column]) -> Forecast:
        return Forecast(len(self.sheets[target][1]) if target in self.sheets else 0)

    def address(self, target: Target) -> str:
        return ""

    def begin(
        self,
        target: Target,
        columns: Sequence[Column],
        *,
        delivery: Delivery = NO_DELIVERY,
        tell: Tell = say_nothing,
        stop: Stop = never_stop,
    ) -> MemoryWriting:
        self.deliveries.append(delivery)
        return MemoryWriting(self, target, columns)
