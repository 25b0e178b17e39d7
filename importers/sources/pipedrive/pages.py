"""Cursors and offsets as iterators of pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from importers.errors import ServiceTrouble
from importers.sources.pipedrive.client import Answer, Params, PipedriveClient


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
        ServiceTrouble: Pipedrive leads us in a circle.
    """
    position: Params = first_position(where)
    seen: set[object] = {0}
    while True:
        answer = client.get(where.path, {**(params or {}), **position}, version=where.version, cost=where.cost)
        after = next_position(where, answer, position)
        yield VendorPage([record for record in answer.data or () if record], is_last=after is None)
        if after is None:
            return
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
        return {**position, "cursor": cursor} if cursor else None
    start = _next_start(extra, int(position.get("start", 0)), where.page_size)
    return None if start is None else {**position, "start": start}


def _next_start(extra: dict[str, Any], start: int, page_size: int) -> int | None:
    # Some lists say where they are in `pagination`, some beside it; leads say
    # that there is more but not where.
    pagination = {**extra, **(extra.get("pagination") or {})}
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
