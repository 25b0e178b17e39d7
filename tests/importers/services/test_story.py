"""A run's story: few enough lines to read, soon enough to watch."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from importers.engine.pipeline import Progress
from importers.model import Connection, ConnectionStatus, Counts, Line, Phase
from importers.services.story import Names, Story
from tests.builders import a_google_target, a_target
from tests.fakes import ACME, ALEX, NEW_YEAR, FakeClock


class Saved:
    """What was saved, in order."""

    def __init__(self) -> None:
        self.saves: list[tuple[Phase, int, list[str]]] = []

    def __call__(self, phase: Phase, counts: Counts, lines: Sequence[Line]) -> None:
        self.saves.append((phase, counts.rows_read, [line.text for line in lines]))

    @property
    def lines(self) -> list[str]:
        return [line for _, _, lines in self.saves for line in lines]


@pytest.fixture
def saved() -> Saved:
    return Saved()


@pytest.fixture
def story(saved: Saved, clock: FakeClock) -> Story:
    connection = Connection(1, 1, "pipedrive", ACME, b"", ConnectionStatus.WORKING, NEW_YEAR, NEW_YEAR)
    return Story(Names(connection, "Deals", a_target()), saved, clock=clock)


def reading(rows: int, total: int | None = None, tokens: int = 0) -> Progress:
    return Progress(Phase.READING, Counts(rows_read=rows, rows_total=total, tokens=tokens))


def test_counts_are_saved_at_most_twice_a_second(story: Story, saved: Saved, clock: FakeClock):
    story.report(reading(0))
    for rows in range(1, 101):
        clock.advance(seconds=0.02)
        story.report(reading(rows))
    assert 3 <= len(saved.saves) <= 5


def test_a_new_phase_is_saved_at_once(story: Story, saved: Saved):
    story.report(reading(0))
    story.report(reading(500))
    story.report(Progress(Phase.WRITING, Counts(rows_read=500)))
    assert [(phase, rows) for phase, rows, _ in saved.saves] == [(Phase.READING, 0), (Phase.WRITING, 500)]


def test_rows_are_told_every_five_thousand(story: Story, saved: Saved):
    story.report(reading(0))
    for rows in range(500, 12_001, 500):
        story.report(reading(rows, total=12_000, tokens=rows // 50))
    assert saved.lines[2:] == ["Read 5,000 of 12,000 rows (100 tokens)", "Read 10,000 of 12,000 rows (200 tokens)"]


def test_slow_rows_are_told_every_five_seconds(story: Story, saved: Saved, clock: FakeClock):
    story.report(reading(0))
    for second in range(1, 12):
        clock.advance(seconds=1)
        story.report(reading(second))
    assert saved.lines[2:] == ["Read 5 rows", "Read 10 rows"]


def test_nothing_new_is_not_told(story: Story, saved: Saved, clock: FakeClock):
    story.report(reading(0))
    clock.advance(seconds=60)
    story.report(reading(0))
    assert saved.lines[2:] == []


def test_what_the_source_says_is_saved_at_once(story: Story, saved: Saved):
    story.report(reading(0))
    story.report(reading(700))
    story.tell("Waiting 12 s: Pipedrive asked for it")
    assert saved.saves[-1] == (Phase.READING, 700, ["Waiting 12 s: Pipedrive asked for it"])


def test_connected_is_told_only_once_it_is(story: Story, saved: Saved):
    story.report(Progress(Phase.CONNECTING, Counts()))
    assert saved.lines == ["Connecting to Acme Ltd"]
    story.report(reading(0))
    assert saved.lines[1:] == ["Connected to Acme Ltd as Alice Archer", "Reading Deals from Pipedrive"]


def test_the_last_counts_can_be_asked_for(story: Story):
    story.report(reading(700))
    assert story.counts.rows_read == 700


# --- at Google ---


@pytest.fixture
def at_google(saved: Saved, clock: FakeClock) -> Story:
    connection = Connection(1, 1, "pipedrive", ACME, b"", ConnectionStatus.WORKING, NEW_YEAR, NEW_YEAR)
    google = Connection(2, 1, "google_sheets", ALEX, b"", ConnectionStatus.WORKING, NEW_YEAR, NEW_YEAR)
    return Story(Names(connection, "Deals", a_google_target(2), google), saved, clock=clock)


def test_the_tab_and_the_account_have_names(at_google: Story, saved: Saved):
    at_google.report(Progress(Phase.WRITING, Counts(rows_read=60)))
    assert saved.lines[-1] == "Writing to tab Deals of Sales 2026 as alex@northwind.example"


@pytest.mark.parametrize(
    ("added", "changed", "removed", "says"),
    [
        (12, 30, 5, "Wrote to tab Deals of Sales 2026: 12 rows added, 30 changed, 5 removed"),
        (1, 0, 0, "Wrote to tab Deals of Sales 2026: 1 row added"),
        (0, 0, 1_200, "Wrote to tab Deals of Sales 2026: 1,200 rows removed"),
        (0, 0, 0, "Nothing to change in tab Deals of Sales 2026: its 60 rows are as they should be"),
        (None, None, None, "Wrote 60 rows to tab Deals of Sales 2026"),
    ],
)
def test_what_became_of_the_rows_is_told_where_it_is_known(
    at_google: Story, saved: Saved, added: int | None, changed: int | None, removed: int | None, says: str
):
    counts = Counts(rows_written=60, rows_added=added, rows_changed=changed, rows_removed=removed)
    at_google.report(Progress(Phase.FINISHED, counts))
    assert saved.lines[-1] == says
