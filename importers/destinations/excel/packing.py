"""Compressing a sheet's rows in a thread of its own: zlib lets other Python code run meanwhile."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from queue import Queue
from threading import Thread
from typing import BinaryIO

from importers.destinations.excel.archive import RAW_DEFLATE, Packed
from importers.destinations.excel.sheetindex import Landmark

# Measured on the table of bench/writers.py, where level 1 takes as long, and
# level 5 makes the file a sixth smaller for a third more of the processor's time.
LEVEL = 2
_WAITING_BLOCKS = 2

# Every call into zlib and back costs a wait for Python's lock, up to five
# milliseconds while rows are being made: as long as packing half a megabyte.
# Smaller blocks halve the speed of the thread, larger ones only cost memory.
_BLOCK = 1 << 19


@dataclass(frozen=True, slots=True)
class PackedRows:
    """Rows in a file, compressed, up to a byte boundary: the stream can go on with anything."""

    packed: Packed
    landmarks: Sequence[Landmark]


class RowPacker:
    """
    Takes rows as XML and writes them, compressed, to *file*, in blocks one can start reading at.

    Trouble with the file comes back from a later `put` or from `finish`. One of
    `finish` and `abandon` must be called.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._packer = zlib.compressobj(LEVEL, zlib.DEFLATED, RAW_DEFLATE, 9)
        self._blocks: Queue[tuple[int, list[bytes]] | None] = Queue(_WAITING_BLOCKS)
        self._held: list[bytes] = []
        self._held_size = self._first_held = 0
        self._checksum = self._size = self._packed_size = 0
        self._landmarks: list[Landmark] = []
        self._error: Exception | None = None
        self._thread = Thread(target=self._work, name="row-packer", daemon=True)
        self._thread.start()

    def put(self, first_row: int, rows: bytes) -> None:
        """Hand over the rows from number *first_row* on; waits while the thread is far behind."""
        self._first_held = self._first_held or first_row
        self._held.append(rows)
        self._held_size += len(rows)
        if self._held_size >= _BLOCK:
            self._hand_over()
        self._raise_trouble()

    def finish(self) -> PackedRows:
        if self._held:
            self._hand_over()
        self.abandon()
        self._raise_trouble()
        return PackedRows(Packed(self._checksum, self._size, self._packed_size), self._landmarks)

    def abandon(self) -> None:
        """Stop the thread; nothing is written after this. Harmless when called again."""
        if self._thread.is_alive():
            self._blocks.put(None)
            self._thread.join()

    def _hand_over(self) -> None:
        self._blocks.put((self._first_held, self._held))
        self._held, self._held_size, self._first_held = [], 0, 0

    def _raise_trouble(self) -> None:
        if self._error is not None:
            raise self._error

    def _work(self) -> None:
        """Keeps taking blocks after trouble, so that `put` never waits for ever."""
        while (item := self._blocks.get()) is not None:
            if self._error is None:
                self._guarded(self._pack, *item)

    def _guarded(self, job: object, *arguments: object) -> None:
        try:
            job(*arguments)  # type: ignore[operator]
        except Exception as error:  # noqa: BLE001  # raised again where the rows come from
            self._error = error

    def _pack(self, first_row: int, pieces: list[bytes]) -> None:
        block = b"".join(pieces)
        packed = self._packer.compress(block) + self._packer.flush(zlib.Z_FULL_FLUSH)
        self._file.write(packed)
        self._landmarks.append(Landmark(first_row, self._packed_size))
        self._checksum = zlib.crc32(block, self._checksum)
        self._size += len(block)
        self._packed_size += len(packed)
