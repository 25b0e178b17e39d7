"""The rows that the benchmarks of Google Sheets write, in editions: as they were first, and as they are later."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from bench import writers

COLUMNS = writers.COLUMNS
PAGE = writers.PAGE
FIRST, CHANGED, MORE = "first", "changed", "more"
_PRICE = 18
"""A column of money."""
_MORE = 1000


def rows(count: int, columns: int, edition: str) -> Iterator[list[Any]]:
    """
    CHANGED: one in a hundred has another text and another price. MORE: a
    thousand more at the end.
    """
    total = count + _MORE if edition == MORE else count
    for number, row in enumerate(writers.rows(total)):
        if edition == CHANGED and number % 100 == 50:
            row[1] = f"{row[1]} (won)"
            row[_PRICE] = 1.0
        yield row[:columns]


def pages(count: int, columns: int, edition: str) -> Iterator[list[Any]]:
    remaining = rows(count, columns, edition)
    while page := list(islice(remaining, PAGE)):
        yield page
