"""
What a Google account offers to write to: spreadsheets, and the tabs of one.
Google is asked only where that may take its time; its trouble is shown in
place, nothing typed is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from importers.errors import ImporterError
from importers.model import GOOGLE_SHEETS, Choice, Connection, SignIn
from web import current

LISTED, PASTED, NEW = "listed", "pasted", "new"
WAYS = {LISTED: "From the list", PASTED: "By its address", NEW: "A new one"}
"""How a spreadsheet is named."""

_GOOGLE = "docs.google.com"


@dataclass(frozen=True, slots=True)
class Files:
    """The spreadsheets that *account* shows; *was_asked*: whether Google has been asked for them."""

    account: Connection | None = None
    files: Sequence[Choice] = ()
    trouble: ImporterError | None = None
    was_asked: bool = False

    @property
    def share_with(self) -> str:
        return current.services().google.share_with(self.account) if self.account else ""

    @property
    def can_pick(self) -> bool:
        """Whether Google's window for picking can be opened."""
        is_person = self.account is not None and self.account.sign_in is SignIn.OAUTH
        return is_person and current.services().google.has_picker

    @property
    def can_create(self) -> bool:
        return not self.share_with

    @property
    def is_empty(self) -> bool:
        """Whether Google was asked, and there is none."""
        return self.was_asked and not self.files and not self.trouble


@dataclass(frozen=True, slots=True)
class Tabs:
    tabs: Sequence[Choice] = ()
    trouble: ImporterError | None = None
    was_asked: bool = False


def accounts() -> Sequence[Connection]:
    return current.services().connections.list(current.actor(), GOOGLE_SHEETS)


def files_of(account_id: int | None, *, asking: bool = True) -> Files:
    account = _account(account_id)
    if account is None or not asking:
        return Files(account)
    try:
        return Files(account, current.services().google.spreadsheets(current.actor(), account.id), was_asked=True)
    except ImporterError as error:
        # As it is now: it may just have turned out to need reconnecting.
        return Files(_account(account_id), trouble=as_told_here(error), was_asked=True)


def _account(account_id: int | None) -> Connection | None:
    return next((one for one in accounts() if one.id == account_id), None)


def tabs_of(account_id: int | None, spreadsheet: str) -> Tabs:
    """Of the spreadsheet with this id or address."""
    if account_id is None or not spreadsheet:
        return Tabs()
    try:
        return Tabs(current.services().google.tabs(current.actor(), account_id, spreadsheet), was_asked=True)
    except ImporterError as error:
        return Tabs(trouble=as_told_here(error), was_asked=True)


def as_told_here(error: ImporterError) -> ImporterError:
    """*error* for somebody who is in the editor already."""
    if _ELSEWHERE not in error.hint:
        return error
    return type(error)(error.message, hint=error.hint.replace(_ELSEWHERE, _HERE), **error.facts)


_ELSEWHERE = "Edit the importer and choose the spreadsheet again with"
_HERE = "Choose it again here: press"


def as_googles(address: str) -> str:
    """*address* as Google would have it, where it was copied from the page of the pretend one."""
    here = current.settings().reroutes.get(_GOOGLE)
    return f"https://{_GOOGLE}{address.removeprefix(here)}" if here and address.startswith(f"{here}/") else address
