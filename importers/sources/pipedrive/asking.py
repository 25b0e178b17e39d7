"""What a reading asks of Pipedrive, worked out from what its owner chose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from importers.model import MirrorFile, Selection
from importers.sources.pipedrive.client import Params
from importers.sources.pipedrive.entities import Entity
from importers.sources.pipedrive.names import Directory
from importers.sources.pipedrive.pages import List
from importers.sources.pipedrive.recipes import Kitchen, Spec
from importers.sources.pipedrive.sheet import Sheet
from importers.sources.pipedrive.walks import Asked, Record

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
    mirror: MirrorFile | None = None
    is_glance: bool = False

    @property
    def specs(self) -> tuple[Spec, ...]:
        return self.sheet.specs

    @property
    def where(self) -> List:
        """The list, in smaller pages where one that is not full will do."""
        where, selection = self.entity.where, self.selection
        if selection.limit is None or _filters_here(selection) or where.per:
            return where
        return replace(where, page_size=min(where.page_size, selection.limit))

    @property
    def asked(self) -> Asked:
        selection = self.selection
        statuses = selection.statuses if _filters_here(selection) else ()
        return Asked(own=self.own, first=_first(selection), passes=lambda record: _has_status(record, statuses))

    @property
    def own(self) -> Params:
        """What is asked for of each record."""
        own: dict[str, str] = {}
        if includes := sorted({spec.include for spec in self.specs if spec.include}):
            own["include_fields"] = ",".join(includes)
        if keys := self._custom_keys():
            own["custom_fields"] = ",".join(keys)
        return own

    def _custom_keys(self) -> list[str]:
        """The custom fields to ask for, where that spares us all the others."""
        keys = {spec.path[1] for spec in self.specs if spec.path[:1] == ("custom_fields",)}
        can_choose = self.entity.can_choose_custom
        return sorted(keys) if can_choose and len(keys) <= _MOST_CUSTOM_FIELDS else []


def _filters_here(selection: Selection) -> bool:
    """Pipedrive ignores the status where a filter is given, so then we look ourselves."""
    return selection.filter_id is not None and bool(selection.statuses)


def _first(selection: Selection) -> Params:
    if selection.filter_id is not None:
        return {"filter_id": selection.filter_id}
    return {"status": ",".join(selection.statuses)} if selection.statuses else {}


def _has_status(record: Record, statuses: Sequence[str]) -> bool:
    return not statuses or record.get("status") in statuses
