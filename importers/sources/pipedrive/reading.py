"""One selection, opened: pages of rows, each record once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from importers.errors import ImporterError, RunStopped
from importers.http.ahead import read_ahead
from importers.interfaces import Stop, Tell
from importers.model import Column, Page, Selection, Usage
from importers.sources.pipedrive.client import Params, PipedriveClient
from importers.sources.pipedrive.entities import Entity
from importers.sources.pipedrive.names import Directory
from importers.sources.pipedrive.pages import List, VendorPage, walk
from importers.sources.pipedrive.recipes import Kitchen, Spec, ids_in
from importers.tables.flatten import Getter, Path, Shaper, pluck

Record = dict[str, Any]

_ASK_FOR_TOTAL_AFTER = 20
"""Pages. A deal list longer than this is worth the 40 tokens that its total costs."""

_SUMMARY_COST = 40
_BITS = 1 << 28
_MOST_CUSTOM_FIELDS = 15
"""As many as one may name in a request; for more, all of them are sent."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a reading was opened with: everything looked up, nothing read yet."""

    entity: Entity
    selection: Selection
    specs: tuple[Spec, ...]
    kitchen: Kitchen
    directory: Directory


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
        self.columns: tuple[Column, ...] = tuple(spec.column for spec in plan.specs)
        self.notes: list[str] = []

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

    def _records(self, tell: Tell, stop: Stop) -> Iterator[list[Record]]:
        """Runs in the thread that reads ahead."""
        client = self._client.heard_by(tell=tell, stop=stop)
        wanted = _Wanted(self._plan)
        for number, page in enumerate(walk(client, self._list(), self._params()), start=1):
            records = wanted.of(page)
            is_last = page.is_last or wanted.is_full
            self._learn_names(records, client, is_last=is_last)
            self._learn_total(number, wanted.count, client, is_last=is_last)
            if records:
                yield records
            if is_last:
                return

    def _list(self) -> List:
        """The list, in smaller pages where one that is not full will do."""
        where, selection = self._plan.entity.where, self._plan.selection
        if selection.limit is None or _filters_here(selection):
            return where
        return replace(where, page_size=min(where.page_size, selection.limit))

    def _params(self) -> Params:
        selection = self._plan.selection
        params: dict[str, str | int] = {}
        if selection.filter_id is not None:
            params["filter_id"] = selection.filter_id
        elif selection.statuses:
            params["status"] = ",".join(selection.statuses)
        if includes := sorted({spec.include for spec in self._plan.specs if spec.include}):
            params["include_fields"] = ",".join(includes)
        if keys := self._custom_keys():
            params["custom_fields"] = ",".join(keys)
        return params

    def _custom_keys(self) -> list[str]:
        """The custom fields to ask for, where that spares us all the others."""
        keys = {spec.path[1] for spec in self._plan.specs if spec.path[:1] == ("custom_fields",)}
        return sorted(keys) if len(keys) <= _MOST_CUSTOM_FIELDS else []

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
            self._total = self._ask_for_total(client)
        elif self._total is not None and count > self._total:
            self._total = None

    def _ask_for_total(self, client: PipedriveClient) -> int | None:
        """How many deals there are, where Pipedrive's summary counts the same ones we read. Nice to have."""
        selection = self._plan.selection
        countable = selection.statuses in ((), ("open",), ("won",), ("lost",))
        if selection.filter_id is not None or not countable:
            return None
        params = {"status": selection.statuses[0]} if selection.statuses else {}
        try:
            summary = client.get("/deals/summary", params, version="v1", cost=_SUMMARY_COST).data
        except RunStopped:
            raise
        except ImporterError:
            return None
        total = summary.get("total_count") if isinstance(summary, dict) else None
        if not isinstance(total, int):
            return None
        return total if selection.limit is None else min(total, selection.limit)

    def _lost_options(self) -> Iterator[str]:
        for spec in self._plan.specs:
            labels = self._plan.kitchen.labels.get(spec.labels)
            if labels is not None and labels.lost:
                cells = "1 cell holds an option" if labels.lost == 1 else f"{labels.lost:,} cells hold options"
                yield f"{spec.column.header}: {cells} that Pipedrive no longer lists, shown as “Deleted option (…)”."


class _Wanted:
    """Picks the records of a page that belong into the sheet: each once, of the right status, up to the limit."""

    def __init__(self, plan: Plan) -> None:
        self._seen = SeenIds()
        self._limit = plan.selection.limit
        self._statuses = plan.selection.statuses if _filters_here(plan.selection) else ()
        self.count = 0

    @property
    def is_full(self) -> bool:
        return self._limit is not None and self.count >= self._limit

    def of(self, page: VendorPage) -> list[Record]:
        records = [record for record in page.records if self._seen.is_new(record.get("id"))]
        if self._statuses:
            records = [record for record in records if record.get("status") in self._statuses]
        if self._limit is not None:
            records = records[: self._limit - self.count]
        self.count += len(records)
        return records


def _filters_here(selection: Selection) -> bool:
    """Pipedrive ignores the status where a filter is given, so then we look ourselves."""
    return selection.filter_id is not None and bool(selection.statuses)


class SeenIds:
    """
    Remembers ids: numbers at a bit each (a million deals take 125 kB), others
    as they are. A record without an id, or with what can be none, is always new.
    """

    def __init__(self) -> None:
        self._bits = bytearray()
        self._others: set[object] = set()

    def is_new(self, record_id: object) -> bool:
        if record_id is None or isinstance(record_id, dict | list):
            return True
        if record_id.__class__ is int and 0 <= record_id < _BITS:
            return self._is_new_number(record_id)
        if record_id in self._others:
            return False
        self._others.add(record_id)
        return True

    def _is_new_number(self, number: int) -> bool:
        byte, bit = number >> 3, 1 << (number & 7)
        if byte >= len(self._bits):
            self._bits.extend(bytes(byte + 4096 - len(self._bits)))
        if self._bits[byte] & bit:
            return False
        self._bits[byte] |= bit
        return True
