import re
import tracemalloc
from itertools import chain
from typing import Any

import msgspec
import pytest

from sandbox import cursors
from sandbox.fields import CUSTOM_TYPES
from sandbox.pipedrive import create_app
from sandbox.shelf import PLAIN
from sandbox.world import World
from tests.sandbox.calls import Caller


@pytest.fixture(scope="module")
def deals(company: World) -> list[dict[str, Any]]:
    shelf = company.shelf("deals")
    return [shelf.row(number, PLAIN) for number in shelf.ids]


def values(company: World, deals: list[dict[str, Any]], name: str) -> list[Any]:
    key = company.custom_field("deal", name).code
    return [deal["custom_fields"][key] for deal in deals]


def test_two_worlds_of_the_same_arguments_give_the_same_bytes() -> None:
    one, other = World(200), World(200)

    for name in one.shelves:
        shelves = (one.shelf(name), other.shelf(name))
        rows = [[shelf.row(number, PLAIN) for number in shelf.ids] for shelf in shelves]

        assert msgspec.json.encode(rows[0]) == msgspec.json.encode(rows[1]), name


def test_another_seed_gives_another_company() -> None:
    one, other = World(60, seed=1), World(60, seed=2)

    assert one.shelf("deals").row(1, PLAIN) != other.shelf("deals").row(1, PLAIN)
    assert one.custom_field("deal", "Regions").code != other.custom_field("deal", "Regions").code


def test_a_deal_is_the_same_in_a_list_of_any_labels(company: World, vendor: Caller) -> None:
    listed = vendor.data("/api/v2/deals", limit=1)[0]

    assert vendor.data(f"/api/v2/deals/{listed['id']}") == listed == company.shelf("deals").row(listed["id"], PLAIN)


def test_there_are_deals_of_every_status(company: World, deals: list[dict[str, Any]]) -> None:
    assert len(deals) >= 1200
    assert {deal["status"] for deal in deals} == {"open", "won", "lost"}
    assert len(company.shelf("deals/deleted")) >= 20
    assert len(company.shelf("deals/archived")) >= 20


def test_sizes_of_the_other_lists_follow_from_the_deals() -> None:
    world = World(10_000)

    sizes = {name: len(shelf) for name, shelf in world.shelves.items()}

    assert sizes["persons"] == 6_000
    assert sizes["organizations"] == 2_500
    assert sizes["activities"] == 20_000
    assert sizes["notes"] == 5_000
    assert sizes["leads"] == 1_500
    assert sizes["products"] == 40


def test_every_type_of_custom_field_is_there_and_filled_in_somewhere(
    company: World, deals: list[dict[str, Any]]
) -> None:
    custom = [field for field in company.fields["deal"] if field.is_custom]
    filled = {field.type for field in custom if any(deal["custom_fields"][field.code] is not None for deal in deals)}

    assert filled == set(CUSTOM_TYPES)
    assert len(filled) == 16


def test_every_custom_field_is_null_somewhere(company: World, deals: list[dict[str, Any]]) -> None:
    keys = [field.code for field in company.fields["deal"] if field.is_custom]

    assert all(any(deal["custom_fields"][key] is None for deal in deals) for key in keys)
    assert all(list(deal["custom_fields"]) == keys for deal in deals)


def test_there_are_more_than_a_hundred_deal_fields_and_two_of_one_name(company: World) -> None:
    fields = company.fields["deal"]

    assert len(fields) > 100
    assert len({field.code for field in fields}) == len(fields)
    assert [field.name for field in fields if field.is_custom].count("Source") == 2


def test_custom_keys_are_forty_hex_digits(company: World) -> None:
    keys = [field.code for fields in company.fields.values() for field in fields if field.is_custom]

    assert all(re.fullmatch("[0-9a-f]{40}", key) for key in keys)


def test_a_deleted_option_is_still_in_use(company: World, deals: list[dict[str, Any]]) -> None:
    field = company.custom_field("deal", "Customer type")
    known = {option.id for option in field.options}

    assert {value for value in values(company, deals, "Customer type") if value is not None} - known == {
        option.id for option in field.lost_options
    }


def test_texts_that_spreadsheets_would_spoil_are_there(company: World, deals: list[dict[str, Any]]) -> None:
    references = set(values(company, deals, "Reference"))

    assert {"=1+1", "+31 20 123 4567", "-5", "@SUM(A1)", "007", "12345678901234567890"} <= references
    assert any(deal["title"].startswith("=") for deal in deals)
    assert any("🚲" in deal["title"] for deal in deals)


def test_one_text_is_forty_thousand_characters_and_one_has_control_characters(
    company: World, deals: list[dict[str, Any]]
) -> None:
    texts = [text for text in values(company, deals, "Requirements") if text]

    assert max(map(len, texts)) == 40_000
    assert any("\x00" in text and "\x1b" in text for text in texts)


def test_nulls_stand_where_live_data_has_them(deals: list[dict[str, Any]]) -> None:
    missing = set(chain.from_iterable((name for name, value in deal.items() if value is None) for deal in deals))

    assert {
        "won_time",
        "lost_time",
        "close_time",
        "expected_close_date",
        "person_id",
        "org_id",
        "lost_reason",
    } <= missing
    assert {"probability", "stage_change_time", "channel", "origin_id", "acv"} <= missing


def test_some_notes_are_as_long_as_notes_get_and_some_look_like_formulas(company: World) -> None:
    shelf = company.shelf("notes")
    contents = [shelf.facts["content"](number) for number in shelf.ids]

    assert max(map(len, contents)) == 65_000
    assert "=1+1" in contents
    assert any("&amp;" in content for content in contents)


def test_products_have_no_one_or_several_currencies(company: World) -> None:
    shelf = company.shelf("products")
    prices = [[price["currency"] for price in shelf.row(number, PLAIN)["prices"]] for number in shelf.ids]

    assert {len(currencies) for currencies in prices} >= {0, 1, 2, 3}


def test_one_user_is_deactivated_and_two_share_a_name(company: World) -> None:
    users = company.staff.users

    assert [user["active_flag"] for user in users].count(False) == 1
    assert len({user["name"] for user in users}) < len(users)
    assert any(user["id"] in {13001034} and not user["active_flag"] for user in users)


def test_references_point_at_records_that_exist(company: World, deals: list[dict[str, Any]]) -> None:
    persons, organizations = company.shelf("persons"), company.shelf("organizations")
    stages, users = company.shelf("stages"), {user["id"] for user in company.staff.users}

    for deal in deals:
        assert deal["person_id"] is None or deal["person_id"] in persons.ids
        assert deal["org_id"] is None or deal["org_id"] in organizations.ids
        assert stages.row(deal["stage_id"], PLAIN)["pipeline_id"] == deal["pipeline_id"]
        assert {deal["owner_id"], deal["creator_user_id"]} <= users
    for activity in map(company.shelf("activities").row, range(1, 500), [PLAIN] * 499):
        assert activity["deal_id"] is None or activity["deal_id"] in company.shelf("deals").ids


def test_times_are_in_order(deals: list[dict[str, Any]]) -> None:
    for deal in deals:
        moments = [deal["add_time"], deal["stage_change_time"], deal["close_time"], deal["update_time"]]
        assert deal["add_time"] <= min(moment for moment in moments if moment)
        assert deal["update_time"] == max(moment for moment in moments if moment)
        assert deal["update_time"] <= "2026-11-16T09:00:00Z"


def test_an_empty_company_has_lists_without_rows_but_users_and_stages() -> None:
    vendor = Caller(create_app(World(0)))

    for name in ("deals", "deals/archived", "persons", "organizations", "activities", "products"):
        assert vendor.get(f"/api/v2/{name}").json() == {
            "success": True,
            "data": [],
            "additional_data": {"next_cursor": None},
        }
    assert vendor.data("/v1/leads") == []
    assert vendor.data("/v1/notes") is None
    assert len(vendor.data("/api/v2/stages")) > 5


def test_a_smaller_set_of_custom_fields_can_be_asked_for() -> None:
    world = World(30, custom_fields=10)

    assert len(world.shelf("deals").row(1, PLAIN)["custom_fields"]) == 10


def test_the_lite_plan_knows_no_recurring_revenue() -> None:
    assert "mrr" not in World(30, plan="lite").shelf("deals").row(1, PLAIN)


@pytest.mark.slow
def test_a_million_deals_are_served_from_the_first_and_a_middle_page_in_flat_memory() -> None:
    vendor = Caller(create_app(World(1_000_000), plan="none"))
    vendor.data("/api/v2/deals", limit=500)

    tracemalloc.start()
    first = vendor.get("/api/v2/deals", limit=500).json()
    middle = first_after(vendor, 520_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert len(first["data"]) == len(middle) == 500
    assert middle[0]["id"] > 520_000
    assert peak < 40_000_000


def first_after(vendor: Caller, number: int) -> list[dict[str, Any]]:
    """The page after a cursor that was made for another place."""
    cursor = cursors.write("id", number, descending=False, number=number)
    rows: list[dict[str, Any]] = vendor.data("/api/v2/deals", limit=500, cursor=cursor)
    return rows
