"""The pages about notices: channels, what is told, what became of the last ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from importers import bootstrap
from importers.config import Settings, Smtp
from importers.model import Actor, Connection, Every, Role, Schedule
from importers.notices import Channel, SendingState, Telling
from importers.secret import Secret
from importers.services import Services
from importers.store.sql import SqlStore
from tests.builders import a_draft
from tests.contracts.notices import a_letter
from tests.fakes import NEW_YEAR, FakeClock
from tests.importers.channels.listener import Listener, listening
from tests.people import PASSWORD, PASSWORD_HASH
from tests.web.browser import Browser
from web import current

SMTP = Smtp("127.0.0.1", 9, "pipesheet@example.com", security="none")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """With a mail server, and with this machine to reach, as in the sandbox."""
    return replace(settings, smtp=SMTP, sandbox=True)


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


@pytest.fixture
def channel(services: Services, alice: Actor, listener: Listener) -> Channel:
    return services.channels.add_slack(alice, "Sales", Secret(listener.url))


def told(store: SqlStore, actor: Actor, **changes: object) -> None:
    assert store.tell(actor.workspace.id, a_letter(**changes), cause="x", now=NEW_YEAR)


def test_the_navigation_leads_there_and_says_why_one_wants_it(at_alice: Browser):
    page = at_alice.open(at_alice.open("/connections").links()["Notices"])
    assert page.heading == "Notices"
    assert "Nobody is told yet" in page.text
    assert "the sheet stays as it was, and looks as if all were well" in page.text
    assert {"E-mail", "Slack", "Webhook"} <= set(page.links())


def test_recipients_are_typed_on_the_page(at_alice: Browser, services: Services, alice: Actor):
    at_alice.open("/notices/channels/new?kind=email")
    page = at_alice.submit(recipients="ann@example.com, not-an-address", name="Team")
    assert at_alice.status == 422
    assert "not-an-address is not an e-mail address" in page.text
    page = at_alice.submit(recipients="ann@example.com\r\nbob@example.com", name="Team")
    assert "Notices go to Team from now on" in page.root.find(role="status").text
    assert "E-mail · ann@example.com, bob@example.com" in page.text
    [channel] = services.channels.list(alice)
    at_alice.open(f"/notices/channels/{channel.id}")
    assert at_alice.submit(recipients="cy@example.com").text.count("cy@example.com")
    assert services.channels.list(alice)[0].recipients == ("cy@example.com",)


def test_an_address_is_never_sent_back(at_alice: Browser, listener: Listener):
    at_alice.open("/notices/channels/new?kind=slack")
    page = at_alice.submit(url="https://not an address/a-secret-part")
    assert at_alice.status == 422
    assert "This is no address that notices can go to" in page.text
    assert "a-secret-part" not in page.html
    page = at_alice.submit(url=listener.url)
    assert "Slack · 127.0.0.1" in page.text
    for path in ("/notices", "/notices/channels/1", "/notices/channels/1/remove"):
        assert "very-secret-path" not in at_alice.open(path).html


def test_an_address_is_needed_only_for_a_new_channel(
    at_alice: Browser, channel: Channel, services: Services, alice: Actor
):
    at_alice.open("/notices/channels/new?kind=slack")
    assert "Paste the address" in at_alice.submit(name="x").text
    at_alice.open(f"/notices/channels/{channel.id}")
    assert "The channel is saved" in at_alice.submit(name="Marketing").text
    [changed] = services.channels.list(alice)
    assert (changed.name, changed.sealed) == ("Marketing", channel.sealed)


def test_the_secret_of_a_webhook_is_shown_once(at_alice: Browser, listener: Listener):
    at_alice.open("/notices/channels/new?kind=webhook")
    page = at_alice.submit(url=listener.url, name="Ops")
    assert page.heading == "The secret of Ops"
    assert page.root.find(data_sent_to="/notices"), "loading the page again would add another channel"
    assert at_alice.response.headers["Cache-Control"] == "no-store"
    key = page.root.find("code").text
    assert key.startswith("whsec_")
    for path in ("/notices", "/notices/channels/1"):
        assert key not in at_alice.open(path).html
    cookie = at_alice.client.get_cookie("pipesheet")
    assert cookie
    assert key not in cookie.value
    page = at_alice.press("New secret")
    assert page.root.find("code").text not in (key, "")


def test_a_test_tells_honestly_what_was_answered(at_alice: Browser, channel: Channel, listener: Listener):
    at_alice.open("/notices")
    page = at_alice.press("Test")
    assert "The test is sent. 127.0.0.1 answered 200: ok." in page.root.find(role="status").text
    listener.answer(404, "no_service")
    page = at_alice.press("Test")
    assert "The test did not arrive. 127.0.0.1 answered 404: no_service." in page.root.find(role="status").text
    assert len(listener.heard) == 2


def test_tests_are_not_for_looking_around_with(at_alice: Browser, channel: Channel, listener: Listener):
    for _ in range(20):
        at_alice.open("/notices")
        at_alice.press("Test")
    at_alice.open("/notices")
    at_alice.press("Test")
    assert at_alice.status == 429
    assert len(listener.heard) == 20


def test_a_channel_is_removed_after_asking(at_alice: Browser, channel: Channel, services: Services, alice: Actor):
    at_alice.open(f"/notices/channels/{channel.id}/remove")
    page = at_alice.press("Remove")
    assert "Sales is removed" in page.root.find(role="status").text
    assert services.channels.list(alice) == []


def test_what_is_told_is_chosen(at_alice: Browser, services: Services, alice: Actor):
    at_alice.open("/notices")
    page = at_alice.submit("/notices/telling", after_other="0")
    assert at_alice.status == 422
    assert "Type a number from 1 to 100" in page.text
    at_alice.submit("/notices/telling", after_owner="2", after_other="5", gaps=None)
    assert services.channels.telling(alice) == Telling(2, 5, gaps=False)
    assert at_alice.page.form(action="/notices/telling").value("after_other") == "5"


def test_the_history_says_what_arrived_what_waits_and_why(
    at_alice: Browser,
    channel: Channel,
    store: SqlStore,
    alice: Actor,
    services: Services,
    listener: Listener,
    clock: FakeClock,
):
    assert "None yet" in at_alice.open("/notices").text
    told(store, alice, title="First")
    services.posting.send_due()
    listener.answer(503, "closed <b>today</b>")
    told(store, alice, title="Second <script>")
    services.posting.send_due()
    page = at_alice.open("/notices")
    first, second = (one.text for one in page.root.find_all("li")[:2][::-1])
    assert "Sent Sales" in first
    assert "127.0.0.1 answered 200: ok" in first
    assert "Second <script>" in second
    assert "127.0.0.1 answered 503: closed <b>today</b>." in second
    assert "next try in 1 minute" in second
    assert page.links()["First"] == "/runs/1"


def test_what_was_told_to_nobody_is_in_the_history(at_alice: Browser, store: SqlStore, alice: Actor):
    told(store, alice)
    assert "Told to nobody: there was no channel." in at_alice.open("/notices").text


def test_editors_see_and_do_not_change(at_bob: Browser, channel: Channel, services: Services, alice: Actor, bob: Actor):
    page = at_bob.open("/notices")
    assert "Sales" in page.text
    assert page.root.find("main").find_all("form") == []
    for path in (
        "/notices/channels/new?kind=slack",
        f"/notices/channels/{channel.id}",
        f"/notices/channels/{channel.id}/remove",
    ):
        at_bob.open(path)
        assert at_bob.status == 403, path
    token = at_bob.open("/connections").root.find("input", name="csrf_token").attrs["value"]
    for deed in ("test", "secret", "remove"):
        answer = at_bob.client.post(f"/notices/channels/{channel.id}/{deed}", data={"csrf_token": token})
        assert answer.status_code == 403, deed
    assert services.channels.list(alice) == [channel]


def test_viewers_see_no_secrets(app: Flask, store: SqlStore, alice: Actor, channel: Channel, listener: Listener):
    store.add_user("vivian@example.com", PASSWORD_HASH, workspace_id=alice.workspace.id, role=Role.VIEWER, now=NEW_YEAR)
    browser = Browser(app)
    browser.sign_in("vivian@example.com", PASSWORD)
    page = browser.open("/notices")
    assert "Sales" in page.text
    assert "very-secret-path" not in page.html
    assert "after 1 failure that only an owner can mend, after 3 others in a row" in page.text


def test_without_a_mail_server_e_mail_is_not_offered(
    app: Flask, settings: Settings, clock: FakeClock, services: Services, alice: Actor, at_alice: Browser
):
    without = bootstrap.build(replace(settings, smtp=None), clock=clock)
    current.attach(app, without, current_settings(app))
    page = at_alice.open("/notices")
    assert "E-mail" not in page.links()
    assert "SMTP_URL" in page.text
    at_alice.open("/notices/channels/new?kind=email")
    assert at_alice.status == 404
    without.close()


def current_settings(app: Flask) -> Settings:
    settings: Settings = app.extensions["pipesheet"][1]
    return settings


@pytest.fixture
def scheduled(services: Services, alice: Actor, connection: Connection) -> None:
    services.importers.create(alice, a_draft(connection_id=connection.id, schedule=Schedule(Every.HOURS)))


def test_home_hints_at_notices_while_something_runs_by_itself(
    at_alice: Browser, at_bob: Browser, scheduled: None, services: Services, alice: Actor
):
    assert "nobody is told" in at_alice.open("/").text
    assert "nobody is told" not in at_bob.open("/").text
    services.channels.add_email(alice, "", "ann@example.com")
    assert "nobody is told" not in at_alice.open("/").text


def test_home_says_when_notices_do_not_arrive(
    at_alice: Browser, scheduled: None, store: SqlStore, alice: Actor, channel: Channel, services: Services,
    listener: Listener, clock: FakeClock,
):  # fmt: skip
    listener.answer(404, "no_service")
    told(store, alice)
    services.posting.send_due()
    assert "do not arrive" not in at_alice.open("/").text
    clock.advance(minutes=1)
    services.posting.send_due()
    told(store, alice)
    page = at_alice.open("/")
    assert "Notices to Sales do not arrive. 127.0.0.1 answered 404: no_service." in page.text
    listener.answer(200, "ok")
    told(store, alice)
    services.posting.send_due()
    assert "do not arrive" not in at_alice.open("/").text


def test_a_notice_that_failed_for_good_is_told_on_the_home_page_as_well(
    at_alice: Browser, scheduled: None, store: SqlStore, alice: Actor, channel: Channel, clock: FakeClock
):
    told(store, alice)
    [outgoing] = store.due_sendings(clock.now(), limit=1)
    store.claim_sending(outgoing.sending, until=clock.now() + timedelta(minutes=5))
    store.settle_sending(outgoing.sending, SendingState.FAILED, reason="It is gone.", next_at=NEW_YEAR, now=NEW_YEAR)
    assert "Notices to Sales do not arrive. It is gone." in at_alice.open("/").text
