"""
A small calculator for formulas.

Enough to see that references still point where they should: numbers, texts,
`+ - * / ^ & %`, comparisons, and a handful of functions. What it does not
know shows `#NAME?`, as a misspelt function does at Google.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.google import references
from sandbox.google.areas import Area, Box
from sandbox.google.functions import FUNCTIONS
from sandbox.google.layers import Row
from sandbox.google.operands import (
    CIRCULAR,
    COMPARISONS,
    DIVIDED_BY_ZERO,
    NO_PARSE,
    NO_REFERENCE,
    WRITTEN,
    Failed,
    Range,
    Rows,
    as_number,
    as_text,
    sort_key,
    whole,
)
from sandbox.google.shifting import area_of
from sandbox.google.tab import CellError, Formula, Tab

if TYPE_CHECKING:
    from sandbox.google.book import Spreadsheet

_TOKEN = re.compile(
    r'\s*(?:(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|(?P<text>"(?:[^"]|"")*")|(?P<error>#[A-Z/0]+[!?]|#N/A)'
    r"|(?P<name>[^\W\d][\w.]*)|(?P<mark><=|>=|<>|[-+*/^&=<>%(),;{}]))\s*"
)


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
        except Failed as failed:
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
        self.cells, self._book, self._tab = calculator, book, tab
        self.row, self.column = row, column
        self._tokens = list(_tokens(formula))
        self._at = 0

    def result(self) -> Any:
        self._take("=")
        found = self._single(self._comparison())
        if self._at != len(self._tokens):
            raise Failed(NO_PARSE)
        return 0 if found is None else found

    # -- grammar, loosest first

    def _comparison(self) -> Any:
        left = self._joined()
        while (mark := self._mark()) in COMPARISONS:
            self._at += 1
            left = COMPARISONS[mark](sort_key(self._single(left)), sort_key(self._single(self._joined())))
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
                raise Failed(DIVIDED_BY_ZERO)
            left = one * other if mark == "*" else one / other
        return whole(left)

    def _power(self) -> Any:
        left = self._signed()
        while self._mark() == "^":
            self._at += 1
            try:
                left = whole(float(self._number(left)) ** self._number(self._signed()))
            except (OverflowError, ZeroDivisionError, TypeError):
                raise Failed(CellError("#NUM!", "Function POW evaluates to an out of bound result.")) from None
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
            raise Failed(NO_PARSE)
        kind, token = self._tokens[self._at]
        self._at += 1
        if kind == "reference":
            return self._range(token)
        if kind == "mark":
            return self._bracket(token)
        return self._literal(kind, token)

    def _literal(self, kind: str, token: str) -> Any:
        if kind == "number":
            return whole(float(token))
        if kind == "text":
            return token[1:-1].replace('""', '"')
        if kind == "error":
            raise Failed(WRITTEN.get(token) or CellError(token))
        return self._named(token)

    def _bracket(self, mark: str) -> Any:
        if mark != "(":
            raise Failed(NO_PARSE)
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
        raise Failed(CellError("#NAME?", f"Unknown range name: '{upper}'."))

    def _of_named(self, named: dict[str, Any]) -> Range:
        if "range" not in named:
            raise Failed(NO_REFERENCE)

        area = Area.of(named["range"])
        tab = self._book.tab(area.sheet_id)
        return Range(tab, tab.box(area))

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
        function = FUNCTIONS.get(name)
        if function is None:
            raise Failed(CellError("#NAME?", f"Unknown function: '{name}'."))
        try:
            return function(self, arguments)
        except (IndexError, TypeError, ValueError):
            wrong = f"Wrong number of arguments to {name}, or one that is no number."
            raise Failed(CellError("#N/A", wrong)) from None

    def _argument(self) -> Any:
        """An error in an argument is kept until the function looks at it."""
        if self._mark() in (",", ";", ")"):
            return None
        start = self._at
        try:
            return self._comparison()
        except Failed as failed:
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
        raise Failed(NO_PARSE)

    # -- what an operand comes to

    def _range(self, reference: references.Reference) -> Range:
        tab = self._tab if reference.title is None else self._book.tab_named(reference.title)
        if tab is None:
            raise Failed(CellError("#REF!", f"Unresolved sheet name '{reference.title}'."))
        area = area_of(reference, tab.sheet_id)
        box = tab.box(area)
        if not box:
            raise Failed(NO_REFERENCE)
        return Range(tab, box)

    def _single(self, found: Any) -> Any:
        """One value: that of a cell, or of the cell of a range that stands beside the formula."""
        if isinstance(found, CellError):
            raise Failed(found)
        if not isinstance(found, Range):
            return found
        box = found.box
        row = box.top if box.height == 1 else self.row
        column = box.left if box.width == 1 else self.column
        if not (box.top <= row < box.bottom and box.left <= column < box.right):
            raise Failed(CellError("#VALUE!", "An array value could not be found."))
        value = self.cells.value(found.tab, row, column)
        if isinstance(value, CellError):
            raise Failed(value)
        return value

    def _number(self, found: Any) -> Any:
        return as_number(self._single(found))

    single = _single

    def values(self, found: Any) -> Iterator[Any]:
        """Every value of an argument, empty cells included."""
        if isinstance(found, CellError):
            raise Failed(found)
        if not isinstance(found, Range):
            yield found
            return
        for row in self.rows(found):
            for value in row:
                if isinstance(value, CellError):
                    raise Failed(value)
                yield value

    def rows(self, found: Any) -> Rows:
        if isinstance(found, CellError):
            raise Failed(found)
        if not isinstance(found, Range):
            return [[found]]
        box = found.box
        used = Box(box.top, box.left, min(box.bottom, max(len(found.tab.values), box.top + 1)), box.right)
        return self.cells.block(found.tab, used)

    def _mark(self) -> str:
        if self._at >= len(self._tokens):
            return ""
        kind, token = self._tokens[self._at]
        return str(token) if kind == "mark" else ""

    def _take(self, mark: str) -> None:
        if self._mark() != mark:
            raise Failed(NO_PARSE)
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
