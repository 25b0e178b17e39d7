"""
The sandbox against the vendor's own documents. Where live data is known to
differ from them, LIVE_NULLS says so by name.
"""

from typing import Any

import jsonschema
import pytest

from sandbox.costs import COSTS
from sandbox.v2 import LISTINGS
from tests.sandbox import openapi
from tests.sandbox.calls import Caller

pytestmark = pytest.mark.slow  # the documents are megabytes of YAML

PREFIXES = {"v1": "/v1", "v2": "/api/v2"}
PRICED = [(version, path) for version, paths in COSTS.items() for path in paths]
NEEDED: dict[str, dict[str, str]] = {
    "/deals/products": {"deal_ids": "1,2,3,4,5,6,9"},
    "/deals/installments": {"deal_ids": "1,2,3,4,5,6,9"},
    "/phases": {"board_id": "1"},
    "/organizationRelationships": {"org_id": "4"},
    "/mailbox/mailThreads": {"folder": "inbox"},
    "/goals/find": {"type.name": "deals_won"},
}
"""What a request must say."""
UNLISTED = {"/mailbox/mailMessages/{id}": (8, 16, 24)}
"""Single records that stand in no list of their own."""
UNPAGED = ("/boards", "/phases")

LIVE_NULLS = {
    # nullable is under-declared in the documents; live answers have nulls here
    "next_cursor", "description",
    "won_time", "lost_time", "stage_change_time", "expected_close_date", "person_id", "org_id", "update_time",
    "draft", "first_name", "last_name", "picture_id", "address", "admin_area_level_2", "sublocality", "subpremise",
    "product_id", "activity_id", "linked_person_id", "linked_person_name",
    "deal_id", "lead_id", "project_id", "task_id", "due_time", "duration", "marked_as_done_time", "location",
    "conference_meeting_client", "conference_meeting_url", "conference_meeting_id", "public_description", "priority", "note",
    "code", "last_update_user_id", "deal", "person", "organization", "project", "task", "icon_url",
}  # fmt: skip

LIVE_TYPES = ("int", "json", "boolean", "varchar_options", "deal", "lead", "project", "activity")


@pytest.mark.parametrize(("version", "path"), PRICED)
def test_the_price_of_every_endpoint_is_the_documented_one(version: str, path: str) -> None:
    assert openapi.operation(version, path)["x-token-cost"] == COSTS[version][path]


@pytest.mark.parametrize(("version", "path"), PRICED)
def test_the_answer_fits_the_documented_schema(vendor: Caller, version: str, path: str) -> None:
    content = openapi.operation(version, path)["responses"]["200"]["content"]["application/json"]
    validator = jsonschema.Draft202012Validator(translated(content["schema"]))

    for answer in answers(vendor, version, path):
        problems = [error for error in validator.iter_errors(answer) if not is_live(error)]
        assert not problems, [(list(problem.absolute_path), problem.message[:200]) for problem in problems[:5]]


@pytest.mark.parametrize("name", sorted(LISTINGS))
def test_lists_take_the_documented_parameters_and_no_others(vendor: Caller, name: str) -> None:
    shelf = vendor.sandbox.world.shelf(name)
    documented = {parameter["name"] for parameter in openapi.operation("v2", f"/{name}").get("parameters", ())}

    assert set(LISTINGS[name].query(shelf)) == documented


@pytest.mark.parametrize("name", [name for name, listing in LISTINGS.items() if listing.is_single])
def test_single_records_take_the_documented_parameters(vendor: Caller, name: str) -> None:
    shelf = vendor.sandbox.world.shelf(name)
    documented = {parameter["name"] for parameter in openapi.operation("v2", f"/{name}/{{id}}").get("parameters", ())}

    assert set(LISTINGS[name].single_query(shelf)) == documented - {"id"}


@pytest.mark.parametrize("name", ["deals", "deals/archived", "persons", "organizations", "activities"])
def test_the_optional_fields_are_the_documented_ones(vendor: Caller, name: str) -> None:
    parameters = {parameter["name"]: parameter for parameter in openapi.operation("v2", f"/{name}")["parameters"]}

    assert set(vendor.sandbox.world.shelf(name).optional) == set(parameters["include_fields"]["schema"]["enum"])


def translated(schema: Any) -> Any:
    """An OpenAPI 3.0 schema as JSON Schema: `nullable` becomes a choice of null."""
    if isinstance(schema, list):
        return [translated(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {name: translated(value) for name, value in schema.items() if name not in ("nullable", "example")}
    return {"anyOf": [{"type": "null"}, plain]} if schema.get("nullable") is True else plain


def is_live(error: jsonschema.ValidationError) -> bool:
    return is_live_null(error) or is_live_type(error)


def is_live_type(error: jsonschema.ValidationError) -> bool:
    """The document gives field types twice, one list shorter than the other; live answers have those of both."""
    return list(error.absolute_path)[-1:] == ["field_type"] and error.instance in LIVE_TYPES


def is_live_null(error: jsonschema.ValidationError) -> bool:
    return error.instance is None and bool(error.absolute_path) and error.absolute_path[-1] in LIVE_NULLS


def answers(vendor: Caller, version: str, path: str) -> list[Any]:
    """A long page of a list, or a few single records."""
    parent, _, last = path.rpartition("/")
    prefix = PREFIXES[version]
    if "{id}/" in path:
        return [vendor.get(prefix + path.replace("{id}", str(n))).json() for n in (1, 2, 3, 7, 9)]
    if not last.startswith("{"):
        paged = {} if last == "me" or path in UNPAGED else {"limit": 500}
        return [vendor.get(prefix + path, **paged, **NEEDED.get(path, {})).json()]
    if path in UNLISTED:
        return [vendor.get(prefix + path.format(id=n), include_body=int(n > 8)).json() for n in UNLISTED[path]]
    key = last.strip("{}")
    rows = vendor.data(prefix + parent, limit=20)
    return [vendor.get(f"{prefix}{parent}/{row[key]}").json() for row in rows[:20]]
