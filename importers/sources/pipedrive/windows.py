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
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

WORTH_JOINING = 1.2
"""Pages that must be left in a gap for a second walk to pay: the first is reading one of them already."""

WORTH_SPLITTING = 4.0
"""Pages that must be left between two walks for a third: a split costs about half a request more."""

_NEARLY_MET = 1.0


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

    @property
    def is_open(self) -> bool:
        return self.low < self.high

    @property
    def rest(self) -> float:
        """How many records seem to be left."""
        return (self.high - self.low) * (self.low_rate + self.high_rate) / 2

    @property
    def walks(self) -> int:
        return (self.rising is not None) + (self.falling is not None)

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


@dataclass(frozen=True, slots=True)
class Seen:
    """What a page holds: how many records, and the first and the last second they were changed, None where no record says."""

    count: int
    first: int | None
    last: int | None

    @property
    def rate(self) -> float:
        return self.count / (abs((self.last or 0) - (self.first or 0)) + 1)


def seen(times: Iterable[object]) -> Seen:
    """The bounds of a page, from its records' update times in their order."""
    known = [moment for moment in map(second_of, times) if moment is not None]
    return Seen(len(known), known[0], known[-1]) if known else Seen(0, None, None)


@dataclass
class Windows:
    """All the gaps of one list, and who reads in them. Not safe to share: callers take turns."""

    page_size: int
    gaps: list[Gap] = field(default_factory=list)

    @classmethod
    def between(cls, lowest: Seen, highest: Seen, *, page_size: int) -> tuple[Windows, Walk, Walk]:
        """
        What is left between the first page of the rising and of the falling
        list, and those two walks, which go on.
        """
        gap = Gap(lowest.last or 0, (highest.last or 0) + 1, lowest.rate, highest.rate)
        gap.rising, gap.falling = Walk(gap, is_rising=True), Walk(gap, is_rising=False)
        return cls(page_size, [gap]), gap.rising, gap.falling

    @property
    def are_read(self) -> bool:
        return not any(gap.is_open for gap in self.gaps)

    def begin(self) -> Walk | None:
        """A walk that would be worth its requests, or None for now."""
        gap = max(filter(self._is_worth_it, self.gaps), key=lambda gap: gap.rest / max(gap.walks, 1), default=None)
        if gap is None:
            return None
        if gap.walks == 2:
            gap = gap.split()
            self.gaps.append(gap)
        walk = Walk(gap, is_rising=gap.rising is None, since=gap.low, until=gap.high)
        if walk.is_rising:
            gap.rising = walk
        else:
            gap.falling = walk
        return walk

    def read(self, walk: Walk, page: Seen, *, is_last: bool) -> bool:
        """Note what a walk has read; whether it should go on."""
        gap = walk.gap
        if walk.is_rising:
            _raise(gap, page, is_last=is_last)
        else:
            _lower(gap, page, is_last=is_last)
        if gap.is_open and not self._is_left_to_the_other(gap):
            return True
        self._leave(walk)
        return False

    def _leave(self, walk: Walk) -> None:
        gap = walk.gap
        if gap.rising is walk:
            gap.rising = None
        else:
            gap.falling = None
        self.gaps = [gap for gap in self.gaps if gap.is_open]

    def _is_worth_it(self, gap: Gap) -> bool:
        pages = gap.rest / self.page_size
        if not gap.is_open or gap.walks == 0:
            return gap.is_open
        if gap.walks == 1:
            return pages >= WORTH_JOINING
        return pages >= WORTH_SPLITTING and gap.high - gap.low >= 2

    def _is_left_to_the_other(self, gap: Gap) -> bool:
        """The other walk is about to read what little is left."""
        return gap.walks == 2 and gap.rest <= _NEARLY_MET * self.page_size


def _raise(gap: Gap, page: Seen, *, is_last: bool) -> None:
    """Everything before the last record is read, but others may have been changed in the same second."""
    if page.last is not None:
        gap.low, gap.low_rate = max(gap.low, page.last), page.rate
    if is_last:
        gap.low = gap.high


def _lower(gap: Gap, page: Seen, *, is_last: bool) -> None:
    if page.last is not None:
        gap.high, gap.high_rate = min(gap.high, page.last + 1), page.rate
    if is_last:
        gap.high = gap.low


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
