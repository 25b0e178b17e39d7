"""Whatever is asked in whatever order, a spreadsheet stays sound, and a refused batch leaves no trace."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.google import metadata
from sandbox.google.areas import Area, Box
from sandbox.google.book import Formula, Spreadsheet, Tab
from sandbox.google.errors import ApiError
from tests.sandbox.google.books import Book, dump

SHEETS = st.sampled_from([0, 0, 7, 7, 0, 7, 8])
index = st.integers(0, 9)
few = st.integers(1, 3)


@st.composite
def ranges(draw: st.DrawFn) -> dict[str, Any]:
    top, left = draw(index), draw(st.integers(0, 7))
    where = {
        "sheetId": draw(SHEETS),
        "startRowIndex": top,
        "endRowIndex": top + draw(few),
        "startColumnIndex": left,
        "endColumnIndex": left + draw(few),
    }
    for open_side in draw(st.lists(st.sampled_from(["endRowIndex", "endColumnIndex", "startRowIndex"]), max_size=1)):
        where.pop(open_side)
    return where


@st.composite
def lines(draw: st.DrawFn) -> dict[str, Any]:
    start = draw(index)
    dimension = draw(st.sampled_from(["ROWS", "COLUMNS"]))
    return {"sheetId": draw(SHEETS), "dimension": dimension, "startIndex": start, "endIndex": start + draw(few)}


@st.composite
def spots(draw: st.DrawFn) -> dict[str, Any]:
    return {"sheetId": draw(SHEETS), "rowIndex": draw(index), "columnIndex": draw(st.integers(0, 7))}


values = st.one_of(
    st.builds(lambda text: {"stringValue": text}, st.sampled_from(["a", "", "=1+1", "é"])),
    st.builds(lambda number: {"numberValue": number}, st.integers(-9, 9)),
    st.builds(
        lambda text: {"formulaValue": text},
        st.sampled_from(["=A1+1", "=SUM(Sheet1!A:A)", "=Two!$B$2", "=Two!A1:B3", "=cells", "=1/0", "=B2:C"]),
    ),
)
formats = st.sampled_from([{"textFormat": {"bold": True}}, {"numberFormat": {"type": "DATE"}}, {}])
cells = st.fixed_dictionaries(
    {}, optional={"userEnteredValue": values, "note": st.just("n"), "userEnteredFormat": formats}
)
masks = st.sampled_from(["*", "userEnteredValue", "note", "userEnteredFormat.textFormat", "userEnteredValue,note"])
rows = st.lists(st.builds(lambda row: {"values": row}, st.lists(cells, max_size=3)), max_size=3)
titles = st.sampled_from(["Sheet1", "Two", "Three", "It's"])
kinds = st.sampled_from(["PASTE_NORMAL", "PASTE_VALUES", "PASTE_FORMAT", "PASTE_FORMULA"])
dimensions = st.sampled_from(["ROWS", "COLUMNS"])
properties = st.fixed_dictionaries(
    {"sheetId": SHEETS},
    optional={
        "title": titles,
        "index": st.integers(0, 3),
        "hidden": st.booleans(),
        "gridProperties": st.fixed_dictionaries({"rowCount": index, "columnCount": index, "frozenRowCount": few}),
    },
)
metadata_places = st.one_of(
    st.just({"spreadsheet": True}),
    st.builds(lambda sheet: {"sheetId": sheet}, SHEETS),
    st.builds(lambda line: {"dimensionRange": line | {"endIndex": line["startIndex"] + 1}}, lines()),
)


def members(name: str, **parts: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(parts).map(lambda body: {name: body})


requests = st.one_of(
    members("addSheet", properties=properties.map(lambda each: each | {"sheetId": 8, "index": 0})),
    members("deleteSheet", sheetId=SHEETS),
    members(
        "updateSheetProperties",
        properties=properties,
        fields=st.sampled_from(["title", "index", "hidden", "gridProperties", "gridProperties.frozenRowCount"]),
    ),
    members("duplicateSheet", sourceSheetId=SHEETS, insertSheetIndex=st.integers(0, 3)),
    members("updateCells", range=ranges(), rows=rows, fields=masks),
    members("updateCells", start=spots(), rows=rows, fields=masks),
    members("repeatCell", range=ranges(), cell=cells, fields=masks),
    members("appendCells", sheetId=SHEETS, rows=rows, fields=masks),
    members("copyPaste", source=ranges(), destination=ranges(), pasteType=kinds),
    members("cutPaste", source=ranges(), destination=spots(), pasteType=kinds),
    members("insertDimension", range=lines(), inheritFromBefore=st.booleans()),
    members("deleteDimension", range=lines()),
    members("moveDimension", source=lines(), destinationIndex=index),
    members("appendDimension", sheetId=SHEETS, dimension=dimensions, length=few),
    members("insertRange", range=ranges(), shiftDimension=dimensions),
    members("deleteRange", range=ranges(), shiftDimension=dimensions),
    members("mergeCells", range=ranges(), mergeType=st.sampled_from(["MERGE_ALL", "MERGE_ROWS"])),
    members("sortRange", range=ranges(), sortSpecs=st.just([{"dimensionIndex": 1}])),
    members("setBasicFilter", filter=st.fixed_dictionaries({"range": ranges()})),
    members(
        "addNamedRange",
        namedRange=st.fixed_dictionaries({"name": st.sampled_from(["cells", "more"]), "range": ranges()}),
    ),
    members("addProtectedRange", protectedRange=st.fixed_dictionaries({"range": ranges()})),
    members(
        "addBanding",
        bandedRange=st.fixed_dictionaries({"range": ranges(), "rowProperties": st.just({"headerColor": {"red": 1}})}),
    ),
    members("addTable", table=st.fixed_dictionaries({"range": ranges()})),
    members("addDimensionGroup", range=lines()),
    members("updateDimensionProperties", range=lines(), properties=st.just({"pixelSize": 9}), fields=st.just("*")),
    members(
        "createDeveloperMetadata",
        developerMetadata=st.fixed_dictionaries(
            {"metadataKey": st.just("k"), "visibility": st.just("DOCUMENT"), "location": metadata_places},
            optional={"metadataId": few},
        ),
    ),
)


def a_book() -> Book:
    book = Book(rows=14, columns=12)
    two = book.add_tab("Two", rows=13, columns=11)
    book.write([[1, 2, "x"], [Formula("=A1+Two!A1"), Formula("=SUM(A1:B1)")]])
    book.write([["a", Formula("=Sheet1!A:A")], [3, 4]], tab=two)
    return book


def ranges_of(tab: Tab) -> Iterator[dict[str, Any]]:
    yield from tab.merges
    for things in (tab.protected_ranges, tab.banded_ranges, tab.tables, tab.filter_views):
        yield from (thing["range"] for thing in things)
    if tab.filter is not None:
        yield tab.filter["range"]


def check_tab(tab: Tab) -> None:
    assert tab.rows >= 1
    assert tab.columns >= 1
    assert 0 <= tab.frozen_rows < tab.rows or tab.frozen_rows == 0
    for layer in tab.layers():
        assert len(layer) <= tab.rows
        assert all(len(things) <= tab.columns and things[-1] is not None for _, things in layer.items())
    assert len(tab.row_properties) <= tab.rows
    assert len(tab.column_properties) <= tab.columns
    for where in ranges_of(tab):
        area = Area.of(where)
        assert area.sheet_id == tab.sheet_id
        assert (area.bottom or 0) <= tab.rows
        assert (area.right or 0) <= tab.columns
        assert tab.box(area)
    check_apart([tab.box(Area.of(merge)) for merge in tab.merges])
    check_apart([tab.box(Area.of(table["range"])) for table in tab.tables])
    for table in tab.tables:
        assert len(table["columnProperties"]) == tab.box(Area.of(table["range"])).width


def check_apart(boxes: list[Box]) -> None:
    assert not any(one.meets(other) for place, one in enumerate(boxes) for other in boxes[:place])


def check(book: Spreadsheet) -> None:
    assert book.tabs
    assert not all(tab.hidden for tab in book.tabs)
    assert len({tab.sheet_id for tab in book.tabs}) == len(book.tabs)
    assert len({tab.title.casefold() for tab in book.tabs}) == len(book.tabs)
    ids = list(metadata.every_id(book))
    assert len(set(ids)) == len(ids)
    for tab in book.tabs:
        check_tab(tab)


def is_refused(book: Book, request: dict[str, Any]) -> bool:
    try:
        book.do(request)
    except ApiError as refused:
        return refused.code == 400 or pytest.fail(f"answered {refused.code}")
    return False


@settings(deadline=None, max_examples=100)
@given(st.lists(requests, min_size=1, max_size=12))
def test_a_spreadsheet_stays_sound(asked):
    book = a_book()
    for request in asked:
        before = dump(book.book)
        if is_refused(book, request):
            assert dump(book.book) == before
        check(book.book)
        for tab in book.book.tabs:
            for row, column, _ in tab.values.cells():
                book.shown(row, column, tab)


@settings(deadline=None, max_examples=60)
@given(st.lists(requests, min_size=1, max_size=6))
def test_a_batch_that_fails_at_its_end_leaves_no_trace(asked):
    book = a_book()
    sound = []
    for request in asked:
        with contextlib.suppress(ApiError):
            Book.do(book, request)
            sound.append(request)
    book = a_book()
    before, twin = dump(book.book), book.book.copied("twin", book.book.title)
    with pytest.raises(ApiError, match="No sheet with id: 99"):
        book.do(*sound, {"deleteSheet": {"sheetId": 99}})
    assert dump(book.book) == before
    assert dump(twin) == before


@settings(deadline=None, max_examples=40)
@given(st.lists(requests, min_size=1, max_size=6))
def test_a_copy_of_a_spreadsheet_stands_alone(asked):
    book = a_book()
    twin = book.book.copied("twin", book.book.title)
    before = dump(twin)
    for request in asked:
        with contextlib.suppress(ApiError):
            book.do(request)
    assert dump(twin) == before
