"""A refusal as Drive words it: with `errors`, each of which has a domain and a reason."""

from __future__ import annotations

from typing import Any

from sandbox.google.errors import ApiError

_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
}


class DriveError(ApiError):
    """`status` and `details` are told only where Drive's newer front end speaks."""

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        *,
        domain: str = "global",
        location: str = "",
        kind: str = "parameter",
        inner: str = "",
        details: list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(code, _STATUSES.get(code, "UNKNOWN"), message, details)
        self.reason = reason
        self._entry = {"message": inner or message, "domain": domain, "reason": reason}
        if location:
            self._entry |= {"location": location, "locationType": kind}

    def as_json(self) -> dict[str, Any]:
        error: dict[str, Any] = {"code": self.code, "message": self.message, "errors": [self._entry]}
        if self.details:
            error |= {"status": self.status, "details": self.details}
        return {"error": error}


def no_file(file_id: str) -> DriveError:
    return DriveError(404, "notFound", f"File not found: {file_id}.", location="fileId")


def may_not_write() -> DriveError:
    return DriveError(
        403, "insufficientFilePermissions", "The user does not have sufficient permissions for this file."
    )


def app_may_not_write(client_id: str) -> DriveError:
    project = client_id.partition("-")[0]
    message = f"The user has not granted the app {project} write access to the file."
    return DriveError(403, "appNotAuthorizedToFile", message)


def bad_value(where: str, message: str = "Invalid Value") -> DriveError:
    return DriveError(400, "invalid", message, location=where)


def no_storage() -> DriveError:
    return DriveError(
        403,
        "storageQuotaExceeded",
        "Service Accounts do not have storage quota. Leverage shared drives "
        "(https://developers.google.com/workspace/drive/api/guides/about-shareddrives), or use OAuth delegation "
        "(http://support.google.com/a/answer/7281227) instead.",
        domain="usageLimits",
    )


def rate_limited(*, by_user: bool) -> DriveError:
    who = (
        ("userRateLimitExceeded", "User Rate Limit Exceeded")
        if by_user
        else ("rateLimitExceeded", "Rate Limit Exceeded")
    )
    return DriveError(403, *who, domain="usageLimits")


def worded(problem: ApiError) -> DriveError:
    """The same refusal, if something else than Drive raised it."""
    if isinstance(problem, DriveError):
        return problem
    if problem.code == 401:
        return DriveError(401, "authError", "Invalid Credentials", location="Authorization", kind="header")
    reason = next((str(detail["reason"]) for detail in problem.details if "reason" in detail), "")
    if reason == "ACCESS_TOKEN_SCOPE_INSUFFICIENT":
        inner = "Insufficient Permission"
        return DriveError(403, "insufficientPermissions", problem.message, inner=inner, details=problem.details)
    if reason == "SERVICE_DISABLED":
        return DriveError(403, "accessNotConfigured", problem.message, domain="usageLimits", details=problem.details)
    reasons = {403: "forbidden", 404: "notFound", 429: "rateLimitExceeded", 500: "internalError", 503: "backendError"}
    return DriveError(problem.code, reasons.get(problem.code, "badRequest"), problem.message)
