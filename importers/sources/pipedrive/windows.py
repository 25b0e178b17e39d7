"""
The arithmetic of reading one list from several places at once. Pure.

A list that is sorted by the time of its records' last change, and can be asked
for what lies between two such times, is read by several walks. Moments are
whole seconds, as Pipedrive's windows are: from the first on, before the last.

A `Gap` is what nobody has read yet, between two seconds. One walk goes up from
its lower end, another one down from its upper end, until they meet: nobody
needs to know where the records lie. Whoever has nothing to do joins the gap in
which most is left, at its free end; where both ends are taken the gap is split
and its upper half read from the split on. Walks are never told: each finds out
from its gap that it has reached what others read.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

WORTH_JOINING = 1.2
"""Pages that must be left in a gap for a second walk to pay: the first is reading one of them already."""

WORTH_SPLITTING = 4.0
"""Pages that must be left between two walks for a third."""

NEARLY_MET = 1.0
"""Pages between two walks that one of them may read alone."""

WASTE = 0.2
"""How many requests may have given nothing new, as a share of all: each has its price. A few are always free."""

_FREE = 2.0
_RISK = 0.5
"""What a walk that has not read anything yet is expected to waste."""

_ORDERED = 10
"""Records of one second that came in the order of their ids: that is no accident any more."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a page holds: the second of its change and the id of every record that says both, in the page's order."""

    marks: tuple[tuple[int, Any], ...] = ()

    @property
    def last(self) -> int | None:
        return self.marks[-1][0] if self.marks else None

    @property
    def rate(self) -> float:
        """Records a second."""
        return len(self.marks) / (abs(self.marks[-1][0] - self.marks[0][0]) + 1)

    def within(self, low: int, high: int) -> int:
        return sum(low <= second < high for second, _ in self.marks)

    def contradicts(self, *, is_rising: bool, since: int | None = None, until: int | None = None) -> bool:
        """Whether it is no answer to what a walk asked: not in its order, or not between its bounds."""
        step = 1 if is_rising else -1
        seconds = [second for second, _ in self.marks]
        low, high = (-math.inf if since is None else since), (math.inf if until is None else until)
        is_outside = any(not low <= second <= high for second in seconds)
        return is_outside or any((after - before) * step < 0 for before, after in pairwise(seconds))

    def inside(self, *, is_rising: bool) -> tuple[int, int] | None:
        """
        Where a page ends that lies within one second and is sorted by id there,
        in the direction of its walk: two walks whose ids go the same way do not meet.
        """
        ids = [number for _, number in self.marks]
        is_sorted = len(ids) >= _ORDERED and all(isinstance(number, int) for number in ids)
        if not is_sorted or self.marks[0][0] != self.marks[-1][0]:
            return None
        step = 1 if is_rising else -1
        return self.marks[-1] if all((b - a) * step > 0 for a, b in pairwise(ids)) else None


@dataclass(eq=False, slots=True)
class Gap:
    """
    Not read yet: what was changed from `low` on, before `high`. How many
    records a second there are at either end is as last seen, or a guess.
    """

    low: int
    high: int
    low_rate: float
    high_rate: float
    rising: Walk | None = None
    falling: Walk | None = None
    mass: int = 0
    """How many records of its only second were read, where it has shrunk to one."""

    @property
    def is_open(self) -> bool:
        return self.low < self.high

    @property
    def rest(self) -> float:
        """How many records seem to be left. Of one second, which tells nothing, as many again as came so far."""
        return max((self.high - self.low) * (self.low_rate + self.high_rate) / 2, self.mass)

    @property
    def walks(self) -> int:
        return (self.rising is not None) + (self.falling is not None)

    def enter(self) -> Walk:
        """A new walk from an end that is free."""
        walk = Walk(self, is_rising=self.rising is None, since=self.low, until=self.high, is_fresh=True)
        if walk.is_rising:
            self.rising = walk
        else:
            self.falling = walk
        return walk

    def leave(self, walk: Walk) -> None:
        if self.rising is walk:
            self.rising = None
        else:
            self.falling = None

    def note(self, walk: Walk, page: Seen, *, is_last: bool) -> None:
        """Narrow it by what a walk has read."""
        if page.last is not None and walk.is_rising:
            # Of the last record's second there may be more.
            self.low, self.low_rate = max(self.low, page.last), page.rate
        elif page.last is not None:
            self.high, self.high_rate = min(self.high, page.last + 1), page.rate
        walk.inside = page.inside(is_rising=walk.is_rising)
        self.mass += len(page.marks) if self.high - self.low == 1 else 0
        if is_last or self._have_met():
            self.low = self.high

    def _have_met(self) -> bool:
        """Two walks that go through the same second towards each other have met where their ids have."""
        up, down = self.rising and self.rising.inside, self.falling and self.falling.inside
        return bool(up and down and up[0] == down[0] and up[1] >= down[1])

    def split(self) -> Gap:
        """Keep the lower half, give away the upper one, with the walk in it."""
        rate = math.sqrt((self.low_rate**2 + self.high_rate**2) / 2)
        middle = min(max(self.low + round(self._share(rate) * (self.high - self.low)), self.low + 1), self.high - 1)
        upper = Gap(middle, self.high, rate, self.high_rate, falling=self.falling)
        if upper.falling is not None:
            upper.falling.gap = upper
        self.high, self.high_rate, self.falling = middle, rate, None
        return upper

    def _share(self, rate: float) -> float:
        """Where half of the records lie below, if their rate changes evenly from end to end."""
        change = self.high_rate - self.low_rate
        return 0.5 if abs(change) < rate / 1000 else (rate - self.low_rate) / change


@dataclass(eq=False, slots=True)
class Walk:
    """
    One way through a gap: up or down, asked for with the bounds the gap had then.

    None where it was not bounded on that side.
    """

    gap: Gap
    is_rising: bool
    since: int | None = None
    until: int | None = None
    is_fresh: bool = False
    inside: tuple[int, int] | None = None
    """The record it has come to in a second that fills pages, where records of the same second come by their ids."""


@dataclass
class Windows:
    """All the gaps of one list, and who reads in them. Not safe to share: callers take turns."""

    page_size: int
    gaps: list[Gap]
    pages: int = 2
    wasted: float = 0.0

    @classmethod
    def between(cls, lowest: Seen, highest: Seen, *, page_size: int) -> tuple[Windows, Walk, Walk]:
        """What is left between the first pages of the rising and of the falling list, and the walks that made them."""
        gap = Gap(lowest.last or 0, (highest.last or 0) + 1, lowest.rate, highest.rate)
        gap.rising, gap.falling = Walk(gap, is_rising=True), Walk(gap, is_rising=False)
        return cls(page_size, [gap]), gap.rising, gap.falling

    @property
    def are_read(self) -> bool:
        return not any(gap.is_open for gap in self.gaps)

    def begin(self) -> Walk | None:
        """A new walk that would be worth its requests, or None for now."""
        gap = max(filter(self._is_worth_it, self.gaps), key=lambda gap: gap.rest / max(gap.walks, 1), default=None)
        if gap is None:
            return None
        if gap.walks == 2:
            gap = gap.split()
            self.gaps.append(gap)
        return gap.enter()

    def goes_on(self, walk: Walk) -> bool:
        """Whether a walk should ask for its next page; if not, it is over."""
        gap = walk.gap
        if gap.is_open and not self._is_left_to_the_other(gap):
            return True
        gap.leave(walk)
        self.gaps = [gap for gap in self.gaps if gap.is_open]
        return False

    def read(self, walk: Walk, page: Seen, *, is_last: bool) -> None:
        """Note what a walk has read."""
        gap = walk.gap
        self.pages += 1
        self.wasted += 1 - page.within(gap.low, gap.high) / self.page_size
        walk.is_fresh = False
        gap.note(walk, page, is_last=is_last)

    def _is_worth_it(self, gap: Gap) -> bool:
        if gap.walks == 0:
            return True
        pages = gap.rest / self.page_size
        enough = WORTH_JOINING if gap.walks == 1 else WORTH_SPLITTING
        return pages >= enough and (gap.walks == 1 or gap.high - gap.low >= 2) and self._may_waste()

    def _may_waste(self) -> bool:
        fresh = sum(walk.is_fresh for gap in self.gaps for walk in (gap.rising, gap.falling) if walk is not None)
        return self.wasted + _RISK * fresh <= _FREE + WASTE * self.pages

    def _is_left_to_the_other(self, gap: Gap) -> bool:
        """The other walk is about to read what little is left."""
        return gap.walks == 2 and gap.rest <= NEARLY_MET * self.page_size


def second_of(text: object) -> int | None:
    """The whole second of a moment as Pipedrive writes it, None where it is none."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return math.floor((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def text_of(second: int) -> str:
    """A moment as Pipedrive's windows take it."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
