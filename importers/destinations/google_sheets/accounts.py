"""A Google account, opened: who it is, what it shows us, and what is written with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import requests

from importers.destinations.google_sheets.client import SheetsClient
from importers.destinations.google_sheets.credentials import GoogleSignIn, by_grant, by_key
from importers.destinations.google_sheets.destination import GoogleSheetsDestination
from importers.destinations.google_sheets.places import spreadsheet_id_in
from importers.errors import InvalidSettings
from importers.interfaces import Clock, Destination, Grants, Locks, Quota
from importers.model import Account, Choice
from importers.secret import Secret


@dataclass(frozen=True, kw_only=True)
class Google:
    """What all accounts of an installation share. *quota* gives that of a project and one of its users."""

    session: requests.Session = field(repr=False)
    clock: Clock
    quota: Callable[[str, str], Quota]
    locks: Locks
    client_id: str = ""

    def by_grant(self, grants: Grants, account: Account | None = None) -> GoogleAccount:
        """What a user granted to our app opens; *account* is whose it is, unless the grant says so itself."""
        return self._opened(by_grant(grants, clock=self.clock, client_id=self.client_id, account=account))

    def by_key(self, key: Secret) -> GoogleAccount:
        """What the key of a service account opens. Raises InvalidSettings for a text that is none."""
        return self._opened(by_key(key))

    def _opened(self, sign_in: GoogleSignIn) -> GoogleAccount:
        quota = self.quota(sign_in.project, sign_in.user)
        client = SheetsClient(sign_in, session=self.session, clock=self.clock, quota=quota)
        return GoogleAccount(sign_in, client, self.locks, self.clock)


@dataclass(frozen=True, slots=True)
class GoogleAccount:
    """Implements `services.kinds.Spreadsheets`."""

    sign_in: GoogleSignIn
    client: SheetsClient
    locks: Locks
    clock: Clock

    @property
    def destination(self) -> Destination:
        return GoogleSheetsDestination(self.client, locks=self.locks, clock=self.clock)

    def hurried(self) -> GoogleAccount:
        return replace(self, client=self.client.hurried())

    def account(self) -> Account:
        """Asks, so that a sign-in that does not work is noticed."""
        return self.client.account()

    def files(self) -> Sequence[Choice]:
        return [
            Choice(file.id, file.name, f"changed {file.modified_at:%d %b %Y}") for file in self.client.spreadsheets()
        ]

    def tabs(self, spreadsheet_id: str) -> Sequence[Choice]:
        """Those that people see and that hold cells."""
        tabs = self.client.tabs(spreadsheet_id_in(spreadsheet_id))
        return [
            Choice(tab.title, tab.title, f"{tab.rows:,} rows, {tab.columns:,} columns")
            for tab in tabs
            if tab.rows and not tab.is_hidden
        ]

    def access_token(self) -> Secret:
        """One that is good for five minutes at least. Raises InvalidSettings for a service account."""
        if self.sign_in.is_robot:
            raise InvalidSettings("The access token of a service account stays on this server.", hint="Ask for none.")
        headers: dict[str, str] = {}
        self.sign_in.credentials.before_request(None, "GET", "", headers)  # type: ignore[no-untyped-call]
        return Secret(headers["authorization"].removeprefix("Bearer "))
