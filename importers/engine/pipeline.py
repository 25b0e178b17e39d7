"""Read a page, hand it on, tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from importers.interfaces import Destination, Reading, Source, Stop, Tell, Writing, never_stop, say_nothing
from importers.model import Counts, Phase, Selection, Target, Written


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run is and what it has done so far."""

    phase: Phase
    counts: Counts


@dataclass(frozen=True, slots=True)
class Outcome:
    """A run that reached its end. `notes` is what the owner should know about it."""

    counts: Counts
    written: Written
    notes: tuple[str, ...]


Report = Callable[[Progress], None]


def _report_to_nobody(progress: Progress) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Pipeline:
    """
    Moves one selection into one target:

    1. ask the destination whether it could take the table at all,
    2. open the source: columns, lookups,
    3. read page by page, handing each on before the next is asked for,
    4. let the destination show the whole table at once.

    Memory holds a page or two, whatever the size. Errors travel to the caller
    after the destination has put everything back.
    """

    source: Source
    destination: Destination
    tell: Tell = say_nothing
    report: Report = _report_to_nobody
    stop: Stop = never_stop

    def run(self, selection: Selection, target: Target) -> Outcome:
        self.report(Progress(Phase.CONNECTING, Counts()))
        self.destination.check(target)
        self.stop()
        reading = self.source.open(selection, tell=self.tell, stop=self.stop)
        with self.destination.begin(target, reading.columns, stop=self.stop) as writing:
            rows_read = 0
            self._announce(reading, writing)
            self._report(Phase.READING, reading, rows_read)
            for page in reading.pages():
                self.stop()
                self._announce(reading, writing)
                writing.add(page.rows)
                rows_read += len(page.rows)
                self._report(Phase.READING, reading, rows_read)
            self.stop()
            self._report(Phase.WRITING, reading, rows_read)
            written = writing.commit()
        counts = self._counts(reading, rows_read, rows_written=written.rows)
        self.report(Progress(Phase.FINISHED, counts))
        return Outcome(counts, written, (*reading.notes, *written.notes))

    @staticmethod
    def _announce(reading: Reading, writing: Writing) -> None:
        """A table that cannot fit is refused as soon as its size is known, not after all of it was read."""
        if reading.total is not None:
            writing.expect(reading.total)

    def _report(self, phase: Phase, reading: Reading, rows_read: int) -> None:
        self.report(Progress(phase, self._counts(reading, rows_read)))

    @staticmethod
    def _counts(reading: Reading, rows_read: int, rows_written: int = 0) -> Counts:
        usage = reading.usage
        return Counts(
            rows_read=rows_read,
            rows_written=rows_written,
            rows_total=reading.total,
            columns=len(reading.columns),
            requests=usage.requests,
            tokens=usage.tokens,
            waited=usage.waited,
        )
