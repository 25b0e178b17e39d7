"""A spreadsheet at the pretend Google: to write into with our writer, to look at with gspread, and to work in by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import gspread
import requests
from gspread.utils import DateTimeOption, ValueRenderOption

from importers.destinations.google_sheets.a1 import cell_at
from importers.destinations.google_sheets.destination import GoogleSheetsDestination
from importers.destinations.google_sheets.job import Limits
from importers.locks import MemoryLocks
from importers.model import Cell, Column, ColumnKind, Delivery, Mode, Row, Target, Written
from sandbox.google.accounts import ALEX
from sandbox.google.book import Spreadsheet
from sandbox.google.tab import Formula, Tab
from tests.google import ASKED, a_spreadsheet
from tests.importers.destinations.google_sheets.signed_in import World

KIND = "google_sheets"
DAY_ZERO = datetime(1899, 12, 30)
COLUMNS = (Column("id", "ID", ColumnKind.WHOLE), Column("title", "Title"), Column("value", "Value", ColumnKind.MONEY))
RUN_AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
TINY = Limits(early=60, small=40, block=120, parts=20_000)
"""So that a handful of rows is many."""


def deals(count: int, *, start: int = 1, factor: float = 1.0) -> list[Row]:
    return [(number, f"Deal {number}", number * factor) for number in range(start, start + count)]


@dataclass
class Desk:
    """One spreadsheet. `destination` writes it; `limits` say what is many for it."""

    world: World
    limits: Limits = field(default_factory=Limits)
    max_cells: int = 10_000_000
    time_zone: str = "Europe/Amsterdam"
    locale: str = "en_US"
    runs: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.file = a_spreadsheet(self.world.google)
        self.book.time_zone, self.book.locale = self.time_zone, self.locale
        self.locks = MemoryLocks(self.world.clock)

    @property
    def id(self) -> str:
        return self.file.id

    @property
    def book(self) -> Spreadsheet:
        book = self.file.book
        assert book is not None
        return book

    def tab(self, title: str = "Deals") -> Tab:
        tab = self.book.tab_named(title)
        assert tab is not None, f"no tab {title}"
        return tab

    @cached_property
    def destination(self) -> GoogleSheetsDestination:
        return self.new_destination()

    def new_destination(self, client: Any = None, **more: Any) -> GoogleSheetsDestination:
        settings = {"locks": self.locks, "clock": self.world.clock, "limits": self.limits, "max_cells": self.max_cells}
        return GoogleSheetsDestination(client or self.world.user(), **{**settings, **more})

    def target(self, sheet: str = "Deals", **more: Any) -> Target:
        return Target(KIND, self.id, sheet, **{"place_name": "Sales 2026", "table": "deals", **more})

    # --- writing -----------------------------------------------------------------

    def write(
        self,
        rows: Sequence[Row],
        columns: Sequence[Column] = COLUMNS,
        *,
        run: str = "",
        page: int = 0,
        keeps_missing: bool = False,
        destination: GoogleSheetsDestination | None = None,
        **target: Any,
    ) -> Written:
        """As the pipeline does; each time is another run, unless it is named."""
        self.runs += 1
        place, destination = self.target(**target), destination or self.destination
        destination.check(place)
        destination.zone_of(place)
        delivery = Delivery(run or f"run {self.runs}", RUN_AT, keeps_missing)
        page = page or max(1, len(rows))
        with destination.begin(place, columns, delivery=delivery, tell=self.world.told.append) as writing:
            for start in range(0, len(rows), page):
                writing.add(rows[start : start + page])
            return writing.commit()

    # --- what its owner does --------------------------------------------------------

    def do(self, *requests: Mapping[str, Any]) -> list[dict[str, Any]]:
        """As its owner, in one batch."""
        return self.world.user().batch_update(self.id, requests, repeatable=True)

    def put(self, cell: str, *rows: Sequence[Any], title: str = "Deals") -> None:
        """Type values, or formulas, from that cell on; the grid grows as it must."""
        tab = self.tab(title)
        found = cell_at(cell)
        assert found is not None
        top, left = found
        width = max(len(row) for row in rows)
        with self.book.lock, self.book.transaction():
            tab.rows, tab.columns = max(tab.rows, top + len(rows)), max(tab.columns, left + width)
            for row, line in enumerate(rows, top):
                for column, value in enumerate(line, left):
                    is_formula = isinstance(value, str) and value.startswith("=")
                    tab.set_value(row, column, Formula(value) if is_formula else value)

    def lines(self, dimension: str, start: int, end: int, title: str = "Deals") -> dict[str, Any]:
        return {"sheetId": self.tab(title).sheet_id, "dimension": dimension, "startIndex": start, "endIndex": end}

    # --- looking -----------------------------------------------------------------

    def gspread(self) -> gspread.Spreadsheet:
        """With a token of its owner, through gspread alone."""
        given = self.world.google.sign_in(ALEX.email, *ASKED)
        session = requests.Session()
        for scheme in ("https://", "http://"):
            session.mount(scheme, self.world.session.get_adapter(scheme))
        session.headers["Authorization"] = f"Bearer {given.access}"
        with closing(session):
            return gspread.Client(auth=None, session=session).open_by_key(self.id)

    def table(self, title: str = "Deals", at: str = "") -> list[list[Any]]:
        """What is on a tab, as gspread reads it."""
        sheet = next(one for one in self.gspread().worksheets() if one.title.casefold() == title.casefold())
        return sheet.get(
            at or None,
            value_render_option=ValueRenderOption.unformatted,
            date_time_render_option=DateTimeOption.serial_number,
        )

    def formulas(self, title: str = "Deals") -> list[tuple[int, int, str]]:
        """Every formula on a tab, and where."""
        return [
            (row, column, str(value))
            for row, line in self.tab(title).values.items()
            for column, value in enumerate(line)
            if isinstance(value, Formula)
        ]

    def calls(self, verb: str = "") -> list[str]:
        """What was asked of Sheets since the journal was cleared: READ or WRITE, and which."""
        paths = [(call.method, call.path) for call in self.world.google.journal.calls if "/v4/" in call.path]
        return [f"{method} {path.split(self.id)[-1].split('/%27')[0]}" for method, path in paths if verb in path]

    def everything(self) -> Mapping[str, Any]:
        """All there is to know about the spreadsheet, comparable."""
        return comparable(self.book)


def comparable(book: Spreadsheet) -> Mapping[str, Any]:
    def plain(thing: Any) -> Any:
        if isinstance(thing, Tab):
            return {name: plain(value) for name, value in thing.snapshot().items()}
        if hasattr(thing, "items") and not isinstance(thing, Mapping):
            return {place: plain(value) for place, value in thing.items()}
        if isinstance(thing, Mapping):
            return {key: plain(value) for key, value in thing.items()}
        if isinstance(thing, (list, tuple)):
            return [plain(one) for one in thing]
        return thing

    return {
        "tabs": [(tab.sheet_id, plain(tab)) for tab in book.tabs],
        "names": plain(book.named_ranges),
        "metadata": plain(book.metadata),
        "title": book.title,
    }


SHOWN = "sheets.data.rowData.values(userEnteredValue,userEnteredFormat.numberFormat)"


def shown(spreadsheet: gspread.Spreadsheet, title: str) -> list[list[Cell]]:
    """
    A tab as its readers see it: a number is what its format makes of it. The
    answers are plain gspread's. Fails for a cell that is a formula.
    """
    sheet = next(one for one in spreadsheet.worksheets() if one.title.casefold() == title.casefold())
    quoted = sheet.title.replace("'", "''")
    told = spreadsheet.fetch_sheet_metadata(params={"ranges": f"'{quoted}'", "fields": SHOWN})
    rows = told["sheets"][0]["data"][0].get("rowData", [])
    return [[_seen(cell) for cell in row.get("values", [])] for row in rows]


def _seen(cell: Mapping[str, Any]) -> Cell:
    value = cell.get("userEnteredValue", {})
    assert "formulaValue" not in value, f"a formula: {value}"
    if "numberValue" not in value:
        return next(iter(value.values()), None)
    number = value["numberValue"]
    wears = cell.get("userEnteredFormat", {}).get("numberFormat", {})
    if wears.get("type") not in ("DATE", "DATE_TIME", "TIME"):
        return number
    moment = DAY_ZERO + timedelta(milliseconds=round(number * 86_400_000))
    if wears["type"] == "TIME":
        return moment - DAY_ZERO if wears["pattern"].startswith("[h") else moment.time()
    return moment if wears["type"] == "DATE_TIME" else moment.date()


UPDATE = {"mode": Mode.UPDATE, "key": "id"}
APPEND = {"mode": Mode.APPEND}
