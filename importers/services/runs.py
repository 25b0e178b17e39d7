"""Start, watch, cancel and execute runs; look at what they wrote."""

from __future__ import annotations
from collections.abc import Iterator, Sequence
from pathlib import Path
from importers.model import Actor, Event, Grid, Importer, Run


class Runs:
    def start(self, actor: Actor, importer_id: int) -> Run:
        """Queue a run. While one is queued, running or waiting, that one is returned instead: an importer never overlaps itself."""
        raise NotImplementedError

    def get(self, actor: Actor, run_id: int) -> Run: ...
    def list(self, actor: Actor, importer_id: int, *, limit: int = 50) -> Sequence[Run]:
        """Newest first."""
        raise NotImplementedError

    def events(self, actor: Actor, run_id: int, *, after: int = 0) -> Sequence[Event]: ...
    def follow(
        self, actor: Actor, run_id: int, *, after: int = 0, seconds: float = 25.0
    ) -> Iterator[tuple[Run, Sequence[Event]]]:
        """
        The run as it is now with the events after number *after*, then again
        whenever something new happened, until the run is over or *seconds*
        have passed. Yields at least once.
        """
        raise NotImplementedError

    def cancel(self, actor: Actor, run_id: int) -> Run:
        """Ask a run to stop; a queued or waiting one is cancelled at once."""
        raise NotImplementedError

    def execute(self, run_id: int) -> None:
        """
        The worker's part: claim the run and carry it out to an honest end.
        Returns at once when somebody else has it or it is over, so a message
        delivered twice does no harm. Never raises for an import that failed.
        """
        raise NotImplementedError

    def grid(self, actor: Actor, importer_id: int, *, first: int = 1, count: int = 100) -> Grid:
        """Raises NotThere while nothing was written yet."""
        raise NotImplementedError

    def workbook(self, actor: Actor, importer_id: int) -> Path:
        """The file the importer writes, for the download. Raises NotThere while there is none."""
        raise NotImplementedError
