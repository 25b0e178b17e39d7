from typing import Any

import pytest

from sandbox import leads
from sandbox.staff import ME
from sandbox.world import World
from tests.sandbox.calls import Caller


@pytest.mark.parametrize("prefix", ["/v1", "/api/v1"])
def test_who_am_i_names_user_and_company(vendor: Caller, prefix: str) -> None:
    me = vendor.data(f"{prefix}/users/me")

    assert me["id"] == ME
    assert me["is_you"] is True
    assert me["company_domain"] == "acme"
    assert me["company_name"] == "Acme Cargo Bikes B.V."


def test_users_come_whole_with_the_deactivated(vendor: Caller) -> None:
    users = vendor.data("/v1/users")

    assert [user["active_flag"] for user in users].count(False) == 1
    assert vendor.data(f"/v1/users/{users[3]['id']}") == users[3]


def test_leads_have_uuids_and_are_found_by_them(vendor: Caller) -> None:
    for path in ("/v1/leads", "/v1/leads/archived"):
        row = vendor.data(path, limit=1)[0]
        assert vendor.data(f"/v1/leads/{row['id']}") == row
        assert row["is_archived"] is path.endswith("archived")


@pytest.mark.parametrize("number", [1, 2, 77, 150_000, 2_000_000])
def test_a_uuid_leads_back_to_its_number(number: int) -> None:
    assert leads.number_of(leads.uuid_of(number)) == number


@pytest.mark.parametrize("text", ["", "12", "adf21080-0000-11eb-879b-05d71fb426ec", "not a uuid"])
def test_a_strange_uuid_leads_nowhere(text: str) -> None:
    assert leads.number_of(text) is None


def test_leads_carry_only_the_custom_fields_that_are_set(vendor: Caller, company: World) -> None:
    keys = {field.code for field in company.fields["deal"] if field.is_custom}
    held = [keys & set(row) for row in vendor.walk_v1("/v1/leads", limit=500)]

    assert set() in held
    assert max(map(len, held)) > 3


def test_leads_spread_custom_fields_over_the_record(vendor: Caller, company: World) -> None:
    rows = vendor.walk_v1("/v1/leads", limit=500)

    def found(name: str, suffix: str = "") -> list[Any]:
        key = company.custom_field("deal", name).code + suffix
        return [row[key] for row in rows if key in row]

    assert all(isinstance(value, (int, float)) for value in found("Yearly fee"))
    assert len(found("Yearly fee")) == len(found("Yearly fee", "_currency")) > 0
    assert all(value.isdecimal() for value in found("Customer type"))
    assert any("," in value for value in found("Regions"))
    assert len(found("Contract period")) == len(found("Contract period", "_until")) > 0
    assert len(found("Delivery window")) == len(found("Delivery window", "_timezone_id")) > 0
    assert set(found("Delivery address", "_country")) <= {"Netherlands", "Estonia", "Germany", "Japan", "Belgium"}


@pytest.mark.parametrize("field", ["owner_id", "person_id", "organization_id"])
def test_leads_can_be_narrowed_down(vendor: Caller, field: str) -> None:
    every = vendor.walk_v1("/v1/leads", limit=500)
    wanted = next(row[field] for row in every if row[field])

    assert vendor.walk_v1("/v1/leads", **{field: wanted}) == [row for row in every if row[field] == wanted]


def test_leads_know_saved_filters(vendor: Caller) -> None:
    every = vendor.walk_v1("/v1/leads", limit=500)

    assert vendor.walk_v1("/v1/leads", limit=500, filter_id=51) == [row for row in every if row["owner_id"] == ME]
    assert vendor.data("/v1/leads", filter_id=52) == []


def test_leads_and_notes_know_updated_since(vendor: Caller) -> None:
    for path, since in (("/v1/leads", "2026-06-01T00:00:00Z"), ("/v1/notes", "2026-06-01T00:00:00Z")):
        every = vendor.walk_v1(path, limit=500)
        found = vendor.walk_v1(path, limit=500, updated_since=since)
        assert [row["id"] for row in found] == [row["id"] for row in every if row["update_time"][:10] >= since[:10]]


def test_leads_and_notes_sort_as_told(vendor: Caller) -> None:
    for path in ("/v1/leads", "/v1/notes"):
        times = [row["add_time"] for row in vendor.walk_v1(path, limit=500, sort="add_time DESC")]
        assert times == sorted(times, reverse=True)
        assert times != sorted(times)


def test_notes_name_what_they_hang_on(vendor: Caller) -> None:
    note = next(row for row in vendor.data("/v1/notes") if row["deal_id"] and row["org_id"])

    assert note["deal"]["title"] == vendor.data(f"/api/v2/deals/{note['deal_id']}")["title"]
    assert note["organization"]["name"] == vendor.data(f"/api/v2/organizations/{note['org_id']}")["name"]
    assert vendor.data(f"/v1/notes/{note['id']}") == note
    assert vendor.data("/v1/notes", deal_id=note["deal_id"])[0]["deal_id"] == note["deal_id"]


def test_filters_come_by_type_and_one_by_one(vendor: Caller) -> None:
    every, deals = vendor.data("/v1/filters"), vendor.data("/v1/filters", type="deals")

    assert len(every) > len(deals) > 3
    assert {each["type"] for each in deals} == {"deals"}
    assert [each["name"] for each in vendor.data("/v1/filters", type="projects")] == ["Open projects"]
    assert vendor.data("/v1/filters/2")["name"] == "Open deals over 10k"
    condition = vendor.data("/v1/filters/2", include_field_code="true")["conditions"]["conditions"][0]["conditions"][0]
    assert condition["field_code"] == "value"


def test_the_summary_counts_what_the_list_gives(vendor: Caller) -> None:
    every = vendor.walk_v2("/api/v2/deals", limit=500)

    assert vendor.data("/v1/deals/summary")["total_count"] == len(every)
    assert vendor.data("/v1/deals/summary", status="won")["total_count"] == sum(row["status"] == "won" for row in every)
    assert vendor.data("/v1/deals/summary", user_id=ME)["total_count"] == sum(row["owner_id"] == ME for row in every)
    assert vendor.data("/v1/deals/summary", stage_id=3)["total_count"] == sum(row["stage_id"] == 3 for row in every)
    assert vendor.data("/v1/deals/summary", filter_id=5)["total_count"] == 0
    euros = vendor.data("/v1/deals/summary")["values_total"]["EUR"]
    assert euros["value"] == pytest.approx(sum(row["value"] for row in every if row["currency"] == "EUR"))


def test_the_short_lists_are_there(vendor: Caller) -> None:
    assert {row["name"] for row in vendor.data("/v1/leadLabels")} == {"Hot", "Warm", "Cold"}
    assert {"name": "API"} in vendor.data("/v1/leadSources")
    assert {row["key_string"] for row in vendor.data("/v1/activityTypes")} >= {"call", "meeting", "task", "lunch"}
    assert [row["code"] for row in vendor.data("/v1/currencies", term="yen")] == ["JPY"]
    assert {row["key"] for row in vendor.data("/v1/noteFields")} >= {"content"}


def test_every_type_of_activity_in_use_is_listed(vendor: Caller) -> None:
    known = {row["key_string"] for row in vendor.data("/v1/activityTypes")}

    assert {row["type"] for row in vendor.walk_v2("/api/v2/activities", limit=500)} <= known


def test_parameters_nobody_knows_are_let_be(vendor: Caller) -> None:
    assert vendor.data("/v1/leads", colour="red", limit=2) == vendor.data("/v1/leads", limit=2)


def test_lead_fields_tell_of_deleted_options(vendor: Caller) -> None:
    field = next(row for row in vendor.walk_v1("/v1/leadFields") if row["name"] == "Customer type")

    assert [option["label"] for option in field["options_deleted"]] == ["Reseller (old)"]
    assert field["edit_flag"] is True
