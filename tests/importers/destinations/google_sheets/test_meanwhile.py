"""What happens in the spreadsheet between the first row that comes and the moment all of them show."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest

from importers.destinations.google_sheets.job import Limits
from importers.errors import ConnectionTrouble, NotThere, RunStopped, TemporaryError
from importers.interfaces import Stop, never_stop
from importers.model import Delivery
from sandbox.adapters import WSGIAdapter
from tests.contracts.destination import no_longer_ours
from tests.importers.destinations.google_sheets.desk import APPEND, COLUMNS, RUN_AT, TINY, UPDATE, Desk, deals
from tests.importers.destinations.google_sheets.signed_in import World, a_world
from tests.importers.destinations.google_sheets.troubled import TroubledWire

HEADERS = ["ID", "Title", "Value"]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with a_world() as world:
        yield world


@pytest.fixture(params=[Limits(), TINY], ids=["small", "staged"])
def desk(world: World, request: pytest.FixtureRequest) -> Desk:
    return Desk(world, limits=request.param)


def listed(rows):
    return [list(row) for row in rows]


def write_while(desk: Desk, rows: list[Any], meanwhile: Callable[[], object], **target: Any) -> Any:
    """It happens when half of the rows have come."""
    place = desk.target(**target)
    desk.destination.check(place)
    with desk.destination.begin(place, COLUMNS, delivery=Delivery("meanwhile", RUN_AT)) as writing:
        for start in range(0, len(rows), 4):
            if start == 12:
                meanwhile()
            writing.add(rows[start : start + 4])
        return writing.commit()


def sort_backwards(desk: Desk, rows: int) -> None:
    area = {"sheetId": desk.tab().sheet_id, "startRowIndex": 1, "endRowIndex": rows + 1}
    desk.do({"sortRange": {"range": area, "sortSpecs": [{"dimensionIndex": 0, "sortOrder": "DESCENDING"}]}})


HALF_CHANGED = [(id_, title, value if id_ % 2 else -1) for id_, title, value in deals(24)]


def test_rows_that_are_sorted_meanwhile_are_updated_where_they_are(desk: Desk) -> None:
    desk.write(deals(24), **UPDATE)
    write_while(desk, [*HALF_CHANGED, (25, "New", 1)], lambda: sort_backwards(desk, 24), **UPDATE)
    assert desk.table() == [HEADERS, *listed(reversed(HALF_CHANGED)), [25, "New", 1]]


def test_rows_that_are_deleted_meanwhile_come_back_or_stay_away(desk: Desk) -> None:
    desk.write(deals(24), **UPDATE)
    rows = desk.lines("ROWS", 5, 7)
    write_while(desk, HALF_CHANGED, lambda: desk.do({"deleteDimension": {"range": rows}}), **UPDATE)
    desk.write(HALF_CHANGED, **UPDATE)
    assert sorted(desk.table()[1:]) == listed(HALF_CHANGED)


def test_rows_to_replace_that_are_sorted_meanwhile_are_right_at_the_latest_at_the_next_try(desk: Desk) -> None:
    desk.write(deals(24))
    try:
        write_while(desk, HALF_CHANGED, lambda: sort_backwards(desk, 24))
    except TemporaryError as error:
        assert "Nothing was changed" in error.message  # noqa: PT017 - small tables are looked at later, so they need no second try
        assert desk.table() == [HEADERS, *listed(reversed(deals(24)))]
        desk.write(HALF_CHANGED)
    assert desk.table() == [HEADERS, *listed(HALF_CHANGED)]
    assert [tab.title for tab in desk.book.tabs] == ["Sheet1", "Deals"]


@pytest.mark.parametrize("target", [{}, UPDATE, APPEND], ids=["replace", "update", "append"])
def test_a_table_that_is_moved_and_renamed_meanwhile_is_followed(desk: Desk, target: dict[str, Any]) -> None:
    desk.write(deals(24), **target)

    def move() -> None:
        sheet = desk.tab().sheet_id
        desk.do(
            {"insertDimension": {"range": desk.lines("ROWS", 0, 3)}},
            {"insertDimension": {"range": desk.lines("COLUMNS", 0, 1)}},
            {"moveDimension": {"source": desk.lines("COLUMNS", 1, 2), "destinationIndex": 4}},
            {"updateSheetProperties": {"properties": {"sheetId": sheet, "title": "Moved"}, "fields": "title"}},
        )

    write_while(desk, HALF_CHANGED, move, **target)
    rows = [*deals(24), *HALF_CHANGED] if target == APPEND else HALF_CHANGED
    expected = [["", title, value, id_] for id_, title, value in [tuple(HEADERS), *rows]]
    assert desk.table("Moved", "A4:D60") == expected


def test_a_tab_that_is_deleted_meanwhile_is_made_anew_or_the_run_tried_again(desk: Desk) -> None:
    desk.write(deals(24))
    sheet = desk.tab().sheet_id
    try:
        write_while(desk, HALF_CHANGED, lambda: desk.do({"deleteSheet": {"sheetId": sheet}}))
    except TemporaryError:
        desk.write(HALF_CHANGED)
    assert desk.table() == [HEADERS, *listed(HALF_CHANGED)]


class NoLocks:
    """As when a lock was lost: everybody may."""

    def hold(self, name: str, **more: Any) -> AbstractContextManager[Stop]:
        return nullcontext(never_stop)


@pytest.mark.parametrize("target", [{}, UPDATE, APPEND], ids=["replace", "update", "append"])
def test_of_two_writers_without_a_lock_only_one_goes_on(desk: Desk, target: dict[str, Any]) -> None:
    desk.write(deals(24), **target)
    place = desk.target(**target)
    other = desk.new_destination(locks=NoLocks())
    outcomes = []

    def write_too() -> None:
        with other.begin(place, COLUMNS, delivery=Delivery("other", RUN_AT)) as writing:
            writing.add(deals(30, factor=3))
            try:
                writing.commit()
            except TemporaryError:
                outcomes.append("gave up")
            else:
                outcomes.append("wrote")

    desk.destination = desk.new_destination(locks=NoLocks())
    with desk.destination.begin(place, COLUMNS, delivery=Delivery("mine", RUN_AT)) as writing:
        client = writing._job.heard
        real = client.batch_update
        calls = []

        def batch_update(*args: Any, **more: Any) -> Any:
            answer = real(*args, **more)
            if not calls:  # our guard stands: somebody else comes
                calls.append(1)
                write_too()
            return answer

        client.batch_update = batch_update  # type: ignore[method-assign]
        try:
            writing.add(HALF_CHANGED)
            writing.commit()
        except TemporaryError:
            outcomes.append("gave up")
        else:
            outcomes.append("wrote")
    assert outcomes.count("wrote") <= 1
    theirs = [*deals(24), *deals(30, factor=3)] if target == APPEND else deals(30, factor=3)
    mine = [*deals(24), *HALF_CHANGED] if target == APPEND else HALF_CHANGED
    assert desk.table()[1:] in (listed(deals(24)), listed(theirs), listed(mine))
    desk.write(deals(30, factor=3), **target)
    assert [tab.title for tab in desk.book.tabs] == ["Sheet1", "Deals"]


def test_a_run_that_is_cancelled_leaves_no_trace(desk: Desk) -> None:
    desk.write(deals(24))
    before = desk.everything()
    stopped = []

    def stop() -> None:
        if stopped:
            raise RunStopped("cancelled")

    with pytest.raises(RunStopped), desk.destination.begin(desk.target(), COLUMNS, stop=stop) as writing:  # noqa: PT012
        writing.add(HALF_CHANGED)
        stopped.append(1)
        writing.add(HALF_CHANGED)
        writing.commit()
    assert desk.everything() == before


def test_a_run_that_is_somebody_elses_by_now_leaves_no_trace(desk: Desk) -> None:
    desk.write(deals(24))
    before = desk.everything()
    with pytest.raises(RunStopped), desk.destination.begin(desk.target(), COLUMNS) as writing:  # noqa: PT012
        writing.add(HALF_CHANGED)
        writing.commit(still_ours=no_longer_ours)
    assert desk.everything() == before


def test_trouble_while_uploading_is_raised_and_leaves_no_trace(world: World) -> None:
    desk = Desk(world, limits=TINY)
    desk.write(deals(4))
    before = desk.everything()
    world.google.faults.add("cut", method="PUT")
    with pytest.raises(ConnectionTrouble):
        desk.write(deals(60, factor=2), page=5)
    world.google.faults.clear()
    assert desk.everything() == before


def test_two_runs_of_one_tab_wait_for_each_other(world: World) -> None:
    """The second is told why it waits, and gives up after a while."""
    desk = Desk(world)
    desk.write(deals(4))
    name = f"google_sheets:{desk.id}:{desk.tab().sheet_id}"
    with desk.locks.hold(name), pytest.raises(TemporaryError):
        desk.write(deals(5))
    desk.write(deals(5))
    assert len(desk.table()) == 6


MOVES: dict[str, Callable[[Desk], object]] = {
    "a column is moved": lambda desk: desk.do(
        {"moveDimension": {"source": desk.lines("COLUMNS", 0, 1), "destinationIndex": 3}}
    ),
    "rows are inserted above": lambda desk: desk.do({"insertDimension": {"range": desk.lines("ROWS", 0, 2)}}),
    "a row is inserted": lambda desk: desk.do({"insertDimension": {"range": desk.lines("ROWS", 4, 5)}}),
    "the tab is renamed": lambda desk: desk.do(
        {"updateSheetProperties": {"properties": {"sheetId": desk.tab().sheet_id, "title": "Other"}, "fields": "title"}}
    ),
}


@pytest.mark.parametrize("move", MOVES)
def test_no_row_is_lost_whenever_something_is_moved(world: World, move: str) -> None:
    """Up to the last look; what comes in between that and the moment all of it shows cannot be noticed."""
    rows = [(id_, title, value if id_ % 2 else -1) for id_, title, value in deals(8) if id_ != 5]
    moment, is_over = 0, False
    while not is_over:
        desk = Desk(world, limits=TINY)
        desk.write(deals(8), **UPDATE)
        wire = TroubledWire(WSGIAdapter(world.app, on_wait=world.clock.sleep))
        wire.before_each = lambda number, desk=desk, moment=moment: MOVES[move](desk) if number == moment else None
        ours = World(world.app, world.google, world.clock, wire.session(), world.quotas, world.told)
        try:
            desk.write(rows, page=3, destination=desk.new_destination(ours.user()), **UPDATE)
        except (TemporaryError, NotThere):
            pass
        else:
            is_over = wire.count - 1 <= moment
            tab = desk.book.tabs[1]
            lines = [{tab.value(row, column) for column in range(3)} for row in range(tab.rows)]
            assert is_over or [line for line in lines if line & {f"Deal {id_}" for id_ in range(9)}] == [
                set(row) for row in rows
            ], moment
        moment += 1


def write_with(world: World, desk: Desk, moment: int, accident: Callable[[], object], **target: Any) -> bool:
    """Something happens right before request *moment* of a run; False once that is over by then."""
    wire = TroubledWire(WSGIAdapter(world.app, on_wait=world.clock.sleep))
    wire.before_each = lambda number: accident() if number == moment else None
    ours = World(world.app, world.google, world.clock, wire.session(), world.quotas, world.told)
    desk.write(deals(8, factor=2), page=3, destination=desk.new_destination(ours.user()), **target)
    return wire.count > moment


@pytest.mark.parametrize("start", ["new", "known", "without its last rows"])
@pytest.mark.parametrize("limits", [Limits(), TINY], ids=["small", "staged"])
def test_a_tab_may_be_renamed_at_any_moment(world: World, limits: Limits, start: str) -> None:
    moment, goes_on = 0, True
    while goes_on:
        desk = Desk(world, limits=limits)
        if start == "new":
            desk.put("A1", HEADERS, *listed(deals(4)), title="Sheet1")
        else:
            desk.write(deals(5), sheet="Sheet1")
        if start == "without its last rows":
            desk.do({"deleteDimension": {"range": desk.lines("ROWS", 3, 6, "Sheet1")}})
        properties = {"sheetId": 0, "title": "Renamed"}
        rename = {"updateSheetProperties": {"properties": properties, "fields": "title"}}
        try:
            goes_on = write_with(world, desk, moment, lambda desk=desk, rename=rename: desk.do(rename), sheet="Sheet1")
        except TemporaryError:
            goes_on = True
        else:
            # Before the first write a tab is known by its title alone.
            title = "Sheet1" if desk.book.tab_named("Sheet1") else "Renamed"
            assert desk.table(title) == [HEADERS, *listed(deals(8, factor=2))], moment
        moment += 1


@pytest.mark.parametrize("limits", [Limits(), TINY], ids=["small", "staged"])
def test_a_tab_may_be_deleted_at_any_moment(world: World, limits: Limits) -> None:
    """It is made anew, or the run says that it is gone; the next run writes all of it."""
    moment, goes_on = 0, True
    while goes_on:
        desk = Desk(world, limits=limits)
        desk.write(deals(5))
        delete = {"deleteSheet": {"sheetId": desk.tab().sheet_id}}
        try:
            goes_on = write_with(world, desk, moment, lambda desk=desk, delete=delete: desk.do(delete))
        except (TemporaryError, NotThere):
            goes_on = True
        desk.write(deals(8, factor=2))
        assert desk.table() == [HEADERS, *listed(deals(8, factor=2))], moment
        assert [tab.title for tab in desk.book.tabs] == ["Sheet1", "Deals"]
        moment += 1
