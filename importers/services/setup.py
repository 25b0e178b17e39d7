"""What is there before anybody signed up."""

from __future__ import annotations

from importers.interfaces import Clock, Store
from importers.model import Draft, Selection, Target
from importers.secret import Secret
from importers.services.accounts import Accounts
from importers.services.connections import KIND

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

        Does nothing and answers False outside the sandbox, or once there is
        anything in the store. Raises TemporaryError while the sandbox does not
        answer yet.
        """
        if not self._sandbox or self._store.has_workspaces():
            return False
        account = self._accounts.source_for(token).account()
        now = self._clock.now()
        workspace = self._store.add_workspace(_WORKSPACE, time_zone=account.time_zone, now=now)
        connection = self._store.keep_connection(workspace.id, KIND, account, self._accounts.seal(token), now=now)
        draft = Draft(
            name="Deals to Excel",
            connection_id=connection.id,
            selection=Selection("deals", time_zone=account.time_zone),
            target=Target("excel", _WORKBOOK, "Deals"),
        )
        self._store.add_importer(workspace.id, draft, next_run_at=None, now=now)
        return True
