"""The catalogue against Pipedrive's own description of its API, where that lies beside the project."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from importers.model import Selection
from importers.sources.pipedrive.entities import ENTITIES, LABEL_LISTS, RELATIONS, Entity
from importers.sources.pipedrive.estimates import BY_ID
from importers.sources.pipedrive.pages import List
from sandbox.world import World
from tests.pipedrive import Rig, a_rig, an_app

ENDPOINTS = Path(__file__).parents[5] / "shared" / "reference" / "pipedrive" / "endpoints.json"

LISTS = [
    *(entity.where for entity in ENTITIES),
    *(entity.fields for entity in ENTITIES if entity.fields),
    *RELATIONS.values(),
    *(where for where, _ in LABEL_LISTS.values()),
]


@pytest.fixture(scope="module")
def app() -> Any:
    return an_app(World(deals=24))


@pytest.fixture
def rig(app: Any) -> Rig:
    return a_rig(app=app)


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
def test_filters_and_statuses_are_taken_where_we_say(endpoints: dict[tuple[str, str], Any], entity: Entity) -> None:
    taken = _taken(endpoints, _first(entity.where))
    assert ("filter_id" in taken) == bool(entity.filter_type)
    assert ("status" in taken) or not entity.statuses


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity.name)
def test_the_scopes_are_those_pipedrive_asks_for(endpoints: dict[tuple[str, str], Any], entity: Entity) -> None:
    assert sorted(_described(endpoints, entity.where)["scopes"]) == sorted(entity.scopes)


@pytest.mark.parametrize("where", LISTS, ids=lambda where: f"{where.version}{where.path}")
def test_the_windows_are_those_a_list_takes(endpoints: dict[tuple[str, str], Any], where: List) -> None:
    assert set(where.windows) == _taken(endpoints, where) & {"updated_since", "updated_until"}


@pytest.mark.parametrize("path", BY_ID)
def test_the_highest_id_can_be_asked_for(endpoints: dict[tuple[str, str], Any], path: str) -> None:
    where = next(entity.where for entity in ENTITIES if entity.where.path == path)
    assert set(BY_ID[path]) <= _taken(endpoints, where)


def test_what_is_shown_of_an_entity_is_what_it_is_read_with() -> None:
    for entity in ENTITIES:
        shown, where = entity.info, entity.where
        assert (shown.path, shown.version, shown.tokens_per_page) == (where.path, where.version, where.cost)
        assert (shown.windows, shown.scopes, shown.needs) == (where.windows, entity.scopes, entity.needs)


@pytest.mark.parametrize("entity", [entity for entity in ENTITIES if entity.custom], ids=lambda entity: entity.name)
def test_custom_fields_are_chosen_only_where_they_can_be(endpoints: dict[tuple[str, str], Any], entity: Entity) -> None:
    can_choose = entity.can_choose_custom and entity.custom == "nested"
    assert ("custom_fields" in _taken(endpoints, entity.where)) == can_choose


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity.name)
def test_the_parameters_of_parts_and_parents_exist(endpoints: dict[tuple[str, str], Any], entity: Entity) -> None:
    ours = {name for part in entity.where.parts for name in part}
    if entity.where.per and entity.where.per.param:
        ours.add(entity.where.per.param)
    assert ours <= _taken(endpoints, entity.where)


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity.name)
def test_paging_is_as_pipedrive_describes_it(endpoints: dict[tuple[str, str], Any], entity: Entity) -> None:
    taken = _taken(endpoints, entity.where)
    assert {"cursor": "cursor", "offset": "start"}.get(entity.where.paging, "limit") in taken or (
        entity.where.paging == "none" and not taken & {"cursor", "start"}
    )


@pytest.mark.parametrize("where", LISTS, ids=lambda where: f"{where.version}{where.path}")
def test_nothing_is_read_from_v1_that_v2_has(endpoints: dict[tuple[str, str], Any], where: List) -> None:
    assert where.version == ("v2" if ("v2", where.path) in endpoints else "v1")


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity.name)
def test_no_call_goes_to_v1_that_v2_could_answer(
    endpoints: dict[tuple[str, str], Any], entity: Entity, rig: Rig
) -> None:
    rig.read(Selection(entity.name, columns=tuple(column.key for column in rig.source.columns(entity.name))))
    called = {re.sub(r"/\d+(?=/|$)", "/{id}", path) for path in rig.paths()}
    assert called
    for path in called:
        _, _, version, rest = path.split("/", 3)
        assert (version, f"/{rest}") in endpoints
        assert version == "v2" or ("v2", f"/{rest}") not in endpoints


PROMISED = """
    deals archived-deals deal-products deal-installments deal-participants deal-followers deal-changes deal-discounts
    leads archived-leads lead-labels lead-sources
    persons person-followers person-changes
    organizations organization-followers organization-changes organization-relationships
    activities activity-types notes note-comments files call-logs
    products product-variations product-followers pipelines stages
    projects archived-projects project-boards project-phases project-templates tasks
    users roles permission-sets teams goals filters currencies mail-threads mail-messages
    deal-fields person-fields organization-fields product-fields activity-fields project-fields lead-fields note-fields
"""


def test_there_are_all_that_pipedrive_lets_us_read() -> None:
    assert sorted(entity.name for entity in ENTITIES) == sorted(PROMISED.split())


@pytest.mark.parametrize("entity", [entity for entity in ENTITIES if entity.options], ids=lambda entity: entity.name)
def test_what_options_ask_for_exists_and_costs_what_we_say(
    endpoints: dict[tuple[str, str], Any], entity: Entity
) -> None:
    for option in entity.options:
        values = [choice.value for choice in option.question.choices]
        for answer in [*((value,) for value in values), *([tuple(values)] if option.question.several else [])]:
            where = option.act(entity.where, answer)
            for listed in (where, *_first(where).chain):
                assert _described(endpoints, listed)["cost"] == listed.cost
                assert {name for part in listed.parts for name in part} <= _taken(endpoints, listed)
            if where.detail:
                described = endpoints[where.detail.version, where.detail.path]
                assert described["cost"] == where.detail.cost
                assert set(where.detail.params) <= {parameter["name"] for parameter in described["query"]}


def _first(where: List) -> List:
    return where if where.per is None else _first(where.per.parents)


def _taken(endpoints: dict[tuple[str, str], Any], where: List) -> set[str]:
    return {parameter["name"] for parameter in _described(endpoints, where)["query"]}


def _described(endpoints: dict[tuple[str, str], Any], where: List) -> Any:
    return endpoints[where.version, where.path]
