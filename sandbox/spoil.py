"""Answers that arrive in pieces, or broken."""

from __future__ import annotations

from flask import Response, request

from sandbox.faults import Fault
from sandbox.wires import wire_of


def spoiled(answer: Response, fault: Fault | None) -> Response:
    if fault is None or fault.kind not in ("truncate", "broken_json"):
        return answer
    body = answer.get_data()
    if fault.kind == "broken_json":
        answer.set_data(body[: len(body) // 2])
        return answer
    answer.response = wire_of(request.environ).half(body)
    answer.headers["Content-Length"] = str(len(body))
    return answer
