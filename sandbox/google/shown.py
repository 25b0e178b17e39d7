"""
Values as a cell shows them: FORMATTED_VALUE.

A number format is Google's: a type and a pattern such as `#,##0.00`,
`"$"#,##0`, `0%`, `0.00E+00`, `dd.mm.yyyy`, `[h]:mm:ss`, in up to four sections
for positive and negative numbers, zero and text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from typing import Any

from sandbox.google.locales import Writing, writing

Token = tuple[str, str]
"""What it is (text, digits, percent, power, date, fill) and how it was written."""

MOMENTS = ("DATE", "TIME", "DATE_TIME")
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 # serial numbers know no zone
_LAST_SERIAL = 2_958_466
_EXACT = Context(prec=400, rounding=ROUND_HALF_UP)
"""Enough for every double."""
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|\[\$(?P<symbol>[^\]-]*)(?:-[^\]]*)?\]|\[(?P<elapsed>h+|m+|s+)\]|\[[^\]]*\]'
    r"|_(?:.)|\*(?P<fill>.)|(?P<half>am/pm|a/p)|(?P<date>y+|m+|d+|h+|s+|\.0+(?=[^0#?,]|$))"
    r"|(?P<power>e[+-]0+)|(?P<digits>[#0?][#0?,]*(?:\.[#0?]*,*)?|\.[#0?]+)|(?P<percent>%)|(?P<text>@)|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_DEFAULT_PATTERNS = {
    "NUMBER": "#,##0.00",
    "PERCENT": "0.00%",
    "CURRENCY": '"$"#,##0.00',
    "SCIENTIFIC": "0.00E+00",
    "TIME": "h:mm:ss am/pm",
}


def shown(value: Any, number_format: Mapping[str, str] | None, locale: str) -> str:
    """*value* as its cell shows it; `number_format` is that of the cell, None when it has none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return str(value)
    kind = (number_format or {}).get("type", "")
    pattern = (number_format or {}).get("pattern") or _default_pattern(kind, locale)
    if kind == "TEXT" or not pattern or pattern.casefold() == "general":
        return general(value, locale)
    return _by_pattern(value, pattern, locale)


def is_moment(number_format: Mapping[str, str] | None) -> bool:
    return (number_format or {}).get("type") in MOMENTS


def general(value: float, locale: str) -> str:
    """A number in a cell without a format: ten significant figures, whole numbers wholly."""
    if isinstance(value, int) or (value.is_integer() and abs(value) < 1e15):
        return str(int(value)) if abs(value) < 1e15 else _scientific(value, locale)
    if not 1e-10 <= abs(value) < 1e15:
        return _scientific(value, locale)
    text = f"{Decimal(f'{value:.10g}'):f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace(".", writing(locale).decimal)


def _scientific(value: float, locale: str) -> str:
    mantissa, power = f"{value:.5E}".split("E")
    return f"{mantissa.rstrip('0').rstrip('.')}E{int(power):+03d}".replace(".", writing(locale).decimal)


def _default_pattern(kind: str, locale: str) -> str:
    if kind == "DATE":
        return writing(locale).day
    if kind == "DATE_TIME":
        return f"{writing(locale).day} h:mm:ss"
    return _DEFAULT_PATTERNS.get(kind, "")


def _by_pattern(value: float, pattern: str, locale: str) -> str:
    sections = _sections(pattern)
    section, size = _chosen(sections, value)
    how = writing(locale)
    if any(what in ("date", "elapsed", "half") for what, _ in section):
        return _moment(size, section, how)
    return _figure(size, section, how)


def _chosen(sections: list[list[Token]], value: float) -> tuple[list[Token], float]:
    """The section for that number, and the number to show in it: a section for negative ones brings its own sign."""
    if value < 0 and len(sections) > 1:
        return sections[1], -value
    if value == 0 and len(sections) > 2:
        return sections[2], value
    return sections[0], value


@lru_cache(maxsize=512)
def _sections(pattern: str) -> list[list[Token]]:
    sections: list[list[Token]] = [[]]
    for found in _TOKEN.finditer(pattern):
        if found["other"] == ";":
            sections.append([])
        else:
            token = _token(found)
            if token is not None:
                sections[-1].append(token)
    return [_settled(section) for section in sections]


def _token(found: re.Match[str]) -> Token | None:
    for name in ("quoted", "escaped", "symbol", "other"):
        if found[name] is not None:
            return "text", found[name]
    for name in ("elapsed", "half", "date", "power", "digits", "percent"):
        if found[name] is not None:
            return name, found[name]
    return None  # colours, conditions, fillings: nothing to read


def _settled(section: list[Token]) -> list[Token]:
    """Fractions apart from days, minutes apart from months: an m is a minute beside hours or seconds."""
    is_moment = any(what in ("elapsed", "half") or (what == "date" and how[0] != ".") for what, how in section)
    if not is_moment:
        return [("digits", how) if what == "date" else (what, how) for what, how in section]
    clock = [index for index, (what, how) in enumerate(section) if what in ("date", "elapsed")]
    settled = list(section)
    for place, index in enumerate(clock):
        what, how = section[index]
        before = section[clock[place - 1]][1].lower() if place else ""
        after = section[clock[place + 1]][1].lower() if place + 1 < len(clock) else ""
        if what == "date" and how[0] in "mM" and len(how) < 3 and (before[:1] == "h" or after[:1] == "s"):
            settled[index] = ("date", "n" * len(how))
    return settled


# -- figures -----------------------------------------------------------------------------------


def _figure(value: float, section: list[Token], how: Writing) -> str:
    digits = next((written for what, written in section if what == "digits"), None)
    power = next((written for what, written in section if what == "power"), None)
    scaled = Decimal(repr(value)).scaleb(2 * sum(what == "percent" for what, _ in section))
    if digits is None:
        return _joined(section, "", "", "-" if value < 0 else "")
    exponent = scaled.adjusted() if power and scaled else 0
    number = _digits(abs(scaled).scaleb(-exponent), digits, how)
    shown_power = f"E{exponent:+0{len(power) - 1}d}" if power else ""
    is_negative = scaled < 0 and any(sign in "123456789" for sign in number)
    return _joined(section, number, shown_power, "-" if is_negative else "")


def _joined(section: list[Token], number: str, power: str, sign: str) -> str:
    parts, is_first = [], True
    for what, written in section:
        if what == "digits":
            parts.append(number if is_first else "")
            is_first = False
        elif what == "power":
            parts.append(power)
        else:
            parts.append(written)
    return sign + "".join(parts)


def _digits(size: Decimal, written: str, how: Writing) -> str:
    """A size without a sign, by a pattern such as `#,##0.0#`; commas at the end are thousands left out."""
    bare = written.rstrip(",")
    left_out = len(written) - len(bare)
    whole, _, part = bare.partition(".")
    size = size.scaleb(-3 * left_out).quantize(Decimal(1).scaleb(-len(part)), context=_EXACT)
    figures, _, fraction = f"{size:f}".partition(".")
    least = sum(sign == "0" for sign in whole)
    figures = ("" if figures == "0" and not least else figures).rjust(least, "0")
    if "," in whole:
        figures = re.sub(r"(?<=\d)(?=(?:\d{3})+$)", how.group, figures)
    kept = len(fraction)
    while kept and fraction[kept - 1] == "0" and part[kept - 1] in "#?":
        kept -= 1
    return figures + (how.decimal + fraction[:kept] if kept else "")


# -- days and times ----------------------------------------------------------------------------


def _moment(serial: float, section: list[Token], how: Writing) -> str:
    if not 0 <= serial < _LAST_SERIAL:
        return general(serial, "en_US").replace(".", how.decimal)
    places = max((len(written) - 1 for what, written in section if what == "date" and written[0] == "."), default=0)
    moment = _EPOCH + timedelta(seconds=round(serial * 86_400, min(places, 6)))
    has_halves = any(what == "half" for what, _ in section)
    parts = []
    for what, written in section:
        if what == "half":
            parts.append(how.halves[moment.hour >= 12])
        elif what == "elapsed":
            parts.append(_elapsed(moment, written))
        elif what == "date":
            parts.append(_part(moment, written.lower(), how, has_halves=has_halves))
        else:
            parts.append(written)
    return "".join(parts)


def _elapsed(moment: datetime, written: str) -> str:
    seconds = round((moment - _EPOCH).total_seconds())
    size = {"h": 3600, "m": 60, "s": 1}[written[0].lower()]
    return str(seconds // size).rjust(len(written), "0")


def _part(moment: datetime, written: str, how: Writing, *, has_halves: bool) -> str:
    letter, length = written[0], len(written)
    if letter == ".":
        return how.decimal + f"{moment.microsecond:06d}"[: length - 1]
    if letter == "m" and length > 2:
        name = how.short_months[moment.month - 1] if length == 3 else how.months[moment.month - 1]
        return name[:1] if length == 5 else name
    if letter == "d" and length > 2:
        return (how.short_weekdays if length == 3 else how.weekdays)[moment.weekday()]
    if letter == "y":
        return f"{moment.year:04d}" if length > 2 else f"{moment.year % 100:02d}"
    hour = (moment.hour % 12 or 12) if has_halves else moment.hour
    figure = {"m": moment.month, "d": moment.day, "h": hour, "n": moment.minute, "s": moment.second}[letter]
    return str(figure).rjust(min(length, 2), "0")
