"""Google's limits, and what tabs may be called. Pure."""

from __future__ import annotations

import re

MAX_CELLS = 10_000_000
"""Of a spreadsheet, all tabs together, the empty ones included."""
MAX_COLUMNS = 18_278
MAX_TEXT = 50_000
"""The longest text of a cell, in UTF-16 units."""
MAX_TITLE = 100
MAX_REQUESTS = 100_000
"""In one batch."""
MOST_FROZEN_ROWS = 10
"""Google would freeze more of them, but a window has hardly more."""

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_OF_REMOVED = " (removed)"


def frozen_rows(head: int) -> int:
    """How many rows to freeze where the headers are in row *head*: none where so many would leave nothing to scroll."""
    return head + 1 if head < MOST_FROZEN_ROWS else 0


def title_problem(title: str) -> str | None:
    """Why a tab cannot have this title, as a sentence; None where it can."""
    if not title.strip():
        return "A tab needs a name."
    if units(title) > MAX_TITLE:
        return f"A tab's name may have {MAX_TITLE} characters; this one has {units(title)}."
    if _UNPRINTABLE.search(title):
        return "A tab's name may not contain line breaks or other characters that cannot be seen."
    return None


def title_of_removed(title: str) -> str:
    """The tab for the rows that leave the one called *title*."""
    while units(title) > MAX_TITLE - len(_OF_REMOVED):
        title = title[:-1]
    return title.rstrip() + _OF_REMOVED


def units(text: str) -> int:
    """The length of a text as Google counts it: in UTF-16 units."""
    return len(text) + sum(character > "\uffff" for character in text)
