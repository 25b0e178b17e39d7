"""
What every request passes: laid-out trouble, who asks, whether the API is
switched on, what the app may, the quotas; and what follows every answer: a
line in the journal, trouble on the way back, requests that were held.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import Flask, Response, g, request

from sandbox.faults import Fault, Faults
from sandbox.google import driveerrors, oauth, scopes, troubles
from sandbox.google.accounts import DRIVE, SHEETS
from sandbox.google.desk import Desk
from sandbox.google.late import MARK, Late
from sandbox.google.quota import READ, WRITE, Quota
from sandbox.journal import Call, Journal, masked
from sandbox.spoil import spoiled
from sandbox.wires import wire_of

ROOTS = {"/v4/": SHEETS, "/drive/": DRIVE, "/upload/drive/": DRIVE, "/batch": DRIVE}
"""What a path begins with, and the API that it belongs to."""

_FILE = re.compile(r"/(?:spreadsheets|files)/([^/:?]+)")
_READS_BY_POST = re.compile(r":(?:getByDataFilter|batchGetByDataFilter|search)$")


@dataclass(frozen=True)
class Gate:
    desk: Desk
    quotas: dict[str, Quota]
    """Of each API."""
    faults: Faults
    journal: Journal
    late: Late
    latency: float

    def guard(self, app: Flask) -> None:
        app.before_request(self._enter)
        app.after_request(self._leave)

    # on the way in ------------------------------------------------------------------------

    def _enter(self) -> Response | None:
        if _is_beside(request.path):
            return None
        g.body = len(request.get_data(cache=True))
        g.kind = _kind()
        if MARK in request.environ:
            self._admit(counts=False)
            return None
        self.late.look()
        g.fault = self.faults.take(request.path, request.path, request.method)
        if self.latency:
            wire_of(request.environ).wait(self.latency)
        if g.fault:
            return self._meet(g.fault)
        self._admit()
        return None

    def _meet(self, fault: Fault) -> Response | None:
        if fault.kind == "cut":
            return self._lost()
        if fault.kind == "slow":
            wire_of(request.environ).wait(fault.seconds)
        caller = self.desk.caller()
        answer = troubles.answer(
            fault,
            kind=g.kind,
            api=api_of(request.path),
            project=caller.project if caller else "",
            user=caller.email if caller else "",
            file_id=_file_id(),
        )
        if answer is not None:
            return answer
        self._admit()
        return self._hold(fault) if fault.kind == "late" else None

    def _hold(self, fault: Fault) -> Response:
        self.late.hold(request.environ, request.get_data(cache=True), requests=fault.requests, seconds=fault.seconds)
        return self._lost()

    def _lost(self) -> Response:
        wire_of(request.environ).cut()
        g.is_lost = True
        return Response(status=500)

    def _admit(self, *, counts: bool = True) -> None:
        """Raises ApiError for who is not let in."""
        api = api_of(request.path)
        if not api:
            return
        principal = self.desk.principal()
        self.desk.check_api(principal, api)
        if api == SHEETS:
            is_read = request.method in ("GET", "HEAD")
            self.desk.check_scopes(principal, scopes.READS_SHEETS if is_read else scopes.WRITES_SHEETS)
        if not counts:
            return
        excess = self.quotas[api].admit(g.kind, principal.project, principal.email or "anonymous")
        if excess:
            by_user = bool(excess.user)
            raise driveerrors.rate_limited(by_user=by_user) if api == DRIVE else troubles.over_quota(excess)

    # on the way out -----------------------------------------------------------------------

    def _leave(self, answer: Response) -> Response:
        if _is_beside(request.path):
            return answer
        fault: Fault | None = g.get("fault")
        if fault and fault.kind == "cut_after":
            wire_of(request.environ).cut()
            g.is_lost = True
        self._note(answer, fault)
        answer = spoiled(answer, fault)
        if MARK not in request.environ and not (fault and fault.kind == "late"):
            self.late.answered()
        return answer

    def _note(self, answer: Response, fault: Fault | None) -> None:
        is_late = MARK in request.environ
        self.journal.write(
            Call(
                request.method,
                request.host,
                request.path,
                masked(request.args.to_dict()),
                0 if g.get("is_lost") else answer.status_code,
                0,
                _auth(),
                "carried_out_late" if is_late else fault.kind if fault else None,
                masked(request.form.to_dict()),
                g.get("kind", ""),
                g.get("body", 0),
                answer.calculate_content_length() or 0,
            )
        )


def api_of(path: str) -> str:
    """Which API a path belongs to; empty for signing in."""
    return next((api for root, api in ROOTS.items() if path.startswith(root)), "")


def _is_beside(path: str) -> bool:
    """No part of what is imitated, or a page for people."""
    return not api_of(path) and not path.startswith(oauth.PATHS)


def _kind() -> str:
    """Whose quota a request counts for."""
    if not api_of(request.path):
        return ""
    is_read = request.method in ("GET", "HEAD") or _READS_BY_POST.search(request.path)
    return READ if is_read else WRITE


def _file_id() -> str:
    found = _FILE.search(request.path)
    return found[1] if found else "."


def _auth() -> str:
    scheme = request.headers.get("Authorization", "").partition(" ")[0].lower()
    return scheme if scheme in ("bearer", "basic") else "key" if "key" in request.args else "none"
