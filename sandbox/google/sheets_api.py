"""
The 17 methods of the Sheets API, v4.

Routed on the address as it was sent: a tab's title, and with it a range, may
hold slashes, colons and question marks, and which of them are its own shows
only before percent signs are decoded.
"""

from __future__ import annotations

import gzip
import re
import time
import zlib
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Any, Protocol
from urllib.parse import unquote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict

from sandbox.google import batch, colors, creation, discovery, filters, metadata, queries, values_api
from sandbox.google.book import Spreadsheet
from sandbox.google.desk import Principal
from sandbox.google.errors import invalid, not_found
from sandbox.google.masks import Mask
from sandbox.google.ranges import locate
from sandbox.google.rendering import Rendering
from sandbox.google.replies import error_page, json_answer
from sandbox.google.values_api import Json, Writer
from sandbox.google.views import spreadsheet_json

ROOT = "/v4/spreadsheets"


class Desk(Protocol):
    """Who asks, and which spreadsheet they get."""

    def principal(self) -> Principal: ...

    def open(self, spreadsheet_id: str, principal: Principal, to_write: bool = False) -> Spreadsheet: ...

    def create(
        self, principal: Principal, title: str = "", locale: str | None = None, time_zone: str | None = None
    ) -> Spreadsheet: ...


@dataclass(frozen=True)
class Call:
    """One request to a method: what the address and the body say, and who asks."""

    desk: Desk
    principal: Principal
    names: Mapping[str, str]
    """What the address names: `id`, `range`, `sheet`, `metadata`."""
    query: Json
    body: Json
    mask: Mask | None
    now: Callable[[], float]

    def book(self, *, to_write: bool = False) -> Spreadsheet:
        return self.desk.open(self.names["id"], self.principal, to_write)

    def writer(self, book: Spreadsheet, asked: Json) -> Writer:
        return Writer.of(book, self.principal, asked, _day(self.now(), book.time_zone))


@dataclass(frozen=True)
class Method:
    """`name` as in the discovery document; `answer` makes the body of the answer."""

    verb: str
    path: re.Pattern[str]
    name: str
    answer: Callable[[Call, Spreadsheet], Json]
    body: str = ""
    """The message that the request's body is; empty for methods that take none."""
    bound: str = ""
    """What Google binds the body to, as its refusals show."""
    shows: str = ""
    """The message that the answer is."""
    writes: bool = False
    locks: bool = True
    """Whether the answer is made under the spreadsheet's lock; else it locks by itself."""


def blueprint(desk: Desk, *, now: Callable[[], float] = time.time) -> Blueprint:
    """`now` tells the seconds since 1970, for days that are typed without their year."""
    pages = Blueprint("sheets_api", __name__)

    def handle(rest: str = "") -> Response:
        return _handled(desk, now)

    for number, rule in enumerate((ROOT, f"{ROOT}/", f"{ROOT}/<path:rest>", f"{ROOT}:<path:rest>")):
        pages.add_url_rule(
            rule, f"sheets_{number}", handle, methods=["GET", "POST", "PUT"], strict_slashes=True, merge_slashes=False
        )
    return pages


def _handled(desk: Desk, now: Callable[[], float]) -> Response:
    path = _raw_path()
    verb = "GET" if _is_get_in_disguise() else request.method
    for method in METHODS:
        found = method.path.fullmatch(path) if method.verb == verb else None
        if found is not None:
            names = {name: unquote(part) for name, part in found.groupdict().items() if part is not None}
            return _answered(desk, method, names, now)
    return error_page(404, "Not Found")


def _answered(desk: Desk, method: Method, names: Mapping[str, str], now: Callable[[], float]) -> Response:
    principal = desk.principal()
    query = queries.read(method.name, _query())
    body = discovery.cleaned(method.body, _sent(), method.bound) if method.body else {}
    call = Call(desk, principal, names, query, body, _mask(method.shows), now)
    if "id" not in names:
        return _written(method.answer(call, Spreadsheet("", "")), call.mask)
    book = call.book(to_write=method.writes)
    with book.lock if method.locks else nullcontext():
        return _written(method.answer(call, book), call.mask)


def _written(body: Json, mask: Mask | None) -> Response:
    if mask is not None:
        body = mask.kept(body)
    answer = json_answer(body)
    if not queries.is_on(_query().get("prettyPrint", _query().get("$prettyPrint")), default=True):
        answer.set_data(msgspec.json.encode(body))
    answer.headers["Cache-Control"] = "private"
    del answer.headers["Pragma"]
    return answer


def _mask(shows: str) -> Mask | None:
    text = _query().get("fields", _query().get("$fields", request.headers.get("X-Goog-FieldMask", "")))
    return discovery.answer_mask(shows, text) if text else None


def _is_get_in_disguise() -> bool:
    """Google's clients send a query that is too long for an address as the form of a POST."""
    return request.method == "POST" and request.headers.get("X-HTTP-Method-Override", "").upper() == "GET"


def _query() -> MultiDict[str, str]:
    return request.values if _is_get_in_disguise() else request.args


def _raw_path() -> str:
    """The path as it was sent, without the query."""
    raw = request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI") or ""
    raw = re.sub(r"^[a-z]+://[^/]*", "", raw).partition("?")[0]
    return raw.removeprefix(ROOT)


def _sent() -> Any:
    """The JSON of the request's body; nothing sent is an empty message. Raises ApiError."""
    raw = request.get_data(cache=True)
    if request.headers.get("Content-Encoding", "").lower() in ("gzip", "x-gzip"):
        try:
            raw = gzip.decompress(raw)
        except (OSError, EOFError, zlib.error):
            raise invalid("Request body is not gzipped, though Content-Encoding says so.") from None
    if not raw.strip():
        return {}
    try:
        found = msgspec.json.decode(raw)
    except msgspec.DecodeError:
        text = raw.decode("utf-8", "replace")
        raise discovery.refusal(
            [discovery.Violation("", f"Invalid JSON payload received. Unexpected token.\n{text[:80]}\n^")]
        ) from None
    if not isinstance(found, dict):
        message = 'Invalid JSON payload received. Unknown name "": Root element must be a message.'
        raise discovery.refusal([discovery.Violation("", message)])
    return found


def _day(seconds: float, time_zone: str) -> date:
    """Which day it is in a zone; in one that nobody knows, in UTC."""
    try:
        zone: tzinfo = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = UTC
    return datetime.fromtimestamp(seconds, zone).date()


# -- spreadsheets ------------------------------------------------------------------------------


def _create(call: Call, nobody: Spreadsheet) -> Json:
    properties = call.body.get("properties", {})
    title, locale, zone = (properties.get(name) for name in ("title", "locale", "timeZone"))
    trial = Spreadsheet.new("", title or "Untitled spreadsheet")
    creation.furnish(trial, call.body, call.principal)
    book = call.desk.create(call.principal, title or "Untitled spreadsheet", locale, zone)
    creation.furnish(book, call.body, call.principal)
    return spreadsheet_json(book, call.principal, mask=call.mask)


def _get(call: Call, book: Spreadsheet) -> Json:
    places = [locate(book, text) for text in call.query.get("ranges", [])]
    with_cells = call.query.get("includeGridData", False)
    return spreadsheet_json(book, call.principal, places=places, with_cells=with_cells, mask=call.mask)


def _get_by_filter(call: Call, book: Spreadsheet) -> Json:
    places = filters.all_places(book, call.body.get("dataFilters", []))
    with_cells = call.body.get("includeGridData", False)
    return spreadsheet_json(book, call.principal, places=places, with_cells=with_cells, mask=call.mask)


def _batch_update(call: Call, book: Spreadsheet) -> Json:
    body = call.body
    replies = batch.apply(book, body.get("requests", []), call.principal)
    answer: Json = {"spreadsheetId": book.id, "replies": colors.settled(replies)}
    if body.get("includeSpreadsheetInResponse"):
        places = [locate(book, text) for text in body.get("responseRanges", [])]
        mask = call.mask.below("updatedSpreadsheet") if call.mask else None
        with_cells = body.get("responseIncludeGridData", False)
        answer["updatedSpreadsheet"] = spreadsheet_json(
            book, call.principal, places=places, with_cells=with_cells, mask=mask if mask and mask.tree else None
        )
    return answer


def _copy_to(call: Call, book: Spreadsheet) -> Json:
    """One spreadsheet after the other is locked: two that are copied into each other never wait for each other."""
    sheet_id = _number(call.names["sheet"], "sheet_id")
    with book.lock:
        tab = book.tab(sheet_id)
        source = tab.copied(tab.sheet_id, tab.title)
    target = call.desk.open(call.body.get("destinationSpreadsheetId", ""), call.principal, True)
    with target.lock:
        return creation.copy_to(source, target)


# -- developer metadata ------------------------------------------------------------------------


def _metadata(call: Call, book: Spreadsheet) -> Json:
    wanted = _number(call.names["metadata"], "metadata_id")
    found = next(metadata.every(book, lambda item: item["metadataId"] == wanted), None)
    if found is None:
        raise not_found()
    return found


def _search(call: Call, book: Spreadsheet) -> Json:
    return filters.search(book, call.body.get("dataFilters", []))


def _number(text: str, field: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,10}", text):
        raise discovery.refusal([discovery.Violation(field, f"Invalid value at '{field}' (TYPE_INT32), \"{text}\"")])
    return int(text)


# -- values ------------------------------------------------------------------------------------


def _values_get(call: Call, book: Spreadsheet) -> Json:
    return values_api.get(book, call.names["range"], Rendering.of(call.query))


def _values_batch_get(call: Call, book: Spreadsheet) -> Json:
    return values_api.batch_get(book, call.query.get("ranges", []), Rendering.of(call.query))


def _values_batch_get_by_filter(call: Call, book: Spreadsheet) -> Json:
    return filters.batch_get(book, call.body)


def _values_update(call: Call, book: Spreadsheet) -> Json:
    return values_api.update(call.writer(book, call.query), call.names["range"], call.body)


def _values_batch_update(call: Call, book: Spreadsheet) -> Json:
    return values_api.batch_update(call.writer(book, call.body), call.body.get("data", []))


def _values_batch_update_by_filter(call: Call, book: Spreadsheet) -> Json:
    return filters.batch_update(call.writer(book, call.body), call.body.get("data", []))


def _values_append(call: Call, book: Spreadsheet) -> Json:
    inserts = call.query.get("insertDataOption") == values_api.INSERT_ROWS
    return values_api.append(call.writer(book, call.query), call.names["range"], call.body, insert=inserts)


def _values_clear(call: Call, book: Spreadsheet) -> Json:
    return values_api.clear(book, call.principal, call.names["range"])


def _values_batch_clear(call: Call, book: Spreadsheet) -> Json:
    return values_api.batch_clear(book, call.principal, call.body.get("ranges", []))


def _values_batch_clear_by_filter(call: Call, book: Spreadsheet) -> Json:
    return filters.batch_clear(book, call.principal, call.body.get("dataFilters", []))


# -- the table ---------------------------------------------------------------------------------

_ID = r"/(?P<id>[^/:?]+)"
_RANGE = rf"{_ID}/values/(?P<range>[^/]+?)"
_VALUES = "spreadsheets.values."
_METADATA = "spreadsheets.developerMetadata."


def _method(verb: str, path: str, name: str, answer: Callable[[Call, Spreadsheet], Json], **rest: Any) -> Method:
    return Method(verb, re.compile(path), name, answer, **rest)


METHODS = (
    _method("POST", "/?", "spreadsheets.create", _create, body="Spreadsheet", bound="spreadsheet", shows="Spreadsheet"),
    _method("GET", f"{_ID}/?", "spreadsheets.get", _get, shows="Spreadsheet"),
    _method(
        "POST", f"{_ID}/?:getByDataFilter", "spreadsheets.getByDataFilter", _get_by_filter,
        body="GetSpreadsheetByDataFilterRequest", shows="Spreadsheet",
    ),
    _method(
        "POST", f"{_ID}/?:batchUpdate", "spreadsheets.batchUpdate", _batch_update,
        body="BatchUpdateSpreadsheetRequest", shows="BatchUpdateSpreadsheetResponse", writes=True,
    ),
    _method(
        "POST", rf"{_ID}/sheets/(?P<sheet>[^/:]+)/?:copyTo", "spreadsheets.sheets.copyTo", _copy_to,
        body="CopySheetToAnotherSpreadsheetRequest", shows="SheetProperties", locks=False,
    ),
    _method(
        "POST", f"{_ID}/developerMetadata/?:search", f"{_METADATA}search", _search,
        body="SearchDeveloperMetadataRequest", shows="SearchDeveloperMetadataResponse",
    ),
    _method(
        "GET", rf"{_ID}/developerMetadata/(?P<metadata>[^/:]+)/?", f"{_METADATA}get", _metadata, shows="DeveloperMetadata"
    ),
    _method("GET", f"{_ID}/values/?:batchGet", f"{_VALUES}batchGet", _values_batch_get, shows="BatchGetValuesResponse"),
    _method(
        "POST", f"{_ID}/values/?:batchGetByDataFilter", f"{_VALUES}batchGetByDataFilter", _values_batch_get_by_filter,
        body="BatchGetValuesByDataFilterRequest", shows="BatchGetValuesByDataFilterResponse",
    ),
    _method(
        "POST", f"{_ID}/values/?:batchUpdate", f"{_VALUES}batchUpdate", _values_batch_update,
        body="BatchUpdateValuesRequest", shows="BatchUpdateValuesResponse", writes=True,
    ),
    _method(
        "POST", f"{_ID}/values/?:batchUpdateByDataFilter", f"{_VALUES}batchUpdateByDataFilter",
        _values_batch_update_by_filter,
        body="BatchUpdateValuesByDataFilterRequest", shows="BatchUpdateValuesByDataFilterResponse", writes=True,
    ),
    _method(
        "POST", f"{_ID}/values/?:batchClear", f"{_VALUES}batchClear", _values_batch_clear,
        body="BatchClearValuesRequest", shows="BatchClearValuesResponse", writes=True,
    ),
    _method(
        "POST", f"{_ID}/values/?:batchClearByDataFilter", f"{_VALUES}batchClearByDataFilter",
        _values_batch_clear_by_filter,
        body="BatchClearValuesByDataFilterRequest", shows="BatchClearValuesByDataFilterResponse", writes=True,
    ),
    _method(
        "POST", f"{_RANGE}/?:append", f"{_VALUES}append", _values_append,
        body="ValueRange", bound="data", shows="AppendValuesResponse", writes=True,
    ),
    _method(
        "POST", f"{_RANGE}/?:clear", f"{_VALUES}clear", _values_clear,
        body="ClearValuesRequest", shows="ClearValuesResponse", writes=True,
    ),
    _method("GET", f"{_RANGE}/?", f"{_VALUES}get", _values_get, shows="ValueRange"),
    _method(
        "PUT", f"{_RANGE}/?", f"{_VALUES}update", _values_update,
        body="ValueRange", bound="data", shows="UpdateValuesResponse", writes=True,
    ),
)  # fmt: skip
