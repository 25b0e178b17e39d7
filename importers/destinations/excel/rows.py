"""A table's rows, packed and waiting in a file for their workbook."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO

from importers.destinations.excel.archive import RAW_DEFLATE, Packed
from importers.destinations.excel.layout import TableShape
from importers.destinations.excel.packing import RowPacker
from importers.destinations.excel.sheetindex import Landmark
from importers.destinations.excel.styles import Indexes
from importers.interfaces import Stop, never_stop

_BLOCK = 1 << 20
_STYLED_CELL = re.compile(rb'(<c r="[A-Z]+[0-9]+" s=")([0-9]+)"')


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows as compressed XML in *file*, wearing the style numbers of *indexes*."""

    shape: TableShape
    indexes: Indexes
    file: BinaryIO
    packed: Packed
    landmarks: Sequence[Landmark]

    def pieces(self) -> Iterator[bytes]:
        yield from self._between(0, self.packed.packed_size)

    def blocks(self) -> Iterator[tuple[int, bytes]]:
        """The XML again, with the number of the row each block begins with."""
        offsets = [*(mark.offset for mark in self.landmarks), self.packed.packed_size]
        for mark, (start, end) in zip(self.landmarks, pairwise(offsets), strict=True):
            yield mark.row, zlib.decompressobj(RAW_DEFLATE).decompress(b"".join(self._between(start, end)))

    def _between(self, start: int, end: int) -> Iterator[bytes]:
        while start < end:
            self.file.seek(start)
            piece = self.file.read(min(_BLOCK, end - start))
            if not piece:
                raise EOFError("the staged rows are shorter than they were")
            start += len(piece)
            yield piece


def restyled(rows: Rows, indexes: Indexes, file: BinaryIO, *, stop: Stop = never_stop) -> Rows:
    """
    The same rows in another file, wearing other style numbers.

    Needed when somebody saved the workbook with another program while the rows
    were read. No text can be taken for a cell: its "<" is escaped.
    """
    numbers = {b"%d" % rows.indexes[style]: b"%d" % index for style, index in indexes.items()}
    packer = RowPacker(file)
    try:
        for row, block in rows.blocks():
            stop()
            packer.put(row, _STYLED_CELL.sub(lambda found: b'%b%b"' % (found[1], numbers[found[2]]), block))
        packed = packer.finish()
    finally:
        packer.abandon()
    return Rows(rows.shape, indexes, file, packed.packed, packed.landmarks)
