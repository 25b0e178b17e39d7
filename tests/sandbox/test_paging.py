import base64
import json

import pytest

from sandbox.world import World
from tests.sandbox.calls import Caller

V2_LISTS = ("deals", "deals/archived", "persons", "organizations", "activities", "products", "pipelines", "stages")
ORDERS = [
    (name, sort) for name in V2_LISTS for sort in ("id", "update_time", "add_time") if (name, sort) != ("products", "")
]
FIELD_LISTS = ("dealFields", "personFields", "organizationFields", "productFields", "activityFields")


@pytest.mark.parametrize("name", V2_LISTS)
def test_a_walk_gives_every_record_once(vendor: Caller, company: World, name: str) -> None:
    ids = [row["id"] for row in vendor.walk_v2(f"/api/v2/{name}", limit=100)]

    assert ids == list(company.shelf(name).ids)


@pytest.mark.parametrize(
    ("name", "sort"), [*ORDERS, ("activities", "due_date"), ("products", "name"), ("stages", "order_nr")]
)
@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_every_order_gives_every_record_once_and_in_order(
    vendor: Caller, company: World, name: str, sort: str, direction: str
) -> None:
    rows = vendor.walk_v2(
        f"/api/v2/{name}", limit=77 if name == "products" else 400, sort_by=sort, sort_direction=direction
    )

    keys = [(row[sort] is not None, row[sort], row["id"]) for row in rows]
    assert sorted(row["id"] for row in rows) == list(company.shelf(name).ids)
    assert keys == sorted(keys, reverse=direction == "desc")


@pytest.mark.parametrize("limit", [1, 3, 500])
def test_a_walk_with_a_filter_gives_what_passes_once(vendor: Caller, limit: int) -> None:
    stage = vendor.data("/api/v2/deals", limit=1)[0]["stage_id"]
    whole = [row["id"] for row in vendor.walk_v2("/api/v2/deals", limit=500) if row["stage_id"] == stage]

    assert [row["id"] for row in vendor.walk_v2("/api/v2/deals", limit=limit, stage_id=stage)] == whole


def test_deleted_deals_walk_between_the_others_when_asked_for(vendor: Caller, company: World) -> None:
    ids = [row["id"] for row in vendor.walk_v2("/api/v2/deals", limit=100, status="open,won,lost,deleted")]

    assert ids == sorted([*company.shelf("deals").ids, *company.shelf("deals/deleted").ids])


@pytest.mark.parametrize("name", FIELD_LISTS)
def test_fields_walk_too(vendor: Caller, company: World, name: str) -> None:
    codes = [row["field_code"] for row in vendor.walk_v2(f"/api/v2/{name}", limit=7)]

    assert codes == [field.code for field in company.fields[name.removesuffix("Fields")]]


def test_deal_fields_do_not_fit_the_first_page_of_usual_size(vendor: Caller) -> None:
    answer = vendor.get("/api/v2/dealFields").json()

    assert len(answer["data"]) == 100
    assert answer["additional_data"]["next_cursor"]


def test_the_cursor_is_the_documented_mark(vendor: Caller) -> None:
    cursor = vendor.get("/api/v2/deals", limit=7).json()["additional_data"]["next_cursor"]

    mark = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))

    assert "=" not in cursor
    assert mark == {"field": "id", "fieldValue": 7, "sortDirection": "asc", "id": 7}


@pytest.mark.parametrize("limit", [None, 5])
def test_a_page_is_a_hundred_long_unless_told(vendor: Caller, limit: int | None) -> None:
    assert len(vendor.data("/api/v2/persons", **({"limit": limit} if limit else {}))) == (limit or 100)


@pytest.mark.parametrize("name", ["leads", "leads/archived", "notes", "leadFields"])
@pytest.mark.parametrize("prefix", ["/v1", "/api/v1"])
def test_v1_lists_walk_by_start(vendor: Caller, company: World, prefix: str, name: str) -> None:
    ids = [row["id"] for row in vendor.walk_v1(f"{prefix}/{name}", limit=40)]

    count = len(company.fields["lead"]) if name == "leadFields" else len(company.shelf(name))
    assert len(ids) == len(set(ids)) == count


def test_notes_say_where_to_go_on_and_leads_do_not(vendor: Caller) -> None:
    notes = vendor.get("/v1/notes", limit=5).json()["additional_data"]["pagination"]
    leads = vendor.get("/v1/leads", limit=5).json()["additional_data"]["pagination"]

    assert notes == {"start": 0, "limit": 5, "more_items_in_collection": True, "next_start": 5}
    assert leads == {"start": 0, "limit": 5, "more_items_in_collection": True}


def test_the_last_page_of_notes_names_no_next_start(vendor: Caller, company: World) -> None:
    start = len(company.shelf("notes")) - 3

    pagination = vendor.get("/v1/notes", start=start).json()["additional_data"]["pagination"]

    assert pagination == {"start": start, "limit": 100, "more_items_in_collection": False}


def test_an_empty_list_of_notes_is_null(vendor: Caller) -> None:
    assert vendor.data("/v1/notes", start=1_000_000) is None


def test_v1_cuts_back_too_large_a_limit(vendor: Caller) -> None:
    assert vendor.get("/v1/notes", limit=9000).json()["additional_data"]["pagination"]["limit"] == 500
