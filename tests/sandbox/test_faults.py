import json

import pytest
import requests

from sandbox.adapters import WSGIAdapter
from sandbox.faults import Faults
from sandbox.pipedrive import create_app
from sandbox.world import TOKEN, World
from tests.sandbox.calls import Caller

PATH = "/api/v2/deals"


@pytest.fixture
def faults(vendor: Caller) -> Faults:
    laid_out: Faults = vendor.sandbox.faults
    return laid_out


def test_a_fault_strikes_as_often_as_told(vendor: Caller, faults: Faults) -> None:
    faults.add("server_error", count=2)

    assert [vendor.get(PATH).status_code for _ in range(3)] == [500, 500, 200]


def test_a_fault_without_a_count_strikes_until_cleared(vendor: Caller, faults: Faults) -> None:
    faults.add("server_error")

    assert {vendor.get(PATH).status_code for _ in range(5)} == {500}
    faults.clear()
    assert vendor.get(PATH).status_code == 200


@pytest.mark.parametrize("path", ["/api/v2/deals", "/deals"])
def test_a_fault_keeps_to_its_path(vendor: Caller, faults: Faults, path: str) -> None:
    faults.add("server_error", path=path)

    assert vendor.get("/api/v2/persons").status_code == 200
    assert vendor.get(PATH).status_code == 500


def test_a_fault_lets_the_first_ones_pass(vendor: Caller, faults: Faults) -> None:
    faults.add("server_error", count=1, after=2, path="/deals")

    statuses = [vendor.get(path).status_code for path in (PATH, "/v1/users/me", PATH, PATH, PATH)]

    assert statuses == [200, 200, 200, 500, 200]


def test_faults_wait_for_each_other(vendor: Caller, faults: Faults) -> None:
    faults.add("server_error", count=1)
    faults.add("rate_limit", count=1)

    assert [vendor.get(PATH).status_code for _ in range(3)] == [500, 429, 200]


def test_a_full_window_leaves_budget_and_a_spent_budget_does_not(vendor: Caller, faults: Faults) -> None:
    faults.add("rate_limit", count=1, seconds=7)
    faults.add("budget_spent", count=1)
    burst, spent = vendor.get(PATH), vendor.get(PATH)

    assert burst.status_code == spent.status_code == 429
    assert burst.json() == spent.json()
    assert burst.headers["x-ratelimit-reset"] == "7"
    assert int(burst.headers["x-daily-ratelimit-token-remaining"]) > 0
    assert spent.headers["x-daily-ratelimit-token-remaining"] == "0"


def test_a_server_error_has_the_vendors_body_and_gateways_speak_html(vendor: Caller, faults: Faults) -> None:
    faults.add("server_error", count=1)
    faults.add("server_error", count=1, status=502)
    own, gateway = vendor.get(PATH), vendor.get(PATH)

    assert own.json() == {"success": False, "error": "Internal Server Error", "code": "ERR_UNKNOWN"}
    assert gateway.status_code == 502
    assert gateway.headers["content-type"].startswith("text/html")


def test_a_blocked_caller_sees_a_page(vendor: Caller, faults: Faults) -> None:
    faults.add("html_403", count=1)

    answer = vendor.get(PATH)

    assert answer.status_code == 403
    assert answer.headers["content-type"].startswith("text/html")
    assert "Cloudflare" in answer.text


def test_a_revoked_token_is_refused_as_any_other(vendor: Caller, faults: Faults) -> None:
    faults.add("revoked", after=1)

    assert vendor.get(PATH).status_code == 200
    assert vendor.get(PATH).status_code == vendor.get(PATH).status_code == 401


def test_a_cut_connection_is_a_connection_error(vendor: Caller, faults: Faults) -> None:
    faults.add("cut", count=1)

    with pytest.raises(requests.ConnectionError) as caught:
        vendor.get(PATH)

    assert not isinstance(caught.value, requests.Timeout)
    assert vendor.get(PATH).status_code == 200


def test_a_truncated_body_is_noticed_on_reading(vendor: Caller, faults: Faults) -> None:
    faults.add("truncate", count=2)

    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        vendor.get(PATH)
    answer = vendor.session.get(f"https://acme.pipedrive.com{PATH}", stream=True)
    assert answer.status_code == 200
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        b"".join(answer.iter_content(4096))


def test_broken_json_is_complete_and_unreadable(vendor: Caller, faults: Faults) -> None:
    faults.add("broken_json", count=1)

    answer = vendor.get(PATH)

    assert int(answer.headers["content-length"]) == len(answer.content)
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.content)


@pytest.mark.parametrize("timeout", [5, (1, 5)])
def test_slowness_beyond_the_timeout_is_a_read_timeout(company: World, timeout: float) -> None:
    waited: list[float] = []
    app = create_app(company)
    session = requests.Session()
    session.mount("https://", WSGIAdapter(app, on_wait=waited.append))
    session.headers["x-api-token"] = TOKEN
    app.extensions["sandbox"].faults.add("slow", seconds=90, count=1)
    app.extensions["sandbox"].faults.add("slow", seconds=3, count=1)

    with pytest.raises(requests.ReadTimeout):
        session.get("https://acme.pipedrive.com/v1/users/me", timeout=timeout)
    answer = session.get("https://acme.pipedrive.com/v1/users/me", timeout=timeout)

    assert answer.status_code == 200
    assert waited == [5, 3]


def test_headers_can_be_missing(vendor: Caller, faults: Faults) -> None:
    faults.add("no_headers", count=1)

    assert not [name for name in vendor.get(PATH).headers if "ratelimit" in name.lower()]


def test_an_unknown_fault_is_refused() -> None:
    with pytest.raises(ValueError, match="There is no fault 'flood'"):
        Faults().add("flood")


def test_latency_passes_before_every_answer(company: World) -> None:
    waited: list[float] = []
    vendor = Caller(create_app(company))
    vendor.session.mount("https://", WSGIAdapter(create_app(company, latency=0.25), on_wait=waited.append))

    vendor.get("/v1/users/me")
    vendor.get("/api/v2/deals")

    assert waited == [0.25, 0.25]
