"""Our errors as pages, or as JSON for whoever prefers it. One table says which status each gets."""

from __future__ import annotations

import logging
import math
import uuid
from dataclasses import asdict, dataclass

from flask import Flask, Response, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from importers.errors import (
    AccessDenied,
    CredentialsRejected,
    ImporterError,
    InvalidSettings,
    NeedsReconnecting,
    NoRoom,
    NotThere,
    RunStopped,
    SetupError,
    TemporaryError,
)
from web.security import expect_trouble

_log = logging.getLogger(__name__)

_STATUS: tuple[tuple[type[ImporterError], int, str], ...] = (
    (NotThere, 404, "Not there"),
    (AccessDenied, 403, "Not allowed"),
    (NoRoom, 507, "No room"),
    (InvalidSettings, 422, "Something needs changing"),
    (CredentialsRejected, 422, "Something needs changing"),
    (NeedsReconnecting, 422, "Something needs mending first"),
    # What is left is no visitor's doing: a database that is damaged, or not set up.
    (SetupError, 500, "Something needs mending"),
    (TemporaryError, 503, "Not now"),
    (RunStopped, 409, "Stopped"),
)

_HTTP: dict[int, tuple[str, str, str]] = {
    400: ("That request did not make sense", "The form was incomplete.", "Go back, reload the page and try again."),
    401: ("Signed out", "Your session is over.", "Sign in again."),
    403: ("Not allowed", "Your role in this workspace does not allow that.", "Ask an owner of the workspace."),
    404: ("Not there", "This page does not exist, or no longer.", "Start again from the list of importers."),
    405: ("Not like that", "This address does not take that kind of request.", "Use the buttons on the pages."),
    413: ("Too large", "That form is larger than Pipesheet accepts.", "Send less of it."),
    429: ("Too many tries", "That was tried too often in a short time.", "Wait a few minutes, then try again."),
}


@dataclass(frozen=True, slots=True)
class Told:
    """What the reader is told about an error."""

    status: int
    title: str
    code: str
    message: str
    hint: str = ""
    reference: str = ""
    leads_to: str = "home.index"


def register(app: Flask) -> None:
    app.register_error_handler(ImporterError, _ours)
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def _ours(error: ImporterError) -> Response:
    status, title = next(
        ((status, title) for kind, status, title in _STATUS if isinstance(error, kind)),
        (500, "Something went wrong"),
    )
    response = answer(Told(status, title, error.code, error.message, error.hint))
    if isinstance(error, TemporaryError) and error.retry_after is not None:
        response.headers["Retry-After"] = str(math.ceil(error.retry_after.total_seconds()))
    return response


def _forged(error: CSRFError) -> Response:
    return answer(
        Told(
            400,
            "This form is no longer valid",
            "form-expired",
            "The form did not carry the mark of your session, so nothing was changed.",
            "Reload the page and send it again. If it keeps happening, allow cookies for this site.",
        )
    )


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:
        return make_response(error.get_response())
    title, message, hint = _HTTP.get(status, (error.name, f"{error.name}.", ""))
    response = answer(Told(status, title, error.name.lower().replace(" ", "-"), message, hint))
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _unexpected(error: Exception) -> Response:
    reference = uuid.uuid4().hex[:12]
    _log.error("unexpected error on %s %s, reference %s", request.method, request.path, reference, exc_info=error)
    return answer(
        Told(
            500,
            "Our mistake",
            "our-mistake",
            "Pipesheet made a mistake while making this page.",
            "Try again; if it fails again, report the reference, which the log repeats with the details.",
            reference,
        )
    )


def answer(told: Told) -> Response:
    expect_trouble()
    if request.accept_mimetypes.best == "application/json":
        return make_response(jsonify(asdict(told)), told.status)
    return make_response(render_template("errors/error.html", told=told), told.status)
