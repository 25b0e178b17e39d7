"""Who asks, and which spreadsheet they get: what stands between the APIs and everybody's files."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from flask import g, request

from sandbox.google import scopes
from sandbox.google.accounts import API_NAMES, SHEETS, Accounts, Person
from sandbox.google.book import Spreadsheet
from sandbox.google.errors import ApiError, denied, not_found
from sandbox.google.files import SPREADSHEET, File, Files
from sandbox.google.tokens import Tokens

_NO_CREDENTIALS = (
    "Method doesn't allow unregistered callers (callers without established identity). "
    "Please use API Key or other form of API consumer identity to call this API."
)
_BAD_CREDENTIALS = (
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
    "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."
)
_ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"
_HELP = "type.googleapis.com/google.rpc.Help"


@dataclass
class Principal:
    """
    Who asks, through which app, and what the app may.

    `opened` is the file that the request is about, once it was opened: whose
    owner somebody is decides about protected ranges.
    """

    email: str
    client_id: str
    scopes: frozenset[str]
    project: str
    person: Person | None = None
    opened: File | None = field(default=None, repr=False)

    def can_edit_protected(self, protected_range: dict[str, Any]) -> bool:
        """The owner always, others when they are listed; a mere warning stops nobody."""
        if protected_range.get("warningOnly") or (self.opened and self.opened.owner == self.email):
            return True
        editors = protected_range.get("editors") or {}
        is_of_domain = bool(self.opened) and _domain(self.email) == _domain(self.opened.owner if self.opened else "")
        return self.email in editors.get("users", ()) or bool(editors.get("domainUsersCanEdit") and is_of_domain)


@dataclass(frozen=True)
class Desk:
    accounts: Accounts
    tokens: Tokens
    files: Files

    # who ----------------------------------------------------------------------------------

    def principal(self) -> Principal:
        """Who sent the request that is being answered. Raises ApiError for a token that is missing or bad."""
        if "principal" not in g:
            g.principal = self._by_token() or self._by_key()
        found: Principal = g.principal
        return found

    def caller(self) -> Principal | None:
        """The same, but nobody instead of an error."""
        try:
            return self.principal()
        except ApiError:
            return None

    def _by_token(self) -> Principal | None:
        token = bearer_token()
        if token is None:
            return None
        bearer = self.tokens.bearer(token)
        person = self.accounts.person(bearer.email) if bearer else None
        if bearer is None or person is None:
            raise unauthenticated()
        return Principal(
            bearer.email, bearer.client_id, frozenset(bearer.scopes), self.project_of(bearer.client_id), person
        )

    def _by_key(self) -> Principal:
        """An API key tells which project asks and nothing about whom: it opens what is shared with everybody."""
        key = request.args.get("key", request.headers.get("X-Goog-Api-Key", ""))
        if not key:
            raise denied(_NO_CREDENTIALS)
        if key not in self.accounts.api_keys:
            raise _bad_key()
        return Principal(
            "", "", frozenset({scopes.DRIVE_READONLY, scopes.SPREADSHEETS_READONLY}), self.accounts.api_keys[key]
        )

    def project_of(self, client_id: str) -> str:
        """The number of the project that a client or a service account belongs to."""
        if client_id in self.accounts.clients:
            return self.accounts.clients[client_id].project
        return next((robot.project for robot in self.accounts.robots.values() if robot.unique_id == client_id), "")

    def check_api(self, principal: Principal, api: str) -> None:
        """Raises ApiError when the project's owner has not switched the API on."""
        project = self.accounts.projects.get(principal.project)
        if project is not None and api not in project.apis:
            raise disabled(api, project.number)

    def check_scopes(self, principal: Principal, needed: Collection[str], *, api: str = SHEETS) -> None:
        """Any of them will do. Raises ApiError when the app was granted none."""
        if not principal.scopes & set(needed):
            raise insufficient(api)

    # what ---------------------------------------------------------------------------------

    def open(self, spreadsheet_id: str, principal: Principal, to_write: bool = False) -> Spreadsheet:
        """Raises ApiError: not there (or hidden from the app), not shared, or shared for reading only."""
        file = self.files.get(spreadsheet_id)
        if file is None or not self._reaches(file, principal, to_write=to_write):
            raise not_found()
        if not self.files.may(file, principal.email, "writer" if to_write else "reader"):
            raise denied()
        if file.mime_type != SPREADSHEET or file.book is None:
            raise ApiError(400, "FAILED_PRECONDITION", "This operation is not supported for this document")
        principal.opened = file
        if to_write:
            file.changer = principal.email
        return file.book

    def create(
        self, principal: Principal, title: str = "", locale: str | None = None, time_zone: str | None = None
    ) -> Spreadsheet:
        """A new one of the principal's own. Raises ApiError for service accounts, which own no files."""
        owner = principal.person
        if owner is None or owner.is_robot:
            raise denied()
        made = self.files.new_spreadsheet(owner, title, locale=locale or "", time_zone=time_zone or "")
        self.files.give(made, principal.client_id, principal.email)
        principal.opened = made
        if made.book is None:
            raise AssertionError("a new spreadsheet has no book")
        return made.book

    def _reaches(self, file: File, principal: Principal, *, to_write: bool) -> bool:
        """Whether what the app was granted includes the file; what its user may do is another matter."""
        if scopes.reaches_every_file(principal.scopes, to_write=to_write):
            return True
        is_given = self.files.is_given(file, principal.client_id, principal.email)
        return scopes.DRIVE_FILE in principal.scopes and is_given


def bearer_token() -> str | None:
    """The request's access token, in the header or, as Google still takes it, in the address."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    return request.args.get("access_token")


def unauthenticated() -> ApiError:
    return ApiError(401, "UNAUTHENTICATED", _BAD_CREDENTIALS)


def insufficient(api: str = SHEETS) -> ApiError:
    detail = {
        "@type": _ERROR_INFO,
        "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        "domain": "googleapis.com",
        "metadata": {"service": api},
    }
    return ApiError(403, "PERMISSION_DENIED", "Request had insufficient authentication scopes.", [detail])


def disabled(api: str, project: str) -> ApiError:
    url = f"https://console.developers.google.com/apis/api/{api}/overview?project={project}"
    message = (
        f"{API_NAMES[api]} has not been used in project {project} before or it is disabled. Enable it by visiting {url} "
        "then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems "
        "and retry."
    )
    metadata = {"service": api, "consumer": f"projects/{project}", "activationUrl": url, "containerInfo": project}
    return ApiError(
        403,
        "PERMISSION_DENIED",
        message,
        [
            {"@type": _HELP, "links": [{"description": "Google developers console API activation", "url": url}]},
            {"@type": _ERROR_INFO, "reason": "SERVICE_DISABLED", "domain": "googleapis.com", "metadata": metadata},
        ],
    )


def _bad_key() -> ApiError:
    detail = {
        "@type": _ERROR_INFO,
        "reason": "API_KEY_INVALID",
        "domain": "googleapis.com",
        "metadata": {"service": SHEETS},
    }
    return ApiError(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", [detail])


def _domain(email: str) -> str:
    return email.rpartition("@")[2]
