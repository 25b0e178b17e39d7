"""
A writer is killed before and after every one of its requests; every answer is
lost, every request gets lost; and every write is carried out late: at any
moment of the run after it, or when that is over. What people see is whole all
the time, nothing is written twice, and the next run leaves no trace of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from importers.destinations.google_sheets import marks
from importers.destinations.google_sheets.job import Limits
from importers.errors import ImporterError
from importers.model import Row
from sandbox.adapters import WSGIAdapter
from sandbox.google.accounts import ALEX, DEMO
from sandbox.google.files import File
from sandbox.google.tab import Formula
from tests.importers.destinations.google_sheets.desk import APPEND, COLUMNS, TINY, UPDATE, Desk, deals
from tests.importers.destinations.google_sheets.signed_in import World, a_world
from tests.importers.destinations.google_sheets.troubled import AT_ONCE, LATE, Killed, TroubledWire

BEFORE = deals(8)
THEN = [*deals(3), *deals(3, start=4, factor=5.0), *deals(4, start=7)]
"""Some as before, some changed, two more."""
LATER = [*deals(2, factor=3.0), *deals(2, start=9)]
"""Fewer of them, some changed."""

Rows = list[list[Any]]

pytestmark = pytest.mark.slow


@dataclass
class Case:
    """How a mode makes of a table another one."""

    name: str
    target: dict[str, Any]
    limits: Limits

    def after(self, rows: Rows, more: Sequence[Row]) -> Rows:
        new = [list(row) for row in more]
        if "mode" not in self.target:
            return new
        if self.target["mode"] == "append":
            return rows + new
        by_key = {row[0]: row for row in new}
        kept = [by_key.pop(row[0], [""] * len(row)) if row[0] != "" else row for row in rows]
        return kept + list(by_key.values())


CASES = [
    Case(f"{mode} {size}", target, limits)
    for mode, target in (("replace", {}), ("append", APPEND), ("update", UPDATE))
    for size, limits in (("small", Limits()), ("staged", TINY))
]


@dataclass
class Scene:
    """A spreadsheet with a table of ours, and somebody's things beside it; each `play` has a fresh copy."""

    world: World
    case: Case
    points: int = field(default=0)
    last_writes: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.desk = Desk(self.world, limits=self.case.limits)
        self.desk.write(BEFORE, **self.case.target)
        tab = self.desk.tab()
        with self.desk.book.lock, self.desk.book.transaction():
            tab.rows, tab.columns = 30, 8
            tab.set_value(0, 4, "Mine")
            for row in range(1, 9):
                tab.set_value(row, 4, Formula(f"=C{row + 1}*2"))
            tab.set_value(20, 1, "Sum of all")
        self.original = self.desk.file
        self.before = self.state()

    def fresh(self) -> None:
        files = self.world.google.files
        file: File = files.copy(self.original, ALEX, "Sales 2026")
        files.give(file, DEMO.client_id, ALEX.email)
        self.desk.file = file

    def drop(self) -> None:
        if self.desk.file is not self.original:
            self.world.google.files.delete(self.desk.file)

    def run(self, wire: TroubledWire, rows: Sequence[Row], name: str) -> bool:
        """Whether the run came to its end."""
        world = World(
            self.world.app, self.world.google, self.world.clock, wire.session(), self.world.quotas, self.world.told
        )
        destination = self.desk.new_destination(world.user())
        try:
            self.desk.write(rows, COLUMNS, run=name, page=3, destination=destination, **self.case.target)
        except (Killed, ImporterError):
            return False
        return True

    def wire(self, **more: Any) -> TroubledWire:
        return TroubledWire(WSGIAdapter(self.world.app, on_wait=self.world.clock.sleep), **more)

    def state(self) -> Rows:
        """The table, as far down as anything of it stands."""
        tab = self.desk.tab()
        lines = [[("" if value is None else value) for value in row] for row in tab.block(0, 0, 60, 3)]
        lines = lines[: [line[1] for line in lines].index("Sum of all")]
        while lines and all(value == "" for value in lines[-1]):
            lines.pop()
        assert lines[0] == ["ID", "Title", "Value"]
        return lines[1:]

    def check_neighbours(self) -> None:
        tab = self.desk.tab()
        assert tab.value(0, 4) == "Mine"
        assert [tab.value(row, 4) for row in range(1, 9)] == [f"=C{row + 1}*2" for row in range(1, 9)]
        assert "Sum of all" in [tab.value(row, 1) for row in range(9, 60)]

    def check_clean(self) -> None:
        """No staging tab, and each mark once, where it belongs."""
        assert [tab.title for tab in self.desk.book.tabs] == ["Sheet1", "Deals"]
        found = marks.parsed(self.world.user().search_metadata(self.desk.id, marks.KEYS))
        kinds = sorted(mark.key for mark in found)
        rows = next(mark for mark in found if mark.key == marks.TABLE).content["rows"]
        assert kinds == sorted([marks.TABLE, marks.HEAD, *[marks.FOOT] * 3, *[marks.COLUMN] * 3])
        assert {mark.index for mark in found if mark.key == marks.FOOT} == {rows - 2, rows - 1, rows}


def trimmed(rows: Rows) -> Rows:
    while rows and all(value == "" for value in rows[-1]):
        rows = rows[:-1]
    return rows


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with a_world() as world:
        yield world


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def scene(world: World, request: pytest.FixtureRequest) -> Iterator[Scene]:
    scene = Scene(world, request.param)
    yield scene
    print(f"\n{scene.case.name}: {scene.points} points")  # noqa: T201


def test_nothing_is_half_written_or_doubled(scene: Scene) -> None:
    """Then the run is tried again, as a worker's run is, and the next one comes."""
    new = scene.case.after(scene.before, THEN)
    whole = [trimmed(scene.before), trimmed(new)]
    total = length_of_a_run(scene)
    for number in range(total):
        for trouble in AT_ONCE:
            scene.points += 1
            scene.fresh()
            has_ended = scene.run(scene.wire(at=number, trouble=trouble), THEN, "run B")
            assert trimmed(scene.state()) in (whole[1:] if has_ended else whole), (number, trouble)
            assert scene.run(scene.wire(), THEN, "run B"), (number, trouble)
            assert trimmed(scene.state()) == whole[1], (number, trouble, "tried again")
            scene.check_clean()
            assert scene.run(scene.wire(), LATER, "run C")
            assert trimmed(scene.state()) == trimmed(scene.case.after(new, LATER)), (number, trouble, "the next run")
            scene.check_neighbours()
            scene.check_clean()
            scene.drop()


def test_what_is_carried_out_late_changes_nothing_for_the_next_run(scene: Scene) -> None:
    new = scene.case.after(scene.before, THEN)
    allowed = [trimmed(scene.case.after(start, LATER)) for start in (scene.before, new)]
    length_of_a_run(scene)
    for number in scene.last_writes:
        for trouble in LATE:
            moment = 0
            while carried_out_during_the_next_run(scene, allowed, number, trouble, moment):
                moment += 1


def carried_out_during_the_next_run(scene: Scene, allowed: list[Rows], number: int, trouble: str, moment: int) -> bool:
    """Write *number* of run B comes before request *moment* of run C; False once that run is over by then."""
    scene.points += 1
    scene.fresh()
    broken, following = scene.wire(at=number, trouble=trouble), scene.wire()
    scene.run(broken, THEN, "run B")
    following.before_each = lambda count: carry_out(broken) if count == moment else None
    # What comes in between may make the run give up, and be tried again.
    assert scene.run(following, LATER, "run C") or scene.run(scene.wire(), LATER, "run C"), (number, trouble, moment)
    came_in_time = not broken.held
    carry_out(broken)
    assert trimmed(scene.state()) in allowed, (number, trouble, moment)
    assert scene.run(scene.wire(), LATER, "run D"), (number, trouble, moment)
    scene.check_neighbours()
    scene.check_clean()
    scene.drop()
    return came_in_time


def carry_out(wire: TroubledWire) -> None:
    held, wire.held = wire.held, []
    for request in held:
        with suppress(Exception):
            request()


def length_of_a_run(scene: Scene) -> int:
    scene.fresh()
    wire = scene.wire()
    assert scene.run(wire, THEN, "run B")
    scene.last_writes = wire.writes
    scene.drop()
    return wire.count
