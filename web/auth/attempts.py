"""How often one may try: only tries that failed are counted."""

from __future__ import annotations

import math
import time
from typing import Any

from flask import Flask, Response, current_app, request
from flask_limiter import Limiter, RequestLimit
from flask_limiter.util import get_remote_address
from flask_login import current_user

PER_PERSON = "10 per 5 minutes"
PER_ADDRESS = "60 per 5 minutes"
FEW = 5


def slow_down(app: Flask, *endpoints: str) -> None:
    """Count failed tries at *endpoints*, for each e-mail from one address and for the address as a whole."""
    limiter: Limiter = app.extensions["pipesheet.limiter"]
    for endpoint in endpoints:
        view: Any = app.view_functions[endpoint]
        for limit, key in ((PER_PERSON, _person), (PER_ADDRESS, get_remote_address)):
            view = limiter.limit(limit, key_func=key, methods=["POST"], deduct_when=_has_failed)(view)
        app.view_functions[endpoint] = view


def warning() -> str:
    """What to say to somebody whose try just failed, once only a FEW are left."""
    limit = _tightest()
    left = max(0, limit.remaining - 1) if limit else FEW + 1
    if left > FEW:
        return ""
    tries = {0: "That was the last try", 1: "One more try"}.get(left, f"{left} more tries")
    return f"{tries}, then a pause of {minutes_to_wait()}."


def minutes_to_wait() -> str:
    """Until tries are counted anew. The limiter goes by the machine's clock, and so does this."""
    limit = _tightest()
    seconds = limit.reset_at - 1 - time.time() if limit else 0
    minutes = max(1, math.ceil(seconds / 60))
    return f"{minutes} minute{'' if minutes == 1 else 's'}"


def _tightest() -> RequestLimit | None:
    """Of those that count for this request; what it adds itself is not counted yet."""
    limiter: Limiter = current_app.extensions["pipesheet.limiter"]
    return min(limiter.current_limits, key=lambda limit: limit.remaining, default=None)


def _person() -> str:
    known = current_user.actor.user.email if current_user.is_authenticated else ""
    email = known or request.form.get("email", "")[:320].strip().lower()
    return f"{get_remote_address()} {email}"


def _has_failed(response: Response) -> bool:
    return response.status_code == 422
