"""What every store promises of notices (`interfaces.NoticeStore`)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from importers.errors import NotThere
from importers.interfaces import NoticeStore
from importers.model import (
    Actor,
    ConnectionStatus,
    Counts,
    Ending,
    Every,
    Importer,
    Run,
    Schedule,
    Status,
    Trigger,
    Trouble,
)
from importers.notices import (
    Channel,
    ChannelKind,
    Incident,
    Letter,
    NoticeKind,
    Opening,
    SendingState,
    Subject,
    Telling,
    Watch,
)
from tests import people
from tests.builders import a_connection, a_draft, a_run, a_target, an_importer
from tests.contracts.store import at_once
from tests.fakes import NEW_YEAR

SOON = NEW_YEAR + timedelta(minutes=5)
LATER = NEW_YEAR + timedelta(hours=5)
AWAY = Trouble("service-trouble", "Pipedrive answered with errors.", "Wait.")


def a_letter(**changes: Any) -> Letter:
    values = {
        "key": "0123456789abcdef0123456789abcdef",
        "kind": NoticeKind.FAILING,
        "workspace": "Acme",
        "title": "“Deals” failed",
        "what": "It failed.",
        "means": "It is old.",
        "do": "Mend it.",
        "path": "/runs/1",
        "at": NEW_YEAR,
        "subjects": (Subject("Deals", "failed", "/importers/1", 1),),
    }
    return Letter(**{**values, **changes})


def ended(
    store: NoticeStore, importer: Importer, status: Status, trouble: Trouble | None = None, at: datetime | None = None
) -> Run:
    run, _ = store.add_run(importer, Trigger.SCHEDULE, now=NEW_YEAR)
    assert store.claim_run(run.id, "mine", now=NEW_YEAR)
    assert store.end_run(run.id, "mine", Ending(status, Counts(), trouble=trouble), lines=(), now=at or SOON)
    return store.run(importer.workspace_id, run.id)


class NoticesContract:
    """Inherit and bring a fixture `store`: migrated and empty."""

    @pytest.fixture
    def neighbours(self, store: NoticeStore) -> people.Neighbours:
        return people.move_in(store)

    @pytest.fixture
    def alice(self, neighbours: people.Neighbours) -> Actor:
        return neighbours.alice

    @pytest.fixture
    def ours(self, alice: Actor) -> int:
        return alice.workspace.id

    @pytest.fixture
    def theirs(self, neighbours: people.Neighbours) -> int:
        return neighbours.charlie.workspace.id

    @pytest.fixture
    def importer(self, store: NoticeStore, ours: int) -> Importer:
        return an_importer(store, ours, schedule=Schedule(Every.HOURS), next_run_at=SOON)

    @pytest.fixture
    def channel(self, store: NoticeStore, ours: int) -> Channel:
        return store.add_channel(ours, ChannelKind.SLACK, "Sales", "hooks.slack.com", b"sealed", now=NEW_YEAR)

    def an_opening(self, importer: Importer, **changes: Any) -> Opening:
        opening = Opening(
            NoticeKind.FAILING,
            importer.workspace_id,
            "failing service-trouble",
            NEW_YEAR,
            importer_id=importer.id,
            run_id=7,
            trouble=AWAY,
            times=3,
        )
        return replace(opening, **changes)

    def an_incident(self, store: NoticeStore, importer: Importer, **changes: Any) -> Incident:
        opening = self.an_opening(importer, **changes)
        assert store.open_incident(opening, now=NEW_YEAR)
        return next(one for one in store.open_incidents() if one.opening == opening)

    # --- channels ---

    def test_channels_come_back_as_they_were_kept_by_name(self, store: NoticeStore, ours: int, channel: Channel):
        mail = store.add_channel(ours, ChannelKind.EMAIL, "alarm", "a@x.org, b@x.org", b"", now=NEW_YEAR)
        assert store.channels(ours) == [mail, channel]
        assert store.channel(ours, mail.id).recipients == ("a@x.org", "b@x.org")
        assert store.channel(ours, channel.id).sealed == b"sealed"

    def test_a_channel_changes_but_not_its_kind(self, store: NoticeStore, ours: int, channel: Channel):
        changed = store.change_channel(ours, channel.id, name="Ops", place="x.org", sealed=b"other")
        assert changed == replace(channel, name="Ops", place="x.org", sealed=b"other")
        assert store.channel(ours, channel.id) == changed

    def test_channels_of_others_are_not_there(self, store: NoticeStore, theirs: int, channel: Channel):
        assert store.channels(theirs) == []
        for deed in (
            lambda: store.channel(theirs, channel.id),
            lambda: store.change_channel(theirs, channel.id, name="x", place="x", sealed=b""),
            lambda: store.remove_channel(theirs, channel.id, reason="x"),
        ):
            with pytest.raises(NotThere):
                deed()
        assert store.channel(channel.workspace_id, channel.id) == channel

    def test_what_waits_for_a_removed_channel_has_failed_and_stays_in_the_history(
        self, store: NoticeStore, ours: int, channel: Channel
    ):
        store.tell(ours, a_letter(), cause="x", now=NEW_YEAR)
        store.remove_channel(ours, channel.id, reason="It was removed.")
        [notice] = store.notices(ours, limit=9)
        [sending] = notice.sendings
        assert (sending.state, sending.reason) == (SendingState.FAILED, "It was removed.")
        assert (sending.channel_id, sending.name, sending.place) == (None, "Sales", "hooks.slack.com")
        assert store.channels(ours) == []

    # --- what is told ---

    def test_a_workspace_wants_the_usual_until_it_chose(self, store: NoticeStore, ours: int, theirs: int):
        assert store.telling(ours) == Telling()
        for chosen in (Telling(2, 5, recoveries=False), Telling(late=False, gaps=False)):
            store.keep_telling(ours, chosen)
            assert store.telling(ours) == chosen
        assert store.telling(theirs) == Telling()

    def test_two_who_choose_for_the_first_time_at_once_do_not_disturb_each_other(self, store: NoticeStore, ours: int):
        chosen = Telling(after_other=7)
        assert at_once([lambda: store.keep_telling(ours, chosen)] * 3) == [None] * 3
        assert store.telling(ours) == chosen

    def test_a_workspace_is_found_by_its_id(self, store: NoticeStore, alice: Actor):
        assert store.workspace(alice.workspace.id) == alice.workspace
        with pytest.raises(NotThere):
            store.workspace(987_654)

    # --- runs ---

    def test_a_run_is_to_be_noticed_once_it_is_over_and_once_only(self, store: NoticeStore, importer: Importer):
        run = a_run(store, importer, claim="mine")
        assert store.unnoticed_runs(limit=9) == []
        store.end_run(run.id, "mine", Ending(Status.DONE, Counts()), lines=(), now=SOON)
        over = store.run(importer.workspace_id, run.id)
        assert store.unnoticed_runs(limit=9) == [over]
        assert store.notice_run(over, opening=None, closes=False, recovered=False, now=SOON)
        assert store.unnoticed_runs(limit=9) == []
        assert not store.notice_run(over, opening=None, closes=False, recovered=False, now=SOON)

    def test_many_who_notice_a_run_open_one_incident(self, store: NoticeStore, importer: Importer):
        run = ended(store, importer, Status.FAILED, AWAY)
        opening = self.an_opening(importer)
        deed = lambda: store.notice_run(run, opening=opening, closes=False, recovered=False, now=SOON)  # noqa: E731
        assert sorted(at_once([deed] * 4)) == [False, False, False, True]
        assert [one.opening for one in store.open_incidents()] == [opening]

    def test_runs_are_noticed_without_a_word(self, store: NoticeStore, importer: Importer):
        run = ended(store, importer, Status.DONE)
        store.notice_quietly([])
        store.notice_quietly([run])
        assert store.unnoticed_runs(limit=9) == []

    def test_failures_are_counted_since_one_succeeded(self, store: NoticeStore, importer: Importer, ours: int):
        other = an_importer(store, ours, target=a_target("Other"))
        statuses = (Status.FAILED, Status.DONE, Status.FAILED, Status.CANCELLED, Status.FAILED)
        runs = [ended(store, importer, status, AWAY) for status in statuses]
        ended(store, other, Status.FAILED, AWAY)
        assert [store.failures_until(run)[0] for run in (runs[0], runs[2], runs[4])] == [1, 1, 2]
        assert store.failures_until(runs[4])[1] == SOON

    def test_a_run_that_succeeds_ends_what_its_importer_had(self, store: NoticeStore, importer: Importer, ours: int):
        other = an_importer(store, ours, target=a_target("Other"))
        for kind in (NoticeKind.FAILING, NoticeKind.LATE, NoticeKind.PAUSED):
            self.an_incident(store, importer, kind=kind)
        theirs = self.an_incident(store, other)
        run = ended(store, importer, Status.DONE)
        store.notice_run(run, opening=None, closes=True, recovered=True, now=LATER)
        left = {(one.opening.importer_id, one.opening.kind) for one in store.open_incidents()}
        assert left == {(importer.id, NoticeKind.PAUSED), (other.id, theirs.opening.kind)}

    def test_another_sort_of_trouble_takes_the_place_of_the_first(self, store: NoticeStore, importer: Importer):
        self.an_incident(store, importer)
        run = ended(store, importer, Status.FAILED, AWAY)
        worse = self.an_opening(importer, cause="failing not-there")
        store.notice_run(run, opening=worse, closes=False, recovered=False, now=LATER)
        assert [one.opening for one in store.open_incidents()] == [worse]
        assert [store.open_incident_of(NoticeKind.FAILING, importer.id)] == store.open_incidents()
        assert store.open_incident_of(NoticeKind.LATE, importer.id) is None
        assert [one.recovered for one in store.untold_incidents()] == [False, False]

    # --- incidents ---

    def test_an_incident_is_open_once_and_again_when_it_was_over(self, store: NoticeStore, importer: Importer):
        incident = self.an_incident(store, importer)
        assert not store.open_incident(incident.opening, now=SOON)
        assert store.close_incident(incident, recovered=True, now=SOON)
        assert not store.close_incident(incident, recovered=True, now=SOON)
        assert store.open_incidents() == []
        assert store.open_incident(incident.opening, now=LATER)

    def test_many_incidents_are_opened_but_for_those_that_are_open(self, store: NoticeStore, ours: int):
        importers = [an_importer(store, ours, target=a_target(f"Many {number}")) for number in range(4)]
        openings = [self.an_opening(one, kind=NoticeKind.LATE) for one in importers]
        assert store.open_incident(openings[1], now=SOON)
        store.remove_importer(ours, importers[2].id)
        store.open_all(openings, now=LATER)
        late = store.open_incidents(NoticeKind.LATE)
        assert [(one.opening, one.opened_at) for one in late] == [
            (openings[1], SOON),
            (openings[0], LATER),
            (openings[3], LATER),
        ]
        assert store.open_incidents(NoticeKind.FAILING) == []
        assert store.close_incident(late[0], recovered=False, now=LATER)
        assert sorted(store.importers_in_trouble([importers[0].id, importers[1].id])) == [importers[0].id]
        assert store.importers_in_trouble([]) == []

    def test_of_several_importers_the_newest_runs_are_found(self, store: NoticeStore, importer: Importer, ours: int):
        other, never_ran = (an_importer(store, ours, target=a_target(name)) for name in ("Other", "Never"))
        ended(store, importer, Status.DONE)
        newest = {one.id: ended(store, one, Status.FAILED, AWAY) for one in (importer, other)}
        assert store.newest_runs([importer.id, other.id, never_ran.id]) == newest
        assert store.newest_runs([]) == {}

    def test_incidents_go_with_what_they_are_about(self, store: NoticeStore, importer: Importer, ours: int):
        self.an_incident(store, importer)
        connection = a_connection(store, ours)
        refused = Opening(NoticeKind.REFUSED, ours, "refused 1", NEW_YEAR, connection_id=connection.id)
        assert store.open_incident(refused, now=NEW_YEAR)
        store.remove_importer(ours, importer.id)
        assert [one.opening for one in store.open_incidents()] == [refused]
        store.remove_connection(ours, connection.id)
        assert store.untold_incidents() == []
        assert not store.open_incident(refused, now=SOON)

    def test_an_incident_is_told_once_with_a_letter_for_every_channel(
        self, store: NoticeStore, importer: Importer, channel: Channel, ours: int, theirs: int
    ):
        store.add_channel(theirs, ChannelKind.SLACK, "Not ours", "x.org", b"", now=NEW_YEAR)
        mail = store.add_channel(ours, ChannelKind.EMAIL, "Mail", "a@x.org", b"", now=NEW_YEAR)
        incident = self.an_incident(store, importer)
        deed = lambda: store.tell(ours, a_letter(), cause="x", beginnings=[incident], now=SOON)  # noqa: E731
        assert sorted(at_once([deed] * 4)) == [False, False, False, True]
        [notice] = store.notices(ours, limit=9)
        assert notice.letter == a_letter()
        assert {(one.channel_id, one.state, one.tries) for one in notice.sendings} == {
            (channel.id, SendingState.WAITING, 0),
            (mail.id, SendingState.WAITING, 0),
        }
        assert store.untold_incidents() == []
        assert (store.last_told(ours, "x"), store.last_told(ours, "y"), store.last_told(theirs, "x")) == (
            SOON,
            None,
            None,
        )
        assert store.notices(theirs, limit=9) == []

    def test_a_letter_of_which_one_incident_was_told_already_is_not_kept(
        self, store: NoticeStore, importer: Importer, ours: int
    ):
        other = an_importer(store, ours, target=a_target("Other"))
        first, second = self.an_incident(store, importer), self.an_incident(store, other)
        assert store.tell(ours, a_letter(), cause="x", beginnings=[first], now=SOON)
        assert not store.tell(ours, a_letter(), cause="x", beginnings=[first, second], now=SOON)
        assert [one.id for one in store.untold_incidents()] == [second.id]
        assert len(store.notices(ours, limit=9)) == 1

    def test_that_it_recovered_is_told_once_too(self, store: NoticeStore, importer: Importer, ours: int):
        incident = self.an_incident(store, importer)
        store.tell(ours, a_letter(), cause="x", beginnings=[incident], now=SOON)
        store.close_incident(incident, recovered=True, now=LATER)
        [over] = store.untold_incidents()
        assert (over.is_told, over.recovered, over.closed_at) == (True, True, LATER)
        assert store.tell(ours, a_letter(), cause="recovered", ends=[over], now=LATER)
        assert store.untold_incidents() == []
        assert not store.tell(ours, a_letter(), cause="recovered", ends=[over], now=LATER)

    def test_an_end_that_is_nothing_to_tell_is_not_told(self, store: NoticeStore, importer: Importer, ours: int):
        incident = self.an_incident(store, importer)
        store.tell(ours, a_letter(), cause="x", beginnings=[incident], now=SOON)
        store.close_incident(incident, recovered=False, now=LATER)
        assert store.untold_incidents() == []

    def test_letters_are_forgotten_after_ninety_days(self, store: NoticeStore, ours: int, channel: Channel):
        store.tell(ours, a_letter(title="old"), cause="x", now=NEW_YEAR)
        store.tell(ours, a_letter(title="new"), cause="x", now=NEW_YEAR + timedelta(days=91))
        assert [notice.letter.title for notice in store.notices(ours, limit=9)] == ["new"]

    def test_the_newest_notices_come_first(self, store: NoticeStore, ours: int):
        for title in "abc":
            store.tell(ours, a_letter(title=title), cause="x", now=NEW_YEAR)
        assert [notice.letter.title for notice in store.notices(ours, limit=2)] == ["c", "b"]

    # --- what lasts ---

    def test_broken_connections_are_found(self, store: NoticeStore, ours: int):
        connection = a_connection(store, ours)
        assert store.broken_connections() == []
        broken = store.mark_connection(ours, connection.id, ConnectionStatus.NEEDS_RECONNECTING, now=SOON)
        assert store.broken_connections() == [broken]

    def test_importers_that_run_by_themselves_are_watched(self, store: NoticeStore, importer: Importer, ours: int):
        an_importer(store, ours, target=a_target("By hand"))
        [watched] = store.watched_importers()
        assert (watched.importer, watched.arrived_at) == (importer, None)
        assert watched.may_run_since == NEW_YEAR
        done, failed = ended(store, importer, Status.DONE), ended(store, importer, Status.FAILED, AWAY)
        [watched] = store.watched_importers()
        assert watched.arrived_at == done.ended_at
        assert store.newest_runs([importer.id]) == {importer.id: failed}
        store.pause_importer(ours, importer.id, now=LATER)
        assert store.watched_importers() == []
        assert store.importers_paused_for_trouble() == []

    def test_one_that_follows_another_is_watched_without_a_turn_of_its_own(
        self, store: NoticeStore, importer: Importer, ours: int
    ):
        schedule = Schedule(Every.AFTER, after_id=importer.id)
        follower = an_importer(store, ours, name="Follower", target=a_target("Follower"), schedule=schedule)
        new = a_draft(name="New", connection_id=importer.connection_id, target=a_target("New"), schedule=schedule)
        store.add_importer(ours, new, next_run_at=None, now=NEW_YEAR, starts_after_success=True)
        assert [one.importer.id for one in store.watched_importers()] == [importer.id, follower.id]

    def test_the_last_successes_are_found(self, store: NoticeStore, importer: Importer):
        until = lambda at, limit: store.last_successes(importer.id, until=at, limit=limit)  # noqa: E731
        assert until(LATER, 2) == []
        statuses = (Status.DONE, Status.FAILED, Status.DONE_WITH_NOTES, Status.CANCELLED, Status.DONE)
        first, _, second, _, third = moments = [SOON + timedelta(minutes=number) for number in range(5)]
        for status, at in zip(statuses, moments, strict=True):
            ended(store, importer, status, at=at)
        assert until(LATER, 2) == [third, second]
        assert until(LATER, 9) == [third, second, first]
        assert until(second, 9) == [second, first]

    def test_importers_whose_connection_is_refused_are_not_watched(
        self, store: NoticeStore, importer: Importer, ours: int
    ):
        store.mark_connection(ours, importer.connection_id, ConnectionStatus.NEEDS_RECONNECTING, now=SOON)
        assert store.watched_importers() == []
        store.mark_connection(ours, importer.connection_id, ConnectionStatus.WORKING, now=LATER)
        assert [one.may_run_since for one in store.watched_importers()] == [LATER]

    def test_of_many_clocks_one_marks_a_round(self, store: NoticeStore, ours: int):
        first, second = Watch(NEW_YEAR, NEW_YEAR), Watch(SOON, NEW_YEAR)
        assert store.watch() is None
        assert sorted(at_once([lambda: store.keep_watch(None, first)] * 3)) == [False, False, True]
        assert store.watch() == first
        gap = Opening(NoticeKind.GAP, ours, "gap", NEW_YEAR)
        deed = lambda: store.keep_watch(first, second, openings=[gap])  # noqa: E731
        assert sorted(at_once([deed] * 3)) == [False, False, True]
        assert store.watch() == second
        [incident] = store.untold_incidents()
        assert (incident.opening, incident.opened_at, incident.closed_at) == (gap, SOON, SOON)

    def test_gaps_up_to_a_time_that_was_wrong_are_forgotten_unless_they_were_told(
        self, store: NoticeStore, ours: int, importer: Importer
    ):
        ahead = Watch(NEW_YEAR + timedelta(days=366), NEW_YEAR)
        gaps = [Opening(NoticeKind.GAP, ours, "gap", at) for at in (NEW_YEAR, SOON)]
        assert store.keep_watch(None, Watch(NEW_YEAR, NEW_YEAR))
        assert store.keep_watch(Watch(NEW_YEAR, NEW_YEAR), Watch(SOON, SOON), openings=gaps[:1])
        assert store.keep_watch(Watch(SOON, SOON), ahead, openings=gaps[1:])
        self.an_incident(store, importer)
        assert store.keep_watch(ahead, Watch(LATER, LATER))
        assert [one.opening.kind for one in store.untold_incidents()] == [NoticeKind.GAP, NoticeKind.FAILING]
        assert next(one.opening.since for one in store.untold_incidents()) == NEW_YEAR
        assert store.watch() == Watch(LATER, LATER)

    # --- sending ---

    def test_one_of_many_takes_a_sending(self, store: NoticeStore, ours: int, channel: Channel):
        store.tell(ours, a_letter(), cause="x", now=NEW_YEAR)
        [outgoing] = store.due_sendings(NEW_YEAR, limit=9)
        assert (outgoing.channel, outgoing.letter) == (channel, a_letter())
        deed = lambda: store.claim_sending(outgoing.sending, until=SOON)  # noqa: E731
        assert sorted(at_once([deed] * 4)) == [False, False, False, True]
        assert store.due_sendings(SOON - timedelta(seconds=1), limit=9) == []

    def test_what_is_due_is_known_by_workspace(self, store: NoticeStore, ours: int, theirs: int, channel: Channel):
        store.add_channel(theirs, ChannelKind.SLACK, "Theirs", "x.org", b"", now=NEW_YEAR)
        for workspace_id, now in ((theirs, SOON), (ours, LATER), (ours, NEW_YEAR)):
            store.tell(workspace_id, a_letter(), cause="x", now=now)
        assert [store.workspaces_to_send_for(now) for now in (NEW_YEAR, SOON)] == [[ours], [ours, theirs]]
        assert [one.sending.next_at for one in store.due_sendings(LATER, limit=9)] == [NEW_YEAR, SOON, LATER]
        due = {one: store.due_sendings(LATER, limit=9, workspace_id=one) for one in (ours, theirs)}
        assert [one.sending.next_at for one in due[ours]] == [NEW_YEAR, LATER]
        assert [one.sending.next_at for one in due[theirs]] == [SOON]
        assert store.claim_sending(due[ours][0].sending, until=LATER + timedelta(minutes=5))
        assert store.workspaces_to_send_for(LATER) == [theirs, ours]

    def test_what_is_due_later_than_anything_waits_is_due(self, store: NoticeStore, ours: int, channel: Channel):
        store.tell(ours, a_letter(), cause="x", now=NEW_YEAR)
        for hours, is_due in ((8, False), (10, True)):
            then = NEW_YEAR - timedelta(hours=hours)
            assert store.workspaces_to_send_for(then) == [ours] * is_due
            assert len(store.due_sendings(then, limit=9)) == is_due

    def test_one_whose_sender_was_killed_is_due_again(self, store: NoticeStore, ours: int, channel: Channel):
        store.tell(ours, a_letter(), cause="x", now=NEW_YEAR)
        [first] = store.due_sendings(NEW_YEAR, limit=9)
        assert store.claim_sending(first.sending, until=SOON)
        [again] = store.due_sendings(SOON, limit=9)
        assert again.sending.tries == 1
        assert store.claim_sending(again.sending, until=LATER)
        # The first one was only slow: what it says of its try counts no longer.
        sent = SendingState.SENT
        assert not store.settle_sending(first.sending, sent, reason="ok", next_at=SOON, now=SOON)
        assert store.settle_sending(again.sending, sent, reason="ok", next_at=SOON, now=SOON)
        [notice] = store.notices(ours, limit=9)
        assert [(one.state, one.reason, one.sent_at) for one in notice.sendings] == [(sent, "ok", SOON)]
        assert store.due_sendings(LATER, limit=9) == []

    def test_one_that_was_not_sent_waits_for_its_next_try(self, store: NoticeStore, ours: int, channel: Channel):
        store.tell(ours, a_letter(), cause="x", now=NEW_YEAR)
        [outgoing] = store.due_sendings(NEW_YEAR, limit=9)
        store.claim_sending(outgoing.sending, until=SOON)
        store.settle_sending(outgoing.sending, SendingState.WAITING, reason="away", next_at=LATER, now=SOON)
        assert store.due_sendings(SOON, limit=9) == []
        [again] = store.due_sendings(LATER, limit=9)
        assert (again.sending.reason, again.sending.tries, again.sending.sent_at) == ("away", 1, None)
