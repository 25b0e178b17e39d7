"""What is asked of Google's Sheets and Drive APIs, in our words."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec
import requests
from gspread import urls

from importers.destinations.google_sheets import answers
from importers.destinations.google_sheets.calls import PATIENCE, Call, Calls, authorized
from importers.destinations.google_sheets.credentials import GoogleSignIn
from importers.destinations.google_sheets.failures import AnswerLost, SlowAnswer, garbled
from importers.errors import ImporterError
from importers.http.quota import READ, WRITE
from importers.http.retry import Patience
from importers.interfaces import Clock, Quota, Stop, Tell, never_stop, say_nothing
from importers.model import Account

__all__ = ["AnswerLost", "Cells", "FoundFile", "Json", "SheetsClient", "Tab", "Who"]

Json = dict[str, Any]
Cells = list[list[Any]]
"""Rows of a range, or its columns: what is empty at the end of each, and at the end of all, is left out."""

_SPREADSHEET = "application/vnd.google-apps.spreadsheet"
_ABOUT = "https://www.googleapis.com/drive/v3/about"
_LONGEST_QUERY = 6000
"""Characters: servers on the way take addresses of eight thousand or so."""

_ROWS = re.compile(r"(?P<before>.*![A-Z]+)(?P<first>\d+):(?P<column>[A-Z]+)(?P<last>\d+)", re.ASCII | re.DOTALL)
_TAB_FIELDS = "sheets.properties(sheetId,title,index,hidden,gridProperties(rowCount,columnCount))"


@dataclass(frozen=True, slots=True)
class Tab:
    """`rows` and `columns` are 0 for a tab that holds a chart instead of cells."""

    id: int
    title: str
    index: int
    rows: int
    columns: int
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A spreadsheet, as Drive lists it."""

    id: str
    name: str
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class Who:
    """Whose sign-in it is; `email` is what others share spreadsheets with. `is_robot`: a service account."""

    email: str
    name: str
    is_robot: bool = False


class SheetsClient:
    """
    Calls to Google, within its quotas and with patience.

    Whatever may be repeated without harm is, where Google is slow, in trouble
    or asks to wait. Everything raised is one of `importers.errors`:

        CredentialsRejected, AccessDenied, NotThere, InvalidSettings, NoRoom: asking again would not help.
        RateLimited, ServiceTrouble, ConnectionTrouble: it may help later.
        RunStopped: as `stop` says, also while waiting.

    *session* carries the calls (`http.session.make_session`), *quota* is that
    of this project and user. Safe to share between threads.
    """

    def __init__(
        self,
        sign_in: GoogleSignIn,
        *,
        session: requests.Session,
        clock: Clock,
        quota: Quota,
        patience: Patience = PATIENCE,
        jitter: Callable[[], float] = random.random,
        tell: Tell = say_nothing,
        stop: Stop = never_stop,
    ) -> None:
        self._calls = Calls(
            sign_in,
            authorized(sign_in, session),
            clock=clock,
            quota=quota,
            patience=patience,
            jitter=jitter,
            tell=tell,
            stop=stop,
        )

    def __repr__(self) -> str:
        return f"SheetsClient({self._calls.sign_in.email!r})"

    def heard_by(self, *, tell: Tell, stop: Stop) -> SheetsClient:
        """The same client with somebody listening, as another run: runs get equal shares of what Google permits."""
        other = object.__new__(SheetsClient)
        other._calls = self._calls.heard_by(tell=tell, stop=stop)
        return other

    def hurried(self) -> SheetsClient:
        """The same client for somebody who waits in front of a page: it gives up after seconds (ConnectionTrouble)."""
        other = object.__new__(SheetsClient)
        other._calls = self._calls.hurried()
        return other

    # --- spreadsheets ---

    def spreadsheet(self, spreadsheet_id: str, *, fields: str) -> Json:
        """`spreadsheets.get` with a field mask."""
        return self._get(urls.SPREADSHEET_URL % spreadsheet_id, {"fields": fields})

    def tabs(self, spreadsheet_id: str) -> tuple[Tab, ...]:
        """In the order in which they are shown, hidden ones included."""
        told = self.spreadsheet(spreadsheet_id, fields=_TAB_FIELDS)
        tabs = (_tab(sheet.get("properties", {})) for sheet in told.get("sheets", []))
        return tuple(sorted(tabs, key=lambda tab: tab.index))

    def grid(self, spreadsheet_id: str, ranges: Sequence[str], *, fields: str) -> Json:
        """`spreadsheets.get` for some ranges, with the field mask that says what of their cells."""
        return self._get(urls.SPREADSHEET_URL % spreadsheet_id, {"ranges": list(ranges), "fields": fields})

    def search_metadata(self, spreadsheet_id: str, keys: Sequence[str]) -> list[Json]:
        """The developer metadata with one of *keys*, wherever it is attached, each once."""
        if not keys:
            return []
        body = {"dataFilters": [{"developerMetadataLookup": {"metadataKey": key}} for key in keys]}
        url = urls.SPREADSHEET_URL % spreadsheet_id + "/developerMetadata:search"
        told = self._send("post", url, kind=READ, body=msgspec.json.encode(body))
        found = (match.get("developerMetadata", {}) for match in told.get("matchedDeveloperMetadata", []))
        return list({one.get("metadataId"): one for one in found}.values())

    def batch_update(
        self, spreadsheet_id: str, requests: Sequence[Mapping[str, Any] | bytes], *, repeatable: bool
    ) -> list[Json]:
        """
        `spreadsheets.batchUpdate`: all of it or nothing. Requests that are
        bytes are JSON already. One reply for each, {} where there is nothing to say.

        Raises:
            AnswerLost: only where it is not *repeatable*.
        """
        encoded = (one if isinstance(one, bytes) else msgspec.json.encode(one) for one in requests)
        body = b'{"requests":[' + b",".join(encoded) + b"]}"
        url = urls.SPREADSHEET_BATCH_UPDATE_URL % spreadsheet_id
        told = self._send("post", url, kind=WRITE, body=body, is_repeatable=repeatable)
        replies: list[Json] = told.get("replies", [])
        return replies

    # --- values ---

    def values(
        self, spreadsheet_id: str, ranges: Sequence[str], *, by_columns: bool = False, as_formulas: bool = False
    ) -> list[Cells]:
        """
        What lies in each of the ranges, numbers as numbers, moments as serial numbers; [] where nothing does.
        *as_formulas*: the formulas themselves instead of what they show.
        """
        params = {
            "majorDimension": "COLUMNS" if by_columns else "ROWS",
            "valueRenderOption": "FORMULA" if as_formulas else "UNFORMATTED_VALUE",
            "dateTimeRenderOption": "SERIAL_NUMBER",
            "prettyPrint": "false",  # indented, as Google answers otherwise, it is twice as long
        }
        url = urls.SPREADSHEET_VALUES_BATCH_URL % spreadsheet_id
        found: list[Cells] = []
        for part in _parts(ranges):
            told = self._get(url, params | {"ranges": part}).get("valueRanges", [])
            if len(told) != len(part):
                raise garbled("sheets.googleapis.com")
            found.extend(one.get("values", []) for one in told)
        return found

    def put_values(self, spreadsheet_id: str, range_: str, rows: Sequence[bytes]) -> int:
        """
        Write *rows*, each a JSON array, RAW into *range_* (A1 with the tab's
        title: `'Deals'!B2:F500`), and return how many cells that were.

        Where Google takes too long it is done in halves: other readers may
        then see some of it earlier than the rest.
        """
        url = urls.SPREADSHEET_VALUES_URL % (spreadsheet_id, quote(range_, safe=""))
        body = b'{"majorDimension":"ROWS","values":[' + b",".join(rows) + b"]}"
        halves = _halves(range_, rows)
        try:
            told = self._send(
                "put",
                url,
                kind=WRITE,
                params={"valueInputOption": "RAW"},
                body=body,
                may_be_halved=halves is not None,
            )
        except SlowAnswer:
            if halves is None:
                raise
        else:
            return int(told.get("updatedCells", 0))
        return sum(self.put_values(spreadsheet_id, *half) for half in halves)

    # --- files ---

    def create(self, title: str, *, time_zone: str = "", locale: str = "") -> str:
        """
        The id of a new spreadsheet. Raises AnswerLost. Where it is there, but
        takes neither zone nor locale, it keeps those of its owner.
        """
        # By Drive, as gspread does, and not spreadsheets.create: drive.file is enough for it.
        body = msgspec.json.encode({"name": title, "mimeType": _SPREADSHEET})
        params = {"supportsAllDrives": "true", "fields": "id"}
        told = self._send("post", urls.DRIVE_FILES_API_V3_URL, params=params, body=body, is_repeatable=False)
        new_id = told.get("id")
        if not isinstance(new_id, str):
            raise garbled("www.googleapis.com")
        properties = {name: value for name, value in (("timeZone", time_zone), ("locale", locale)) if value}
        if properties:
            change = {"updateSpreadsheetProperties": {"properties": properties, "fields": ",".join(properties)}}
            with suppress(ImporterError):  # whoever raised now would lose a spreadsheet that is there
                self.batch_update(new_id, [change], repeatable=True)
        return new_id

    def spreadsheets(self) -> Sequence[FoundFile]:
        """All that this account shows to Pipesheet, the one changed last first; without the trash, which gspread lists, too."""
        params = {
            "q": f"mimeType = '{_SPREADSHEET}' and trashed = false",
            "pageSize": "1000",
            "supportsAllDrives": "true",
            "includeItemsFromAllDrives": "true",
            "fields": "nextPageToken,files(id,name,modifiedTime)",
        }
        found: list[FoundFile] = []
        while True:
            told = self._get(urls.DRIVE_FILES_API_V3_URL, params)
            found.extend(_found(one) for one in told.get("files", []))
            if not told.get("nextPageToken"):
                return sorted(found, key=lambda file: file.modified_at, reverse=True)
            params["pageToken"] = told["nextPageToken"]

    def may_edit(self, spreadsheet_id: str) -> bool:
        """Whether this account may change the spreadsheet, as Drive says."""
        params = {"supportsAllDrives": "true", "fields": "capabilities(canEdit)"}
        told = self._get(f"{urls.DRIVE_FILES_API_V3_URL}/{quote(spreadsheet_id, safe='')}", params)
        return bool(told.get("capabilities", {}).get("canEdit"))

    def about(self) -> Who:
        """Asks, so that a sign-in that does not work is noticed."""
        user = self._get(_ABOUT, {"fields": "user(displayName,emailAddress)"}).get("user", {})
        sign_in = self._calls.sign_in
        email = str(user.get("emailAddress") or sign_in.email)
        return Who(email, str(user.get("displayName") or email), sign_in.is_robot)

    def account(self) -> Account:
        """Whose it is, as one keeps it; asks, as `about` does."""
        who = self.about()
        return replace(self._calls.sign_in.account, user=who.email, email=who.email)

    # --- calls ---

    def _get(self, url: str, params: Mapping[str, Any]) -> Json:
        return _parsed(url, self._calls.request("get", url, params=dict(params)).content)

    def _send(self, method: str, url: str, **more: Any) -> Json:
        return _parsed(url, self._calls.send(Call(method=method, url=url, **more)).content)


def _parsed(url: str, content: bytes) -> Json:
    try:
        return answers.parsed(content)
    except ValueError as error:
        raise garbled(urlsplit(url).hostname or "") from error


def _tab(told: Json) -> Tab:
    size = told.get("gridProperties", {})  # charts have none
    return Tab(
        told["sheetId"],
        told.get("title", ""),
        told.get("index", 0),
        size.get("rowCount", 0),
        size.get("columnCount", 0),
        bool(told.get("hidden")),
    )


def _found(told: Json) -> FoundFile:
    return FoundFile(told["id"], told["name"], datetime.fromisoformat(told["modifiedTime"]))


def _parts(ranges: Sequence[str]) -> Iterator[list[str]]:
    """So many at a time that the address does not become too long."""
    part: list[str] = []
    length = 0
    for one in ranges:
        size = len(quote(one)) + len("&ranges=")
        if part and length + size > _LONGEST_QUERY:
            yield part
            part, length = [], 0
        part.append(one)
        length += size
    if part:
        yield part


def _halves(range_: str, rows: Sequence[bytes]) -> tuple[tuple[str, Sequence[bytes]], ...] | None:
    """The range and the rows cut in the middle; None for one row, or a range that does not say where each row goes."""
    found = _ROWS.fullmatch(range_)
    if found is None or len(rows) < 2:
        return None
    first, middle = int(found["first"]), len(rows) // 2
    cut = first + middle
    return (
        (f"{found['before']}{first}:{found['column']}{cut - 1}", rows[:middle]),
        (f"{found['before']}{cut}:{found['column']}{found['last']}", rows[middle:]),
    )
