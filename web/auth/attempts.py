"""How often one may try: only tries that failed are counted."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

PER_PERSON = "10 per 5 minutes"
PER_ADDRESS = "60 per 5 minutes"


def slow_down(app: Flask, *endpoints: str) -> None:
    """Count failed tries at *endpoints*, for each e-mail from one address and for the address as a whole."""
    limiter: Limiter = app.extensions["pipesheet.limiter"]
    for endpoint in endpoints:
        view: Any = app.view_functions[endpoint]
        for limit, key in ((PER_PERSON, _person), (PER_ADDRESS, get_remote_address)):
            view = limiter.limit(limit, key_func=key, methods=["POST"], deduct_when=_has_failed)(view)
        app.view_functions[endpoint] = view


def _person() -> str:
    email = request.form.get("email", "")[:320].strip().lower()
    return f"{get_remote_address()} {email}"


def _has_failed(response: Response) -> bool:
    return response.status_code == 422
