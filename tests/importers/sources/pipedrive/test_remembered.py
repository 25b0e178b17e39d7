"""Rows of removed records that are to stay do stay; where they cannot, the run's notes say so."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from importers.errors import TemporaryError
from importers.model import MirrorFile, Refresh, Row, Selection, Vanished
from tests.importers.sources.pipedrive.test_incremental import COLUMNS, TOMORROW, Desk

DAMAGES = (None, b"", b"not a database", b"SQLite format 3\x00" + bytes(5000))
NOTICED = TOMORROW.replace(tzinfo=None)


class Archive:
    """An importer whose removed rows stay in one way or another, in a company that lost its first deal."""

    def __init__(self, folder: Path, choice: Vanished) -> None:
        self.desk = Desk(folder, deals=12)
        self.selection = Selection("deals", columns=COLUMNS, refresh=Refresh.DAILY, vanished=choice)
        self.desk.mirror = MirrorFile(folder / "1.mirror", "alice at acme", company="acme")
        self.run()
        self.gone, self.next = self.desk.listed[:2]
        self.desk.changes.delete("deal", self.gone)
        self.run()
        self.desk.rig.clock.advance(hours=1)

    def run(self, **changes: Any) -> dict[int, Any]:
        """The rows, by id, and the moment each was found removed (True where nobody shows it)."""
        selection = replace(self.selection, **changes)
        with closing(self.desk.rig.source.open(selection, mirror=self.desk.mirror)) as reading:
            rows: list[Row] = [row for page in reading.pages() for row in page.rows]
            removed = [row for page in reading.removed_pages() for row in page.rows] if reading.removed_columns else []
            reading.keep()
        self.notes = reading.notes
        self.count = len(rows)
        found = {row[0]: row[-1] if len(row) > len(COLUMNS) else None for row in (*rows, *removed)}
        assert len(found) == len(rows) + len(removed)
        return found

    @property
    def files(self) -> tuple[Path, Path]:
        return self.desk.mirror.path, self.desk.mirror.path.with_suffix(".removed")

    def damage(self, path: Path, content: bytes | None) -> None:
        path.unlink() if content is None else path.write_bytes(content)


@pytest.fixture(params=[Vanished.KEEP, Vanished.MARK, Vanished.MOVE])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Archive:
    return Archive(tmp_path, request.param)


def shows_when(archive: Archive) -> bool:
    return archive.selection.vanished is not Vanished.KEEP


@pytest.mark.parametrize("content", DAMAGES, ids=["gone", "empty", "text", "zeros"])
def test_removed_rows_stay_when_the_mirror_is_damaged(archive: Archive, content: bytes | None) -> None:
    archive.damage(archive.files[0], content)
    rows = archive.run()
    assert rows.keys() == {archive.gone, *archive.desk.listed}
    assert rows[archive.gone] == (NOTICED if shows_when(archive) else None)
    assert archive.notes == [
        (
            "What was remembered of the last run is damaged or gone, so everything was read. The rows of records removed "
            "before that run are still there; those of records removed since then are lost, and nobody can tell which."
        )
    ]
    assert archive.run().keys() == rows.keys()
    assert archive.notes == []


def test_removed_rows_stay_when_a_record_of_the_mirror_turns_out_damaged_in_the_middle(archive: Archive) -> None:
    path = archive.files[0]
    path.write_bytes(path.read_bytes().replace(b'"title":"', b'"titel":"'))
    with pytest.raises(TemporaryError, match="damaged"):
        archive.run()
    assert archive.gone in archive.run()


def test_removed_rows_that_are_lost_are_noted(archive: Archive) -> None:
    for path in archive.files:
        path.write_bytes(b"not a database")
    assert archive.gone not in archive.run()
    assert archive.notes == [
        (
            "What was remembered of the last run is damaged: the rows of records removed before this run are lost, if "
            "there were any. A copy of the workbook from before may still have them."
        )
    ]


def test_a_removed_row_that_is_itself_damaged_is_noted_and_costs_no_other(archive: Archive) -> None:
    archive.desk.changes.delete("deal", archive.next)
    archive.run()
    mirror, removed = archive.files
    mirror.unlink()
    removed.write_bytes(removed.read_bytes().replace(b'"id":%d,' % archive.gone, b'"di":%d,' % archive.gone))
    rows = archive.run()
    assert archive.gone not in rows
    assert archive.next in rows
    assert "1 removed record that was remembered is damaged, and its row lost." in archive.notes


def test_a_removed_row_that_came_back_meanwhile_is_there_once(archive: Archive) -> None:
    archive.damage(archive.files[0], None)
    archive.desk.changes.restore("deal", archive.gone)
    rows = archive.run()
    assert rows.keys() == {*archive.desk.listed}
    assert rows[archive.gone] is None


def test_removed_rows_stay_when_another_user_of_the_account_is_connected(archive: Archive) -> None:
    archive.desk.mirror = replace(archive.desk.mirror, account="bob at acme")
    archive.desk.changes.delete("deal", archive.next)
    rows = archive.run()
    assert rows.keys() == {archive.gone, *archive.desk.listed}
    assert archive.notes == [
        (
            "Another user of the account is connected than for the last run. The rows of records removed before that stay. "
            "1 row more has left: whether its record was removed, or this user may not see it, cannot be told. "
            "Connect the user of before again if it is missed."
        )
    ]
    assert archive.run().keys() == rows.keys()
    assert archive.notes == []


def test_another_user_who_sees_the_same_is_nothing_to_note(archive: Archive) -> None:
    archive.desk.mirror = replace(archive.desk.mirror, account="bob at acme")
    assert archive.gone in archive.run()
    assert archive.notes == []


@pytest.mark.parametrize(
    "changed", [{"company": "other", "account": "alice at other"}, {"company": "", "account": "x"}]
)
def test_rows_of_another_company_do_not_mix_in_and_that_is_noted(archive: Archive, changed: dict[str, str]) -> None:
    archive.desk.mirror = replace(archive.desk.mirror, **changed)
    assert archive.run().keys() == {*archive.desk.listed}
    assert archive.notes == [
        (
            "This importer read another account, or another list, the last time: 1 row of a record removed there is gone. "
            "A copy of the workbook from before may still have it."
        )
    ]


@pytest.mark.parametrize("refresh", [Refresh.DAILY, Refresh.EVERYTHING])
def test_removed_rows_stay_when_a_run_has_a_limit(archive: Archive, refresh: Refresh) -> None:
    rows = archive.run(limit=5, refresh=refresh)
    assert rows.keys() == {archive.gone, *archive.desk.listed[:5]}
    assert rows[archive.gone] == (NOTICED if shows_when(archive) else None)
    assert archive.notes == [
        (
            "Only 5 rows were asked for, so nobody looked which records were removed since the last run. "
            "The 1 row of a record removed before it stays."
        )
    ]
    assert archive.run(refresh=refresh).keys() == {archive.gone, *archive.desk.listed}
    assert archive.notes == []


def test_a_limit_is_one_for_rows_that_are_there(archive: Archive) -> None:
    archive.run(limit=5)
    assert archive.count == (5 if archive.selection.vanished is Vanished.MOVE else 6)


def test_a_limit_without_anything_removed_is_nothing_to_note(tmp_path: Path) -> None:
    archive = Archive(tmp_path, Vanished.KEEP)
    archive.desk.changes.restore("deal", archive.gone)
    archive.run()
    assert archive.run(limit=3).keys() == {*archive.desk.listed[:3]}
    assert archive.notes == []


def test_a_run_with_a_limit_leaves_what_is_remembered_for_the_next_one(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    changes = Selection("deals", columns=COLUMNS, refresh=Refresh.DAILY)
    desk.run(changes)
    desk.run(replace(changes, limit=3))
    assert desk.run(changes) == desk.full()
    assert not desk.was_full


def test_what_is_kept_of_removed_records_is_for_one_user_only_and_goes_when_it_is_no_longer_wanted(
    archive: Archive,
) -> None:
    assert [path.stat().st_mode & 0o777 for path in archive.files] == [0o600, 0o600]
    archive.run(vanished=Vanished.REMOVE)
    assert [path.exists() for path in archive.files] == [True, False]
    archive.run(vanished=Vanished.REMOVE, refresh=Refresh.EVERYTHING)
    assert [path.exists() for path in archive.files] == [False, False]
