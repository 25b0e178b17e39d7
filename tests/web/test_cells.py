from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from importers.model import Cell, ColumnKind
from tests.web.page import Page
from web.cells import body, header, writer


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
        (float("-inf"), ColumnKind.MONEY, "-∞"),
        (0.1 + 0.2, ColumnKind.NUMBER, "0.3"),
        (12.5, ColumnKind.WHOLE, "12.5"),
        ("a text", ColumnKind.MONEY, "a text"),
        (7, ColumnKind.TEXT, "7"),
    ],
)
def test_cells_look_as_in_the_sheet(value: Cell, kind: ColumnKind, shown: str):
    assert writer(kind)(value) == shown


def test_long_texts_are_cut_on_the_page():
    shown = writer(ColumnKind.TEXT)("x" * 65_000)
    assert len(shown) < 400
    assert "…" in shown


def test_only_numbers_stand_to_the_right():
    kinds = [ColumnKind.TEXT, ColumnKind.MONEY]
    page = Page(f"<table>{header(['<Name>', 'Value'], kinds)}{body([('a', 1)], kinds)}</table>")
    assert [one.text for one in page.root.find_all("th")] == ["<Name>", "Value"]
    assert [one.attrs.get("class") for one in page.root.find_all("th", "td")] == [None, "number", None, "number"]


def test_rows_are_numbered_from_the_first_one_shown():
    page = Page(str(body([("a", None), (None, "b")], [ColumnKind.TEXT] * 2, first=1000)))
    rows = [[one.text for one in row.find_all("th", "td")] for row in page.root.find_all("tr")]
    assert rows == [["1,000", "a", ""], ["1,001", "", "b"]]
