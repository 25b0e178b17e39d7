"""
The page on which Pipedrive says how it is (https://status.pipedrive.com), as
JSON. It is run by another company (Sorry), asks for no token, counts no tokens
and goes on answering while Pipedrive itself does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, jsonify

STATES = {
    "operational": "All Systems Operational",
    "degraded": "Degraded Performance",
    "partial_outage": "Partial Outage",
    "major_outage": "Major Outage",
    "under_maintenance": "Under Maintenance",
}
PATHS = ("/api/v1/status", "/api/v1/components", "/api/v1/notices")
_URL = "https://status.pipedrive.com"


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class StatusPage:
    """What the page says; `answers` is the status code it says it with."""

    state: str = "operational"
    subject: str = ""
    began_at: datetime | None = None
    answers: int = 200
    now: Callable[[], datetime] = field(default=_utc_now)

    def report(self, state: str, *, subject: str = "", minutes_ago: float = 0) -> None:
        """Raises ValueError for a state there is none of."""
        if state not in STATES:
            raise ValueError(f"There is no state {state!r}; there are {', '.join(STATES)}.")
        self.state, self.subject = state, subject or f"{STATES[state]} of the API"
        self.began_at = self.now() - timedelta(minutes=minutes_ago)

    def clear(self) -> None:
        self.state, self.subject, self.began_at, self.answers = "operational", "", None, 200

    @property
    def page(self) -> dict[str, Any]:
        said = {"state": self.state, "state_text": STATES[self.state]}
        return {"id": "pretend", "name": "Pipedrive", **said, "url": _URL, "updated_at": _told(self.now())}

    @property
    def notices(self) -> list[dict[str, Any]]:
        """One that is over since yesterday, and the one that is not, if any."""
        yesterday = self.now() - timedelta(days=1)
        over = _notice(1, "resolved", "E-mail sync was slow", yesterday, yesterday + timedelta(hours=1))
        if self.state == "operational" or self.began_at is None:
            return [over]
        kind = "underway" if self.state == "under_maintenance" else "investigating"
        return [_notice(2, kind, self.subject, self.began_at, None), over]


def blueprint(status: StatusPage) -> Blueprint:
    page = Blueprint("statuspage", __name__, url_prefix="/api/v1")

    @page.get("/status")
    def show_status() -> tuple[Response, int]:
        return jsonify(page=status.page), status.answers

    @page.get("/components")
    def show_components() -> tuple[Response, int]:
        api = {"id": 1, "name": "API", "state": status.state, "parent_id": None, "position": 1}
        return jsonify(components=[api], meta={"count": 1, "total_count": 1, "next_page": None}), status.answers

    @page.get("/notices")
    def show_notices() -> tuple[Response, int]:
        return jsonify(notices=status.notices), status.answers

    return page


def _notice(number: int, state: str, subject: str, began_at: datetime, ended_at: datetime | None) -> dict[str, Any]:
    return {
        "id": number,
        "type": "planned" if state == "underway" else "unplanned",
        "state": state,
        "subject": subject,
        "url": f"{_URL}/notices/{number}",
        "began_at": _told(began_at),
        "ended_at": _told(ended_at) if ended_at else None,
        "updated_at": _told(ended_at or began_at),
        "latest_update": {"content": subject},
    }


def _told(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
