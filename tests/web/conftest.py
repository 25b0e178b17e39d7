"""The pages on real services and a pretend Pipedrive; Alice, Bob and Charlie at their browsers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
import requests
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache

from importers.config import Settings
from importers.http.session import make_session
from importers.model import Actor, Connection, Importer, Run
from importers.secret import Secret
from importers.services import Services
from sandbox.adapters import WSGIAdapter
from sandbox.pipedrive import create_app as create_sandbox
from sandbox.world import TOKEN, World
from tests.builders import a_draft
from tests.fakes import FakeClock
from tests.google import ByHost
from tests.people import ALICE, BOB, CHARLIE
from tests.web.browser import Browser
from web import create_app, current

SESSION_KEY = Secret("a key for tests")


@pytest.fixture(scope="session")
def pretend_app() -> Flask:
    """The pretend Pipedrive: made once, because that takes longer than most tests."""
    return create_sandbox(World(deals=60), plan="none")


@pytest.fixture
def pretend(pretend_app: Flask) -> Any:
    """What a test makes trouble with."""
    sandbox = pretend_app.extensions["sandbox"]
    sandbox.faults.clear()
    sandbox.journal.clear()
    return sandbox


@pytest.fixture
def session(request: pytest.FixtureRequest, pretend_app: Flask, pretend: Any, clock: FakeClock) -> requests.Session:
    """Carries calls for Pipedrive and Google into the pretend ones; Google is made for whoever calls it."""

    def google() -> WSGIAdapter:
        return WSGIAdapter(request.getfixturevalue("google_app"), on_wait=clock.sleep)

    return make_session(reroutes={}, adapter=ByHost(google, WSGIAdapter(pretend_app)))


class CompiledTemplates(BytecodeCache):
    """Templates compiled by one test serve the next."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


COMPILED = CompiledTemplates()


@pytest.fixture(scope="session")
def one_app() -> Flask:
    """The pages without anything behind them: made once, because that takes longer than most tests."""
    nowhere = Settings(home=Path("/nowhere"), database_url="", redis_url="", session_key=SESSION_KEY)
    return create_app(cast(Services, None), nowhere)


@pytest.fixture
def app(one_app: Flask, services: Services, settings: Settings) -> Iterator[Flask]:
    current.attach(one_app, services, replace(settings, session_key=SESSION_KEY))
    yield one_app
    one_app.extensions["pipesheet.limiter"].reset()


@pytest.fixture
def own_app(services: Services, settings: Settings) -> Flask:
    """For a test that changes more of it than it could undo."""
    app = create_app(services, replace(settings, session_key=SESSION_KEY))
    app.jinja_env.bytecode_cache = COMPILED
    return app


@pytest.fixture(scope="session")
def cookies() -> dict[str, str]:
    """What signing in gave to whom: the same accounts and the same key make a cookie good for every test."""
    return {}


@pytest.fixture
def visitor(app: Flask) -> Browser:
    return Browser(app)


@pytest.fixture
def at_alice(app: Flask, alice: Actor, cookies: dict[str, str]) -> Browser:
    return _signed_in(app, ALICE, cookies)


@pytest.fixture
def at_bob(app: Flask, bob: Actor, cookies: dict[str, str]) -> Browser:
    return _signed_in(app, BOB, cookies)


@pytest.fixture
def at_charlie(app: Flask, charlie: Actor, cookies: dict[str, str]) -> Browser:
    return _signed_in(app, CHARLIE, cookies)


@pytest.fixture
def connection(services: Services, alice: Actor) -> Connection:
    return services.connections.link(alice, Secret(TOKEN))


@pytest.fixture
def importer(services: Services, alice: Actor, connection: Connection) -> Importer:
    """Alice's deals, by hand, not run yet."""
    return services.importers.create(alice, a_draft(connection_id=connection.id))


@pytest.fixture
def done(services: Services, alice: Actor, importer: Importer) -> Run:
    """A run of `importer` that went well."""
    return services.runs.start(alice, importer.id)


@pytest.fixture
def refused(pretend: Any, services: Services, alice: Actor, importer: Importer) -> Run:
    """A run of `importer` that Pipedrive refused."""
    pretend.faults.add("revoked")
    run = services.runs.start(alice, importer.id)
    pretend.faults.clear()
    return run


def _signed_in(app: Flask, email: str, cookies: dict[str, str]) -> Browser:
    """A browser that has a session and has opened nothing yet."""
    if email not in cookies:
        cookies[email] = Browser(app).cookie_of(email)
    browser = Browser(app)
    browser.client.set_cookie("pipesheet", cookies[email])
    return browser
