"""Lists read with several requests under way give what a walk in their order gives."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from importers.sources.pipedrive.entities import BY_NAME
from importers.sources.pipedrive.pages import List
from importers.sources.pipedrive.walks import Asked, Walker
from sandbox.world import World
from tests.pipedrive import Rig, a_rig, an_app

WINDOWED = ["deals", "archived-deals", "persons", "organizations", "activities"]


@pytest.fixture(scope="module")
def app() -> Any:
    return an_app(World(deals=400, custom_fields=2))


@pytest.fixture
def rig(app: Any) -> Rig:
    return a_rig(app=app)


def read(rig: Rig, where: List, *, abreast: int, asked: Asked | None = None) -> dict[Any, dict[str, Any]]:
    """The records by id."""
    walker = Walker(rig.source._client, abreast=abreast)
    pages = list(walker.pages(where, asked or Asked()))
    assert [page.is_last for page in pages] == [False] * (len(pages) - 1) + [True]
    return {record["id"]: record for page in pages for record in page.records}


def in_small_pages(entity: str) -> List:
    return replace(BY_NAME[entity].where, page_size=20)


@pytest.mark.parametrize("entity", WINDOWED)
def test_windows_give_what_the_list_gives(rig: Rig, entity: str) -> None:
    where = in_small_pages(entity)
    assert read(rig, where, abreast=5) == read(rig, where, abreast=1)
