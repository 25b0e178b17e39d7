"""
Files on their way: written beside the workbook, so that one rename shows them.

A process that dies leaves its file behind. The file is locked while it is
being written, so whoever comes next can tell a leftover from work in progress,
on any host that shares the folder's locks, and removes it.
"""

from __future__ import annotations

import errno
import os
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from filelock import FileLock, Timeout

from importers.errors import AccessDenied, InvalidSettings, NoRoom, NotThere, TemporaryError
from importers.interfaces import Stop

try:
    import fcntl
except ImportError:  # pragma: no cover  # Windows: leftovers stay until somebody removes them
    fcntl = None  # type: ignore[assignment]

_PREFIX = ".pipesheet-"
_ENDING = ".part"
_LOCK_ENDING = ".lock"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_UNNAMEABLE = frozenset({errno.ENAMETOOLONG, errno.ELOOP})
_GONE = frozenset({errno.ENOENT, errno.ENOTDIR})
_PAUSE = 0.1
_TRIES_BETWEEN_STOPS = 5


class StagedFile:
    """A new file in *folder*; gone after the `with`, unless it was moved onto its place."""

    def __init__(self, folder: Path) -> None:
        self.path, self.file = _claimed_file(folder)

    def move_onto(self, place: Path) -> None:
        """Everything written so far, on the disk for good, under its final name at once."""
        self.file.flush()
        _take_over_rights(self.file.fileno(), place)
        os.fsync(self.file.fileno())
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
    for path in folder.glob(f"{_PREFIX}*{_ENDING}"):
        with suppress(OSError):
            _remove_if_abandoned(path)


@contextmanager
def only_writer(place: Path, *, patience: timedelta, stop: Stop) -> Iterator[None]:
    """
    Hold the right to replace *place*, across processes.

    Raises:
        TemporaryError: somebody else held it for all of *patience*.
        RunStopped: the Stop said so meanwhile.
    """
    path = place.parent / f"{_PREFIX}{place.name[:80]}{_LOCK_ENDING}"
    lock = FileLock(path)
    _acquire(lock, place, patience, stop)
    try:
        yield
    finally:
        # Removed while we hold it: whoever waits for this very file notices and makes a new one.
        path.unlink(missing_ok=True)
        lock.release()


@contextmanager
def disk_trouble_explained(place: Path) -> Iterator[None]:
    """Turns what the operating system says about files into what the owner can do about it."""
    try:
        yield
    except OSError as error:
        raise _explained(error, place) from error


def _gone(place: Path) -> Exception:
    """Some folders are there and take no files all the same, /proc for one."""
    if place.parent.is_dir():
        return AccessDenied(
            f"{place.name} cannot be written in the folder {place.parent}.", hint="Choose another place."
        )
    return NotThere(f"The folder {place.parent} is not there.", hint="Create it first, or choose another place.")


def _explained(error: OSError, place: Path) -> Exception:
    if error.errno in _FULL:
        return NoRoom(
            f"The disk is full, so {place.name} could not be written. The workbook is as it was before.",
            hint="Make room on the disk (or raise the quota) and run the import again.",
        )
    if error.errno in _FORBIDDEN:
        return AccessDenied(
            f"Pipesheet may not write {place.name} in the folder {place.parent}.",
            hint="Give the user that runs Pipesheet the right to write there, or choose another place.",
        )
    if error.errno in _GONE:
        return _gone(place)
    if error.errno in _UNNAMEABLE:
        return InvalidSettings(
            f"The name {place.name[:40]}… is longer than this disk takes, or leads in a circle.",
            hint="Choose a shorter name.",
        )
    return TemporaryError(
        f"The disk failed while {place.name} was written ({error.strerror}). The workbook is as it was before.",
        hint="If it happens again, have the disk checked.",
    )


def _claimed_file(folder: Path) -> tuple[Path, BinaryIO]:
    """A new, locked file. A sweep that slips between making and locking it takes it; then another is made."""
    while True:
        path = folder / f"{_PREFIX}{os.getpid()}-{uuid.uuid4().hex}{_ENDING}"
        # Not tempfile: its files are for one user only, and the workbook takes over the rights.
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
    with path.open("rb") as file:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink(missing_ok=True)


def _acquire(lock: FileLock, place: Path, patience: timedelta, stop: Stop) -> None:
    pause = _PAUSE * _TRIES_BETWEEN_STOPS
    for _ in range(max(1, round(patience.total_seconds() / pause))):
        stop()
        with suppress(Timeout):
            lock.acquire(timeout=pause, poll_interval=_PAUSE)
            return
    raise TemporaryError(
        f"Another run has been writing {place.name} for more than {patience.total_seconds():.0f} seconds.",
        hint="It is tried again by itself.",
    )


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
