"""Connections by OAuth: linked by consent, refreshed by one for all, ended by an uninstallation. Against the sandbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import requests

from importers import bootstrap
from importers.config import Settings
from importers.errors import AccessDenied, CredentialsRejected, InvalidSettings, NeedsReconnecting, TemporaryError
from importers.model import Actor, Connection, ConnectionStatus, Every, Importer, Run, Schedule, SignIn, Status, Trigger
from importers.secret import Secret
from importers.services import Services
from importers.services.grants import TURN
from importers.store.sql import SqlStore
from sandbox.apps import DEMO
from sandbox.journal import Call
from sandbox.pipedrive import Sandbox
from sandbox.staff import COMPANY, ME
from sandbox.world import TOKEN
from tests.builders import a_connection, a_draft
from tests.contracts.store import at_once
from tests.fakes import ACME, FakeClock

BACK = "http://127.0.0.1:8000/connections/oauth/callback"
DAAN = 13001002
OURS = {"company_id": COMPANY["company_id"], "user_id": ME}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, pipedrive_client_id=DEMO.client_id, pipedrive_client_secret=Secret(DEMO.client_secret))


def consent(sandbox: Sandbox, user_id: int = ME, scopes: Sequence[str] = DEMO.scopes) -> Secret:
    """The code of somebody who pressed Allow."""
    code = sandbox.oauth.grants.consent(DEMO, user_id, BACK)
    kept = sandbox.oauth.grants._codes
    kept[code] = replace(kept[code], grant=replace(kept[code].grant, scopes=tuple(scopes)))
    return Secret(code)


@pytest.fixture
def granted(services: Services, alice: Actor, sandbox: Sandbox) -> Connection:
    """Alice's account at the sandbox, by OAuth."""
    connection = services.connections.link_by_consent(alice, consent(sandbox), redirect_uri=BACK)
    sandbox.journal.clear()
    return connection


def refreshes(sandbox: Sandbox) -> list[Call]:
    return [call for call in sandbox.journal.calls if call.form.get("grant_type") == "refresh_token"]


def read(services: Services, actor: Actor, connection: Connection) -> int:
    return len(services.importers.columns(actor, connection.id, "deals"))


# --- linking -----------------------------------------------------------------


def test_a_code_becomes_a_connection_that_says_whose_it_is(granted: Connection):
    assert (granted.label, granted.sign_in) == ("Acme Cargo Bikes B.V. (Liis Tamm)", SignIn.OAUTH)
    assert set(granted.scopes) == set(DEMO.scopes)
    assert (granted.account.company_id, granted.account.user_id) == (COMPANY["company_id"], ME)


def test_nothing_of_a_grant_is_kept_in_the_open(granted: Connection, sandbox: Sandbox):
    tokens = [*sandbox.oauth.grants._access, *sandbox.oauth.grants._refresh]
    assert not any(token.encode() in granted.sealed for token in tokens)
    assert "sealed" not in repr(granted)


def test_calls_go_to_the_host_that_the_grant_names_with_a_bearer_token(
    services: Services, alice: Actor, granted: Connection, sandbox: Sandbox
):
    assert read(services, alice, granted)
    assert {(call.host, call.auth) for call in sandbox.journal.calls} == {("acme.pipedrive.com", "bearer")}


def test_a_code_is_good_once(services: Services, alice: Actor, sandbox: Sandbox):
    code = consent(sandbox)
    services.connections.link_by_consent(alice, code, redirect_uri=BACK)
    with pytest.raises(CredentialsRejected, match="loaded twice") as caught:
        services.connections.link_by_consent(alice, code, redirect_uri=BACK)
    assert code.reveal() not in f"{caught.value} {caught.value.facts}"


def test_a_wrong_client_secret_is_a_matter_of_settings(
    settings: Settings, store: SqlStore, session: requests.Session, clock: FakeClock, alice: Actor, sandbox: Sandbox
):
    wrong = replace(settings, pipedrive_client_secret=Secret("wrong"))
    services = bootstrap.build(wrong, clock=clock, session=session)
    with pytest.raises(InvalidSettings, match="does not know the app"):
        services.connections.link_by_consent(alice, consent(sandbox), redirect_uri=BACK)
    services.close()


def test_another_redirect_address_is_a_matter_of_settings(services: Services, alice: Actor, sandbox: Sandbox):
    with pytest.raises(InvalidSettings, match="lead back"):
        services.connections.link_by_consent(alice, consent(sandbox), redirect_uri=BACK + "2")


def test_an_account_linked_by_token_before_stays_one_connection(
    services: Services, alice: Actor, connection: Connection, sandbox: Sandbox
):
    granted = services.connections.link_by_consent(alice, consent(sandbox), redirect_uri=BACK)
    assert (granted.id, granted.sign_in) == (connection.id, SignIn.OAUTH)
    assert services.connections.link(alice, Secret(TOKEN)).sign_in is SignIn.API_TOKEN


def test_relinking_keeps_to_the_company(services: Services, store: SqlStore, alice: Actor, sandbox: Sandbox):
    other = a_connection(store, alice.workspace.id, account=replace(ACME, company="Other", company_domain="other"))
    with pytest.raises(InvalidSettings, match="You let Pipesheet into Acme Cargo Bikes"):
        services.connections.link_by_consent(alice, consent(sandbox), redirect_uri=BACK, connection_id=other.id)
    assert services.connections.get(alice, other.id) == other


def test_relinking_as_somebody_else_of_the_company_is_fine(
    services: Services, alice: Actor, granted: Connection, sandbox: Sandbox
):
    renewed = services.connections.link_by_consent(
        alice, consent(sandbox, DAAN), redirect_uri=BACK, connection_id=granted.id
    )
    assert (renewed.id, renewed.account.user) == (granted.id, "Daan de Vries")


def test_only_owners_connect(services: Services, bob: Actor, sandbox: Sandbox):
    with pytest.raises(AccessDenied):
        services.connections.consent_url(bob, redirect_uri=BACK, state="s")
    with pytest.raises(AccessDenied):
        services.connections.link_by_consent(bob, consent(sandbox), redirect_uri=BACK)


def test_without_an_app_there_is_nothing_to_consent_to(
    settings: Settings, store: SqlStore, session: requests.Session, alice: Actor, granted: Connection
):
    bare = replace(settings, pipedrive_client_id="", pipedrive_client_secret=None)
    services = bootstrap.build(bare, session=session)
    assert not services.connections.has_app
    for deed in (
        lambda: services.connections.consent_url(alice, redirect_uri=BACK, state="s"),
        lambda: read(services, alice, granted),
    ):
        with pytest.raises(InvalidSettings, match="no app to sign in with"):
            deed()
    assert services.connections.get(alice, granted.id).works
    services.close()


# --- refreshing ----------------------------------------------------------------


def test_an_access_token_is_renewed_shortly_before_it_ends(
    services: Services, alice: Actor, granted: Connection, sandbox: Sandbox, clock: FakeClock
):
    read(services, alice, granted)
    assert refreshes(sandbox) == []
    clock.advance(minutes=56)
    read(services, alice, granted)
    assert len(refreshes(sandbox)) == 1
    read(services, alice, granted)
    assert len(refreshes(sandbox)) == 1


def test_an_access_token_refused_early_is_renewed_and_the_call_repeated(
    services: Services, alice: Actor, granted: Connection, sandbox: Sandbox
):
    sandbox.oauth.grants.expire_access()
    assert read(services, alice, granted)
    assert [call.status for call in sandbox.journal.calls] == [401, 200, 200]
    assert services.connections.get(alice, granted.id).works


def test_an_access_token_that_is_taken_away_again_right_after_its_renewal_is_renewed_once_more(
    services: Services, alice: Actor, granted: Connection, sandbox: Sandbox
):
    sandbox.faults.add("revoked", path="/api", count=2)
    assert read(services, alice, granted)
    assert [call.status for call in sandbox.journal.calls] == [401, 200, 401, 200, 200]
    assert services.connections.get(alice, granted.id).works


def test_one_that_others_renewed_and_that_is_taken_away_again_is_renewed(
    services: Services, alice: Actor, granted: Connection, sandbox: Sandbox
):
    with services.importers._accounts.source(granted) as source:
        sandbox.oauth.grants.expire_access()
        read(services, alice, granted)
        sandbox.oauth.grants.expire_access()
        sandbox.journal.clear()
        assert source.account().user == "Liis Tamm"
    assert [call.status for call in sandbox.journal.calls] == [401, 401, 200, 200]
    assert services.connections.get(alice, granted.id).works


def test_one_that_is_refused_whatever_is_renewed_is_refused_in_the_end(
    services: Services, alice: Actor, granted: Connection, sandbox: Sandbox
):
    sandbox.faults.add("revoked", path="/api")
    with pytest.raises(CredentialsRejected, match="no longer lets Pipesheet in"):
        read(services, alice, granted)
    assert [call.status for call in sandbox.journal.calls] == [401, 200, 401, 200, 401]
    assert not services.connections.get(alice, granted.id).works


def test_whatever_refresh_token_comes_back_is_kept(
    services: Services, alice: Actor, granted: Connection, sandbox: Sandbox, clock: FakeClock
):
    sandbox.oauth.grants.rotates = True
    for _ in range(3):
        clock.advance(hours=1)
        assert read(services, alice, granted)
    assert [call.status for call in refreshes(sandbox)] == [200, 200, 200]


@pytest.mark.parametrize("rotates", [False, True])
def test_many_at_once_refresh_once(
    settings: Settings,
    session: requests.Session,
    clock: FakeClock,
    alice: Actor,
    granted: Connection,
    sandbox: Sandbox,
    rotates: bool,
):
    sandbox.oauth.grants.rotates = rotates
    sandbox.oauth.grants.expire_access()
    several = [bootstrap.build(settings, clock=clock, session=session) for _ in range(4)]
    answers = at_once([lambda services=services: read(services, alice, granted) for services in several])
    assert answers == [answers[0]] * 4
    assert answers[0] > 20
    assert len(refreshes(sandbox)) == 1
    for services in several:
        services.close()


def test_threads_of_one_run_refresh_once(services: Services, alice: Actor, granted: Connection, sandbox: Sandbox):
    sandbox.oauth.grants.expire_access()
    with services.importers._accounts.source(granted) as source:
        names = [account.user for account in at_once([source.account] * 4)]
    assert names == ["Liis Tamm"] * 4
    assert len(refreshes(sandbox)) == 1


def test_one_that_died_while_refreshing_is_waited_for_and_not_for_ever(
    services: Services, store: SqlStore, alice: Actor, granted: Connection, sandbox: Sandbox, clock: FakeClock
):
    assert store.begin_refresh(granted, until=clock.now() + TURN, now=clock.now())
    sandbox.oauth.grants.expire_access()
    assert read(services, alice, granted)
    assert timedelta(seconds=sum(clock.slept)) >= TURN
    assert len(refreshes(sandbox)) == 1


def test_no_answer_to_a_refresh_does_no_harm_while_the_old_token_is_good(
    services: Services, alice: Actor, granted: Connection, sandbox: Sandbox, clock: FakeClock
):
    clock.advance(minutes=57)
    sandbox.faults.add("server_error", status=503, path="/oauth/token")
    assert read(services, alice, granted)
    clock.advance(minutes=5)
    with pytest.raises(TemporaryError):
        read(services, alice, granted)
    sandbox.faults.clear()
    assert read(services, alice, granted)
    assert services.connections.get(alice, granted.id).works


def test_a_refresh_that_fails_gives_its_turn_back(
    services: Services, alice: Actor, granted: Connection, sandbox: Sandbox, clock: FakeClock
):
    sandbox.oauth.grants.expire_access()
    sandbox.faults.add("cut", path="/oauth/token", count=1)
    with pytest.raises(TemporaryError):
        read(services, alice, granted)
    assert read(services, alice, granted)
    assert clock.slept == []


def test_a_secret_that_does_not_belong_to_our_app_any_more_is_no_revoked_grant(
    settings: Settings, session: requests.Session, clock: FakeClock, alice: Actor, granted: Connection, sandbox: Sandbox
):
    wrong = replace(settings, pipedrive_client_secret=Secret("turned meanwhile"))
    services = bootstrap.build(wrong, clock=clock, session=session)
    sandbox.oauth.grants.expire_access()
    with pytest.raises(InvalidSettings, match="does not know the app"):
        read(services, alice, granted)
    assert services.connections.get(alice, granted.id).works
    services.close()


# --- the end of a grant ------------------------------------------------------------


@pytest.fixture
def hourly(services: Services, alice: Actor, granted: Connection) -> Importer:
    schedule = Schedule(every=Every.HOURS, number=1)
    return services.importers.create(alice, a_draft(connection_id=granted.id, schedule=schedule), start_anyway=True)


def end_grants(sandbox: Sandbox) -> None:
    for grant in sandbox.oauth.grants.installed:
        sandbox.oauth.grants.uninstall(grant)


def last_run(services: Services, actor: Actor, importer: Importer) -> Run:
    return services.runs.list(actor, importer.id)[0]


def test_a_grant_that_ended_turns_the_connection_and_says_so_once(
    services: Services,
    alice: Actor,
    granted: Connection,
    sandbox: Sandbox,
    caplog: pytest.LogCaptureFixture,
):
    end_grants(sandbox)
    for _ in range(3):
        with pytest.raises(CredentialsRejected):
            read(services, alice, granted)
    refused = services.connections.get(alice, granted.id)
    assert refused.status is ConnectionStatus.NEEDS_RECONNECTING
    assert refused.trouble is not None
    assert "no longer lets Pipesheet in" in refused.trouble.message
    assert [record.message.count("needs reconnecting") for record in caplog.records] == [1]


def test_its_importers_pause_until_it_is_linked_again(
    services: Services, alice: Actor, granted: Connection, hourly: Importer, sandbox: Sandbox, clock: FakeClock
):
    end_grants(sandbox)
    clock.advance(hours=1)
    assert services.scheduling.tick().due == 1
    assert last_run(services, alice, hourly).status is Status.FAILED
    for _ in range(5):
        clock.advance(hours=1)
        assert services.scheduling.tick().due == 0
    assert len(services.runs.list(alice, hourly.id)) == 1
    services.connections.link_by_consent(alice, consent(sandbox), redirect_uri=BACK, connection_id=granted.id)
    assert services.scheduling.tick().due == 1
    assert last_run(services, alice, hourly).status is Status.DONE_WITH_NOTES


def test_an_importer_its_owner_paused_stays_paused(
    services: Services, alice: Actor, granted: Connection, hourly: Importer, sandbox: Sandbox, clock: FakeClock
):
    services.importers.pause(alice, hourly.id)
    end_grants(sandbox)
    assert not services.connections.check(alice, granted.id).works
    services.connections.link_by_consent(alice, consent(sandbox), redirect_uri=BACK, connection_id=granted.id)
    clock.advance(hours=2)
    assert services.scheduling.tick().due == 0
    assert services.importers.get(alice, hourly.id).paused


def uninstall(services: Services, at: datetime | None = None) -> int:
    return services.connections.uninstalled(DEMO.client_id, Secret(DEMO.client_secret), at=at, **OURS)


def test_an_uninstallation_forgets_the_tokens_in_every_workspace(
    services: Services, alice: Actor, charlie: Actor, granted: Connection, sandbox: Sandbox
):
    theirs = services.connections.link_by_consent(charlie, consent(sandbox), redirect_uri=BACK)
    daans = services.connections.link_by_consent(alice, consent(sandbox, DAAN), redirect_uri=BACK)
    assert uninstall(services) == 2
    for actor, connection in ((alice, granted), (charlie, theirs)):
        found = services.connections.get(actor, connection.id)
        assert (found.works, found.sealed) == (False, b"")
        assert found.trouble is not None
        assert "uninstalled" in found.trouble.message
    assert services.connections.get(alice, daans.id).works


def test_after_an_uninstallation_nobody_calls(services: Services, alice: Actor, granted: Connection, sandbox: Sandbox):
    uninstall(services)
    sandbox.journal.clear()
    with pytest.raises(CredentialsRejected, match="uninstalled in Pipedrive"):
        read(services, alice, granted)
    assert not services.connections.check(alice, granted.id).works
    assert sandbox.journal.calls == []


def test_an_uninstallation_told_again_after_the_app_was_installed_anew_ends_nothing(
    services: Services, alice: Actor, granted: Connection, sandbox: Sandbox, clock: FakeClock
):
    clock.advance(days=1)
    uninstalled_at = clock.now()
    assert uninstall(services, uninstalled_at) == 1
    clock.advance(minutes=1)
    again = services.connections.link_by_consent(alice, consent(sandbox), redirect_uri=BACK, connection_id=granted.id)
    assert uninstall(services, uninstalled_at) == 0
    assert services.connections.get(alice, granted.id) == again
    clock.advance(hours=2)
    assert read(services, alice, again)
    assert refreshes(sandbox)
    assert uninstall(services, uninstalled_at) == 0, "a refreshed grant is as old as the consent it came from"
    clock.advance(hours=2)
    assert uninstall(services, clock.now()) == 1


def test_an_uninstallation_that_does_not_say_when_it_was_ends_the_grant(
    services: Services, alice: Actor, granted: Connection
):
    assert uninstall(services, at=None) == 1
    assert not services.connections.get(alice, granted.id).works


def test_a_grant_of_which_nobody_kept_since_when_it_is_ends_with_any_uninstallation(
    services: Services, store: SqlStore, alice: Actor, granted: Connection, clock: FakeClock
):
    grant = services.importers._accounts.grant_of(granted)
    assert grant is not None
    before = services.importers._accounts.seal_grant(replace(grant, granted_at=None))
    assert store.keep_grant(granted, before, scopes=grant.scopes)
    assert uninstall(services, clock.now() - timedelta(days=400)) == 1


def test_a_grant_that_is_refreshed_while_it_is_uninstalled_still_needs_reconnecting(
    services: Services, store: SqlStore, alice: Actor, granted: Connection, monkeypatch: pytest.MonkeyPatch
):
    """Between the look at the connections and their end, somebody stored a newer secret."""
    assert store.keep_grant(granted, b"just refreshed", scopes=())
    monkeypatch.setattr(services.connections._store, "app_connections", lambda *_, **__: [granted])
    uninstall(services)
    found = services.connections.get(alice, granted.id)
    assert (found.works, found.sealed) == (False, b"")


def test_an_uninstallation_leaves_api_tokens_alone(services: Services, alice: Actor, connection: Connection):
    assert uninstall(services) == 0
    assert services.connections.get(alice, connection.id) == connection


@pytest.mark.parametrize(
    ("client_id", "secret"), [(DEMO.client_id, "wrong"), ("", ""), ("é", "ü"), ("x", DEMO.client_secret)]
)
def test_an_uninstallation_told_by_somebody_else_counts_for_nothing(
    services: Services, alice: Actor, granted: Connection, client_id: str, secret: str
):
    with pytest.raises(AccessDenied):
        services.connections.uninstalled(client_id, Secret(secret), at=None, **OURS)
    assert services.connections.get(alice, granted.id) == granted


def test_a_refresh_under_way_does_not_bring_back_what_was_forgotten(
    services: Services, store: SqlStore, alice: Actor, granted: Connection
):
    uninstall(services)
    assert not store.keep_grant(granted, b"just refreshed", scopes=())
    assert services.connections.get(alice, granted.id).sealed == b""


def test_unlinking_gives_the_grant_back(services: Services, alice: Actor, granted: Connection, sandbox: Sandbox):
    services.connections.unlink(alice, granted.id)
    assert sandbox.oauth.grants.installed == []
    assert [call.path for call in sandbox.journal.calls] == ["/oauth/revoke"]


def test_unlinking_keeps_a_grant_that_another_workspace_lives_on(
    services: Services, alice: Actor, charlie: Actor, granted: Connection, sandbox: Sandbox
):
    theirs = services.connections.link_by_consent(charlie, consent(sandbox), redirect_uri=BACK)
    services.connections.unlink(alice, granted.id)
    assert services.connections.check(charlie, theirs.id).works


def test_unlinking_succeeds_while_pipedrive_does_not_answer(
    services: Services, alice: Actor, granted: Connection, sandbox: Sandbox
):
    sandbox.faults.add("cut", path="/oauth")
    services.connections.unlink(alice, granted.id)
    assert services.connections.list(alice) == []


# --- an API token that is refused is no different ---------------------------------------


def test_a_refused_api_token_pauses_importers_as_well(
    services: Services, alice: Actor, connection: Connection, sandbox: Sandbox, clock: FakeClock
):
    schedule = Schedule(every=Every.HOURS, number=1)
    services.importers.create(alice, a_draft(connection_id=connection.id, schedule=schedule), start_anyway=True)
    sandbox.faults.add("revoked")
    clock.advance(hours=1)
    assert services.scheduling.tick().due == 1
    clock.advance(hours=3)
    assert services.scheduling.tick().due == 0
    sandbox.faults.clear()
    assert services.connections.check(alice, connection.id).works
    assert services.scheduling.tick().due == 1


def test_no_run_is_begun_by_hand_while_the_connection_is_refused(
    services: Services, alice: Actor, connection: Connection, sandbox: Sandbox
):
    importer = services.importers.create(alice, a_draft(connection_id=connection.id))
    sandbox.faults.add("revoked")
    assert services.runs.start(alice, importer.id).status is Status.FAILED
    sandbox.faults.clear()
    sandbox.journal.clear()
    with pytest.raises(NeedsReconnecting, match="so no run was started"):
        services.runs.start(alice, importer.id)
    assert sandbox.journal.calls == []
    assert len(services.runs.list(alice, importer.id)) == 1
    services.connections.check(alice, connection.id)
    assert services.runs.start(alice, importer.id).status is Status.DONE_WITH_NOTES


def test_whoever_may_not_reconnect_is_told_who_may(
    services: Services, alice: Actor, bob: Actor, connection: Connection, sandbox: Sandbox
):
    importer = services.importers.create(alice, a_draft(connection_id=connection.id))
    sandbox.faults.add("revoked")
    services.connections.check(alice, connection.id)
    with pytest.raises(NeedsReconnecting, match="Ask an owner to reconnect it"):
        services.runs.start(bob, importer.id)


def test_a_run_that_was_asked_for_before_the_refusal_was_known_tries_and_mends_the_connection(
    services: Services, store: SqlStore, alice: Actor, connection: Connection, sandbox: Sandbox, clock: FakeClock
):
    importer = services.importers.create(alice, a_draft(connection_id=connection.id))
    run, _ = store.add_run(importer, Trigger.MANUAL, now=clock.now())
    sandbox.faults.add("revoked", count=1)
    assert not services.connections.check(alice, connection.id).works
    services.runs.execute(run.id)
    assert services.connections.get(alice, connection.id).works


# --- permissions ----------------------------------------------------------------------------


def test_what_the_app_may_not_read_is_said_before_anybody_asks_pipedrive(
    services: Services, alice: Actor, sandbox: Sandbox
):
    code = consent(sandbox, scopes=("base", "deals:read"))
    connection = services.connections.link_by_consent(alice, code, redirect_uri=BACK)
    sandbox.journal.clear()
    for deed in (
        lambda: services.importers.columns(alice, connection.id, "persons"),
        lambda: services.importers.filters(alice, connection.id, "persons"),
        lambda: services.importers.preview(
            alice, a_draft(connection_id=connection.id, selection=replace(a_draft().selection, entity="persons"))
        ),
    ):
        with pytest.raises(AccessDenied, match="Persons take the permission contacts:read"):
            deed()
    assert sandbox.journal.calls == []
    may = [entity.name for entity in services.importers.entities() if connection.may_read(entity)]
    assert "deals" in may
    assert "persons" not in may


def test_names_that_the_app_may_not_read_are_missing_with_a_note(services: Services, alice: Actor, sandbox: Sandbox):
    code = consent(sandbox, scopes=("base", "deals:read"))
    connection = services.connections.link_by_consent(alice, code, redirect_uri=BACK)
    importer = services.importers.create(alice, a_draft(connection_id=connection.id))
    run = services.runs.start(alice, importer.id)
    assert run.status is Status.DONE_WITH_NOTES
    assert any("names of users are missing" in note and "permission" in note for note in run.notes)


def test_activities_are_read_without_the_permission_of_an_admin(services: Services, alice: Actor, sandbox: Sandbox):
    code = consent(sandbox, scopes=("base", "activities:read"))
    connection = services.connections.link_by_consent(alice, code, redirect_uri=BACK)
    columns = tuple(column.key for column in services.importers.columns(alice, connection.id, "activities"))
    sandbox.journal.clear()
    selection = replace(a_draft().selection, entity="activities", columns=columns)
    preview = services.importers.preview(alice, a_draft(connection_id=connection.id, selection=selection))
    assert len(preview.rows) == 20
    asked = [path for path in sandbox.journal.paths() if path.endswith("activityFields")]
    assert asked == ["/api/v1/activityFields"]
