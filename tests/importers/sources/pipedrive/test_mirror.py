"""What an importer read last, in one file: never half of it, never another one's."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from importers.errors import NoRoom
from importers.sources.pipedrive.mirror import About, DamagedError, Layout, Mirror, forget, moment_of
from importers.sources.pipedrive.pages import PARENT, RANK

BY_ID = Layout("id", "id")
ABOUT = About(account="alice", entity="deals", picked="", asked="", watermark="2026-01-01T00:00:00")


def a_record(number: Any, second: int = 0, **values: Any) -> dict[str, Any]:
    return {"id": number, "update_time": f"2026-01-01T00:00:{second:02}Z", **values}


def ids_in(mirror: Mirror, *, gone: bool | None = None) -> list[Any]:
    return [record["id"] for page in mirror.pages(gone=gone) for record, _ in page]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "mirrors" / "1.mirror"


def keep(place: Path, *records: dict[str, Any]) -> None:
    mirror = Mirror.empty(place.parent, BY_ID)
    mirror.put(records)
    mirror.keep(place, ABOUT)


def test_what_is_kept_comes_back_as_it_was(place: Path) -> None:
    records = [a_record(1, text="\u0000 \ud7ff 🚲", nothing=None, deep={"a": [1, 2.5, True]}), a_record(2)]
    keep(place, *records)
    last = Mirror.last(place, BY_ID)
    assert [record for page in last.pages(gone=None) for record, _ in page] == records
    assert (last.about, last.newest) == (ABOUT, "2026-01-01T00:00:00")
    last.close()


def test_records_come_in_the_order_of_their_ids_however_they_arrived(place: Path) -> None:
    mirror = Mirror.empty(None, BY_ID)
    mirror.put([a_record(number) for number in (30, 4, 1000)])
    mirror.put([a_record(5)])
    assert ids_in(mirror) == [4, 5, 30, 1000]
    mirror.close()


def test_others_come_as_they_arrived_or_by_the_time_they_were_added() -> None:
    uuids = ["f", "a", "c"]
    for layout, expected in ((Layout("id", "arrival"), uuids), (Layout("id", "time"), ["c", "a", "f"])):
        mirror = Mirror.empty(None, layout)
        mirror.put([a_record(name, add_time=f"2026-01-0{9 - day}") for day, name in enumerate(uuids)])
        assert ids_in(mirror) == expected
        mirror.close()


def test_the_newest_answer_wins_and_of_equal_ones_the_later() -> None:
    mirror = Mirror.empty(None, BY_ID)
    mirror.put([a_record(1, 5, title="new"), a_record(1, 4, title="old")])
    assert [record["title"] for page in mirror.pages(gone=None) for record, _ in page] == ["new"]
    assert mirror.learn(a_record(1, 5, title="newer"))
    assert not mirror.learn(a_record(1, 5, title="newer"))
    assert not mirror.learn(a_record(1, 4, title="old"))
    assert [record["title"] for page in mirror.pages(gone=None) for record, _ in page] == ["newer"]
    mirror.close()


def test_a_record_can_be_lost_and_come_back_but_not_by_an_older_answer() -> None:
    mirror = Mirror.empty(None, BY_ID)
    mirror.put([a_record(1, 1), a_record(2, 1)])
    assert not mirror.lose(a_record(1, 0), gone_at="then")
    assert mirror.lose(a_record(1, 2), gone_at="then")
    assert not mirror.lose(a_record(1, 2), gone_at="later")
    assert (ids_in(mirror, gone=True), ids_in(mirror, gone=False), mirror.count(gone=None)) == ([1], [2], 2)
    assert not mirror.learn(a_record(1, 1))
    assert mirror.learn(a_record(1, 2))
    assert ids_in(mirror, gone=True) == []
    mirror.close()


def test_records_without_an_id_are_all_kept() -> None:
    mirror = Mirror.empty(None, BY_ID)
    mirror.put([a_record(None), a_record({"a": 1}), a_record([1]), a_record(True)])
    assert mirror.count(gone=False) == 4
    mirror.close()


def test_those_without_an_id_do_not_multiply_from_reading_to_reading() -> None:
    old, records = Mirror.empty(None, BY_ID), [a_record(None), a_record(None), a_record([1])]
    old.put(records)
    assert not any(old.learn(record) for record in records[1:])
    new = Mirror.empty(None, BY_ID)
    new.put([a_record(None)])
    new.take_over_lost(old, gone_at="then", only_lost=False)
    assert (old.count(gone=None), new.count(gone=None)) == (3, 1)
    old.close()
    new.close()


def test_ids_of_any_length_come_back_as_they_were(place: Path) -> None:
    ids = [-(2**70), -5, 2**63 - 1, 2**63, 2**70]
    parent = {"id": 2**64}
    keep(place, *(a_record(number) for number in ids), {**a_record(7), PARENT: parent})
    last = Mirror.last(place, BY_ID)
    assert sorted(ids_in(last)) == sorted([*ids, 7])
    last.close()


def test_a_moment_that_has_not_come_yet_is_not_the_newest(place: Path) -> None:
    keep(place, a_record(1, 5), {"id": 2, "update_time": "2099-01-01T00:00:00Z"})
    copy = Mirror.copy_of(place, BY_ID, until="2026-01-02T00:00:00")
    assert copy.newest == "2026-01-01T00:00:05"
    copy.put([a_record(3, 6), {"id": 4, "update_time": "9999-12-31T23:59:59Z"}])
    assert copy.newest == "2026-01-01T00:00:06"
    copy.close()


def test_what_a_record_holds_must_make_sense(place: Path) -> None:
    mirror = Mirror.empty(place.parent, BY_ID)
    mirror.put([a_record(1)])
    mirror._sql.execute("UPDATE records SET raw = ?, crc = ?", (b"[1", zlib.crc32(b"[1")))
    for read in (lambda: ids_in(mirror), lambda: list(mirror.glance(["title"]))):
        with pytest.raises(DamagedError):
            read()
    mirror.close()


def test_a_watermark_must_be_a_moment(place: Path) -> None:
    mirror = Mirror.empty(place.parent, BY_ID)
    mirror.keep(place, msgspec.structs.replace(ABOUT, watermark="rubbish"))
    with pytest.raises(DamagedError):
        Mirror.last(place, BY_ID)


def test_records_are_told_apart_within_their_parents(place: Path) -> None:
    parents = [{"id": 7, RANK: 1, "title": "seven"}, {"id": 8, RANK: 0}]
    mirror = Mirror.empty(None, Layout("user_id"))
    mirror.put([{"user_id": 1, PARENT: parent} for parent in parents for _ in range(2)])
    assert [record[PARENT] for page in mirror.pages(gone=None) for record, _ in page] == [parents[1], parents[0]]
    mirror.close()


def test_nobody_sees_a_mirror_that_was_not_kept(place: Path) -> None:
    keep(place, a_record(1))
    before = place.read_bytes()
    copy = Mirror.copy_of(place, BY_ID)
    copy.put([a_record(2)])
    assert place.read_bytes() == before
    copy.close()
    assert [path.name for path in place.parent.iterdir()] == [place.name]


def test_nobody_else_may_read_it_also_where_it_was_readable_before(place: Path) -> None:
    place.parent.mkdir(mode=0o755)
    place.touch(mode=0o644)
    for _ in range(2):
        keep(place, a_record(1))
    assert (place.parent.stat().st_mode & 0o777, place.stat().st_mode & 0o777) == (0o700, 0o600)


def test_two_runs_do_not_disturb_each_other(place: Path) -> None:
    keep(place, a_record(1))
    one, other = Mirror.copy_of(place, BY_ID), Mirror.copy_of(place, BY_ID)
    one.put([a_record(2)])
    other.put([a_record(3)])
    one.keep(place, ABOUT)
    other.keep(place, ABOUT)
    last = Mirror.last(place, BY_ID)
    assert ids_in(last) == [1, 3]
    last.close()


def test_a_reader_of_the_old_one_reads_on_while_it_is_replaced(place: Path) -> None:
    keep(place, *(a_record(number) for number in range(2000)))
    last = Mirror.last(place, BY_ID)
    pages = last.pages(gone=None)
    next(pages)
    keep(place, a_record(1))
    assert sum(len(page) for page in pages) == 1500
    last.close()


def test_leftovers_of_dead_runs_are_removed_and_nobody_elses(place: Path) -> None:
    at_work = Mirror.empty(place.parent, BY_ID)
    (place.parent / ".pipesheet-1-dead.part").write_bytes(b"left")
    keep(place, a_record(1))
    at_work.put([a_record(2)])
    at_work.keep(place, ABOUT)
    assert [path.name for path in place.parent.iterdir()] == [place.name]
    forget(place)
    assert [*place.parent.iterdir()] == []


@pytest.mark.parametrize("how", ["missing", "empty", "text", "cut", "torn", "another format"])
def test_a_damaged_one_is_none(place: Path, how: str) -> None:
    keep(place, *(a_record(number, text="x" * 200) for number in range(500)))
    content = place.read_bytes()
    place.write_bytes(
        {
            "empty": b"",
            "text": b"x" * 9000,
            "cut": content[: len(content) // 2],
            "torn": content[:8192] + bytes(8192) + content[16384:],
            "another format": content.replace(b'"format":1', b'"format":9'),
        }.get(how, b"")
    )
    if how == "missing":
        place.unlink()
    for opened in (Mirror.last, Mirror.copy_of):
        with pytest.raises(DamagedError):
            opened(place, BY_ID)
    assert {path.name for path in place.parent.iterdir()} <= {place.name}


def test_a_full_disk_is_told_and_leaves_the_old_one(place: Path) -> None:
    keep(place, a_record(1))
    copy = Mirror.copy_of(place, BY_ID)
    copy._sql.execute("PRAGMA max_page_count = 20")
    with pytest.raises(NoRoom, match="disk is full"):
        copy.put([a_record(number, text="x" * 5000) for number in range(100)])
    copy.close()
    last = Mirror.last(place, BY_ID)
    assert ids_in(last) == [1]
    last.close()


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-03-02T16:40:55Z", "2026-03-02T16:40:55"),
        ("2026-01-12 14:26:11", "2026-01-12T14:26:11"),
        ("2026-01-15T08:02:11.120Z", "2026-01-15T08:02:11.120"),
        ("2026-01-01T10:00:00+02:00", "2026-01-01T08:00:00"),
        ("2026-01-01", "2026-01-01T00:00:00"),
        ("0000-00-00 00:00:00", ""),
        ("0001-01-01T00:00:00Z", ""),
        ("9999-12-31T23:59:59-02:00", ""),
        ("zzz", ""),
        (None, ""),
        (5, ""),
    ],
)
def test_moments_are_written_alike(written: Any, moment: str) -> None:
    assert moment_of({"update_time": written}) == moment
