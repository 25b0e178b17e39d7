"""One import in the terminal: the engine alone, without web, worker, Redis or database."""

from __future__ import annotations

import json
import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from time import monotonic
from types import FrameType

import click

from importers.engine.pipeline import Outcome, Pipeline
from importers.errors import RunStopped
from importers.interfaces import Source, Stop
from importers.model import Delivery, Selection, Written
from pipesheet.into import Into
from pipesheet.progress import watched


def run(selection: Selection, into: Into, source: Source, *, as_json: bool) -> None:
    """
    Read *selection* into that place and tell how it went, as one line or one JSON object.

    Ctrl-C and SIGTERM leave the place as it was, and nothing beside it.
    """
    started = monotonic()
    with _stopped_by_signals(into.place) as stop, watched() as watcher:
        pipeline = Pipeline(source, into.destination, tell=watcher.tell, report=watcher.report, stop=stop)
        # Whatever is tried again is the same delivery; the next command is another one.
        delivery = Delivery(f"once {secrets.token_hex(8)}", at=datetime.now(UTC))
        outcome = pipeline.run(selection, into.target, delivery=delivery)
    seconds = monotonic() - started
    click.echo(_as_json(outcome, into, seconds) if as_json else _as_line(outcome, into, seconds))


def _as_json(outcome: Outcome, into: Into, seconds: float) -> str:
    counts, written = outcome.counts, outcome.written
    there = {"added": written.added, "changed": written.changed, "removed": written.removed}
    return json.dumps(
        {
            "rows": written.rows,
            "columns": written.columns,
            **({**there, "address": into.address()} if into.is_google else {}),
            "requests": counts.requests,
            "tokens": counts.tokens,
            "waited_s": round(counts.waited.total_seconds(), 3),
            "seconds": round(seconds, 3),
            "notes": list(outcome.notes),
        },
        ensure_ascii=False,
    )


def _as_line(outcome: Outcome, into: Into, seconds: float) -> str:
    counts, written = outcome.counts, outcome.written
    notes = f" Notes: {' '.join(outcome.notes)}" if outcome.notes else ""
    where = f" {address}" if (address := into.address()) else ""
    gone = " It was there only as long as this command." if into.pretended and not into.pretended.is_shown else ""
    return (
        f"{written.rows:,} rows and {written.columns} columns in {into.called}{_became(written)}, "
        f"in {seconds:.1f} s ({counts.requests} requests, {counts.tokens} tokens).{where}{gone}{notes}"
    )


def _became(written: Written) -> str:
    """What became of the rows, where the place can tell."""
    if written.added is None or written.changed is None or written.removed is None:
        return ""
    return f" ({written.added:,} added, {written.changed:,} changed, {written.removed:,} removed)"


@contextmanager
def _stopped_by_signals(place: str) -> Iterator[Stop]:
    """
    The first Ctrl-C or SIGTERM is heard at the next safe point, where nothing
    is left behind; a second one does not wait for it.
    """
    heard: list[int] = []
    stopped = RunStopped(f"Stopped. {place} is as it was before.")

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
