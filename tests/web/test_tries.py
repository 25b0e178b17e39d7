"""A run that was tried more than once tells times and counts of the whole and of the last try apart."""

from __future__ import annotations

from datetime import timedelta

import pytest

from importers.model import Actor, Counts, Ending, Importer, Level, Line, Run, Status, Trouble
from importers.services import Services
from importers.store.sql import SqlStore
from tests.builders import a_run
from tests.fakes import FakeClock
from tests.web.browser import Browser
from tests.web.page import Page


@pytest.fixture
def waiting(store: SqlStore, importer: Importer, clock: FakeClock) -> Run:
    """Asked for 15 minutes ago; its first try ended after a minute."""
    run = a_run(store, importer, claim="a worker")
    counts = Counts(rows_read=20, requests=7, waited=timedelta(seconds=9))
    later = clock.now() + timedelta(minutes=5)
    ending = Ending(Status.WAITING, counts, trouble=Trouble("temporary", "Not now."), wake_at=later)
    clock.advance(minutes=1)
    store.end_run(run.id, "a worker", ending, lines=[Line("Not now.", Level.NOTE)], now=clock.now())
    clock.advance(minutes=14)
    return run


@pytest.fixture
def again(services: Services, alice: Actor, waiting: Run) -> Run:
    """The second try went well, at once."""
    return services.runs.start(alice, waiting.importer_id)


def figures(page: Page) -> dict[str, str]:
    shown = page.root.find("dl", class_="figures")
    return {one.find("dt").text.strip(): one.find("dd").text.strip() for one in shown.find_all("div")}


def head(page: Page) -> str:
    return page.root.find("div", class_="page-head").text


def test_the_head_tells_when_it_was_first_asked_for(at_alice: Browser, again: Run):
    assert again.attempt == 2
    page = at_alice.open(f"/runs/{again.id}")
    assert "By hand, 15 minutes ago · try 2" in head(page)
    assert "15 minutes ago" in at_alice.open(f"/importers/{again.importer_id}").root.find("table").text


def test_the_time_of_the_last_try_is_told_apart_from_that_of_all(at_alice: Browser, again: Run):
    page = at_alice.open(f"/runs/{again.id}")
    told = figures(page)
    assert told["Last try took"] == "less than a second"
    assert told["All, with waits"] == "15 min 0 s"
    assert "Took" not in told
    assert "Rows, columns, requests, tokens and waiting are those of try 2 alone." in page.text
    row = at_alice.open(f"/importers/{again.importer_id}").root.find("table").find("td", **{"data-label": "Took"})
    assert "15 min 0 s" in row.text
    assert "with waits" in row.text


def test_one_that_waits_for_its_second_try_does_not_count_that_as_work(at_alice: Browser, waiting: Run):
    page = at_alice.open(f"/runs/{waiting.id}")
    assert figures(page)["All, with waits"] == "15 min 0 s"
    assert "Elapsed" not in figures(page)
    assert "alone" not in page.text


def test_so_is_one_that_was_handed_back(
    at_alice: Browser, services: Services, store: SqlStore, importer: Importer, clock: FakeClock
):
    """By a worker that had to leave; Pipesheet was off for five minutes then. That is no try of its own."""
    run = a_run(store, importer, claim="a worker")
    clock.advance(seconds=30)
    store.release_run(run.id, "a worker", line=Line("Handed back."), now=clock.now())
    clock.advance(minutes=5)
    store.claim_run(run.id, "another", now=clock.now())
    clock.advance(seconds=5)
    store.end_run(run.id, "another", Ending(Status.DONE, Counts(rows_written=1)), lines=[], now=clock.now())
    page = at_alice.open(f"/runs/{run.id}")
    assert figures(page)["All, with waits"] == "5 min 35 s"
    assert "5 minutes ago" in head(page) or "6 minutes ago" in head(page)


def test_a_run_that_went_well_at_once_says_nothing_of_it(at_alice: Browser, done: Run):
    told = figures(page := at_alice.open(f"/runs/{done.id}"))
    assert "Took" in told
    assert "All, with waits" not in told
    assert "alone" not in page.text


def test_a_cancelled_run_tells_the_same_rows_in_the_table_and_in_the_chart(
    at_alice: Browser, store: SqlStore, importer: Importer, clock: FakeClock
):
    run = a_run(store, importer, claim="a worker")
    store.end_run(run.id, "a worker", Ending(Status.CANCELLED, Counts(rows_read=500)), lines=[], now=clock.now())
    page = at_alice.open(f"/importers/{importer.id}")
    assert page.root.find("table").find("td", **{"data-label": "Rows"}).text.strip() == "500 read"
    assert "cancelled, less than a second, 500 rows read, " in page.root.find("ul", class_="bars").text
