from __future__ import annotations

from typing import Any

import pytest

from sandbox.google.book import Formula, Spreadsheet, Tab
from sandbox.google.computed import effective


@pytest.fixture
def book() -> Spreadsheet:
    book = Spreadsheet.new("id", "Deals")
    book.tabs[0].put_block(0, 0, [[1, 2.5, "text"], [3, True, None], ["4", None, 10]])
    book.tabs.append(Tab(7, "It's"))
    book.tabs[1].put_block(0, 0, [[100]])
    return book


def _result(book: Spreadsheet, formula: str) -> Any:
    with book.transaction():
        book.tabs[0].set_value(9, 9, Formula(formula))
    return effective(book, book.tabs[0], 9, 9)


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("=4/2", 2),
        ("=3/2", 1.5),
        ("= 1 / 1024", 0.0009765625),
        ("=1+2*3-4", 3),
        ("=-2^2", -4),
        ("=(1+2)*3", 9),
        ("=50%", 0.5),
        ('="a"&"b""c"&1', 'ab"c1'),
        ("=A1+B1", 3.5),
        ("=A1=1", True),
        ('=IF(A1>2,"much","little")', "little"),
        ("=SUM(A1:C3)", 16.5),
        ("=SUM(A:A;10)", 14),
        ("=COUNTA(A1:C3)", 7),
        ("=AVERAGE(A1:A2)", 2),
        ("='It''s'!A1*2", 200),
        ("=Z99", 0),
        ('=HYPERLINK("https://example.org","here")', "here"),
        ("=1/0", "#DIV/0!"),
        ("=C1+1", "#VALUE!"),
        ("=#REF!+1", "#REF!"),
        ("=Gone!A1", "#REF!"),
        ("=VLOOKUP(A1,A1:C3,2)", "#NAME?"),
        ("=Nobody", "#NAME?"),
        ("=1+", "#ERROR!"),
        ("=J10", "#REF!"),
    ],
)
def test_it_reckons(book: Spreadsheet, formula: str, value: Any) -> None:
    assert _result(book, formula) == value


def test_it_reckons_again_when_a_cell_changed(book: Spreadsheet) -> None:
    assert _result(book, "=A1*2") == 2
    with book.transaction():
        book.tabs[0].set_value(0, 0, 21)
    assert effective(book, book.tabs[0], 9, 9) == 42
