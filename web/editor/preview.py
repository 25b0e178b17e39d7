"""The first rows as they will look, or why they cannot be shown."""

from __future__ import annotations

from dataclasses import dataclass, replace

from importers.errors import ImporterError, InvalidSettings
from importers.model import GOOGLE_SHEETS, ColumnKind, Draft, Preview
from importers.services.outlook import Outlook
from web import current
from web.editor.destination import as_told_here

ROWS = 20


@dataclass(frozen=True, slots=True)
class Shown:
    """*outlook*: what the next write would do at Google; *blocked*: why that cannot be said, or done; *is_there*: whether the importer is."""

    preview: Preview | None = None
    trouble: ImporterError | None = None
    outlook: Outlook | None = None
    blocked: ImporterError | None = None
    is_there: bool = False

    @property
    def kinds(self) -> list[ColumnKind]:
        return [column.kind for column in self.preview.columns] if self.preview else []


def refused(message: str) -> Shown:
    return Shown(trouble=InvalidSettings(message))


def show(draft: Draft, importer_id: int | None = None) -> Shown:
    """*importer_id*: whose place *draft* takes when it is saved."""
    if not draft.selection.entity:
        return Shown(trouble=InvalidSettings("Nothing to show yet.", hint="Choose what to import first."))
    try:
        preview = current.services().importers.preview(current.actor(), draft, rows=ROWS)
    except ImporterError as error:
        return Shown(trouble=error)
    return _with_outlook(Shown(preview), draft, importer_id)


def _with_outlook(shown: Shown, draft: Draft, importer_id: int | None) -> Shown:
    target = draft.target
    if target.kind != GOOGLE_SHEETS or not target.connection_id or not (target.place or target.place_name):
        return shown
    importers, actor = current.services().importers, current.actor()
    try:
        outlook = importers.forecast(actor, draft, importer_id=importer_id, preview=shown.preview)
    except ImporterError as error:
        return replace(shown, blocked=as_told_here(error))
    return replace(shown, outlook=outlook, is_there=importer_id is not None)
