"""
Writing a zip from pieces that are compressed already.

`zipfile` can read such pieces but not write them; this writes the records of
https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, Zip64 where needed.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from importers.interfaces import Stop, never_stop

RAW_DEFLATE = -15
"""zlib's window bits for the stream a zip holds: without header and checksum."""

_LOCAL = struct.Struct("<4sHHHHHLLLHH")
_CENTRAL = struct.Struct("<4s4B4HL2L5H2L")
_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_UTF_8_NAME = 0x800
_KEPT_FLAGS = _UTF_8_NAME | 0x6  # the name's encoding, and how hard the deflater tried
_ZIP64_EXTRA = 1
_FULL_16, _FULL_32 = 0xFFFF, 0xFFFFFFFF
_PLAIN_VERSION, _ZIP64_VERSION = 20, 45
_BLOCK = 1 << 20
_START_OF_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Packed:
    """What a member holds once compressed: sizes and checksum."""

    checksum: int
    size: int
    packed_size: int


class ArchiveWriter:
    """Writes members one after another; `close` writes the directory. Does not close the file. Asks *stop* all the time."""

    def __init__(self, file: BinaryIO, *, stop: Stop = never_stop) -> None:
        self._file = file
        self._stop = stop
        self._directory: list[tuple[ZipInfo, Packed, int]] = []

    def copy(self, source: ZipFile, info: ZipInfo) -> None:
        """Carry a member over as it lies, without unpacking it."""
        packed = Packed(info.CRC, info.file_size, info.compress_size)
        self.add_packed(info, packed, raw_member(source, info))

    def add(self, name: str, content: bytes) -> None:
        packer = zlib.compressobj(wbits=RAW_DEFLATE)
        data = packer.compress(content) + packer.flush()
        self.add_packed(member(name), Packed(zlib.crc32(content), len(content), len(data)), [data])

    def add_packed(self, info: ZipInfo, packed: Packed, data: Iterable[bytes]) -> None:
        offset = self._file.tell()
        self._file.write(_local_header(info, packed))
        for piece in data:
            self._stop()
            self._file.write(piece)
        self._directory.append((info, packed, offset))

    def close(self) -> None:
        start = self._file.tell()
        for info, packed, offset in self._directory:
            self._file.write(_central_record(info, packed, offset))
        self._file.write(_end_records(len(self._directory), start, self._file.tell()))


def member(name: str, extra: bytes = b"") -> ZipInfo:
    """A compressed member of ours; *extra* goes into the directory only."""
    info = ZipInfo(name, _START_OF_TIME)
    info.compress_type = ZIP_DEFLATED
    info.flag_bits = 0 if name.isascii() else _UTF_8_NAME
    info.extra = extra
    return info


def raw_member(source: ZipFile, info: ZipInfo, start: int = 0) -> Iterator[bytes]:
    """The compressed bytes of a member from *start* on."""
    file = source.fp
    if file is None:
        raise ValueError("the archive is closed")
    file.seek(info.header_offset)
    header = _LOCAL.unpack(file.read(_LOCAL.size))
    position = info.header_offset + _LOCAL.size + header[9] + header[10] + start
    left = info.compress_size - start
    while left > 0:
        file.seek(position)
        piece = file.read(min(_BLOCK, left))
        if not piece:
            raise EOFError(info.filename)
        position, left = position + len(piece), left - len(piece)
        yield piece


def unpacked_member(source: ZipFile, info: ZipInfo, start: int = 0) -> Iterator[bytes]:
    """The content of a member, from the point in its packed bytes where *start* allows to begin."""
    if info.compress_type == ZIP_STORED:
        yield from raw_member(source, info, start)
        return
    unpacker = zlib.decompressobj(RAW_DEFLATE)
    for piece in raw_member(source, info, start):
        content = unpacker.decompress(piece, _BLOCK)
        while content:
            yield content
            content = unpacker.decompress(unpacker.unconsumed_tail, _BLOCK)
    yield unpacker.flush()


def _name(info: ZipInfo) -> bytes:
    return info.orig_filename.encode("utf-8" if info.flag_bits & _UTF_8_NAME else "cp437")


def _when(info: ZipInfo) -> tuple[int, int]:
    year, month, day, hour, minute, second = info.date_time
    return hour << 11 | minute << 5 | second // 2, (year - 1980) << 9 | month << 5 | day


def _local_header(info: ZipInfo, packed: Packed) -> bytes:
    big = max(packed.size, packed.packed_size) >= _FULL_32
    extra = struct.pack("<HHQQ", _ZIP64_EXTRA, 16, packed.size, packed.packed_size) if big else b""
    name = _name(info)
    header = _LOCAL.pack(
        b"PK\x03\x04",
        _ZIP64_VERSION if big else _PLAIN_VERSION,
        info.flag_bits & _KEPT_FLAGS,
        info.compress_type,
        *_when(info),
        packed.checksum,
        _FULL_32 if big else packed.packed_size,
        _FULL_32 if big else packed.size,
        len(name),
        len(extra),
    )
    return header + name + extra


def _central_record(info: ZipInfo, packed: Packed, offset: int) -> bytes:
    values = (packed.size, packed.packed_size, offset)
    big = [value for value in values if value >= _FULL_32]
    extra = _without_zip64(info.extra)
    if big:
        extra = struct.pack(f"<HH{len(big)}Q", _ZIP64_EXTRA, 8 * len(big), *big) + extra
    size, packed_size, offset = (min(value, _FULL_32) for value in values)
    name = _name(info)
    record = _CENTRAL.pack(
        b"PK\x01\x02",
        max(info.create_version, _PLAIN_VERSION),
        info.create_system,
        _ZIP64_VERSION if big else _PLAIN_VERSION,
        0,
        info.flag_bits & _KEPT_FLAGS,
        info.compress_type,
        *_when(info),
        packed.checksum,
        packed_size,
        size,
        len(name),
        len(extra),
        len(info.comment),
        0,
        info.internal_attr,
        info.external_attr,
        offset,
    )
    return record + name + extra + info.comment


def _without_zip64(extra: bytes) -> bytes:
    kept, position = b"", 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, position)
        if kind != _ZIP64_EXTRA:
            kept += extra[position : position + 4 + length]
        position += 4 + length
    return kept


def _end_records(count: int, start: int, end: int) -> bytes:
    short = _END.pack(
        b"PK\x05\x06", 0, 0, *(min(count, _FULL_16),) * 2, min(end - start, _FULL_32), min(start, _FULL_32), 0
    )
    if count < _FULL_16 and end < _FULL_32:
        return short
    version = _ZIP64_VERSION
    long = _END_64.pack(b"PK\x06\x06", _END_64.size - 12, version, version, 0, 0, count, count, end - start, start)
    return long + _LOCATOR_64.pack(b"PK\x06\x07", 0, end, 1) + short
