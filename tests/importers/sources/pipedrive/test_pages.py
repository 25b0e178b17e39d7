from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import pytest

from importers.errors import ServiceTrouble
from importers.sources.pipedrive.answers import Answer
from importers.sources.pipedrive.client import PipedriveClient
from importers.sources.pipedrive.pages import List, walk

CURSOR = List("/things", "v2", 10)
OFFSET = List("/things", "v1", 20, paging="offset", page_size=2)
WHOLE = List("/things", "v1", 20, paging="none")


class Answering:
    """Gives prepared answers in turn and remembers what it was asked."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    def get(self, path: str, params: Mapping[str, Any], *, version: str, cost: int) -> Answer:
        self.asked.append(dict(params))
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    def ids(self, where: List, params: Mapping[str, Any] | None = None) -> list[list[int]]:
        return [[record["id"] for record in page.records] for page in walk(cast(PipedriveClient, self), where, params)]


def page(*ids: int, extra: Any = None) -> Answer:
    return Answer(data=[{"id": number} for number in ids], additional_data=extra)


def pagination(*, more: bool, **rest: int) -> dict[str, Any]:
    return {"pagination": {"more_items_in_collection": more, **rest}}


def test_cursors_are_followed_with_the_same_question() -> None:
    answering = Answering(page(1, extra={"next_cursor": "b"}), page(2, extra={"next_cursor": None}))
    assert answering.ids(CURSOR, {"status": "open"}) == [[1], [2]]
    assert answering.asked == [{"status": "open", "limit": 500}, {"status": "open", "limit": 500, "cursor": "b"}]


@pytest.mark.parametrize("extra", [None, {}, {"next_cursor": None}, {"next_cursor": ""}, []])
def test_a_list_without_a_cursor_is_over(extra: Any) -> None:
    assert Answering(page(1, extra=extra)).ids(CURSOR) == [[1]]


def test_a_cursor_that_repeats_is_trouble_and_not_an_endless_run() -> None:
    answering = Answering(
        page(1, extra={"next_cursor": "a"}), page(2, extra={"next_cursor": "b"}), page(3, extra={"next_cursor": "a"})
    )
    with pytest.raises(ServiceTrouble, match="circle"):
        answering.ids(CURSOR)


def test_an_offset_that_repeats_is_trouble_too() -> None:
    with pytest.raises(ServiceTrouble, match="circle"):
        Answering(page(1, extra=pagination(more=True, next_start=0))).ids(OFFSET)


@pytest.mark.parametrize(
    "extra",
    [
        pagination(more=True, next_start=2),
        {"more_items_in_collection": True, "next_start": 2},
        pagination(more=True),
        {"more_items_in_collection": True, "start": 0, "limit": 2},
    ],
)
def test_the_next_offset_is_found_wherever_it_stands_or_computed(extra: Any) -> None:
    answering = Answering(page(1, 2, extra=extra), page(3, extra=pagination(more=False)))
    assert answering.ids(OFFSET) == [[1, 2], [3]]
    assert answering.asked == [{"limit": 2}, {"limit": 2, "start": 2}]


def test_a_list_that_gives_less_than_it_was_asked_for_is_gone_on_with_where_it_ended() -> None:
    where = replace(OFFSET, page_size=500)
    answering = Answering(page(1, 2, extra=pagination(more=True, start=0, limit=2)), page(3, extra={}))
    assert answering.ids(where) == [[1, 2], [3]]
    assert [params.get("start") for params in answering.asked] == [None, 2]


@pytest.mark.parametrize("extra", [None, {}, {"pagination": None}, pagination(more=False, next_start=9)])
def test_an_offset_list_without_more_is_over(extra: Any) -> None:
    assert Answering(page(1, extra=extra)).ids(OFFSET) == [[1]]


def test_a_list_that_is_not_paged_is_asked_for_once_and_without_a_limit() -> None:
    answering = Answering(page(1, 2, extra=pagination(more=True, next_start=2)))
    assert answering.ids(WHOLE) == [[1, 2]]
    assert answering.asked == [{}]


@pytest.mark.parametrize("data", [None, [], [None]])
def test_no_data_is_an_empty_page(data: Any) -> None:
    assert Answering(Answer(data=data)).ids(CURSOR) == [[]]


def test_records_that_are_null_are_left_out() -> None:
    assert Answering(Answer(data=[{"id": 1}, None, {"id": 2}])).ids(CURSOR) == [[1, 2]]
