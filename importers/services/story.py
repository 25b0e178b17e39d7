"""A run's story, told while it happens: few enough lines to read, soon enough to watch."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from importers.engine.pipeline import Progress
from importers.interfaces import Clock
from importers.model import GOOGLE_SHEETS, Connection, Counts, Line, Phase, Target

_COUNTS_EVERY_SECONDS = 0.5
_LINE_EVERY_SECONDS = 5.0
_LINE_EVERY_ROWS = 5_000

Save = Callable[[Phase, Counts, Sequence[Line]], None]


@dataclass(frozen=True, slots=True)
class Names:
    """What the things in the story are called; `writes_with` is None where nobody signs in to write."""

    connection: Connection
    entity: str
    target: Target
    writes_with: Connection | None = None

    @property
    def place(self) -> str:
        """ "Deals in Pipesheet.xlsx", "tab Deals of Sales 2026"."""
        target = self.target
        if target.kind == GOOGLE_SHEETS:
            return f"tab {target.sheet} of {target.place_name or 'the spreadsheet'}"
        return f"{target.sheet} in {target.place}.xlsx"


class Story:
    """
    Takes what the pipeline reports and the source says, and saves it throttled.

    A new phase and whatever the source says (it waits, say) are saved at once;
    counts at most twice a second; "Read N rows" every 5,000 rows or 5 seconds.
    May be used from several threads.
    """

    def __init__(self, names: Names, save: Save, *, clock: Clock) -> None:
        self._names = names
        self._save = save
        self._clock = clock
        self._lock = threading.RLock()
        self._last = Progress(Phase.QUEUED, Counts())
        self._saved_at = self._said_at = clock.monotonic()
        self._rows_said = 0

    @property
    def counts(self) -> Counts:
        return self._last.counts

    def tell(self, text: str) -> None:
        with self._lock:
            self._save_now([Line(text)])

    def report(self, progress: Progress) -> None:
        with self._lock:
            before, self._last = self._last, progress
            lines = self._lines(before.phase)
            now = self._clock.monotonic()
            if lines or now - self._saved_at >= _COUNTS_EVERY_SECONDS:
                self._save_now(lines)

    def _save_now(self, lines: Sequence[Line]) -> None:
        self._save(self._last.phase, self._last.counts, lines)
        self._saved_at = self._clock.monotonic()

    def _lines(self, before: Phase) -> list[Line]:
        phase, counts = self._last.phase, self._last.counts
        if phase is before:
            return [Line(self._rows_read(counts))] if self._is_time_for_a_line(counts) else []
        return [Line(text) for text in self._phase_begins(phase, counts)]

    def _is_time_for_a_line(self, counts: Counts) -> bool:
        rows = counts.rows_read - self._rows_said
        waited = self._clock.monotonic() - self._said_at
        return rows >= _LINE_EVERY_ROWS or (rows > 0 and waited >= _LINE_EVERY_SECONDS)

    def _rows_read(self, counts: Counts) -> str:
        self._rows_said, self._said_at = counts.rows_read, self._clock.monotonic()
        of_all = f" of {counts.rows_total:,}" if counts.rows_total else ""
        price = f" ({counts.tokens:,} tokens)" if counts.tokens else ""
        return f"Read {counts.rows_read:,}{of_all} rows{price}"

    def _phase_begins(self, phase: Phase, counts: Counts) -> Sequence[str]:
        account, place, google = self._names.connection.account, self._names.place, self._names.writes_with
        self._said_at = self._clock.monotonic()
        if phase is Phase.CONNECTING:
            return (f"Connecting to {account.company}",)
        if phase is Phase.READING:
            return (f"Connected to {account.company} as {account.user}", f"Reading {self._names.entity} from Pipedrive")
        if phase is Phase.WRITING:
            # What was read since the last line belongs to the story, too.
            as_whom = f" as {google.account.user}" if google else ""
            return (self._rows_read(counts), f"Writing to {place}{as_whom}")
        if phase is Phase.FINISHED:
            return (_written(counts, place),)
        return ()


def _written(counts: Counts, place: str) -> str:
    """What became of the rows, where the place can tell."""
    if counts.rows_added is None or counts.rows_changed is None or counts.rows_removed is None:
        return f"Wrote {counts.rows_written:,} rows to {place}"
    told = ((counts.rows_added, "added"), (counts.rows_changed, "changed"), (counts.rows_removed, "removed"))
    parts = [(number, deed) for number, deed in told if number]
    if not parts:
        return f"Nothing to change in {place}: its {counts.rows_written:,} rows are as they should be"
    first, *others = [f"{number:,} {deed}" for number, deed in parts]
    rows = "row" if parts[0][0] == 1 else "rows"
    return f"Wrote to {place}: {', '.join((first.replace(' ', f' {rows} ', 1), *others))}"
