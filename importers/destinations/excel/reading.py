"""
Windows onto a written sheet, for the pages.

A sheet that we wrote opens at any row at once, by its index. Once somebody
saved the workbook with another program, python-calamine reads it instead,
whole: slower, never wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zipfile import ZipInfo

from python_calamine import CalamineError, CalamineWorkbook

from importers.destinations.excel import package
from importers.destinations.excel.archive import unpacked_member
from importers.destinations.excel.sheetindex import SheetIndex, index_of
from importers.destinations.excel.staging import disk_trouble_explained
from importers.destinations.excel.styles import Style
from importers.destinations.excel.text import unescaped
from importers.errors import InvalidSettings, NotThere
from importers.model import Cell, ColumnKind, Grid, Row

_DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001
_MICROSECONDS = 86_400_000_000
_CELL = re.compile(
    r'<c r="([A-Z]+)\d+"(?: s="(\d+)")?(?: t="(b|inlineStr)")?>'
    r"(?:<v>([^<]*)</v>|<is><t[^>]*>([^<]*)</t></is>)</c>"
)
_ROW_END = "</row>"
_JUDGED_ROWS = 500


def read_window(path: Path, sheet: str, first: int, count: int) -> Grid:
    """
    The data rows from number *first* (1-based) on, *count* of them at most.

    Raises NotThere where the file or the sheet is not there (yet).
    """
    first, count = max(first, 1), max(count, 0)
    if not path.exists():
        raise _nothing_there(sheet, path)
    with disk_trouble_explained(path), package.opened(path) as workbook:
        found = workbook.sheet(sheet)
        if found is None:
            raise _nothing_there(sheet, path)
        info = workbook.members[found.part.casefold()]
        index = index_of(info)
        if index is not None:
            return _read_by_index(workbook, info, index, first, count)
    return _read_by_calamine(path, found.name, first, count)


def _read_by_index(workbook: package.Package, info: ZipInfo, index: SheetIndex, first: int, count: int) -> Grid:
    header = _Lines(unpacked_member(workbook.archive, info)).line(1)
    headers = tuple(str(value or "") for value in _cells(header, len(index.kinds), index))
    last = min(first + count - 1, index.rows)
    start = index.landmark_before(first + 1)
    lines = _Lines(unpacked_member(workbook.archive, info, start.offset))
    rows = tuple(_cells(lines.line(number + 1), len(index.kinds), index) for number in range(first, last + 1))
    return Grid(headers, index.kinds, rows, first, index.rows)


def _nothing_there(sheet: str, path: Path) -> NotThere:
    return NotThere(f"There is no sheet {sheet} in {path.name} yet.", hint="Run the import first.")


class _Lines:
    """The rows of a sheet's XML as it is unpacked; asked for in rising order."""

    def __init__(self, content: Iterator[bytes]) -> None:
        self._content = content
        self._held = b""

    def line(self, number: int) -> str:
        """The XML of one row, "" past the end. What lies before is unpacked, not parsed."""
        if not self._skip_to(b'<row r="%d">' % number):
            return ""
        end = _ROW_END.encode()
        position = self._held.find(end)
        while position < 0 and self._more():
            position = self._held.find(end)
        line, self._held = self._held[:position], self._held[position + len(end) :]
        return line.decode()

    def _skip_to(self, mark: bytes) -> bool:
        while (position := self._held.find(mark)) < 0:
            self._held = self._held[-len(mark) :]
            if not self._more():
                return False
        self._held = self._held[position + len(mark) :]
        return True

    def _more(self) -> bool:
        piece = next(self._content, None)
        self._held += piece or b""
        return piece is not None


def _cells(line: str, columns: int, index: SheetIndex) -> tuple[Cell, ...]:
    row: list[Cell] = [None] * columns
    for letters, style, sort, number, text in _CELL.findall(line):
        row[_place_of(letters)] = _value(style, sort, number, text, index)
    return tuple(row)


def _place_of(letters: str) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
    return place - 1


def _value(style: str, sort: str, number: str, text: str, index: SheetIndex) -> Cell:
    if sort == "inlineStr":
        return unescaped(text)
    if sort == "b":
        return number == "1"
    kind = index.style_of(int(style)) if style else None
    if kind in _TEMPORAL:
        return _temporal(kind, number)
    return int(number) if number.lstrip("-").isdigit() else float(number)


_TEMPORAL = frozenset({Style.DATE, Style.MOMENT, Style.TIME, Style.DURATION})


def _temporal(style: Style | None, number: str) -> date | time | timedelta:
    days, _, part = number.partition(".")
    whole = 10 ** len(part)
    span = timedelta(int(days), microseconds=(int(part or "0") * _MICROSECONDS + whole // 2) // whole)
    if style is Style.DURATION:
        return span
    moment = _DAY_ZERO + span
    if style is Style.MOMENT:
        return moment
    return moment.date() if style is Style.DATE else moment.time()


# --- somebody else's file --------------------------------------------------------


def _read_by_calamine(path: Path, sheet: str, first: int, count: int) -> Grid:
    try:
        with CalamineWorkbook.from_path(str(path)) as workbook:
            lines = workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    except CalamineError as error:
        raise InvalidSettings(
            f"{path.name} cannot be shown: it is damaged, or built in an unusual way.",
            hint="Open it in Excel or LibreOffice and save it anew, or run the import again.",
        ) from error
    headers = tuple(str(value) for value in lines[0]) if lines else ()
    rows = [tuple(map(_as_cell, line)) for line in lines[first : first + count]]
    sample = [tuple(map(_as_cell, line)) for line in lines[1 : 1 + _JUDGED_ROWS]]
    kinds = tuple(_kind_of(values) for values in zip(*sample, strict=True)) or (ColumnKind.TEXT,) * len(headers)
    return Grid(headers, kinds, tuple(rows), first, max(0, len(lines) - 1))


def _as_cell(value: Cell) -> Cell:
    if isinstance(value, float) and value.is_integer() and abs(value) < 10**15:
        return int(value)
    return None if value == "" else value


def _kind_of(values: Row) -> ColumnKind:
    """The kind that fits every value of a column; text where there is none."""
    types = {type(value) for value in values if value is not None}
    if types == {int, float}:
        return ColumnKind.NUMBER
    return _KIND_OF_TYPE.get(types.pop(), ColumnKind.TEXT) if len(types) == 1 else ColumnKind.TEXT


_KIND_OF_TYPE: dict[type, ColumnKind] = {
    int: ColumnKind.WHOLE,
    float: ColumnKind.NUMBER,
    bool: ColumnKind.BOOLEAN,
    date: ColumnKind.DATE,
    datetime: ColumnKind.MOMENT,
    time: ColumnKind.TIME,
    timedelta: ColumnKind.DURATION,
}
