"""A glance at the first rows, which must not cost what a whole reading does."""

from __future__ import annotations

from typing import Any

import pytest

from importers.model import Selection
from sandbox.pipedrive import create_app
from sandbox.world import World
from tests.pipedrive import Rig, a_rig, an_app

ENOUGH = 45
"""Requests of a glance: thirty for records, and some for parents, fields and names."""


@pytest.fixture(scope="module")
def company() -> World:
    """Nobody comments on its notes, except on every fiftieth."""
    company = World(deals=400)
    comments = company.attachments.comments
    company.attachments.comments = lambda note: comments(note) if note % 50 == 2 else []  # type: ignore[method-assign]
    return company


@pytest.fixture(scope="module")
def app(company: World) -> Any:
    return an_app(company)


@pytest.fixture
def rig(app: Any) -> Rig:
    return a_rig(app=app)


def glance(rig: Rig, selection: Selection) -> tuple[int, list[str]]:
    """How many rows it shows, and what it says."""
    reading = rig.source.open(selection, is_glance=True)
    return sum(len(page.rows) for page in reading.pages()), reading.notes


def test_a_glance_at_rare_records_ends_soon_and_says_how_far_it_looked(rig: Rig, company: World) -> None:
    rows, notes = glance(rig, Selection("note-comments", limit=20))
    assert notes == [f"{rows} {'row' if rows == 1 else 'rows'} in the first 29 notes; the preview looks no further."]
    assert len(company.shelf("notes").ids) >= 200
    assert len(rig.journal.calls) < ENOUGH


def test_a_glance_at_records_that_nothing_has_says_so(company: World) -> None:
    bare = World(deals=400)
    bare.attachments.comments = lambda note: []  # type: ignore[method-assign]
    rig = a_rig(world=bare)
    assert glance(rig, Selection("note-comments", limit=20)) == (
        0,
        ["No row in the first 29 notes; the preview looks no further."],
    )
    assert len(rig.journal.calls) < ENOUGH


def test_a_glance_that_finds_what_it_wants_says_nothing(rig: Rig) -> None:
    assert glance(rig, Selection("deal-participants", limit=20)) == (20, [])
    assert glance(rig, Selection("persons", ("id", "name"), limit=20)) == (20, [])


def test_a_glance_at_few_records_looks_at_all_of_them(rig: Rig) -> None:
    assert glance(rig, Selection("stages", limit=20))[1] == []


def test_whoever_asks_for_so_many_rows_gets_them_however_rare(rig: Rig, company: World) -> None:
    assert len(rig.read(Selection("note-comments", limit=4))) == 4
    assert len(rig.journal.calls) > ENOUGH


def test_a_glance_through_a_filter_and_a_status_that_exclude_each_other_ends_soon(
    company: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importers.sources.pipedrive.supply._GLANCE", 3)
    rig = a_rig(app=create_app(company, plan="none", most_per_page=20))
    open_deals = 1
    assert glance(rig, Selection("deals", filter_id=open_deals, statuses=("lost",), limit=20)) == (
        0,
        ["No row in the first 60 records; the preview looks no further."],
    )
