"""Cursors and offsets as iterators of pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from importers.errors import ServiceTrouble
from importers.sources.pipedrive.answers import Answer
from importers.sources.pipedrive.client import Params, PipedriveClient


@dataclass(frozen=True, slots=True)
class List:
    """
    A list endpoint: where it is, what one request costs, how it is paged.

    `paging` is "cursor", "offset" or "none" (everything at once).
    """

    path: str
    version: str
    cost: int
    paging: str = "cursor"
    page_size: int = 500


@dataclass(frozen=True, slots=True)
class VendorPage:
    """Records as Pipedrive sent them; whether more will come."""

    records: list[dict[str, Any]]
    is_last: bool


def walk(client: PipedriveClient, where: List, params: Params | None = None) -> Iterator[VendorPage]:
    """
    Every page of a list.

    Raises:
        ServiceTrouble: the list is none, leads us in a circle, or breaks off without a word.
    """
    position: Params = first_position(where)
    seen: set[object] = {0}
    while True:
        answer = client.get(where.path, {**(params or {}), **position}, version=where.version, cost=where.cost)
        after = next_position(where, answer, position)
        is_last = after is None and not _ends_in_silence(where, answer)
        yield VendorPage(_records(answer), is_last=is_last)
        if is_last:
            return
        if after is None:
            raise _unreadable("does not say whether more records follow")
        position = _new(after, seen)


def first_position(where: List) -> Params:
    return {} if where.paging == "none" else {"limit": where.page_size}


def next_position(where: List, answer: Answer, position: Params) -> Params | None:
    """The parameters that lead to the page after *answer*, or None after the last one."""
    extra = answer.additional_data if isinstance(answer.additional_data, dict) else {}
    if where.paging == "none":
        return None
    if where.paging == "cursor":
        cursor = extra.get("next_cursor")
        if cursor and not isinstance(cursor, str | int):
            raise _unreadable("does not say where the next records are")
        return {**position, "cursor": cursor} if cursor else None
    start = _next_start(extra, int(position.get("start", 0)), where.page_size)
    return None if start is None else {**position, "start": start}


def _records(answer: Answer) -> list[dict[str, Any]]:
    records = [record for record in answer.data if record] if isinstance(answer.data, list) else answer.data or []
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise _unreadable("is not a list of records")
    return records


def _ends_in_silence(where: List, answer: Answer) -> bool:
    """
    A full page that says nothing about a next one. Taking it for the last
    would lose, without anybody noticing, whatever follows.
    """
    is_full = isinstance(answer.data, list) and len(answer.data) >= where.page_size
    return where.paging != "none" and is_full and not isinstance(answer.additional_data, dict)


def _unreadable(what: str) -> ServiceTrouble:
    return ServiceTrouble(
        f"Pipedrive's answer {what}, so we stopped instead of guessing.",
        hint="Run it again in a few minutes; a proxy between this server and Pipedrive may be the cause.",
    )


def _next_start(extra: dict[str, Any], start: int, page_size: int) -> int | None:
    # Some lists say where they are in `pagination`, some beside it; leads say
    # that there is more but not where.
    inner = extra.get("pagination")
    pagination = {**extra, **(inner if isinstance(inner, dict) else {})}
    if not pagination.get("more_items_in_collection"):
        return None
    following = pagination.get("next_start")
    return following if isinstance(following, int) else start + page_size


def _new(position: Params, seen: set[object]) -> Params:
    mark = position.get("cursor", position.get("start"))
    if mark in seen:
        raise ServiceTrouble(
            "Pipedrive's list leads in a circle: it sent us to a page we had already read.",
            hint="Run it again; if it happens again, report it to Pipedrive.",
        )
    seen.add(mark)
    return position
