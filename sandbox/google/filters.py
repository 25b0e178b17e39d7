"""DataFilters: cells chosen by range, by indexes or by the developer metadata that hangs there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sandbox.google import metadata
from sandbox.google.a1 import Cells
from sandbox.google.book import Spreadsheet
from sandbox.google.errors import ApiError
from sandbox.google.protection import Principal
from sandbox.google.ranges import Place, locate, of_grid_range, written
from sandbox.google.rendering import Rendering
from sandbox.google.values_api import Json, Writer, Written, totals, value_range, wiped, write


def places(book: Spreadsheet, data_filter: Json) -> list[Place]:
    """The cells that a filter selects; metadata of the whole spreadsheet selects none. Raises ApiError."""
    if "a1Range" in data_filter:
        return [locate(book, data_filter["a1Range"])]
    if "gridRange" in data_filter:
        return [of_grid_range(book, data_filter["gridRange"])]
    found = []
    for item in metadata.matching(book, data_filter):
        tab = metadata.tab_of(book, item["location"])
        if tab is not None:
            box = metadata.box_of(tab, item["location"])
            cells = Cells(box.top, box.left, box.bottom, box.right)
            found.append(Place(tab, cells, written(tab.title, cells)))
    return found


def all_places(book: Spreadsheet, data_filters: Iterable[Json]) -> list[Place]:
    return [place for each in data_filters for place in places(book, each)]


def batch_get(book: Spreadsheet, asked: Json) -> Json:
    """Each range once, with the filters that selected it."""
    how, found = Rendering.of(asked), dict[str, Json]()
    for data_filter in asked.get("dataFilters", []):
        for place in places(book, data_filter):
            shown = value_range(book, place, how)
            matched = found.setdefault(shown["range"], {"valueRange": shown, "dataFilters": []})
            matched["dataFilters"].append(data_filter)
    answer: Json = {"spreadsheetId": book.id}
    return answer | {"valueRanges": list(found.values())} if found else answer


def batch_update(writer: Writer, data: Sequence[Json]) -> Json:
    """All of them or none."""
    done: list[Written] = []
    with writer.book.transaction():
        for index, each in enumerate(data):
            data_filter = each.get("dataFilter", {})
            try:
                found = places(writer.book, data_filter)
                done += [_of_filter(write(writer, place, each), data_filter) for place in found]
            except ApiError as error:
                raise error.prefixed(f"Invalid data[{index}]") from None
    return totals(writer.book, done)


def _of_filter(written: Written, data_filter: Json) -> Written:
    rest = {name: part for name, part in written.answer.items() if name != "spreadsheetId"}
    return replace(written, answer=rest | {"dataFilter": data_filter})


def batch_clear(book: Spreadsheet, principal: Principal, data_filters: Sequence[Json]) -> Json:
    with book.transaction():
        cleared = [wiped(principal, place) for place in all_places(book, data_filters)]
    answer: Json = {"spreadsheetId": book.id}
    return answer | {"clearedRanges": cleared} if cleared else answer


def search(book: Spreadsheet, data_filters: Sequence[Json]) -> Json:
    """The developer metadata that any of the filters selects, with those that do."""
    found: dict[int, Any] = {}
    for data_filter in data_filters:
        for item in metadata.matching(book, data_filter):
            matched = found.setdefault(item["metadataId"], {"developerMetadata": item, "dataFilters": []})
            matched["dataFilters"].append(data_filter)
    return {"matchedDeveloperMetadata": list(found.values())} if found else {}
