"""The small calculator."""

from __future__ import annotations

import pytest

from sandbox.google.book import Formula
from sandbox.google.tab import CellError
from tests.sandbox.google.books import Book


@pytest.fixture
def book() -> Book:
    book = Book(rows=2000)
    book.write([[1, "a", True], [2, "b"], [3, "c", 4.5]])
    book.add_tab("It's")
    book.write([[40, 2, 1, 1]], tab=book.named("It's"))
    return book


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("=1+2*3", 7),
        ("=(1+2)*3", 9),
        ("=-2^2", 4),
        ("=50%", 0.5),
        ("=7/2", 3.5),
        ("=A1&B1&TRUE", "1aTRUE"),
        ('="it\'s ""so"""', 'it\'s "so"'),
        ("=SUM(A:A)", 6),
        ("=SUM(A1:C3,5,)", 15.5),
        ("=SUM('It''s'!A1:B1)", 42),
        ("=COUNT(A1:C3)", 4),
        ("=COUNTA(A1:C3)", 8),
        ("=AVERAGE(A1:A3)", 2),
        ("=MIN(A1:A3)+MAX(A1:A3)", 4),
        ('=IF(A1<2,"yes",1/0)', "yes"),
        ("=IFERROR(1/0,7)", 7),
        ("=ROW()&COLUMN(C1)", "103"),
        ("=VLOOKUP(2,A1:B3,2,FALSE)", "b"),
        ("=INDEX(B1:B3,MATCH(3,A1:A3,0))", "c"),
        ("=MATCH(1,'It''s'!A1:D1,0)", 3),
        ("=MATCH(50,'It''s'!A1:A1)", 1),
        ('=B1="A"', True),
        ("=Z10", CellError("#REF!")),
        ("=G10", 0),
        ("=1/0", CellError("#DIV/0!")),
        ("=#REF!+1", CellError("#REF!")),
        ("=Nowhere!A1", CellError("#REF!")),
        ("=nothing", CellError("#NAME?")),
        ("=GOOGLETRANSLATE(A1)", CellError("#NAME?")),
        ("=B1+1", CellError("#VALUE!")),
        ("=A1+", CellError("#ERROR!")),
        ("=VLOOKUP(9,A1:B3,2,FALSE)", CellError("#N/A")),
    ],
)
def test_it_computes(book, formula, expected):
    book.tab.set_value(9, 7, Formula(formula))
    found = book.shown(9, 7)
    assert found == expected
    assert type(found) is type(expected)


def test_a_circle_shows_that_it_is_one(book):
    book.write([[Formula("=A6"), Formula("=A5+B6")], [Formula("=A5")]], row=4)
    assert [book.shown(4, 0), book.shown(5, 0), book.shown(4, 1)] == ["#REF!"] * 3


def test_a_chain_may_be_long(book):
    book.write([[Formula(f"=E{row + 2}+1")] for row in range(1500)], column=4)
    assert book.shown(0, 4) == 1500


def test_an_error_spreads(book):
    book.write([[Formula("=1/0"), Formula("=A5+1"), Formula("=SUM(A1:B5)"), Formula("=COUNTA(A5:B5)")]], row=4)
    assert [book.shown(4, column) for column in range(4)] == ["#DIV/0!", "#DIV/0!", "#DIV/0!", 2]


def test_a_named_range_may_be_used(book):
    where = {"startRowIndex": 0, "endRowIndex": 3, "startColumnIndex": 0, "endColumnIndex": 1}
    book.do({"addNamedRange": {"namedRange": {"name": "sums", "range": where}}})
    book.tab.set_value(9, 7, Formula("=SUM(Sums)"))
    assert book.shown(9, 7) == 6
