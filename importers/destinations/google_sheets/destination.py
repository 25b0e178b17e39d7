"""GoogleSheetsDestination: tables into Google spreadsheets."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from zoneinfo import ZoneInfo

from importers.destinations.google_sheets import layout, names, room
from importers.destinations.google_sheets.claim import refuse_second_of_others, start_of
from importers.destinations.google_sheets.client import SheetsClient
from importers.destinations.google_sheets.finding import find
from importers.destinations.google_sheets.job import Held, Job, Limits, Respite
from importers.destinations.google_sheets.place import Place
from importers.destinations.google_sheets.places import address_of, spreadsheet_id_in, tab_id_in
from importers.destinations.google_sheets.refusals import refuse_charts, refuse_protected, refuse_read_only
from importers.destinations.google_sheets.sight import lock_name
from importers.destinations.google_sheets.survey import Survey, look, table_of
from importers.destinations.google_sheets.writing import SheetWriting
from importers.errors import ImporterError, InvalidSettings, NotOurTurn, NotThere, RunStopped, TemporaryError
from importers.interfaces import NO_DELIVERY, Clock, Locks, Stop, Tell, never_stop, say_nothing
from importers.model import Column, Delivery, Forecast, Mode, Target

logger = logging.getLogger(__name__)

_LIMITS = Limits()
_FRESH = 60.0
"""Seconds for which a look is good enough where nothing is written; whatever is, is looked at again."""


class GoogleSheetsDestination:
    """
    The spreadsheets that one signed-in account may write. A table takes some
    columns of a tab; everything else there stays as it was. *max_cells* are
    those of a spreadsheet, *limits* how much is held back.
    """

    def __init__(
        self,
        client: SheetsClient,
        *,
        locks: Locks,
        clock: Clock,
        max_cells: int = names.MAX_CELLS,
        limits: Limits = _LIMITS,
    ) -> None:
        self._client = client
        self._locks = locks
        self._clock = clock
        self._max_cells = max_cells
        self._limits = limits
        self._seen: dict[Target, tuple[float, Survey]] = {}
        """What was seen just now, for whoever asks next, and when that was."""
        self._held: Held | None = None

    # --- where -----------------------------------------------------------------

    def prepare(self, target: Target, *, time_zone: str = "") -> Target:
        start_of(target)
        if not target.place.strip():
            return self._created(target, time_zone)
        spreadsheet = spreadsheet_id_in(target.place)
        told = self._client.spreadsheet(spreadsheet, fields="properties.title,sheets.properties(sheetId,title)")
        sheet = target.sheet.strip() or _title_of(told, tab_id_in(target.place))
        _refuse_bad_title(sheet)
        return replace(target, place=spreadsheet, place_name=told.get("properties", {}).get("title", ""), sheet=sheet)

    def _created(self, target: Target, time_zone: str) -> Target:
        name = target.place_name.strip() or target.sheet.strip() or "Pipesheet"
        sheet = target.sheet.strip() or name[: names.MAX_TITLE]
        _refuse_bad_title(sheet)
        spreadsheet = self._client.create(name, time_zone=time_zone)
        with suppress(ImporterError):  # then the table gets a tab of its own beside the one that is there
            self._rename_first_tab(spreadsheet, sheet, rows=names.frozen_rows(start_of(target)[0]))
        return replace(target, place=spreadsheet, place_name=name, sheet=sheet)

    def _rename_first_tab(self, spreadsheet: str, title: str, *, rows: int) -> None:
        [tab] = self._client.tabs(spreadsheet)
        properties = {"sheetId": tab.id, "title": title, "gridProperties": {"frozenRowCount": rows}}
        request = {"updateSheetProperties": {"properties": properties, "fields": "title,gridProperties.frozenRowCount"}}
        self._client.batch_update(spreadsheet, [request], repeatable=True)

    @staticmethod
    def beside(target: Target) -> Target:
        return Target(
            target.kind,
            target.place,
            names.title_of_removed(target.sheet),
            connection_id=target.connection_id,
            place_name=target.place_name,
            table=f"{target.table} removed" if target.table else "",
            is_second=True,
        )

    def address(self, target: Target) -> str:
        if not target.place:
            return ""
        tab = look(self._client, target).tab
        return address_of(target.place, tab.id if tab else None)

    def zone_of(self, target: Target) -> str | None:
        zone = self._zone(target)
        with suppress(ValueError, OSError, KeyError):
            return ZoneInfo(zone).key
        return None

    def _zone(self, target: Target) -> str:
        """Of what was seen just now; else only this is asked."""
        if target in self._seen or not target.place:
            return self._survey(target, self._client).zone
        told = self._client.spreadsheet(spreadsheet_id_in(target.place), fields="properties.timeZone")
        return str(told.get("properties", {}).get("timeZone", ""))

    # --- whether ---------------------------------------------------------------

    def check(self, target: Target, *, tell: Tell = say_nothing, stop: Stop = never_stop) -> None:
        _refuse_bad_title(target.sheet)
        row, column = start_of(target)
        self._seen = {}
        client = self._client if stop is never_stop else self._client.heard_by(tell=tell, stop=stop)
        survey = self._survey(target, client)
        refuse_read_only(survey, may_edit=_may_edit(client, target))
        refuse_charts(survey)
        refuse_second_of_others(client, survey, target)
        if survey.tab is None:
            return
        known = survey.known
        if known is None or known.head is None:
            refuse_protected(survey.tab, layout.boxes([column], row, row + 1))
            return
        columns = [mark.index for mark in known.columns.values() if mark.index is not None]
        refuse_protected(survey.tab, layout.boxes(columns, known.head, (known.foot or known.head) + 1))

    @contextmanager
    def reserved(
        self,
        target: Target,
        *,
        delivery: Delivery = NO_DELIVERY,
        tell: Tell = say_nothing,
        stop: Stop = never_stop,
    ) -> Iterator[None]:
        name = lock_name(target, self._survey(target, self._client.heard_by(tell=tell, stop=stop)))
        with ExitStack() as stack:
            try:
                still = stack.enter_context(
                    self._locks.hold(name, who=table_of(target), run=delivery.run, tell=tell, stop=stop)
                )
            except NotOurTurn:
                raise
            except TemporaryError:
                # Nobody can say who writes there. That may be otherwise when there is something to write.
                logger.info("the tab %s could not be reserved", name)
            else:
                self._held = Held(name, still)
            try:
                yield
            finally:
                self._held = None

    def forecast(self, target: Target, columns: Sequence[Column]) -> Forecast:
        _refuse_bad_title(target.sheet)
        _, place = find(self._client, target, columns, seen=self._survey(target, self._client))
        notes = []
        if place.is_claimed and place.rows:
            many = f"{place.rows:,} rows" if place.rows > 1 else "1 row"
            whose = "another importer wrote" if place.displaced else "Pipesheet did not write"
            notes.append(f"{many} that {whose} would be taken over.")
        return Forecast(place.rows, tuple(notes))

    def begin(
        self,
        target: Target,
        columns: Sequence[Column],
        *,
        delivery: Delivery = NO_DELIVERY,
        tell: Tell = say_nothing,
        stop: Stop = never_stop,
    ) -> SheetWriting:
        _refuse_bad_title(target.sheet)
        _refuse_impossible_columns(target, columns)
        heard = self._client.heard_by(tell=tell, stop=stop)
        job = Job(
            heard=heard,
            held=self._held,
            tidier=heard.heard_by(tell=say_nothing, stop=Respite(stop, self._limits.tidying, self._clock)),
            settler=heard.heard_by(tell=say_nothing, stop=Respite(stop, self._limits.settling, self._clock)),
            target=target,
            columns=tuple(columns),
            delivery=delivery,
            run=delivery.run or f"nobody's {secrets.token_hex(8)}",
            at=delivery.at or self._clock.now(),
            locks=self._locks,
            clock=self._clock,
            max_cells=self._max_cells,
            limits=self._limits,
            tell=tell,
            stop=stop,
        )
        survey, place = find(heard, target, job.all_columns, seen=self._survey(target, heard))
        _refuse_too_wide(place, len(job.all_columns))
        return SheetWriting(job, survey, place)

    def _survey(self, target: Target, client: SheetsClient) -> Survey:
        if not target.place:
            raise InvalidSettings(
                "No spreadsheet is chosen.", hint="Choose one, or let Pipesheet create it.", field="place"
            )
        now = self._clock.monotonic()
        seen_at, survey = self._seen.get(target, (-_FRESH, None))
        if survey is None or now - seen_at >= _FRESH:
            survey = look(client, target)
            self._seen = {target: (now, survey)}
        return survey


def _may_edit(client: SheetsClient, target: Target) -> bool:
    """True where Drive does not answer: then Sheets will say it."""
    try:
        return client.may_edit(target.place)
    except RunStopped:
        raise
    except ImporterError:
        return True


def _title_of(told: dict[str, object], tab_id: int | None) -> str:
    sheets = told.get("sheets", [])
    titles = {
        sheet["properties"].get("sheetId", 0): sheet["properties"].get("title", "")
        for sheet in (sheets if isinstance(sheets, list) else [])
    }
    if tab_id is None:
        raise InvalidSettings(
            "No tab of the spreadsheet is chosen.", hint="Name the tab the table is to stand on.", field="sheet"
        )
    if tab_id not in titles:
        raise NotThere(
            "The tab that the address names is not in the spreadsheet (any more).",
            hint="Open the spreadsheet, go to the sheet, and copy the address again.",
            field="place",
        )
    return str(titles[tab_id])


def _refuse_bad_title(title: str) -> None:
    problem = names.title_problem(title)
    if problem:
        raise InvalidSettings(problem, hint="Choose another name for the tab.", field="sheet")


def _refuse_impossible_columns(target: Target, columns: Sequence[Column]) -> None:
    if not columns:
        raise InvalidSettings("There is no column to write.", hint="Choose at least one column.")
    if target.mode is Mode.UPDATE and target.key not in {column.key for column in columns}:
        raise InvalidSettings(
            "The column that tells rows apart is not among those that are imported, so nothing can be updated.",
            hint="Import that column, too, or choose another one to update by.",
            field="key",
        )


def _refuse_too_wide(place: Place, columns: int) -> None:
    new = columns - sum(1 for _ in place.at)
    room.refuse_too_wide(max(place.edge + max(0, new), *place.at.values(), 0))
