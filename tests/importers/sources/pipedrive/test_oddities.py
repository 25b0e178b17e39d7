"""Answers nobody promised: nothing is lost without a word, and nothing becomes a mistake of ours."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import requests

from importers.errors import ImporterError, ServiceTrouble
from importers.http.governor import NullGovernor
from importers.http.session import make_session
from importers.model import Selection
from importers.secret import Secret
from importers.sources.pipedrive.entities import ENTITIES
from importers.sources.pipedrive.signin import ApiToken
from importers.sources.pipedrive.source import PipedriveSource
from sandbox.adapters import WSGIAdapter
from sandbox.world import TOKEN, World
from tests.fakes import FakeClock
from tests.pipedrive import an_app

Change = Callable[[str, Any], Any]
DEALS = "/api/v2/deals"
ODD = (
    *(None, "", 0, -0.0, 1e21, 10**30, "x", "12", True, [], {}, [1, "a", None, {}], -5, [[]]),
    *({"value": [1]}, {"id": "z"}, {"label": 3}, "9" * 6000, "\ud800"),
)


@pytest.fixture(scope="module")
def app() -> Any:
    return an_app(World(deals=30))


class Changed(WSGIAdapter):
    """Answers, changed on their way."""

    def __init__(self, app: Any, change: Change) -> None:
        super().__init__(app)
        self._change = change

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        response = super().send(request, *args, **kwargs)
        path = str(request.url).partition(".pipedrive.com")[2].partition("?")[0]
        changed = self._change(path, response.json())
        response._content = changed if isinstance(changed, bytes) else json.dumps(changed).encode()
        return response


def a_source(app: Any, change: Change) -> PipedriveSource:
    return PipedriveSource(
        ApiToken(Secret(TOKEN)),
        session=make_session(reroutes={}, adapter=Changed(app, change)),
        clock=FakeClock(),
        governor=NullGovernor(),
        company_domain="acme",
    )


def rows_of(source: PipedriveSource, *columns: str, limit: int | None = None) -> list[dict[str, Any]]:
    reading = source.open(Selection("deals", columns=columns, limit=limit))
    keys = [column.key for column in reading.columns]
    return [dict(zip(keys, row, strict=True)) for page in reading.pages() for row in page.rows]


def in_deals(**values: Any) -> Change:
    """The first deal says something else, wherever it stands."""

    def change(path: str, answer: Any) -> Any:
        if path == DEALS:
            min(answer["data"], key=lambda deal: deal["id"]).update(values)
        return answer

    return change


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Bikes \ud83d", "Bikes \ufffd"),
        ("\ude00\ud83d\ud83d\ude00!", "\ufffd\ufffd😀!"),
        ("\ud83d and \\ud83d and \\", "\ufffd and \\ud83d and \\"),
    ],
)
def test_half_a_character_does_not_cost_the_whole_import(app: Any, title: str, shown: str) -> None:
    rows = rows_of(a_source(app, in_deals(title=title)), "id", "title")
    assert len(rows) == 30
    assert rows[0]["title"] == shown


@pytest.mark.parametrize("content", [b"[" * 100_000, b'{"data": ' + b"9" * 5000 + b"}", b"\xff", b"<html>", b"", b"[]"])
def test_what_cannot_be_read_is_trouble_at_pipedrive_whatever_is_wrong(app: Any, content: bytes) -> None:
    with pytest.raises(ServiceTrouble, match="cannot be read"):
        rows_of(a_source(app, lambda _path, _answer: content), "id")


@pytest.mark.parametrize("data", ["text", 5, True, {"1": {"id": 1}}, [{"id": 1}, "text"]])
def test_something_else_than_a_list_of_records_is_trouble_at_pipedrive(app: Any, data: Any) -> None:
    def change(path: str, answer: Any) -> Any:
        return {**answer, "data": data} if path == DEALS else answer

    with pytest.raises(ServiceTrouble, match="not a list of records"):
        rows_of(a_source(app, change), "id")


@pytest.mark.parametrize("extra", [None, []])
def test_a_full_page_that_says_nothing_about_a_next_one_is_not_taken_for_the_last(extra: Any) -> None:
    def change(path: str, answer: Any) -> Any:
        return {**answer, "additional_data": extra} if path == DEALS else answer

    source = a_source(an_app(World(deals=501, custom_fields=0)), change)
    assert len(rows_of(source, "id", limit=500)) == 500
    with pytest.raises(ServiceTrouble, match="whether more records follow"):
        rows_of(source, "id")


def test_a_page_that_is_not_full_is_the_last_one_whatever_else_is_missing(app: Any) -> None:
    def change(path: str, answer: Any) -> Any:
        return {"data": answer["data"]}

    assert len(rows_of(a_source(app, change), "id", "title")) == 30


@pytest.mark.parametrize("odd", [{"a": 1}, [1]])
def test_a_record_whose_id_is_none_is_kept_all_the_same(app: Any, odd: Any) -> None:
    rows = rows_of(a_source(app, in_deals(id=odd)), "id")
    assert len(rows) == 30
    assert rows[0]["id"] == json.dumps(odd)


@pytest.mark.parametrize(
    ("owner", "shown"), [("9" * 6000, "9" * 6000), (10**30, str(10**30)), ("somebody", "somebody"), ({}, None)]
)
def test_an_id_that_can_be_none_is_shown_as_it_is(app: Any, owner: Any, shown: Any) -> None:
    row = rows_of(a_source(app, in_deals(owner_id=owner)), "owner", "owner_id")[0]
    assert row == {"owner": None, "owner_id": shown if owner != 10**30 else 10**30}


def test_unfinished_fields_options_filters_and_names_are_passed_over(app: Any) -> None:
    def change(path: str, answer: Any) -> Any:
        if path == "/api/v2/dealFields":
            answer["data"] += [{}, {"field_code": None}, {"field_code": "x" * 40, "is_custom_field": True}]
            answer["data"][0]["options"] = ["text", None, {"label": None}]
        if path == "/api/v1/users":
            answer["data"] += [{"name": "No id"}, {"id": {}, "name": "Odd id"}]
        if path == "/api/v1/filters":
            answer["data"] += [{"type": "deals"}, {"id": 77, "type": "deals"}]
        return answer

    source = a_source(app, change)
    assert len(rows_of(source, "id", "owner", "label_ids")) == 30
    assert "Unnamed field" in {column.header for column in source.columns("deals")}
    assert [choice.label for choice in source.filters("deals") if choice.value == "77"] == ["77"]


def oddly(chance: random.Random, share: float) -> Change:
    """Any value may be something else, or missing, or have company nobody knows."""

    def change(_path: str, value: Any, depth: int = 0) -> Any:
        if depth and chance.random() < share:
            return chance.choice(ODD)
        if isinstance(value, dict):
            kept = {key: one for key, one in value.items() if not depth or chance.random() > share / 2}
            extra = {"unheard_of": chance.choice(ODD)} if chance.random() < share else {}
            return {key: change("", one, depth + 1) for key, one in kept.items()} | extra
        return [change("", one, depth + 1) for one in value] if isinstance(value, list) else value

    return change


@pytest.mark.parametrize("entity", [entity.name for entity in ENTITIES])
@pytest.mark.parametrize("share", [0.003, 0.02])
def test_no_answer_is_odd_enough_to_make_it_our_mistake(app: Any, entity: str, share: float) -> None:
    read_oddly(app, entity, share, seed=0)


@pytest.mark.slow
@pytest.mark.parametrize("entity", [entity.name for entity in ENTITIES])
def test_nor_is_any_of_many(app: Any, entity: str) -> None:
    for share in (0.0005, 0.003, 0.02):
        for seed in range(1, 6):
            read_oddly(app, entity, share, seed)


def read_oddly(app: Any, entity: str, share: float, seed: int) -> None:
    source = a_source(app, oddly(random.Random(f"{entity} {share} {seed}"), share))
    with suppress(ImporterError):
        keys = tuple(column.key for column in source.columns(entity))
        source.filters(entity)
        for _ in source.open(Selection(entity, columns=keys, time_zone="Asia/Kolkata")).pages():
            pass
