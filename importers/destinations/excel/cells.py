"""
Cells as sheet XML, a column of a block at a time.

Each kind of column has a writer that handles its usual cells in one list
comprehension, and hands whatever is unusual to `AnyCell`. That makes a cell cost
a fraction of a microsecond; a call per cell would double it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache

from importers.destinations.excel.styles import OF_KIND, Indexes, Style
from importers.destinations.excel.text import escaped, escaped_together, fitted
from importers.model import Cell, ColumnKind

WriteCells = Callable[[Sequence[Cell], Sequence[str]], list[str]]
"""The cells of one column as XML, given the numbers of their rows; "" for an empty cell."""

EXACT = 10**15
"""Excel keeps 15 digits of a number: a whole number from here on is stored as text."""

# Re-typed, these would turn into something else: a formula, a number without its
# leading zeros, a date. The apostrophe that Excel shows in the formula bar of a
# quoted cell keeps them text when somebody edits them. The Text format (@) would
# too, but a formula that refers to such a cell catches the format and stops computing.
_WOULD_CHANGE = frozenset("=+-@'.0123456789")

_NUMBERS = frozenset({int, float})
_DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001  # Excel knows no time zones
_FIRST_TRUE_DAY = date(1900, 3, 1)
"""Excel believes in 29 February 1900, so days before March are off by one, or do not exist."""
_MARCH_1900 = (_FIRST_TRUE_DAY - _DAY_ZERO.date()).days
_DAY_NUMBER_OFFSET = _DAY_ZERO.toordinal()
_SECONDS = 86_400
_DECIMALS, _DECIMALS_ALONE = 11, 21
"""Of a day, behind a date and without one: the former are finer than a microsecond."""


class AnyCell:
    """
    Any value in one column, as XML. Counts the texts it had to cut.

    >>> AnyCell("B", ColumnKind.TEXT, {Style.QUOTED: 7})("=1+1", "5")
    '<c r="B5" s="7" t="inlineStr"><is><t xml:space="preserve">=1+1</t></is></c>'
    """

    def __init__(self, letters: str, kind: ColumnKind, indexes: Indexes) -> None:
        self.cut = 0
        self._letters = letters
        self._kind = kind
        self._indexes = indexes

    def __call__(self, value: Cell, number: str, style: Style | None = None) -> str:
        if value is None or value == "":
            return ""
        if isinstance(value, bool):
            return self._cell(number, None, f"{value:d}", ' t="b"')
        if isinstance(value, (int, float)):
            return self._number(value, number)
        if isinstance(value, (date, time, timedelta)):
            return self._temporal(value, number)
        return self.text(value, number, style)

    def text(self, value: str, number: str, style: Style | None = None) -> str:
        value = str(value)
        kept = fitted(value)
        self.cut += kept is not value
        if style is None and kept[0] in _WOULD_CHANGE:
            style = Style.QUOTED
        content = f'<is><t xml:space="preserve">{escaped(kept)}</t></is>'
        return f'<c r="{self._letters}{number}"{self._styled(style)} t="inlineStr">{content}</c>'

    def _number(self, value: float, number: str) -> str:
        if value - value != 0:  # an infinity, or not a number
            return ""
        if isinstance(value, int) and abs(value) >= EXACT:
            return self.text(str(value), number)
        whole = isinstance(value, int)
        style = OF_KIND.get(self._kind)
        wears = style is Style.MONEY or (style is Style.WHOLE and whole)
        return self._cell(number, style if wears else None, f"{value!r}")

    def _temporal(self, value: date | time | timedelta, number: str) -> str:
        serial = serial_of(value)
        if serial is None:
            return self.text(value.isoformat(" ") if isinstance(value, datetime) else str(value), number)
        return self._cell(number, _style_of(value), serial)

    def _cell(self, number: str, style: Style | None, content: str, sort: str = "") -> str:
        return f'<c r="{self._letters}{number}"{self._styled(style)}{sort}><v>{content}</v></c>'

    def _styled(self, style: Style | None) -> str:
        return "" if style is None else f' s="{self._indexes[style]}"'


def serial_of(value: date | time | timedelta) -> str | None:
    """A date, moment, time or duration as Excel counts it: in days. None where Excel cannot."""
    if isinstance(value, time):
        span = timedelta(hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond)
        return _exact_days(span)
    if isinstance(value, datetime):
        since = value.replace(tzinfo=None) - _DAY_ZERO
        return _days(since) if since.days >= _MARCH_1900 else None
    if isinstance(value, date):
        return str(value.toordinal() - _DAY_NUMBER_OFFSET) if value >= _FIRST_TRUE_DAY else None
    return _exact_days(value) if value.days >= 0 else None


def writer_of(kind: ColumnKind, letters: str, indexes: Indexes, other: AnyCell) -> WriteCells:
    """The quickest way to write the cells of a column; *other* takes what is unusual."""
    style = OF_KIND.get(kind)
    ref = f'<c r="{letters}'
    opening = f'" s="{indexes[style]}"><v>' if style else '"><v>'
    return _WRITERS[kind](ref, opening, indexes[Style.QUOTED], other)


def _exact_days(span: timedelta) -> str:
    """
    So many decimals that even a second is the nearest number to what it is:
    LibreOffice shows 09:29:59 for a half past nine that is a millionth of a
    second short. What has a date before it may be that much short.
    """
    part = span.seconds * 10**6 + span.microseconds
    return f"{span.days}.{_share(part, _SECONDS * 10**6, _DECIMALS_ALONE)}"


def _days(span: timedelta) -> str:
    if span.microseconds:
        part = span.seconds * 10**6 + span.microseconds
        return f"{span.days}.{_share(part, _SECONDS * 10**6)}"
    return f"{span.days}.{_shares_of_a_day()[span.seconds]}"


def _share(part: int, whole: int, decimals: int = _DECIMALS) -> str:
    return f"{(part * 10**decimals + whole // 2) // whole:0{decimals}d}"


@cache
def _shares_of_a_day() -> tuple[str, ...]:
    """
    Each second of a day as decimals of the day. Six megabytes, once needed:
    formatting the same numbers over and over costs four times the rest of a cell.
    """
    return tuple(_share(second, _SECONDS) for second in range(_SECONDS))


def _style_of(value: date | time | timedelta) -> Style:
    if isinstance(value, datetime):
        return Style.MOMENT
    if isinstance(value, date):
        return Style.DATE
    return Style.TIME if isinstance(value, time) else Style.DURATION


# --- one writer per kind -------------------------------------------------------
# `type(v) is` rather than isinstance: True is an int, and a datetime a date.


def _texts(ref: str, opening: str, quoted: int, other: AnyCell) -> WriteCells:
    plain = '" t="inlineStr"><is><t xml:space="preserve">'
    marked = f'" s="{quoted}" t="inlineStr"><is><t xml:space="preserve">'

    def write(values: Sequence[Cell], numbers: Sequence[str]) -> list[str]:
        try:
            texts = escaped_together(["" if v is None else v for v in values])  # type: ignore[misc]  # the join finds out
        except TypeError:
            texts = None
        if texts is None:
            return [other(v, n) for v, n in zip(values, numbers, strict=True)]
        return [
            f"{ref}{n}{marked if t[0] in _WOULD_CHANGE else plain}{t}</t></is></c>" if t else ""
            for t, n in zip(texts, numbers, strict=True)
        ]

    return write


def _wholes(ref: str, opening: str, quoted: int, other: AnyCell) -> WriteCells:
    def write(values: Sequence[Cell], numbers: Sequence[str]) -> list[str]:
        return [
            ""
            if v is None
            else f"{ref}{n}{opening}{v}</v></c>"
            if type(v) is int and -EXACT < v < EXACT
            else other(v, n)
            for v, n in zip(values, numbers, strict=True)
        ]

    return write


def _numbers(ref: str, opening: str, quoted: int, other: AnyCell) -> WriteCells:
    def write(values: Sequence[Cell], numbers: Sequence[str]) -> list[str]:
        return [
            ""
            if v is None
            else f"{ref}{n}{opening}{v!r}</v></c>"
            if type(v) in _NUMBERS and -EXACT < v < EXACT  # type: ignore[operator]
            else other(v, n)
            for v, n in zip(values, numbers, strict=True)
        ]

    return write


def _booleans(ref: str, opening: str, quoted: int, other: AnyCell) -> WriteCells:
    def write(values: Sequence[Cell], numbers: Sequence[str]) -> list[str]:
        return [
            "" if v is None else f'{ref}{n}" t="b"><v>{v:d}</v></c>' if type(v) is bool else other(v, n)
            for v, n in zip(values, numbers, strict=True)
        ]

    return write


def _dates(ref: str, opening: str, quoted: int, other: AnyCell) -> WriteCells:
    def write(values: Sequence[Cell], numbers: Sequence[str]) -> list[str]:
        return [
            ""
            if v is None
            else f"{ref}{n}{opening}{v.toordinal() - _DAY_NUMBER_OFFSET}</v></c>"
            if type(v) is date and v >= _FIRST_TRUE_DAY
            else other(v, n)
            for v, n in zip(values, numbers, strict=True)
        ]

    return write


def _moments(ref: str, opening: str, quoted: int, other: AnyCell) -> WriteCells:
    first = datetime(1900, 3, 1)  # noqa: DTZ001

    def write(values: Sequence[Cell], numbers: Sequence[str]) -> list[str]:
        shares = _shares_of_a_day()
        return [
            ""
            if v is None
            else f"{ref}{n}{opening}{(since := v - _DAY_ZERO).days}.{shares[since.seconds]}</v></c>"
            if type(v) is datetime and not v.microsecond and v.tzinfo is None and v >= first
            else other(v, n)
            for v, n in zip(values, numbers, strict=True)
        ]

    return write


def _anything(ref: str, opening: str, quoted: int, other: AnyCell) -> WriteCells:
    def write(values: Sequence[Cell], numbers: Sequence[str]) -> list[str]:
        return ["" if v is None else other(v, n) for v, n in zip(values, numbers, strict=True)]

    return write


_WRITERS: dict[ColumnKind, Callable[[str, str, int, AnyCell], WriteCells]] = {
    ColumnKind.TEXT: _texts,
    ColumnKind.LIST: _texts,
    ColumnKind.WHOLE: _wholes,
    ColumnKind.NUMBER: _numbers,
    ColumnKind.MONEY: _numbers,
    ColumnKind.BOOLEAN: _booleans,
    ColumnKind.DATE: _dates,
    ColumnKind.MOMENT: _moments,
    ColumnKind.TIME: _anything,
    ColumnKind.DURATION: _anything,
}
