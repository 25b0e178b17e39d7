"""A schedule in words and the moments it leads to, while it is being typed."""

from __future__ import annotations

from dataclasses import dataclass

from importers.errors import InvalidSettings
from importers.model import Every, Schedule
from importers.schedule import Coming, check, coming, remark
from web import current
from web.editor.schedule_answers import schedule_from
from web.editor.schedule_forms import ScheduleForm
from web.filters import exact, in_words_of, relative

NEXT_RUNS = 5


@dataclass(frozen=True, slots=True)
class Timetable:
    """*problem* says what does not fit, *field* where."""

    words: str = ""
    problem: str = ""
    field: str = ""
    note: str = ""
    next: tuple[dict[str, str], ...] = ()


def timetable(form: ScheduleForm) -> Timetable:
    """For a form that was just sent or made."""
    name, problem = next(form.problems(), ("", ""))
    if problem:
        return Timetable(problem=problem, field=name)
    return timetable_of(schedule_from(form))


def timetable_of(schedule: Schedule) -> Timetable:
    try:
        check(schedule)
    except InvalidSettings as error:
        return Timetable(problem=str(error), field=str(error.facts.get("field", "")))
    moments = coming(schedule, current.now(), NEXT_RUNS)
    return Timetable(
        in_words_of(schedule), note=_note(schedule, moments), next=tuple(_told(one, schedule) for one in moments)
    )


def _note(schedule: Schedule, moments: list[Coming]) -> str:
    if schedule.every is Every.MANUAL:
        return "Only when somebody presses Run."
    if schedule.every is Every.AFTER:
        return _note_of_chain(schedule)
    if not moments:
        return "No run is due any more."
    if schedule.every in (Every.MINUTES, Every.HOURS):
        if schedule.opens:
            return f"Counted from {schedule.opens:%H:%M}."
        return "" if "counted from" in in_words_of(schedule) else "Counted from midnight."
    return ""


def _note_of_chain(schedule: Schedule) -> str:
    today = current.now().astimezone(current.zone_named(schedule.time_zone)).date()
    if schedule.ends_on and schedule.ends_on < today:
        return "No run is due any more."
    return "Each time that one has succeeded" + (
        " on one of these days." if schedule.starts_on or schedule.ends_on else "."
    )


def _told(one: Coming, schedule: Schedule) -> dict[str, str]:
    text = exact(one.at, current.zone_named(schedule.time_zone))
    return {"at": one.at.isoformat(), "text": text, "relative": relative(one.at), "note": remark(one, schedule)}
