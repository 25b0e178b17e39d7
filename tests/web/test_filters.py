from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from importers.model import Cell, ColumnKind
from tests.fakes import NEW_YEAR
from web import filters


@pytest.fixture(autouse=True)
def request_context(app: Flask) -> Iterator[None]:
    with app.test_request_context():
        yield


@pytest.mark.parametrize(
    ("value", "kind", "shown"),
    [
        (None, ColumnKind.TEXT, ""),
        ("=1+1", ColumnKind.TEXT, "=1+1"),
        ("<b>", ColumnKind.TEXT, "&lt;b&gt;"),
        (True, ColumnKind.BOOLEAN, "TRUE"),
        (False, ColumnKind.BOOLEAN, "FALSE"),
        (0, ColumnKind.WHOLE, "0"),
        (9007199254740993, ColumnKind.WHOLE, "9007199254740993"),
        (12.0, ColumnKind.WHOLE, "12"),
        (1234.5, ColumnKind.MONEY, "1,234.50"),
        (-0.125, ColumnKind.NUMBER, "-0.125"),
        (date(2026, 3, 1), ColumnKind.DATE, "2026-03-01"),
        (datetime(2026, 3, 1, 9, 5, 59), ColumnKind.MOMENT, "2026-03-01 09:05"),
        (datetime(2026, 3, 1), ColumnKind.DATE, "2026-03-01"),
        (time(7, 5), ColumnKind.TIME, "07:05"),
        (timedelta(hours=26, minutes=3, seconds=4), ColumnKind.DURATION, "26:03:04"),
        (-timedelta(seconds=61), ColumnKind.DURATION, "-0:01:01"),
        (float("nan"), ColumnKind.NUMBER, "NaN"),
    ],
)
def test_cells_look_as_in_the_sheet(value: Cell, kind: ColumnKind, shown: str):
    assert filters.cell(value, kind) == shown


def test_long_texts_are_cut_on_the_page():
    shown = filters.cell("x" * 65_000)
    assert len(shown) < 400
    assert "…" in shown


@pytest.mark.parametrize(
    ("delta", "words"),
    [
        (timedelta(), "just now"),
        (timedelta(seconds=-30), "30 seconds ago"),
        (timedelta(minutes=-1), "1 minute ago"),
        (timedelta(hours=5), "in 5 hours"),
        (timedelta(days=3), "in 3 days"),
    ],
)
def test_moments_are_told_relative_to_now(delta: timedelta, words: str):
    assert filters.relative(NEW_YEAR + delta) == words


def test_a_moment_that_never_was():
    assert filters.when(None) == "never"


def test_a_zone_without_a_name_of_letters_is_told_by_its_offset(app: Flask):
    moment = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
    assert filters.exact(moment, ZoneInfo("Asia/Kathmandu")).endswith("17:45:00 UTC+05:45")
    assert filters.exact(moment, ZoneInfo("Europe/Tallinn")).endswith("14:00:00 EET")


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (None, "–"),
        (timedelta(), "0 s"),
        (timedelta(seconds=0.84), "0.8 s"),
        (timedelta(seconds=9.97), "10 s"),
        (timedelta(seconds=59.6), "1 min 0 s"),
        (timedelta(seconds=125), "2 min 5 s"),
        (timedelta(hours=26, minutes=4), "26 h 4 min"),
        (timedelta(seconds=-5), "0 s"),
    ],
)
def test_durations(duration: timedelta | None, words: str):
    assert filters.span(duration) == words


@pytest.mark.parametrize(("number", "words"), [(0, "0 rows"), (1, "1 row"), (1234567, "1,234,567 rows")])
def test_counts(number: int, words: str):
    assert filters.count(number, "row") == words
