"""The vendor's endpoints that change something, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from sandbox.costs import WRITES
from sandbox.pipedrive import create_app
from sandbox.world import World
from tests.sandbox import openapi
from tests.sandbox.calls import COMPANY_HOST, Caller

NEEDED = {"deals": "title", "persons": "name", "organizations": "name", "products": "name", "activities": "subject"}
PRICED = [
    (version, method, path)
    for version, methods in WRITES.items()
    for method, paths in methods.items()
    for path in paths
]


@pytest.fixture(scope="module")
def app() -> Any:
    """One for all of them: each test changes records of its own."""
    return create_app(World(deals=48), plan="none")


@pytest.fixture
def caller(app: Any) -> Caller:
    caller = Caller(app)
    caller.sandbox.journal.clear()
    return caller


def send(caller: Caller, method: str, path: str, body: Any = None) -> requests.Response:
    return caller.session.request(method, COMPANY_HOST + path, json=body)


@pytest.mark.parametrize("what", NEEDED)
def test_records_are_added_changed_and_deleted(caller: Caller, what: str) -> None:
    name, path = NEEDED[what], f"/api/v2/{what}"
    added = send(caller, "POST", path, {name: "Something new"})
    assert added.status_code == (201 if what == "products" else 200)
    number = added.json()["data"]["id"]
    assert caller.data(f"{path}/{number}") == added.json()["data"]
    changed = send(caller, "PATCH", f"{path}/{number}", {name: "Other"})
    assert (changed.json()["data"][name], caller.data(f"{path}/{number}")[name]) == ("Other", "Other")
    assert send(caller, "DELETE", f"{path}/{number}").json() == {"success": True, "data": {"id": number}}
    assert number not in [row["id"] for row in caller.walk_v2(path)]
    assert send(caller, "DELETE", f"{path}/{number}").status_code == 404
    assert send(caller, "PATCH", f"{path}/{number}", {name: "Late"}).status_code == 404


def test_a_deal_is_archived_and_brought_back(caller: Caller) -> None:
    assert send(caller, "PATCH", "/api/v2/deals/9", {"is_archived": True}).json()["data"]["archive_time"]
    assert 9 in [row["id"] for row in caller.walk_v2("/api/v2/deals/archived")]
    assert send(caller, "PATCH", "/api/v2/deals/9", {"is_archived": False}).json()["data"]["archive_time"] is None


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"title": "x", "colour": "red"}, "colour"),
        ({"title": 7}, "title"),
        ({}, "title"),
        ({"title": "x", "status": "deleted"}, "status"),
        ({"title": "x", "is_deleted": True}, "is_deleted"),
        ({"title": "x", "stage_id": 99}, "stage_id"),
        ({"title": "x", "custom_fields": {"f" * 40: 1}}, "f" * 40),
        ([], "object"),
        (None, "object"),
    ],
)
def test_what_v2_does_not_take_is_refused_by_name(caller: Caller, body: Any, named: str) -> None:
    answer = send(caller, "POST", "/api/v2/deals", body)
    assert answer.status_code == 400
    assert answer.json()["code"] == "ERR_SCHEMA_VALIDATION_FAILED"
    assert named in answer.json()["error"]


def test_custom_values_are_kept_and_emptied(caller: Caller) -> None:
    code = caller.sandbox.world.custom_field("deal", "Purchase order").code
    for value in ("PO-1", None):
        changed = send(caller, "PATCH", "/api/v2/deals/8", {"custom_fields": {code: value}})
        assert changed.json()["data"]["custom_fields"][code] == value
    assert send(caller, "PATCH", "/api/v2/deals/8", {"custom_fields": {code: []}}).status_code == 400


@pytest.mark.parametrize("what", ["deals", "persons", "organizations"])
def test_the_record_in_the_path_is_merged_away(caller: Caller, what: str) -> None:
    merged = send(caller, "PUT", f"/v1/{what}/5/merge", {"merge_with_id": 6})
    assert (merged.json()["data"]["id"], merged.json()["data"]["merge_what_id"]) == (6, 5)
    assert 5 not in [row["id"] for row in caller.walk_v2(f"/api/v2/{what}")]
    assert send(caller, "PUT", f"/v1/{what}/5/merge", {"merge_with_id": 6}).status_code == 404
    assert send(caller, "PUT", f"/v1/{what}/6/merge", {"merge_with_id": 6}).status_code == 400
    assert send(caller, "PUT", f"/v1/{what}/6/merge", {}).status_code == 400


def test_leads_go_by_their_uuid(caller: Caller) -> None:
    lead = send(caller, "POST", "/v1/leads", {"title": "Maybe", "unknown": 1}).json()["data"]
    path = f"/v1/leads/{lead['id']}"
    assert send(caller, "PATCH", path, {"is_archived": True}).json()["data"]["is_archived"] is True
    assert lead["id"] in [row["id"] for row in caller.walk_v1("/v1/leads/archived")]
    assert send(caller, "DELETE", path).json()["data"] == {"id": lead["id"]}
    assert send(caller, "PATCH", path, {"title": "Late"}).status_code == 404
    assert send(caller, "POST", "/v1/leads", {}).status_code == 400


def test_notes_come_and_go(caller: Caller) -> None:
    note = send(caller, "POST", "/v1/notes", {"content": "<p>So</p>", "deal_id": 3}).json()["data"]
    path = f"/v1/notes/{note['id']}"
    assert send(caller, "PUT", path, {"content": "Well"}).json()["data"]["content"] == "Well"
    assert send(caller, "DELETE", path).json() == {"success": True, "data": True}
    assert send(caller, "DELETE", path).status_code == 404


def test_fields_and_their_options_come_change_and_go(caller: Caller) -> None:
    fields = "/api/v2/dealFields"
    made = send(caller, "POST", fields, {"field_name": "Colour", "field_type": "enum", "options": [{"label": "Red"}]})
    one = f"{fields}/{made.json()['data']['field_code']}"
    assert send(caller, "PATCH", one, {"field_name": "Color"}).json()["data"]["field_name"] == "Color"
    [blue] = send(caller, "POST", f"{one}/options", [{"label": "Blue"}]).json()["data"]
    assert send(caller, "PATCH", f"{one}/options", [{"id": blue["id"], "label": "Navy"}]).status_code == 200
    assert [option["label"] for option in caller.data(one)["options"]] == ["Red", "Navy"]
    assert send(caller, "DELETE", f"{one}/options", [{"id": 999_999}]).status_code == 400
    assert send(caller, "DELETE", f"{one}/options", [{"id": blue["id"]}]).json()["data"][0]["label"] == "Navy"
    assert send(caller, "DELETE", one).status_code == 200
    assert caller.get(one).status_code == send(caller, "DELETE", one).status_code == 404
    assert send(caller, "DELETE", f"{fields}/title").status_code == 400
    assert send(caller, "POST", fields, {"field_name": "x", "field_type": "rainbow"}).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "body", "cost"),
    [
        ("POST", "/api/v2/deals", {"title": "x"}, 5),
        ("PATCH", "/api/v2/deals/7", {"title": "x"}, 5),
        ("DELETE", "/api/v2/persons/9", None, 3),
        ("PUT", "/v1/deals/10/merge", {"merge_with_id": 11}, 40),
        ("PATCH", "/api/v2/dealFields/title", {"field_name": "Title"}, 5),
    ],
)
def test_writing_is_paid_for(caller: Caller, method: str, path: str, body: Any, cost: int) -> None:
    assert send(caller, method, path, body).status_code == 200
    assert caller.sandbox.journal.calls[-1].cost == cost


def test_nobody_writes_without_the_token(app: Any) -> None:
    assert send(Caller(app, token="wrong"), "POST", "/api/v2/deals", {"title": "x"}).status_code == 401


@pytest.mark.slow  # the documents are megabytes of YAML
@pytest.mark.parametrize(("version", "method", "path"), PRICED)
def test_the_price_of_every_change_is_the_documented_one(version: str, method: str, path: str) -> None:
    assert openapi.operation(version, path, method.lower())["x-token-cost"] == WRITES[version][method][path]
