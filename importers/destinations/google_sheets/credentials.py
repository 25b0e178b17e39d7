"""Who calls Google: a user who let our app in, or a service account, by its key."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import msgspec
from google.auth.credentials import Credentials
from google.oauth2 import service_account

from importers.errors import CredentialsRejected, InvalidSettings, TemporaryError
from importers.interfaces import Clock, Grants
from importers.model import GOOGLE_SHEETS, Account, Grant
from importers.secret import Secret

DRIVE_FILE = "https://www.googleapis.com/auth/drive.file"
"""What users are asked for: the files that Pipesheet made, or that they picked for it."""

ROBOT_SCOPES = (
    # Files are shared with a service account, never picked for it, so drive.file alone would show it none of them.
    "https://www.googleapis.com/auth/spreadsheets",
    DRIVE_FILE,  # to create spreadsheets
    "https://www.googleapis.com/auth/drive.metadata.readonly",  # to list those it was given, by name
)

REFRESH_BEFORE = timedelta(minutes=5)
"""An access token that ends so soon is renewed before it is used."""

TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address

HOW_TO_GET_A_KEY = (
    "In Google Cloud: IAM & Admin › Service Accounts › the account › Keys › Add key › JSON; "
    "then paste the whole file here."
)

_SENDABLE = re.compile(r"[!-~]+", re.ASCII)
_NEEDED = ("project_id", "private_key_id", "private_key", "client_email")
_ADDRESS = re.compile(r"[a-z0-9._-]+@[a-z0-9.-]+\.gserviceaccount\.com", re.ASCII)
_WHOLE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.+-----END [A-Z ]*PRIVATE KEY-----\s*", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class GoogleSignIn:
    """
    `account` is whose it is, as far as known: with its address only, for a
    service account. `project` and `user` name whose quotas count; `project` is
    the cloud project's number or id.
    """

    credentials: Credentials = field(repr=False)
    account: Account
    project: str
    is_robot: bool = False

    @property
    def email(self) -> str:
        return self.account.email

    @property
    def user(self) -> str:
        return self.account.subject or self.account.email

    def rejected(self, **facts: Any) -> CredentialsRejected:
        """What to raise where Google does not let it in any more."""
        return robot_ended(self.email, **facts) if self.is_robot else grant_ended(**facts)


@dataclass(frozen=True, slots=True)
class AccountGrant(Grant):
    """One that was given this moment, and by whom."""

    account: Account | None = None


def by_grant(grants: Grants, *, clock: Clock, client_id: str, account: Account | None = None) -> GoogleSignIn:
    """A user's grant to our app; *account* is whose, unless it was given this moment and says so itself."""
    grant = grants.current()
    known = (grant.account if isinstance(grant, AccountGrant) else None) or account or _google_account("")
    credentials = GrantCredentials(grants, clock=clock)
    return GoogleSignIn(credentials=credentials, account=known, project=client_id.partition("-")[0])


def by_key(text: Secret) -> GoogleSignIn:
    """A service account by its key file. Raises InvalidSettings for anything else: see `robot_key`."""
    key = robot_key(text)
    account = _google_account(key.email, subject=key.subject)
    return GoogleSignIn(credentials=key.credentials, account=account, project=key.project, is_robot=True)


class GrantCredentials(Credentials):
    """
    What google-auth needs to know of a grant; refreshing is left to `Grants`,
    where one process does it for all. Safe to share between threads.
    """

    def __init__(self, grants: Grants, *, clock: Clock) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._grants = grants
        self._clock = clock
        self._used = threading.local()

    def before_request(self, request: Any, method: str, url: str, headers: dict[str, str]) -> None:
        """As everywhere in google-auth: put into *headers* what proves who calls."""
        grant = self._fresh()
        self._used.grant = grant
        headers["authorization"] = f"Bearer {grant.access_token.reveal()}"

    def refresh(self, request: Any) -> None:
        """After a 401. The token that was refused is the one this thread has sent, which others may have renewed."""
        self._grants.newer_than(getattr(self._used, "grant", None) or self._grants.current())

    def _fresh(self) -> Grant:
        grant, now = self._grants.current(), self._clock.now()
        if now < grant.expires_at - REFRESH_BEFORE:
            return grant
        try:
            return self._grants.newer_than(grant)
        except TemporaryError:
            if now < grant.expires_at:
                return grant
            raise


class _RobotCredentials(service_account.Credentials):
    """Those of google-auth, which would also ask iamcredentials.googleapis.com where calls may come from."""

    def _is_regional_access_boundary_lookup_required(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class RobotKey:
    """The key file of a service account; `project` is the id of its cloud project, `subject` its own number."""

    email: str
    project: str
    subject: str
    credentials: Credentials = field(repr=False)


def robot_key(text: Secret) -> RobotKey:
    """
    What the JSON file of a service account says. Its token address is always
    Google's own, whatever the file says: what is signed goes nowhere else.

    Raises:
        InvalidSettings: it is something else, or not whole; the message says what.
    """
    told = _object_in(text.reveal().strip())
    _check_sort(told)
    missing = [name for name in _NEEDED if not isinstance(told.get(name), str) or not told[name]]
    if missing:
        raise _wrong(f"The key file is not whole: {', '.join(missing)} is missing.")
    if told.get("universe_domain", "googleapis.com") != "googleapis.com":
        raise _wrong("This service account lives in a cloud that is not Google's public one.")
    if not _ADDRESS.fullmatch(told["client_email"]):
        raise _wrong("The client_email in the key file is not the address of a service account.")
    info = {name: told[name] for name in _NEEDED} | {"token_uri": TOKEN_URL}
    credentials = _credentials_of(info)
    subject = told.get("client_id")
    return RobotKey(info["client_email"], info["project_id"], subject if isinstance(subject, str) else "", credentials)


def keep_libraries_quiet() -> None:
    """At DEBUG they would write tokens, our secret and everything that is sent into the log."""
    for name in ("google.auth", "requests_oauthlib", "oauthlib"):
        logging.getLogger(name).setLevel(logging.INFO)


def is_sendable(token: Secret) -> bool:
    """Whether it may stand in a header. A library that met anything else there would quote it in its error."""
    return bool(_SENDABLE.fullmatch(token.reveal()))


def grant_ended(**facts: Any) -> CredentialsRejected:
    return CredentialsRejected(
        "Google no longer lets Pipesheet in: access was withdrawn in the Google account, it was not used for six "
        "months, an administrator ended it, or the app is in testing mode, where access ends after 7 days.",
        hint="Reconnect the account: Connections › Reconnect. If it ends every week, publish the app in Google Cloud: "
        "APIs & Services › OAuth consent screen.",
        kind=GOOGLE_SHEETS,
        **facts,
    )


def robot_ended(email: str, **facts: Any) -> CredentialsRejected:
    return CredentialsRejected(
        f"Google no longer accepts the key of the service account {email}: the key or the account was deleted "
        "or switched off.",
        hint=f"Make a new key and reconnect with it. {HOW_TO_GET_A_KEY}",
        kind=GOOGLE_SHEETS,
        **facts,
    )


def _google_account(email: str, *, subject: str = "") -> Account:
    return Account("Google", "google.com", email, email, subject=subject)


def _object_in(text: str) -> dict[str, Any]:
    if not text:
        raise _wrong("There is no key: the field is empty.")
    try:
        told = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError):
        told = None  # what could not be read must not travel with the error
    if isinstance(told, dict):
        return told
    raise _wrong(
        next((says for looks, says in _LOOKS if looks(text)), "This is not the JSON file of a service account.")
    )


def _check_sort(told: Mapping[str, Any]) -> None:
    if "web" in told or "installed" in told:
        raise _wrong("This is the file of an OAuth client, with which users sign in, not that of a service account.")
    sort = told.get("type")
    if sort == "service_account":
        return
    if isinstance(sort, str) and sort in _SORTS:
        raise _wrong(f"This file holds {_SORTS[sort]}, not the key of a service account.")
    raise _wrong("This is not the file of a service account: its type is not “service_account”.")


def _credentials_of(info: Mapping[str, str]) -> Credentials:
    if "\\n" in info["private_key"]:
        raise _wrong(
            "The private key in the file has “\\n” where its lines end: it was copied through another program."
        )
    if not _WHOLE_KEY.fullmatch(info["private_key"]):
        raise _wrong("The private key in the file is not whole: its beginning or its end is missing.")
    credentials = _read(info)
    if credentials is None:
        raise _wrong("The private key in the file cannot be read: some of it was lost or changed on the way.")
    return credentials


def _read(info: Mapping[str, str]) -> Credentials | None:
    """It takes a while: whoever reads a key looks for its primes. None where it cannot be read."""
    try:
        return _RobotCredentials.from_service_account_info(info, scopes=ROBOT_SCOPES)  # type: ignore[no-untyped-call, no-any-return]
    except Exception:  # noqa: BLE001 - whatever cryptography thinks of it; what it says may quote the key
        return None


def _wrong(message: str) -> InvalidSettings:
    return InvalidSettings(message, hint=HOW_TO_GET_A_KEY, field="key")


def _begins(*beginnings: str) -> Callable[[str], bool]:
    return lambda text: text.startswith(beginnings)


_LOOKS: tuple[tuple[Callable[[str], bool], str], ...] = (
    (
        _begins("AIza"),
        "This is an API key, which lets nobody write; what is needed is the key file of a service account.",
    ),
    (_begins("GOCSPX-"), "This is the secret of an OAuth client, not the key file of a service account."),
    (_begins("ya29.", "1//", "4/"), "This is a token of somebody's sign-in, not the key file of a service account."),
    (_begins("-----BEGIN"), "This is only the private key out of the file; the whole file is needed."),
    (_begins("{"), "The key file is not whole, or was changed: it cannot be read as JSON."),
    (lambda text: bool(_ADDRESS.fullmatch(text)), "This is only the address of the service account, not its key file."),
    (lambda text: text.endswith(".json") and "\n" not in text, "This is the name of a file; what is in it is needed."),
)
"""What else people paste, and what to say of it."""

_SORTS = {
    "authorized_user": "the sign-in of a user, as the gcloud program keeps it",
    "external_account": "a workload identity of another cloud",
    "external_account_authorized_user": "a workforce identity",
    "impersonated_service_account": "a permission to act as a service account",
    "gdch_service_account": "a service account of Google Distributed Cloud",
}
