"""What every source promises. Inherit, and provide `source`, `entity`, `rows_expected` and, unless it is the id, `record_key`."""

from __future__ import annotations

import re
from contextlib import closing
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from importers.errors import InvalidSettings, RunStopped
from importers.interfaces import Source
from importers.model import Cell, ColumnKind, MirrorFile, Refresh, Row, Selection, Vanished

KEY = re.compile(r"[0-9a-f]{40}")

SORTS: dict[ColumnKind, tuple[type, ...]] = {
    ColumnKind.TEXT: (str,),
    ColumnKind.LIST: (str,),
    ColumnKind.WHOLE: (int, str),
    ColumnKind.NUMBER: (int, float, str),
    ColumnKind.MONEY: (int, float, str),
    ColumnKind.BOOLEAN: (bool, str),
    ColumnKind.DATE: (date, str),
    ColumnKind.MOMENT: (datetime, str),
    ColumnKind.TIME: (time, str),
    ColumnKind.DURATION: (timedelta, str),
}
"""What may stand in a column of each kind; text is where everything goes that does not fit."""


def read(source: Source, selection: Selection) -> list[Row]:
    return [row for page in source.open(selection).pages() for row in page.rows]


class SourceContract:
    @pytest.fixture
    def source(self) -> Source:
        raise NotImplementedError

    @pytest.fixture
    def entity(self) -> str:
        raise NotImplementedError

    @pytest.fixture
    def rows_expected(self) -> int:
        raise NotImplementedError

    @pytest.fixture
    def record_key(self) -> tuple[str, ...]:
        """The columns that tell records apart."""
        return ("id",)

    def test_every_record_comes_exactly_once(
        self, source: Source, entity: str, rows_expected: int, record_key: tuple[str, ...]
    ) -> None:
        keys = read(source, Selection(entity, columns=record_key))
        assert len(keys) == len(set(keys)) == rows_expected

    def test_the_usual_columns_are_read_when_none_are_chosen(self, source: Source, entity: str) -> None:
        usual = tuple(column for column in source.columns(entity) if column.usual)
        assert usual
        assert source.open(Selection(entity)).columns == usual

    def test_all_columns_can_be_read_and_every_cell_fits_its_column(self, source: Source, entity: str) -> None:
        columns = source.columns(entity)
        for row in read(source, Selection(entity, columns=tuple(column.key for column in columns))):
            assert len(row) == len(columns)
            wrong = [
                (column.header, cell) for column, cell in zip(columns, row, strict=True) if not _fits(cell, column.kind)
            ]
            assert wrong == []

    def test_headers_are_unique_even_when_case_is_ignored(self, source: Source, entity: str) -> None:
        headers = [column.header.casefold() for column in source.columns(entity)]
        assert len(headers) == len(set(headers))

    def test_no_header_is_a_key(self, source: Source, entity: str) -> None:
        assert [column.header for column in source.columns(entity) if KEY.search(column.header)] == []

    def test_no_cell_of_the_usual_columns_holds_a_key(self, source: Source, entity: str) -> None:
        cells = [cell for row in read(source, Selection(entity)) for cell in row if isinstance(cell, str)]
        assert [cell for cell in cells if KEY.fullmatch(cell)] == []

    def test_keys_are_unique_even_when_case_is_ignored(self, source: Source, entity: str) -> None:
        keys = [column.key.casefold() for column in source.columns(entity)]
        assert len(keys) == len(set(keys))

    def test_columns_come_in_the_order_they_were_chosen_in(self, source: Source, entity: str) -> None:
        backwards = tuple(reversed([column.key for column in source.columns(entity)][:4]))
        assert tuple(column.key for column in source.open(Selection(entity, columns=backwards)).columns) == backwards

    def test_columns_can_be_chosen_by_their_headers_in_any_case(self, source: Source, entity: str) -> None:
        column = source.columns(entity)[-1]
        assert source.open(Selection(entity, columns=(column.header.upper(),))).columns == (column,)

    def test_a_column_chosen_twice_comes_once(self, source: Source, entity: str) -> None:
        column = source.columns(entity)[0]
        assert source.open(Selection(entity, columns=(column.key, column.header))).columns == (column,)

    def test_a_limit_is_kept_to_the_row(self, source: Source, entity: str, rows_expected: int) -> None:
        assert len(read(source, Selection(entity, limit=2))) == min(2, rows_expected)

    def test_the_total_is_known_when_everything_was_read(self, source: Source, entity: str, rows_expected: int) -> None:
        reading = source.open(Selection(entity))
        for _ in reading.pages():
            pass
        assert reading.total == rows_expected

    def test_reading_is_counted(self, source: Source, entity: str, record_key: tuple[str, ...]) -> None:
        reading = source.open(Selection(entity, columns=record_key))
        before = reading.usage
        for _ in reading.pages():
            pass
        assert reading.usage.requests > before.requests
        assert reading.usage.tokens > before.tokens
        assert reading.usage == source.usage

    def test_an_unknown_column_is_refused_and_close_ones_are_named(self, source: Source, entity: str) -> None:
        column = source.columns(entity)[-1]
        with pytest.raises(InvalidSettings, match=re.escape(column.key)):
            source.open(Selection(entity, columns=(column.key + "x",)))

    def test_choosing_no_column_at_all_is_refused(self, source: Source, entity: str) -> None:
        with pytest.raises(InvalidSettings):
            source.open(Selection(entity, columns=()))

    def test_a_limit_below_one_is_refused(self, source: Source, entity: str) -> None:
        with pytest.raises(InvalidSettings, match="limit"):
            source.open(Selection(entity, limit=0))

    def test_an_unknown_time_zone_is_refused(self, source: Source, entity: str) -> None:
        with pytest.raises(InvalidSettings, match="Europe/Tallin'"):
            source.open(Selection(entity, time_zone="Europe/Tallin"))

    def test_an_unknown_entity_is_refused_with_a_list_of_what_there_is(self, source: Source, entity: str) -> None:
        with pytest.raises(InvalidSettings, match=entity):
            source.open(Selection(entity + "x"))

    def test_a_reading_that_nobody_finishes_leaves_no_trace(self, source: Source, entity: str) -> None:
        pages = source.open(Selection(entity)).pages()
        next(pages)
        pages.close()  # type: ignore[attr-defined]
        assert read(source, Selection(entity, limit=1))

    def test_what_is_remembered_gives_the_same_rows_again(
        self, source: Source, entity: str, record_key: tuple[str, ...], tmp_path: Path
    ) -> None:
        mirror = MirrorFile(tmp_path / "1.mirror", "alice")
        selection = Selection(entity, columns=record_key, refresh=Refresh.DAILY, vanished=Vanished.MOVE)
        expected = sorted(read(source, Selection(entity, columns=record_key)), key=str)
        for _ in range(2):
            with closing(source.open(selection, mirror=mirror)) as reading:
                assert sorted((row for page in reading.pages() for row in page.rows), key=str) == expected
                assert [row for page in reading.removed_pages() for row in page.rows] == []
                reading.keep()

    def test_a_reading_can_be_closed_at_any_time_and_twice(self, source: Source, entity: str) -> None:
        reading = source.open(Selection(entity))
        reading.close()
        reading.close()

    def test_a_run_that_was_cancelled_does_not_begin(self, source: Source, entity: str) -> None:
        with pytest.raises(RunStopped):
            source.open(Selection(entity), stop=_cancelled)

    def test_a_run_that_is_cancelled_does_not_go_on(self, source: Source, entity: str) -> None:
        is_cancelled = False

        def stop() -> None:
            if is_cancelled:
                raise RunStopped("The run was cancelled.")

        pages = source.open(Selection(entity), stop=stop).pages()
        is_cancelled = True
        with pytest.raises(RunStopped):
            next(pages)


def _cancelled() -> None:
    raise RunStopped("The run was cancelled.")


def _fits(cell: Cell, kind: ColumnKind) -> bool:
    return cell is None or isinstance(cell, SORTS[kind])
