"""One selection, opened: pages of rows, each record once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from importers.http.ahead import read_ahead
from importers.interfaces import Stop, Tell
from importers.model import Column, Extent, Page, Sight, Usage, Vanished
from importers.sources.pipedrive.asking import Plan
from importers.sources.pipedrive.client import PipedriveClient
from importers.sources.pipedrive.features import explained
from importers.sources.pipedrive.mirror import Mirror, Record
from importers.sources.pipedrive.recipes import ids_in
from importers.sources.pipedrive.removal import Removal
from importers.sources.pipedrive.supply import Batch, Ears, Supply
from importers.sources.pipedrive.tally import counted, told
from importers.sources.pipedrive.walks import ABREAST
from importers.tables.flatten import Getter, Path, Shaper, pluck


class PipedriveReading:
    """
    Records come one batch ahead, in a thread, with the names their rows need;
    they are shaped in the caller's. `notes` is complete once the pages are.
    """

    def __init__(self, plan: Plan, client: PipedriveClient, *, tell: Tell, stop: Stop) -> None:
        self._plan = plan
        self._client = client
        self._tell = tell
        self._stop = stop
        self._shaper = Shaper([Getter(spec.path, spec.recipe(plan.kitchen)) for spec in plan.specs])
        self._supply = Supply(plan, look_through=self._learn_all_names)
        choice = plan.selection.vanished if plan.where.key == "id" else Vanished.REMOVE
        self._removal = Removal([spec.column for spec in plan.specs], choice, plan.kitchen.zone)
        self.columns: tuple[Column, ...] = self._removal.columns
        self.removed_columns: tuple[Column, ...] = self._removal.removed_columns
        self.sight: Sight = plan.sheet.sight
        self.notes: list[str] = [*plan.sheet.notes]

    @property
    def total(self) -> int | None:
        return self._supply.total

    @property
    def received(self) -> int:
        return self._supply.received

    @property
    def extent(self) -> Extent:
        return self._supply.extent

    @property
    def usage(self) -> Usage:
        return self._client.meter.usage

    def pages(self) -> Iterator[Page]:
        for batch in read_ahead(self._batches, tell=self._tell, stop=self._stop):
            self._stop()
            yield self._page(batch, is_marked=self._removal.is_marked)
        if not self.removed_columns:
            self._complete_notes()

    def removed_pages(self) -> Iterator[Page]:
        for batch in read_ahead(self._removed, tell=self._tell, stop=self._stop):
            self._stop()
            yield self._page(batch, is_marked=True)
        self._complete_notes()

    def keep(self) -> None:
        if trouble := self._supply.keep():
            self.notes.append(trouble)

    def close(self) -> None:
        self._supply.close()

    def _page(self, batch: Batch, *, is_marked: bool) -> Page:
        rows = self._shaper.rows(batch.records)
        return Page(self._removal.marked(rows, batch.gone) if is_marked else rows)

    def _batches(self, tell: Tell, stop: Stop) -> Iterator[Batch]:
        """Runs in the thread that reads ahead."""
        entity, ears = self._plan.entity, self._ears(tell, stop)
        with explained(entity.label, entity.needs):
            for batch in self._supply.batches(ears, shown=self._removal.shown):
                self._learn_names(batch, ears.client)
                yield batch

    def _removed(self, tell: Tell, stop: Stop) -> Iterator[Batch]:
        ears = self._ears(tell, stop)
        for batch in self._supply.removed():
            self._learn_names(batch, ears.client)
            yield batch

    def _ears(self, tell: Tell, stop: Stop) -> Ears:
        return Ears(self._client.heard_by(tell=tell, stop=stop), tell, stop)

    def _learn_names(self, batch: Batch, client: PipedriveClient) -> None:
        for relation, ids in self._named_in(batch.records).items():
            self._plan.directory.learn(relation, ids, client, is_last=batch.is_last)

    def _learn_all_names(self, mirror: Mirror, ears: Ears) -> None:
        """Where everything is there before the first row is made, every name is asked for as it costs least."""
        parts = {spec.path[0] for spec in self._plan.specs if spec.relation}
        needed: dict[str, set[int]] = {}
        for records in mirror.glance(parts) if parts else ():
            ears.stop()
            for relation, ids in self._named_in(records).items():
                needed.setdefault(relation, set()).update(ids)
        directory, as_of = self._plan.directory, {}
        for relation in needed if self._supply.is_remembered else ():
            since = mirror.names_from.get(relation, "")
            known_at = directory.recall(relation, mirror.names(relation), since, ears.client)
            as_of[relation] = max(known_at or "", mirror.newest)
        directory.learn_all(needed, ears.client, abreast=ABREAST)
        for relation, names in directory.worth_remembering.items():
            if relation in as_of:
                mirror.put_names(relation, names, as_of=as_of[relation])

    def _named_in(self, records: Sequence[Record]) -> dict[str, set[int]]:
        """The ids of which names are needed, by relation."""
        plucked: dict[Path, Sequence[Any]] = {(): records}
        needed: dict[str, set[int]] = {}
        for spec in self._plan.specs:
            if spec.relation:
                needed.setdefault(spec.relation, set()).update(*map(ids_in, pluck(plucked, spec.path)))
        return needed

    def _complete_notes(self) -> None:
        self.notes += [
            *self._supply.notes,
            *self._plan.directory.notes,
            *self._lost_options(),
            *self._account(),
            *self._given_up(),
        ]

    def _lost_options(self) -> Iterator[str]:
        for spec in self._plan.specs:
            labels = self._plan.kitchen.labels.get(spec.labels)
            if labels is not None and labels.lost:
                cells = "1 cell holds an option" if labels.lost == 1 else f"{labels.lost:,} cells hold options"
                yield f"{spec.column.header}: {cells} that Pipedrive no longer lists, shown as “Deleted option (…)”."

    def _account(self) -> Iterator[str]:
        """Notes of what was left out. What came of every parent is told, once the sum was found to be right."""
        per, walker = self._plan.entity.where.per, self._supply.walker
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

    def _given_up(self) -> Iterator[str]:
        per, walker, found = self._plan.entity.where.per, self._supply.walker, self._supply.found
        if walker is None or walker.gave_up is None:
            return
        rows = counted(found, "row") if found else "No row"
        yield f"{rows} in the first {counted(walker.gave_up, per.one if per else 'record')}; the preview looks no further."
