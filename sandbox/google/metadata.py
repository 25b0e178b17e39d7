"""Developer metadata: where it hangs, and how it is found again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from sandbox.google import ranges
from sandbox.google.areas import Area, Box
from sandbox.google.book import Spreadsheet, Tab
from sandbox.google.errors import invalid
from sandbox.google.layers import Line
from sandbox.google.shifts import COLUMNS, ROWS

Json = dict[str, Any]

Fits = Callable[[Json], bool]
"""Whether a piece is wanted, by what it says; asked before its location is added, which is most of the work."""

_COMPARED = ("metadataId", "metadataKey", "metadataValue", "visibility")


def anything(item: Json) -> bool:
    return True


def every(book: Spreadsheet, fits: Fits = anything) -> Iterator[Json]:
    """All of it that fits, each with its location."""
    yield from on_book(book, fits)
    for tab in book.tabs:
        yield from every_on(tab, fits)


def on_book(book: Spreadsheet, fits: Fits = anything) -> Iterator[Json]:
    """What hangs on the spreadsheet itself."""
    for item in filter(fits, book.metadata):
        yield item | {"location": {"locationType": "SPREADSHEET", "spreadsheet": True}}


def every_on(tab: Tab, fits: Fits = anything) -> Iterator[Json]:
    """What fits of what hangs on the tab, its rows and its columns."""
    yield from on_tab(tab, fits)
    for dimension, line in ((ROWS, tab.row_properties), (COLUMNS, tab.column_properties)):
        for index in dimension_ids(line):
            yield from on_line(tab, dimension, index, fits)


def on_tab(tab: Tab, fits: Fits = anything) -> Iterator[Json]:
    """What hangs on the tab itself."""
    location: Json = {"locationType": "SHEET"} | ({"sheetId": tab.sheet_id} if tab.sheet_id else {})
    for item in filter(fits, tab.metadata):
        yield item | {"location": location}


def on_line(tab: Tab, dimension: str, index: int, fits: Fits = anything) -> Iterator[Json]:
    """What hangs on one row or column."""
    line = tab.row_properties if dimension == ROWS else tab.column_properties
    where: Json = {"sheetId": tab.sheet_id} if tab.sheet_id else {}
    where |= {"dimension": dimension, "startIndex": index, "endIndex": index + 1}
    kind = "ROW" if dimension == ROWS else "COLUMN"
    for item in filter(fits, (line[index] or {}).get("developerMetadata", [])):
        yield item | {"location": {"locationType": kind, "dimensionRange": where}}


def bare(book: Spreadsheet) -> Iterator[tuple[Tab | None, Json]]:
    """All of it without locations: what hangs on no tab, then each tab's."""
    yield from ((None, item) for item in book.metadata)
    for tab in book.tabs:
        yield from ((tab, item) for item in tab.metadata)
        for line in (tab.row_properties, tab.column_properties):
            for index in dimension_ids(line):
                yield from ((tab, item) for item in line[index]["developerMetadata"])


def every_id(book: Spreadsheet) -> Iterator[int]:
    return (item["metadataId"] for _, item in bare(book))


def dimension_ids(line: Line) -> list[int]:
    """The rows or columns that metadata hangs on."""
    return [index for index, properties in line.items() if "developerMetadata" in properties]


def hang(book: Spreadsheet, item: Json, location: Json) -> None:
    """Hang it there. Raises ApiError for a place that does not exist."""
    if location.get("spreadsheet"):
        book.metadata = [*book.metadata, item]
        return
    where = location.get("dimensionRange")
    if where is None:
        if "sheetId" not in location:
            raise invalid("Developer metadata must have a location.")
        tab = book.tab(location["sheetId"])
        tab.metadata = [*tab.metadata, item]
        return
    line, index = _line(book, where)
    properties = line[index] or {}
    line[index] = properties | {"developerMetadata": [*properties.get("developerMetadata", []), item]}


def take_off(book: Spreadsheet, metadata_id: int) -> None:
    """Take the one with that id from where it hangs."""
    book.metadata = _without(book.metadata, metadata_id)
    for tab in book.tabs:
        tab.metadata = _without(tab.metadata, metadata_id)
        for line in (tab.row_properties, tab.column_properties):
            for index in dimension_ids(line):
                kept = _without(line[index]["developerMetadata"], metadata_id)
                rest = {name: value for name, value in line[index].items() if name != "developerMetadata"}
                line[index] = rest | ({"developerMetadata": kept} if kept else {}) or None


def matching(book: Spreadsheet, data_filter: Json) -> list[Json]:
    """What a DataFilter selects, each with its location. Raises ApiError for a filter that makes no sense."""
    if "developerMetadataLookup" in data_filter:
        lookup = data_filter["developerMetadataLookup"]
        _check_lookup(lookup)
        is_named = partial(_is_named, lookup)
        return [item for item in every(book, is_named) if _is_there(book, item, lookup)]
    if "gridRange" in data_filter:
        area = Area.of(data_filter["gridRange"])
        tab = book.tab(area.sheet_id)
        return _meeting(tab, tab.box(area))
    if "a1Range" in data_filter:
        tab, box = _named(book, data_filter["a1Range"])
        return _meeting(tab, box)
    raise invalid("Must specify a data filter.")


def box_of(tab: Tab, location: Json) -> Box:
    """The cells of a location on that tab."""
    where = location.get("dimensionRange")
    if where is None:
        return Box(0, 0, tab.rows, tab.columns)
    if where.get("dimension") == ROWS:
        return Box(where.get("startIndex", 0), 0, where["endIndex"], tab.columns)
    return Box(0, where.get("startIndex", 0), tab.rows, where["endIndex"])


def tab_of(book: Spreadsheet, location: Json) -> Tab | None:
    """The tab of a location; None for that of the whole spreadsheet."""
    if location.get("spreadsheet") or location.get("locationType") == "SPREADSHEET":
        return None
    return book.tab(location.get("dimensionRange", location).get("sheetId", 0))


def _meeting(tab: Tab, box: Box) -> list[Json]:
    return [item for item in every_on(tab) if box.meets(box_of(tab, item["location"]))]


def _named(book: Spreadsheet, text: str) -> tuple[Tab, Box]:
    found = ranges.locate(book, text)
    return found.tab, found.box()


def _is_named(lookup: Json, item: Json) -> bool:
    return all(item.get(name) == lookup[name] for name in _COMPARED if name in lookup)


def _is_there(book: Spreadsheet, item: Json, lookup: Json) -> bool:
    if "locationType" in lookup and item["location"]["locationType"] != lookup["locationType"]:
        return False
    if "metadataLocation" not in lookup:
        return True
    wanted = lookup["metadataLocation"]
    tab, own = tab_of(book, wanted), tab_of(book, item["location"])
    if tab is None or own is None:
        return tab is own
    if lookup.get("locationMatchingStrategy") == "EXACT_LOCATION":
        return own is tab and _place(item["location"]) == _place(wanted)
    return own is tab and box_of(tab, wanted).meets(box_of(own, item["location"]))


def _place(location: Json) -> tuple[Any, ...]:
    where = location.get("dimensionRange")
    return () if where is None else (where.get("dimension"), where.get("startIndex", 0), where.get("endIndex"))


def _check_lookup(lookup: Json) -> None:
    strategy = lookup.get("locationMatchingStrategy")
    if strategy is not None and "metadataLocation" not in lookup:
        raise invalid("If locationMatchingStrategy is specified, a metadataLocation must also be specified.")
    if strategy == "EXACT_LOCATION" and "locationType" in lookup:
        raise invalid("locationType must be left unspecified when locationMatchingStrategy is EXACT_LOCATION.")


def _line(book: Spreadsheet, where: Json) -> tuple[Line, int]:
    tab = book.tab(where.get("sheetId", 0))
    start, end = where.get("startIndex", 0), where.get("endIndex")
    dimension = where.get("dimension")
    if dimension not in (ROWS, COLUMNS):
        raise invalid("No dimension specified.")
    if end is None or end - start != 1:
        raise invalid("The dimension range of developer metadata must represent a single row or column.")
    most = tab.rows if dimension == ROWS else tab.columns
    if not 0 <= start < most:
        raise invalid(f"Developer metadata cannot be added to {dimension.lower()} {start}: there are only {most}.")
    return (tab.row_properties if dimension == ROWS else tab.column_properties), start


def _without(items: list[Json], metadata_id: int) -> list[Json]:
    return [item for item in items if item["metadataId"] != metadata_id]
