"""Cells and ranges: in A1 notation, and as the JSON that Google calls a GridRange. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?([1-9][0-9]{0,7})")
_LETTERS = 26


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of cells. Indexes count from 0, the ends are not part of it."""

    top: int
    left: int
    bottom: int
    right: int

    def __bool__(self) -> bool:
        return self.top < self.bottom and self.left < self.right

    def meets(self, other: Box) -> bool:
        return bool(self.within(other))

    def within(self, other: Box) -> Box:
        """What both have in common; false where that is nothing."""
        return Box(
            max(self.top, other.top),
            max(self.left, other.left),
            min(self.bottom, other.bottom),
            min(self.right, other.right),
        )

    def __str__(self) -> str:
        first, last = cell_name(self.top, self.left), cell_name(self.bottom - 1, self.right - 1)
        return first if first == last else f"{first}:{last}"


def column_letters(index: int) -> str:
    """
    The letters of the column at *index*.

    >>> column_letters(0), column_letters(25), column_letters(26), column_letters(18277)
    ('A', 'Z', 'AA', 'ZZZ')
    """
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, _LETTERS)
        letters = chr(ord("A") + rest) + letters
    return letters


def column_index(letters: str) -> int:
    """The place of the column with these letters, counted from 0."""
    index = 0
    for letter in letters.upper():
        index = index * _LETTERS + ord(letter) - ord("A") + 1
    return index - 1


def cell_name(row: int, column: int) -> str:
    return f"{column_letters(column)}{row + 1}"


def cell_at(text: str) -> tuple[int, int] | None:
    """
    Row and column of a cell; None where *text* is not one.

    >>> cell_at("B3"), cell_at("$a$1"), cell_at("B"), cell_at("A0")
    ((2, 1), (0, 0), None, None)
    """
    found = _CELL.fullmatch(text.strip())
    return (int(found[2]) - 1, column_index(found[1])) if found else None


def quoted(title: str) -> str:
    return "'" + title.replace("'", "''") + "'"


def printed(title: str, box: Box) -> str:
    """
    A range with the tab's title, always quoted: some titles look like cells.

    >>> printed("It's", Box(1, 0, 3, 2))
    "'It''s'!A2:B3"
    """
    return f"{quoted(title)}!{box}"


def grid_range(sheet_id: int, box: Box) -> dict[str, Any]:
    return {
        "sheetId": sheet_id,
        "startRowIndex": box.top,
        "endRowIndex": box.bottom,
        "startColumnIndex": box.left,
        "endColumnIndex": box.right,
    }


def box_of(grid_range: dict[str, Any], *, rows: int, columns: int) -> Box:
    """A GridRange on a tab of that size: what it leaves open reaches to the edge."""
    return Box(
        grid_range.get("startRowIndex", 0),
        grid_range.get("startColumnIndex", 0),
        grid_range.get("endRowIndex", rows),
        grid_range.get("endColumnIndex", columns),
    )
