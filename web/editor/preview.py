"""The first rows as they will look, or why they cannot be shown."""

from __future__ import annotations

from dataclasses import dataclass

from importers.errors import ImporterError, InvalidSettings
from importers.model import Draft, Preview
from web import current

ROWS = 20


@dataclass(frozen=True, slots=True)
class Shown:
    preview: Preview | None = None
    trouble: ImporterError | None = None


def show(draft: Draft) -> Shown:
    if not draft.selection.entity:
        return Shown(trouble=InvalidSettings("Nothing to show yet.", hint="Choose what to import first."))
    try:
        return Shown(preview=current.services().importers.preview(current.actor(), draft, rows=ROWS))
    except ImporterError as error:
        return Shown(trouble=error)
