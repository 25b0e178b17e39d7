"""
References inside formulas: found, moved, printed again. Pure.

A formula is taken apart into texts and references; whoever moves cells says
what becomes of each reference, everything else stays as typed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from sandbox.google import a1
from sandbox.google.a1 import column_index, column_letters

LOST = "#REF!"
"""What stands where a reference lost what it refers to."""

_TITLE = r"(?:'(?P<quoted>(?:[^']|'')+)'|(?P<plain>[^\W\d][\w.]*))!"
_CELL = r"\$?[A-Za-z]{1,3}\$?[1-9]\d{0,6}"
_COLUMN = r"\$?[A-Za-z]{1,3}"
_LINE = r"\$?[1-9]\d{0,6}"
_RANGE = rf"{_CELL}:(?:{_CELL}|{_COLUMN}|{_LINE})|{_COLUMN}:(?:{_CELL}|{_COLUMN})|{_LINE}:(?:{_CELL}|{_LINE})|{_CELL}"
_TOKEN = re.compile(
    rf'"(?:[^"]|"")*"|(?<![\w.$#!:\'])(?:{_TITLE})?(?P<cells>{_RANGE})(?![\w(.!:$])'
    rf"|(?<![\w.$!'])(?P<name>[^\W\d][\w.]*)(?![\w(!'])",
    re.UNICODE,
)
_CORNER = re.compile(r"(?P<c>\$?)(?P<column>[A-Za-z]{1,3})?(?P<r>\$?)(?P<row>\d+)?")


@dataclass(frozen=True, slots=True)
class Edge:
    """A row or a column of a reference, counted from 0; None leaves the reference open there."""

    index: int | None
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Reference:
    """Cells a formula refers to. Without a title they are on the formula's own tab. Both ends are included."""

    title: str | None
    top: Edge
    left: Edge
    bottom: Edge
    right: Edge
    is_range: bool

    def __str__(self) -> str:
        start = _corner(self.top, self.left)
        where = "" if self.title is None else f"{a1.quoted(self.title)}!"
        return f"{where}{start}:{_corner(self.bottom, self.right)}" if self.is_range else f"{where}{start}"


Change = Callable[[Reference], "Reference | None"]
"""What a reference becomes; None when it lost what it refers to."""


@lru_cache(maxsize=50_000)
def parts(formula: str) -> tuple[str | Reference, ...]:
    """The formula taken apart: texts as typed, and references."""
    found: list[str | Reference] = []
    end = 0
    for token in _TOKEN.finditer(formula):
        if token["cells"] is None:
            continue
        reference = _read(token)
        if reference is not None:
            found += [formula[end : token.start()], reference]
            end = token.end()
    return (*found, formula[end:])


def rewritten(formula: str, change: Change) -> str:
    """The formula with every reference changed; itself, as typed, when nothing changes."""
    pieces = parts(formula)
    if len(pieces) == 1:
        return formula
    changed = False
    texts = []
    for piece in pieces:
        if isinstance(piece, str):
            texts.append(piece)
            continue
        became = change(piece)
        changed = changed or became != piece
        texts.append(LOST if became is None else str(became))
    return "".join(texts) if changed else formula


def offset(formula: str, rows: int, columns: int) -> str:
    """The formula as it reads when copied so many rows down and columns to the right."""
    if not rows and not columns:
        return formula
    return rewritten(formula, lambda reference: _offset(reference, rows, columns))


def retitled(formula: str, old: str, new: str) -> str:
    """The formula after the tab *old* was given another title."""
    wanted = old.casefold()

    def change(reference: Reference) -> Reference:
        is_meant = reference.title is not None and reference.title.casefold() == wanted
        return replace(reference, title=new) if is_meant else reference

    return rewritten(formula, change)


def renamed(formula: str, old: str, new: str) -> str:
    """The formula after the named range *old* was given another name."""
    wanted = old.casefold()
    texts, end = [], 0
    for token in _TOKEN.finditer(formula):
        if token["name"] is not None and token["name"].casefold() == wanted:
            texts += [formula[end : token.start()], new]
            end = token.end()
    return "".join([*texts, formula[end:]])


def _read(token: re.Match[str]) -> Reference | None:
    start_text, colon, end_text = token["cells"].partition(":")
    start, end = _edges(start_text), _edges(end_text or start_text)
    title = token["quoted"].replace("''", "'") if token["quoted"] is not None else token["plain"]
    top, bottom = _ordered(start[0], end[0])
    left, right = _ordered(start[1], end[1])
    if (top.index is None and left.index is None) or any(
        edge.index is not None and edge.index >= a1.MOST_COLUMNS for edge in (left, right)
    ):
        return None
    return Reference(title, top, left, bottom, right, bool(colon))


def _edges(text: str) -> tuple[Edge, Edge]:
    found = _CORNER.fullmatch(text)
    if found is None:
        return Edge(None), Edge(None)
    only_row = found["column"] is None
    row = None if found["row"] is None else int(found["row"]) - 1
    column = None if found["column"] is None else column_index(found["column"])
    fixed_row = bool(found["r"]) or (only_row and bool(found["c"]))
    return Edge(row, fixed_row and row is not None), Edge(column, bool(found["c"]) and column is not None)


def _ordered(one: Edge, other: Edge) -> tuple[Edge, Edge]:
    """First edge, last edge; an open one is last, as in `A2:A`."""
    if one.index is None and other.index is not None:
        return other, one
    if one.index is not None and other.index is not None and other.index < one.index:
        return other, one
    return one, other


def _corner(row: Edge, column: Edge) -> str:
    text = "" if column.index is None else ("$" if column.fixed else "") + column_letters(column.index)
    return text if row.index is None else text + ("$" if row.fixed else "") + str(row.index + 1)


def _offset(reference: Reference, rows: int, columns: int) -> Reference | None:
    top, bottom = _pushed(reference.top, rows), _pushed(reference.bottom, rows)
    left, right = _pushed(reference.left, columns), _pushed(reference.right, columns)
    edges = (top, bottom, left, right)
    if any(edge.index is not None and edge.index < 0 for edge in edges):
        return None
    if any(edge.index is not None and edge.index >= a1.MOST_COLUMNS for edge in (left, right)):
        return None
    top, bottom = _ordered(top, bottom)
    left, right = _ordered(left, right)
    return replace(reference, top=top, bottom=bottom, left=left, right=right)


def _pushed(edge: Edge, by: int) -> Edge:
    return edge if edge.fixed or edge.index is None else Edge(edge.index + by)
