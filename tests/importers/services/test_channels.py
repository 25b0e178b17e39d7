"""Channels: who may add them, what is refused, and what is shown only once."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import replace

import pytest

from importers import bootstrap
from importers.config import Settings, Smtp
from importers.errors import AccessDenied, InvalidSettings, NotThere
from importers.model import Actor
from importers.notices import ChannelKind, Telling
from importers.secret import Secret
from importers.services import Services
from importers.services.channels import MOST_CHANNELS
from importers.store.sql import SqlStore
from tests.fakes import FakeClock
from tests.importers.channels.listener import Heard, Listener, listening

HOOK = Secret("https://hooks.slack.com/services/T0/B0/a-secret")


@pytest.fixture
def services(settings: Settings, store: SqlStore, clock: FakeClock) -> Iterator[Services]:
    smtp = Smtp("127.0.0.1", 9, "pipesheet@example.com", security="none")
    services = bootstrap.build(replace(settings, sandbox=True, smtp=smtp), clock=clock)
    yield services
    services.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


def is_signed_with(key: Secret, heard: Heard) -> bool:
    at, v1 = (part.partition("=")[2] for part in heard.headers["Pipesheet-Signature"].split(","))
    return v1 == hmac.new(key.reveal().encode(), f"{at}.".encode() + heard.body, hashlib.sha256).hexdigest()


def test_of_an_address_only_its_host_is_shown(services: Services, alice: Actor):
    channel = services.channels.add_slack(alice, "  Sales \n team ", HOOK)
    assert (channel.name, channel.place, channel.kind) == ("Sales team", "hooks.slack.com", ChannelKind.SLACK)
    assert b"a-secret" not in channel.sealed
    assert services.channels.list(alice) == [channel]


def test_a_channel_without_a_name_is_called_by_its_place(services: Services, alice: Actor):
    assert services.channels.add_slack(alice, "", HOOK).name == "hooks.slack.com"
    assert services.channels.add_email(alice, "", "ann@example.com, bob@example.com").name == "ann@example.com"


def test_recipients_may_be_typed_in_any_way(services: Services, alice: Actor):
    channel = services.channels.add_email(alice, "", " ann@Example.com;bob@example.com\nann@Example.com, ")
    assert channel.recipients == ("ann@example.com", "bob@example.com")


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "Nobody would get it"),
        ("ann", "ann is not an e-mail address"),
        ("ann@example.com bob@", "bob@ is not"),
        (" ".join(f"a{number}@example.com" for number in range(21)), "Those are 21 addresses"),
    ],
)
def test_recipients_that_are_none_are_refused_at_their_field(services: Services, alice: Actor, typed: str, says: str):
    with pytest.raises(InvalidSettings, match=says) as caught:
        services.channels.add_email(alice, "", typed)
    assert caught.value.facts["field"] == "recipients"


def test_an_address_that_is_none_is_refused_at_its_field(services: Services, alice: Actor):
    for add in (services.channels.add_slack, services.channels.add_webhook):
        with pytest.raises(InvalidSettings) as caught:
            add(alice, "", Secret("nonsense with-a-secret"))
        assert caught.value.facts["field"] == "url"
        assert "with-a-secret" not in str(caught.value)


def test_a_webhook_is_signed_with_what_was_shown_once(services: Services, alice: Actor, listener: Listener):
    channel, key = services.channels.add_webhook(alice, "", Secret(listener.url))
    assert services.channels.test(alice, channel.id) == "127.0.0.1 answered 200: ok"
    renewed = services.channels.renew_key(alice, channel.id)
    services.channels.test(alice, channel.id)
    first, second = listener.heard
    assert (is_signed_with(key, first), is_signed_with(renewed, first)) == (True, False)
    assert (is_signed_with(key, second), is_signed_with(renewed, second)) == (False, True)


def test_a_new_address_keeps_the_secret_and_no_address_keeps_the_old_one(
    services: Services, alice: Actor, listener: Listener
):
    channel, key = services.channels.add_webhook(alice, "Old", Secret("https://example.com/x"))
    changed = services.channels.change(alice, channel.id, "New", url=Secret(listener.url))
    assert (changed.name, changed.place) == ("New", "127.0.0.1")
    services.channels.change(alice, channel.id, "Newer")
    services.channels.test(alice, channel.id)
    assert is_signed_with(key, listener.heard[0])


def test_recipients_change(services: Services, alice: Actor):
    channel = services.channels.add_email(alice, "", "ann@example.com")
    changed = services.channels.change(alice, channel.id, "Us", recipients="bob@example.com")
    assert (changed.name, changed.recipients) == ("Us", ("bob@example.com",))


def test_only_webhooks_have_something_to_renew(services: Services, alice: Actor):
    channel = services.channels.add_slack(alice, "", HOOK)
    with pytest.raises(InvalidSettings, match="no webhook"):
        services.channels.renew_key(alice, channel.id)


def test_there_are_not_more_channels_than_anybody_needs(services: Services, alice: Actor):
    for _ in range(MOST_CHANNELS):
        services.channels.add_slack(alice, "", HOOK)
    with pytest.raises(InvalidSettings, match="20 channels already"):
        services.channels.add_slack(alice, "", HOOK)


def test_a_test_says_honestly_what_was_answered(services: Services, alice: Actor, listener: Listener):
    channel = services.channels.add_slack(alice, "", Secret(listener.url))
    listener.answer(404, "no_service")
    with pytest.raises(InvalidSettings, match=r"127\.0\.0\.1 answered 404: no_service"):
        services.channels.test(alice, channel.id)
    assert services.channels.history(alice) == []


def test_editors_look_and_owners_decide(services: Services, alice: Actor, bob: Actor):
    channel, _ = services.channels.add_webhook(alice, "", Secret("https://example.com/x"))
    assert services.channels.list(bob) == [channel]
    for deed in (
        lambda: services.channels.add_email(bob, "", "bob@example.com"),
        lambda: services.channels.add_slack(bob, "", HOOK),
        lambda: services.channels.add_webhook(bob, "", HOOK),
        lambda: services.channels.change(bob, channel.id, "Mine"),
        lambda: services.channels.renew_key(bob, channel.id),
        lambda: services.channels.remove(bob, channel.id),
        lambda: services.channels.test(bob, channel.id),
        lambda: services.channels.keep_telling(bob, Telling()),
    ):
        with pytest.raises(AccessDenied, match="You may not"):
            deed()
    assert services.channels.list(alice) == [channel]


def test_others_have_no_part_in_it(services: Services, alice: Actor, charlie: Actor):
    channel, _ = services.channels.add_webhook(alice, "", Secret("https://example.com/x"))
    services.channels.keep_telling(alice, Telling(after_other=9))
    assert services.channels.list(charlie) == []
    assert services.channels.telling(charlie) == Telling()
    for deed in (
        lambda: services.channels.get(charlie, channel.id),
        lambda: services.channels.change(charlie, channel.id, "Mine"),
        lambda: services.channels.renew_key(charlie, channel.id),
        lambda: services.channels.remove(charlie, channel.id),
        lambda: services.channels.test(charlie, channel.id),
    ):
        with pytest.raises(NotThere):
            deed()


def test_e_mail_is_offered_only_where_there_is_a_mail_server(services: Services, settings: Settings, clock: FakeClock):
    assert ChannelKind.EMAIL in services.channels.kinds
    without = bootstrap.build(settings, clock=clock)
    assert without.channels.kinds == {ChannelKind.SLACK, ChannelKind.WEBHOOK}
    without.close()
