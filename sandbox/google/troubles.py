"""What can be laid out to go wrong, and how Google would answer then."""

from __future__ import annotations

from flask import Response

from sandbox.faults import Fault
from sandbox.google import driveerrors
from sandbox.google.accounts import DRIVE, PROJECT_NUMBER, SHEETS
from sandbox.google.desk import disabled, insufficient, unauthenticated
from sandbox.google.errors import ApiError, denied, internal, invalid, not_found
from sandbox.google.protection import MESSAGE
from sandbox.google.quota import PER_PROJECT, PER_USER, READ, Excess
from sandbox.google.replies import error_page
from sandbox.google.tokens import RefusedError

KINDS = {
    "rate_limit": "429 (Drive: 403), the quota of a minute is used up; `scope` is user or project",
    "server_error": "500, or another `status`: 502 and 504 come as HTML",
    "slow": "the answer takes `seconds`",
    "cut": "the connection ends before the request is carried out",
    "cut_after": "the request is carried out, then the connection ends before the answer",
    "late": "the connection ends at once, and the request is carried out after `requests` more, or else after `seconds`",
    "truncate": "the connection ends in the middle of the answer",
    "broken_json": "the answer is complete by its length, but its JSON is not",
    "unauthorized": "401, as for an access token that is not valid any more",
    "invalid_grant": "the token endpoint says that the grant was revoked",
    "missing_scope": "403, the app was not granted what it needs",
    "api_disabled": "403, the project's owner has not switched the API on",
    "file_gone": "404, there is no such file for this app",
    "forbidden": "403, the file is not shared with this account (any more)",
    "protected": "400, the cells are protected",
}
"""Kinds of faults and what each does."""

_CARRIED_OUT = ("slow", "cut_after", "late", "truncate", "broken_json")


def answer(fault: Fault, *, kind: str, api: str, project: str, user: str, file_id: str) -> Response | None:
    """
    The answer a fault gives instead of carrying the request out; None when it
    does something to the connection, or later. Raises ApiError or RefusedError.
    """
    if fault.kind in _CARRIED_OUT:
        return None
    if fault.kind == "server_error" and fault.status in (502, 504):
        return error_page(fault.status, "Server Error")
    if fault.kind == "invalid_grant":
        raise RefusedError("invalid_grant", "Token has been expired or revoked.")
    raise _error(fault, kind=kind, api=api, project=project or PROJECT_NUMBER, user=user, file_id=file_id)


def _error(fault: Fault, *, kind: str, api: str, project: str, user: str, file_id: str) -> ApiError:
    match fault.kind:
        case "rate_limit":
            is_users = fault.scope != "project"
            excess = Excess(kind or READ, project, user if is_users else "", PER_USER if is_users else PER_PROJECT)
            return driveerrors.rate_limited(by_user=is_users) if api == DRIVE else over_quota(excess, is_users=is_users)
        case "unauthorized":
            return unauthenticated()
        case "missing_scope":
            return insufficient(api)
        case "api_disabled":
            return disabled(api, project)
        case "file_gone":
            return driveerrors.no_file(file_id) if api == DRIVE else not_found()
        case "forbidden":
            return driveerrors.may_not_write() if api == DRIVE else denied()
        case "protected":
            return invalid(MESSAGE)
        case _:
            return server_error(fault.status)


def server_error(status: int) -> ApiError:
    if status == 503:
        return ApiError(503, "UNAVAILABLE", "The service is currently unavailable.")
    return internal() if status == 500 else ApiError(status, "UNKNOWN", "Internal error encountered.")


def over_quota(excess: Excess, *, is_users: bool | None = None) -> ApiError:
    """429, naming the quota of Sheets that is used up."""
    by_user = bool(excess.user) if is_users is None else is_users
    word = excess.kind.capitalize()
    limit, unit = ("PerUser", "/{project}/{user}") if by_user else ("PerProject", "/{project}")
    message = (
        f"Quota exceeded for quota metric '{word} requests' and limit '{word} requests per minute"
        f"{' per user' if by_user else ''}' of service '{SHEETS}' for consumer 'project_number:{excess.project}'."
    )
    metadata = {
        "service": SHEETS,
        "consumer": f"projects/{excess.project}",
        "quota_metric": f"{SHEETS}/{excess.kind}_requests",
        "quota_limit": f"{word}RequestsPerMinute{limit}",
        "quota_limit_value": str(excess.limit),
        "quota_unit": f"1/min{unit}",
        "quota_location": "global",
    }
    info = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "RATE_LIMIT_EXCEEDED",
        "domain": "googleapis.com",
        "metadata": metadata,
    }
    link = {
        "description": "Request a higher quota limit.",
        "url": "https://cloud.google.com/docs/quotas/help/request_increase",
    }
    return ApiError(
        429, "RESOURCE_EXHAUSTED", message, [info, {"@type": "type.googleapis.com/google.rpc.Help", "links": [link]}]
    )
