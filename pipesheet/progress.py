"""How far a one-off import is: a bar on a terminal, silence elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from importers.engine.pipeline import Progress
from importers.model import Phase

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

_DOING = {
    Phase.QUEUED: "Starting",
    Phase.CONNECTING: "Asking Pipedrive",
    Phase.READING: "Reading",
    Phase.WRITING: "Writing",
    Phase.FINISHED: "Done",
}


class Watcher(Protocol):
    def tell(self, text: str) -> None: ...

    def report(self, progress: Progress) -> None: ...


class Silent:
    """For logs and pipes, where only the last line counts."""

    def tell(self, text: str) -> None:
        pass

    def report(self, progress: Progress) -> None:
        pass


class OnTerminal:
    def __init__(self, bar: Bar, task: TaskID) -> None:
        self._bar = bar
        self._task = task

    def tell(self, text: str) -> None:
        self._bar.console.print(text, markup=False, highlight=False)

    def report(self, progress: Progress) -> None:
        counts = progress.counts
        self._bar.update(
            self._task,
            description=_DOING[progress.phase],
            completed=counts.rows_read,
            total=counts.rows_total,
        )


@contextmanager
def watched() -> Iterator[Watcher]:
    """On standard error, so that standard output stays with the result."""
    if not sys.stderr.isatty():
        yield Silent()
        return
    with _bar() as bar:
        yield OnTerminal(bar, bar.add_task(_DOING[Phase.QUEUED], total=None))


def _bar() -> Bar:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("rows"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
