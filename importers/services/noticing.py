"""What is to be told: looks at what became of runs, connections and turns, and writes letters."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import groupby

from importers.errors import (
    AccessDenied,
    CredentialsRejected,
    InvalidSettings,
    NeedsReconnecting,
    NoRoom,
    NotThere,
    SetupError,
)
from importers.interfaces import Clock, NoticeStore
from importers.model import Every, Importer, Missed, Run, Schedule, Status, Trouble
from importers.notices import Incident, Letter, NoticeKind, Opening, Telling, Watch, Watched
from importers.schedule import covers, upcoming
from importers.services import letters
from importers.services.health import is_heard_of
from importers.services.letters import Known
from importers.services.queueing import NO_WORKER, NO_WORKER_HINT

logger = logging.getLogger(__name__)

GATHER = timedelta(minutes=2)
"""So long a letter waits for others to fail for the same cause."""

REST = timedelta(minutes=15)
"""After a letter of one cause, what comes of the same cause is gathered for so long."""

MARK_EVERY = timedelta(seconds=10)
GAP_AFTER = timedelta(minutes=5)
"""No round of the clock for this long is a gap."""

STANDS_STILL_AFTER = timedelta(minutes=1)
"""Who does rounds notes one sooner than that."""

GRACE = timedelta(minutes=10)
"""What a run may take, after the second turn, before it counts as late; and after the clock is back."""

LOOK_FOR_LATE_EVERY = timedelta(minutes=1)
LONGEST_RUN = timedelta(hours=6)
"""One that works is not late before it worked for this long."""

_MOST_RUNS = 500

_OWNER_MENDS = frozenset(
    kind.code for kind in (SetupError, InvalidSettings, CredentialsRejected, AccessDenied, NotThere, NoRoom)
)
_OF_CONNECTIONS = frozenset((CredentialsRejected.code, NeedsReconnecting.code))
_DONE = (Status.DONE, Status.DONE_WITH_NOTES)
_AT_ONCE = (NoticeKind.REFUSED, NoticeKind.GAP)
"""There is nothing to wait for: the letter names all it concerns."""

_RECOVERED = "recovered"


class Noticing:
    """
    Asked every few seconds by the clock; any number of clocks may. What it
    finds it keeps at once, so that a clock that is killed leaves nothing untold:
    the end of each run is looked at until that is noted, and a letter is kept
    together with the note that it tells of something.
    """

    def __init__(self, *, store: NoticeStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._began_at: datetime | None = None
        self._marked_at: datetime | None = None
        self._late_at: datetime | None = None
        self._ahead: tuple[Watch, datetime] | None = None
        self._two_turns: dict[int, tuple[Schedule, datetime, Sequence[datetime]]] = {}
        self._odd: dict[int, Schedule] = {}

    def mark(self) -> None:
        """The clock did its round. Whoever comes back after a gap notes that, and tells whose turns were missed."""
        now = self._clock.now()
        if self._marked_at and timedelta() <= now - self._marked_at < MARK_EVERY:
            return
        seen = self._store.watch()
        if seen is None:
            self._store.keep_watch(None, Watch(now, now))
        elif _is_ahead(seen.at, now):
            if self._stands_still(seen, now):  # the clock was ahead, and is put right: it goes on from here
                self._store.keep_watch(seen, Watch(now, min(seen.since, now)))
        elif now > seen.at:
            is_gap = now - seen.at > GAP_AFTER
            openings = list(self._gaps(seen.at, now)) if is_gap else []
            self._store.keep_watch(seen, Watch(now, now if is_gap else seen.since), openings=openings)
        self._marked_at = now

    def _stands_still(self, seen: Watch, now: datetime) -> bool:
        """Else the clock of another machine is ahead, and does its rounds; the two must not tell of gaps by turns."""
        if self._ahead is None or self._ahead[0] != seen or now < self._ahead[1]:
            self._ahead = (seen, now)
        return now - self._ahead[1] >= STANDS_STILL_AFTER

    def look(self) -> int:
        """
        1. What ended since: who failed often enough, who recovered.
        2. What lasts: connections that are refused, importers paused for their troubles, importers that are late.
        3. Letters about what was not told yet; how many.
        """
        telling = cache(self._store.telling)
        self._note_runs(telling)
        self._note_connections(telling)
        self._note_paused()
        if self._is_time_for_late():
            self._note_late(telling)
        return sum(map(self._tell, self._letters_due()))

    # --- what ended ---

    def _note_runs(self, telling: Callable[[int], Telling]) -> None:
        """Most ended well, and their importers had no trouble before: these are noted all at once."""
        over = self._store.unnoticed_runs(limit=_MOST_RUNS)
        in_trouble = set(self._store.importers_in_trouble([run.importer_id for run in over]))
        in_trouble |= {run.importer_id for run in over if run.status is Status.FAILED}
        self._store.notice_quietly([run for run in over if run.importer_id not in in_trouble])
        for run in over:
            if run.importer_id in in_trouble:
                self._note(run, telling(run.workspace_id))

    def _note(self, run: Run, telling: Telling) -> None:
        done = run.status in _DONE
        self._store.notice_run(
            run,
            opening=self._failure(run, telling) if run.status is Status.FAILED else None,
            closes=done,
            recovered=done and telling.recoveries,
            now=self._clock.now(),
        )

    def _failure(self, run: Run, telling: Telling) -> Opening | None:
        """What to tell of a run that failed, where there is anything."""
        trouble = run.trouble or Trouble("", "It failed.")
        importer = self._importer(run)
        if importer is None or importer.starts_after_success or self._is_of_connection(importer, trouble):
            return None
        times, since = self._store.failures_until(run)
        mends = trouble.code in _OWNER_MENDS
        if times < (telling.after_owner if mends else telling.after_other):
            return None
        told = self._store.open_incident_of(NoticeKind.FAILING, importer.id)
        if told and not (mends and _code(told) != trouble.code):
            return None  # it is known to fail, and nothing new is to be done about it
        return Opening(
            NoticeKind.FAILING,
            run.workspace_id,
            f"failing {trouble.code}",
            since,
            importer_id=importer.id,
            run_id=run.id,
            trouble=trouble,
            times=times,
        )

    def _importer(self, run: Run) -> Importer | None:
        try:
            return self._store.importer(run.workspace_id, run.importer_id)
        except NotThere:
            return None

    def _is_of_connection(self, importer: Importer, trouble: Trouble) -> bool:
        """Whether it is for its connection to be told of, once for all its importers."""
        if trouble.code not in _OF_CONNECTIONS:
            return False
        used = filter(None, (importer.connection_id, importer.target.connection_id))
        return not all(self._store.connection(importer.workspace_id, one).works for one in used)

    def _open(self, kind: NoticeKind) -> dict[int, Incident]:
        """By what they are about."""
        return {
            one.opening.importer_id or one.opening.connection_id or 0: one for one in self._store.open_incidents(kind)
        }

    # --- what lasts ---

    def _note_connections(self, telling: Callable[[int], Telling]) -> None:
        now, open_ones = self._clock.now(), self._open(NoticeKind.REFUSED)
        broken = {connection.id: connection for connection in self._store.broken_connections()}
        for connection in broken.values():
            if connection.id not in open_ones:
                opening = Opening(
                    NoticeKind.REFUSED,
                    connection.workspace_id,
                    f"refused {connection.id}",
                    connection.checked_at,
                    connection_id=connection.id,
                    trouble=connection.trouble,
                )
                self._store.open_incident(opening, now=now)
        for connection_id in open_ones.keys() - broken.keys():
            incident = open_ones[connection_id]
            recoveries = telling(incident.opening.workspace_id).recoveries
            self._store.close_incident(incident, recovered=recoveries, now=now)

    def _note_paused(self) -> None:
        now, open_ones = self._clock.now(), self._open(NoticeKind.PAUSED)
        paused = {importer.id: importer for importer in self._store.importers_paused_for_trouble()}
        for importer in paused.values():
            if importer.id not in open_ones:
                opening = Opening(
                    NoticeKind.PAUSED,
                    importer.workspace_id,
                    "paused",
                    importer.updated_at,
                    importer_id=importer.id,
                    trouble=importer.paused_because,
                )
                self._store.open_incident(opening, now=now)
        for importer_id in open_ones.keys() - paused.keys():
            self._store.close_incident(open_ones[importer_id], recovered=False, now=now)

    def _is_time_for_late(self) -> bool:
        now = self._clock.now()
        if self._late_at and timedelta() <= now - self._late_at < LOOK_FOR_LATE_EVERY:
            return False
        self._late_at = now
        return True

    def _note_late(self, telling: Callable[[int], Telling]) -> None:
        watch, now = self._store.watch(), self._clock.now()
        self._began_at = min(self._began_at or now, now)
        # Whoever was just started has yet to mark how long nobody was there.
        if watch is None or now - watch.at > GAP_AFTER > now - self._began_at:
            return
        late, failing = self._open(NoticeKind.LATE), self._open(NoticeKind.FAILING)
        watched = {one.importer.id: one for one in self._store.watched_importers()}
        overdue = {importer_id for importer_id, one in watched.items() if self._is_overdue(one, watched, watch, now)}
        known = late.keys() | failing.keys()
        new = [watched[it] for it in sorted(overdue - known) if telling(watched[it].importer.workspace_id).late]
        self._store.open_all(list(self._latenesses(new, watch, now)), now=now)
        for importer_id, incident in late.items():
            found = watched.get(importer_id)
            if importer_id not in overdue if found else self._waits_for_nobody(incident):
                recoveries = telling(incident.opening.workspace_id).recoveries
                recovered = recoveries and self._has_arrived(incident, found, now)
                self._store.close_incident(incident, recovered=recovered, now=now)
        self._two_turns = {it: turns for it, turns in self._two_turns.items() if it in watched}

    def _has_arrived(self, incident: Incident, found: Watched | None, now: datetime) -> bool:
        """Whether the run that ends *incident* is over, but its end was not looked at yet."""
        if found:
            arrived = found.arrived_at
        else:
            its = incident.opening.importer_id or 0
            arrived = next(iter(self._store.last_successes(its, until=now, limit=1)), None)
        return arrived is not None and arrived > incident.opening.since

    def _is_overdue(self, one: Watched, watched: Mapping[int, Watched], watch: Watch, now: datetime) -> bool:
        """
        Whether two turns have passed since anything arrived, and since it could.
        A turn that nobody was there to take counts, unless the importer skips such turns.
        """
        schedule = one.importer.schedule
        since = max(_arrived(one, watch, now), _known(one.importer.updated_at, watch, now))
        if now < max(watch.since, _known(one.may_run_since, watch, now)) + GRACE:
            return False
        if schedule.every is Every.AFTER:
            return self._was_called_twice(schedule, watched.get(schedule.after_id or 0), since, until=now - GRACE)
        if schedule.missed is Missed.SKIP:
            since = max(since, watch.since)
        turns = self._two_turns_after(one.importer, since)
        return len(turns) == 2 and now >= turns[1] + GRACE

    def _two_turns_after(self, importer: Importer, since: datetime) -> Sequence[datetime]:
        """Kept from look to look: they stay the same until something arrives or is changed."""
        schedule, reckoned_from, turns = self._two_turns.get(importer.id, (None, None, ()))
        if (schedule, reckoned_from) != (importer.schedule, since):
            turns = self._turns(importer, since, 2)
            self._two_turns[importer.id] = (importer.schedule, since, turns)
        return turns

    def _turns(self, importer: Importer, since: datetime, count: int) -> Sequence[datetime]:
        """None for a schedule that cannot be understood: it must not keep the others from being looked at."""
        try:
            return upcoming(importer.schedule, since, count)
        except Exception:  # whatever it is: it was saved, and passed the checks of its day
            if self._odd.get(importer.id) != importer.schedule:  # said once, not every minute
                self._odd[importer.id] = importer.schedule
                logger.exception("The turns of importer %s cannot be told: %r.", importer.id, importer.schedule)
            return ()

    def _was_called_twice(
        self, schedule: Schedule, leader: Watched | None, since: datetime, *, until: datetime
    ) -> bool:
        """The turns of one that follows another are that one's successes, on the days it has."""
        if leader and (leader.arrived_at is None or leader.arrived_at <= since):
            return False  # as nearly always, and for that nobody needs to be asked
        calls = self._store.last_successes(schedule.after_id or 0, until=until, limit=2)
        return len(calls) == 2 and all(at > since and covers(schedule, at) for at in calls)

    def _waits_for_nobody(self, incident: Incident) -> bool:
        """Whether its importer is not to run by itself; else it only lacks a connection, and is late all the same."""
        opening = incident.opening
        try:
            importer = self._store.importer(opening.workspace_id, opening.importer_id or 0)
        except NotThere:
            return True
        is_chain = importer.schedule.every is Every.AFTER and not importer.starts_after_success
        return importer.paused or (importer.next_run_at is None and not is_chain)

    def _latenesses(self, overdue: Sequence[Watched], watch: Watch, now: datetime) -> Iterator[Opening]:
        """But for those whose run works."""
        newest = self._store.newest_runs([one.importer.id for one in overdue])
        has_worker = cache(self._has_worker)
        for one in overdue:
            run = newest.get(one.importer.id)
            if not _is_busy(run, now):
                why = _why_late(run, has_worker)
                yield Opening(
                    NoticeKind.LATE,
                    one.importer.workspace_id,
                    f"late {why.code}",
                    _arrived(one, watch, now),
                    importer_id=one.importer.id,
                    run_id=run.id if run else None,
                    trouble=why,
                )

    def _has_worker(self) -> bool:
        return is_heard_of("worker", self._store.process_beats(), self._clock.now())

    def _gaps(self, since: datetime, until: datetime) -> Iterator[Opening]:
        """Of every workspace in which something should have run meanwhile."""
        missed = {
            one.importer.workspace_id
            for one in self._store.watched_importers()
            if any(due_at <= until for due_at in self._turns(one.importer, since, 1))
        }
        for workspace_id in sorted(missed):
            if self._store.telling(workspace_id).gaps:
                yield Opening(NoticeKind.GAP, workspace_id, "gap", since)

    # --- letters ---

    def _letters_due(self) -> Iterator[tuple[str, Sequence[Incident]]]:
        """What to tell now, by cause; the empty cause is that of recoveries."""
        now = self._clock.now()
        untold = [one for one in self._store.untold_incidents() if not _never_was(one, now)]
        for incidents in _grouped(one for one in untold if not one.is_told):
            opening = incidents[0].opening
            wait = timedelta() if opening.kind in _AT_ONCE else GATHER
            if self._is_due(opening.workspace_id, opening.cause, min(one.opened_at for one in incidents), wait):
                yield opening.cause, incidents
        for incidents in _grouped((one for one in untold if one.is_told), by_cause=False):
            workspace_id = incidents[0].opening.workspace_id
            ended = [one.closed_at for one in incidents if one.closed_at]
            if self._is_due(workspace_id, _RECOVERED, min(ended), GATHER):
                yield _RECOVERED, incidents

    def _is_due(self, workspace_id: int, cause: str, noticed_at: datetime, wait: timedelta) -> bool:
        now = self._clock.now()
        if now < noticed_at + wait and not _is_ahead(noticed_at, now):
            return False
        last = self._store.last_told(workspace_id, cause)
        return last is None or now >= last + REST or _is_ahead(last, now)

    def _tell(self, due: tuple[str, Sequence[Incident]]) -> bool:
        """One that cannot be written must not keep the others from it."""
        cause, incidents = due
        try:
            return self._told(cause, incidents)
        except Exception:
            logger.exception("A notice (%s) could not be written.", cause)
            return False

    def _told(self, cause: str, incidents: Sequence[Incident]) -> bool:
        workspace_id, is_end = incidents[0].opening.workspace_id, cause == _RECOVERED
        known = self._known(workspace_id)
        letter = letters.recovery(incidents, known) if is_end else letters.beginning(incidents, known)
        if letter is None:
            return False
        is_written = self._store.tell(
            workspace_id,
            letter,
            cause=cause,
            beginnings=() if is_end else incidents,
            # Of what was over before it was told, the same letter says that, too.
            ends=[one for one in incidents if one.closed_at and one.recovered],
            now=self._clock.now(),
        )
        if is_written:
            logger.info("Notice: %s", _plain_title(letter))
        return is_written

    def _known(self, workspace_id: int) -> Known:
        return Known(
            self._store.workspace(workspace_id),
            {importer.id: importer for importer in self._store.importers(workspace_id)},
            {connection.id: connection for connection in self._store.connections(workspace_id)},
            uuid.uuid4().hex,
            self._clock.now(),
        )


def _why_late(run: Run | None, has_worker: Callable[[], bool]) -> Trouble:
    if run and run.status in (Status.WAITING, Status.FAILED) and run.trouble:
        return run.trouble
    if run and run.status is Status.RUNNING:
        return Trouble("long-run", "Its run has been working for hours.", "Look at the run, and cancel it if it hangs.")
    if not has_worker():
        return Trouble("no-worker", NO_WORKER, NO_WORKER_HINT)
    if run and run.status is Status.QUEUED:
        return Trouble(
            "queued", "Its run waits in the queue.", "Let importers run at different times, or start more workers."
        )
    return Trouble("not-begun", "No run was begun.", "`pipesheet check` on the server says what is missing.")


def _is_busy(run: Run | None, now: datetime) -> bool:
    if run is None or run.status is not Status.RUNNING or run.started_at is None:
        return False
    return now - run.started_at < LONGEST_RUN and not _is_ahead(run.started_at, now)


def _is_ahead(moment: datetime, now: datetime) -> bool:
    """Whether it was noted while the clock was; those of several machines differ by seconds."""
    return moment - now > GAP_AFTER


def _never_was(incident: Incident, now: datetime) -> bool:
    """A gap up to a time that has yet to come."""
    return incident.opening.kind is NoticeKind.GAP and _is_ahead(incident.opened_at, now)


def _known(moment: datetime, watch: Watch, now: datetime) -> datetime:
    """What was noted while the clock was ahead happened at nobody knows when: it counts from when rounds are done again."""
    return watch.since if _is_ahead(moment, now) else min(moment, now)


def _arrived(one: Watched, watch: Watch, now: datetime) -> datetime:
    return _known(one.arrived_at or one.importer.created_at, watch, now)


def _grouped(incidents: Iterable[Incident], *, by_cause: bool = True) -> Iterator[list[Incident]]:
    def key(one: Incident) -> tuple[int, str, int]:
        # Gaps are told one by one: each has its own hours.
        alone = one.id if one.opening.kind is NoticeKind.GAP else 0
        return one.opening.workspace_id, one.opening.cause if by_cause else "", alone

    for _, group in groupby(sorted(incidents, key=lambda one: (key(one), one.id)), key=key):
        yield list(group)


def _code(incident: Incident) -> str:
    return incident.opening.trouble.code if incident.opening.trouble else ""


def _plain_title(letter: Letter) -> str:
    return " ".join(letter.title.split())
