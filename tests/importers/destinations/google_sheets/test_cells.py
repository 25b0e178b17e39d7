"""Cells as Google takes them, and rows as something to compare."""

from __future__ import annotations

import doctest
import json
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from importers.destinations.google_sheets import a1, cells, layout, names, places, survey
from importers.destinations.google_sheets.a1 import Box
from importers.destinations.google_sheets.cells import AnyCell, RowEncoder, digest, fitted, key_of
from importers.destinations.google_sheets.job import local
from importers.destinations.google_sheets.marks import Mark
from importers.destinations.google_sheets.survey import Protection
from importers.model import Column, ColumnKind

K = ColumnKind


@pytest.mark.parametrize("module", [a1, cells, layout, places])
def test_examples_in_the_docstrings_are_true(module) -> None:
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    ("kind", "value", "sent"),
    [
        (K.TEXT, None, ""),
        (K.TEXT, "=1+1", "=1+1"),
        (K.TEXT, "a\x00b", "a\ufffdb"),
        (K.TEXT, "a\ud800b", "a\ufffdb"),
        (K.TEXT, date(2024, 1, 1), "2024-01-01"),
        (K.WHOLE, True, True),
        (K.WHOLE, 10**15 - 1, 10**15 - 1),
        (K.WHOLE, 10**15, "1000000000000000"),
        (K.WHOLE, "n/a", "n/a"),
        (K.NUMBER, float("nan"), ""),
        (K.NUMBER, float("-inf"), ""),
        (K.NUMBER, 1e300, 1e300),
        (K.MONEY, 0.1, 0.1),
        (K.BOOLEAN, False, False),
        (K.DATE, date(1900, 3, 1), 61),
        (K.DATE, date(1900, 2, 28), "1900-02-28"),
        (K.DATE, datetime(2024, 1, 1, 10), "2024-01-01 10:00:00"),
        (K.DATE, 5, "5"),
        (K.MOMENT, datetime(2024, 1, 1, 12), 45292.5),
        (K.MOMENT, datetime(2024, 1, 1, 12, tzinfo=UTC), 45292.5),
        (K.MOMENT, datetime(1899, 12, 31, 10), "1899-12-31 10:00:00"),
        (K.TIME, time(6), 0.25),
        (K.DURATION, timedelta(hours=36), 1.5),
        (K.DURATION, timedelta(hours=-1), "-1 day, 23:00:00"),
        (K.TEXT, timedelta(hours=36), "36:00:00"),
    ],
)
def test_a_cell_is_sent_so_that_it_shows_what_it_is(kind: ColumnKind, value, sent) -> None:
    encoded = RowEncoder([Column("c", "C", kind)]).encode([(value,)])
    assert json.loads(encoded.rows[0]) == [sent]
    assert type(json.loads(encoded.rows[0])[0]) is type(sent)
    assert AnyCell(kind)(value) == sent


def test_a_text_is_cut_by_what_google_counts() -> None:
    assert fitted("é" * 50_000) == "é" * 50_000
    assert names.units(fitted("😀" * 25_001)) == 50_000 - 1
    assert fitted("x" * 50_001).endswith("x… [cut]")


def test_a_row_is_the_same_as_it_is_sent_and_as_it_is_read() -> None:
    sent = [5.0, 0.1 + 0.2, 45292.5, True, "a\r\nb", "", 10, 1429084480660514.0, 1e22]
    read = [5, 0.30000000000000004, 45292.5, True, "a\nb", "", 10.0, 1429084480660514, 10**22]
    assert digest(sent) == digest(read)
    assert digest([1]) != digest([True])
    assert digest(["1"]) != digest([1])
    assert digest(["a", ""]) != digest(["", "a"])


@given(
    some.lists(
        some.one_of(some.text(), some.booleans(), some.integers(-(10**15), 10**15), some.floats(allow_nan=False))
    )
)
def test_other_rows_have_another_digest(row) -> None:
    assert digest(row) == digest(json.loads(json.dumps(row)))
    assert digest([*row, "more"]) != digest(row)


def test_a_key_is_the_same_as_a_number_and_as_a_text() -> None:
    assert key_of(5) == key_of("5") == key_of(5.0)
    assert key_of("") == cells.NO_KEY
    assert key_of("007") != key_of(7)
    assert key_of(0) != cells.NO_KEY


@given(some.integers(0, 18_277), some.integers(0, 9_999_998))
def test_the_name_of_a_cell_leads_back_to_it(column: int, row: int) -> None:
    assert a1.cell_at(a1.cell_name(row, column)) == (row, column)


def test_what_a_protection_spares_may_be_written() -> None:
    protection = Protection(Box(0, 0, 100, 10), spared=(Box(5, 2, 50, 4),))
    assert protection.blocks(Box(0, 0, 1, 1))
    assert protection.blocks(Box(4, 2, 10, 4))
    assert not protection.blocks(Box(5, 2, 10, 4))
    assert not protection.blocks(Box(200, 0, 201, 1))


def test_a_moment_is_that_of_the_spreadsheets_zone() -> None:
    at = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    assert local(at, "Europe/Amsterdam") == datetime(2026, 3, 29, 1, 30)
    assert local(at, "Nowhere") == datetime(2026, 3, 29, 0, 30)


def test_of_two_marks_of_one_column_the_left_one_counts() -> None:
    """A copied column brings copies of its marks along."""
    table, column = survey.marks.short("deals"), survey.marks.short_of_column("id")
    tab = survey.Tab(7, "Deals", 10, 10)
    found = [
        Mark(1, survey.TABLE, '{"table":"deals","tab":7}', 7),
        Mark(2, survey.COLUMN, f"{table}.{column}.", 7, "COLUMNS", 4),
        Mark(3, survey.COLUMN, f"{table}.{column}.", 7, "COLUMNS", 2),
    ]
    known = survey.known_table("deals", [tab], found)
    assert known is not None
    assert known.columns[column].index == 2


def test_every_text_that_was_cut_is_counted() -> None:
    """Also one that has as many characters as before."""
    encoder = RowEncoder([Column("text", "Text")])
    encoder.encode([("😀" * 25_003,), ("a\x00b",)])
    assert encoder.notes() == (
        "1 cell of Text was longer than Google's 50,000 characters and cut; it ends in “… [cut]”.",
    )
