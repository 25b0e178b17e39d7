from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.google.shown import shown
from sandbox.google.tab import Formula
from sandbox.google.typed import Entry, entered

TODAY = date(2026, 9, 5)


def _kept(text: str, locale: str = "en_US") -> tuple[Any, str | None]:
    entry = entered(text, locale, TODAY)
    return entry.value, entry.number_format["pattern"] if entry.number_format else None


@pytest.mark.parametrize(
    ("text", "value", "pattern"),
    [
        # seen at Google
        ("1-2", 46024, "m-d"),
        ("2026-09-05", 46270, "yyyy-mm-dd"),
        ("$100.15", 100.15, '"$"#,##0.00'),
        ("007", 7, None),
        ("TRUE", True, None),
        ("'0123", "0123", None),
        ("2,000,000.01", 2_000_000.01, "#,##0.00"),
        ("3_1_0", "3_1_0", None),
        # by the same rules
        ("false", False, None),
        ("-5", -5, None),
        ("+31201234567", 31201234567, None),
        (" 5 ", 5, None),
        (".5", 0.5, None),
        ("1e3", 1000, "0.00E+00"),
        ("1,234", 1234, "#,##0"),
        ("12%", 0.12, "0%"),
        ("12.5%", 0.125, "0.00%"),
        ("-$5", -5, '"$"#,##0'),
        ("5 €", 5, '#,##0"€"'),
        ("9/14/2026", 46279, "m/d/yyyy"),
        ("09/04/26", 46269, "mm/dd/yy"),
        ("2026/9/14", 46279, "yyyy/m/d"),
        ("12:30", 0.5208333333333334, "h:mm"),
        ("3:59:00 PM", 0.6659722222222222, "h:mm:ss am/pm"),
        ("2026-01-02 12:00", 46024.5, "yyyy-mm-dd h:mm"),
        ("2026-01-02T12:00:00", 46024.5, "yyyy-mm-dd h:mm:ss"),
        ("'=1+1", "=1+1", None),
        ("''", "'", None),
    ],
)
def test_it_is_as_though_somebody_had_typed_it(text: str, value: Any, pattern: str | None) -> None:
    kept = _kept(text)

    assert kept == (value, pattern)
    assert type(kept[0]) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "-",
        "--",
        "1.2.3",
        "2026-13-01",
        "2026-02-30",
        "25:00",
        "1,23",
        "1 2",
        "=",
        "Müller",
        "12 %%",
        "14.9.2026",
        "0x10",
        "١٢",
    ],
)
def test_anything_else_stays_the_text_it_is(text: str) -> None:
    assert _kept(text) == (text, None)


@pytest.mark.parametrize("text", ["=1+2", "=IMPORTXML(A1)", "=#REF!"])
def test_an_equals_sign_makes_a_formula(text: str) -> None:
    value, pattern = _kept(text)

    assert isinstance(value, Formula)
    assert (str(value), pattern) == (text, None)


@pytest.mark.parametrize("text", ["+A1", "-SUM(A1:A3)", "+31 20 123", "- a list"])
def test_a_sign_before_what_is_no_number_makes_a_formula_too(text: str) -> None:
    value, pattern = _kept(text)

    assert isinstance(value, Formula)
    assert (str(value), pattern) == ("=" + text, None)


@pytest.mark.parametrize(
    ("locale", "text", "value"),
    [
        ("de_DE", "1.234,5", 1234.5),
        ("de_DE", "1,5", 1.5),
        ("de_DE", "1.5", 46143),
        ("de_DE", "14.9.2026", 46279),
        ("nl_NL", "14-9-2026", 46279),
        ("fr_FR", "1 234,5", 1234.5),
        ("fr_FR", "14/9/2026", 46279),
        ("pt_BR", "1.234,5", 1234.5),
        ("en_GB", "14/9/2026", 46279),
        ("en_US", "14/9/2026", "14/9/2026"),
        ("xx_unknown", "1,234.5", 1234.5),
    ],
)
def test_figures_are_read_as_the_locale_writes_them(locale: str, text: str, value: Any) -> None:
    assert _kept(text, locale)[0] == value


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["en_US", "de_DE", "fr_FR", "nl_NL"]))
def test_a_number_that_is_typed_as_it_is_shown_is_about_the_same_number(value: float, locale: str) -> None:
    typed = entered(shown(value, None, locale), locale, TODAY).value

    assert typed == pytest.approx(value, rel=1e-5)


@given(st.text(max_size=30))
def test_it_takes_any_text(text: str) -> None:
    assert isinstance(entered(text, "de_DE", TODAY), Entry)
