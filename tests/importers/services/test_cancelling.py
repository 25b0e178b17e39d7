"""A run that is cancelled is over within two seconds, wherever it is, by the heartbeat that workers have."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from requests import PreparedRequest

from importers import bootstrap
from importers.clock import SystemClock
from importers.destinations.excel.destination import ExcelWriting
from importers.destinations.excel.staging import only_writer
from importers.destinations.google_sheets.client import SheetsClient
from importers.destinations.google_sheets.credentials import GoogleSignIn, by_grant, by_key
from importers.destinations.google_sheets.destination import GoogleSheetsDestination
from importers.http.governor import NullGovernor
from importers.http.quota import MemoryQuota, Sizes
from importers.http.retry import Patience
from importers.http.waiting import wait
from importers.interfaces import Destination, Source, Stop, Tell, never_stop
from importers.locks import MemoryLocks
from importers.model import Actor, Grant, Phase, Run, Status, Target, Written
from importers.secret import Secret
from importers.services.grants import NewGrant
from importers.services.heartbeat import LOOK_EVERY_SECONDS
from importers.sources.pipedrive.oauth import PipedriveApp
from importers.sources.pipedrive.signin import ApiToken, AppGrant
from importers.sources.pipedrive.source import PipedriveSource
from importers.store.sql import SqlStore
from sandbox.adapters import WSGIAdapter
from sandbox.google.accounts import ALEX, DEMO
from sandbox.google.app import Google
from sandbox.google.files import File
from sandbox.pipedrive import Sandbox
from sandbox.world import TOKEN
from tests.fakes import ScriptedSource
from tests.google import ASKED, ROBOT_KEY, ByHost, a_spreadsheet
from tests.importers.destinations.google_sheets.desk import TINY, comparable
from tests.wire import HeldWire, goes_to
from tests.workshop import Workshop

pytestmark = pytest.mark.slow  # the seconds are real: another thread keeps time

ROWS = [(number, "a title") for number in range(500)]
SOON = 2.0


class Scene:
    """A run that writes a real table, of which *looks* is what there is to see, and a worker who carries it out."""

    def __init__(
        self,
        store: SqlStore,
        alice: Actor,
        source: Source,
        destination: Destination,
        looks: Callable[[], Any],
        look_every: float = LOOK_EVERY_SECONDS,
        **importer: Any,
    ) -> None:
        self.looks = looks
        self.alice = alice
        self.workshop = Workshop(store, alice, SystemClock(), source, look_every=look_every)  # type: ignore[arg-type]
        self.workshop.kinds._destination = destination  # type: ignore[assignment]
        self.run = self.workshop.runs.start(alice, self.workshop.an_importer(**importer).id)
        self.worker = threading.Thread(target=self.workshop.work)

    def seconds_until_cancelled(self, *, once: Callable[[], bool]) -> float:
        """From the moment it was asked to stop, which is when *once* has come."""
        before = self.looks()
        seconds = self.seconds_until_over(once=once)
        assert (self.over.status, self.looks()) == (Status.CANCELLED, before)
        return seconds

    def seconds_until_over(self, *, once: Callable[[], bool]) -> float:
        self.worker.start()
        ends = time.monotonic() + 20
        while not once():
            assert time.monotonic() < ends, "the run did not get there"
            time.sleep(0.01)
        self.workshop.runs.cancel(self.alice, self.run.id)
        asked = time.monotonic()
        self.worker.join(40)
        return time.monotonic() - asked

    @property
    def over(self) -> Run:
        return self.workshop.runs.get(self.alice, self.run.id)

    @property
    def phase(self) -> Phase:
        return self.over.phase


Staging = Callable[..., Scene]


@pytest.fixture
def staged(tmp_path: Path, store: SqlStore, alice: Actor) -> Staging:
    """A scene with a workbook that a run wrote before."""
    path = tmp_path / "books" / "Pipesheet.xlsx"
    path.parent.mkdir()

    def scene(*script: object, source: Source | None = None, **how: Any) -> Scene:
        source = source or ScriptedSource(*script)  # type: ignore[arg-type]
        return Scene(store, alice, source, bootstrap.excel_file(path), path.read_bytes, **how)

    earlier = scene([(1, "as it was")])
    earlier.workshop.work()
    store.remove_importer(alice.workspace.id, earlier.run.importer_id)
    assert path.is_file()
    return scene


@pytest.fixture
def path(tmp_path: Path, staged: Staging) -> Path:
    return tmp_path / "books" / "Pipesheet.xlsx"


def test_while_it_reads(staged: Staging):
    reads_on = threading.Event()

    def take_a_moment(tell: Tell, stop: Stop) -> None:
        reads_on.set()
        time.sleep(0.05)

    scene = staged(*[step for _ in range(1000) for step in (ROWS, take_a_moment)])
    assert scene.seconds_until_cancelled(once=reads_on.is_set) < SOON


def test_while_it_waits_for_the_vendor(staged: Staging):
    waits = threading.Event()

    def wait_as_told(tell: Tell, stop: Stop) -> None:
        waits.set()
        wait(timedelta(minutes=2), clock=SystemClock(), stop=stop)

    scene = staged(ROWS, wait_as_told)
    assert scene.seconds_until_cancelled(once=waits.is_set) < SOON


def test_while_it_waits_to_write(staged: Staging, path: Path):
    scene = staged(ROWS)
    with only_writer(path, patience=timedelta(seconds=1), stop=never_stop):
        seconds = scene.seconds_until_cancelled(once=lambda: scene.phase is Phase.WRITING)
    assert seconds < SOON


def test_right_before_the_table_shows(staged: Staging, monkeypatch: pytest.MonkeyPatch):
    """The last look hears what the heartbeat has not seen, which comes only minutes later here."""
    scene = staged(ROWS, look_every=300.0)
    comes, may_go_on = threading.Event(), threading.Event()
    commit = ExcelWriting.commit

    def commit_once_asked(writing: ExcelWriting, *, still_ours: Stop) -> Written:
        comes.set()
        assert may_go_on.wait(20)
        return commit(writing, still_ours=still_ours)

    monkeypatch.setattr(ExcelWriting, "commit", commit_once_asked)
    cancel = scene.workshop.runs.cancel
    monkeypatch.setattr(scene.workshop.runs, "cancel", lambda *run: (cancel(*run), may_go_on.set()))
    assert scene.seconds_until_cancelled(once=comes.is_set) < SOON


# --- while somebody else is slow to answer ---------------------------------------


@pytest.fixture
def wire(sandbox_app: Flask, sandbox: Sandbox, google_app: Flask) -> Iterator[HeldWire]:
    """To the pretend Pipedrive and the pretend Google, in process."""
    wire = HeldWire(ByHost(lambda: WSGIAdapter(google_app), WSGIAdapter(sandbox_app)))
    yield wire
    wire.let_go.set()


def pipedrive(wire: HeldWire, sign_in: ApiToken | AppGrant) -> PipedriveSource:
    return PipedriveSource(
        sign_in, session=wire.session(), clock=SystemClock(), governor=NullGovernor(), company_domain="acme"
    )


@pytest.mark.parametrize("path", ["/dealFields", "/users", "/api/v2/deals"])
def test_while_pipedrive_is_slow_to_answer(staged: Staging, wire: HeldWire, path: str):
    wire.hold(goes_to(path))
    scene = staged(source=pipedrive(wire, ApiToken(Secret(TOKEN))))
    assert scene.seconds_until_cancelled(once=wire.is_holding.is_set) < SOON


class Renewing(NewGrant):
    """A grant that has ended, and is asked for anew."""

    def __init__(self, grant: Grant, app: PipedriveApp) -> None:
        super().__init__(grant)
        self._app = app

    def newer_than(self, old: Grant) -> Grant:
        return self._app.refresh(old)


def test_while_pipedrive_is_slow_to_let_it_in_again(staged: Staging, wire: HeldWire):
    wire.hold(goes_to("/oauth/token"))
    app = PipedriveApp(client_id="an id", client_secret=Secret("s"), session=wire.session(), clock=SystemClock())
    ended = Grant(
        Secret("a"), Secret("r"), datetime(2026, 1, 1, tzinfo=UTC), "acme.pipedrive.com", ("base", "deals:read")
    )
    sign_in = AppGrant(Renewing(ended, app), clock=SystemClock())
    scene = staged(source=pipedrive(wire, sign_in))
    assert scene.seconds_until_cancelled(once=wire.is_holding.is_set) < SOON


# --- in Google Sheets ---------------------------------------------------------------


@pytest.fixture
def file(google: Google) -> File:
    return a_spreadsheet(google)


def google_client(wire: HeldWire, sign_in: GoogleSignIn, *, a_minute: int = 100_000) -> SheetsClient:
    clock = SystemClock()
    quota = MemoryQuota(clock, Sizes(a_minute, a_minute))
    patience = Patience(tries=2)  # who is in trouble here is so by mistake
    return SheetsClient(
        sign_in, session=wire.session(), clock=clock, quota=quota, patience=patience, jitter=lambda: 0.0
    )


@pytest.fixture
def locks() -> MemoryLocks:
    return MemoryLocks(SystemClock())


@pytest.fixture
def in_google(store: SqlStore, alice: Actor, wire: HeldWire, google: Google, file: File, locks: MemoryLocks) -> Staging:
    """A scene with a tab that a run wrote before; some rows are many there, so that they are staged."""
    clock = SystemClock()
    given = google.sign_in(ALEX.email, *ASKED)
    ends = clock.now() + timedelta(hours=1)
    grant = Grant(Secret(given.access), Secret(given.refresh), ends, "sheets.googleapis.com", ASKED)
    client = google_client(wire, by_grant(NewGrant(grant), clock=clock, client_id=DEMO.client_id))

    def scene(*script: object, by: SheetsClient = client, max_cells: int = 10_000_000, **limits: Any) -> Scene:
        destination = GoogleSheetsDestination(
            by, locks=locks, clock=clock, max_cells=max_cells, limits=replace(TINY, **limits)
        )
        target = Target("excel", file.id, "Deals", table="deals", place_name="Sales 2026")
        return Scene(store, alice, ScriptedSource(*script), destination, lambda: shown(file), target=target)  # type: ignore[arg-type]

    earlier = scene([(1, "as it was")])
    earlier.workshop.work()
    assert earlier.over.status is Status.DONE
    store.remove_importer(alice.workspace.id, earlier.run.importer_id)
    return scene


def shown(file: File) -> Any:
    """All that its owner can see: what is hidden is ours and goes."""
    assert file.book
    hidden = {tab.sheet_id for tab in file.book.tabs if tab.hidden}
    everything = comparable(file.book)
    return [tab for tab in everything["tabs"] if tab[0] not in hidden]


FEW = [(number, "a title") for number in range(20)]


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/v4/spreadsheets/", "GET"),
        ("/drive/v3/files/", "GET"),
        ("/values:batchGet", "GET"),
        ("developerMetadata:search", "POST"),
        (":batchUpdate", "POST"),
        ("/values/", "PUT"),
    ],
    ids=["looking", "asking whether it may", "reading", "looking at marks", "making a hidden tab", "uploading"],
)
def test_while_google_is_slow_to_answer(in_google: Staging, wire: HeldWire, path: str, method: str):
    scene = in_google(FEW)
    wire.hold(goes_to(path, method))
    assert scene.seconds_until_cancelled(once=wire.is_holding.is_set) < SOON


def test_while_google_is_slow_to_let_it_in(in_google: Staging, wire: HeldWire):
    scene = in_google(FEW, by=google_client(wire, by_key(ROBOT_KEY)))
    wire.hold(goes_to("oauth2.googleapis.com/token"))
    assert scene.seconds_until_cancelled(once=wire.is_holding.is_set) < SOON


def test_while_it_waits_for_a_turn_at_google(in_google: Staging, wire: HeldWire):
    scene = in_google(FEW, by=google_client(wire, by_key(ROBOT_KEY), a_minute=1))
    waits = "Google takes only so many requests a minute"
    assert scene.seconds_until_cancelled(once=lambda: waits in " ".join(scene.workshop.story(scene.run))) < SOON


def test_while_another_run_writes_the_tab(in_google: Staging, file: File, locks: MemoryLocks):
    assert file.book
    [tab] = [tab for tab in file.book.tabs if tab.title == "Deals"]
    scene = in_google(FEW)
    with locks.hold(f"google_sheets:{file.id}:{tab.sheet_id}"):
        waits = "Waiting for another run that writes this tab."
        assert scene.seconds_until_cancelled(once=lambda: waits in scene.workshop.story(scene.run)) < SOON


@pytest.mark.parametrize("path", ["/v4/spreadsheets/", ":batchUpdate"], ids=["looking", "writing"])
def test_a_worker_that_must_leave_is_not_kept_either(in_google: Staging, wire: HeldWire, path: str):
    scene = in_google(FEW)
    before = scene.looks()
    wire.hold(goes_to(path))
    worker = threading.Thread(target=scene.workshop.execution.execute, args=(scene.run.id,))
    worker.start()
    assert wire.is_holding.wait(20)
    scene.workshop.leaving.set()
    asked = time.monotonic()
    worker.join(40)
    assert time.monotonic() - asked < SOON
    assert (scene.over.status, scene.over.attempt, scene.looks()) == (Status.QUEUED, 0, before)


def is_last_write(request: PreparedRequest) -> bool:
    """The one that shows the table: it removes the hidden tab, and does more than that."""
    if ":batchUpdate" not in (request.url or ""):
        return False
    requests = json.loads(request.body or b"{}").get("requests", [])
    return len(requests) > 1 and "deleteSheet" in requests[-1]


def is_tidying(request: PreparedRequest) -> bool:
    if ":batchUpdate" not in (request.url or ""):
        return False
    [first, *others] = json.loads(request.body or b"{}")["requests"]
    return not others and "deleteSheet" in first


def test_while_google_is_slow_to_tidy_up(in_google: Staging, wire: HeldWire):
    """Nobody waits for that: what is left is hidden, and the next run removes it."""
    reads_on = threading.Event()

    def take_a_moment(tell: Tell, stop: Stop) -> None:
        reads_on.set()
        time.sleep(0.05)

    scene = in_google(*[step for _ in range(1000) for step in (FEW, take_a_moment)])
    wire.hold(is_tidying)
    assert scene.seconds_until_cancelled(once=reads_on.is_set) < SOON


def test_a_last_write_that_google_has_not_carried_out_yet_never_will_be(in_google: Staging, wire: HeldWire, file: File):
    scene = in_google(FEW)
    wire.hold(is_last_write)
    before = scene.looks()
    assert scene.seconds_until_cancelled(once=wire.is_holding.is_set) < SOON
    wire.let_go.set()
    assert wire.is_over.wait(5)
    assert shown(file) == before
    assert scene.workshop.story(scene.run)[-1] == "Cancelled. The sheet is as it was before."


def test_a_last_write_that_google_has_carried_out_is_not_denied(in_google: Staging, wire: HeldWire):
    scene = in_google(FEW)
    wire.hold(is_last_write, answer_only=True)
    assert scene.seconds_until_over(once=wire.is_holding.is_set) < SOON
    assert scene.over.status is Status.DONE_WITH_NOTES
    assert "had carried out the last write already" in scene.over.notes[-1]


def test_where_google_says_nothing_any_more_nobody_claims_to_know(in_google: Staging, wire: HeldWire):
    """After a while: half a minute, less in this test."""
    scene = in_google(FEW, settling=timedelta(seconds=0.5))
    wire.hold(is_last_write, then=lambda request: True)
    assert scene.seconds_until_over(once=wire.is_holding.is_set) < SOON + 0.5
    assert scene.over.status is Status.CANCELLED
    waiting, end = scene.workshop.story(scene.run)[-2:]
    assert waiting == "Asked to stop during the last write: waiting for Google to say whether it was carried out."
    assert end.startswith("Cancelled during the last write, and Google does not say whether it was carried out")


def test_a_table_that_is_written_part_by_part_may_be_left_half_new(in_google: Staging, wire: HeldWire, file: File):
    assert file.book
    scene = in_google(FEW, max_cells=file.book.cell_count + 2 * len(FEW) + 2 * 8)
    wire.hold(is_last_write, after=1)
    assert scene.seconds_until_over(once=wire.is_holding.is_set) < SOON
    assert scene.over.status is Status.CANCELLED
    assert "some of it may be new and some of it old" in scene.workshop.story(scene.run)[-1]
