"""Lists that hang on other records, and what else the documentation says of them."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.mail import FOLDERS
from sandbox.pipedrive import create_app
from sandbox.world import FEATURES, World
from tests.sandbox.calls import Caller, read


@pytest.mark.parametrize("path", ["/api/v2/deals/products", "/api/v2/deals/installments"])
def test_ids_of_deals_come_by_comma_or_one_by_one(vendor: Caller, path: str) -> None:
    deals = [deal["id"] for deal in vendor.data("/api/v2/deals", limit=9)]
    by_comma = vendor.data(path, deal_ids=",".join(map(str, deals)))

    assert by_comma
    assert vendor.data(path, deal_ids=deals) == by_comma
    assert [row for deal in deals for row in vendor.data(path, deal_ids=deal)] == by_comma


@pytest.mark.parametrize(
    "query", [{}, {"deal_ids": "x"}, {"deal_ids": ",".join(map(str, range(101)))}, {"deal_ids": 1, "a": 2}]
)
def test_too_many_ids_or_none_are_refused(vendor: Caller, query: dict[str, Any]) -> None:
    assert vendor.get("/api/v2/deals/products", **query).status_code == 400


def test_products_of_deals_go_on_by_cursor(vendor: Caller) -> None:
    ids = ",".join(str(deal["id"]) for deal in vendor.data("/api/v2/deals", limit=100))
    whole = vendor.data("/api/v2/deals/products", deal_ids=ids, limit=500)

    assert vendor.walk_v2("/api/v2/deals/products", deal_ids=ids, limit=7) == whole
    assert len({row["id"] for row in whole}) == len(whole) > 100


def test_installments_say_nothing_of_a_next_page(vendor: Caller) -> None:
    assert set(read(vendor.get("/api/v2/deals/installments", deal_ids="3"))) == {"success", "data"}


def test_products_of_deals_sort_as_told(vendor: Caller) -> None:
    rows = vendor.data("/api/v2/deals/products", deal_ids="1,2,3,4,5", sort_by="order_nr", sort_direction="desc")
    orders = [row["order_nr"] for row in rows]

    assert orders == sorted(orders, reverse=True)
    assert orders[0] > orders[-1]


@pytest.mark.parametrize(
    "path",
    [
        "/api/v2/deals/999999999/followers", "/api/v2/deals/999999999/discounts", "/v1/deals/999999999/participants",
        "/v1/deals/999999999/changelog", "/v1/notes/999999999/comments", "/api/v2/products/999999999/variations",
        "/v1/mailbox/mailThreads/999999999/mailMessages",
    ],
)  # fmt: skip
def test_what_hangs_on_nothing_is_not_found(vendor: Caller, path: str) -> None:
    assert vendor.get(path).status_code == 404


def test_participants_are_persons_of_the_deal(vendor: Caller) -> None:
    deal = next(deal for deal in vendor.data("/api/v2/deals") if deal["person_id"])
    rows = vendor.data(f"/v1/deals/{deal['id']}/participants")

    assert rows[0]["person_id"]["value"] == rows[0]["person"]["id"] == deal["person_id"]
    assert rows[0]["related_item_data"] == {"deal_id": deal["id"], "title": deal["title"]}


def test_changes_go_on_by_a_cursor_of_their_own_newest_first(vendor: Caller) -> None:
    deal = next(deal["id"] for deal in vendor.data("/api/v2/deals") if deal["id"] % 5 == 4)
    whole = vendor.data(f"/v1/deals/{deal}/changelog")
    rows, cursor = [], None
    while True:
        answer = read(vendor.get(f"/v1/deals/{deal}/changelog", limit=2, **({"cursor": cursor} if cursor else {})))
        rows += answer["data"]
        cursor = answer["additional_data"]["next_cursor"]
        if cursor is None:
            break

    assert rows == whole
    assert len(rows) == 5
    assert [row["time"] for row in rows] == sorted((row["time"] for row in rows), reverse=True)
    assert vendor.get(f"/v1/deals/{deal}/changelog", cursor="%%%").status_code == 400


def test_a_relationship_is_listed_by_both_organizations(vendor: Caller) -> None:
    owner, linked = (vendor.data("/v1/organizationRelationships", org_id=org)[0] for org in (4, 5))

    assert owner["id"] == linked["id"]
    assert (owner["calculated_related_org_id"], linked["calculated_related_org_id"]) == (5, 4)
    assert vendor.data("/v1/organizationRelationships", org_id=6) is None
    assert vendor.get("/v1/organizationRelationships").status_code == 400


def test_a_folder_must_be_named_and_none_is_empty(vendor: Caller) -> None:
    found = {folder: vendor.walk_v1("/v1/mailbox/mailThreads", folder=folder, limit=500) for folder in FOLDERS}

    assert all(found.values())
    assert len({thread["id"] for threads in found.values() for thread in threads}) == 1500
    assert all(folder in thread["folders"] for folder, threads in found.items() for thread in threads)
    assert vendor.get("/v1/mailbox/mailThreads").status_code == 400
    assert vendor.get("/v1/mailbox/mailThreads", folder="spam").status_code == 400


def test_messages_come_whole_and_without_a_word_about_pages(vendor: Caller) -> None:
    thread = next(
        thread for thread in vendor.data("/v1/mailbox/mailThreads", folder="inbox") if thread["message_count"] > 2
    )
    answer = read(vendor.get(f"/v1/mailbox/mailThreads/{thread['id']}/mailMessages"))

    assert "additional_data" not in answer
    assert len(answer["data"]) == thread["message_count"]
    assert {row["mail_thread_id"] for row in answer["data"]} == {thread["id"]}


@pytest.mark.parametrize(("path", "cap"), [("/v1/files", 100), ("/v1/callLogs", 50)])
def test_some_pages_are_smaller_than_asked_for(vendor: Caller, path: str, cap: int) -> None:
    answer = read(vendor.get(path, limit=500))

    assert len(answer["data"]) == cap
    assert answer["additional_data"]["pagination"]["next_start"] == cap


def test_one_old_file_has_the_date_of_nothing(vendor: Caller) -> None:
    assert vendor.data("/v1/files", limit=1)[0]["add_time"] == "0000-00-00 00:00:00"


def test_goals_are_hidden_from_those_who_ask_for_too_little(vendor: Caller) -> None:
    mine = vendor.data("/v1/goals/find")["goals"]
    won = vendor.data("/v1/goals/find", **{"type.name": "deals_won"})["goals"]
    old = vendor.data("/v1/goals/find", **{"type.name": "deals_won", "is_active": "false"})["goals"]

    assert {goal["assignee"]["type"] for goal in mine} == {"person"}
    assert ([goal["title"] for goal in won], [goal["title"] for goal in old]) == (
        ["Twenty bikes a month"],
        ["Last year"],
    )


@pytest.mark.parametrize(
    "query", [{"status": "open"}, {"phase_id": 1}, {"filter_id": 61}, {"status": "completed,canceled"}]
)
def test_projects_can_be_narrowed_down(vendor: Caller, query: dict[str, Any]) -> None:
    every = vendor.walk_v2("/api/v2/projects", limit=500)

    assert 0 < len(vendor.walk_v2("/api/v2/projects", limit=7, **query)) < len(every)


def test_projects_and_tasks_belong_together(vendor: Caller) -> None:
    project = vendor.data("/api/v2/projects", limit=1)[0]
    tasks = vendor.walk_v2("/api/v2/tasks", project_id=project["id"])

    assert {task["project_id"] for task in tasks} == {project["id"]}
    assert len(vendor.walk_v2("/api/v2/tasks", project_id=project["id"], parent_task_id="null")) == len(tasks) - 1
    assert vendor.data(f"/api/v2/projects/{project['id']}") == project


def test_a_board_has_its_phases(vendor: Caller) -> None:
    for board in vendor.data("/api/v2/boards"):
        phases = vendor.data("/api/v2/phases", board_id=board["id"])
        assert {phase["board_id"] for phase in phases} == {board["id"]}
    assert vendor.get("/api/v2/phases").status_code == 400


@pytest.mark.parametrize(
    "path", ["projects", "projects/archived", "boards", "phases", "projectTemplates", "tasks", "projectFields"]
)
def test_without_the_addon_nothing_of_projects_answers(path: str) -> None:
    vendor = Caller(create_app(World(deals=24, without=["projects"]), plan="none"))

    assert vendor.get(f"/api/v2/{path}").json()["error"] == "Required suites missing"
    assert vendor.get("/v1/legacyTeams").status_code == 200


def test_the_smallest_plan_has_no_installments() -> None:
    assert World(deals=1, plan="lite").features == frozenset(FEATURES) - {"installments"}
