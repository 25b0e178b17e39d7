"""The knobs: a page for people, JSON for other processes. No part of what is imitated."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sandbox import bustle, faults, knobs, statuspage, world

if TYPE_CHECKING:
    from sandbox.pipedrive import Sandbox

_MOST_CHANGES = 10_000


def blueprint(sandbox: Sandbox) -> Blueprint:
    control = Blueprint("control", __name__, url_prefix="/_sandbox", template_folder="templates")

    @control.get("/")
    def index() -> str:
        return render_template(
            "sandbox/index.html",
            sandbox=sandbox,
            token=world.TOKEN,
            kinds=faults.KINDS,
            states=statuspage.STATES,
            changing=bustle.EVERYTHING,
            address=request.host_url,
        )

    knobs.add(control, sandbox.faults, sandbox.journal)
    _add_apps(control, sandbox)
    _add_status(control, sandbox)
    _add_changes(control, sandbox)
    return control


def _add_apps(control: Blueprint, sandbox: Sandbox) -> None:
    @control.get("/apps")
    def show_installed() -> Response:
        installed = sandbox.oauth.grants.installed
        return jsonify([{"client_id": one.app.client_id, "user_id": one.user_id} for one in installed])

    @control.post("/uninstall")
    def uninstall() -> ResponseReturnValue:
        """Of one user, else of all: a form of the page, or JSON."""
        asked = request.get_json(silent=True) or request.form
        user_id = int(asked["user_id"]) if asked.get("user_id") else None
        ended = [grant for grant in sandbox.oauth.grants.installed if user_id in (None, grant.user_id)]
        for grant in ended:
            sandbox.oauth.uninstall(grant)
        return _done(f"Uninstalled for {len(ended)} of its users.")

    @control.post("/expire-access-tokens")
    def expire() -> ResponseReturnValue:
        """As after an hour."""
        sandbox.oauth.grants.expire_access()
        return _done("Every access token has expired.")


def _done(line: str) -> ResponseReturnValue:
    """Back to the page for who pressed a button of it; a plain line for other programs."""
    if "text/html" in request.accept_mimetypes.values():
        return redirect(url_for(".index"))
    return Response(line + "\n", mimetype="text/plain")


def _add_status(control: Blueprint, sandbox: Sandbox) -> None:
    @control.get("/status")
    def show_status() -> Response:
        return jsonify(sandbox.status.page, sandbox.status.notices)

    @control.post("/status")
    def report() -> ResponseReturnValue:
        """What the status page says from now on: `state` and `subject`, as a form or as JSON."""
        asked = request.get_json(silent=True) or request.form
        try:
            sandbox.status.report(str(asked.get("state")), subject=str(asked.get("subject") or ""))
        except ValueError as problem:
            return jsonify(error=str(problem)), 400
        return redirect(url_for(".index", _anchor="status")) if request.form else ("", 204)

    @control.delete("/status")
    def clear_status() -> ResponseReturnValue:
        sandbox.status.clear()
        return "", 204


def _add_changes(control: Blueprint, sandbox: Sandbox) -> None:
    chance = random.Random(sandbox.world.seed)
    everything = bustle.Bustle(sandbox.world, chance)

    @control.get("/changes")
    def show_changes() -> Response:
        return jsonify(count=sandbox.world.changes.count, latest=bustle.happened(sandbox.world.changes))

    @control.post("/changes")
    def change() -> ResponseReturnValue:
        """So many changes now: `n`, and `kinds` of records, as a form or as JSON."""
        try:
            count, kinds = _changes_wanted(request.get_json(silent=True) or request.form)
        except ValueError as problem:
            return jsonify(error=str(problem)), 400
        (everything.of(kinds) if kinds else everything).go_on(count)
        if "text/html" in request.headers.get("accept", ""):
            return redirect(url_for("control.index", _anchor="changes"))
        return jsonify(count=sandbox.world.changes.count, latest=bustle.happened(sandbox.world.changes)), 201


def _changes_wanted(asked: Any) -> tuple[int, tuple[str, ...]]:
    """Raises ValueError with what is wrong."""
    if not hasattr(asked, "get"):
        raise ValueError('Send a JSON object like {"n": 20}.')
    count, kinds = str(asked.get("n", 1)), tuple(part for part in str(asked.get("kinds") or "").split(",") if part)
    if not count.isdecimal() or not 1 <= int(count) <= _MOST_CHANGES:
        raise ValueError(f"n is a number from 1 to {_MOST_CHANGES}, not {count!r}.")
    unknown = [kind for kind in kinds if kind not in bustle.EVERYTHING]
    if unknown:
        raise ValueError(f"There is no kind {unknown[0]!r}; there are {', '.join(bustle.EVERYTHING)}.")
    return int(count), kinds
