"""
What every request passes: laid-out trouble, the token, the limits; and what
every answer gets: rate-limit headers, a line in the journal.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from flask import Flask, Response, g, request

from sandbox import answers, oauth, scopes, statuspage
from sandbox.costs import COSTS, WRITES
from sandbox.faults import Fault, Faults
from sandbox.grants import Grants
from sandbox.journal import Call, Journal, masked
from sandbox.limits import Limits, Standing
from sandbox.spoil import spoiled
from sandbox.staff import ME
from sandbox.wires import wire_of
from sandbox.world import TOKEN

CONTROL = "/_sandbox"
_READS = ("GET", "HEAD")
PREFIX = re.compile(r"^/(api/v2|api/v1|v1)(?=/|$)")


@dataclass
class Gate:
    limits: Limits
    faults: Faults
    journal: Journal
    grants: Grants
    latency: float
    token_in_query_on_v2: bool

    def guard(self, app: Flask) -> None:
        app.before_request(self._enter)
        app.after_request(self._leave)

    # on the way in ------------------------------------------------------------------------

    def _enter(self) -> Response | None:
        if _is_beside(request.path):
            return None
        g.user_id = ME
        g.cost, g.standing = 0, None
        g.fault = self.faults.take(request.path, PREFIX.sub("", request.path), request.method)
        if self.latency:
            wire_of(request.environ).wait(self.latency)
        return (self._trouble(g.fault) if g.fault else None) or self._admit()

    def _trouble(self, fault: Fault) -> Response | None:
        """The answer that a fault gives at once; None when it strikes later or only delays."""
        if fault.kind == "slow":
            wire_of(request.environ).wait(fault.seconds)
        elif fault.kind == "cut":
            wire_of(request.environ).cut()
            return Response(status=500)
        return self._refusal(fault)

    def _refusal(self, fault: Fault) -> Response | None:
        if fault.kind in ("rate_limit", "budget_spent"):
            g.standing = self._feigned(fault)
            return answers.over_limit()
        simple: dict[str, Callable[[], Response]] = {
            "revoked": answers.unauthorized,
            "html_403": answers.blocked,
            "server_error": lambda: answers.server_error(fault.status),
        }
        return simple[fault.kind]() if fault.kind in simple else None

    def _feigned(self, fault: Fault) -> Standing:
        real = self.limits.standing(_token()[0] or "")
        if fault.kind == "budget_spent":
            return Standing(False, real.limit, real.remaining, real.reset, real.budget, 0)
        return Standing(False, real.limit, 0, max(round(fault.seconds), 1), real.budget, max(real.budget_left, 1))

    def _admit(self) -> Response | None:
        token, where = _token()
        is_oauth_host = request.host == oauth.HOST
        if request.path.startswith(oauth.PREFIX) and (is_oauth_host or not request.host.endswith(".pipedrive.com")):
            return None
        if is_oauth_host or request.path.startswith(oauth.PREFIX):
            return answers.unknown_method()
        if where == "bearer":
            return self._admit_app(token or "")
        is_hidden = where == "query" and request.path.startswith("/api/v2") and not self.token_in_query_on_v2
        if token != TOKEN or is_hidden:
            return answers.unauthorized()
        return self._count(token)

    def _admit_app(self, token: str) -> Response | None:
        """A call of an app: for whom, how often, and whether it may ask for that."""
        grant = self.grants.bearer(token)
        if grant is None:
            return answers.bearer_refused()
        g.user_id = grant.user_id
        refusal = self._count(f"{grant.app.client_id}:{grant.user_id}", is_app=True)
        return refusal or (None if _is_allowed(grant.scopes) else answers.scope_mismatch())

    def _count(self, token: str, *, is_app: bool = False) -> Response | None:
        g.cost = _cost()
        g.standing = self.limits.admit(token, g.cost, is_app=is_app)
        if g.standing.is_admitted:
            return None
        g.cost = 0
        return answers.over_limit()

    # on the way out -----------------------------------------------------------------------

    def _leave(self, answer: Response) -> Response:
        if _is_beside(request.path):
            return answer
        fault: Fault | None = g.get("fault")
        answer.headers["x-correlation-id"] = str(uuid4())
        if fault is None or fault.kind != "no_headers":
            standing: Standing = g.get("standing") or self.limits.standing()
            answer.headers.update(standing.headers())
        self._note(answer, fault)
        return spoiled(answer, fault)

    def _note(self, answer: Response, fault: Fault | None) -> None:
        status = 0 if fault and fault.kind == "cut" else answer.status_code
        query = masked(request.args.to_dict())
        call = Call(
            request.method,
            request.host,
            request.path,
            query,
            status,
            g.get("cost", 0),
            _token()[1],
            fault.kind if fault else None,
            masked(request.form.to_dict()),
        )
        self.journal.write(call)


def _is_beside(path: str) -> bool:
    """No part of Pipedrive's API: the knobs, and the status page, which others run."""
    return path.startswith(CONTROL) or path in statuspage.PATHS


def _token() -> tuple[str | None, str]:
    """The token and where it was: header, query, bearer, basic or none. A bearer token is no API token."""
    if "x-api-token" in request.headers:
        return request.headers["x-api-token"], "header"
    if "api_token" in request.args:
        return request.args["api_token"], "query"
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    return (credentials, scheme.lower()) if scheme.lower() in ("bearer", "basic") else (None, "none")


def _is_allowed(granted: tuple[str, ...]) -> bool:
    if request.url_rule is None:
        return True
    version, path = _endpoint(request.url_rule.rule)
    if request.method in _READS:
        return scopes.allows(granted, version, path)
    return scopes.allows_writing(granted, path)


def _cost() -> int:
    """The documented price of the endpoint; unknown paths are free."""
    if request.url_rule is None:
        return 0
    version, path = _endpoint(request.url_rule.rule)
    prices = COSTS[version] if request.method in _READS else WRITES[version].get(request.method, {})
    return prices.get(path, 0)


def _endpoint(rule: str) -> tuple[str, str]:
    """Version and path as the vendor's documents write them."""
    rule = re.sub(r"<any\(.*?\):(\w+)>", lambda part: (request.view_args or {})[part[1]], rule)
    return "v2" if rule.startswith("/api/v2") else "v1", re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", PREFIX.sub("", rule))
