"""What every store promises (`interfaces.Store`)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

import pytest

from importers.errors import InvalidSettings, NotThere
from importers.interfaces import Store
from importers.model import (
    Actor,
    Beginning,
    Column,
    ColumnKind,
    ConnectionStatus,
    Cost,
    Counts,
    Due,
    Ending,
    Every,
    Extent,
    FieldChange,
    Frozen,
    Glance,
    Happening,
    Importer,
    Level,
    Line,
    Phase,
    Place,
    Plan,
    Pulse,
    Role,
    Schedule,
    Selection,
    SignIn,
    Status,
    Trigger,
    Trouble,
    Workspace,
)
from tests import people
from tests.builders import (
    SPREADSHEET,
    a_connection,
    a_draft,
    a_google_connection,
    a_google_target,
    a_run,
    a_target,
    an_app_connection,
    an_importer,
)
from tests.fakes import ACME, ALEX, NEW_YEAR

LATER = NEW_YEAR + timedelta(minutes=5)
LINE = Line("Something happened.")
SECOND = timedelta(seconds=1)
REFUSED = Trouble("credentials-rejected", "Pipedrive refused it.", "Reconnect.")
NOBODY = 987_654

SIZE = Column("size", "Size", ColumnKind.NUMBER, "Custom fields", field="Size")
SHEET = Frozen((SIZE,), known=("size",))
RENAMED = FieldChange(Happening.RENAMED, "size", "Fleet", (replace(SIZE, header="Fleet", field="Fleet"),), "Size")
ADDED = FieldChange(Happening.ADDED, "colour", "Colour", (Column("colour", "Colour", field="Colour"),))


def at_once(deeds: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do all of them at the same moment, each in a thread; their answers or errors, in order."""
    gate = threading.Barrier(len(deeds))
    answers: list[Any] = [None] * len(deeds)

    def do(place: int) -> None:
        gate.wait()
        try:
            answers[place] = deeds[place]()
        except Exception as error:  # noqa: BLE001  # handed to the test
            answers[place] = error

    threads = [threading.Thread(target=do, args=(place,)) for place in range(len(deeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def begin(due: Due) -> Beginning:
    return Beginning(LATER, LINE)


def never(schedule: Schedule) -> datetime | None:
    """As `next_turn`: none comes by itself."""
    return None


def due(store: Store, now: datetime) -> list[Due]:
    """What is due by then; each keeps its turn."""
    found: list[Due] = []

    def look(one: Due) -> Beginning:
        found.append(one)
        return Beginning(one.due_at, None)

    store.take_turns(now, limit=99, begin=look)
    return found


def take_all(store: Store) -> int:
    """A few at a time; how many."""
    taken = 0
    while turns := store.take_turns(NEW_YEAR, limit=7, begin=begin)[0]:
        taken += turns
    return taken


def prepare(store: Store) -> Workspace | None:
    return store.prepare_workspace(
        "Prepared",
        time_zone="UTC",
        kind="pipedrive",
        account=ACME,
        sealed=b"sealed",
        draft_for=lambda connection: a_draft(connection_id=connection.id),
        now=NEW_YEAR,
    )


class StoreContract:
    """Inherit and bring a fixture `store`: migrated and empty."""

    @pytest.fixture
    def neighbours(self, store: Store) -> people.Neighbours:
        return people.move_in(store)

    @pytest.fixture
    def alice(self, neighbours: people.Neighbours) -> Actor:
        return neighbours.alice

    @pytest.fixture
    def charlie(self, neighbours: people.Neighbours) -> Actor:
        return neighbours.charlie

    @pytest.fixture
    def ours(self, alice: Actor) -> int:
        return alice.workspace.id

    @pytest.fixture
    def theirs(self, charlie: Actor) -> int:
        return charlie.workspace.id

    # --- people ---

    def test_an_empty_store_has_nobody(self, store: Store):
        assert not store.has_users()
        assert not store.has_workspaces()
        assert store.actor(1) is None
        assert store.password_of("alice@example.com") is None

    def test_the_first_owner_gets_a_workspace(self, store: Store):
        owner = store.add_first_owner(
            "a@example.com", "hash", workspace_name="Ours", time_zone="Asia/Tokyo", now=NEW_YEAR
        )
        assert owner is not None
        assert (owner.role, owner.workspace.name, owner.workspace.time_zone) == (Role.OWNER, "Ours", "Asia/Tokyo")
        assert store.actor(owner.user.id) == owner
        assert store.password_of("a@example.com") == (owner.user.id, "hash")

    def test_the_first_owner_adopts_a_prepared_workspace_and_brings_the_time_zone(self, store: Store):
        prepared = store.add_workspace("Prepared", time_zone="UTC", now=NEW_YEAR)
        owner = store.add_first_owner("a@example.com", "hash", workspace_name="New", time_zone="Asia/Tokyo", now=LATER)
        assert owner is not None
        assert owner.workspace == replace(prepared, time_zone="Asia/Tokyo")

    def test_what_is_prepared_is_a_workspace_with_a_connection_and_an_importer(self, store: Store):
        workspace = prepare(store)
        assert workspace is not None
        [connection], [importer] = store.connections(workspace.id), store.importers(workspace.id)
        assert (connection.account, importer.connection_id, importer.next_run_at) == (ACME, connection.id, None)
        owner = store.add_first_owner("a@example.com", "hash", workspace_name="New", time_zone="Asia/Tokyo", now=LATER)
        assert owner is not None
        [adopted] = store.importers(owner.workspace.id)
        assert (adopted.id, adopted.schedule.time_zone, adopted.selection.time_zone) == (
            importer.id, "Asia/Tokyo", "Asia/Tokyo",
        )  # fmt: skip

    def test_nothing_is_prepared_where_there_is_a_workspace(self, store: Store, ours: int):
        assert prepare(store) is None
        assert (store.connections(ours), store.importers(ours)) == ([], [])

    def test_of_two_who_prepare_at_the_same_moment_one_does(self, store: Store):
        answers = at_once([lambda: prepare(store)] * 3)
        assert sum(answer is not None for answer in answers) == 1

    def test_there_is_no_second_first_owner(self, store: Store, alice: Actor):
        assert store.add_first_owner("b@example.com", "hash", workspace_name="W", time_zone="UTC", now=NEW_YEAR) is None
        assert store.password_of("b@example.com") is None

    def test_of_two_first_owners_at_the_same_moment_one_gets_in(self, store: Store):
        answers = at_once(
            [
                lambda name=name: store.add_first_owner(
                    f"{name}@example.com", "hash", workspace_name="W", time_zone="UTC", now=NEW_YEAR
                )
                for name in ("ann", "ben", "cleo")
            ]
        )
        assert sum(answer is not None for answer in answers) == 1

    def test_an_address_has_one_account(self, store: Store, alice: Actor, ours: int):
        with pytest.raises(InvalidSettings, match=alice.user.email):
            store.add_user(alice.user.email, "hash", workspace_id=ours, role=Role.VIEWER, now=NEW_YEAR)

    def test_sessions_are_marked_anew_with_or_without_a_new_password(self, store: Store, alice: Actor):
        store.mark_sessions(alice.user.id, "first")
        before = store.password_of(alice.user.email)
        assert store.actor(alice.user.id) == replace(alice, user=replace(alice.user, session_mark="first"))
        store.mark_sessions(alice.user.id, "second", password_hash="new hash")
        assert store.password_of(alice.user.email) == (alice.user.id, "new hash") != before

    # --- connections ---

    def test_a_connection_comes_back_as_it_went_in(self, store: Store, ours: int):
        kept = store.keep_connection(ours, "pipedrive", ACME, b"\x00sealed\xff", now=NEW_YEAR)
        assert (kept.account, kept.sealed, kept.status) == (ACME, b"\x00sealed\xff", ConnectionStatus.WORKING)
        assert (kept.created_at, kept.checked_at) == (NEW_YEAR, NEW_YEAR)
        assert store.connection(ours, kept.id) == kept
        assert store.connections(ours) == [kept]

    def test_linking_an_account_again_renews_its_connection(self, store: Store, ours: int):
        first = a_connection(store, ours)
        store.mark_connection(ours, first.id, ConnectionStatus.NEEDS_RECONNECTING, now=NEW_YEAR)
        louder = replace(ACME, email=ACME.email.upper())
        again = store.keep_connection(ours, "pipedrive", louder, b"newer", now=LATER)
        assert (again.id, again.sealed, again.status) == (first.id, b"newer", ConnectionStatus.WORKING)
        assert (again.created_at, again.checked_at) == (NEW_YEAR, LATER)

    def test_two_workspaces_may_link_the_same_account(self, store: Store, ours: int, theirs: int):
        assert a_connection(store, ours).id != a_connection(store, theirs).id

    def test_an_account_linked_at_the_same_moment_is_linked_once(self, store: Store, ours: int):
        answers = at_once([lambda: a_connection(store, ours)] * 3)
        assert {answer.id for answer in answers} == {store.connections(ours)[0].id}

    def test_a_connection_cannot_become_another_one(self, store: Store, ours: int):
        a_connection(store, ours)
        bobs = replace(ACME, user="Bob", email="bob@acme.example")
        other = a_connection(store, ours, account=bobs)
        with pytest.raises(InvalidSettings, match="linked already"):
            store.renew_connection(ours, other.id, ACME, b"new", now=LATER)
        assert store.connection(ours, other.id).account == bobs

    def test_a_renewed_connection_works_again(self, store: Store, ours: int):
        connection = a_connection(store, ours)
        store.mark_connection(ours, connection.id, ConnectionStatus.NEEDS_RECONNECTING, now=NEW_YEAR)
        renewed = store.renew_connection(ours, connection.id, ACME, b"new", now=LATER)
        assert (renewed.status, renewed.sealed, renewed.checked_at) == (ConnectionStatus.WORKING, b"new", LATER)

    def test_a_connection_keeps_the_plan_its_owner_entered(self, store: Store, ours: int, theirs: int):
        connection = a_connection(store, ours)
        assert connection.plan is None
        planned = store.plan_connection(ours, connection.id, Plan("growth", 5))
        assert planned == replace(connection, plan=Plan("growth", 5)) == store.connection(ours, connection.id)
        assert a_connection(store, ours, sealed=b"renewed").plan == Plan("growth", 5)
        with pytest.raises(NotThere):
            store.plan_connection(theirs, connection.id, None)
        assert store.plan_connection(ours, connection.id, None).plan is None

    def test_a_connection_says_how_it_is_signed_in_to(self, store: Store, ours: int):
        assert a_connection(store, ours).sign_in is SignIn.API_TOKEN
        granted = an_app_connection(store, ours)
        assert (granted.sign_in, granted.scopes) == (SignIn.OAUTH, ("base", "deals:read"))
        token = store.renew_connection(ours, granted.id, granted.account, b"token", now=LATER)
        assert (token.sign_in, token.scopes) == (SignIn.API_TOKEN, ())

    def test_an_account_is_known_by_its_ids_whatever_its_names_become(self, store: Store, ours: int):
        before = a_connection(store, ours)
        known = replace(ACME, company_id=7, user_id=11)
        with_ids = a_connection(store, ours, account=known)
        renamed = a_connection(store, ours, account=replace(known, company_domain="new", email="new@acme.example"))
        assert {with_ids.id, renamed.id} == {before.id}
        assert a_connection(store, ours, account=replace(known, user_id=12)).id != before.id

    def test_connections_are_listed_by_company_and_user(self, store: Store, ours: int):
        for company, user, number in (("beta", "Al", 1), ("Acme", "Zoe", 2), ("acme", "bob", 3)):
            a_connection(store, ours, account=replace(ACME, company=company, user=user, company_id=9, user_id=number))
        assert [one.account.user for one in store.connections(ours)] == ["bob", "Zoe", "Al"]

    def test_connections_of_an_app_user_are_found_in_every_workspace(self, store: Store, ours: int, theirs: int):
        granted = [an_app_connection(store, workspace) for workspace in (ours, theirs)]
        a_connection(store, ours, account=replace(granted[0].account, user_id=12))
        an_app_connection(store, ours, user_id=13)
        found = store.app_connections("pipedrive", replace(ACME, company_id=7, user_id=11))
        assert {one.id for one in found} == {one.id for one in granted}

    def test_a_google_account_is_known_by_its_subject_whatever_its_address_becomes(self, store: Store, ours: int):
        first = a_google_connection(store, ours)
        renamed = replace(ALEX, user="alexa@northwind.example", email="alexa@northwind.example")
        again = a_google_connection(store, ours, account=renamed)
        assert (again.id, again.label) == (first.id, "Google (alexa@northwind.example)")
        somebody_else = a_google_connection(store, ours, account=replace(ALEX, subject="2"))
        assert somebody_else.id != first.id

    def test_connections_of_a_google_account_are_found_in_every_workspace(self, store: Store, ours: int, theirs: int):
        granted = [a_google_connection(store, workspace) for workspace in (ours, theirs)]
        a_google_connection(store, ours, account=replace(ALEX, subject="2"))
        robot = replace(ALEX, subject="3", email="robot@project.example")
        a_google_connection(store, ours, account=robot, sign_in=SignIn.SERVICE_ACCOUNT)
        assert {one.id for one in store.app_connections("google_sheets", ALEX)} == {one.id for one in granted}
        assert store.app_connections("google_sheets", robot) == []

    def test_connections_of_a_kind_are_found_in_every_workspace(self, store: Store, ours: int, theirs: int):
        google = [a_google_connection(store, workspace) for workspace in (theirs, ours)]
        a_connection(store, ours)
        assert store.connections_of("google_sheets") == google
        assert store.connections_of("excel") == []

    def test_a_connection_is_refused_once(self, store: Store, ours: int):
        connection = an_app_connection(store, ours)
        answers = at_once([lambda: store.refuse_connection(connection, REFUSED, now=LATER)] * 3)
        assert sorted(answers) == [False, False, True]
        refused = store.connection(ours, connection.id)
        assert (refused.status, refused.trouble) == (ConnectionStatus.NEEDS_RECONNECTING, REFUSED)

    def test_a_refusal_of_an_old_secret_does_not_touch_a_new_one(self, store: Store, ours: int):
        connection = an_app_connection(store, ours)
        fresh = store.renew_connection(ours, connection.id, connection.account, b"newer", now=LATER)
        assert not store.refuse_connection(connection, REFUSED, now=LATER)
        assert store.connection(ours, connection.id) == fresh

    def test_a_connection_that_works_again_has_no_trouble(self, store: Store, ours: int):
        connection = an_app_connection(store, ours)
        store.refuse_connection(connection, REFUSED, now=LATER)
        assert store.mark_connection(ours, connection.id, ConnectionStatus.WORKING, now=LATER).trouble is None

    def test_a_grant_is_forgotten_whatever_became_of_it_and_a_token_is_kept(self, store: Store, ours: int):
        connection = an_app_connection(store, ours)
        assert store.keep_grant(connection, b"refreshed", scopes=())
        store.forget_grant(connection)
        assert store.connection(ours, connection.id).sealed == b""
        token = a_connection(store, ours, account=connection.account, sealed=b"token")
        store.forget_grant(connection)
        assert store.connection(ours, token.id).sealed == b"token"

    def test_of_many_one_may_refresh(self, store: Store, ours: int):
        connection = an_app_connection(store, ours)
        answers = at_once([lambda: store.begin_refresh(connection, until=LATER, now=NEW_YEAR)] * 5)
        assert sorted(answers) == [False] * 4 + [True]

    def test_whoever_dies_while_refreshing_keeps_others_from_it_for_a_while_only(self, store: Store, ours: int):
        connection = an_app_connection(store, ours)
        assert store.begin_refresh(connection, until=LATER, now=NEW_YEAR)
        assert not store.begin_refresh(connection, until=LATER, now=LATER - SECOND)
        assert store.begin_refresh(connection, until=LATER + SECOND, now=LATER)

    def test_a_turn_to_refresh_is_given_back_by_whoever_took_it(self, store: Store, ours: int):
        connection = an_app_connection(store, ours)
        assert store.begin_refresh(connection, until=LATER, now=NEW_YEAR)
        store.end_refresh(connection, until=LATER + SECOND)
        assert not store.begin_refresh(connection, until=LATER, now=NEW_YEAR)
        store.end_refresh(connection, until=LATER)
        assert store.begin_refresh(connection, until=LATER, now=NEW_YEAR)

    def test_a_refreshed_grant_takes_the_place_of_the_one_it_came_from_and_of_no_other(self, store: Store, ours: int):
        connection = an_app_connection(store, ours)
        assert store.begin_refresh(connection, until=LATER, now=NEW_YEAR)
        assert store.keep_grant(connection, b"second", scopes=("base",))
        second = store.connection(ours, connection.id)
        assert (second.sealed, second.scopes, second.status) == (b"second", ("base",), ConnectionStatus.WORKING)
        assert not store.keep_grant(connection, b"other", scopes=())
        assert not store.begin_refresh(connection, until=LATER, now=NEW_YEAR), "there is nothing to refresh any more"
        assert store.begin_refresh(second, until=LATER, now=NEW_YEAR), "the turn ended with what was stored"

    def test_importers_of_a_refused_connection_neither_start_nor_go_on(self, store: Store, ours: int):
        importer = an_importer(store, ours, next_run_at=NEW_YEAR)
        waiting = a_run(store, an_importer(store, ours, target=a_target("Other"), name="Other"), claim="c")
        store.end_run(waiting.id, "c", Ending(Status.WAITING, Counts(), wake_at=NEW_YEAR), lines=(), now=NEW_YEAR)
        store.refuse_connection(store.connection(ours, importer.connection_id), REFUSED, now=NEW_YEAR)
        assert due(store, LATER) == []
        assert store.runs_to_wake(LATER, limit=9) == []
        store.mark_connection(ours, importer.connection_id, ConnectionStatus.WORKING, now=LATER)
        assert [one.importer_id for one in due(store, LATER)] == [importer.id]
        assert [one.id for one in store.runs_to_wake(LATER, limit=9)] == [waiting.id]

    def test_importers_that_write_with_a_refused_connection_neither_start_nor_go_on(self, store: Store, ours: int):
        google = a_google_connection(store, ours)
        importer = an_importer(store, ours, next_run_at=NEW_YEAR, target=a_google_target(google.id))
        to_excel = an_importer(store, ours, next_run_at=NEW_YEAR, name="To Excel")
        waiting = a_run(store, importer, claim="c")
        store.end_run(waiting.id, "c", Ending(Status.WAITING, Counts(), wake_at=NEW_YEAR), lines=(), now=NEW_YEAR)
        store.refuse_connection(google, REFUSED, now=NEW_YEAR)
        assert [one.importer_id for one in due(store, LATER)] == [to_excel.id]
        assert store.runs_to_wake(LATER, limit=9) == []
        store.mark_connection(ours, google.id, ConnectionStatus.WORKING, now=LATER)
        assert {one.importer_id for one in due(store, LATER)} == {importer.id, to_excel.id}
        assert [one.id for one in store.runs_to_wake(LATER, limit=9)] == [waiting.id]

    def test_a_connection_that_importers_write_with_stays(self, store: Store, ours: int):
        google = a_google_connection(store, ours)
        importer = an_importer(store, ours, target=a_google_target(google.id))
        with pytest.raises(InvalidSettings, match="uses this connection"):
            store.remove_connection(ours, google.id)
        to_excel = a_draft(connection_id=importer.connection_id)
        store.change_importer(ours, importer.id, to_excel, next_turn=never, now=LATER)
        store.remove_connection(ours, google.id)
        assert [one.kind for one in store.connections(ours)] == ["pipedrive"]

    def test_a_connection_in_use_stays(self, store: Store, ours: int):
        importer = an_importer(store, ours)
        with pytest.raises(InvalidSettings, match="uses this connection"):
            store.remove_connection(ours, importer.connection_id)
        store.remove_importer(ours, importer.id)
        store.remove_connection(ours, importer.connection_id)
        assert store.connections(ours) == []

    # --- workspaces are walls ---

    def test_nothing_of_another_workspace_can_be_read_or_changed(self, store: Store, ours: int, theirs: int):
        importer = an_importer(store, ours)
        run = a_run(store, importer)
        for deed in (
            lambda: store.connection(theirs, importer.connection_id),
            lambda: store.renew_connection(theirs, importer.connection_id, ACME, b"theirs", now=LATER),
            lambda: store.mark_connection(theirs, importer.connection_id, ConnectionStatus.WORKING, now=LATER),
            lambda: store.remove_connection(theirs, importer.connection_id),
            lambda: store.importer(theirs, importer.id),
            lambda: store.change_importer(theirs, importer.id, a_draft(), next_turn=never, now=LATER),
            lambda: store.pause_importer(theirs, importer.id, now=LATER),
            lambda: store.remove_importer(theirs, importer.id),
            lambda: store.run(theirs, run.id),
            lambda: store.events(theirs, run.id),
            lambda: store.cancel_run(theirs, run.id, line=LINE, now=LATER),
        ):
            with pytest.raises(NotThere):
                deed()
        assert (store.importers(theirs), store.runs(theirs, importer.id, limit=5), store.last_runs(theirs)) == (
            [],
            [],
            {},
        )
        assert (store.importer(ours, importer.id), store.run(ours, run.id)) == (importer, run)

    def test_an_importer_cannot_use_a_connection_of_another_workspace(self, store: Store, ours: int, theirs: int):
        foreign = a_connection(store, theirs)
        with pytest.raises(NotThere, match="connection"):
            store.add_importer(ours, a_draft(connection_id=foreign.id), next_run_at=None, now=NEW_YEAR)
        importer = an_importer(store, ours)
        with pytest.raises(NotThere, match="connection"):
            store.change_importer(ours, importer.id, a_draft(connection_id=foreign.id), next_turn=never, now=LATER)

    def test_an_importer_cannot_write_with_a_connection_of_another_workspace(
        self, store: Store, ours: int, theirs: int
    ):
        foreign = a_google_connection(store, theirs)
        importer = an_importer(store, ours)
        draft = a_draft(connection_id=importer.connection_id, target=a_google_target(foreign.id))
        with pytest.raises(NotThere, match="connection"):
            store.add_importer(ours, draft, next_run_at=None, now=NEW_YEAR)
        with pytest.raises(NotThere, match="connection"):
            store.change_importer(ours, importer.id, draft, next_turn=never, now=LATER)

    def test_a_connection_is_used_for_what_it_is_good_for(self, store: Store, ours: int):
        pipedrive, google = a_connection(store, ours), a_google_connection(store, ours)
        for reads, writes in ((google, google), (google, None), (pipedrive, pipedrive)):
            target = a_google_target(writes.id) if writes else a_target()
            with pytest.raises(NotThere, match="connection"):
                store.add_importer(ours, a_draft(connection_id=reads.id, target=target), next_run_at=None, now=NEW_YEAR)

    # --- importers ---

    def test_an_importer_comes_back_as_it_went_in(self, store: Store, ours: int):
        selection = Selection("deals", ("id", "ünï"), 7, "Mine", ("open", "won"), 10, "Asia/Kolkata")
        schedule = Schedule(Every.DAYS, 1, (0, 4), time(8, 30), "Asia/Kolkata")
        importer = an_importer(store, ours, next_run_at=LATER, selection=selection, schedule=schedule)
        assert (importer.selection, importer.target, importer.schedule) == (selection, a_target(), schedule)
        assert (importer.paused, importer.next_run_at) == (False, LATER)
        assert store.importer(ours, importer.id) == importer

    def test_importers_are_listed_by_name_without_regard_to_case(self, store: Store, ours: int):
        for name in ("beta", "Alpha", "Gamma"):
            an_importer(store, ours, name=name, target=a_target(name))
        assert [importer.name for importer in store.importers(ours)] == ["Alpha", "beta", "Gamma"]

    def test_a_sheet_has_one_importer_whatever_its_case(self, store: Store, ours: int, theirs: int):
        an_importer(store, ours)
        with pytest.raises(InvalidSettings, match="Another importer"):
            an_importer(store, ours, target=a_target("DEALS", "pipesheet"))
        an_importer(store, theirs)

    def test_a_place_in_a_spreadsheet_has_one_importer(self, store: Store, ours: int):
        google = a_google_connection(store, ours)
        an_importer(store, ours, target=a_google_target(google.id, start="B3"))
        for start, sheet in (("B3", "Deals"), ("$b$3", "DEALS")):
            with pytest.raises(InvalidSettings, match=r"writes to (?i:deals) in Sales 2026"):
                an_importer(store, ours, target=a_google_target(google.id, sheet=sheet, start=start))
        for number, changes in enumerate(({"start": "B4"}, {"sheet": "Deals/B3"}, {"place": SPREADSHEET.upper()})):
            an_importer(store, ours, name=str(number), target=a_google_target(google.id, **{"start": "B3"} | changes))

    def test_a_change_cannot_take_the_sheet_of_another_importer(self, store: Store, ours: int):
        an_importer(store, ours)
        other = an_importer(store, ours, target=a_target("Other"))
        with pytest.raises(InvalidSettings, match="Another importer"):
            store.change_importer(
                ours, other.id, a_draft(connection_id=other.connection_id), next_turn=never, now=LATER
            )

    def test_a_changed_importer_stays_paused(self, store: Store, ours: int):
        importer = an_importer(store, ours)
        store.pause_importer(ours, importer.id, now=NEW_YEAR)
        draft = a_draft(name="New name", connection_id=importer.connection_id)
        changed = store.change_importer(ours, importer.id, draft, next_turn=never, now=LATER)
        assert (changed.name, changed.paused, changed.created_at, changed.updated_at) == (
            "New name",
            True,
            NEW_YEAR,
            LATER,
        )

    def test_a_schedule_that_stays_the_same_keeps_its_turn_and_another_one_begins_anew(self, store: Store, ours: int):
        importer = an_importer(store, ours, next_run_at=NEW_YEAR, schedule=Schedule(Every.HOURS))
        kept = self._renamed(store, importer)
        assert (kept.name, kept.next_run_at, kept.starts_after_success) == ("Renamed", NEW_YEAR, False)
        assert self._renamed(store, importer, schedule=Schedule(Every.DAYS)).next_run_at == LATER

    def test_what_reads_or_writes_something_else_has_to_succeed_first_unless_it_is_to_start_anyway(
        self, store: Store, ours: int
    ):
        importer = an_importer(store, ours, next_run_at=NEW_YEAR, schedule=Schedule(Every.HOURS))
        elsewhere = self._renamed(store, importer, target=a_target("Elsewhere"))
        assert (elsewhere.starts_after_success, elsewhere.next_run_at) == (True, None)
        still = self._renamed(store, elsewhere)
        assert (still.starts_after_success, still.next_run_at) == (True, None)
        anyway = self._renamed(store, elsewhere, start_anyway=True)
        assert (anyway.starts_after_success, anyway.next_run_at) == (False, LATER)

    def test_what_happens_to_an_importer_while_it_is_changed_stays(self, store: Store, ours: int):
        importer = an_importer(store, ours, next_run_at=NEW_YEAR, schedule=Schedule(Every.HOURS))
        for _ in range(5):
            store.pause_importer(ours, importer.id, now=NEW_YEAR)
            resume = lambda: store.resume_importer(ours, importer.id, next_turn=lambda _: LATER, now=LATER)  # noqa: E731
            at_once([lambda: self._renamed(store, importer), resume, lambda: self._renamed(store, importer)])
            after = store.importer(ours, importer.id)
            assert (after.name, after.paused, after.next_run_at) == ("Renamed", False, LATER)

    def test_whoever_resumes_what_is_not_paused_changes_nothing(self, store: Store, ours: int):
        importer = an_importer(store, ours, next_run_at=NEW_YEAR, schedule=Schedule(Every.HOURS))
        assert store.resume_importer(ours, importer.id, next_turn=lambda _: LATER, now=LATER) == importer

    def test_what_is_resumed_before_it_succeeded_waits_on(self, store: Store, ours: int):
        importer = an_importer(store, ours, schedule=Schedule(Every.HOURS))
        self._renamed(store, importer, target=a_target("Elsewhere"))
        store.pause_importer(ours, importer.id, now=NEW_YEAR)
        resumed = store.resume_importer(ours, importer.id, next_turn=lambda _: LATER, now=LATER)
        assert (resumed.paused, resumed.starts_after_success, resumed.next_run_at) == (False, True, None)

    def _renamed(self, store: Store, importer: Importer, *, start_anyway: bool = False, **changes: Any) -> Importer:
        """Saved from how it was when somebody opened it."""
        kept = {"schedule": importer.schedule, "selection": importer.selection, "target": importer.target}
        draft = a_draft(name="Renamed", connection_id=importer.connection_id, **(kept | changes))
        return store.change_importer(
            importer.workspace_id,
            importer.id,
            draft,
            next_turn=lambda schedule: LATER,
            now=LATER,
            start_anyway=start_anyway,
        )

    def test_the_columns_of_a_sheet_are_kept_with_what_there_is_to_decide(self, store: Store, ours: int):
        importer = an_importer(store, ours)
        selection = replace(importer.selection, frozen=SHEET)
        assert store.keep_columns(importer, selection, [RENAMED, ADDED])
        kept = store.importer(ours, importer.id)
        assert (kept.selection, kept.changes) == (selection, (RENAMED, ADDED))
        assert replace(kept, selection=importer.selection, changes=()) == importer

    def test_what_is_decided_by_now_is_not_handed_out(self, store: Store, ours: int):
        importer = an_importer(store, ours)
        left_out = replace(importer.selection, frozen=replace(SHEET, known=("size", "colour")))
        store.keep_columns(importer, left_out, [RENAMED, ADDED])
        assert store.importer(ours, importer.id).changes == (RENAMED,)
        assert [one.changes for one in store.importers(ours)] == [(RENAMED,)]

    def test_columns_seen_for_another_selection_are_not_kept(self, store: Store, ours: int, theirs: int):
        importer = an_importer(store, ours)
        frozen = replace(importer.selection, frozen=SHEET)
        changed = store.change_importer(
            ours,
            importer.id,
            a_draft(connection_id=importer.connection_id, selection=Selection("deals", limit=5)),
            next_turn=never,
            now=LATER,
        )
        assert not store.keep_columns(importer, frozen, [ADDED])
        assert not store.keep_columns(replace(changed, workspace_id=theirs), frozen, [ADDED])
        assert not store.keep_columns(replace(changed, id=NOBODY), frozen, [ADDED])
        assert store.importer(ours, importer.id) == changed

    def test_of_many_who_keep_columns_at_the_same_moment_one_does(self, store: Store, ours: int):
        importer = an_importer(store, ours)
        sheets = [replace(importer.selection, frozen=replace(SHEET, empty=(str(place),))) for place in range(4)]
        answers = at_once([lambda sheet=sheet: store.keep_columns(importer, sheet, []) for sheet in sheets])
        assert sorted(answers) == [False, False, False, True]
        assert store.importer(ours, importer.id).selection == sheets[answers.index(True)]

    def test_a_removed_importer_takes_its_runs_along(self, store: Store, ours: int):
        importer = an_importer(store, ours)
        run = a_run(store, importer, claim="mine")
        store.save_progress(run.id, "mine", phase=Phase.READING, counts=Counts(), lines=[LINE], now=LATER)
        store.remove_importer(ours, importer.id)
        with pytest.raises(NotThere):
            store.run(ours, run.id)
        assert store.pulse(run.id, "mine") == Pulse(ours=False, cancel_requested=False)

    def test_an_id_is_never_used_twice(self, store: Store, ours: int):
        importer = an_importer(store, ours)
        run = a_run(store, importer)
        store.remove_importer(ours, importer.id)
        again = an_importer(store, ours)
        assert again.id > importer.id
        assert a_run(store, again).id > run.id

    # --- runs ---

    def test_a_new_run_is_queued(self, store: Store, ours: int):
        run, is_new = store.add_run(an_importer(store, ours), Trigger.MANUAL, now=NEW_YEAR)
        assert is_new
        assert (run.status, run.phase, run.counts, run.notes, run.trouble) == (
            Status.QUEUED, Phase.QUEUED, Counts(), (), None,
        )  # fmt: skip
        assert (run.attempt, run.abandoned, run.cancel_requested, run.queued_at) == (0, 0, False, NEW_YEAR)

    def test_a_glance_tells_of_every_importer_what_became_of_its_newest_run(self, store: Store, ours: int, theirs: int):
        writer = a_google_connection(store, ours)
        late, early, never = (
            an_importer(store, ours, name="late"),
            an_importer(store, ours, name="Early", target=a_google_target(writer.id)),
            an_importer(store, ours, name="never", target=a_target("Never")),
        )
        an_importer(store, theirs)
        for importer, status in ((late, Status.DONE), (late, Status.FAILED), (early, Status.FAILED)):
            trouble = Trouble("no-room", "It is full.") if status is Status.FAILED else None
            run = a_run(store, importer, claim="c")
            store.end_run(run.id, "c", Ending(status, Counts(), trouble=trouble), lines=[], now=NEW_YEAR)
        a_run(store, early)
        reads = late.connection_id
        assert store.glances(ours) == [
            Glance(early.id, "Early", reads, writer.id, Status.QUEUED),
            Glance(late.id, "late", reads, None, Status.FAILED, "no-room"),
            Glance(never.id, "never", reads),
        ]

    def test_a_few_importers_and_their_runs_can_be_asked_for(self, store: Store, ours: int, theirs: int):
        mine, other = (an_importer(store, ours, name=name, target=a_target(name)) for name in "ab")
        strange = an_importer(store, theirs)
        runs = {importer.id: a_run(store, importer) for importer in (mine, other, strange)}
        asked = [other.id, strange.id, NOBODY]
        assert store.importers(ours, only=asked) == [other]
        assert store.last_runs(ours, only=asked) == {other.id: runs[other.id]}
        assert store.last_runs(ours) == {one.id: runs[one.id] for one in (mine, other)}
        assert (store.importers(ours, only=[]), store.last_runs(ours, only=[])) == ([], {})

    def test_a_run_that_is_not_over_is_returned_instead_of_a_second_one(self, store: Store, ours: int):
        importer = an_importer(store, ours)
        first = a_run(store, importer, claim="mine")
        assert store.add_run(importer, Trigger.SCHEDULE, now=LATER) == (first, False)
        store.end_run(first.id, "mine", Ending(Status.DONE, Counts()), lines=[], now=LATER)
        second, is_new = store.add_run(importer, Trigger.MANUAL, now=LATER)
        assert is_new
        assert [run.id for run in store.runs(ours, importer.id, limit=10)] == [second.id, first.id]
        assert [run.id for run in store.runs(ours, importer.id, limit=10, before=second.id)] == [first.id]
        assert store.runs(ours, importer.id, limit=10, before=first.id) == []
        assert store.last_runs(ours) == {importer.id: second}

    def test_many_starts_at_the_same_moment_make_one_run(self, store: Store, ours: int):
        importer = an_importer(store, ours)
        answers = at_once([lambda: store.add_run(importer, Trigger.MANUAL, now=NEW_YEAR)] * 4)
        assert sorted(is_new for _, is_new in answers) == [False, False, False, True]
        assert len({run.id for run, _ in answers}) == 1

    def test_a_deleted_importer_cannot_be_run(self, store: Store, ours: int):
        importer = an_importer(store, ours)
        store.remove_importer(ours, importer.id)
        with pytest.raises(NotThere):
            store.add_run(importer, Trigger.MANUAL, now=NEW_YEAR)

    def test_of_many_claims_one_succeeds(self, store: Store, ours: int):
        run = a_run(store, an_importer(store, ours))
        answers = at_once([lambda n=n: store.claim_run(run.id, f"claim {n}", now=LATER) for n in range(4)])
        taken = [answer for answer in answers if answer is not None]
        assert len(taken) == 1
        assert (taken[0].status, taken[0].attempt) == (Status.RUNNING, 1)
        assert (taken[0].started_at, taken[0].heartbeat_at) == (LATER, LATER)

    def test_what_is_not_queued_cannot_be_claimed(self, store: Store, ours: int):
        run = a_run(store, an_importer(store, ours), claim="mine")
        assert store.claim_run(run.id, "yours", now=LATER) is None
        assert store.claim_run(NOBODY, "yours", now=LATER) is None

    def test_progress_and_story_are_kept_together(self, store: Store, ours: int):
        run = a_run(store, an_importer(store, ours), claim="mine")
        counts = Counts(500, 0, 1200, 30, 3, 60, timedelta(seconds=1.5))
        lines = [Line("one"), Line("two", Level.NOTE)]
        assert store.save_progress(run.id, "mine", phase=Phase.READING, counts=counts, lines=lines, now=LATER)
        kept = store.run(ours, run.id)
        assert (kept.phase, kept.counts) == (Phase.READING, counts)
        told = [(event.number, event.at, event.level, event.text) for event in store.events(ours, run.id)]
        assert told == [(1, LATER, Level.INFO, "one"), (2, LATER, Level.NOTE, "two")]

    def test_events_are_numbered_without_gaps_whoever_writes_them(self, store: Store, ours: int):
        run = a_run(store, an_importer(store, ours), claim="mine")

        def say(text: str) -> bool:
            return store.save_progress(
                run.id, "mine", phase=Phase.READING, counts=Counts(), lines=[Line(text), Line(text)], now=LATER
            )

        at_once([lambda n=n: say(f"line {n}") for n in range(4)])
        store.save_progress(run.id, "yours", phase=Phase.READING, counts=Counts(), lines=[LINE], now=LATER)
        store.cancel_run(ours, run.id, line=LINE, now=LATER)
        assert [event.number for event in store.events(ours, run.id)] == list(range(1, 10))
        assert [event.number for event in store.events(ours, run.id, after=7)] == [8, 9]

    def test_without_the_claim_nothing_changes(self, store: Store, ours: int):
        run = a_run(store, an_importer(store, ours), claim="mine")
        done = Ending(Status.DONE, Counts(rows_read=9))
        assert not store.save_progress(run.id, "yours", phase=Phase.WRITING, counts=Counts(1), lines=[LINE], now=LATER)
        assert not store.end_run(run.id, "yours", done, lines=[LINE], now=LATER)
        assert store.beat(run.id, "yours", now=LATER) == Pulse(ours=False, cancel_requested=False)
        assert store.run(ours, run.id) == run
        assert store.events(ours, run.id) == []

    def test_a_heartbeat_is_kept(self, store: Store, ours: int):
        run = a_run(store, an_importer(store, ours), claim="mine")
        assert store.beat(run.id, "mine", now=LATER) == Pulse(ours=True, cancel_requested=False)
        assert store.run(ours, run.id).heartbeat_at == LATER

    def test_a_run_ends_with_everything_there_is_to_say(self, store: Store, ours: int):
        run = a_run(store, an_importer(store, ours), claim="mine")
        trouble = Trouble("not-there", "It is gone.", "Look for it.", "abc")
        ending = Ending(Status.FAILED, Counts(rows_read=3), notes=("a note",), trouble=trouble)
        assert store.end_run(run.id, "mine", ending, lines=[Line("The end.", Level.ERROR)], now=LATER)
        over = store.run(ours, run.id)
        assert (over.status, over.counts, over.notes, over.trouble) == (
            Status.FAILED,
            Counts(rows_read=3),
            ("a note",),
            trouble,
        )
        assert (over.ended_at, over.wake_at) == (LATER, None)
        assert not store.end_run(run.id, "mine", ending, lines=[], now=LATER)

    def test_a_finished_run_is_in_its_last_phase(self, store: Store, ours: int):
        run = a_run(store, an_importer(store, ours), claim="mine")
        store.end_run(run.id, "mine", Ending(Status.DONE_WITH_NOTES, Counts()), lines=[], now=LATER)
        assert store.run(ours, run.id).phase is Phase.FINISHED

    def test_a_queued_run_is_cancelled_at_once(self, store: Store, ours: int):
        run = a_run(store, an_importer(store, ours))
        cancelled = store.cancel_run(ours, run.id, line=LINE, now=LATER)
        assert (cancelled.status, cancelled.ended_at) == (Status.CANCELLED, LATER)
        assert store.claim_run(run.id, "mine", now=LATER) is None

    def test_a_running_run_is_asked_to_stop_once(self, store: Store, ours: int):
        run = a_run(store, an_importer(store, ours), claim="mine")
        for _ in range(2):
            asked = store.cancel_run(ours, run.id, line=LINE, now=LATER)
            assert (asked.status, asked.cancel_requested) == (Status.RUNNING, True)
        assert store.pulse(run.id, "mine") == Pulse(ours=True, cancel_requested=True)
        assert len(store.events(ours, run.id)) == 1

    def test_a_run_that_is_over_stays_as_it_is(self, store: Store, ours: int):
        run = a_run(store, an_importer(store, ours), claim="mine")
        store.end_run(run.id, "mine", Ending(Status.DONE, Counts()), lines=[], now=LATER)
        over = store.run(ours, run.id)
        assert store.cancel_run(ours, run.id, line=LINE, now=LATER) == over

    def test_a_run_handed_back_is_queued_as_if_nobody_had_tried(self, store: Store, ours: int):
        queued = a_run(store, an_importer(store, ours), claim="claim")
        assert not store.release_run(queued.id, "another claim", line=LINE, now=LATER)
        assert store.release_run(queued.id, "claim", line=LINE, now=LATER)
        run = store.run(ours, queued.id)
        assert (run.status, run.phase, run.attempt, run.abandoned) == (Status.QUEUED, Phase.QUEUED, 0, 0)
        assert (run.counts, run.ended_at, run.queued_at) == (Counts(), None, LATER)
        assert [event.text for event in store.events(ours, run.id)] == [LINE.text]
        assert not store.save_progress(run.id, "claim", phase=Phase.READING, counts=Counts(), lines=(), now=LATER)
        again = store.claim_run(run.id, "next", now=LATER)
        assert again is not None
        assert again.attempt == 1

    def test_a_run_that_only_waited_in_line_was_not_tried(self, store: Store, ours: int):
        queued = a_run(store, an_importer(store, ours), claim="mine")
        in_line = Ending(Status.WAITING, Counts(), trouble=Trouble("busy", "Later."), wake_at=LATER, was_tried=False)
        assert store.end_run(queued.id, "mine", in_line, lines=[], now=NEW_YEAR)
        run = store.run(ours, queued.id)
        assert (run.status, run.attempt, run.wake_at) == (Status.WAITING, 0, LATER)

    def test_a_run_knows_since_when_it_is_in_line_until_it_was_tried(self, store: Store, ours: int):
        run = a_run(store, an_importer(store, ours))
        busy = Trouble("busy", "Later.")
        in_line = Ending(Status.WAITING, Counts(), trouble=busy, wake_at=LATER, was_tried=False)
        since = []
        for number, ending in enumerate([in_line, in_line, replace(in_line, was_tried=True), in_line]):
            now = NEW_YEAR + number * SECOND
            taken = store.claim_run(run.id, "mine", now=now)
            assert taken is not None
            assert store.end_run(run.id, "mine", ending, lines=[], now=now)
            waiting = store.run(ours, run.id)
            since.append((taken.in_line_since, waiting.in_line_since))
            assert store.wake_run(waiting, line=LINE, now=now)
        fourth = NEW_YEAR + 3 * SECOND
        assert since == [(None, NEW_YEAR), (NEW_YEAR, NEW_YEAR), (NEW_YEAR, None), (None, fourth)]

    def test_a_run_that_was_cancelled_in_the_same_moment_neither_waits_nor_begins_again(self, store: Store, ours: int):
        failing, leaving = (
            a_run(store, an_importer(store, ours, target=a_target(name)), claim="mine") for name in "ab"
        )
        for run in (failing, leaving):
            store.cancel_run(ours, run.id, line=LINE, now=LATER)
        waiting = Ending(Status.WAITING, Counts(), trouble=Trouble("busy", "Later."), wake_at=LATER)
        assert store.end_run(failing.id, "mine", waiting, lines=[], now=LATER)
        assert not store.release_run(leaving.id, "mine", line=LINE, now=LATER)
        assert len(store.events(ours, leaving.id)) == 1
        assert store.end_run(leaving.id, "mine", Ending(Status.CANCELLED, Counts()), lines=[], now=LATER)
        for run in (failing, leaving):
            over = store.run(ours, run.id)
            assert (over.status, over.ended_at, over.wake_at, over.trouble) == (Status.CANCELLED, LATER, None, None)

    # --- what the clock asks for ---

    def test_an_importer_is_due_from_its_moment_on(self, store: Store, ours: int):
        importer = an_importer(store, ours, next_run_at=LATER, schedule=Schedule(Every.HOURS))
        an_importer(store, ours, target=a_target("By hand"))
        assert due(store, LATER - timedelta(microseconds=1)) == []
        assert due(store, LATER) == [Due(importer.id, ours, importer.schedule, LATER)]

    def test_a_paused_importer_is_not_due(self, store: Store, ours: int):
        importer = an_importer(store, ours, next_run_at=NEW_YEAR)
        store.pause_importer(ours, importer.id, now=NEW_YEAR)
        assert due(store, LATER) == []

    def test_a_turn_makes_a_run_that_is_held_and_begins_its_story(self, store: Store, ours: int):
        importer = an_importer(store, ours, next_run_at=NEW_YEAR)
        assert store.take_turns(NEW_YEAR, limit=9, begin=begin) == (1, 1)
        [run] = store.runs(ours, importer.id, limit=5)
        assert (run.status, run.trigger, run.queued_at) == (Status.QUEUED, Trigger.SCHEDULE, NEW_YEAR)
        assert [(event.number, event.text) for event in store.events(ours, run.id)] == [(1, LINE.text)]
        assert store.importer(ours, importer.id).next_run_at == LATER
        assert store.runs_to_send(NEW_YEAR, per_connection=9, limit=9) == [run]

    def test_a_turn_is_taken_once_however_many_clocks_there_are(self, store: Store, ours: int):
        for number in range(30):
            an_importer(store, ours, name=str(number), target=a_target(str(number)), next_run_at=NEW_YEAR)
        answers = at_once([lambda: take_all(store)] * 4)
        # One that found all that was left in the hands of others comes again with its next tick.
        assert sum(answers) + take_all(store) == 30
        made = [run for importer in store.importers(ours) for run in store.runs(ours, importer.id, limit=5)]
        assert len({run.importer_id for run in made}) == len(made) == 30

    def test_no_more_turns_are_taken_than_asked_for_and_the_oldest_first(self, store: Store, ours: int):
        late, later = (
            an_importer(store, ours, name=name, target=a_target(name), next_run_at=at)
            for name, at in (("late", NEW_YEAR - SECOND), ("later", NEW_YEAR))
        )
        assert store.take_turns(NEW_YEAR, limit=1, begin=begin) == (1, 1)
        assert (len(store.runs(ours, late.id, limit=5)), len(store.runs(ours, later.id, limit=5))) == (1, 0)

    def test_a_turn_is_skipped_while_the_last_run_is_not_over(self, store: Store, ours: int):
        importer = an_importer(store, ours, next_run_at=NEW_YEAR)
        a_run(store, importer, claim="mine")
        assert store.take_turns(NEW_YEAR, limit=9, begin=begin) == (1, 0)
        assert store.importer(ours, importer.id).next_run_at == LATER
        assert len(store.runs(ours, importer.id, limit=5)) == 1

    def test_an_importer_that_is_started_by_hand_in_the_same_moment_has_one_run(self, store: Store, ours: int):
        importer = an_importer(store, ours, next_run_at=NEW_YEAR)
        by_hand = lambda: store.add_run(importer, Trigger.MANUAL, now=NEW_YEAR)  # noqa: E731
        at_once([by_hand, lambda: take_all(store), by_hand])
        assert len(store.runs(ours, importer.id, limit=5)) == 1

    def test_an_importer_that_is_started_by_hand_while_its_turn_is_taken_has_one_run(self, store: Store, ours: int):
        importer = an_importer(store, ours, next_run_at=NEW_YEAR)
        pressing = threading.Thread(target=lambda: store.add_run(importer, Trigger.MANUAL, now=NEW_YEAR))

        def press(due: Due) -> Beginning:
            pressing.start()
            pressing.join(0.3)
            return begin(due)

        assert store.take_turns(NEW_YEAR, limit=9, begin=press)[0] == 1
        pressing.join()
        assert len(store.runs(ours, importer.id, limit=5)) == 1

    def test_a_turn_that_is_left_out_is_remembered_until_one_is_taken(self, store: Store, ours: int):
        importer = an_importer(store, ours, next_run_at=NEW_YEAR)
        assert store.take_turns(NEW_YEAR, limit=9, begin=lambda due: Beginning(LATER, None)) == (1, 0)
        missed = store.importer(ours, importer.id)
        assert (missed.next_run_at, missed.missed_at) == (LATER, NEW_YEAR)
        assert store.runs(ours, importer.id, limit=5) == []
        store.take_turns(LATER, limit=9, begin=begin)
        assert store.importer(ours, importer.id).missed_at is None

    # --- what a clock that was ahead has left ---

    def test_a_turn_that_is_later_than_its_schedule_says_is_brought_forward(self, store: Store, ours: int):
        wrong, right, soon, over, stopped = (
            an_importer(store, ours, name=name, target=a_target(name), next_run_at=at, schedule=Schedule(every))
            for name, at, every in (
                ("wrong", LATER + SECOND, Every.HOURS),
                ("right", LATER, Every.HOURS),
                ("soon", NEW_YEAR + SECOND, Every.HOURS),
                ("over", LATER + SECOND, Every.DAYS),
                ("stopped", LATER + SECOND, Every.HOURS),
            )
        )
        store.pause_importer(ours, stopped.id, now=NEW_YEAR)

        def says(schedule: Schedule, turn: datetime) -> datetime:
            return LATER if schedule.every is Every.HOURS else turn

        bring = lambda: store.bring_turns_forward(NEW_YEAR, beyond=NEW_YEAR + SECOND, reckon=says)  # noqa: E731
        assert sum(at_once([bring] * 3)) == 1
        turns = {one.name: one.next_run_at for one in store.importers(ours)}
        assert turns == {
            wrong.name: LATER,
            right.name: LATER,
            soon.name: NEW_YEAR + SECOND,
            over.name: LATER + SECOND,
            stopped.name: None,
        }

    def test_a_turn_that_is_set_meanwhile_is_not_brought_forward(self, store: Store, ours: int):
        importer = an_importer(store, ours, next_run_at=LATER, schedule=Schedule(Every.HOURS))

        def says(schedule: Schedule, turn: datetime) -> datetime:
            if schedule.number == 1:  # somebody saves another one, while we reckon
                self._renamed(store, importer, schedule=Schedule(Every.HOURS, 2))
            return NEW_YEAR + SECOND if schedule.number == 1 else turn

        assert store.bring_turns_forward(NEW_YEAR, beyond=NEW_YEAR, reckon=says) == 0
        assert store.importer(ours, importer.id).next_run_at == LATER

    def test_a_call_that_lies_ahead_has_come(self, store: Store, ours: int):
        leader = an_importer(store, ours)
        follower = self._follower(store, leader)
        self._succeed(store, leader)
        stay = lambda schedule, turn: turn  # noqa: E731
        assert store.bring_turns_forward(NEW_YEAR, beyond=LATER, reckon=stay) == 0
        assert store.bring_turns_forward(NEW_YEAR, beyond=NEW_YEAR, reckon=stay) == 1
        assert [one.importer_id for one in due(store, NEW_YEAR)] == [follower.id]

    def test_runs_that_wait_were_sent_or_beat_in_times_to_come_are_brought_back(self, store: Store, ours: int):
        waiting, beating, sent, well = (
            a_run(store, an_importer(store, ours, target=a_target(name)), claim=None if name == "sent" else "c")
            for name in ("waiting", "beating", "sent", "well")
        )
        until = LATER + SECOND
        for run, at in ((waiting, until), (well, LATER)):
            ending = Ending(Status.WAITING, Counts(), trouble=REFUSED, wake_at=at)
            store.end_run(run.id, "c", ending, lines=[], now=NEW_YEAR)
        store.beat(beating.id, "c", now=LATER)
        store.runs_to_send(LATER, per_connection=9, limit=9)
        bring = lambda: store.bring_runs_back(NEW_YEAR, beyond=NEW_YEAR + SECOND, latest_wake=LATER)  # noqa: E731
        assert sum(at_once([bring] * 3)) == 3
        assert [run.id for run in store.runs_to_wake(NEW_YEAR, limit=9)] == [waiting.id]
        assert [run.id for run in store.abandoned_runs(NEW_YEAR + SECOND, limit=9)] == [beating.id]
        assert [run.id for run in store.send_again(LATER, before=NEW_YEAR + SECOND, limit=9)] == [sent.id]

    # --- chains ---

    def _succeed(self, store: Store, importer: Any, status: Status = Status.DONE) -> None:
        run = a_run(store, importer, claim="c")
        assert store.end_run(run.id, "c", Ending(status, Counts()), lines=[], now=LATER)

    def _follower(self, store: Store, leader: Any, name: str = "Follower", **changes: Any) -> Any:
        schedule = Schedule(Every.AFTER, after_id=leader.id)
        return an_importer(
            store, leader.workspace_id, **{"name": name, "target": a_target(name), "schedule": schedule, **changes}
        )

    @pytest.mark.parametrize("status", [Status.DONE, Status.DONE_WITH_NOTES])
    def test_a_success_starts_those_that_follow_once_each(self, store: Store, ours: int, status: Status):
        leader = an_importer(store, ours, name="Leader")
        followers = [self._follower(store, leader, name) for name in "AB"]
        self._succeed(store, leader, status)
        seen: list[Due] = []

        def begin_once(due: Due) -> Beginning:
            seen.append(due)
            return Beginning(None, LINE)

        take = lambda: store.take_turns(LATER, limit=9, begin=begin_once, only_chains=True)[0]  # noqa: E731
        assert sum(at_once([take] * 4)) == 2
        assert {(due.importer_id, due.after) for due in seen} == {(one.id, "Leader") for one in followers}
        assert [store.last_runs(ours)[one.id].trigger for one in followers] == [Trigger.CHAIN] * 2
        assert due(store, LATER) == []

    @pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED, Status.WAITING])
    def test_what_is_no_success_starts_nobody(self, store: Store, ours: int, status: Status):
        leader = an_importer(store, ours)
        self._follower(store, leader)
        self._succeed(store, leader, status)
        assert due(store, LATER) == []

    def test_an_attempt_that_lost_its_claim_starts_nobody(self, store: Store, ours: int):
        leader = an_importer(store, ours)
        self._follower(store, leader)
        run = a_run(store, leader, claim="c")
        assert not store.end_run(run.id, "another", Ending(Status.DONE, Counts()), lines=[], now=LATER)
        assert due(store, LATER) == []

    def test_a_follower_that_is_paused_is_passed_over(self, store: Store, ours: int):
        leader = an_importer(store, ours)
        paused = self._follower(store, leader)
        store.pause_importer(ours, paused.id, now=NEW_YEAR)
        self._succeed(store, leader)
        store.resume_importer(ours, paused.id, next_turn=never, now=LATER)
        assert due(store, LATER) == []

    def test_a_follower_that_is_cut_off_starts_once_when_it_is_reconnected(self, store: Store, ours: int):
        leader = an_importer(store, ours)
        bobs = a_connection(store, ours, account=replace(ACME, user="Bob", email="bob@acme.example"))
        follower = self._follower(store, leader, connection_id=bobs.id)
        store.refuse_connection(bobs, REFUSED, now=NEW_YEAR)
        for _ in range(2):
            self._succeed(store, leader)
        assert due(store, LATER) == []
        store.mark_connection(ours, bobs.id, ConnectionStatus.WORKING, now=LATER)
        assert [one.importer_id for one in due(store, LATER)] == [follower.id]
        assert store.take_turns(LATER, limit=9, begin=lambda due: Beginning(None, LINE)) == (1, 1)
        assert due(store, LATER) == []

    @pytest.mark.parametrize(
        ("zone", "span", "is_called"),
        [
            ("Europe/Tallinn", {"starts_on": date(2026, 1, 1), "ends_on": date(2026, 1, 1)}, True),
            ("Europe/Tallinn", {"starts_on": date(2026, 1, 2)}, False),
            ("Europe/Tallinn", {"ends_on": date(2025, 12, 31)}, False),
            ("Pacific/Kiritimati", {"starts_on": date(2026, 1, 2)}, True),  # tomorrow, there
            ("Pacific/Kiritimati", {"ends_on": date(2026, 1, 1)}, False),
            ("Mars/Olympus", {"starts_on": date(2026, 1, 1)}, True),
        ],
    )
    def test_a_follower_is_called_from_its_first_day_to_its_last_in_its_zone(
        self, store: Store, ours: int, zone: str, span: dict[str, date], is_called: bool
    ):
        leader = an_importer(store, ours)
        schedule = Schedule(Every.AFTER, after_id=leader.id, time_zone=zone, **span)
        follower = self._follower(store, leader, schedule=schedule)
        other = self._follower(store, leader, "Other")
        self._succeed(store, leader)
        called = {one.importer_id for one in due(store, LATER)}
        assert called == ({follower.id, other.id} if is_called else {other.id})

    def test_a_follower_nobody_tried_yet_is_passed_over(self, store: Store, ours: int):
        leader = an_importer(store, ours)
        draft = a_draft(
            name="New",
            connection_id=leader.connection_id,
            target=a_target("New"),
            schedule=Schedule(Every.AFTER, after_id=leader.id),
        )
        store.add_importer(ours, draft, next_run_at=None, now=NEW_YEAR, starts_after_success=True)
        self._succeed(store, leader)
        assert due(store, LATER) == []

    def test_a_follower_that_is_busy_starts_once_it_is_over(self, store: Store, ours: int):
        leader = an_importer(store, ours)
        follower = self._follower(store, leader)
        busy = a_run(store, follower, claim="busy")
        for _ in range(2):
            self._succeed(store, leader)
        assert due(store, LATER) == []
        store.end_run(busy.id, "busy", Ending(Status.FAILED, Counts()), lines=[], now=LATER)
        assert store.take_turns(LATER, limit=9, begin=lambda due: Beginning(None, LINE)) == (1, 1)
        assert due(store, LATER) == []

    def test_a_follower_that_is_saved_or_resumed_anew_keeps_its_call(self, store: Store, ours: int):
        leader = an_importer(store, ours)
        follower = self._follower(store, leader)
        busy = a_run(store, follower, claim="busy")
        self._succeed(store, leader)
        self._renamed(store, follower)
        store.resume_importer(ours, follower.id, next_turn=never, now=LATER)
        store.end_run(busy.id, "busy", Ending(Status.DONE, Counts()), lines=[], now=LATER)
        assert [one.importer_id for one in due(store, LATER)] == [follower.id]

    def test_only_chains_leaves_other_turns_alone(self, store: Store, ours: int):
        an_importer(store, ours, next_run_at=NEW_YEAR)
        assert store.take_turns(LATER, limit=9, begin=begin, only_chains=True) == (0, 0)

    def test_nobody_follows_itself_by_whatever_way(self, store: Store, ours: int):
        first = an_importer(store, ours, name="First")
        second = self._follower(store, first, "Second")
        third = self._follower(store, second, "Third")
        draft = a_draft(
            name="First", connection_id=first.connection_id, schedule=Schedule(Every.AFTER, after_id=third.id)
        )
        with pytest.raises(
            InvalidSettings,
            match=r"“First” would run after “Third”, which runs after “Second”, which runs after “First”: none",
        ):
            store.change_importer(ours, first.id, draft, next_turn=never, now=LATER)
        itself = replace(draft, schedule=Schedule(Every.AFTER, after_id=first.id))
        with pytest.raises(InvalidSettings, match="“First” would run after “First”"):
            store.change_importer(ours, first.id, itself, next_turn=never, now=LATER)

    def test_of_two_that_would_follow_each_other_one_is_saved(self, store: Store, ours: int):
        pair = [an_importer(store, ours, name=name, target=a_target(name)) for name in "AB"]

        def follow(follower: Any, leader: Any) -> Any:
            draft = a_draft(
                name=follower.name,
                connection_id=follower.connection_id,
                target=follower.target,
                schedule=Schedule(Every.AFTER, after_id=leader.id),
            )
            return store.change_importer(ours, follower.id, draft, next_turn=never, now=LATER)

        for _ in range(5):
            answers = at_once([lambda: follow(*pair), lambda: follow(*reversed(pair))])
            assert sorted(isinstance(answer, InvalidSettings) for answer in answers) == [False, True]
            for one in pair:
                draft = a_draft(name=one.name, connection_id=one.connection_id, target=one.target)
                store.change_importer(ours, one.id, draft, next_turn=never, now=LATER)

    def test_nobody_follows_an_importer_of_others(self, store: Store, ours: int, theirs: int):
        schedule = Schedule(Every.AFTER, after_id=an_importer(store, theirs).id)
        with pytest.raises(InvalidSettings, match="does not exist"):
            an_importer(store, ours, schedule=schedule)

    def test_an_importer_that_others_follow_stays(self, store: Store, ours: int):
        leader = an_importer(store, ours)
        followers = [self._follower(store, leader, name) for name in ("beta", "Alpha")]
        with pytest.raises(InvalidSettings, match="“Alpha”, “beta”"):
            store.remove_importer(ours, leader.id)
        for one in followers:
            store.remove_importer(ours, one.id)
        store.remove_importer(ours, leader.id)

    # --- the way to the queue ---

    def test_a_run_is_handed_over_once_however_many_do_it(self, store: Store, ours: int):
        wanted = {a_run(store, an_importer(store, ours, target=a_target(str(n)))).id for n in range(6)}
        send = lambda: store.runs_to_send(LATER, per_connection=9, limit=2)  # noqa: E731
        sent = [run.id for runs in at_once([send] * 4) for run in runs]
        assert len(sent) == len(set(sent)) == 6
        assert set(sent) == wanted
        assert send() == []

    def test_of_a_connection_no_more_are_handed_over_than_may_be_at_work(self, store: Store, ours: int):
        ids = [a_run(store, an_importer(store, ours, target=a_target(str(n)))).id for n in range(5)]
        send = lambda: [run.id for run in store.runs_to_send(LATER, per_connection=2, limit=9)]  # noqa: E731
        assert sum(len(sent) for sent in at_once([send] * 4)) == 2
        assert store.claim_run(ids[0], "a", now=LATER)
        assert send() == []
        store.end_run(ids[0], "a", Ending(Status.DONE, Counts()), lines=[], now=LATER)
        assert send() == [ids[2]]
        store.cancel_run(ours, ids[1], line=LINE, now=LATER)
        store.cancel_run(ours, ids[3], line=LINE, now=LATER)
        assert send() == [ids[4]]

    def test_a_connection_that_is_written_with_counts_as_well(self, store: Store, ours: int):
        google = a_google_connection(store, ours).id
        other = a_connection(store, ours, account=replace(ACME, user="Bob", email="bob@acme.example")).id

        def a_held_run(name: str, *, reads: int | None, writes: int | None) -> int:
            target = a_google_target(writes, sheet=name) if writes else a_target(name)
            more = {"connection_id": reads} if reads else {}
            return a_run(store, an_importer(store, ours, target=target, **more)).id

        blocked = [a_held_run(f"A{n}", reads=None, writes=google) for n in range(4)]
        workbook = a_held_run("B", reads=None, writes=None)
        others = [a_held_run(f"C{n}", reads=other, writes=google) for n in range(3)]
        send = lambda: [run.id for run in store.runs_to_send(LATER, per_connection=3, limit=9)]  # noqa: E731
        assert send() == blocked[:3]
        self._end(store, blocked[0])
        assert send() == [blocked[3]]
        for run_id in blocked[1:3]:
            self._end(store, run_id)
        # Two places of the first account are free, and none of the other's is taken; two of Google's are.
        assert sorted(send()) == sorted([workbook, *others[:2]])
        self._end(store, blocked[3])
        assert send() == [others[2]]

    def test_a_run_is_told_where_it_stands_at_the_busier_of_its_connections(self, store: Store, ours: int):
        google = a_google_connection(store, ours).id
        bobs = a_connection(store, ours, account=replace(ACME, user="Bob", email="bob@acme.example")).id
        busy, *held = [
            a_run(store, an_importer(store, ours, target=a_google_target(google, sheet=str(n)), connection_id=reads)).id
            for n, reads in enumerate((bobs, bobs, bobs))
        ]
        mine = a_run(store, an_importer(store, ours, target=a_google_target(google, sheet="mine"))).id
        assert [run.id for run in store.runs_to_send(LATER, per_connection=1, limit=9)] == [busy]
        for places in (store.places(ours), {mine: store.place_of(ours, mine), held[1]: store.place_of(ours, held[1])}):
            assert places[mine] == Place(is_held=True, at_work=1, ahead=2, writes=True)
            assert places[held[1]] == Place(is_held=True, at_work=1, ahead=1)

    @staticmethod
    def _end(store: Store, run_id: int) -> None:
        assert store.claim_run(run_id, f"of {run_id}", now=LATER)
        assert store.end_run(run_id, f"of {run_id}", Ending(Status.DONE, Counts()), lines=[], now=LATER)

    def test_who_is_stopped_at_the_other_end_stands_in_nobodys_way(self, store: Store, ours: int):
        google = a_google_connection(store, ours).id
        other = a_connection(store, ours, account=replace(ACME, user="Bob", email="bob@acme.example")).id
        busy = [a_run(store, an_importer(store, ours, target=a_target(str(n)))).id for n in range(2)]
        assert [run.id for run in store.runs_to_send(LATER, per_connection=2, limit=9)] == busy
        for number in range(5):  # the account they read is busy
            a_run(store, an_importer(store, ours, target=a_google_target(google, sheet=str(number))))
        target = a_google_target(google, sheet="other")
        free = a_run(store, an_importer(store, ours, connection_id=other, target=target)).id
        assert [run.id for run in store.runs_to_send(LATER, per_connection=2, limit=9)] == [free]

    def test_a_waiting_run_takes_nobodys_place(self, store: Store, ours: int):
        first, second = (a_run(store, an_importer(store, ours, target=a_target(str(n)))) for n in range(2))
        store.claim_run(first.id, "a", now=NEW_YEAR)
        waits = Ending(Status.WAITING, Counts(), trouble=Trouble("rate-limited", "Slow down."), wake_at=LATER)
        assert store.runs_to_send(NEW_YEAR, per_connection=1, limit=9) == []
        store.end_run(first.id, "a", waits, lines=[], now=NEW_YEAR)
        assert [run.id for run in store.runs_to_send(NEW_YEAR, per_connection=1, limit=9)] == [second.id]
        store.wake_run(store.run(ours, first.id), line=LINE, now=LATER)
        assert store.runs_to_send(LATER, per_connection=1, limit=9) == []

    def test_workspaces_and_connections_take_turns(self, store: Store, ours: int, theirs: int):
        bobs = replace(ACME, user="Bob", email="bob@acme.example")
        second = a_connection(store, ours, account=bobs).id
        big = [a_run(store, an_importer(store, ours, target=a_target(str(n)))).id for n in range(4)]
        other = a_run(store, an_importer(store, ours, connection_id=second, target=a_target("B"))).id
        small = [a_run(store, an_importer(store, theirs, target=a_target(str(n)))).id for n in range(2)]
        sent = [run.id for run in store.runs_to_send(LATER, per_connection=3, limit=99)]
        assert sent == [big[0], small[0], other, small[1], big[1], big[2]]

    def test_what_somebody_waits_for_comes_first(self, store: Store, ours: int, theirs: int):
        for number in range(3):
            an_importer(store, ours, target=a_target(str(number)), next_run_at=NEW_YEAR)
        take_all(store)
        by_hand = [a_run(store, an_importer(store, workspace, target=a_target("C"))) for workspace in (ours, theirs)]
        sent = store.runs_to_send(LATER, per_connection=2, limit=99)
        assert [run.id for run in sent[:2]] == [run.id for run in by_hand]
        assert [run.trigger for run in sent[2:]] == [Trigger.SCHEDULE]

    def test_a_queued_run_knows_its_place_which_is_the_one_it_gets(self, store: Store, ours: int, theirs: int):
        for number in range(4):
            an_importer(store, ours, target=a_target(str(number)), next_run_at=NEW_YEAR)
        take_all(store)
        for number in "AB":
            a_run(store, an_importer(store, ours, target=a_target(number)))
        bobs = a_connection(store, ours, account=replace(ACME, user="Bob", email="bob@acme.example"))
        other = a_run(store, an_importer(store, ours, connection_id=bobs.id, target=a_target("C")))
        a_run(store, an_importer(store, theirs))
        at_work = [
            run.id
            for run in store.runs_to_send(LATER, per_connection=2, limit=99)
            if run.workspace_id == ours and run.id != other.id
        ]
        assert store.claim_run(at_work[0], "a", now=LATER)
        order = []
        while held := {run_id: place for run_id, place in store.places(ours).items() if place.is_held}:
            assert sorted(place.ahead for place in held.values()) == list(range(len(held)))
            assert {place.at_work for place in held.values()} == {2}
            assert {run_id: store.place_of(ours, run_id) for run_id in held} == held
            order += [run_id for run_id, place in held.items() if place.ahead == 0]
            if store.run(ours, at_work[0]).status is Status.QUEUED:
                store.claim_run(at_work[0], "a", now=LATER)
            store.end_run(at_work.pop(0), "a", Ending(Status.DONE, Counts()), lines=[], now=LATER)
            at_work += [run.id for run in store.runs_to_send(LATER, per_connection=2, limit=99)]
            assert at_work[-1] == order[-1]
        assert len(order) == 4
        assert store.places(ours)[other.id] == Place(is_held=False, at_work=1, ahead=0)
        assert store.place_of(theirs, other.id) is None
        assert store.place_of(ours, order[0]) is None  # over by now
        assert other.id not in store.places(theirs)

    def test_runs_that_are_not_over_are_counted(self, store: Store, ours: int, theirs: int):
        assert store.unfinished_runs() == {}
        first, second = (a_run(store, an_importer(store, ours, target=a_target(str(n)))) for n in range(2))
        other = a_run(store, an_importer(store, theirs))
        store.claim_run(first.id, "a", now=LATER)
        assert store.unfinished_runs() == {Status.RUNNING: (1, NEW_YEAR), Status.QUEUED: (2, NEW_YEAR)}
        for run in (second, other):
            store.cancel_run(run.workspace_id, run.id, line=LINE, now=LATER)
        store.end_run(first.id, "a", Ending(Status.WAITING, Counts(), wake_at=LATER), lines=[], now=LATER)
        assert store.unfinished_runs() == {Status.WAITING: (1, NEW_YEAR)}

    def test_what_was_cancelled_is_not_handed_over(self, store: Store, ours: int):
        run = a_run(store, an_importer(store, ours))
        store.cancel_run(ours, run.id, line=LINE, now=LATER)
        assert store.runs_to_send(LATER, per_connection=9, limit=9) == []

    def test_a_waiting_run_is_woken_once_when_its_time_has_come(self, store: Store, ours: int):
        run = a_run(store, an_importer(store, ours), claim="mine")
        trouble = Trouble("rate-limited", "Slow down.")
        store.end_run(
            run.id, "mine", Ending(Status.WAITING, Counts(), trouble=trouble, wake_at=LATER), lines=[], now=NEW_YEAR
        )
        waiting = store.run(ours, run.id)
        assert (waiting.status, waiting.wake_at, waiting.ended_at) == (Status.WAITING, LATER, None)
        assert store.runs_to_wake(LATER - timedelta(seconds=1), limit=9) == []
        assert store.runs_to_wake(LATER, limit=9) == [waiting]
        assert sorted(at_once([lambda: store.wake_run(waiting, line=LINE, now=LATER)] * 3)) == [False, False, True]
        again = store.claim_run(run.id, "mine again", now=LATER)
        assert again is not None
        assert (again.attempt, again.started_at, again.trouble) == (2, NEW_YEAR, None)

    def test_an_abandoned_run_is_handed_back_once_and_its_old_worker_is_out(self, store: Store, ours: int):
        run = a_run(store, an_importer(store, ours), claim="mine")
        assert store.abandoned_runs(NEW_YEAR, limit=9) == []
        assert store.abandoned_runs(LATER, limit=9) == [run]
        assert sorted(at_once([lambda: store.hand_back_run(run, line=LINE, now=LATER)] * 3)) == [False, False, True]
        handed_back = store.run(ours, run.id)
        assert (handed_back.status, handed_back.abandoned) == (Status.QUEUED, 1)
        assert not store.end_run(run.id, "mine", Ending(Status.DONE, Counts()), lines=[], now=LATER)

    def test_a_heartbeat_in_the_last_moment_saves_a_run(self, store: Store, ours: int):
        run = a_run(store, an_importer(store, ours), claim="mine")
        store.beat(run.id, "mine", now=LATER)
        failed = Ending(Status.FAILED, Counts(), trouble=Trouble("worker-died", "It died."))
        assert not store.hand_back_run(run, line=LINE, now=LATER)
        assert not store.give_up_run(run, failed, line=LINE, now=LATER)
        assert store.pulse(run.id, "mine").ours

    def test_an_abandoned_run_that_was_cancelled_in_the_last_moment_is_not_handed_back(self, store: Store, ours: int):
        run = a_run(store, an_importer(store, ours), claim="mine")
        [seen] = store.abandoned_runs(LATER, limit=9)
        store.cancel_run(ours, run.id, line=LINE, now=LATER)
        assert not store.hand_back_run(seen, line=LINE, now=LATER)
        [still] = store.abandoned_runs(LATER, limit=9)
        assert (still.status, still.cancel_requested, still.abandoned) == (Status.RUNNING, True, 0)
        assert store.give_up_run(still, Ending(Status.CANCELLED, Counts()), line=LINE, now=LATER)

    def test_a_run_can_be_given_up(self, store: Store, ours: int):
        run = a_run(store, an_importer(store, ours), claim="mine")
        failed = Ending(Status.FAILED, Counts(), trouble=Trouble("worker-died", "It died."))
        assert store.give_up_run(run, failed, line=LINE, now=LATER)
        assert store.run(ours, run.id).trouble == failed.trouble
        assert not store.pulse(run.id, "mine").ours

    def test_runs_nobody_took_are_sent_again_by_one(self, store: Store, ours: int):
        runs = [a_run(store, an_importer(store, ours, target=a_target(str(n)))) for n in range(3)]
        assert store.untaken_runs(LATER) == (0, 0)
        store.runs_to_send(NEW_YEAR, per_connection=2, limit=9)
        assert (store.untaken_runs(NEW_YEAR), store.untaken_runs(LATER)) == ((2, 0), (2, 2))
        send = lambda: store.send_again(LATER, before=LATER, limit=1)  # noqa: E731
        again = [run.id for sent in at_once([send] * 4) for run in sent]
        assert sorted(again) == [runs[0].id, runs[1].id]
        assert store.untaken_runs(LATER) == (2, 0)
        assert store.run(ours, runs[0].id).queued_at == NEW_YEAR

    # --- troubles that repeat ---

    def _fail(
        self,
        store: Store,
        importer: Any,
        code: str = "not-there",
        trigger: Trigger = Trigger.SCHEDULE,
        *,
        now: datetime = NEW_YEAR,
    ) -> Any:
        run, _ = store.add_run(importer, trigger, now=now)
        store.claim_run(run.id, "c", now=now)
        ending = Ending(Status.FAILED, Counts(), trouble=Trouble(code, f"It is gone ({run.id})."))
        store.end_run(run.id, "c", ending, lines=[], now=now)
        return store.run(importer.workspace_id, run.id)

    def _pause(self, store: Store, run: Any) -> bool:
        return store.pause_failing(run, run.trouble, times=3, now=LATER)

    def test_the_third_failure_of_one_sort_pauses_an_importer(self, store: Store, ours: int):
        importer = an_importer(store, ours, next_run_at=NEW_YEAR)
        assert not self._pause(store, self._fail(store, importer))
        self._fail(store, importer, "no-room", Trigger.MANUAL)
        assert not self._pause(store, self._fail(store, importer, trigger=Trigger.CHAIN))
        last = self._fail(store, importer)
        assert sorted(at_once([lambda: self._pause(store, last)] * 3)) == [False, False, True]
        paused = store.importer(ours, importer.id)
        assert (paused.paused, paused.paused_because, paused.next_run_at) == (True, last.trouble, None)

    def test_another_cause_or_a_success_begins_anew(self, store: Store, ours: int):
        importer = an_importer(store, ours)
        for _ in range(2):
            self._fail(store, importer)
        self._fail(store, importer, "no-room")
        for _ in range(2):
            assert not self._pause(store, self._fail(store, importer))
        by_hand = a_run(store, importer, claim="c")
        store.end_run(by_hand.id, "c", Ending(Status.DONE, Counts()), lines=[], now=NEW_YEAR)
        for _ in range(2):
            assert not self._pause(store, self._fail(store, importer))
        cancelled = a_run(store, importer)
        store.cancel_run(ours, cancelled.id, line=LINE, now=NEW_YEAR)
        assert self._pause(store, self._fail(store, importer))

    @pytest.mark.parametrize("by", ["resuming", "changing"])
    def test_whoever_resumes_or_changes_it_begins_anew(self, store: Store, ours: int, by: str):
        importer = an_importer(store, ours)
        runs = [self._fail(store, importer) for _ in range(2 if by == "changing" else 3)]
        if by == "resuming":
            assert self._pause(store, runs[-1])
            store.resume_importer(ours, importer.id, next_turn=never, now=LATER)
        else:
            draft = a_draft(connection_id=importer.connection_id, name="Another name")
            store.change_importer(ours, importer.id, draft, next_turn=never, now=LATER)
        again = [self._pause(store, self._fail(store, importer, now=LATER)) for _ in range(3)]
        assert again == [False, False, True]

    def test_what_was_paused_for_its_troubles_goes_on_and_nothing_else_does(self, store: Store, ours: int):
        importer = an_importer(store, ours, schedule=Schedule(Every.HOURS))
        store.pause_importer(ours, importer.id, now=NEW_YEAR)
        assert self._recover(store, importer) == (True, None)
        store.resume_importer(ours, importer.id, next_turn=never, now=NEW_YEAR)
        runs = [self._fail(store, importer) for _ in range(3)]
        assert self._pause(store, runs[-1])
        assert self._recover(store, importer) == (False, LATER)
        assert store.importer(ours, importer.id).paused_because is None

    def _recover(self, store: Store, importer: Importer) -> tuple[bool, datetime | None]:
        """Whether it is paused after a run that succeeded, and when it is due then."""
        tried = store.importer(importer.workspace_id, importer.id)
        run = a_run(store, importer, claim="c")
        done = Ending(Status.DONE, Counts())
        assert store.end_run(run.id, "c", done, lines=[], now=LATER, tried=tried, next_turn=lambda schedule: LATER)
        after = store.importer(importer.workspace_id, importer.id)
        return after.paused, after.next_run_at

    def test_a_success_and_the_beginning_of_a_schedule_are_kept_together(self, store: Store, ours: int):
        connection = a_connection(store, ours)
        draft = a_draft(connection_id=connection.id, schedule=Schedule(Every.HOURS))
        tried = store.add_importer(ours, draft, next_run_at=None, now=NEW_YEAR, starts_after_success=True)
        run = a_run(store, tried, claim="c")
        done, late = Ending(Status.DONE, Counts()), {"now": LATER, "lines": (LINE,), "tried": tried}

        def dies(schedule: Schedule) -> datetime:
            raise SystemExit

        with pytest.raises(SystemExit):
            store.end_run(run.id, "c", done, **late, next_turn=dies)
        assert store.run(ours, run.id).status is Status.RUNNING
        assert store.importer(ours, tried.id) == tried
        assert not store.end_run(run.id, "somebody else's", done, **late, next_turn=lambda schedule: LATER)
        assert store.importer(ours, tried.id) == tried
        assert store.end_run(run.id, "c", done, **late, next_turn=lambda schedule: LATER)
        begun = store.importer(ours, tried.id)
        assert (begun.starts_after_success, begun.next_run_at) == (False, LATER)

    def test_what_is_deleted_while_it_runs_begins_nothing(self, store: Store, ours: int):
        connection = a_connection(store, ours)
        draft = a_draft(connection_id=connection.id, schedule=Schedule(Every.HOURS))
        tried = store.add_importer(ours, draft, next_run_at=None, now=NEW_YEAR, starts_after_success=True)
        run = a_run(store, tried, claim="c")
        store.remove_importer(ours, tried.id)
        done = Ending(Status.DONE, Counts())
        assert not store.end_run(run.id, "c", done, lines=[], now=LATER, tried=tried, next_turn=lambda schedule: LATER)

    def test_resuming_by_hand_forgets_why_it_was_paused(self, store: Store, ours: int):
        importer = an_importer(store, ours)
        runs = [self._fail(store, importer) for _ in range(3)]
        assert self._pause(store, runs[-1])
        resumed = store.resume_importer(ours, importer.id, next_turn=lambda _: LATER, now=LATER)
        assert (resumed.paused, resumed.paused_because) == (False, None)

    # --- what is old ---

    def _over(self, store: Store, importer: Any, at: datetime) -> Any:
        run, _ = store.add_run(importer, Trigger.MANUAL, now=at)
        store.claim_run(run.id, "c", now=at)
        store.end_run(run.id, "c", Ending(Status.DONE, Counts(rows_read=7)), lines=[LINE, LINE], now=at)
        return store.run(importer.workspace_id, run.id)

    def test_lines_of_old_runs_are_forgotten_and_the_runs_stay(self, store: Store, ours: int):
        importer = an_importer(store, ours)
        old, older_than_now, last = (self._over(store, importer, NEW_YEAR + n * SECOND) for n in range(3))
        assert store.forget_lines(NEW_YEAR + SECOND, limit=9) == 1
        assert store.forget_lines(NEW_YEAR + SECOND, limit=9) == 0
        assert store.events(ours, old.id) == []
        assert store.run(ours, old.id) == old
        assert [len(store.events(ours, run.id)) for run in (older_than_now, last)] == [2, 2]

    def test_old_runs_are_forgotten_with_their_lines_but_never_the_last_one(self, store: Store, ours: int, theirs: int):
        importers = [an_importer(store, workspace) for workspace in (ours, theirs)]
        runs = [[self._over(store, importer, NEW_YEAR) for _ in range(3)] for importer in importers]
        answers = at_once([lambda: store.forget_runs(LATER, limit=2)] * 4)
        assert sum(answers) + store.forget_runs(LATER, limit=9) == 4
        assert store.forget_lines(LATER, limit=9) == 0
        for importer, made in zip(importers, runs, strict=True):
            assert store.runs(importer.workspace_id, importer.id, limit=9) == [made[-1]]
            assert len(store.events(importer.workspace_id, made[-1].id)) == 2

    def test_a_run_that_is_not_over_is_never_old(self, store: Store, ours: int):
        importer = an_importer(store, ours)
        last = self._over(store, importer, NEW_YEAR)
        going = a_run(store, importer, claim="c")
        assert store.forget_runs(LATER, limit=9) == 1
        assert [run.id for run in store.runs(ours, importer.id, limit=9)] == [going.id] != [last.id]

    # --- processes and time ---

    def test_processes_are_remembered_for_a_day(self, store: Store):
        store.beat_process("clock", now=NEW_YEAR)
        store.beat_process("worker", now=NEW_YEAR)
        store.beat_process("worker", now=LATER)
        assert store.process_beats() == {"clock": NEW_YEAR, "worker": LATER}
        store.beat_process("worker", now=NEW_YEAR + timedelta(days=1, seconds=1))
        assert list(store.process_beats()) == ["worker"]

    def test_a_first_sign_of_life_may_come_twice_at_once(self, store: Store):
        assert at_once([lambda: store.beat_process("worker", now=NEW_YEAR)] * 3) == [None] * 3

    @pytest.mark.parametrize("odd", ["NUL \x00", "half \ud83d", "line\nbreak", "😀 \u202e ﷽"])
    def test_texts_nobody_should_write_are_kept_as_far_as_can_be(self, store: Store, ours: int, odd: str):
        kept = odd.replace("\x00", "\ufffd").replace("\ud83d", "\ufffd")
        importer = an_importer(store, ours, name=odd)
        connection = a_connection(store, ours, account=replace(ACME, company=odd, user=odd, email=odd))
        assert store.connection(ours, connection.id).account.company == odd
        assert store.importer(ours, importer.id).name == kept
        run = a_run(store, importer, claim="a")
        store.save_progress(run.id, "a", phase=Phase.READING, counts=Counts(), lines=[Line(odd)], now=NEW_YEAR)
        store.end_run(run.id, "a", Ending(Status.DONE, Counts(), notes=(odd,)), lines=[Line(odd)], now=NEW_YEAR)
        assert [event.text for event in store.events(ours, run.id)] == [kept, kept]

    def test_moments_of_any_zone_come_back_in_utc(self, store: Store, ours: int):
        there = datetime(2026, 7, 1, 9, 0, tzinfo=timezone(timedelta(hours=9, minutes=30)))
        importer = an_importer(store, ours, next_run_at=there)
        assert importer.next_run_at == there
        assert importer.next_run_at is not None
        assert importer.next_run_at.tzinfo is UTC

    def test_a_moment_without_a_zone_is_refused(self, store: Store, ours: int):
        with pytest.raises(Exception, match="without a time zone"):
            an_importer(store, ours, next_run_at=datetime(2026, 7, 1))

    def test_it_answers(self, store: Store):
        store.ping()

    # --- what runs cost ---

    def _spend(self, store: Store, importer: Any, status: Status, at: datetime, **counts: Any) -> Any:
        run, _ = store.add_run(importer, Trigger.SCHEDULE, now=at)
        store.claim_run(run.id, "c", now=at)
        store.end_run(run.id, "c", Ending(status, Counts(**counts)), lines=[], now=at)
        return store.run(importer.workspace_id, run.id)

    def test_the_last_runs_that_wrote_something_are_found_for_every_importer(
        self, store: Store, ours: int, theirs: int
    ):
        one, other = (an_importer(store, ours, name=name, target=a_target(name)) for name in "AB")
        old, new, newest = (
            self._spend(store, one, Status.DONE, NEW_YEAR, tokens=number, extent=Extent.CHANGES) for number in range(3)
        )
        noted = self._spend(store, other, Status.DONE_WITH_NOTES, NEW_YEAR, tokens=7)
        for status in (Status.FAILED, Status.CANCELLED):
            self._spend(store, one, status, LATER, tokens=9)
        self._spend(store, an_importer(store, theirs), Status.DONE, LATER)
        assert store.done_runs(ours, each=2) == {one.id: [newest, new], other.id: [noted]}
        assert store.done_runs(ours, each=2, only=[other.id]) == {other.id: [noted]}
        assert store.done_runs(ours, each=2, only=[]) == {}
        assert store.done_runs(ours, each=9)[one.id] == [newest, new, old]
        assert old.counts.extent is Extent.CHANGES

    def test_what_was_spent_since_counts_every_run_that_began(self, store: Store, ours: int, theirs: int):
        one, other = (an_importer(store, ours, name=name, target=a_target(name)) for name in "AB")
        self._spend(store, one, Status.DONE, NEW_YEAR, tokens=1000, requests=100)
        self._spend(store, one, Status.DONE, LATER, tokens=20, requests=2)
        self._spend(store, one, Status.FAILED, LATER, tokens=5, requests=1)
        self._spend(store, an_importer(store, theirs), Status.DONE, LATER, tokens=9)
        a_run(store, other)
        assert store.spent_since(ours, LATER) == {one.id: Cost(3, 25)}
        assert store.spent_since(ours, NEW_YEAR) == {one.id: Cost(103, 1025), other.id: Cost()}
