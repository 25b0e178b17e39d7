"""The first rows as they will look, or why they cannot be shown."""

from __future__ import annotations

from dataclasses import dataclass

from importers.errors import ImporterError, InvalidSettings
from importers.model import ColumnKind, Draft, Preview
from web import current

ROWS = 20


@dataclass(frozen=True, slots=True)
class Shown:
    preview: Preview | None = None
    trouble: ImporterError | None = None

    @property
    def kinds(self) -> list[ColumnKind]:
        return [column.kind for column in self.preview.columns] if self.preview else []


def refused(message: str) -> Shown:
    return Shown(trouble=InvalidSettings(message))


def show(draft: Draft) -> Shown:
    if not draft.selection.entity:
        return Shown(trouble=InvalidSettings("Nothing to show yet.", hint="Choose what to import first."))
    try:
        return Shown(preview=current.services().importers.preview(current.actor(), draft, rows=ROWS))
    except ImporterError as error:
        return Shown(trouble=error)
