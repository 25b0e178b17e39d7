"""What goes wrong at Pipedrive, and what becomes of it: every error case, through the source."""

from __future__ import annotations

import json
from datetime import timedelta
from traceback import format_exception
from typing import Any

import pytest
import requests

from importers.errors import (
    AccessDenied,
    BudgetSpent,
    ConnectionTrouble,
    CredentialsRejected,
    ImporterError,
    InvalidSettings,
    NotThere,
    RateLimited,
    RunStopped,
    ServiceTrouble,
)
from importers.http.governor import MemoryGovernor
from importers.model import Hold, Selection, Turn
from importers.sources.pipedrive.client import HASTE
from sandbox.limits import Limits
from sandbox.pipedrive import create_app
from sandbox.world import REVOKED_TOKEN, TOKEN, World
from tests.fakes import FakeClock
from tests.pipedrive import Rig, a_rig, an_app

DEALS = "/api/v2/deals"
SOME = Selection("deals", columns=("id", "title"))
PATIENCE = 130.0
"""Seconds: two minutes of waiting in all, and what is left of the last wait."""


@pytest.fixture(scope="module")
def app() -> Any:
    return an_app(World(deals=120))


@pytest.fixture(scope="module")
def big_app() -> Any:
    """With more than one page of deals."""
    return an_app(World(deals=1100, custom_fields=0))


@pytest.fixture
def rig(app: Any) -> Rig:
    return a_rig(app=app)


@pytest.mark.parametrize("token", ["0" * 40, REVOKED_TOKEN, "nonsense"])
def test_a_wrong_token_is_refused_at_once_with_what_to_do(app: Any, token: str) -> None:
    rig = a_rig(app=app, token=token)
    with pytest.raises(CredentialsRejected) as caught:
        rig.source.account()
    assert "API" in caught.value.hint
    assert token not in str(caught.value)
    assert len(rig.journal.calls) == 1


@pytest.mark.parametrize("token", ["to\nken", "tökén’", "to ken", "token\x00", "\ud800"])
def test_what_cannot_be_a_token_is_refused_without_sending_or_repeating_it(app: Any, token: str) -> None:
    app.extensions["sandbox"].journal.clear()
    with pytest.raises(CredentialsRejected, match="cannot be an API token") as caught:
        a_rig(app=app, token=token)
    assert token not in "".join(format_exception(caught.value))
    assert app.extensions["sandbox"].journal.calls == []


def test_a_token_revoked_during_a_run_ends_it(big_app: Any) -> None:
    rig = a_rig(app=big_app)
    rig.faults.add("revoked", path=DEALS, after=1)
    with pytest.raises(CredentialsRejected):
        rig.read(SOME)
    assert rig.paths().count(DEALS) > 1


def test_a_short_burst_of_429_is_waited_out_and_told(rig: Rig) -> None:
    rig.faults.add("rate_limit", path=DEALS, count=2, seconds=2)
    assert len(rig.read(SOME)) == 120
    assert all(line.startswith("Pipedrive asks us to wait") for line in rig.told)
    assert len(rig.told) == 2
    assert rig.source.usage.waited >= timedelta(seconds=4)
    assert rig.source.usage.waited.total_seconds() == pytest.approx(sum(rig.clock.slept))


def test_a_storm_of_429_ends_as_rate_limited_without_hammering(rig: Rig) -> None:
    rig.faults.add("rate_limit", path=DEALS)
    with pytest.raises(RateLimited) as caught:
        rig.read(SOME)
    assert caught.value.retry_after is not None
    assert rig.paths().count(DEALS) == 6
    assert sum(rig.clock.slept) <= PATIENCE


def test_a_spent_budget_is_not_asked_again_before_midnight(rig: Rig) -> None:
    rig.faults.add("budget_spent", path=DEALS)
    with pytest.raises(BudgetSpent) as caught:
        rig.read(SOME)
    assert caught.value.retry_after == timedelta(hours=12)
    assert rig.paths().count(DEALS) == 1
    assert rig.clock.slept == []


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520, 524])
def test_a_few_5xx_are_waited_out(rig: Rig, status: int) -> None:
    rig.faults.add("server_error", path=DEALS, count=2, status=status)
    assert len(rig.read(SOME)) == 120
    assert rig.told[0].startswith(f"Pipedrive is in trouble (HTTP {status}); we try again in")


@pytest.mark.parametrize("status", [500, 503])
def test_a_storm_of_5xx_ends_as_service_trouble(rig: Rig, status: int) -> None:
    rig.faults.add("server_error", path=DEALS, status=status)
    with pytest.raises(ServiceTrouble, match=str(status)):
        rig.read(SOME)
    assert rig.paths().count(DEALS) == 6
    assert sum(rig.clock.slept) <= PATIENCE


@pytest.mark.parametrize("kind", ["cut", "truncate", "broken_json", "slow"])
def test_an_answer_that_breaks_off_is_asked_for_again(rig: Rig, kind: str) -> None:
    rig.faults.add(kind, path=DEALS, count=2, **({"seconds": 90} if kind == "slow" else {}))
    assert len(rig.read(SOME)) == 120
    assert len(rig.told) == 2


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("cut", ConnectionTrouble),
        ("slow", ConnectionTrouble),
        ("truncate", ConnectionTrouble),
        ("broken_json", ServiceTrouble),
    ],
)
def test_answers_that_keep_breaking_off_end_the_run(rig: Rig, kind: str, error: type[ImporterError]) -> None:
    rig.faults.add(kind, path=DEALS, **({"seconds": 90} if kind == "slow" else {}))
    with pytest.raises(error) as caught:
        rig.read(SOME)
    assert caught.value.hint
    assert rig.paths().count(DEALS) == 6


def test_a_cut_connection_in_mid_run_loses_no_row(big_app: Any) -> None:
    rig = a_rig(app=big_app)
    rig.faults.add("cut", path=DEALS, after=1, count=1)
    rows = rig.read(SOME)
    assert len(rows) == len(set(rows)) == 1100


def test_a_page_of_html_instead_of_403_means_we_are_blocked_for_a_while(rig: Rig) -> None:
    rig.faults.add("html_403", path=DEALS)
    with pytest.raises(RateLimited, match="blocked") as caught:
        rig.read(SOME)
    assert caught.value.retry_after is not None
    assert rig.paths().count(DEALS) == 1
    assert "<" not in str(caught.value)


def test_trouble_while_names_are_looked_up_is_waited_out_too(rig: Rig) -> None:
    rig.faults.add("server_error", path="/api/v2/persons", count=1)
    rig.faults.add("cut", path="/api/v1/users", count=1)
    assert len(rig.read(Selection("deals"))) == 120
    assert len(rig.told) == 2


def test_a_cancelled_run_stops_waiting_within_two_seconds(rig: Rig) -> None:
    rig.faults.add("rate_limit", path=DEALS, seconds=60)
    cancelled_at = 5.0

    def stop() -> None:
        if rig.clock.monotonic() >= cancelled_at:
            raise RunStopped("cancelled")

    with pytest.raises(RunStopped):
        rig.read(SOME, stop=stop)
    assert rig.clock.monotonic() <= cancelled_at + 2


def test_a_run_cancelled_while_opening_stops_waiting_within_two_seconds(rig: Rig) -> None:
    rig.faults.add("server_error", path="/api/v2/dealFields")

    def stop() -> None:
        if rig.clock.monotonic() >= 1:
            raise RunStopped("cancelled")

    with pytest.raises(RunStopped):
        rig.source.open(SOME, stop=stop)
    assert rig.clock.monotonic() <= 3


def test_the_governor_never_lets_it_come_to_429() -> None:
    clock = FakeClock()
    limits = Limits(burst=2, now=clock.now, monotonic=clock.monotonic)
    app = create_app(World(deals=1100, custom_fields=0), limits=limits)
    rig = a_rig(app=app, clock=clock, governor=MemoryGovernor(clock))
    assert len(rig.read(Selection("deals"))) == 1100
    assert {call.status for call in rig.journal.calls} == {200}
    assert len(rig.journal.calls) > 6
    assert rig.source.usage.waited > timedelta()


@pytest.mark.parametrize(
    "kind", ["revoked", "rate_limit", "server_error", "cut", "truncate", "html_403", "budget_spent"]
)
def test_no_error_ever_holds_the_token_or_a_query(rig: Rig, kind: str) -> None:
    rig.faults.add(kind, path=DEALS)
    with pytest.raises(ImporterError) as caught:
        rig.read(SOME)
    told = f"{caught.value} {caught.value.hint} {caught.value.facts} {caught.value!r} {rig.told} {rig.source.__dict__}"
    assert TOKEN not in told
    assert "limit=" not in told


# Answers the sandbox has no fault for.


class Saying:
    """A carrier that always gives the same answer."""

    def __init__(self, status: int, body: str, kind: str = "application/json") -> None:
        self.status, self.body, self.kind, self.calls = status, body, kind, 0

    def rig(self, app: Any) -> Rig:
        rig = a_rig(app=app)
        rig.source._client.session.mount("https://", self)  # type: ignore[arg-type]
        return rig

    def send(self, request: Any, **options: Any) -> Any:
        self.calls += 1
        answer = requests.Response()
        answer.status_code = self.status
        answer._content = self.body.encode()
        answer.headers["content-type"] = self.kind
        answer.url, answer.request = request.url, request
        return answer

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("status", "body", "error", "says"),
    [
        (
            402,
            '{"success":false,"error":"Required suites missing","errorCode":402}',
            AccessDenied,
            "Required suites missing",
        ),
        (
            403,
            '{"success":false,"error":"Scope and URL mismatch","errorCode":403}',
            AccessDenied,
            "Scope and URL mismatch",
        ),
        (403, "{}", AccessDenied, "does not let this user"),
        (415, "", AccessDenied, "does not let this user"),
        (404, '{"success":false,"error":"Unknown method ."}', NotThere, "Unknown method"),
        (410, '{"success":false,"error":"The field is not found"}', NotThere, "The field is not found"),
        (400, '{"success":false,"error":"Validation failed: type"}', InvalidSettings, "Validation failed: type"),
        (
            400,
            '{"success":false,"error":"<script>alert(1)</script>"}',
            InvalidSettings,
            "does not accept the question.",
        ),
        (418, "teapot", ServiceTrouble, "HTTP 418"),
        (302, "", ServiceTrouble, "HTTP 302"),
        (200, '{"success":false,"error":"Please try later","data":null}', ServiceTrouble, "Please try later"),
        (200, '{"success":false,"error":{"deep":1}}', ServiceTrouble, "could not do"),
    ],
)
def test_a_refusal_is_told_in_our_words_and_not_repeated(
    app: Any, status: int, body: str, error: type[ImporterError], says: str
) -> None:
    saying = Saying(status, body)
    with pytest.raises(error) as caught:
        saying.rig(app).source.columns("deals")
    assert says in caught.value.message
    assert "<" not in str(caught.value)
    assert saying.calls == 1


@pytest.mark.parametrize("body", ["", "<html>", "[1]", '"text"', "null", '{"data": [1, 2'])
def test_an_answer_of_nonsense_is_service_trouble(app: Any, body: str) -> None:
    with pytest.raises(ServiceTrouble):
        Saying(200, body).rig(app).source.columns("deals")


@pytest.mark.parametrize("domain", ["", "evil.example/", "a b", "acme.pipedrive.com", None])
def test_a_company_domain_that_is_no_plain_name_is_not_followed(app: Any, domain: str | None) -> None:
    saying = Saying(200, json.dumps({"success": True, "data": {"name": "Eve", "company_domain": domain}}))
    with pytest.raises(ServiceTrouble, match="which company"):
        saying.rig(app).source.account()


def test_a_long_text_of_theirs_is_cut(app: Any) -> None:
    with pytest.raises(AccessDenied) as caught:
        Saying(403, json.dumps({"error": "long " * 1000})).rig(app).source.columns("deals")
    assert len(caught.value.message) < 400


def test_an_error_without_an_answer_that_no_retry_can_mend_is_connection_trouble(app: Any) -> None:
    rig = a_rig(app=app)

    class Broken(Saying):
        def send(self, request: Any, **options: Any) -> Any:
            raise requests.exceptions.InvalidProxyURL("no proxy")

    rig.source._client.session.mount("https://", Broken(200, ""))  # type: ignore[arg-type]
    with pytest.raises(ConnectionTrouble):
        rig.read(SOME)
    assert rig.clock.slept == []


def test_names_that_may_not_be_read_are_left_empty_and_noted(app: Any) -> None:
    rig = a_rig(app=app)
    carrier = rig.source._client.session.get_adapter("https://acme.pipedrive.com")

    class NoUsers(Saying):
        def send(self, request: Any, **options: Any) -> Any:
            return super().send(request) if "/users" in request.url else carrier.send(request, **options)

    forbidden = NoUsers(403, '{"success":false,"error":"You do not have permissions to do this."}')
    rig.source._client.session.mount("https://", forbidden)  # type: ignore[arg-type]
    reading = rig.source.open(Selection("deals", columns=("owner", "creator", "owner_id")))
    rows = [row for page in reading.pages() for row in page.rows]
    assert {row[:2] for row in rows} == {(None, None)}
    assert all(isinstance(row[2], int) for row in rows)
    assert [note.partition(":")[0] for note in reading.notes] == ["The names of users are missing"]


def test_once_stopped_nothing_more_is_asked(rig: Rig) -> None:
    def stop() -> None:
        raise RunStopped("cancelled")

    client = rig.source._client.heard_by(tell=rig.told.append, stop=stop)
    with pytest.raises(RunStopped):
        client.get("/deals", version="v2", cost=10)
    assert not rig.journal.calls


class Slowing(MemoryGovernor):
    """As when other runs are told to slow down, again and again."""

    def __init__(self, clock: FakeClock, why: Hold = Hold.TOLD) -> None:
        super().__init__(clock)
        self._why = why

    def before_call(self, *, cost: int = 0, turn: Turn | None = None) -> Turn:
        return Turn("a ticket", wait=timedelta(seconds=50), why=self._why)

    def leave(self, turn: Turn) -> None:
        pass


def test_waits_that_others_were_told_of_add_up_to_no_more_than_two_minutes(app: Any) -> None:
    clock = FakeClock()
    rig = a_rig(app=app, governor=Slowing(clock), clock=clock)
    with pytest.raises(RateLimited) as caught:
        rig.source.account()
    assert 0 < sum(clock.slept) <= PATIENCE
    assert caught.value.retry_after == timedelta(seconds=50)


@pytest.mark.parametrize(("told", "kept"), [(130, timedelta(minutes=5)), (900, timedelta(minutes=15))])
def test_a_wait_of_more_than_two_minutes_is_left_to_the_run(rig: Rig, told: int, kept: timedelta) -> None:
    rig.faults.add("rate_limit", seconds=told)
    with pytest.raises(RateLimited) as caught:
        rig.source.account()
    assert (rig.clock.slept, caught.value.retry_after) == ([], kept)


@pytest.mark.parametrize("kind", ["server_error", "cut", "slow"])
def test_who_waits_in_front_of_a_page_is_told_of_trouble_after_seconds(rig: Rig, kind: str) -> None:
    rig.faults.add(kind)
    began = rig.clock.monotonic()
    with pytest.raises((ServiceTrouble, ConnectionTrouble)):
        rig.source.hurried().columns("deals")
    assert rig.clock.monotonic() - began < HASTE.total_seconds()


def test_who_waits_in_front_of_a_page_does_not_stand_in_line_for_minutes(rig: Rig) -> None:
    crowded = a_rig(app=rig.app, governor=Slowing(rig.clock, why=Hold.WINDOW), clock=rig.clock)
    with pytest.raises(ConnectionTrouble, match="not soon enough"):
        crowded.source.hurried().columns("deals")
    assert sum(rig.clock.slept) < 2 * HASTE.total_seconds()
