"""Somebody who is signed in at the pretend Google, in process, with time handed in."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import requests
from flask import Flask

from importers.destinations.google_sheets.app import GoogleApp
from importers.destinations.google_sheets.client import SheetsClient
from importers.destinations.google_sheets.credentials import GoogleSignIn, by_grant, by_key
from importers.http.quota import MemoryQuota, Sizes
from importers.http.session import make_session
from importers.model import Account, Grant
from importers.secret import Secret
from sandbox.adapters import WSGIAdapter
from sandbox.google.accounts import ALEX, DEMO, Person
from sandbox.google.app import Google, create_app
from tests.fakes import FakeClock
from tests.google import ASKED, ROBOT_KEY

PLENTY = Sizes(project=100_000, user=100_000)


class RenewedGrants:
    """`interfaces.Grants` without a store: what our app really gets from Google, `renewed` times."""

    def __init__(self, grant: Grant, app: GoogleApp) -> None:
        self.renewed = 0
        self._grant = grant
        self._app = app
        self._lock = threading.Lock()

    def current(self) -> Grant:
        return self._grant

    def newer_than(self, old: Grant) -> Grant:
        with self._lock:
            if self._grant == old:
                self.renewed += 1
                self._grant = self._app.refresh(old)
            return self._grant


@dataclass
class World:
    """The pretend Google, and our way to it. `told` is what owners of runs were told."""

    app: Flask
    google: Google
    clock: FakeClock
    session: requests.Session
    quotas: MemoryQuota
    told: list[str]

    @property
    def ours(self) -> GoogleApp:
        return GoogleApp(
            client_id=DEMO.client_id, client_secret=Secret(DEMO.client_secret), session=self.session, clock=self.clock
        )

    def grants(self, person: Person = ALEX, *, scopes: tuple[str, ...] = ASKED, minutes: int = 60) -> RenewedGrants:
        given = self.google.sign_in(person.email, *scopes)
        ends = self.clock.now() + timedelta(minutes=minutes)
        grant = Grant(Secret(given.access), Secret(given.refresh), ends, "sheets.googleapis.com", scopes)
        return RenewedGrants(grant, self.ours)

    def user(self, person: Person = ALEX, **more: Any) -> SheetsClient:
        grants = self.grants(person, **more)
        account = Account("Google", "google.com", person.email, person.email, subject=person.sub)
        return self.client(by_grant(grants, clock=self.clock, client_id=DEMO.client_id, account=account))

    def robot(self) -> SheetsClient:
        return self.client(by_key(ROBOT_KEY))

    def client(self, sign_in: GoogleSignIn, **more: Any) -> SheetsClient:
        settings: dict[str, Any] = {
            "session": self.session,
            "clock": self.clock,
            "quota": self.quotas.of(sign_in.project, sign_in.user),
            "jitter": lambda: 0.0,
            "tell": self.told.append,
        }
        return SheetsClient(sign_in, **{**settings, **more})


@contextmanager
def a_world(sizes: Sizes = PLENTY, **google: Any) -> Iterator[World]:
    """*google* are options of the pretend one, which has no limits unless they say so."""
    clock = FakeClock()
    options = {"per_project": None, "per_user": None, "now": lambda: clock.now().timestamp(), **google}
    app = create_app(**options)
    session = make_session(reroutes={}, adapter=WSGIAdapter(app, on_wait=clock.sleep))
    held: Google = app.extensions["google"]
    quotas = MemoryQuota(clock, sizes, jitter=lambda: 0.2)
    try:
        yield World(app, held, clock, session, quotas, [])
    finally:
        held.late.drop()
        session.close()
