"""Lists read with several requests under way give what a walk in their order gives."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from importers.sources.pipedrive.entities import BY_NAME, ENTITIES
from importers.sources.pipedrive.pages import List
from importers.sources.pipedrive.walks import Asked, Record, Walker
from sandbox.moments import NOW
from sandbox.world import World
from tests.pipedrive import Rig, a_rig, an_app

WINDOWED = [entity.name for entity in ENTITIES if "updated_until" in entity.where.windows]
OFFSET = [entity.name for entity in ENTITIES if entity.where.paging == "offset" and not entity.where.per]


@pytest.fixture(scope="module")
def app() -> Any:
    return an_app(World(deals=50, custom_fields=1))


@pytest.fixture
def rig(app: Any) -> Rig:
    return a_rig(app=app)


def read(rig: Rig, where: List, *, abreast: int, asked: Asked | None = None) -> list[Record]:
    walker = Walker(rig.source._client, abreast=abreast)
    pages = list(walker.pages(where, asked or Asked()))
    assert [page.is_last for page in pages] == [False] * (len(pages) - 1) + [True]
    return [record for page in pages for record in page.records]


def in_small_pages(where: List) -> List:
    per = where.per and replace(where.per, parents=in_small_pages(where.per.parents), batch=min(where.per.batch, 7))
    return replace(where, page_size=min(where.page_size, 8), per=per)


@pytest.mark.parametrize("entity", [entity.name for entity in ENTITIES])
def test_every_entity_is_the_same_read_in_turn_and_abreast(rig: Rig, entity: str) -> None:
    where = in_small_pages(BY_NAME[entity].where)
    in_turn, abreast = read(rig, where, abreast=1), read(rig, where, abreast=4)
    assert in_turn
    if entity in WINDOWED:
        assert {record["id"]: record for record in abreast} == {record["id"]: record for record in in_turn}
    else:
        assert abreast == in_turn


def test_windows_and_offsets_are_what_the_catalogue_says() -> None:
    assert WINDOWED == ["deals", "archived-deals", "persons", "organizations", "activities"]
    assert {"leads", "notes", "files", "call-logs", "mail-threads"} <= {*OFFSET}


def test_no_thread_is_left_behind(rig: Rig) -> None:
    before = {*threading.enumerate()}
    for entity in ("deals", "notes", "deal-followers"):
        read(rig, in_small_pages(BY_NAME[entity].where), abreast=6)
    assert {*threading.enumerate()} == before


def test_what_happens_once_reading_began_is_no_older_than_it_says() -> None:
    """However long it takes from one request to the next: changes after *began_at* are asked for, those before are not."""
    seconds = [float(NOW)]
    rig = a_rig(world=World(deals=50, custom_fields=1, clock=lambda: seconds[0]))
    gone: list[int] = []

    def happen(path: str) -> None:
        if len(rig.journal.calls) == 1:
            first, second = rig.world.shelf("deals").select(None, limit=1, sort="update_time")
            rig.world.changes.delete("deal", first)
            seconds[0] += 3600
            rig.world.changes.change("deal", second, title="Changed an hour later")
            gone.append(first)

    rig.app.extensions["sandbox"].before_each.append(happen)
    walker = Walker(rig.source._client, abreast=4)
    found = {
        record["id"]
        for page in walker.pages(in_small_pages(BY_NAME["deals"].where), Asked())
        for record in page.records
    }
    told = rig.world.changes.record("deal", gone[0])["update_time"]
    assert gone[0] not in found or told >= str(walker.began_at)
