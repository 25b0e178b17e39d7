"""One selection, opened: pages of rows, each record once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from importers.http.ahead import read_ahead
from importers.interfaces import Stop, Tell
from importers.model import Column, Page, Selection, Sight, Usage
from importers.sources.pipedrive.client import Params, PipedriveClient
from importers.sources.pipedrive.entities import Entity
from importers.sources.pipedrive.features import explained
from importers.sources.pipedrive.names import Directory
from importers.sources.pipedrive.pages import List, VendorPage
from importers.sources.pipedrive.price import PriceTag
from importers.sources.pipedrive.recipes import Kitchen, Spec, ids_in
from importers.sources.pipedrive.seen import SeenIds
from importers.sources.pipedrive.sheet import Sheet
from importers.sources.pipedrive.tally import counted, told
from importers.sources.pipedrive.totals import deals_in
from importers.sources.pipedrive.walks import Asked, Record, Walker
from importers.tables.flatten import Getter, Path, Shaper, pluck

_ASK_FOR_TOTAL_AFTER = 20
"""Pages. A deal list longer than this is worth the 40 tokens that its total costs."""

_MOST_CUSTOM_FIELDS = 15
"""As many as one may name in a request; for more, all of them are sent."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a reading was opened with: everything looked up, nothing read yet."""

    entity: Entity
    selection: Selection
    sheet: Sheet
    kitchen: Kitchen
    directory: Directory

    @property
    def specs(self) -> tuple[Spec, ...]:
        return self.sheet.specs


class PipedriveReading:
    """
    Pages are fetched one ahead, in a thread, with the names their rows need;
    they are shaped in the caller's. `notes` is complete once the pages are.
    """

    def __init__(self, plan: Plan, client: PipedriveClient, *, tell: Tell, stop: Stop) -> None:
        self._plan = plan
        self._client = client
        self._tell = tell
        self._stop = stop
        self._shaper = Shaper([Getter(spec.path, spec.recipe(plan.kitchen)) for spec in plan.specs])
        self._total: int | None = None
        self._walker: Walker | None = None
        self.columns: tuple[Column, ...] = tuple(spec.column for spec in plan.specs)
        self.sight: Sight = plan.sheet.sight
        self.notes: list[str] = [*plan.sheet.notes]

    @property
    def total(self) -> int | None:
        return self._total

    @property
    def usage(self) -> Usage:
        return self._client.meter.usage

    def pages(self) -> Iterator[Page]:
        for records in read_ahead(self._records, tell=self._tell, stop=self._stop):
            self._stop()
            yield Page(self._shaper.rows(records))
        self.notes.extend(self._plan.directory.notes)
        self.notes.extend(self._lost_options())
        self.notes.extend(self._account())

    def _records(self, tell: Tell, stop: Stop) -> Iterator[list[Record]]:
        """Runs in the thread that reads ahead."""
        entity = self._plan.entity
        with explained(entity.label, entity.needs):
            yield from self._wanted(self._client.heard_by(tell=tell, stop=stop), tell, stop)

    def _wanted(self, client: PipedriveClient, tell: Tell, stop: Stop) -> Iterator[list[Record]]:
        wanted = _Wanted(self._plan)
        walker = self._walker = self._new_walker(client, tell, stop)
        for number, page in enumerate(walker.pages(self._list(), self._asked()), start=1):
            records = wanted.of(page)
            is_last = page.is_last or wanted.is_full
            self._learn_names(records, client, is_last=is_last)
            self._learn_total(number, wanted.count, client, is_last=is_last)
            if records:
                yield records
            if is_last:
                break

    def _new_walker(self, client: PipedriveClient, tell: Tell, stop: Stop) -> Walker:
        limit = self._plan.selection.limit
        if limit is not None:
            return Walker(client, stop=stop, enough=limit)
        where = self._plan.entity.where
        price = PriceTag(where, tell=tell, guess=lambda: self._parents_expected(client))
        return Walker(client, stop=stop, hear=price)

    def _parents_expected(self, client: PipedriveClient) -> int | None:
        per = self._plan.entity.where.per
        are_deals = per is not None and per.parents.path == "/deals" and per.parents.then is None
        return deals_in(self._plan.selection, client) if are_deals else None

    def _list(self) -> List:
        """The list, in smaller pages where one that is not full will do."""
        where, selection = self._plan.entity.where, self._plan.selection
        if selection.limit is None or _filters_here(selection) or where.per:
            return where
        return replace(where, page_size=min(where.page_size, selection.limit))

    def _asked(self) -> Asked:
        own: dict[str, str] = {}
        if includes := sorted({spec.include for spec in self._plan.specs if spec.include}):
            own["include_fields"] = ",".join(includes)
        if keys := self._custom_keys():
            own["custom_fields"] = ",".join(keys)
        selection = self._plan.selection
        statuses = selection.statuses if _filters_here(selection) else ()
        return Asked(own=own, first=_first(selection), passes=lambda record: _has_status(record, statuses))

    def _custom_keys(self) -> list[str]:
        """The custom fields to ask for, where that spares us all the others."""
        keys = {spec.path[1] for spec in self._plan.specs if spec.path[:1] == ("custom_fields",)}
        can_choose = self._plan.entity.can_choose_custom
        return sorted(keys) if can_choose and len(keys) <= _MOST_CUSTOM_FIELDS else []

    def _learn_names(self, records: Sequence[Record], client: PipedriveClient, *, is_last: bool) -> None:
        plucked: dict[Path, Sequence[Any]] = {(): records}
        needed: dict[str, set[int]] = {}
        for spec in self._plan.specs:
            if spec.relation:
                ids = needed.setdefault(spec.relation, set())
                ids.update(*map(ids_in, pluck(plucked, spec.path)))
        for relation, ids in needed.items():
            self._plan.directory.learn(relation, ids, client, is_last=is_last)

    def _learn_total(self, pages: int, count: int, client: PipedriveClient, *, is_last: bool) -> None:
        if is_last:
            self._total = count
        elif pages == _ASK_FOR_TOTAL_AFTER and self._plan.entity.name == "deals":
            self._total = deals_in(self._plan.selection, client)
        elif self._total is not None and count > self._total:
            self._total = None

    def _lost_options(self) -> Iterator[str]:
        for spec in self._plan.specs:
            labels = self._plan.kitchen.labels.get(spec.labels)
            if labels is not None and labels.lost:
                cells = "1 cell holds an option" if labels.lost == 1 else f"{labels.lost:,} cells hold options"
                yield f"{spec.column.header}: {cells} that Pipedrive no longer lists, shown as “Deleted option (…)”."

    def _account(self) -> Iterator[str]:
        """Notes of what was left out. What came of every parent is told, once the sum was found to be right."""
        per, walker = self._plan.entity.where.per, self._walker
        if per is None or walker is None:
            return
        if self._plan.selection.limit is None:
            walker.tally.check(per.one)
            self._tell(told(walker.tally.sum, per.one, repeated=self._client.meter.repeated))
        if gone := walker.tally.sum.gone:
            which = f"1 {per.one} was" if gone == 1 else f"{gone:,} {per.one}s were"
            yield f"{which} deleted in Pipedrive before their turn came, and left out."
        if missing := walker.details.missing:
            why = ", ".join(f"{count:,} {reason}" for reason, count in sorted(missing.items()))
            yield f"Without their text, which could not be had: {counted(missing.total(), 'message')} ({why})."


class _Wanted:
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


def _filters_here(selection: Selection) -> bool:
    """Pipedrive ignores the status where a filter is given, so then we look ourselves."""
    return selection.filter_id is not None and bool(selection.statuses)


def _first(selection: Selection) -> Params:
    if selection.filter_id is not None:
        return {"filter_id": selection.filter_id}
    return {"status": ",".join(selection.statuses)} if selection.statuses else {}


def _has_status(record: Record, statuses: Sequence[str]) -> bool:
    return not statuses or record.get("status") in statuses
