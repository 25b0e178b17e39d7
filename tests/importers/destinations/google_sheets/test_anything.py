"""Random sheets, random hands that move things about in them, random tables: ours is right, and all of theirs is there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from importers.destinations.google_sheets import layout, marks
from importers.destinations.google_sheets.job import Limits
from importers.errors import InvalidSettings
from importers.model import Column, Mode
from tests.importers.destinations.google_sheets.desk import TINY, Desk
from tests.importers.destinations.google_sheets.signed_in import World, a_world

MOST_COLUMNS = 5
COLUMNS = tuple(Column(f"c{number}", f"Column {number}") for number in range(MOST_COLUMNS))


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with a_world() as world:
        yield world


numbers = some.integers(0, 14)
tables = some.tuples(
    some.lists(some.integers(0, 12), max_size=12, unique=True),  # keys
    some.lists(some.sampled_from(range(1, MOST_COLUMNS)), max_size=MOST_COLUMNS - 1, unique=True),  # further columns
    some.integers(0, 2),  # what the cells say
)
hands = some.one_of(
    some.tuples(some.just("insert rows"), numbers, some.integers(1, 3)),
    some.tuples(some.just("insert columns"), numbers, some.integers(1, 2)),
    some.tuples(some.just("move a column"), numbers, numbers),
    some.tuples(some.just("type"), numbers, numbers),
    some.tuples(some.just("rename"), some.integers(0, 99), some.just(0)),
)
games = some.lists(some.tuples(some.lists(hands, max_size=4), tables), min_size=2, max_size=4)


class Game:
    """A desk with a table that begins somewhere, and things of its owner's, each with a text of its own."""

    def __init__(self, world: World, limits: Limits, mode: Mode, start: str) -> None:
        self.desk = Desk(world, limits=limits)
        self.target: dict[str, Any] = {"start": start, "sheet": "Sheet1", "mode": mode, "key": "c0"}
        self.typed = 0
        self.mode = mode
        self.rows: list[dict[str, str]] = []

    @property
    def tab(self) -> Any:
        return self.desk.book.tab(0)

    # --- hands

    def lend(self, what: str, one: int, two: int) -> None:
        sheet = {"sheetId": 0}
        if what == "insert rows" and not self.is_within(one):
            self.desk.do(
                {"insertDimension": {"range": {**sheet, "dimension": "ROWS", "startIndex": one, "endIndex": one + two}}}
            )
        if what == "insert columns":
            where = {**sheet, "dimension": "COLUMNS", "startIndex": one, "endIndex": one + two}
            self.desk.do({"insertDimension": {"range": where}})
        if what == "move a column" and two not in (one, one + 1):
            where = {**sheet, "dimension": "COLUMNS", "startIndex": one, "endIndex": one + 1}
            self.desk.do({"moveDimension": {"source": where, "destinationIndex": two}})
        if what == "type":
            self.type(one, two)
        if what == "rename" and self.place() is not None:
            properties = {**sheet, "title": f"Name {one}"}
            self.desk.do({"updateSheetProperties": {"properties": properties, "fields": "title"}})

    def is_within(self, row: int) -> bool:
        """Rows in the midst of a table are rows of it in replace mode, so that is tested elsewhere."""
        place = self.place()
        return place is not None and place[0] < row <= place[1]

    def type(self, row: int, column: int) -> None:
        place = self.place()
        ours = place is not None and column in place[2].values() and place[0] <= row <= place[1]
        if not ours and self.tab.value(row, column) is None:
            self.typed += 1
            with self.desk.book.lock, self.desk.book.transaction():
                self.tab.set_value(row, column, f"mine {self.typed}")

    # --- looking

    def place(self) -> tuple[int, int, dict[str, int]] | None:
        """The header row, the last data row, and the columns by their short names."""
        found = marks.parsed(self.desk.world.user().search_metadata(self.desk.id, marks.KEYS))
        head = next((mark.index for mark in found if mark.key == marks.HEAD), None)
        if head is None:
            return None
        foot = max((mark.index for mark in found if mark.key == marks.FOOT), default=head)
        columns = {mark.value.split(".")[1]: mark.index or 0 for mark in found if mark.key == marks.COLUMN}
        return head, foot if foot is not None else head, columns

    def theirs(self) -> dict[str, tuple[int, int]]:
        return {
            value: (row, column)
            for row, column, value in self.tab.values.cells()
            if isinstance(value, str) and value.startswith("mine")
        }

    def check_table(self) -> None:
        place = self.place()
        assert place is not None
        head, foot, columns = place
        assert foot - head == len(self.rows)
        for column in COLUMNS:
            at = columns.get(marks.short_of_column(column.key))
            if at is None:
                continue
            assert self.tab.value(head, at) == column.header
            there = [self.tab.value(row, at) or "" for row in range(head + 1, foot + 1)]
            assert there == [row.get(column.key, "") for row in self.rows]

    def check_theirs(self, before: dict[str, tuple[int, int]], place: tuple[int, int, dict[str, int]] | None) -> None:
        """Nothing is lost, nothing passes anything else, and what stands beside the table's rows stays there."""
        after = self.theirs()
        assert after.keys() == before.keys()
        for one, (row, column) in before.items():
            for other, (row_two, column_two) in before.items():
                if row < row_two and column == column_two:
                    assert after[one][0] < after[other][0]
                if column < column_two:
                    assert after[one][1] < after[other][1]
                if column == column_two:
                    assert after[one][1] == after[other][1]
        bottom = -1 if place is None else place[1] + 1
        for one, (row, column) in before.items():
            if row < bottom or (place is not None and column not in place[2].values() and row < bottom):
                assert after[one][0] == row

    # --- playing

    def write(self, table: tuple[list[int], list[int], int]) -> None:
        keys, more, say = table
        columns = [COLUMNS[0], *(COLUMNS[number] for number in more)]
        new = [
            {"c0": f"key {key}", **{f"c{number}": f"{key} of {number} as {say if key % 3 else 0}" for number in more}}
            for key in keys
        ]
        self.desk.write([[row[column.key] for column in columns] for row in new], columns, page=5, **self.target)
        shown = {column.key for column in columns}
        self.rows = [{key: value for key, value in row.items() if key in shown} for row in self._after(new)]

    def _after(self, new: list[dict[str, str]]) -> list[dict[str, str]]:
        if self.mode is Mode.REPLACE:
            return new
        if self.mode is Mode.APPEND:
            return self.rows + new
        by_key = {row["c0"]: row for row in new}
        return [by_key.pop(row["c0"], {}) if row.get("c0") else row for row in self.rows] + list(by_key.values())


@pytest.mark.slow
@pytest.mark.parametrize("limits", [Limits(), TINY], ids=["small", "staged"])
@pytest.mark.parametrize("mode", list(Mode))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(
    start=some.sampled_from(["A1", "B3", "D2"]), first=some.lists(some.tuples(numbers, numbers), max_size=6), game=games
)
def test_ours_is_right_and_theirs_is_there(
    world: World, limits: Limits, mode: Mode, start: str, first: list[tuple[int, int]], game: Any
) -> None:
    playing = Game(world, limits, mode, start)
    for row, column in first:
        playing.type(row, column)
    for moves, table in game:
        for what, one, two in moves:
            playing.lend(what, one, two)
        before, place = playing.theirs(), playing.place()
        with suppress(InvalidSettings):
            playing.write(table)
        if playing.place() is None:  # the first write may not take what is somebody's
            assert before
            assert playing.theirs() == before
            return
        playing.check_table()
        playing.check_theirs(before, place)


@given(some.lists(some.integers(0, 30), unique=True))
def test_groups_put_together_are_the_columns(places: list[int]) -> None:
    found = layout.groups(places)
    assert [group.at + number for group in found for number in range(group.count)] == places
    assert [group.first for group in found] == [sum(group.count for group in found[:n]) for n in range(len(found))]


@given(some.lists(some.integers(0, 30)))
def test_runs_put_together_are_the_positions(positions: list[int]) -> None:
    found = list(layout.runs(positions))
    assert [run.at + number for run in found for number in range(run.count)] == positions


@given(some.lists(some.integers(0, 30)))
def test_spans_hold_every_number_once(places: list[int]) -> None:
    held = [number for start, end in layout.spans(places) for number in range(start, end)]
    assert held == sorted(set(places))
