"""Pages by offsets, answered in any order while the list changes, miss nothing that stays."""

from __future__ import annotations

from contextlib import suppress
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers.sources.pipedrive.offsets import Offsets, RestlessListError, Sheet


class Vendor:
    """A list of which records are taken, and to which others are added, before any answer."""

    def __init__(self, records: int, *, page_size: int, chance: Random, taken: float = 0, added: float = 0) -> None:
        self.listed = list(range(records))
        self.page_size = page_size
        self.asked = 0
        self._chance, self._taken, self._added = chance, taken, added

    def page(self, start: int) -> tuple[list[int], bool]:
        self.asked += 1
        self._change()
        return self.listed[start : start + self.page_size], start + self.page_size < len(self.listed)

    def _change(self) -> None:
        while self.listed and self._chance.random() < self._taken:
            del self.listed[self._chance.randrange(len(self.listed))]
        while self._chance.random() < self._added:
            self.listed.insert(
                self._chance.randrange(len(self.listed) + 1), 10**6 + self.asked * 100 + len(self.listed)
            )


def read(vendor: Vendor, *, threads: int, chance: Random, ahead: int = 30) -> list[int]:
    """The records in the order of the pages, each as often as it came."""
    plan = Offsets(vendor.page_size, ahead=ahead)
    pages: dict[Sheet, list[int]] = {}

    def ask(sheet: Sheet) -> None:
        pages[sheet], more = vendor.page(sheet.start)
        plan.read(sheet, pages[sheet], more=more)

    order = [plan.first]
    ask(plan.first)
    under_way: list[Sheet] = []
    while not plan.are_read:
        while len(under_way) < threads and (sheet := plan.begin()):
            under_way.append(sheet)
        ask(under_way.pop(chance.randrange(len(under_way))))
        order += plan.in_order()
    assert len(order) == len(pages)
    return [record for sheet in order for record in pages[sheet]]


def once(records: list[int]) -> list[int]:
    return list(dict.fromkeys(records))


@given(
    st.integers(0, 300), st.integers(2, 40), st.integers(1, 9), st.integers(1, 30), st.randoms(use_true_random=False)
)
def test_a_list_that_rests_is_read_in_its_order(
    records: int, page_size: int, threads: int, ahead: int, chance: Random
) -> None:
    vendor = Vendor(records, page_size=page_size, chance=chance)
    assert once(read(vendor, threads=threads, chance=chance, ahead=ahead)) == list(range(records))


@given(
    st.integers(50, 300),
    st.integers(10, 40),
    st.integers(2, 9),
    st.floats(0, 0.6),
    st.floats(0, 0.4),
    st.randoms(use_true_random=False),
)
def test_what_stays_is_never_missed_in_silence_and_keeps_its_order(
    records: int, page_size: int, threads: int, taken: float, added: float, chance: Random
) -> None:
    vendor = Vendor(records, page_size=page_size, chance=chance, taken=taken, added=added)
    with suppress(RestlessListError):
        found = once(read(vendor, threads=threads, chance=chance))
        stayed = [record for record in vendor.listed if record < records]
        assert [record for record in found if record in {*stayed}] == stayed


@pytest.mark.parametrize("seed", range(10))
def test_a_list_that_changes_as_lists_do_is_read(seed: int) -> None:
    chance = Random(seed)
    vendor = Vendor(3000, page_size=50, chance=chance, taken=0.5, added=0.3)
    found = {*read(vendor, threads=8, chance=chance)}
    assert {record for record in vendor.listed if record < 3000} <= found


def test_a_removal_is_noticed_and_costs_one_page() -> None:
    vendor = Vendor(1000, page_size=100, chance=Random(7))
    plan = Offsets(100, ahead=10)
    plan.read(plan.first, vendor.page(0)[0], more=True)
    del vendor.listed[:3]
    behind = plan.begin()
    assert behind
    assert behind.start == 99
    plan.read(behind, vendor.page(99)[0], more=True)
    between = plan.begin()
    assert between
    assert between.start == 49
    assert list(plan.in_order()) == []
    plan.read(between, vendor.page(49)[0], more=True)
    assert list(plan.in_order()) == [between, behind]


@pytest.mark.parametrize("pages", [1, 2, 5, 20, 40, 100])
def test_hardly_more_than_a_quarter_is_asked_for_in_vain(pages: int) -> None:
    vendor = Vendor(pages * 99 + 1, page_size=100, chance=Random(7))
    read(vendor, threads=16, chance=Random(7))
    assert vendor.asked <= pages * 1.25 + 1


def test_a_page_that_does_not_come_keeps_the_others_from_filling_the_memory() -> None:
    plan = Offsets(10, ahead=6)
    plan.read(plan.first, range(10), more=True)
    for _ in range(20):
        read_next(plan)
    late = plan.begin()
    read_ahead = 0
    while read_next(plan):
        read_ahead += 1
    assert late
    assert 0 < read_ahead <= 6


def read_next(plan: Offsets) -> bool:
    sheet = plan.begin()
    if sheet:
        plan.read(sheet, range(sheet.start, sheet.start + 10), more=True)
        list(plan.in_order())
    return sheet is not None


@pytest.mark.parametrize("page", [range(10), range(0)])
def test_a_list_that_never_ends_and_never_goes_on_is_given_up(page: range) -> None:
    plan = Offsets(10, ahead=10)

    def go_on() -> None:
        while sheet := plan.begin():
            plan.read(sheet, page, more=True)
            list(plan.in_order())

    plan.read(plan.first, range(10), more=True)
    with pytest.raises(RestlessListError):
        go_on()


def test_an_id_may_be_anything() -> None:
    plan = Offsets(2, ahead=1)
    plan.read(plan.first, [[1], {"a": 2}], more=False)
    assert plan.are_read
