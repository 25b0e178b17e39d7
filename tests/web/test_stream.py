from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from flask import Flask

from importers.model import Actor, Counts, Ending, Importer, Line, Phase, Run, Status, Trouble
from importers.services import Services
from importers.store.sql import SqlStore
from tests.builders import a_draft, a_run
from tests.fakes import NEW_YEAR, FakeClock
from tests.web.browser import Browser
from tests.web.page import Page
from web.runs.stream import MOST_LISTENERS, Seats


@dataclass
class Message:
    kind: str
    data: dict[str, Any]
    id: str = ""


def read(chunks: Iterator[bytes]) -> Iterator[Message]:
    """Server-sent events as a browser reads them."""
    text = ""
    for chunk in chunks:
        text += chunk.decode()
        while "\n\n" in text:
            block, _, text = text.partition("\n\n")
            fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
            if "data" in fields:
                yield Message(fields["event"], json.loads(fields["data"]), fields.get("id", ""))


@pytest.fixture
def seats(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Seats:
    """All free, and this test's own."""
    seats = Seats()
    monkeypatch.setitem(app.extensions, "pipesheet.seats", seats)
    return seats


def messages(browser: Browser, path: str, **more: Any) -> list[Message]:
    answer = browser.client.get(path, **more)
    assert answer.status_code == 200
    assert answer.mimetype == "text/event-stream"
    return list(read(iter([answer.data])))


def test_it_tells_every_line_and_then_that_it_is_over(at_alice: Browser, services: Services, alice: Actor, done: Run):
    told = messages(at_alice, f"/runs/{done.id}/stream")
    events = services.runs.events(alice, done.id)
    lines = [message for message in told if message.kind == "line"]
    assert [line.id for line in lines] == [str(event.number) for event in events]
    assert all(event.text in Page(line.data["html"]).text for event, line in zip(events, lines, strict=True))
    assert [message.kind for message in told[len(lines) :]] == ["over"]


def test_the_end_brings_what_to_do_next(at_alice: Browser, done: Run, importer: Importer):
    over = messages(at_alice, f"/runs/{done.id}/stream")[-1]
    assert Page(over.data["ending"]).links()["View results"] == f"/importers/{importer.id}/results"
    assert "Run again" in Page(over.data["actions"]).text
    assert "60 rows" in Page(over.data["progress"]).text
    assert over.data["title"].strip() == "Done with notes: Deals to Excel · Pipesheet"


def test_it_goes_on_after_the_last_line_the_browser_saw(at_alice: Browser, done: Run):
    all_lines = [one.id for one in messages(at_alice, f"/runs/{done.id}/stream") if one.kind == "line"]
    again = messages(at_alice, f"/runs/{done.id}/stream", headers={"Last-Event-ID": "2"})
    assert [one.id for one in again if one.kind == "line"] == all_lines[2:]
    first = messages(at_alice, f"/runs/{done.id}/stream?after=1")
    assert [one.id for one in first if one.kind == "line"] == all_lines[1:]


@pytest.mark.parametrize("number", ["x", "-1", "9" * 30, "²", "1; drop"])
def test_a_strange_last_line_counts_as_none(at_alice: Browser, done: Run, number: str):
    told = messages(at_alice, f"/runs/{done.id}/stream", query_string={"after": number})
    assert told[0].id == "1"


def test_it_says_when_to_ask_again_and_is_not_held_back_or_kept(at_alice: Browser, done: Run):
    answer = at_alice.client.get(f"/runs/{done.id}/stream")
    assert answer.text.startswith("retry: 2000\n\n")
    assert answer.headers["X-Accel-Buffering"] == "no"
    assert answer.headers["Cache-Control"] == "no-store"


def test_it_follows_a_run_while_it_goes_on(
    at_alice: Browser, services: Services, alice: Actor, store: SqlStore, importer: Importer
):
    run = a_run(store, importer)
    answer = at_alice.client.get(f"/runs/{run.id}/stream")
    told = read(answer.iter_encoded())
    assert next(told).kind == "state"
    services.runs.cancel(alice, run.id)
    rest = list(told)
    assert rest[-1].kind == "over"
    assert "cancelled" in rest[-1].data["ending"]
    assert services.runs.get(alice, run.id).status is Status.CANCELLED
    answer.close()


def test_it_ends_when_the_importer_is_deleted_meanwhile(
    at_alice: Browser, services: Services, alice: Actor, store: SqlStore, importer: Importer
):
    run = a_run(store, importer)
    answer = at_alice.client.get(f"/runs/{run.id}/stream")
    told = read(answer.iter_encoded())
    assert next(told).kind == "state"
    services.importers.delete(alice, importer.id)
    assert list(told) == []
    assert at_alice.client.get(f"/runs/{run.id}/stream").status_code == 404
    answer.close()


def test_a_quiet_run_is_kept_alive_and_let_go_after_a_minute(at_alice: Browser, store: SqlStore, importer: Importer):
    run = a_run(store, importer)
    text = at_alice.client.get(f"/runs/{run.id}/stream").text
    assert text.count(": still here") == 6
    assert "event: over" not in text


def test_what_an_event_says_cannot_become_markup(
    at_alice: Browser, store: SqlStore, importer: Importer, services: Services, alice: Actor
):
    draft = replace(a_draft(connection_id=importer.connection_id), name="<img src=x onerror=alert(1)>\n\nevent: over")
    services.importers.change(alice, importer.id, draft)
    run = services.runs.start(alice, importer.id)
    for message in messages(at_alice, f"/runs/{run.id}/stream"):
        assert not Page(message.data.get("html", "")).root.find_all("img")
        assert not Page(message.data.get("progress", "")).root.find_all("img")


def test_who_is_signed_out_meanwhile_gets_no_sign_in_page_in_the_stream(visitor: Browser, done: Run):
    answer = visitor.client.get(f"/runs/{done.id}/stream", headers={"Accept": "text/event-stream"})
    assert answer.status_code == 401


def test_any_number_of_open_run_pages_leaves_threads_for_everything_else(
    at_alice: Browser, seats: Seats, store: SqlStore, importer: Importer, clock: FakeClock
):
    run = a_run(store, importer)
    assert all(seats.take() for _ in range(MOST_LISTENERS))
    before = clock.monotonic()
    assert [one.kind for one in messages(at_alice, f"/runs/{run.id}/stream")] == ["state"]
    assert clock.monotonic() == before, "whoever has no seat holds no thread either"
    seats.give_back()
    assert at_alice.client.get(f"/runs/{run.id}/stream").text.count(": still here") == 6


def test_a_seat_is_given_back_when_the_page_is_closed(
    at_alice: Browser, seats: Seats, store: SqlStore, importer: Importer
):
    run = a_run(store, importer)
    for _ in range(MOST_LISTENERS + 1):
        answer = at_alice.client.get(f"/runs/{run.id}/stream", buffered=False)
        next(answer.iter_encoded())
        answer.close()
    assert all(seats.take() for _ in range(MOST_LISTENERS))


def test_the_state_brings_what_one_may_do_now(at_alice: Browser, store: SqlStore, importer: Importer):
    run = a_run(store, importer, claim="a worker")
    ending = Ending(Status.WAITING, Counts(), trouble=Trouble("temporary", "Not now."), wake_at=NEW_YEAR)
    store.end_run(run.id, "a worker", ending, lines=[], now=NEW_YEAR)
    state = messages(at_alice, f"/runs/{run.id}/stream")[0]
    assert (state.kind, state.data["status"]) == ("state", "waiting")
    shown = Page(state.data["actions"]).text
    assert "Try again now" in shown
    assert "Cancel" in shown


def test_the_state_says_anew_why_a_run_has_not_begun(
    at_alice: Browser, store: SqlStore, services: Services, importer: Importer
):
    run = a_run(store, importer)
    answer = at_alice.client.get(f"/runs/{run.id}/stream")
    told = read(answer.iter_encoded())
    assert "No worker is running" in Page(next(told).data["progress"]).text
    services.health.beat("worker@7")
    assert "It waits for a free worker." in Page(next(told).data["progress"]).text
    answer.close()


def test_the_state_tells_the_newest_line_even_when_no_new_one_came(
    at_alice: Browser, store: SqlStore, importer: Importer
):
    run = a_run(store, importer, claim="a worker")
    line = Line("Pipedrive asks us to wait: trying again in 4 s.")
    store.save_progress(run.id, "a worker", phase=Phase.READING, counts=Counts(), lines=[line], now=NEW_YEAR)
    newest = store.events(run.workspace_id, run.id)[-1].number
    state = messages(at_alice, f"/runs/{run.id}/stream?after={newest}")[0]
    assert state.kind == "state"
    assert line.text in Page(state.data["progress"]).text
