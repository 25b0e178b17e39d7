"""
Cells as the JSON that Google takes with RAW, a column of a page at a time, and
rows as something to compare: what is about to be written with what is there.

RAW values are not interpreted: a text stays a text, whatever it begins with.
Each kind of column has an encoder that handles its usual cells in one list
comprehension, and hands whatever is unusual to `AnyCell`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import msgspec

from importers.destinations.google_sheets.names import MAX_TEXT, units
from importers.model import Cell, Column, ColumnKind, Row

Value = str | int | float | bool
"""What a cell holds as JSON. An empty text is an empty cell."""

CUT_MARK = "… [cut]"

EXACT = 10**15
"""Spreadsheets keep 15 digits of a number: a whole number from here on is stored as text."""

DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001  # serial numbers know no time zones
_DAY_ZERO_ORDINAL = DAY_ZERO.toordinal()
_FIRST_DAY = date(1900, 3, 1)
"""Excel miscounts the days before, so they are texts there, and here as well."""
_FIRST_MOMENT = datetime(1900, 3, 1)  # noqa: DTZ001
_SECONDS = 86_400
_NUMBERS = frozenset({int, float})
_UNSENDABLE = re.compile("[\x00\ud800-\udfff]")
_REPLACEMENT = "\ufffd"
_MOST_UNITS_IN_A_CHARACTER = 2

_SHOWS: dict[ColumnKind, tuple[type, ...]] = {
    ColumnKind.DATE: (date,),
    ColumnKind.MOMENT: (datetime, date),
    ColumnKind.TIME: (time,),
    ColumnKind.DURATION: (timedelta, time),
}
"""Kinds whose format makes a date or a time of any number, and what they may hold."""

_json = msgspec.json.Encoder()


class AnyCell:
    """
    Any value in a column of that kind as JSON. Counts the texts it had to cut.

    A number format belongs to the whole column: what it would show as something
    else becomes a text.

    >>> [AnyCell(ColumnKind.DATE)(value) for value in (None, date(2024, 1, 1), 7, "=1+1")]
    ['', 45292, '7', '=1+1']
    >>> [AnyCell(ColumnKind.TEXT)(value) for value in (date(2024, 1, 1), 7, 10**15)]
    ['2024-01-01', 7, '1000000000000000']
    """

    def __init__(self, kind: ColumnKind = ColumnKind.TEXT) -> None:
        self.cut = 0
        self._shows = _SHOWS.get(kind, ())

    def __call__(self, value: Cell) -> Value:
        if value is None:
            return ""
        if isinstance(value, bool):
            return value
        if isinstance(value, (int, float)):
            return self._number(value)
        if isinstance(value, (date, time, timedelta)):
            return self._temporal(value)
        return self.text(value)

    def text(self, value: str) -> str:
        whole = _UNSENDABLE.sub(_REPLACEMENT, str(value))
        kept = fitted(whole)
        self.cut += kept != whole
        return kept

    def _number(self, value: float) -> Value:
        if value - value != 0:  # an infinity, or not a number
            return ""
        if self._shows or (isinstance(value, int) and abs(value) >= EXACT):
            return self.text(str(value))
        return value

    def _temporal(self, value: date | time | timedelta) -> Value:
        serial = serial_of(value) if type(value) in self._shows else None
        return self.text(spoken(value)) if serial is None else serial


def spoken(value: date | time | timedelta) -> str:
    """A date, moment, time or duration as a text, where it cannot be counted or would be shown as something else."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(" ")
    if isinstance(value, timedelta) and value.days > 0:
        hours, rest = divmod(value.days * _SECONDS + value.seconds, 3600)
        return f"{hours}:{rest // 60:02}:{rest % 60:02}"
    return str(value)


def serial_of(value: date | time | timedelta) -> float | None:
    """A date, moment, time or duration as spreadsheets count it: in days. None where it has to be a text."""
    if isinstance(value, time):
        span = timedelta(hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond)
        return _days(span)
    if isinstance(value, datetime):
        naive = value.replace(tzinfo=None)
        return _days(naive - DAY_ZERO) if naive >= _FIRST_MOMENT else None
    if isinstance(value, date):
        return value.toordinal() - _DAY_ZERO_ORDINAL if value >= _FIRST_DAY else None
    return _days(value) if value.days >= 0 else None


def fitted(text: str) -> str:
    """The text as long as a cell can hold it: where it was cut, it ends in CUT_MARK."""
    if units(text) <= MAX_TEXT:
        return text
    room = MAX_TEXT - units(CUT_MARK)
    kept = text[:room]
    while (over := units(kept) - room) > 0:
        kept = kept[: -max(1, over // _MOST_UNITS_IN_A_CHARACTER)]
    return kept + CUT_MARK


def digest(row: Iterable[Value]) -> int:
    """
    A number that tells rows apart, within this process: the same for a row as
    it is sent and as it is read back.
    """
    raw = _json.encode(
        [
            value
            if (kind := value.__class__) is str or (kind is not float and -EXACT < value < EXACT)  # type: ignore[operator]  # no text
            else _canonical(value)  # type: ignore[arg-type]
            for value in row
        ]
    )
    return hash(raw.replace(rb"\r\n", rb"\n") if rb"\r" in raw else raw)


NO_KEY = 0
"""The key of an empty cell."""


def key_of(value: Value) -> int:
    """As `digest`, for what tells records apart. The number 5 and the text "5" are the same record."""
    if value == "":
        return NO_KEY
    return hash(str(value if isinstance(value, (str, bool)) else _canonical(value))) or 1


def joined(row: bytes, more: bytes) -> bytes:
    """A row of JSON with one more cell at its end."""
    return row[:-1] + b"," + more + b"]"


def as_json(value: Any) -> bytes:
    return _json.encode(value)


@dataclass(frozen=True, slots=True)
class Encoded:
    """
    Rows ready to be sent, each a JSON array, and what to compare them by.
    `keys` is empty where no column tells records apart.
    """

    rows: list[bytes]
    keys: list[int]
    _digests: list[int] | None

    def digests(self) -> list[int]:
        """As `digest`, of each row; made from the rows where nobody thought that they would be compared."""
        return self._digests or [digest(msgspec.json.decode(row)) for row in self.rows]

    @property
    def size(self) -> int:
        return sum(map(len, self.rows))


class RowEncoder:
    """Encodes the rows of one table, and knows what had to be cut."""

    def __init__(self, columns: Sequence[Column], *, key: str = "") -> None:
        self._columns = columns
        self._others = [AnyCell(column.kind) for column in columns]
        self._encoders = [_ENCODERS[one.kind](other) for one, other in zip(columns, self._others, strict=True)]
        self._key = next((place for place, column in enumerate(columns) if column.key == key), None) if key else None

    def encode(self, rows: Sequence[Row], *, compares: bool = True) -> Encoded:
        """
        *compares*: whether there is anything they will be compared with, which
        takes two thirds of the time. Raises ValueError for rows that are not as
        long as the columns are many.
        """
        if not rows:
            return Encoded([], [], None)
        by_column = zip(*rows, strict=True)
        cells = [encode(values) for encode, values in zip(self._encoders, by_column, strict=True)]
        lines = list(zip(*cells, strict=True))
        keys = [] if self._key is None else [key_of(value) for value in cells[self._key]]
        digests = [digest(line) for line in lines] if compares else None
        return Encoded([_json.encode(line) for line in lines], keys, digests)

    def notes(self) -> tuple[str, ...]:
        """What had to be cut, by column."""
        pairs = zip(self._columns, self._others, strict=True)
        return tuple(_cut_note(other.cut, column.header) for column, other in pairs if other.cut)


def _days(span: timedelta) -> float:
    if span.microseconds:
        return span.days + (span.seconds * 10**6 + span.microseconds) / (_SECONDS * 10**6)
    return span.days + span.seconds / _SECONDS if span.seconds else span.days


def _canonical(value: float) -> float:
    """Fifteen digits: more of them a spreadsheet does not show. Whole numbers come back with a point or without."""
    return int(value) if abs(value) < EXACT and value == int(value) else float(f"{value:.15g}")


def _cut_note(count: int, header: str) -> str:
    what = f"1 cell of {header} was" if count == 1 else f"{count:,} cells of {header} were"
    ends = "it ends" if count == 1 else "they end"
    return f"{what} longer than Google's {MAX_TEXT:,} characters and cut; {ends} in “{CUT_MARK}”."


# --- one encoder per kind --------------------------------------------------------
# `type(v) is` rather than isinstance: True is an int, and a datetime a date.

Encode = Callable[[Sequence[Cell]], list[Value]]


def _texts(other: AnyCell) -> Encode:
    def encode(values: Sequence[Cell]) -> list[Value]:
        texts: list[Value] = ["" if v is None else v for v in values]  # type: ignore[misc]  # the join finds out
        return texts if _are_ordinary(texts) else [other(v) for v in values]

    return encode


def _are_ordinary(texts: list[Value]) -> bool:
    """Whether all can be sent as they are. Looking at them as one long text is ten times quicker than one by one."""
    try:
        joined = "\x1f".join(texts)  # type: ignore[arg-type]
        joined.encode()
    except (TypeError, UnicodeEncodeError):
        return False
    most = MAX_TEXT // _MOST_UNITS_IN_A_CHARACTER
    return "\x00" not in joined and (len(joined) <= most or max(map(len, texts)) <= most)  # type: ignore[arg-type]


def _wholes(other: AnyCell) -> Encode:
    def encode(values: Sequence[Cell]) -> list[Value]:
        return ["" if v is None else v if type(v) is int and -EXACT < v < EXACT else other(v) for v in values]

    return encode


def _numbers(other: AnyCell) -> Encode:
    def encode(values: Sequence[Cell]) -> list[Value]:
        return [
            "" if v is None else v if type(v) in _NUMBERS and -EXACT < v < EXACT else other(v)  # type: ignore[operator, misc]
            for v in values
        ]

    return encode


def _dates(other: AnyCell) -> Encode:
    def encode(values: Sequence[Cell]) -> list[Value]:
        return [
            "" if v is None else v.toordinal() - _DAY_ZERO_ORDINAL if type(v) is date and v >= _FIRST_DAY else other(v)
            for v in values
        ]

    return encode


def _moments(other: AnyCell) -> Encode:
    def encode(values: Sequence[Cell]) -> list[Value]:
        return [
            ""
            if v is None
            else (since := v - DAY_ZERO).days + since.seconds / _SECONDS
            if type(v) is datetime and not v.microsecond and v.tzinfo is None and v >= _FIRST_MOMENT
            else other(v)
            for v in values
        ]

    return encode


def _anything(other: AnyCell) -> Encode:
    def encode(values: Sequence[Cell]) -> list[Value]:
        return ["" if v is None else other(v) for v in values]

    return encode


_ENCODERS: dict[ColumnKind, Callable[[AnyCell], Encode]] = {
    ColumnKind.TEXT: _texts,
    ColumnKind.LIST: _texts,
    ColumnKind.WHOLE: _wholes,
    ColumnKind.NUMBER: _numbers,
    ColumnKind.MONEY: _numbers,
    ColumnKind.BOOLEAN: _anything,
    ColumnKind.DATE: _dates,
    ColumnKind.MOMENT: _moments,
    ColumnKind.TIME: _anything,
    ColumnKind.DURATION: _anything,
}
