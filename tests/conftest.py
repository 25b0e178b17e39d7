"""Fixtures for everybody: no network, a clock that stands still, services on a fresh database."""

from __future__ import annotations

import gc
import os
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
import requests
from argon2 import PasswordHasher
from flask import Flask

from importers import bootstrap
from importers.config import Settings, is_loopback
from importers.http.session import make_session
from importers.model import Actor, Connection
from importers.secret import Secret
from importers.services import Services
from importers.store.migrate import migrate
from importers.store.sql import SqlStore
from sandbox.adapters import WSGIAdapter
from sandbox.pipedrive import Sandbox, create_app
from sandbox.world import TOKEN, World
from tests import people
from tests.fakes import FakeClock
from tests.google import ByHost
from tests.postgresql import a_database

if TYPE_CHECKING:
    from sandbox.google.app import Google

hypothesis.settings.register_profile("quick", deadline=None, max_examples=25)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=100)


def pytest_configure(config: pytest.Config) -> None:
    """Who leaves out the slow tests wants fewer examples of the others, too."""
    hypothesis.settings.load_profile("quick" if "not slow" in config.option.markexpr else "thorough")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: while a test waits for processes of its own, another one is at work."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_finish() -> None:
    """Thousands of tests, once found, stay: nobody needs to look through them for garbage again and again."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What tests have to say about how they were run: `record_property("told", ...)`."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, text in getattr(report, "user_properties", ()):
                if name == "told" and report.when == "call":
                    terminalreporter.write_line(str(text))


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """A test that reaches for another machine fails, and says which."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, _only_here(getattr(socket.socket, name)))
        yield


def _only_here(connect):  # type: ignore[no-untyped-def]
    def connect_here(self, address):  # type: ignore[no-untyped-def]
        if self.family != socket.AF_UNIX and not is_loopback(str(address[0])):
            raise AssertionError(f"a test wanted to connect to {address}")
        return connect(self, address)

    return connect_here


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Hashing a password takes half a second on purpose; here it takes none."""
    quick = partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("importers.services.people.PasswordHasher", quick)
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_keys() -> Iterator[None]:
    """Reading the key of a service account looks for the primes of it; the same one is looked at once."""
    from google.auth.crypt import RSASigner

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RSASigner, "from_string", lru_cache(maxsize=10)(RSASigner.from_string))
        yield


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    home = tmp_path / "home"
    return Settings(home=home, database_url=f"sqlite:///{home / 'pipesheet.db'}", redis_url="")


@pytest.fixture(scope="session")
def world() -> World:
    """The sandbox's company, small. Nothing changes it, so it is made once."""
    return World(deals=60)


@pytest.fixture(scope="session")
def sandbox_app(world: World) -> Flask:
    """The pretend Pipedrive, without limits."""
    return create_app(world, plan="none")


@pytest.fixture
def sandbox(sandbox_app: Flask) -> Iterator[Sandbox]:
    """Its faults, to lay out, and its journal, to read; both are empty before and after."""
    held: Sandbox = sandbox_app.extensions["sandbox"]
    yield held
    held.faults.clear()
    held.journal.clear()
    held.oauth.grants.clear()


@pytest.fixture(scope="session")
def google_app() -> Flask:
    """The pretend Google, without limits."""
    from sandbox.google.app import create_app

    return create_app(per_project=None, per_user=None)


@pytest.fixture
def google(google_app: Flask) -> Iterator[Google]:
    """Its files, tokens, faults and journal; all are empty before and after."""
    held: Google = google_app.extensions["google"]
    yield held
    held.clear()


@pytest.fixture
def session(request: pytest.FixtureRequest, sandbox_app: Flask, sandbox: Sandbox, clock: FakeClock) -> requests.Session:
    """Carries calls for Pipedrive and Google into the sandbox, in process."""

    def google() -> WSGIAdapter:
        return WSGIAdapter(request.getfixturevalue("google_app"), on_wait=clock.sleep)

    return make_session(reroutes={}, adapter=ByHost(google, WSGIAdapter(sandbox_app, on_wait=clock.sleep)))


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database, migrated once; each test takes a copy, which is much faster."""
    file = tmp_path_factory.mktemp("migrated") / "pipesheet.db"
    migrate(f"sqlite:///{file}")
    return file


@dataclass(frozen=True, slots=True)
class Inhabited:
    """A migrated database in which Alice, Bob and Charlie live already."""

    file: Path
    neighbours: people.Neighbours


@pytest.fixture(scope="session")
def inhabited(migrated_file: Path) -> Inhabited:
    file = migrated_file.with_name("inhabited.db")
    shutil.copy(migrated_file, file)
    store = SqlStore(f"sqlite:///{file}")
    neighbours = people.move_in(store)
    store.close()
    return Inhabited(file, neighbours)


@pytest.fixture
def store(request: pytest.FixtureRequest, settings: Settings) -> Iterator[SqlStore]:
    """The store behind `services`, for what services do not show; with the neighbours, where a test knows them."""
    knows_them = "inhabited" in request.fixturenames
    file = request.getfixturevalue("inhabited").file if knows_them else request.getfixturevalue("migrated_file")
    settings.home.mkdir(mode=0o700)
    shutil.copy(file, settings.home / "pipesheet.db")
    store = SqlStore(settings.database_url)
    yield store
    store.close()


@pytest.fixture
def services(settings: Settings, store: SqlStore, session: requests.Session, clock: FakeClock) -> Iterator[Services]:
    """The real thing on a fresh SQLite file; runs are carried out at once by whoever starts them."""
    services = bootstrap.build(settings, clock=clock, session=session)
    yield services
    services.close()


@pytest.fixture
def neighbours(inhabited: Inhabited, store: SqlStore) -> people.Neighbours:
    assert store.has_users(), "a test that asks for neighbours by request.getfixturevalue names `inhabited` as well"
    return inhabited.neighbours


@pytest.fixture
def alice(neighbours: people.Neighbours) -> Actor:
    return neighbours.alice


@pytest.fixture
def bob(neighbours: people.Neighbours) -> Actor:
    return neighbours.bob


@pytest.fixture
def charlie(neighbours: people.Neighbours) -> Actor:
    return neighbours.charlie


@pytest.fixture
def connection(services: Services, alice: Actor) -> Connection:
    """Alice's account at the sandbox."""
    return services.connections.link(alice, Secret(TOKEN))


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """An empty schema on a real PostgreSQL."""
    with a_database() as url:
        yield url


@pytest.fixture(scope="session")
def chrome() -> Iterator[Any]:
    """Chromium, once for all tests of a process: Playwright cannot be started a second time beside itself."""
    from tests.browser import chromium

    with chromium() as browser:
        yield browser
