"""What can be read and written, as `bootstrap` picked it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from importers.interfaces import ConsentApp, Destination, Grants, Source
from importers.model import (
    Account,
    Bulletin,
    EntityInfo,
    Estimate,
    Grid,
    Importer,
    Plan,
    PlanInfo,
    Selection,
    Size,
    Target,
)
from importers.secret import Secret


class Kinds(Protocol):
    """The doors to sources and destinations; services know no vendor."""

    def entities(self) -> Sequence[EntityInfo]:
        """What can be read; asks nobody."""

    def headers(self, entity: str) -> Mapping[str, str]:
        """The headers of the vendor's own columns, by key; what an account adds is not among them. Asks nobody."""

    def source(self, token: Secret, *, company_domain: str | None = None, plan: Plan | None = None) -> Source:
        """Knowing the company's domain spares a call; its plan says how many calls there are until an answer does."""

    def estimate(self, selection: Selection, sizes: Mapping[str, Size]) -> Estimate:
        """What *selection* will cost, where *sizes* (by entity) is all that is known; asks nobody."""

    def bulletin(self) -> Bulletin | None:
        """How the vendor says it is, as of a minute ago; None where it does not say. Never raises, takes seconds at most."""

    def plans(self) -> Sequence[PlanInfo]:
        """What a company can have bought."""

    def app(self) -> ConsentApp | None:
        """Our app at the vendor; None where the settings name none."""

    def source_of_app(self, grants: Grants, *, account: Account | None = None, plan: Plan | None = None) -> Source:
        """As `source`, for what a user granted to our app; *account* is whose grant it is, once that is known."""

    def destination(self, workspace_id: int) -> Destination: ...

    def file(self, workspace_id: int, target: Target) -> Path:
        """Where the workbook of *target* is, or would be."""

    def grid(self, workspace_id: int, target: Target, *, first: int, count: int) -> Grid:
        """Raises NotThere while the sheet was not written yet."""

    def mirror(self, importer: Importer) -> Path:
        """Where what *importer* read last is remembered, or would be."""

    def free_sheet_name(self, wanted: str, taken: Iterable[str]) -> str: ...
