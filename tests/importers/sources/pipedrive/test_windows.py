"""Any list, read by any number of walks that take turns in any order, is read whole."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers.sources.pipedrive.windows import Seen, Walk, Windows, second_of, text_of

Mark = tuple[int, int]
"""The second of a record's change, and its id."""

DAY = 86_400


class Vendor:
    """Gives pages of one list as the vendor does: bounded, sorted, from where the page before ended."""

    def __init__(self, seconds: Iterable[int], *, page_size: int, ids_fall_in_ties: bool = True) -> None:
        self.marks: list[Mark] = sorted((second, number) for number, second in enumerate(seconds))
        self.page_size = page_size
        # Sorted downwards, records of one second may still come by rising ids.
        self._falling = (
            self.marks[::-1] if ids_fall_in_ties else sorted(self.marks, key=lambda mark: (-mark[0], mark[1]))
        )
        self.asked = 0

    def page(self, walk: Walk, after: Mark | None) -> tuple[Sequence[Mark], bool]:
        self.asked += 1
        listed = self.marks if walk.is_rising else self._falling
        begin = 0 if after is None else listed.index(after) + 1
        inside = [mark for mark in listed[begin:] if self._lies_within(walk, mark)]
        return inside[: self.page_size], len(inside) <= self.page_size

    @staticmethod
    def _lies_within(walk: Walk, mark: Mark) -> bool:
        second = mark[0]
        return (walk.since is None or second >= walk.since) and (walk.until is None or second < walk.until)


class QuickVendor(Vendor):
    """For long lists."""

    def page(self, walk: Walk, after: Mark | None) -> tuple[Sequence[Mark], bool]:
        self.asked += 1
        begin = 0 if walk.since is None else bisect_left(self.marks, (walk.since, -1))
        end = len(self.marks) if walk.until is None else bisect_left(self.marks, (walk.until, -1))
        if walk.is_rising:
            begin = begin if after is None else bisect_right(self.marks, after)
            return self.marks[begin : min(begin + self.page_size, end)], begin + self.page_size >= end
        end = end if after is None else bisect_left(self.marks, after)
        return self.marks[max(end - self.page_size, begin) : end][::-1], end - self.page_size <= begin


def read(vendor: Vendor, *, threads: int, chance: Random) -> set[Mark]:
    """What threads read whose answers come in any order."""
    rising, falling = Walk(None, is_rising=True), Walk(None, is_rising=False)  # type: ignore[arg-type]
    first, is_all = vendor.page(rising, None)
    if is_all:
        return {*first}
    last, _ = vendor.page(falling, None)
    windows, rising, falling = Windows.between(Seen(tuple(first)), Seen(tuple(last)), page_size=vendor.page_size)
    begun = [(rising, first[-1]), (falling, last[-1])]
    under_way: list[tuple[Walk, Mark | None]] = [each for each in begun if windows.goes_on(each[0])]
    found = {*first, *last}
    while not windows.are_read:
        while len(under_way) < threads and (fresh := windows.begin()):
            under_way.append((fresh, None))
        walk, after = under_way.pop(chance.randrange(len(under_way)))
        page, is_last = vendor.page(walk, after)
        found |= {*page}
        windows.read(walk, Seen(tuple(page)), is_last=is_last)
        if windows.goes_on(walk):
            under_way.append((walk, page[-1] if page else after))
    return found


seconds = st.one_of(
    st.integers(0, 50),
    st.integers(0, 10 * DAY),
    st.sampled_from([0, 7, 7 + DAY, 5 * DAY]),
    st.integers(0, 20).map(lambda power: 2**power),
)


@given(
    st.lists(seconds, max_size=200),
    st.integers(1, 9),
    st.sampled_from([1, 2, 5, 12, 40]),
    st.booleans(),
    st.randoms(use_true_random=False),
)
def test_every_record_is_read(
    seconds: list[int], threads: int, page_size: int, ids_fall_in_ties: bool, chance: Random
) -> None:
    vendor = Vendor(seconds, page_size=page_size, ids_fall_in_ties=ids_fall_in_ties)
    assert read(vendor, threads=max(threads, 2), chance=chance) == {*vendor.marks}


@pytest.mark.parametrize("ids_fall_in_ties", [False, True])
def test_a_second_that_fills_pages_is_read_whole_whichever_way_its_ids_go(ids_fall_in_ties: bool) -> None:
    vendor = Vendor([*range(20), *[20] * 1000, *range(21, 400)], page_size=100, ids_fall_in_ties=ids_fall_in_ties)
    for seed in range(5):
        assert read(vendor, threads=4, chance=Random(seed)) == {*vendor.marks}


def spread(name: str, count: int, chance: Random) -> list[int]:
    years = 1000 * DAY
    how = {
        "evenly": lambda: chance.randrange(years),
        "mostly lately": lambda: years - int(chance.expovariate(1 / (60 * DAY))),
        "mostly long ago": lambda: int(chance.expovariate(1 / (60 * DAY))),
        "around one day": lambda: int(chance.gauss(years / 2, years / 20)),
        "by working hours": lambda: chance.randrange(1000) * DAY + chance.randrange(DAY // 3),
        "by a few imports": lambda: chance.choice((100, 5000, 10**6, 2 * 10**7)) + chance.randrange(600),
        "most in one second": lambda: 10**7 if chance.random() < 0.6 else chance.randrange(years),
        "all in one second": lambda: 10**7,
    }
    return [how[name]() for _ in range(count)]


SPREADS = [
    ("evenly", 0.12),
    ("mostly lately", 0.12),
    ("mostly long ago", 0.12),
    ("around one day", 0.12),
    ("by working hours", 0.12),
    ("by a few imports", 0.3),
    ("most in one second", 0.3),
    ("all in one second", 0.3),
]


@pytest.mark.parametrize(("how", "waste"), SPREADS)
def test_few_requests_are_made_in_vain_however_the_records_are_spread(how: str, waste: float) -> None:
    vendor = QuickVendor(spread(how, 50_000, Random(7)), page_size=500)
    assert read(vendor, threads=16, chance=Random(7)) == {*vendor.marks}
    assert vendor.asked <= 100 * (1 + waste)


@pytest.mark.parametrize(("records", "requests"), [(900, 2), (1400, 3), (2400, 6)])
def test_short_lists_take_hardly_more_requests_than_pages(records: int, requests: int) -> None:
    vendor = QuickVendor([second * 60 for second in range(records)], page_size=500)
    read(vendor, threads=16, chance=Random(7))
    assert vendor.asked <= requests


def test_sixteen_threads_read_a_long_list_in_few_rounds() -> None:
    vendor = QuickVendor(spread("mostly lately", 50_000, Random(7)), page_size=500)
    assert rounds(vendor, threads=16) <= 11


def rounds(vendor: Vendor, *, threads: int) -> int:
    """How many answers one after the other it takes when all come at once."""
    rising, falling = Walk(None, is_rising=True), Walk(None, is_rising=False)  # type: ignore[arg-type]
    first, last = vendor.page(rising, None)[0], vendor.page(falling, None)[0]
    windows, rising, falling = Windows.between(Seen(tuple(first)), Seen(tuple(last)), page_size=vendor.page_size)
    under_way: list[tuple[Walk, Any]] = [(rising, first[-1]), (falling, last[-1])]
    taken = 2
    while not windows.are_read:
        while len(under_way) < threads and (fresh := windows.begin()):
            under_way.append((fresh, None))
        taken += 1
        asked, under_way = under_way, []
        for walk, after in asked:
            page, is_last = vendor.page(walk, after)
            windows.read(walk, Seen(tuple(page)), is_last=is_last)
            if windows.goes_on(walk):
                under_way.append((walk, page[-1]))
    return taken


@given(st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1)))
def test_a_second_is_written_as_windows_take_it(moment: datetime) -> None:
    second = int(moment.replace(tzinfo=UTC, microsecond=0).timestamp())
    assert second_of(text_of(second)) == second
    assert second_of(moment.isoformat()) == second
    assert len(text_of(second)) == len("2026-01-31T10:20:00Z")


@pytest.mark.parametrize("text", [None, "", "soon", 7, {}, "2026-13-01T00:00:00Z"])
def test_what_is_no_moment_has_no_second(text: Any) -> None:
    assert second_of(text) is None
