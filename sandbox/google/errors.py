"""A refusal as Google words it."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """An answer that is no success: raised anywhere, turned into JSON at the door."""

    def __init__(self, code: int, status: str, message: str, details: list[dict[str, Any]] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.message = message
        self.details: list[dict[str, Any]] = details or []

    def prefixed(self, where: str) -> ApiError:
        """The same, saying which part of the request it was about: `Invalid requests[3].addSheet: …`."""
        return ApiError(self.code, self.status, f"{where}: {self.message}", self.details)

    def as_json(self) -> dict[str, Any]:
        error: dict[str, Any] = {"code": self.code, "message": self.message, "status": self.status}
        if self.details:
            error["details"] = self.details
        return {"error": error}


def invalid(message: str, details: list[dict[str, Any]] | None = None) -> ApiError:
    return ApiError(400, "INVALID_ARGUMENT", message, details)


def not_found(message: str = "Requested entity was not found.") -> ApiError:
    return ApiError(404, "NOT_FOUND", message)


def denied(message: str = "The caller does not have permission") -> ApiError:
    return ApiError(403, "PERMISSION_DENIED", message)


def internal(message: str = "Internal error encountered.") -> ApiError:
    return ApiError(500, "INTERNAL", message)
