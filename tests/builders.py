"""Sensible values for tests; override what the test is about."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from importers.interfaces import Store
from importers.model import (
    GOOGLE_SHEETS,
    Account,
    Connection,
    Draft,
    Importer,
    Run,
    Schedule,
    Selection,
    SignIn,
    Target,
    Trigger,
)
from tests.fakes import ACME, ALEX, NEW_YEAR

SPREADSHEET = "1pretend0Spreadsheet0of0Northwind0Traders000"


def a_draft(**changes: Any) -> Draft:
    """Deals into the sheet Deals of Pipesheet.xlsx, by hand."""
    values = {
        "name": "Deals to Excel",
        "connection_id": 1,
        "selection": Selection("deals"),
        "target": a_target(),
        "schedule": Schedule(),
    }
    return Draft(**{**values, **changes})


def a_target(sheet: str = "Deals", place: str = "Pipesheet") -> Target:
    return Target("excel", place, sheet)


def a_connection(store: Store, workspace_id: int, *, account: Account = ACME, sealed: bytes = b"sealed") -> Connection:
    return store.keep_connection(workspace_id, "pipedrive", account, sealed, now=NEW_YEAR)


def an_app_connection(store: Store, workspace_id: int, *, user_id: int = 11) -> Connection:
    """Signed in to by OAuth."""
    account = replace(ACME, company_id=7, user_id=user_id)
    return store.keep_connection(
        workspace_id,
        "pipedrive",
        account,
        b"sealed grant",
        sign_in=SignIn.OAUTH,
        scopes=("base", "deals:read"),
        now=NEW_YEAR,
    )


def a_google_connection(
    store: Store,
    workspace_id: int,
    *,
    account: Account = ALEX,
    sealed: bytes = b"sealed",
    sign_in: SignIn = SignIn.OAUTH,
) -> Connection:
    return store.keep_connection(
        workspace_id, GOOGLE_SHEETS, account, sealed, sign_in=sign_in, scopes=("drive.file",), now=NEW_YEAR
    )


def a_google_target(connection_id: int, **changes: Any) -> Target:
    """The tab Deals of a spreadsheet, from its first cell on."""
    values = {"place_name": "Sales 2026", "table": "0123456789ab", "connection_id": connection_id}
    return Target(
        GOOGLE_SHEETS, changes.pop("place", SPREADSHEET), changes.pop("sheet", "Deals"), **{**values, **changes}
    )


def an_importer(store: Store, workspace_id: int, *, next_run_at: Any = None, **changes: Any) -> Importer:
    """An importer in the store, with a connection of its workspace."""
    connection = a_connection(store, workspace_id)
    draft = a_draft(**{"connection_id": connection.id, **changes})
    return store.add_importer(workspace_id, draft, next_run_at=next_run_at, now=NEW_YEAR)


def a_run(store: Store, importer: Importer, *, claim: str = "") -> Run:
    """A queued run; taken up when a *claim* is given."""
    run, _ = store.add_run(importer, Trigger.MANUAL, now=NEW_YEAR)
    if not claim:
        return run
    taken = store.claim_run(run.id, claim, now=NEW_YEAR)
    assert taken is not None
    return taken
