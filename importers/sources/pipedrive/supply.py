"""
Where the records of a reading come from: straight from Pipedrive, or out of a
mirror that was filled or brought up to date first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from zoneinfo import ZoneInfo

from importers.errors import ImporterError, TemporaryError
from importers.interfaces import Stop, Tell
from importers.model import Extent, Refresh
from importers.sources.pipedrive.asking import Plan
from importers.sources.pipedrive.changes import Rounds
from importers.sources.pipedrive.client import PipedriveClient
from importers.sources.pipedrive.gathering import (
    Gathering,
    Parents,
    Wanted,
    are_of_one_company,
    damaged,
    is_there,
    last_mirror,
    last_removed,
    why_everything,
)
from importers.sources.pipedrive.lent import Lent
from importers.sources.pipedrive.mirror import About, DamagedError, Mirror, distrust, forget, forget_removed
from importers.sources.pipedrive.pages import VendorPage
from importers.sources.pipedrive.price import PriceTag
from importers.sources.pipedrive.seen import SeenIds
from importers.sources.pipedrive.totals import deals_in
from importers.sources.pipedrive.walks import ABREAST, Record, Walker

_ASK_FOR_TOTAL_AFTER = 20
"""Pages. A deal list longer than this is worth the 40 tokens that its total costs."""

_GLANCE = 30
"""Requests after which a glance gives up: most parents of rare records have none, and the next thousand may not either."""


_SAVED = (
    "What was remembered of the last run is damaged or gone, so everything was read. The rows of records removed "
    "before that run are still there; those of records removed since then are lost, and nobody can tell which."
)
_LOST = (
    "What was remembered of the last run is damaged: the rows of records removed before this run are lost, if "
    "there were any. A copy of the workbook from before may still have them."
)


@dataclass(frozen=True, slots=True)
class Batch:
    """Some records, when each was removed (None for those that were not), and whether these are the last."""

    records: list[Record]
    gone: Sequence[str | None]
    is_last: bool


@dataclass(frozen=True, slots=True)
class Ears:
    """Who asks Pipedrive, and whom to tell and to ask whether to stop: all for one thread."""

    client: PipedriveClient
    tell: Tell
    stop: Stop


class Supply:
    """
    The records of one reading, in their order. `total` and `received` count
    them, `found` those that were picked so far; `extent` says how much had to
    be read; `walker` is who read, and can tell what came of it.
    """

    def __init__(self, plan: Plan, *, look_through: Callable[[Mirror, Ears], None]) -> None:
        """*look_through* is called once with all the records, before the first of them is handed out of a mirror."""
        self._plan = plan
        self._look_through = look_through
        self._wanted = Wanted(plan)
        self._mirror: Mirror | None = None
        self._about: About | None = None
        self.total: int | None = None
        self.received = 0
        self.extent = Extent.FULL
        self.found = 0
        self.walker: Walker | None = None
        self.notes: list[str] = []
        self._lent = Lent(close=self._close, hurry=self._hurry)

    @property
    def is_remembered(self) -> bool:
        return self._wanted.is_remembered

    def batches(self, ears: Ears, *, shown: bool | None) -> Iterator[Batch]:
        """*shown* says which records of the mirror: removed ones, others, or (None) both."""
        return self._lent.steps(self._batches(ears, shown))

    def _batches(self, ears: Ears, shown: bool | None) -> Iterator[Batch]:
        with self._damage_mended():
            if self.is_remembered:
                yield from self._remembered(ears, shown)
            elif self._wanted.shows_removed and (last := self._last()):
                with closing(last):
                    yield from self._limited(ears, shown, last)
            else:
                try:
                    yield from self._read(ears, None, shown)
                finally:
                    self.close()

    def removed(self) -> Iterator[Batch]:
        return self._lent.steps(self._removed())

    def _removed(self) -> Iterator[Batch]:
        with self._damage_mended():
            yield from self._mirrored(gone=True)

    def keep(self) -> str:
        """Remember what was read; why that was not possible, if it was not."""
        place = self._wanted.place
        try:
            if place and not self._wanted.has_memory:
                forget(place)
            elif place and self._mirror and self._about:
                self._keep(self._mirror, place, self._about)
        except ImporterError as error:
            return f"What was read could not be remembered, so the next run reads it again. {error.message}"
        return ""

    def _keep(self, mirror: Mirror, place: Path, about: About) -> None:
        if self._wanted.remembers_removed:
            mirror.keep_removed(place, about)
        else:
            forget_removed(place)
        mirror.keep(place, about)

    def close(self) -> None:
        """At once, also while another thread works on it: that one then puts it away."""
        self._lent.take_away()

    def _close(self) -> None:
        if self._mirror:
            self._mirror.close()

    def _hurry(self) -> None:
        if self._mirror:
            self._mirror.hurry()

    # --- with a memory -----------------------------------------------------------

    def _remembered(self, ears: Ears, shown: bool | None) -> Iterator[Batch]:
        last, now = self._last(), ears.client.clock.now()
        about = last.about if last else None
        try:
            why = why_everything(self._wanted, about, now)
            if about and not why and not self._wanted.has_versions:
                yield from self._changed(ears, about, shown)
                return
            if why and self._plan.selection.refresh is not Refresh.EVERYTHING:
                ears.tell(f"Reading everything: {why}.")
            yield from self._read(ears, last, shown, is_known=not why)
        finally:
            if last:
                last.close()

    def _last(self) -> Mirror | None:
        """The mirror of the last run or, where that cannot be read, what else is kept of it."""
        last = last_mirror(self._wanted)
        if last or not self._wanted.shows_removed or not is_there(self._wanted):
            return last
        removed = last_removed(self._wanted)
        self.notes.append(_SAVED if removed else _LOST)
        return removed

    def _limited(self, ears: Ears, shown: bool | None, last: Mirror) -> Iterator[Batch]:
        """
        The first so many records, and those known to be removed: *last* stays
        in its place, since nobody looks what became of all the others.
        """
        label, known = self._wanted.label, last.count(gone=True)
        is_ours = last.about and last.about.entity == label.entity and are_of_one_company(last.about, label)
        if not known or not is_ours:
            yield from self._read(ears, None, shown)
            return
        mirror = self._mirror = Mirror.empty(None, self._wanted.layout)
        for batch in self._read(ears, None, shown):
            mirror.put(batch.records)
        lost = mirror.take_over_lost(last, gone_at="", only_lost=True)
        self.notes += [
            _of_few(self._plan.selection.limit or 0, mirror.count(gone=True)),
            *filter(None, [damaged(lost)]),
        ]
        self._look_through(mirror, ears)
        yield from self._mirrored(gone=shown)

    def _changed(self, ears: Ears, about: About, shown: bool | None) -> Iterator[Batch]:
        self.extent = Extent.CHANGES
        gathering = self._gathering(ears, Parents(None, None))
        self._mirror, self._about, rounds = gathering.changes(about)
        ears.tell(_in_words(about, rounds, self._plan.kitchen.zone, gathering.now))
        self._look_through(self._mirror, ears)
        yield from self._mirrored(gone=shown)

    @contextmanager
    def _damage_mended(self) -> Iterator[None]:
        """A mirror that turns out damaged while it is read is removed, so that the next try reads everything."""
        try:
            yield
        except DamagedError as error:
            if self._wanted.place:
                distrust(self._wanted.place)
            raise TemporaryError(
                "What was remembered of the last reading is damaged, so it was thrown away.",
                hint="The next try reads everything.",
            ) from error

    # --- in full -----------------------------------------------------------------

    def _read(self, ears: Ears, last: Mirror | None, shown: bool | None, *, is_known: bool = False) -> Iterator[Batch]:
        """
        A list that one answer gives whole goes straight through, if nobody is
        to remember it. *is_known* says that what belongs to parents that are
        as they were in *last* need not be asked for.
        """
        self.extent = Extent.CHANGES if is_known else Extent.FULL
        parents = Parents(self._plan.where.per, last if is_known else None)
        gathering = self._gathering(ears, parents)
        walker = self.walker = self._new_walker(ears, parents)
        pages = self._heard(walker.pages(self._plan.where, self._plan.asked), ears)
        first = next(pages, VendorPage([], is_last=True))
        if self.is_remembered or (self._wanted.can_catch_up and not first.is_last):
            self._mirror, self._about = gathering.everything(first, pages, last, lambda: walker.began_at)
            self.notes += gathering.notes
            self._look_through(self._mirror, ears)
            yield from self._mirrored(gone=shown)
        else:
            yield from self._straight(chain([first], pages))

    def _straight(self, pages: Iterator[VendorPage]) -> Iterator[Batch]:
        picked = _Picked(self._plan)
        for page in pages:
            records = picked.of(page)
            self.found = picked.count
            is_last = page.is_last or picked.is_full
            if is_last:
                self.total = picked.count
            elif self.total is not None and picked.count > self.total:
                self.total = None
            if self._wanted.can_catch_up and self._wanted.layout.order == "id":
                records.sort(key=_place_of)  # they may have come in another order
            if records:
                yield Batch(records, [None] * len(records), is_last)
            if is_last:
                return

    def _mirrored(self, *, gone: bool | None) -> Iterator[Batch]:
        if self._mirror is None:
            return
        left = self._mirror.count(gone=gone)
        if not gone:
            # Some of what was received may have been removed or joined meanwhile.
            self.total, self.received = left, min(self.received, left)
        for rows in self._mirror.pages(gone=gone):
            left -= len(rows)
            yield Batch([record for record, _ in rows], [gone_at for _, gone_at in rows], is_last=left <= 0)

    def _heard(self, pages: Iterator[VendorPage], ears: Ears) -> Iterator[VendorPage]:
        """The pages, counted as they come: a record that several answers hold counts once."""
        seen = SeenIds()
        has_ids = self._plan.entity.where.key == "id"
        for number, page in enumerate(pages, start=1):
            new = [record for record in page.records if seen.is_new(record.get("id"))] if has_ids else page.records
            self.received += len(new)
            if number == _ASK_FOR_TOTAL_AFTER and not page.is_last and self._plan.entity.name == "deals":
                self.total = deals_in(self._plan.selection, ears.client)
            yield page

    def _gathering(self, ears: Ears, parents: Parents) -> Gathering:
        return Gathering(self._wanted, ears.client, ears.stop, parents)

    def _new_walker(self, ears: Ears, parents: Parents) -> Walker:
        limit = self._plan.selection.limit
        if limit is not None:
            return Walker(ears.client, stop=ears.stop, enough=limit, goes_on=self._goes_on(ears.client))
        price = PriceTag(self._plan.entity.where, tell=ears.tell, guess=lambda: self._parents_expected(ears.client))
        return Walker(
            ears.client,
            stop=ears.stop,
            hear=price,
            abreast=ABREAST,
            in_windows=self._wanted.can_catch_up,
            known=parents.are_known,
        )

    def _goes_on(self, client: PipedriveClient) -> Callable[[], bool]:
        asked_before = client.meter.usage.requests
        return lambda: not self._plan.is_glance or client.meter.usage.requests - asked_before < _GLANCE

    def _parents_expected(self, client: PipedriveClient) -> int | None:
        per = self._plan.entity.where.per
        are_deals = per is not None and per.parents.path == "/deals" and per.parents.then is None
        return deals_in(self._plan.selection, client) if are_deals else None


class _Picked:
    """Picks the records of a page that belong into the sheet: each once, up to the limit."""

    def __init__(self, plan: Plan) -> None:
        self._seen = SeenIds()
        self._has_ids = plan.entity.where.key == "id"
        self._limit = plan.selection.limit
        self.count = 0

    @property
    def is_full(self) -> bool:
        return self._limit is not None and self.count >= self._limit

    def of(self, page: VendorPage) -> list[Record]:
        records = page.records
        if self._has_ids:
            records = [record for record in records if self._seen.is_new(record.get("id"))]
        if self._limit is not None:
            records = records[: self._limit - self.count]
        self.count += len(records)
        return records


def _place_of(record: Record) -> int:
    found = record.get("id")
    return found if isinstance(found, int) else 0


def _of_few(limit: int, known: int) -> str:
    stay = "The 1 row of a record removed before it stays."
    if known != 1:
        stay = f"The {known:,} rows of records removed before it stay."
    return f"Only {limit:,} rows were asked for, so nobody looked which records were removed since the last run. {stay}"


def _in_words(about: About, rounds: Rounds, zone: ZoneInfo, now: datetime) -> str:
    """ "Reading what changed since 12:03: 14 changed, 2 removed." """
    since = datetime.fromisoformat(about.watermark + "+00:00").astimezone(zone)
    moment = f"{since:%H:%M}" if since.date() == now.astimezone(zone).date() else f"{since:%Y-%m-%d %H:%M}"
    removed = f", {len(rounds.removed):,} removed" if rounds.removed else ""
    return f"Reading what changed since {moment}: {len(rounds.changed):,} changed{removed}."
