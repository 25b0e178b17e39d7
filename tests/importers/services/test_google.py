"""Connecting Google accounts, and choosing among their spreadsheets, against the pretend Google."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
import requests

from importers import bootstrap
from importers.config import Settings
from importers.errors import AccessDenied, CredentialsRejected, InvalidSettings, NotThere, TemporaryError
from importers.model import GOOGLE_SHEETS, PIPEDRIVE, Actor, Connection, ConnectionStatus, Role, SignIn
from importers.secret import Secret
from importers.services import Services
from importers.store.sql import SqlStore
from sandbox.google.accounts import ALEX, API_KEY, DEMO, DEMO_ROBOT, PROJECT_NUMBER, SAM, Person
from sandbox.google.app import Google
from tests.builders import a_google_connection
from tests.fakes import FakeClock
from tests.google import APP, ASKED, BACK, ROBOT_KEY, VERIFIER, a_code, a_spreadsheet

APP_SETTINGS = {**APP, "google_api_key": Secret(API_KEY), "google_project_number": PROJECT_NUMBER}


@pytest.fixture
def services(
    settings: Settings, store: SqlStore, session: requests.Session, clock: FakeClock, google: Google
) -> Iterator[Services]:
    services = bootstrap.build(replace(settings, **APP_SETTINGS), clock=clock, session=session)
    yield services
    services.close()


def consented(
    services: Services,
    google: Google,
    actor: Actor,
    *,
    person: Person = ALEX,
    granted: tuple[str, ...] = ASKED,
    connection_id: int | None = None,
) -> Connection:
    url = services.google.consent_url(actor, redirect_uri=BACK, state="s", verifier=VERIFIER)
    code = a_code(google, url, person=person, granted=granted)
    return services.google.link_by_consent(
        actor, code, redirect_uri=BACK, verifier=VERIFIER, connection_id=connection_id
    )


@pytest.fixture
def robot(services: Services, alice: Actor) -> Connection:
    return services.google.link_service_account(alice, ROBOT_KEY)


@pytest.fixture
def alex(services: Services, google: Google, alice: Actor) -> Connection:
    return consented(services, google, alice)


# --- service accounts ---


def test_a_service_account_is_checked_and_shown_by_its_address(services: Services, alice: Actor, robot: Connection):
    assert (robot.kind, robot.sign_in, robot.status) == (
        GOOGLE_SHEETS, SignIn.SERVICE_ACCOUNT, ConnectionStatus.WORKING,
    )  # fmt: skip
    assert robot.label == robot.name == f"Google ({DEMO_ROBOT.email})"
    assert robot.account.subject == DEMO_ROBOT.unique_id
    assert services.google.share_with(robot) == DEMO_ROBOT.email
    assert services.connections.list(alice, GOOGLE_SHEETS) == [robot]
    assert services.connections.list(alice, PIPEDRIVE) == []


def test_the_key_of_a_service_account_is_kept_sealed(robot: Connection):
    private = json.loads(ROBOT_KEY.reveal())["private_key"].splitlines()[1]
    assert private.encode() not in robot.sealed


@pytest.mark.parametrize("text", ["", "AIzaSyNoKey", '{"type": "authorized_user"}'])
def test_what_is_no_key_is_refused_at_the_key_and_sent_nowhere(
    services: Services, google: Google, alice: Actor, text: str
):
    with pytest.raises(InvalidSettings) as caught:
        services.google.link_service_account(alice, Secret(text))
    assert caught.value.facts["field"] == "key"
    assert google.journal.calls == []
    assert services.connections.list(alice) == []


def test_a_key_that_google_refuses_links_nothing(services: Services, google: Google, alice: Actor):
    google.faults.add("invalid_grant")
    with pytest.raises(CredentialsRejected):
        services.google.link_service_account(alice, ROBOT_KEY)
    assert services.connections.list(alice) == []


def test_a_key_pasted_again_renews(services: Services, alice: Actor, robot: Connection, clock: FakeClock):
    clock.advance(hours=1)
    again = services.google.link_service_account(alice, ROBOT_KEY)
    assert (again.id, again.checked_at) == (robot.id, clock.now())
    assert services.google.link_service_account(alice, ROBOT_KEY, connection_id=robot.id).id == robot.id


def test_a_key_of_another_service_account_does_not_renew(
    services: Services, store: SqlStore, alice: Actor, google: Google
):
    other = a_google_connection(store, alice.workspace.id, sign_in=SignIn.SERVICE_ACCOUNT)
    with pytest.raises(InvalidSettings, match=f"This is a key of {DEMO_ROBOT.email}; the connection is for alex@"):
        services.google.link_service_account(alice, ROBOT_KEY, connection_id=other.id)
    assert services.connections.get(alice, other.id) == other


# --- by consent ---


def test_whoever_presses_allow_is_connected_and_shown_by_address(alex: Connection):
    assert (alex.label, alex.sign_in) == ("Google (alex@northwind.example)", SignIn.OAUTH)
    assert alex.account.subject == ALEX.sub
    assert "https://www.googleapis.com/auth/drive.file" in alex.scopes


def test_the_consent_page_is_where_the_sandbox_is(settings: Settings, store: SqlStore, alice: Actor):
    here = replace(settings, **APP, reroutes={"accounts.google.com": "http://127.0.0.1:8101"})
    services = bootstrap.build(here)
    url = services.google.consent_url(alice, redirect_uri=BACK, state="a state", verifier=VERIFIER)
    assert url.startswith("http://127.0.0.1:8101/o/oauth2/v2/auth?")
    assert VERIFIER.reveal() not in url
    assert "code_challenge_method=S256" in url
    services.close()


def test_a_code_is_good_only_with_its_verifier(services: Services, google: Google, alice: Actor):
    url = services.google.consent_url(alice, redirect_uri=BACK, state="s", verifier=VERIFIER)
    with pytest.raises(CredentialsRejected):
        services.google.link_by_consent(alice, a_code(google, url), redirect_uri=BACK, verifier=Secret("w" * 50))
    assert services.connections.list(alice) == []


def test_a_permission_left_unticked_connects_nothing(services: Services, google: Google, alice: Actor):
    with pytest.raises(InvalidSettings, match="unticked"):
        consented(services, google, alice, granted=ASKED[:2])
    assert services.connections.list(alice) == []


def test_reconnecting_takes_the_same_google_account_only(
    services: Services, google: Google, alice: Actor, alex: Connection
):
    with pytest.raises(
        InvalidSettings, match=r"You let Pipesheet into sam@northwind\.example; the connection is for alex"
    ):
        consented(services, google, alice, person=SAM, connection_id=alex.id)
    assert services.connections.get(alice, alex.id) == alex
    again = consented(services, google, alice, connection_id=alex.id)
    assert (again.id, again.sealed != alex.sealed) == (alex.id, True)


def test_an_account_whose_address_changed_is_still_the_same(
    services: Services, store: SqlStore, google: Google, alice: Actor, alex: Connection
):
    before = replace(alex.account, user="alexander@old.example", email="alexander@old.example")
    store.renew_connection(alice.workspace.id, alex.id, before, alex.sealed, sign_in=SignIn.OAUTH, now=alex.checked_at)
    assert consented(services, google, alice, connection_id=alex.id).account == alex.account


def test_without_an_app_one_connects_by_service_account(
    settings: Settings, store: SqlStore, session: requests.Session, clock: FakeClock, google: Google, alice: Actor
):
    services = bootstrap.build(settings, clock=clock, session=session)
    assert (services.google.has_app, services.google.has_picker) == (False, False)
    with pytest.raises(InvalidSettings, match="no app") as caught:
        services.google.consent_url(alice, redirect_uri=BACK, state="s", verifier=VERIFIER)
    assert "GOOGLE_CLIENT_ID" in caught.value.hint
    assert services.google.link_service_account(alice, ROBOT_KEY).works
    services.close()


# --- who may ---


def test_only_owners_link(services: Services, google: Google, bob: Actor):
    for deed in (
        lambda: services.google.link_service_account(bob, ROBOT_KEY),
        lambda: services.google.consent_url(bob, redirect_uri=BACK, state="s", verifier=VERIFIER),
        lambda: services.google.link_by_consent(bob, Secret("c"), redirect_uri=BACK, verifier=VERIFIER),
    ):
        with pytest.raises(AccessDenied, match="link accounts"):
            deed()
    assert google.journal.calls == []


def test_editors_choose_and_viewers_do_not_ask_google(
    services: Services, google: Google, bob: Actor, robot: Connection, alex: Connection
):
    a_spreadsheet(google)
    viewer = replace(bob, role=Role.VIEWER)
    assert services.google.spreadsheets(bob, robot.id)
    for deed in (
        lambda: services.google.spreadsheets(viewer, robot.id),
        lambda: services.google.tabs(viewer, robot.id, "x" * 44),
        lambda: services.google.picker(viewer, alex.id),
        lambda: services.connections.check(viewer, robot.id),
    ):
        with pytest.raises(AccessDenied):
            deed()


def test_charlie_sees_nothing_of_it(services: Services, google: Google, charlie: Actor, alex: Connection):
    before = len(google.journal.calls)
    for deed in (
        lambda: services.google.spreadsheets(charlie, alex.id),
        lambda: services.google.tabs(charlie, alex.id, "x" * 44),
        lambda: services.google.picker(charlie, alex.id),
        lambda: services.google.link_service_account(charlie, ROBOT_KEY, connection_id=alex.id),
        lambda: services.google.link_by_consent(
            charlie, Secret("c"), redirect_uri=BACK, verifier=VERIFIER, connection_id=alex.id
        ),
        lambda: services.connections.check(charlie, alex.id),
        lambda: services.connections.unlink(charlie, alex.id),
    ):
        with pytest.raises(NotThere):
            deed()
    assert len(google.journal.calls) == before


def test_a_connection_of_the_other_vendor_is_none(
    services: Services, alice: Actor, robot: Connection, connection: Connection
):
    for deed in (
        lambda: services.google.spreadsheets(alice, connection.id),
        lambda: services.google.link_service_account(alice, ROBOT_KEY, connection_id=connection.id),
        lambda: services.connections.relink(alice, robot.id, Secret("t" * 40)),
        lambda: services.importers.columns(alice, robot.id, "deals"),
    ):
        with pytest.raises(NotThere):
            deed()


# --- choosing ---


def test_spreadsheets_and_their_tabs_can_be_chosen(services: Services, google: Google, alice: Actor, robot: Connection):
    file = a_spreadsheet(google)
    a_spreadsheet(google, "Private", is_shared=False)
    [choice] = services.google.spreadsheets(alice, robot.id)
    assert (choice.value, choice.label) == (file.id, "Sales 2026")
    assert choice.help.startswith("changed ")
    [tab] = services.google.tabs(alice, robot.id, f"https://docs.google.com/spreadsheets/d/{file.id}/edit#gid=0")
    assert (tab.value, tab.help) == ("Sheet1", "1,000 rows, 26 columns")


def test_a_spreadsheet_that_is_not_shared_says_with_whom_to_share_it(
    services: Services, google: Google, alice: Actor, robot: Connection
):
    file = a_spreadsheet(google, is_shared=False)
    with pytest.raises(AccessDenied) as caught:
        services.google.tabs(alice, robot.id, file.id)
    assert DEMO_ROBOT.email in caught.value.hint


def test_the_picker_gets_a_token_that_is_good_for_a_while(services: Services, alice: Actor, alex: Connection):
    picker = services.google.picker(alice, alex.id)
    assert (picker.api_key, picker.app_id) == (Secret(API_KEY), PROJECT_NUMBER)
    assert picker.script == "https://apis.google.com/js/api.js"
    assert picker.access_token.reveal().startswith("ya29.")
    assert picker.access_token.reveal() not in repr(picker)


def test_the_picker_renews_a_token_that_ends_soon(services: Services, alice: Actor, alex: Connection, clock: FakeClock):
    before = services.google.picker(alice, alex.id).access_token
    clock.advance(minutes=56)
    assert services.google.picker(alice, alex.id).access_token != before


def test_a_service_account_has_no_picker(services: Services, alice: Actor, robot: Connection):
    with pytest.raises(InvalidSettings, match="no window") as caught:
        services.google.picker(alice, robot.id)
    assert DEMO_ROBOT.email in caught.value.hint


def test_without_an_api_key_there_is_no_picker(
    settings: Settings, session: requests.Session, clock: FakeClock, alice: Actor, alex: Connection
):
    services = bootstrap.build(replace(settings, **APP), clock=clock, session=session)
    assert not services.google.has_picker
    with pytest.raises(InvalidSettings, match="window"):
        services.google.picker(alice, alex.id)
    services.close()


# --- refused, checked, unlinked ---


def test_a_check_keeps_what_it_finds(services: Services, google: Google, alice: Actor, robot: Connection):
    google.faults.add("invalid_grant")
    assert services.connections.check(alice, robot.id).status is ConnectionStatus.NEEDS_RECONNECTING
    google.faults.clear()
    assert services.connections.check(alice, robot.id).status is ConnectionStatus.WORKING


def test_a_check_that_gets_no_answer_changes_nothing(
    services: Services, google: Google, alice: Actor, robot: Connection
):
    google.faults.add("cut")
    with pytest.raises(TemporaryError):
        services.connections.check(alice, robot.id)
    assert services.connections.get(alice, robot.id) == robot


def test_a_grant_withdrawn_at_google_is_noticed_by_whoever_asks(
    services: Services, google: Google, alice: Actor, alex: Connection, caplog: pytest.LogCaptureFixture
):
    google.tokens.withdraw(DEMO.client_id, ALEX.email)
    for _ in range(2):
        with pytest.raises(CredentialsRejected, match="no longer lets Pipesheet in"):
            services.google.spreadsheets(alice, alex.id)
    refused = services.connections.get(alice, alex.id)
    assert refused.status is ConnectionStatus.NEEDS_RECONNECTING
    assert refused.trouble is not None
    assert len([record for record in caplog.records if "needs reconnecting" in record.getMessage()]) == 1
    assert consented(services, google, alice, connection_id=alex.id).works


def test_unlinking_gives_the_grant_back(services: Services, google: Google, alice: Actor, alex: Connection):
    services.connections.unlink(alice, alex.id)
    assert not google.tokens.consented(DEMO.client_id, ALEX.email)


def test_a_grant_that_another_connection_lives_on_stays(
    services: Services, google: Google, alice: Actor, charlie: Actor, alex: Connection
):
    theirs = consented(services, google, charlie)
    services.connections.unlink(alice, alex.id)
    assert services.connections.check(charlie, theirs.id).works
    services.connections.unlink(charlie, theirs.id)
    assert not google.tokens.consented(DEMO.client_id, ALEX.email)


def test_a_service_account_is_unlinked_without_asking_google(
    services: Services, google: Google, alice: Actor, robot: Connection
):
    before = len(google.journal.calls)
    services.connections.unlink(alice, robot.id)
    assert len(google.journal.calls) == before
    assert services.connections.list(alice) == []
