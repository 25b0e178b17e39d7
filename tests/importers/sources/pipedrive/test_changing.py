"""
While it is read, the company changes: whatever happened between two requests,
the table is the one that a full reading of the run's end gives.

The seeds decide on the company, the page size, what is read and what happens;
threads decide on the rest, so a seed that failed may need a few tries to fail
again.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from importers.errors import ServiceTrouble
from importers.model import Refresh, Row, Vanished
from importers.sources.pipedrive.entities import BY_NAME
from importers.sources.pipedrive.walks import Asked, Walker
from sandbox.adapters import WSGIAdapter
from tests.importers.sources.pipedrive.bustle import Office, Shape, by_id


def seeds(quick: int, all_of_them: int) -> Iterable[Any]:
    return [*range(quick), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(quick, all_of_them))]


def assert_is_up_to_date(rows: list[Row], office: Office) -> None:
    expected, found = by_id(office.full(), office), by_id(rows, office)
    assert expected.keys() == {*office.ids()}
    assert found.keys() == expected.keys()
    assert {number: row for number, row in found.items() if not _is_as(row, expected[number], office)} == {}


def _is_as(row: Row, expected: Row, office: Office) -> bool:
    """That a related record was deleted is told by nobody: its name may stay until everything is read again."""
    columns = office.selection.columns or ()
    cells = zip(columns, row, expected, strict=True)
    return all(cell == told or (column in _NAMES and told is None) for column, cell, told in cells)


_NAMES = ("person", "organization", "deal", "participants")


@pytest.mark.parametrize("seed", seeds(3, 200))
def test_after_each_run_the_table_is_what_a_full_reading_gives(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    office = Office(Shape.by(chance), chance, tmp_path)
    for _ in range(chance.randint(2, 4)):
        office.meddler.happen(12)
        office.meddler.meddle(rounds=chance.choice((0, 1, 2, 3, 4, 9)))
        if chance.random() < 0.3:
            office.cut_short()
        if chance.random() < 0.3:
            office.lose_answers()
        rows = office.run()
        if office.meddler.is_calm:
            assert_is_up_to_date(rows, office)
    office.meddler.meddle(rounds=0)
    assert_is_up_to_date(office.run(), office)


def test_what_happens_while_it_asks_what_changed_is_asked_for_again(tmp_path: Path) -> None:
    office = Office(Shape(), random.Random(1), tmp_path)
    office.run()
    changes, [first, second] = office.world.changes, office.ids()[:2]
    changes.change("deal", first, title="Before the run")
    titles = iter(("During the first round", "During the second", "During the third"))

    def happen(path: str) -> None:
        if path == "/api/v2/deals/archived" and (title := next(titles, "")):
            changes.change("deal", second, title=title)

    office.sandbox.before_each.append(happen)
    rows = by_id(office.run(), office)
    assert [rows[number][office.place("title")] for number in (first, second)] == ["Before the run", "During the third"]


def test_whoever_reads_page_by_page_and_leaves_it_at_that_gets_it_wrong(tmp_path: Path) -> None:
    """So the test above can fail."""

    def is_right(seed: int) -> bool:
        office = Office(Shape(deals=60, page=7), random.Random(seed), tmp_path)
        office.meddler.meddle(rounds=1)
        walker = Walker(office.source(WSGIAdapter(office.app))._client)
        pages = walker.pages(BY_NAME["deals"].where, Asked())
        return {record["id"] for page in pages for record in page.records} == {*office.ids()}

    assert not all(map(is_right, range(5)))


@pytest.mark.parametrize("seed", seeds(2, 80))
def test_lists_that_do_not_tell_what_was_removed_have_everything_else_right(seed: int, tmp_path: Path) -> None:
    """And are equal after the next full reading that nobody disturbs."""
    chance = random.Random(seed)
    entity = chance.choice(("persons", "organizations", "activities", "products", "notes", "leads"))
    office = Office(Shape.by(chance, entity=entity, statuses=()), chance, tmp_path)
    for _ in range(2):
        office.meddler.meddle(rounds=chance.choice((0, 1, 2, 3, 4, 9)))
        found = _found_or_given_up(office)
        if office.meddler.is_calm and found is not None:
            expected = by_id(office.full(), office)
            assert expected.keys() <= found.keys()
            assert {number: row for number, row in expected.items() if not _is_as(found[number], row, office)} == {}
        office.meddler.meddle(rounds=0)
        office.clock.advance(days=8)
        assert_is_up_to_date(office.run(), office)


def _found_or_given_up(office: Office) -> dict[Any, Row] | None:
    """A list by offsets may change faster than it can be read; that is then said, and nothing is written."""
    try:
        return by_id(office.run(), office)
    except ServiceTrouble as trouble:
        if office.selection.entity not in ("notes", "leads") or "changes faster" not in trouble.message:
            raise
        return None


@pytest.mark.parametrize("seed", seeds(1, 30))
@pytest.mark.parametrize("choice", [Vanished.KEEP, Vanished.MARK, Vanished.MOVE])
def test_rows_of_removed_deals_are_where_the_owner_wants_them(choice: Vanished, seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    shape = Shape.by(chance, entity="deals", vanished=choice, refresh=chance.choice(list(Refresh)))
    office = Office(shape, chance, tmp_path)
    gone: dict[Any, Row] = {}
    office.run()
    before = by_id(office.full(), office)
    for _ in range(4):
        office.meddler.happen(12)
        now = by_id(office.full(), office)
        still_there = {*now, *office.shelf.ids}  # type: ignore[misc]
        gone = {number: row for number, row in {**gone, **before}.items() if number not in still_there}
        there, removed = _apart(choice, office.run(), office)
        assert there.keys() == now.keys()
        assert all(_is_as(row, now[number], office) for number, row in there.items())
        assert _told(removed, office) == _told(gone, office)
        if chance.random() < 0.5:
            office.forget()
        before = now


def _apart(choice: Vanished, rows: list[Row], office: Office) -> tuple[dict[Any, Row], dict[Any, Row]]:
    """The rows of what is there, and those of what was removed, both without the mark."""
    listed = {*office.ids()}
    if choice is Vanished.MOVE:
        assert all(row[-1] is not None for row in office.removed)
        rows = [*rows, *(row[:-1] for row in office.removed)]
    elif choice is Vanished.MARK:
        assert all((row[-1] is None) is (row[office.place("id")] in listed) for row in rows)
        rows = [row[:-1] for row in rows]
    found = by_id(rows, office)
    there = {number: row for number, row in found.items() if number in listed}
    return there, {number: row for number, row in found.items() if number not in listed}


def _told(rows: dict[Any, Row], office: Office) -> dict[Any, Row]:
    """What a row says itself; names of others may have changed since."""
    places = [office.place(column) for column in ("title", "value", "status", "stage_id", "person_id", "update_time")]
    return {number: tuple(row[place] for place in places) for number, row in rows.items()}
