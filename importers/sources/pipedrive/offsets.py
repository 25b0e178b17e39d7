"""
The arithmetic of reading a list by offsets, several pages at once. Pure.

Offsets count records, so a record that is removed moves all behind it up by
one, and what stood at the head of a page that is asked for afterwards has
slipped into a page that was read before. Therefore every page begins with the
record the page before it ends with, as things stood. Where two neighbours hold
a record in common, nothing between them was missed: records do not overtake
each other. Where they do not, the stretch between is read again.

Nobody says how long the list is, and every request has its price. So as many
pages are under way as a quarter of those already read, and one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass

WASTE = 4
"""One page may be asked for in vain for so many that were read."""

_TRIES = 12
"""
How often a stretch is read again before the list is given up: each try reaches
half a page further back. How many pages in a row may say the same, too.
"""


class RestlessListError(Exception):
    """The list changes faster than it can be read."""


@dataclass(eq=False, slots=True)
class Sheet:
    """One page: where it begins, and once it is read which records it holds and whether more follow."""

    start: int
    tries: int = 0
    keys: frozenset[Hashable] = frozenset()
    more: bool = True
    is_read: bool = False
    is_joined: bool = False
    """Whether nothing can stand between it and the page before."""
    before: Sheet | None = None
    behind: Sheet | None = None

    def joins(self, behind: Sheet) -> bool:
        return not self.more or behind.start == 0 or not self.keys.isdisjoint(behind.keys)

    def repeats(self, before: Sheet) -> bool:
        return self.more and len(self.keys) > 1 and self.keys == before.keys


class Offsets:
    """
    All the pages of one list. *step* is how far apart its pages are by the
    vendor's word; at most *ahead* of them wait for one before them.
    """

    def __init__(self, step: int, *, ahead: int) -> None:
        self._size = step
        self._step = max(step - 1, 1)
        self._ahead = ahead
        self._head = self._last = Sheet(0, is_joined=True)
        self._torn: deque[Sheet] = deque()
        self._under_way = self._read = self._delivered = self._repeated = 0
        self._is_end_known = False

    @property
    def are_read(self) -> bool:
        return self._is_end_known and not self._under_way and not self._torn

    @property
    def first(self) -> Sheet:
        return self._head

    def begin(self) -> Sheet | None:
        """A page that should be asked for, or None for now."""
        if not self._torn and not self._may_go_further():
            return None
        self._under_way += 1
        return self._torn.popleft() if self._torn else self._next()

    def read(self, sheet: Sheet, keys: Iterable[object], *, more: bool) -> None:
        """Note what a page holds. Raises RestlessListError where reading again does not help."""
        sheet.keys, sheet.more, sheet.is_read = frozenset(map(_told_apart, keys)), more, True
        self._under_way -= sheet is not self._head
        self._read += 1
        self._is_end_known = self._is_end_known or not more
        for before, behind in ((sheet.before, sheet), (sheet, sheet.behind)):
            if before and behind and before.is_read and behind.is_read:
                self._join(before, behind)

    def in_order(self) -> Iterator[Sheet]:
        """Those that nothing is missing before any more, each once, from the second page on."""
        while (behind := self._head.behind) and behind.is_joined:
            self._head = behind
            self._delivered += 1
            yield behind

    def _may_go_further(self) -> bool:
        waiting = self._read + self._under_way - self._delivered
        return not self._is_end_known and self._under_way < 1 + self._read // WASTE and waiting <= self._ahead

    def _next(self) -> Sheet:
        self._last.behind = Sheet(self._last.start + self._step, before=self._last)
        self._last = self._last.behind
        return self._last

    def _join(self, before: Sheet, behind: Sheet) -> None:
        self._repeated = self._repeated + 1 if behind.repeats(before) else 0
        if self._repeated > _TRIES:
            raise RestlessListError
        if before.joins(behind):
            behind.is_joined, behind.before = True, None
        else:
            self._mend(before, behind)

    def _mend(self, before: Sheet, behind: Sheet) -> None:
        tries = max(before.tries, behind.tries) + 1
        if tries > _TRIES:
            raise RestlessListError
        between = Sheet(max(behind.start - self._size // 2, 0), tries, before=before, behind=behind)
        before.behind = behind.before = between
        self._torn.append(between)


def _told_apart(key: object) -> Hashable:
    """An id should be a number or a text; whatever it is, it tells its record apart."""
    return key if isinstance(key, Hashable) else repr(key)
