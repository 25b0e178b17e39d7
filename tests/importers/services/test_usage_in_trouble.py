"""What a run used up, while Pipedrive is in trouble and after it gave up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from importers.model import Actor, Connection, Counts, Phase, Run, Selection, Status
from importers.services import Services
from sandbox.pipedrive import Sandbox
from tests.builders import a_draft
from tests.fakes import FakeClock

CONNECTING = "Connecting to Acme Cargo Bikes B.V."
CONNECTED = "Connected to Acme Cargo Bikes B.V. as"


class WatchedClock(FakeClock):
    """Somebody looks whenever a run has slept."""

    def __init__(self) -> None:
        super().__init__()
        self.look: Callable[[], None] = lambda: None

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.look()


@pytest.fixture
def clock() -> WatchedClock:
    return WatchedClock()


@pytest.fixture
def run(services: Services, alice: Actor, connection: Connection, sandbox: Sandbox) -> Callable[[str], Run]:
    """Run an importer of that entity; only what is asked from then on is in the journal."""

    def run(entity: str) -> Run:
        draft = a_draft(connection_id=connection.id, selection=Selection(entity))
        importer = services.importers.create(alice, draft)
        sandbox.journal.clear()
        return services.runs.start(alice, importer.id)

    return run


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("server_error", Status.WAITING),
        ("rate_limit", Status.WAITING),
        ("cut", Status.WAITING),
        ("html_403", Status.WAITING),
        ("budget_spent", Status.WAITING),
        ("revoked", Status.FAILED),
    ],
)
@pytest.mark.parametrize("entity", ["deals", "stages"])
def test_trouble_from_the_first_request_on_fails_while_connecting(
    run: Callable[[str], Run], services: Services, alice: Actor, sandbox: Sandbox, clock: WatchedClock,
    fault: str, status: Status, entity: str,
):  # fmt: skip
    sandbox.faults.add(fault)
    over = run(entity)
    assert (over.status, over.phase) == (status, Phase.CONNECTING)
    assert over.counts == Counts(
        columns=over.counts.columns, requests=len(sandbox.journal.calls), waited=timedelta(seconds=sum(clock.slept))
    )
    assert over.counts.requests > 0
    story = [event.text for event in services.runs.events(alice, over.id)]
    assert story[0] == CONNECTING
    assert not any(CONNECTED in line for line in story)


@pytest.mark.parametrize("fault", ["server_error", "rate_limit", "revoked", "budget_spent", "html_403"])
def test_trouble_in_mid_run_is_counted_to_the_end(
    run: Callable[[str], Run], services: Services, alice: Actor, sandbox: Sandbox, clock: WatchedClock, fault: str
):
    sandbox.faults.add(fault, path="/api/v2/deals")
    over = run("deals")
    answered = [call for call in sandbox.journal.calls if not call.path.startswith("/api/v2/deals")]
    assert over.phase is Phase.READING
    assert over.counts.requests == len(sandbox.journal.calls) > len(answered) > 0
    assert over.counts.tokens > 0
    assert over.counts.waited == timedelta(seconds=sum(clock.slept))
    assert any(CONNECTED in event.text for event in services.runs.events(alice, over.id))


def test_requests_and_waiting_show_while_they_last(
    run: Callable[[str], Run],
    services: Services,
    alice: Actor,
    sandbox: Sandbox,
    clock: WatchedClock,
):
    seen: list[Counts] = []

    def look() -> None:
        [card] = services.importers.cards(alice)
        assert card.last_run is not None
        seen.append(card.last_run.counts)

    clock.look = look
    sandbox.faults.add("server_error", path="/api/v2/stages")
    over = run("stages")
    requests = {counts.requests for counts in seen}
    assert requests == set(range(1, over.counts.requests + 1)) - {over.counts.requests}
    behind = [
        total - counts.waited.total_seconds() for total, counts in zip(running_total(clock.slept), seen, strict=True)
    ]
    assert max(behind) <= 2


def running_total(slept: list[float]) -> list[float]:
    return [sum(slept[: place + 1]) for place in range(len(slept))]


@pytest.mark.parametrize("fault", ["server_error", "cut"])
def test_trouble_is_kept_with_what_pipedrive_says_about_itself(
    services: Services, alice: Actor, run: Callable[[str], Run], sandbox: Sandbox, fault: str
) -> None:
    sandbox.status.report("degraded", subject="Slow API", minutes_ago=20)
    sandbox.faults.add(fault)
    failed = services.runs.get(alice, run("deals").id)
    assert failed.trouble is not None
    assert failed.trouble.bulletin is not None
    assert (failed.trouble.bulletin.state, failed.trouble.bulletin.subject) == ("Degraded Performance", "Slow API")
    last = services.runs.events(alice, failed.id)[-1].text
    assert last.startswith("Pipedrive reports: Degraded Performance since ")
    assert last.endswith(" UTC (Slow API), https://status.pipedrive.com/notices/2")
    sandbox.status.clear()


def test_a_token_that_is_refused_is_nothing_to_ask_the_status_page_about(
    services: Services, alice: Actor, run: Callable[[str], Run], sandbox: Sandbox
) -> None:
    sandbox.faults.add("revoked")
    failed = services.runs.get(alice, run("deals").id)
    assert failed.trouble is not None
    assert failed.trouble.bulletin is None


def test_a_status_page_that_does_not_answer_changes_nothing(
    services: Services, alice: Actor, run: Callable[[str], Run], sandbox: Sandbox
) -> None:
    sandbox.status.answers = 500
    sandbox.faults.add("server_error")
    failed = services.runs.get(alice, run("deals").id)
    assert failed.status is Status.WAITING
    assert failed.trouble is not None
    assert (failed.trouble.code, failed.trouble.bulletin) == ("service-trouble", None)
    sandbox.status.clear()
