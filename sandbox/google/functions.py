"""The functions that the small calculator knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from sandbox.google.book import Tab
from sandbox.google.operands import Failed, Range, Rows, as_number, as_text, sort_key, whole
from sandbox.google.tab import CellError


class Cells(Protocol):
    """What cells show."""

    def value(self, tab: Tab, row: int, column: int) -> Any: ...


class Reader(Protocol):
    """The formula that calls: where it stands, and what its arguments come to. Raises Failed for an error."""

    row: int
    column: int

    @property
    def cells(self) -> Cells: ...

    def single(self, found: Any) -> Any: ...

    def values(self, found: Any) -> Iterator[Any]: ...

    def rows(self, found: Any) -> Rows: ...


def _numbers(reader: Reader, arguments: list[Any]) -> list[Any]:
    """The numbers among the arguments: what is no number counts only when written into the formula itself."""
    found: list[Any] = []
    for argument in arguments:
        if isinstance(argument, Range):
            values = reader.values(argument)
            found += [value for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)]
        elif argument is not None:
            found.append(as_number(reader.single(argument)))
    return found


def _average(reader: Reader, arguments: list[Any]) -> Any:
    found = _numbers(reader, arguments)
    if not found:
        raise Failed(CellError("#DIV/0!", "Evaluation of function AVERAGE caused a divide by zero error."))
    return whole(sum(found) / len(found))


def _count(reader: Reader, arguments: list[Any]) -> int:
    """An error is no number, and no reason to fail."""
    kept = [value for argument in arguments for row in _rows(reader, argument) for value in row]
    return sum(isinstance(value, (int, float)) and not isinstance(value, bool) for value in kept)


def _count_any(reader: Reader, arguments: list[Any]) -> int:
    return sum(value is not None for argument in arguments for row in _rows(reader, argument) for value in row)


def _rows(reader: Reader, argument: Any) -> Rows:
    return [[argument]] if isinstance(argument, CellError) else reader.rows(argument)


def _if(reader: Reader, arguments: list[Any]) -> Any:
    condition = reader.single(arguments[0])
    holds = bool(as_number(condition)) if not isinstance(condition, bool) else condition
    if holds:
        return reader.single(arguments[1])
    return reader.single(arguments[2]) if len(arguments) > 2 else False


def _if_error(reader: Reader, arguments: list[Any]) -> Any:
    try:
        return reader.single(arguments[0])
    except Failed:
        return reader.single(arguments[1]) if len(arguments) > 1 else None


def _is_error(reader: Reader, arguments: list[Any]) -> bool:
    try:
        reader.single(arguments[0])
    except Failed:
        return True
    return False


def _row(reader: Reader, arguments: list[Any]) -> int:
    return (arguments[0].box.top if arguments else reader.row) + 1


def _column(reader: Reader, arguments: list[Any]) -> int:
    return (arguments[0].box.left if arguments else reader.column) + 1


def _found(wanted: Any, keys: list[Any], *, exact: bool) -> int:
    """Where the key is; without *exact* the last one that is not larger."""
    key = sort_key(wanted)
    if exact:
        places = [place for place, value in enumerate(keys) if value is not None and sort_key(value) == key]
        place = places[0] if places else None
    else:
        fitting = [
            place
            for place, value in enumerate(keys)
            if value is not None and sort_key(value)[0] == key[0] and sort_key(value) <= key
        ]
        place = fitting[-1] if fitting else None
    if place is None:
        raise Failed(CellError("#N/A", f"Did not find value '{as_text(wanted)}' in the evaluation."))
    return place


def _vlookup(reader: Reader, arguments: list[Any]) -> Any:
    rows, column = reader.rows(arguments[1]), int(as_number(reader.single(arguments[2])))
    exact = len(arguments) > 3 and not as_number(reader.single(arguments[3]))
    if not 1 <= column <= len(rows[0]):
        raise Failed(CellError("#REF!", f"VLOOKUP evaluates to an out of bounds range: {column}."))
    return rows[_found(reader.single(arguments[0]), [row[0] for row in rows], exact=exact)][column - 1]


def _match(reader: Reader, arguments: list[Any]) -> int:
    rows = reader.rows(arguments[1])
    keys = rows[0] if len(rows) == 1 and len(rows[0]) > 1 else [row[0] for row in rows]
    kind = as_number(reader.single(arguments[2])) if len(arguments) > 2 else 1
    return _found(reader.single(arguments[0]), keys, exact=kind == 0) + 1


def _index(reader: Reader, arguments: list[Any]) -> Any:
    where = arguments[0]
    if not isinstance(where, Range):
        return reader.single(where)
    row = int(as_number(reader.single(arguments[1]))) if len(arguments) > 1 else 1
    column = int(as_number(reader.single(arguments[2]))) if len(arguments) > 2 else 1
    if len(arguments) == 2 and where.box.height == 1:
        row, column = 1, row
    if not (1 <= row <= where.box.height and 1 <= column <= where.box.width):
        raise Failed(CellError("#REF!", "Function INDEX evaluates to an out of bounds range."))
    return reader.cells.value(where.tab, where.box.top + row - 1, where.box.left + column - 1)


FUNCTIONS: dict[str, Callable[[Reader, list[Any]], Any]] = {
    "SUM": lambda reader, arguments: whole(sum(_numbers(reader, arguments))),
    "COUNT": _count,
    "COUNTA": _count_any,
    "AVERAGE": _average,
    "MIN": lambda reader, arguments: min(_numbers(reader, arguments), default=0),
    "MAX": lambda reader, arguments: max(_numbers(reader, arguments), default=0),
    "IF": _if,
    "IFERROR": _if_error,
    "ISERROR": _is_error,
    "ROW": _row,
    "COLUMN": _column,
    "ROWS": lambda _, arguments: arguments[0].box.height,
    "COLUMNS": lambda _, arguments: arguments[0].box.width,
    "VLOOKUP": _vlookup,
    "MATCH": _match,
    "INDEX": _index,
    "ROUND": lambda reader, arguments: whole(
        round(
            float(as_number(reader.single(arguments[0]))),
            int(as_number(reader.single(arguments[1]))) if len(arguments) > 1 else 0,
        )
    ),
    "LEN": lambda reader, arguments: len(as_text(reader.single(arguments[0]))),
    "UPPER": lambda reader, arguments: as_text(reader.single(arguments[0])).upper(),
    "LOWER": lambda reader, arguments: as_text(reader.single(arguments[0])).lower(),
    "CONCATENATE": lambda reader, arguments: "".join(
        as_text(value) for argument in arguments for value in reader.values(argument)
    ),
    "HYPERLINK": lambda reader, arguments: reader.single(arguments[-1]),
    "NOT": lambda reader, arguments: not as_number(reader.single(arguments[0])),
    "AND": lambda reader, arguments: all(
        as_number(value) for argument in arguments for value in reader.values(argument) if value is not None
    ),
    "OR": lambda reader, arguments: any(
        as_number(value) for argument in arguments for value in reader.values(argument) if value is not None
    ),
}
