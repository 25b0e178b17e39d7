"""
The hidden tab of a run: rows wait in it until they are shown. It is a guard as
well: the cut-over deletes it, so that the cut-over cannot be carried out twice.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager, suppress

from importers.destinations.google_sheets import marks
from importers.destinations.google_sheets.a1 import Box, printed
from importers.destinations.google_sheets.client import SheetsClient
from importers.destinations.google_sheets.survey import Stage, Survey
from importers.errors import ImporterError, ServiceTrouble, SetupError, TemporaryError

BLOCK = 2_000_000
"""Bytes in one request, as Google recommends."""

_UNDER_WAY = 2
_BLOCKS_AT_FIRST = 2


class Staging:
    """
    One staging tab. Rows are uploaded behind each other, a block at a time and
    two at once; what goes wrong is raised by the next call.
    """

    def __init__(
        self, client: SheetsClient, tidier: SheetsClient, spreadsheet: str, table: str, run: str, at: str
    ) -> None:
        """*tidier* removes the tab in the end, also when the run was told to stop."""
        self.sheet_id = new_sheet_id()
        self.title = f"pipesheet {secrets.token_hex(6)}"
        self.rows = 0
        """Uploaded, or under way."""
        self._client = client
        self._tidier = tidier
        self._spreadsheet = spreadsheet
        self._mark = marks.stage_request(self.sheet_id, table, run, at)
        self._room = 0
        self._width = 0
        self._under_way: deque[tuple[Future[int], int]] = deque()
        self.is_open = False

    def open(self, rows: int = 1, columns: int = 1) -> None:
        """Make it. Done twice it is made once: its id is known before."""
        properties = {
            "sheetId": self.sheet_id,
            "title": self.title,
            "hidden": True,
            "gridProperties": {"rowCount": rows, "columnCount": columns},
        }
        self.is_open = True  # maybe; whoever cleans up has to look
        try:
            requests = [{"addSheet": {"properties": properties}}, self._mark]
            self._client.batch_update(self._spreadsheet, requests, repeatable=True)
        except ImporterError:
            if not self._is_there():
                raise
        self._room, self._width = rows, columns

    def upload(self, rows: Sequence[bytes], *, columns: int, most: int, executor: Executor) -> None:
        """
        Put *rows* behind those that are here; the tab grows as it must, up to
        *most* rows. The caller made sure that they fit.
        """
        needed = self.rows + len(rows)
        if not self.is_open:
            self.open(min(most, _BLOCKS_AT_FIRST * needed), columns)
        elif needed > self._room:
            self._grow(min(most, max(needed, 2 * self._room)))
        while len(self._under_way) >= _UNDER_WAY:
            self._hear()
        box = Box(self.rows, 0, needed, columns)
        future = executor.submit(self._client.put_values, self._spreadsheet, printed(self.title, box), list(rows))
        self._under_way.append((future, len(rows) * columns))
        self.rows = needed

    def finish(self) -> None:
        """All that was uploaded has arrived."""
        while self._under_way:
            self._hear()

    def discard(self) -> None:
        """Remove it; where that does not succeed the next run does."""
        while self._under_way:
            with suppress(ImporterError):
                self._under_way.popleft()[0].result()
        if self.is_open:
            with suppress(ImporterError):
                remove(self._tidier, self._spreadsheet, [self.sheet_id])
        self.is_open = False

    def was_taken_away(self) -> bool:
        """Whether somebody removed it: another run that took this one for dead."""
        return self.is_open and not self._is_there()

    def _hear(self) -> None:
        future, cells = self._under_way.popleft()
        with self._noticing_others():
            written = future.result()
        if written != cells:
            raise ServiceTrouble(
                f"Google wrote {written:,} of {cells:,} cells, so the table would not be whole. Nothing was changed.",
                hint="It is tried again.",
            )

    def _grow(self, rows: int) -> None:
        properties = {"sheetId": self.sheet_id, "gridProperties": {"rowCount": rows}}
        request = {"updateSheetProperties": {"properties": properties, "fields": "gridProperties.rowCount"}}
        with self._noticing_others():
            self._client.batch_update(self._spreadsheet, [request], repeatable=True)
        self._room = rows

    @contextmanager
    def _noticing_others(self) -> Iterator[None]:
        """What is refused because the tab is gone may be tried again."""
        try:
            yield
        except SetupError as error:
            if self.was_taken_away():
                raise overtaken() from error
            raise

    def _is_there(self) -> bool:
        found = marks.parsed(self._client.search_metadata(self._spreadsheet, [marks.STAGE]))
        return any(mark.sheet_id == self.sheet_id for mark in found)


def overtaken() -> TemporaryError:
    return TemporaryError(
        "Another run has begun to write this table. Nothing was changed.",
        hint="It is tried again; if it happens often, see whether two importers write to the same place.",
    )


def new_sheet_id() -> int:
    """One that nobody else will think of."""
    return secrets.randbelow(2**30) + 2**30


def remove(client: SheetsClient, spreadsheet: str, sheet_ids: Sequence[int]) -> None:
    """Delete these tabs, each in a request of its own: one that is gone keeps no other."""
    for sheet_id in sheet_ids:
        client.batch_update(spreadsheet, [{"deleteSheet": {"sheetId": sheet_id}}], repeatable=True)


def remove_leftovers(client: SheetsClient, survey: Survey) -> bool:
    """Delete the staging tabs of runs that died; whether there were any."""
    _remove_all(client, survey.id, survey.stages)
    return bool(survey.stages)


def _remove_all(client: SheetsClient, spreadsheet: str, stages: Sequence[Stage]) -> None:
    for stage in stages:
        try:
            remove(client, spreadsheet, [stage.sheet_id])
        except ImporterError:
            if stage.sheet_id in _tab_ids(client, spreadsheet):
                raise


def _tab_ids(client: SheetsClient, spreadsheet: str) -> set[int]:
    return {tab.id for tab in client.tabs(spreadsheet)}
