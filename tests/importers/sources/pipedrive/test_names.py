from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pytest

from importers.sources.pipedrive.answers import Named, NamesAnswer
from importers.sources.pipedrive.client import PipedriveClient
from importers.sources.pipedrive.names import ManyNames
from importers.sources.pipedrive.pages import List

WHERE = List("/persons", "v2", 10)


class Company:
    """Answers for the given ids: by `ids=`, or page by page."""

    def __init__(self, ids: range) -> None:
        self._ids = ids
        self.batches = self.pages = 0

    def get_names(self, path: str, params: Mapping[str, Any], *, version: str, cost: int) -> NamesAnswer:
        if "ids" in params:
            self.batches += 1
            wanted = [int(text) for text in str(params["ids"]).split(",")]
            assert len(wanted) <= 100
            return NamesAnswer(data=[self._named(number) for number in wanted if number in self._ids])
        self.pages += 1
        after = int(params.get("cursor", 0))
        page = [number for number in self._ids if number > after][:500]
        more = bool(page) and page[-1] != self._ids[-1]
        return NamesAnswer(
            data=[self._named(number) for number in page],
            additional_data={"next_cursor": str(page[-1]) if more else None},
        )

    @staticmethod
    def _named(number: int) -> Named:
        return Named(id=number, name=f"Person {number}")


def learn(names: ManyNames, company: Company, ids: Any, *, is_last: bool = True) -> None:
    names.learn(set(ids), cast(PipedriveClient, company), is_last=is_last)


def test_a_few_names_are_asked_for_by_their_ids() -> None:
    names, company = ManyNames(WHERE), Company(range(1, 30_000))
    learn(names, company, [7, 20_000])
    assert (names.get(7), names.get(20_000)) == ("Person 7", "Person 20000")
    assert (company.batches, company.pages) == (1, 0)


def test_the_list_is_read_where_that_takes_fewer_requests() -> None:
    names, company = ManyNames(WHERE), Company(range(1, 1000))
    learn(names, company, range(1, 900, 2))
    assert (company.batches, company.pages) == (0, 2)


def test_reading_goes_only_as_far_as_needed_and_on_from_there() -> None:
    names, company = ManyNames(WHERE), Company(range(1, 100_000))
    learn(names, company, range(1, 480))
    assert company.pages == 1
    learn(names, company, range(300, 980))
    assert (company.batches, company.pages) == (0, 2)


def test_names_are_asked_for_once() -> None:
    names, company = ManyNames(WHERE), Company(range(1, 30_000))
    learn(names, company, [20_000, 29_000])
    learn(names, company, [29_000])
    assert company.batches == 1


@pytest.mark.parametrize("asked", [[5, 70_000], list(range(1, 600))])
def test_ids_that_stand_for_nothing_have_no_name_and_are_not_asked_for_again(asked: list[int]) -> None:
    names, company = ManyNames(WHERE), Company(range(10, 500))
    learn(names, company, asked)
    before = company.batches + company.pages
    learn(names, company, asked)
    assert names.get(5) is None
    assert company.batches + company.pages == before


def test_many_pages_with_names_everywhere_never_cost_much_more_than_the_whole_list() -> None:
    names, company = ManyNames(WHERE), Company(range(1, 10_001))
    for start in range(1, 100):
        learn(names, company, range(start, 10_001, 100), is_last=False)
    assert company.batches + company.pages <= 2 * 20
    assert names.get(9_901) == "Person 9901"


def test_an_empty_company_is_asked_once() -> None:
    names, company = ManyNames(WHERE), Company(range(1, 1))
    learn(names, company, range(1, 400))
    learn(names, company, range(1, 9000))
    assert company.batches + company.pages == 1
