"""Answers that are whole, but of another shape than Google's: as of a proxy, or of an API that changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter

from importers.destinations.google_sheets import answers
from importers.destinations.google_sheets.job import Limits
from importers.errors import ImporterError, ServiceTrouble
from importers.http.session import make_session
from sandbox.adapters import WSGIAdapter
from tests.importers.destinations.google_sheets.desk import TINY, UPDATE, Desk, deals
from tests.importers.destinations.google_sheets.signed_in import World, a_world


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with a_world() as world:
        yield world


def with_texts(thing: Any) -> Any:
    """Numbers as texts."""
    if isinstance(thing, dict):
        return {name: with_texts(value) for name, value in thing.items()}
    if isinstance(thing, list):
        return [with_texts(value) for value in thing]
    return str(thing) if isinstance(thing, (int, float)) and not isinstance(thing, bool) else thing


def with_nulls(thing: Any) -> Any:
    """Nothing where a text or a number belongs."""
    if isinstance(thing, dict):
        return {name: with_nulls(value) for name, value in thing.items()}
    return [with_nulls(value) for value in thing] if isinstance(thing, list) else None


def with_gaps(thing: Any, depth: int = 0) -> Any:
    """The first field of every object is missing."""
    if isinstance(thing, dict):
        names = list(thing)[1 if depth else 0 :]
        return {name: with_gaps(thing[name], depth + 1) for name in names}
    return [with_gaps(value, depth + 1) for value in thing] if isinstance(thing, list) else thing


def with_nothing(thing: Any) -> Any:
    return dict.fromkeys(thing)


class Distorting(BaseAdapter):
    """Answer number *at* of the Sheets API is made into another one."""

    def __init__(self, carrier: BaseAdapter, at: int, distort: Callable[[Any], Any]) -> None:
        super().__init__()
        self.count = 0
        self._carrier, self._at, self._distort = carrier, at, distort

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        response = self._carrier.send(request, *args, **kwargs)
        if "/v4/" in (request.url or ""):
            if self.count == self._at and response.status_code == 200:
                response._content = json.dumps(self._distort(json.loads(response.content))).encode()
                response.headers.pop("Content-Length", None)
            self.count += 1
        return response

    def close(self) -> None:
        self._carrier.close()


@pytest.mark.parametrize("limits", [Limits(), TINY], ids=["small", "staged"])
@pytest.mark.parametrize("distort", [with_texts, with_nulls, with_gaps, with_nothing])
def test_a_run_ends_in_words_and_the_table_is_whole(
    world: World, distort: Callable[[Any], Any], limits: Limits
) -> None:
    number, goes_on, troubles = 0, True, 0
    new = deals(7, factor=2)
    while goes_on:
        desk = Desk(world, limits=limits)
        desk.write(deals(5), **UPDATE)
        wire = Distorting(WSGIAdapter(world.app, on_wait=world.clock.sleep), number, distort)
        session = make_session(reroutes={}, adapter=wire)
        ours = World(world.app, world.google, world.clock, session, world.quotas, world.told)
        try:
            desk.write(new, page=3, destination=desk.new_destination(ours.user()), **UPDATE)
        except ImporterError as error:
            troubles += isinstance(error, ServiceTrouble)
        goes_on = wire.count > number
        rows = [tuple(row) for row in desk.table()[1:]]
        if distort in (with_texts, with_nulls):  # a value is as good as another one
            assert sorted({row[0] for row in rows}) in ([1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 6, 7]), number
        else:
            assert rows in (deals(5), new), number
        number += 1
    assert troubles


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b'{"sheets":null}',
        b'{"sheets":[{"properties":{"sheetId":"1","title":"x"}}]}',
        b'{"matchedDeveloperMetadata":[{"developerMetadata":{"metadataKey":"x"}}]}',
        b'{"valueRanges":[{"values":[1]}]}',
        b'{"updatedCells":"5"}',
    ],
)
def test_it_is_no_answer(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each says something else
        answers.parsed(content)


def test_what_nobody_relies_on_may_be_anything() -> None:
    assert answers.parsed(b'{"new":null,"sheets":[{"charts":{}}]}') == {"new": None, "sheets": [{"charts": {}}]}
