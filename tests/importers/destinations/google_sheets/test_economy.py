"""No more is sent, read and worked out than a table needs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest

from importers.destinations.google_sheets.cells import RowEncoder
from importers.destinations.google_sheets.job import Limits
from importers.model import Column, ColumnKind
from tests.importers.destinations.google_sheets.desk import COLUMNS, UPDATE, Desk, deals
from tests.importers.destinations.google_sheets.signed_in import World, a_world

BLOCK = 4_000
IN_BLOCKS = Limits(early=BLOCK, small=BLOCK, block=BLOCK)


@pytest.fixture
def world() -> Iterator[World]:
    with a_world() as world:
        yield world


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world, limits=IN_BLOCKS)


def uploads(desk: Desk) -> list[int]:
    """The bytes of each."""
    return [call.received for call in desk.world.google.journal.calls if call.method == "PUT"]


@pytest.mark.parametrize("page", [20, 70, 1_000])
def test_a_table_is_uploaded_in_as_few_blocks_as_its_size_takes(desk: Desk, page: int) -> None:
    desk.write(deals(1_000), page=page)

    sent = uploads(desk)
    assert len(sent) <= sum(sent) / BLOCK + 1
    assert max(sent) < 2 * BLOCK


def test_what_is_there_is_not_read_twice_as_long_as_it_is(desk: Desk) -> None:
    desk.write(deals(500))
    desk.world.google.journal.clear()

    desk.write(deals(500))

    told = desk.world.google.journal.calls
    read = sum(call.sent for call in told if call.path.endswith("values:batchGet"))
    assert read < 1.5 * sum(len(f'[{row[0]},"{row[1]}",{row[2]}],') for row in deals(500))


AWKWARD: list[Any] = [None, "", "text", "a\r\nb", 7, 7.0, 0.1 + 0.2, 1e16, 10**17, True, date(2026, 1, 2)]


@pytest.mark.parametrize("kind", [ColumnKind.TEXT, ColumnKind.NUMBER, ColumnKind.MOMENT])
def test_rows_compare_the_same_whenever_that_is_worked_out(kind: ColumnKind) -> None:
    rows = [(value,) for value in (*AWKWARD, datetime(2026, 1, 2, 3, 4, 5), datetime(2026, 1, 2, 3, 4, 5, 678))]
    encoder = RowEncoder([Column("a", "A", kind)])

    assert encoder.encode(rows, compares=False).digests() == encoder.encode(rows).digests()


@pytest.mark.parametrize("more", [{}, UPDATE], ids=["replace", "update"])
def test_rows_somebody_else_wrote_since_the_first_look_are_compared(desk: Desk, more: dict[str, Any]) -> None:
    target = desk.target(**more)
    destination = desk.new_destination()
    destination.check(target)
    with destination.begin(target, COLUMNS) as writing:  # there are none yet
        writing.add(deals(10))
        desk.write(deals(10), **more)
        written = writing.commit()

    assert (written.added, written.changed) == (0, 0)
