"""
What formulas come to: enough arithmetic to see whether a reference still points where it did.

Numbers, texts, `+ - * / ^ & %`, comparisons, brackets, references and a few
functions. A function that is not known here comes to #NAME?, though Google
may know it; a formula that cannot be read comes to #ERROR!.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator
from typing import Any
from weakref import WeakKeyDictionary

from sandbox.google import references
from sandbox.google.book import Formula, Spreadsheet, Tab
from sandbox.google.references import LOST, Reference
from sandbox.google.shown import general
from sandbox.google.tab import CellError

_Where = tuple[int, int, int]
_Kept = tuple[int, dict[_Where, Any]]

_kept: WeakKeyDictionary[Spreadsheet, _Kept] = WeakKeyDictionary()
"""Of every spreadsheet what was computed since it last changed."""

_TOKEN = re.compile(
    r'\s*(?:(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)|"(?P<text>(?:[^"]|"")*)"|(?P<lost>#REF!)'
    r"|(?P<name>[A-Za-z_][\w.]*)|(?P<sign><>|<=|>=|[-+*/^&=<>%(),;]))",
    re.ASCII,
)
_DEEPEST = 200
_CIRCULAR = CellError("#REF!", "Circular dependency detected.")


class _Unreadable(Exception):
    """No formula that anybody could compute."""


class _Failed(Exception):
    """The formula comes to an error."""

    def __init__(self, error: CellError) -> None:
        super().__init__(str(error))
        self.error = error


def effective(book: Spreadsheet, tab: Tab, row: int, column: int) -> Any:
    """The value of a cell: of a formula what it comes to, a CellError included."""
    value = tab.value(row, column)
    if not isinstance(value, Formula):
        return value
    version, known = _kept.get(book, (-1, {}))
    if version != book.version:
        known = {}
        _kept[book] = book.version, known
    return _Reckoner(book, known).cell(tab, row, column)


class _Reckoner:
    def __init__(self, book: Spreadsheet, known: dict[_Where, Any]) -> None:
        self._book = book
        self._known = known
        self._under_way: set[_Where] = set()

    def cell(self, tab: Tab, row: int, column: int) -> Any:
        value = tab.value(row, column)
        if not isinstance(value, Formula):
            return value
        where = (tab.sheet_id, row, column)
        if where not in self._known:
            if where in self._under_way or len(self._under_way) > _DEEPEST:
                return _CIRCULAR
            self._under_way.add(where)
            self._known[where] = self._formula(tab, value)
            self._under_way.discard(where)
        return self._known[where]

    def _formula(self, tab: Tab, formula: Formula) -> Any:
        try:
            value = _Reading(self, tab, formula).result()
        except _Failed as failure:
            return failure.error
        except _Unreadable:
            return CellError("#ERROR!", "Formula parse error.")
        return value[0] if isinstance(value, list) else value

    def cells(self, tab: Tab, reference: Reference) -> list[Any]:
        """The values it refers to, of ranges with nothing where nothing is. Raises _Failed for a tab that is gone."""
        target = tab if reference.title is None else self._book.tab_named(reference.title)
        if target is None:
            raise _Failed(CellError(LOST, "Unresolved sheet name"))
        top, left = reference.top.index or 0, reference.left.index or 0
        bottom = len(target.values) - 1 if reference.bottom.index is None else reference.bottom.index
        right = target.columns - 1 if reference.right.index is None else reference.right.index
        if not reference.is_range:
            return [self.cell(target, top, left)]
        bottom = min(bottom, len(target.values) - 1)
        return [self.cell(target, row, column) for row in range(top, bottom + 1) for column in range(left, right + 1)]


class _Reading:
    """One formula, read from left to right."""

    def __init__(self, reckoner: _Reckoner, tab: Tab, formula: Formula) -> None:
        self._reckoner = reckoner
        self._tab = tab
        self._tokens = list(_tokens(formula))
        self._at = 0

    def result(self) -> Any:
        value = self._comparison()
        if self._at != len(self._tokens):
            raise _Unreadable
        return 0 if value is None else value

    def _peek(self) -> Any:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _take(self, *signs: str) -> str | None:
        found = self._peek()
        if isinstance(found, _Sign) and found in signs:
            self._at += 1
            return str(found)
        return None

    def _comparison(self) -> Any:
        value = self._joined()
        while sign := self._take("=", "<>", "<", ">", "<=", ">="):
            value = _compared(sign, _one(value), _one(self._joined()))
        return value

    def _joined(self) -> Any:
        value = self._sum()
        while self._take("&"):
            value = _text(value) + _text(self._sum())
        return value

    def _sum(self) -> Any:
        value = self._product()
        while sign := self._take("+", "-"):
            value = _whole(_SUMS[sign](_number(value), _number(self._product())))
        return value

    def _product(self) -> Any:
        value = self._signed()
        while sign := self._take("*", "/"):
            other = _number(self._signed())
            if sign == "/" and other == 0:
                raise _Failed(CellError("#DIV/0!", "Function DIVIDE parameter 2 cannot be zero."))
            value = _whole(_number(value) * other if sign == "*" else _number(value) / other)
        return value

    def _signed(self) -> Any:
        if self._take("-"):
            return _whole(-_number(self._signed()))
        if self._take("+"):
            return self._signed()
        return self._power()

    def _power(self) -> Any:
        value = self._thing()
        while True:
            if self._take("%"):
                value = _whole(_number(value) / 100)
            elif self._take("^"):
                value = _raised(_number(value), _number(self._signed()))
            else:
                return value

    def _thing(self) -> Any:
        found = self._peek()
        self._at += 1
        if isinstance(found, _Sign):
            if found != "(":
                raise _Unreadable
            value = self._comparison()
            self._expect(")")
            return value
        if isinstance(found, Reference):
            return self._reckoner.cells(self._tab, found) if found.is_range else _passed(self._value_at(found))
        if isinstance(found, _Name):
            return self._named(found)
        if found is None:
            raise _Unreadable
        return _passed(found)

    def _value_at(self, reference: Reference) -> Any:
        return self._reckoner.cells(self._tab, reference)[0]

    def _named(self, name: str) -> Any:
        if name.upper() in ("TRUE", "FALSE") and not self._take("("):
            return name.upper() == "TRUE"
        if not self._take("("):
            raise _Failed(CellError("#NAME?", f"Unknown range name: '{name.upper()}'."))
        given = []
        while not self._take(")"):
            given.append(self._comparison())
            if not self._take(",", ";") and not (isinstance(self._peek(), _Sign) and self._peek() == ")"):
                raise _Unreadable
        function = _FUNCTIONS.get(name.upper())
        if function is None:
            raise _Failed(CellError("#NAME?", f"Unknown function: '{name.upper()}'."))
        if not given:
            raise _Failed(CellError("#N/A", f"Wrong number of arguments to {name.upper()}."))
        return function(given)

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise _Unreadable


class _Sign(str):
    __slots__ = ()


class _Name(str):
    __slots__ = ()


def _tokens(formula: str) -> Iterator[Any]:
    for place, part in enumerate(references.parts(formula)):
        if isinstance(part, Reference):
            yield part
        else:
            yield from _signs(part[1:] if place == 0 else part)


def _signs(text: str) -> Iterator[Any]:
    at, text = 0, text.rstrip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise _Unreadable
        at = found.end()
        if found["number"]:
            yield _whole(float(found["number"]))
        elif found["text"] is not None:
            yield found["text"].replace('""', '"')
        elif found["lost"]:
            yield CellError(LOST, "Reference does not exist.")
        else:
            yield _Name(found["name"]) if found["name"] else _Sign(found["sign"])


# -- values ------------------------------------------------------------------------------------

_SUMS: dict[str, Callable[[Any, Any], Any]] = {"+": operator.add, "-": operator.sub}
_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "<>": operator.ne, "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge,
}  # fmt: skip


def _passed(value: Any) -> Any:
    """Errors spread."""
    if isinstance(value, CellError):
        raise _Failed(value)
    return value


def _one(value: Any) -> Any:
    return _passed(value[0] if isinstance(value, list) and value else None if isinstance(value, list) else value)


def _number(value: Any) -> float:
    value = _one(value)
    if value is None:
        return 0
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str):
        try:
            return _whole(float(value))
        except ValueError:
            message = (
                f"Function parameter expects number values. But '{value}' is a text and cannot be coerced to a number."
            )
            raise _Failed(CellError("#VALUE!", message)) from None
    found: float = value
    return found


def _text(value: Any) -> str:
    value = _one(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return general(value, "en_US")
    return "" if value is None else str(value)


def _whole(value: float) -> float:
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) <= 2**53 else value


def _raised(base: float, power: float) -> float:
    try:
        value = float(base) ** float(power)
    except (OverflowError, ZeroDivisionError):
        value = 0j
    if isinstance(value, complex):
        raise _Failed(CellError("#NUM!", "Function POWER cannot be computed."))
    return _whole(value)


def _compared(sign: str, one: Any, other: Any) -> bool:
    ranks = [2 if isinstance(each, bool) else 1 if isinstance(each, str) else 0 for each in (one, other)]
    if ranks[0] != ranks[1]:
        return _COMPARED[sign](*ranks)
    if ranks[0] == 1:
        return _COMPARED[sign](one.casefold(), other.casefold())
    return _COMPARED[sign](one or 0, other or 0)


def _flat(given: list[Any]) -> Iterator[Any]:
    for each in given:
        yield from map(_passed, each) if isinstance(each, list) else (each,)


def _numbers(given: list[Any]) -> list[float]:
    """In ranges only numbers count; what is written out must be one."""
    found: list[float] = []
    for each in given:
        if isinstance(each, list):
            found += [
                cell for cell in map(_passed, each) if isinstance(cell, int | float) and not isinstance(cell, bool)
            ]
        else:
            found.append(_number(each))
    return found


def _average(given: list[Any]) -> float:
    numbers = _numbers(given)
    if not numbers:
        raise _Failed(CellError("#DIV/0!", "Evaluation of function AVERAGE caused a divide by zero error."))
    return _whole(sum(numbers) / len(numbers))


def _if(given: list[Any]) -> Any:
    chosen = 1 if _number(given[0]) else 2
    return _one(given[chosen]) if chosen < len(given) else False


_FUNCTIONS: dict[str, Callable[[list[Any]], Any]] = {
    "SUM": lambda given: _whole(sum(_numbers(given))),
    "AVERAGE": _average,
    "MIN": lambda given: min(_numbers(given), default=0),
    "MAX": lambda given: max(_numbers(given), default=0),
    "COUNT": lambda given: len(_numbers(given)),
    "COUNTA": lambda given: sum(each is not None for each in _flat(given)),
    "CONCATENATE": lambda given: "".join(map(_text, _flat(given))),
    "HYPERLINK": lambda given: _text(given[-1]),
    "IF": _if,
}
