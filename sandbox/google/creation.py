"""spreadsheets.create and sheets.copyTo: spreadsheets and tabs that begin with something in them."""

from __future__ import annotations

from typing import Any

from sandbox.google import batch
from sandbox.google.batch_parts import check_cells
from sandbox.google.book import Spreadsheet, Tab
from sandbox.google.duplicates import copy_title, duplicated
from sandbox.google.protection import Principal

Json = dict[str, Any]

_ADDED = {
    "merges": ("mergeCells", "range", {"mergeType": "MERGE_ALL"}),
    "protectedRanges": ("addProtectedRange", "protectedRange", {}),
    "filterViews": ("addFilterView", "filter", {}),
    "basicFilter": ("setBasicFilter", "filter", {}),
    "bandedRanges": ("addBanding", "bandedRange", {}),
    "charts": ("addChart", "chart", {}),
    "slicers": ("addSlicer", "slicer", {}),
    "tables": ("addTable", "table", {}),
    "developerMetadata": ("createDeveloperMetadata", "developerMetadata", {}),
}
"""Part of a Sheet -> the request that adds one, the name it has there, what else to say."""


def furnish(book: Spreadsheet, wanted: Json, principal: Principal) -> None:
    """
    Give a new spreadsheet what spreadsheets.create asks for; its tabs replace the one it has.

    Raises ApiError, and then nothing happened.
    """
    requests = list(_of_spreadsheet(wanted))
    tabs = wanted.get("sheets", [])
    with book.transaction():
        old = list(book.tabs)
        if tabs:
            book.tabs.clear()
        for sheet in tabs:
            (reply,) = batch.apply(book, [{"addSheet": {"properties": _properties(sheet)}}], principal)
            requests += _of_sheet(sheet, reply["addSheet"]["properties"]["sheetId"])
        if not book.tabs:
            book.tabs = old
        requests += [{"addNamedRange": {"namedRange": named}} for named in wanted.get("namedRanges", [])]
        if requests:
            batch.apply(book, requests, principal)


def copy_to(source: Tab, book: Spreadsheet) -> Json:
    """A copy of a tab at the end of a spreadsheet; answers its properties."""
    with book.transaction():
        tab = duplicated(source, book.new_sheet_id(), copy_title(book, source.title), book)
        book.tabs.append(tab)
        check_cells(book)
    return tab.properties_json(len(book.tabs) - 1)


def _properties(sheet: Json) -> Json:
    """Without a place: tabs come in the order they are listed."""
    return {name: part for name, part in sheet.get("properties", {}).items() if name != "index"}


def _of_spreadsheet(wanted: Json) -> list[Json]:
    """What is said of the spreadsheet beyond its title, locale and time zone, which it has already."""
    requests: list[Json] = []
    properties = wanted.get("properties", {})
    fields = [name for name in properties if name not in ("title", "locale", "timeZone")]
    if fields:
        requests.append({"updateSpreadsheetProperties": {"properties": properties, "fields": ",".join(fields)}})
    location = {"location": {"spreadsheet": True}}
    return requests + [
        {"createDeveloperMetadata": {"developerMetadata": item | location}}
        for item in wanted.get("developerMetadata", [])
    ]


def _of_sheet(sheet: Json, sheet_id: int) -> list[Json]:
    requests: list[Json] = []
    for data in sheet.get("data", []):
        start = {"sheetId": sheet_id, "rowIndex": data.get("startRow", 0), "columnIndex": data.get("startColumn", 0)}
        if data.get("rowData"):
            requests.append({"updateCells": {"start": start, "rows": data["rowData"], "fields": "*"}})
        requests += _of_lines(data, sheet_id)
    for rule in reversed(sheet.get("conditionalFormats", [])):
        requests.append({"addConditionalFormatRule": {"rule": rule, "index": 0}})
    for part, (request, name, rest) in _ADDED.items():
        things = sheet.get(part, [])
        requests += [
            {request: {name: _placed(part, each, sheet_id)} | rest}
            for each in (things if isinstance(things, list) else [things])
        ]
    return requests


def _placed(part: str, thing: Json, sheet_id: int) -> Json:
    """A tab's developer metadata need not say again which tab it is on."""
    return thing | {"location": {"sheetId": sheet_id}} if part == "developerMetadata" else thing


def _of_lines(data: Json, sheet_id: int) -> list[Json]:
    requests = []
    for part, start, dimension in (("rowMetadata", "startRow", "ROWS"), ("columnMetadata", "startColumn", "COLUMNS")):
        for index, properties in enumerate(data.get(part, []), data.get(start, 0)):
            where = {"sheetId": sheet_id, "dimension": dimension, "startIndex": index, "endIndex": index + 1}
            fields = [name for name in properties if name in ("pixelSize", "hiddenByUser")]
            if fields:
                requests.append(
                    {
                        "updateDimensionProperties": {
                            "range": where,
                            "properties": properties,
                            "fields": ",".join(fields),
                        }
                    }
                )
    return requests
