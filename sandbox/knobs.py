"""Knobs that every pretend vendor has: trouble to lay out, and the journal of what was asked."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from sandbox.faults import Faults
from sandbox.journal import Journal

_TYPES: dict[str, tuple[type, ...]] = {
    "kind": (str,),
    "count": (int, type(None)),
    "path": (str, type(None)),
    "after": (int,),
    "seconds": (int, float),
    "status": (int,),
    "method": (str, type(None)),
    "requests": (int,),
    "scope": (str,),
}


def add(control: Blueprint, faults: Faults, journal: Journal) -> None:
    @control.get("/faults")
    def show_faults() -> Response:
        return jsonify(faults.waiting())

    @control.post("/faults")
    def add_fault() -> ResponseReturnValue:
        try:
            faults.add(**_wanted(request.get_json(silent=True)))
        except ValueError as problem:
            return jsonify(error=str(problem)), 400
        return jsonify(faults.waiting()), 201

    @control.delete("/faults")
    def clear_faults() -> ResponseReturnValue:
        faults.clear()
        return "", 204

    @control.get("/journal")
    def show_journal() -> Response:
        return jsonify(journal.as_json())

    @control.delete("/journal")
    def clear_journal() -> ResponseReturnValue:
        journal.clear()
        return "", 204


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
