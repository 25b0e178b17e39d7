"""What can be read and written, as `bootstrap` picked it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from importers.interfaces import Destination, Source
from importers.model import EntityInfo, Grid, Target
from importers.secret import Secret


class Kinds(Protocol):
    """The doors to sources and destinations; services know no vendor."""

    def entities(self) -> Sequence[EntityInfo]:
        """What can be read; asks nobody."""

    def source(self, token: Secret, *, company_domain: str | None = None) -> Source:
        """Knowing the company's domain spares a call."""

    def destination(self, workspace_id: int) -> Destination: ...

    def file(self, workspace_id: int, target: Target) -> Path:
        """Where the workbook of *target* is, or would be."""

    def grid(self, workspace_id: int, target: Target, *, first: int, count: int) -> Grid:
        """Raises NotThere while the sheet was not written yet."""

    def free_sheet_name(self, wanted: str, taken: Iterable[str]) -> str: ...
