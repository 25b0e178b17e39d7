"""What importers cost, before and after, and whether that fits into the day. Against the sandbox."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import pytest

from importers.errors import AccessDenied, InvalidSettings, NotThere
from importers.model import (
    Actor,
    Connection,
    Cost,
    Counts,
    Draft,
    Ending,
    Every,
    Extent,
    Importer,
    Plan,
    Role,
    Schedule,
    Selection,
    Status,
    Trigger,
)
from importers.schedule import next_run_after
from importers.services import Services
from importers.services.books import Budget, Idle, mark_of
from importers.store.sql import SqlStore
from sandbox.pipedrive import Sandbox
from tests.builders import a_draft, a_target
from tests.fakes import NEW_YEAR, FakeClock

HOURLY = Schedule(Every.HOURS, 1)


@pytest.fixture
def importer(services: Services, alice: Actor, connection: Connection) -> Importer:
    return services.importers.create(alice, a_draft(connection_id=connection.id, schedule=HOURLY))


def ran(store: SqlStore, importer: Importer, tokens: int, *, extent: Extent = Extent.FULL, rows: int = 0) -> None:
    run, _ = store.add_run(importer, Trigger.SCHEDULE, now=NEW_YEAR)
    store.claim_run(run.id, "c", now=NEW_YEAR)
    counts = Counts(
        rows_read=rows, requests=tokens // 10, tokens=tokens, extent=extent, reads=mark_of(importer.selection)
    )
    store.end_run(run.id, "c", Ending(Status.DONE, counts), lines=[], now=NEW_YEAR, tried=importer)


def test_before_the_first_run_nobody_is_asked_and_what_is_not_known_is_said(
    services: Services, alice: Actor, importer: Importer, sandbox: Sandbox
):
    asked = len(sandbox.journal.calls)
    price = services.prices.of(alice, importer.id)
    assert (price.last, price.next.most) == (None, None)
    assert "10 tokens for every 500" in price.next.why
    assert (price.load.unknown, price.load.left_out, price.own.idle) == ((), 1, Idle.NOT_BEGUN)
    assert services.prices.of_draft(alice, a_draft(connection_id=importer.connection_id, schedule=HOURLY)).load.unknown
    assert len(sandbox.journal.calls) == asked


def test_counting_makes_the_estimate_a_range_and_is_remembered(
    services: Services, alice: Actor, importer: Importer, sandbox: Sandbox, clock: FakeClock
):
    services.prices.count(alice, importer.connection_id, importer.selection)
    price = services.prices.of(alice, importer.id)
    assert price.next.most is not None
    assert price.next.why.startswith("There are at most")
    run = services.runs.start(alice, importer.id)
    spent = run.counts.tokens
    assert price.next.least.tokens <= spent <= price.next.most.tokens
    clock.advance(days=1, seconds=1)
    other = replace(a_draft(connection_id=importer.connection_id), selection=Selection("persons"))
    assert services.prices.of_draft(alice, other).next.most is None


def test_after_a_run_it_is_what_that_cost(services: Services, alice: Actor, importer: Importer):
    run = services.runs.start(alice, importer.id)
    price = services.prices.of(alice, importer.id)
    assert price.last == services.runs.get(alice, run.id)
    assert price.next.least == price.next.most == run.counts.cost == price.usual[Extent.FULL]
    assert price.own.runs == (24,) * 7
    assert price.own.tokens == price.load.tokens == 24 * run.counts.tokens


def test_what_one_importer_read_another_is_reckoned_with(services: Services, alice: Actor, importer: Importer):
    run = services.runs.start(alice, importer.id)
    parts = a_draft(connection_id=importer.connection_id, name="Parts", selection=Selection("deal-participants"))
    price = services.prices.of_draft(alice, parts)
    assert price.next.least.requests >= run.counts.rows_read
    assert price.next.why == (
        f"Reckoned with the {run.counts.rows_read} records that “Deals to Excel” read. One request for each deal."
    )


def test_full_and_incremental_runs_are_kept_apart(
    services: Services, alice: Actor, importer: Importer, store: SqlStore
):
    for tokens in (1000, 1100):
        ran(store, importer, tokens)
    for tokens in (20, 30, 40):
        ran(store, importer, tokens, extent=Extent.CHANGES)
    price = services.prices.of(alice, importer.id)
    assert price.usual == {Extent.FULL: Cost(105, 1050), Extent.CHANGES: Cost(3, 30)}
    assert (price.next.least.tokens, price.next.most and price.next.most.tokens) == (20, 40)
    assert price.next.why == "As its last 3 runs that read only changes cost."
    assert price.load.tokens == 24 * 30


def test_an_importer_that_reads_something_else_now_is_judged_anew(
    services: Services, alice: Actor, importer: Importer, store: SqlStore
):
    ran(store, importer, 1000)
    draft = a_draft(connection_id=importer.connection_id, selection=Selection("currencies"), schedule=HOURLY)
    price = services.prices.of_draft(alice, draft, importer_id=importer.id)
    assert (price.last, price.next.why) == (None, "One request gives all of them.")
    services.importers.pause(alice, importer.id)
    assert services.prices.of(alice, importer.id).last is not None


def test_the_draft_takes_the_place_of_the_saved_importer_in_the_load(
    services: Services, alice: Actor, importer: Importer, store: SqlStore
):
    ran(store, importer, 100)
    draft = a_draft(connection_id=importer.connection_id, schedule=Schedule(Every.HOURS, 12))
    assert services.prices.of_draft(alice, draft, importer_id=importer.id).load.tokens == 200
    assert services.prices.of_draft(alice, replace(draft, name="New")).load.tokens == 2400 + 2 * 50
    with pytest.raises(InvalidSettings):
        services.prices.of_draft(alice, replace(draft, schedule=Schedule(Every.HOURS, 0)))


def test_the_busiest_day_counts_and_what_is_paused_or_manual_does_not(
    services: Services, alice: Actor, importer: Importer, store: SqlStore
):
    mondays, tuesdays, rare = (
        services.importers.create(
            alice, a_draft(connection_id=importer.connection_id, name=name, schedule=schedule, target=a_target(name))
        )
        for name, schedule in (
            ("Mondays", Schedule(Every.HOURS, 12, (0,))),
            ("Tuesdays", Schedule(Every.HOURS, 24, (1,))),
            ("Rare", Schedule(Every.DAYS, 30)),
        )
    )
    for one, tokens in ((importer, 10), (mondays, 100), (tuesdays, 1000), (rare, 7)):
        ran(store, one, tokens)
    assert services.prices.of(alice, importer.id).load.tokens == 240 + 1000 + 7
    services.importers.pause(alice, tuesdays.id)
    assert services.prices.of(alice, importer.id).load.tokens == 240 + 200 + 7


def saved(store: SqlStore, importer: Importer, draft: Draft) -> Importer:
    """Also with a schedule that is over, which nobody could choose today, but which was not when it was chosen."""
    turn = partial(next_run_after, now=NEW_YEAR)
    return store.change_importer(importer.workspace_id, importer.id, draft, next_turn=turn, now=NEW_YEAR)


@pytest.mark.parametrize(
    ("span", "own", "theirs"),
    [
        ({}, 24, 24),
        ({"starts_on": date(2026, 1, 4)}, 24, 24),  # within the week
        ({"starts_on": date(2026, 2, 1)}, 24, 0),  # what it will take once it is on
        ({"ends_on": date(2026, 1, 3)}, 24, 24),
        ({"ends_on": date(2026, 1, 1)}, 0, 0),  # today is its last day
        ({"ends_on": date(2025, 12, 1)}, 0, 0),
    ],
)
def test_a_schedule_counts_on_its_days(
    services: Services, alice: Actor, importer: Importer, store: SqlStore, span: dict[str, date], own: int, theirs: int
):
    """Its own page shows what it takes while it is on, the company's load what comes of it in the coming week."""
    draft = a_draft(connection_id=importer.connection_id, schedule=replace(HOURLY, **span))
    importer = saved(store, importer, draft)
    ran(store, importer, 100)
    assert services.prices.of(alice, importer.id).own.busiest == own
    [load] = services.prices.loads(alice)
    assert (load.tokens, load.is_scheduled) == (theirs * 100, theirs > 0)


def test_what_is_rare_has_to_fit_into_any_day_until_its_last(
    services: Services, alice: Actor, importer: Importer, store: SqlStore
):
    monthly = Schedule(Every.MONTHS, month_day=20)
    for ends_on, runs in ((None, 1), (date(2026, 1, 31), 1), (date(2026, 1, 19), 0)):
        draft = a_draft(connection_id=importer.connection_id, schedule=replace(monthly, ends_on=ends_on))
        importer = saved(store, importer, draft)
        ran(store, importer, 100)
        assert services.prices.of(alice, importer.id).load.tokens == runs * 100, ends_on


def test_one_that_follows_another_runs_as_often_as_that_one(
    services: Services, alice: Actor, importer: Importer, store: SqlStore
):
    def follow(name: str, leader: Importer, **span: date) -> Importer:
        schedule = Schedule(Every.AFTER, after_id=leader.id, **span)
        draft = a_draft(connection_id=importer.connection_id, name=name, schedule=schedule, target=a_target(name))
        follower = services.importers.create(alice, draft)
        ran(store, follower, 10)
        return follower

    second = follow("Second", importer)
    third = follow("Third", second, ends_on=date(2026, 1, 3))
    follow("Never", importer, starts_on=date(2026, 5, 1))
    assert services.prices.of(alice, second.id).own.busiest == 0  # the first has not begun
    ran(store, importer, 100)
    assert services.prices.of(alice, third.id).own.runs == (24, 24, 0, 0, 0, 0, 0)
    assert services.prices.of(alice, importer.id).load.tokens == 24 * (100 + 10 + 10)
    draft = a_draft(connection_id=importer.connection_id, schedule=Schedule(Every.HOURS, 12))
    assert services.prices.of_draft(alice, draft, importer_id=importer.id).load.tokens == 2 * (100 + 10 + 10)
    services.importers.pause(alice, importer.id)
    load = services.prices.of(alice, third.id).load
    assert (load.tokens, load.left_out) == (0, 1)


def test_an_importer_that_is_paused_or_has_not_begun_is_left_out_and_that_is_said(
    services: Services, alice: Actor, importer: Importer, store: SqlStore
):
    new = a_draft(connection_id=importer.connection_id, name="New", target=a_target("New"), schedule=HOURLY)
    services.importers.create(alice, new)
    ran(store, importer, 100)
    price = services.prices.of(alice, importer.id)
    assert (price.load.tokens, price.load.left_out, price.load.unknown) == (2400, 1, ())
    services.importers.pause(alice, importer.id)
    price = services.prices.of(alice, importer.id)
    assert (price.load.tokens, price.load.left_out, price.own.tokens, price.own.idle) == (0, 2, 2400, Idle.PAUSED)


def test_the_budget_is_what_pipedrive_says_whatever_the_plan(
    services: Services, alice: Actor, importer: Importer, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    services.connections.plan(alice, importer.connection_id, Plan("lite", 1))
    assert services.prices.of(alice, importer.id).load.budget == Budget(30_000)
    monkeypatch.setattr(sandbox.limits, "daily", 150_000)
    services.connections.check(alice, importer.connection_id)
    assert services.prices.of(alice, importer.id).load.budget == Budget(150_000, is_told=True)


def test_a_plan_gives_a_budget(services: Services, alice: Actor, importer: Importer):
    assert services.prices.of(alice, importer.id).load.budget == Budget()
    services.connections.plan(alice, importer.connection_id, Plan("growth", 5))
    assert services.prices.of(alice, importer.id).load.budget == Budget(300_000)
    with pytest.raises(InvalidSettings):
        services.connections.plan(alice, importer.connection_id, Plan("growth", 0))


def test_what_cannot_fit_is_said(services: Services, alice: Actor, importer: Importer, store: SqlStore):
    services.connections.plan(alice, importer.connection_id, Plan("lite", 1))
    ran(store, importer, 1250)
    load = services.prices.of(alice, importer.id).load
    assert (load.tokens, load.share, load.fits) == (30_000, 1.0, True)
    ran(store, importer, 1300)
    load = services.prices.of(alice, importer.id).load
    assert not load.fits
    assert not services.prices.of(alice, importer.id).exceeds_a_day
    for _ in range(10):
        ran(store, importer, 30_001)
    assert services.prices.of(alice, importer.id).exceeds_a_day
    assert [one.fits for one in services.prices.loads(alice)] == [False]
    load = services.prices.of(alice, importer.id).load
    [overfull] = services.prices.overfull(alice)
    assert (overfull.company, overfull.tokens, overfull.budget) == (load.company, load.tokens, load.budget)


def test_with_thousands_of_importers_what_cannot_fit_may_be_as_of_a_minute_ago(
    services: Services, alice: Actor, charlie: Actor, importer: Importer, store: SqlStore, clock: FakeClock
):
    services.connections.plan(alice, importer.connection_id, Plan("lite", 1))
    assert services.prices.overfull(alice, may_be_old=True) == []
    ran(store, importer, 30_001)
    found = services.prices.overfull(alice)
    assert len(found) == 1
    assert services.prices.overfull(alice, may_be_old=True) == []
    clock.advance(minutes=1)
    for _ in range(2):
        assert services.prices.overfull(alice, may_be_old=True) == found
    assert services.prices.overfull(charlie, may_be_old=True) == []


def test_the_use_of_a_connection_is_what_was_last_reported(
    services: Services,
    alice: Actor,
    importer: Importer,
    sandbox: Sandbox,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(sandbox.limits, "daily", 150_000)
    run = services.runs.start(alice, importer.id)
    said_at = clock.now()
    clock.advance(hours=2)
    use = services.prices.use(alice, importer.connection_id)
    assert use.today == {importer.id: run.counts.cost}
    assert use.standing.budget is not None
    assert (use.standing.budget.of, use.standing.budget.at) == (150_000, said_at)
    clock.advance(hours=12)
    assert services.prices.use(alice, importer.connection_id).today == {}
    assert clock.now() - use.day_began_at > timedelta(days=1)


def test_charlie_sees_none_of_it_and_a_viewer_may_not_ask(
    services: Services, alice: Actor, bob: Actor, charlie: Actor, importer: Importer
):
    with pytest.raises(NotThere):
        services.prices.of(charlie, importer.id)
    with pytest.raises(NotThere):
        services.prices.use(charlie, importer.connection_id)
    with pytest.raises(AccessDenied):
        services.prices.count(replace(bob, role=Role.VIEWER), importer.connection_id, importer.selection)
    with pytest.raises(AccessDenied):
        services.connections.plan(replace(alice, role=Role.EDITOR), importer.connection_id, None)
