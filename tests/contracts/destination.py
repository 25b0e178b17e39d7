"""What every Destination promises. Inherit `DestinationContract` and say how to reach and read yours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from importers.errors import InvalidSettings, NoRoom, RunStopped
from importers.interfaces import Destination
from importers.model import Cell, Column, Row, Target
from tests.awkward.tables import TABLES, AwkwardTable, many_rows, named

DEALS = (Column("title", "Title"), Column("owner", "Owner"))


def no_longer_ours() -> None:
    raise RunStopped("Somebody else has the run by now.")


class DestinationContract:
    """
    Subclasses bring the fixtures `destination`, `small_destination` (room for
    ten rows below the header) and `target`, and `read` and `traces`.
    """

    def read(self, target: Target) -> tuple[tuple[str, ...], tuple[tuple[Cell, ...], ...]]:
        """Headers and rows as somebody else's program finds them."""
        raise NotImplementedError

    def comparable(self, cell: Cell) -> Any:
        """A cell and its sort. Spreadsheets know one sort of number."""
        is_number = isinstance(cell, (int, float)) and not isinstance(cell, bool)
        return ("number" if is_number else type(cell), cell)

    def table(self, rows: Sequence[Row]) -> list[list[Any]]:
        """Rows to compare. No spreadsheet can tell rows of nothing at the end from no rows."""
        lines = [[self.comparable(cell) for cell in row] for row in rows]
        while lines and all(cell is None for _, cell in lines[-1]):
            lines.pop()
        return lines

    def traces(self) -> Any:
        """Everything in the place, comparable."""
        raise NotImplementedError

    def fitting(self, table: AwkwardTable) -> AwkwardTable:
        """The table as this place can hold it, where its limits are other than Excel's."""
        return table

    @staticmethod
    def write(destination: Destination, target: Target, columns: Sequence[Column], *pages: Sequence[Row]) -> Any:
        destination.check(target)
        with destination.begin(target, columns) as writing:
            for page in pages:
                writing.add(page)
            return writing.commit()

    def test_removed_rows_have_a_place_of_their_own_beside_the_table(self, destination, target):
        beside = destination.beside(target)
        self.write(destination, beside, DEALS, [("gone", "somebody")])
        self.write(destination, target, DEALS, [("there", "somebody")])
        assert self.read(target)[1] == (("there", "somebody"),)
        assert self.read(beside)[1] == (("gone", "somebody"),)

    @pytest.mark.parametrize("table", TABLES, ids=named)
    def test_awkward_tables_come_back(self, destination, target, table: AwkwardTable):
        table = self.fitting(table)
        written = self.write(destination, target, table.columns, table.rows)
        headers, rows = self.read(target)
        assert headers == table.headers
        assert self.table(rows) == self.table(table.expected)
        assert (written.rows, written.columns) == (len(table.rows), len(table.columns))
        assert written.notes == table.notes

    def test_pages_become_one_table(self, destination, target):
        table, _ = many_rows(2_345)
        pages = [table.rows[start : start + 500] for start in range(0, len(table.rows), 500)]
        self.write(destination, target, table.columns, *pages, [])
        assert self.read(target) == (table.headers, table.expected)

    def test_a_second_table_replaces_the_first(self, destination, target):
        self.write(destination, target, DEALS, [("a", "b")] * 50)
        self.write(destination, target, DEALS[:1], [("new",)])
        assert self.read(target) == (("Title",), (("new",),))

    def test_sheets_of_one_place_do_not_touch_each_other(self, destination, target):
        other = Target(target.kind, target.place, "Another")
        self.write(destination, target, DEALS, [("a", "b")])
        self.write(destination, other, DEALS, [("c", "d")])
        assert self.read(target)[1] == (("a", "b"),)
        assert self.read(other)[1] == (("c", "d"),)

    def test_the_name_of_a_sheet_means_the_same_in_capitals(self, destination, target):
        self.write(destination, target, DEALS, [("a", "b")])
        self.write(destination, Target(target.kind, target.place, target.sheet.upper()), DEALS, [("c", "d")])
        assert self.read(target)[1] == (("c", "d"),)

    def test_nothing_shows_before_the_commit(self, destination, target):
        self.write(destination, target, DEALS, [("old", "old")])
        with destination.begin(target, DEALS) as writing:
            writing.add([("new", "new")])
            assert self.read(target)[1] == (("old", "old"),)
            writing.commit()
        assert self.read(target)[1] == (("new", "new"),)

    def test_leaving_without_commit_leaves_no_trace(self, destination, target):
        self.write(destination, target, DEALS, [("old", "old")])
        before = self.traces()
        with destination.begin(target, DEALS) as writing:
            writing.add([("new", "new")] * 1000)
        assert self.traces() == before

    def test_a_table_of_somebody_who_may_no_longer_show_it_leaves_no_trace(self, destination, target):
        self.write(destination, target, DEALS, [("old", "old")])
        before = self.traces()
        with destination.begin(target, DEALS) as writing:
            writing.add([("new", "new")])
            with pytest.raises(RunStopped):
                writing.commit(still_ours=no_longer_ours)
        assert self.traces() == before

    def test_an_error_on_the_way_leaves_no_trace(self, destination, target):
        before = self.traces()
        with pytest.raises(ZeroDivisionError), destination.begin(target, DEALS) as writing:  # noqa: PT012
            writing.add([("new", "new")])
            raise ZeroDivisionError
        assert self.traces() == before

    def test_checking_leaves_no_trace(self, destination, target):
        before = self.traces()
        destination.check(target)
        assert self.traces() == before

    def test_rows_past_the_room_are_refused(self, small_destination, target):
        self.write(small_destination, target, DEALS, [("old", "old")] * 10)
        before = self.traces()
        with pytest.raises(NoRoom, match="Nothing was changed"), small_destination.begin(target, DEALS) as writing:  # noqa: PT012
            writing.add([("new", "new")] * 10)
            writing.add([("one", "more")])
        assert self.traces() == before

    def test_a_table_known_to_be_too_long_is_refused_at_once(self, small_destination, target):
        with small_destination.begin(target, DEALS) as writing:
            writing.expect(10)
            with pytest.raises(NoRoom):
                writing.expect(11)

    def test_a_table_without_columns_is_refused(self, destination, target):
        before = self.traces()
        with pytest.raises(InvalidSettings):
            destination.begin(target, ())
        assert self.traces() == before

    @pytest.mark.parametrize("length", [1, 3])
    def test_rows_of_the_wrong_length_never_slip_through(self, destination, target, length):
        before = self.traces()
        with pytest.raises(ValueError, match="zip"), destination.begin(target, DEALS) as writing:
            writing.add([("a",) * length])
        assert self.traces() == before
