"""Products, with prices in several currencies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox import moments
from sandbox.customs import CustomFields
from sandbox.dice import Dice
from sandbox.moments import DAY, NOW, Timeline
from sandbox.shelf import Fact, View
from sandbox.staff import Staff

_KINDS = (
    ("Cargo bike Long John", "262", 3_990), ("Cargo bike Backpack", "262", 4_450), ("E-trike 250", "262", 6_200),
    ("Service plan", "263", 39), ("Rider training", "263", 480), ("Battery 750 Wh", "264", 690), ("Brake set", "264", 54.9),
    ("Charging locker", "265", 2_100), ("Wall charger", "265", 189.95), ("=Bundle", None, 0),
)  # fmt: skip
_RATES = {"EUR": 1, "USD": 1.08, "GBP": 0.86, "JPY": 160}


class Products:
    def __init__(self, count: int, dice: Dice, customs: CustomFields, staff: Staff) -> None:
        self._customs = customs
        self._timeline = Timeline(count, until=NOW - 400 * DAY)
        self.owner = dice.pick("owner", staff.owners, staff.weights)
        self._currencies = dice.pick("currencies", (("EUR",), ("EUR", "USD"), ("EUR", "GBP", "JPY"), ("USD",), ()))
        self._frequency = dice.pick("frequency", ("one-time", "one-time", "monthly", "annually"))
        self._delay = dice.between("delay", 0, 390 * DAY)

    def name(self, n: int) -> str:
        model = f" mk {n // len(_KINDS) + 1}" if n >= len(_KINDS) else ""
        return _KINDS[n % len(_KINDS)][0] + model

    def facts(self) -> Mapping[str, Fact]:
        return {
            "owner_id": self.owner,
            "name": self.name,
            "category": lambda n: _KINDS[n % len(_KINDS)][1],
            "add_time": lambda n: moments.iso(self._timeline.added(n)),
            "update_time": lambda n: moments.iso(self._timeline.added(n) + self._delay(n)),
        }

    def row(self, n: int, view: View) -> dict[str, Any]:
        frequency = self._frequency(n)
        return {
            "id": n,
            "name": self.name(n),
            "code": f"{n:05d}" if n % 4 else None,
            "description": None if n % 3 else "Comes with lights & lock <b>included</b>",
            "unit": "pc" if n % 2 else "",
            "tax": (21, 20, 19, 0)[n % 4],
            "category": _KINDS[n % len(_KINDS)][1],
            "is_linkable": n % 11 != 0,
            "is_deleted": False,
            "visible_to": 3,
            "owner_id": self.owner(n),
            "add_time": moments.iso(self._timeline.added(n)),
            "update_time": moments.iso(self._timeline.added(n) + self._delay(n)),
            "billing_frequency": frequency,
            "billing_frequency_cycles": 12 if frequency == "monthly" and n % 2 else None,
            "prices": [self._price(n, currency) for currency in self._currencies(n)],
            "custom_fields": self._customs.values(n, view),
        }

    def _price(self, n: int, currency: str) -> dict[str, Any]:
        price = round((_KINDS[n % len(_KINDS)][2] + n) * _RATES[currency], 2)
        return {
            "product_id": n,
            "price": price,
            "currency": currency,
            "cost": round(price * 0.6, 2) if n % 3 else 0,
            "direct_cost": None,
            "notes": "",
        }
