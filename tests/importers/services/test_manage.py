"""Importers: created, changed, copied, paused, shown before they run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from openpyxl import load_workbook

from importers.config import Settings
from importers.errors import AccessDenied, InvalidSettings, NotThere
from importers.model import Actor, Connection, Draft, Every, Importer, Refresh, Role, Schedule, Selection, Vanished
from importers.secret import Secret
from importers.services import Services
from importers.store.sql import SqlStore
from sandbox.pipedrive import Sandbox
from sandbox.world import TOKEN
from tests.builders import a_draft, a_target, an_importer
from tests.fakes import FakeClock

HOURLY = Schedule(Every.HOURS)
ONE_O_CLOCK = datetime(2026, 1, 1, 13, 0, tzinfo=UTC)


@pytest.fixture
def importer(services: Services, alice: Actor, connection: Connection) -> Importer:
    return services.importers.create(alice, a_draft(connection_id=connection.id, schedule=HOURLY), start_anyway=True)


# --- create ---


def test_a_new_importer_knows_its_next_turn(importer: Importer):
    assert (importer.next_run_at, importer.paused) == (ONE_O_CLOCK, False)


def test_a_manual_importer_has_none(services: Services, alice: Actor, connection: Connection):
    assert services.importers.create(alice, a_draft(connection_id=connection.id)).next_run_at is None


def test_a_name_is_tidied(services: Services, alice: Actor, connection: Connection):
    draft = a_draft(name="  Deals \n to  Excel ", connection_id=connection.id)
    assert services.importers.create(alice, draft).name == "Deals to Excel"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": " "}, "no name"),
        ({"name": "x" * 201}, "too long"),
        ({"selection": Selection("dreams")}, "dreams.*deals"),
        ({"selection": Selection("deals", columns=())}, "No column"),
        ({"selection": Selection("deals", columns=("id", "nonsense"))}, "nonsense"),
        ({"selection": Selection("deals", statuses=("open", "asleep"))}, "no status asleep.*won"),
        ({"selection": Selection("users", statuses=("open",))}, "no status open"),
        ({"selection": Selection("users", filter_id=1)}, "no filter"),
        ({"selection": Selection("deals", limit=0)}, "at least 1"),
        ({"selection": Selection("files", refresh=Refresh.DAILY)}, "does not tell what changed among files"),
        ({"selection": Selection("deal-changes", vanished=Vanished.KEEP)}, "have no ids"),
        ({"schedule": Schedule(time_zone="Mars/Olympus")}, "Mars/Olympus"),
        ({"target": a_target("History/1")}, "sheet's name"),
        ({"target": a_target("")}, "sheet needs a name"),
        ({"target": a_target(place="../../etc/passwd")}, "workbook"),
        ({"target": a_target(place="")}, "workbook"),
        ({"schedule": Schedule(Every.MINUTES, 0)}, "Every 0 minutes"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_kept(
    services: Services, alice: Actor, connection: Connection, changes: dict[str, object], says: str
):
    with pytest.raises(InvalidSettings, match=f"(?i){says}"):
        services.importers.create(alice, a_draft(**{"connection_id": connection.id, **changes}))
    assert services.importers.cards(alice) == []


def test_columns_that_exist_are_taken(services: Services, alice: Actor, connection: Connection):
    keys = tuple(column.key for column in services.importers.columns(alice, connection.id, "deals")[:3])
    draft = a_draft(connection_id=connection.id, selection=Selection("deals", columns=keys))
    assert services.importers.create(alice, draft).selection.columns == keys


def test_a_sheet_that_is_taken_names_who_has_it(services: Services, alice: Actor, importer: Importer):
    draft = a_draft(name="Second", connection_id=importer.connection_id, target=a_target("DEALS", "PIPESHEET"))
    with pytest.raises(InvalidSettings, match="Deals to Excel"):
        services.importers.create(alice, draft)
    assert services.importers.create(alice, replace(draft, target=a_target("Deals", "Another"))).id != importer.id


def test_the_sheet_of_removed_rows_is_taken_too(services: Services, alice: Actor, connection: Connection):
    moving = Selection("deals", vanished=Vanished.MOVE)
    services.importers.create(alice, a_draft(connection_id=connection.id, selection=moving))
    taken = a_draft(name="Other", connection_id=connection.id, target=a_target("deals (REMOVED)"))
    with pytest.raises(InvalidSettings, match="“Deals to Excel” writes to the sheet"):
        services.importers.create(alice, taken)


def test_a_sheet_of_removed_rows_does_not_take_another_ones(services: Services, alice: Actor, connection: Connection):
    services.importers.create(alice, a_draft(connection_id=connection.id, target=a_target("Leads (removed)")))
    moving = Selection("leads", vanished=Vanished.MOVE)
    draft = a_draft(name="Leads", connection_id=connection.id, target=a_target("Leads"), selection=moving)
    with pytest.raises(InvalidSettings, match="Leads \\(removed\\)"):
        services.importers.create(alice, draft)


def test_a_sheet_of_the_users_where_removed_rows_would_go_is_told_when_the_importer_is_saved(
    services: Services, alice: Actor, connection: Connection
):
    created = services.importers.create(alice, a_draft(connection_id=connection.id))
    services.runs.start(alice, created.id)
    path = services.runs.workbook(alice, created.id)
    book = load_workbook(path)
    book.create_sheet("Deals (removed)")
    book.save(path)
    moving = a_draft(connection_id=connection.id, selection=Selection("deals", vanished=Vanished.MOVE))
    with pytest.raises(InvalidSettings, match="which is not Pipesheet's") as caught:
        services.importers.change(alice, created.id, moving)
    assert caught.value.facts["field"] == "sheet"


def test_a_sheet_cannot_be_its_own_sheet_of_removed_rows(services: Services, alice: Actor, connection: Connection):
    target = a_target("Deals of the northern (removed)")
    moving = Selection("deals", vanished=Vanished.MOVE)
    with pytest.raises(InvalidSettings, match="same name") as caught:
        services.importers.create(alice, a_draft(connection_id=connection.id, target=target, selection=moving))
    assert caught.value.facts["field"] == "sheet"


def test_of_two_made_at_once_none_takes_the_others_sheet_of_removed_rows(
    services: Services, store: SqlStore, alice: Actor, connection: Connection, monkeypatch: pytest.MonkeyPatch
):
    add = SqlStore.add_importer

    def add_after_another(self: SqlStore, workspace_id: int, *args: object, **more: object) -> Importer:
        monkeypatch.undo()
        an_importer(store, workspace_id, name="Quicker", target=a_target("Deals (removed)"))
        return add(self, workspace_id, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(SqlStore, "add_importer", add_after_another)
    moving = a_draft(connection_id=connection.id, selection=Selection("deals", vanished=Vanished.MOVE))
    with pytest.raises(InvalidSettings, match="“Quicker” writes to"):
        services.importers.create(alice, moving)
    assert [card.importer.name for card in services.importers.cards(alice)] == ["Quicker"]


def test_deleting_an_importer_deletes_what_it_remembers(
    services: Services, alice: Actor, connection: Connection, settings: Settings
):
    draft = a_draft(connection_id=connection.id, selection=Selection("deals", refresh=Refresh.DAILY))
    importer = services.importers.create(alice, draft)
    services.runs.start(alice, importer.id)
    assert [path.suffix for path in settings.mirrors.glob("*/*")] == [".mirror"]
    services.importers.delete(alice, importer.id)
    assert [*settings.mirrors.glob("*/*")] == []


def test_a_name_that_is_taken_is_refused_at_the_name(services: Services, alice: Actor, importer: Importer):
    draft = a_draft(name="deals TO excel", connection_id=importer.connection_id, target=a_target("Other"))
    with pytest.raises(InvalidSettings, match="“Deals to Excel” already") as caught:
        services.importers.create(alice, draft)
    assert caught.value.facts["field"] == "name"
    other = services.importers.create(alice, replace(draft, name="Other"))
    with pytest.raises(InvalidSettings, match="another name"):
        services.importers.change(alice, other.id, draft)


def test_the_same_name_in_another_workspace_is_no_concern(
    services: Services, store: SqlStore, alice: Actor, charlie: Actor, importer: Importer
):
    mine = services.connections.link(charlie, Secret(TOKEN))
    assert services.importers.create(charlie, a_draft(connection_id=mine.id)).name == importer.name


def test_a_name_two_importers_share_from_before_does_not_stop_a_change(
    services: Services, store: SqlStore, alice: Actor, importer: Importer
):
    twin = an_importer(store, alice.workspace.id, name="DEALS to excel", target=a_target("Twin"))
    draft = a_draft(name="Deals to Excel", connection_id=importer.connection_id, target=a_target("Moved"))
    assert services.importers.change(alice, twin.id, draft).target.sheet == "Moved"


def test_an_importer_lives_in_the_zone_of_its_schedule(
    services: Services, alice: Actor, connection: Connection, importer: Importer
):
    draft = a_draft(
        name="Zoned",
        connection_id=connection.id,
        selection=Selection("deals", time_zone="Asia/Tokyo"),
        target=a_target("Zoned"),
        schedule=Schedule(Every.HOURS, time_zone="Europe/Tallinn"),
    )
    created = services.importers.create(alice, draft)
    assert created.selection.time_zone == "Europe/Tallinn"
    moved = replace(draft, schedule=replace(draft.schedule, time_zone="America/New_York"))
    assert services.importers.change(alice, created.id, moved).selection.time_zone == "America/New_York"
    copy = services.importers.copy_of(alice, created.id)
    assert (copy.selection.time_zone, copy.schedule.time_zone) == ("America/New_York", "America/New_York")


def test_a_preview_shows_the_moments_of_the_schedules_zone(services: Services, alice: Actor, connection: Connection):
    draft = a_draft(connection_id=connection.id, selection=Selection("deals", ("add_time",)))
    elsewhere = replace(draft, schedule=Schedule(time_zone="Asia/Tokyo"))
    [[here], [there]] = (services.importers.preview(alice, one, rows=1).rows[0] for one in (draft, elsewhere))
    assert isinstance(here, datetime)
    assert isinstance(there, datetime)
    assert there - here == timedelta(hours=9)


# --- change ---


def test_a_change_keeps_its_own_sheet_and_a_schedule_that_stays_the_same(
    services: Services, alice: Actor, importer: Importer, clock: FakeClock
):
    clock.advance(minutes=90)
    draft = a_draft(name="New name", connection_id=importer.connection_id, schedule=HOURLY)
    changed = services.importers.change(alice, importer.id, draft)
    assert (changed.name, changed.next_run_at) == ("New name", ONE_O_CLOCK)


def test_a_new_schedule_counts_from_now(services: Services, alice: Actor, importer: Importer):
    daily = Schedule(Every.DAYS, at=time(9, 0))
    draft = a_draft(connection_id=importer.connection_id, schedule=daily)
    changed = services.importers.change(alice, importer.id, draft)
    assert changed.next_run_at == datetime(2026, 1, 2, 9, 0, tzinfo=UTC)
    by_hand = replace(draft, schedule=Schedule())
    assert services.importers.change(alice, importer.id, by_hand).next_run_at is None


def test_a_paused_importer_can_be_changed_and_stays_paused(services: Services, alice: Actor, importer: Importer):
    services.importers.pause(alice, importer.id)
    draft = a_draft(connection_id=importer.connection_id, schedule=Schedule(Every.MINUTES, 5))
    changed = services.importers.change(alice, importer.id, draft)
    assert (changed.paused, changed.next_run_at) == (True, None)


class TestWhatHappensWhileSaveAsksOthers:
    """Google and Pipedrive may take seconds to answer."""

    @pytest.fixture
    def saved_while(self, services: Services, alice: Actor, monkeypatch: pytest.MonkeyPatch) -> Any:
        def save(importer: Importer, meanwhile: Callable[[], object]) -> Importer:
            checked = services.importers._checked

            def slowly(*arguments: Any, **more: Any) -> Draft:
                draft = checked(*arguments, **more)
                meanwhile()
                return draft

            monkeypatch.setattr(services.importers, "_checked", slowly)
            draft = a_draft(name="New name", connection_id=importer.connection_id, schedule=importer.schedule)
            return services.importers.change(alice, importer.id, draft)

        return save

    def test_who_resumes_it_has_it_resumed(
        self, services: Services, alice: Actor, importer: Importer, saved_while: Any
    ):
        services.importers.pause(alice, importer.id)
        saved = saved_while(importer, lambda: services.importers.resume(alice, importer.id))
        assert (saved.name, saved.paused, saved.next_run_at) == ("New name", False, ONE_O_CLOCK)

    def test_its_first_success_begins_its_schedule(
        self, services: Services, alice: Actor, connection: Connection, saved_while: Any
    ):
        new = services.importers.create(alice, a_draft(connection_id=connection.id, schedule=HOURLY))
        saved = saved_while(new, lambda: services.runs.start(alice, new.id))
        assert (saved.starts_after_success, saved.next_run_at) == (False, ONE_O_CLOCK)

    def test_a_turn_that_is_taken_is_not_taken_again(
        self, services: Services, alice: Actor, importer: Importer, clock: FakeClock, saved_while: Any
    ):
        clock.advance(hours=1)
        saved = saved_while(importer, services.scheduling.tick)
        assert saved.next_run_at == ONE_O_CLOCK + timedelta(hours=1)
        assert services.scheduling.tick().due == 0
        assert len(services.runs.list(alice, importer.id)) == 1


def test_a_change_is_checked_like_a_new_one(services: Services, alice: Actor, importer: Importer):
    with pytest.raises(InvalidSettings, match="no name"):
        services.importers.change(alice, importer.id, a_draft(name="", connection_id=importer.connection_id))
    assert services.importers.get(alice, importer.id) == importer


def test_known_columns_are_not_asked_for_again(
    services: Services, alice: Actor, connection: Connection, sandbox: Sandbox
):
    keys = tuple(column.key for column in services.importers.columns(alice, connection.id, "deals")[:2])
    draft = a_draft(connection_id=connection.id, selection=Selection("deals", columns=keys))
    importer = services.importers.create(alice, draft)
    sandbox.journal.clear()
    services.importers.change(alice, importer.id, replace(draft, name="New name"))
    assert sandbox.journal.calls == []


# --- pause, copy, delete ---


def test_a_pause_ends_with_the_next_turn_from_now(
    services: Services, alice: Actor, importer: Importer, clock: FakeClock
):
    assert services.importers.pause(alice, importer.id).next_run_at is None
    clock.advance(hours=5, minutes=10)
    resumed = services.importers.resume(alice, importer.id)
    assert (resumed.paused, resumed.next_run_at) == (False, datetime(2026, 1, 1, 18, 0, tzinfo=UTC))


def test_a_copy_has_a_name_and_a_sheet_of_its_own(services: Services, alice: Actor, importer: Importer):
    draft = services.importers.copy_of(alice, importer.id)
    assert (draft.name, draft.target) == ("Copy of Deals to Excel", a_target("Deals (2)"))
    assert (draft.selection, draft.schedule) == (importer.selection, importer.schedule)
    assert len(services.importers.cards(alice)) == 1
    services.importers.create(alice, draft)
    again = services.importers.copy_of(alice, importer.id)
    assert (again.name, again.target.sheet) == ("Copy of Deals to Excel (2)", "Deals (3)")


def test_a_copy_of_the_longest_name_still_fits(services: Services, alice: Actor, connection: Connection):
    importer = services.importers.create(alice, a_draft(name="x" * 200, connection_id=connection.id))
    services.importers.create(alice, services.importers.copy_of(alice, importer.id))


def test_a_deleted_importer_is_forgotten_and_its_sheet_stays(services: Services, alice: Actor, importer: Importer):
    run = services.runs.start(alice, importer.id)
    file = services.runs.workbook(alice, importer.id)
    services.importers.delete(alice, importer.id)
    assert file.is_file()
    for gone in (
        lambda: services.importers.get(alice, importer.id),
        lambda: services.runs.get(alice, run.id),
        lambda: services.importers.delete(alice, importer.id),
    ):
        with pytest.raises(NotThere):
            gone()


# --- look ---


def test_cards_show_the_connection_and_the_newest_run(
    services: Services, alice: Actor, connection: Connection, importer: Importer
):
    [card] = services.importers.cards(alice)
    assert (card.importer, card.connection, card.last_run) == (importer, connection, None)
    services.runs.start(alice, importer.id)
    newest = services.runs.start(alice, importer.id)
    assert services.importers.cards(alice)[0].last_run == newest


def test_entities_are_known_without_asking(services: Services, sandbox: Sandbox):
    names = [entity.name for entity in services.importers.entities()]
    assert names[0] == "deals"
    assert {"persons", "archived-deals", "users"} <= set(names)
    assert sandbox.journal.calls == []


def test_filters_are_listed_by_name(services: Services, alice: Actor, connection: Connection):
    filters = services.importers.filters(alice, connection.id, "deals")
    assert filters
    assert all(choice.label and choice.value for choice in filters)
    with pytest.raises(InvalidSettings, match="dreams"):
        services.importers.filters(alice, connection.id, "dreams")
    with pytest.raises(InvalidSettings, match="dreams"):
        services.importers.columns(alice, connection.id, "dreams")


def test_a_preview_shows_what_a_run_writes(services: Services, alice: Actor, importer: Importer):
    draft = a_draft(connection_id=importer.connection_id)
    preview = services.importers.preview(alice, draft, rows=5)
    with pytest.raises(NotThere):
        services.runs.workbook(alice, importer.id)
    services.runs.start(alice, importer.id)
    grid = services.runs.grid(alice, importer.id, count=5)
    assert len(preview.rows) == 5
    assert tuple(column.header for column in preview.columns) == grid.headers
    titles = [column.key for column in preview.columns].index("title")
    assert [row[titles] for row in preview.rows] == [row[titles] for row in grid.rows]


def test_a_preview_keeps_the_owners_own_limit(services: Services, alice: Actor, connection: Connection):
    draft = a_draft(connection_id=connection.id, selection=Selection("deals", limit=2))
    assert len(services.importers.preview(alice, draft).rows) == 2


def test_a_preview_asks_for_little(services: Services, alice: Actor, connection: Connection, sandbox: Sandbox):
    services.importers.preview(alice, a_draft(connection_id=connection.id), rows=5)
    [deals] = [call for call in sandbox.journal.calls if call.path.endswith("/deals")]
    assert int(deals.query["limit"]) <= 20


# --- who may ---


def test_an_editor_may_do_all_of_it(services: Services, bob: Actor, connection: Connection):
    importer = services.importers.create(bob, a_draft(connection_id=connection.id))
    services.importers.change(bob, importer.id, a_draft(name="Bob's", connection_id=connection.id))
    services.importers.pause(bob, importer.id)
    services.importers.resume(bob, importer.id)
    services.importers.delete(bob, importer.id)


def test_a_viewer_only_looks(services: Services, bob: Actor, importer: Importer, sandbox: Sandbox):
    viewer = replace(bob, role=Role.VIEWER)
    draft = a_draft(name="Mine", connection_id=importer.connection_id, target=a_target("Mine"))
    for deed in (
        lambda: services.importers.create(viewer, draft),
        lambda: services.importers.change(viewer, importer.id, draft),
        lambda: services.importers.pause(viewer, importer.id),
        lambda: services.importers.resume(viewer, importer.id),
        lambda: services.importers.delete(viewer, importer.id),
        lambda: services.runs.start(viewer, importer.id),
        lambda: services.importers.preview(viewer, draft),
        lambda: services.importers.columns(viewer, importer.connection_id, "deals"),
        lambda: services.importers.filters(viewer, importer.connection_id, "deals"),
    ):
        sandbox.journal.clear()
        with pytest.raises(AccessDenied, match="a viewer"):
            deed()
        assert sandbox.journal.calls == []
    assert [card.importer for card in services.importers.cards(viewer)] == [importer]


def test_charlie_finds_nothing(services: Services, charlie: Actor, importer: Importer):
    draft = a_draft(connection_id=importer.connection_id)
    for deed in (
        lambda: services.importers.get(charlie, importer.id),
        lambda: services.importers.change(charlie, importer.id, draft),
        lambda: services.importers.copy_of(charlie, importer.id),
        lambda: services.importers.pause(charlie, importer.id),
        lambda: services.importers.resume(charlie, importer.id),
        lambda: services.importers.delete(charlie, importer.id),
        lambda: services.runs.start(charlie, importer.id),
        lambda: services.runs.list(charlie, importer.id),
        lambda: services.runs.grid(charlie, importer.id),
        lambda: services.runs.workbook(charlie, importer.id),
    ):
        with pytest.raises(NotThere):
            deed()
    assert services.importers.cards(charlie) == []
