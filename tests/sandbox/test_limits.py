from datetime import UTC, datetime, timedelta

import pytest

from sandbox.limits import Limits
from sandbox.pipedrive import create_app
from sandbox.world import World
from tests.sandbox.calls import Caller

MIDDAY = datetime(2026, 11, 16, 12, tzinfo=UTC)


class Hours:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.moment = MIDDAY
        self.seconds = 0.0

    def pass_by(self, **amount: float) -> None:
        delta = timedelta(**amount)
        self.moment += delta
        self.seconds += delta.total_seconds()


@pytest.fixture
def hours() -> Hours:
    return Hours()


def limits(hours: Hours, plan: str = "growth", **settings: int) -> Limits:
    return Limits(plan, now=lambda: hours.moment, monotonic=lambda: hours.seconds, **settings)


@pytest.mark.parametrize(("plan", "burst"), [("lite", 20), ("growth", 40), ("premium", 100), ("ultimate", 120)])
def test_each_plan_allows_its_burst(hours: Hours, company: World, plan: str, burst: int) -> None:
    vendor = Caller(create_app(company, limits=limits(hours, plan)))

    statuses = [vendor.get("/v1/users/me").status_code for _ in range(burst + 1)]

    assert statuses == [200] * burst + [429]


@pytest.mark.parametrize(
    ("plan", "budget"), [("lite", 240_000), ("growth", 480_000), ("premium", 1_200_000), ("ultimate", 1_680_000)]
)
def test_each_plan_has_its_daily_budget(hours: Hours, plan: str, budget: int) -> None:
    assert limits(hours, plan, seats=8).daily == budget


def test_the_company_pays_for_its_active_users(company: World) -> None:
    app = create_app(company, plan="growth")

    assert app.extensions["sandbox"].limits.daily == 30_000 * 2 * sum(
        user["active_flag"] for user in company.staff.users
    )


def test_the_window_rolls(hours: Hours) -> None:
    wall = limits(hours, burst=2)

    assert wall.admit("a", 1).is_admitted
    hours.pass_by(seconds=1.5)
    assert wall.admit("a", 1).is_admitted
    assert not wall.admit("a", 1).is_admitted
    hours.pass_by(seconds=0.5)
    assert wall.admit("a", 1).is_admitted
    assert not wall.admit("a", 1).is_admitted


def test_each_token_has_its_own_window_and_all_share_the_budget(hours: Hours) -> None:
    wall = limits(hours, burst=1, daily=30)

    assert wall.admit("a", 10).is_admitted
    assert not wall.admit("a", 10).is_admitted
    assert wall.admit("b", 10).budget_left == 10


def test_a_refused_request_costs_nothing(hours: Hours) -> None:
    wall = limits(hours, burst=1)
    wall.admit("a", 10)

    wall.admit("a", 10)

    assert wall.spent == 10


def test_a_spent_budget_says_zero_and_is_new_at_midnight(hours: Hours, company: World) -> None:
    vendor = Caller(create_app(company, limits=limits(hours, daily=25)))

    answers = [vendor.get("/api/v2/deals", limit=1) for _ in range(3)]
    hours.pass_by(hours=12)

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[1].headers["x-daily-ratelimit-token-remaining"] == "5"
    assert answers[2].headers["x-daily-ratelimit-token-remaining"] == "0"
    assert answers[2].headers["x-daily-ratelimit-token-limit"] == "25"
    assert vendor.get("/api/v2/deals", limit=1).status_code == 200


def test_429_of_a_full_window_leaves_tokens_and_names_the_wait(hours: Hours, company: World) -> None:
    vendor = Caller(create_app(company, limits=limits(hours, burst=1)))
    vendor.get("/v1/users/me")
    hours.pass_by(seconds=0.4)

    answer = vendor.get("/v1/users/me")

    assert answer.status_code == 429
    assert answer.json() == {
        "success": False,
        "error": "request over limit",
        "errorCode": 429,
        "error_info": "Please check developers.pipedrive.com",
    }
    assert answer.headers["x-ratelimit-remaining"] == "0"
    assert answer.headers["x-ratelimit-reset"] == "2"
    assert int(answer.headers["x-daily-ratelimit-token-remaining"]) > 0


def test_every_answer_tells_how_one_stands(company: World) -> None:
    vendor = Caller(create_app(company))
    names = {
        "x-ratelimit-limit",
        "x-ratelimit-remaining",
        "x-ratelimit-reset",
        "x-daily-ratelimit-token-limit",
        "x-daily-ratelimit-token-remaining",
    }
    vendor.session.headers["x-api-token"] = vendor.session.headers["x-api-token"]

    for path in ("/v1/users/me", "/api/v2/deals", "/api/v2/deals?limit=x", "/v2/deals", "/api/v2/deals/0"):
        assert names <= {name.lower() for name in vendor.get(path).headers}, path
    assert vendor.get("/v1/users/me").headers["x-ratelimit-limit"] == "40"


def test_requests_are_priced_by_endpoint(company: World) -> None:
    vendor = Caller(create_app(company))

    for path in (
        "/v1/users/me",
        "/api/v1/leads/archived",
        "/api/v2/deals",
        "/api/v2/deals/1",
        "/api/v2/stages",
        "/v2/deals",
    ):
        vendor.get(path)

    assert [call.cost for call in vendor.sandbox.journal.calls] == [2, 40, 10, 1, 5, 0]
    assert vendor.sandbox.limits.spent == 58


def test_others_spend_from_the_same_budget(hours: Hours) -> None:
    wall = limits(hours, daily=100)

    wall.spend(95)

    assert not wall.admit("a", 10).is_admitted
    assert wall.admit("a", 5).budget_left == 0


def test_without_a_plan_there_is_no_limit(vendor: Caller) -> None:
    assert {vendor.get("/v1/users/me").status_code for _ in range(300)} == {200}


def test_a_plan_that_is_not_sold_is_refused() -> None:
    with pytest.raises(ValueError, match="There is no plan 'gold'"):
        Limits("gold")
