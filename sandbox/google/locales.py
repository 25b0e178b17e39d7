"""How numbers and dates are written where a spreadsheet is at home."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from babel import Locale, UnknownLocaleError
from babel.dates import get_day_names, get_month_names, get_period_names
from babel.numbers import get_decimal_symbol, get_group_symbol

_DEFAULT = "en_US"


@dataclass(frozen=True, slots=True)
class Writing:
    """
    `order` is how a day is written in figures, such as `mdy`, and `separator`
    stands between them. Names are lists that start with January and Monday.
    """

    decimal: str
    group: str
    order: str
    separator: str
    day: str
    """The pattern of a day nobody gave a pattern, such as `m/d/yyyy`."""
    months: tuple[str, ...]
    short_months: tuple[str, ...]
    weekdays: tuple[str, ...]
    short_weekdays: tuple[str, ...]
    halves: tuple[str, str]


@cache
def writing(locale: str) -> Writing:
    """Unknown locales write as in the United States, where Google is at home too."""
    try:
        known = Locale.parse(locale or _DEFAULT)
    except (UnknownLocaleError, ValueError):
        known = Locale.parse(_DEFAULT)
    short = known.date_formats["short"].pattern
    order = "".join(dict.fromkeys(letter for letter in short.lower() if letter in "dmy"))
    separator = next((sign for sign in short if sign in "/.-"), "/")
    parts = {"d": "dd" if "dd" in short else "d", "m": "mm" if "MM" in short else "m", "y": "yyyy"}
    periods = get_period_names(locale=known)
    return Writing(
        get_decimal_symbol(known),
        get_group_symbol(known),
        order if len(order) == 3 else "mdy",
        separator,
        separator.join(parts[letter] for letter in order if letter in parts),
        _in_order(get_month_names("wide", locale=known)),
        _in_order(get_month_names("abbreviated", locale=known)),
        _in_order(get_day_names("wide", locale=known)),
        _in_order(get_day_names("abbreviated", locale=known)),
        (str(periods.get("am", "AM")), str(periods.get("pm", "PM"))),
    )


def _in_order(names: Mapping[int, str]) -> tuple[str, ...]:
    return tuple(names[number] for number in sorted(names))
