"""Google's refusals in our words: what happened, what it means, what to do. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import msgspec

from importers.destinations.google_sheets.credentials import GoogleSignIn
from importers.errors import (
    AGAIN_LATER,
    AccessDenied,
    ConnectionTrouble,
    CredentialsRejected,
    ImporterError,
    InvalidSettings,
    NoRoom,
    NotThere,
    RateLimited,
    ServiceTrouble,
    SetupError,
)
from importers.http.quota import PROJECT, USER
from importers.model import GOOGLE_SHEETS

STATUS_PAGE = "https://www.google.com/appsstatus/dashboard/"

_LONGEST_QUOTE = 200
_APIS = {
    "sheets.googleapis.com": "Google Sheets API",
    "drive.googleapis.com": "Google Drive API",
    "www.googleapis.com": "Google Drive API",
}
_NUMBER = re.compile(r"\bproject[ =](?:number:)?(\d{6,})", re.ASCII)


class AnswerLost(ConnectionTrouble):
    """Nobody can know whether what was asked for was carried out: look, before asking again."""


class SlowAnswer(ConnectionTrouble):
    """It took Google too long; less at a time may not."""


class _Info(msgspec.Struct):
    reason: Any = ""
    metadata: Any = None


class _Error(msgspec.Struct):
    message: Any = ""
    status: Any = ""
    details: Any = ()
    errors: Any = ()


class _Body(msgspec.Struct):
    error: _Error


@dataclass(frozen=True, slots=True)
class Said:
    """What the answer to one request says, as far as it can be read. `host` is which API it was sent to."""

    status: int
    message: str = ""
    code: str = ""
    reasons: frozenset[str] = frozenset()
    metadata: Mapping[str, str] = field(default_factory=dict)
    host: str = ""
    is_readable: bool = True

    @property
    def facts(self) -> dict[str, Any]:
        return {"status": self.status, "said": self.message[:_LONGEST_QUOTE], "reasons": sorted(self.reasons)}

    def has(self, *reasons: str) -> bool:
        return not self.reasons.isdisjoint(reasons)


def said_by(status: int, content: bytes, *, host: str) -> Said:
    """Both shapes of Google's errors: that of Sheets, with details, and that of Drive, with reasons."""
    try:
        error = msgspec.json.decode(content, type=_Body).error
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Said(status, host=host, is_readable=False)
    infos = [*_infos(error.details), *_infos(error.errors)]
    metadata: dict[str, str] = {}
    for info in infos:
        metadata |= _texts(info.metadata)
    reasons = frozenset(info.reason for info in infos if isinstance(info.reason, str) and info.reason)
    return Said(status, _text(error.message), _text(error.status), reasons, metadata, host)


def limit_of(said: Said) -> str:
    """Whose limit a 429 is about: USER, PROJECT, or "" where it does not say."""
    unit = said.metadata.get("quota_unit", "") + said.metadata.get("quota_limit", "")
    if "{user}" in unit or "PerUser" in unit:
        return USER
    return PROJECT if "{project}" in unit or "PerProject" in unit else ""


def is_slowing_down(said: Said) -> bool:
    """Whether Google refused it only for how much was asked lately; it was certainly not carried out."""
    return said.status == 429 or (said.status == 403 and said.has(*_TOO_MUCH))


def refusal(said: Said, *, sign_in: GoogleSignIn, writes: bool) -> SetupError:
    """What an answer means that would be the same the next time."""
    if said.status == 401:
        return sign_in.rejected(**said.facts)
    for fits, error in _MEANINGS:
        if fits(said):
            return error(said, sign_in, writes)
    if said.status == 403:
        return _not_allowed(said, sign_in, writes)
    if said.status in (404, 410):
        return _gone(said, sign_in, writes)
    return InvalidSettings(
        f"Google did not accept what it was asked for{_quoted(said)}.",
        hint="Check the spreadsheet, then run it again; if it happens again, report it as a defect of Pipesheet.",
        **said.facts,
    )


def slowed_down(said: Said) -> RateLimited:
    whose = {USER: "of this account", PROJECT: "of this Google Cloud project"}.get(limit_of(said), "of this account")
    return RateLimited(
        f"Google keeps asking us to slow down: what it takes in a minute {whose} is used up by others, too.",
        hint="Run fewer importers at once, or ask Google for a higher quota: docs/connecting-google.md says how.",
        retry_after=timedelta(minutes=2),
        **said.facts,
    )


def in_trouble(said: Said) -> ServiceTrouble:
    return ServiceTrouble(
        f"Google is in trouble (HTTP {said.status}) and did not recover while we waited.",
        hint=f"{AGAIN_LATER}{STATUS_PAGE} tells how they are.",
        **said.facts,
    )


def no_answer(host: str) -> ConnectionTrouble:
    return ConnectionTrouble(
        "Google could not be reached, or broke off in the middle of its answer, again and again.",
        hint="Check the internet connection of this server, then run it again.",
        host=host,
    )


def too_slow(host: str) -> SlowAnswer:
    return SlowAnswer(
        "Google did not answer within three minutes, again and again.",
        hint="The spreadsheet may be very large, or full of formulas that are reckoned anew; run it again later.",
        host=host,
    )


def too_slow_to_wait_for() -> ConnectionTrouble:
    return ConnectionTrouble(
        "Google does not answer at the moment, or not soon enough.",
        hint="Try again in a minute. A run has more patience.",
    )


def garbled(host: str) -> ServiceTrouble:
    return ServiceTrouble(
        "Google's answers cannot be read: they are cut off or damaged, again and again.",
        hint="Run it again in a few minutes; a proxy between this server and Google may be the cause.",
        host=host,
    )


def answer_lost(**facts: Any) -> AnswerLost:
    return AnswerLost(
        "Google did not say whether it carried out the last change, so we do not know.",
        hint="Run it again: what is there is looked at first, and nothing is written twice.",
        **facts,
    )


def clock_is_wrong(**facts: Any) -> InvalidSettings:
    return InvalidSettings(
        "Google and this server do not agree on what time it is, so signing in cannot work.",
        hint="Set the clock of this server by the network (NTP), then try again.",
        **facts,
    )


def robot_refused(error: str, description: str, sign_in: GoogleSignIn) -> ImporterError:
    """Why Google's token endpoint refused a service account for good."""
    facts = {"said": f"{error}: {description}"[:_LONGEST_QUOTE]}
    if "iat and exp" in description or "short-lived" in description:
        return clock_is_wrong(**facts)
    if error == "unauthorized_client":
        return AccessDenied(
            f"Google does not let the service account {sign_in.email} act for anybody.",
            hint="Ask the administrator of your Google Workspace.",
            **facts,
        )
    return sign_in.rejected(**facts)


_TOO_MUCH = ("rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED", "sharingRateLimitExceeded")

_Meaning = Callable[[Said, GoogleSignIn, bool], SetupError]


def _api_is_off(said: Said, sign_in: GoogleSignIn, writes: bool) -> SetupError:
    service = said.metadata.get("service") or said.host
    service = "drive.googleapis.com" if service == "www.googleapis.com" else service
    number = _digits(said.metadata.get("consumer", "")) or _digits(said.metadata.get("containerInfo", ""))
    number = number or next(iter(_NUMBER.findall(said.message)), "") or sign_in.project
    address = f"https://console.developers.google.com/apis/api/{service}/overview?project={number}"
    return AccessDenied(
        f"The {_APIS.get(service, 'Google API')} is not enabled in the Google Cloud project {number}, "
        f"which this {'service account' if sign_in.is_robot else 'Pipesheet'} belongs to.",
        hint=f"Open {address}, press Enable, wait a few minutes, then run it again.",
        **said.facts,
        project=number,
    )


def _scope_is_missing(said: Said, sign_in: GoogleSignIn, writes: bool) -> SetupError:
    if sign_in.is_robot:
        return AccessDenied(
            f"Google does not let the service account {sign_in.email} use spreadsheets or Drive.",
            hint="Ask the administrator of your Google Workspace to allow it.",
            **said.facts,
        )
    return scope_unticked(**said.facts)


def scope_unticked(**facts: Any) -> CredentialsRejected:
    return CredentialsRejected(
        "Pipesheet may not see or edit files in this Google account: the box for it was left unticked, "
        "or the permission was taken back.",
        hint="Reconnect the account (Connections › Reconnect) and tick “See, edit, create, and delete only the "
        "specific Google Drive files you use with this app”.",
        kind=GOOGLE_SHEETS,
        **facts,
    )


def _not_allowed(said: Said, sign_in: GoogleSignIn, writes: bool) -> SetupError:
    if sign_in.is_robot:
        how = f"Share it with {sign_in.email} as Editor: in the spreadsheet press Share and paste that address."
    else:
        who = sign_in.email or "the account of this connection"
        how = f"Ask its owner to share it with {who} as Editor, or choose another account."
    what = "write into" if writes else "open"
    return AccessDenied(
        f"Google does not let {sign_in.email or 'this account'} {what} the spreadsheet: it is not shared with it"
        f"{', or for viewing only' if writes else ''}.",
        hint=how,
        **said.facts,
        field="place",
    )


def _not_picked(said: Said, sign_in: GoogleSignIn, writes: bool) -> SetupError:
    return AccessDenied(
        "This spreadsheet was not picked for Pipesheet, which may only write into files it made or was given.",
        hint="Edit the importer and choose the spreadsheet again with “Pick in Google Drive”.",
        **said.facts,
        field="place",
    )


def _gone(said: Said, sign_in: GoogleSignIn, writes: bool) -> SetupError:
    if sign_in.is_robot:
        message = "Google knows no such spreadsheet: it was deleted, or its address is mistyped."
        hint = f"Check the address; the spreadsheet must be shared with {sign_in.email} as Editor."
    else:
        message = (
            "Google shows us no such spreadsheet: it was deleted, or it was not picked for Pipesheet, "
            "which sees only files it made or was given."
        )
        hint = "Edit the importer and choose the spreadsheet again with “Pick in Google Drive”, or create a new one."
    return NotThere(message, hint=hint, **said.facts, field="place")


def _drive_is_full(said: Said, sign_in: GoogleSignIn, writes: bool) -> SetupError:
    if sign_in.is_robot:
        return NoRoom(
            f"The service account {sign_in.email} cannot create spreadsheets: it has no storage of its own.",
            hint=f"Create the spreadsheet yourself, share it with {sign_in.email} as Editor, and choose it here.",
            **said.facts,
            field="place",
        )
    return NoRoom(
        f"The Google Drive of {sign_in.email or 'this account'} is full, so no file can be created or grow.",
        hint="Make room there, or let somebody else own the spreadsheet.",
        **said.facts,
    )


def _too_many_files(said: Said, sign_in: GoogleSignIn, writes: bool) -> SetupError:
    return NoRoom(
        "Google Drive takes no more files there.",
        hint="Make room in the folder or the shared drive, or choose a spreadsheet that exists.",
        **said.facts,
    )


def _admin_forbids(said: Said, sign_in: GoogleSignIn, writes: bool) -> SetupError:
    return AccessDenied(
        "An administrator of this Google Workspace does not let apps use Drive.",
        hint="Ask the administrator to trust this app: Admin console › Security › API controls.",
        **said.facts,
    )


def _protected(said: Said, sign_in: GoogleSignIn, writes: bool) -> SetupError:
    return AccessDenied(
        "Some of the cells are protected, and this account may not edit them. Nothing was written.",
        hint=f"In the spreadsheet: Data › Protect sheets and ranges; let {sign_in.email or 'this account'} edit them, "
        "or move the protection.",
        **said.facts,
        field="sheet",
    )


def _too_many_cells(said: Said, sign_in: GoogleSignIn, writes: bool) -> SetupError:
    return NoRoom(
        "The spreadsheet would have more than the 10,000,000 cells that Google takes, blank ones included. "
        "Nothing was written.",
        hint="Delete tabs, or empty rows and columns, or choose fewer columns, or another spreadsheet.",
        **said.facts,
    )


def _too_many_columns(said: Said, sign_in: GoogleSignIn, writes: bool) -> SetupError:
    return NoRoom(
        "The tab would have more than the 18,278 columns that Google takes. Nothing was written.",
        hint="Choose fewer columns.",
        **said.facts,
    )


def _too_long(said: Said, sign_in: GoogleSignIn, writes: bool) -> SetupError:
    return NoRoom(
        "A text is longer than the 50,000 characters that a cell takes. Nothing was written.",
        hint="Leave out the column with the long texts; report it, because Pipesheet should have cut them.",
        **said.facts,
    )


def _no_such_tab(said: Said, sign_in: GoogleSignIn, writes: bool) -> SetupError:
    return NotThere(
        f"The tab is not in the spreadsheet any more{_quoted(said)}: it was deleted or renamed meanwhile.",
        hint="Run it again; if the tab was deleted, choose another one in the importer.",
        **said.facts,
        field="sheet",
    )


def _cells_are_gone(said: Said, sign_in: GoogleSignIn, writes: bool) -> SetupError:
    return NotThere(
        f"The cells are not there any more{_quoted(said)}: rows or columns were deleted meanwhile.",
        hint="Run it again.",
        **said.facts,
        field="sheet",
    )


def _title_is_taken(said: Said, sign_in: GoogleSignIn, writes: bool) -> SetupError:
    return InvalidSettings(
        "The spreadsheet has another tab with this title already.",
        hint="Choose another title for the tab.",
        **said.facts,
        field="sheet",
    )


def _is_no_sheet(said: Said, sign_in: GoogleSignIn, writes: bool) -> SetupError:
    return InvalidSettings(
        "This file in Google Drive is not a Google spreadsheet; it may be an Excel file, which Google only shows.",
        hint="Open it and choose File › Save as Google Sheets, then choose the new file here.",
        **said.facts,
        field="place",
    )


def _by(*reasons: str) -> Callable[[Said], bool]:
    return lambda said: said.has(*reasons)


def _bad(*parts: str) -> Callable[[Said], bool]:
    return lambda said: said.status == 400 and any(part in said.message for part in parts)


_MEANINGS: tuple[tuple[Callable[[Said], bool], _Meaning], ...] = (
    (_by("SERVICE_DISABLED", "accessNotConfigured"), _api_is_off),
    (_by("ACCESS_TOKEN_SCOPE_INSUFFICIENT", "insufficientPermissions", "insufficientScopes"), _scope_is_missing),
    (_by("storageQuotaExceeded", "quotaExceeded"), _drive_is_full),
    (
        _by("teamDriveFileLimitExceeded", "numChildrenInNonRootLimitExceeded", "activeItemCreationLimitExceeded"),
        _too_many_files,
    ),
    (_by("domainPolicy", "ACCESS_BLOCKED_BY_ADMIN"), _admin_forbids),
    (_by("appNotAuthorizedToFile"), _not_picked),
    (lambda said: said.status == 403 and "insufficient authentication scopes" in said.message, _scope_is_missing),
    (_bad("protected cell or object"), _protected),
    (_bad("above the limit of 10000000 cells"), _too_many_cells),
    (_bad("above the limit of 18278 columns"), _too_many_columns),
    (_bad("maximum of 50000 characters"), _too_long),
    (_bad("Unable to parse range", "No sheet with id", "No grid with id"), _no_such_tab),
    (_bad("exceeds grid limits", "beyond the last requested"), _cells_are_gone),
    (_bad("A sheet with the name"), _title_is_taken),
    (_bad("not supported for this document"), _is_no_sheet),
)
"""What tells a refusal from others, and what it means; the first that fits."""


def _quoted(said: Said) -> str:
    text = " ".join(said.message.split())[:_LONGEST_QUOTE].rstrip(".")
    return f" (“{text}”)" if text else f" (HTTP {said.status})"


def _infos(told: Any) -> list[_Info]:
    return (
        [_Info(one.get("reason"), one.get("metadata")) for one in told if isinstance(one, dict)]
        if isinstance(told, list)
        else []
    )


def _texts(told: Any) -> dict[str, str]:
    if not isinstance(told, dict):
        return {}
    return {name: value for name, value in told.items() if isinstance(name, str) and isinstance(value, str)}


def _text(told: Any) -> str:
    return told if isinstance(told, str) else ""


def _digits(text: str) -> str:
    return "".join(re.findall(r"\d{6,}", text)[:1])
