from __future__ import annotations

import io
import zlib
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import pytest

from importers.destinations.excel.archive import (
    RAW_DEFLATE,
    ArchiveWriter,
    Packed,
    member,
    raw_member,
    unpacked_member,
)

GIGABYTE = 1 << 30


def copied(source: io.BytesIO) -> ZipFile:
    target = io.BytesIO()
    writer = ArchiveWriter(target)
    with ZipFile(source) as archive:
        for info in archive.infolist():
            writer.copy(archive, info)
    writer.close()
    return ZipFile(target)


@pytest.mark.parametrize("method", [ZIP_STORED, ZIP_DEFLATED])
def test_a_copy_has_every_member_as_it_was(method):
    source = io.BytesIO()
    with ZipFile(source, "w", method) as archive:
        archive.comment = b"a comment is not carried over"
        archive.writestr("plain.txt", b"text" * 10_000)
        archive.writestr("Łódź.txt", "ó".encode())
        archive.writestr("folder/", b"")
        archive.writestr("empty.txt", b"")
    with copied(source) as copy, ZipFile(source) as archive:
        assert copy.testzip() is None
        assert [(one.filename, one.CRC, one.date_time) for one in copy.infolist()] == [
            (one.filename, one.CRC, one.date_time) for one in archive.infolist()
        ]
        for one in archive.infolist():
            assert b"".join(raw_member(copy, copy.getinfo(one.filename))) == b"".join(raw_member(archive, one))
            assert b"".join(unpacked_member(copy, copy.getinfo(one.filename))) == archive.read(one)


def test_members_written_to_a_pipe_are_copied_as_well():
    """Their sizes stand after them rather than before."""

    class Pipe(io.BytesIO):
        def seekable(self):
            return False

    source = Pipe()
    with ZipFile(source, "w", ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", b"text" * 100)
    with copied(io.BytesIO(source.getvalue())) as copy:
        assert copy.testzip() is None
        assert copy.read("a.txt") == b"text" * 100


@pytest.mark.slow
def test_many_members_need_the_long_directory():
    target = io.BytesIO()
    writer = ArchiveWriter(target)
    for number in range(70_000):
        writer.add_packed(member(f"{number}"), Packed(0, 0, 2), [b"\x03\x00"])
    writer.close()
    with ZipFile(target) as archive:
        assert len(archive.infolist()) == 70_000


@pytest.mark.slow
def test_a_member_of_more_than_four_gigabytes_survives():
    """Five gigabytes of zeros, which pack into five megabytes."""
    packer = zlib.compressobj(1, zlib.DEFLATED, RAW_DEFLATE)
    zeros, checksum, pieces = bytes(GIGABYTE // 4), 0, []
    for _ in range(20):
        checksum = zlib.crc32(zeros, checksum)
        pieces.append(packer.compress(zeros))
    pieces.append(packer.flush())
    target = io.BytesIO()
    writer = ArchiveWriter(target)
    writer.add_packed(member("big"), Packed(checksum, 5 * GIGABYTE, sum(map(len, pieces))), pieces)
    writer.add("small", b"after it")
    writer.close()
    with copied(target) as copy:
        assert copy.getinfo("big").file_size == 5 * GIGABYTE
        assert checksum == copy.getinfo("big").CRC
        assert copy.read("small") == b"after it"
        with copy.open("big") as file:
            assert file.read(100) == bytes(100)


def test_members_far_into_a_file_are_found(tmp_path):
    """The hole of five gigabytes takes no room on the disk."""
    with (tmp_path / "far.zip").open("w+b") as file:
        file.seek(5 * GIGABYTE)
        writer = ArchiveWriter(file)
        writer.add("far", b"away")
        writer.close()
        with ZipFile(file) as archive:
            assert archive.getinfo("far").header_offset == 5 * GIGABYTE
            assert archive.read("far") == b"away"
