"""What is told and when: once, together with what failed for the same cause, and nothing that is not worth it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from importers.channels.wording import Places, listed, plain
from importers.model import (
    Actor,
    Bulletin,
    ConnectionStatus,
    Counts,
    Ending,
    Every,
    Importer,
    Missed,
    Run,
    Schedule,
    Status,
    Trigger,
    Trouble,
)
from importers.notices import Letter, NoticeKind, Subject, Telling
from importers.services import letters, noticing
from importers.services.noticing import GAP_AFTER, GATHER, GRACE, LOOK_FOR_LATE_EVERY, REST, Noticing
from importers.store.sql import SqlStore
from tests.builders import a_connection, a_draft, a_google_connection, a_google_target, a_target, an_importer
from tests.contracts.store import at_once, never
from tests.fakes import NEW_YEAR, FakeClock

HOURLY = Schedule(Every.HOURS)
GONE = Trouble("not-there", "The filter “Mine” is gone.", "Choose another one.")
AWAY = Trouble("service-trouble", "Pipedrive answered with errors.", "See its status page.")
REFUSED = Trouble("credentials-rejected", "Pipedrive refused the token.", "Reconnect.")


class Night:
    """Importers of Alice's, runs that end as told, and what she is told of it."""

    def __init__(self, store: SqlStore, alice: Actor, clock: FakeClock) -> None:
        self.store, self.clock, self.ours = store, clock, alice.workspace.id
        self.noticing = Noticing(store=store, clock=clock)
        self._seen = 0

    def importer(self, name: str = "Deals", **changes: Any) -> Importer:
        values = {"schedule": HOURLY, "next_run_at": NEW_YEAR + timedelta(hours=1), "target": a_target(name)}
        return an_importer(self.store, self.ours, name=name, **{**values, **changes})

    def run(self, importer: Importer, status: Status, trouble: Trouble | None = None) -> Run:
        run, _ = self.store.add_run(importer, Trigger.SCHEDULE, now=self.clock.now())
        assert self.store.claim_run(run.id, "mine", now=self.clock.now())
        ending, now = Ending(status, Counts(), trouble=trouble), self.clock.now()
        tried = self.store.importer(importer.workspace_id, importer.id)
        assert self.store.end_run(run.id, "mine", ending, lines=(), now=now, tried=tried)
        return run

    def fails(self, importer: Importer, trouble: Trouble = AWAY, times: int = 1) -> None:
        for _ in range(times):
            self.run(importer, Status.FAILED, trouble)

    def told(self, *, minutes: float = 3) -> list[Letter]:
        """What is new, once what is gathered had the time for it."""
        self.noticing.look()
        self.clock.advance(minutes=minutes)
        self.noticing.look()
        return self.news()

    def news(self) -> list[Letter]:
        newest = self.store.notices(self.ours, limit=99)[::-1]
        seen, self._seen = self._seen, len(newest)
        return [notice.letter for notice in newest[seen:]]


@pytest.fixture
def night(store: SqlStore, alice: Actor, clock: FakeClock) -> Night:
    return Night(store, alice, clock)


# --- failures ---


def test_what_only_the_owner_can_mend_is_told_at_its_first_failure(night: Night):
    importer = night.importer()
    night.fails(importer, GONE)
    [letter] = night.told()
    assert letter.title == "“Deals” failed"
    assert letter.what == "“Deals” failed at 1 Jan 2026, 14:00 EET: The filter “Mine” is gone."
    assert letter.means == "Until a run succeeds, its sheet shows what was there before."
    assert letter.do == "Choose another one."
    assert (letter.kind, letter.path, letter.workspace) == (NoticeKind.FAILING, "/runs/1", "Acme")
    assert (letter.about, letter.subjects) == (Subject("Deals", "", "/runs/1", importer.id), ())


def test_what_may_pass_is_told_at_the_third_failure_in_a_row(night: Night):
    importer = night.importer()
    night.fails(importer, times=2)
    assert night.told() == []
    night.run(importer, Status.CANCELLED)
    night.fails(importer)
    [letter] = night.told()
    assert letter.title == "“Deals” failed 3 times in a row"
    assert "first at 1 Jan 2026, 14:00 EET" in letter.what


def test_a_success_in_between_begins_the_count_anew(night: Night):
    importer = night.importer()
    night.fails(importer, times=2)
    night.run(importer, Status.DONE)
    night.fails(importer, times=2)
    assert night.told() == []


def test_a_workspace_chooses_after_how_many(night: Night):
    night.store.keep_telling(night.ours, Telling(after_owner=2, after_other=1))
    deals, persons = night.importer("Deals"), night.importer("Persons")
    night.fails(deals, GONE)
    night.fails(persons, AWAY)
    assert [letter.title for letter in night.told()] == ["“Persons” failed"]
    night.fails(deals, GONE)
    assert [letter.title for letter in night.told()] == ["“Deals” failed 2 times in a row"]


def test_an_importer_that_goes_on_failing_is_told_of_once(night: Night):
    importer = night.importer()
    night.fails(importer, GONE)
    assert len(night.told()) == 1
    for _ in range(5):
        night.clock.advance(hours=1)
        night.fails(importer, GONE)
        assert night.told(minutes=30) == []


def test_trouble_that_becomes_the_owners_is_told_anew(night: Night):
    importer = night.importer()
    night.fails(importer, AWAY, times=3)
    assert [letter.do for letter in night.told()] == [AWAY.hint]
    night.fails(importer, GONE)
    assert [letter.do for letter in night.told()] == [GONE.hint]
    night.fails(importer, AWAY, times=3)
    assert night.told(minutes=30) == []


def test_that_it_works_again_is_told_once(night: Night):
    importer = night.importer()
    night.fails(importer, GONE)
    night.told()
    night.run(importer, Status.DONE)
    [letter] = night.told()
    assert (letter.kind, letter.title) == (NoticeKind.RECOVERED, "“Deals” works again")
    night.run(importer, Status.DONE)
    assert night.told(minutes=30) == []


def test_recoveries_need_not_be_told(night: Night):
    night.store.keep_telling(night.ours, Telling(recoveries=False))
    importer = night.importer()
    night.fails(importer, GONE)
    night.told()
    night.run(importer, Status.DONE)
    assert night.told(minutes=30) == []


def test_what_was_over_before_it_was_told_is_told_as_such_in_one_letter(night: Night):
    importer = night.importer()
    night.fails(importer, GONE)
    night.noticing.look()
    night.clock.advance(minutes=1)
    night.run(importer, Status.DONE)
    [letter] = night.told()
    assert letter.title == "“Deals” failed"
    assert letter.means == "That is over since 14:01."
    assert night.told(minutes=30) == []


def test_many_that_fail_for_one_cause_are_told_in_one_letter(night: Night):
    importers = [night.importer(f"Importer {number}") for number in range(12)]
    for importer in importers:
        night.fails(importer, AWAY, times=3)
        night.clock.advance(seconds=5)
        night.noticing.look()
    [letter] = night.told()
    assert letter.title == "12 importers failed"
    assert letter.what == "12 importers failed because the other side is in trouble."
    assert letter.do == AWAY.hint
    assert [subject.name for subject in letter.subjects] == [importer.name for importer in importers]
    assert letter.subjects[0].text == "3 times in a row. Pipedrive answered with errors."
    assert letter.subjects[0].path.startswith("/runs/")


def test_five_hundred_that_fail_for_one_cause_are_one_letter_and_one_when_they_work_again(night: Night):
    """As when Pipedrive is away for all of them: some minutes long, run after run ends for the same reason."""
    night.store.keep_telling(night.ours, Telling(after_other=1))
    importers = [night.importer(f"Importer {number}") for number in range(500)]
    letters: list[Letter] = []
    for number, importer in enumerate(importers):
        night.fails(importer, AWAY)
        if number % 50 == 49:
            night.clock.advance(seconds=10)
            night.noticing.look()
            letters += night.news()
    letters += night.told(minutes=10)
    [letter] = letters
    assert letter.title == "500 importers failed"
    assert {subject.name for subject in letter.subjects} == {importer.name for importer in importers}
    named, more = listed(letter)
    assert (len(named), more) == (50, 450)
    assert plain(letter, Places("")).endswith("- and 450 more")
    for importer in importers:
        night.run(importer, Status.DONE)
    [letter] = night.told(minutes=30)
    assert letter.title == "500 importers work again"
    assert night.told(minutes=60) == []
    assert night.store.open_incidents() == []


def test_more_of_the_same_is_gathered_for_a_while(night: Night):
    night.fails(night.importer("First"), AWAY, times=3)
    assert len(night.told()) == 1
    for name in ("Second", "Third"):
        night.fails(night.importer(name), AWAY, times=3)
        assert night.told() == []
    [letter] = night.told(minutes=REST.total_seconds() / 60)
    assert [subject.name for subject in letter.subjects] == ["Second", "Third"]


def test_what_fails_for_different_causes_is_told_apart(night: Night):
    night.fails(night.importer("Deals"), GONE)
    night.fails(night.importer("Persons"), replace(GONE, code="no-room", message="The disk is full."))
    assert sorted(letter.title for letter in night.told()) == ["“Deals” failed", "“Persons” failed"]


def test_how_pipedrive_says_it_is_comes_along(night: Night):
    url = "https://status.pipedrive.com"
    bulletin = Bulletin("partial outage", is_well=False, subject="API", since=None, url=url, at=NEW_YEAR)
    night.fails(night.importer(), replace(AWAY, bulletin=bulletin), times=3)
    assert night.told()[0].means.startswith(f"Pipedrive reports: partial outage ({url}). Until")


def test_our_own_mistake_comes_with_its_reference(night: Night):
    night.fails(night.importer(), Trouble("our-mistake", "Pipesheet made a mistake.", "Report it.", "abc123"), times=3)
    assert night.told()[0].do == "Report it. Reference: abc123."


def test_an_importer_that_is_being_set_up_is_not_told_of(night: Night):
    importer = night.importer()
    changed = a_draft(connection_id=importer.connection_id, schedule=HOURLY, target=a_target("Another place"))
    night.store.change_importer(night.ours, importer.id, changed, next_turn=never, now=NEW_YEAR)
    night.fails(importer, GONE)
    assert night.told() == []


def test_an_importer_that_is_deleted_is_not_told_of(night: Night):
    importer = night.importer()
    night.fails(importer, GONE)
    night.noticing.look()
    night.store.remove_importer(night.ours, importer.id)
    assert night.told() == []


def test_others_are_told_of_their_own_only(night: Night, charlie: Actor):
    night.fails(night.importer(), GONE)
    night.told()
    assert night.store.notices(charlie.workspace.id, limit=9) == []


def test_many_clocks_tell_once(night: Night):
    night.fails(night.importer(), GONE)
    clocks = [Noticing(store=night.store, clock=night.clock) for _ in range(4)]
    at_once([one.look for one in clocks])
    night.clock.advance(minutes=3)
    assert sum(at_once([one.look for one in clocks])) == 1
    assert len(night.store.notices(night.ours, limit=9)) == 1


def test_a_clock_that_is_killed_at_any_point_leaves_nothing_untold(night: Night, monkeypatch: pytest.MonkeyPatch):
    """After each thing it keeps; another clock goes on from there, and all of it is told once."""
    importer = night.importer()
    night.fails(importer, GONE)
    for method in ("unnoticed_runs", "notice_run", "untold_incidents", "tell"):
        _die_after(monkeypatch, night.store, method)
        with pytest.raises(KeyboardInterrupt):
            Noticing(store=night.store, clock=night.clock).look()
        monkeypatch.undo()
        night.clock.advance(minutes=3)
    assert [letter.title for letter in night.told()] == ["“Deals” failed"]


def _die_after(monkeypatch: pytest.MonkeyPatch, store: SqlStore, method: str) -> None:
    real = getattr(store, method)

    def deed(*args: Any, **kwargs: Any) -> Any:
        real(*args, **kwargs)
        raise KeyboardInterrupt

    monkeypatch.setattr(store, method, deed)


def test_a_letter_that_cannot_be_written_does_not_keep_others_from_it(night: Night, monkeypatch: pytest.MonkeyPatch):
    night.fails(night.importer("Deals"), GONE)
    night.fails(night.importer("Persons"), replace(GONE, code="no-room"))
    real = letters.beginning

    def beginning(incidents: Any, known: Any) -> Any:
        if incidents[0].opening.cause.endswith("no-room"):
            raise RuntimeError("a mistake of ours")
        return real(incidents, known)

    monkeypatch.setattr(letters, "beginning", beginning)
    assert [letter.title for letter in night.told()] == ["“Deals” failed"]


# --- connections ---


def refuse(night: Night, connection_id: int) -> None:
    connection = night.store.connection(night.ours, connection_id)
    assert night.store.refuse_connection(connection, REFUSED, now=night.clock.now())


def test_a_connection_that_needs_reconnecting_is_told_once_and_its_importers_not_at_all(night: Night):
    deals, persons = night.importer("Deals"), night.importer("Persons")
    refuse(night, deals.connection_id)
    night.fails(deals, REFUSED)
    night.fails(persons, replace(REFUSED, code="needs-reconnecting"))
    [letter] = night.told(minutes=0)
    assert (letter.kind, letter.path) == (NoticeKind.REFUSED, f"/connections/{deals.connection_id}")
    assert letter.title == "Acme Ltd (Alice Archer) needs reconnecting"
    assert "Pipedrive refused the token." in letter.what
    assert letter.means.startswith("2 importers that use it will not run")
    assert [subject.name for subject in letter.subjects] == ["Deals", "Persons"]
    assert night.told(minutes=300) == []


def test_that_it_is_connected_again_is_told(night: Night):
    importer = night.importer()
    refuse(night, importer.connection_id)
    night.told()
    night.store.mark_connection(night.ours, importer.connection_id, ConnectionStatus.WORKING, now=night.clock.now())
    [letter] = night.told()
    assert letter.title == "Acme Ltd (Alice Archer) is connected again"


def test_a_connection_that_is_written_with_counts_as_well(night: Night):
    google = a_google_connection(night.store, night.ours)
    importer = night.importer("Sheets", target=a_google_target(google.id))
    refuse(night, google.id)
    night.fails(importer, REFUSED)
    [letter] = night.told()
    assert [subject.name for subject in letter.subjects] == ["Sheets"]


def test_a_refusal_that_did_not_end_the_connection_is_its_importers(night: Night):
    night.fails(night.importer(), REFUSED)
    assert [letter.title for letter in night.told()] == ["“Deals” failed"]


# --- nothing arrives ---


def ticking(night: Night, **span: float) -> list[Letter]:
    """
    The clock goes on doing its rounds for that long; what is told meanwhile.
    It looks every ten minutes only, so that a day of it does not take long.
    """
    ends_at = night.clock.now() + timedelta(**span)
    letters: list[Letter] = []
    night.noticing.mark()
    while (left := ends_at - night.clock.now()) > timedelta():
        night.noticing.look()
        letters += night.news()
        night.clock.advance(seconds=min(left, timedelta(minutes=10)).total_seconds())
        watch = night.store.watch()
        assert watch
        night.store.keep_watch(watch, replace(watch, at=night.clock.now()))
    return letters


def test_nothing_that_arrives_for_two_turns_is_told_with_why(night: Night):
    importer = night.importer()
    night.run(importer, Status.DONE)
    night.store.add_run(importer, Trigger.SCHEDULE, now=night.clock.now())
    assert ticking(night, hours=2, minutes=10) == []
    [letter] = ticking(night, minutes=20)
    assert letter.title == "Nothing has arrived from “Deals”"
    assert "nothing has arrived since 1 Jan 2026, 14:00 EET. No worker is running" in letter.what
    assert "pipesheet up" in letter.do
    assert ticking(night, hours=5) == []


def test_importers_that_wait_for_a_worker_are_told_of_together(night: Night):
    for name in ("Deals", "Persons", "Leads"):
        night.store.add_run(night.importer(name), Trigger.SCHEDULE, now=night.clock.now())
    [letter] = ticking(night, hours=3)
    assert letter.title == "Nothing has arrived from 3 importers"
    assert len(letter.subjects) == 3


def test_with_a_worker_it_is_the_queue(night: Night):
    night.store.add_run(night.importer(), Trigger.SCHEDULE, now=night.clock.now())
    ticking(night, hours=2, minutes=10)
    night.store.beat_process("worker@one", now=night.clock.now())
    [letter] = ticking(night, minutes=20)
    assert letter.what.endswith("Its run waits in the queue.")


def test_a_run_that_waits_for_pipedrive_says_for_what(night: Night):
    importer = night.importer()
    run, _ = night.store.add_run(importer, Trigger.SCHEDULE, now=NEW_YEAR)
    night.store.claim_run(run.id, "mine", now=NEW_YEAR)
    spent = Trouble("budget-spent", "Today’s tokens are used up.", "Run it more rarely.")
    waiting = Ending(Status.WAITING, Counts(), trouble=spent, wake_at=NEW_YEAR + timedelta(hours=12))
    night.store.end_run(run.id, "mine", waiting, lines=(), now=NEW_YEAR)
    [letter] = ticking(night, hours=3)
    assert (letter.what.endswith("Today’s tokens are used up."), letter.do) == (True, "Run it more rarely.")


def test_when_it_arrives_after_all_that_is_told(night: Night):
    importer = night.importer()
    assert len(ticking(night, hours=3)) == 1
    night.run(importer, Status.DONE)
    assert [letter.title for letter in ticking(night, minutes=20)] == ["“Deals” works again"]


def test_that_it_works_again_is_told_though_its_run_was_not_looked_at_yet(
    night: Night, monkeypatch: pytest.MonkeyPatch
):
    """As when hundreds of runs end at once: their ends are looked at by and by."""
    monkeypatch.setattr(noticing, "_MOST_RUNS", 3)
    deals, persons, leads = (night.importer(name) for name in ("Deals", "Persons", "Leads"))
    [letter] = ticking(night, hours=3)
    assert letter.title == "Nothing has arrived from 3 importers"
    for importer in (*[leads] * 6, deals, persons):
        night.run(importer, Status.DONE)
    by_hand = a_draft(connection_id=persons.connection_id, target=persons.target, schedule=Schedule())
    night.store.change_importer(night.ours, persons.id, by_hand, next_turn=never, now=night.clock.now())
    assert [letter.title for letter in ticking(night, minutes=30)] == ["3 importers work again"]
    assert night.store.open_incidents() == []


def test_one_whose_schedule_changes_while_it_is_late_has_not_recovered(night: Night):
    importer = night.importer()
    assert len(ticking(night, hours=3)) == 1
    rarely = a_draft(connection_id=importer.connection_id, target=importer.target, schedule=Schedule(Every.DAYS, 7))
    night.store.change_importer(night.ours, importer.id, rarely, next_turn=never, now=night.clock.now())
    assert ticking(night, hours=1) == []
    assert night.store.open_incidents() == []


def rounds_for(night: Night, **span: float) -> None:
    """The clock goes on doing its rounds for that long, without a look."""
    night.noticing.mark()
    night.clock.advance(**span)
    watch = night.store.watch()
    assert watch
    night.store.keep_watch(watch, replace(watch, at=night.clock.now()))


def questions(night: Night, deed: Callable[[], object]) -> list[str]:
    """What the database is asked meanwhile."""
    asked: list[str] = []

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        asked.extend([statement] * statement.startswith("SELECT"))

    event.listen(night.store._engine, "before_cursor_execute", note)
    deed()
    event.remove(night.store._engine, "before_cursor_execute", note)
    return asked


def test_of_many_that_become_late_no_more_is_asked_than_of_few(night: Night):
    """A minute is short: with ten thousand, a question for each would fill it."""
    asked: list[int] = []
    for number in (3, 20):
        for name in range(number):
            night.store.add_run(night.importer(f"{number} {name}"), Trigger.SCHEDULE, now=night.clock.now())
        rounds_for(night, hours=3)
        asked.append(len(questions(night, night.noticing.look)))
        night.told()
    assert len(night.store.open_incidents(NoticeKind.LATE)) == 23
    assert asked[0] == asked[1]


def test_a_run_that_works_is_not_late(night: Night):
    importer = night.importer()
    run, _ = night.store.add_run(importer, Trigger.SCHEDULE, now=NEW_YEAR)
    night.store.claim_run(run.id, "mine", now=NEW_YEAR)
    assert ticking(night, hours=5) == []
    [letter] = ticking(night, hours=2)
    assert "working for hours" in letter.what


@pytest.mark.parametrize("why", ["paused", "by hand", "refused", "failing", "not wanted"])
def test_what_need_not_arrive_is_not_late(night: Night, why: str):
    importer = night.importer(**({"schedule": Schedule(), "next_run_at": None} if why == "by hand" else {}))
    if why == "paused":
        night.store.pause_importer(night.ours, importer.id, now=NEW_YEAR)
    elif why == "refused":
        refuse(night, importer.connection_id)
    elif why == "failing":
        night.fails(importer, GONE)
    elif why == "not wanted":
        night.store.keep_telling(night.ours, Telling(late=False))
    assert NoticeKind.LATE not in {letter.kind for letter in ticking(night, hours=4)}


def test_one_that_is_resumed_has_two_turns_from_then_on(night: Night):
    importer = night.importer()
    night.store.pause_importer(night.ours, importer.id, now=NEW_YEAR)
    ticking(night, hours=4)
    next_run_at = night.clock.now() + timedelta(hours=1)
    night.store.resume_importer(night.ours, importer.id, next_turn=lambda _: next_run_at, now=night.clock.now())
    assert ticking(night, hours=2) == []
    assert len(ticking(night, hours=1, minutes=30)) == 1


def test_one_that_is_paused_while_it_is_late_is_let_go_without_a_word(night: Night):
    importer = night.importer()
    assert len(ticking(night, hours=3)) == 1
    night.store.pause_importer(night.ours, importer.id, now=night.clock.now())
    assert ticking(night, hours=3) == []
    assert night.store.open_incidents() == []


def test_a_reconnected_importer_has_a_moment_to_run(night: Night):
    importer = night.importer()
    refuse(night, importer.connection_id)
    ticking(night, hours=4)
    a_connection(night.store, night.ours)  # linked again
    night.store.mark_connection(night.ours, importer.connection_id, ConnectionStatus.WORKING, now=night.clock.now())
    letters = ticking(night, minutes=GRACE.total_seconds() / 60 - 1)
    assert NoticeKind.LATE not in {letter.kind for letter in letters}


ODD = (
    replace(HOURLY, time_zone="Atlantis"),
    Schedule(Every.CRON, cron="once in a blue moon"),
    Schedule(Every.DAYS, starts_on=date(9999, 12, 30)),
    Schedule(Every.HOURS, starts_on=date(9999, 12, 31), time_zone="America/New_York"),
)
"""Saved before they were refused, or on a machine that knows more."""


@pytest.mark.parametrize("odd", ODD)
def test_a_schedule_nobody_understands_keeps_nobody_from_hearing_what_is_late(
    night: Night, caplog: pytest.LogCaptureFixture, odd: Schedule
):
    night.importer("Odd", schedule=odd)
    night.importer("Sound")
    assert [letter.title for letter in ticking(night, hours=3)] == ["Nothing has arrived from “Sound”"]
    assert len([record for record in caplog.records if record.levelname == "ERROR"]) <= 1


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def jump(night: Night, to: datetime) -> list[Letter]:
    """The clock went on doing its rounds until then, and looks now and once what is gathered is told."""
    for moment in (to, to + GATHER):
        night.clock.advance(seconds=(moment - night.clock.now()).total_seconds())
        watch = night.store.watch()
        assert watch
        night.store.keep_watch(watch, replace(watch, at=moment))
        night.noticing.look()
    return night.news()


AMSTERDAM = {"time_zone": "Europe/Amsterdam"}
WEEKDAYS = (0, 1, 2, 3, 4)
IN_TWO_TURNS: list[tuple[Schedule, str, str]] = [
    # What arrived when, and when the second turn after that is; 1 January 2026 is a Thursday.
    (Schedule(Every.MINUTES, 15), "2026-01-01 14:00", "2026-01-01 14:30"),
    (Schedule(Every.HOURS, 6, minute=17), "2026-01-01 12:17", "2026-01-02 00:17"),
    (
        Schedule(Every.HOURS, weekdays=WEEKDAYS, opens=time(8), closes=time(18), **AMSTERDAM),
        "2026-01-02 17:00",  # Friday at 18:00 there, the last of the day
        "2026-01-05 08:00",  # Monday at 09:00
    ),
    (Schedule(Every.HOURS, opens=time(22), closes=time(4)), "2026-01-02 04:00", "2026-01-02 23:00"),
    (Schedule(Every.DAYS), "2026-01-02 09:00", "2026-01-04 09:00"),
    (Schedule(Every.DAYS, 10), "2026-01-10 09:00", "2026-01-30 09:00"),
    (Schedule(Every.DAYS, more_times=(time(17),)), "2026-01-02 09:00", "2026-01-03 09:00"),
    (Schedule(Every.DAYS, weekdays=(0,)), "2026-01-05 09:00", "2026-01-19 09:00"),
    (Schedule(Every.DAYS, weekdays=WEEKDAYS), "2026-01-02 09:00", "2026-01-06 09:00"),
    (Schedule(Every.MONTHS, month_day=31), "2026-01-31 09:00", "2026-03-31 09:00"),
    (Schedule(Every.MONTHS, nth=1, nth_day=0), "2026-01-05 09:00", "2026-03-02 09:00"),
    (Schedule(Every.CRON, cron="30 8 * * 1-5"), "2026-01-02 08:30", "2026-01-06 08:30"),
    (Schedule(Every.CRON, cron="0 0 1 1 *"), "2026-01-01 14:00", "2028-01-01 00:00"),
    (Schedule(Every.DAYS, starts_on=date(2026, 3, 1)), "2026-01-02 09:00", "2026-03-02 09:00"),
    # 02:30 is skipped on 29 March there, so the turn is at 03:00.
    (Schedule(Every.DAYS, at=time(2, 30), **AMSTERDAM), "2026-03-27 01:30", "2026-03-29 01:00"),
]


@pytest.mark.parametrize(("schedule", "arrived", "second"), IN_TWO_TURNS)
def test_two_turns_are_those_of_its_schedule(night: Night, schedule: Schedule, arrived: str, second: str):
    importer = night.importer(schedule=schedule)
    night.clock.advance(seconds=(at(arrived) - NEW_YEAR).total_seconds())
    night.run(importer, Status.DONE)
    night.noticing.mark()
    assert jump(night, at(second) + GRACE - GATHER - timedelta(seconds=1)) == []
    [letter] = jump(night, at(second) + GRACE + LOOK_FOR_LATE_EVERY)
    assert letter.kind is NoticeKind.LATE
    assert jump(night, at(second) + timedelta(days=80)) == []
    night.run(importer, Status.DONE)
    assert [one.kind for one in jump(night, night.clock.now() + GATHER)] == [NoticeKind.RECOVERED]
    night.run(importer, Status.DONE)
    assert jump(night, night.clock.now() + REST) == []
    assert night.store.open_incidents() == []


@pytest.mark.parametrize("schedule", [row[0] for row in IN_TWO_TURNS if not row[0].starts_on])
def test_an_importer_whose_schedule_ended_or_never_began_or_is_paused_is_silent(night: Night, schedule: Schedule):
    connection = a_connection(night.store, night.ours)
    # The last turn of a schedule that ends leaves no next one.
    night.importer("Ended", schedule=replace(schedule, ends_on=date(2026, 1, 2)), next_run_at=None)
    new = a_draft(name="New", connection_id=connection.id, schedule=schedule, target=a_target("New"))
    night.store.add_importer(night.ours, new, next_run_at=None, now=NEW_YEAR, starts_after_success=True)
    paused = night.importer("Paused", schedule=schedule)
    night.store.pause_importer(night.ours, paused.id, now=NEW_YEAR)
    night.importer("Later", schedule=replace(schedule, starts_on=date(2029, 1, 1)))
    night.noticing.mark()
    assert [jump(night, NEW_YEAR + timedelta(days=days)) for days in (1, 40, 80)] == [[], [], []]
    night.store.resume_importer(night.ours, paused.id, next_turn=lambda _: NEW_YEAR, now=NEW_YEAR)
    kinds = [letter.kind for letter in jump(night, NEW_YEAR + timedelta(days=1200))]
    assert kinds == [NoticeKind.LATE], "this is how it would be told"


class TestChains:
    """The turns of an importer that follows another one are that one's successes."""

    @pytest.fixture
    def leader(self, night: Night) -> Importer:
        night.noticing.mark()
        return night.importer("Leader", schedule=Schedule(Every.DAYS))

    def follower(self, night: Night, leader: Importer, **changes: Any) -> Importer:
        schedule = Schedule(Every.AFTER, after_id=leader.id, **changes)
        return night.importer("Follower", schedule=schedule, next_run_at=None)

    def test_two_successes_without_its_own_are_too_many(self, night: Night, leader: Importer):
        follower = self.follower(night, leader)
        night.run(leader, Status.DONE)
        night.run(follower, Status.DONE)
        night.clock.advance(hours=1)
        night.run(leader, Status.FAILED, AWAY)
        night.run(leader, Status.DONE)
        assert jump(night, night.clock.now() + timedelta(hours=9)) == []
        night.run(leader, Status.DONE)
        assert jump(night, night.clock.now() + GRACE - GATHER - timedelta(seconds=1)) == []
        [letter] = jump(night, night.clock.now() + GATHER)
        assert letter.title == "Nothing has arrived from “Follower”"
        assert "is to run by itself (after another importer)" in letter.what
        night.run(leader, Status.DONE)
        night.run(follower, Status.DONE)
        assert [one.title for one in jump(night, night.clock.now() + GATHER)] == ["“Follower” works again"]
        assert jump(night, night.clock.now() + REST) == []

    @pytest.mark.parametrize(
        "span",
        [{"starts_on": date(2026, 1, 2)}, {"ends_on": date(2025, 12, 31)}, {"ends_on": date(2026, 1, 1)}],
    )
    def test_a_success_on_none_of_its_days_is_no_turn(self, night: Night, leader: Importer, span: dict[str, date]):
        self.follower(night, leader, **span)
        night.clock.advance(minutes=5)
        night.run(leader, Status.DONE)
        if span.get("ends_on") == date(2026, 1, 1):  # today, and no longer
            night.clock.advance(days=1)
        night.run(leader, Status.DONE)
        assert jump(night, night.clock.now() + timedelta(hours=3)) == []

    def test_of_many_no_more_is_asked_than_of_few(self, night: Night, leader: Importer):
        schedule, asked = Schedule(Every.AFTER, after_id=leader.id), []
        importers = [leader]
        for number in (3, 20):
            more = [f"{number} {place}" for place in range(number)]
            importers += [night.importer(name, schedule=schedule, next_run_at=None) for name in more]
            for importer in importers:
                night.run(importer, Status.DONE)
            rounds_for(night, hours=3)
            night.noticing.look()
            rounds_for(night, minutes=5)
            asked.append(len(questions(night, night.noticing.look)))
        assert asked[0] == asked[1]

    def test_one_that_is_paused_or_not_tried_yet_is_silent(self, night: Night, leader: Importer):
        paused = self.follower(night, leader)
        night.store.pause_importer(night.ours, paused.id, now=night.clock.now())
        schedule = Schedule(Every.AFTER, after_id=leader.id)
        new = a_draft(name="New", connection_id=leader.connection_id, schedule=schedule, target=a_target("New"))
        night.store.add_importer(night.ours, new, next_run_at=None, now=NEW_YEAR, starts_after_success=True)
        for _ in range(3):
            night.run(leader, Status.DONE)
        assert jump(night, night.clock.now() + timedelta(hours=3)) == []


# --- paused ---


def test_an_importer_that_was_paused_for_its_troubles_is_told_of_once(night: Night):
    importer = night.importer()
    for _ in range(3):
        run = night.run(importer, Status.FAILED, GONE)
    assert night.store.pause_failing(run, GONE, times=3, now=night.clock.now())
    failed, letter = night.told()
    assert (failed.kind, letter.kind, letter.title) == (NoticeKind.FAILING, NoticeKind.PAUSED, "“Deals” was paused")
    assert GONE.message in letter.what
    assert (
        letter.do == "Choose another one. Once that is mended, press Run. When that run succeeds, it goes on by itself."
    )
    assert night.told(minutes=60) == []
    night.run(importer, Status.DONE)
    assert [one.title for one in night.told(minutes=60)] == ["“Deals” works again"]
    assert night.store.open_incidents() == []


# --- gaps ---


def away(night: Night, **span: float) -> None:
    """The clock does its round, is off for that long, and another one takes its place."""
    night.noticing.mark()
    night.clock.advance(**span)
    night.noticing = Noticing(store=night.store, clock=night.clock)


def test_that_nothing_ran_is_told_with_what_missed_its_turn(night: Night):
    night.importer("Hourly")
    night.importer("Weekly", schedule=Schedule(Every.DAYS, 7), next_run_at=NEW_YEAR + timedelta(days=6))
    night.importer("By hand", schedule=Schedule(), next_run_at=None)
    away(night, hours=6, minutes=30)
    night.noticing.mark()
    [letter] = night.told(minutes=0)
    assert letter.title == "Nothing ran between 14:00 and 20:30"
    assert letter.what.endswith("was off from 1 Jan 2026, 14:00 EET until 1 Jan 2026, 20:30 EET.")
    assert letter.means.startswith("1 importer missed turns meanwhile.")
    assert [subject.name for subject in letter.subjects] == ["Hourly"]
    assert NoticeKind.GAP not in {one.kind for one in night.told(minutes=1)}


@pytest.mark.parametrize("odd", ODD)
def test_a_schedule_nobody_understands_keeps_nobody_from_hearing_that_nothing_ran(night: Night, odd: Schedule):
    night.importer("Odd", schedule=odd)
    night.importer("Sound")
    away(night, hours=3)
    night.noticing.mark()
    [letter] = night.told(minutes=0)
    assert [subject.name for subject in letter.subjects] == ["Sound"]


def test_a_gap_over_midnight_is_told_with_its_day(night: Night):
    night.importer()
    away(night, hours=12)
    night.noticing.mark()
    assert night.told(minutes=0)[0].title == "Nothing ran between 1 Jan 2026, 14:00 and 02:00"


def test_a_gap_in_which_nothing_was_due_is_nothing_to_tell(night: Night):
    night.importer()
    away(night, minutes=30)
    night.noticing.mark()
    assert night.told(minutes=1) == []


def test_a_short_restart_is_no_gap(night: Night):
    night.clock.advance(minutes=58)
    night.importer()
    away(night, seconds=GAP_AFTER.total_seconds())
    night.noticing.mark()
    assert night.told(minutes=1) == []


def test_gaps_need_not_be_told(night: Night):
    night.store.keep_telling(night.ours, Telling(gaps=False))
    night.importer()
    away(night, hours=6)
    night.noticing.mark()
    assert night.told(minutes=1) == []


def test_many_clocks_that_come_back_tell_of_the_gap_once(night: Night):
    night.importer()
    away(night, hours=6)
    at_once([Noticing(store=night.store, clock=night.clock).mark for _ in range(4)])
    assert len(night.told(minutes=0)) == 1


def test_after_a_gap_runs_have_a_moment_to_arrive(night: Night):
    """Nobody is told that an importer is late before it could do anything about it; then they are."""
    importer = night.importer()
    night.run(importer, Status.DONE)
    night.noticing.look()
    away(night, hours=6)
    night.noticing.look()  # before the first round after the gap is noted
    letters = ticking(night, minutes=GRACE.total_seconds() / 60)
    assert [letter.kind for letter in letters] == [NoticeKind.GAP]
    assert [letter.kind for letter in ticking(night, minutes=12)] == [NoticeKind.LATE]


def test_an_importer_that_skips_what_it_missed_is_not_late_for_it(night: Night):
    night.importer(schedule=replace(HOURLY, missed=Missed.SKIP))
    away(night, hours=6)
    letters = ticking(night, hours=1, minutes=50)
    assert NoticeKind.LATE not in {letter.kind for letter in letters}


def test_a_clock_that_cannot_do_its_rounds_still_tells_what_is_late(night: Night):
    night.importer()
    night.noticing.mark()
    night.noticing.look()
    told: list[Letter] = []
    for _ in range(24):
        told += night.told(minutes=10)
    assert [letter.kind for letter in told] == [NoticeKind.LATE]
