"""Trips to a vendor's consent page: what the session keeps of them until the browser is back."""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64encode
from dataclasses import asdict, dataclass

from flask import current_app, session

from importers.model import PIPEDRIVE
from importers.secret import Secret
from web import current

_KEPT = "oauth"
_GOOD_FOR_SECONDS = 15 * 60
_MOST_AT_ONCE = 4
"""Tabs in which somebody may be connecting at the same time."""


@dataclass(frozen=True, slots=True)
class Asked:
    """
    One trip that began in this session, to the vendor of that *kind*. `is_again`
    marks one begun because somebody came back from a trip that did not begin
    here, `for_editor` one whose editor waits in another tab.
    """

    state: str
    at: float
    workspace_id: int
    connection_id: int | None = None
    is_again: bool = False
    kind: str = PIPEDRIVE
    for_editor: bool = False

    @property
    def verifier(self) -> Secret:
        """
        What proves to the vendor that whoever set out is back (PKCE). It is
        made of the state and our key whenever it is needed: no browser ever
        holds it, not even in its cookie.
        """
        key = str(current_app.config["SECRET_KEY"]).encode()
        digest = hmac.digest(key, f"verifier of {self.state}".encode(), "sha256")
        return Secret(urlsafe_b64encode(digest).decode().rstrip("="))


def planned(kind: str, connection_id: int | None, *, is_again: bool = False, for_editor: bool = False) -> Asked:
    now = current.now().timestamp()
    state = secrets.token_urlsafe(24)
    return Asked(state, now, current.actor().workspace.id, connection_id, is_again, kind, for_editor)


def begun(asked: Asked) -> None:
    session[_KEPT] = [asdict(one) for one in [*_pending(), asked][-_MOST_AT_ONCE:]]


def taken(kind: str, state: str) -> Asked | None:
    """The trip with this state, which thereby is over."""
    pending = _pending()
    fits = (one for one in pending if one.kind == kind and hmac.compare_digest(one.state.encode(), state.encode()))
    found = next(fits, None)
    session[_KEPT] = [asdict(one) for one in pending if one is not found]
    return found


def is_starting_over(kind: str) -> bool:
    """Whether one is under way that was begun in place of another."""
    return any(one.is_again for one in _pending() if one.kind == kind)


def _pending() -> list[Asked]:
    """Trips that began here, lately, in this workspace, and did not come back yet."""
    oldest = current.now().timestamp() - _GOOD_FOR_SECONDS
    kept = [Asked(**one) for one in session.get(_KEPT, [])]
    return [one for one in kept if one.at > oldest and one.workspace_id == current.actor().workspace.id]
