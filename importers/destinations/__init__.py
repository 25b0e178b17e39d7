"""The table of destinations; each kind is imported when first needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from importers.errors import InvalidSettings

KINDS = {
    "excel": ("importers.destinations.excel.destination", "ExcelDestination"),
    "google_sheets": ("importers.destinations.google_sheets.destination", "GoogleSheetsDestination"),
}
"""The kinds there are, and where each lives."""


def load(kind: str) -> type[Any]:
    """The class of a kind of destination; raises InvalidSettings naming the kinds there are."""
    if kind not in KINDS:
        raise InvalidSettings(
            f"There is no destination of the kind {kind!r}.",
            hint=f"Choose one of: {', '.join(KINDS)}.",
        )
    module, name = KINDS[kind]
    found: type[Any] = getattr(import_module(module), name)
    return found
