"""The arithmetic by itself; what memory and Redis have in common is in tests/contracts/governor.py."""

from __future__ import annotations

import random

from importers.http.book import Allowance, Asked, Book
from importers.http.said import Said

LIMIT = 4
VENDORS_WINDOW = 2.0
MONTHS = 1e7


def call(book: Book, ticket: str, now: float) -> float:
    """When *ticket*, who asks at *now*, may go."""
    place = 0
    while (told := book.ask(Asked(ticket, place, "run", 0), Allowance(), now=now, to_reset=MONTHS)).wait_ms:
        now, place = now + told.wait_ms / 1000, told.place
    return now


def hear(book: Book, ticket: str, now: float, status: int = 200) -> None:
    said = Said(limit=LIMIT, hold=2.0 if status == 429 else 0.0, is_refused=status == 429)
    book.hear(ticket, said, Allowance(), now=now, to_reset=MONTHS)


def rate(book: Book, *, calls: int, took: random.Random, now: float) -> tuple[float, float]:
    """Calls a second, one after the other, of which half take long; and what time it is then."""
    began = now
    for number in range(calls):
        now = call(book, f"{began}:{number}", now)
        now += took.choice((0.01, 0.31))
        hear(book, f"{began}:{number}", now)
    return calls / (now - began), now


def test_delays_are_charged_in_full_at_first_and_less_than_a_twentieth_in_the_long_run() -> None:
    book, took = Book(limit=LIMIT), random.Random(5)
    _, now = rate(book, calls=6_000, took=took, now=0.0)
    after, _ = rate(book, calls=1_000, took=took, now=now)
    assert LIMIT / VENDORS_WINDOW * 0.95 < after < LIMIT / VENDORS_WINDOW


def test_a_refusal_brings_the_caution_back() -> None:
    book, took = Book(limit=LIMIT), random.Random(5)
    _, now = rate(book, calls=6_000, took=took, now=0.0)
    assert book.caution < 0.31
    hear(book, "", now, status=429)
    assert book.caution == 1


def arrivals_of(seed: int, *, calls: int) -> list[float]:
    """When calls arrive that leave as told and are late at random, both on their way there and back."""
    chance = random.Random(seed)
    book, now, arrivals, answers = Book(limit=LIMIT), 0.0, [], []
    for number in range(calls):
        place = 0
        while True:
            for moment, ticket in sorted(answer for answer in answers if answer[0] <= now):
                hear(book, ticket, moment)
                answers.remove((moment, ticket))
            told = book.ask(Asked(str(number), place, "run", 0), Allowance(), now=now, to_reset=MONTHS)
            if not told.wait_ms:
                break
            now, place = now + told.wait_ms / 1000, told.place
        there, back = (chance.expovariate(20) + 0.005 for _ in range(2))
        arrivals.append(now + there)
        answers.append((now + there + back, str(number)))
        if chance.random() < 0.5:  # who waits for the answer; others call on meanwhile
            now = max(now, now + there + back)
    return sorted(arrivals)


def test_arrivals_keep_the_window_but_for_a_hundredth_of_it_in_one_of_a_thousand() -> None:
    """
    Not never: a call that is still on its way cannot be dated yet. A refusal
    is what then happens, and it brings all the caution back.
    """
    spans = [
        later - first
        for seed in range(60)
        for arrivals in [arrivals_of(seed, calls=400)]
        for first, later in zip(arrivals, arrivals[LIMIT:], strict=False)
    ]
    assert min(spans) >= VENDORS_WINDOW * 0.99
    assert sum(span < VENDORS_WINDOW for span in spans) < len(spans) / 1000
