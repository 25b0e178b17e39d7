"""
A list of the catalogue as one stream of pages: at once, in parts, or for one
parent after the other. Parents are read page by page, so memory stays flat.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from importers.errors import InvalidSettings, NotThere
from importers.http.ahead import read_abreast
from importers.interfaces import Stop, Tell, never_stop
from importers.sources.pipedrive.abreast import Handed, WindowedList, offset_pages
from importers.sources.pipedrive.client import Params, PipedriveClient
from importers.sources.pipedrive.details import Details
from importers.sources.pipedrive.pages import PARENT, RANK, List, Per, SilentAnswer, VendorPage, id_of, walk
from importers.sources.pipedrive.seen import SeenIds
from importers.sources.pipedrive.tally import Tally

Record = dict[str, Any]
Hear = Callable[[Per, int, bool, int], None]
"""
Told, before their lists are asked for, how many parents were found so far,
whether these are all, and of how many records their lists will be, where they say.
"""

ABREAST = 16
"""Requests under way at a time, as far as the governor lets them."""
_ENOUGH = 500
_ASKS = 100
"""A page is handed on when it holds as many records as a usual one, or took as many requests."""
LOOKS = 4
"""How often parents are listed at most, to find those that came or moved meanwhile."""

_AHEAD = 2
"""Parents, for each thread, whose lists may wait for those of one before them."""


def _always() -> bool:
    return True


def _any(record: Record) -> bool:
    return True


def _unknown(parent: Record) -> bool:
    """For those who remember nothing."""
    return False


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


def _nobody_hears(per: Per, count: int, is_last: bool, inside: int) -> None:
    """For those who do not ask for the price."""


def _at_once() -> None:
    """In turn, all parents had theirs when they are listed again."""


class Walker:
    """
    Goes through lists of any sort. `tally` counts what came of each parent,
    `details` what could not be had for single records. Pages hold about
    *enough* records. Without *goes_on* it gives up before its next request for
    a list, and `gave_up` says after how many parents, or records. Parents of
    which *known* says that what belongs to them is known and still holds are
    not asked for; it may be called in a thread.

    At most *abreast* requests are under way at a time. Pages come in the order
    of the list, but for lists that can be asked for between two moments, where
    *in_windows* allows that: their pages come in any order, a record may come
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
        in_windows: bool = True,
        goes_on: Callable[[], bool] = _always,
        known: Callable[[Record], bool] = _unknown,
    ) -> None:
        self._client = client
        self._stop = stop
        self._hear = hear
        self._enough = enough
        self._abreast = abreast
        self._in_windows = in_windows
        self._known = known
        self._ranks = count()
        self._before_another_look: Callable[[], None] = _at_once
        self._goes_on = goes_on
        self.gave_up: int | None = None
        self.began_at: str | None = None
        self.tally = Tally()
        self.details = Details()

    def pages(self, where: List, asked: Asked) -> Iterator[VendorPage]:
        """Every page; only the last one says that it is."""
        if where.then is None:
            return self._pages(where, asked)
        return self._one_after_the_other(where, where.then, asked)

    def _one_after_the_other(self, where: List, then: List, asked: Asked) -> Iterator[VendorPage]:
        for page in self._pages(where, asked):
            yield replace(page, is_last=False)
        yield from self.pages(then, asked)

    def _pages(self, where: List, asked: Asked) -> Iterator[VendorPage]:
        return self._in_parts(where, asked) if where.per is None else self._per_parent(where, where.per, asked)

    def _in_parts(self, where: List, asked: Asked) -> Iterator[VendorPage]:
        looked = 0
        for place, part in enumerate(where.parts, start=1):
            apart = _Apart(where)
            for page in self._part(where, {**asked.first, **asked.own, **part}):
                records = [record for record in apart.new(page.records) if asked.passes(record)]
                _mark(records, part)
                yield VendorPage(records, is_last=page.is_last and place == len(where.parts))
                looked += len(page.records)
                if not page.is_last and not self._goes_on():
                    self.gave_up = looked
                    return

    def _part(self, where: List, params: Params) -> Iterator[VendorPage]:
        if self._abreast > 1 and self._in_windows and _takes_windows(where, params):
            windowed = WindowedList(self._client, where, params, abreast=self._abreast)
            yield from windowed.pages()
            self.began_at = windowed.began_at
        elif self._abreast > 1 and where.paging == "offset" and where.key:
            yield from offset_pages(self._client, where, params, abreast=self._abreast)
        else:
            yield from walk(self._client, where, params)

    def _per_parent(self, where: List, per: Per, asked: Asked) -> Iterator[VendorPage]:
        children = _Children(where, per, asked.own, self.tally, self.details)
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
        looked = 0
        for group in self._groups(children.per, asked):
            self._stop()
            if not self._goes_on():
                self.gave_up = looked
                return
            yield from children.of(group, self._client)
            looked += len(group)

    def _side_by_side(self, children: _Children, asked: Asked) -> Iterator[list[Record]]:
        """One thread reads the parents, the others what belongs to them."""
        handed: Handed[Sequence[Record]] = Handed(room=self._abreast, ahead=_AHEAD * self._abreast)
        is_fed = threading.Lock()

        def work(tell: Tell, stop: Stop) -> Iterator[tuple[int, list[Record]]]:
            client = self._client.heard_by(tell=tell, stop=stop)
            if is_fed.acquire(blocking=False):
                self._feed(handed, children.per, asked, client)
            for number, group in handed.board.jobs(stop):
                stop()
                yield number, [record for records in children.of(group, client) for record in records]

        crew = read_abreast(work, threads=self._abreast, tell=self._client.tell, stop=self._stop)
        return handed.in_order(crew)

    def _feed(self, handed: Handed[Sequence[Record]], per: Per, asked: Asked, client: PipedriveClient) -> None:
        parents = Walker(client, stop=client.stop, hear=self._hear, enough=self._enough, known=self._known)
        parents._before_another_look = lambda: handed.wait(client.stop)
        for group in parents._groups(per, asked):
            handed.hand(group, client.stop)
        handed.complete()
        self.tally.add(found=parents.tally.sum.found, unchanged=parents.tally.sum.unchanged)

    def _groups(self, per: Per, asked: Asked) -> Iterator[Sequence[Record]]:
        """The parents, as many together as one request takes; each once."""
        is_glance = self._enough < _ENOUGH
        all_at_first = per.keeps and not is_glance
        for parents in self._all_at_first(per, asked) if all_at_first else self._as_they_come(per, asked):
            for start in range(0, len(parents), per.batch):
                yield parents[start : start + per.batch]

    def _as_they_come(self, per: Per, asked: Asked) -> Iterator[list[Record]]:
        seen, found = SeenIds(), 0
        for page in self.pages(per.parents, replace(asked, own={})):
            parents = self._new(page, seen)
            found += len(parents)
            self._hear(per, found, page.is_last, 0)
            yield parents

    def _all_at_first(self, per: Per, asked: Asked) -> Iterator[list[Record]]:
        """Looks again when all had their turn: a list by position loses what moves while it is read."""
        seen = SeenIds()
        for look in range(LOOKS):
            if look:
                self._before_another_look()
            pages = self.pages(per.parents, replace(asked, own={}))
            parents = [kept(per, parent) for page in pages for parent in self._new(page, seen)]
            if look == 0:
                self._hear(per, len(parents), True, _inside(per, parents))
            if not parents:
                return
            yield parents

    def _new(self, page: VendorPage, seen: SeenIds) -> list[Record]:
        """Those parents of a page that were not there before, and are to be asked for."""
        parents = [record for record in page.records if id_of(record) and seen.is_new(record["id"])]
        for parent in parents:
            parent[RANK] = next(self._ranks)
        changed = [parent for parent in parents if not self._known(parent)]
        self.tally.add(found=len(parents), unchanged=len(parents) - len(changed))
        return changed


@dataclass(frozen=True, slots=True)
class _Children:
    """The lists that are asked for by their parents. What comes of each parent is counted in `tally`."""

    where: List
    per: Per
    own: Params
    tally: Tally
    details: Details

    def of(self, group: Sequence[Record], client: PipedriveClient) -> Iterator[list[Record]]:
        """What belongs to the parents of one group, page by page."""
        try:
            yield from self._of(group, client)
            self.tally.add(read=len(group))
        except NotThere:
            if len(group) > 1:
                raise
            self.tally.add(gone=1)
        except InvalidSettings:
            # How a list of ids is to be written is not documented everywhere; one id is always right.
            if len(group) == 1:
                raise
            for parent in group:
                yield from self.of([parent], client)
        except SilentAnswer:
            # Nothing of that answer was handed on: less is asked for, until it is sure that this is all.
            if self.where.may_be_silent or self.per.batch == 1:
                raise
            yield from self._in_parts(group, client)

    def _in_parts(self, group: Sequence[Record], client: PipedriveClient) -> Iterator[list[Record]]:
        """Halves; and what one parent alone has is taken as it is."""
        if len(group) == 1:
            yield from replace(self, where=replace(self.where, may_be_silent=True)).of(group, client)
            return
        half = len(group) // 2
        for part in (group[:half], group[half:]):
            yield from self.of(part, client)

    def _of(self, group: Sequence[Record], client: PipedriveClient) -> Iterator[list[Record]]:
        apart, ids = _Apart(self.where), ",".join(map(id_of, group))
        params = {**self.own, self.per.param: ids} if self.per.param else self.own
        for page in walk(client, replace(self.where, path=self.where.path.replace("{id}", ids)), params):
            if page.after is None and not page.is_last:
                raise SilentAnswer
            records = _picked(self.per, apart.new(page.records))
            _hand_over(records, self.per, group)
            if self.where.detail:
                self.details.complete(self.where.detail, records, client)
            yield records


def _takes_windows(where: List, params: Params) -> bool:
    """Whether Pipedrive says what a window does beside a saved filter, nobody knows."""
    bounds = {"updated_since", "updated_until"}
    return bounds <= {*where.windows} and not params.keys() & {*bounds, "filter_id"}


def kept(per: Per, parent: Record) -> Record:
    """What is remembered of a parent until its turn comes, and longer."""
    return {key: parent[key] for key in ("id", RANK, *per.keeps) if key in parent}


def _inside(per: Per, parents: Sequence[Record]) -> int:
    """How many records their lists will be of, as the parents say."""
    if per.picks:
        return len(parents)
    counts = [parent.get(per.counts) for parent in parents]
    return sum(count for count in counts if isinstance(count, int))


def _picked(per: Per, records: list[Record]) -> list[Record]:
    """One of a parent's records, or all. Moments of one list are written alike, so they compare as texts."""
    if not per.picks or not records:
        return records
    choose = min if per.picks == "first" else max
    return [choose(records, key=lambda record: (str(record.get(per.moment) or ""), str(record.get("id")).zfill(20)))]


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
