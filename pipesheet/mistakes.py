"""What we cannot explain: kept whole in a log file, told in one line."""

from __future__ import annotations

import logging
import os
import tempfile
import uuid
from logging.handlers import RotatingFileHandler
from pathlib import Path


def keep(error: BaseException) -> str:
    """
    Write *error* with its traceback to the log, and return the line to tell.

    The line does not repeat the error's own text, which may hold anything.
    """
    reference = uuid.uuid4().hex[:12]
    place = _write(error, reference)
    return f"Pipesheet made a mistake (reference {reference}). The details are in {place}; please report them."


def _write(error: BaseException, reference: str) -> Path:
    try:
        return _append(_home() / "logs", error, reference)
    except OSError:
        return _append(Path(tempfile.mkdtemp(prefix="pipesheet-")), error, reference)


def _append(folder: Path, error: BaseException, reference: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "pipesheet.log"
    handler = RotatingFileHandler(path, maxBytes=1_000_000, backupCount=3, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log = logging.getLogger("pipesheet.mistakes")
    log.addHandler(handler)
    log.propagate = False
    try:
        log.error("reference %s", reference, exc_info=error)
    finally:
        log.removeHandler(handler)
        handler.close()
    return path


def _home() -> Path:
    """Read here once more because the settings may be what is broken."""
    return Path(os.environ.get("PIPESHEET_HOME") or "~/.pipesheet").expanduser().absolute()
