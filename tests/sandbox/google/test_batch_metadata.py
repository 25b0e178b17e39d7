"""Developer metadata: it hangs on a place, moves with it, and is found again."""

from __future__ import annotations

import pytest

from sandbox.google import metadata
from sandbox.google.errors import ApiError
from tests.sandbox.google.books import Book, columns_range, grid_range, rows_range


def create(key: str, location: dict, **more):
    item = {"metadataKey": key, "location": location, "visibility": "DOCUMENT"} | more
    return {"createDeveloperMetadata": {"developerMetadata": item}}


def lookup(**how):
    return {"developerMetadataLookup": how}


def keys(book: Book, data_filter) -> list[str]:
    return [item["metadataKey"] for item in metadata.matching(book.book, data_filter)]


@pytest.fixture
def book() -> Book:
    book = Book()
    book.add_tab("Other")
    book.do(
        create("book", {"spreadsheet": True}, metadataId=1),
        create("tab", {"sheetId": 0}, metadataId=2),
        create("row", {"dimensionRange": rows_range(3, 4)}, metadataId=3, metadataValue="three"),
        create("column", {"dimensionRange": columns_range(2, 3)}, metadataId=4),
        create("other", {"dimensionRange": columns_range(2, 3, 7)}, metadataId=5),
    )
    return book


def test_it_is_answered_with_its_location():
    (reply,) = Book().do(create("field", {"dimensionRange": columns_range(0, 1)}, metadataValue="title"))
    item = reply["createDeveloperMetadata"]["developerMetadata"]
    assert item.pop("metadataId") > 0
    assert item == {
        "metadataKey": "field",
        "metadataValue": "title",
        "visibility": "DOCUMENT",
        "location": {
            "locationType": "COLUMN",
            "dimensionRange": {"dimension": "COLUMNS", "startIndex": 0, "endIndex": 1},
        },
    }


def test_an_id_is_given_once(book):
    with pytest.raises(ApiError) as refused:
        book.do(create("again", {"spreadsheet": True}, metadataId=3))
    assert refused.value.message == (
        "Invalid requests[0].createDeveloperMetadata: Cannot add developer metadata with ID [3] "
        "because developer metadata with that ID already exists."
    )


def test_a_key_may_be_used_again(book):
    book.do(create("row", {"dimensionRange": rows_range(5, 6)}))
    assert keys(book, lookup(metadataKey="row")) == ["row", "row"]


@pytest.mark.parametrize(
    "location",
    [
        {"dimensionRange": rows_range(3, 5)},
        {"dimensionRange": {"dimension": "ROWS", "startIndex": 3}},
        {"dimensionRange": rows_range(10, 11)},
        {"sheetId": 77},
        {},
    ],
)
def test_it_hangs_on_one_place_that_exists(location):
    with pytest.raises(ApiError):
        Book().do(create("x", location))


@pytest.mark.parametrize(
    ("data_filter", "expected"),
    [
        (lookup(metadataId=3), ["row"]),
        (lookup(metadataKey="row", metadataValue="three"), ["row"]),
        (lookup(metadataKey="row", metadataValue="four"), []),
        (lookup(locationType="COLUMN"), ["column", "other"]),
        (lookup(visibility="PROJECT"), []),
        (lookup(metadataLocation={"sheetId": 0}), ["tab", "row", "column"]),
        (lookup(metadataLocation={"dimensionRange": rows_range(3, 4)}), ["tab", "row", "column"]),
        (
            lookup(metadataLocation={"dimensionRange": rows_range(3, 4)}, locationMatchingStrategy="EXACT_LOCATION"),
            ["row"],
        ),
        (lookup(metadataLocation={"sheetId": 0}, locationMatchingStrategy="EXACT_LOCATION"), ["tab"]),
        (lookup(metadataLocation={"spreadsheet": True}), ["book"]),
        ({"gridRange": grid_range(0, 2, 1, 3)}, ["tab", "column"]),
        ({"a1Range": "Other!A1:C1"}, ["other"]),
    ],
)
def test_it_is_found_by_what_it_is_and_where_it_hangs(book, data_filter, expected):
    assert keys(book, data_filter) == expected


def column_of(book: Book, key: str) -> int:
    (item,) = metadata.matching(book.book, lookup(metadataKey=key))
    return item["location"]["dimensionRange"]["startIndex"]


def test_it_moves_with_its_row_and_its_column(book):
    book.do(
        {"insertDimension": {"range": columns_range(0, 2)}},
        {"moveDimension": {"source": columns_range(4, 5), "destinationIndex": 1}},
        {"deleteDimension": {"range": rows_range(0, 2)}},
    )
    assert (column_of(book, "column"), column_of(book, "row")) == (1, 1)


def test_it_goes_with_its_column_and_its_tab(book):
    book.do({"deleteDimension": {"range": columns_range(2, 3)}}, {"deleteSheet": {"sheetId": 7}})
    assert [item["metadataKey"] for item in metadata.every(book.book)] == ["book", "tab", "row"]


def test_new_rows_do_not_inherit_it(book):
    book.do({"insertDimension": {"range": rows_range(4, 6), "inheritFromBefore": True}})
    assert keys(book, lookup(metadataKey="row")) == ["row"]


def test_it_is_changed_wherever_a_filter_finds_it(book):
    changes = {"metadataValue": "new", "visibility": "PROJECT"}
    (reply,) = book.do(
        {
            "updateDeveloperMetadata": {
                "dataFilters": [lookup(metadataKey="row"), lookup(metadataId=3), lookup(metadataId=4)],
                "developerMetadata": changes,
                "fields": "metadataValue",
            }
        }
    )
    changed = reply["updateDeveloperMetadata"]["developerMetadata"]
    assert [(item["metadataId"], item["metadataValue"], item["visibility"]) for item in changed] == [
        (3, "new", "DOCUMENT"),
        (4, "new", "DOCUMENT"),
    ]
    assert column_of(book, "column") == 2


def test_it_may_be_hung_elsewhere(book):
    book.do(
        {
            "updateDeveloperMetadata": {
                "dataFilters": [lookup(metadataId=4)],
                "developerMetadata": {"location": {"dimensionRange": columns_range(6, 7)}},
                "fields": "location",
            }
        }
    )
    assert column_of(book, "column") == 6


def test_it_is_taken_away_and_shown_once_more(book):
    (reply,) = book.do({"deleteDeveloperMetadata": {"dataFilter": lookup(locationType="COLUMN")}})
    deleted = reply["deleteDeveloperMetadata"]["deletedDeveloperMetadata"]
    assert [item["metadataKey"] for item in deleted] == ["column", "other"]
    assert keys(book, lookup(locationType="COLUMN")) == []
    (reply,) = book.do({"deleteDeveloperMetadata": {"dataFilter": lookup(metadataId=4)}})
    assert reply == {"deleteDeveloperMetadata": {}}


def test_every_place_gives_it_back(book):
    for metadata_id in range(1, 6):
        book.do({"deleteDeveloperMetadata": {"dataFilter": lookup(metadataId=metadata_id)}})
    assert list(metadata.every(book.book)) == []


def test_there_is_only_so_much_room():
    book = Book()
    book.do(create("a", {"sheetId": 0}, metadataValue="x" * 20_000))
    with pytest.raises(ApiError, match="30000"):
        book.do(create("b", {"dimensionRange": rows_range(0, 1)}, metadataValue="x" * 10_000))
