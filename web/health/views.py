"""For load balancers and people in doubt."""

from __future__ import annotations

from flask import Blueprint, Flask, jsonify
from flask.typing import ResponseReturnValue

from web import current

pages = Blueprint("health", __name__)


def register(app: Flask) -> None:
    app.register_blueprint(pages)


@pages.get("/healthz")
def healthz() -> ResponseReturnValue:
    """200 while database, Redis and a worker answer, else 503; the body says which does not."""
    checkup = current.services().health.check()
    parts = {check.name: {"ok": check.ok, "detail": check.detail} for check in checkup}
    return jsonify(ok=checkup.is_ok, **parts), 200 if checkup.is_ok else 503
