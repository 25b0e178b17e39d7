from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from importers.errors import InvalidSettings, NeedsReconnecting
from importers.model import GOOGLE_SHEETS, PIPEDRIVE, Connection, Status
from importers.services.manage import ImporterCard
from importers.services.queueing import Holdup
from web import current
from web.home.listing import Listing, broken_of, in_order, listing_of, mark_of, seen_of
from web.results.views import page_links
from web.results.written import has_sheet
from web.security import safe_next

pages = Blueprint("home", __name__)

_MANY = 1000


def register(app: Flask) -> None:
    app.register_blueprint(pages)


@pages.get("/")
def index() -> ResponseReturnValue:
    """
    The importers, trouble first, a page of them. Scripts ask for the list alone with ?part=list; who says in
    `seen` what is shown already gets what changed of that.
    """
    if request.args.get("part") == "list" and "seen" in request.args:
        return _news(seen_of(request.args["seen"]))
    listing = _listing()
    cards = in_order(current.services().importers.cards(current.actor(), only=listing.ids), listing.ids)
    shown = _shown(cards, listing.broken)
    if request.args.get("part") == "list":
        return render_template("home/_list.html", **shown)
    return render_template(
        "home/index.html",
        **shown,
        listing=listing,
        page_links=page_links(listing.page, listing.pages),
        connections=current.services().connections.list(current.actor(), PIPEDRIVE),
        google_accounts=current.services().connections.list(current.actor(), GOOGLE_SHEETS),
        health=current.services().health.check(),
        counts=listing.counts,
        overfull=current.services().prices.overfull(current.actor(), may_be_old=listing.counts["all"] > _MANY),
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
        followers=current.services().importers.followers(current.actor(), importer_id),
        back=safe_next(request.args.get("next")),
    )


@pages.post("/importers/<id:importer_id>/delete")
def delete(importer_id: int) -> ResponseReturnValue:
    importer = current.services().importers.get(current.actor(), importer_id)
    rest = " The sheet it wrote is still there." if has_sheet(importer) else ""
    try:
        current.services().importers.delete(current.actor(), importer_id)
    except InvalidSettings:  # somebody follows it; that page says who
        return redirect(url_for(".ask_delete", importer_id=importer_id))
    flash(f"“{importer.name}” is deleted.{rest}", "success")
    return redirect(url_for("home.index"))


def _listing() -> Listing:
    services, actor = current.services(), current.actor()
    query, page = request.args.get("q", "").strip(), request.args.get("page", 1, type=int)
    return listing_of(services.importers.glances(actor), services.connections.list(actor), query=query, page=page)


def _news(seen: Mapping[int, str]) -> ResponseReturnValue:
    """Of the importers a page shows those that are otherwise by now, and those that are gone."""
    services, actor = current.services(), current.actor()
    cards = services.importers.cards(actor, only=list(seen))
    refused = [one for one in services.connections.list(actor) if not one.works]
    broken = broken_of(services.importers.glances(actor), refused) if refused else []
    shown = _shown(cards, broken)
    marks = shown["marks"]
    changed = [card for card in cards if marks[card.importer.id] != seen[card.importer.id]]
    return render_template("home/_list.html", **{**shown, "cards": changed, "gone": sorted(seen.keys() - marks.keys())})


def _shown(cards: Sequence[ImporterCard], broken: Sequence[Connection]) -> dict[str, Any]:
    holdups = _holdups(cards)
    place: dict[str, Any] = {name: request.args[name] for name in ("q", "page") if request.args.get(name)}
    return {
        "cards": cards,
        "holdups": holdups,
        "marks": {card.importer.id: mark_of(card, holdups) for card in cards},
        "gone": [],
        "broken": broken,
        "listed_at": url_for("home.index", **place) if place else "",
    }


def _holdups(cards: Sequence[ImporterCard]) -> Mapping[int, Holdup]:
    """Nobody is asked unless something is queued."""
    is_queued = any(card.last_run and card.last_run.status is Status.QUEUED for card in cards)
    return current.services().runs.holdups(current.actor()) if is_queued else {}
