"""spreadsheets.values: reading, writing, appending and clearing what is in cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from typing import Any

from sandbox.google import a1, protection, typed
from sandbox.google.areas import Box
from sandbox.google.batch_lines import insert_lines
from sandbox.google.batch_parts import Batch, resize
from sandbox.google.blocks import last_block
from sandbox.google.book import Spreadsheet, Tab
from sandbox.google.cells import MOST_CHARACTERS, checked, number
from sandbox.google.errors import ApiError, invalid
from sandbox.google.protection import Principal
from sandbox.google.ranges import Place, locate
from sandbox.google.rendering import COLUMNS, Rendering, rendered
from sandbox.google.shifts import ROWS

RAW, USER_ENTERED = "RAW", "USER_ENTERED"
INSERT_ROWS = "INSERT_ROWS"
_SAFE = 2**53
"""Whole numbers below are kept as they are, larger ones as doubles."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Writer:
    """Who writes into which spreadsheet, how texts are taken, and what the answer shall show."""

    book: Spreadsheet
    principal: Principal
    option: str
    today: date
    shows: Rendering | None
    """None unless the values are wanted back."""

    @classmethod
    def of(cls, book: Spreadsheet, principal: Principal, asked: Mapping[str, Any], today: date) -> Writer:
        """As a query or a body asks. Raises ApiError when it does not say how texts are taken."""
        option = asked.get("valueInputOption") or "INPUT_VALUE_OPTION_UNSPECIFIED"
        if option not in (RAW, USER_ENTERED):
            raise invalid("'valueInputOption' is required but not specified")
        shows = Rendering.of(asked, of_response=True) if asked.get("includeValuesInResponse") else None
        return cls(book, principal, option, today, shows)


@dataclass(frozen=True)
class Written:
    """What was written where: the rows and columns of a tab in which any cell was, and the answer that says so."""

    tab: Tab
    rows: frozenset[int]
    columns: frozenset[int]
    cells: int
    answer: Json


# -- reading -----------------------------------------------------------------------------------


def get(book: Spreadsheet, text: str, how: Rendering) -> Json:
    return value_range(book, locate(book, text), how)


def batch_get(book: Spreadsheet, texts: Sequence[str], how: Rendering) -> Json:
    found = [get(book, text, how) for text in texts]
    return {"spreadsheetId": book.id, "valueRanges": found}


def value_range(book: Spreadsheet, place: Place, how: Rendering) -> Json:
    """Without `values` when nothing is there."""
    return _value_range(book, place.tab, place.box(), how)


def _value_range(book: Spreadsheet, tab: Tab, box: Box, how: Rendering) -> Json:
    values = rendered(book, tab, box, how)
    answer: Json = {"range": a1.printed(tab.title, box), "majorDimension": how.major}
    return answer | {"values": values} if values else answer


# -- writing -----------------------------------------------------------------------------------


def update(writer: Writer, text: str, data: Json) -> Json:
    place = locate(writer.book, text)
    if "range" in data and locate(writer.book, data["range"]) != Place(place.tab, place.cells, data["range"]):
        raise invalid(f"Requested range {text} does not match the range of the values, {data['range']}.")
    with writer.book.transaction():
        return write(writer, place, data).answer


def batch_update(writer: Writer, data: Sequence[Json]) -> Json:
    """All of them or none."""
    with writer.book.transaction():
        done = [_one_of_many(writer, place, each) for place, each in enumerate(data)]
    return totals(writer.book, done)


def totals(book: Spreadsheet, done: Sequence[Written]) -> Json:
    """The answer for many: rows and columns written more than once count once."""
    sums = {
        "totalUpdatedRows": len({(id(each.tab), row) for each in done for row in each.rows}),
        "totalUpdatedColumns": len({(id(each.tab), column) for each in done for column in each.columns}),
        "totalUpdatedCells": sum(each.cells for each in done),
        "totalUpdatedSheets": len({id(each.tab) for each in done}),
    }
    answer = {"spreadsheetId": book.id} | {name: count for name, count in sums.items() if count}
    return answer | {"responses": [each.answer for each in done]} if done else answer


def _one_of_many(writer: Writer, index: int, data: Json) -> Written:
    try:
        return write(writer, locate(writer.book, data.get("range", "")), data)
    except ApiError as error:
        raise error.prefixed(f"Invalid data[{index}]") from None


def write(writer: Writer, place: Place, data: Json) -> Written:
    """
    The values of a ValueRange, from the first cell of the place on.

    A place of one cell is only where to start; one of more cells must hold
    the values. The grid never grows. Call inside a transaction.
    """
    rows = grid_of(data)
    limit = place.box()
    if place.cells.is_one_cell:
        limit = Box(limit.top, limit.left, place.tab.rows, place.tab.columns)
    height, width = len(rows), max(map(len, rows), default=0)
    if height > limit.height:
        raise _too_large(place, f"row [{limit.bottom + 1}]")
    if width > limit.width:
        raise _too_large(place, f"column [{a1.column_letters(limit.right)}]")
    return _put(writer, place.tab, Box(limit.top, limit.left, limit.top + height, limit.left + width), rows)


def _too_large(place: Place, what: str) -> ApiError:
    return invalid(f"Requested writing within range [{place.text}], but tried writing to {what}")


def grid_of(data: Json) -> list[list[Any]]:
    """The values by rows, however they were sent; None where nothing is to change."""
    rows: list[list[Any]] = data.get("values", [])
    if data.get("majorDimension") == COLUMNS:
        return [list(row) for row in zip_longest(*rows)]
    return rows


def _put(writer: Writer, tab: Tab, box: Box, rows: list[list[Any]]) -> Written:
    if box:
        protection.check(tab, box, writer.principal)
        _lay(writer, tab, box, rows)
    in_rows = frozenset(box.top + place for place, row in enumerate(rows) if row.count(None) < len(row))
    in_columns = frozenset(box.left + place for place in _filled_columns(rows))
    cells = sum(len(row) - row.count(None) for row in rows)
    counts = {"updatedRows": len(in_rows), "updatedColumns": len(in_columns), "updatedCells": cells}
    shown = Box(box.top, box.left, max(box.bottom, box.top + 1), max(box.right, box.left + 1))
    answer: Json = {"spreadsheetId": writer.book.id, "updatedRange": a1.printed(tab.title, shown)}
    answer |= {name: count for name, count in counts.items() if count}
    if writer.shows is not None:
        answer["updatedData"] = _value_range(writer.book, tab, shown, writer.shows)
    return Written(tab, in_rows, in_columns, cells, answer)


def _filled_columns(rows: list[list[Any]]) -> set[int]:
    filled: set[int] = set()
    widest = 0
    for row in rows:
        if None not in row:
            widest = max(widest, len(row))
        else:
            filled.update(place for place, value in enumerate(row) if value is not None)
    return filled | set(range(widest))


def _lay(writer: Writer, tab: Tab, box: Box, rows: list[list[Any]]) -> None:
    if writer.option == RAW:
        tab.put_block(box.top, box.left, [_raw(row, place) for place, row in enumerate(rows)])
        return
    laid = []
    for place, row in enumerate(rows):
        entries = [_entry(writer, value, place, index) for index, value in enumerate(row)]
        laid.append([entry.value for entry in entries])
        for index, entry in enumerate(entries):
            if entry.number_format is not None:
                _stamp(tab, box.top + place, box.left + index, entry.number_format)
    tab.put_block(box.top, box.left, laid)


def _raw(row: list[Any], place: int) -> list[Any]:
    """As sent. Texts are kept letter by letter, an apostrophe or a "=" in front too."""
    return [
        value
        if (type(value) is str and len(value) <= MOST_CHARACTERS) or (type(value) is int and -_SAFE < value < _SAFE)
        else _typed(value, place, index)
        for index, value in enumerate(row)
    ]


def _entry(writer: Writer, value: Any, place: int, index: int) -> typed.Entry:
    if type(value) is str:
        return typed.entered(checked(value), writer.book.locale, writer.today)
    return typed.Entry(_typed(value, place, index))


def _typed(value: Any, place: int, index: int) -> Any:
    """What is no text is kept as it is, however texts are taken. Raises ApiError for what no cell may hold."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return checked(value)
    if isinstance(value, int | float):
        return number(value)
    raise invalid(f"Invalid values[{place}][{index}]: {_as_proto(value)}")


def _stamp(tab: Tab, row: int, column: int, number_format: dict[str, str]) -> None:
    tab.set_format(row, column, (tab.format_at(row, column) or {}) | {"numberFormat": number_format})


def _as_proto(value: Any, indent: str = "") -> str:
    """A nested value as Google prints it back."""
    if isinstance(value, dict):
        inner = "".join(
            f'{indent}  fields {{\n{indent}    key: "{name}"\n{indent}    value {{\n'
            f"{_as_proto(each, indent + '      ')}{indent}    }}\n{indent}  }}\n"
            for name, each in value.items()
        )
        return f"{indent}struct_value {{\n{inner}{indent}}}\n"
    if isinstance(value, list):
        inner = "".join(f"{indent}  values {{\n{_as_proto(each, indent + '    ')}{indent}  }}\n" for each in value)
        return f"{indent}list_value {{\n{inner}{indent}}}\n"
    if isinstance(value, bool):
        return f"{indent}bool_value: {str(value).lower()}\n"
    if isinstance(value, int | float):
        return f"{indent}number_value: {value}\n"
    return f"{indent}null_value: NULL_VALUE\n" if value is None else f'{indent}string_value: "{value}"\n'


# -- appending ---------------------------------------------------------------------------------


def append(writer: Writer, text: str, data: Json, *, insert: bool) -> Json:
    """After the last block of cells that the range touches; where it touches none, at its first cell."""
    place = locate(writer.book, text)
    asked, tab = place.box(), place.tab
    table = last_block(tab, asked)
    top, left = (table.bottom, table.left) if table else (asked.top, asked.left)
    rows = grid_of(data)
    box = Box(top, left, top + len(rows), left + max(map(len, rows), default=0))
    with writer.book.transaction():
        _make_room(writer, tab, box, insert=insert)
        updates = _put(writer, tab, box, rows).answer
    answer: Json = {"spreadsheetId": writer.book.id}
    if table:
        answer["tableRange"] = a1.printed(tab.title, table)
    return answer | {"updates": updates}


def _make_room(writer: Writer, tab: Tab, box: Box, *, insert: bool) -> None:
    """New rows for what is appended, or only those that the grid lacks. Raises ApiError beyond the limits."""
    batch = Batch(writer.book, writer.principal)
    if insert and box.height and box.top < tab.rows:
        insert_lines(batch, tab, ROWS, box.top, box.height, like=box.top - 1 if box.top else None)
    if box.bottom > tab.rows:
        resize(batch, tab, rows=box.bottom)
    if box.right > tab.columns:
        resize(batch, tab, columns=box.right)


# -- clearing ----------------------------------------------------------------------------------


def clear(book: Spreadsheet, principal: Principal, text: str) -> Json:
    place = locate(book, text)
    with book.transaction():
        return {"spreadsheetId": book.id, "clearedRange": wiped(principal, place)}


def batch_clear(book: Spreadsheet, principal: Principal, texts: Sequence[str]) -> Json:
    cleared = []
    with book.transaction():
        for index, text in enumerate(texts):
            try:
                cleared.append(wiped(principal, locate(book, text)))
            except ApiError as error:
                raise error.prefixed(f"Invalid range[{index}]") from None
    answer: Json = {"spreadsheetId": book.id}
    return answer | {"clearedRanges": cleared} if cleared else answer


def wiped(principal: Principal, place: Place) -> str:
    """The range whose values are gone; formats, notes and rules stay. Call inside a transaction."""
    box = place.box()
    protection.check(place.tab, box, principal)
    place.tab.clear_values(box.top, box.left, box.bottom, box.right)
    return a1.printed(place.tab.title, box)
