"""What v1 lists have in common: start and limit, and the envelope of an answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import Response, current_app, request

from sandbox import answers, schema

MAX_LIMIT, DEFAULT_LIMIT = 500, 100


class BadRequestError(Exception):
    """A parameter that v1 knows has a value that makes no sense."""


def data(rows: Any, **more: Any) -> Response:
    return answers.json_answer({"success": True, "data": rows, **more})


def whole(name: str, default: int) -> int:
    text = request.args.get(name, "")
    if not text:
        return default
    try:
        return int(text)
    except ValueError as error:
        raise BadRequestError from error


def window(cap: int = MAX_LIMIT) -> tuple[int, int]:
    """start and limit; too large a limit is cut back without a word."""
    cap = min(cap, current_app.config[schema.MOST_PER_PAGE])
    return max(whole("start", 0), 0), min(max(whole("limit", min(DEFAULT_LIMIT, cap)), 1), cap)


def pagination(start: int, limit: int, *, more: bool, with_next: bool = True) -> dict[str, Any]:
    block = {"start": start, "limit": limit, "more_items_in_collection": more}
    if more and with_next:
        block["next_start"] = start + limit
    return {"pagination": block}


def page(ids: Sequence[int], row: Callable[[int], dict[str, Any]], *, cap: int = MAX_LIMIT) -> Response:
    """One page of a list whose records are made from their numbers."""
    start, limit = window(cap)
    more = start + limit < len(ids)
    rows = [row(each) for each in ids[start : start + limit]]
    return data(rows, additional_data=pagination(start, limit, more=more))
