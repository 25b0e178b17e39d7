"""Importers that write into Google spreadsheets: saved, run, changed, copied, refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import requests

from importers import bootstrap
from importers.config import Settings
from importers.errors import AccessDenied, InvalidSettings, NeedsReconnecting, NotThere
from importers.model import (
    GOOGLE_SHEETS,
    Actor,
    Connection,
    ConnectionStatus,
    Draft,
    Every,
    Importer,
    Mode,
    Role,
    Run,
    Schedule,
    Selection,
    Status,
    Target,
    Vanished,
)
from importers.secret import Secret
from importers.services import Services
from importers.store.sql import SqlStore
from sandbox.google.accounts import ALEX, DEMO, DEMO_ROBOT
from sandbox.google.app import Google
from sandbox.google.files import File
from sandbox.pipedrive import Sandbox
from sandbox.world import TOKEN
from tests.builders import a_draft, a_target
from tests.fakes import FakeClock
from tests.google import APP, BACK, ROBOT_KEY, VERIFIER, a_code, a_spreadsheet

DEALS = Selection("deals", columns=("id", "title", "status"), limit=20)


@pytest.fixture
def services(
    settings: Settings, store: SqlStore, session: requests.Session, clock: FakeClock, google: Google
) -> Iterator[Services]:
    services = bootstrap.build(replace(settings, **APP), clock=clock, session=session)
    yield services
    services.close()


@pytest.fixture
def robot(services: Services, alice: Actor) -> Connection:
    return services.google.link_service_account(alice, ROBOT_KEY)


@pytest.fixture
def alex(services: Services, google: Google, alice: Actor) -> Connection:
    url = services.google.consent_url(alice, redirect_uri=BACK, state="s", verifier=VERIFIER)
    return services.google.link_by_consent(alice, a_code(google, url), redirect_uri=BACK, verifier=VERIFIER)


@pytest.fixture
def file(google: Google) -> File:
    return a_spreadsheet(google)


Drafting = Callable[..., Draft]


@pytest.fixture
def draft(connection: Connection, robot: Connection, file: File) -> Drafting:
    """Twenty deals into the tab Deals of Sales 2026; changes of the target by their names."""

    def drafted(*, name: str = "Deals to Google", selection: Selection = DEALS, **target: Any) -> Draft:
        aim = {"place": file.id, "sheet": "Deals", "connection_id": robot.id, **target}
        return a_draft(name=name, connection_id=connection.id, selection=selection, target=Target(GOOGLE_SHEETS, **aim))

    return drafted


@pytest.fixture
def importer(services: Services, alice: Actor, draft: Drafting) -> Importer:
    return services.importers.create(alice, draft())


def run(services: Services, actor: Actor, importer: Importer) -> Run:
    return services.runs.get(actor, services.runs.start(actor, importer.id).id)


def story(services: Services, actor: Actor, run: Run) -> list[str]:
    return [event.text for event in services.runs.events(actor, run.id)]


def table(file: File, sheet: str = "Deals", *, left: int = 0) -> list[list[Any]]:
    """What somebody sees of the first three columns from *left* on."""
    assert file.book
    tab = file.book.tab_named(sheet)
    assert tab
    rows = tab.block(0, left, tab.used().bottom, left + 3)
    return [row for row in rows if any(cell not in (None, "") for cell in row)]


# --- saved ---


def test_an_importer_keeps_the_id_and_the_title_of_its_spreadsheet_and_a_name_for_its_table(
    services: Services, alice: Actor, draft: Drafting, file: File
):
    address = f"https://docs.google.com/spreadsheets/d/{file.id}/edit#gid=0"
    target = services.importers.create(alice, draft(place=address)).target
    assert (target.place, target.place_name, target.sheet) == (file.id, "Sales 2026", "Deals")
    assert re.fullmatch("[0-9a-f]{12}", target.table)


def test_a_new_spreadsheet_is_created_once_all_else_is_right(
    services: Services, google: Google, alice: Actor, alex: Connection, draft: Drafting
):
    new = {"place": "", "place_name": "Fresh", "connection_id": alex.id}
    before = len(google.files)
    for wrong in ({"selection": Selection("deals", columns=("nonsense",))}, {"mode": Mode.UPDATE, "key": "nonsense"}):
        with pytest.raises(InvalidSettings):
            services.importers.create(alice, draft(**new, **wrong))
    assert len(google.files) == before
    target = services.importers.create(alice, draft(**new)).target
    made = google.files.get(target.place)
    assert made
    assert (made.name, made.owner, target.place_name) == ("Fresh", ALEX.email, "Fresh")


def test_a_new_spreadsheet_lives_in_the_zone_of_its_importer(
    services: Services, google: Google, alice: Actor, alex: Connection, draft: Drafting
):
    new = draft(place="", place_name="Fresh", connection_id=alex.id)
    target = services.importers.create(alice, replace(new, schedule=Schedule(time_zone="Asia/Tokyo"))).target
    made = google.files.get(target.place)
    assert made
    assert made.book
    assert made.book.time_zone == "Asia/Tokyo"


def test_a_preview_shows_moments_in_the_zone_of_the_spreadsheet(
    services: Services, alice: Actor, file: File, draft: Drafting
):
    assert file.book
    shown = []
    for zone in ("UTC", "Asia/Tokyo"):
        file.book.time_zone = zone
        preview = services.importers.preview(alice, draft(selection=Selection("deals", columns=("add_time",))), rows=1)
        shown.append(preview.rows[0][0])
    assert shown[1] - shown[0] == timedelta(hours=9)  # type: ignore[operator]


def test_a_service_account_cannot_create_one_and_says_what_to_do(services: Services, alice: Actor, draft: Drafting):
    with pytest.raises(Exception, match="cannot create spreadsheets") as caught:
        services.importers.create(alice, draft(place="", place_name="Fresh"))
    assert DEMO_ROBOT.email in caught.value.hint  # type: ignore[attr-defined]


def test_a_spreadsheet_that_is_not_shared_is_refused_when_it_is_saved(
    services: Services, google: Google, alice: Actor, draft: Drafting
):
    private = a_spreadsheet(google, "Private", is_shared=False)
    with pytest.raises(AccessDenied) as caught:
        services.importers.create(alice, draft(place=private.id))
    assert DEMO_ROBOT.email in caught.value.hint
    assert caught.value.facts["field"] == "place"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"connection_id": None}, "destination"),
        ({"place": "not an address"}, "place"),
        ({"start": "nowhere"}, "start"),
        ({"sheet": "x" * 101}, "sheet"),
        ({"mode": Mode.UPDATE, "key": "value"}, "key"),
    ],
)
def test_what_does_not_fit_is_refused_where_it_was_said(
    services: Services, alice: Actor, draft: Drafting, changes: dict[str, Any], field: str
):
    with pytest.raises(InvalidSettings) as caught:
        services.importers.create(alice, draft(**changes))
    assert caught.value.facts["field"] == field
    assert services.importers.cards(alice) == []


def test_a_connection_of_the_other_vendor_is_none_to_write_with(
    services: Services, alice: Actor, connection: Connection, draft: Drafting
):
    with pytest.raises(NotThere, match="connection"):
        services.importers.create(alice, draft(connection_id=connection.id))


def test_charlie_cannot_write_with_alices_account(
    services: Services, charlie: Actor, robot: Connection, draft: Drafting
):
    mine = services.connections.link(charlie, Secret(TOKEN))
    with pytest.raises(NotThere, match="connection"):
        services.importers.create(charlie, replace(draft(), connection_id=mine.id))


@pytest.mark.parametrize("mode", [Mode.APPEND, Mode.UPDATE])
def test_a_workbook_is_always_replaced(services: Services, alice: Actor, connection: Connection, mode: Mode):
    with pytest.raises(InvalidSettings, match="replaced as a whole") as caught:
        services.importers.create(alice, a_draft(connection_id=connection.id, target=replace(a_target(), mode=mode)))
    assert caught.value.facts["field"] == "mode"


def test_a_workbook_keeps_nothing_of_what_only_google_asks(
    services: Services, alice: Actor, connection: Connection, robot: Connection
):
    odd = replace(a_target(), connection_id=robot.id, start="B3", table="x", stamps_rows=True)
    assert services.importers.create(alice, a_draft(connection_id=connection.id, target=odd)).target == a_target()


def test_rows_are_told_apart_by_their_id_unless_the_owner_says_by_what(
    services: Services, alice: Actor, draft: Drafting
):
    assert services.importers.create(alice, draft(mode=Mode.UPDATE)).target.key == "id"
    usual = draft(name="Usual", sheet="Usual", mode=Mode.UPDATE, selection=Selection("deals"))
    assert services.importers.create(alice, usual).target.key == "id"
    by_title = draft(name="By title", sheet="By title", mode=Mode.UPDATE, key="title")
    assert services.importers.create(alice, by_title).target.key == "title"
    replaced = draft(name="Replaced", sheet="Replaced", key="nonsense")
    assert services.importers.create(alice, replaced).target.key == ""


# --- two importers ---


def test_a_cell_that_is_taken_names_who_has_it(services: Services, alice: Actor, draft: Drafting, importer: Importer):
    with pytest.raises(InvalidSettings, match="“Deals to Google” writes to the tab DEALS in Sales 2026 already"):
        services.importers.create(alice, draft(name="Second", sheet="DEALS"))


def test_columns_that_are_taken_are_refused_and_those_beside_them_are_free(
    services: Services, alice: Actor, draft: Drafting, importer: Importer
):
    for start in ("B1", "C7"):
        with pytest.raises(InvalidSettings, match=r"The columns of “Deals to Google” on the tab Deals .* from A1 on"):
            services.importers.create(alice, draft(name="Second", start=start))
    assert services.importers.create(alice, draft(name="Second", start="D1")).target.start == "D1"
    with pytest.raises(InvalidSettings, match="“Second”"):
        services.importers.create(alice, draft(name="Third", start="F5"))
    assert services.importers.create(alice, draft(name="Other tab", sheet="Other", start="B1")).id


def test_the_column_of_stamps_counts(services: Services, alice: Actor, draft: Drafting):
    services.importers.create(alice, draft(stamps_rows=True))
    with pytest.raises(InvalidSettings, match="in the way"):
        services.importers.create(alice, draft(name="Second", start="D1"))


def test_the_tab_of_removed_rows_is_taken_too(services: Services, alice: Actor, draft: Drafting):
    services.importers.create(alice, draft(selection=replace(DEALS, limit=None, vanished=Vanished.MOVE)))
    with pytest.raises(InvalidSettings, match="“Deals to Google” writes to the tab"):
        services.importers.create(alice, draft(name="Second", sheet="deals (REMOVED)"))


# --- changed and copied ---


def test_a_table_keeps_its_name_while_it_stays_where_it_is(
    services: Services, alice: Actor, draft: Drafting, importer: Importer
):
    address = f"https://docs.google.com/spreadsheets/d/{importer.target.place}/edit"
    same = draft(place=address, sheet="DEALS", start="$a$1", stamps_rows=True)
    changed = services.importers.change(alice, importer.id, same).target
    assert (changed.table, changed.stamps_rows) == (importer.target.table, True)


def test_a_name_or_a_schedule_can_be_changed_while_google_does_not_answer(
    services: Services, google: Google, alice: Actor, draft: Drafting, importer: Importer
):
    google.faults.add("cut")
    before = len(google.journal.calls)
    same = replace(draft(name="Another name"), schedule=Schedule(Every.HOURS))
    changed = services.importers.change(alice, importer.id, same)
    assert (changed.name, changed.target) == ("Another name", importer.target)
    assert len(google.journal.calls) == before


@pytest.mark.parametrize("change", [{"sheet": "Other"}, {"start": "B1"}])
def test_a_table_elsewhere_is_another_one(
    services: Services, alice: Actor, draft: Drafting, importer: Importer, change: dict[str, str]
):
    moved = services.importers.change(alice, importer.id, draft(**change)).target
    assert moved.table
    assert moved.table != importer.target.table


def test_an_importer_can_move_from_a_workbook_to_google_and_back(
    services: Services, alice: Actor, connection: Connection, draft: Drafting
):
    importer = services.importers.create(alice, a_draft(connection_id=connection.id))
    moved = services.importers.change(alice, importer.id, draft(name=importer.name))
    assert (moved.target.kind, len(moved.target.table)) == (GOOGLE_SHEETS, 12)
    back = services.importers.change(alice, importer.id, a_draft(connection_id=connection.id))
    assert back.target == a_target()


def test_a_copy_goes_to_a_tab_of_its_own_in_the_same_spreadsheet(services: Services, alice: Actor, importer: Importer):
    copy = services.importers.copy_of(alice, importer.id)
    assert (copy.target.place, copy.target.sheet, copy.target.table) == (importer.target.place, "Deals (2)", "")
    saved = services.importers.create(alice, copy).target
    assert saved.table != importer.target.table
    assert saved.place_name == "Sales 2026"


# --- what is going to happen ---


def test_a_forecast_says_what_the_first_write_will_do(services: Services, alice: Actor, draft: Drafting):
    found = services.importers.forecast(alice, draft())
    assert (found.rows_there, found.added, found.changed, found.removed) == (0, 20, 0, 0)
    assert found.words == (
        "There are no rows of this table yet.",
        "At most 20 records will be read.",
        "At most 20 rows added.",
    )


def test_a_preview_that_is_whole_makes_it_exact(services: Services, alice: Actor, draft: Drafting):
    drafted = draft(selection=Selection("stages"))
    preview = services.importers.preview(alice, drafted, rows=100)
    assert preview.is_whole
    found = services.importers.forecast(alice, drafted, preview=preview)
    assert found.words[-1] == f"{len(preview.rows)} rows added."


def test_a_preview_that_is_cut_off_does_not(services: Services, alice: Actor, draft: Drafting):
    assert not services.importers.preview(alice, draft(selection=Selection("deals")), rows=10).is_whole
    assert services.importers.preview(alice, draft(selection=Selection("deals", limit=10)), rows=20).is_whole


def test_a_forecast_of_what_was_written_before_knows_the_rows_there(
    services: Services, alice: Actor, draft: Drafting, importer: Importer
):
    run(services, alice, importer)
    found = services.importers.forecast(alice, draft(mode=Mode.APPEND), importer_id=importer.id)
    assert (found.rows_there, found.added) == (20, 20)


def test_a_spreadsheet_yet_to_be_created_is_forecast_without_creating_it(
    services: Services, google: Google, alice: Actor, draft: Drafting
):
    before = len(google.files), len(google.journal.calls)
    found = services.importers.forecast(alice, draft(place="", place_name="Fresh"))
    assert found.notes == ("A spreadsheet called “Fresh” will be created.",)
    assert (len(google.files), len(google.journal.calls)) == before


def test_cells_in_the_way_are_told_beforehand(services: Services, alice: Actor, draft: Drafting, file: File):
    assert file.book
    file.book.tabs[0].put_block(0, 0, [["My own notes"]])
    drafted = draft(sheet="Sheet1")
    preview = services.importers.preview(alice, drafted)
    with pytest.raises(InvalidSettings):
        services.importers.forecast(alice, drafted, preview=preview)
    assert services.importers.forecast(
        alice, replace(drafted, target=replace(drafted.target, takes_over=True)), preview=preview
    ).rows_there in (0, 1)


def test_viewers_do_not_ask_google(services: Services, bob: Actor, draft: Drafting):
    with pytest.raises(AccessDenied):
        services.importers.forecast(replace(bob, role=Role.VIEWER), draft())


# --- run ---


def test_a_run_writes_the_table_and_tells_what_became_of_the_rows(
    services: Services, alice: Actor, importer: Importer, file: File
):
    done = run(services, alice, importer)
    assert done.status in (Status.DONE, Status.DONE_WITH_NOTES), done.trouble
    assert table(file)[0] == ["ID", "Title", "Status"]
    assert len(table(file)) == 21
    told = story(services, alice, done)
    assert f"Writing to tab Deals of Sales 2026 as {DEMO_ROBOT.email}" in told
    assert told[-1] == "Wrote to tab Deals of Sales 2026: 20 rows added"
    assert (done.counts.rows_added, done.counts.rows_changed, done.counts.rows_removed) == (20, 0, 0)


def test_a_second_run_changes_what_changed_and_no_more(
    services: Services, alice: Actor, importer: Importer, file: File
):
    run(services, alice, importer)
    before = table(file)
    assert file.book
    tab = file.book.tab_named("Deals")
    assert tab
    tab.put_block(3, 1, [["Somebody's typing error"]])
    again = run(services, alice, importer)
    assert story(services, alice, again)[-1] == "Wrote to tab Deals of Sales 2026: 1 row changed"
    assert table(file) == before
    third = run(services, alice, importer)
    assert story(services, alice, third)[-1].startswith("Nothing to change in tab Deals of Sales 2026: its 20 rows")


def test_one_can_write_as_oneself(services: Services, alice: Actor, alex: Connection, draft: Drafting, file: File):
    importer = services.importers.create(alice, draft(connection_id=alex.id))
    done = run(services, alice, importer)
    assert done.status in (Status.DONE, Status.DONE_WITH_NOTES), done.trouble
    assert len(table(file)) == 21


def test_two_tables_beside_each_other_leave_each_other_alone(
    services: Services, alice: Actor, draft: Drafting, importer: Importer, file: File
):
    beside = services.importers.create(alice, draft(name="Beside", start="E1", selection=replace(DEALS, limit=5)))
    for one in (importer, beside, importer):
        assert run(services, alice, one).status in (Status.DONE, Status.DONE_WITH_NOTES)
    assert (len(table(file)), len(table(file, left=4))) == (21, 6)


def test_a_table_in_google_is_looked_at_there(
    services: Services, settings: Settings, alice: Actor, importer: Importer, file: File
):
    run(services, alice, importer)
    plain = f"https://docs.google.com/spreadsheets/d/{file.id}/edit"
    assert services.importers.address(alice, importer.id) == plain
    assert file.book
    tab = file.book.tab_named("Deals")
    assert tab
    assert services.importers.address(alice, importer.id, finds_tab=True) == f"{plain}#gid={tab.sheet_id}"
    for look in (services.runs.grid, services.runs.workbook):
        with pytest.raises(NotThere, match="tab Deals of Sales 2026") as caught:
            look(alice, importer.id)
        assert "link" in caught.value.hint


def test_the_address_is_where_the_sandbox_is(settings: Settings, alice: Actor, importer: Importer):
    here = bootstrap.build(replace(settings, reroutes={"docs.google.com": "http://127.0.0.1:8101"}))
    address = here.importers.address(alice, importer.id)
    assert address == f"http://127.0.0.1:8101/spreadsheets/d/{importer.target.place}/edit"
    here.close()


def test_a_workbook_has_no_address(services: Services, alice: Actor, connection: Connection):
    importer = services.importers.create(alice, a_draft(connection_id=connection.id))
    assert services.importers.address(alice, importer.id, finds_tab=True) == ""


# --- refused ---


def test_google_refusing_pauses_what_writes_with_it_and_leaves_pipedrive_alone(
    services: Services, google: Google, alice: Actor, importer: Importer, caplog: pytest.LogCaptureFixture
):
    google.faults.add("invalid_grant")
    failed = run(services, alice, importer)
    assert failed.status is Status.FAILED
    assert failed.trouble is not None
    assert failed.trouble.code == "credentials-rejected"
    [card] = services.importers.cards(alice)
    assert (card.connection.status, card.refused) == (ConnectionStatus.WORKING, card.writes_with)
    assert len([one for one in caplog.records if "needs reconnecting" in one.getMessage()]) == 1
    with pytest.raises(NeedsReconnecting, match="Google"):
        services.runs.start(alice, importer.id)


def test_pipedrive_refusing_leaves_google_alone(services: Services, sandbox: Sandbox, alice: Actor, importer: Importer):
    sandbox.faults.add("revoked")
    assert run(services, alice, importer).status is Status.FAILED
    [card] = services.importers.cards(alice)
    assert card.writes_with is not None
    assert (card.refused, card.writes_with.status) == (card.connection, ConnectionStatus.WORKING)


def test_a_grant_that_ends_in_the_middle_of_a_run_is_google_s(
    services: Services, google: Google, alice: Actor, alex: Connection, draft: Drafting
):
    importer = services.importers.create(alice, draft(connection_id=alex.id))
    google.tokens.withdraw(DEMO.client_id, ALEX.email)
    assert run(services, alice, importer).status is Status.FAILED
    [card] = services.importers.cards(alice)
    assert card.refused == card.writes_with


def test_a_scheduled_importer_waits_until_google_is_connected_again(
    services: Services, google: Google, alice: Actor, draft: Drafting, clock: FakeClock
):
    hourly = replace(draft(), schedule=Schedule(Every.HOURS))
    importer = services.importers.create(alice, hourly, start_anyway=True)
    assert run(services, alice, importer).status in (Status.DONE, Status.DONE_WITH_NOTES)
    google.faults.add("invalid_grant")
    services.connections.check(alice, importer.target.connection_id or 0)
    clock.advance(hours=2)
    assert services.scheduling.tick().due == 0
    google.faults.clear()
    services.google.link_service_account(alice, ROBOT_KEY)
    assert services.scheduling.tick().due == 1


def test_neither_a_chain_nor_a_waiting_run_goes_on_while_google_refuses(
    services: Services, google: Google, alice: Actor, connection: Connection, draft: Drafting, clock: FakeClock
):
    leader = services.importers.create(alice, a_draft(name="First", connection_id=connection.id, selection=DEALS))
    run(services, alice, leader)
    follows = replace(draft(name="Second"), schedule=Schedule(Every.AFTER, after_id=leader.id))
    follower = services.importers.create(alice, follows, start_anyway=True)
    later = services.importers.create(alice, draft(name="Third", sheet="Third"))
    google.faults.add("server_error")
    waiting = run(services, alice, later)
    assert waiting.status is Status.WAITING
    google.faults.clear()
    google.faults.add("invalid_grant")
    services.connections.check(alice, follower.target.connection_id or 0)

    assert run(services, alice, leader).status is Status.DONE
    clock.advance(hours=2)
    assert (services.scheduling.tick().due, services.runs.list(alice, follower.id)) == (0, [])
    assert services.runs.get(alice, waiting.id).status is Status.WAITING

    google.faults.clear()
    services.google.link_service_account(alice, ROBOT_KEY)
    ticked = services.scheduling.tick()
    assert (ticked.due, ticked.woken) == (1, 1)
    [followed] = services.runs.list(alice, follower.id)
    assert followed.status in (Status.DONE, Status.DONE_WITH_NOTES)


def test_trouble_at_google_is_not_looked_up_at_pipedrive(
    services: Services, google: Google, sandbox: Sandbox, alice: Actor, importer: Importer
):
    google.faults.add("server_error")
    waiting = run(services, alice, importer)
    assert (waiting.status, waiting.trouble.code if waiting.trouble else "") == (Status.WAITING, "service-trouble")
    assert waiting.trouble is not None
    assert waiting.trouble.bulletin is None
    assert not any("Pipedrive" in line and "report" in line for line in story(services, alice, waiting))


def test_a_connection_that_importers_write_with_cannot_be_unlinked(
    services: Services, alice: Actor, importer: Importer, robot: Connection
):
    with pytest.raises(InvalidSettings, match="Deals to Google"):
        services.connections.unlink(alice, robot.id)
    services.importers.delete(alice, importer.id)
    services.connections.unlink(alice, robot.id)


def test_who_is_connected_to_google_is_part_of_how_things_are(
    services: Services, google: Google, alice: Actor, robot: Connection
):
    found = services.health.google()
    assert found is not None
    assert (found.ok, found.detail) == (True, "Google answers, and lets in 1 connection.")
    google.faults.add("invalid_grant")
    found = services.health.google()
    assert found is not None
    assert not found.ok
    assert DEMO_ROBOT.email in found.detail


def test_without_anybody_connected_google_is_not_asked(services: Services, google: Google):
    assert services.health.google() is None
    assert google.journal.calls == []
