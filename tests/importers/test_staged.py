from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

import pytest

from importers.staged import PREFIX, StagedFile, remove_leftovers


@pytest.fixture
def on_nfs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Locks as Linux has them on NFS: none for all others on a file that is open for reading only (man 2 flock)."""
    lock = fcntl.flock

    def flock(descriptor: int, operation: int) -> None:
        is_read_only = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY
        if is_read_only and operation & fcntl.LOCK_EX:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        lock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", flock)


def test_what_a_process_left_that_died_is_removed_on_nfs_as_well(on_nfs: None, tmp_path: Path) -> None:
    left = tmp_path / f"{PREFIX}4711-0123.part"
    left.write_bytes(b"half a workbook")
    with StagedFile(tmp_path) as under_way:
        remove_leftovers(tmp_path)
        assert under_way.path.exists()
    assert not left.exists()
