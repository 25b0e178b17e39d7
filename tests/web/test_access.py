"""Alice owns it, Bob works on it, Charlie has no access, a visitor signs in first. All addresses, whatever they are."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from importers.model import Actor, Importer, Role, Run
from importers.notices import Channel
from importers.secret import Secret
from importers.services import Services
from importers.store.sql import SqlStore
from tests.fakes import NEW_YEAR
from tests.people import PASSWORD, PASSWORD_HASH
from tests.web.browser import Browser

OPEN = {"static", "bootstrap.static", "auth.welcome", "auth.sign_in", "auth.sign_out", "health.healthz"}
VIVIAN = "vivian@example.com"


@pytest.fixture
def channel(services: Services, alice: Actor) -> Channel:
    return services.channels.add_slack(alice, "Acme", Secret("https://hooks.slack.com/services/a-secret"))


@pytest.fixture
def addresses(app: Flask, importer: Importer, done: Run, channel: Channel) -> list[tuple[str, str, str]]:
    """Every address behind the sign-in: method, path, endpoint; ids are Alice's."""
    return sorted(_addresses(app, importer, done, channel))


def _addresses(app: Flask, importer: Importer, run: Run, channel: Channel) -> Iterator[tuple[str, str, str]]:
    ids = {
        "importer_id": importer.id,
        "connection_id": importer.connection_id,
        "run_id": run.id,
        "channel_id": channel.id,
    }
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if rule.endpoint in OPEN:
            continue
        values = {name: ids[name] for name in rule.arguments}
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            yield method, adapter.build(rule.endpoint, values, method=method), rule.endpoint


def _ask(browser: Browser, method: str, path: str):
    if method == "GET":
        return browser.client.get(path)
    browser.open("/connections")
    token = browser.page.root.find("input", name="csrf_token").attrs["value"]
    return browser.client.post(path, data={"csrf_token": token})


def test_there_are_as_many_addresses_as_we_think(addresses: list[tuple[str, str, str]]):
    assert len(addresses) > 25


def test_visitors_are_sent_to_sign_in(
    visitor: Browser, app: Flask, addresses: list[tuple[str, str, str]], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    for method, path, _ in addresses:
        answer = visitor.client.open(path, method=method)
        assert answer.status_code == 302, (method, path)
        assert answer.location.startswith("/sign-in"), (method, path)


def test_another_workspaces_objects_are_not_there(at_charlie: Browser, addresses: list[tuple[str, str, str]]):
    theirs = [(method, path) for method, path, _ in addresses if any(part.isdecimal() for part in path.split("/"))]
    assert len(theirs) >= 20
    for method, path in theirs:
        answer = _ask(at_charlie, method, path)
        assert answer.status_code == 404, (method, path)
        assert "Acme" not in answer.text


def test_charlie_sees_nothing_of_alice_in_his_lists(at_charlie: Browser, done: Run):
    assert "Deals to Excel" not in at_charlie.open("/").text
    assert "Acme" not in at_charlie.open("/connections").text


def test_charlie_cannot_read_with_alices_connection(at_charlie: Browser, importer: Importer):
    page = at_charlie.open(f"/editor/options?connection_id={importer.connection_id}&entity=deals")
    assert not page.root.find_all("input", name="columns")
    at_charlie.open("/connections")
    token = at_charlie.page.root.find("input", name="csrf_token").attrs["value"]
    data = {"csrf_token": token, "connection_id": importer.connection_id, "entity": "deals"}
    answer = at_charlie.client.post("/editor/preview", data=data)
    assert "<table" not in answer.text


def test_bob_may_edit_but_not_link(at_bob: Browser, importer: Importer):
    assert "Connect Pipedrive" not in at_bob.open("/connections").links()
    assert at_bob.open("/importers/new").heading == "Add importer"
    at_bob.open("/connections/new")
    page = at_bob.submit(token="5a9d0b0e6c1f4d7e8a2b3c4d5e6f708192a3b4c5")
    assert "You may not link accounts" in page.text
    token = at_bob.page.form().value("csrf_token")
    answer = at_bob.client.post(f"/connections/{importer.connection_id}/unlink", data={"csrf_token": token})
    assert answer.status_code == 403
    assert "Acme" in at_bob.open("/connections").text


@pytest.fixture
def at_vivian(app: Flask, store: SqlStore, alice: Actor) -> Browser:
    """Vivian only looks."""
    store.add_user(VIVIAN, PASSWORD_HASH, workspace_id=alice.workspace.id, role=Role.VIEWER, now=NEW_YEAR)
    browser = Browser(app)
    browser.sign_in(VIVIAN, PASSWORD)
    return browser


def test_viewers_see_runs_and_results_without_buttons_that_change(at_vivian: Browser, importer: Importer, done: Run):
    for path in ("/", f"/importers/{importer.id}", f"/runs/{done.id}", f"/importers/{importer.id}/results"):
        page = at_vivian.open(path)
        assert at_vivian.status == 200
        assert page.root.find("main").find_all("form", method="post") == []


@pytest.mark.parametrize("deed", ["run", "pause", "resume", "delete"])
def test_viewers_are_told_that_they_may_not(
    at_vivian: Browser, importer: Importer, services: Services, alice: Actor, deed: str
):
    at_vivian.open("/")
    token = at_vivian.page.root.find("input", name="csrf_token").attrs["value"]
    answer = at_vivian.client.post(f"/importers/{importer.id}/{deed}", data={"csrf_token": token})
    assert answer.status_code == 403
    assert "You may not" in answer.text
    assert services.importers.get(alice, importer.id) == importer


def test_addresses_that_are_no_numbers_are_not_there(at_alice: Browser):
    for path in ("/runs/abc", "/importers/-1", "/importers/1e3/results", "/runs/99999999999999999999999"):
        at_alice.open(path)
        assert at_alice.status == 404


def test_viewers_do_not_come_into_the_editor(at_vivian: Browser, addresses: list[tuple[str, str, str]]):
    editor = [(method, path) for method, path, endpoint in addresses if endpoint.startswith("editor.")]
    assert len(editor) >= 8
    for method, path in editor:
        answer = _ask(at_vivian, method, path)
        assert answer.status_code == 403, (method, path)
        assert "You may not" in answer.text
