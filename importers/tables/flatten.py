"""A page of records becomes a page of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from importers.model import Cell, Row
from importers.tables.values import Make, text

Record = Mapping[str, Any]
Path = tuple[str, ...]
"""Names to follow from the record inwards; the empty path is the record itself."""


@dataclass(frozen=True, slots=True)
class Getter:
    """Where a column's values lie, and how each becomes a cell. A value that is not there is None."""

    path: Path
    make: Make


class Shaper:
    """
    Turns records into rows, one cell per getter, one row per record, in order.

    It works column by column: the choices a column needs are made once, and
    what is left for every cell is one look-up and one call.
    """

    def __init__(self, getters: Sequence[Getter]) -> None:
        self._getters = tuple(getters)

    def rows(self, records: Sequence[Record]) -> list[Row]:
        if not self._getters:
            return [() for _ in records]
        plucked: dict[Path, Sequence[Any]] = {(): records}
        columns = [_cells(pluck(plucked, getter.path), getter.make) for getter in self._getters]
        return list(zip(*columns, strict=True))


def pluck(plucked: dict[Path, Sequence[Any]], path: Path) -> Sequence[Any]:
    """The values at *path*, one per record; *plucked* remembers what was read on the way there."""
    found = plucked.get(path)
    if found is None:
        found = plucked[path] = _step(pluck(plucked, path[:-1]), path[-1])
    return found


def _step(parents: Sequence[Any], name: str) -> list[Any]:
    return [parent.get(name) if parent.__class__ is dict else None for parent in parents]


def _cells(values: Sequence[Any], make: Make) -> list[Cell]:
    try:
        return [None if value is None else make(value) for value in values]
    except _MISSHAPEN:
        return [None if value is None else _cell(value, make) for value in values]


def _cell(value: Any, make: Make) -> Cell:
    """A value of a shape its column never heard of becomes text: no reason to lose it, let alone the whole table."""
    try:
        return make(value)
    except _MISSHAPEN:
        return text(value)


_MISSHAPEN = (TypeError, ValueError, AttributeError, LookupError, ArithmeticError)
