from typing import Any

import pytest

from sandbox.staff import ME
from sandbox.world import World
from tests.sandbox.calls import Caller


def ids(rows: list[dict[str, Any]]) -> list[Any]:
    return [row["id"] for row in rows]


@pytest.mark.parametrize("name", ["deals", "deals/archived", "persons", "organizations", "activities", "products"])
def test_ids_pick_records_and_leave_out_the_missing(vendor: Caller, company: World, name: str) -> None:
    number = company.shelf(name).ids[3]

    assert ids(vendor.data(f"/api/v2/{name}", ids=f"{number},99999999")) == [number]


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("deals", "owner_id"), ("deals", "person_id"), ("deals", "org_id"), ("deals", "pipeline_id"), ("deals", "stage_id"),
        ("deals/archived", "owner_id"), ("persons", "org_id"), ("persons", "owner_id"), ("organizations", "owner_id"),
        ("activities", "deal_id"), ("activities", "person_id"), ("activities", "org_id"), ("products", "owner_id"), ("stages", "pipeline_id"),
    ],
)  # fmt: skip
def test_a_filter_keeps_exactly_what_fits(vendor: Caller, name: str, field: str) -> None:
    every = vendor.walk_v2(f"/api/v2/{name}", limit=500)
    wanted = next(row[field] for row in every if row[field] is not None)

    found = vendor.walk_v2(f"/api/v2/{name}", limit=500, **{field: wanted})

    assert ids(found) == [row["id"] for row in every if row[field] == wanted]


@pytest.mark.parametrize("status", ["open", "won,lost", "deleted", "lost,deleted"])
def test_status_takes_a_comma_list(vendor: Caller, status: str) -> None:
    found = vendor.walk_v2("/api/v2/deals", limit=500, status=status)

    assert {row["status"] for row in found} == set(status.split(","))


def test_deleted_deals_were_deleted_within_thirty_days_and_say_so(vendor: Caller) -> None:
    found = vendor.walk_v2("/api/v2/deals", status="deleted")

    assert all(row["is_deleted"] and row["update_time"] > "2026-10-17" for row in found)


def test_archived_deals_stand_in_their_own_list_only(vendor: Caller) -> None:
    archived = vendor.walk_v2("/api/v2/deals/archived", limit=500)
    listed = vendor.walk_v2("/api/v2/deals", limit=500)

    assert all(row["is_archived"] and row["archive_time"] for row in archived)
    assert not any(row["is_archived"] or row["archive_time"] for row in listed)


def test_done_activities_can_be_asked_for(vendor: Caller) -> None:
    done, undone = (vendor.walk_v2("/api/v2/activities", limit=500, done=done) for done in ("true", "false"))

    assert done
    assert undone
    assert all(row["done"] and row["marked_as_done_time"] for row in done)
    assert not any(row["done"] or row["marked_as_done_time"] for row in undone)


def test_activities_of_the_whole_day_have_no_times(vendor: Caller) -> None:
    rows = vendor.walk_v2("/api/v2/activities", limit=500)

    assert any(row["due_time"] is None and row["duration"] is None for row in rows)
    assert any(row["due_time"] == "09:15:00" for row in rows)


def test_updated_since_is_inclusive_and_updated_until_is_not(vendor: Caller) -> None:
    every = vendor.walk_v2("/api/v2/deals", limit=500, sort_by="update_time")
    since, until = every[400]["update_time"], every[800]["update_time"]

    found = vendor.walk_v2("/api/v2/deals", limit=500, updated_since=since, updated_until=until)

    assert sorted(ids(found)) == sorted(row["id"] for row in every if since <= row["update_time"] < until)


def test_an_offset_in_a_time_is_honoured(vendor: Caller) -> None:
    utc = vendor.data("/api/v2/deals", limit=500, updated_since="2026-10-01T08:00:00Z")
    here = vendor.data("/api/v2/deals", limit=500, updated_since="2026-10-01T10:00:00+02:00")

    assert ids(utc) == ids(here) != []


def test_rows_without_an_update_time_never_count_as_updated(vendor: Caller) -> None:
    found = vendor.walk_v2("/api/v2/persons", limit=500, updated_since="2015-01-01T00:00:00Z")
    every = vendor.walk_v2("/api/v2/persons", limit=500)

    assert len(found) == sum(row["update_time"] is not None for row in every) < len(every)


def test_persons_of_a_deal_can_be_asked_for(vendor: Caller) -> None:
    deal = next(row for row in vendor.data("/api/v2/deals") if row["person_id"])

    assert ids(vendor.data("/api/v2/persons", deal_id=deal["id"])) == [deal["person_id"]]


# saved filters ----------------------------------------------------------------------------


def test_a_saved_filter_has_its_effect(vendor: Caller) -> None:
    every = vendor.walk_v2("/api/v2/deals", limit=500)
    filters = {each["name"]: each["id"] for each in vendor.data("/v1/filters", type="deals")}

    large = vendor.walk_v2("/api/v2/deals", limit=500, filter_id=filters["Open deals over 10k"])
    mine = vendor.walk_v2("/api/v2/deals", limit=500, filter_id=filters["My open deals"])

    assert ids(large) == [row["id"] for row in every if row["status"] == "open" and row["value"] > 10_000]
    assert ids(mine) == [row["id"] for row in every if row["status"] == "open" and row["owner_id"] == ME]


def test_a_saved_filter_silently_overrides_the_other_filters(vendor: Caller) -> None:
    whole = vendor.walk_v2("/api/v2/deals", limit=500, filter_id=1)

    assert ids(vendor.walk_v2("/api/v2/deals", limit=500, filter_id=1, ids="1", owner_id=5, status="deleted")) == ids(
        whole
    )


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("deals", "deals"),
        ("persons", "people"),
        ("organizations", "org"),
        ("activities", "activity"),
        ("products", "products"),
    ],
)
def test_every_entity_has_a_filter_that_finds_some_and_one_that_finds_nothing(
    vendor: Caller, name: str, kind: str
) -> None:
    filters = vendor.data("/v1/filters", type=kind)

    found = [len(vendor.walk_v2(f"/api/v2/{name}", limit=500, filter_id=each["id"])) for each in filters]

    assert 0 in found
    assert max(found) > 0


@pytest.mark.parametrize("number", [987_654, 11])
def test_a_filter_that_is_not_there_or_of_another_type_is_not_found(vendor: Caller, number: int) -> None:
    answer = vendor.get("/api/v2/deals", filter_id=number)

    assert answer.status_code == 404
    assert answer.json()["error"] == "Filter not found"


# what a record shows ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "extra"),
    [("deals", "activities_count"), ("deals/archived", "first_won_time"), ("persons", "open_deals_count"), ("organizations", "people_count"), ("activities", "attendees")],
)  # fmt: skip
def test_optional_fields_come_when_asked_for(vendor: Caller, name: str, extra: str) -> None:
    assert extra not in vendor.data(f"/api/v2/{name}", limit=1)[0]
    assert extra in vendor.data(f"/api/v2/{name}", limit=1, include_fields=extra)[0]


@pytest.mark.parametrize(
    ("name", "entity"), [("deals", "deal"), ("persons", "person"), ("organizations", "organization")]
)
def test_every_optional_field_of_the_fields_list_can_be_had(vendor: Caller, name: str, entity: str) -> None:
    codes = [
        field["field_code"]
        for field in vendor.walk_v2(f"/api/v2/{entity}Fields")
        if field["is_optional_response_field"]
    ]

    row = vendor.data(f"/api/v2/{name}", limit=1, include_fields=",".join(codes))[0]

    assert set(codes) <= set(row)


def test_custom_fields_can_be_narrowed_down(vendor: Caller, company: World) -> None:
    keys = [company.custom_field("deal", name).code for name in ("Regions", "Yearly fee")]

    rows = vendor.data("/api/v2/deals", custom_fields=",".join(keys))

    assert all(set(row["custom_fields"]) == set(keys) for row in rows)


def test_option_labels_replace_ids(vendor: Caller, company: World) -> None:
    kind, regions = (company.custom_field("deal", name) for name in ("Customer type", "Regions"))
    bare = vendor.walk_v2("/api/v2/deals", limit=500)
    labelled = vendor.walk_v2("/api/v2/deals", limit=500, include_option_labels="true")
    labels = {option.id: option.label for option in (*kind.options, *regions.options)}

    for one, other in zip(bare, labelled, strict=True):
        value, shown = one["custom_fields"][kind.code], other["custom_fields"][kind.code]
        assert shown == (None if value is None else {"id": value, "label": labels.get(value)})
        values, shown = one["custom_fields"][regions.code], other["custom_fields"][regions.code]
        assert shown == (None if values is None else [{"id": value, "label": labels.get(value)} for value in values])


@pytest.mark.parametrize("name", ["deals", "persons", "organizations"])
def test_labels_come_when_asked_for(vendor: Caller, name: str) -> None:
    rows = vendor.walk_v2(f"/api/v2/{name}", limit=500, include_labels="true")

    assert any(row["labels"] for row in rows)
    assert all([label["id"] for label in row["labels"]] == row["label_ids"] for row in rows)
    assert "labels" not in vendor.data(f"/api/v2/{name}", limit=1)[0]


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("Purchase order", str), ("Fleet size", (int, float)), ("Regions", list), ("Technical lead", int), ("Contract start", str),
    ],
)  # fmt: skip
def test_plain_values_have_plain_shapes(vendor: Caller, company: World, name: str, shape: Any) -> None:
    key = company.custom_field("deal", name).code
    values = [row["custom_fields"][key] for row in vendor.data("/api/v2/deals", limit=500)]

    assert any(isinstance(value, shape) for value in values)
    assert all(value is None or isinstance(value, shape) for value in values)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Yearly fee", {"value", "currency"}),
        ("Contract period", {"value", "until"}),
        ("Preferred call time", {"value", "timezone_id", "timezone_name"}),
        ("Delivery window", {"value", "until", "timezone_id", "timezone_name"}),
    ],
)
def test_values_of_several_parts_are_objects(vendor: Caller, company: World, name: str, parts: set[str]) -> None:
    key = company.custom_field("deal", name).code
    values = [row["custom_fields"][key] for row in vendor.data("/api/v2/deals", limit=500)]

    assert {frozenset(value) for value in values if value is not None} == {frozenset(parts)}


def test_a_deal_is_found_by_its_id_wherever_it_stands(vendor: Caller, company: World) -> None:
    for name in ("deals", "deals/deleted", "deals/archived"):
        number = company.shelf(name).ids[0]
        assert vendor.data(f"/api/v2/deals/{number}")["id"] == number


@pytest.mark.parametrize("name", ["persons", "organizations", "activities", "products", "pipelines", "stages"])
def test_one_record_is_the_one_of_the_list(vendor: Caller, name: str) -> None:
    row = vendor.data(f"/api/v2/{name}", limit=1)[0]

    assert vendor.data(f"/api/v2/{name}/{row['id']}") == row


def test_one_field_is_the_one_of_the_list(vendor: Caller) -> None:
    row = vendor.data("/api/v2/personFields", limit=500)[-1]

    assert vendor.data(f"/api/v2/personFields/{row['field_code']}") == row


def test_fields_tell_where_they_show_when_asked(vendor: Caller) -> None:
    row = vendor.data("/api/v2/dealFields", limit=1, include_fields="ui_visibility,required_fields")[0]

    assert row["ui_visibility"]["add_visible_flag"] is True
    assert "important_fields" not in row


def test_a_stage_and_a_pipeline_were_never_updated(vendor: Caller) -> None:
    assert None in [row["update_time"] for row in vendor.data("/api/v2/stages")]
    assert None in [row["update_time"] for row in vendor.data("/api/v2/pipelines")]
