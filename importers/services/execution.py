"""One run, carried out by a worker: from the claim to an honest end."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC

from importers.engine.outcome import judge
from importers.engine.pipeline import Outcome, Pipeline
from importers.errors import (
    ConnectionTrouble,
    CredentialsRejected,
    HandedBack,
    ImporterError,
    NeedsReconnecting,
    RunStopped,
    ServiceTrouble,
    SetupError,
    StoppedHalfway,
)
from importers.http.ahead import apart
from importers.interfaces import Clock, Doorbell, Leaving, Stop, Store, never_leaving, say_nothing
from importers.model import (
    PIPEDRIVE,
    Bulletin,
    Connection,
    Counts,
    Delivery,
    Ending,
    Importer,
    Level,
    Line,
    MirrorFile,
    Phase,
    Run,
    Sight,
    Status,
    Trigger,
    Trouble,
)
from importers.services import mirrors
from importers.services.accounts import Accounts
from importers.services.books import mark_of
from importers.services.dispatch import next_turn_after
from importers.services.heartbeat import LOOK_EVERY_SECONDS, Heartbeat
from importers.services.kinds import Kinds
from importers.services.story import Names, Story
from importers.tables.frozen import selected

logger = logging.getLogger(__name__)

_HANDED_BACK = Line("The worker was asked to stop and handed the run back. The next one starts it over.", Level.NOTE)


FAILURES = 3
"""So often in a row may runs that begin by themselves fail for what only the owner can mend."""


class Execution:
    """
    Carries out runs. Whatever goes wrong ends up in the run, with what to do
    about it; only a store that does not answer leaves a run without its end,
    and the clock finds that one by its silent heart.
    """

    def __init__(
        self,
        *,
        store: Store,
        accounts: Accounts,
        kinds: Kinds,
        doorbell: Doorbell,
        clock: Clock,
        leaving: Leaving = never_leaving,
        look_every: float = LOOK_EVERY_SECONDS,
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._kinds = kinds
        self._doorbell = doorbell
        self._clock = clock
        self._leaving = leaving
        self._look_every = look_every

    def execute(self, run_id: int) -> bool:
        """
        Whether the run is over for this worker; False when it was handed back
        and waits in the store for another one.

        1. Claim the run; if somebody else has it, that is the end.
        2. Keep its heart beating while the pipeline works.
        3. Judge what came of it and keep that, unless the claim was lost.
        """
        claim = secrets.token_hex(16)
        run = self._store.claim_run(run_id, claim, now=self._clock.now())
        if run is None:
            return True
        self._doorbell.ring(run_id)
        logger.info("run %d started%s", run_id, f", try {run.attempt}" if run.attempt > 1 else "")
        attempt = _Attempt(run, claim, self._store, self._doorbell, self._clock)
        heartbeat = Heartbeat(
            self._store, run_id, claim, clock=self._clock, leaving=self._leaving, look_every=self._look_every
        )
        with heartbeat:
            return self._carry_out(attempt, heartbeat)

    def _carry_out(self, attempt: _Attempt, heartbeat: Heartbeat) -> bool:
        try:
            outcome = self._import(attempt, heartbeat)
        except HandedBack:
            return not attempt.handed_back()
        except Exception as error:  # noqa: BLE001  # the edge: every end is an honest one
            attempt.failed(error, self._bulletin(error, heartbeat.stop))
        else:
            attempt.succeeded(outcome)
        return True

    def _import(self, attempt: _Attempt, heartbeat: Heartbeat) -> Outcome:
        run = attempt.run
        importer = self._store.importer(run.workspace_id, run.importer_id)
        connection = self._store.connection(run.workspace_id, importer.connection_id)
        attempt.importer, attempt.name, attempt.reads = importer, importer.name, mark_of(importer.selection)
        writes_with = self._accounts.writes_with(run.workspace_id, importer.target)
        for used in filter(None, (connection, writes_with)):
            _check_connection(run, used)
        names = Names(connection, self._label(importer), importer.target, writes_with)
        story = attempt.begin_story(names, heartbeat)
        with (
            self._accounts.source(connection, hurries=False) as source,
            self._accounts.destination(run.workspace_id, importer.target) as destination,
        ):
            pipeline = Pipeline(
                source,
                destination,
                tell=story.tell,
                report=story.report,
                stop=heartbeat.stop,
                still_ours=heartbeat.make_sure,
            )
            mirror = MirrorFile(self._kinds.mirror(importer), _seen_by(connection), _company_of(connection))
            delivery = Delivery(f"run {run.id}", at=self._clock.now())
            outcome = pipeline.run(importer.selection, importer.target, mirror=mirror, delivery=delivery)
        attempt.keep_columns(importer, outcome.sight)
        self._forget_if_gone(importer)
        return outcome

    def _forget_if_gone(self, importer: Importer) -> None:
        """Whoever deleted it meanwhile found nothing to forget yet."""
        with suppress(ImporterError, OSError):  # the table is written; what is left is swept away at the next start
            if mirrors.is_gone(self._store, importer.workspace_id, importer.id):
                mirrors.forget(self._kinds.mirror(importer))

    def _bulletin(self, error: Exception, stop: Stop) -> Bulletin | None:
        """How Pipedrive says it is, where that may be why *error* was raised, and nobody waits for the end."""
        if not isinstance(error, ServiceTrouble | ConnectionTrouble) or error.facts.get("kind", PIPEDRIVE) != PIPEDRIVE:
            return None
        try:
            return apart(lambda tell, stop: self._kinds.bulletin(), tell=say_nothing, stop=stop)
        except RunStopped:
            return None
        except Exception:  # it is the run's own trouble that counts
            logger.exception("how Pipedrive is could not be found out")
            return None

    def _label(self, importer: Importer) -> str:
        name = importer.selection.entity
        return next((entity.label for entity in self._kinds.entities() if entity.name == name), name)


def _check_connection(run: Run, connection: Connection) -> None:
    """
    A run that began by itself waits for a connection known to be refused. By
    hand none begins then; one that was asked for before it was known tries, so
    that whoever is watching sees at once what is wrong.
    """
    if run.trigger is not Trigger.MANUAL and not connection.works:
        raise NeedsReconnecting(
            f"The connection to {connection.name} needs reconnecting, so this run has not begun.",
            hint="It begins by itself once that is done.",
        )


class _Attempt:
    """One try at a run; every word of it counts only while the claim is ours."""

    def __init__(self, run: Run, claim: str, store: Store, doorbell: Doorbell, clock: Clock) -> None:
        self.run = run
        self._claim = claim
        self._store = store
        self._doorbell = doorbell
        self._clock = clock
        self._story: Story | None = None
        self.importer: Importer | None = None
        self.name = "its importer is unknown"
        self.reads = ""

    def begin_story(self, names: Names, heartbeat: Heartbeat) -> Story:
        def save(phase: Phase, counts: Counts, lines: Sequence[Line]) -> None:
            ours = self._store.save_progress(
                self.run.id, self._claim, phase=phase, counts=counts, lines=lines, now=self._clock.now()
            )
            if not ours:
                heartbeat.quit()
            self._doorbell.ring(self.run.id)

        self._story = Story(names, save, clock=self._clock)
        return self._story

    def keep_columns(self, importer: Importer, sight: Sight) -> None:
        """What the sheet has is kept, unless its owner chose other columns meanwhile: then those come next."""
        selection = selected(importer.selection, sight.frozen)
        if (selection, sight.changes) == (importer.selection, importer.changes):
            return
        try:
            self._store.keep_columns(importer, selection, sight.changes)
        except ImporterError:
            # The sheet is written all the same. The next run sees the columns again.
            logger.exception("the columns of run %d could not be kept", self.run.id)

    def succeeded(self, outcome: Outcome) -> None:
        status = Status.DONE_WITH_NOTES if outcome.notes else Status.DONE
        rows = outcome.counts.rows_written
        logger.info("run %d %s: %s row%s, %s", self.run.id, status, f"{rows:,}", "" if rows == 1 else "s", self.name)
        counts = replace(outcome.counts, reads=self.reads)
        self._end(Ending(status, counts, notes=outcome.notes), [])

    def handed_back(self) -> bool:
        """Whether it was: one that was cancelled meanwhile is over, and a claim that is lost leaves nothing to hand back."""
        now = self._clock.now()
        try:
            kept = self._store.release_run(self.run.id, self._claim, line=_HANDED_BACK, now=now)
        except ImporterError:
            # The clock will find the run by its silent heart.
            logger.exception("run %d could not be handed back", self.run.id)
            return False
        if not kept:
            self.failed(RunStopped("The run was cancelled."), None)
            return False
        logger.info("run %d handed back, because this worker stops, %s", self.run.id, self.name)
        self._doorbell.ring(self.run.id)
        return True

    def failed(self, error: Exception, bulletin: Bulletin | None) -> None:
        # What a worker's death cut short says nothing about what this one met.
        attempt = self.run.attempt - self.run.abandoned
        verdict = judge(error, attempt=attempt, now=self._clock.now(), since=self.run.in_line_since)
        trouble = replace(verdict.trouble, bulletin=bulletin) if verdict.trouble else None
        reference = verdict.trouble.reference if verdict.trouble else ""
        if isinstance(error, ImporterError):
            logger.info("run %d %s: %s (%s), %s", self.run.id, verdict.status, error.message, error.code, self.name)
        else:
            logger.error("run %d failed, reference %s", self.run.id, reference, exc_info=error)
        counts = self._story.counts if self._story else Counts()
        ending = Ending(verdict.status, counts, trouble=trouble, wake_at=verdict.wake_at, was_tried=verdict.was_tried)
        is_kept = self._end(ending, [_last_line(ending, error), *([_told_by(bulletin)] if bulletin else [])])
        if is_kept and trouble and isinstance(error, SetupError) and not isinstance(error, CredentialsRejected):
            self._pause(trouble)

    def _pause(self, trouble: Trouble) -> None:
        """Nobody but the owner can mend it: then it is no use to go on and on. (A refused account pauses by itself.)"""
        if self.run.trigger is Trigger.MANUAL:
            return
        try:
            if self._store.pause_failing(self.run, trouble, times=FAILURES, now=self._clock.now()):
                logger.info("importer %d is paused after %d failures, %s", self.run.importer_id, FAILURES, self.name)
        except ImporterError:
            logger.exception("importer %d could not be paused", self.run.importer_id)

    def _end(self, ending: Ending, lines: Sequence[Line]) -> bool:
        """Whether it counts."""
        now = self._clock.now()
        try:
            kept = self._store.end_run(
                self.run.id,
                self._claim,
                ending,
                lines=lines,
                now=now,
                tried=self.importer,
                next_turn=next_turn_after(now),
            )
        except ImporterError:
            # The clock will find the run by its silent heart.
            logger.exception("run %d ended as %s, which could not be kept", self.run.id, ending.status)
            return False
        if not kept:
            logger.warning("run %d was taken over or deleted; this attempt does not count", self.run.id)
        self._doorbell.ring(self.run.id)
        return kept


def _seen_by(connection: Connection) -> str:
    """Whose eyes read: another user of the company may see other records."""
    account = connection.account
    return f"{connection.kind}: {account.company_domain}, {account.email or account.user}"


def _company_of(connection: Connection) -> str:
    """Its id, which stays when the company's address changes; the address where only that is known."""
    account = connection.account
    return f"{connection.kind}: {account.company_id or account.company_domain}"


def _told_by(bulletin: Bulletin) -> Line:
    """Times in a story stand beside the line, so the moment is told with its zone."""
    if bulletin.is_well:
        return Line(f"Pipedrive itself reports no trouble: {bulletin.url}")
    since = f" since {bulletin.since.astimezone(UTC):%H:%M} UTC" if bulletin.since else ""
    subject = f" ({bulletin.subject})" if bulletin.subject else ""
    return Line(f"Pipedrive reports: {bulletin.state}{since}{subject}, {bulletin.url}", Level.NOTE)


def _last_line(ending: Ending, error: Exception) -> Line:
    if isinstance(error, StoppedHalfway):
        return Line(str(error), Level.NOTE)
    if ending.trouble is None:
        return Line("Cancelled. The sheet is as it was before.")
    text = f"{ending.trouble.message} {ending.trouble.hint}".strip()
    return Line(text, Level.NOTE if ending.status is Status.WAITING else Level.ERROR)
