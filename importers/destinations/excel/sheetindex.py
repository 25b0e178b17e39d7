"""
What we remember about a sheet we wrote, so that any page of it opens at once:
how many rows, which kinds of columns, and where in the compressed bytes one
can start reading at which row.

It travels in the extra field of the sheet's entry in the zip directory, which
other programs skip and do not carry over when they save the workbook: the
index is either true or gone. The checksum it repeats makes sure.
"""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import dataclass, replace
from zipfile import ZipInfo

from importers.destinations.excel.styles import Style
from importers.model import ColumnKind

_FIELD = 0x6970
"""Our number among the extra fields: "pi"."""
_VERSION = 1
_MOST = 60_000
_KINDS = tuple(ColumnKind)
_STYLES = tuple(Style)


@dataclass(frozen=True, slots=True)
class Landmark:
    """Reading can start at *offset* of the packed bytes, where row number *row* of the sheet begins."""

    row: int
    offset: int


@dataclass(frozen=True, slots=True)
class SheetIndex:
    """`rows` counts the data rows; `styles` holds the cell formats in the order of `Style`."""

    checksum: int
    rows: int
    kinds: tuple[ColumnKind, ...]
    styles: tuple[int, ...]
    landmarks: tuple[Landmark, ...]

    def landmark_before(self, row: int) -> Landmark:
        """The last place to start reading at that is not past *row*."""
        passed = [landmark for landmark in self.landmarks if landmark.row <= row]
        return passed[-1] if passed else Landmark(1, 0)

    def style_of(self, index: int) -> Style | None:
        return _STYLES[self.styles.index(index)] if index in self.styles else None

    def as_extra(self) -> bytes:
        """The extra field; of too many landmarks every other one is left out, until it fits."""
        content = zlib.compress(json.dumps(self._as_facts(), separators=(",", ":")).encode())
        if len(content) > _MOST:
            return replace(self, landmarks=self.landmarks[::2]).as_extra()
        return struct.pack("<HH", _FIELD, len(content)) + content

    def _as_facts(self) -> list[object]:
        kinds = "".join(str(_KINDS.index(kind)) for kind in self.kinds)
        landmarks = [[landmark.row, landmark.offset] for landmark in self.landmarks]
        return [_VERSION, self.checksum, self.rows, kinds, list(self.styles), landmarks]


def index_of(info: ZipInfo) -> SheetIndex | None:
    """The index of a sheet we wrote, if nobody has written it since."""
    content = _field(info.extra)
    try:
        index = _from_facts(json.loads(zlib.decompress(content)))
    except (ValueError, TypeError, IndexError, zlib.error):
        return None
    return index if index.checksum == info.CRC else None


def _field(extra: bytes) -> bytes:
    position = 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, position)
        if kind == _FIELD:
            return extra[position + 4 : position + 4 + length]
        position += 4 + length
    return b""


def _from_facts(facts: list[object]) -> SheetIndex:
    version, checksum, rows, kinds, styles, landmarks = facts
    if version != _VERSION or not isinstance(checksum, int) or not isinstance(rows, int):
        raise ValueError(version)
    if not isinstance(kinds, str) or not isinstance(styles, list) or not isinstance(landmarks, list):
        raise TypeError(kinds)
    return SheetIndex(
        checksum,
        rows,
        tuple(_KINDS[int(digit)] for digit in kinds),
        tuple(map(int, styles)),
        tuple(Landmark(int(row), int(offset)) for row, offset in landmarks),
    )
