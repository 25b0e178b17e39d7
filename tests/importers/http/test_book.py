"""
The arithmetic by itself, with a vendor that counts arrivals; what memory and
Redis have in common is in tests/contracts/governor.py.
"""

from __future__ import annotations

import math
import random

import pytest

from importers.http.arrivals import PRUDENCE, Ways
from importers.http.book import CAUTIOUS, RECOVERY, Allowance, Asked, Book
from importers.http.said import Said
from tests.importers.http.vendor import MONTHS, WINDOW, Delay, Habits, Vendor, World

# --- never over the limit ---


def always(seconds: float) -> Delay:
    return lambda chance, now: seconds


def between(least: float, most: float) -> Delay:
    return lambda chance, now: chance.uniform(least, most)


def seldom_long(least: float, mean: float) -> Delay:
    return lambda chance, now: least + chance.expovariate(1 / mean)


def with_very_long_ones(least: float, some: float) -> Delay:
    return lambda chance, now: least + some * (chance.paretovariate(1.3) - 1)


def short_or_long(least: float, more: float) -> Delay:
    return lambda chance, now: least + more * (chance.random() < 0.3)


def in_waves(least: float, more: float, every: float) -> Delay:
    return lambda chance, now: least + more * (1 + math.sin(now / every)) * chance.random()


def a_delay(chance: random.Random) -> Delay:
    least, more = chance.choice([0, 0.002, 0.01, 0.05, 0.1]), chance.choice([0.002, 0.01, 0.03, 0.1, 0.3])
    return chance.choice(
        [
            always(least),
            between(least, least + more),
            seldom_long(least, more),
            with_very_long_ones(least, more),
            short_or_long(least, more),
            in_waves(least, more, chance.choice([1, 10, 60])),
        ]
    )


def a_world(seed: int) -> World:
    """Ways, clocks, deaths and lost answers as chance has them; the vendor counts as it is known to, or stricter."""
    chance = random.Random(seed)
    habits = Habits(
        there=a_delay(chance),
        back=a_delay(chance),
        work=chance.choice([always(0), between(0, 0.3)]),
        dies=chance.choice([0, 0, 0.001, 0.01]),
        lost=chance.choice([0, 0, 0.01]),
        rests=chance.choice([0, 0, 0.1]),
    )
    limit = chance.choice([10, 20, 40, 120])
    vendor = Vendor(
        limit, fast=chance.uniform(0.998, 1.002), is_fixed=chance.random() < 0.2, counts_refused=chance.random() < 0.5
    )
    return World(vendor, habits, chance, end=60 if limit < 100 else 30)


def refused_in(seed: int) -> int:
    world = a_world(seed)
    world.play({f"run {number}": world.chance.choice([1, 2, 8]) for number in range(world.chance.randint(1, 10))})
    assert world.vendor.admitted
    return world.vendor.refused


@pytest.mark.parametrize("seed", range(6))
def test_no_call_is_ever_refused_whatever_happens_on_the_way(seed: int) -> None:
    assert refused_in(seed) == 0


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("some", range(5))
def test_no_call_is_refused_in_hundreds_of_worlds(some: int) -> None:
    assert [seed for seed in range(1000 + some * 100, 1100 + some * 100) if refused_in(seed)] == []


def test_dating_calls_by_their_departure_would_not_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worlds above do tell a bound that holds from one that does not: here the whole way is relied on."""
    monkeypatch.setattr(Ways, "least", lambda ways: ways.usual or 0.0)
    assert sum(refused_in(seed) > 0 for seed in range(6)) >= 3


def test_a_limit_found_out_by_many_at_once_is_kept_from_the_first_call_on() -> None:
    world = World(Vendor(20), Habits(between(0, 0.2), between(0, 0.2)), random.Random(3), end=6)
    world.play({f"run {number}": 16 for number in range(20)})
    assert world.vendor.refused == 0


# --- and at the limit ---


@pytest.mark.parametrize(
    ("there", "back"),
    [
        (always(0.001), always(0.001)),
        (between(0.02, 0.03), between(0.02, 0.03)),
        (seldom_long(0.045, 0.005), seldom_long(0.045, 0.005)),
        (seldom_long(0.09, 0.01), seldom_long(0.09, 0.01)),
        (always(0.195), always(0.005)),
    ],
    ids=["nothing", "50 ms", "100 ms", "200 ms", "200 ms on the way there"],
)
@pytest.mark.parametrize("limit", [20, 120])
def test_the_permitted_rate_is_used_but_for_a_twentieth(limit: int, there: Delay, back: Delay) -> None:
    world = World(Vendor(limit), Habits(there, back), random.Random(1), end=30)
    world.play({f"run {number}": limit // 20 for number in range(20)})
    assert rate(world.vendor) >= limit / WINDOW * 0.95
    assert world.vendor.refused == 0


def rate(vendor: Vendor) -> float:
    """Calls a second, over as many whole limits as there were after a warm-up of five windows."""
    moments = vendor.moments[5 * vendor.limit :]
    whole = (len(moments) - 1) // vendor.limit * vendor.limit
    return whole / (moments[whole] - moments[0])


# --- after a refusal ---


def hear(book: Book, ticket: str, now: float, *, used: int, status: int = 200) -> None:
    said = Said(limit=100, used=used, is_good=status == 200, is_refused=status == 429)
    book.hear(ticket, said, Allowance(), now=now, to_reset=MONTHS)


def let_go(book: Book, now: float) -> list[str]:
    """How many may go at this moment."""
    tickets = (f"{now}:{number}" for number in range(1000))
    gone: list[str] = []
    for ticket in tickets:
        if book.ask(Asked(ticket, 0, "run", 0), Allowance(), now=now, to_reset=MONTHS).wait_ms:
            book.leave(ticket, now=now)
            return gone
        gone.append(ticket)
    return gone


def test_each_refusal_takes_a_fifth_of_the_limit_and_time_brings_it_back() -> None:
    book = Book(limit=100)
    hear(book, "", 0.0, used=0, status=429)
    assert len(let_go(book, 3.0)) == 80
    book = Book(limit=100)
    hear(book, "", 0.0, used=0, status=429)
    hear(book, "", 0.1, used=0, status=429)
    assert len(let_go(book, 3.0)) == 64
    assert len(let_go(book, RECOVERY)) == 100


def test_calls_that_were_refused_together_are_one_refusal() -> None:
    book = Book(limit=100)
    for ticket in let_go(book, 0.0)[:10]:
        hear(book, ticket, 0.1, used=0, status=429)
    assert book.share == 0.8


def test_a_refusal_takes_the_trust_in_ways_for_some_minutes() -> None:
    book = Book(limit=100)
    for number, ticket in enumerate(let_go(book, 0.0)):
        hear(book, ticket, 0.1, used=number)
    assert sum(len(let_go(book, now)) for now in (2.03, 2.04)) == 100
    assert book.ways.least() == pytest.approx(0.1 * PRUDENCE)
    hear(book, "", 3.0, used=0, status=429)
    assert book._least_way(3.0) == book._least_way(3.0 + CAUTIOUS - 1) == 0
