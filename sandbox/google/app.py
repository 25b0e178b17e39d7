"""The Flask application that answers as Google does, whatever its host is called: paths tell what is meant."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, redirect, request
from werkzeug.exceptions import HTTPException

from sandbox.faults import Faults
from sandbox.google import control, drive, driveerrors, oauth, pages, picker, sheets_api, troubles
from sandbox.google.accounts import DEMO, DRIVE, SHEETS, Accounts, Client, Robot
from sandbox.google.desk import Desk
from sandbox.google.errors import ApiError
from sandbox.google.files import Files
from sandbox.google.gate import Gate, api_of
from sandbox.google.late import Late
from sandbox.google.quota import PER_PROJECT, PER_USER, SLIDING, Quota
from sandbox.google.replies import error_page, json_answer
from sandbox.google.tokens import Given, RefusedError, Tokens
from sandbox.journal import Journal
from sandbox.routes import Route

DRIVE_PER_MINUTE = 12_000


@dataclass(frozen=True)
class Google:
    """What tests hold on to: `app.extensions["google"]`."""

    accounts: Accounts
    tokens: Tokens
    files: Files
    desk: Desk
    quotas: Mapping[str, Quota]
    """By the name of the API."""
    faults: Faults
    journal: Journal
    late: Late
    clock: Callable[[], float]

    @property
    def quota(self) -> Quota:
        """That of Sheets."""
        return self.quotas[SHEETS]

    def sign_in(self, email: str, *scopes: str, client: Client = DEMO) -> Given:
        """Tokens as after the consent page, without the page."""
        code = self.tokens.consent(client.client_id, email, scopes, redirect_uri="-", asks_again=True)
        return self.tokens.exchange(client.client_id, code, "-", "")

    def sign_in_robot(self, robot: Robot, *scopes: str) -> Given:
        return self.tokens.robot(robot.email, robot.unique_id, scopes)

    def clear(self) -> None:
        """As new: no files, no tokens, nothing laid out, nothing in the journal."""
        self.late.drop()
        for quota in self.quotas.values():
            quota.clear()
        self.files.clear()
        self.tokens.clear()
        self.faults.clear()
        self.journal.clear()


class _App(Flask):
    url_rule_class = Route


def create_app(
    accounts: Accounts | None = None,
    *,
    per_project: int | None = PER_PROJECT,
    per_user: int | None = PER_USER,
    quota_model: str = SLIDING,
    latency: float = 0.0,
    now: Callable[[], float] = time.time,
) -> Flask:
    """
    The pretend Google.

    `per_project` and `per_user` are what Sheets answers in a minute, of reads
    and of writes; None is no limit. `latency` seconds pass before every
    answer. `now` tells the seconds since 1970.
    """
    app = _App(__name__, template_folder="../templates", static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined] # Flask's own provider has it
    accounts = accounts or Accounts()
    desk = Desk(accounts, Tokens(now=now), Files(now=now))
    quotas = {
        SHEETS: Quota(per_project=per_project, per_user=per_user, model=quota_model, now=now),
        DRIVE: Quota(per_project=DRIVE_PER_MINUTE, per_user=DRIVE_PER_MINUTE, model=quota_model, now=now),
    }
    google = Google(
        accounts,
        desk.tokens,
        desk.files,
        desk,
        quotas,
        Faults(troubles.KINDS),
        Journal(),
        Late(lambda environ: _carry_out(app, environ), now=now),
        now,
    )
    app.extensions["google"] = google
    Gate(desk, quotas, google.faults, google.journal, google.late, latency).guard(app)
    _add_apis(app, google)
    app.register_error_handler(ApiError, _worded)
    app.register_error_handler(RefusedError, oauth.refusal)
    app.register_error_handler(HTTPException, _http_error)
    return app


def _add_apis(app: Flask, google: Google) -> None:
    app.register_blueprint(oauth.blueprint(google.desk))
    app.register_blueprint(drive.blueprint(google.desk))
    app.register_blueprint(sheets_api.blueprint(google.desk, now=google.clock))
    app.register_blueprint(picker.blueprint(google.desk))
    app.register_blueprint(pages.blueprint(google.files))
    app.register_blueprint(control.blueprint(google))
    app.add_url_rule("/", "home", lambda: redirect(f"{control.ROOT}/"))


def _carry_out(app: Flask, environ: dict[str, Any]) -> None:
    """Whom it was for has gone: what it answers is dropped."""
    chunks = app.wsgi_app(environ, lambda status, headers, exc_info=None: lambda data: None)
    for _ in chunks:
        pass
    getattr(chunks, "close", lambda: None)()


def _worded(problem: ApiError) -> Response:
    worded = driveerrors.worded(problem) if api_of(request.path) == DRIVE else problem
    return json_answer(worded.as_json(), worded.code)


def _http_error(error: HTTPException) -> Response | HTTPException:
    if request.path.startswith("/_sandbox") or error.code not in (404, 405):
        return error
    return error_page(error.code, "Not Found" if error.code == 404 else "Method Not Allowed")
