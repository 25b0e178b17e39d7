"""What may not be in the logs of the processes: errors that nobody explains."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

_AWAY = "a database that is away is explained, and what could not be kept is found by its silent heart"
_CELERY = "Celery's own way of saying that a child of its was killed"
ALLOWED: Sequence[tuple[str, str]] = (
    (r"^importers\.errors\.ConnectionTrouble: The database cannot be reached", _AWAY),
    (r"^billiard\.exceptions\.WorkerLostError: ", _CELERY),
    (r"^celery\.exceptions\.WorkerShutdown: ", _CELERY),
    (r"WorkerLostError\('Could not start worker processes'\)", _CELERY),
    (r"^BrokenPipeError: ", "a child tells its worker, which was killed, that it is done"),
    (r"^CRITICAL Couldn't ack ", "Redis was away when a run was over: its message comes again, and finds that"),
)
"""What may be raised in the end, in tracebacks that are right to be there, each with its reason."""

_BEGINS = "Traceback (most recent call last):"
_OF_ITS_OWN = re.compile(r"^(worker: |DEBUG|INFO|WARNING|ERROR|CRITICAL|\[\d{4}-|\d+\.\d+\.\d+\.\d+ )")
_PRINTED = re.compile(r"^WARNING ?(?=Traceback \(|[\w.]+Error\b|During handling|The above exc|\s|$)")
"""What is printed instead of logged is put into the log by Celery, line by line."""

_REFERENCE = re.compile(r"\breference [0-9a-f]{12}")


def problems_in(folder: Path) -> list[str]:
    return [f"{path.stem} logs: {text}" for path in sorted(folder.glob("*.log")) for text in dict.fromkeys(_of(path))]


def _of(path: Path) -> Iterator[str]:
    lines = [_PRINTED.sub("", line) for line in path.read_text(errors="replace").splitlines()]
    for told in _entries(lines):
        last = _raised(told)
        if _is_allowed(told[0]) or _is_allowed(last):
            continue
        if _REFERENCE.search(told[0]) or told[0].startswith("CRITICAL"):
            yield told[0]
        elif _BEGINS in "\n".join(told):
            yield f"{told[0][:200]} … {last}"


def _entries(lines: Sequence[str]) -> Iterator[list[str]]:
    """Each line that was logged, with those that belong to it."""
    entry: list[str] = []
    for line in lines:
        if entry and _OF_ITS_OWN.match(line):
            yield entry
            entry = []
        entry.append(line)
    if entry:
        yield entry


def _raised(told: Sequence[str]) -> str:
    """In the end, however many errors led to it."""
    ends = [line for line in told[1:] if re.match(r"^[\w.]+: |^[\w.]+$", line)]
    return ends[-1] if ends else told[-1]


def _is_allowed(last: str) -> bool:
    return any(re.search(pattern, last) for pattern, _ in ALLOWED)
