"""Named and protected ranges in a batch."""

from __future__ import annotations

import pytest

from sandbox.google import ranges
from sandbox.google.book import Formula
from sandbox.google.errors import ApiError
from tests.sandbox.google.books import OWNER, WRITER, Book, columns_range, grid_range, rows_range


def name(text: str, where=None):
    return {"addNamedRange": {"namedRange": {"name": text, "range": where or grid_range(1, 0, 5, 2)}}}


def test_a_named_range_is_answered_without_the_id_of_the_first_tab():
    (reply,) = Book().do(name("Deals"))
    named = reply["addNamedRange"]["namedRange"]
    assert named["range"] == {"startRowIndex": 1, "endRowIndex": 5, "startColumnIndex": 0, "endColumnIndex": 2}
    assert named["namedRangeId"]


@pytest.mark.parametrize("text", ["", "A1", "two words", "1st", "deals!", "R1C1", "true", "BC:BD"])
def test_a_name_must_not_look_like_something_else(text):
    with pytest.raises(ApiError, match="The name given to this range is invalid"):
        Book().do(name(text))


def test_a_name_is_given_once():
    book = Book()
    book.do(name("Deals"))
    with pytest.raises(ApiError, match="already exists"):
        book.do(name("DEALS"))


def test_formulas_follow_another_name():
    book = Book()
    (reply,) = book.do(name("Deals"))
    book.tab.set_value(9, 0, Formula("=COUNTA(deals)"))
    changed = {"namedRangeId": reply["addNamedRange"]["namedRange"]["namedRangeId"], "name": "Won"}
    book.do({"updateNamedRange": {"namedRange": changed, "fields": "name"}})
    assert book.tab.value(9, 0) == "=COUNTA(Won)"
    assert book.book.named_ranges[0]["range"]["endRowIndex"] == 5


def test_a_named_range_follows_its_cells_until_they_are_gone():
    book = Book()
    book.do(
        name("Deals"),
        {"insertDimension": {"range": rows_range(2, 4)}},
        {"deleteDimension": {"range": columns_range(0, 1)}},
    )
    assert book.book.named_ranges[0]["range"] == {
        "startRowIndex": 1,
        "endRowIndex": 7,
        "startColumnIndex": 0,
        "endColumnIndex": 1,
    }
    book.tab.set_value(9, 1, Formula("=SUM(Deals)"))
    book.do({"deleteDimension": {"range": rows_range(1, 7)}})
    assert "range" not in book.book.named_ranges[0]
    assert book.shown(3, 1) == "#REF!"
    with pytest.raises(ApiError, match="Unable to parse range: Deals"):
        ranges.locate(book.book, "Deals")


def test_a_deleted_name_is_unknown():
    book = Book()
    (reply,) = book.do(name("Deals"))
    book.tab.set_value(9, 0, Formula("=SUM(Deals)"))
    book.do({"deleteNamedRange": {"namedRangeId": reply["addNamedRange"]["namedRange"]["namedRangeId"]}})
    assert book.shown(9, 0) == "#NAME?"
    with pytest.raises(ApiError, match="No named range with ID: 77"):
        book.do({"deleteNamedRange": {"namedRangeId": "77"}})


# -- protected ranges


def protect(**more):
    return {"addProtectedRange": {"protectedRange": {"range": grid_range(0, 0, 2, 2)} | more}}


def test_who_protects_a_range_may_edit_it():
    book = Book()
    (reply,) = book.do(protect(requestingUserCanEdit=False, editors={"users": [], "groups": []}))
    answered = reply["addProtectedRange"]["protectedRange"]
    assert answered["requestingUserCanEdit"] is True
    assert answered["editors"] == {}
    assert book.tab.protected_ranges[0]["editors"] == {"users": [OWNER.email]}


def test_a_protected_range_is_changed_and_deleted_by_those_who_may_edit_it():
    book = Book()
    (reply,) = book.do(protect())
    protected_id = reply["addProtectedRange"]["protectedRange"]["protectedRangeId"]
    changes = {"protectedRangeId": protected_id, "editors": {"users": [WRITER.email]}, "description": "Mine"}
    update = {"updateProtectedRange": {"protectedRange": changes, "fields": "editors,description"}}
    delete = {"deleteProtectedRange": {"protectedRangeId": protected_id}}
    for request in (update, delete):
        with pytest.raises(ApiError, match="You are trying to edit a protected cell or object"):
            book.do(request, by=WRITER)
    book.do(update)
    assert book.tab.protected_ranges[0]["description"] == "Mine"
    book.do(delete, by=WRITER)
    assert book.tab.protected_ranges == []


def test_a_protected_range_grows_and_shrinks_with_its_rows():
    book = Book()
    book.do(protect(), {"insertDimension": {"range": rows_range(1, 3)}})
    assert book.tab.protected_ranges[0]["range"]["endRowIndex"] == 4
    book.do({"deleteDimension": {"range": rows_range(0, 4)}})
    assert book.tab.protected_ranges == []
