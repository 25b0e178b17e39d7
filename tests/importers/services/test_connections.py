"""Linking accounts, against the sandbox."""

from __future__ import annotations

from dataclasses import replace

import pytest

from importers.errors import AccessDenied, CredentialsRejected, InvalidSettings, NotThere, TemporaryError
from importers.model import Actor, Connection, ConnectionStatus, Role
from importers.secret import Secret
from importers.services import Services
from importers.store.sql import SqlStore
from sandbox.pipedrive import Sandbox
from sandbox.world import TOKEN
from tests.builders import a_connection, a_draft
from tests.fakes import ACME, FakeClock


def test_a_token_is_checked_and_shown_by_whose_it_is(services: Services, alice: Actor, sandbox: Sandbox):
    connection = services.connections.link(alice, Secret(TOKEN))
    assert connection.label == "Acme Cargo Bikes B.V. (Liis Tamm)"
    assert connection.status is ConnectionStatus.WORKING
    assert [path.removeprefix("/api") for path in sandbox.journal.paths()] == ["/v1/users/me"]
    assert services.connections.list(alice) == [connection]


def test_a_token_is_kept_sealed(services: Services, connection: Connection):
    assert TOKEN.encode() not in connection.sealed
    assert "sealed" not in repr(connection)


def test_a_refused_token_links_nothing(services: Services, alice: Actor):
    with pytest.raises(CredentialsRejected) as caught:
        services.connections.link(alice, Secret("f" * 40))
    assert "f" * 40 not in str(caught.value)
    assert services.connections.list(alice) == []


def test_an_empty_token_is_not_sent_anywhere(services: Services, alice: Actor, sandbox: Sandbox):
    with pytest.raises(InvalidSettings, match="empty"):
        services.connections.link(alice, Secret("  "))
    assert sandbox.journal.calls == []


def test_trouble_at_pipedrive_links_nothing(services: Services, alice: Actor, sandbox: Sandbox):
    sandbox.faults.add("server_error")
    with pytest.raises(TemporaryError):
        services.connections.link(alice, Secret(TOKEN))
    assert services.connections.list(alice) == []


def test_linking_again_renews(services: Services, alice: Actor, connection: Connection, clock: FakeClock):
    clock.advance(hours=1)
    again = services.connections.link(alice, Secret(TOKEN))
    assert (again.id, again.checked_at) == (connection.id, clock.now())
    assert len(services.connections.list(alice)) == 1


def test_a_new_token_must_be_of_the_same_company(services: Services, store: SqlStore, alice: Actor):
    other = a_connection(store, alice.workspace.id, account=replace(ACME, company="Other", company_domain="other"))
    with pytest.raises(InvalidSettings, match="belongs to Acme Cargo Bikes"):
        services.connections.relink(alice, other.id, Secret(TOKEN))
    assert services.connections.get(alice, other.id) == other


def test_a_new_token_makes_a_connection_work_again(
    services: Services, store: SqlStore, alice: Actor, connection: Connection
):
    store.mark_connection(
        alice.workspace.id, connection.id, ConnectionStatus.NEEDS_RECONNECTING, now=connection.checked_at
    )
    assert services.connections.relink(alice, connection.id, Secret(TOKEN)).status is ConnectionStatus.WORKING


def test_a_check_keeps_what_it_finds(services: Services, alice: Actor, connection: Connection, sandbox: Sandbox):
    sandbox.faults.add("revoked")
    assert services.connections.check(alice, connection.id).status is ConnectionStatus.NEEDS_RECONNECTING
    sandbox.faults.clear()
    assert services.connections.check(alice, connection.id).status is ConnectionStatus.WORKING


def test_a_check_that_gets_no_answer_changes_nothing(
    services: Services, alice: Actor, connection: Connection, sandbox: Sandbox
):
    sandbox.faults.add("cut")
    with pytest.raises(TemporaryError):
        services.connections.check(alice, connection.id)
    assert services.connections.get(alice, connection.id) == connection


def test_a_token_refused_while_editing_is_remembered(
    services: Services, alice: Actor, connection: Connection, sandbox: Sandbox
):
    sandbox.faults.add("revoked")
    with pytest.raises(CredentialsRejected):
        services.importers.columns(alice, connection.id, "deals")
    assert services.connections.get(alice, connection.id).status is ConnectionStatus.NEEDS_RECONNECTING


def test_a_connection_in_use_cannot_be_unlinked(services: Services, alice: Actor, connection: Connection):
    importer = services.importers.create(alice, a_draft(connection_id=connection.id))
    with pytest.raises(InvalidSettings, match="Deals to Excel"):
        services.connections.unlink(alice, connection.id)
    services.importers.delete(alice, importer.id)
    services.connections.unlink(alice, connection.id)
    assert services.connections.list(alice) == []


def test_only_owners_link(services: Services, bob: Actor, connection: Connection):
    for deed in (
        lambda: services.connections.link(bob, Secret(TOKEN)),
        lambda: services.connections.relink(bob, connection.id, Secret(TOKEN)),
        lambda: services.connections.unlink(bob, connection.id),
    ):
        with pytest.raises(AccessDenied, match="an editor"):
            deed()
    assert services.connections.list(bob) == [connection]
    assert services.connections.check(bob, connection.id).status is ConnectionStatus.WORKING


def test_a_viewer_looks_and_leaves_pipedrive_alone(services: Services, bob: Actor, connection: Connection):
    viewer = replace(bob, role=Role.VIEWER)
    assert services.connections.get(viewer, connection.id) == connection
    with pytest.raises(AccessDenied):
        services.connections.check(viewer, connection.id)


def test_charlie_sees_nothing_of_it(services: Services, charlie: Actor, connection: Connection):
    assert services.connections.list(charlie) == []
    for deed in (
        lambda: services.connections.get(charlie, connection.id),
        lambda: services.connections.check(charlie, connection.id),
        lambda: services.connections.relink(charlie, connection.id, Secret(TOKEN)),
        lambda: services.connections.unlink(charlie, connection.id),
        lambda: services.importers.columns(charlie, connection.id, "deals"),
        lambda: services.importers.filters(charlie, connection.id, "deals"),
        lambda: services.importers.preview(charlie, a_draft(connection_id=connection.id)),
        lambda: services.importers.create(charlie, a_draft(connection_id=connection.id)),
    ):
        with pytest.raises(NotThere):
            deed()
