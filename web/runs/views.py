from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from flask import Blueprint, Flask, Response, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from importers.errors import AccessDenied, CredentialsRejected, NotThere, SetupError
from importers.model import Phase, Run, Trouble
from web import current
from web.addresses import an_id
from web.filters import elapsed
from web.runs.bars import Bar, bars
from web.runs.stream import Seats, story
from web.troubles import connections_of, needed_by

pages = Blueprint("runs", __name__)

PHASES = tuple(Phase)
RUNS_SHOWN = 30
"""On one page."""

_SEATS = "pipesheet.seats"


def register(app: Flask) -> None:
    app.register_blueprint(pages)
    app.extensions[_SEATS] = Seats()


@pages.get("/importers/<id:importer_id>")
def history(importer_id: int) -> ResponseReturnValue:
    """An importer: what it does, and its last runs, or those before one of them."""
    services, actor = current.services(), current.actor()
    importer = services.importers.get(actor, importer_id)
    before = _run_named(request.args.get("before", ""))
    found = services.runs.list(actor, importer_id, limit=RUNS_SHOWN + 1, before=before)
    runs, is_more = found[:RUNS_SHOWN], len(found) > RUNS_SHOWN
    reader, writer = connections_of(importer)
    return render_template(
        "runs/history.html",
        importer=importer,
        connection=needed_by(reader, writer),
        reader=reader,
        writer=writer,
        refused=[one for one in (reader, writer) if one and not one.works],
        entity=next((info for info in services.importers.entities() if info.name == importer.selection.entity), None),
        price=services.prices.of(actor, importer_id),
        runs=runs,
        before=before,
        is_more=is_more,
        holdups={run.id: holdup for run in runs if (holdup := services.runs.holdup(run))},
        bars=_bars(runs),
    )


@pages.get("/runs/<id:run_id>")
def show(run_id: int) -> ResponseReturnValue:
    services, actor = current.services(), current.actor()
    run = services.runs.get(actor, run_id)
    importer = services.importers.get(actor, run.importer_id)
    events = services.runs.events(actor, run_id)
    return render_template(
        "runs/show.html",
        run=run,
        importer=importer,
        events=events,
        latest=events[-1] if events else None,
        holdup=services.runs.holdup(run),
        phases=PHASES,
        keep_days=current.settings().keep_events_days,
    )


@pages.get("/runs/<id:run_id>/stream")
def stream(run_id: int) -> ResponseReturnValue:
    """The run's story as server-sent events, from the number after the last one the browser has."""
    run = current.services().runs.get(current.actor(), run_id)
    importer = current.services().importers.get(current.actor(), run.importer_id)
    seats: Seats = current_app.extensions[_SEATS]
    is_seated = seats.take()
    lines = story(current.services().runs, current.actor(), run_id, importer, after=_last_seen(), follow=is_seated)
    response = Response(lines, mimetype="text/event-stream")
    if is_seated:
        response.call_on_close(seats.give_back)
    response.headers["X-Accel-Buffering"] = "no"  # nginx would hold the lines back
    return response


@pages.post("/runs/<id:run_id>/cancel")
def cancel(run_id: int) -> ResponseReturnValue:
    current.services().runs.cancel(current.actor(), run_id)
    return redirect(url_for(".show", run_id=run_id))


def _last_seen() -> int:
    number = request.headers.get("Last-Event-ID") or request.args.get("after", "")
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 10 else 0


def _run_named(text: str) -> int | None:
    with suppress(ValueError):
        return an_id(text)
    return None


def _bars(runs: Sequence[Run]) -> list[Bar]:
    return bars([(run, elapsed(run) or timedelta()) for run in reversed(runs)])


@pages.app_template_filter()
def next_step(trouble: Trouble) -> str:
    """Where the owner can mend it: "connection", "spreadsheet", "editor", or "" where none helps."""
    if trouble.code == CredentialsRejected.code:
        return "connection"
    if trouble.code == AccessDenied.code and _NOT_SHARED in trouble.message:
        return "spreadsheet"
    return "editor" if trouble.code in _SETTINGS_CODES else ""


_NOT_SHARED = "it is not shared with it"
"""A trouble is kept in words only; these are Google Sheets’ for it."""

_SETTINGS_CODES = {NotThere.code, SetupError.code, *(kind.code for kind in SetupError.__subclasses__())} - {
    CredentialsRejected.code
}
