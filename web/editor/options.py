"""What one entity of one account offers: columns, filters, statuses. Trouble is shown in place, nothing typed is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from importers.errors import ImporterError
from importers.model import Choice, Column, EntityInfo
from web import current


@dataclass(frozen=True, slots=True)
class Options:
    entity: EntityInfo | None
    columns: tuple[Column, ...] = ()
    filters: Sequence[Choice] = ()
    trouble: ImporterError | None = None

    @property
    def groups(self) -> dict[str, list[Column]]:
        """The columns under their groups, both in the order proposed."""
        groups: dict[str, list[Column]] = {}
        for column in self.columns:
            groups.setdefault(column.group or "Fields", []).append(column)
        return groups

    def gone(self, keys: Sequence[str]) -> list[str]:
        """Those of *keys* that are no column any more."""
        known = {column.key for column in self.columns}
        return [key for key in keys if key not in known]


def grouped(entities: Sequence[EntityInfo]) -> dict[str, list[EntityInfo]]:
    """What can be imported, under its headings, both in the order given."""
    groups: dict[str, list[EntityInfo]] = {}
    for info in entities:
        groups.setdefault(info.group, []).append(info)
    return groups


def entity_named(name: str | None) -> EntityInfo | None:
    return next((info for info in current.services().importers.entities() if info.name == name), None)


def load(connection_id: int | None, entity: str | None) -> Options:
    """Ask the account; never raises, because the form must go on without an answer."""
    info = entity_named(entity)
    if info is None or not connection_id:
        return Options(info)
    importers, actor = current.services().importers, current.actor()
    try:
        columns = importers.columns(actor, connection_id, info.name)
        filters = importers.filters(actor, connection_id, info.name) if info.takes_filter else ()
    except ImporterError as error:
        return Options(info, trouble=error)
    return Options(info, columns, filters)
