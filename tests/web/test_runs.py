from __future__ import annotations

from datetime import timedelta
from typing import Any

from importers.errors import InvalidSettings, ServiceTrouble
from importers.model import (
    Actor,
    Connection,
    Counts,
    Ending,
    Importer,
    Line,
    Phase,
    Run,
    Schedule,
    Selection,
    Status,
    Trigger,
    Trouble,
)
from importers.services import Services
from importers.store.sql import SqlStore
from tests.builders import a_draft, a_run, a_target
from tests.fakes import NEW_YEAR, FakeClock
from tests.web.browser import Browser
from web.runs.bars import HEIGHT, bars
from web.runs.views import next_step


def test_a_run_that_went_well_offers_what_to_do_next(at_alice: Browser, done: Run, importer: Importer):
    page = at_alice.open(f"/runs/{done.id}")
    assert page.root.find("h2").text == "60 rows in “Deals”"
    assert page.links()["View results"] == f"/importers/{importer.id}/results"
    assert page.links()["Download"] == f"/importers/{importer.id}/download"
    assert "Run again" in page.form(button="Run again").buttons


def test_its_story_is_told_line_by_line(at_alice: Browser, services: Services, alice: Actor, done: Run):
    page = at_alice.open(f"/runs/{done.id}")
    lines = page.root.find(role="log").find_all("li")
    events = services.runs.events(alice, done.id)
    assert len(lines) == len(events)
    assert events[0].text in lines[0].text
    assert "12:00:00" in lines[0].text


def test_a_finished_run_neither_listens_nor_reloads(at_alice: Browser, done: Run):
    page = at_alice.open(f"/runs/{done.id}")
    assert "data-stream" not in page.root.find(id="run").attrs
    assert not page.root.find_all("meta", http_equiv="refresh")


def test_a_running_one_listens_or_reloads_without_scripts(at_alice: Browser, store: SqlStore, importer: Importer):
    run = a_run(store, importer, claim="a worker")
    page = at_alice.open(f"/runs/{run.id}")
    assert page.root.find(id="run").attrs["data-stream"] == f"/runs/{run.id}/stream"
    refresh = page.root.find("meta", http_equiv="refresh")
    assert refresh.parent is not None
    assert refresh.parent.tag == "noscript"
    assert page.links()["Reload now"] == f"/runs/{run.id}"


def test_phases_are_steps_with_the_present_one_marked(
    at_alice: Browser, store: SqlStore, importer: Importer, done: Run
):
    run = a_run(store, importer)
    page = at_alice.open(f"/runs/{run.id}")
    steps = page.root.find("ol", class_="steps").find_all("li")
    assert [step.attrs["data-state"] for step in steps] == ["now", "ahead", "ahead", "ahead", "ahead"]
    assert [step for step in steps if step.attrs.get("aria-current") == "step"] == steps[:1]
    page = at_alice.open(f"/runs/{done.id}")
    steps = page.root.find("ol", class_="steps").find_all("li")
    assert {step.attrs["data-state"] for step in steps} == {"done"}


def test_a_refused_token_leads_to_the_connection(at_alice: Browser, refused: Run, importer: Importer):
    page = at_alice.open(f"/runs/{refused.id}")
    assert "Failed" in page.text
    assert page.links()["Reconnect"] == f"/connections/{importer.connection_id}/replace"


def test_settings_that_do_not_fit_lead_to_the_editor(
    at_alice: Browser, services: Services, alice: Actor, connection: Connection
):
    selection = Selection("deals", filter_id=999999, filter_name="Gone")
    importer = services.importers.create(alice, a_draft(connection_id=connection.id, selection=selection))
    run = services.runs.start(alice, importer.id)
    page = at_alice.open(f"/runs/{run.id}")
    assert page.links()["Change the settings"] == f"/importers/{importer.id}/edit"
    assert page.root.find("section", role="alert").find("h2").text


def test_trouble_of_the_vendor_leads_nowhere_but_back():
    assert next_step(Trouble(ServiceTrouble.code, "x")) == ""
    assert next_step(Trouble("our-mistake", "x")) == ""
    assert next_step(Trouble(InvalidSettings.code, "x")) == "editor"


def test_a_waiting_run_says_when_it_goes_on(
    at_alice: Browser, services: Services, alice: Actor, importer: Importer, pretend: Any
):
    pretend.faults.add("server_error", status=503)
    run = services.runs.start(alice, importer.id)
    assert services.runs.get(alice, run.id).status is Status.WAITING
    page = at_alice.open(f"/runs/{run.id}")
    assert "Trying again in" in page.text
    assert "by itself" in page.text
    for text in (page.root.find(id="progress").text, at_alice.open("/").text):
        assert "https://status.pipedrive.com tells how they are. Trying again" in text
        assert "Run it again" not in text


def test_a_waiting_run_whose_time_has_come_goes_on_any_moment(
    at_alice: Browser, services: Services, alice: Actor, importer: Importer, pretend: Any, clock: FakeClock
):
    pretend.faults.add("server_error", status=503)
    run = services.runs.start(alice, importer.id)
    assert "Trying again in 1 minute" in at_alice.open(f"/importers/{importer.id}").text
    clock.advance(minutes=2)  # and no clock is there to look
    for path in (f"/runs/{run.id}", f"/importers/{importer.id}", "/"):
        page = at_alice.open(path)
        assert "Trying again any moment now , by itself." in page.text, path
        [until] = [one for one in page.root.find_all("time", data_relative="due") if "any moment" in one.text]
        assert run.wake_at
        assert until.attrs["title"] == f"Thu 1 Jan 2026, {run.wake_at:%H:%M:%S} UTC"


def test_a_run_that_waits_for_another_one_says_for_which_and_when_it_looks_again(
    at_alice: Browser, store: SqlStore, importer: Importer
):
    run = a_run(store, importer, claim="a worker")
    busy = Trouble("not-our-turn", "Another run (run 7) writes this tab.", "It begins when that one is done.")
    wait = Ending(Status.WAITING, Counts(), trouble=busy, wake_at=NEW_YEAR + timedelta(minutes=1))
    store.end_run(run.id, "a worker", wait, lines=[], now=NEW_YEAR)
    for path in (f"/runs/{run.id}", "/"):
        text = at_alice.open(path).text
        assert f"{busy.message} {busy.hint} It looks again in 1 minute ." in text, path
        assert "Trying again in" not in text


def test_a_waiting_run_of_a_refused_account_waits_for_that(
    at_alice: Browser, services: Services, store: SqlStore, alice: Actor, importer: Importer, pretend: Any
):
    pretend.faults.add("server_error", status=503)
    run = services.runs.start(alice, importer.id)
    connection = services.connections.get(alice, importer.connection_id)
    store.refuse_connection(connection, Trouble("credentials-rejected", "Refused."), now=NEW_YEAR)
    text = at_alice.open(f"/runs/{run.id}").text
    assert f"Trying again once {connection.name} is reconnected." in text
    assert "by itself" not in text


def test_a_queued_run_says_why_it_has_not_begun(
    at_alice: Browser, store: SqlStore, services: Services, alice: Actor, connection: Connection, importer: Importer
):
    run = a_run(store, importer)
    page = at_alice.open(f"/runs/{run.id}")
    assert "No worker is running, so runs wait in the queue. Start everything with pipesheet up" in page.text
    assert "pipesheet check" in [code.text for code in page.root.find_all("code")]
    assert not page.root.find_all("progress")
    services.health.beat("worker@7")
    assert "It waits for a free worker." in at_alice.open(f"/runs/{run.id}").text
    others = [
        services.importers.create(alice, a_draft(connection_id=connection.id, name=name, target=a_target(name)))
        for name in "AB"
    ]
    ahead = [a_run(store, other) for other in others]
    assert len(store.runs_to_send(NEW_YEAR, per_connection=1, limit=9)) == 1
    last = f"/runs/{ahead[1].id}"
    full = "1 run of this Pipedrive account is at work, and 1 other goes before this one."
    assert full in at_alice.open(last).text
    assert full in at_alice.open(f"/importers/{others[1].id}").text
    page = at_alice.open("/")
    assert "1 before this one · just now" in page.text
    assert "Waits for a free worker · just now" in page.text
    assert "3 importers · 3 queued" in page.text


def test_the_lines_of_an_old_run_are_gone_and_its_counts_stay(
    at_alice: Browser, services: Services, alice: Actor, importer: Importer, done: Run, clock: FakeClock
):
    services.runs.start(alice, importer.id)
    clock.advance(days=31)
    assert services.upkeep.thin() == 1
    page = at_alice.open(f"/runs/{done.id}")
    assert "The lines of this run were kept for 30 days; its counts stay." in page.text
    assert "60 rows in “Deals”" in page.text
    assert not page.root.find_all("ol", id="story")


def test_cancelling_stops_a_queued_run(
    at_alice: Browser, services: Services, alice: Actor, store: SqlStore, importer: Importer
):
    run = a_run(store, importer)
    at_alice.open(f"/runs/{run.id}")
    page = at_alice.press("Cancel")
    assert "This run was cancelled" in page.text
    assert services.runs.get(alice, run.id).status is Status.CANCELLED


def test_a_run_that_was_cancelled_halfway_does_not_say_that_the_sheet_is_as_it_was(
    at_alice: Browser, store: SqlStore, importer: Importer
):
    run = a_run(store, importer, claim="a worker")
    halfway = Trouble("stopped-halfway", "Some of it may be new and some of it old.", "Run it again.")
    store.end_run(run.id, "a worker", Ending(Status.CANCELLED, Counts(), trouble=halfway), lines=[], now=NEW_YEAR)
    page = at_alice.open(f"/runs/{run.id}")
    assert page.root.find("section", class_="ending").text == f"This run was cancelled {halfway.message} {halfway.hint}"
    assert "keeps what it had" not in page.text


def test_a_run_that_failed_halfway_does_not_say_so_either(at_alice: Browser, store: SqlStore, importer: Importer):
    run = a_run(store, importer, claim="a worker")
    trouble = Trouble("no-room", "The spreadsheet is full.", is_halfway=True)
    store.end_run(run.id, "a worker", Ending(Status.FAILED, Counts(), trouble=trouble), lines=[], now=NEW_YEAR)
    page = at_alice.open(f"/runs/{run.id}")
    assert "some of it is new and some of it old" in page.text
    assert "keeps what it had" not in page.text


def test_cancelling_asks_a_running_one_to_stop(at_alice: Browser, store: SqlStore, importer: Importer):
    run = a_run(store, importer, claim="a worker")
    at_alice.open(f"/runs/{run.id}")
    page = at_alice.press("Cancel")
    assert "Stopping" in page.text
    assert "keeps what it had" not in page.text  # that is for the end to say
    assert "Cancel" not in [button.text for button in page.root.find("main").find_all("button")]


def test_run_again_makes_another_run(at_alice: Browser, done: Run):
    at_alice.open(f"/runs/{done.id}")
    at_alice.press("Run again")
    assert at_alice.path == f"/runs/{done.id + 1}"


def test_an_importer_shows_its_settings_and_its_runs(
    at_alice: Browser, importer: Importer, done: Run, connection: Connection
):
    page = at_alice.open(f"/importers/{importer.id}")
    assert page.heading == "Deals to Excel"
    assert f"Deals from {connection.label}" in page.text
    assert "The usual columns" in page.text
    row = page.root.find("tbody").find("tr")
    assert [cell.text for cell in row.find_all("th", "td")][:2] == [f"Run {done.id}", "Done with notes"]


def test_every_run_is_a_bar_that_can_be_reached_and_read(at_alice: Browser, importer: Importer, done: Run):
    bar = at_alice.open(f"/importers/{importer.id}").root.find("ul", class_="bars").find("a")
    assert bar.attrs["href"] == f"/runs/{done.id}"
    assert bar.text.startswith(f"Run {done.id}: done with notes, less than a second, 60 rows")


def test_every_run_of_an_importer_is_found_by_paging(
    at_alice: Browser, store: SqlStore, importer: Importer, clock: FakeClock
):
    made = []
    for number in range(65):
        run = a_run(store, importer, claim="mine")
        done = Ending(Status.DONE, Counts(rows_written=number))
        assert store.end_run(run.id, "mine", done, lines=[], now=clock.now())
        made.append(str(run.id))
    page = at_alice.open(f"/importers/{importer.id}")
    shown, sizes = [], []
    while True:
        rows = page.root.find("table", class_="table align-middle mb-0 runs").find("tbody").find_all("th")
        shown += [row.find("a").text.removeprefix("Run ") for row in rows]
        sizes.append(len(rows))
        if "Older runs" not in page.links():
            break
        page = at_alice.open(page.links()["Older runs"].partition("#")[0])
    assert (shown, sizes) == (made[::-1], [30, 30, 5])
    assert page.links()["Newest runs"] == f"/importers/{importer.id}#runs"
    assert "Runs before 6" in page.text
    assert "There are none any more." in at_alice.open(f"/importers/{importer.id}?before=1").text
    assert made[-1] in at_alice.open(f"/importers/{importer.id}?before=nonsense").text


def test_an_importer_without_runs_says_so(at_alice: Browser, importer: Importer):
    assert "It has not run yet." in at_alice.open(f"/importers/{importer.id}").text


def test_the_longest_run_has_the_highest_bar(services: Services, alice: Actor, done: Run, clock: FakeClock):
    run = services.runs.get(alice, done.id)
    drawn = bars([(run, timedelta(seconds=seconds)) for seconds in (0, 30, 60)])
    assert [bar.height for bar in drawn] == [4, HEIGHT // 2, HEIGHT]
    assert bars([]) == []


def test_one_time_zone_is_told_wherever_an_importer_shows_times(
    at_alice: Browser, services: Services, alice: Actor, connection: Connection
):
    draft = a_draft(connection_id=connection.id, schedule=Schedule(time_zone="Asia/Tokyo"))
    importer = services.importers.create(alice, draft)
    run = services.runs.start(alice, importer.id)
    for path in (f"/importers/{importer.id}", f"/runs/{run.id}", f"/importers/{importer.id}/results"):
        assert "times in Asia/Tokyo" in at_alice.open(path).text.replace("Times", "times")
    line = at_alice.open(f"/runs/{run.id}").root.find(role="log").find("li")
    assert "21:00:00" in line.text


def test_a_run_that_found_nothing_says_what_to_check(
    at_alice: Browser, services: Services, alice: Actor, connection: Connection, store: SqlStore
):
    selection = Selection("deals", statuses=("deleted",))
    importer = services.importers.create(alice, a_draft(connection_id=connection.id, selection=selection))
    run = a_run(store, importer, claim="a worker")
    store.end_run(run.id, "a worker", Ending(Status.DONE, Counts()), lines=[], now=NEW_YEAR)
    page = at_alice.open(f"/runs/{run.id}")
    assert "No record matched; check the filter or status." in page.root.find("section", class_="ending is-done").text


def test_what_a_running_one_is_at_stands_beside_its_status(at_alice: Browser, store: SqlStore, importer: Importer):
    run = a_run(store, importer, claim="a worker")
    lines = [Line("Reading Deals from Pipedrive"), Line("Pipedrive asks us to wait: trying again in 4 s.")]
    store.save_progress(run.id, "a worker", phase=Phase.READING, counts=Counts(), lines=lines, now=NEW_YEAR)
    progress = at_alice.open(f"/runs/{run.id}").root.find(id="progress")
    assert "Pipedrive asks us to wait: trying again in 4 s." in progress.text
    assert "Reading Deals" not in progress.text


def test_a_run_that_is_over_has_nothing_it_is_at(at_alice: Browser, done: Run):
    assert not at_alice.open(f"/runs/{done.id}").root.find(id="progress").find_all("p", class_="latest mb-0")


def test_an_importer_that_was_paused_for_its_failures_says_why(at_alice: Browser, store: SqlStore, importer: Importer):
    trouble = Trouble("not-there", "The filter “Won” is gone.", "Choose another one.")
    for _ in range(3):
        run, _ = store.add_run(importer, Trigger.CHAIN, now=NEW_YEAR)
        store.claim_run(run.id, "c", now=NEW_YEAR)
        store.end_run(run.id, "c", Ending(Status.FAILED, Counts(), trouble=trouble), lines=[], now=NEW_YEAR)
    assert store.pause_failing(run, trouble, times=3, now=NEW_YEAR)
    page = at_alice.open(f"/importers/{importer.id}")
    assert "The filter “Won” is gone. Choose another one." in page.root.find(role="alert").text
    assert "Another importer" in page.text
    assert "After another importer" in at_alice.open(f"/runs/{run.id}").text
    assert "failed again and again" in at_alice.open("/").text
