"""A vendor, the ways to it and those who call it, in pretended time."""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from importers.http.book import Allowance, Asked, Book
from importers.http.said import Said

MONTHS = 1e7
WINDOW = 2.0

Delay = Callable[[random.Random, float], float]
"""Seconds on the way, at a moment."""


@dataclass
class Vendor:
    """
    Counts arrivals in any two seconds of its own clock, which runs *fast* times
    as quickly; with *is_fixed*, in windows that begin every two seconds.
    """

    limit: int
    fast: float = 1.0
    is_fixed: bool = False
    counts_refused: bool = False
    window: deque[float] = field(default_factory=deque)
    refused: int = 0
    moments: list[float] = field(default_factory=list)

    @property
    def admitted(self) -> int:
        return len(self.moments)

    def used(self, now: float) -> int:
        mine = now * self.fast
        edge = mine // WINDOW * WINDOW if self.is_fixed else mine - WINDOW
        while self.window and (self.window[0] < edge if self.is_fixed else self.window[0] <= edge):
            self.window.popleft()
        return len(self.window)

    def admit(self, now: float) -> bool:
        is_admitted = self.used(now) < self.limit
        self.refused += not is_admitted
        if is_admitted:
            self.moments.append(now)
        if is_admitted or self.counts_refused:
            self.window.append(now * self.fast)
        return is_admitted


@dataclass(frozen=True)
class Habits:
    """How calls fare. Shares are of one."""

    there: Delay
    back: Delay
    work: Delay = lambda chance, now: 0.0
    dies: float = 0.0
    lost: float = 0.0
    patience: float = 20.0
    rests: float = 0.0


@dataclass
class World:
    """Runs of several threads each that call as often as they may, until *end*."""

    vendor: Vendor
    habits: Habits
    chance: random.Random
    end: float
    book: Book = field(default_factory=Book)
    now: float = 0.0
    made: dict[str, int] = field(default_factory=dict)
    asked: int = 0
    events: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    numbers: int = 0

    def play(self, threads: dict[str, int]) -> None:
        for who, count in threads.items():
            self.made[who] = 0
            for _ in range(count):
                self.later(self.chance.random() * 0.01, lambda who=who: self.ask(who))  # type: ignore[misc]
        while self.events:
            self.now, _, happen = heapq.heappop(self.events)
            happen()

    def later(self, seconds: float, happen: Callable[[], None]) -> None:
        self.numbers += 1
        heapq.heappush(self.events, (self.now + seconds, self.numbers, happen))

    def ask(self, who: str, ticket: str = "", place: int = 0) -> None:
        if self.now > self.end:
            return
        self.asked += 1
        ticket = ticket or f"{who}:{self.numbers}"
        told = self.book.ask(Asked(ticket, place, who, 0), Allowance(), now=self.now, to_reset=MONTHS)
        if self.chance.random() < self.habits.dies:
            self.later(1.0, lambda: self.ask(who))  # somebody else takes over
            if told.wait_ms or self.chance.random() < 0.5:
                return
            self.later(self._there(), lambda: self.arrive(who, ""))
        elif told.wait_ms:
            self.later(told.wait_ms / 1000, lambda: self.ask(who, ticket, told.place))
        else:
            self.send(who, ticket)

    def send(self, who: str, ticket: str) -> None:
        there = self._there()
        is_lost = self.chance.random() < self.habits.lost
        if is_lost or there >= self.habits.patience:
            self.later(self.habits.patience, lambda: self.hear(who, ticket, Said(is_good=False, is_lost=True)))
        if there < self.habits.patience:
            self.later(there, lambda: self.arrive(who, "" if is_lost else ticket))

    def arrive(self, who: str, ticket: str) -> None:
        is_admitted = self.vendor.admit(self.now)
        used = self.vendor.used(self.now)
        if not ticket:
            return
        said = Said(
            limit=self.vendor.limit,
            used=used,
            hold=0.0 if is_admitted else WINDOW,
            is_good=is_admitted,
            is_refused=not is_admitted,
        )
        took = self.habits.work(self.chance, self.now) + self.habits.back(self.chance, self.now)
        self.later(took, lambda: self.hear(who, ticket, said))

    def hear(self, who: str, ticket: str, said: Said) -> None:
        self.book.hear(ticket, said, Allowance(), now=self.now, to_reset=MONTHS)
        self.made[who] += 1
        self.later(self.chance.expovariate(1 / self.habits.rests) if self.habits.rests else 0.0, lambda: self.ask(who))

    def _there(self) -> float:
        return self.habits.there(self.chance, self.now)
