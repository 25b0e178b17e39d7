"""References in formulas: which texts are some, and what becomes of them when cells move."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.google import references
from sandbox.google.a1 import column_letters
from sandbox.google.book import Formula
from sandbox.google.shifting import follow
from sandbox.google.shifts import COLUMNS, ROWS, Deletion, Insertion, Move
from tests.sandbox.google.books import Book


def found(formula: str) -> list[str]:
    return [str(part) for part in references.parts(formula) if not isinstance(part, str)]


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("=A1+$B$2", ["A1", "$B$2"]),
        ("=SUM(A:A)+LOG10(A1)", ["A:A", "A1"]),
        ("='It''s'!A1:B", ["'It''s'!A1:B"]),
        ('="A1"&A1&"say ""B2"""', ["A1"]),
        ("=Sheet2!$A2:C$5", ["Sheet2!$A2:C$5"]),
        ("=1:3", ["1:3"]),
        ("=A2:A", ["A2:A"]),
        ("=total+A1b+R1C1", []),
        ("=#REF!+A1", ["A1"]),
        ("={A1,B1}", ["A1", "B1"]),
        ("=ABCD1", []),
    ],
)
def test_it_finds_what_refers_to_cells(formula, expected):
    assert found(formula) == expected


def test_it_leaves_a_formula_as_typed_where_nothing_changes():
    typed = "= sum( a1:b2 ) + Übersicht!c3"
    assert references.rewritten(typed, lambda reference: reference) == typed


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("=A1+$A1+A$1+$A$1", "=C2+$A2+C$1+$A$1"),
        ("=SUM(A:A)+SUM(2:3)", "=SUM(C:C)+SUM(3:4)"),
        ("='My tab'!A1", "='My tab'!C2"),
        ("=A2:A", "=C3:C"),
    ],
)
def test_it_points_along_when_a_formula_is_copied(formula, expected):
    assert references.offset(formula, 1, 2) == expected


def test_it_loses_what_would_lie_before_the_first_cell():
    assert references.offset("=A1+B2", -1, 0) == "=#REF!+B1"
    assert references.offset("=A1+B2", 0, -1) == "=#REF!+A2"
    assert references.offset("=ZZZ1", 0, 1) == "=#REF!"


def test_it_follows_the_title_of_a_tab():
    formula = "=Old!A1+'old'!B2+\"Old!A1\"+Older!A1"
    assert references.retitled(formula, "Old", "It's new") == "='It''s new'!A1+'It''s new'!B2+\"Old!A1\"+Older!A1"


def test_it_follows_the_name_of_a_range():
    assert references.renamed('=rate*A1+RATE(2)+rates+"rate"', "Rate", "vat") == '=vat*A1+RATE(2)+rates+"rate"'


edges = st.integers(0, 30)


@st.composite
def reference_texts(draw: st.DrawFn) -> str:
    top, left = draw(edges), draw(edges)
    bottom, right = draw(st.integers(top, 31)), draw(st.integers(left, 31))
    marks = [draw(st.sampled_from(["", "$"])) for _ in range(4)]
    start, end = column_letters(left), column_letters(right)
    kind = draw(st.sampled_from(["cell", "range", "columns", "rows", "open"]))
    texts = {
        "cell": f"{marks[0]}{start}{marks[1]}{top + 1}",
        "range": f"{marks[0]}{start}{marks[1]}{top + 1}:{marks[2]}{end}{marks[3]}{bottom + 1}",
        "columns": f"{marks[0]}{start}:{marks[2]}{end}",
        "rows": f"{marks[1]}{top + 1}:{marks[3]}{bottom + 1}",
        "open": f"{marks[0]}{start}{marks[1]}{top + 1}:{marks[2]}{end}",
    }
    return draw(st.sampled_from(["", "Sheet1!", "Other!"])) + texts[kind]


formulas = st.lists(reference_texts(), min_size=1, max_size=4).map(lambda parts: "=" + "+".join(parts))


def kept(formula: str) -> Book:
    book = Book(rows=40, columns=40)
    book.add_tab("Other")
    book.tab.set_value(39, 39, Formula(formula))
    return book


def formula_of(book: Book) -> str:
    return str(book.tab.value(39, 39))


@given(formulas, st.sampled_from([ROWS, COLUMNS]), st.integers(0, 39), st.integers(1, 5))
def test_it_gives_a_formula_back_when_what_was_inserted_is_deleted(formula, dimension, at, count):
    book = kept(formula)
    follow(book.book, Insertion(0, dimension, None, at, count))
    follow(book.book, Deletion(0, dimension, None, at, at + count))
    assert formula_of(book) == formula


@given(reference_texts(), st.sampled_from([ROWS, COLUMNS]), st.integers(0, 20), st.integers(1, 5), edges)
def test_it_gives_a_cell_back_when_a_move_is_undone(text, dimension, start, count, to):
    formula = f"={text}"
    book = kept(formula)
    if found(formula)[0].count(":"):
        return
    end = start + count
    follow(book.book, Move(0, dimension, None, start, end, to))
    if start <= to <= end:
        assert formula_of(book) == formula
        return
    place = to if to < start else to - count
    back = start if to > start else end
    follow(book.book, Move(0, dimension, None, place, place + count, back))
    assert formula_of(book) == formula


@given(formulas)
def test_it_reads_what_it_prints(formula):
    printed = "".join(str(part) for part in references.parts(formula))
    assert found(printed) == found(formula)
    loose = formula.replace("$", "")
    assert references.offset(references.offset(loose, 2, 3), -2, -3) == loose
