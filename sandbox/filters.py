"""Saved filters of the company: a name in v1, and what passes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox import moments
from sandbox.shelf import Fact, Keep
from sandbox.staff import ME

Facts = Mapping[str, Fact]


@dataclass(frozen=True)
class Filter:
    id: int
    name: str
    type: str
    passes: Callable[[Facts], Keep]
    condition: tuple[str, str, str | None]

    def as_v1(self) -> dict[str, Any]:
        made = moments.plain(moments.START + self.id * moments.DAY)
        return {
            "id": self.id,
            "name": self.name,
            "filter_code": None,
            "is_editable": True,
            "active_flag": True,
            "type": self.type,
            "temporary_flag": None,
            "user_id": ME,
            "add_time": made,
            "update_time": made if self.id % 2 else None,
            "visible_to": "7" if self.id % 3 else "1",
            "last_used_time": None,
            "custom_view_id": None,
        }

    def with_conditions(self, *, field_code: bool) -> dict[str, Any]:
        code, operator, value = self.condition
        condition = {
            "glue": "and",
            "object": _OBJECTS[self.type],
            "field_id": str(12_400 + self.id),
            "operator": operator,
            "value": value,
            "extra_value": None,
            "json_value_flag": False,
            **({"field_code": code} if field_code else {}),
        }
        conditions = [{"glue": "and", "conditions": [condition]}, {"glue": "or", "conditions": []}]
        return {**self.as_v1(), "conditions": {"glue": "and", "conditions": conditions}}


_OBJECTS = {
    "deals": "deal",
    "leads": "lead",
    "org": "organization",
    "people": "person",
    "products": "product",
    "activity": "activity",
    "projects": "project",
}


def _none(facts: Facts) -> Keep:
    return _never


def _never(n: int) -> bool:
    return False


def _where(name: str, value: Any) -> Callable[[Facts], Keep]:
    def passes(facts: Facts) -> Keep:
        fact = facts[name]
        return lambda n: fact(n) == value

    return passes


def _large(facts: Facts) -> Keep:
    status, value = facts["status"], facts["value"]
    return lambda n: status(n) == "open" and value(n) > 10_000


def _my_open(facts: Facts) -> Keep:
    status, owner = facts["status"], facts["owner_id"]
    return lambda n: status(n) == "open" and owner(n) == ME


def _since(name: str, moment: str) -> Callable[[Facts], Keep]:
    def passes(facts: Facts) -> Keep:
        fact = facts[name]
        return lambda n: (fact(n) or "") >= moment

    return passes


MINE = ("owner_id", "=", str(ME))
FILTERS = (
    Filter(1, "All open deals", "deals", _where("status", "open"), ("status", "=", "open")),
    Filter(2, "Open deals over 10k", "deals", _large, ("value", ">", "10000")),
    Filter(3, "My open deals", "deals", _my_open, MINE),
    Filter(4, "Added in 2026", "deals", _since("add_time", "2026-01-01"), ("add_time", ">=", "2026-01-01")),
    Filter(5, "Lost in space", "deals", _none, ("title", "=", "nothing is called this")),
    Filter(11, "My people", "people", _where("owner_id", ME), MINE),
    Filter(12, "People without organization", "people", _where("org_id", None), ("org_id", "IS NULL", None)),
    Filter(13, "Nobody", "people", _none, ("name", "=", "nobody")),
    Filter(21, "My organizations", "org", _where("owner_id", ME), MINE),
    Filter(22, "No such organization", "org", _none, ("name", "=", "no such")),
    Filter(31, "Things to do", "activity", _where("done", False), ("done", "=", "0")),
    Filter(32, "Calls", "activity", _where("type", "call"), ("type", "=", "call")),
    Filter(33, "Nothing to do", "activity", _none, ("subject", "=", "nothing")),
    Filter(41, "Bikes only", "products", _where("category", "262"), ("category", "=", "262")),
    Filter(42, "Sold out", "products", _none, ("name", "=", "sold out")),
    Filter(51, "My leads", "leads", _where("owner_id", ME), MINE),
    Filter(61, "Open projects", "projects", _where("status", "open"), ("status", "=", "open")),
    Filter(52, "No leads", "leads", _none, ("title", "=", "none")),
)


def find(number: int, kind: str | None = None) -> Filter | None:
    """The filter of this number, of this type when one is named."""
    return next((each for each in FILTERS if each.id == number and kind in (None, each.type)), None)
