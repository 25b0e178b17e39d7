"""What is asked of Google's Sheets and Drive APIs, in our words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from importers.errors import ConnectionTrouble
from importers.interfaces import Stop, Tell

Json = dict[str, Any]
Cells = list[list[Any]]
"""Rows of a range, or its columns: what is empty at the end of each, and at the end of all, is left out."""


class AnswerLost(ConnectionTrouble):
    """Nobody can know whether what was asked for was carried out: look, before asking again."""


@dataclass(frozen=True, slots=True)
class Tab:
    """`rows` and `columns` are 0 for a tab that holds a chart instead of cells."""

    id: int
    title: str
    index: int
    rows: int
    columns: int
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A spreadsheet, as Drive lists it."""

    id: str
    name: str
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class Who:
    """Whose sign-in it is; `email` is what others share spreadsheets with. `is_robot`: a service account."""

    email: str
    name: str
    is_robot: bool = False


class SheetsClient(Protocol):
    """
    Calls to Google, within its quotas and with patience.

    Whatever may be repeated without harm is, where Google is slow, in trouble
    or asks to wait. Everything raised is one of `importers.errors`:

        CredentialsRejected, AccessDenied, NotThere, InvalidSettings, NoRoom: asking again would not help.
        RateLimited, ServiceTrouble, ConnectionTrouble: it may help later.
        RunStopped: as `stop` says, also while waiting.
    """

    def heard_by(self, *, tell: Tell, stop: Stop) -> SheetsClient:
        """The same client with somebody listening, as another run: runs get equal shares of what Google permits."""

    def spreadsheet(self, spreadsheet_id: str, *, fields: str) -> Json:
        """`spreadsheets.get` with a field mask."""

    def tabs(self, spreadsheet_id: str) -> tuple[Tab, ...]:
        """In the order in which they are shown, hidden ones included."""

    def search_metadata(self, spreadsheet_id: str, keys: Sequence[str]) -> list[Json]:
        """The developer metadata with one of *keys*, wherever it is attached, each once."""

    def values(self, spreadsheet_id: str, ranges: Sequence[str], *, by_columns: bool = False) -> list[Cells]:
        """What lies in each of the ranges, numbers as numbers, moments as serial numbers; [] where nothing does."""

    def grid(self, spreadsheet_id: str, ranges: Sequence[str], *, fields: str) -> Json:
        """`spreadsheets.get` for some ranges, with the field mask that says what of their cells."""

    def put_values(self, spreadsheet_id: str, range_: str, rows: Sequence[bytes]) -> int:
        """
        Write *rows*, each a JSON array, RAW into *range_* (A1 with the tab's
        title: `'Deals'!B2:F500`), and return how many cells that were.

        Where Google takes too long it is done in halves: other readers may
        then see some of it earlier than the rest.
        """

    def batch_update(
        self, spreadsheet_id: str, requests: Sequence[Mapping[str, Any] | bytes], *, repeatable: bool
    ) -> list[Json]:
        """
        `spreadsheets.batchUpdate`: all of it or nothing. Requests that are
        bytes are JSON already. One reply for each, {} where there is nothing to say.

        Raises:
            AnswerLost: only where it is not *repeatable*.
        """

    def create(self, title: str, *, time_zone: str = "", locale: str = "") -> str:
        """The id of a new spreadsheet. Raises AnswerLost."""

    def spreadsheets(self) -> Sequence[FoundFile]:
        """All that this account shows to Pipesheet, the one changed last first."""

    def about(self) -> Who: ...
