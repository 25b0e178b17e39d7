"""
The arithmetic of a shared limit: who may call when. Pure; time is handed in.

`governor.lua` does the same inside Redis, step by step; the tests compare the
two. Seconds are counted from anywhere, as long as all count from there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from importers.http.said import Said
from importers.model import Hold, Reported

WINDOW = 2.02
"""
Seconds in which no more calls leave than the limit allows: the vendor's two,
and one per cent for clocks that do not run alike.
"""

ASSUMED = 10
"""The limit until an answer tells it: the smallest that is documented anywhere."""

MARGIN = 0.07
"""
Seconds, on average, that a call counts as having left later than it did.

An answer that took longer than the quickest one may have been late on its way
there as well as on its way back, and the vendor counts arrivals. So the whole
delay is added to the moment of the call. Where delays last (slow lists, not a
machine that is busy for a moment) and thousands of calls went well, they are
scaled down until they cost no more than this: 3.5 per cent.
"""

RELAXING = 0.0002
"""How much of the caution every good answer takes away; a refusal brings all of it back."""

REMEMBERED = 10.0
"""Seconds for which calls are kept after their window, to compare with answers that come late."""

MISSED = 3.0
"""Seconds after its moment at which somebody in line who did not come back is taken for gone."""

BELIEVED = 3600.0
"""Seconds for which the last word about today's allowance is believed: after that one call finds out."""

PROBE = 60.0
"""Seconds that one call gets for finding out, while the others go on waiting."""

DAY = 86_400.0
LEARNING = 0.005
FORGETTING = 0.0005
SETTLING = 200
"""
The quickest answer is approached from below, by a share of each delay that
gets smaller over this many calls and stays at FORGETTING: on a busy machine
quick answers are rare, and a figure that creeps up meanwhile would be unsafe.
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """
    Somebody who wants to call: `place` is zero for those who are new in line.
    `assumed` is the limit until an answer tells it.
    """

    ticket: str
    place: int
    who: str
    cost: int
    assumed: int = ASSUMED


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
    quickest: float = 0.0  # from below: the first answers may all be slow
    usual_delay: float = 0.0
    caution: float = 1.0
    heard: int = 0
    called: int = 0
    strangers: int = 0
    reported: Reported | None = None
    calls: dict[str, float] = field(default_factory=dict)
    line: dict[str, int] = field(default_factory=dict)
    due: dict[str, float] = field(default_factory=dict)
    last: dict[str, int] = field(default_factory=dict)

    def ask(self, asked: Asked, allowance: Allowance, *, now: float, to_reset: float) -> Told:
        """A turn, or when to come back for it."""
        self._forget(now)
        spent = allowance.wait(asked.cost, now, to_reset)
        if spent > 0 or self.blocked_until > now:
            self.leave(asked.ticket)
            blocked = self.blocked_until - now
            return Told(in_ms(max(spent, blocked)), Hold.BLOCKED if blocked > 0 else Hold.BUDGET, 0)
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
        left_at = self._settle(ticket, now)
        self.caution = 1.0 if said.is_refused else self.caution * (1 - RELAXING)
        self.limit = said.limit or self.limit
        self.is_boundless = self.limit is None and (self.is_boundless or said.is_good)
        if said.used is not None:
            self._add_strangers(said.used, left_at, now)
        self.held_until = max(self.held_until, now + said.hold) if said.hold else self.held_until
        return in_ms(max(allowance.hear(said, now, to_reset), said.hold))

    def leave(self, ticket: str) -> None:
        self.line.pop(ticket, None)
        self.due.pop(ticket, None)

    def block(self, span: float, *, now: float) -> None:
        self.blocked_until = max(self.blocked_until, now + span)

    def _forget(self, now: float) -> None:
        old = now - WINDOW - REMEMBERED
        self.calls = {ticket: at for ticket, at in self.calls.items() if at > old}
        for ticket in [ticket for ticket, at in self.due.items() if at <= now - MISSED]:
            self.leave(ticket)
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
        limit = self.limit or asked.assumed
        rounds, nth = divmod(ahead, limit)
        recent = sorted(at for at in self.calls.values() if at > now - WINDOW)[-limit:]
        taken = nth - (limit - len(recent))
        return rounds * WINDOW + (recent[taken] + WINDOW - now if taken >= 0 else 0.0)

    def _let_go(self, asked: Asked, place: int, now: float) -> None:
        self.leave(asked.ticket)
        self.calls[asked.ticket] = now
        self.called = max(self.called, place)

    def _settle(self, ticket: str, now: float) -> float:
        """Date the call by its answer; when it left."""
        left_at = self.calls.get(ticket)
        if left_at is None:
            return now
        took = now - left_at
        quickest = min(took, self.quickest)
        delay = took - quickest
        self.heard += 1
        self.quickest = quickest + delay * max(1 / (self.heard + SETTLING), FORGETTING)
        self.usual_delay += (delay - self.usual_delay) * LEARNING
        self.calls[ticket] = left_at + delay * max(self.caution, MARGIN / max(self.usual_delay, MARGIN))
        return left_at

    def _add_strangers(self, used: int, left_at: float, now: float) -> None:
        """
        Calls the vendor counted that cannot be ours: somebody else has the same
        token. Calls may overtake each other, so every one that left before the
        answer came may be among those counted.
        """
        known = sum(left_at - WINDOW < at <= now for at in self.calls.values())
        for _ in range(used - known):
            self.strangers += 1
            self.calls[f"stranger:{self.strangers}"] = now


def _until_reset(spent_at: float, now: float, to_reset: float) -> float:
    """Spent since before the midnight we believed in: the vendor's comes later, any hour now."""
    is_yesterdays = spent_at < now + to_reset - DAY
    return min(BELIEVED, to_reset) if is_yesterdays else to_reset


def in_ms(seconds: float) -> int:
    """Rounded up, and a little more: whoever comes back then is not too early."""
    return math.floor(seconds * 1000) + 1 if seconds > 0 else 0
