"""
A small calculator for formulas.

Enough to see that references still point where they should: numbers, texts,
`+ - * / ^ & %`, comparisons, and a handful of functions. What it does not
know shows `#NAME?`, as a misspelt function does at Google.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.google import references
from sandbox.google.areas import Area, Box
from sandbox.google.layers import Row
from sandbox.google.shifting import area_of
from sandbox.google.tab import CellError, Formula, Tab

if TYPE_CHECKING:
    from sandbox.google.book import Spreadsheet

_TOKEN = re.compile(
    r'\s*(?:(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|(?P<text>"(?:[^"]|"")*")|(?P<error>#[A-Z/0]+[!?]|#N/A)'
    r"|(?P<name>[^\W\d][\w.]*)|(?P<mark><=|>=|<>|[-+*/^&=<>%(),;{}]))\s*"
)

NO_REFERENCE = CellError("#REF!", "Reference does not exist.")
CIRCULAR = CellError(
    "#REF!", "Circular dependency detected. To resolve with iterative calculation, see File > Settings."
)
_WRITTEN = {"#REF!": NO_REFERENCE}
NO_PARSE = CellError("#ERROR!", "Formula parse error.")
DIVIDED_BY_ZERO = CellError("#DIV/0!", "Function DIVIDE parameter 2 cannot be zero.")


class _Failed(Exception):
    """A step came out as an error, and so does all that needs it."""

    def __init__(self, error: CellError) -> None:
        super().__init__(error)
        self.error = error


@dataclass(frozen=True)
class _Range:
    """Cells a formula names, not looked into yet."""

    tab: Tab
    box: Box


Rows = list[list[Any]]
_Place = tuple[int, int, int]


@dataclass(frozen=True)
class _Cell:
    """A cell that holds a formula."""

    place: _Place
    tab: Tab
    formula: Formula


@dataclass(frozen=True)
class _Waiting(_Cell):
    """One whose formula waits for what it needs, which is looked at once."""

    needs: Iterator[_Cell]


class Calculator:
    """Values as the spreadsheet is now; make a new one after a change."""

    def __init__(self, book: Spreadsheet) -> None:
        self._book = book
        self._known: dict[_Place, Any] = {}
        self._open: set[_Place] = set()

    def value(self, tab: Tab, row: int, column: int) -> Any:
        """What the cell shows: its value, or what its formula comes to; a CellError for one that comes to nothing."""
        value = tab.value(row, column)
        return self._computed(tab, row, column, value) if type(value) is Formula else value

    def shown(self, tab: Tab, row: int, column: int, value: Any) -> Any:
        """The same for a value that was read already."""
        return self._computed(tab, row, column, value) if type(value) is Formula else value

    def block(self, tab: Tab, box: Box) -> Rows:
        """What the cells of a rectangle show."""
        return [list(row) for row in self.rows(tab, box)]

    def rows(self, tab: Tab, box: Box) -> list[Row]:
        """The same as tuples, which may be shared."""
        rows = tab.values.rows(box.top, box.left, box.bottom, box.right)
        for down, row in enumerate(rows):
            if Formula in map(type, row):
                rows[down] = tuple(
                    self.shown(tab, box.top + down, box.left + across, value) for across, value in enumerate(row)
                )
        return rows

    def _computed(self, tab: Tab, row: int, column: int, formula: Formula) -> Any:
        """What a formula needs is computed before it, so that a chain may be as long as it likes."""
        place = (tab.sheet_id, row, column)
        if place in self._known:
            return self._known[place]
        if place in self._open:
            return CIRCULAR
        waiting = [_Waiting(place, tab, formula, self._needed(tab, formula))]
        self._open.add(place)
        while waiting:
            last = waiting[-1]
            needed = next((each for each in last.needs if not self._is_met(each.place)), None)
            if needed is not None:
                self._open.add(needed.place)
                waiting.append(
                    _Waiting(needed.place, needed.tab, needed.formula, self._needed(needed.tab, needed.formula))
                )
                continue
            self._known[last.place] = self._result(last)
            self._open.discard(last.place)
            waiting.pop()
        return self._known[place]

    def _is_met(self, place: _Place) -> bool:
        return place in self._known or place in self._open

    def _result(self, cell: _Waiting) -> Any:
        try:
            return _Reader(self, self._book, cell.tab, cell.place[1], cell.place[2], cell.formula).result()
        except _Failed as failed:
            return failed.error
        except RecursionError:
            return NO_PARSE

    def _needed(self, home: Tab, formula: Formula) -> Iterator[_Cell]:
        """The formulas in the cells that a formula refers to."""
        for reference in references.parts(formula):
            if isinstance(reference, str):
                continue
            tab = home if reference.title is None else self._book.tab_named(reference.title)
            if tab is None:
                continue
            box = tab.box(area_of(reference, tab.sheet_id))
            for down, things in enumerate(tab.values.part(box.top, min(box.bottom, len(tab.values))), box.top):
                if things is None or Formula not in map(type, things):
                    continue
                for across, thing in enumerate(things[box.left : box.right], box.left):
                    if type(thing) is Formula:
                        yield _Cell((tab.sheet_id, down, across), tab, thing)


class _Reader:
    """One formula read from left to right, computed on the way."""

    def __init__(
        self, calculator: Calculator, book: Spreadsheet, tab: Tab, row: int, column: int, formula: Formula
    ) -> None:
        self.calculator, self._book, self._tab = calculator, book, tab
        self.row, self.column = row, column
        self._tokens = list(_tokens(formula))
        self._at = 0

    def result(self) -> Any:
        self._take("=")
        found = self._single(self._comparison())
        if self._at != len(self._tokens):
            raise _Failed(NO_PARSE)
        return 0 if found is None else found

    # -- grammar, loosest first

    def _comparison(self) -> Any:
        left = self._joined()
        while (mark := self._mark()) in _COMPARISONS:
            self._at += 1
            left = _COMPARISONS[mark](_sortable(self._single(left)), _sortable(self._single(self._joined())))
        return left

    def _joined(self) -> Any:
        left = self._sum()
        while self._mark() == "&":
            self._at += 1
            left = as_text(self._single(left)) + as_text(self._single(self._sum()))
        return left

    def _sum(self) -> Any:
        left = self._product()
        while (mark := self._mark()) in ("+", "-"):
            self._at += 1
            one, other = self._number(left), self._number(self._product())
            left = one + other if mark == "+" else one - other
        return left

    def _product(self) -> Any:
        left = self._power()
        while (mark := self._mark()) in ("*", "/"):
            self._at += 1
            one, other = self._number(left), self._number(self._power())
            if mark == "/" and other == 0:
                raise _Failed(DIVIDED_BY_ZERO)
            left = one * other if mark == "*" else one / other
        return _whole(left)

    def _power(self) -> Any:
        left = self._signed()
        while self._mark() == "^":
            self._at += 1
            try:
                left = _whole(float(self._number(left)) ** self._number(self._signed()))
            except (OverflowError, ZeroDivisionError, TypeError):
                raise _Failed(CellError("#NUM!", "Function POW evaluates to an out of bound result.")) from None
        return left

    def _signed(self) -> Any:
        mark = self._mark()
        if mark in ("+", "-"):
            self._at += 1
            found = self._signed()
            return -self._number(found) if mark == "-" else found
        found = self._operand()
        while self._mark() == "%":
            self._at += 1
            found = self._number(found) / 100
        return found

    def _operand(self) -> Any:
        if self._at >= len(self._tokens):
            raise _Failed(NO_PARSE)
        kind, token = self._tokens[self._at]
        self._at += 1
        if kind == "reference":
            return self._range(token)
        if kind == "mark":
            return self._bracket(token)
        return self._literal(kind, token)

    def _literal(self, kind: str, token: str) -> Any:
        if kind == "number":
            return _whole(float(token))
        if kind == "text":
            return token[1:-1].replace('""', '"')
        if kind == "error":
            raise _Failed(_WRITTEN.get(token) or CellError(token))
        return self._named(token)

    def _bracket(self, mark: str) -> Any:
        if mark != "(":
            raise _Failed(NO_PARSE)
        inner = self._comparison()
        self._take(")")
        return inner

    def _named(self, name: str) -> Any:
        upper = name.upper()
        if self._mark() == "(":
            self._at += 1
            return self._called(upper)
        if upper in ("TRUE", "FALSE"):
            return upper == "TRUE"
        for named in self._book.named_ranges:
            if named["name"].casefold() == name.casefold():
                return self._of_named(named)
        raise _Failed(CellError("#NAME?", f"Unknown range name: '{upper}'."))

    def _of_named(self, named: dict[str, Any]) -> _Range:
        if "range" not in named:
            raise _Failed(NO_REFERENCE)

        area = Area.of(named["range"])
        tab = self._book.tab(area.sheet_id)
        return _Range(tab, tab.box(area))

    def _called(self, name: str) -> Any:
        """A function's arguments are read always, and computed only when it asks."""
        arguments: list[Any] = []
        if self._mark() == ")":
            self._at += 1
        else:
            arguments.append(self._argument())
            while self._mark() in (",", ";"):
                self._at += 1
                arguments.append(self._argument())
            self._take(")")
        function = _FUNCTIONS.get(name)
        if function is None:
            raise _Failed(CellError("#NAME?", f"Unknown function: '{name}'."))
        try:
            return function(self, arguments)
        except (IndexError, TypeError, ValueError):
            wrong = f"Wrong number of arguments to {name}, or one that is no number."
            raise _Failed(CellError("#N/A", wrong)) from None

    def _argument(self) -> Any:
        """An error in an argument is kept until the function looks at it."""
        if self._mark() in (",", ";", ")"):
            return None
        start = self._at
        try:
            return self._comparison()
        except _Failed as failed:
            if failed.error is NO_PARSE:
                raise
            self._at = start
            self._skip()
            return failed.error

    def _skip(self) -> None:
        """To the end of an argument."""
        depth = 0
        while self._at < len(self._tokens):
            mark = self._mark()
            if depth == 0 and mark in (",", ";", ")"):
                return
            depth += (mark == "(") - (mark == ")")
            self._at += 1
        raise _Failed(NO_PARSE)

    # -- what an operand comes to

    def _range(self, reference: references.Reference) -> _Range:
        tab = self._tab if reference.title is None else self._book.tab_named(reference.title)
        if tab is None:
            raise _Failed(CellError("#REF!", f"Unresolved sheet name '{reference.title}'."))
        area = area_of(reference, tab.sheet_id)
        box = tab.box(area)
        if not box:
            raise _Failed(NO_REFERENCE)
        return _Range(tab, box)

    def _single(self, found: Any) -> Any:
        """One value: that of a cell, or of the cell of a range that stands beside the formula."""
        if isinstance(found, CellError):
            raise _Failed(found)
        if not isinstance(found, _Range):
            return found
        box = found.box
        row = box.top if box.height == 1 else self.row
        column = box.left if box.width == 1 else self.column
        if not (box.top <= row < box.bottom and box.left <= column < box.right):
            raise _Failed(CellError("#VALUE!", "An array value could not be found."))
        value = self.calculator.value(found.tab, row, column)
        if isinstance(value, CellError):
            raise _Failed(value)
        return value

    def _number(self, found: Any) -> Any:
        return as_number(self._single(found))

    single = _single

    def values(self, found: Any) -> Iterator[Any]:
        """Every value of an argument, empty cells included."""
        if isinstance(found, CellError):
            raise _Failed(found)
        if not isinstance(found, _Range):
            yield found
            return
        for row in self.rows(found):
            for value in row:
                if isinstance(value, CellError):
                    raise _Failed(value)
                yield value

    def rows(self, found: Any) -> Rows:
        if isinstance(found, CellError):
            raise _Failed(found)
        if not isinstance(found, _Range):
            return [[found]]
        box = found.box
        used = Box(box.top, box.left, min(box.bottom, max(len(found.tab.values), box.top + 1)), box.right)
        return self.calculator.block(found.tab, used)

    def _mark(self) -> str:
        if self._at >= len(self._tokens):
            return ""
        kind, token = self._tokens[self._at]
        return str(token) if kind == "mark" else ""

    def _take(self, mark: str) -> None:
        if self._mark() != mark:
            raise _Failed(NO_PARSE)
        self._at += 1


def _tokens(formula: str) -> Iterator[tuple[str, Any]]:
    for part in references.parts(formula):
        if not isinstance(part, str):
            yield "reference", part
            continue
        at = 0
        while at < len(part):
            found = _TOKEN.match(part, at)
            if found is None:
                if part[at:].isspace():
                    return
                yield "mark", "?"
                return
            yield str(found.lastgroup), found[str(found.lastgroup)]
            at = found.end()


def as_number(value: Any) -> Any:
    """A value in a sum: nothing is 0, TRUE is 1, a text that writes a number is that number."""
    if value is None:
        return 0
    if isinstance(value, (bool, int, float)):
        return int(value) if isinstance(value, bool) else value
    try:
        return _whole(float(value))
    except ValueError:
        raise _Failed(CellError("#VALUE!", f"'{value}' is a text and cannot be coerced to a number.")) from None


def as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


def _sortable(value: Any) -> tuple[int, Any]:
    """Numbers before texts before booleans; texts whatever the case of their letters."""
    if value is None:
        return 0, 0
    if isinstance(value, bool):
        return 2, value
    return (0, value) if isinstance(value, (int, float)) else (1, value.casefold())


def sort_key(value: Any) -> tuple[int, Any]:
    return _sortable(value)


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: bool(a == b),
    "<>": lambda a, b: bool(a != b),
    "<": lambda a, b: bool(a < b),
    ">": lambda a, b: bool(a > b),
    "<=": lambda a, b: bool(a <= b),
    ">=": lambda a, b: bool(a >= b),
}


def _numbers(reader: _Reader, arguments: list[Any]) -> list[Any]:
    """The numbers among the arguments: what is no number counts only when written into the formula itself."""
    found: list[Any] = []
    for argument in arguments:
        if isinstance(argument, _Range):
            values = reader.values(argument)
            found += [value for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)]
        elif argument is not None:
            found.append(as_number(reader.single(argument)))
    return found


def _average(reader: _Reader, arguments: list[Any]) -> Any:
    found = _numbers(reader, arguments)
    if not found:
        raise _Failed(CellError("#DIV/0!", "Evaluation of function AVERAGE caused a divide by zero error."))
    return _whole(sum(found) / len(found))


def _count(reader: _Reader, arguments: list[Any]) -> int:
    """An error is no number, and no reason to fail."""
    kept = [value for argument in arguments for row in _rows(reader, argument) for value in row]
    return sum(isinstance(value, (int, float)) and not isinstance(value, bool) for value in kept)


def _count_any(reader: _Reader, arguments: list[Any]) -> int:
    return sum(value is not None for argument in arguments for row in _rows(reader, argument) for value in row)


def _rows(reader: _Reader, argument: Any) -> Rows:
    return [[argument]] if isinstance(argument, CellError) else reader.rows(argument)


def _if(reader: _Reader, arguments: list[Any]) -> Any:
    condition = reader.single(arguments[0])
    holds = bool(as_number(condition)) if not isinstance(condition, bool) else condition
    if holds:
        return reader.single(arguments[1])
    return reader.single(arguments[2]) if len(arguments) > 2 else False


def _if_error(reader: _Reader, arguments: list[Any]) -> Any:
    try:
        return reader.single(arguments[0])
    except _Failed:
        return reader.single(arguments[1]) if len(arguments) > 1 else None


def _is_error(reader: _Reader, arguments: list[Any]) -> bool:
    try:
        reader.single(arguments[0])
    except _Failed:
        return True
    return False


def _row(reader: _Reader, arguments: list[Any]) -> int:
    return (arguments[0].box.top if arguments else reader.row) + 1


def _column(reader: _Reader, arguments: list[Any]) -> int:
    return (arguments[0].box.left if arguments else reader.column) + 1


def _found(wanted: Any, keys: list[Any], *, exact: bool) -> int:
    """Where the key is; without *exact* the last one that is not larger."""
    key = _sortable(wanted)
    if exact:
        places = [place for place, value in enumerate(keys) if value is not None and _sortable(value) == key]
        place = places[0] if places else None
    else:
        fitting = [
            place
            for place, value in enumerate(keys)
            if value is not None and _sortable(value)[0] == key[0] and _sortable(value) <= key
        ]
        place = fitting[-1] if fitting else None
    if place is None:
        raise _Failed(CellError("#N/A", f"Did not find value '{as_text(wanted)}' in the evaluation."))
    return place


def _vlookup(reader: _Reader, arguments: list[Any]) -> Any:
    rows, column = reader.rows(arguments[1]), int(as_number(reader.single(arguments[2])))
    exact = len(arguments) > 3 and not as_number(reader.single(arguments[3]))
    if not 1 <= column <= len(rows[0]):
        raise _Failed(CellError("#REF!", f"VLOOKUP evaluates to an out of bounds range: {column}."))
    return rows[_found(reader.single(arguments[0]), [row[0] for row in rows], exact=exact)][column - 1]


def _match(reader: _Reader, arguments: list[Any]) -> int:
    rows = reader.rows(arguments[1])
    keys = rows[0] if len(rows) == 1 and len(rows[0]) > 1 else [row[0] for row in rows]
    kind = as_number(reader.single(arguments[2])) if len(arguments) > 2 else 1
    return _found(reader.single(arguments[0]), keys, exact=kind == 0) + 1


def _index(reader: _Reader, arguments: list[Any]) -> Any:
    where = arguments[0]
    if not isinstance(where, _Range):
        return reader.single(where)
    row = int(as_number(reader.single(arguments[1]))) if len(arguments) > 1 else 1
    column = int(as_number(reader.single(arguments[2]))) if len(arguments) > 2 else 1
    if len(arguments) == 2 and where.box.height == 1:
        row, column = 1, row
    if not (1 <= row <= where.box.height and 1 <= column <= where.box.width):
        raise _Failed(CellError("#REF!", "Function INDEX evaluates to an out of bounds range."))
    return reader.calculator.value(where.tab, where.box.top + row - 1, where.box.left + column - 1)


_FUNCTIONS: dict[str, Callable[[_Reader, list[Any]], Any]] = {
    "SUM": lambda reader, arguments: _whole(sum(_numbers(reader, arguments))),
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
    "ROUND": lambda reader, arguments: _whole(
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
