from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from tests.fakes import NEW_YEAR
from web import filters


@pytest.fixture(autouse=True)
def request_context(app: Flask) -> Iterator[None]:
    with app.test_request_context():
        yield


@pytest.mark.parametrize(
    ("delta", "words"),
    [
        (timedelta(), "just now"),
        (timedelta(seconds=-30), "30 seconds ago"),
        (timedelta(minutes=-1), "1 minute ago"),
        (timedelta(hours=5), "in 5 hours"),
        (timedelta(days=3), "in 3 days"),
        (timedelta(minutes=48), "in 48 minutes"),
        (timedelta(hours=1, minutes=18), "in 1 hour 18 minutes"),
        (timedelta(hours=2, seconds=-2), "in 2 hours"),
        (timedelta(seconds=59.8), "in 1 minute"),
        (timedelta(hours=23, minutes=59, seconds=45), "in 1 day"),
        (timedelta(days=-2, hours=-5), "2 days 5 hours ago"),
        (timedelta(days=7), "in 7 days"),
        (timedelta(days=11), "in 11 days"),
        (timedelta(days=18), "in 18 days"),
        (timedelta(days=-21), "21 days ago"),
        (timedelta(days=33), "in 33 days"),
        (timedelta(days=85), "in 2 months"),
        (timedelta(days=-729), "23 months ago"),
        (timedelta(days=800), "in 2 years"),
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


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (timedelta(), "less than a second"),
        (timedelta(seconds=0.99), "less than a second"),
        (timedelta(seconds=1), "1 s"),
    ],
)
def test_what_is_over_at_once_takes_less_than_a_second(duration: timedelta, words: str):
    assert filters.took(duration) == words
