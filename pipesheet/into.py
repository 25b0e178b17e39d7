"""Where a one-off import writes: a workbook file, or a table in a Google spreadsheet."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import click

from importers.bootstrap import excel_file, google_address, google_sheets
from importers.config import Settings, google_key_from_env
from importers.errors import ImporterError, InvalidSettings, NotThere
from importers.interfaces import Destination, Source
from importers.model import EXCEL, GOOGLE_SHEETS, Mode, Target
from pipesheet.entities import label_of
from pipesheet.pretend import PretendGoogle, pretend_google

NEW = "google-sheets"
"""As a place: a new spreadsheet, called as what follows a colon says."""

_SHEETS = ("https://docs.google.com/", "http://docs.google.com/", "docs.google.com/")
_USUAL_KEY = "id"


@dataclass(frozen=True, slots=True)
class How:
    """What one can choose about a table in a spreadsheet; `key` is the key or the header of a column."""

    mode: Mode = Mode.REPLACE
    key: str = ""
    start: str = "A1"
    stamps_rows: bool = False
    fills_formulas: bool = False
    explains_headers: bool = False
    takes_over: bool = False
    rewrites: bool = False


@dataclass(frozen=True, slots=True)
class Into:
    """
    A destination and what is written there. `place` is what stays as it is
    when nothing is written, `called` where in it the rows are. `browsed` says
    where a browser really finds an address; None where none can show it.
    `pretended` is the Google that is gone when the command ends.
    """

    destination: Destination
    target: Target
    place: str
    called: str
    browsed: Callable[[str], str] | None = None
    pretended: PretendGoogle | None = None

    @property
    def is_google(self) -> bool:
        return self.target.kind == GOOGLE_SHEETS

    def address(self) -> str:
        """Where a browser shows the table; empty where none can. Asks Google for the tab."""
        if self.browsed is None or self.pretended:
            return ""
        try:
            found = self.destination.address(self.target)
        except ImporterError:
            found = ""  # all of it is written; the spreadsheet has to do
        return self.browsed(found)


def is_google(place: str) -> bool:
    return _is_new(place) or place.startswith(_SHEETS)


def _is_new(place: str) -> bool:
    return place.partition(":")[0] == NEW


def check_place(place: str, how: How) -> None:
    """Raises click.UsageError for what is neither, and for a workbook with choices that only a spreadsheet has."""
    if is_google(place):
        if how.key and how.mode is not Mode.UPDATE:
            raise click.UsageError("--key tells rows apart for --mode update alone.")
        return
    if Path(place).suffix.lower() != ".xlsx":
        raise click.BadParameter(
            f"{place!r} does not end in .xlsx, and is not the address of a Google spreadsheet.", param_hint="'--to'"
        )
    if how != How():
        raise click.UsageError(f"{_chosen(how)} is for Google Sheets; a worksheet in Excel is replaced as a whole.")


def into(
    place: str,
    sheet: str,
    how: How,
    *,
    settings: Settings,
    source: Source,
    entity: str,
    sandbox: bool,
    time_zone: str,
) -> Into:
    """*time_zone* is that of a spreadsheet that is created."""
    if is_google(place):
        return _spreadsheet(
            place, sheet, how, settings=settings, source=source, entity=entity, sandbox=sandbox, time_zone=time_zone
        )
    return _workbook(Path(place), sheet)


def _workbook(path: Path, sheet: str) -> Into:
    return Into(excel_file(path), Target(EXCEL, path.stem, sheet), str(path), f"{path}, sheet {sheet!r}")


def _spreadsheet(
    said: str,
    sheet: str,
    how: How,
    *,
    settings: Settings,
    source: Source,
    entity: str,
    sandbox: bool,
    time_zone: str,
) -> Into:
    """
    The table of that tab and cell: whoever imports there again meets the same one.

    Raises InvalidSettings when there is no key of a service account; the sandbox needs none.
    """
    pretended = pretend_google(settings) if sandbox else None
    account = pretended.account if pretended else google_sheets(settings, google_key_from_env())
    name = said.partition(":")[2].strip() or f"{label_of(entity)} from Pipedrive"
    target = Target(
        GOOGLE_SHEETS,
        _place(said, pretended, name, sheet, time_zone),
        sheet,
        place_name=name,
        start=how.start,
        mode=how.mode,
        key=_key(how, source, entity) if how.mode is Mode.UPDATE else "",
        stamps_rows=how.stamps_rows,
        skips_unchanged=not how.rewrites,
        fills_formulas=how.fills_formulas,
        explains_headers=how.explains_headers,
        takes_over=how.takes_over,
    )
    try:
        found = account.destination.prepare(target, time_zone=time_zone)
    except NotThere as error:
        raise (_not_in_this_one(error) if pretended else error) from error
    found = replace(found, table=_table(found))
    place = found.place_name or "The spreadsheet"
    browsed = partial(google_address, settings, found)
    return Into(account.destination, found, place, f"{place}, tab {found.sheet!r}", browsed, pretended)


def _place(said: str, pretended: PretendGoogle | None, name: str, sheet: str, time_zone: str) -> str:
    if not _is_new(said):
        return said
    return pretended.new_spreadsheet(name, sheet, time_zone) if pretended else ""


def _not_in_this_one(error: NotThere) -> NotThere:
    return NotThere(
        "This is the pretend Google of this command alone: it has no spreadsheet but the new one it makes.",
        hint="Use --to google-sheets. docs/command-line.md says how to write into the one of `make run`.",
        **error.facts,
    )


def _table(target: Target) -> str:
    """The name of the table: always the same for this spreadsheet, tab and cell, and nobody else's."""
    text = f"{target.place}/{target.sheet.casefold()}/{target.start.replace('$', '').upper()}"
    return f"once-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def _key(how: How, source: Source, entity: str) -> str:
    if not how.key:
        return _USUAL_KEY
    columns = source.columns(entity)
    wanted = how.key.strip().casefold()
    found = [column.key for column in columns if wanted in (column.key.casefold(), column.header.casefold())]
    if not found:
        raise InvalidSettings(
            f"There is no column {how.key!r} to tell rows apart by.", hint=f"See: pipesheet columns {entity}"
        )
    return found[0]


def _chosen(how: How) -> str:
    """The first choice that was made, as it is typed."""
    usual = How()
    choices: Sequence[tuple[str, object, object]] = (
        ("--mode", how.mode, usual.mode),
        ("--key", how.key, usual.key),
        ("--start", how.start, usual.start),
        ("--stamp-rows", how.stamps_rows, usual.stamps_rows),
        ("--fill-formulas", how.fills_formulas, usual.fills_formulas),
        ("--header-notes", how.explains_headers, usual.explains_headers),
        ("--take-over", how.takes_over, usual.takes_over),
        ("--rewrite", how.rewrites, usual.rewrites),
    )
    return next(name for name, given, by_itself in choices if given != by_itself)
