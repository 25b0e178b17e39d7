"""Answers as Google writes them: indented JSON, and the headers that come with it."""

from __future__ import annotations

from typing import Any

import msgspec
from flask import Response

_HEADERS = {
    "Vary": "Origin, X-Origin, Referer",
    "Server": "ESF",
    "X-XSS-Protection": "0",
    "X-Frame-Options": "SAMEORIGIN",
    "X-Content-Type-Options": "nosniff",
}
_NEVER_KEPT = {"Cache-Control": "no-cache, no-store, max-age=0, must-revalidate", "Pragma": "no-cache"}


def json_answer(body: Any, status: int = 200, **headers: str) -> Response:
    """Header names are written with underscores."""
    answer = Response(
        msgspec.json.format(msgspec.json.encode(body), indent=2) + b"\n",
        status,
        content_type="application/json; charset=UTF-8",
    )
    answer.headers.update(_HEADERS | _NEVER_KEPT)
    answer.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return answer


def error_page(status: int, title: str) -> Response:
    """The HTML that Google's front end shows when nobody behind it answers."""
    page = (
        "<!DOCTYPE html>\n<html lang=en>\n  <meta charset=utf-8>\n"
        f"  <title>Error {status} ({title})!!1</title>\n"
        f"  <p><b>{status}.</b> <ins>That’s an error.</ins>\n"
        "  <p>The server encountered a temporary error and could not complete your request.<p>Please try again in 30 "
        "seconds.  <ins>That’s all we know.</ins>\n"
    )
    return Response(page, status, content_type="text/html; charset=UTF-8")
