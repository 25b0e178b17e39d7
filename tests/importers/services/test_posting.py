"""Letters are sent, tried again, and never lost; who is killed in between sends one again under the same key."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from importers import bootstrap
from importers.config import Settings, Smtp
from importers.errors import ImporterError, SetupError
from importers.model import Actor
from importers.notices import Channel, Letter, Sending, SendingState
from importers.secret import Secret
from importers.services import Services
from importers.services.posting import LEASE, WAITS
from importers.store.sql import SqlStore
from tests.contracts.notices import a_letter
from tests.contracts.store import at_once
from tests.fakes import NEW_YEAR, FakeClock
from tests.importers.channels.listener import Listener, listening
from tests.processes import wait_until
from tests.secrecy import found_in, in_sqlite


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


@pytest.fixture
def services(settings: Settings, store: SqlStore, clock: FakeClock) -> Iterator[Services]:
    """As in the sandbox: this machine may be reached."""
    services = bootstrap.build(replace(settings, sandbox=True), clock=clock)
    yield services
    services.close()


@pytest.fixture
def channel(services: Services, alice: Actor, listener: Listener) -> Channel:
    return services.channels.add_webhook(alice, "Ops", Secret(listener.url))[0]


def told(store: SqlStore, actor: Actor, **changes: Any) -> Letter:
    letter = a_letter(**changes)
    assert store.tell(actor.workspace.id, letter, cause="x", now=NEW_YEAR)
    return letter


def told_at(store: SqlStore, actor: Actor, clock: FakeClock) -> None:
    assert store.tell(actor.workspace.id, a_letter(), cause="x", now=clock.now())


def the_sending(store: SqlStore, actor: Actor) -> Sending:
    [notice] = store.notices(actor.workspace.id, limit=1)
    [sending] = notice.sendings
    return sending


def test_what_is_due_is_sent_once(
    services: Services, store: SqlStore, alice: Actor, channel: Channel, listener: Listener
):
    letter = told(store, alice)
    assert (services.posting.send_due(), services.posting.send_due()) == (1, 0)
    [heard] = listener.heard
    assert json.loads(heard.body)["id"] == letter.key
    sending = the_sending(store, alice)
    assert (sending.state, sending.reason) == (SendingState.SENT, "127.0.0.1 answered 200: ok")


def test_every_channel_gets_it_whatever_becomes_of_the_others(
    services: Services, store: SqlStore, alice: Actor, channel: Channel, listener: Listener
):
    services.channels.add_slack(alice, "Nobody", Secret("http://127.0.0.1:9/x"))
    told(store, alice)
    assert services.posting.send_due() == 1
    [notice] = store.notices(alice.workspace.id, limit=1)
    assert {one.name: one.state for one in notice.sendings} == {
        "Ops": SendingState.SENT,
        "Nobody": SendingState.WAITING,
    }


def test_many_processes_send_it_once(
    services: Services, store: SqlStore, alice: Actor, channel: Channel, listener: Listener
):
    told(store, alice)
    assert sum(at_once([services.posting.send_due] * 4)) == 1
    assert len(listener.heard) == 1


@pytest.fixture
def senders(services: Services) -> Iterator[Callable[[int], None]]:
    """So many threads that send what is due."""
    with ThreadPoolExecutor() as pool:
        yield lambda number: [pool.submit(services.posting.send_due) for _ in range(number)] and None


def test_slow_receivers_of_one_workspace_keep_no_other_waiting(
    services: Services, store: SqlStore, alice: Actor, charlie: Actor, channel: Channel, listener: Listener,
    senders: Callable[[int], None],
):  # fmt: skip
    with listening() as slow:
        slow.breaks_off, slow.lingers = b"HTTP/1.1 2", 30
        for number in range(10):
            services.channels.add_webhook(charlie, str(number), Secret(slow.url))
        told(store, charlie)
        told(store, alice)
        senders(4)
        wait_until(lambda: listener.heard)
        time.sleep(0.1)
        assert 1 <= len(slow.heard) <= 2
        told(store, alice)
        senders(1)
        wait_until(lambda: len(listener.heard) == 2)
        assert 1 <= len(slow.heard) <= 2
        slow.breaks_off, slow.lingers = b"HTTP/1.1 200 OK\r\n\r\n", 0
        slow.over.set()
        wait_until(lambda: len(slow.heard) == 10)


def test_workspaces_take_turns_however_many_letters_one_has(
    services: Services, store: SqlStore, alice: Actor, charlie: Actor, listener: Listener
):
    for actor, number in ((charlie, 4), (alice, 2)):
        services.channels.add_webhook(actor, "", Secret(f"http://127.0.0.1:{listener.port}/{actor.workspace.name}"))
        for _ in range(number):
            told(store, actor)
    assert services.posting.send_due() == 6
    theirs, ours = f"/{charlie.workspace.name}", f"/{alice.workspace.name}"
    assert [heard.path for heard in listener.heard] == [theirs, ours, theirs, ours, theirs, theirs]


def test_it_stops_when_it_is_asked_to(
    services: Services, store: SqlStore, alice: Actor, channel: Channel, listener: Listener
):
    for _ in range(3):
        told(store, alice)
    assert services.posting.send_due(until=lambda: bool(listener.heard)) == 1
    assert services.posting.send_due() == 2


def test_what_was_to_be_sent_later_by_a_clock_that_was_ahead_is_sent(
    services: Services, store: SqlStore, alice: Actor, channel: Channel, listener: Listener, clock: FakeClock
):
    """One of them was tried and is to be tried again, the other is new."""
    clock.advance(days=366)
    listener.answer(503)
    told_at(store, alice, clock)
    services.posting.send_due()
    told_at(store, alice, clock)
    clock.advance(days=-366)
    listener.answer(200, "ok")
    assert services.posting.send_due() == 2


def test_it_is_tried_again_ever_more_rarely_for_about_a_day_and_then_has_failed(
    services: Services, store: SqlStore, alice: Actor, channel: Channel, listener: Listener, clock: FakeClock
):
    listener.answer(503, "closed")
    told(store, alice)
    for number, wait in enumerate(WAITS, 1):
        services.posting.send_due()
        sending = the_sending(store, alice)
        assert (sending.state, sending.tries) == (SendingState.WAITING, number)
        assert sending.next_at == clock.now() + wait
        assert sending.reason == "127.0.0.1 answered 503: closed."
        clock.advance(seconds=wait.total_seconds() - 1)
        assert services.posting.send_due() == 0
        assert the_sending(store, alice).tries == number
        clock.advance(seconds=1)
    services.posting.send_due()
    assert the_sending(store, alice).state is SendingState.FAILED
    assert timedelta(hours=23) < clock.now() - NEW_YEAR < timedelta(hours=25)
    clock.advance(days=2)
    services.posting.send_due()
    assert len(listener.heard) == len(WAITS) + 1


def test_it_arrives_once_the_other_side_is_back(
    services: Services, store: SqlStore, alice: Actor, channel: Channel, listener: Listener, clock: FakeClock
):
    listener.answers[:] = [(500, "oops", {}), (200, "ok", {})]
    told(store, alice)
    assert services.posting.send_due() == 0
    clock.advance(minutes=1)
    assert services.posting.send_due() == 1


def test_it_comes_back_no_sooner_than_it_was_asked_to(
    services: Services, store: SqlStore, alice: Actor, channel: Channel, listener: Listener, clock: FakeClock
):
    listener.answer(429, "slow down", Retry_After="1800")
    told(store, alice)
    services.posting.send_due()
    assert the_sending(store, alice).next_at == clock.now() + timedelta(minutes=30)


def test_who_is_killed_before_sending_leaves_it_to_others(
    services: Services, store: SqlStore, alice: Actor, channel: Channel, listener: Listener, clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    told(store, alice)

    def killed(*_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(services.posting, "carry", killed)
    with pytest.raises(KeyboardInterrupt):
        services.posting.send_due()
    monkeypatch.undo()
    assert services.posting.send_due() == 0
    clock.advance(seconds=LEASE.total_seconds())
    assert services.posting.send_due() == 1
    assert len(listener.heard) == 1


def test_who_is_killed_before_noting_that_it_was_sent_has_it_sent_again_under_the_same_key(
    services: Services, store: SqlStore, alice: Actor, channel: Channel, listener: Listener, clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    told(store, alice)

    def killed(*_: object, **__: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(SqlStore, "settle_sending", killed)
    with pytest.raises(KeyboardInterrupt):
        services.posting.send_due()
    monkeypatch.undo()
    clock.advance(seconds=LEASE.total_seconds())
    assert services.posting.send_due() == 1
    first, second = listener.heard
    assert first.headers["Pipesheet-Notice"] == second.headers["Pipesheet-Notice"]
    assert json.loads(first.body) == json.loads(second.body)
    clock.advance(days=1)
    assert services.posting.send_due() == 0


def test_a_mistake_of_ours_is_tried_again_and_tells_nothing_but_its_name(
    services: Services, store: SqlStore, alice: Actor, channel: Channel, listener: Listener,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
):  # fmt: skip
    told(store, alice)

    def mistaken(*_: object) -> str:
        raise ValueError(listener.url)

    monkeypatch.setattr(services.posting, "carry", mistaken)
    with caplog.at_level(logging.DEBUG):
        services.posting.send_due()
    sending = the_sending(store, alice)
    assert (sending.state, sending.reason) == (
        SendingState.WAITING,
        "Pipesheet made a mistake while sending it (ValueError).",
    )
    assert "very-secret-path" not in caplog.text


def test_without_a_mail_server_e_mail_says_what_is_missing(
    settings: Settings, store: SqlStore, alice: Actor, services: Services, clock: FakeClock
):
    smtp = Smtp("127.0.0.1", 9, "p@example.com", security="none")
    with_mail = bootstrap.build(replace(settings, smtp=smtp), clock=clock)
    with_mail.channels.add_email(alice, "", "ann@example.com")
    with_mail.close()
    told(store, alice)
    services.posting.send_due()
    assert "SMTP_URL" in the_sending(store, alice).reason


def test_a_secret_that_cannot_be_opened_is_told(services: Services, store: SqlStore, alice: Actor, channel: Channel):
    store.change_channel(alice.workspace.id, channel.id, name="Ops", place="x", sealed=b"nonsense")
    told(store, alice)
    services.posting.send_due()
    assert "cannot be opened" in the_sending(store, alice).reason
    with pytest.raises(SetupError):
        services.channels.test(alice, channel.id)


def test_no_secret_is_kept_or_logged_in_the_open(
    services: Services, store: SqlStore, alice: Actor, listener: Listener, settings: Settings, clock: FakeClock,
    caplog: pytest.LogCaptureFixture,
):  # fmt: skip
    channel, key = services.channels.add_webhook(alice, "", Secret(listener.url))
    slack = services.channels.add_slack(alice, "", Secret(listener.url))
    secrets = {"address": listener.url.partition("/hook")[2], "key": key.reveal()}
    with caplog.at_level(logging.DEBUG):
        for status in (200, 404, 500):
            told(store, alice)
            listener.answer(status, f"you sent {listener.url}")
            services.posting.send_due()
            for one, repeats in ((channel, key.reveal()), (slack, "")):
                listener.answer(status, f"you sent {listener.url} {repeats}")
                try:
                    said = services.channels.test(alice, one.id)
                except ImporterError as error:
                    said = str(error)
                assert found_in(said.encode(), secrets) == []
            clock.advance(hours=1)
    assert found_in(caplog.text.encode(), secrets) == []
    assert found_in(in_sqlite(settings.home / "pipesheet.db"), secrets) == []
    assert found_in(repr([services.channels.list(alice), services.channels.history(alice)]).encode(), secrets) == []
    assert listener.heard
