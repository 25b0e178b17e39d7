"""
A1 notation, read and printed: `Sheet1!A1:B2`, `'It''s: a/b?'!A:A`, `1:3`, `A5:A`, `R1C1:R2C2`.

Pure: what a name means is for those to say who know the tabs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sandbox.google.areas import Box

MOST_COLUMNS = 18_278
"""As many as three letters can name."""

_CELL = re.compile(r"\$?([A-Za-z]{1,3})?\$?([1-9][0-9]{0,7})?", re.ASCII)
_R1C1 = re.compile(r"[Rr]([1-9][0-9]{0,7})[Cc]([1-9][0-9]{0,4})", re.ASCII)
_QUOTED = re.compile(r"'((?:[^']|'')*)'(?:!(.*))?", re.DOTALL)
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_LIKE_A_CELL = re.compile(r"[A-Za-z]{1,3}[0-9]+|[Rr][0-9]*[Cc]?[0-9]*|[Cc][0-9]*|true|false", re.ASCII | re.IGNORECASE)


class NotARangeError(ValueError):
    """The text names no cells."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells as written, counted from 0, ends not included; an end of None is the edge of the grid."""

    top: int = 0
    left: int = 0
    bottom: int | None = None
    right: int | None = None

    @property
    def is_one_cell(self) -> bool:
        return self.bottom == self.top + 1 and self.right == self.left + 1

    def starts_within(self, rows: int, columns: int) -> bool:
        return self.top < rows and self.left < columns

    def within(self, rows: int, columns: int) -> Box:
        """The same as far as a grid of *rows* x *columns* has them."""
        bottom = rows if self.bottom is None else min(self.bottom, rows)
        right = columns if self.right is None else min(self.right, columns)
        return Box(self.top, self.left, bottom, right)


@dataclass(frozen=True, slots=True)
class Reference:
    """
    A range as written. Without a title it may be cells of the first visible
    tab, a named range or a tab's bare name: `cells` tells the first apart.
    """

    text: str
    title: str | None
    rest: str | None
    """What stands for the cells: behind the exclamation mark, or the whole text when there is none."""

    @property
    def cells(self) -> Cells | None:
        """None when `rest` does not write any."""
        return None if self.rest is None else cells_of(self.rest)


def read(text: str) -> Reference:
    """
    *text* taken apart. A title in quotes may hold anything, quotes doubled;
    without quotes it ends at the last exclamation mark.

    Raises NotARangeError.
    """
    if text.startswith("'"):
        found = _QUOTED.fullmatch(text)
        if found is None or not found[1]:
            raise NotARangeError(text)
        return Reference(text, found[1].replace("''", "'"), found[2])
    title, mark, rest = text.rpartition("!")
    if mark and not title:
        raise NotARangeError(text)
    return Reference(text, title if mark else None, rest)


def cells_of(text: str) -> Cells | None:
    """The cells that *text* writes, without a tab; None when it is something else."""
    start_text, colon, end_text = text.partition(":")
    start = _corner(start_text)
    end = _corner(end_text) if colon else start
    if start is None or end is None:
        return None
    if not colon and None in start:
        return None
    return _spanned(start, end)


def column_letters(index: int) -> str:
    """`A` for 0, `AA` for 26."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_index(letters: str) -> int:
    """0 for `A`, 26 for `AA`."""
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1


def quoted(title: str) -> str:
    """*title* as it stands in a range: in quotes only when it would be misread without."""
    if _PLAIN.fullmatch(title) and not _LIKE_A_CELL.fullmatch(title):
        return title
    return "'" + title.replace("'", "''") + "'"


def cell(row: int, column: int) -> str:
    return f"{column_letters(column)}{row + 1}"


def printed(title: str, box: Box) -> str:
    """The range as answers show it."""
    start, end = cell(box.top, box.left), cell(box.bottom - 1, box.right - 1)
    return f"{quoted(title)}!{start}" if start == end else f"{quoted(title)}!{start}:{end}"


def _corner(text: str) -> tuple[int | None, int | None] | None:
    """Row and column of `A1`, `A` or `1`; None when *text* is no corner."""
    found = _R1C1.fullmatch(text)
    if found is not None:
        return int(found[1]) - 1, int(found[2]) - 1
    found = _CELL.fullmatch(text)
    if found is None or not (found[1] or found[2]):
        return None
    return int(found[2]) - 1 if found[2] else None, column_index(found[1]) if found[1] else None


def _spanned(start: tuple[int | None, int | None], end: tuple[int | None, int | None]) -> Cells | None:
    rows, columns = _ends(start[0], end[0]), _ends(start[1], end[1])
    has_no_direction = rows == (0, None) and columns == (0, None)
    return None if has_no_direction else Cells(rows[0], columns[0], rows[1], columns[1])


def _ends(one: int | None, other: int | None) -> tuple[int, int | None]:
    """From where to where: a side that names no row (or column) leaves that end open."""
    if one is None or other is None:
        return one if one is not None else other if other is not None else 0, None
    return min(one, other), max(one, other) + 1
