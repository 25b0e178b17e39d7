"""What every destination promises, kept by Google spreadsheets; and what only they are asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from importers.destinations import KINDS, load
from importers.destinations.google_sheets.destination import GoogleSheetsDestination
from importers.destinations.google_sheets.job import Limits
from importers.destinations.google_sheets.names import MAX_TEXT
from importers.model import Target
from tests.awkward.tables import AwkwardTable
from tests.contracts.destination import DestinationContract
from tests.importers.destinations.google_sheets.desk import KIND, Desk, shown
from tests.importers.destinations.google_sheets.signed_in import World, a_world


@pytest.fixture
def world() -> Iterator[World]:
    with a_world() as world:
        yield world


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


class InASpreadsheet(DestinationContract):
    limits = Limits()

    @pytest.fixture(autouse=True)
    def _desk(self, world):
        self.desk = Desk(world, limits=self.limits)

    @pytest.fixture
    def destination(self):
        return self.desk.destination

    @pytest.fixture
    def small_destination(self):
        """Room for what is there, a table of two columns and eleven rows, and the tab that guards it."""
        return self.desk.new_destination(max_cells=self.desk.book.cell_count + 2 * 11 + 1, limits=Limits())

    @pytest.fixture
    def target(self):
        return Target(KIND, self.desk.id, "Deals")

    def traces(self):
        return self.desk.everything()

    def read(self, target):
        rows = shown(self.desk.gspread(), target.sheet)
        width = max((len(row) for row in rows), default=0)
        headers, *data = [(*row, *[None] * (width - len(row))) for row in rows]
        return tuple(header or "" for header in headers if header is not None), tuple(
            row[: sum(header is not None for header in headers)] for row in data
        )

    def fitting(self, table: AwkwardTable) -> AwkwardTable:
        """What Google can hold, and Excel cannot, or the other way round."""
        if table.name == "too long a text":
            return too_long_for_google(table)
        if table.name == "control characters":
            return replace(table, shown=tuple((str(cell).replace("\x00", "\ufffd"),) for (cell,) in table.rows))
        if table.name == "numbers where text belongs":  # a column has one format, so a date among texts is one
            return replace(
                table, shown=tuple(("2024-01-01" if isinstance(row[0], date) else row[0],) for row in table.rows)
            )
        return table


def too_long_for_google(table: AwkwardTable) -> AwkwardTable:
    texts = ("x" * MAX_TEXT, "x" * (MAX_TEXT + 1), "y" * 65_000, "😀" * 30_000)
    cut = (
        "x" * MAX_TEXT,
        "x" * (MAX_TEXT - 7) + "… [cut]",
        "y" * (MAX_TEXT - 7) + "… [cut]",
        "😀" * 24_996 + "… [cut]",
    )
    note = "3 cells of Content were longer than Google's 50,000 characters and cut; they end in “… [cut]”."
    return replace(table, rows=tuple((text,) for text in texts), shown=tuple((text,) for text in cut), notes=(note,))


class TestSmallTables(InASpreadsheet):
    """Shown by a single request that holds them."""


class TestLargeTables(InASpreadsheet):
    """The same, staged in a hidden tab while they come."""

    limits = Limits(early=2_000, small=100, block=5_000)


def test_it_is_loaded_by_its_kind() -> None:
    assert load("google_sheets") is GoogleSheetsDestination
    assert "google_sheets" in KINDS
