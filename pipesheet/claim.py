"""One `pipesheet up` a home folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from importers.errors import SetupError

_LOCK = "up.lock"


@contextmanager
def claim(home: Path) -> Iterator[None]:
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = FileLock(home / _LOCK)
        lock.acquire(blocking=False)
    except Timeout as error:
        raise SetupError(
            f"Pipesheet is running in {home} already.",
            hint="Stop that one first, or give this one a folder of its own in PIPESHEET_HOME.",
        ) from error
    except OSError as error:
        raise SetupError(
            f"The folder {home} cannot be used ({error.strerror}).", hint="Name another one in PIPESHEET_HOME."
        ) from error
    with lock:
        yield


def is_running(home: Path) -> bool:
    """Whether somebody claims *home* right now. Leaves nothing behind where nobody ever did."""
    if not (home / _LOCK).exists():
        return False
    try:
        with FileLock(home / _LOCK).acquire(blocking=False):
            return False
    except Timeout:
        return True
    except OSError:
        return False
