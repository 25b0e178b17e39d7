"""Rows of cells -> blocks of XML -> a compressed file, in bounded memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

from importers.destinations.excel import layout
from importers.destinations.excel.cells import AnyCell, writer_of
from importers.destinations.excel.layout import TableShape
from importers.destinations.excel.names import MAX_TEXT, column_letters
from importers.destinations.excel.packing import RowPacker
from importers.destinations.excel.rows import Rows
from importers.destinations.excel.styles import Indexes
from importers.destinations.excel.text import CUT_MARK
from importers.model import Column, Row

_CELLS_IN_A_BLOCK = 8_000
_SAMPLE_ROWS = 500
_SAMPLE_CELLS = 50_000
_FIRST_ROW = 2
"""Row 1 holds the headers."""


class SheetRows:
    """
    Takes the rows of one table. `finish` or `abandon` must be called at the end.

    The first rows decide how wide the columns are.
    """

    def __init__(self, columns: Sequence[Column], indexes: Indexes, file: BinaryIO) -> None:
        self.rows = 0
        self._columns = columns
        self._indexes = indexes
        self._file = file
        self._packer = RowPacker(file)
        letters = [column_letters(place) for place in range(len(columns))]
        self._other = [AnyCell(name, column.kind, indexes) for name, column in zip(letters, columns, strict=True)]
        self._write = [
            writer_of(column.kind, name, indexes, other)
            for column, name, other in zip(columns, letters, self._other, strict=True)
        ]
        self._rows_in_a_block = max(1, _CELLS_IN_A_BLOCK // len(columns))
        self._sample: list[Row] = []
        self._sample_size = min(_SAMPLE_ROWS, max(1, _SAMPLE_CELLS // len(columns)))

    def add(self, rows: Sequence[Row]) -> None:
        """Raises OSError where the file has no room."""
        if len(self._sample) < self._sample_size:
            self._sample.extend(rows[: self._sample_size - len(self._sample)])
        for start in range(0, len(rows), self._rows_in_a_block):
            self._add_block(rows[start : start + self._rows_in_a_block])

    def finish(self) -> Rows:
        packed = self._packer.finish()
        shape = TableShape(self._columns, layout.widths(self._columns, self._sample), self.rows)
        return Rows(shape, self._indexes, self._file, packed.packed, packed.landmarks)

    def abandon(self) -> None:
        self._packer.abandon()

    def notes(self) -> tuple[str, ...]:
        """What had to be cut, by column."""
        pairs = zip(self._columns, self._other, strict=True)
        return tuple(_cut_note(other.cut, column.header) for column, other in pairs if other.cut)

    def _add_block(self, rows: Sequence[Row]) -> None:
        first = self.rows + _FIRST_ROW
        numbers = [str(number) for number in range(first, first + len(rows))]
        by_column = zip(*rows, strict=True)
        cells = [write(values, numbers) for write, values in zip(self._write, by_column, strict=True)]
        block = "".join(
            [
                f'<row r="{number}">{"".join(row)}</row>'
                for number, row in zip(numbers, zip(*cells, strict=True), strict=True)
            ]
        )
        self._packer.put(first, block.encode())
        self.rows += len(rows)


def _cut_note(count: int, header: str) -> str:
    what = f"1 cell of {header} was" if count == 1 else f"{count:,} cells of {header} were"
    ends = "it ends" if count == 1 else "they end"
    return f"{what} longer than Excel's {MAX_TEXT:,} characters and cut; {ends} in “{CUT_MARK}”."
