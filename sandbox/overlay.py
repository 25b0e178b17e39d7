"""
What lies over the records as they were made: those of one kind that were
added, changed or deleted since, each written down whole.

Nothing lies over a company that did not change, and costs it nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.customs import labelled
from sandbox.fields import Field
from sandbox.kinds import Kind, Row
from sandbox.shelf import PLAIN, Fact, Shelf, View

_KEY = 40


class Overlay:
    """The written-down records of one kind, laid over all of its shelves."""

    def __init__(self, kind: Kind, shelves: Mapping[str, Shelf], fields: Callable[[], tuple[Field, ...]]) -> None:
        self._kind = kind
        self._shelves = {name: shelves[name] for name in kind.shelves}
        self._fields = fields
        self.records: dict[int, Row] = {}
        first = next(iter(self._shelves.values()))
        self._made, self._optional = first.row, first.optional
        self._last_made = max((shelf.ids[-1] for shelf in self._shelves.values() if len(shelf)), default=0)
        self.newest = self._last_made
        for shelf in self._shelves.values():
            shelf.row, shelf.facts = self.row, {name: self._over(name, fact) for name, fact in shelf.facts.items()}

    def exists(self, number: int) -> bool:
        """Whether there is, or was, such a record."""
        return number in self.records or any(number in shelf.ids for shelf in self._shelves.values())

    def whole(self, number: int) -> Row:
        """The record as it stands now, for its successor to be made of; not to be changed itself."""
        return self.records[number] if number in self.records else self._made(number, PLAIN)

    def shape(self) -> Row:
        """A record with nothing in it."""
        codes = (field.code for field in self._fields() if field.is_custom)
        empty: Row = dict.fromkeys(name for name in self._made(1, PLAIN) if len(name) < _KEY)
        return {**empty, "custom_fields": dict.fromkeys(codes)} if "custom_fields" in empty else empty

    def write(self, number: int, record: Row) -> None:
        """Put a record in the place of the one with that number, or beside them all."""
        for shelf in self._shelves.values():
            shelf.take_off(number)
        self.records[number] = record
        self.newest = max(self.newest, number)
        for name, shelf in self._shelves.items():
            if self._kind.shelves[name](record):
                shelf.put_on(number)

    # what shelves show --------------------------------------------------------------------

    def row(self, number: int, view: View) -> Row:
        record = self.records.get(number)
        return self._made(number, view) if record is None else self._shown(number, record, view)

    def _over(self, name: str, made: Fact) -> Fact:
        records = self.records

        def fact(number: int) -> Any:
            record = records.get(number)
            return made(number) if record is None else _as_fact(name, record.get(name))

        return fact

    def _shown(self, number: int, record: Row, view: View) -> Row:
        custom = {field.code: field for field in self._fields() if field.is_custom}
        shown = {name: value for name, value in record.items() if len(name) < _KEY or name[:_KEY] in custom}
        for name in view.include:
            shown[name] = self._optional_value(name, number)
        if view.labels:
            shown["labels"] = self._labels(record["label_ids"])
        if "custom_fields" in record:
            shown["custom_fields"] = _values(custom, record["custom_fields"], view)
        return shown

    def _optional_value(self, name: str, number: int) -> Any:
        """Who was added later has nothing to count yet."""
        if number <= self._last_made:
            return self._optional[name](number)
        return 0 if name.endswith("_count") else None

    def _labels(self, wanted: list[int]) -> list[Row]:
        options = next(field.options for field in self._fields() if field.code == "label_ids")
        known = {option.id: option.label for option in options}
        return [{"id": number, "label": known[number]} for number in wanted if number in known]


def _values(custom: Mapping[str, Field], held: Row, view: View) -> Row:
    """All values, null where unset, or those asked for only. What a deleted field held is gone with it."""
    wanted = [field for code, field in custom.items() if view.custom is None or code in view.custom]
    return {
        field.code: labelled(field, held.get(field.code)) if view.option_labels else held.get(field.code)
        for field in wanted
    }


def _as_fact(name: str, value: Any) -> Any:
    """A value as lists are filtered and sorted by: moments as v2 writes them, flags as numbers."""
    if name.endswith("_time") and isinstance(value, str):
        return f"{value[:10]}T{value[11:19]}Z"
    return int(value) if name.endswith("_flag") else value
