"""Whether two tables get in each other's way, as far as their targets tell. Pure."""

from __future__ import annotations

from itertools import count

from importers.destinations.google_sheets.a1 import cell_at
from importers.destinations.google_sheets.names import MAX_TITLE, units
from importers.model import Target


def is_same_place(one: Target, other: Target) -> bool:
    """Whether both begin in the same cell. Ids tell upper from lower case, titles of tabs do not."""
    return _is_same_tab(one, other) and _start(one) == _start(other)


def overlap(one: Target, width: int | None, other: Target, other_width: int | None) -> bool:
    """
    Whether they would have columns in common. Rows do not part them: each
    table grows downwards. False where it is not known how wide they are.
    """
    if not _is_same_tab(one, other) or width is None or other_width is None:
        return False
    (_, left), (_, other_left) = _start(one), _start(other)
    return left < other_left + other_width and other_left < left + width


def free_title(wanted: str, taken: frozenset[str]) -> str:
    """*wanted*, or with a number behind it, such that it is not among *taken* (in lower case)."""
    titles = (_numbered(wanted, number) for number in count(1))
    return next(title for title in titles if title.casefold() not in taken)


def _numbered(title: str, number: int) -> str:
    ending = f" ({number})" if number > 1 else ""
    while units(title) + len(ending) > MAX_TITLE:
        title = title[:-1]
    return title + ending


def _is_same_tab(one: Target, other: Target) -> bool:
    places = [(target.kind, target.place, target.sheet.strip().casefold()) for target in (one, other)]
    return bool(one.place) and places[0] == places[1]


def _start(target: Target) -> tuple[int, int]:
    return cell_at(target.start) or (0, 0)
