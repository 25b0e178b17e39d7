"""What things cost, on the pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from importers.model import Actor, Connection, Every, Importer, Run, Schedule
from importers.services import Services
from importers.store.sql import SqlStore
from tests.builders import a_draft, a_target
from tests.fakes import FakeClock
from tests.web.browser import Browser
from tests.web.page import Page

EVERY_MINUTE = Schedule(Every.MINUTES, 1)


@pytest.fixture
def budget(pretend: Any, monkeypatch: pytest.MonkeyPatch) -> int:
    """What a company has a day; told with each answer."""
    monkeypatch.setattr(pretend.limits, "daily", 30_000)
    monkeypatch.setattr(pretend.limits, "_spent", 0)
    return 30_000


def test_before_its_first_run_an_importer_says_why_its_price_is_not_known(at_alice: Browser, importer: Importer):
    text = at_alice.open(f"/importers/{importer.id}").text
    assert "Not known before the first run" in text
    assert "10 tokens for every 500" in text
    assert "30,000 × plan (Lite 1, Growth 2, Premium 5, Ultimate 7) × users" in text
    assert at_alice.page.links()["Enter plan and users"] == f"/connections/{importer.connection_id}#plan"


def test_after_a_run_it_says_what_that_cost(budget: int, at_alice: Browser, done: Run):
    text = at_alice.open(f"/importers/{done.importer_id}").text
    cost = f"{done.counts.tokens} tokens, {done.counts.requests} requests"
    assert f"About {cost}" in text
    assert "As its last run cost." in text
    assert f"Last time {cost}" in " ".join(text.split())


def test_a_schedule_that_cannot_fit_is_warned_of_everywhere(
    at_alice: Browser, services: Services, alice: Actor, connection: Connection, budget: int
):
    importer = services.importers.create(alice, a_draft(connection_id=connection.id, schedule=EVERY_MINUTE))
    run = services.runs.start(alice, importer.id)
    tokens = 1440 * run.counts.tokens
    assert tokens > budget
    for path in ("/", f"/importers/{importer.id}", f"/importers/{importer.id}/edit"):
        text = at_alice.open(path).text
        assert "do not fit into a day" in text, path
        assert f"{tokens:,} tokens, {-(-tokens * 100 // budget)} % of the 30,000 a day" in text, path
    services.importers.pause(alice, importer.id)
    assert "do not fit" not in at_alice.open("/").text


def test_the_editor_tells_the_price_before_saving(budget: int, at_alice: Browser, importer: Importer, done: Run):
    at_alice.open("/importers/new")
    page = at_alice.submit(press="preview", entity="deal-participants", every="minutes", number="1")
    price = page.root.find(id="price").text
    assert "Reckoned with the 60 records that “Deals to Excel” read. One request for each deal." in price
    assert "1,440 runs a day" in price
    assert "do not fit into a day" in price


def test_pipedrive_is_asked_how_many_there_are_only_when_wanted(at_alice: Browser, importer: Importer, pretend: Any):
    at_alice.open("/importers/new")
    pretend.journal.clear()
    page = at_alice.submit(press="count")
    assert "There are at most" in page.root.find(id="price").text
    assert any(call.query.get("sort_direction") == "desc" for call in pretend.journal.calls)


def ask_button(page: Page) -> bool:
    return any("Ask Pipedrive how many" in one.text for one in page.root.find(id="price").find_all("button"))


@pytest.mark.parametrize(
    ("entity", "offered", "why"),
    [
        ("deals", True, "Nobody knows before the first run how many there are"),
        ("leads", False, "Pipedrive does not tell how many there are until they are read"),
        ("mail-messages", False, "Pipedrive does not tell how many there are until they are read"),
        ("currencies", False, "One request gives all of them."),
    ],
)
def test_asking_how_many_there_are_is_offered_only_where_pipedrive_answers(
    at_alice: Browser, importer: Importer, entity: str, offered: bool, why: str
):
    at_alice.open("/importers/new")
    page = at_alice.submit(press="preview", entity=entity)
    assert ask_button(page) is offered
    assert why in page.root.find(id="price").text


def test_what_was_asked_for_is_not_asked_for_again(at_alice: Browser, importer: Importer, pretend: Any):
    assert ask_button(at_alice.open("/importers/new"))
    assert not ask_button(at_alice.submit(press="count"))
    assert not ask_button(at_alice.open("/importers/new"))


def test_a_list_that_this_user_may_not_see_is_told_when_it_is_asked_for(
    at_alice: Browser, importer: Importer, pretend: Any
):
    at_alice.open("/importers/new")
    pretend.faults.add("server_error", status=402, path="/api/v2/deals")
    assert "may not see the list" in at_alice.submit(press="count").root.find(id="price").text


def test_a_connection_that_is_refused_is_not_asked_how_many_there_are(
    at_alice: Browser, services: Services, alice: Actor, importer: Importer, pretend: Any
):
    pretend.faults.add("revoked")
    services.connections.check(alice, importer.connection_id)
    page = at_alice.open(f"/importers/{importer.id}/edit")
    assert not ask_button(page)
    assert "once Acme Cargo Bikes B.V. (Liis Tamm) is reconnected" in page.root.find(id="price").text


def test_the_price_alone_is_sent_to_scripts(at_alice: Browser, importer: Importer, done: Run, pretend: Any):
    at_alice.open(f"/importers/{importer.id}/edit")
    fields = at_alice.page.form(action="").fields()
    pretend.journal.clear()
    answer = at_alice.client.post(f"/editor/price?importer_id={importer.id}", data=fields)
    assert "As its last run cost." in answer.text
    assert "<html" not in answer.text
    assert pretend.journal.calls == []
    wrong = at_alice.client.post("/editor/price", data={**fields, "every": "hours", "number": "0"})
    assert "as soon as the settings above fit" in wrong.text


def test_counting_that_fails_is_told_and_the_price_stays(at_alice: Browser, importer: Importer, pretend: Any):
    at_alice.open(f"/importers/{importer.id}/edit")
    fields = at_alice.page.form(action="").fields()
    pretend.faults.add("revoked")
    answer = at_alice.client.post(f"/editor/price?importer_id={importer.id}", data={**fields, "action": "count"})
    assert "Pipedrive refused the API token" in answer.text
    assert "Not known before the first run" in answer.text


# --- the connection's own page ---


def test_a_connection_says_whose_it_is_and_what_uses_it(
    budget: int, at_alice: Browser, done: Run, importer: Importer, connection: Connection
):
    page = at_alice.open(at_alice.open("/connections").links()[connection.account.company])
    assert at_alice.path == f"/connections/{connection.id}"
    for said in (connection.account.user, f"{connection.account.company_domain}.pipedrive.com", "API token", "Working"):
        assert said in page.text
    assert page.links()["Deals to Excel"] == f"/importers/{importer.id}"
    row = " ".join(page.root.find("table").text.split())
    assert f"{done.counts.tokens} {done.counts.requests}" in row


def test_limits_are_shown_as_last_reported_without_asking(
    budget: int, at_alice: Browser, done: Run, connection: Connection, pretend: Any, clock: FakeClock
):
    clock.advance(minutes=20)
    pretend.journal.clear()
    text = at_alice.open(f"/connections/{connection.id}").text
    assert "of 30,000 used" in text
    assert "Reported 20 minutes ago" in text
    assert pretend.journal.calls == []
    clock.advance(days=1)
    assert "before today’s were given out" in at_alice.open(f"/connections/{connection.id}").text


def test_before_any_answer_a_plan_can_be_entered(at_alice: Browser, connection: Connection, importer: Importer):
    page = at_alice.open(f"/connections/{connection.id}")
    assert "Not reported yet." in page.text
    page = at_alice.submit(form=f"/connections/{connection.id}/plan", plan="growth", seats="5")
    assert "The plan is saved." in page.text
    assert "By the plan that was entered: 300,000 tokens a day." in page.text
    assert "Reckoned with the plan that was entered" in at_alice.open(f"/importers/{importer.id}").text
    at_alice.open(f"/connections/{connection.id}")
    assert (
        "The plan is forgotten." in at_alice.submit(form=f"/connections/{connection.id}/plan", plan="", seats="").text
    )


@pytest.mark.parametrize(
    ("plan", "seats", "told"),
    [
        ("growth", "", "whole number"),
        ("growth", "0", "not possible"),
        ("growth", "many", "whole number"),
        ("gold", "5", "one of the plans"),
    ],
)
def test_a_plan_that_makes_no_sense_is_told_at_its_field(
    at_alice: Browser, connection: Connection, plan: str, seats: str, told: str
):
    at_alice.open(f"/connections/{connection.id}")
    page = at_alice.submit(form=f"/connections/{connection.id}/plan", plan=plan, seats=seats)
    assert at_alice.status == 422
    assert told in page.text


def test_charlie_does_not_see_it(at_charlie: Browser, connection: Connection):
    at_charlie.open(f"/connections/{connection.id}")
    assert at_charlie.status == 404


def test_a_run_in_trouble_shows_what_pipedrive_says_about_itself(
    at_alice: Browser, services: Services, alice: Actor, importer: Importer, pretend: Any
):
    pretend.status.report("degraded", subject="Slow API", minutes_ago=30)
    pretend.faults.add("server_error")
    run = services.runs.start(alice, importer.id)
    pretend.status.clear()
    page = at_alice.open(f"/runs/{run.id}")
    assert "Pipedrive reports: Degraded Performance since" in page.text
    assert "– Slow API" in page.text
    assert page.links()["Its status page"] == "https://status.pipedrive.com/notices/2"


def test_where_nothing_is_scheduled_no_tokens_are_reckoned(
    budget: int, at_alice: Browser, services: Services, alice: Actor, done: Run, connection: Connection
):
    services.importers.create(alice, a_draft(connection_id=connection.id, name="B", target=a_target("B")))
    text = at_alice.open(f"/importers/{done.importer_id}").text
    assert "Only when you press Run" in text
    assert "Nothing is scheduled" in text
    assert "About 0 tokens" not in text
    assert "0 tokens" not in at_alice.open(f"/connections/{connection.id}").text


def test_a_price_says_what_does_not_count_at_present(
    budget: int, at_alice: Browser, services: Services, alice: Actor, done: Run, connection: Connection
):
    hourly = a_draft(connection_id=connection.id, schedule=Schedule(Every.HOURS, 1))
    services.importers.change(alice, done.importer_id, hourly)
    services.importers.create(alice, replace(hourly, name="B", target=a_target("B")))
    own = f"/importers/{done.importer_id}"
    assert "1 that is paused or has not begun is left out" in at_alice.open(own).text
    services.importers.pause(alice, done.importer_id)
    text = at_alice.open(own).text
    assert "24 runs a day" in text
    assert "; none while it is paused" in text
    assert "Nothing is scheduled 2 that are paused or have not begun are left out" in text
    services.importers.resume(alice, done.importer_id)
    text = at_alice.open(f"/connections/{connection.id}").text
    assert "1 that is paused or has not begun is left out." in text


def test_a_schedule_that_ended_has_no_price_a_day(
    budget: int, at_alice: Browser, store: SqlStore, clock: FakeClock, done: Run, connection: Connection
):
    # It was not over yet when it was saved.
    draft = a_draft(connection_id=connection.id, schedule=Schedule(Every.HOURS, 1, ends_on=date(2025, 12, 31)))
    store.change_importer(done.workspace_id, done.importer_id, draft, next_turn=lambda _: None, now=clock.now())
    text = at_alice.open(f"/importers/{done.importer_id}").text
    assert "No run is due any more" in text
    assert "tokens a day" not in text
