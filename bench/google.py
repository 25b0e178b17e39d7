"""The pretend Google in a process of its own, and what the benchmarks do there: sign in, make spreadsheets, count calls."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from bench.processes import pretend
from importers.model import Account, Grant
from importers.secret import Secret
from sandbox.google import scopes
from sandbox.google.accounts import DEMO, DEMO_ROBOT, HOSTS, Person

KEY = Secret(json.dumps(DEMO_ROBOT.key_file()))
_KNOBS = "/_sandbox/google"
_BACK = "http://127.0.0.1:9/back"
_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_ROBOT_SCOPES = f"{scopes.SPREADSHEETS} {scopes.DRIVE_FILE}"


@dataclass(frozen=True)
class Calls:
    """What came to Sheets: requests by what they count for, bytes of bodies, and how many were refused (429)."""

    reads: int = 0
    writes: int = 0
    up: int = 0
    down: int = 0
    refused: int = 0


@dataclass(frozen=True)
class PretendGoogle:
    """One that answers at `base`."""

    base: str

    @property
    def reroutes(self) -> dict[str, str]:
        return dict.fromkeys(HOSTS, self.base)

    def new_spreadsheet(self, title: str, owner: str = "", *, shared: bool = True) -> str:
        """Shared with the service account; the id."""
        made = self._knob("POST", "/files", json={"title": title, "owner": owner}).json()
        if shared:
            self.share(made["id"])
        return str(made["id"])

    def share(self, spreadsheet_id: str, *, role: str = "writer") -> None:
        """With the service account; the role "none" ends that."""
        self._knob("POST", f"/files/{spreadsheet_id}/share", json={"email": DEMO_ROBOT.email, "role": role})

    def delete(self, spreadsheet_id: str) -> None:
        self._knob("POST", f"/files/{spreadsheet_id}/delete")

    def forget_calls(self) -> None:
        self._knob("DELETE", "/journal")

    def calls(self) -> Calls:
        """Since they were forgotten."""
        asked = [call for call in self._knob("GET", "/journal").json() if call["path"].startswith("/v4/")]
        kinds = [call["kind"] for call in asked]
        return Calls(
            kinds.count("read"),
            kinds.count("write"),
            sum(call["received"] for call in asked),
            sum(call["sent"] for call in asked),
            sum(call["status"] == 429 for call in asked),
        )

    def quota(self) -> dict[str, Any]:
        told: dict[str, Any] = self._knob("GET", "/quota").json()
        return told

    def set_quota(self, **figures: Any) -> None:
        """And forget what was asked so far."""
        self._knob("POST", "/quota", json=figures)
        self._knob("DELETE", "/quota")

    def robot_token(self) -> str:
        """An access token of the service account."""
        now = int(time.time())
        claims = {"iss": DEMO_ROBOT.email, "scope": _ROBOT_SCOPES, "aud": "https://oauth2.googleapis.com/token"}
        form = {
            "grant_type": _JWT_BEARER,
            "assertion": DEMO_ROBOT.key.signed({**claims, "iat": now, "exp": now + 3600}),
        }
        return str(_good(requests.post(f"{self.base}/token", data=form, timeout=10)).json()["access_token"])

    def grant(self, person: Person) -> tuple[Grant, Account]:
        """What the trial app gets when *person* presses Allow; good for an hour."""
        from datetime import UTC, datetime, timedelta

        granted = f"openid {scopes.EMAIL} {scopes.SPREADSHEETS}"
        asked = {"client_id": DEMO.client_id, "redirect_uri": _BACK, "response_type": "code", "scope": granted}
        pressed = {**asked, "account": person.email, "answer": "allow", "granted": scopes.SPREADSHEETS}
        consent = requests.post(
            f"{self.base}/o/oauth2/v2/auth",
            params={"access_type": "offline"},
            data=pressed,
            allow_redirects=False,
            timeout=10,
        )
        code = parse_qs(urlsplit(consent.headers["Location"]).query)["code"][0]
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": _BACK,
            "client_id": DEMO.client_id,
            "client_secret": DEMO.client_secret,
        }
        told = _good(requests.post(f"{self.base}/token", data=form, timeout=10)).json()
        ends = datetime.now(UTC) + timedelta(seconds=told["expires_in"])
        grant = Grant(
            Secret(told["access_token"]),
            Secret(told.get("refresh_token", "none")),
            ends,
            "sheets.googleapis.com",
            tuple(granted.split()),
        )
        return grant, Account("Google", "google.com", person.email, person.email, subject=person.sub)

    def _knob(self, method: str, path: str, **more: Any) -> requests.Response:
        return _good(requests.request(method, f"{self.base}{_KNOBS}{path}", timeout=30, **more))


@contextmanager
def pretend_google(*arguments: str) -> Iterator[PretendGoogle]:
    with pretend("sandbox.google", arguments, f"{_KNOBS}/quota") as base:
        yield PretendGoogle(base)


def without_limits() -> Sequence[str]:
    return ("--per-user", "0", "--per-project", "0")


def _good(response: requests.Response) -> requests.Response:
    response.raise_for_status()
    return response
