"""Letters to carry, and channels to carry them to."""

from __future__ import annotations

from typing import Any

from importers.notices import Channel, ChannelKind, Letter, NoticeKind, Subject
from tests.fakes import NEW_YEAR

KEY = "0123456789abcdef0123456789abcdef"


def a_letter(**changes: Any) -> Letter:
    values = {
        "key": KEY,
        "kind": NoticeKind.FAILING,
        "workspace": "Acme",
        "title": "“Deals” failed",
        "what": "“Deals” failed at 1 Jan 2026, 12:00: no such filter.",
        "means": "Its sheet shows what was there before.",
        "do": "Choose another filter.",
        "path": "/runs/7",
        "at": NEW_YEAR,
        "subjects": (),
    }
    return Letter(**{**values, **changes})


def several(*names: str) -> tuple[Subject, ...]:
    return tuple(Subject(name, f"trouble {place}", f"/runs/{place}", place) for place, name in enumerate(names, 1))


def a_channel(kind: ChannelKind, place: str) -> Channel:
    return Channel(1, 1, kind, "Sales", place, b"", NEW_YEAR)
