"""What happens when a host vanishes without a word, because its cable was pulled out: nobody tells the other end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from importers.errors import ConnectionTrouble
from importers.store import database
from importers.store.database import in_our_words, open_engine
from tests.hosts import Host, Network, a_network
from tests.processes import wait_until
from tests.tcp_postgresql import a_postgresql

pytestmark = [pytest.mark.slow, pytest.mark.postgresql]

LOCK = text("SELECT pg_advisory_xact_lock(4711)")


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Network]:
    """With minutes that are seconds."""
    monkeypatch.setattr(database, "_VANISHED_SECONDS", 3)
    with a_network("a", tmp_path) as network, network.centre.inside():
        if not network.is_real:
            pytest.skip(network.told)
        yield network


def test_what_a_vanished_host_held_is_free_again_before_long(network: Network) -> None:
    [host] = network.others
    with a_postgresql(network.centre) as url, disposed(url) as theirs, disposed(url) as ours:
        with host.inside():
            held = theirs.connect()
        held.execute(LOCK)
        with unplugged(host), ours.begin() as sql:
            sql.execute(text("SET LOCAL lock_timeout = '15s'"))
            sql.execute(LOCK)
        held.invalidate()


def test_whoever_waits_for_a_server_that_vanished_hears_of_it_before_long(network: Network) -> None:
    [host] = network.others
    told: list[Exception] = []

    def ask() -> None:
        try:
            with in_our_words():
                connection.execute(text("SELECT pg_sleep(1)"))
        except ConnectionTrouble as trouble:
            told.append(trouble)

    with a_postgresql(network.centre) as url, disposed(url) as engine:
        with host.inside():
            connection = engine.connect()
        asking = threading.Thread(target=ask, daemon=True)
        asking.start()
        time.sleep(0.3)
        with unplugged(host):
            wait_until(lambda: told, 15)
        asking.join(30)
        connection.invalidate()


def test_whoever_was_away_in_the_midst_of_a_transaction_hears_that_it_is_over(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_VANISHED_SECONDS", 1)
    with disposed(postgresql_url) as engine, pytest.raises(ConnectionTrouble):
        be_away_in_the_midst_of_a_transaction(engine)


def be_away_in_the_midst_of_a_transaction(engine: Engine) -> None:
    with in_our_words(), engine.begin() as sql:
        sql.execute(LOCK)
        time.sleep(2)
        sql.execute(LOCK)


@contextmanager
def unplugged(host: Host) -> Iterator[None]:
    host.unplug()
    try:
        yield
    finally:
        host.plug()


@contextmanager
def disposed(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    yield engine
    engine.dispose()
