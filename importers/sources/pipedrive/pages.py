"""Cursors and offsets as iterators of pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from msgspec.structs import asdict

from importers.errors import ServiceTrouble
from importers.sources.pipedrive.answers import Answer, Named
from importers.sources.pipedrive.client import Params, PipedriveClient

PARENT = "_parent"
"""Where a record carries what it was read for: its parent, or the part of the list it stood in."""

RANK = "_rank"
"""Where a parent carries its place in the order in which the parents were listed."""


@dataclass(frozen=True, slots=True)
class List:
    """
    A list endpoint: where it is, what one request costs, how it is paged.

    `paging` is "cursor", "offset" or "none" (everything at once). `parts` are
    the parameters to ask with, one after the other, where no single question
    gives everything. `windows` are the parameters that leave only records
    changed in some span of time. `inside` names the list in an answer that wraps it. `key`
    tells the records apart: "id" is unique everywhere, another one within its
    parent; "" where there is none. `then` is a list that goes on where this
    one ends; `detail` what each record must be asked for by itself. A full page
    of a list that `may_be_silent` is its last one where it says nothing else.
    With `only_names` everything else of its records is thrown away unread.
    """

    path: str
    version: str
    cost: int
    paging: str = "cursor"
    page_size: int = 500
    parts: tuple[Mapping[str, str], ...] = ({},)
    windows: tuple[str, ...] = ()
    inside: str = ""
    key: str = "id"
    per: Per | None = None
    may_be_silent: bool = False
    only_names: bool = False
    then: List | None = None
    detail: Detail | None = None

    @property
    def chain(self) -> tuple[List, ...]:
        """The list and those that go on where it ends."""
        return (self, *(self.then.chain if self.then else ()))


@dataclass(frozen=True, slots=True)
class Per:
    """
    The records a list must be asked for: one by one, or `batch` at a time.

    `one` is what such a record is called. Its id goes into the path, in place
    of "{id}", or into the parameter `param`. `picks` takes but the "first" or
    the "latest" of what one record has, by the moments under `moment`.

    With `keeps`, all records are listed before the first is asked for, and
    again at the end, for those that came or moved meanwhile; only these parts
    of them are remembered. `counts` is the part that says how many there are
    to read for a record. Where `version`, these parts of it, is as it was,
    what belongs to the record is as it was.
    """

    parents: List
    one: str
    param: str = ""
    batch: int = 1
    picks: str = ""
    moment: str = ""
    keeps: tuple[str, ...] = ()
    counts: str = ""
    version: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """
    A request for each record, for what its list leaves out: `key` of the
    answer becomes part of the record. Where `flag` is 0 there is nothing to
    ask for.
    """

    path: str
    version: str
    cost: int
    key: str
    params: Mapping[str, str] = field(default_factory=dict)
    flag: str = ""


@dataclass(frozen=True, slots=True)
class VendorPage:
    """Records as Pipedrive sent them; whether more will come, and the parameters that lead there."""

    records: list[dict[str, Any]]
    is_last: bool
    after: Params | None = None

    @property
    def leads_to(self) -> Params:
        """Where the list goes on. Raises SilentAnswer for a page that neither says so nor is the last."""
        if self.after is None:
            raise SilentAnswer
        return self.after


class SilentAnswer(ServiceTrouble):
    """A full page that does not say whether more records follow."""

    def __init__(self) -> None:
        super().__init__("Pipedrive's answer does not say whether more records follow, " + _STOPPED, hint=_TRY_AGAIN)


_STOPPED = "so we stopped instead of guessing."
_TRY_AGAIN = "Run it again in a few minutes; a proxy between this server and Pipedrive may be the cause."


def walk(
    client: PipedriveClient, where: List, params: Params | None = None, *, after: Params | None = None
) -> Iterator[VendorPage]:
    """
    Every page of a list, or those that follow the one which said *after*.

    Raises:
        ServiceTrouble: the list is none, leads us in a circle, or (SilentAnswer) breaks off without a word.
    """
    position: Params = after or first_position(where)
    seen: set[object] = {0}
    while True:
        page = page_at(position, client, where, params)
        yield page
        if page.is_last:
            return
        position = _new(page.leads_to, seen)


def page_at(position: Params, client: PipedriveClient, where: List, params: Params | None = None) -> VendorPage:
    """One page of a list."""
    ask = client.get_names if where.only_names else client.get
    answer = ask(where.path, {**(params or {}), **position}, version=where.version, cost=where.cost)
    after = next_position(where, answer, position)
    is_last = after is None and (where.may_be_silent or not _ends_in_silence(where, answer))
    return VendorPage(_records(answer, where.inside), is_last=is_last, after=after)


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
            raise unreadable("does not say where the next records are")
        return {**position, "cursor": cursor} if cursor else None
    start = _next_start(extra, int(position.get("start", 0)), where.page_size)
    return None if start is None else {**position, "start": start}


def _records(answer: Answer, inside: str) -> list[dict[str, Any]]:
    data = answer.data.get(inside) if inside and isinstance(answer.data, dict) else answer.data
    records = [_as_record(record) for record in data if record] if isinstance(data, list) else data or []
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise unreadable("is not a list of records")
    return records


def _as_record(found: Any) -> Any:
    return asdict(found) if isinstance(found, Named) else found


def _ends_in_silence(where: List, answer: Answer) -> bool:
    """
    A full page that says nothing about a next one. Taking it for the last
    would lose, without anybody noticing, whatever follows.
    """
    is_full = isinstance(answer.data, list) and len(answer.data) >= where.page_size
    return where.paging != "none" and is_full and not isinstance(answer.additional_data, dict)


def id_of(record: Mapping[str, Any]) -> str:
    """The id as it may stand in a URL. Raises ServiceTrouble for a record that has none."""
    found = record.get("id")
    if not isinstance(found, int | str) or found == "":
        raise unreadable("holds a record without an id")
    return quote(str(found), safe="", errors="replace")


def unreadable(what: str) -> ServiceTrouble:
    """What to raise for an answer that cannot be right."""
    return ServiceTrouble(f"Pipedrive's answer {what}, {_STOPPED}", hint=_TRY_AGAIN)


def _next_start(extra: dict[str, Any], start: int, page_size: int) -> int | None:
    # Some lists say where they are in `pagination`, some beside it; leads say
    # that there is more but not where.
    inner = extra.get("pagination")
    pagination = {**extra, **(inner if isinstance(inner, dict) else {})}
    if not pagination.get("more_items_in_collection"):
        return None
    following, given = pagination.get("next_start"), pagination.get("limit")
    if isinstance(following, int):
        return following
    # A list may give less at once than it was asked for, and says so.
    return start + (given if isinstance(given, int) and 0 < given <= page_size else page_size)


def _new(position: Params, seen: set[object]) -> Params:
    mark = position.get("cursor", position.get("start"))
    if mark in seen:
        raise ServiceTrouble(
            "Pipedrive's list leads in a circle: it sent us to a page we had already read.",
            hint="Run it again; if it happens again, report it to Pipedrive.",
        )
    seen.add(mark)
    return position
