"""A run as server-sent events. Pieces of page are sent, so that the page and the stream cannot disagree."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from datetime import tzinfo

from flask import get_template_attribute, render_template, stream_with_context

from importers.errors import ImporterError
from importers.model import Actor, Event, Importer, Phase, Run
from importers.services.queueing import Holdup
from importers.services.runs import Runs
from web import current
from web.filters import zone_of

RETRY_MS = 2000
ROUND_SECONDS = 10.0
ROUNDS = 6
"""A stream ends after a minute and the browser asks again, so that no thread is held for ever by a lost reader."""


MOST_LISTENERS = 16
"""
Streams that one process holds open: half of its threads, so that any number
of open run pages leaves the other half for everything else. Whoever finds no
seat gets what is new, and asks again after RETRY_MS: less live, but there.
"""


class Seats:
    """Who may listen. Safe to share between threads."""

    def __init__(self, number: int = MOST_LISTENERS) -> None:
        self._free = threading.BoundedSemaphore(number)

    def take(self) -> bool:
        """Whether there was one; it must be given back then."""
        return self._free.acquire(blocking=False)

    def give_back(self) -> None:
        self._free.release()


def story(
    runs: Runs, actor: Actor, run_id: int, importer: Importer, *, after: int, follow: bool = True
) -> Iterator[str]:
    """
    Everything after event number *after*, then what happens next: `line` for
    each event (its id is the event's number), `state` for the run as it is
    now, and `over` once, at the end of the run. Without *follow* only what
    there is by now.
    """
    rounds = [ROUND_SECONDS] * ROUNDS if follow else [0.0]
    return stream_with_context(_until_gone(_story(runs, actor, run_id, importer, after, rounds)))


def _until_gone(messages: Iterator[str]) -> Iterator[str]:
    """A run that is deleted meanwhile, or a database that is away, ends the stream; the next request says what is wrong."""
    try:
        yield from messages
    except ImporterError:
        return


def _story(
    runs: Runs, actor: Actor, run_id: int, importer: Importer, after: int, rounds: Sequence[float]
) -> Iterator[str]:
    yield f"retry: {RETRY_MS}\n\n"
    latest = next(iter(runs.events(actor, run_id, after=after - 1)), None) if after else None
    for seconds in rounds:
        for run, events, holdup in runs.follow(actor, run_id, after=after, seconds=seconds):
            if run.status.is_over:
                importer = current.services().importers.get(actor, importer.id)  # the run may have seen changed fields
            yield from _lines(events, zone_of(importer))
            after = events[-1].number if events else after
            latest = events[-1] if events else latest
            yield _state(run, importer, latest, holdup)
        if run.status.is_over:
            return
        yield ": still here\n\n"


def _lines(events: Sequence[Event], zone: tzinfo) -> Iterator[str]:
    write = get_template_attribute("runs/_pieces.html", "line")
    for event in events:
        yield _message("line", {"html": write(event, zone)}, number=event.number)


def _state(run: Run, importer: Importer, latest: Event | None, holdup: Holdup | None) -> str:
    context = {"run": run, "importer": importer, "phases": tuple(Phase), "latest": latest, "holdup": holdup}
    data = {
        "status": run.status.value,
        "progress": render_template("runs/_progress.html", **context),
        "title": render_template("runs/_title.txt", **context),
        "actions": render_template("runs/_actions.html", **context),
    }
    if not run.status.is_over:
        return _message("state", data)
    data["ending"] = render_template("runs/_ending.html", **context)
    return _message("over", data)


def _message(kind: str, data: dict[str, str], number: int | None = None) -> str:
    head = f"id: {number}\n" if number is not None else ""
    return f"{head}event: {kind}\ndata: {json.dumps(data)}\n\n"
