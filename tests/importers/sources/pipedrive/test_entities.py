"""The catalogue against Pipedrive's own description of its API, where that lies beside the project."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from importers.sources.pipedrive.entities import ENTITIES, LABEL_LISTS, RELATIONS, Entity
from importers.sources.pipedrive.pages import List

ENDPOINTS = Path(__file__).parents[5] / "shared" / "reference" / "pipedrive" / "endpoints.json"

LISTS = [
    *(entity.where for entity in ENTITIES),
    *(entity.fields for entity in ENTITIES if entity.fields),
    *RELATIONS.values(),
    *(where for where, _ in LABEL_LISTS.values()),
]


@pytest.fixture(scope="module")
def endpoints() -> dict[tuple[str, str], Any]:
    """(version, path) -> Pipedrive's description of the GET request."""
    if not ENDPOINTS.exists():
        pytest.skip("Pipedrive's OpenAPI documents do not lie beside the project")
    rows = json.loads(ENDPOINTS.read_text())
    return {(row["api"], row["path"]): row for row in rows if row["method"].upper() == "GET"}


@pytest.mark.parametrize("where", LISTS, ids=lambda where: f"{where.version}{where.path}")
def test_every_list_exists_and_costs_what_we_say(endpoints: dict[tuple[str, str], Any], where: List) -> None:
    assert _described(endpoints, where)["cost"] == where.cost


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity.name)
def test_filters_are_taken_where_we_say(endpoints: dict[tuple[str, str], Any], entity: Entity) -> None:
    described = json.dumps(_described(endpoints, entity.where))
    assert ("filter_id" in described) == bool(entity.filter_type)


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity.name)
def test_nothing_is_read_from_v1_that_v2_has(endpoints: dict[tuple[str, str], Any], entity: Entity) -> None:
    assert entity.where.version == ("v2" if ("v2", entity.where.path) in endpoints else "v1")


def _described(endpoints: dict[tuple[str, str], Any], where: List) -> Any:
    return endpoints[where.version, where.path]
