"""Answers as the vendor words them."""

from __future__ import annotations

from typing import Any

import msgspec
from flask import Response

_INFO = "Please check developers.pipedrive.com"
_encode = msgspec.json.Encoder().encode


def json_answer(body: Any, status: int = 200) -> Response:
    return Response(_encode(body), status, content_type="application/json; charset=utf-8")


def unauthorized() -> Response:
    body = {"success": False, "error": "unauthorized access", "errorCode": 401, "error_info": _INFO}
    answer = json_answer(body, 401)
    answer.headers["x-401-by-gw"] = "true"
    return answer


def bearer_refused() -> Response:
    """401 of the OAuth proxy; the vendor shows the text, the shape is our best guess."""
    text = "Invalid token: access_token is invalid"
    return json_answer({"success": False, "message": text, "error": text, "errorCode": 401, "error_info": _INFO}, 401)


def scope_mismatch() -> Response:
    body = {"success": False, "error": "Scope and URL mismatch", "errorCode": 403, "error_info": _INFO}
    return json_answer(body, 403)


def over_limit() -> Response:
    return json_answer({"success": False, "error": "request over limit", "errorCode": 429, "error_info": _INFO}, 429)


def invalid(problems: list[str]) -> Response:
    """400 of v2, naming each bad parameter."""
    text = "Validation failed: " + "; ".join(problems)
    return json_answer({"success": False, "error": text, "code": "ERR_SCHEMA_VALIDATION_FAILED"}, 400)


def bad_request() -> Response:
    """400 of v1."""
    return v1_failure(
        "Bad request", "Please check developers.pipedrive.com for more information about Pipedrive API.", 400
    )


def v1_failure(error: str, info: str, status: int) -> Response:
    return json_answer(
        {"success": False, "error": error, "error_info": info, "data": None, "additional_data": None}, status
    )


def not_found_v1(error: str) -> Response:
    return v1_failure(error, "Object was not found.", 404)


def not_found_v2(what: str) -> Response:
    """404 of v2; its `code` is our best guess, the vendor's pages do not show it."""
    return json_answer({"success": False, "error": f"{what} not found", "code": "ERR_NOT_FOUND"}, 404)


def unknown_method() -> Response:
    """404 for a path that no API has; the wording is our best guess."""
    return json_answer({"success": False, "error": "Unknown method .", "errorCode": 404, "error_info": _INFO}, 404)


def server_error(status: int) -> Response:
    if status in (500, 501):
        return json_answer({"success": False, "error": "Internal Server Error", "code": "ERR_UNKNOWN"}, status)
    page = f"<!DOCTYPE html><html><head><title>pipedrive.com | {status}</title></head><body><h1>Error {status}</h1></body></html>"
    return Response(page, status, content_type="text/html; charset=UTF-8")


def blocked() -> Response:
    """What Cloudflare shows to those who go on after 429."""
    page = (
        "<!DOCTYPE html><html><head><title>Access denied | pipedrive.com used Cloudflare to restrict access</title></head>"
        "<body><h1>Error 1015</h1><p>You are being rate limited</p></body></html>"
    )
    return Response(page, 403, content_type="text/html; charset=UTF-8")
