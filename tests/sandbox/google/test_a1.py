from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.google import a1
from sandbox.google.a1 import Cells
from sandbox.google.areas import Box


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("A1", Cells(0, 0, 1, 1)),
        ("$B$2", Cells(1, 1, 2, 2)),
        ("a1:b2", Cells(0, 0, 2, 2)),
        ("D4:A1", Cells(0, 0, 4, 4)),
        ("A4:D1", Cells(0, 0, 4, 4)),
        ("A:A", Cells(0, 0, None, 1)),
        ("C:A", Cells(0, 0, None, 3)),
        ("1:3", Cells(0, 0, 3, None)),
        ("2:2", Cells(1, 0, 2, None)),
        ("A5:A", Cells(4, 0, None, 1)),
        ("A1:C", Cells(0, 0, None, 3)),
        ("A2:2", Cells(1, 0, 2, None)),
        ("B2:4", Cells(1, 1, 4, None)),
        ("ZZZ1", Cells(0, 18277, 1, 18278)),
        ("R2C3", Cells(1, 2, 2, 3)),
        ("R1C1:R2C2", Cells(0, 0, 2, 2)),
    ],
)
def test_it_reads_cells(text: str, cells: Cells) -> None:
    assert a1.cells_of(text) == cells


@pytest.mark.parametrize(
    "cells", ["", "A", "1", "A0", "AAAA1", "A1:", ":A1", "A1:B2:C3", "Deals", "A-1", "A1 :B2", "A1,B2"]
)
def test_it_does_not_take_anything_else_for_cells(cells: str) -> None:
    assert a1.cells_of(cells) is None


@pytest.mark.parametrize(
    ("text", "title", "rest"),
    [
        ("A1:B2", None, "A1:B2"),
        ("Deals", None, "Deals"),
        ("Deals!A1", "Deals", "A1"),
        ("'Deals'", "Deals", None),
        ("'a/b:c''d? é!'!A1:B", "a/b:c'd? é!", "A1:B"),
        ("🌵 test 1!A1", "🌵 test 1", "A1"),
        ("Wow!now!A1", "Wow!now", "A1"),
        ("'Deals'!Area", "Deals", "Area"),
    ],
)
def test_it_takes_the_title_off(text: str, title: str | None, rest: str | None) -> None:
    reference = a1.read(text)

    assert (reference.title, reference.rest) == (title, rest)


@pytest.mark.parametrize("text", ["'Deals", "''!A1", "'Deals'A1", "!A1", "'a'b'!A1"])
def test_it_refuses_broken_quotes(text: str) -> None:
    with pytest.raises(a1.NotARangeError):
        a1.read(text)


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Sheet1", "Sheet1"),
        ("deals_2026", "deals_2026"),
        ("D3", "'D3'"),
        ("ENT1", "'ENT1'"),
        ("Deals 2026", "'Deals 2026'"),
        ("2026", "'2026'"),
        ("It's", "'It''s'"),
        ("Café", "'Café'"),
        ("Budget1", "Budget1"),
        ("R1C1", "'R1C1'"),
    ],
)
def test_it_quotes_a_title_only_when_needed(title: str, shown: str) -> None:
    assert a1.quoted(title) == shown


def test_it_prints_one_cell_without_a_colon() -> None:
    assert a1.printed("Sheet1", Box(0, 0, 1, 1)) == "Sheet1!A1"
    assert a1.printed("Sheet1", Box(0, 0, 1000, 26)) == "Sheet1!A1:Z1000"


def test_it_clamps_to_the_grid() -> None:
    assert Cells(0, 2).within(1000, 26) == Box(0, 2, 1000, 26)
    assert Cells(4, 2, 2000, 40).within(1000, 26) == Box(4, 2, 1000, 26)
    assert not Cells(1000, 0).starts_within(1000, 26)


@given(st.text(min_size=1, max_size=40), st.integers(0, 999), st.integers(0, a1.MOST_COLUMNS - 1))
def test_it_reads_what_it_prints(title: str, row: int, column: int) -> None:
    reference = a1.read(a1.printed(title, Box(row, column, row + 1, column + 1)))

    assert (reference.title, reference.cells) == (title, Cells(row, column, row + 1, column + 1))
    assert a1.column_index(a1.column_letters(column)) == column
