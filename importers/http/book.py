"""
The arithmetic of a shared limit: who may call when. Pure; time is handed in.

`governor.lua` does the same inside Redis, step by step; the tests compare the
two. Seconds are counted from anywhere, as long as all count from there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from importers.http.arrivals import REMEMBERED, WINDOW, Arrivals, Ways
from importers.http.said import Said
from importers.model import Hold, Reported

ASSUMED = 10
"""The limit until an answer tells it: the smallest that is documented anywhere."""

SOON = 0.25
"""Seconds after which those who wait come back while the limit is not known: the first answer tells it."""

MISSED = 3.0
"""Seconds after its moment at which somebody in line who did not come back is taken for gone."""

BELIEVED = 3600.0
"""Seconds for which the last word about today's allowance is believed: after that one call finds out."""

PROBE = 60.0
"""Seconds that one call gets for finding out, while the others go on waiting."""

DAY = 86_400.0

PACE = 0.6
"""
Where several runs stand in line, how far apart calls leave, as a part of an
even pace: a run that makes one call after the other would otherwise meet the
window full whenever it comes back.
"""

CAUTIOUS = 300.0
"""Seconds after a refusal, or a sign of others with the same token, in which only the calls' own answers are believed."""

LESS = 0.8
"""What is left of the limit after a refusal, and of that after another."""

LEAST = 0.4

RECOVERY = 600.0
"""Seconds in which a limit of which nothing was left would be the whole again."""


@dataclass(frozen=True, slots=True)
class Asked:
    """
    Somebody who wants to call: `place` is zero for those who are new in line.
    `assumed` is the limit until an answer tells it, and `among` how many count
    by themselves for the same token.
    """

    ticket: str
    place: int
    who: str
    cost: int
    assumed: int = ASSUMED
    among: int = 1


@dataclass(frozen=True, slots=True)
class Told:
    """Go now (`wait_ms` is 0), or come back then."""

    wait_ms: int
    why: Hold
    place: int


@dataclass
class Allowance:
    """
    Today's tokens of one company. *to_reset* is how many seconds from now the
    day is thought to end; nobody knows for sure, so once an hour one call looks.
    """

    left: int | None = None
    left_until: float = 0.0
    spent_at: float | None = None
    ask_again_at: float = 0.0
    reported: Reported | None = None

    def wait(self, cost: int, now: float, to_reset: float) -> float:
        if self.spent_at is not None and now < self.ask_again_at:
            return _until_reset(self.spent_at, now, to_reset)
        if self.left is not None and now < self.left_until and self.left < cost:
            return to_reset
        return 0.0

    def take(self, cost: int, now: float) -> None:
        if self.left is not None:
            self.left = max(self.left - cost, 0)
        if self.spent_at is not None:
            self.ask_again_at = now + PROBE

    def hear(self, said: Said, now: float, to_reset: float) -> float:
        """How long there is nothing left."""
        if said.is_spent:
            self.spent_at = now if self.spent_at is None else self.spent_at
            self.left, self.ask_again_at = None, now + min(BELIEVED, to_reset)
            return _until_reset(self.spent_at, now, to_reset)
        is_over = said.left and now >= self.ask_again_at - PROBE
        if said.left is not None and (self.spent_at is None or is_over):
            self.left, self.left_until, self.spent_at = said.left, now + min(BELIEVED, to_reset), None
        return 0.0


@dataclass
class Book:
    """The calls of one token, made and waiting."""

    limit: int | None = None
    is_boundless: bool = False
    held_until: float = 0.0
    blocked_until: float = 0.0
    cautious_until: float = 0.0
    share: float = 1.0
    refused_at: float | None = None
    called: int = 0
    called_at: float = 0.0
    reported: Reported | None = None
    arrivals: Arrivals = field(default_factory=Arrivals)
    ways: Ways = field(default_factory=Ways)
    line: dict[str, int] = field(default_factory=dict)
    due: dict[str, float] = field(default_factory=dict)
    last: dict[str, int] = field(default_factory=dict)
    runs: dict[str, float] = field(default_factory=dict)

    def ask(self, asked: Asked, allowance: Allowance, *, now: float, to_reset: float) -> Told:
        """A turn, or when to come back for it."""
        self._forget(now)
        spent = allowance.wait(asked.cost, now, to_reset)
        if spent > 0 or self.blocked_until > now:
            self.leave(asked.ticket, now=now)
            blocked = self.blocked_until - now
            return Told(in_ms(max(spent, blocked)), Hold.BLOCKED if blocked > 0 else Hold.BUDGET, 0)
        self.runs[asked.who] = now
        place = asked.place or self._new_place(asked.who)
        held = self.held_until - now
        wait = max(self._wait(asked, place, now), held)
        if wait > 0:
            self.line[asked.ticket], self.due[asked.ticket] = place, now + wait
            return Told(in_ms(wait), Hold.TOLD if held > 0 else Hold.WINDOW, place)
        self._let_go(asked, place, now)
        allowance.take(asked.cost, now)
        return Told(0, Hold.WINDOW, place)

    def hear(self, ticket: str, said: Said, allowance: Allowance, *, now: float, to_reset: float) -> int:
        """Learn from the answer to *ticket*; for how many milliseconds it keeps everybody from calling."""
        left_at = self.arrivals.end(ticket)
        if left_at is not None and not said.is_lost:
            self.ways.learn(now - left_at, now)
        if said.is_refused:
            self._heed(now if left_at is None else left_at, now)
        self.limit = said.limit or self.limit
        self.is_boundless = self.limit is None and (self.is_boundless or said.is_good)
        self.arrivals.believe(self._counted(said.used, left_at, now), now)
        self.held_until = max(self.held_until, now + said.hold) if said.hold else self.held_until
        return in_ms(max(allowance.hear(said, now, to_reset), said.hold))

    def leave(self, ticket: str, *, now: float) -> None:
        """Neither in line any more nor on its way."""
        self.line.pop(ticket, None)
        self.due.pop(ticket, None)
        self.arrivals.end(ticket)
        self.arrivals.believe(0, now)

    def block(self, span: float, *, now: float) -> None:
        self.blocked_until = max(self.blocked_until, now + span)

    def _forget(self, now: float) -> None:
        self.arrivals.forget(now)
        for ticket in [ticket for ticket, at in self.due.items() if at <= now - MISSED]:
            self.leave(ticket, now=now)
        self.runs = {who: at for who, at in self.runs.items() if at > now - WINDOW}
        if not self.line:
            self.last.clear()

    def _new_place(self, who: str) -> int:
        """
        Behind whoever called last and behind one's own: those of different runs
        get the same places, so that each run calls once before any calls twice.
        """
        place = max(self.called, self.last.get(who, 0)) + 1
        self.last[who] = place
        return place

    def _wait(self, asked: Asked, place: int, now: float) -> float:
        if self.is_boundless:
            return 0.0
        ahead = sum((other, name) < (place, asked.ticket) for name, other in self.line.items())
        limit = self._limit(asked, now)
        usual, least = self.ways.usual or 0.0, self._least_way(now)
        free_at = self.arrivals.free_at(ahead, limit, now, usual=usual, least=least)
        is_paced = len(self.runs) > 1 and (asked.place or ahead)
        paced_at = self.called_at + (ahead + 1) * PACE * WINDOW / limit if is_paced else now
        wait = max(free_at, paced_at) - now
        return wait if self.limit else min(wait, SOON)

    def _limit(self, asked: Asked, now: float) -> int:
        """Less than the vendor says for some time after refusals, and where others may call unseen."""
        limit = (self.limit or asked.assumed) // asked.among
        return max(math.floor(limit * self._share(now)), 1)

    def _share(self, now: float) -> float:
        return 1.0 if self.refused_at is None else min(self.share + (now - self.refused_at) / RECOVERY, 1.0)

    def _let_go(self, asked: Asked, place: int, now: float) -> None:
        self.leave(asked.ticket, now=now)
        self.arrivals.leave(asked.ticket, now)
        self.called, self.called_at = max(self.called, place), now

    def _heed(self, left_at: float, now: float) -> None:
        """Refused though it should not have been: others call too, or the vendor counts otherwise."""
        self.cautious_until = now + CAUTIOUS
        if self.refused_at is None or left_at > self.refused_at:
            self.share, self.refused_at = max(self._share(now) * LESS, LEAST), now

    def _least_way(self, now: float) -> float:
        return 0.0 if now < self.cautious_until else self.ways.least()

    def _counted(self, used: int | None, left_at: float | None, now: float) -> int:
        """
        How many of all calls the vendor has counted, as its answer proves: those
        of its window, and those that were before it. More than have had their
        turn means that somebody else has the same token.
        """
        at = now if left_at is None else left_at
        if used is None or at < now - REMEMBERED:
            return 0
        counted = self.arrivals.by(at + self._least_way(now) - WINDOW) + used
        strangers = counted - self.arrivals.let_go
        if strangers > 0:
            self.arrivals.meet(strangers)
            self.cautious_until = max(self.cautious_until, now + CAUTIOUS)
        return 0 if left_at is None or now < self.cautious_until else counted


def _until_reset(spent_at: float, now: float, to_reset: float) -> float:
    """Spent since before the midnight we believed in: the vendor's comes later, any hour now."""
    is_yesterdays = spent_at < now + to_reset - DAY
    return min(BELIEVED, to_reset) if is_yesterdays else to_reset


def in_ms(seconds: float) -> int:
    """Rounded up, and a little more: whoever comes back then is not too early."""
    return math.floor(seconds * 1000) + 1 if seconds > 0 else 0
