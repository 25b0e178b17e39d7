from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.google.shown import shown
from sandbox.google.tab import CellError


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("text", "text"),
        (True, "TRUE"),
        (53, "53"),
        (0.12, "0.12"),
        (1.5, "1.5"),
        (1 / 3, "0.3333333333"),
        (1000 / 3, "333.3333333"),
        (1 / 1024, "0.0009765625"),
        (123456789012, "123456789012"),
        (2_000_000.01, "2000000.01"),
        (1e15, "1E+15"),
        (1e-12, "1E-12"),
        (-7.0, "-7"),
        (CellError("#DIV/0!"), "#DIV/0!"),
    ],
)
def test_without_a_format_a_number_has_ten_figures(value: Any, text: str) -> None:
    assert shown(value, None, "en_US") == text


@pytest.mark.parametrize(
    ("kind", "pattern", "value", "text"),
    [
        ("NUMBER", "", 1234.5, "1,234.50"),
        ("NUMBER", "#,##0", 1234.5, "1,235"),
        ("NUMBER", "0.0##", 1.5, "1.5"),
        ("NUMBER", "000", 5, "005"),
        ("NUMBER", "0.0,,", 1_234_567, "1.2"),
        ("NUMBER", "#.##", 0.5, ".5"),
        ("NUMBER", "0.00", -0.001, "0.00"),
        ("NUMBER", "0;(0);none", -5, "(5)"),
        ("NUMBER", "0;(0);none", 0, "none"),
        ("NUMBER", '0 "pcs"', 5, "5 pcs"),
        ("NUMBER", "[Red]0.0", 5, "5.0"),
        ("PERCENT", "", 0.125, "12.50%"),
        ("PERCENT", "0%", 0.125, "13%"),
        ("CURRENCY", '"$"#,##0.00', -1234.5, "-$1,234.50"),
        ("CURRENCY", "[$€-407] #,##0", 5, "€ 5"),
        ("SCIENTIFIC", "", 12345, "1.23E+04"),
        ("TEXT", "", 5.5, "5.5"),
        ("DATE", "", 43831, "1/1/2020"),
        ("DATE", "yyyy-mm-dd", 43831, "2020-01-01"),
        ("DATE", "d.m.yy", 43831.99, "1.1.20"),
        ("DATE", "dddd, mmmm d, yyyy", 43831, "Wednesday, January 1, 2020"),
        ("DATE", "ddd mmm dd", 43831, "Wed Jan 01"),
        ("DATE", "m-d", 46024, "1-2"),
        ("DATE_TIME", "", 43831.5, "1/1/2020 12:00:00"),
        ("DATE_TIME", "yyyy-mm-dd hh:mm", 43831.0625, "2020-01-01 01:30"),
        ("DATE_TIME", "hh:mm:ss.000", 43831.510001, "12:14:24.086"),
        ("TIME", "", 0.75, "6:00:00\u202fPM".replace("\u202f", " ")),
        ("TIME", "h:mm am/pm", 0.0, "12:00 AM"),
        ("TIME", "[h]:mm:ss", 1.5, "36:00:00"),
        ("TIME", "mm:ss", 0.0426, "01:21"),
        ("DATE", "yyyy-mm-dd", -1, "-1"),
    ],
)
def test_a_pattern_says_how(kind: str, pattern: str, value: Any, text: str) -> None:
    number_format = {"type": kind} | ({"pattern": pattern} if pattern else {})

    assert shown(value, number_format, "en_US") == text


def test_figures_and_names_are_those_of_the_locale() -> None:
    assert shown(1234.5, {"type": "NUMBER", "pattern": "#,##0.00"}, "de_DE") == "1.234,50"
    assert shown(1.5, None, "nl_NL") == "1,5"
    assert shown(43831, {"type": "DATE"}, "de_DE") == "01.01.2020"
    assert shown(43831, {"type": "DATE", "pattern": "dddd d mmmm"}, "fr_FR") == "mercredi 1 janvier"


@given(
    st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=12), st.sampled_from(["DATE", "NUMBER", "TIME"])
)
def test_any_pattern_shows_something(value: float, pattern: str, kind: str) -> None:
    assert isinstance(shown(value, {"type": kind, "pattern": pattern}, "en_US"), str)
