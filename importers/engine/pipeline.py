"""Read a page, hand it on, tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace

from importers.errors import ImporterError
from importers.interfaces import NO_DELIVERY, Destination, Reading, Source, Stop, Tell, Writing, never_stop, say_nothing
from importers.model import (
    Column,
    Counts,
    Delivery,
    Extent,
    MirrorFile,
    Phase,
    Selection,
    Sight,
    Target,
    Written,
)


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run is and what it has done so far."""

    phase: Phase
    counts: Counts


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    A run that reached its end. `notes` is what the owner should know about it,
    `sight` what was seen of the columns.
    """

    counts: Counts
    written: Written
    notes: tuple[str, ...]
    sight: Sight


Report = Callable[[Progress], None]


def _report_to_nobody(progress: Progress) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Pipeline:
    """
    Moves one selection into one target:

    1. ask the destination whether it could take the table at all, and in which zone it shows moments,
    2. keep others from writing there,
    3. open the source: columns, lookups,
    4. read page by page, handing each on before the next is asked for,
    5. let the destination show the whole table at once; rows of removed
       records go to a table of their own before, so that none is lost between,
    6. let the source remember what it read, now that all of it is written.

    Memory holds a page or two, whatever the size. Errors travel to the caller
    after the destination has put everything back. *still_ours* is asked right
    before anything shows or is remembered: a worker that slept meanwhile may
    have lost its run to another, whose table is the newer one.
    """

    source: Source
    destination: Destination
    tell: Tell = say_nothing
    report: Report = _report_to_nobody
    stop: Stop = never_stop
    still_ours: Stop = never_stop

    def run(
        self,
        selection: Selection,
        target: Target,
        *,
        mirror: MirrorFile | None = None,
        delivery: Delivery = NO_DELIVERY,
    ) -> Outcome:
        """What is reported last before an error leaves holds everything that was used up until then."""
        standing = _Standing(self.source, self.report)
        delivery = replace(delivery, keeps_missing=selection.keeps_missing)
        try:
            return self._run(selection, target, mirror, delivery, standing)
        except BaseException:
            with suppress(ImporterError):  # it is the first trouble that counts
                standing.report()
            raise

    def _run(
        self,
        selection: Selection,
        target: Target,
        mirror: MirrorFile | None,
        delivery: Delivery,
        standing: _Standing,
    ) -> Outcome:
        standing.report()
        tell, stop = standing.heard_by(self.tell, self.stop)
        self.destination.check(target, tell=tell, stop=stop)
        self.stop()
        selection = replace(selection, time_zone=self.destination.zone_of(target) or selection.time_zone)
        with self.destination.reserved(target, delivery=delivery, tell=tell, stop=stop):
            return self._fetched(selection, target, mirror, delivery, standing)

    def _fetched(
        self,
        selection: Selection,
        target: Target,
        mirror: MirrorFile | None,
        delivery: Delivery,
        standing: _Standing,
    ) -> Outcome:
        tell, stop = standing.heard_by(self.tell, self.stop)
        reading = standing.reading = self.source.open(selection, mirror=mirror, tell=tell, stop=stop)
        with closing(reading):
            if reading.removed_columns:
                self.destination.check(self.destination.beside(target), tell=tell, stop=stop)
            written = self._move(reading, target, delivery, standing)
            self._remember(reading)
        standing.written = written
        standing.enter(Phase.FINISHED)
        return Outcome(standing.counts, written, (*reading.notes, *written.notes), reading.sight)

    def _move(self, reading: Reading, target: Target, delivery: Delivery, standing: _Standing) -> Written:
        with self._begin(target, reading.columns, delivery) as writing:
            standing.announce = lambda: self._announce(reading, writing)
            standing.announce()
            standing.report()
            for page in reading.pages():
                self.stop()
                standing.announce()
                writing.add(page.rows)
                standing.read(len(page.rows))
            self.stop()
            standing.enter(Phase.WRITING)
            self._move_removed(reading, target, delivery)
            return writing.commit(still_ours=self.still_ours)

    def _remember(self, reading: Reading) -> None:
        """
        Not once the run is another's: what that one remembers is newer. The
        table shows, so no trouble counts here; the next run reads more, that is all.
        """
        with suppress(ImporterError):
            self.still_ours()
            reading.keep()

    def _begin(self, target: Target, columns: Sequence[Column], delivery: Delivery) -> Writing:
        return self.destination.begin(target, columns, delivery=delivery, tell=self.tell, stop=self.stop)

    def _move_removed(self, reading: Reading, target: Target, delivery: Delivery) -> None:
        if not reading.removed_columns:
            return
        beside = self.destination.beside(target)
        with self._begin(beside, reading.removed_columns, delivery) as writing:
            for page in reading.removed_pages():
                self.stop()
                writing.add(page.rows)
            written = writing.commit(still_ours=self.still_ours)
        self.tell(f"Removed from Pipedrive: {written.rows:,} in {beside.sheet}.")

    @staticmethod
    def _announce(reading: Reading, writing: Writing) -> None:
        """A table that cannot fit is refused as soon as its size is known, not after all of it was read."""
        if reading.total is not None:
            writing.expect(reading.total)


class _Standing:
    """
    Where a run stands. What it used up is asked of the source each time, so
    that requests and waiting show while they last, also before anything was read.

    It counts as reading once the source gave an answer, not before: whether
    the account lets us in is known only then.
    """

    def __init__(self, source: Source, report: Report) -> None:
        self._source = source
        self._report = report
        self._phase = Phase.CONNECTING
        self._reported: Counts | None = None
        self.reading: Reading | None = None
        self.announce: Callable[[], None] = lambda: None
        self.rows_read = 0
        self.written: Written | None = None

    @property
    def counts(self) -> Counts:
        usage, reading, written = self._source.usage, self.reading, self.written
        return Counts(
            rows_read=max(self.rows_read, reading.received if reading else 0),
            rows_written=written.rows if written else 0,
            rows_total=reading.total if reading else None,
            columns=len(reading.columns) if reading else 0,
            requests=usage.requests,
            tokens=usage.tokens,
            waited=usage.waited,
            extent=reading.extent if reading else Extent.FULL,
            rows_added=written.added if written else None,
            rows_changed=written.changed if written else None,
            rows_removed=written.removed if written else None,
        )

    def heard_by(self, tell: Tell, stop: Stop) -> tuple[Tell, Stop]:
        """*tell* and *stop* for the source, which calls them while it waits: the counts are reported along."""

        def tell_with_counts(text: str) -> None:
            self._report_news()
            tell(text)

        def stop_with_counts() -> None:
            self._report_news()
            self.announce()
            stop()

        return tell_with_counts, stop_with_counts

    def read(self, rows: int) -> None:
        self.rows_read += rows
        self.enter(Phase.READING)

    def enter(self, phase: Phase) -> None:
        # An empty list has no page, but was read before it is written.
        if phase is Phase.WRITING and self._phase is Phase.CONNECTING:
            self.enter(Phase.READING)
        self._phase = phase
        self.report()

    def report(self) -> None:
        counts = self.counts
        # Pipedrive charges for answers only: a token spent is an answer received.
        if self._phase is Phase.CONNECTING and self.reading and counts.tokens:
            self._phase = Phase.READING
        self._reported = counts
        self._report(Progress(self._phase, counts))

    def _report_news(self) -> None:
        if self.counts != self._reported:
            self.report()
