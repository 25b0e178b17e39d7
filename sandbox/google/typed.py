"""
What becomes of a text under USER_ENTERED: as though somebody had typed it.

Kept to what is known of Google: formulas, the apostrophe, TRUE and FALSE,
numbers, percentages, amounts, days and times, written as in the
spreadsheet's locale. A plus or minus before anything else begins a formula,
too: a telephone number with spaces comes to #ERROR!. The rest stays the text
it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sandbox.google.cells import number
from sandbox.google.locales import Writing, writing
from sandbox.google.tab import Formula

_EPOCH = date(1899, 12, 30)
_SYMBOLS = "$€£¥₹₩₽₺"
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?)?", re.ASCII)
_DAY = re.compile(r"(\d{1,4})([/.-])(\d{1,2})(?:\2(\d{4}|\d{2}))?(?: +(\d{1,2}):(\d{2})(?::(\d{2}))?)?", re.ASCII)
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?(?: *([AaPp][Mm]))?", re.ASCII)
_LIKE_A_FORMULA = re.compile(r"[+-] *[\w($\"']")


@dataclass(frozen=True, slots=True)
class Entry:
    """A value to keep and the number format that typing it stamps on the cell."""

    value: Any
    number_format: dict[str, str] | None = None


def entered(text: str, locale: str, today: date) -> Entry:
    """What typing *text* into a cell leaves there."""
    if text == "":
        return Entry("")
    if text[0] == "'":
        return Entry(text[1:])
    if text[0] == "=" and len(text) > 1:
        return Entry(Formula(text))
    bare = text.strip()
    if bare[:1].isalpha():
        return Entry(bare.upper() == "TRUE") if bare.upper() in ("TRUE", "FALSE") else Entry(text)
    found = _figure(bare, writing(locale)) or _moment(bare, writing(locale), today)
    if found is None and _LIKE_A_FORMULA.match(bare):
        found = Entry(Formula("=" + bare))
    return found or Entry(text)


# -- numbers -----------------------------------------------------------------------------------


@cache
def _figures(decimal: str, group: str) -> re.Pattern[str]:
    point = re.escape(decimal)
    gap = "[ \u00a0\u202f]" if group in "\u00a0\u202f" else re.escape(group)
    whole = rf"(?P<grouped>\d{{1,3}}(?:{gap}\d{{3}})+)|(?P<whole>\d+)"
    return re.compile(
        rf"(?P<sign>[+-]?)(?P<before>[{_SYMBOLS}]?) *(?P<late_sign>[+-]?)"
        rf"(?:(?:{whole})(?:{point}(?P<part>\d*))?|{point}(?P<only_part>\d+))"
        rf"(?P<power>[eE][+-]?\d{{1,3}})? *(?P<after>[%{_SYMBOLS}]?)",
        re.ASCII,
    )


def _figure(text: str, how: Writing) -> Entry | None:
    found = _figures(how.decimal, how.group).fullmatch(text)
    if found is None or (found["before"] and found["after"]) or (found["sign"] and found["late_sign"]):
        return None
    whole = re.sub(r"\D", "", found["grouped"] or found["whole"] or "")
    part = found["part"] or found["only_part"] or ""
    try:
        value = number(float(f"{found['sign']}{found['late_sign']}{whole or 0}.{part or 0}{found['power'] or ''}"))
    except (ValueError, OverflowError):
        return None
    if found["after"] == "%":
        scaled = number(round(value / 100, len(part) + 4) if not found["power"] else value / 100)
        return Entry(scaled, _number_format("PERCENT", "0.00%" if part else "0%"))
    return Entry(value, _figure_format(found, part))


def _figure_format(found: re.Match[str], part: str) -> dict[str, str] | None:
    fraction = ".00" if part else ""
    if found["before"]:
        return _number_format("CURRENCY", f'"{found["before"]}"#,##0{fraction}')
    if found["after"]:
        return _number_format("CURRENCY", f'#,##0{fraction}"{found["after"]}"')
    if found["power"]:
        return _number_format("SCIENTIFIC", "0.00E+00")
    if found["grouped"]:
        return _number_format("NUMBER", f"#,##0{fraction}")
    return None


# -- days and times ----------------------------------------------------------------------------


def _moment(text: str, how: Writing, today: date) -> Entry | None:
    try:
        return _iso(text) or _time(text) or _day(text, how, today)
    except ValueError:  # there is no such day
        return None


def _iso(text: str) -> Entry | None:
    found = _ISO.fullmatch(text)
    if found is None:
        return None
    days = _serial(date(int(found[1]), int(found[2]), int(found[3])))
    if found[4] is None:
        return Entry(days, _number_format("DATE", "yyyy-mm-dd"))
    clock = _clock(found[4], found[5], found[6])
    pattern = "yyyy-mm-dd h:mm:ss" if found[6] else "yyyy-mm-dd h:mm"
    return Entry(number(days + clock), _number_format("DATE_TIME", pattern))


def _time(text: str) -> Entry | None:
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    hours, half = int(found[1]), (found[4] or "").lower()
    if half:
        if not 1 <= hours <= 12:
            return None
        hours = hours % 12 + (12 if half == "pm" else 0)
    pattern = ("h:mm:ss" if found[3] else "h:mm") + (" am/pm" if half else "")
    return Entry(number(_clock(str(hours), found[2], found[3])), _number_format("TIME", pattern))


def _day(text: str, how: Writing, today: date) -> Entry | None:
    """A day in figures: with hyphens as `m-d`, else in the order of the locale."""
    found = _DAY.fullmatch(text)
    if found is None or (found[2] == "." and how.separator != "."):
        return None
    order = "ymd" if len(found[1]) == 4 else how.order if found[2] != "-" or found[4] else "mdy"
    named = [letter for letter in order if letter != "y"] if found[4] is None else list(order)
    figures = [found[1], found[3]] if found[4] is None else [found[1], found[3], found[4]]
    parts = dict(zip(named, figures, strict=True))
    if any(len(parts[letter]) > 2 for letter in "dm"):
        return None
    day = date(_year(parts.get("y"), today), int(parts["m"]), int(parts["d"]))
    pattern = found[2].join(_length(letter, parts[letter]) for letter in named)
    if found[5] is None:
        return Entry(_serial(day), _number_format("DATE", pattern))
    clock = _clock(found[5], found[6], found[7])
    return Entry(
        number(_serial(day) + clock), _number_format("DATE_TIME", f"{pattern} {'h:mm:ss' if found[7] else 'h:mm'}")
    )


def _year(text: str | None, today: date) -> int:
    if text is None:
        return today.year
    return int(text) if len(text) > 2 else int(text) + (2000 if int(text) < 50 else 1900)


def _length(letter: str, figure: str) -> str:
    """`mm` for a month that was typed as 05, `m` for 5."""
    return letter * len(figure) if figure.startswith("0") or letter == "y" else letter


def _serial(day: date) -> int:
    return (day - _EPOCH).days


def _clock(hours: str, minutes: str, seconds: str | None) -> float:
    if int(hours) > 23 or int(minutes) > 59 or float(seconds or 0) >= 60:
        raise ValueError("no such time")
    return (int(hours) * 3600 + int(minutes) * 60 + float(seconds or 0)) / 86_400


def _number_format(kind: str, pattern: str) -> dict[str, str]:
    return {"type": kind, "pattern": pattern}
