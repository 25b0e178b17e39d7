"""What answers said about limits, kept for people to look at. Pure."""

from __future__ import annotations

from datetime import datetime

import msgspec

from importers.http.said import Said
from importers.model import Reported


def burst_in(said: Said, at: datetime) -> Reported | None:
    """The calls of the window; None where nothing is said of it."""
    if said.limit is None:
        return None
    return Reported(said.limit, None if said.used is None else max(said.limit - said.used, 0), at)


def budget_in(said: Said, at: datetime) -> Reported | None:
    """Today's tokens of the company; None where nothing is said of them."""
    return None if said.left is None else Reported(said.daily, said.left, at)


def in_text(reported: Reported | None) -> str:
    """As Redis keeps it; empty for nothing."""
    return "" if reported is None else msgspec.json.encode(reported).decode()


def read_from(text: bytes | None) -> Reported | None:
    """What `in_text` wrote; None for nothing, and for what another version wrote."""
    try:
        return msgspec.json.decode(text, type=Reported) if text else None
    except msgspec.MsgspecError:
        return None
