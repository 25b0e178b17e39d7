"""References keep meaning the same cells, whatever happens to rows and columns."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sandbox.google.areas import Area
from sandbox.google.book import Formula
from tests.sandbox.google.books import Book, grid_range

SIZE = 12
dimensions = st.sampled_from(["ROWS", "COLUMNS"])


@st.composite
def insertions(draw: st.DrawFn) -> dict[str, Any]:
    start = draw(st.integers(0, 6))
    where = {"dimension": draw(dimensions), "startIndex": start, "endIndex": start + draw(st.integers(1, 3))}
    return {"insertDimension": {"range": where}}


@st.composite
def deletions(draw: st.DrawFn) -> dict[str, Any]:
    start = draw(st.integers(0, 6))
    where = {"dimension": draw(dimensions), "startIndex": start, "endIndex": start + draw(st.integers(1, 2))}
    return {"deleteDimension": {"range": where}}


@st.composite
def moves(draw: st.DrawFn) -> dict[str, Any]:
    start = draw(st.integers(0, 4))
    source = {"dimension": draw(dimensions), "startIndex": start, "endIndex": start + draw(st.integers(1, 3))}
    return {"moveDimension": {"source": source, "destinationIndex": draw(st.integers(0, 6))}}


@st.composite
def cuts(draw: st.DrawFn) -> dict[str, Any]:
    top, left = draw(st.integers(0, 3)), draw(st.integers(0, 3))
    source = grid_range(top, left, top + draw(st.integers(1, 2)), left + draw(st.integers(1, 2)))
    return {"cutPaste": {"source": source, "destination": {"sheetId": 7, "rowIndex": draw(st.integers(0, 3))}}}


@st.composite
def boxes(draw: st.DrawFn) -> tuple[int, int, int, int]:
    top, left = draw(st.integers(0, 5)), draw(st.integers(0, 5))
    return top, left, draw(st.integers(top + 1, 7)), draw(st.integers(left + 1, 7))


def numbered() -> Book:
    """Every cell of the first tab says where it was; what refers to them stands on the second."""
    book = Book(SIZE, SIZE)
    book.add_tab("Other", SIZE, SIZE)
    book.write([[f"{row}/{column}" for column in range(SIZE)] for row in range(SIZE)])
    return book


def letters(top: int, left: int, bottom: int, right: int) -> str:
    return f"Sheet1!{chr(65 + left)}{top + 1}:{chr(64 + right)}{bottom}"


def named(book: Book, box: tuple[int, int, int, int]) -> set[str]:
    """What is in the cells of the named range."""
    (only,) = book.book.named_ranges
    if "range" not in only:
        return set()
    area = Area.of(only["range"])
    tab = book.book.tab(area.sheet_id)
    where = tab.box(area)
    cells = tab.block(where.top, where.left, where.bottom, where.right)
    return {value for row in cells for value in row if value is not None}


@given(boxes(), st.lists(st.one_of(insertions(), deletions()), max_size=4))
def test_a_range_means_the_cells_that_are_left_of_it(box, requests):
    book = numbered()
    top, left, bottom, right = box
    was = {f"{row}/{column}" for row in range(top, bottom) for column in range(left, right)}
    book.do({"addNamedRange": {"namedRange": {"name": "cells", "range": grid_range(*box)}}})
    other = book.named("Other")
    other.set_value(0, 0, Formula(f"=COUNTA({letters(*box)})"))
    book.do(*requests) if requests else None
    left_over = {value for _, _, value in book.tab.values.cells()}
    assert named(book, box) == was & left_over
    if "range" in book.book.named_ranges[0]:
        assert book.shown(0, 0, other) == len(was & left_over)
    else:
        assert other.value(0, 0) == "=COUNTA(#REF!)"


@given(st.tuples(st.integers(0, 6), st.integers(0, 6)), st.lists(st.one_of(insertions(), moves(), cuts()), max_size=5))
def test_a_cell_stays_the_same_cell(place, requests):
    book = numbered()
    row, column = place
    other = book.named("Other")
    other.set_value(11, 11, Formula(f"=Sheet1!{chr(65 + column)}${row + 1}"))
    survivors = []
    for request in requests:
        book.do(request)
        survivors.append({value for tab in book.book.tabs for _, _, value in tab.values.cells()})
    if all(f"{row}/{column}" in each for each in survivors):
        assert book.shown(11, 11, other) == f"{row}/{column}"


@given(boxes(), boxes(), dimensions)
def test_cells_inserted_and_deleted_again_change_nothing(box, inserted, dimension):
    book = numbered()
    other = book.named("Other")
    other.set_value(0, 0, Formula(f"=COUNTA({letters(*box)})"))
    book.tab.rows = book.tab.columns = 2 * SIZE
    before = book.values()
    change = {"range": grid_range(*inserted), "shiftDimension": dimension}
    book.do({"insertRange": change})
    assert {value for row in book.values() for value in row if value} == {value for row in before for value in row}
    book.do({"deleteRange": change})
    assert book.values() == before
    assert other.value(0, 0) == f"=COUNTA({letters(*box)})"


def test_validation_rules_and_pivot_tables_follow_their_source():
    book = numbered()
    rule = {"condition": {"type": "ONE_OF_RANGE", "values": [{"userEnteredValue": "=Sheet1!$A$1:$A$5"}]}}
    pivot = {"source": grid_range(0, 0, 5, 3), "rows": [{"sourceColumnOffset": 0}]}
    other = book.named("Other")
    other.validations.put_at(0, 0, rule)
    other.pivots.put_at(3, 3, pivot)
    book.do({"insertDimension": {"range": {"dimension": "ROWS", "startIndex": 2, "endIndex": 3}}})
    assert other.validation_at(0, 0)["condition"]["values"] == [{"userEnteredValue": "=Sheet1!$A$1:$A$6"}]
    assert other.pivots.at(3, 3)["source"]["endRowIndex"] == 6
    book.do({"deleteDimension": {"range": {"dimension": "ROWS", "startIndex": 0, "endIndex": 6}}})
    assert other.validation_at(0, 0)["condition"]["values"] == [{"userEnteredValue": "=#REF!"}]
    assert "source" not in other.pivots.at(3, 3)
