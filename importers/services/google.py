"""Google accounts: connected by consent or as a service account, and what the editor asks of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from importers.errors import ImporterError, InvalidSettings
from importers.interfaces import Clock, Store
from importers.model import GOOGLE_SHEETS, Account, Actor, Choice, Connection, Role, SignIn
from importers.secret import Secret
from importers.services.access import require
from importers.services.accounts import Accounts

_ASK = "ask Google"


@dataclass(frozen=True, slots=True)
class Picker:
    """
    What the window needs in which Google lets one pick a spreadsheet: an access
    token (good for an hour at most), the project's API key and number, and the
    address of Google's script, which may be one on this machine.
    """

    access_token: Secret
    api_key: Secret
    app_id: str
    script: str


class GoogleAccounts:
    """
    Links Google accounts, and lets the editor choose among their spreadsheets.

    What connections of both vendors have in common (list, check, unlink) is
    in `Connections`. All methods that take an id raise NotThere for one that is
    not a Google connection of the actor's workspace. A connection that Google
    refuses meanwhile needs reconnecting from then on (CredentialsRejected).
    """

    def __init__(self, *, store: Store, accounts: Accounts, clock: Clock) -> None:
        self._store = store
        self._accounts = accounts
        self._clock = clock

    # --- linking ---

    @property
    def has_app(self) -> bool:
        """Whether one can connect by consent at Google; by a service account one always can."""
        return self._accounts.has_google_app

    def consent_url(
        self, actor: Actor, *, redirect_uri: str, state: str, verifier: Secret, login_hint: str = ""
    ) -> str:
        """
        Where to send the browser. *verifier* (43 to 128 letters, digits, -._~) is kept by the caller until the code is back:
        its hash goes along, and `link_by_consent` proves with it that it is the same caller (PKCE).
        *login_hint* is the address of the account that Google is to propose.
        Raises InvalidSettings where the settings name no app.
        """
        require(actor, Role.OWNER, "link accounts")
        return self._accounts.google_app.consent_url(
            redirect_uri=redirect_uri, state=state, verifier=verifier, login_hint=login_hint
        )

    def declined(self, error: str) -> ImporterError:
        """What to say to whom Google led back with *error* instead of a code; for the page, nothing is raised."""
        return self._accounts.google_declined(error)

    def link_by_consent(
        self, actor: Actor, code: Secret, *, redirect_uri: str, verifier: Secret, connection_id: int | None = None
    ) -> Connection:
        """
        Trade the code that the browser brought back, ask Google whose grant it
        is and keep it sealed. An account that is linked already is renewed;
        *connection_id* names the one to renew, which must be of the same
        Google account, else InvalidSettings. Raises CredentialsRejected for a
        code that is not good (any more), InvalidSettings where a permission
        was not ticked.
        """
        require(actor, Role.OWNER, "link accounts")
        connection = None if connection_id is None else self._get(actor, connection_id)
        grant = self._accounts.google_app.exchange(code, redirect_uri=redirect_uri, verifier=verifier)
        account = self._accounts.google_account_of(grant)
        if connection:
            _check_account(connection.account, account, "You let Pipesheet into", "At Google, choose")
        sealed = self._accounts.seal_grant(grant)
        return self._keep(actor, connection, account, sealed, SignIn.OAUTH, grant.scopes)

    def link_service_account(self, actor: Actor, key: Secret, *, connection_id: int | None = None) -> Connection:
        """
        Check the JSON key of a service account with Google, which proves that
        the key works, and keep it sealed. An account that is linked already is
        renewed; *connection_id* names the one to renew, which must be of the
        same service account, else InvalidSettings.

        Raises InvalidSettings (the fact `field` is "key") for a text that is no
        such key, CredentialsRejected, TemporaryError.
        """
        require(actor, Role.OWNER, "link accounts")
        connection = None if connection_id is None else self._get(actor, connection_id)
        account = self._accounts.google_account_of_key(key)
        if connection:
            _check_account(connection.account, account, "This is a key of", "Paste a key of")
        return self._keep(actor, connection, account, self._accounts.seal(key), SignIn.SERVICE_ACCOUNT)

    # --- choosing ---

    def spreadsheets(self, actor: Actor, connection_id: int) -> Sequence[Choice]:
        """Those the account shows to Pipesheet, the one changed last first: id, name, and when it was changed as help."""
        require(actor, Role.EDITOR, _ASK)
        with self._accounts.spreadsheets(self._get(actor, connection_id)) as account:
            return account.files()

    def tabs(self, actor: Actor, connection_id: int, spreadsheet_id: str) -> Sequence[Choice]:
        """
        The visible tabs that hold cells, in their order, by title. *spreadsheet_id*
        may also be an address out of a browser. Raises NotThere or AccessDenied
        for a spreadsheet that the account may not open; the hint says how to share it.
        """
        require(actor, Role.EDITOR, _ASK)
        with self._accounts.spreadsheets(self._get(actor, connection_id)) as account:
            return account.tabs(spreadsheet_id)

    @property
    def has_picker(self) -> bool:
        """Whether the settings hold what Google's window for picking needs (app, API key and project number)."""
        return self._accounts.google_picker is not None

    def picker(self, actor: Actor, connection_id: int) -> Picker:
        """
        For one page: the token in it is the account's own for a while. Raises
        InvalidSettings for a service account, and where the settings lack
        something.
        """
        require(actor, Role.EDITOR, _ASK)
        connection = self._get(actor, connection_id)
        means = self._accounts.google_picker
        if connection.sign_in is not SignIn.OAUTH:
            raise InvalidSettings(
                "A service account has no window to pick a spreadsheet in.",
                hint=f"Share the spreadsheet with {self.share_with(connection)} as editor, then choose it from the list.",
            )
        if means is None:
            raise InvalidSettings(
                "Pipesheet cannot open Google's window for picking a spreadsheet.",
                hint="Set GOOGLE_API_KEY, and GOOGLE_PROJECT_NUMBER where the client id does not begin with it.",
            )
        with self._accounts.spreadsheets(connection) as account:
            return Picker(account.access_token(), means.api_key, means.app_id, means.script)

    @staticmethod
    def share_with(connection: Connection) -> str:
        """The address to share a spreadsheet with; empty for a person, who owns theirs."""
        return connection.account.email if connection.sign_in is SignIn.SERVICE_ACCOUNT else ""

    def _get(self, actor: Actor, connection_id: int) -> Connection:
        return self._accounts.of_kind(GOOGLE_SHEETS, actor.workspace.id, connection_id)

    def _keep(
        self,
        actor: Actor,
        connection: Connection | None,
        account: Account,
        sealed: bytes,
        sign_in: SignIn,
        scopes: Sequence[str] = (),
    ) -> Connection:
        now, ours = self._clock.now(), actor.workspace.id
        if connection is None:
            return self._store.keep_connection(
                ours, GOOGLE_SHEETS, account, sealed, sign_in=sign_in, scopes=scopes, now=now
            )
        return self._store.renew_connection(
            ours, connection.id, account, sealed, sign_in=sign_in, scopes=scopes, now=now
        )


def _check_account(known: Account, found: Account, what: str, how: str) -> None:
    if not _is_same(known, found):
        raise InvalidSettings(
            f"{what} {found.email}; the connection is for {known.email}.",
            hint=f"{how} {known.email}, or link {found.email} as a new connection.",
        )


def _is_same(known: Account, found: Account) -> bool:
    """By the subject, which stays when an account changes its address."""
    if known.subject and found.subject:
        return known.subject == found.subject
    return known.email.casefold() == found.email.casefold()
