"""What is there before anybody signed up."""

from __future__ import annotations

from importers.interfaces import Clock, Store
from importers.model import EXCEL, PIPEDRIVE, Connection, Draft, Schedule, Selection, Target
from importers.secret import Secret
from importers.services.accounts import Accounts

_WORKSPACE = "Sandbox"
_WORKBOOK = "Pipesheet"


class Setup:
    def __init__(self, *, store: Store, accounts: Accounts, clock: Clock, sandbox: bool) -> None:
        self._store = store
        self._accounts = accounts
        self._clock = clock
        self._sandbox = sandbox

    def prepare_sandbox(self, token: Secret) -> bool:
        """
        A connection to the sandbox and a first importer, "Deals to Excel",
        ready to press Run; the first owner adopts them.

        All of it is kept at once, so a start that is cut short leaves nothing
        half done. Does nothing and answers False outside the sandbox, or once
        there is anything in the store. Raises TemporaryError while the sandbox does not
        answer yet.
        """
        if not self._sandbox or self._store.has_workspaces():
            return False
        account = self._accounts.source_for(token).account()
        prepared = self._store.prepare_workspace(
            _WORKSPACE,
            time_zone=account.time_zone,
            kind=PIPEDRIVE,
            account=account,
            sealed=self._accounts.seal(token),
            draft_for=_first_importer,
            now=self._clock.now(),
        )
        return prepared is not None


def _first_importer(connection: Connection) -> Draft:
    return Draft(
        name="Deals to Excel",
        connection_id=connection.id,
        selection=Selection("deals"),
        target=Target(EXCEL, _WORKBOOK, "Deals"),
        schedule=Schedule(time_zone=connection.account.time_zone),
    )
