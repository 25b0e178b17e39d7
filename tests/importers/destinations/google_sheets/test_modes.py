"""How a table meets what is there: replaced, added to, updated; and what is left alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from importers.destinations.google_sheets.job import Limits
from importers.engine.outcome import trouble_of
from importers.errors import InvalidSettings, SetupError
from importers.interfaces import Destination
from importers.model import Column, Mode, Target
from tests.importers.destinations.google_sheets.desk import APPEND, COLUMNS, TINY, UPDATE, Desk, deals
from tests.importers.destinations.google_sheets.signed_in import World, a_world

ID, TITLE, VALUE = COLUMNS
HEADERS = ["ID", "Title", "Value"]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with a_world() as world:
        yield world


@pytest.fixture(params=[Limits(), TINY], ids=["small", "staged"])
def desk(world: World, request: pytest.FixtureRequest) -> Desk:
    return Desk(world, limits=request.param)


def rows_of(desk: Desk) -> list[list[object]]:
    header, *rows = desk.table()
    assert header[:3] == HEADERS
    return rows


def rows_below(desk: Desk) -> list[list[object]]:
    return desk.table()[1:]


def listed(rows):
    return [list(row) for row in rows]


class TestReplacing:
    def test_row_n_of_the_table_is_row_n_below_the_header(self, desk: Desk) -> None:
        desk.write(deals(12))
        written = desk.write(deals(15, factor=2), page=4)
        assert rows_of(desk) == listed(deals(15, factor=2))
        assert (written.added, written.changed, written.removed) == (3, 12, 0)

    def test_surplus_rows_are_blanked_and_their_rows_stay(self, desk: Desk) -> None:
        desk.write(deals(12))
        rows = desk.tab().rows
        written = desk.write(deals(5))
        assert rows_of(desk) == listed(deals(5))
        assert (written.added, written.changed, written.removed, desk.tab().rows) == (0, 0, 7, rows)

    def test_an_empty_table_leaves_the_headers(self, desk: Desk) -> None:
        desk.write(deals(12))
        desk.write([])
        assert desk.table() == [HEADERS]
        desk.write(deals(2))
        assert rows_of(desk) == listed(deals(2))

    def test_a_table_that_did_not_change_costs_no_write(self, desk: Desk) -> None:
        desk.write(deals(12))
        before = desk.everything()
        desk.world.google.journal.clear()
        written = desk.write(deals(12), page=3)
        assert [call.kind for call in desk.world.google.journal.calls if call.kind == "write"] == []
        assert written.notes == ()
        assert "Nothing had changed, so nothing was written." in desk.world.told
        assert (written.rows, written.added, written.changed, written.removed) == (12, 0, 0, 0)
        assert desk.everything() == before

    def test_a_small_change_costs_two_writes(self, world: World) -> None:
        desk = Desk(world)
        desk.write(deals(12))
        world.google.journal.clear()
        desk.write([*deals(11), (12, "Other", 1)])
        assert [call.kind for call in world.google.journal.calls].count("write") == 2

    def test_a_cell_that_somebody_overwrote_is_put_right(self, desk: Desk) -> None:
        desk.write(deals(12))
        desk.put("B5", ["Mine"])
        desk.put("C1", ["Amount"])
        written = desk.write(deals(12))
        assert desk.table() == [HEADERS, *listed(deals(12))]
        assert written.changed == 1

    def test_everything_is_written_where_nothing_is_to_be_skipped(self, desk: Desk) -> None:
        desk.write(deals(12))
        written = desk.write(deals(12), skips_unchanged=False)
        assert (written.added, written.changed) == (0, None)
        assert rows_of(desk) == listed(deals(12))

    def test_a_run_is_written_once_however_often_it_is_tried(self, desk: Desk) -> None:
        first = desk.write(deals(12), run="run 7")
        again = desk.write(deals(12, factor=2), run="run 7")
        assert rows_of(desk) == listed(deals(12))
        assert (again.added, again.changed, again.removed) == (first.added, first.changed, first.removed)
        assert again.notes == ()
        assert "An earlier try of this run had written all of it already." in desk.world.told


class TestAppending:
    def test_all_rows_go_below_those_that_are_there(self, desk: Desk) -> None:
        desk.write(deals(5), **APPEND)
        written = desk.write(deals(9), page=2, **APPEND)
        assert rows_of(desk) == listed([*deals(5), *deals(9)])
        assert (written.added, written.changed, written.removed) == (9, 0, 0)

    def test_a_second_try_adds_nothing(self, desk: Desk) -> None:
        desk.write(deals(5), run="run 1", **APPEND)
        desk.write(deals(5), run="run 1", **APPEND)
        assert rows_of(desk) == listed(deals(5))

    def test_nothing_is_read_of_the_rows_that_are_there(self, desk: Desk) -> None:
        desk.write(deals(500), **APPEND)
        desk.world.google.journal.clear()
        desk.write(deals(1), **APPEND)
        assert max(call.sent for call in desk.world.google.journal.calls) < 6000


class TestUpdating:
    def test_rows_are_overwritten_where_they_stand_and_new_ones_go_below(self, desk: Desk) -> None:
        desk.write(deals(6), **UPDATE)
        written = desk.write([(9, "New", 9), (3, "Changed", 3), *deals(2), *deals(3, start=4)], page=2, **UPDATE)
        assert rows_of(desk) == listed([*deals(2), (3, "Changed", 3), *deals(3, start=4), (9, "New", 9)])
        assert (written.added, written.changed, written.removed) == (1, 1, 0)

    def test_rows_of_records_that_are_gone_are_blanked(self, desk: Desk) -> None:
        desk.write(deals(6), **UPDATE)
        written = desk.write([*deals(2), *deals(1, start=6)], **UPDATE)
        assert rows_of(desk) == [*listed(deals(2)), [], [], [], *listed(deals(1, start=6))]
        assert written.removed == 3
        assert written.notes == ("3 rows were blanked and leave gaps: their records are gone.",)

    def test_they_stay_where_removed_records_are_kept(self, desk: Desk) -> None:
        desk.write(deals(6), **UPDATE)
        written = desk.write(deals(1, start=6, factor=2), keeps_missing=True, **UPDATE)
        assert rows_of(desk) == listed([*deals(5), *deals(1, start=6, factor=2)])
        assert written.removed == 0

    def test_rows_are_found_after_somebody_sorted_them(self, desk: Desk) -> None:
        desk.write(deals(6), **UPDATE)
        area = {"sheetId": desk.tab().sheet_id, "startRowIndex": 1, "endRowIndex": 7, "startColumnIndex": 0}
        desk.do({"sortRange": {"range": area, "sortSpecs": [{"dimensionIndex": 0, "sortOrder": "DESCENDING"}]}})
        desk.write([*deals(5), (6, "Six", 6), (7, "Seven", 7)], **UPDATE)
        assert [row[0] for row in rows_of(desk)] == [6, 5, 4, 3, 2, 1, 7]
        assert rows_of(desk)[0] == [6, "Six", 6]

    @pytest.mark.parametrize(
        ("rows", "words"),
        [([(1, "a", 1), (2, "b", 2), (1, "c", 3)], "Two of the rows have 1"), ([(None, "a", 1)], "no ID")],
    )
    def test_keys_that_do_not_tell_rows_apart_are_refused(self, desk: Desk, rows, words: str) -> None:
        desk.write(deals(6), **UPDATE)
        before = desk.everything()
        with pytest.raises(InvalidSettings, match=words) as refused:
            desk.write(rows, page=1, **UPDATE)
        assert refused.value.facts["field"] == "key"
        assert desk.everything() == before

    def test_a_key_that_is_not_imported_is_refused(self, desk: Desk) -> None:
        with pytest.raises(InvalidSettings, match="tells rows apart"):
            desk.write([("a",)], [TITLE], **UPDATE)

    @pytest.mark.parametrize("what", ["deleted", "emptied", "another"])
    def test_rows_whose_keys_are_gone_are_not_written_a_second_time(self, desk: Desk, what: str) -> None:
        desk.write(deals(6), **UPDATE)
        columns, key = COLUMNS, "id"
        if what == "deleted":
            desk.do({"deleteDimension": {"range": desk.lines("COLUMNS", 0, 1)}})
        if what == "emptied":
            desk.put("A2", *[[None]] * 6)
        if what == "another":
            columns, key = (*COLUMNS, Column("email", "E-mail")), "email"
        before = desk.everything()
        with pytest.raises(InvalidSettings, match="were written again") as refused:
            desk.write([(*row, str(row))[: len(columns)] for row in deals(7)], columns, mode=Mode.UPDATE, key=key)
        assert refused.value.facts["field"] == "key"
        assert desk.everything() == before
        desk.write([(*row, str(row))[: len(columns)] for row in deals(7)], columns)
        desk.write([(*row, str(row))[: len(columns)] for row in deals(8)], columns, mode=Mode.UPDATE, key=key)
        assert sorted(row[desk.table()[0].index("ID")] for row in rows_below(desk)) == list(range(1, 9))

    def test_rows_of_its_own_in_an_empty_table_are_no_obstacle(self, desk: Desk) -> None:
        desk.write(deals(3), **UPDATE)
        desk.do({"insertDimension": {"range": desk.lines("ROWS", 2, 3), "inheritFromBefore": True}})
        desk.put("B3", ["by hand"])
        desk.write([], **UPDATE)
        desk.write(deals(2), **UPDATE)
        assert [row for row in rows_of(desk) if row] == [["", "by hand"], *listed(deals(2))]

    def test_a_row_somebody_added_by_hand_stays(self, desk: Desk) -> None:
        desk.write(deals(3), **UPDATE)
        desk.do({"insertDimension": {"range": desk.lines("ROWS", 2, 3), "inheritFromBefore": True}})
        desk.put("B3", ["by hand"])
        desk.write([*deals(2), (3, "Three", 3)], **UPDATE)
        assert rows_of(desk) == [[1, "Deal 1", 1], ["", "by hand"], [2, "Deal 2", 2], [3, "Three", 3]]


class TestColumns:
    def test_they_keep_their_places_whatever_order_they_come_in(self, desk: Desk) -> None:
        desk.write(deals(6))
        desk.write([tuple(reversed(row)) for row in deals(7)], [VALUE, TITLE, ID])
        assert rows_of(desk) == listed(deals(7))

    def test_a_dragged_column_is_followed(self, desk: Desk) -> None:
        desk.write(deals(6))
        desk.do({"moveDimension": {"source": desk.lines("COLUMNS", 0, 1), "destinationIndex": 3}})
        desk.write(deals(8, factor=2))
        assert desk.table() == [
            ["Title", "Value", "ID"],
            *[[title, value, id_] for id_, title, value in deals(8, factor=2)],
        ]

    def test_a_new_one_stands_at_the_right_edge(self, desk: Desk) -> None:
        desk.write(deals(6))
        desk.write([(*row, "x") for row in deals(6)], [*COLUMNS, Column("note", "Note")])
        assert desk.table() == [[*HEADERS, "Note"], *[[*row, "x"] for row in deals(6)]]

    def test_it_is_inserted_where_something_stands(self, desk: Desk) -> None:
        desk.write(deals(6))
        desk.put("D1", ["Mine"], ["=C2*2"])
        desk.write([(*row, "x") for row in deals(6)], [*COLUMNS, Column("note", "Note")])
        assert desk.table()[0] == [*HEADERS, "Note", "Mine"]
        assert desk.formulas() == [(1, 4, "=C2*2")]

    def test_it_is_inserted_where_a_formula_stands_that_shows_nothing(self, desk: Desk) -> None:
        desk.write(deals(3))
        desk.put("D2", ['=""'])
        desk.write([(*row, "x") for row in deals(3)], [*COLUMNS, Column("more", "More")])
        assert desk.formulas() == [(1, 4, '=""')]

    def test_one_that_is_no_longer_imported_is_blanked_and_keeps_its_place(self, desk: Desk) -> None:
        desk.write(deals(6))
        desk.put("D1", ["Mine"], ["=C2*2"])
        desk.write([(row[0], row[2]) for row in deals(6)], [ID, VALUE])
        assert desk.table()[:2] == [["ID", "", "Value", "Mine"], [1, "", 1, 2]]
        desk.put("B1", ["Theirs now"])
        desk.write([(row[0], row[2]) for row in deals(7)], [ID, VALUE])
        assert desk.table()[0] == ["ID", "Theirs now", "Value", "Mine"]

    def test_a_renamed_field_renames_the_header_in_its_place(self, desk: Desk) -> None:
        desk.write(deals(6))
        written = desk.write(deals(6), [ID, replace(TITLE, header="Name"), VALUE])
        assert desk.table() == [["ID", "Name", "Value"], *listed(deals(6))]
        assert written.changed == 0

    def test_one_that_was_deleted_comes_back_at_the_right_edge(self, desk: Desk) -> None:
        desk.write(deals(6))
        desk.do({"deleteDimension": {"range": desk.lines("COLUMNS", 1, 2)}})
        desk.write(deals(6))
        assert desk.table() == [["ID", "Value", "Title"], *[[id_, value, title] for id_, title, value in deals(6)]]


class TestStamps:
    def test_they_say_when_a_row_was_last_written(self, desk: Desk) -> None:
        desk.write(deals(6), stamps_rows=True)
        header, *rows = desk.table()
        noon_in_amsterdam = 46023 + 13 / 24
        assert header == [*HEADERS, "Written at"]
        assert all(row[3] == pytest.approx(noon_in_amsterdam) for row in rows)

    def test_their_header_is_not_that_of_another_column(self, desk: Desk) -> None:
        theirs = [ID, replace(TITLE, header="written at"), VALUE]
        desk.write(deals(6), theirs, stamps_rows=True)
        assert desk.table()[0] == ["ID", "written at", "Value", "Written at (2)"]

    def test_they_are_not_part_of_the_comparison(self, desk: Desk) -> None:
        desk.write(deals(6), stamps_rows=True)
        for row in range(2, 8):
            desk.put(f"D{row}", [1.0])
        assert desk.write(deals(6), stamps_rows=True).changed == 0
        desk.write([*deals(5), (6, "Other", 6)], stamps_rows=True)
        assert [row[3] == 1 for row in desk.table()[1:]] == [True] * 5 + [False]


def test_only_few_rows_are_sent_of_a_large_table(world: World) -> None:
    desk = Desk(world)
    desk.write(deals(3_000))
    world.google.journal.clear()
    desk.write([*deals(1_500), (1_501, "Other", 0), *deals(1_499, start=1_502)])
    assert sum(call.received for call in world.google.journal.calls if call.kind == "write") < 3_000


def test_scattered_changes_that_no_batch_can_name_are_put_together_first(world: World) -> None:
    desk = Desk(world, limits=replace(TINY, parts=10))
    desk.write(deals(60), **UPDATE)
    desk.do({"moveDimension": {"source": desk.lines("COLUMNS", 0, 1), "destinationIndex": 3}})
    desk.put("E1", ["Mine"])
    changed = [(id_, title, 0 if id_ % 2 else value) for id_, title, value in deals(62) if id_ % 7]
    written = desk.write(changed, page=9, **UPDATE)
    by_id = {row[0]: list(row) for row in changed}
    expected = [by_id.get(number, ["", "", ""]) for number in range(1, 63)]
    assert [[*row[2:3], *row[:2]] if row else ["", "", ""] for row in desk.table("Deals", "A2:C63")] == expected
    assert (written.added, written.removed) == (2, 8)
    assert [tab.title for tab in desk.book.tabs] == ["Sheet1", "Deals"]


def test_a_table_without_room_for_a_copy_is_replaced_in_place(world: World) -> None:
    desk = Desk(world, limits=TINY)
    desk.write(deals(60))
    desk.put("D3", ["note"])
    desk.destination = desk.new_destination(max_cells=desk.book.cell_count + 4 * 22)
    written = desk.write(deals(70, factor=2), page=7)
    assert [row[:3] for row in rows_of(desk)] == listed(deals(70, factor=2))
    assert desk.tab().value(2, 3) == "note"
    assert "part by part" in written.notes[0]
    assert [tab.title for tab in desk.book.tabs] == ["Sheet1", "Deals"]


def test_whoever_fails_on_the_way_of_writing_in_place_says_that_part_of_it_shows(world: World) -> None:
    desk = Desk(world, limits=TINY)
    desk.write(deals(60))
    in_place = desk.new_destination(max_cells=desk.book.cell_count + 4 * 22)
    for destination, shows in ((desk.destination, False), (in_place, True)):
        with pytest.raises(SetupError) as caught:
            refused_on_the_way(destination, desk.target())
        assert trouble_of(caught.value).is_halfway == shows


def refused_on_the_way(destination: Destination, target: Target) -> None:
    with destination.begin(target, COLUMNS) as writing:
        writing.add(deals(70, factor=2))
        raise SetupError("Pipedrive refused the account.")


def test_memory_stays_flat_as_rows_grow() -> None:
    """Rows that were sent are not kept: what remains of each is a few numbers."""
    import tracemalloc

    def peak(rows: int) -> int:
        with a_world() as world:
            desk = Desk(world, limits=Limits(early=20_000, small=10_000, block=20_000))
            target = desk.target()
            with desk.destination.begin(target, COLUMNS) as writing:
                writing.add([(number, "x" * 50, number) for number in range(500)])
                tracemalloc.start()
                kept = tracemalloc.take_snapshot()
                for start in range(500, rows, 500):
                    writing.add([(number, "x" * 50, number) for number in range(start, start + 500)])
                after = tracemalloc.take_snapshot()
                tracemalloc.stop()
        ours = [tracemalloc.Filter(True, "*/importers/*")]
        grown = after.filter_traces(ours).compare_to(kept.filter_traces(ours), "filename")
        return sum(one.size_diff for one in grown)

    assert peak(6_000) - peak(3_000) < 3_000 * 40
