from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers.destinations.excel.names import (
    column_letters,
    free_sheet_name,
    sheet_name_problem,
    sheet_of_removed,
    workbook_name_problem,
)


@pytest.mark.parametrize(
    "name", ["Deals", "x" * 31, "Zoë's", "Deals (2)", "=1+1", "2026-11", "😀" * 15, "a&b<c>", "Histories"]
)
def test_names_excel_takes(name):
    assert sheet_name_problem(name) is None


@pytest.mark.parametrize(
    "name",
    ["", "   ", "x" * 32, "😀" * 16, "a[b", "a]b", "a:b", "a*b", "a?b", "a/b", "a\\b", "'a", "a'", "'", "History", "HISTORY", "a\nb", "a\x00"],
)  # fmt: skip
def test_names_excel_refuses(name):
    problem = sheet_name_problem(name)
    assert problem
    assert problem.endswith(".")


@pytest.mark.parametrize("name", ["Sales 2026", "Zoë & co", "x" * 100, "東京", "console", "v1.2", "(draft)"])
def test_names_a_workbook_may_have(name):
    assert workbook_name_problem(name) is None


def test_a_free_name_stays():
    assert free_sheet_name("Deals", ["Persons"]) == "Deals"


def test_a_taken_name_gets_the_next_number():
    assert free_sheet_name("Deals", ["deals", "DEALS (2)"]) == "Deals (3)"


def test_a_long_name_makes_room_for_its_number():
    assert free_sheet_name("x" * 31, ["x" * 31]) == "x" * 27 + " (2)"


@given(st.text(min_size=1, max_size=31).filter(lambda name: sheet_name_problem(name) is None), st.integers(1, 12))
def test_a_free_name_is_free_and_allowed(name, copies):
    taken: list[str] = []
    for _ in range(copies):
        taken.append(free_sheet_name(name, taken))
    assert len({one.casefold() for one in taken}) == copies
    assert not [one for one in taken if sheet_name_problem(one)]


@pytest.mark.parametrize(
    ("index", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16_383, "XFD")]
)
def test_columns_have_letters(index, letters):
    assert column_letters(index) == letters


@pytest.mark.parametrize(
    ("name", "beside"),
    [
        ("Deals", "Deals (removed)"),
        ("x" * 31, "x" * 21 + " (removed)"),
        ("🚲" * 15, "🚲" * 10 + " (removed)"),
        ("Deals of this and that one and all", "Deals of this and tha (removed)"),
    ],
)
def test_the_sheet_of_removed_rows_is_named_after_the_first(name: str, beside: str):
    assert sheet_of_removed(name) == beside
    assert sheet_name_problem(beside) is None
