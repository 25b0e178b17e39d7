"""Start, watch, cancel and execute runs; look at what they wrote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from importers.errors import NeedsReconnecting, NotThere
from importers.interfaces import Clock, Doorbell, Store
from importers.model import (
    EXCEL,
    Actor,
    Connection,
    Event,
    Grid,
    Importer,
    Line,
    Role,
    Run,
    Status,
    Target,
    Trigger,
)
from importers.services.access import require
from importers.services.dispatch import Dispatch
from importers.services.execution import Execution
from importers.services.kinds import Kinds
from importers.services.queueing import Holdup, Queueing

_LOOK_AT_LEAST_EVERY = 1.0
"""Seconds. A ring may be missed between looking and listening: then this is how late the news is."""

MOST_GRID_ROWS = 1000


class Look(NamedTuple):
    """A run as it is, what its story has new, and while it is queued why it has not begun."""

    run: Run
    events: Sequence[Event]
    holdup: Holdup | None


class Runs:
    def __init__(
        self,
        *,
        store: Store,
        kinds: Kinds,
        dispatch: Dispatch,
        doorbell: Doorbell,
        clock: Clock,
        execution: Execution,
    ) -> None:
        self._store = store
        self._kinds = kinds
        self._dispatch = dispatch
        self._doorbell = doorbell
        self._clock = clock
        self._execution = execution
        self._queueing = Queueing(store=store, clock=clock)

    def start(self, actor: Actor, importer_id: int) -> Run:
        """
        Queue a run. While one is queued or running, that one is returned
        instead, because an importer never overlaps itself; one that waits is
        tried again at once. Raises NeedsReconnecting while a connection of it is
        refused: whether it may work again is for `Connections.check`, which is
        cheaper and leaves no failed run behind.
        """
        require(actor, Role.EDITOR, "run importers")
        importer = self._store.importer(actor.workspace.id, importer_id)
        for connection_id in filter(None, (importer.connection_id, importer.target.connection_id)):
            _check_connection(self._store.connection(actor.workspace.id, connection_id), actor)
        run, is_new = self._store.add_run(importer, Trigger.MANUAL, now=self._clock.now())
        if is_new or self._wake(actor, run):
            self._dispatch.send()
        return self.get(actor, run.id)

    def _wake(self, actor: Actor, run: Run) -> bool:
        if run.status is not Status.WAITING:
            return False
        line = Line(f"{actor.user.email} asked to try again now.")
        is_awake = self._store.wake_run(run, line=line, now=self._clock.now())
        self._doorbell.ring(run.id)
        return is_awake

    def get(self, actor: Actor, run_id: int) -> Run:
        return self._store.run(actor.workspace.id, run_id)

    def list(self, actor: Actor, importer_id: int, *, limit: int = 50, before: int | None = None) -> Sequence[Run]:
        """Newest first; with *before* those that are older than that one."""
        importer = self._store.importer(actor.workspace.id, importer_id)
        return self._store.runs(actor.workspace.id, importer.id, limit=limit, before=before)

    def events(self, actor: Actor, run_id: int, *, after: int = 0) -> Sequence[Event]:
        return self._store.events(actor.workspace.id, run_id, after=after)

    def follow(self, actor: Actor, run_id: int, *, after: int = 0, seconds: float = 25.0) -> Iterator[Look]:
        """
        The run as it is now with the events after number *after*, then again
        whenever something new happened, until the run is over or *seconds*
        have passed. Yields at least once.
        """
        ends_at = self._clock.monotonic() + seconds
        seen: tuple[Run, Holdup | None] | None = None
        while True:
            run = self.get(actor, run_id)
            news = self.events(actor, run_id, after=after)
            after = news[-1].number if news else after
            holdup = self.holdup(run)
            if news or (run, holdup) != seen:
                yield Look(run, news, holdup)
            seen = run, holdup
            left = ends_at - self._clock.monotonic()
            if run.status.is_over or left <= 0:
                return
            self._doorbell.wait(run_id, min(left, _LOOK_AT_LEAST_EVERY))

    def holdup(self, run: Run) -> Holdup | None:
        """Why a run that is queued has not begun; None for every other one."""
        return self._queueing.of(run)

    def holdups(self, actor: Actor) -> Mapping[int, Holdup]:
        """The same of every queued run of the workspace, by its id."""
        return self._queueing.all(actor)

    def cancel(self, actor: Actor, run_id: int) -> Run:
        """Ask a run to stop; a queued or waiting one is cancelled at once."""
        require(actor, Role.EDITOR, "cancel runs")
        line = Line(f"{actor.user.email} asked to stop.")
        run = self._store.cancel_run(actor.workspace.id, run_id, line=line, now=self._clock.now())
        self._doorbell.ring(run_id)
        if run.status.is_over and run.in_line_since:
            self._kinds.give_up_place(self._store.importer(run.workspace_id, run.importer_id).target)
        return run

    def execute(self, run_id: int) -> None:
        """
        The worker's part: claim the run and carry it out to an honest end.
        Returns at once when somebody else has it or it is over, so a message
        delivered twice does no harm. Never raises for an import that failed.
        A worker that must leave hands the run back, and it is queued again.
        Either way there is room for another run now.
        """
        self._execution.execute(run_id)
        self._dispatch.go_on()

    def grid(self, actor: Actor, importer_id: int, *, first: int = 1, count: int = 100) -> Grid:
        """Of a workbook. Raises NotThere while nothing was written yet, and for a table that is elsewhere."""
        importer = self._in_a_workbook(actor, importer_id)
        file = self._kinds.file(actor.workspace.id, importer.target)
        if not file.is_file() and self._was_written(importer):
            raise _elsewhere_or_removed(file)
        return self._kinds.grid(
            actor.workspace.id, importer.target, first=max(1, first), count=max(0, min(count, MOST_GRID_ROWS))
        )

    def workbook(self, actor: Actor, importer_id: int) -> Path:
        """The file the importer writes, for the download. Raises NotThere while there is none, and for a table elsewhere."""
        importer = self._in_a_workbook(actor, importer_id)
        file = self._kinds.file(actor.workspace.id, importer.target)
        if not file.is_file() and self._was_written(importer):
            raise _elsewhere_or_removed(file)
        if not file.is_file():
            raise NotThere(f"{file.name} does not exist yet.", hint="Run the importer first.")
        return file

    def _was_written(self, importer: Importer) -> bool:
        return bool(self._store.done_runs(importer.workspace_id, each=1, only=[importer.id]))

    def _in_a_workbook(self, actor: Actor, importer_id: int) -> Importer:
        importer = self._store.importer(actor.workspace.id, importer_id)
        if importer.target.kind != EXCEL:
            raise _elsewhere(importer.target)
        return importer


def _elsewhere_or_removed(file: Path) -> NotThere:
    return NotThere(
        f"{file.name} is not in the folder of this machine, although a run wrote it.",
        hint="If somebody removed it, run the importer again. If it is missing even then, pages and workers do not share "
        "one folder: whoever runs Pipesheet must set PIPESHEET_HOME to the same for all of them.",
    )


def _elsewhere(target: Target) -> NotThere:
    return NotThere(
        f"The table is in Google Sheets, in the tab {target.sheet} of {target.place_name}.",
        hint="Open it there: the importer’s page has the link.",
    )


def _check_connection(connection: Connection, actor: Actor) -> None:
    if connection.works:
        return
    how = "Reconnect it" if actor.role is Role.OWNER else "Ask an owner to reconnect it"
    raise NeedsReconnecting(
        f"{connection.label} needs reconnecting, so no run was started.",
        hint=f"{how}, or press Check on the connection’s page if it may work again.",
    )
