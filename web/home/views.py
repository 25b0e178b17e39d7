from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from importers.errors import NeedsReconnecting
from importers.model import GOOGLE_SHEETS, PIPEDRIVE, Status
from importers.services.manage import ImporterCard
from importers.services.queueing import Holdup
from web import current
from web.results.written import has_sheet
from web.security import safe_next
from web.troubles import is_mended

pages = Blueprint("home", __name__)


def register(app: Flask) -> None:
    app.register_blueprint(pages)


@pages.get("/")
def index() -> ResponseReturnValue:
    """Every importer, trouble first. Scripts ask for the list alone with ?part=list."""
    cards = sorted(current.services().importers.cards(current.actor()), key=_trouble_first)
    if request.args.get("part") == "list":
        return render_template("home/_list.html", cards=cards, holdups=_holdups(cards))
    return render_template(
        "home/index.html",
        cards=cards,
        holdups=_holdups(cards),
        connections=current.services().connections.list(current.actor(), PIPEDRIVE),
        google_accounts=current.services().connections.list(current.actor(), GOOGLE_SHEETS),
        health=current.services().health.check(),
        counts=_counts(cards),
        overfull=[load for load in current.services().prices.loads(current.actor()) if not load.fits],
    )


@pages.post("/importers/<id:importer_id>/run")
def run(importer_id: int) -> ResponseReturnValue:
    try:
        started = current.services().runs.start(current.actor(), importer_id)
    except NeedsReconnecting as error:
        flash(str(error), "danger")
        return redirect(url_for("runs.history", importer_id=importer_id))
    return redirect(url_for("runs.show", run_id=started.id))


@pages.post("/importers/<id:importer_id>/pause")
def pause(importer_id: int) -> ResponseReturnValue:
    importer = current.services().importers.pause(current.actor(), importer_id)
    flash(f"“{importer.name}” is paused: it runs only when you press Run.", "success")
    return redirect(safe_next(request.form.get("next")))


@pages.post("/importers/<id:importer_id>/resume")
def resume(importer_id: int) -> ResponseReturnValue:
    importer = current.services().importers.resume(current.actor(), importer_id)
    flash(f"“{importer.name}” follows its schedule again.", "success")
    return redirect(safe_next(request.form.get("next")))


@pages.get("/importers/<id:importer_id>/delete")
def ask_delete(importer_id: int) -> ResponseReturnValue:
    importer = current.services().importers.get(current.actor(), importer_id)
    return render_template(
        "home/delete.html",
        importer=importer,
        has_sheet=has_sheet(importer),
        has_run=bool(current.services().runs.list(current.actor(), importer_id, limit=1)),
        back=safe_next(request.args.get("next")),
    )


@pages.post("/importers/<id:importer_id>/delete")
def delete(importer_id: int) -> ResponseReturnValue:
    importer = current.services().importers.get(current.actor(), importer_id)
    rest = " The sheet it wrote is still there." if has_sheet(importer) else ""
    current.services().importers.delete(current.actor(), importer_id)
    flash(f"“{importer.name}” is deleted.{rest}", "success")
    return redirect(url_for("home.index"))


def has_trouble(card: ImporterCard) -> bool:
    if card.refused:
        return True
    run = card.last_run
    return run is not None and run.status is Status.FAILED and not is_mended(run, card.connection)


def _trouble_first(card: ImporterCard) -> tuple[bool, str]:
    return not has_trouble(card), card.importer.name.casefold()


def _holdups(cards: Sequence[ImporterCard]) -> Mapping[int, Holdup]:
    """Nobody is asked unless something is queued."""
    is_queued = any(card.last_run and card.last_run.status is Status.QUEUED for card in cards)
    return current.services().runs.holdups(current.actor()) if is_queued else {}


def _counts(cards: Sequence[ImporterCard]) -> dict[str, int]:
    last = Counter(card.last_run.status.value for card in cards if card.last_run)
    return {"all": len(cards), "trouble": sum(map(has_trouble, cards)), **last}
