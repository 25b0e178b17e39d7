"""
What Pipedrive says about itself on its status page. Best effort: whatever goes
wrong here, nobody hears of it.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Annotated, TypeVar

import msgspec
import requests

from importers.interfaces import Clock
from importers.model import Bulletin

logger = logging.getLogger(__name__)

HOME = "https://status.pipedrive.com"
_TIMEOUTS = (2.0, 3.0)
_SECONDS = 5.0
"""For both questions together."""
_MOST_BYTES = 500_000
_LONGEST_SUBJECT = 120
_OVER = frozenset({"resolved", "completed", "cancelled", "scheduled"})

T = TypeVar("T")
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class _Page(msgspec.Struct):
    state: str
    state_text: str = ""


class _Status(msgspec.Struct):
    page: _Page


class _Notice(msgspec.Struct):
    state: str = ""
    subject: str = ""
    url: str | None = None
    began_at: Moment | None = None
    ended_at: Moment | None = None


class _Notices(msgspec.Struct):
    notices: list[_Notice]


def bulletin(session: requests.Session, clock: Clock) -> Bulletin | None:
    """How Pipedrive is, as it says; None where it does not say, or not soon enough."""
    until = clock.monotonic() + _SECONDS
    status = _asked(session, "/api/v1/status", _Status, clock, until)
    if status is None:
        return None
    notices = _asked(session, "/api/v1/notices", _Notices, clock, until)
    current = _current(notices.notices if notices else [])
    return Bulletin(
        state=_plain(status.page.state_text) or _plain(status.page.state.replace("_", " ")),
        is_well=status.page.state == "operational" and current is None,
        subject=_plain(current.subject) if current else "",
        since=current.began_at if current else None,
        url=_link(current),
        at=clock.now(),
    )


def _current(notices: list[_Notice]) -> _Notice | None:
    """The trouble that began first of all that last."""
    lasting = [(one.began_at, place) for place, one in enumerate(notices) if one.began_at and _lasts(one)]
    return notices[min(lasting)[1]] if lasting else None


def _lasts(notice: _Notice) -> bool:
    return notice.ended_at is None and notice.state not in _OVER


def _link(notice: _Notice | None) -> str:
    """Where more is said; never somewhere else than there."""
    url = notice.url if notice else None
    return url if url and url.startswith(f"{HOME}/") else HOME


def _plain(text: str) -> str:
    """For people: one line, not too long."""
    return " ".join(text.split())[:_LONGEST_SUBJECT] if text.isprintable() else ""


def _asked(session: requests.Session, path: str, shape: type[T], clock: Clock, until: float) -> T | None:
    try:
        return msgspec.json.decode(_body(session, path, clock, until), type=shape)
    except (requests.RequestException, msgspec.MsgspecError, OSError, ValueError) as error:
        logger.info("Pipedrive's status page does not tell how it is (%s).", type(error).__name__)
        return None


def _body(session: requests.Session, path: str, clock: Clock, until: float) -> bytes:
    """Raises ValueError where the answer is none, too long or too slow."""
    if clock.monotonic() >= until:
        raise ValueError("too late")
    with session.get(HOME + path, timeout=_TIMEOUTS, stream=True) as response:
        if response.status_code != requests.codes.ok:
            raise ValueError("not an answer")
        body = bytearray()
        for chunk in response.iter_content(16_384):
            body += chunk
            if len(body) > _MOST_BYTES or clock.monotonic() >= until:
                raise ValueError("too long")
        return bytes(body)
