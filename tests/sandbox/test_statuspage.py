"""The page on which the vendor says how it is."""

from __future__ import annotations

from sandbox.statuspage import STATES
from tests.sandbox.calls import COMPANY_HOST, Caller

PAGE = "https://status.pipedrive.com/api/v1"
KNOB = f"{COMPANY_HOST}/_sandbox/status"


def test_it_answers_without_a_token_and_while_the_api_does_not(vendor: Caller) -> None:
    vendor.session.post(f"{COMPANY_HOST}/_sandbox/faults", json={"kind": "server_error"})
    page = vendor.session.get(f"{PAGE}/status").json()["page"]
    assert (page["state"], page["state_text"]) == ("operational", "All Systems Operational")
    assert vendor.session.get(f"{PAGE}/components").json()["components"][0]["state"] == "operational"
    assert [one["state"] for one in vendor.session.get(f"{PAGE}/notices").json()["notices"]] == ["resolved"]
    vendor.session.delete(f"{COMPANY_HOST}/_sandbox/faults")


def test_its_state_is_a_knob(vendor: Caller) -> None:
    assert vendor.session.post(KNOB, json={"state": "major_outage", "subject": "It burns"}).status_code == 204
    assert vendor.session.get(f"{PAGE}/status").json()["page"]["state_text"] == "Major Outage"
    notice = vendor.session.get(f"{PAGE}/notices").json()["notices"][0]
    assert (notice["state"], notice["subject"], notice["ended_at"]) == ("investigating", "It burns", None)
    assert vendor.session.get(KNOB).json()[0]["state"] == "major_outage"
    assert vendor.session.delete(KNOB).status_code == 204
    assert vendor.session.get(f"{PAGE}/status").json()["page"]["state"] == "operational"


def test_an_unknown_state_is_refused(vendor: Caller) -> None:
    answer = vendor.session.post(KNOB, json={"state": "sleepy"})
    assert answer.status_code == 400
    assert all(state in answer.json()["error"] for state in STATES)
