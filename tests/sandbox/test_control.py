"""The knobs over HTTP, and what the journal keeps."""

from typing import Any

import pytest

from sandbox.world import TOKEN
from tests.sandbox.calls import COMPANY_HOST, Caller

FAULTS = f"{COMPANY_HOST}/_sandbox/faults"
JOURNAL = f"{COMPANY_HOST}/_sandbox/journal"


def test_the_page_shows_token_counts_and_knobs(vendor: Caller) -> None:
    answer = vendor.get("/_sandbox/")

    assert answer.headers["content-type"].startswith("text/html")
    for text in (TOKEN, "not Pipedrive", "1,200", "server_error", "/_sandbox/journal"):
        assert text in answer.text


def test_faults_are_laid_out_shown_and_cleared(vendor: Caller) -> None:
    made = vendor.session.post(FAULTS, json={"kind": "server_error", "count": 3, "path": "/deals", "after": 1})

    assert made.status_code == 201
    assert vendor.session.get(FAULTS).json() == made.json()
    assert made.json()[0] == {
        "kind": "server_error",
        "count": 3,
        "path": "/deals",
        "after": 1,
        "seconds": 2.0,
        "status": 500,
    }
    assert vendor.session.delete(FAULTS).status_code == 204
    assert vendor.session.get(FAULTS).json() == []


@pytest.mark.parametrize(
    "asked", [{}, [], "cut", {"kind": "flood"}, {"kind": "cut", "count": "two"}, {"kind": "cut", "colour": "red"}, None]
)
def test_nonsense_is_explained(vendor: Caller, asked: Any) -> None:
    answer = vendor.session.post(FAULTS, json=asked)

    assert answer.status_code == 400
    assert answer.json()["error"]


def test_the_control_page_is_no_target_of_faults_and_not_in_the_journal(vendor: Caller) -> None:
    vendor.session.post(FAULTS, json={"kind": "server_error", "count": None})

    assert vendor.get("/_sandbox/").status_code == 200
    assert vendor.session.get(JOURNAL).json() == []


def test_the_journal_tells_every_call_with_secrets_masked(vendor: Caller) -> None:
    vendor.get("/api/v2/deals", limit=5)
    vendor.get("/v1/users/me", api_token=TOKEN)
    vendor.get("/api/v2/deals", nonsense="1")

    journal = vendor.session.get(JOURNAL)

    assert TOKEN not in journal.text
    assert [(call["method"], call["path"], call["query"], call["status"]) for call in journal.json()] == [
        ("GET", "/api/v2/deals", {"limit": "5"}, 200),
        ("GET", "/v1/users/me", {"api_token": "***"}, 200),
        ("GET", "/api/v2/deals", {"nonsense": "1"}, 400),
    ]
    assert journal.json()[0]["host"] == "acme.pipedrive.com"
    assert journal.json()[0]["auth"] == "header"


def test_the_journal_can_be_emptied(vendor: Caller) -> None:
    vendor.get("/v1/users/me")

    assert vendor.session.delete(JOURNAL).status_code == 204
    assert vendor.sandbox.journal.calls == []


def test_the_journal_names_the_fault_a_call_met(vendor: Caller) -> None:
    vendor.sandbox.faults.add("html_403", count=1)
    vendor.get("/v1/users/me")

    assert [(call.fault, call.status) for call in vendor.sandbox.journal.calls] == [("html_403", 403)]
