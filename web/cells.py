"""
Cells as the sheet shows them, in one line each. A page may hold ten thousand
of them, so what depends on the kind of a column is settled once per column.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from html import escape
from typing import Any

from flask import Flask
from markupsafe import Markup

from importers.model import Cell, ColumnKind, Row

LONGEST = 300
"""Longer texts are cut here, not in the sheet."""

_RIGHT = frozenset({ColumnKind.WHOLE, ColumnKind.NUMBER, ColumnKind.MONEY, ColumnKind.DURATION})
_CUT = '<span class="cut" title="Longer in the sheet">…</span>'

Write = Callable[[Cell], str]
"""A cell as escaped HTML."""


def register(app: Flask) -> None:
    app.add_template_global(header, "grid_head")
    app.add_template_global(body, "grid_body")


def header(headers: Iterable[str], kinds: Iterable[ColumnKind]) -> Markup:
    """The header's cells; those of numbers stand to the right."""
    return Markup("".join(f"<th{_class(kind)}>{escape(name)}</th>" for name, kind in zip(headers, kinds, strict=True)))  # noqa: S704


def body(rows: Sequence[Row], kinds: Sequence[ColumnKind], *, first: int | None = None) -> Markup:
    """The rows of a table's body, numbered from *first* on where there is one."""
    columns = [(f"<td{_class(kind)}>", writer(kind)) for kind in kinds]
    lines = []
    for number, row in enumerate(rows, start=first or 0):
        name = "" if first is None else f'<th class="row-number" scope="row">{number:,}</th>'
        cells = [
            start + write(value) if value is not None else start
            for (start, write), value in zip(columns, row, strict=True)
        ]
        lines.append(f"<tr>{name}{'</td>'.join(cells)}</td></tr>")
    return Markup("\n".join(lines))  # noqa: S704


def writer(kind: ColumnKind) -> Write:
    """Writes the cells of a column of *kind*, whatever type they turn out to have."""
    number = _NUMBERS.get(kind, _plain_number)
    moment = _day if kind is ColumnKind.DATE else _moment

    def write(value: Cell) -> str:
        if isinstance(value, str):
            return _text(value)
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        if isinstance(value, int | float):
            return number(value)
        if isinstance(value, datetime):
            return moment(value)
        return _others(value)

    return write


def _class(kind: ColumnKind) -> str:
    return ' class="number"' if kind in _RIGHT else ""


def _text(value: str) -> str:
    return escape(value) if len(value) <= LONGEST else escape(value[:LONGEST]) + _CUT


def _others(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, timedelta):
        return _clock(value)
    return "" if value is None else _text(str(value))


def _money(value: float) -> str:
    return f"{value:,.2f}" if math.isfinite(value) else _no_number(value)


def _whole(value: float) -> str:
    return str(int(value)) if isinstance(value, int) or value.is_integer() else _plain_number(value)


def _plain_number(value: float) -> str:
    if isinstance(value, int):
        return str(value)
    if not math.isfinite(value):
        return _no_number(value)
    return f"{value:.10f}".rstrip("0").rstrip(".")


def _no_number(value: float) -> str:
    return "NaN" if math.isnan(value) else "∞" if value > 0 else "-∞"


_NUMBERS: dict[ColumnKind, Callable[[float], str]] = {ColumnKind.MONEY: _money, ColumnKind.WHOLE: _whole}


def _moment(value: datetime) -> str:
    return value.isoformat(" ", "minutes")


def _day(value: datetime) -> str:
    return value.date().isoformat()


def _clock(duration: timedelta) -> str:
    seconds = int(duration.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{seconds // 3600}:{seconds % 3600 // 60:02}:{seconds % 60:02}"
