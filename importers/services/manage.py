"""Create, change, copy, pause, preview and delete importers."""

from __future__ import annotations
from collections.abc import Sequence
from dataclasses import dataclass
from importers.model import Actor, Choice, Column, Connection, Draft, EntityInfo, Importer, Preview, Run


@dataclass(frozen=True, slots=True)
class ImporterCard:
    """One line of the list: an importer, its connection, its newest run (None before the first)."""

    importer: Importer
    connection: Connection
    last_run: Run | None


class Importers:
    def cards(self, actor: Actor) -> Sequence[ImporterCard]:
        """Every importer of the workspace, by name."""
        raise NotImplementedError

    def get(self, actor: Actor, importer_id: int) -> Importer: ...
    def create(self, actor: Actor, draft: Draft) -> Importer:
        """Raises InvalidSettings: empty name, unknown entity/column, bad sheet name, target taken by another importer (names it), bad schedule."""
        raise NotImplementedError

    def change(self, actor: Actor, importer_id: int, draft: Draft) -> Importer: ...
    def copy_of(self, actor: Actor, importer_id: int) -> Draft:
        """A draft like the importer, name and sheet made free ("Copy of ...", "Deals (2)"); nothing is saved."""
        raise NotImplementedError

    def pause(self, actor: Actor, importer_id: int) -> Importer: ...
    def resume(self, actor: Actor, importer_id: int) -> Importer: ...
    def delete(self, actor: Actor, importer_id: int) -> None:
        """Forgets the importer and its runs; the sheet it wrote stays."""
        raise NotImplementedError

    def entities(self) -> Sequence[EntityInfo]: ...
    def columns(self, actor: Actor, connection_id: int, entity: str) -> tuple[Column, ...]: ...
    def filters(self, actor: Actor, connection_id: int, entity: str) -> Sequence[Choice]: ...
    def preview(self, actor: Actor, draft: Draft, *, rows: int = 20) -> Preview:
        """The first rows exactly as a run would write them; writes nothing."""
        raise NotImplementedError
