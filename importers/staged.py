"""
Files on their way: written beside their place, so that one rename shows them.

A process that dies leaves its file behind. The file is locked while it is
being written, so whoever comes next can tell a leftover from work in progress,
on any host that shares the folder's locks, and removes it.
"""

from __future__ import annotations

import os
import stat
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

try:
    import fcntl
except ImportError:  # pragma: no cover  # Windows: leftovers stay until somebody removes them
    fcntl = None  # type: ignore[assignment]

PREFIX = ".pipesheet-"
"""How the names of such files begin."""
_ENDING = ".part"


class StagedFile:
    """A new file in *folder*; gone after the `with`, unless it was moved onto its place."""

    def __init__(self, folder: Path) -> None:
        self.path, self.file = _claimed_file(folder)

    def move_onto(self, place: Path, *, last_look: Callable[[], None] = lambda: None) -> None:
        """
        Everything written so far, on the disk for good, under its final name at
        once. *last_look* is called right before that; what it raises prevents it.
        """
        self.file.flush()
        _take_over_rights(self.file.fileno(), place)
        os.fsync(self.file.fileno())
        last_look()
        self.path.replace(place)
        self.file.close()
        _sync_folder(place.parent)

    def discard(self) -> None:
        with suppress(OSError):  # what is left in the buffer may not fit on the disk
            self.file.close()
        with suppress(OSError):
            self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()


def remove_leftovers(folder: Path) -> None:
    """Remove what processes that are no longer there were writing in *folder*."""
    for path in folder.glob(f"{PREFIX}*{_ENDING}"):
        with suppress(OSError):
            _remove_if_abandoned(path)


def _claimed_file(folder: Path) -> tuple[Path, BinaryIO]:
    """A new, locked file. A sweep that slips between making and locking it takes it; then another is made."""
    while True:
        path = folder / f"{PREFIX}{os.getpid()}-{uuid.uuid4().hex}{_ENDING}"
        # Not tempfile: its files are for one user only, and the place's rights are taken over.
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666), "w+b")
        if _locked(file) and os.fstat(file.fileno()).st_nlink:
            return path, file
        file.close()
        path.unlink(missing_ok=True)


def _locked(file: BinaryIO) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks; its leftovers count as abandoned only by luck
        return True
    return True


def _remove_if_abandoned(path: Path) -> None:
    if fcntl is None:
        return
    with path.open("r+b") as file:  # NFS locks only what may be written
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink(missing_ok=True)


def _take_over_rights(descriptor: int, place: Path) -> None:
    """The new file is as readable as the old one, and belongs to the same people where we may say so."""
    try:
        old = place.stat()
    except FileNotFoundError:
        return
    with suppress(OSError):
        os.fchown(descriptor, old.st_uid, old.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(old.st_mode))


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # pragma: no cover  # a folder cannot be opened there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
