"""
What is certain about the arrival of calls, which only the vendor sees. Pure.

Calls are counted in the order in which they were let go, and arrivals in the
order in which they happened; who arrived when need not be known. An answer
proves that its call has arrived; what it says of the vendor's own count proves
that others have, whose answers are still on their way. See
docs/decisions/0003-provably-under-the-limit.md.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, field

WINDOW = 2.005
"""
Seconds in which no more calls arrive than the limit allows: the vendor's two,
and a four-hundredth for clocks that do not run alike.
"""

REMEMBERED = 5.0
"""Seconds for which arrivals are kept beyond the window. Answers that took longer prove no more than their own call."""

GOOD_FOR = 5.0
"""Seconds after asking for a turn in which a call may leave."""

GIVEN_UP = 30.0
"""
Seconds after its turn in which a call arrives, or never does. So long the call
of a process that died takes the place of another.
"""

SETTLED = 20
"""How many answers it takes until the quickest of them means something."""

PRUDENCE = 0.75
"""How much of the quickest answer is relied on."""

LONGEST_WAY = 0.3
"""Seconds of which at most is relied on, however slow every answer is: a queue on the way there may vanish."""

LEARNING = 0.02
"""How much each answer counts for what is usual, once there were many."""

MINUTE = 60.0


@dataclass
class Ways:
    """
    How long it takes at least from us to the vendor and back.

    A call cannot arrive at the moment it leaves, nor an answer come at the
    moment its call arrives. The quickest answer of this minute and of the one
    before says how much that is; where times vary, it was luck, and counts for
    less: by as much as the usual one is longer.
    """

    minute: int = 0
    heard: int = 0
    quickest: float | None = None
    before: float | None = None
    usual: float | None = None

    def learn(self, took: float, now: float) -> None:
        self._turn(math.floor(now / MINUTE))
        self.heard += 1
        self.quickest = took if self.quickest is None else min(took, self.quickest)
        usual = took if self.usual is None else self.usual
        self.usual = usual + (took - usual) * max(LEARNING, 0.0 if self.before is not None else 1 / self.heard)

    def least(self) -> float:
        """Seconds that the way there of one call and the way back of another take together, to rely on."""
        if self.quickest is None or self.usual is None or (self.heard < SETTLED and self.before is None):
            return 0.0
        quickest = self.quickest if self.before is None else min(self.quickest, self.before)
        return max(min(quickest * PRUDENCE, 2 * quickest - self.usual, LONGEST_WAY), 0.0)

    def _turn(self, minute: int) -> None:
        if minute != self.minute:
            is_next = minute == self.minute + 1 and self.heard >= SETTLED
            self.before = self.quickest if is_next else None
            self.minute, self.heard, self.quickest = minute, 0, None


@dataclass
class Arrivals:
    """
    `let_go` calls have had their turn, `answered` of them are over, and `sure`
    have arrived for certain, by the moments in `recent` for the last of these.
    """

    let_go: int = 0
    answered: int = 0
    sure: int = 0
    on_their_way: dict[str, float] = field(default_factory=dict)
    recent: list[float] = field(default_factory=list)

    def leave(self, ticket: str, now: float) -> None:
        """It gets its turn."""
        self.on_their_way[ticket] = now
        self.let_go += 1

    def end(self, ticket: str) -> float | None:
        """It has arrived, or never will: when it had its turn. None for one not known, or over already."""
        left_at = self.on_their_way.pop(ticket, None)
        self.answered += left_at is not None
        return left_at

    def meet(self, strangers: int) -> None:
        """Others have called with our token."""
        self.let_go += strangers
        self.answered += strangers

    def believe(self, count: int, now: float) -> None:
        """So many have arrived by now, and all whose answers are there."""
        more = max(count, self.answered) - self.sure
        if more > 0:
            self.recent.extend([now] * more)
            self.sure += more

    def by(self, moment: float) -> int:
        """How many had arrived by then, for certain; known for REMEMBERED seconds and a window."""
        return self.sure - len(self.recent) + bisect_right(self.recent, moment)

    def forget(self, now: float) -> None:
        for at, ticket in sorted((at, ticket) for ticket, at in self.on_their_way.items() if at <= now - GIVEN_UP):
            self.end(ticket)
            self.believe(0, max([at + GIVEN_UP, *self.recent[-1:]]))
        del self.recent[: bisect_right(self.recent, now - WINDOW - REMEMBERED)]

    def free_at(self, nth: int, limit: int, now: float, *, usual: float, least: float) -> float:
        """
        When the *nth* of the next calls (zero is the next) may go.

        The call that is as many places earlier as the limit says must have
        arrived a window before, less the *least* time on the ways. Where its
        answer is still to come, as *usual*, this is a guess, and later than now.
        """
        needed = self.let_go + nth + 1 - limit
        windows = max(-(-(needed - self.let_go) // limit), 0)
        arrived = self._arrival(needed - windows * limit, now, usual)
        return arrived + WINDOW - least + windows * (WINDOW + max(usual - least, 0.0))

    def _arrival(self, nth: int, now: float, usual: float) -> float:
        """When the *nth* of all calls had arrived, or probably will have."""
        if nth <= self.sure:
            index = len(self.recent) - 1 - (self.sure - nth)
            return self.recent[index] if index >= 0 else -math.inf
        oldest = sorted(self.on_their_way.values())[: nth - self.sure]
        return max(now, oldest[-1] + usual) if oldest else now
