"""Lists read with several requests under way give what a walk in their order gives."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any, cast

import pytest

from importers.errors import ServiceTrouble
from importers.interfaces import never_stop, say_nothing
from importers.sources.pipedrive.abreast import WindowedList
from importers.sources.pipedrive.answers import Answer
from importers.sources.pipedrive.client import PipedriveClient
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


def in_small_pages(where: List, size: int = 8) -> List:
    per = where.per and replace(where.per, parents=in_small_pages(where.per.parents), batch=min(where.per.batch, 7))
    return replace(where, page_size=min(where.page_size, size), per=per)


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


@pytest.mark.parametrize("entity", ["deals", "notes", "deal-followers"])
def test_trouble_of_one_request_ends_all_and_tells_why(rig: Rig, entity: str) -> None:
    before = {*threading.enumerate()}
    rig.faults.add("server_error", after=4, count=200)
    with pytest.raises(ServiceTrouble, match="HTTP 500"):
        read(rig, in_small_pages(BY_NAME[entity].where, 2), abreast=6)
    for thread in {*threading.enumerate()} - before:
        thread.join(5)
        assert not thread.is_alive()


@pytest.mark.parametrize("entity", ["deals", "notes", "deal-followers"])
def test_no_more_requests_are_under_way_than_were_allowed(rig: Rig, entity: str) -> None:
    get, lock, under_way, most = rig.source._client.session.get, threading.Lock(), 0, 0

    def counting(url: str, **more: Any) -> Any:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        try:
            time.sleep(0.001)
            return get(url, **more)
        finally:
            with lock:
                under_way -= 1

    rig.source._client.session.get = counting  # type: ignore[method-assign]
    read(rig, in_small_pages(BY_NAME[entity].where, 2), abreast=3)
    assert 2 <= most <= 3


def test_what_the_vendor_removes_while_pages_are_read_costs_no_other_record() -> None:
    rig = a_rig(world=World(deals=400, custom_fields=0))
    where = replace(BY_NAME["notes"].where, page_size=20)
    chance, changes = Random(7), rig.world.changes
    removed: set[int] = set()

    def remove(path: str) -> None:
        number = chance.choice([number for number in rig.world.shelf("notes").ids if number not in removed])
        changes.delete("note", number)
        removed.add(number)

    there = {*rig.world.shelf("notes").ids}  # type: ignore[misc]
    rig.app.extensions["sandbox"].before_each.append(remove)
    found = [record["id"] for record in read(rig, where, abreast=6)]
    assert {*found} >= there - removed
    assert len(found) == len({*found})


class Undated:
    """A list in which some records were never changed, which sort before all others, or after them."""

    tell, stop = staticmethod(say_nothing), staticmethod(never_stop)

    def __init__(self, dated: int, undated: int, *, are_first: bool) -> None:
        times = [f"2026-01-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z" for number in range(dated)]
        without: list[str | None] = [None] * undated
        moments = [*without, *times] if are_first else [*times, *without]
        self.records = [{"id": number, "update_time": moment} for number, moment in enumerate(moments)]

    def heard_by(self, **_: Any) -> Undated:
        return self

    def get(self, path: str, params: Mapping[str, Any], **_: Any) -> Answer:
        since, until = params.get("updated_since", ""), params.get("updated_until", "~")
        is_bounded = "updated_since" in params or "updated_until" in params
        inside = [
            record
            for record in self.records
            if (since <= record["update_time"] < until if record["update_time"] else not is_bounded)  # type: ignore[operator]
        ]
        listed = inside[::-1] if params["sort_direction"] == "desc" else inside
        begin, limit = int(params.get("cursor", 0)), params["limit"]
        after = str(begin + limit) if begin + limit < len(listed) else None
        return Answer(data=listed[begin : begin + limit], additional_data={"next_cursor": after})


@pytest.mark.parametrize("are_first", [True, False])
@pytest.mark.parametrize(("dated", "undated"), [(0, 5), (0, 50), (300, 3), (300, 25), (12, 100), (5, 0)])
def test_records_that_were_never_changed_are_not_lost(dated: int, undated: int, are_first: bool) -> None:
    vendor = Undated(dated, undated, are_first=are_first)
    windowed = WindowedList(cast(PipedriveClient, vendor), List("/deals", "v2", 10, page_size=10), {}, abreast=4)
    pages = list(windowed.pages())
    assert {record["id"] for page in pages for record in page.records} == set(range(dated + undated))
    assert [page.is_last for page in pages] == [False] * (len(pages) - 1) + [True]


class Deaf(Undated):
    """Takes no notice of some of what it is asked."""

    def __init__(self, *ignored: str, only_bounded: bool) -> None:
        super().__init__(300, 0, are_first=True)
        Random(7).shuffle(self.records)
        self._ignored, self._only_bounded = ignored, only_bounded

    def get(self, path: str, params: Mapping[str, Any], **_: Any) -> Answer:
        is_deaf = not self._only_bounded or "updated_until" in params
        heard = {key: value for key, value in params.items() if not (is_deaf and key in self._ignored)}
        since, until = heard.get("updated_since", ""), heard.get("updated_until", "~")
        listed = [record for record in self.records if since <= record["update_time"] < until]  # type: ignore[operator]
        if "sort_by" in heard:
            is_falling = heard.get("sort_direction") == "desc"
            listed.sort(key=lambda record: str(record["update_time"]), reverse=is_falling)
        begin, limit = int(params.get("cursor", 0)), params["limit"]
        after = str(begin + limit) if begin + limit < len(listed) else None
        return Answer(data=listed[begin : begin + limit], additional_data={"next_cursor": after})


@pytest.mark.parametrize("only_bounded", [False, True])
@pytest.mark.parametrize("ignored", [("sort_by",), ("sort_direction",), ("updated_until",), ("updated_since",)])
def test_a_vendor_that_does_not_keep_to_what_is_asked_costs_no_record(
    ignored: tuple[str, ...], only_bounded: bool
) -> None:
    vendor = Deaf(*ignored, only_bounded=only_bounded)
    windowed = WindowedList(cast(PipedriveClient, vendor), List("/deals", "v2", 10, page_size=10), {}, abreast=4)
    pages = list(windowed.pages())
    assert {record["id"] for page in pages for record in page.records} == set(range(300))
    assert [page.is_last for page in pages] == [False] * (len(pages) - 1) + [True]
