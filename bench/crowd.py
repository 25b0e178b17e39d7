"""
A crowd of customers for the simulation: whose importers read what, how often, into what, and what that costs.

Drawn from a seed. What a run asks of Pipedrive is the product's own estimate,
what companies may ask in a day and in two seconds are the plans' figures. What a
run takes of a processor and asks of Google are measured, see `bench.throughput`,
`bench.incremental` and `bench.sheets` in docs/benchmarks.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from random import Random
from typing import TypeVar

from importers.bootstrap import estimate
from importers.model import Every, Schedule, Selection, Size
from importers.sources.pipedrive.plans import PLANS

T = TypeVar("T")

LATENCY = 0.2
"""Seconds until Pipedrive or Google answers."""

ABREAST = 16
"""Requests for one list that are under way at once."""

ONE_BY_ONE = 7
"""Requests before a list is read: fields, stages, users and the like."""

CPU_OF_A_RUN = 0.09
"""Seconds of a processor, whatever is read: `bench.throughput`, 100 rows into a workbook."""

CPU_OF_A_RUN_INTO_GOOGLE = 0.17
CPU_OF_A_ROW = 0.00016
"""`bench.incremental`: 8.9 s for 50,000 deals, start of the process included."""

ROWS: Mapping[int, float] = {100: 0.4, 1_000: 0.4, 10_000: 0.18, 50_000: 0.02}
"""How many rows an importer has, and how many importers are like that."""

GOOGLE_CALLS: Mapping[int, tuple[int, int]] = {100: (6, 2), 1_000: (6, 2), 10_000: (10, 2), 50_000: (16, 2)}
"""Reads and writes of a run in which one row in a hundred changed (`bench.sheets`); 50,000 lies between two measured sizes."""

SIZES: Mapping[int, float] = {1: 0.3, 3: 0.3, 10: 0.3, 50: 0.1}
"""Importers of a company."""

SEATS: Mapping[int, float] = {3: 0.35, 5: 0.3, 10: 0.2, 25: 0.15}
PLANS_BOUGHT: Mapping[str, float] = {"lite": 0.3, "growth": 0.35, "premium": 0.25, "ultimate": 0.1}

ZONES = ("Europe/London", "Europe/Amsterdam", "America/New_York", "America/Los_Angeles", "Asia/Kolkata", "Asia/Tokyo")

MIXES: Mapping[str, Mapping[str, float]] = {
    "hourly": {"spread": 1.0},
    "mixed": {"spread": 0.7, "on the hour": 0.1, "quarter": 0.05, "at nine": 0.1, "office": 0.05},
}
"""
spread        every hour, at a minute from 1 to 59, as the editor proposes
on the hour   every hour, at :00, because somebody fixed it
quarter       every 15 minutes
at nine       daily at 9:00, in one of six zones
office        every hour from 8:00 to 18:00, Monday to Friday, at a minute of its own
"""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What one run does: `seconds` where nobody has to wait, `cpu` of them on a processor."""

    rows: int
    requests: int
    tokens: int
    cpu: float
    seconds: float
    reads: int = 0
    writes: int = 0


@dataclass(frozen=True, slots=True)
class Company:
    """One workspace with one connection. `daily` are tokens, `burst` requests in two seconds."""

    plan: str
    daily: int
    burst: int


@dataclass(frozen=True, slots=True)
class Crowd:
    """`company_of`, `recipe_of` and `schedule_of` are by the number of the importer."""

    companies: Sequence[Company]
    company_of: Sequence[int]
    recipe_of: Sequence[Recipe]
    schedule_of: Sequence[Schedule]


def recipe(rows: int, *, into_google: bool) -> Recipe:
    sizes = {name: Size(rows) for name in ("deals", "persons", "organizations")}
    cost = estimate(Selection("deals"), sizes).most
    assert cost is not None
    reads, writes = GOOGLE_CALLS[rows] if into_google else (0, 0)
    cpu = (CPU_OF_A_RUN_INTO_GOOGLE if into_google else CPU_OF_A_RUN) + rows * CPU_OF_A_ROW
    rounds = min(cost.requests, ONE_BY_ONE) + math.ceil(max(cost.requests - ONE_BY_ONE, 0) / ABREAST)
    seconds = cpu + LATENCY * (rounds + reads + writes)
    return Recipe(rows, cost.requests, cost.tokens, cpu, seconds, reads, writes)


def a_crowd(importers: int, *, mix: Mapping[str, float], google: float, seed: int) -> Crowd:
    """*google* is the part of the importers that write there; the others write workbooks."""
    chance = Random(seed)
    recipes = {(rows, into): recipe(rows, into_google=into) for rows in ROWS for into in (False, True)}
    companies: list[Company] = []
    company_of, recipe_of, schedule_of = [], [], []
    while len(company_of) < importers:
        companies.append(_company(chance))
        for _ in range(min(_drawn(SIZES, chance), importers - len(company_of))):
            company_of.append(len(companies) - 1)
            recipe_of.append(recipes[_drawn(ROWS, chance), chance.random() < google])
            schedule_of.append(_schedule(_drawn(mix, chance), chance))
    return Crowd(companies, company_of, recipe_of, schedule_of)


def _company(chance: Random) -> Company:
    bought = _drawn(PLANS_BOUGHT, chance)
    plan = next(plan for plan in PLANS if plan.name == bought)
    assert plan.burst is not None
    return Company(plan.name, plan.daily * _drawn(SEATS, chance), plan.burst)


def _schedule(kind: str, chance: Random) -> Schedule:
    minute, zone = 1 + chance.randrange(59), chance.choice(ZONES)
    match kind:
        case "on the hour":
            return Schedule(Every.HOURS, 1)
        case "quarter":
            return Schedule(Every.MINUTES, 15, minute=minute % 15)
        case "at nine":
            return Schedule(Every.DAYS, at=time(9), time_zone=zone)
        case "office":
            opens, closes = time(8, minute), time(18, minute)
            return Schedule(Every.HOURS, 1, (0, 1, 2, 3, 4), time_zone=zone, opens=opens, closes=closes)
    return Schedule(Every.HOURS, 1, minute=minute)


def _drawn(table: Mapping[T, float], chance: Random) -> T:
    return chance.choices(list(table), list(table.values()))[0]
