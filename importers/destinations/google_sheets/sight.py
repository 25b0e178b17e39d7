"""The spreadsheet as a run sees it, while it keeps others from writing the tab."""

from __future__ import annotations

from contextlib import ExitStack

from importers.destinations.google_sheets import marks
from importers.destinations.google_sheets.finding import find
from importers.destinations.google_sheets.job import Job
from importers.destinations.google_sheets.place import Place
from importers.destinations.google_sheets.staging import overtaken, remove_leftovers
from importers.destinations.google_sheets.survey import Survey, known_table, look
from importers.interfaces import Stop, never_stop
from importers.model import Target


class Sight:
    """`survey` and `place` are those of the last look."""

    def __init__(self, job: Job, survey: Survey, place: Place) -> None:
        self.survey = survey
        self.place = place
        self.still_held: Stop = never_stop
        self._job = job
        self._name = ""
        self._lock = ExitStack()

    @property
    def was_written(self) -> bool:
        """An earlier try of this run has written all of it."""
        known = self.survey.known
        return known is not None and known.done.run == self._job.run

    def hold(self) -> None:
        """
        Hold the tab, and look: at a table nobody else writes any more, and
        without what runs that died left behind.
        """
        while True:
            name = lock_name(self._job.target, self.survey)
            if name != self._name:
                self.let_go()
                self.still_held = self._held(name)
                self._name = name
            self.look()
            if self.survey.stages and remove_leftovers(self._job.heard, self.survey):
                self.look()
            if lock_name(self._job.target, self.survey) == self._name:
                return

    def _held(self, name: str) -> Stop:
        """From before anything was read on, unless that was lost meanwhile: then anew, for nothing was compared yet."""
        job = self._job
        if job.held and job.held.name == name and job.held.is_ours:
            return job.held.still
        return self._lock.enter_context(
            job.locks.hold(name, who=job.table, run=job.delivery.run, tell=job.tell, stop=job.stop)
        )

    def look(self) -> None:
        job = self._job
        self.survey, self.place = find(job.heard, job.target, job.all_columns)

    def is_unchanged(self, stages: set[int]) -> bool:
        """
        Whether everything still is where it was at the last look. *stages* are ours.

        Raises:
            TemporaryError: another run has begun to write this table.
        """
        job = self._job
        found = marks.parsed(job.heard.search_metadata(job.spreadsheet, marks.KEYS))
        others = [one for one in found if one.key == marks.STAGE and one.content.get("table") == job.table]
        if any(one.sheet_id not in stages for one in others):
            raise overtaken()
        now, before = known_table(job.table, self.survey.tabs, found), self.survey.known
        return (now.shape if now else None) == (before.shape if before else None)

    def has_our_name(self) -> bool:
        """Whether the table says by now that this run has written it."""
        known = look(self._job.settler, self._job.target).known
        return known is not None and known.done.run == self._job.run

    def let_go(self) -> None:
        self._lock.close()
        self._name = ""


def lock_name(target: Target, survey: Survey) -> str:
    tab = f"title {target.sheet.casefold()}" if survey.tab is None else str(survey.tab.id)
    return f"google_sheets:{target.place}:{tab}"
