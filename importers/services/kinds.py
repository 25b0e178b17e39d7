"""What can be read and written, as `bootstrap` picked it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from importers.errors import ImporterError
from importers.interfaces import ConsentApp, Destination, Grants, Source
from importers.model import (
    Account,
    Bulletin,
    Choice,
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


class Spreadsheets(Protocol):
    """An account whose spreadsheets one writes to, opened."""

    @property
    def destination(self) -> Destination: ...

    def hurried(self) -> Spreadsheets:
        """The same for somebody who waits in front of a page: what takes longer than seconds raises ConnectionTrouble."""

    def account(self) -> Account:
        """Whose it is: the cheapest call that proves that the secret works."""

    def files(self) -> Sequence[Choice]:
        """The spreadsheets it shows us, by id and name, the one changed last first."""

    def tabs(self, spreadsheet_id: str) -> Sequence[Choice]:
        """Those that can hold a table, in their order, by title; *spreadsheet_id* may be an address."""

    def access_token(self) -> Secret:
        """One that is good for a while yet; only where a user granted it."""


@dataclass(frozen=True, slots=True)
class PickerMeans:
    """What the settings hold for the vendor's own window for picking a file: `script` is where a browser finds it."""

    api_key: Secret
    app_id: str
    script: str


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

    def workbooks(self, workspace_id: int) -> Destination:
        """Where the workbooks of a workspace are written; nobody signs in for them."""

    def google_app(self) -> ConsentApp | None:
        """Our app at Google; None where the settings name none."""

    def google_declined(self, error: str) -> ImporterError:
        """What it means that Google led a browser back with *error* instead of a code."""

    def google_by_grant(self, grants: Grants, *, account: Account | None = None) -> Spreadsheets:
        """What a user granted to our app opens; *account* is whose grant it is, once that is known."""

    def google_by_key(self, key: Secret) -> Spreadsheets:
        """What the key of a service account opens. Raises InvalidSettings for a text that is none."""

    def google_picker(self) -> PickerMeans | None:
        """None where the settings lack something."""

    def google_address(self, target: Target, address: str = "") -> str:
        """Where a browser shows *address* of Google's, or else the spreadsheet of *target*; asks nobody."""

    def give_up_place(self, target: Target) -> None:
        """Whoever would have written *target* waits no longer for others to have written their tables. Never raises."""

    def file(self, workspace_id: int, target: Target) -> Path:
        """Where the workbook of *target* is, or would be."""

    def grid(self, workspace_id: int, target: Target, *, first: int, count: int) -> Grid:
        """Raises NotThere while the sheet was not written yet."""

    def mirror(self, importer: Importer) -> Path:
        """Where what *importer* read last is remembered, or would be."""

    def mirrors(self) -> Path:
        """The folder of all of them, which has one for each workspace."""

    def beside(self, target: Target) -> Target:
        """As `Destination.beside`, for which nobody has to be asked."""

    def is_same_place(self, one: Target, other: Target) -> bool:
        """Whether both begin in the same cell of the same sheet, however it is written."""

    def overlap(self, one: Target, width: int | None, other: Target, other_width: int | None) -> bool:
        """Whether tables of so many columns would have some in common; False where that is not known."""

    def free_sheet_name(self, kind: str, wanted: str, taken: Iterable[str]) -> str: ...
