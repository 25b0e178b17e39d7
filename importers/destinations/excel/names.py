"""What worksheets and kept workbooks may be called, and Excel's limits. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import count

MAX_ROWS = 1_048_576
"""The rows of a worksheet, the header's included."""
MAX_COLUMNS = 16_384
MAX_TEXT = 32_767
"""The longest text of a cell, in UTF-16 units."""
MAX_SHEET_NAME = 31
MAX_WORKBOOK_NAME = 100

_NOT_IN_SHEETS = "[]:*?/\\"
_NOT_IN_FILES = '<>:"/\\|?*'
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?")


def sheet_name_problem(name: str) -> str | None:
    """Why Excel would refuse a worksheet of this name, as a sentence; None where it would not."""
    if not name.strip():
        return "A sheet needs a name."
    if units(name) > MAX_SHEET_NAME:
        return f"A sheet's name may have {MAX_SHEET_NAME} characters; {name!r} has {units(name)}."
    if any(character in _NOT_IN_SHEETS for character in name) or _UNPRINTABLE.search(name):
        return f"A sheet's name may not contain any of {' '.join(_NOT_IN_SHEETS)} nor line breaks."
    if name[0] == "'" or name[-1] == "'":
        return "A sheet's name may not begin or end with an apostrophe."
    if name.casefold() == "history":
        return f"Excel keeps the name {name!r} for itself."
    return None


def free_sheet_name(wanted: str, taken: Iterable[str]) -> str:
    """
    *wanted*, or "wanted (2)", "wanted (3)" and so on when it is taken.

    Upper and lower case count as the same, as in Excel; a long name is
    shortened so that the number fits.
    """
    used = {name.casefold() for name in taken}
    if wanted.casefold() not in used:
        return wanted
    numbered = (_with_number(wanted, number) for number in count(2))
    return next(name for name in numbered if name.casefold() not in used)


def sheet_of_removed(name: str) -> str:
    """The sheet for the rows that leave the one called *name*."""
    return _with_ending(name, " (removed)")


def workbook_name_problem(name: str) -> str | None:
    """Why a kept workbook cannot be called this, as a sentence that says what is allowed."""
    if not name.strip():
        return "A workbook needs a name."
    if len(name) > MAX_WORKBOOK_NAME or len(name.encode(errors="replace")) > 2 * MAX_WORKBOOK_NAME:
        return f"A workbook's name may have {MAX_WORKBOOK_NAME} characters; this one has {len(name)}."
    if any(character in _NOT_IN_FILES for character in name) or _UNPRINTABLE.search(name):
        return f"A workbook's name may not contain any of {' '.join(_NOT_IN_FILES)} nor line breaks."
    if name != name.strip() or name[0] in ".~" or name[-1] == ".":
        return "A workbook's name may not begin with a dot or a tilde, end with a dot, nor have spaces around it."
    if _DEVICES.fullmatch(name):
        return f"Windows keeps the name {name!r} for a device, so nobody could download it there."
    if name.casefold().endswith((".xlsx", ".xlsm", ".xls")):
        return "A workbook's name is given without its ending; .xlsx is added."
    return None


def units(text: str) -> int:
    """The length of a text as Excel counts it: in UTF-16 units."""
    return len(text) + sum(character > "\uffff" for character in text)


def column_letters(index: int) -> str:
    """The letters of the column at *index*, which counts from 0: A, B, ..., Z, AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _with_number(name: str, number: int) -> str:
    return _with_ending(name, f" ({number})")


def _with_ending(name: str, ending: str) -> str:
    while units(name) > MAX_SHEET_NAME - len(ending):
        name = name[:-1]
    return name.rstrip() + ending
