"""The pretend Google beside the pretend Pipedrive, in process, and what one needs to be let in."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import requests
from requests.adapters import BaseAdapter

from importers.secret import Secret
from sandbox.google import scopes
from sandbox.google.accounts import ALEX, DEMO, DEMO_ROBOT, Client, Person

if TYPE_CHECKING:
    from sandbox.google.app import Google
    from sandbox.google.files import File

ROBOT_KEY = Secret(json.dumps(DEMO_ROBOT.key_file()))
VERIFIER = Secret("v" * 50)
BACK = "http://127.0.0.1:8000/connections/google/callback"
ASKED = ("openid", scopes.EMAIL, scopes.DRIVE_FILE)
APP: Mapping[str, Any] = {"google_client_id": DEMO.client_id, "google_client_secret": Secret(DEMO.client_secret)}
"""The settings of the trial app."""


class ByHost(BaseAdapter):
    """Calls for Google go one way, all others another; Google is made when it is called for the first time."""

    def __init__(self, google: Callable[[], BaseAdapter], others: BaseAdapter) -> None:
        super().__init__()
        self._google = google
        self._others = others

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        host = urlsplit(request.url or "").hostname or ""
        carrier = self._google() if host.endswith((".googleapis.com", ".google.com")) else self._others
        return carrier.send(request, *args, **kwargs)

    def close(self) -> None:
        self._others.close()


def a_code(
    google: Google, consent_url: str, *, person: Person = ALEX, granted: tuple[str, ...] = ASKED, client: Client = DEMO
) -> Secret:
    """What comes back from the consent page that *consent_url* leads to, once Allow was pressed."""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(consent_url).query).items()}
    code = google.tokens.consent(
        client.client_id,
        person.email,
        granted,
        redirect_uri=asked["redirect_uri"],
        challenge=asked.get("code_challenge", ""),
        asks_again=True,
    )
    return Secret(code)


def a_spreadsheet(google: Google, title: str = "Sales 2026", *, owner: Person = ALEX, is_shared: bool = True) -> File:
    """One of Alex's, shared with the service account and picked for the trial app."""
    made = google.files.new_spreadsheet(owner, title)
    if is_shared:
        google.files.share(made, DEMO_ROBOT.email, "writer")
        google.files.give(made, DEMO.client_id, owner.email)
    return made
