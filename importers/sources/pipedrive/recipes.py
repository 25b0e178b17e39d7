"""How a column gets its cells: by kind, by label, by name, or out of a compound value."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from importers.model import Cell, Column, ColumnKind
from importers.tables import values
from importers.tables.flatten import Path
from importers.tables.values import Make


class Names(Protocol):
    """Names of one sort of record, by id."""

    def get(self, record_id: int) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Kitchen:
    """What recipes need: the zone of moments, names by relation, labels by where they are listed."""

    zone: ZoneInfo
    names: Mapping[str, Names] = field(default_factory=dict)
    labels: Mapping[str, Labels] = field(default_factory=dict)


Recipe = Callable[[Kitchen], Make]


@dataclass(frozen=True, slots=True)
class Spec:
    """
    A column and how to fill it.

    `relation` names the sort of record whose names it shows; `labels` where
    its labels are listed: a field's code, or one of `entities.LABEL_LISTS`.
    `include` is what must be asked for to receive it.
    """

    column: Column
    path: Path
    recipe: Recipe
    relation: str = ""
    labels: str = ""
    include: str = ""


def of_kind(kind: ColumnKind) -> Recipe:
    return lambda kitchen: values.maker(kind, zone=kitchen.zone)


def part(name: str, kind: ColumnKind = ColumnKind.TEXT) -> Recipe:
    """One part of a compound value. A plain value stands for its own "value" part."""

    def prepare(kitchen: Kitchen) -> Make:
        make = values.maker(kind, zone=kitchen.zone)

        def take(value: Any) -> Cell:
            found = value.get(name) if value.__class__ is dict else value if name == "value" else None
            return None if found is None else make(found)

        return take

    return prepare


def labelled(where: str) -> Recipe:
    """The labels of option ids."""
    return lambda kitchen: kitchen.labels[where]


def named(relation: str) -> Recipe:
    """
    The name of the record an id stands for, or the names of several. One that
    cannot be seen is empty, unless the value is an object that brings its name.
    """

    def prepare(kitchen: Kitchen) -> Make:
        name_of = kitchen.names[relation].get

        def name(value: Any) -> Cell:
            if value.__class__ is int:
                return name_of(value)
            known = [name_of(record_id) for record_id in ids_in(value)]
            return ", ".join(name for name in known if name) or _name_brought_by(value)

        return name

    return prepare


def _name_brought_by(value: Any) -> Cell:
    return values.text(value.get("name")) if value.__class__ is dict and value.get("name") else None


def identified(kitchen: Kitchen) -> Make:
    """The id itself, whichever shape it comes in; what holds none as text."""

    def identify(value: Any) -> Cell:
        found = value if value.__class__ is int else next(ids_in(value), None)
        return values.text(value) if found is None else found

    return identify


def ids_in(value: Any) -> Iterator[int]:
    """Every record id in a value: a number, digits, an object that holds one, or a list of these."""
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, int):
        if value < _NO_ID:
            yield value
    elif isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < _LONGEST_ID:
        yield int(value)
    elif isinstance(value, dict):
        yield from ids_in(next((value[key] for key in _ID_KEYS if value.get(key)), None))
    elif isinstance(value, list):
        for item in value:
            yield from ids_in(item)


_NO_ID = 1 << 63
_LONGEST_ID = 19
_ID_KEYS = ("value", "id", "person_id", "user_id")


class Labels:
    """
    Option ids as their labels.

    An option that was deleted while records still hold it shows as "Deleted
    option (57)", also where Pipedrive would still tell its label: the list it
    stood in no longer has it. `lost` counts the cells with such options. A
    text that is no id is a label already.
    """

    def __init__(self, labels: Mapping[str, str]) -> None:
        self._labels = labels
        self.lost = 0

    def __call__(self, value: Any) -> Cell:
        before = self.lost
        cell = self._labelled(value)
        self.lost = min(self.lost, before + 1)
        return cell

    def known(self, key: str) -> str | None:
        return self._labels.get(key)

    def _labelled(self, value: Any) -> Cell:
        if value.__class__ is list:
            return ", ".join(str(label) for item in value if (label := self._labelled(item)) is not None) or None
        if value.__class__ is dict:
            return values.text(value["label"]) if value.get("label") else self._labelled(value.get("id"))
        key = str(value)
        return self._labels.get(key) or self._unlisted(key)

    def _unlisted(self, key: str) -> Cell:
        if "," in key and all(item.strip().isdigit() for item in key.split(",")):
            return self._labelled([item.strip() for item in key.split(",")])
        if key in ("", "None"):
            return None
        if not _ID.fullmatch(key):
            return key
        self.lost += 1
        return f"Deleted option ({key[:8]})"


_ID = re.compile(r"[0-9]+|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)


def primary(kitchen: Kitchen) -> Make:
    """Of several e-mail addresses or phone numbers the primary one, else the first."""

    def choose(items: Any) -> Cell:
        filled = _contacts(items)
        chosen = next((item for item in filled if item.get("primary")), filled[0] if filled else {})
        return values.text(chosen.get("value", ""))

    return choose


def every(kitchen: Kitchen) -> Make:
    """All e-mail addresses or phone numbers in one text."""
    return lambda items: values.listing([item["value"] for item in _contacts(items)])


def messengers(kitchen: Kitchen) -> Make:
    """Called `im` in Pipedrive's reference and `ims` in its migration guide; nobody has seen which is true."""
    return lambda record: values.listing(
        [item["value"] for item in _contacts(record.get("im") or record.get("ims") or [])]
    )


def _contacts(items: Any) -> list[dict[str, Any]]:
    listed = items if isinstance(items, list) else [items]
    found = [item if isinstance(item, dict) else {"value": item} for item in listed]
    return [item for item in found if item.get("value")]


def first_price(name: str, kind: ColumnKind = ColumnKind.MONEY) -> Recipe:
    """A part of a product's first price."""

    def prepare(kitchen: Kitchen) -> Make:
        take = part(name, kind)(kitchen)
        return lambda prices: take(prices[0]) if prices else None

    return prepare


def all_prices(kitchen: Kitchen) -> Make:
    """ "100 EUR, 110 USD"."""
    return lambda prices: values.listing([f"{price.get('price')} {price.get('currency')}" for price in prices])


def apps(kitchen: Kitchen) -> Make:
    """What a user may open: "sales (admin), global"."""
    return lambda access: values.listing(
        [f"{item.get('app')} (admin)" if item.get("admin") else item.get("app") for item in access]
    )


def due_on(kitchen: Kitchen) -> Make:
    """
    The day an activity is due. Pipedrive keeps its time in UTC, so with one
    the day may be another here; without one it is the day as it stands.
    """
    return _due(kitchen, datetime.date, "due_date", values.day)


def due_at(kitchen: Kitchen) -> Make:
    """The time of day an activity is due; empty when it takes the whole day."""
    return _due(kitchen, datetime.time, "due_time", values.clock_time)


def _due(kitchen: Kitchen, part_of: Callable[[datetime], Cell], name: str, as_it_stands: Callable[[Any], Cell]) -> Make:
    """A part of the moment something is due; where it has none, what stands under *name*."""
    moment_of = _due_moment(kitchen.zone)

    def due(record: Any) -> Cell:
        moment = moment_of(record)
        if moment is not None:
            return part_of(moment)
        found = record.get(name)
        return None if found is None else as_it_stands(found)

    return due


def _due_moment(zone: ZoneInfo) -> Callable[[Any], datetime | None]:
    moments = values.Moments(zone)

    def moment(record: Any) -> datetime | None:
        due_date, due_time = record.get("due_date"), record.get("due_time")
        if not (due_date and due_time):
            return None
        found = moments(f"{due_date}T{due_time}:00"[:19])
        return found if isinstance(found, datetime) else None

    return moment


def plain_text(kitchen: Kitchen) -> Make:
    """What somebody wrote, without the HTML around it."""

    def strip(value: Any) -> Cell:
        if value.__class__ is not str or not _MARKED_UP.search(value):
            return values.text(value)
        lines = _BREAK.sub("\n", value)
        return html.unescape(_TAG.sub("", lines)).replace("\xa0", " ").strip() or None

    return strip


_MARKED_UP = re.compile(r"[<&]")
_BREAK = re.compile(r"<br\s*/?>|</(?:p|div|li|h[1-6]|tr)>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z][^<>]*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)


def each(name: str) -> Recipe:
    """One part of each of several."""

    def prepare(kitchen: Kitchen) -> Make:
        return lambda items: values.listing([item.get(name) for item in items if item.get(name) is not None])

    return prepare


def parties(kitchen: Kitchen) -> Make:
    """Who a mail is from or to: "Jane Doe <jane@acme.test>, sam@acme.test"."""
    return lambda people: values.listing([_party(person) for person in people])


def _party(person: dict[str, Any]) -> str:
    name, address = person.get("name") or person.get("linked_person_name"), person.get("email_address") or ""
    return f"{name} <{address}>" if name and name != address else str(address)


def field_named(where: str) -> Recipe:
    """The name of the field a key stands for, and of its part: "Yearly fee: currency"."""

    def prepare(kitchen: Kitchen) -> Make:
        name_of = kitchen.labels[where].known

        def name(value: Any) -> Cell:
            key = str(value)
            if not _FIELD_KEY.match(key):
                return name_of(key) or key
            found = name_of(key[:_KEY]) or f"Deleted field ({key[:8]})"
            part = key[_KEY:].strip("_").replace("_", " ")
            return f"{found}: {part}" if part else found

        return name

    return prepare


_KEY = 40
_FIELD_KEY = re.compile(r"[0-9a-f]{40}(_|$)", re.ASCII)
