from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pytest

from importers.sources.pipedrive.answers import Named, NamesAnswer
from importers.sources.pipedrive.client import PipedriveClient
from importers.sources.pipedrive.entities import RELATIONS, SMALL_RELATIONS
from importers.sources.pipedrive.names import Directory, ManyNames
from importers.sources.pipedrive.pages import List
from sandbox.world import World
from tests.pipedrive import Rig, a_rig, an_app

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


@pytest.fixture(scope="module")
def app() -> Any:
    """1,800 persons."""
    return an_app(World(deals=3000, custom_fields=0))


@pytest.fixture
def rig(app: Any) -> Rig:
    return a_rig(app=app)


def learn_all(rig: Rig, **needed: Any) -> Directory:
    lists = {name: RELATIONS[name] for name in needed}
    directory = Directory(needed, lists, SMALL_RELATIONS)
    directory.learn_all({name: {*ids} for name, ids in needed.items()}, rig.source._client, abreast=4)
    return directory


def test_all_names_at_once_take_the_pages_of_their_list_and_a_few(rig: Rig) -> None:
    directory = learn_all(rig, persons=range(1, 1801))
    assert None not in [directory.names["persons"].get(number) for number in range(1, 1801)]
    assert len(rig.journal.calls) <= 4 + 2


def test_few_of_many_names_are_asked_for_by_their_ids(rig: Rig) -> None:
    directory = learn_all(rig, persons=range(1, 1801, 12))
    assert None not in [directory.names["persons"].get(number) for number in range(1, 1801, 12)]
    assert [call.query["ids"].count(",") + 1 for call in rig.journal.calls] in ([100, 50], [50, 100])


def test_a_list_that_is_much_longer_than_the_ids_let_expect_is_given_up(rig: Rig) -> None:
    directory = learn_all(rig, persons=range(1, 101))
    assert None not in [directory.names["persons"].get(number) for number in range(1, 101)]
    assert len(rig.journal.calls) <= 3


def test_ids_of_nobody_are_not_asked_for_again(rig: Rig) -> None:
    directory = learn_all(rig, persons=range(1, 1900))
    asked = len(rig.journal.calls)
    for number in range(1850, 1860):
        directory.learn("persons", {number}, rig.source._client, is_last=False)
        assert directory.names["persons"].get(number) is None
    assert len(rig.journal.calls) == asked


def test_relations_are_asked_for_side_by_side_and_one_that_is_refused_is_noted_once(rig: Rig) -> None:
    get = rig.source._client.session.get
    rig.source._client.session.get = lambda url, **more: get(url.replace("/persons", "/nobody"), **more)  # type: ignore[method-assign]
    directory = learn_all(rig, persons=range(1, 1801, 12), users=[1], stages=[1], pipelines=[1])
    assert directory.names["stages"].get(1)
    assert directory.names["pipelines"].get(1)
    assert len(directory.notes) == 1
