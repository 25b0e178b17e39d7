"""One import in the terminal: the engine alone, without web, worker, Redis or database."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from types import FrameType

import click

from importers.bootstrap import entities, excel_file
from importers.engine.pipeline import Outcome, Pipeline
from importers.errors import RunStopped
from importers.interfaces import Source, Stop
from importers.model import Selection, Target
from pipesheet.progress import watched


@dataclass(frozen=True, slots=True)
class OneOff:
    """What to read and which worksheet of which file to write; the entity's label without a sheet."""

    selection: Selection
    path: Path
    sheet: str | None = None

    @property
    def target(self) -> Target:
        return Target("excel", self.path.stem, self.sheet or _label(self.selection.entity))


def run(job: OneOff, source: Source, *, as_json: bool) -> None:
    """
    Carry out *job* and tell how it went, as one line or one JSON object.

    Ctrl-C and SIGTERM leave the file as it was, and nothing beside it.
    """
    started = monotonic()
    destination = excel_file(job.path)
    with _stopped_by_signals(job.path) as stop, watched() as watcher:
        pipeline = Pipeline(source, destination, tell=watcher.tell, report=watcher.report, stop=stop)
        outcome = pipeline.run(job.selection, job.target)
    seconds = monotonic() - started
    click.echo(_as_json(outcome, seconds) if as_json else _as_line(outcome, job, seconds))


def _as_json(outcome: Outcome, seconds: float) -> str:
    counts = outcome.counts
    return json.dumps(
        {
            "rows": outcome.written.rows,
            "columns": outcome.written.columns,
            "requests": counts.requests,
            "tokens": counts.tokens,
            "waited_s": round(counts.waited.total_seconds(), 3),
            "seconds": round(seconds, 3),
            "notes": list(outcome.notes),
        },
        ensure_ascii=False,
    )


def _as_line(outcome: Outcome, job: OneOff, seconds: float) -> str:
    counts, written = outcome.counts, outcome.written
    notes = f" Notes: {' '.join(outcome.notes)}" if outcome.notes else ""
    return (
        f"{written.rows:,} rows and {written.columns} columns in {job.path}, sheet {job.target.sheet!r}, "
        f"in {seconds:.1f} s ({counts.requests} requests, {counts.tokens} tokens).{notes}"
    )


def _label(entity: str) -> str:
    """The label of *entity*; its own name where there is no such entity, which the source then explains."""
    return next((known.label for known in entities() if known.name == entity), entity)


@contextmanager
def _stopped_by_signals(path: Path) -> Iterator[Stop]:
    """
    The first Ctrl-C or SIGTERM is heard at the next safe point, where nothing
    is left behind; a second one does not wait for it.
    """
    heard: list[int] = []
    stopped = RunStopped(f"Stopped. {path} is as it was before.")

    def hear(number: int, frame: FrameType | None) -> None:
        if heard:
            raise KeyboardInterrupt
        heard.append(number)

    def stop() -> None:
        if heard:
            raise stopped

    before = {number: signal.signal(number, hear) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    except KeyboardInterrupt as error:
        raise stopped from error
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
