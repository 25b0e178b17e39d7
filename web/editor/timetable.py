"""A schedule in words and the moments it leads to, while it is being typed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from importers.errors import InvalidSettings
from importers.model import Every, Schedule
from importers.schedule import check, in_words, upcoming
from web import current
from web.editor.schedule_answers import schedule_from
from web.editor.schedule_forms import ScheduleForm
from web.filters import exact, relative

NEXT_RUNS = 3
_ANSWERS = ("every", "number", "weekdays", "at", "time_zone")


@dataclass(frozen=True, slots=True)
class Timetable:
    words: str = ""
    problem: str = ""
    note: str = ""
    next: tuple[dict[str, str], ...] = ()


def timetable(form: ScheduleForm) -> Timetable:
    """For a form that was just sent or made; *problem* says what does not fit."""
    problems = [str(error) for name in _ANSWERS for error in form[name].errors]
    if problems:
        return Timetable(problem=problems[0])
    return timetable_of(schedule_from(form))


def timetable_of(schedule: Schedule) -> Timetable:
    try:
        check(schedule)
    except InvalidSettings as error:
        return Timetable(problem=str(error))
    moments = upcoming(schedule, current.now(), NEXT_RUNS)
    note = "Counted from midnight." if schedule.every in (Every.MINUTES, Every.HOURS) else ""
    return Timetable(in_words(schedule), note=note, next=tuple(_told(moment, schedule) for moment in moments))


def _told(moment: datetime, schedule: Schedule) -> dict[str, str]:
    text = exact(moment, current.zone_named(schedule.time_zone))
    return {"at": moment.isoformat(), "text": text, "relative": relative(moment)}
