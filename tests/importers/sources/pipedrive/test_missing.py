"""What is missing from a reading was removed, or it only ceased to be chosen: those are two things."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from importers.model import MirrorFile, Refresh, Row, Selection, Vanished
from sandbox.moments import NOW
from sandbox.world import World
from tests.fakes import FakeClock
from tests.pipedrive import a_rig

TOMORROW = datetime.fromtimestamp(NOW, UTC) + timedelta(days=1)
PROJECTS = Selection("projects", columns=("id",), vanished=Vanished.KEEP)
PARTICIPANTS = Selection("deal-participants", columns=("id", "deal_id"), statuses=("open",), vanished=Vanished.KEEP)
THREADS = Selection("mail-threads", columns=("id",), vanished=Vanished.KEEP)
MESSAGES = Selection("mail-messages", columns=("mail_thread_id", "id"), vanished=Vanished.KEEP)


class Desk:
    """An importer that keeps removed rows, in a company whose answers one can change."""

    def __init__(self, folder: Path) -> None:
        self.rig = a_rig(world=World(deals=60, custom_fields=0), clock=FakeClock(TOMORROW))
        self.world, self.changes = self.rig.world, self.rig.world.changes
        self.mirror = MirrorFile(folder / "1.mirror", "alice at acme")

    def run(self, selection: Selection) -> list[Row]:
        self.rig.journal.clear()
        with closing(self.rig.source.open(selection, mirror=self.mirror, tell=self.rig.told.append)) as reading:
            rows = [row for page in reading.pages() for row in page.rows]
            reading.keep()
        return rows

    def ids(self, selection: Selection) -> list[Any]:
        return [row[0] for row in self.run(selection)]

    def give(self, kind: str, number: int, fact: str, value: object) -> None:
        """A record of a list that cannot be changed otherwise passes for something else."""
        facts: Any = self.world.shelf(kind).facts
        before = facts[fact]
        facts[fact] = lambda n: value if n == number else before(n)

    def answer(self, end: str, change: Callable[[list[Any]], None]) -> None:
        """Lists under a path that ends so are changed before they come."""
        get = self.rig.source._client.session.get

        def changed(url: str, **more: Any) -> Any:
            answer = get(url, **more)
            if url.endswith(end):
                body = msgspec.json.decode(answer.content)
                change(body["data"])
                answer._content = msgspec.json.encode(body)
            return answer

        self.rig.source._client.session.get = changed  # type: ignore[method-assign]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_project_that_only_left_the_status_chosen_leaves_and_a_removed_one_stays(desk: Desk) -> None:
    opened = replace(PROJECTS, statuses=("open",))
    before = desk.ids(opened)
    done, removed = before[:2]
    desk.give("projects", done, "status", "completed")
    desk.world.shelf("projects").take_off(removed)
    assert desk.ids(opened) == before[1:]
    assert desk.ids(opened) == before[1:]


def test_rows_of_the_old_status_do_not_mix_in_when_the_owner_chooses_another(desk: Desk) -> None:
    opened, canceled = (replace(PROJECTS, statuses=(status,)) for status in ("open", "canceled"))
    done = desk.ids(opened)[0]
    desk.give("projects", done, "status", "completed")
    desk.run(opened)
    assert desk.ids(canceled) == [row[0] for row in desk.rig.read(replace(canceled, vanished=Vanished.REMOVE))]


def test_a_project_that_was_archived_counts_as_removed_as_a_deal_does(desk: Desk) -> None:
    opened = replace(PROJECTS, statuses=("open",))
    before = desk.ids(opened)
    desk.world.shelf("projects").take_off(before[0])
    desk.world.shelf("projects/archived").put_on(before[0])
    assert desk.ids(opened) == before


def test_a_list_is_looked_through_only_when_something_new_is_missing(desk: Desk) -> None:
    opened = replace(PROJECTS, statuses=("open",))
    before = desk.ids(opened)
    desk.world.shelf("projects").take_off(before[0])
    looked = []
    for _ in range(2):
        desk.run(opened)
        looked.append([call.query for call in desk.rig.journal.calls if call.path.endswith("/projects")][1:])
    assert [len(calls) for calls in looked] == [1, 0]
    assert "status" not in looked[0][0]


def test_a_lead_that_no_longer_passes_the_filter_leaves_and_a_removed_one_stays(desk: Desk) -> None:
    mine = Selection("leads", columns=("id",), filter_id=51, vanished=Vanished.KEEP)
    before = desk.ids(mine)
    numbers = [int(number) for number in desk.world.shelf("leads").ids]  # type: ignore[attr-defined]
    ours = [number for number in numbers if desk.changes.record("lead", number)["id"] in before]
    given, removed = ours[:2]
    other = next(
        user["id"] for user in desk.world.staff.users if user["id"] != desk.changes.record("lead", given)["owner_id"]
    )
    desk.changes.change("lead", given, owner_id=other)
    desk.changes.delete("lead", removed)
    left = desk.changes.record("lead", given)["id"]
    assert desk.ids(mine) == [number for number in before if number != left]


class TestWhatBelongsToDeals:
    """Their status is that of their deal."""

    def test_participants_of_a_deal_that_was_won_leave(self, desk: Desk) -> None:
        before = desk.run(PARTICIPANTS)
        won = before[0][1]
        desk.changes.change("deal", won, status="won")
        assert desk.run(PARTICIPANTS) == [row for row in before if row[1] != won]

    def test_participants_of_a_deal_that_was_deleted_or_archived_stay_as_removed(self, desk: Desk) -> None:
        before = desk.run(PARTICIPANTS)
        deals = sorted({row[1] for row in before})
        desk.changes.delete("deal", deals[0])
        desk.changes.archive("deal", deals[1])
        assert sorted(desk.run(PARTICIPANTS)) == sorted(before)

    def test_a_participant_taken_off_a_deal_that_is_still_open_stays_as_removed(self, desk: Desk) -> None:
        before = desk.run(PARTICIPANTS)
        alone = next(row[1] for row in before if [other[1] for other in before].count(row[1]) == 1)
        desk.answer(f"/deals/{alone}/participants", lambda data: data.clear())
        assert desk.run(PARTICIPANTS) == before
        assert not any("ids" in call.query for call in desk.rig.journal.calls), "the deal was listed, so nobody asks"

    def test_of_deals_current_and_archived_one_that_moves_between_them_is_still_there(self, desk: Desk) -> None:
        both = replace(PARTICIPANTS, options={"deals": ("current", "archived")})
        before = desk.run(both)
        moved = before[0][1]
        desk.changes.archive("deal", moved)
        desk.changes.change("deal", moved, status="won")
        assert desk.run(both) == [row for row in before if row[1] != moved]


class TestMail:
    @pytest.fixture(autouse=True)
    def before(self, desk: Desk) -> None:
        self.desk, self.mail = desk, desk.world.mail

    def move(self, thread: int, *folders: str) -> None:
        before = self.mail.folders
        self.mail.folders = lambda n: folders if n == thread else before(n)  # type: ignore[method-assign]
        type(self.mail).in_folder.cache_clear()  # type: ignore[attr-defined]

    @pytest.mark.parametrize("selection", [THREADS, MESSAGES], ids=["threads", "messages"])
    def test_a_thread_moved_to_a_folder_that_is_not_chosen_leaves_and_a_removed_one_stays(
        self, selection: Selection
    ) -> None:
        inbox = replace(selection, options={"folders": ("inbox",)})
        before = self.desk.run(inbox)
        archived, removed = sorted({row[0] for row in before})[:2]
        self.move(archived, "archive")
        self.move(removed)
        assert sorted(self.desk.run(inbox)) == sorted(row for row in before if row[0] != archived)

    @pytest.mark.parametrize("refresh", [Refresh.EVERYTHING, Refresh.DAILY])
    def test_a_message_that_is_no_longer_the_latest_leaves(self, refresh: Refresh) -> None:
        latest = replace(MESSAGES, options={"messages": ("latest",)}, refresh=refresh)
        before = self.desk.run(latest)
        self.desk.changes.mail_arrives(before[0][0])
        rows = self.desk.run(latest)
        assert len(rows) == len(before)
        assert rows[1:] == before[1:]
        assert rows[0] != before[0]
