"""Every documented refusal, in the vendor's words."""

from typing import Any

import pytest

from sandbox import cursors
from sandbox.pipedrive import create_app
from sandbox.world import FEATURES, REVOKED_TOKEN, TOKEN, World
from tests.sandbox.calls import Caller

_INFO = "Please check developers.pipedrive.com"


@pytest.mark.parametrize("token", [None, "", "wrong", REVOKED_TOKEN, TOKEN.upper()])
@pytest.mark.parametrize("path", ["/v1/users/me", "/api/v1/users/me", "/api/v2/deals"])
def test_without_a_valid_token_there_is_only_401(company: World, path: str, token: str | None) -> None:
    answer = Caller(create_app(company), token).get(path)

    assert answer.status_code == 401
    assert answer.headers["x-401-by-gw"] == "true"
    assert answer.json() == {"success": False, "error": "unauthorized access", "errorCode": 401, "error_info": _INFO}


def test_a_bearer_token_is_no_api_token(company: World) -> None:
    vendor = Caller(create_app(company), None)
    vendor.session.headers["Authorization"] = f"Bearer {TOKEN}"

    assert vendor.get("/v1/users/me").status_code == 401


def test_the_old_token_in_the_query_works_on_v1_and_on_v2_only_by_a_switch(company: World) -> None:
    strict, lax = Caller(create_app(company), None), Caller(create_app(company, token_in_query_on_v2=True), None)

    assert strict.get("/v1/users/me", api_token=TOKEN).status_code == 200
    assert strict.get("/api/v2/deals", api_token=TOKEN).status_code == 401
    assert lax.get("/api/v2/deals", api_token=TOKEN).status_code == 200


@pytest.mark.parametrize(
    ("path", "query", "text"),
    [
        ("activities", {"type": "call"}, "type: Parameter 'type' is not allowed for this request"),
        ("pipelines", {"updated_since": "2026-01-01T00:00:00Z"}, "updated_since: Parameter 'updated_since' is not allowed for this request"),
        ("stages", {"updated_since": "2026-01-01T00:00:00Z"}, "updated_since: Parameter 'updated_since' is not allowed for this request"),
        ("products", {"updated_until": "2026-01-01T00:00:00Z"}, "updated_until: Parameter 'updated_until' is not allowed for this request"),
        ("deals/archived", {"include_labels": "true"}, "include_labels: Parameter 'include_labels' is not allowed for this request"),
        ("deals", {"start": "0"}, "start: Parameter 'start' is not allowed for this request"),
        ("deals", {"updated_since": "2026-01-31T10:20:00.000Z"}, "updated_since: '2026-01-31T10:20:00.000Z' is not a valid datetime"),
        ("deals", {"updated_since": "2026-01-31 10:20:00"}, "updated_since: '2026-01-31 10:20:00' is not a valid datetime"),
        ("deals", {"updated_until": "2026-02-31T10:20:00Z"}, "updated_until: '2026-02-31T10:20:00Z' is not a valid datetime"),
        ("deals", {"limit": "501"}, "limit: must be between 1 and 500"),
        ("deals", {"limit": "0"}, "limit: must be between 1 and 500"),
        ("deals", {"limit": "many"}, "limit: must be an integer"),
        ("deals", {"owner_id": "1.5"}, "owner_id: must be an integer"),
        ("deals", {"include_labels": "1"}, "include_labels: must be a boolean"),
        ("deals", {"sort_by": "value"}, "sort_by: must be one of: id, update_time, add_time"),
        ("deals", {"sort_direction": "up"}, "sort_direction: must be one of: asc, desc"),
        ("deals", {"status": "open,gone"}, "status: 'gone' is not one of: open, won, lost, deleted"),
        ("deals", {"ids": ",".join(map(str, range(101)))}, "ids: must contain at most 100 ids"),
        ("deals", {"ids": "1,x"}, "ids: must be an integer"),
        ("deals", {"custom_fields": ",".join(f"{n:040x}" for n in range(16))}, "custom_fields: must contain at most 15 keys"),
        ("deals", {"cursor": "nonsense"}, "cursor: Invalid cursor"),
        ("dealFields", {"cursor": "§"}, "cursor: Invalid cursor"),
    ],
)  # fmt: skip
def test_v2_names_each_bad_parameter(vendor: Caller, path: str, query: dict[str, str], text: str) -> None:
    answer = vendor.get(f"/api/v2/{path}", **query)

    assert answer.status_code == 400
    assert answer.json() == {
        "success": False,
        "error": f"Validation failed: {text}",
        "code": "ERR_SCHEMA_VALIDATION_FAILED",
    }


def test_several_problems_come_in_one_answer(vendor: Caller) -> None:
    error = vendor.get("/api/v2/deals", colour="red", limit="x").json()["error"]

    assert (
        error
        == "Validation failed: colour: Parameter 'colour' is not allowed for this request; limit: must be an integer"
    )


def test_an_unknown_optional_field_is_refused(vendor: Caller) -> None:
    assert vendor.get("/api/v2/deals", include_fields="shoe_size").status_code == 400


@pytest.mark.parametrize(("sort", "value"), [("update_time", 5), ("id", "5"), ("id", None)])
def test_a_cursor_with_a_value_of_the_wrong_kind_is_refused(vendor: Caller, sort: str, value: Any) -> None:
    cursor = cursors.write(sort, value, descending=False, number=5)

    assert vendor.get("/api/v2/deals", sort_by=sort, cursor=cursor).status_code == 400


def test_a_cursor_of_another_order_is_refused(vendor: Caller) -> None:
    cursor = vendor.get("/api/v2/deals", limit=5).json()["additional_data"]["next_cursor"]

    assert vendor.get("/api/v2/deals", limit=5, sort_by="update_time", cursor=cursor).status_code == 400


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/v1/notes", {"start": "x"}), ("/v1/leads", {"updated_since": "yesterday"}), ("/v1/leads", {"filter_id": "1"}),
        ("/v1/filters", {"type": "persons"}), ("/v1/deals/summary", {"status": "deleted"}), ("/v1/deals/summary", {"filter_id": "999"}),
    ],
)  # fmt: skip
def test_v1_only_says_bad_request(vendor: Caller, path: str, query: dict[str, str]) -> None:
    answer = vendor.get(path, **query)

    assert answer.status_code == 400
    assert answer.json() == {
        "success": False,
        "error": "Bad request",
        "error_info": "Please check developers.pipedrive.com for more information about Pipedrive API.",
        "data": None,
        "additional_data": None,
    }


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v2/deals/999999999", {"success": False, "error": "Deal not found", "code": "ERR_NOT_FOUND"}),
        ("/api/v2/persons/999999999", {"success": False, "error": "Person not found", "code": "ERR_NOT_FOUND"}),
        ("/api/v2/dealFields/shoe_size", {"success": False, "error": "Field not found", "code": "ERR_NOT_FOUND"}),
        ("/v1/users/5", {"success": False, "error": "User not found or not accessible."}),
        (
            "/v1/leads/adf21080-0e10-11eb-879b-05d71fb426ee",
            {"success": False, "error": "requested lead not found", "error_info": "Object was not found.", "data": None, "additional_data": None},
        ),
        (
            "/v1/filters/999",
            {"success": False, "error": "Filter not found", "error_info": "Object was not found.", "data": None, "additional_data": None},
        ),
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_found(vendor: Caller, path: str, body: dict[str, object]) -> None:
    answer = vendor.get(path)

    assert (answer.status_code, answer.json()) == (404, body)


@pytest.mark.parametrize(
    "path", ["/v2/deals", "/v1/deals", "/api/v1/persons", "/api/v3/deals", "/api/v2/leads", "/nowhere"]
)
def test_paths_that_no_version_has_are_404(vendor: Caller, path: str) -> None:
    answer = vendor.get(path)

    assert answer.status_code == 404
    assert answer.json()["success"] is False


def test_the_generic_host_has_leads_below_v1_only(vendor: Caller) -> None:
    generic = "https://api.pipedrive.com"

    assert vendor.session.get(f"{generic}/v1/leads").status_code == 200
    assert vendor.session.get(f"{generic}/api/v1/leads").status_code == 404
    assert vendor.session.get(f"{generic}/api/v1/users/me").status_code == 200
    assert vendor.session.get(f"{generic}/api/v2/deals").status_code == 200


def test_what_the_company_has_not_bought_is_refused() -> None:
    vendor = Caller(create_app(World(deals=24, without=FEATURES), plan="none"))
    projects, teams = vendor.get("/api/v2/projects"), vendor.get("/v1/legacyTeams")
    installments = vendor.get("/api/v2/deals/installments", deal_ids="1")

    assert (projects.status_code, projects.json()["error"]) == (402, "Required suites missing")
    assert (teams.status_code, teams.json()["error"]) == (403, "Teams feature is not enabled in your company")
    assert (installments.status_code, installments.json()["error"]) == (
        403,
        "The company does not have access to this feature",
    )


def test_other_methods_are_not_allowed(vendor: Caller) -> None:
    assert vendor.session.delete("https://acme.pipedrive.com/api/v2/stages/1").status_code == 405
