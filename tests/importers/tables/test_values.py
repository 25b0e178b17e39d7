from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers.model import Cell, ColumnKind
from importers.tables.values import Moments, maker

TALLINN = ZoneInfo("Europe/Tallinn")
K = ColumnKind


@pytest.mark.parametrize(
    ("kind", "value", "cell"),
    [
        (K.TEXT, "Ülle 🙂", "Ülle 🙂"),
        (K.TEXT, "=1+1", "=1+1"),
        (K.TEXT, "", None),
        (K.TEXT, "  ", "  "),
        (K.TEXT, 500, "500"),
        (K.TEXT, True, "yes"),
        (K.TEXT, False, "no"),
        (K.TEXT, {"a": "ü"}, '{"a": "ü"}'),
        (K.TEXT, [], None),
        (K.TEXT, float("nan"), None),
        (K.WHOLE, 7, 7),
        (K.WHOLE, 7.0, 7),
        (K.WHOLE, 7.5, 7.5),
        (K.WHOLE, "7", 7),
        (K.WHOLE, "007", "007"),
        (K.WHOLE, "-12", -12),
        (K.WHOLE, "", None),
        (K.WHOLE, "seven", "seven"),
        (K.WHOLE, 10**15, "1000000000000000"),
        (K.WHOLE, 999_999_999_999_999, 999_999_999_999_999),
        (K.WHOLE, "12345678901234567890", "12345678901234567890"),
        (K.NUMBER, 1.5, 1.5),
        (K.NUMBER, 0, 0),
        (K.NUMBER, "12.50", 12.5),
        (K.NUMBER, "1e3", 1000.0),
        (K.NUMBER, "12,5", "12,5"),
        (K.NUMBER, "1_000", "1_000"),
        (K.NUMBER, "٣", "٣"),
        (K.NUMBER, "007", "007"),
        (K.NUMBER, "1234567890.1234567", "1234567890.1234567"),
        (K.NUMBER, "1e999", "1e999"),
        (K.NUMBER, float("nan"), None),
        (K.NUMBER, float("inf"), None),
        (K.NUMBER, "NaN", None),
        (K.NUMBER, True, "yes"),
        (K.NUMBER, 10**20, "100000000000000000000"),
        (K.MONEY, 12500.5, 12500.5),
        (K.MONEY, {"value": 500, "currency": "USD"}, 500),
        (K.MONEY, {"amount": 999, "currency": "USD"}, 999),
        (K.MONEY, {"value": None, "currency": "USD"}, None),
        (K.MONEY, "19.90", 19.9),
        (K.BOOLEAN, True, True),
        (K.BOOLEAN, 0, False),
        (K.BOOLEAN, 1, True),
        (K.BOOLEAN, "true", True),
        (K.BOOLEAN, "0", False),
        (K.BOOLEAN, "maybe", "maybe"),
        (K.BOOLEAN, 2, "2"),
        (K.DATE, "2026-01-31", date(2026, 1, 31)),
        (K.DATE, "0000-00-00", None),
        (K.DATE, "0000-00-00 00:00:00", None),
        (K.DATE, "2026-01-31 00:00:00", date(2026, 1, 31)),
        (K.DATE, "2026-01-31T00:00:00Z", date(2026, 1, 31)),
        (K.DATE, "2026-01-31T10:00:00Z", "2026-01-31T10:00:00Z"),
        (K.DATE, "2026-02-30", "2026-02-30"),
        (K.DATE, "20260131", "20260131"),
        (K.DATE, "2026-W05-1", "2026-W05-1"),
        (K.DATE, "", None),
        (K.DATE, 5, "5"),
        (K.TIME, "09:30:00", time(9, 30)),
        (K.TIME, "09:30", time(9, 30)),
        (K.TIME, "9:05", time(9, 5)),
        (K.TIME, "24:00", "24:00"),
        (K.TIME, "", None),
        (K.DURATION, "00:30:00", timedelta(minutes=30)),
        (K.DURATION, "36:15", timedelta(hours=36, minutes=15)),
        (K.DURATION, "1:99", "1:99"),
        (K.DURATION, "", None),
        (K.DURATION, 90, "90"),
        (K.LIST, ["a", None, 2], "a, 2"),
        (K.LIST, [], None),
        (K.LIST, ["", None], None),
        (K.LIST, "a", "a"),
    ],
)
def test_a_value_becomes_the_cell_of_its_column(kind: ColumnKind, value: Any, cell: Cell) -> None:
    made = maker(kind, zone=TALLINN)(value)
    assert made == cell
    assert type(made) is type(cell)


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("2026-01-31T10:20:00Z", datetime(2026, 1, 31, 12, 20)),
        ("2026-01-31 10:20:00", datetime(2026, 1, 31, 12, 20)),
        ("2026-07-01T10:20:00Z", datetime(2026, 7, 1, 13, 20)),
        ("2026-01-31T10:20:00.551Z", datetime(2026, 1, 31, 12, 20)),
        ("2026-01-31T10:20:00+02:00", datetime(2026, 1, 31, 10, 20)),
        ("2026-01-31T23:30:00Z", datetime(2026, 2, 1, 1, 30)),
        # The clocks go forward at 01:00 UTC on 29 March 2026, and back on 25 October.
        ("2026-03-29T00:59:59Z", datetime(2026, 3, 29, 2, 59, 59)),
        ("2026-03-29T01:00:00Z", datetime(2026, 3, 29, 4, 0)),
        ("2026-10-25T00:30:00Z", datetime(2026, 10, 25, 3, 30)),
        ("2026-10-25T01:30:00Z", datetime(2026, 10, 25, 3, 30)),
        ("0000-00-00 00:00:00", None),
        ("", None),
        ("2026-01-31", "2026-01-31"),
        ("2026-13-31T10:20:00Z", "2026-13-31T10:20:00Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
        ("yesterday", "yesterday"),
        (1767225600, "1767225600"),
    ],
)
def test_a_moment_is_what_the_clocks_there_show(value: Any, cell: Cell) -> None:
    moments = Moments(TALLINN)
    assert moments(value) == cell
    assert moments(value) == cell  # and again, from what it remembers


@given(
    st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2060, 1, 1)),
    st.sampled_from(
        ["UTC", "Europe/Tallinn", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca"]
    ),
)
def test_moments_agree_with_zoneinfo_everywhere(moment: datetime, name: str) -> None:
    zone = ZoneInfo(name)
    moment = moment.replace(microsecond=0)
    expected = moment.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
    assert Moments(zone)(f"{moment.isoformat()}Z") == expected


_SORTS = (str, int, float, bool, date, datetime, time, timedelta)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(ColumnKind), _JSON.filter(lambda value: value is not None))
def test_every_value_fits_somehow_and_none_is_trouble(kind: ColumnKind, value: Any) -> None:
    made = maker(kind, zone=TALLINN)(value)
    assert made is None or isinstance(made, _SORTS)
    assert made not in ("", float("inf"))
    assert made == made


@given(st.sampled_from(ColumnKind), st.text(min_size=1))
def test_a_text_is_never_lost(kind: ColumnKind, value: str) -> None:
    if maker(kind, zone=TALLINN)(value) is None:
        assert value.lower() == "nan" or value.startswith("0000-00-00")
