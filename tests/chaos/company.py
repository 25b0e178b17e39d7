"""What the source has, what it ever had, and changes that are made to it."""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass
from random import Random
from typing import Any

import requests

from sandbox.world import TOKEN

Version = tuple[Any, ...]
"""The values of a record beside its id."""

FIELDS: dict[str, tuple[str, ...]] = {"deals": ("title", "value"), "persons": ("name",), "organizations": ("name",)}
"""What is looked at of each kind of record, by the names Pipedrive and our columns have in common."""

_KINDS = tuple(FIELDS)
_DEEDS = ("change", "create", "delete")


@dataclass(frozen=True)
class Change:
    """One that is planned: `chance` from 0 to 1 chooses among the records there are then."""

    at: float
    deed: str
    kind: str
    chance: float

    def __str__(self) -> str:
        return f"{self.at:6.2f} {self.deed} one of {self.kind} ({self.chance:.4f})"


def planned(chance: Random, seconds: float, *, every: float) -> list[Change]:
    times = (place * every for place in range(1, int(seconds / every)))
    return [
        Change(
            at, chance.choices(_DEEDS, (6, 3, 2))[0], chance.choices(_KINDS, (6, 2, 2))[0], round(chance.random(), 4)
        )
        for at in times
    ]


class Company:
    """
    The records of a pretend Pipedrive, asked for directly. What was written
    here is remembered: which versions of a record there ever were, and which
    records were there all the time.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._session = requests.Session()
        self._session.headers["x-api-token"] = TOKEN
        self._number = 0
        self._lock = threading.Lock()
        self.now = {kind: self.truth(kind) for kind in _KINDS}
        self.first = {kind: frozenset(records) for kind, records in self.now.items()}
        self._deleted: dict[str, set[int]] = defaultdict(set)
        self._versions: dict[str, dict[int, list[Version]]] = {
            kind: {number: [version] for number, version in records.items()} for kind, records in self.now.items()
        }

    def truth(self, kind: str) -> dict[int, Version]:
        """What the pretend Pipedrive says at this moment."""
        found: dict[int, Version] = {}
        cursor: str | None = ""
        while cursor is not None:
            asked = {"limit": 500, **({"cursor": cursor} if cursor else {})}
            answer = self._asked("GET", f"/api/v2/{kind}", params=asked)
            found |= {record["id"]: _version(kind, record) for record in answer["data"]}
            cursor = answer.get("additional_data", {}).get("next_cursor")
        return found

    def let_happen(self, change: Change) -> str:
        """What happened, in words."""
        self._number += 1
        ids = sorted(self.now[change.kind])
        number = ids[int(change.chance * len(ids))]
        path = f"/api/v2/{change.kind}"
        if change.deed == "create":
            # Remembered before it is there: whoever reads at once must be known to be right.
            with self._lock:
                record = self._asked("POST", path, json=self._news(change.kind))["data"]
                self._keep(change.kind, record)
            return f"{change.kind} {record['id']} created"
        if change.deed == "delete":
            with self._lock:
                self._deleted[change.kind].add(number)
                self._asked("DELETE", f"{path}/{number}")
                del self.now[change.kind][number]
            return f"{change.kind} {number} deleted"
        with self._lock:
            self._keep(change.kind, self._asked("PATCH", f"{path}/{number}", json=self._news(change.kind))["data"])
        return f"{change.kind} {number} changed"

    def age(self, kind: str, number: int, version: Version) -> int | None:
        """As the how-manieth version of that record it looked like that; None where it never did."""
        with self._lock:
            versions = self._versions[kind].get(number, [])
            return versions.index(version) if version in versions else None

    def always_there(self, kind: str) -> set[int]:
        """Records that were there from the beginning and were not deleted until now."""
        with self._lock:
            return set(self.first[kind] - self._deleted[kind])

    def gone(self, kind: str) -> set[int]:
        with self._lock:
            return set(self._deleted[kind])

    def _news(self, kind: str) -> dict[str, Any]:
        name = f"Change {self._number}"
        return {"title": name, "value": self._number} if kind == "deals" else {"name": name}

    def _keep(self, kind: str, record: dict[str, Any]) -> None:
        version = _version(kind, record)
        self.now[kind][record["id"]] = version
        self._versions[kind].setdefault(record["id"], []).append(version)

    def _asked(self, method: str, path: str, **how: Any) -> dict[str, Any]:
        answer = self._session.request(method, self._address + path, timeout=30, **how)
        answer.raise_for_status()
        return dict(answer.json())


def _version(kind: str, record: dict[str, Any]) -> Version:
    return tuple(as_shown(record[name]) for name in FIELDS[kind])


def as_shown(value: Any) -> Any:
    """As one can compare what a sheet shows: no matter whether a number is whole, nothing is nothing."""
    if value in ("", None):
        return None
    return float(value) if isinstance(value, int | float) else value
