"""Mail: the folders and messages one chooses, their text, and an account of every thread."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from importers.errors import InvalidSettings, ServiceTrouble
from importers.model import MirrorFile, Refresh, Row, Selection, Vanished
from importers.sources.pipedrive.tally import Tally, Unaccounted
from sandbox.world import World
from tests.pipedrive import Rig, a_rig, an_app

THREADS, MESSAGES = "mail-threads", "mail-messages"
BODIES = "/api/v1/mailbox/mailMessages/"


@pytest.fixture(scope="module")
def app() -> Any:
    return an_app(World(deals=48, custom_fields=0))


@pytest.fixture
def rig(app: Any) -> Rig:
    return a_rig(app=app)


def chosen(entity: str, *columns: str, limit: int | None = None, **options: str) -> Selection:
    answers = {name: tuple(answer.split()) for name, answer in options.items()}
    return Selection(entity, columns=columns or None, options=answers, limit=limit)


def threads_in(rig: Rig, *folders: str) -> set[int]:
    return {n for folder in folders for n in rig.world.mail.in_folder(folder)}


def calls_to(rig: Rig, path: str) -> int:
    return sum(called.startswith(path) for called in rig.paths())


@pytest.mark.parametrize("entity", [THREADS, MESSAGES])
@pytest.mark.parametrize("folders", ["sent", "inbox sent", "archive drafts"])
def test_only_the_folders_chosen_are_read_and_a_thread_in_two_counts_once(rig: Rig, entity: str, folders: str) -> None:
    key = "id" if entity == THREADS else "mail_thread_id"
    rows = rig.read(chosen(entity, key, "folder", folders=folders))
    assert {row[0] for row in rows} == threads_in(rig, *folders.split())
    assert {row[1] for row in rows} == set(folders.split())
    asked = {call.query["folder"] for call in rig.journal.calls if call.path.endswith("/mailThreads")}
    assert asked == set(folders.split())
    if entity == THREADS:
        assert len(rows) == len(set(rows))


@pytest.mark.parametrize(("which", "place"), [("first", 0), ("latest", -1)])
def test_one_message_of_each_thread_is_read_if_that_is_enough(rig: Rig, which: str, place: int) -> None:
    rows = rig.read(chosen(MESSAGES, "mail_thread_id", "id", messages=which))
    assert dict(rows) == {n: rig.world.mail.messages(n)[place]["id"] for n in rig.world.mail.ids}  # type: ignore[arg-type]
    assert len(rows) == len(rig.world.mail.ids)


def test_first_and_latest_go_by_the_moment_in_whatever_order_they_come(rig: Rig) -> None:
    _answers(rig, "/mailMessages", lambda data: data.reverse())
    rows = rig.read(chosen(MESSAGES, "mail_thread_id", "id", messages="first"))
    assert dict(rows) == {n: rig.world.mail.messages(n)[0]["id"] for n in rig.world.mail.ids}  # type: ignore[arg-type]


def test_the_text_comes_with_the_usual_columns_and_is_readable(rig: Rig) -> None:
    rows = rig.table(chosen(MESSAGES, text="whole"))
    latest = next(row for row in rows if str(row["Text"]).count("They wrote:") == 2)
    assert latest["Text"].startswith("Hello,\n\n")
    assert "\n\n> Hello,\n" in latest["Text"]
    assert "\n> > Hello,\n" in latest["Text"]
    assert "<" not in latest["Text"]
    assert {row["Text missing because"] for row in rows} == {None}
    assert calls_to(rig, BODIES) == len(rows)


def test_the_text_is_asked_for_when_its_column_is_chosen(rig: Rig) -> None:
    rows = rig.read(chosen(MESSAGES, "body", messages="first"))
    assert all(str(text).startswith("Hello,") for (text,) in rows)
    assert calls_to(rig, BODIES) == len(rows)


def test_the_text_is_added_to_the_columns_that_were_chosen(rig: Rig) -> None:
    reading = rig.source.open(chosen(MESSAGES, "subject", text="whole"))
    assert [column.key for column in reading.columns] == ["subject", "body", "body_missing"]
    reading = rig.source.open(chosen(MESSAGES, "body", "subject", text="whole"))
    assert [column.key for column in reading.columns] == ["body", "subject", "body_missing"]


def test_a_sheet_that_had_the_text_loses_it_with_the_choice_and_asks_no_more(rig: Rig) -> None:
    frozen = rig.source.open(chosen(MESSAGES, text="whole")).sight.frozen
    assert {"body", "body_missing"} <= set(frozen.keys)
    reading = rig.source.open(replace(chosen(MESSAGES), frozen=frozen))
    assert [column.key for column in reading.columns] == [key for key in frozen.keys if not key.startswith("body")]
    kept = rig.source.open(replace(chosen(MESSAGES, text="whole"), frozen=frozen))
    assert tuple(column.key for column in kept.columns) == frozen.keys


def test_nothing_is_asked_for_texts_that_nobody_wants(rig: Rig) -> None:
    rig.read(chosen(MESSAGES))
    assert calls_to(rig, BODIES) == 0


def test_a_message_without_a_text_costs_no_request(rig: Rig) -> None:
    _answers(rig, "/mailMessages", lambda data: [message.update(has_body_flag=0) for message in data])
    rows = rig.read(chosen(MESSAGES, "body", "body_missing"))
    assert set(rows) == {(None, None)}
    assert calls_to(rig, BODIES) == 0


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (404, "deleted meanwhile"),
        (403, "not visible to this user"),
        (413, "too large"),
        (500, "Pipedrive could not give it"),
    ],
)
def test_a_text_that_cannot_be_had_is_noted_and_no_row_is_lost(rig: Rig, status: int, why: str) -> None:
    everything = rig.read(chosen(MESSAGES, "id"))
    missing = everything[7][0]
    _fails(rig, f"{BODIES}{missing}", status)
    reading = rig.source.open(chosen(MESSAGES, "id", "body", "body_missing"))
    rows = [row for page in reading.pages() for row in page.rows]
    assert [(row[0],) for row in rows] == everything
    assert [row for row in rows if row[2] or not row[1]] == [(missing, None, why)]
    assert reading.notes == [f"Without their text, which could not be had: 1 message (1 {why})."]


def test_several_texts_in_a_row_that_pipedrive_cannot_give_are_trouble_at_pipedrive(rig: Rig) -> None:
    _fails(rig, BODIES, 500)
    with pytest.raises(ServiceTrouble):
        rig.read(chosen(MESSAGES, text="whole"))


def test_a_text_beyond_all_measure_is_noted_as_too_large(rig: Rig, monkeypatch: Any) -> None:
    monkeypatch.setattr("importers.sources.pipedrive.details._MOST_MARKUP", 100)
    assert {row[0] for row in rig.read(chosen(MESSAGES, "body_missing"))} == {"too large"}


def test_the_price_is_told_before_the_first_thread_is_asked_for(rig: Rig) -> None:
    told: list[tuple[str, int]] = []
    reading = rig.source.open(
        chosen(MESSAGES, text="whole"),
        tell=lambda text: told.append((text, calls_to(rig, "/api/v1/mailbox/mailThreads/"))),
    )
    rows = sum(len(page.rows) for page in reading.pages())
    threads = len(rig.world.mail.ids)
    assert told[:2] == [
        (f"About {threads} requests, {threads * 20:,} tokens: one for each thread.", 0),
        (f"About {rows} requests more, {rows * 2:,} tokens: one for each message.", 0),
    ]


def test_one_text_for_each_thread_is_priced_as_such(rig: Rig) -> None:
    rig.read(chosen(MESSAGES, text="whole", messages="first"))
    threads = len(rig.world.mail.ids)
    assert rig.told[1] == f"About {threads} requests more, {threads * 2} tokens: one for each message."


def test_a_preview_honours_what_was_chosen_and_asks_for_little(rig: Rig) -> None:
    rows = rig.read(chosen(MESSAGES, "folder", "body", folders="archive", messages="first", limit=3))
    assert len(rows) == 3
    assert {row[0] for row in rows} == {"archive"}
    assert all(row[1] for row in rows)
    assert len(rig.journal.calls) <= 1 + 3 + 3


def test_every_thread_is_accounted_for(rig: Rig) -> None:
    threads = len(rig.world.mail.ids)
    _fails(rig, "/api/v1/mailbox/mailThreads/5/", 404)
    rig.faults.add("server_error", count=2, path="/api/v1/mailbox/mailThreads/7")
    rig.read(chosen(MESSAGES))
    assert rig.told[-1] == (
        f"Every thread is accounted for: {threads} found, {threads - 1} read, 1 deleted meanwhile; "
        "2 requests had to be repeated."
    )


def test_a_thread_that_moves_while_the_folders_are_read_is_not_lost(rig: Rig, monkeypatch: Any) -> None:
    """From a folder whose turn is to come into one that was read already."""
    mail, moved = rig.world.mail, rig.world.mail.in_folder("archive")[0]
    kept = mail.in_folder

    def in_folder(folder: str) -> list[int]:
        if any(call.query.get("folder") == "archive" for call in rig.journal.calls):
            return [*kept(folder), moved] if folder == "inbox" else [n for n in kept(folder) if n != moved]
        return [n for n in kept(folder) if n != moved]

    monkeypatch.setattr(mail, "in_folder", in_folder)
    rows = rig.read(chosen(MESSAGES, "mail_thread_id"))
    assert {row[0] for row in rows} == set(mail.ids)
    assert rig.told[-1].startswith(f"Every thread is accounted for: {len(mail.ids)} found, {len(mail.ids)} read")


def test_a_wrong_sum_does_not_pass_in_silence() -> None:
    tally = Tally()
    tally.add(found=3)
    tally.add(read=2)
    with pytest.raises(Unaccounted, match="3 threads were found"):
        tally.check("thread")
    tally.add(unchanged=1)
    tally.check("thread")


def test_an_unknown_folder_is_refused_with_those_there_are(rig: Rig) -> None:
    with pytest.raises(InvalidSettings, match="inbox, drafts, sent, archive"):
        rig.source.open(chosen(THREADS, folders="spam"))


def _answers(rig: Rig, end: str, change: Callable[[Any], Any]) -> None:
    """Lists under a path that ends so are changed before they come."""
    get = rig.source._client.session.get

    def changed(url: str, **more: Any) -> Any:
        answer = get(url, **more)
        if url.endswith(end):
            body = msgspec.json.decode(answer.content)
            change(body["data"])
            answer._content = msgspec.json.encode(body)
        return answer

    rig.source._client.session.get = changed  # type: ignore[method-assign]


def _fails(rig: Rig, path: str, status: int) -> None:
    """Whatever lies below *path* is refused."""
    get = rig.source._client.session.get

    def refused(url: str, **more: Any) -> Any:
        answer = get(url, **more)
        if path in url and (path.endswith("/") or url.endswith(path)):
            answer.status_code, answer._content = status, b'{"success": false, "error": "no"}'
        return answer

    rig.source._client.session.get = refused  # type: ignore[method-assign]


class Mailbox:
    """An importer of messages that reads only what changed."""

    def __init__(self, rig: Rig, folder: Path, **changes: Any) -> None:
        self.rig = rig
        self.selection = replace(Selection(MESSAGES, refresh=Refresh.DAILY), **changes)
        self.mirror = MirrorFile(folder / "1.mirror", "alice at acme")

    def run(self) -> list[Row]:
        self.rig.journal.clear()
        self.rig.told.clear()
        with closing(self.rig.source.open(self.selection, mirror=self.mirror, tell=self.rig.told.append)) as reading:
            rows = [row for page in reading.pages() for row in page.rows]
            reading.keep()
        return rows

    @property
    def threads_asked(self) -> list[int]:
        paths = self.rig.paths()
        return [int(path.split("/")[-2]) for path in paths if path.endswith("/mailMessages")]

    def full(self) -> list[Row]:
        return a_rig(app=self.rig.app).read(replace(self.selection, refresh=Refresh.EVERYTHING))


@pytest.fixture
def mailbox(tmp_path: Path) -> Mailbox:
    return Mailbox(a_rig(world=World(deals=24, custom_fields=0)), tmp_path)


def test_only_threads_that_changed_are_read_again_and_every_one_is_accounted_for(mailbox: Mailbox) -> None:
    threads = list(mailbox.rig.world.mail.ids)
    assert sorted(mailbox.run()) == sorted(mailbox.full())
    for thread in threads[:2]:
        mailbox.rig.world.changes.mail_arrives(thread)
    rows = mailbox.run()
    assert sorted(set(mailbox.threads_asked)) == threads[:2]
    count = len(threads)
    told = f"Every thread is accounted for: {count} found, 2 read, {count - 2} unchanged since the last run."
    assert told in mailbox.rig.told
    assert rows == mailbox.full()


@pytest.mark.parametrize(
    ("entity", "how"),
    [
        (THREADS, {"refresh": Refresh.EVERYTHING, "vanished": Vanished.KEEP}),
        (MESSAGES, {"refresh": Refresh.EVERYTHING, "vanished": Vanished.KEEP}),
        (MESSAGES, {"refresh": Refresh.DAILY}),
    ],
)
def test_every_column_of_mail_is_remembered_as_a_plain_reading_gives_it(
    tmp_path: Path, app: Any, entity: str, how: dict[str, Any]
) -> None:
    columns = tuple(column.key for column in a_rig(app=app).source.columns(entity))
    mailbox = Mailbox(a_rig(app=app), tmp_path, entity=entity, columns=columns, **how)
    plain = a_rig(app=app).read(Selection(entity, columns=columns))
    for _ in range(2):
        remembered = mailbox.run()
        for place, column in enumerate(columns):
            assert [row[place] for row in remembered] == [row[place] for row in plain], column


def test_threads_are_read_again_for_their_text_or_when_a_day_has_passed(mailbox: Mailbox) -> None:
    mailbox.run()
    mailbox.run()
    assert mailbox.threads_asked == []
    mailbox.selection = replace(mailbox.selection, options={"messages": ("first",)})
    mailbox.run()
    assert len(mailbox.threads_asked) == len(mailbox.rig.world.mail.ids)
    mailbox.rig.clock.advance(days=1)
    mailbox.run()
    assert len(mailbox.threads_asked) == len(mailbox.rig.world.mail.ids)


def test_everything_is_read_once_a_day_however_often_changes_are_read_between(mailbox: Mailbox) -> None:
    full_runs = []
    for hour in range(0, 49, 6):
        mailbox.run()
        if len(mailbox.threads_asked) == len(mailbox.rig.world.mail.ids):
            full_runs.append(hour)
        mailbox.rig.clock.advance(hours=6)
    assert full_runs == [0, 24, 48]
