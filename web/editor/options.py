"""What one entity of one account offers: columns, filters, statuses. Trouble is shown in place, nothing typed is lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from importers.errors import ImporterError
from importers.model import Choice, Column, EntityInfo
from web import current

_EVERYDAY = (
    "deals", "leads", "persons", "organizations", "activities", "notes", "products", "archived-deals",
    "pipelines", "stages", "users", "mail-messages",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Options:
    entity: EntityInfo | None
    columns: tuple[Column, ...] = ()
    filters: Sequence[Choice] = ()
    trouble: ImporterError | None = None

    @property
    def usual(self) -> list[str]:
        """The keys of the columns there are unless somebody chooses others."""
        return [column.key for column in self.columns if column.usual]

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


@dataclass(frozen=True, slots=True)
class Shelf:
    """What can be imported: what most people want in sight, the rest under its headings."""

    everyday: Sequence[EntityInfo]
    more: Mapping[str, Sequence[EntityInfo]]

    def holds_deep(self, name: str | None) -> bool:
        """Whether *name* is among the rest."""
        return any(info.name == name for infos in self.more.values() for info in infos)


def on_shelf(entities: Sequence[EntityInfo]) -> Shelf:
    more: dict[str, list[EntityInfo]] = {}
    for info in entities:
        if info.name not in _EVERYDAY:
            more.setdefault(info.group, []).append(info)
    everyday = sorted(
        (info for info in entities if info.name in _EVERYDAY), key=lambda info: _EVERYDAY.index(info.name)
    )
    return Shelf(everyday, more)


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
