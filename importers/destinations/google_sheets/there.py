"""The rows that are there already, read in blocks and kept as one number each."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass

from importers.destinations.google_sheets import cells, layout
from importers.destinations.google_sheets.a1 import Box, printed
from importers.destinations.google_sheets.cells import Value
from importers.destinations.google_sheets.client import Cells, SheetsClient
from importers.destinations.google_sheets.place import Place
from importers.errors import SetupError
from importers.model import Column

_CELLS_IN_A_BLOCK = 250_000
_MOST_ROWS = 50_000
_AHEAD = 2
"""Blocks that are asked for before they are needed."""


@dataclass(frozen=True, slots=True)
class _Block:
    header: list[Value] | None
    digests: array[int]
    keys: array[int]


class RowsThere:
    """
    The data rows of a table, as they are in the sheet: what they are compared
    by, and what tells records apart. Holds eight bytes for each and column
    asked for, whatever the rows hold.
    """

    def __init__(
        self,
        client: SheetsClient,
        spreadsheet: str,
        place: Place,
        columns: Sequence[Column],
        *,
        compared: int | None = None,
        key: str = "",
        reads_rows: bool = True,
        executor: Executor | None = None,
    ) -> None:
        """Rows are compared by the first *compared* columns. Without *reads_rows* only the headers can be asked for."""
        self._client = client
        self._spreadsheet = spreadsheet
        self._place = place
        self._title = place.tab.title if place.tab else ""
        self._width = len(columns)
        self._key = next((index for index, column in enumerate(columns) if column.key == key), None)
        self._executor = executor
        self._compared = len(columns) if compared is None else compared
        self._reads = place.rows if reads_rows else 0
        present = [(index, place.at[column.key]) for index, column in enumerate(columns) if column.key in place.at]
        self._present = [index for index, _ in present]
        self._groups = layout.groups([at for _, at in present])
        self._digests = array("q")
        self._keys = array("q")
        self._blocks = self._read_all() if present and place.tab is not None else iter(())
        self.header: list[Value] | None = None
        """By column, once anything was read; None before, and where there is no header row."""

    @property
    def rows(self) -> int:
        return self._place.rows

    @property
    def is_claimed(self) -> bool:
        """Whether nothing of it was written by this importer."""
        return self._place.is_claimed

    @property
    def known(self) -> int:
        """So many rows were read up to now."""
        return len(self._digests)

    def digest(self, row: int) -> int:
        """Of the data row at *row*, which counts from 0."""
        self._read_up_to(row + 1)
        return self._digests[row]

    def keys(self, rows: int | None = None) -> array[int]:
        """Of all rows, or of so many; NO_KEY where the cell is empty."""
        rows = self.rows if rows is None else rows
        self._read_up_to(rows)
        return self._keys[:rows]

    def have_lost_their_keys(self) -> bool:
        """Whether rows of ours are there, but nothing tells them apart any more: that column was deleted or emptied."""
        known, key = self._place.known, self._key
        if known is None or self._place.is_claimed or any(self.keys()):
            return False
        blank = cells.digest([""] * self._compared)
        had_keys = key not in self._present or known.done.rows
        return bool(had_keys) and any(there != blank for there in self._digests)

    def read_header(self) -> list[Value]:
        """The headers that are there, in the order of our columns; an empty text where there is none."""
        self._read_up_to(0)
        return self.header or [""] * self._width

    def _read_up_to(self, row: int) -> None:
        while len(self._digests) < min(row, self._reads) or self.header is None:
            block = next(self._blocks, None)
            if block is None:
                self.header = self.header or [""] * self._width
                self._pad()
                return
            self._take(block)

    def _pad(self) -> None:
        blank = [""] * self._compared
        missing = self._reads - len(self._digests)
        self._digests.extend([cells.digest(blank)] * missing)
        self._keys.extend([cells.NO_KEY] * missing)

    def _take(self, block: _Block) -> None:
        self.header = self.header or block.header
        self._digests.extend(block.digests)
        self._keys.extend(block.keys)

    def _read_all(self) -> Iterator[_Block]:
        """Blocks of rows, the one with the header row first; the next ones are asked for ahead."""
        height = min(_MOST_ROWS, max(1, _CELLS_IN_A_BLOCK // self._width))
        # A header row that was deleted and has to be put back has no place to be read from.
        first = self._place.head if not self._place.is_mended else self._place.head - 1
        end = first + 1 + self._reads
        asked: list[Future[_Block]] = []
        for top in range(first, end, height):
            bottom = min(end, top + height)
            if self._executor is None:
                yield self._block(top, bottom, has_header=top == first)
                continue
            asked.append(self._executor.submit(self._block, top, bottom, has_header=top == first))
            if len(asked) > _AHEAD:
                yield asked.pop(0).result()
        for future in asked:
            yield future.result()

    def _block(self, top: int, bottom: int, *, has_header: bool) -> _Block:
        """Only numbers are left of the rows: the cells of blocks that wait would take a hundred times the room."""
        lines, key = self._read(top, bottom), self._key
        header = lines.pop(0) if has_header else None
        return _Block(
            header,
            array("q", [cells.digest(line[: self._compared]) for line in lines]),
            array("q", [] if key is None else [cells.key_of(line[key]) for line in lines]),
        )

    def _read(self, top: int, bottom: int) -> list[list[Value]]:
        tab = self._place.tab
        lines: list[list[Value]] = [[""] * self._width for _ in range(bottom - top)]
        if tab is None:
            return lines
        is_above = self._place.is_mended and top < self._place.head
        start = top + is_above  # the row of a deleted header is nothing
        start, end = min(start, tab.rows), min(bottom, tab.rows)
        if start < end:
            answers = self._values(tab.id, [group.box(start, end) for group in self._groups])
            for group, found in zip(self._groups, answers, strict=True):
                self._lay(lines, start - top, group, found)
        return lines

    def _values(self, tab_id: int, boxes: Sequence[Box]) -> list[Cells]:
        """A tab may be renamed between one block and the next, and ranges name it by its title."""
        title = self._title
        try:
            return self._client.values(self._spreadsheet, [printed(title, box) for box in boxes])
        except SetupError:
            now = {tab.id: tab.title for tab in self._client.tabs(self._spreadsheet)}
            if now.get(tab_id, title) == title:
                raise
        self._title = now[tab_id]
        return self._values(tab_id, boxes)

    def _lay(self, lines: list[list[Value]], offset: int, group: layout.Group, found: Cells) -> None:
        indexes = self._present[group.first : group.first + group.count]
        is_straight = indexes == list(range(indexes[0], indexes[0] + group.count))
        for number, values in enumerate(found):
            line = lines[offset + number]
            if is_straight:
                line[indexes[0] : indexes[0] + len(values)] = values
            else:
                for index, value in zip(indexes, values, strict=False):
                    line[index] = value
