"""spreadsheets.batchUpdate as a whole: one reply each, all or nothing, Google's words."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.google import batch
from sandbox.google.discovery import document
from sandbox.google.errors import ApiError
from tests.sandbox.google.books import OWNER, WRITER, Book, dump, grid_range, rows_range

HELLO = {"userEnteredValue": {"stringValue": "Hello"}}


def write(text: str, row: int = 0, sheet_id: int = 0) -> dict[str, Any]:
    return {
        "updateCells": {
            "start": {"sheetId": sheet_id, "rowIndex": row},
            "rows": [{"values": [{"userEnteredValue": {"stringValue": text}}]}],
            "fields": "userEnteredValue",
        }
    }


def refusal(book: Book, *requests: dict[str, Any], by=OWNER) -> str:
    before = dump(book.book)
    with pytest.raises(ApiError) as refused:
        book.do(*requests, by=by)
    assert refused.value.code == 400
    assert refused.value.status == "INVALID_ARGUMENT"
    assert dump(book.book) == before
    return refused.value.message


def test_it_knows_every_member_by_name():
    members = set(document()["schemas"]["Request"]["properties"])
    assert set(batch.MEMBERS) | batch.UNSUPPORTED == members
    assert not set(batch.MEMBERS) & batch.UNSUPPORTED


def test_it_replies_to_each_request_in_its_place():
    replies = Book().do(write("a"), {"addSheet": {"properties": {"title": "New", "sheetId": 3}}}, write("b", 0, 3))
    assert [list(reply) for reply in replies] == [[], ["addSheet"], []]


def test_it_changes_nothing_when_one_request_is_refused():
    book = Book()
    message = refusal(
        book, write("a"), {"addSheet": {"properties": {"title": "New"}}}, {"deleteSheet": {"sheetId": 77}}
    )
    assert message == "Invalid requests[2].deleteSheet: No sheet with id: 77"


def test_it_grows_its_version_only_when_something_happened():
    book = Book()
    before = book.book.version
    refusal(book, {"deleteSheet": {"sheetId": 77}})
    assert book.book.version == before
    book.do(write("a"))
    assert book.book.version == before + 1


@pytest.mark.parametrize(
    ("requests", "message"),
    [
        ([], "Must specify at least one request."),
        ([{}], "Invalid requests[0]: No request set."),
        (
            [{"deleteSheet": {"sheetId": 0}}],
            "Invalid requests[0].deleteSheet: You can't remove all the sheets in a document.",
        ),
        (
            [{"updateSheetProperties": {"properties": {"hidden": True}, "fields": "hidden"}}],
            "Invalid requests[0].updateSheetProperties: You can't hide all the sheets in a document.",
        ),
        (
            [{"updateSheetProperties": {"properties": {"hidden": True}}}],
            (
                "Invalid requests[0].updateSheetProperties: "
                "At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)"
            ),
        ),
        (
            [{"addSheet": {"properties": {"title": "sHEET1"}}}],
            'Invalid requests[0].addSheet: A sheet with the name "sHEET1" already exists. Please enter another name.',
        ),
        (
            [{"addSheet": {"properties": {"sheetId": 0}}}],
            "Invalid requests[0].addSheet: Sheet with id 0 already exists.",
        ),
        (
            [{"repeatCell": {"range": grid_range(0, 0, 11, 1), "cell": HELLO, "fields": "*"}}],
            "Invalid requests[0].repeatCell: Range (Sheet1!A1:A11) exceeds grid limits. Max rows: 10, max columns: 8",
        ),
        (
            [{"updateCells": {"start": {}, "rows": [{"values": [HELLO] * 9}], "fields": "userEnteredValue"}}],
            "Invalid requests[0].updateCells: Attempting to write column: 8, beyond the last requested column of: 7",
        ),
        (
            [{"updateCells": {"range": grid_range(0, 0, 2, 2), "rows": [{}] * 3, "fields": "note"}}],
            "Invalid requests[0].updateCells: Attempting to write row: 2, beyond the last requested row of: 1",
        ),
        (
            [{"deleteDimension": {"range": rows_range(10, 11)}}],
            (
                "Invalid requests[0].deleteDimension: Cannot delete a row that doesn't exist. "
                "Tried to delete row index 10 but there are only 10 rows."
            ),
        ),
        (
            [{"deleteDimension": {"range": rows_range(0, 10)}}],
            "Invalid requests[0].deleteDimension: You can't delete all the rows on the sheet.",
        ),
        (
            [{"insertDimension": {"range": rows_range(10, 11)}}],
            (
                "Invalid requests[0].insertDimension: "
                "range.startIndex must be less than the grid size (10) if inheritFromBefore is false."
            ),
        ),
        (
            [{"insertDimension": {"range": {"dimension": "ROWS", "endIndex": 1}}}],
            "Invalid requests[0].insertDimension: range.startIndex must be set.",
        ),
        (
            [{"addNamedRange": {"namedRange": {"name": "A1", "range": {}}}}],
            "Invalid requests[0].addNamedRange: The name given to this range is invalid",
        ),
        (
            [
                {
                    "updateSheetProperties": {
                        "properties": {"gridProperties": {"frozenColumnCount": 2}},
                        "fields": "gridProperties.frozenColumnCount",
                    }
                },
                {"mergeCells": {"range": grid_range(0, 0, 1, 4), "mergeType": "MERGE_ALL"}},
            ],
            "Invalid requests[1].mergeCells: You can't merge frozen and non-frozen columns",
        ),
    ],
)
def test_it_refuses_as_google_does(requests, message):
    assert refusal(Book(), *requests) == message


@pytest.mark.parametrize("name", sorted(batch.UNSUPPORTED))
def test_it_refuses_what_it_does_not_imitate(name):
    assert refusal(Book(), {name: {}}).startswith(f"Invalid requests[0].{name}: ")


def test_it_takes_no_more_requests_than_google():
    with pytest.raises(ApiError, match=r"Cannot exceed 100000 requests in a single batch\."):
        batch.apply(Book().book, [{}] * 100_001, OWNER)


def test_it_counts_the_cells_of_all_tabs_together():
    book = Book(rows=1000, columns=26)
    size = {"rowCount": 333_333, "columnCount": 30}
    too_many = "This action would increase the number of cells in the workbook above the limit of 10000000 cells."
    assert refusal(book, {"addSheet": {"properties": {"gridProperties": size}}}) == (
        f"Invalid requests[0].addSheet: {too_many}"
    )
    book.do({"addSheet": {"properties": {"sheetId": 3, "gridProperties": {"rowCount": 9_973_999, "columnCount": 1}}}})
    assert refusal(book, {"appendDimension": {"sheetId": 3, "dimension": "ROWS", "length": 2}}) == (
        f"Invalid requests[0].appendDimension: {too_many}"
    )
    book.do({"appendDimension": {"sheetId": 3, "dimension": "ROWS", "length": 1}})
    assert book.book.cell_count == 10_000_000


def test_it_counts_after_the_rows_and_again_after_the_columns():
    """As Google does: more rows and fewer columns in one request are refused when the step between is too large."""
    book = Book(rows=1000, columns=26)
    size = {"rowCount": 1_000_000, "columnCount": 5}
    asked = {"properties": {"gridProperties": size}, "fields": "gridProperties(rowCount,columnCount)"}
    assert "above the limit of 10000000 cells" in refusal(book, {"updateSheetProperties": asked})
    columns_first = {"properties": {"gridProperties": size}, "fields": "gridProperties.columnCount"}
    book.do({"updateSheetProperties": columns_first}, {"updateSheetProperties": asked})
    assert (book.tab.rows, book.tab.columns) == (1_000_000, 5)


def test_it_has_a_last_column():
    book = Book(rows=1, columns=1)
    book.do({"appendDimension": {"dimension": "COLUMNS", "length": 18_277}})
    assert refusal(book, {"appendDimension": {"dimension": "COLUMNS", "length": 1}}) == (
        "Invalid requests[0].appendDimension: "
        "This action would increase the number of columns in the sheet above the limit of 18278 columns"
    )


def test_a_cell_holds_fifty_thousand_characters():
    book = Book()
    book.do(write("x" * 50_000))
    assert refusal(book, write("x" * 50_001)) == (
        "Invalid requests[0].updateCells: "
        "Your input contains more than the maximum of 50000 characters in a single cell."
    )


def protect(**more: Any) -> dict[str, Any]:
    return {"addProtectedRange": {"protectedRange": {"range": grid_range(2, 0, 4, 3)} | more}}


PROTECTED = (
    "You are trying to edit a protected cell or object. "
    "Please contact the spreadsheet owner to remove protection if you need to edit."
)


@pytest.mark.parametrize(
    "request_",
    [
        write("x", 2),
        {"repeatCell": {"range": {"startColumnIndex": 0, "endColumnIndex": 1}, "cell": HELLO, "fields": "*"}},
        {"copyPaste": {"source": grid_range(0, 0, 1, 1), "destination": grid_range(0, 0, 3, 1)}},
        {"cutPaste": {"source": grid_range(2, 2, 3, 3), "destination": {"rowIndex": 8}}},
        {"deleteDimension": {"range": rows_range(3, 4)}},
        {"deleteSheet": {"sheetId": 0}},
        {"insertDimension": {"range": rows_range(3, 4)}},
        {"sortRange": {"range": {}, "sortSpecs": [{}]}},
        {"mergeCells": {"range": grid_range(0, 0, 3, 3), "mergeType": "MERGE_ALL"}},
        {"setDataValidation": {"range": grid_range(2, 0, 3, 3)}},
        {"insertRange": {"range": grid_range(0, 0, 1, 1), "shiftDimension": "ROWS"}},
    ],
)
def test_a_protected_range_keeps_others_out(request_):
    book = Book()
    book.add_tab("Other")
    book.do(protect())
    name = next(iter(request_))
    assert refusal(book, request_, by=WRITER) == f"Invalid requests[0].{name}: {PROTECTED}"
    book.do(request_, by=OWNER)


def test_a_protected_range_lets_its_editors_in():
    book = Book()
    book.do(protect(editors={"users": [WRITER.email]}))
    book.do(write("x", 2), by=WRITER)
    assert book.tab.value(2, 0) == "x"


def test_a_protected_range_that_only_warns_stops_nobody():
    book = Book()
    book.do(protect(warningOnly=True))
    book.do(write("x", 2), by=WRITER)
    assert book.tab.value(2, 0) == "x"


def test_a_protected_tab_leaves_its_unprotected_ranges_open():
    book = Book()
    book.do(protect(range={"sheetId": 0}, unprotectedRanges=[grid_range(5, 0, 6, 3)]))
    book.do(write("x", 5), by=WRITER)
    assert PROTECTED in refusal(book, write("x", 6), by=WRITER)
    assert PROTECTED in refusal(
        book, {"updateSheetProperties": {"properties": {"title": "Mine"}, "fields": "title"}}, by=WRITER
    )
