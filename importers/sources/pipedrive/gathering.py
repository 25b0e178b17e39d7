"""
Bringing together in a mirror everything that belongs into the table: by a full
reading, or by what changed since the last one. Both end by asking for changes
until there are no more, so that the mirror holds what one full answer of that
moment would.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from importers.interfaces import Stop
from importers.model import Refresh, Selection, Vanished
from importers.sources.pipedrive.asking import Plan
from importers.sources.pipedrive.changes import Changes, Rounds, Rules, latest, newest_in
from importers.sources.pipedrive.client import PipedriveClient
from importers.sources.pipedrive.details import missing_key
from importers.sources.pipedrive.mirror import (
    About,
    DamagedError,
    Key,
    Layout,
    Mirror,
    Record,
    as_moment,
    place_of_removed,
)
from importers.sources.pipedrive.missing import Missing
from importers.sources.pipedrive.pages import PARENT, Per, VendorPage
from importers.sources.pipedrive.seen import SeenIds
from importers.sources.pipedrive.walks import kept

_MAX_AGE = {Refresh.DAILY: timedelta(days=1), Refresh.WEEKLY: timedelta(days=7)}
_OF_UUIDS = ("/leads", "/leads/archived")
"""Lists whose order is not that of their ids."""
_LEEWAY = timedelta(minutes=30)
"""A schedule is never kept to the second: a day is over when it nearly is."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a plan means for gathering."""

    plan: Plan

    @property
    def _selection(self) -> Selection:
        return self.plan.selection

    @property
    def place(self) -> Path | None:
        """Where the mirror is kept, if anywhere."""
        return self.plan.mirror.path if self.plan.mirror else None

    @property
    def has_memory(self) -> bool:
        """Whether runs of this importer build on earlier ones."""
        chosen = self._selection
        is_asked_for = chosen.refresh is not Refresh.EVERYTHING or chosen.vanished is not Vanished.REMOVE
        return self.place is not None and is_asked_for and self.plan.where.key == "id"

    @property
    def is_remembered(self) -> bool:
        """Whether the next run builds on this one. A few rows are nothing to build on."""
        return self.has_memory and self._selection.limit is None

    @property
    def can_catch_up(self) -> bool:
        """
        Whether changes can be asked for. A filter may depend on time and on
        other records, so no list of changes tells what passes it now.
        """
        chosen = self._selection
        is_all = chosen.limit is None and chosen.filter_id is None and "deleted" not in chosen.statuses
        return is_all and self.plan.entity.changes is not None

    @property
    def has_versions(self) -> bool:
        """Whether its parents tell whether something changed."""
        return self.plan.where.per is not None and bool(self.plan.where.per.version)

    @property
    def remembers_removed(self) -> bool:
        return self.is_remembered and self.shows_removed

    @property
    def shows_removed(self) -> bool:
        return self.has_memory and self._selection.vanished is not Vanished.REMOVE

    @property
    def layout(self) -> Layout:
        where = self.plan.where
        is_one_list = where.per is None and where.then is None and len(where.parts) == 1
        order = "arrival" if not is_one_list else "time" if where.path in _OF_UUIDS else "id"
        return Layout(where.key, order)

    @property
    def label(self) -> About:
        """What a mirror must say of itself for this reading to build on it."""
        chosen, mirror = self._selection, self.plan.mirror
        return About(
            company=mirror.company if mirror else "",
            account=mirror.account if mirror else "",
            entity=chosen.entity,
            picked=_text([chosen.filter_id, sorted(chosen.statuses), chosen.options]),
            asked=_text([self.plan.own, repr(self.plan.where)]),
        )


def why_everything(wanted: Wanted, last: About | None, now: datetime) -> str:
    """Why it takes a full reading, as the end of a sentence; empty where changes will do."""
    selection = wanted.plan.selection
    if selection.refresh is Refresh.EVERYTHING:
        return "that is what was chosen"
    if why := _why_always(wanted):
        return why
    if last is None or last.is_partial or not (last.watermark or wanted.has_versions):
        return "there is nothing to build on yet"
    if _choice_of(last) != _choice_of(wanted.label):
        return "something else was asked for the last time"
    return "it is time for it again" if last.watermark > latest(now) else _too_old(selection.refresh, last.full_at, now)


def _why_always(wanted: Wanted) -> str:
    plan = wanted.plan
    selection, changes = plan.selection, plan.entity.changes
    if changes is None:
        return "" if wanted.has_versions else f"Pipedrive does not tell what changed among {plan.entity.label.lower()}"
    if selection.filter_id is not None:
        return "a filter is chosen, and what passes it can change without Pipedrive telling"
    if "deleted" in selection.statuses:
        return "deleted ones are chosen, which Pipedrive forgets without telling"
    silent = [spec.column.header for spec in plan.specs if spec.include or spec.column.key in changes.silent]
    return f"the column {silent[0]} is chosen, which can change without Pipedrive telling" if silent else ""


def _too_old(refresh: Refresh, full_at: datetime | None, now: datetime) -> str:
    if full_at is None or now - full_at >= _MAX_AGE[refresh] - _LEEWAY or full_at > now:
        return "it is time for it again"
    return ""


def are_of_one_company(one: About, other: About) -> bool:
    """Elsewhere the same ids are those of other records."""
    return one.account == other.account or (one.company == other.company != "")


def _choice_of(about: About) -> tuple[str, ...]:
    return about.account, about.entity, about.picked, about.asked


class Gathering:
    """Fills one mirror. `now` is the moment of the run; `notes` is what the owner should know of removed records."""

    def __init__(self, wanted: Wanted, client: PipedriveClient, stop: Stop, parents: Parents) -> None:
        self._wanted = wanted
        self._parents = parents
        self._client = client
        self._stop = stop
        self._began = client.clock.monotonic()
        self.now = client.clock.now()
        self._until = latest(self.now)
        self._seen = SeenIds()
        self.notes: list[str] = []

    def everything(
        self, first: VendorPage, rest: Iterator[VendorPage], last: Mirror | None, began_at: Callable[[], str | None]
    ) -> tuple[Mirror, About]:
        """
        All pages, and what changed while they were read. What *last* held and
        is missing now was removed, where that is to be remembered. It was no
        full reading where parents were known.
        """
        mirror = Mirror.empty(
            self._wanted.place.parent if self._wanted.place else None, self._wanted.layout, until=self._until
        )
        try:
            watermark = self._fill(mirror, first, rest, began_at)
            if last and last.about and self._wanted.remembers_removed:
                self._remember_removed(mirror, last, last.about)
        except BaseException:
            mirror.close()
            raise
        full_at = self._parents.full_at or self.now
        return mirror, msgspec.structs.replace(self._wanted.label, watermark=watermark, full_at=full_at)

    def changes(self, about: About) -> tuple[Mirror, About, Rounds]:
        """What changed since *about* was said of the mirror that is kept."""
        if self._wanted.place is None:
            raise DamagedError
        mirror = Mirror.copy_of(self._wanted.place, self._wanted.layout, until=self._until)
        try:
            rounds = self._rounds(mirror)
            watermark = rounds.catch_up(about.watermark)
        except BaseException:
            mirror.close()
            raise
        return mirror, msgspec.structs.replace(about, watermark=watermark), rounds

    def _fill(
        self, mirror: Mirror, first: VendorPage, rest: Iterator[VendorPage], began_at: Callable[[], str | None]
    ) -> str:
        self._put(mirror, first)
        if first.is_last:
            return "" if self._wanted.plan.where.per else mirror.newest
        before = "" if not self._wanted.can_catch_up else self._newest_before(began_at)
        for page in rest:
            self._put(mirror, page)
        since = min(_plain(began_at()) or before, self._until)
        return self._rounds(mirror).catch_up(since) if since else ""

    def _newest_before(self, began_at: Callable[[], str | None]) -> str:
        """Asked for after the first page, where windows do not tell it anyway; reckoned back to before it."""
        where, clock = self._wanted.plan.where, self._client.clock
        if "updated_until" in where.windows:
            return _plain(began_at())
        return newest_in(where, self._client, seconds_ago=lambda: clock.monotonic() - self._began)

    def _put(self, mirror: Mirror, page: VendorPage) -> None:
        self._stop()
        self._parents.put_into(mirror)
        mirror.put(self._new(page.records))
        detail = self._wanted.plan.where.detail
        if detail:
            for record in page.records:
                if missing_key(detail.key) in record and record.get(PARENT):
                    mirror.doubt_parent(record[PARENT]["id"])

    def _new(self, records: list[Record]) -> list[Record]:
        """Of a list in several parts, a record belongs to the first that holds it."""
        if len(self._wanted.plan.where.parts) == 1:
            return records
        return [record for record in records if self._seen.is_new(record.get("id"))]

    def _rounds(self, mirror: Mirror) -> Rounds:
        rules = Rules(
            own=self._wanted.plan.own,
            statuses=self._wanted.plan.selection.statuses,
            remembers_removed=self._wanted.remembers_removed,
            gone_at=self.now.isoformat(),
        )
        return Rounds(self._wanted.plan.entity.changes or Changes(()), rules, mirror, self._client, stop=self._stop)

    def _remember_removed(self, mirror: Mirror, last: Mirror, about: About) -> None:
        """
        Not what the owner chose away, nor what another user may not see: then
        only those stay that were removed before.
        """
        label = self._wanted.label
        if about.entity != label.entity or not are_of_one_company(about, label):
            self._note(_not_ours(last.count(gone=True)))
            return
        chose_otherwise, has_other_eyes = about.picked != label.picked, about.account != label.account
        only_lost = about.is_partial or chose_otherwise or has_other_eyes
        if has_other_eyes and not (about.is_partial or chose_otherwise):
            self._note(_by_others(sum(1 for _ in mirror.missing(last))))
        if not only_lost:
            missing = Missing(self._wanted.plan, self._parents.listed, self._client, self._stop)
            mirror.leave_out(missing.only_left(mirror, last))
        self._note(damaged(mirror.take_over_lost(last, gone_at=self.now.isoformat(), only_lost=only_lost)))

    def _note(self, text: str) -> None:
        self.notes += [text] if text else []


class Parents:
    """
    Remembers the parents of a reading and which of them are as they were in
    *last*. It is asked in the thread that lists them; the rest is done in the
    one that fills the mirror. `full_at` is when all of them were read last,
    None where this reading does so; `listed` are the ids that came by.
    """

    def __init__(self, per: Per | None, last: Mirror | None) -> None:
        self._per = per
        self._names = per.version if per else ()
        self.full_at = last.about.full_at if last and last.about else None
        self.listed: set[Key] = set()
        self._last = last
        self._versions = last.versions() if last and self._names else {}
        self._listed: deque[tuple[Record, str]] = deque()

    def are_known(self, parent: Record) -> bool:
        self.listed.add(parent["id"])
        if not self._names:
            return False
        version = _text([parent.get(name) for name in self._names])
        self._listed.append((parent, version))
        return self._versions.get(parent["id"]) == version

    def put_into(self, mirror: Mirror) -> None:
        """Those listed by now, and what belongs to the ones that are known."""
        while self._listed:
            parent, version = self._listed.popleft()
            mirror.put_parent(kept(self._per, parent) if self._per else parent, version)
            if self._last and self._versions.get(parent["id"]) == version:
                mirror.take_over_children(self._last, parent)


def last_mirror(wanted: Wanted) -> Mirror | None:
    """The one of the last run, to look at; None where there is none that can be read."""
    return _readable(wanted.place, wanted) if wanted.place and wanted.has_memory else None


def last_removed(wanted: Wanted) -> Mirror | None:
    """The removed records of the last run alone, which are kept twice; None as for `last_mirror`."""
    return _readable(place_of_removed(wanted.place), wanted) if wanted.place and wanted.has_memory else None


def is_there(wanted: Wanted) -> bool:
    """Whether something was remembered, readable or not."""
    return wanted.place is not None and (wanted.place.exists() or place_of_removed(wanted.place).exists())


def _readable(place: Path, wanted: Wanted) -> Mirror | None:
    try:
        return Mirror.last(place, wanted.layout)
    except DamagedError:
        return None


def _not_ours(count: int) -> str:
    if not count:
        return ""
    which = "1 row of a record removed there is" if count == 1 else f"{count:,} rows of records removed there are"
    has = "it" if count == 1 else "them"
    return (
        f"This importer read another account, or another list, the last time: {which} gone. "
        f"A copy of the workbook from before may still have {has}."
    )


def _by_others(count: int) -> str:
    if not count:
        return ""
    more = (
        "1 row more has left: whether its record was removed, or this user may not see it, cannot be told. "
        "Connect the user of before again if it is missed."
        if count == 1
        else f"{count:,} rows more have left: whether their records were removed, or this user may not see them, "
        "cannot be told. Connect the user of before again if they are missed."
    )
    return (
        "Another user of the account is connected than for the last run. "
        f"The rows of records removed before that stay. {more}"
    )


def damaged(count: int) -> str:
    """What to note where so many removed records cannot be taken over."""
    if not count:
        return ""
    if count == 1:
        return "1 removed record that was remembered is damaged, and its row lost."
    return f"{count:,} removed records that were remembered are damaged, and their rows lost."


def _plain(moment: str | None) -> str:
    return as_moment(moment or "")


def _text(value: object) -> str:
    return msgspec.json.encode(value, order="sorted").decode()
