"""Reading only what changed: the table is the one a full reading gives, for a fraction of the requests."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from importers.errors import TemporaryError
from importers.model import Extent, MirrorFile, Refresh, Row, Selection, Vanished
from importers.sources.pipedrive.mirror import Layout, Mirror
from sandbox.moments import NOW
from sandbox.world import World
from tests.fakes import FakeClock
from tests.pipedrive import a_rig

COLUMNS = ("id", "title", "status", "owner", "organization", "update_time")
FULL = Selection("deals", columns=COLUMNS)
CHANGES = replace(FULL, refresh=Refresh.DAILY)
OPEN = replace(CHANGES, statuses=("open",))
DEALS = "/api/v2/deals"
TOMORROW = datetime.fromtimestamp(NOW, UTC) + timedelta(days=1)


_YEAR = 31_536_000


class Desk:
    """
    An importer of deals: each `run` is one run of it, `full` what a full
    reading gives now. Every change moves the vendor's time by a minute.
    """

    def __init__(self, folder: Path, *, deals: int = 60) -> None:
        self.seconds = 0
        self.rig = a_rig(world=World(deals=deals, custom_fields=0, clock=self._tick), clock=FakeClock(TOMORROW))
        self.changes = self.rig.world.changes
        self.mirror = MirrorFile(folder / "1.mirror", "alice at acme")
        self.removed: list[Row] = []

    def _tick(self) -> float:
        self.seconds += 60
        return float(NOW + self.seconds)

    @property
    def listed(self) -> list[int]:
        return list(self.rig.world.shelf("deals").ids)  # type: ignore[call-overload]

    def run(self, selection: Selection = CHANGES, *, keep: bool = True) -> list[Row]:
        self.rig.told.clear()
        self.rig.journal.clear()
        with closing(self.rig.source.open(selection, mirror=self.mirror, tell=self.rig.told.append)) as reading:
            rows = [row for page in reading.pages() for row in page.rows]
            if reading.removed_columns:
                self.removed = [row for page in reading.removed_pages() for row in page.rows]
            if keep:
                reading.keep()
            self.received, self.extent = reading.received, reading.extent
        return rows

    def full(self, selection: Selection = FULL) -> list[Row]:
        return a_rig(app=self.rig.app).read(replace(selection, refresh=Refresh.EVERYTHING))

    def in_the_future(self, do: Callable[[], object]) -> None:
        present, self.changes._now = self.changes._now, lambda: NOW + _YEAR  # type: ignore[assignment]
        do()
        self.changes._now = present

    @property
    def was_full(self) -> bool:
        return any(line.startswith("Reading everything") for line in self.rig.told)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.run()
    return desk


def test_the_first_run_reads_everything_and_says_why(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    assert desk.run() == desk.full()
    assert desk.rig.told == ["Reading everything: there is nothing to build on yet."]


def test_nothing_changed_makes_the_same_table(desk: Desk) -> None:
    assert desk.run() == desk.full()
    assert [line.partition(": ")[2] for line in desk.rig.told] == ["0 changed."]


def test_what_was_changed_added_deleted_archived_and_unarchived_comes_out_as_in_a_full_reading(desk: Desk) -> None:
    first, second, third, fourth = desk.listed[:4]
    archived = desk.rig.world.shelf("deals/archived").ids[0]
    desk.changes.change("deal", first, title="Renamed")
    desk.changes.delete("deal", second)
    desk.changes.archive("deal", third)
    desk.changes.change("deal", fourth, status="lost")
    desk.changes.unarchive("deal", archived)
    desk.changes.create("deal", title="New")
    assert desk.run() == desk.full()
    assert [line.partition(": ")[2] for line in desk.rig.told] == ["4 changed, 2 removed."]


def test_it_goes_on_from_where_the_last_run_ended(desk: Desk) -> None:
    for title in ("one", "two", "three"):
        desk.changes.change("deal", desk.listed[0], title=title)
        desk.changes.delete("deal", desk.listed[-1])
        assert desk.run() == desk.full()


def test_a_deal_that_leaves_the_statuses_chosen_leaves_the_table_and_may_come_back(desk: Desk) -> None:
    desk.run(OPEN)
    left, others = desk.listed[0], replace(FULL, statuses=("open",))
    for status in ("won", "open", "lost"):
        desk.changes.change("deal", left, status=status)
        assert desk.run(OPEN) == desk.full(others)
    assert not desk.was_full


def test_changes_take_few_requests_and_a_list_is_not_read_again(tmp_path: Path) -> None:
    desk = Desk(tmp_path, deals=1100)
    few = replace(CHANGES, columns=("id", "title"))
    desk.run(few)
    for number in desk.listed[:30]:
        desk.changes.change("deal", number, title="Changed")
    desk.run(few)
    assert [call.path for call in desk.rig.journal.calls] == [
        "/api/v2/dealFields",
        *(DEALS, f"{DEALS}/archived"),
        *(DEALS, f"{DEALS}/archived"),
    ]


def test_records_that_several_answers_hold_count_once(tmp_path: Path) -> None:
    desk = Desk(tmp_path, deals=1100)
    rows = desk.run(replace(CHANGES, columns=("id", "title")))
    assert desk.received == len(rows) == 1100


def test_a_reading_says_whether_it_was_of_everything_or_of_changes(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    extents = []
    for _ in range(2):
        desk.run()
        extents.append(desk.extent)
    assert extents == [Extent.FULL, Extent.CHANGES]


def test_renamed_people_and_options_show_in_rows_that_did_not_change(desk: Desk) -> None:
    for user in desk.rig.world.staff.users:
        user["name"] = user["name"].upper()
    assert desk.run() == desk.full()
    assert all(row[3] is None or row[3] == row[3].upper() for row in desk.run())


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"columns": (*COLUMNS, "products_count")}, "the column Products count is chosen"),
        ({"statuses": ("open", "deleted")}, "deleted ones are chosen"),
        ({"filter_id": 1}, "a filter is chosen"),
        ({"statuses": ("won",)}, "something else was asked for the last time"),
        ({"refresh": Refresh.EVERYTHING, "vanished": Vanished.KEEP}, ""),
    ],
)
def test_everything_is_read_where_changes_would_not_do(desk: Desk, changed: dict[str, object], why: str) -> None:
    selection = replace(CHANGES, **changed)  # type: ignore[arg-type]
    assert desk.run(selection) == desk.full(selection)
    assert desk.was_full is bool(why)
    assert why in "".join(desk.rig.told)


def test_everything_is_read_once_a_day_and_finds_what_nobody_told(desk: Desk) -> None:
    persons, full = (
        replace(CHANGES, entity="persons", columns=("id", "name")),
        Selection("persons", columns=("id", "name")),
    )
    desk.run(persons)
    desk.changes.delete("person", 3)
    assert len(desk.run(persons)) == len(desk.full(full)) + 1
    desk.rig.clock.advance(hours=24)
    assert desk.run(persons) == desk.full(full)
    assert desk.rig.told == ["Reading everything: it is time for it again."]


def test_once_a_week_is_a_week(desk: Desk) -> None:
    weekly = replace(CHANGES, refresh=Refresh.WEEKLY)
    desk.rig.clock.advance(days=6)
    desk.run(weekly)
    assert not desk.was_full
    desk.rig.clock.advance(days=1)
    desk.run(weekly)
    assert desk.was_full


def test_another_user_of_the_account_starts_afresh(desk: Desk) -> None:
    desk.mirror = replace(desk.mirror, account="bob at acme")
    desk.run()
    assert desk.was_full


def test_a_run_that_is_not_kept_does_not_move_the_watermark(desk: Desk) -> None:
    desk.changes.change("deal", desk.listed[0], title="Changed")
    desk.run(keep=False)
    desk.rig.clock.advance(hours=1)
    desk.seconds += 3600
    assert desk.run() == desk.full()
    assert "1 changed" in desk.rig.told[0]


@pytest.mark.parametrize("content", [b"", b"not a database", b"SQLite format 3\x00" + bytes(5000)])
def test_a_damaged_mirror_is_read_over(desk: Desk, content: bytes) -> None:
    desk.mirror.path.write_bytes(content)
    assert desk.run() == desk.full()
    assert desk.was_full
    desk.run()
    assert not desk.was_full


def test_a_record_that_was_damaged_on_the_disk_never_reaches_the_table(desk: Desk) -> None:
    content = desk.mirror.path.read_bytes()
    desk.mirror.path.write_bytes(content.replace(b'"title":"', b'"titel":"'))
    with pytest.raises(TemporaryError, match="damaged"):
        desk.run()
    assert desk.run() == desk.full()


def test_nothing_lies_about_afterwards(desk: Desk) -> None:
    desk.run(keep=False)
    assert [path.name for path in desk.mirror.path.parent.iterdir()] == ["1.mirror"]
    desk.run(FULL)
    assert list(desk.mirror.path.parent.iterdir()) == []


@pytest.mark.parametrize("refresh", [Refresh.DAILY, Refresh.EVERYTHING])
class TestRemoved:
    """The owner's choice for rows that vanished holds in both sorts of reading."""

    @pytest.fixture(autouse=True)
    def before(self, tmp_path: Path, refresh: Refresh) -> None:
        self.desk = Desk(tmp_path)
        self.refresh = refresh

    def run(self, vanished: Vanished, **more: object) -> list[Row]:
        return self.desk.run(replace(FULL, refresh=self.refresh, vanished=vanished, **more))  # type: ignore[arg-type]

    def test_they_can_be_kept(self) -> None:
        before = self.run(Vanished.KEEP)
        self.desk.changes.delete("deal", self.desk.listed[0])
        self.desk.changes.archive("deal", self.desk.listed[0])
        assert self.run(Vanished.KEEP) == before
        assert self.run(Vanished.KEEP) == before

    def test_they_can_be_marked_and_are_unmarked_when_they_come_back(self) -> None:
        before = self.run(Vanished.MARK)
        assert {row[-1] for row in before} == {None}
        archived = self.desk.listed[2]
        self.desk.changes.archive("deal", archived)
        for _ in range(2):
            marked = {row[0]: row[-1] for row in self.run(Vanished.MARK)}
            assert [number for number in marked if marked[number]] == [archived]
            assert marked[archived] == self.desk.rig.clock.now().replace(tzinfo=None)
        self.desk.changes.unarchive("deal", archived)
        assert {row[-1] for row in self.run(Vanished.MARK)} == {None}

    def test_they_can_be_moved_to_a_table_of_their_own(self) -> None:
        self.run(Vanished.MOVE)
        assert self.desk.removed == []
        gone = self.desk.listed[5]
        self.desk.changes.delete("deal", gone)
        for _ in range(2):
            assert self.run(Vanished.MOVE) == self.desk.full()
            assert [row[0] for row in self.desk.removed] == [gone]

    def test_what_only_left_the_statuses_chosen_was_not_removed(self) -> None:
        self.run(Vanished.KEEP, statuses=("open",))
        opened = [number for number in self.desk.listed if self.desk.changes.record("deal", number)["status"] == "open"]
        self.desk.changes.change("deal", opened[0], status="won")
        self.desk.changes.delete("deal", opened[1])
        kept = [row[0] for row in self.run(Vanished.KEEP, statuses=("open",))]
        assert kept == opened[1:]

    def test_what_the_owner_chose_away_was_not_removed_either(self) -> None:
        self.run(Vanished.KEEP)
        gone = self.desk.listed[0]
        self.desk.changes.delete("deal", gone)
        self.run(Vanished.KEEP)
        rows = [row[0] for row in self.run(Vanished.KEEP, statuses=("open",))]
        assert set(rows) == {gone, *(row[0] for row in self.desk.full(replace(FULL, statuses=("open",))))}

    def test_other_columns_do_not_forget_them(self) -> None:
        self.run(Vanished.KEEP)
        gone = self.desk.listed[0]
        self.desk.changes.delete("deal", gone)
        self.run(Vanished.KEEP)
        rows = self.run(Vanished.KEEP, columns=("id", "products_count"))
        assert (gone, None) in rows


def test_of_a_list_that_cannot_be_asked_by_ids_what_is_missing_was_removed(desk: Desk) -> None:
    projects = Selection("projects", columns=("id", "status"), statuses=("open",), vanished=Vanished.KEEP)
    before = desk.run(projects)
    desk.rig.world.shelf("projects").take_off(before[0][0])  # type: ignore[arg-type]
    assert desk.run(projects) == before


def test_names_are_remembered_and_only_those_that_changed_asked_for_again(desk: Desk) -> None:
    desk.run()
    asked = [(call.path, "updated_since" in call.query) for call in desk.rig.journal.calls]
    assert ("/api/v2/organizations", True) in asked
    assert ("/api/v2/organizations", False) not in asked
    for number in desk.rig.world.shelf("organizations").ids:  # type: ignore[attr-defined]
        desk.changes.change("organization", number, name=f"Renamed {number}")
    rows = desk.run()
    assert rows == desk.full()
    assert {row[4].startswith("Renamed") for row in rows if row[4]} == {True}


@pytest.mark.parametrize("runs_between", range(2))
def test_a_record_from_the_future_does_not_keep_names_from_being_refreshed(desk: Desk, runs_between: int) -> None:
    """A clock at Pipedrive was wrong once, or an import brought such a moment along."""
    deals = [desk.changes.record("deal", number) for number in desk.listed]
    first, second = sorted({deal["org_id"] for deal in deals if deal["org_id"]})[:2]
    desk.in_the_future(lambda: desk.changes.change("organization", first, name="From the future"))
    for _ in range(1 + runs_between):
        desk.run()
    for number in (first, second):
        desk.changes.change("organization", number, name=f"Renamed {number}")
        assert desk.run() == desk.full()


def test_a_name_is_asked_for_afresh_where_an_older_version_remembered_it_from_the_future(desk: Desk) -> None:
    mirror = Mirror.copy_of(desk.mirror.path, Layout("id", "id"))
    about = mirror.about
    assert about is not None
    mirror.names_from = dict.fromkeys(mirror.names_from, "2099-01-01T00:00:00")
    mirror.keep(desk.mirror.path, about)
    for number in desk.rig.world.shelf("organizations").ids:  # type: ignore[attr-defined]
        desk.changes.change("organization", number, name=f"Renamed {number}")
    assert desk.run() == desk.full()


def test_a_record_from_the_future_is_replaced_by_what_comes_after_it(desk: Desk) -> None:
    number, other = desk.listed[:2]
    desk.in_the_future(lambda: desk.changes.change("deal", number, title="From the future"))
    desk.in_the_future(lambda: desk.changes.change("deal", other, title="Also from there"))
    assert desk.run() == desk.full()
    desk.changes.change("deal", number, title="Right again")
    desk.changes.archive("deal", other)
    assert desk.run() == desk.full()


def test_a_name_that_is_needed_for_the_first_time_is_asked_for(desk: Desk) -> None:
    number = desk.changes.create("organization", name="Brand new")
    desk.changes.create("deal", title="Theirs", org_id=number)
    assert desk.run() == desk.full()
    assert desk.run()[-1][4] == "Brand new"


def test_the_name_of_a_record_that_was_deleted_leaves_when_everything_is_read(desk: Desk) -> None:
    for number in list(desk.rig.world.shelf("organizations").ids):  # type: ignore[call-overload]
        desk.changes.delete("organization", number)
    assert any(row[4] for row in desk.run())
    desk.rig.clock.advance(days=1)
    assert desk.run() == desk.full()
    assert not any(row[4] for row in desk.run())
