"""
The company's custom fields and their values, made from a record's number.

A value's shape follows its type: v2 nests it below its key, v1 (leads)
spreads it over the root of the record.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import msgspec

from sandbox import fields, moments, names
from sandbox.dice import Dice
from sandbox.fields import Field, Option
from sandbox.shelf import View

CURRENCIES = ("EUR", "EUR", "EUR", "USD", "GBP", "JPY")
ZONES = ((12, "Europe/Tallinn"), (8, "Europe/Amsterdam"), (31, "Asia/Tokyo"))
Make = Callable[[random.Random], Any]


@dataclass(frozen=True)
class People:
    """Whom values may point at."""

    users: Sequence[int]
    persons: int
    organizations: int


class Plan(NamedTuple):
    """What one custom field is called and how often it is filled in."""

    name: str
    type: str
    share: float = 0.4
    labels: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    make: Make | None = None
    odd: tuple[Any, ...] = ()
    """Values that stand in a few records whatever chance says."""


def _among(*values: Any) -> Make:
    return lambda chance: chance.choice(values)


def _serial(chance: random.Random) -> str:
    return str(chance.randint(10**19, 10**20 - 1)) if chance.random() < 0.7 else f"00{chance.randint(1, 99999)}"


_MONTHS = tuple(f"{year}-{month:02d}" for year in (2024, 2025, 2026) for month in range(1, 13))
_STEPS = (
    "contract signed", "credit check", "delivery planned", "first invoice", "keys handed over", "locks mounted", "rack installed",
    "review after 30 days", "riders trained", "service booked", "stickers approved", "trackers paired",
)  # fmt: skip

DEAL_PLANS = (
    Plan("Purchase order", "varchar", 0.5, make=lambda chance: f"PO-{chance.randint(100, 99999)}"),
    Plan(
        "Fleet size",
        "double",
        0.8,
        make=lambda chance: chance.choice((chance.randint(1, 120), chance.randint(1, 400) / 8, 0, -1)),
    ),
    Plan("Yearly fee", "monetary", 0.5),
    Plan("Customer type", "enum", 0.7, ("New customer", "Returning", "Partner", "Government"), ("Reseller (old)",)),
    Plan("Regions", "set", 0.5, ("NL", "DE", "EE", "JP", "BE, with a comma"), ("UK",)),
    Plan("Contract start", "date", 0.4),
    Plan("Contract period", "daterange", 0.3),
    Plan("Delivery address", "address", 0.3),
    Plan("Reference", "varchar", 0.3, make=lambda chance: chance.choice(names.ODD_TEXTS)),
    Plan("Requirements", "text", 0.4, make=names.text, odd=(names.long_text(40_000), names.WORRYING)),
    Plan("Technical lead", "user", 0.4),
    Plan("Reseller", "org", 0.15),
    Plan("Decision maker", "people", 0.4),
    Plan("Site phone", "phone", 0.3),
    Plan("Preferred call time", "time", 0.2),
    Plan("Delivery window", "timerange", 0.2),
    Plan("Competitor", "varchar_auto", 0.3, make=_among("VanRent", "Kopplingen", "Urban Arrow Ö", "n/a")),
    Plan("Source", "enum", 0.5, ("Trade fair", "Referral", "Website", "Cold call 📞")),
    Plan("Source", "varchar", 0.3, make=_among("Eurobike 2025", "Jaan told us", "brochure", "=campaign")),
    Plan("Serial number", "varchar", 0.2, make=_serial),
    Plan("Net promoter score", "double", 0.2, make=lambda chance: chance.randint(0, 10)),
    Plan("Risk", "enum", 0.3, ("Low", "Medium", "High")),
    Plan("Deposit", "monetary", 0.1),
    *(Plan(f"Bikes delivered {month}", "double", 0.03, make=lambda chance: chance.randint(1, 60)) for month in _MONTHS),
    *(Plan(f"Onboarding: {step}", "date", 0.05) for step in _STEPS),
)
PERSON_PLANS = (
    Plan("Preferred language", "enum", 0.6, ("Nederlands", "Eesti", "Deutsch", "日本語", "English")),
    Plan("Interests", "set", 0.4, ("Bikes", "Batteries", "Leasing"), ("Scooters",)),
    Plan("Home address", "address", 0.3),
    Plan("Birthday", "date", 0.3),
    Plan("Second phone", "phone", 0.2),
    Plan("Account manager", "user", 0.4),
    Plan("Remarks", "text", 0.3, make=lambda chance: chance.choice((*names.ODD_TEXTS, names.text(chance)))),
)
ORGANIZATION_PLANS = (
    Plan("Customer number", "varchar", 0.7, make=lambda chance: f"{chance.randint(0, 99999):06d}"),
    Plan("Segment", "enum", 0.6, ("Enterprise", "Mid-market", "Small business"), ("Startup",)),
    Plan("Services", "set", 0.4, ("Lease", "Repair", "Insurance", "Training")),
    Plan("Credit limit", "monetary", 0.4),
    Plan("Depot address", "address", 0.3),
    Plan("Contract", "daterange", 0.3),
    Plan("Opening hours", "timerange", 0.3),
    Plan("Parent company", "org", 0.1),
    Plan("VAT number", "varchar", 0.5, make=lambda chance: f"NL{chance.randint(10**8, 10**9 - 1)}B01"),
)
PRODUCT_PLANS = (
    Plan("SKU", "varchar", 0.9, make=lambda chance: f"{chance.randint(0, 9999999):08d}"),
    Plan("Warranty months", "double", 0.6, make=_among(12, 24, 36)),
    Plan("Available in", "set", 0.5, ("NL", "DE", "EE")),
    Plan("Supplier", "org", 0.4),
    Plan("Import duty", "monetary", 0.3),
    Plan("Condition", "enum", 0.6, ("New", "Refurbished"), ("Demo",)),
)

PROJECT_PLANS = (
    Plan("Hangar", "varchar", 0.7, make=_among("H1", "H2", "=H3")),
    Plan("Bikes", "double", 0.8, make=_among(3, 12, 40)),
    Plan("Kind", "enum", 0.6, ("Roll-out", "Repair"), ("Demo",)),
    Plan("Go-live", "date", 0.5),
)


def define(seed: int, entity: str, plans: Sequence[Plan], first_option: int) -> tuple[Field, ...]:
    """The custom fields of an entity; option ids count on from `first_option`."""
    made, number = [], first_option
    for place, plan in enumerate(plans):
        labels = plan.labels + plan.lost
        options = tuple(Option(number + n, label) for n, label in enumerate(labels))
        number += len(labels)
        kept = len(plan.labels)
        field = Field(fields.hash_key(seed, entity, place), plan.name, plan.type, options[:kept], is_custom=True)
        made.append(replace(field, lost_options=options[kept:]))
    return tuple(made)


def _money(chance: random.Random) -> dict[str, Any]:
    return {
        "value": chance.choice((chance.randint(1, 90) * 50, chance.randint(1, 900000) / 100)),
        "currency": chance.choice(CURRENCIES),
    }


def _date(chance: random.Random) -> str:
    return moments.day(moments.START + chance.randint(-200, 1800) * moments.DAY)


def _dates(chance: random.Random) -> dict[str, str]:
    start = moments.START + chance.randint(0, 1400) * moments.DAY
    return {"value": moments.day(start), "until": moments.day(start + chance.randint(30, 1100) * moments.DAY)}


def _time(chance: random.Random) -> dict[str, Any]:
    zone = chance.choice(ZONES)
    return {"value": moments.clock(chance.randint(14, 40) * 30), "timezone_id": zone[0], "timezone_name": zone[1]}


def _times(chance: random.Random) -> dict[str, Any]:
    zone, start = chance.choice(ZONES), chance.randint(14, 30) * 30
    return {
        "value": moments.clock(start),
        "until": moments.clock(start + chance.randint(1, 8) * 30),
        "timezone_id": zone[0],
        "timezone_name": zone[1],
    }


def _phone(chance: random.Random) -> str:
    number = chance.randint(1000000, 9999999)
    return chance.choice((f"+31 20 {number}", f"+372 {number}", f"0{number}", f"(030) {number}", f"00493{number}"))


def _number_upto(count: int) -> Make:
    return lambda chance: chance.randint(1, count) if count else None


def _maker(plan: Plan, field: Field, people: People) -> Make:
    if plan.make is not None:
        return plan.make
    ids = [option.id for option in field.options] * 6 + [option.id for option in field.lost_options]
    by_type: dict[str, Make] = {
        "monetary": _money,
        "enum": lambda chance: chance.choice(ids),
        "set": lambda chance: sorted(set(chance.choices(ids, k=chance.randint(1, 3)))),
        "user": lambda chance: chance.choice(people.users),
        "org": _number_upto(people.organizations),
        "people": _number_upto(people.persons),
        "date": _date,
        "daterange": _dates,
        "time": _time,
        "timerange": _times,
        "address": names.address,
        "phone": _phone,
    }
    return by_type[plan.type]


def _sometimes(share: float, make: Make) -> Make:
    return lambda chance: make(chance) if chance.random() < share else None


def labelled(field: Field, value: Any) -> Any:
    """The value with `include_option_labels`; a deleted option has no label to give."""
    if value is None or field.type not in ("enum", "set"):
        return value
    labels = {option.id: option.label for option in field.options}
    if field.type == "enum":
        return {"id": value, "label": labels.get(value)}
    return [{"id": item, "label": labels.get(item)} for item in value]


def flat(field: Field, value: Any) -> dict[str, Any]:
    """The value as v1 spreads it over the record; nothing when it is not set."""
    key = field.code
    if value is None:
        return {}
    if field.type == "enum":
        return {key: str(value)}
    if field.type == "set":
        return {key: ",".join(str(item) for item in value)}
    if not isinstance(value, dict):
        return {key: value}
    parts = {f"{key}_{part}": item for part, item in value.items() if part not in ("value", "timezone_name")}
    return {key: value["value"], **parts}


class CustomFields:
    """
    The values that records hold in their custom fields.

    They are drawn as whole sets, so that a record costs one look-up however
    many fields there are; a page takes them encoded.
    """

    _SETS, _FIRST_ODD, _KEPT = 887, 500, 16

    def __init__(self, plans: Sequence[Plan], defined: Sequence[Field], dice: Dice, people: People) -> None:
        self.fields = self._made = tuple(defined)
        self._plans, self._dice, self._people = tuple(plans), dice, people
        self._shown: dict[Any, Sequence[Any]] = {}

    @cached_property
    def _sets(self) -> tuple[dict[str, Any], ...]:
        pairs = list(zip(self._plans, self._made, strict=True))
        makers = [(field.code, _sometimes(plan.share, _maker(plan, field, self._people))) for plan, field in pairs]
        sets = self._dice.drawn("sets", lambda chance: {code: make(chance) for code, make in makers}, size=self._SETS)
        for plan, field in pairs:
            for place, value in enumerate(plan.odd):
                sets[self._FIRST_ODD + 17 * place][field.code] = value
        return sets

    @cached_property
    def _flat(self) -> Sequence[dict[str, Any]]:
        return [self._flattened(row) for row in self._sets]

    def redefine(self, defined: Sequence[Field]) -> None:
        """Show the values of these fields from now on: a new one is empty everywhere, a deleted one is gone."""
        self.fields = tuple(defined)
        self._shown.clear()
        self.__dict__.pop("_flat", None)

    def values(self, n: int, view: View) -> Any:
        """All values of record n, null where unset, or those asked for only."""
        key = (view.custom, view.option_labels, view.is_encoded)
        shown = self._shown.get(key) or self._show(key)
        return shown[n % self._SETS]

    def _show(self, key: tuple[frozenset[str] | None, bool, bool]) -> Sequence[Any]:
        codes, labels, is_encoded = key
        wanted = [field for field in self.fields if codes is None or field.code in codes]
        shown: list[Any] = [
            {field.code: labelled(field, row.get(field.code)) if labels else row.get(field.code) for field in wanted}
            for row in self._sets
        ]
        if is_encoded:
            shown = [msgspec.Raw(msgspec.json.encode(row)) for row in shown]
        while len(self._shown) >= self._KEPT:
            self._shown.pop(next(iter(self._shown)), None)
        self._shown[key] = shown
        return shown

    def flat(self, n: int) -> dict[str, Any]:
        """The values that are set, in the v1 format."""
        return self._flat[n % self._SETS]

    def _flattened(self, row: dict[str, Any]) -> dict[str, Any]:
        return {key: value for field in self.fields for key, value in flat(field, row.get(field.code)).items()}
