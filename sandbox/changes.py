"""
What happens to the company while somebody reads it.

    world.changes.create("deal", title="Twelve trikes")      the number of the new one
    world.changes.change("deal", 17, status="won")
    world.changes.merge("deal", 17, into=18)
    world.changes.delete("person", 5)
    world.changes.rename_field("deal", code, "Colour")
    world.changes.mail_arrives(3)

Each is dated by the world's clock, in whole seconds, so several may carry the
same moment. Names that other records show of a changed one as text (the deal
beside a note) stay as they were made; ids follow.
"""

from __future__ import annotations

import re
import threading
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sandbox import fields, moments
from sandbox.fields import Field, Option
from sandbox.kinds import KINDS, Row
from sandbox.overlay import Overlay

if TYPE_CHECKING:
    from sandbox.moments import Present
    from sandbox.world import World

_KEPT = 200
_OWN = re.compile(r"id|custom_fields|(?!expected).*_(time|date)")
"""What says how a record came about, and is no part of what merging takes over."""


class NoSuchRecordError(LookupError):
    """There is no record of that number, or no field of that code, to change."""


@dataclass(frozen=True)
class Change:
    """One thing that happened: *what* to the record *number* of *kind*, or to one of its fields."""

    kind: str
    number: int | str
    what: str
    moment: str


class Changes:
    """
    Changes a world. Whoever reads it holds `lock` for as long as one answer
    takes: an answer shows the company before or after a change, never between.
    """

    def __init__(self, world: World, now: Present) -> None:
        self._world, self._now = world, now
        self._overlays: dict[str, Overlay] = {}
        self.lock = threading.RLock()
        self.count = 0
        self.latest: deque[Change] = deque(maxlen=_KEPT)

    # records ------------------------------------------------------------------------------

    def create(self, kind: str, /, **values: Any) -> int:
        """A new record; its number is above all there were."""
        with self.lock:
            overlay, rules, moment = self._overlay(kind), KINDS[kind], self._now()
            number, written = overlay.newest + 1, rules.write(moment)
            record = {**overlay.shape(), **rules.blank, "id": rules.identify(number)}
            record |= {"add_time": written, "update_time": written}
            record |= rules.follow(record, values, written)
            overlay.write(number, _with(record, values))
            self._note(kind, number, "created", moment)
            return number

    def change(self, kind: str, number: int, /, **values: Any) -> None:
        """Give some of a record's fields other values, and it a new update_time. Custom fields go by `custom_fields`."""
        self._rewrite(kind, number, values, "changed")

    def archive(self, kind: str, number: int) -> None:
        self._rewrite(kind, number, {"is_archived": True}, "archived")

    def unarchive(self, kind: str, number: int) -> None:
        self._rewrite(kind, number, {"is_archived": False}, "unarchived")

    def delete(self, kind: str, number: int) -> None:
        """A deal is then among the deleted ones, everything else in no list any more."""
        self._rewrite(kind, number, dict(KINDS[kind].gone), "deleted")

    def restore(self, kind: str, number: int) -> None:
        """Bring a deleted record back, as one can in the vendor's pages; a deal with the status it had."""
        with self.lock:
            status = {"status": _status(self.record(kind, number))} if kind == "deal" else {}
            self._rewrite(kind, number, {**KINDS[kind].back, **status}, "restored")

    def merge(self, kind: str, number: int, *, into: int) -> None:
        """
        As the vendor's tutorials say: *number* is removed, what *into* lacks
        is taken over from it, and what hung on it hangs on *into*.
        """
        with self.lock:
            loser, keeper = self.record(kind, number), self.record(kind, into)
            self._rewrite(kind, into, _lacking(keeper, loser), "merged")
            for other, link in KINDS[kind].links:
                self._relink(other, link, number, into)
            self.delete(kind, number)

    def record(self, kind: str, number: int) -> Row:
        """The whole record as it stands, deleted or not. Raises NoSuchRecordError."""
        overlay = self._overlay(kind)
        if not overlay.exists(number):
            raise NoSuchRecordError(f"There is no {kind} {number}.")
        return overlay.whole(number)

    def _overlay(self, kind: str) -> Overlay:
        if kind not in self._overlays:
            rules = KINDS[kind]
            self._overlays[kind] = Overlay(rules, self._world.shelves, lambda: self._world.fields[rules.fields])
        return self._overlays[kind]

    def _rewrite(self, kind: str, number: int, values: Row, what: str) -> None:
        with self.lock:
            rules, moment = KINDS[kind], self._now()
            written, before = rules.write(moment), self.record(kind, number)
            values = {**rules.follow(before, values, written), **values}
            self._overlay(kind).write(number, {**_with(before, values), "update_time": written})
            self._note(kind, number, what, moment)

    def _relink(self, kind: str, link: str, number: int, into: int) -> None:
        for name in KINDS[kind].shelves:
            shelf = self._world.shelf(name)
            pointing = shelf.facts[link]
            for each in [each for each in shelf.ids if pointing(each) == number]:  # type: ignore[attr-defined]
                self._rewrite(kind, each, {link: into}, "changed")

    def _note(self, kind: str, number: int | str, what: str, moment: int) -> None:
        self.count += 1
        self.latest.append(Change(kind, number, what, moments.iso(moment)))

    # fields -------------------------------------------------------------------------------

    def add_field(self, entity: str, name: str, type: str = "varchar", labels: tuple[str, ...] = ()) -> str:  # noqa: A002
        """A new custom field, empty in every record; its code."""
        with self.lock:
            first = self._free_option()
            options = tuple(Option(first + place, label) for place, label in enumerate(labels))
            code = fields.hash_key(self._world.seed, entity, 1000 + self.count)
            field = Field(code, name, type, options, is_custom=True)
            self._define(entity, (*self._world.fields[entity], field), code, "field added")
            return code

    def rename_field(self, entity: str, code: str, name: str) -> None:
        self._refine(entity, replace(self._field(entity, code), name=name), "field renamed")

    def delete_field(self, entity: str, code: str) -> None:
        """It is gone from the list of fields, and its values from the records."""
        with self.lock:
            gone = self._field(entity, code)
            left = tuple(field for field in self._world.fields[entity] if field is not gone)
            self._define(entity, left, code, "field deleted")

    def add_option(self, entity: str, code: str, label: str) -> int:
        """The id of the new option."""
        with self.lock:
            field, number = self._field(entity, code), self._free_option()
            self._refine(entity, replace(field, options=(*field.options, Option(number, label))), "option added")
            return number

    def rename_option(self, entity: str, code: str, number: int | str, label: str) -> None:
        field = self._field(entity, code)
        _option(field, number)
        options = tuple(replace(option, label=label) if option.id == number else option for option in field.options)
        self._refine(entity, replace(field, options=options), "option renamed")

    def delete_option(self, entity: str, code: str, number: int | str) -> None:
        """Records that hold it go on holding its id; v1 still tells its label."""
        field = self._field(entity, code)
        gone = _option(field, number)
        left = tuple(option for option in field.options if option is not gone)
        self._refine(entity, replace(field, options=left, lost_options=(*field.lost_options, gone)), "option deleted")

    def _field(self, entity: str, code: str) -> Field:
        for field in self._world.fields[entity]:
            if field.code == code:
                return field
        raise NoSuchRecordError(f"There is no {entity} field {code}.")

    def _refine(self, entity: str, field: Field, what: str) -> None:
        with self.lock:
            described = tuple(field if each.code == field.code else each for each in self._world.fields[entity])
            self._define(entity, described, field.code, what)

    def _define(self, entity: str, described: tuple[Field, ...], code: str, what: str) -> None:
        self._world.redefine(entity, described)
        self._note(entity, code, what, self._now())

    def _free_option(self) -> int:
        known = (field.options + field.lost_options for each in self._world.fields.values() for field in each)
        return max(option.id for options in known for option in options if isinstance(option.id, int)) + 1

    # mail ---------------------------------------------------------------------------------

    def mail_arrives(self, thread: int) -> None:
        """One more message in a thread: its count, version and latest moments move."""
        with self.lock:
            if thread not in self._world.mail.ids:
                raise NoSuchRecordError(f"There is no mail thread {thread}.")
            moment = self._now()
            self._world.mail.arrive(thread, moment)
            self._note("mail thread", thread, "message arrived", moment)


def _status(deal: Row) -> str:
    """What a deleted deal was before: its moments still tell."""
    return "won" if deal["won_time"] else "lost" if deal["lost_time"] else "open"


def _with(record: Row, values: Row) -> Row:
    """A record with other values; custom fields that are not named stay."""
    changed = {**record, **values}
    if "custom_fields" in values:
        changed["custom_fields"] = {**record["custom_fields"], **values["custom_fields"]}
    return changed


def _lacking(keeper: Row, loser: Row) -> Row:
    """What one record says and the other does not."""
    more = {name: value for name, value in loser.items() if not _OWN.fullmatch(name) and _is_empty(keeper.get(name))}
    held = keeper.get("custom_fields")
    if held is not None:
        custom = loser["custom_fields"]
        more["custom_fields"] = {code: value for code, value in custom.items() if _is_empty(held.get(code))}
    return {name: value for name, value in more.items() if not _is_empty(value)}


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", [], {})


def _option(field: Field, number: int | str) -> Option:
    for option in field.options:
        if option.id == number:
            return option
    raise NoSuchRecordError(f"The field {field.name} has no option {number}.")
