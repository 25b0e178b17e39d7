"""The Flask application that answers as Pipedrive does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from sandbox import answers, control, oauth, schema, statuspage, v1, v2
from sandbox.apps import DEMO, App
from sandbox.faults import Faults
from sandbox.gate import CONTROL, PREFIX, Gate
from sandbox.grants import Grants
from sandbox.journal import Journal
from sandbox.limits import Limits
from sandbox.routes import Route
from sandbox.world import World


@dataclass(frozen=True)
class Sandbox:
    """What tests hold on to: `app.extensions["sandbox"]`."""

    world: World
    limits: Limits
    faults: Faults
    journal: Journal
    oauth: oauth.OAuth
    status: statuspage.StatusPage = field(default_factory=statuspage.StatusPage)
    before_each: list[Callable[[str], object]] = field(default_factory=list)
    """
    Told the path of every request that was let in, before it is answered;
    what they change, that answer shows. However many requests are under way,
    they are called one after the other.
    """


class _App(Flask):
    """Answers one request at a time, so that each shows the company as of one moment."""

    url_rule_class = Route

    def dispatch_request(self) -> Any:
        sandbox: Sandbox = self.extensions["sandbox"]
        if not PREFIX.match(request.path):
            return super().dispatch_request()
        with sandbox.world.changes.lock:
            for hear in sandbox.before_each:
                hear(request.path)
            return super().dispatch_request()


def create_app(
    world: World | None = None,
    *,
    plan: str | None = None,
    limits: Limits | None = None,
    faults: Faults | None = None,
    latency: float = 0.0,
    token_in_query_on_v2: bool = False,
    apps: Sequence[App] = (DEMO,),
    grants: Grants | None = None,
    deliver: oauth.Deliver = oauth.deliver_by_http,
    most_per_page: int = schema.MAX_LIMIT,
) -> Flask:
    """
    The pretend Pipedrive.

    `plan` is lite, growth, premium, ultimate or none (no limit); without it
    the world's own. `latency` seconds pass before every answer. `apps` may ask
    users for their consent; `deliver` tells an app that it was uninstalled.
    No page holds more than `most_per_page`, so that a small company takes many.
    """
    world = world or World()
    grants = grants or Grants(world.staff.me()["company_id"])
    sandbox = Sandbox(
        world,
        limits or Limits(plan or world.plan, seats=world.staff.active),
        faults or Faults(),
        Journal(),
        oauth.OAuth(world, tuple(apps), grants, deliver),
    )
    app = _App(__name__)
    app.config[schema.MOST_PER_PAGE] = most_per_page
    app.extensions["sandbox"] = sandbox
    Gate(sandbox.limits, sandbox.faults, sandbox.journal, grants, latency, token_in_query_on_v2).guard(app)
    app.register_blueprint(v2.blueprint(world))
    app.register_blueprint(v1.blueprint(world, "v1", "/v1"))
    app.register_blueprint(v1.blueprint(world, "api_v1", "/api/v1"))
    app.register_blueprint(oauth.blueprint(sandbox.oauth))
    app.register_blueprint(statuspage.blueprint(sandbox.status))
    app.register_blueprint(control.blueprint(sandbox))
    app.register_error_handler(HTTPException, _http_error)
    return app


def _http_error(error: HTTPException) -> Response | HTTPException:
    if request.path.startswith(CONTROL) or error.code not in (404, 405):
        return error
    return answers.unknown_method() if error.code == 404 else answers.v1_failure("Method not allowed", "", 405)
