"""
A list of the catalogue as one stream of pages: at once, in parts, or for one
parent after the other. Parents are read page by page, so memory stays flat.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from importers.errors import InvalidSettings, NotThere
from importers.http.ahead import read_abreast
from importers.interfaces import Stop, Tell, never_stop
from importers.sources.pipedrive.abreast import Handed, WindowedList, offset_pages
from importers.sources.pipedrive.client import Params, PipedriveClient
from importers.sources.pipedrive.pages import PARENT, List, Per, VendorPage, unreadable, walk
from importers.sources.pipedrive.seen import SeenIds

Record = dict[str, Any]
Hear = Callable[[Per, int, bool], None]
"""Told, before their lists are asked for, how many parents were found so far, and whether these are all."""

_ENOUGH = 500
_ASKS = 100
"""A page is handed on when it holds as many records as a usual one, or took as many requests."""


def _any(record: Record) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """
    What is asked of a list. `own` goes to the list itself; `first` to the one
    where the walk begins, which is its parents' if it has any. Records of the
    first that do not pass are left out.
    """

    own: Params = field(default_factory=dict)
    first: Params = field(default_factory=dict)
    passes: Callable[[Record], bool] = _any


def _nobody_hears(per: Per, count: int, is_last: bool) -> None:
    """For those who do not ask for the price."""


class Walker:
    """
    Goes through lists of any sort. `gone` counts parents that were deleted
    before their turn came. Pages hold about *enough* records.

    At most *abreast* requests are under way at a time. With one, pages come in
    the order of the list. With more they come in any order, a record may come
    several times (a later answer comes later), and what is changed after
    `began_at` may be missing: ask for that afterwards, once the pages are
    read. `began_at` is the last change, in the vendor's words, that had been
    made before; None where the list was read in its order, or in one answer.
    """

    def __init__(
        self,
        client: PipedriveClient,
        *,
        stop: Stop = never_stop,
        hear: Hear = _nobody_hears,
        enough: int = _ENOUGH,
        abreast: int = 1,
    ) -> None:
        self._client = client
        self._stop = stop
        self._hear = hear
        self._enough = enough
        self._abreast = abreast
        self._counting = threading.Lock()
        self.gone = 0
        self.began_at: str | None = None

    def pages(self, where: List, asked: Asked) -> Iterator[VendorPage]:
        """Every page; only the last one says that it is."""
        return self._in_parts(where, asked) if where.per is None else self._per_parent(where, where.per, asked)

    def _in_parts(self, where: List, asked: Asked) -> Iterator[VendorPage]:
        for place, part in enumerate(where.parts, start=1):
            apart = _Apart(where)
            for page in self._part(where, {**asked.first, **asked.own, **part}):
                records = [record for record in apart.new(page.records) if asked.passes(record)]
                _mark(records, part)
                yield VendorPage(records, is_last=page.is_last and place == len(where.parts))

    def _part(self, where: List, params: Params) -> Iterator[VendorPage]:
        if self._abreast > 1 and _takes_windows(where, params):
            windowed = WindowedList(self._client, where, params, abreast=self._abreast)
            yield from windowed.pages()
            self.began_at = windowed.began_at
        elif self._abreast > 1 and where.paging == "offset" and where.key:
            yield from offset_pages(self._client, where, params, abreast=self._abreast)
        else:
            yield from walk(self._client, where, params)

    def _per_parent(self, where: List, per: Per, asked: Asked) -> Iterator[VendorPage]:
        children = _Children(where, per, asked.own, self._count_gone)
        gathered: list[Record] = []
        asks = 0
        for records in self._side_by_side(children, asked) if self._abreast > 1 else self._in_turn(children, asked):
            gathered += records
            asks += 1
            if len(gathered) >= self._enough or asks >= _ASKS:
                yield VendorPage(gathered, is_last=False)
                gathered, asks = [], 0
        yield VendorPage(gathered, is_last=True)

    def _in_turn(self, children: _Children, asked: Asked) -> Iterator[list[Record]]:
        for group in self._groups(children.per, asked):
            self._stop()
            yield from children.of(group, self._client)

    def _side_by_side(self, children: _Children, asked: Asked) -> Iterator[list[Record]]:
        """One thread reads the parents, in their order, and the others what belongs to them, in any."""
        handed: Handed[Sequence[Record]] = Handed(_ENOUGH)
        is_fed = threading.Lock()

        def work(tell: Tell, stop: Stop) -> Iterator[list[Record]]:
            client = self._client.heard_by(tell=tell, stop=stop)
            if is_fed.acquire(blocking=False):
                self._feed(handed, children.per, asked, client)
            for group in handed.board.jobs(stop):
                yield from children.of(group, client)

        return read_abreast(work, threads=self._abreast, tell=self._client.tell, stop=self._stop)

    def _feed(self, handed: Handed[Sequence[Record]], per: Per, asked: Asked, client: PipedriveClient) -> None:
        parents = Walker(client, stop=client.stop, hear=self._hear, enough=self._enough)
        for group in parents._groups(per, asked):
            handed.hand([group], client.stop)
        handed.complete()
        self._count_gone(parents.gone)

    def _groups(self, per: Per, asked: Asked) -> Iterator[Sequence[Record]]:
        """The parents, as many together as one request takes; each once."""
        seen, count = SeenIds(), 0
        for page in self.pages(per.parents, replace(asked, own={})):
            parents = [record for record in page.records if _id_of(record) and seen.is_new(record["id"])]
            count += len(parents)
            self._hear(per, count, page.is_last)
            for start in range(0, len(parents), per.batch):
                yield parents[start : start + per.batch]

    def _count_gone(self, parents: int = 1) -> None:
        with self._counting:
            self.gone += parents


@dataclass(frozen=True, slots=True)
class _Children:
    """The lists that are asked for by their parents. `count_gone` is called for each parent that is no longer there."""

    where: List
    per: Per
    own: Params
    count_gone: Callable[[], None]

    def of(self, group: Sequence[Record], client: PipedriveClient) -> Iterator[list[Record]]:
        """What belongs to the parents of one group, page by page."""
        try:
            yield from self._of(group, client)
        except NotThere:
            if len(group) > 1:
                raise
            self.count_gone()
        except InvalidSettings:
            # How a list of ids is to be written is not documented everywhere; one id is always right.
            if len(group) == 1:
                raise
            for parent in group:
                yield from self.of([parent], client)

    def _of(self, group: Sequence[Record], client: PipedriveClient) -> Iterator[list[Record]]:
        apart, ids = _Apart(self.where), ",".join(map(_id_of, group))
        params = {**self.own, self.per.param: ids} if self.per.param else self.own
        for page in walk(client, replace(self.where, path=self.where.path.replace("{id}", ids)), params):
            records = apart.new(page.records)
            _hand_over(records, self.per, group)
            yield records


def _takes_windows(where: List, params: Params) -> bool:
    """Whether Pipedrive says what a window does beside a saved filter, nobody knows."""
    return {"updated_since", "updated_until"} <= {*where.windows} and "filter_id" not in params


class _Apart:
    """Leaves out what came twice, where ids are unique within one walk only."""

    def __init__(self, where: List) -> None:
        self._key = where.key
        self._seen = SeenIds()

    def new(self, records: list[Record]) -> list[Record]:
        if self._key in ("", "id"):
            return records
        return [record for record in records if self._seen.is_new(record.get(self._key))]


def _mark(records: Sequence[Record], part: Mapping[str, str]) -> None:
    if part:
        for record in records:
            record[PARENT] = part


def _hand_over(records: Sequence[Record], per: Per, group: Sequence[Record]) -> None:
    """Give every record its parent."""
    by_id = {str(parent["id"]): parent for parent in group}
    only = group[0] if len(group) == 1 else None
    for record in records:
        record[PARENT] = only or by_id.get(str(record.get(f"{per.one}_id")))


def _id_of(parent: Record) -> str:
    """The id as it may stand in a URL. Raises ServiceTrouble for a parent that has none."""
    found = parent.get("id")
    if not isinstance(found, int | str) or found == "":
        raise unreadable("holds a record without an id")
    return quote(str(found), safe="", errors="replace")
