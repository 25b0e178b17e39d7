"""Who may replace a workbook, and what the disk says about it, in words for its owner."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

from filelock import FileLock, Timeout

from importers.errors import AccessDenied, InvalidSettings, NoRoom, NotOurTurn, NotThere, TemporaryError
from importers.interfaces import Stop
from importers.staged import PREFIX

_LOCK_ENDING = ".lock"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_UNNAMEABLE = frozenset({errno.ENAMETOOLONG, errno.ELOOP})
_GONE = frozenset({errno.ENOENT, errno.ENOTDIR})
_PAUSE = 0.1
_TRIES_BETWEEN_STOPS = 5
_TRY_AGAIN_AFTER = timedelta(minutes=1)


@contextmanager
def only_writer(place: Path, *, patience: timedelta, stop: Stop) -> Iterator[None]:
    """
    Hold the right to replace *place*, across processes.

    Raises:
        NotOurTurn: somebody else held it for all of *patience*.
        RunStopped: the Stop said so meanwhile.
    """
    path = place.parent / f"{PREFIX}{place.name[:80]}{_LOCK_ENDING}"
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


def _acquire(lock: FileLock, place: Path, patience: timedelta, stop: Stop) -> None:
    pause = _PAUSE * _TRIES_BETWEEN_STOPS
    for _ in range(max(1, round(patience.total_seconds() / pause))):
        stop()
        with suppress(Timeout):
            lock.acquire(timeout=pause, poll_interval=_PAUSE)
            return
    raise NotOurTurn(
        f"Another run has been writing {place.name} for more than {patience.total_seconds():.0f} seconds.",
        hint="It is tried again by itself.",
        retry_after=_TRY_AGAIN_AFTER,
    )
