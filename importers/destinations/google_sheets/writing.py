"""A table on its way into a Google spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from types import TracebackType
from typing import Self

from importers.destinations.google_sheets import cells, cutover, layout, room
from importers.destinations.google_sheets.assembly import assembled, parts_of
from importers.destinations.google_sheets.cells import AnyCell, Encoded, RowEncoder
from importers.destinations.google_sheets.cutover import Plan
from importers.destinations.google_sheets.job import STAMP, Job, local
from importers.destinations.google_sheets.marks import Done
from importers.destinations.google_sheets.place import Place
from importers.destinations.google_sheets.refusals import refuse_protected
from importers.destinations.google_sheets.sifting import ChangedMeanwhileError, Sift, sift_for
from importers.destinations.google_sheets.sight import Sight
from importers.destinations.google_sheets.staging import Staging, new_sheet_id, overtaken, remove
from importers.destinations.google_sheets.surroundings import NOTHING_AROUND, Growth, look_around
from importers.destinations.google_sheets.survey import Survey
from importers.destinations.google_sheets.there import RowsThere
from importers.errors import (
    HandedBack,
    ImporterError,
    NotThere,
    RunStopped,
    SetupError,
    StoppedHalfway,
    TemporaryError,
)
from importers.interfaces import Stop, never_stop
from importers.model import Column, Mode, Row, Written

_TRIES = 4


class SheetWriting:
    """
    Rows wait in memory while they are few. Many are compared with what is there
    and uploaded into a hidden tab while others are still being read. `commit`
    shows all of them with one request.
    """

    def __init__(self, job: Job, survey: Survey, place: Place) -> None:
        self._job = job
        self._sight = Sight(job, survey, place)
        self._encoder = RowEncoder(job.columns, key=job.target.key if job.target.mode is Mode.UPDATE else "")
        self._stamp = cells.as_json(cells.serial_of(local(job.at, survey.zone))) if job.target.stamps_rows else b""
        self._rows = 0
        self._expected = 0
        self._room = self._rows_that_fit(place)
        self._waiting: list[Encoded] = []
        self._size = 0
        self._executor = ThreadPoolExecutor(2, "pipesheet-google")
        self._stages: list[Staging] = []
        self._staging = self._new_staging()
        self._new_tab = new_sheet_id()
        self._there: RowsThere | None = None
        self._sift: Sift | None = None
        self._streams = False
        self._is_in_place = False
        self._was_too_late = False

    # --- rows ------------------------------------------------------------------

    def expect(self, total_rows: int) -> None:
        self._expected = total_rows
        if total_rows > self._room:
            raise self._too_many(f"{total_rows:,} rows")

    def add(self, rows: Sequence[Row]) -> None:
        if self._rows + len(rows) > self._room:
            raise self._too_many(f"More than {self._room:,} rows")
        encoded = self._encoder.encode(rows, compares=self._job.skips and self._sight.place.rows > 0)
        self._rows += len(rows)
        if self._sight.was_written:
            return
        if self._streams:
            self._feed(encoded)
            return
        self._waiting.append(encoded)
        self._size += encoded.size
        if self._size > self._job.limits.early:
            self._stream()

    def _stream(self) -> None:
        """Too many to wait: compare and upload from now on."""
        self._begin()
        waiting, self._waiting = self._waiting, []
        if self._sight.was_written:
            return
        self._streams = True
        for encoded in waiting:
            self._feed(encoded)

    def _feed(self, encoded: Encoded) -> None:
        self._sifting.feed(encoded)
        if self._sifting.found.size >= self._job.limits.block:
            self._upload()

    def _begin(self) -> None:
        self._sight.hold()
        self._compare_anew()

    def _compare_anew(self) -> None:
        job = self._job
        self._there = self._rows_there(job.all_columns, reads_rows=job.compares)
        self._sift = sift_for(job.target, job.columns, self._there, keeps_missing=job.delivery.keeps_missing)

    def _rows_there(self, columns: Sequence[Column], *, reads_rows: bool) -> RowsThere:
        return RowsThere(
            self._job.heard,
            self._job.spreadsheet,
            self._sight.place,
            columns,
            compared=len(self._job.columns),
            key=self._witness,
            reads_rows=reads_rows,
            executor=self._executor,
        )

    @property
    def _sifting(self) -> Sift:
        if self._sift is None:
            raise RuntimeError("rows are compared before anybody looked")
        return self._sift

    @property
    def _witness(self) -> str:
        """The column that tells rows apart, or else shows whether they were sorted meanwhile."""
        if self._job.target.mode is Mode.UPDATE:
            return self._job.target.key
        at = self._sight.place.at
        return next((column.key for column in self._job.columns if column.key in at), "")

    # --- staging -------------------------------------------------------------------

    def _new_staging(self) -> Staging:
        job = self._job
        staging = Staging(job.heard, job.tidier, job.spreadsheet, job.table, job.run, f"{job.at:%Y-%m-%dT%H:%M:%SZ}")
        self._stages.append(staging)
        return staging

    def _upload(self) -> None:
        """The rows that were found go into the staging tab; where that has no room for them, into their place."""
        found, width = self._sifting.found, len(self._job.all_columns)
        for rows in _blocks(self._stamped(found.take()), self._job.limits.block):
            most = self._staged_rows_that_fit()
            if self._staging.rows + len(rows) > most:
                self._write_in_place(rows)
            else:
                self._staging.upload(rows, columns=width, most=most, executor=self._executor)

    def _stamped(self, rows: list[bytes]) -> list[bytes]:
        return [cells.joined(row, self._stamp) for row in rows] if self._stamp else rows

    def _write_in_place(self, rows: list[bytes]) -> None:
        """
        What is in the staging tab is shown, and so are *rows*, so that there is
        room for others. Every part is shown at once, but not all of them.
        """
        if self._job.target.mode is not Mode.REPLACE:
            raise self._too_many(f"A table of {self._rows:,} rows and a second copy of what is new in it")
        self._is_in_place = True
        found, staged = self._sifting.found, self._staging.rows
        self._staging.finish()
        if staged:
            self._show_part(found.positions[:staged], ())
        self._show_part(found.positions[staged : staged + len(rows)], rows)
        del found.positions[: staged + len(rows)]

    def _show_part(self, positions: Sequence[int], rows: Sequence[bytes]) -> None:
        self._sight.look()
        length = max(self._sight.place.rows, positions[-1] + 1)
        plan = self._planned(positions, rows, length=length, blanks=(), done=Done("", self._sight.place.head, length))
        self._refuse_impossible(plan)
        if not self._staging.is_open:
            self._staging.open()
        self._job.heard.batch_update(self._job.spreadsheet, cutover.requests(plan), repeatable=True)
        self._staging.is_open = False
        self._staging = self._new_staging()

    # --- commit --------------------------------------------------------------------

    def commit(self, *, still_ours: Stop = never_stop) -> Written:
        """
        1. compare what was not compared yet; see whether all is where it was;
        2. nothing to do? Leave it;
        3. upload what is much; at least make the guard;
        4. nobody moved anything meanwhile? Else begin again;
        5. show everything at once, if we still may.
        """
        for tries_left in reversed(range(_TRIES)):
            self._catch_up()
            if self._sight.was_written:
                return self._told_again()
            self._upload_if_much()
            try:
                plan = self._last_plan()
            except NotThere:  # the tab was renamed or deleted since the look, a moment ago
                if not tries_left:
                    raise
                continue
            if not cutover.changes_something(plan):
                self._job.tell("Nothing had changed, so nothing was written.")
                return self._written(plan.done)
            self._refuse_impossible(plan)
            plan = self._guarded(plan)
            if self._sight.is_unchanged({staging.sheet_id for staging in self._stages}):
                self._cut_over(plan, still_ours)
                return self._written(plan.done, self._notes(plan.done.removed or 0))
        raise _restless()

    def _catch_up(self) -> None:
        if self._streams:
            self._settle()
            return
        if self._there is None:
            self._begin()
        else:
            self._sight.look()
            self._drop_staged()
            self._compare_anew()
        if not self._sight.was_written:
            for encoded in self._waiting:
                self._sifting.feed(encoded)

    def _settle(self) -> None:
        """The rows came while somebody may have moved, sorted or deleted what was there."""
        self._staging.finish()
        self._sight.look()
        if self._sight.was_written or self._is_in_place:
            return
        witness = [column for column in self._job.columns if column.key == self._witness]
        now = self._rows_there(witness, reads_rows=self._job.compares)
        try:
            self._sifting.settle(now)
        except ChangedMeanwhileError as error:
            raise _restless() from error

    def _drop_staged(self) -> None:
        if self._staging.rows:
            self._staging.discard()
            self._staging = self._new_staging()

    def _upload_if_much(self) -> None:
        found = self._sifting.found
        if not found.rows or not (self._staging.rows or found.size > self._job.limits.small):
            return
        self._upload()
        self._staging.finish()
        if self._is_in_place:
            self._sight.look()

    def _last_plan(self) -> Plan:
        sift, rows = self._sifting, self._stamped(self._sifting.found.rows)
        told = Done(
            self._job.run, self._sight.place.head, sift.length, self._rows, sift.added, sift.changed, sift.removed
        )
        return self._planned(sift.found.positions, rows, length=sift.length, blanks=sift.blanks, done=told)

    def _planned(
        self, positions: Sequence[int], rows: Sequence[bytes], *, length: int, blanks: Sequence[int], done: Done
    ) -> Plan:
        job, place = self._job, self._sight.place
        plan = Plan(
            table=job.table,
            title=job.target.sheet,
            place=place,
            columns=job.all_columns,
            around=NOTHING_AROUND,
            length=length,
            positions=positions,
            rows=rows,
            stage=self._staging.sheet_id if self._staging.rows and not rows else None,
            blanks=blanks,
            writes_header=self._header_differs(),
            done=done,
            guards=(self._staging.sheet_id,),
            notes=self._header_notes() if job.target.explains_headers else {},
            fills_formulas=job.target.fills_formulas,
            new_tab=self._new_tab,
        )
        if not cutover.changes_something(plan):
            return plan
        return replace(plan, around=look_around(job.heard, self._sight.survey, place, self._growth(plan)))

    def _growth(self, plan: Plan) -> Growth:
        target, place = self._job.target, plan.place
        new = sum(column.key not in place.at for column in plan.columns)
        looks_new = place.is_claimed or cutover.reformats(plan)
        return Growth(plan.growth, new, looks_new, target.fills_formulas, target.explains_headers)

    def _header_differs(self) -> bool:
        there, place, columns = self._there, self._sight.place, self._job.all_columns
        if there is None or not place.has_header or any(column.key not in place.at for column in columns):
            return True
        return there.read_header() != [AnyCell().text(column.header) for column in columns]

    def _header_notes(self) -> dict[str, str]:
        zone = self._sight.survey.zone
        when = f"Refreshed {local(self._job.at, zone):%Y-%m-%d %H:%M} ({zone})."
        text = AnyCell().text
        return {column.key: text(f"{_origin(column)}\n{when}") for column in self._job.all_columns}

    def _guarded(self, plan: Plan) -> Plan:
        """What the cut-over needs is in the staging tab; at least that is there."""
        job = self._job
        if not self._staging.is_open:
            self._staging.open()
        if parts_of(plan) <= job.limits.parts:
            return plan
        if plan.stage is None:
            self._upload()
            self._staging.finish()
            plan = replace(plan, rows=(), stage=self._staging.sheet_id)
        return assembled(job.heard, job.spreadsheet, plan, self._new_staging(), batch=job.limits.parts)

    def _cut_over(self, plan: Plan, still_ours: Stop) -> None:
        requests = cutover.requests(plan)
        still_ours()
        self._sight.still_held()
        try:
            self._job.heard.batch_update(self._job.spreadsheet, requests, repeatable=True)
        except RunStopped as error:
            self._learn_fate(plan, error)
        except ImporterError as error:
            # It may have been carried out without an answer; repeated, it is refused then.
            if not self._has_our_name():
                raise self._explained(error) from error
        for staging in self._stages:
            staging.is_open = staging.is_open and staging.sheet_id not in plan.guards

    def _learn_fate(self, plan: Plan, stopped: RunStopped) -> None:
        """
        Told to stop when the last write may be on its way: whoever takes its
        guard first wins. Once the guard is removed it is refused, also if it
        arrives only then; where the guard is gone, the table says whether it
        was carried out. One that is handed back leaves that to the next worker.
        """
        if isinstance(stopped, HandedBack):
            raise stopped
        self._job.tell("Asked to stop during the last write: waiting for Google to say whether it was carried out.")
        try:
            remove(self._job.settler, self._job.spreadsheet, plan.guards)
        except SetupError:
            is_written = self._is_written()
        except ImporterError:
            is_written = None
        else:
            is_written = False
        if is_written is None:
            raise _unsettled() from stopped
        if not is_written:
            raise stopped
        self._was_too_late = True

    def _is_written(self) -> bool | None:
        """Whether the table shows; None where nobody can tell."""
        try:
            return self._sight.has_our_name()
        except ImporterError:
            return None

    def _explained(self, error: ImporterError) -> ImporterError:
        """What is refused because somebody else removed our guard may be tried again."""
        return overtaken() if isinstance(error, SetupError) and self._staging.was_taken_away() else error

    def _has_our_name(self) -> bool:
        return bool(self._is_written())  # where nobody can tell, the first trouble is the one to hear of

    # --- room ------------------------------------------------------------------------

    def _rows_that_fit(self, place: Place) -> int:
        job = self._job
        fit = room.rows_that_fit(self._sight.survey, place, job.all_columns, max_cells=job.max_cells)
        return fit - place.rows if job.target.mode is Mode.APPEND else fit

    def _staged_rows_that_fit(self) -> int:
        survey, job = self._sight.survey, self._job
        ours = {staging.sheet_id for staging in self._stages}
        there = sum(tab.cells for tab in survey.tabs if tab.id not in ours)
        rows = max(self._rows, self._expected)
        if job.target.mode is Mode.APPEND:
            rows += self._sight.place.rows
        growth = room.growth(self._sight.place, job.all_columns, rows)
        return max(0, (job.max_cells - there - growth) // len(job.all_columns))

    def _refuse_impossible(self, plan: Plan) -> None:
        survey, tab = self._sight.survey, plan.place.tab
        room.refuse_too_wide(plan.box.right)
        rows, columns = cutover.size_after(plan)
        growth = rows * columns - (tab.cells if tab else 0)
        if survey.cells + growth + room.GUARD > self._job.max_cells + self._staged_cells():
            raise self._too_many(f"{plan.length:,} rows")
        if tab is not None:
            areas = layout.boxes([*plan.at.values(), *plan.place.gone], plan.place.head, plan.bottom)
            refuse_protected(tab, areas)

    def _staged_cells(self) -> int:
        """Of the tabs that the cut-over removes, as far as the survey has counted them."""
        ours = {staging.sheet_id for staging in self._stages}
        return sum(tab.cells for tab in self._sight.survey.tabs if tab.id in ours)

    def _too_many(self, what: str) -> ImporterError:
        outcome = "Part of the table was written already." if self._is_in_place else "Nothing was changed."
        return room.too_many(what, self._sight.survey, max_cells=self._job.max_cells, outcome=outcome)

    # --- what to say -------------------------------------------------------------------

    def _written(self, done: Done, notes: Sequence[str] = ()) -> Written:
        said = (*self._encoder.notes(), *notes)
        title = self._sight.survey.title or self._job.target.place_name
        where = f"{self._job.target.sheet} in {title}"
        return Written(self._rows, len(self._job.columns), where, said, done.added, done.changed, done.removed)

    def _told_again(self) -> Written:
        known = self._sight.survey.known
        done = known.done if known else Done(self._job.run)
        self._job.tell("An earlier try of this run had written all of it already.")
        return self._written(done)

    def _notes(self, removed: int) -> list[str]:
        notes = []
        if self._is_in_place:
            notes.append(
                "The spreadsheet has no room for a second copy of the table, so it was written part by part: "
                "who looked meanwhile may have seen some of it old and some of it new."
            )
        if self._was_too_late:
            notes.append(
                "The run was asked to stop when Google had carried out the last write already, so the table is the new one."
            )
        if self._job.target.mode is Mode.UPDATE and removed:
            was = (
                "1 row was blanked and leaves a gap"
                if removed == 1
                else f"{removed:,} rows were blanked and leave gaps"
            )
            notes.append(f"{was}: their records are gone.")
        return notes

    # --- the end -----------------------------------------------------------------------

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            for staging in self._stages:
                staging.discard()
        finally:
            self._sight.let_go()
            self._executor.shutdown()
        if self._is_in_place and isinstance(error, RunStopped) and not isinstance(error, HandedBack):
            raise _in_part() from error
        if self._is_in_place and isinstance(error, ImporterError):
            error.facts["is_halfway"] = True


def _blocks(rows: list[bytes], size: int) -> Iterator[list[bytes]]:
    """As many rows at a time as are about *size* bytes, a bit more rather than little in the last block; at least one."""
    whole = sum(map(len, rows))
    size = max(size, -(-whole // max(1, round(whole / size))))
    start = total = 0
    for end in count(1):
        if end > len(rows):
            break
        total += len(rows[end - 1])
        if total >= size or end == len(rows):
            yield rows[start:end]
            start, total = end, 0


def _origin(column: Column) -> str:
    if column.key == STAMP.key:
        return "When Pipesheet last wrote this row."
    group = f"{column.group}: " if column.group else ""
    return f"From Pipedrive: {group}{column.field or column.header}."


def _unsettled() -> StoppedHalfway:
    return StoppedHalfway(
        "Cancelled during the last write, and Google does not say whether it was carried out: the table is either "
        "all new or as it was before.",
        hint="Look at the spreadsheet, or run it again.",
    )


def _in_part() -> StoppedHalfway:
    return StoppedHalfway(
        "Cancelled while the table was written part by part, because the spreadsheet has no room for a second copy "
        "of it: some of it may be new and some of it old.",
        hint="Run it again.",
    )


def _restless() -> TemporaryError:
    return TemporaryError(
        "The rows were sorted, moved or deleted in the spreadsheet while the table was being written. "
        "Nothing was changed.",
        hint="It is tried again in a while.",
    )
