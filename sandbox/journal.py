"""Every call received, for tests to read."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import asdict, dataclass, field
from typing import Any

MASK = "***"
SECRETS = (
    *("api_token", "token", "access_token", "refresh_token", "id_token", "client_secret"),
    *("code", "code_verifier", "assertion", "key"),
)


@dataclass(frozen=True)
class Call:
    """
    One request; secrets in the query and in a form are masked. `auth` says
    where the token was: header, query, bearer, basic or none.
    """

    method: str
    host: str
    path: str
    query: dict[str, str]
    status: int
    cost: int
    auth: str
    fault: str | None = None
    form: dict[str, str] = field(default_factory=dict)
    kind: str = ""
    """Whose quota it counts for: read, write, or none."""
    received: int = 0
    """Bytes of the body that came."""
    sent: int = 0
    """Bytes of the body that went."""


class Journal:
    """The latest calls, oldest first."""

    def __init__(self, keep: int = 20_000) -> None:
        self._lock = threading.Lock()
        self._calls: deque[Call] = deque(maxlen=keep)

    def write(self, call: Call) -> None:
        with self._lock:
            self._calls.append(call)

    def clear(self) -> None:
        with self._lock:
            self._calls.clear()

    @property
    def calls(self) -> list[Call]:
        with self._lock:
            return list(self._calls)

    def paths(self) -> list[str]:
        return [call.path for call in self.calls]

    def as_json(self) -> list[dict[str, Any]]:
        return [asdict(call) for call in self.calls]


def masked(query: dict[str, str]) -> dict[str, str]:
    return {name: MASK if name.lower() in SECRETS else value for name, value in query.items()}
