"""The knobs: a page for people, JSON for other processes. No part of what is imitated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from sandbox import faults, world

if TYPE_CHECKING:
    from sandbox.pipedrive import Sandbox

_TYPES: dict[str, tuple[type, ...]] = {
    "kind": (str,), "count": (int, type(None)), "path": (str, type(None)), "after": (int,), "seconds": (int, float), "status": (int,),
}  # fmt: skip


def blueprint(sandbox: Sandbox) -> Blueprint:
    control = Blueprint("control", __name__, url_prefix="/_sandbox", template_folder="templates")

    @control.get("/")
    def index() -> str:
        return render_template(
            "sandbox/index.html", sandbox=sandbox, token=world.TOKEN, kinds=faults.KINDS, address=request.host_url
        )

    @control.get("/faults")
    def show_faults() -> Response:
        return jsonify(sandbox.faults.waiting())

    @control.post("/faults")
    def add_fault() -> ResponseReturnValue:
        try:
            sandbox.faults.add(**_wanted(request.get_json(silent=True)))
        except ValueError as problem:
            return jsonify(error=str(problem)), 400
        return jsonify(sandbox.faults.waiting()), 201

    @control.delete("/faults")
    def clear_faults() -> ResponseReturnValue:
        sandbox.faults.clear()
        return "", 204

    @control.get("/journal")
    def show_journal() -> Response:
        return jsonify(sandbox.journal.as_json())

    @control.delete("/journal")
    def clear_journal() -> ResponseReturnValue:
        sandbox.journal.clear()
        return "", 204

    return control


def _wanted(asked: Any) -> dict[str, Any]:
    """The fault a caller describes; raises ValueError with what is wrong."""
    if not isinstance(asked, dict) or "kind" not in asked:
        raise ValueError('Send a JSON object like {"kind": "server_error", "count": 1}.')
    unknown = [name for name in asked if name not in _TYPES]
    if unknown:
        raise ValueError(f"There is no {unknown[0]!r}; there are {', '.join(_TYPES)}.")
    wrong = [f"{name} cannot be {value!r}" for name, value in asked.items() if not isinstance(value, _TYPES[name])]
    if wrong:
        raise ValueError(f"{'; '.join(wrong)}.")
    return asked
