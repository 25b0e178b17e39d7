"""
When an importer is due. Pure: schedule and moment in, moment out.

    rules      what makes sense
    days       which days, and which times by the clock on the wall
    moments    these, in UTC
    words      as a person would say it
    cron       expressions of five parts
    chains     who may follow whom
    ending     what is over
"""

from importers.schedule.chains import check_chain, makes_loop
from importers.schedule.ending import check_goes_on, is_over
from importers.schedule.moments import Coming, coming, covers, next_run_after, runs_by_day, upcoming
from importers.schedule.rules import check
from importers.schedule.words import in_words, remark

__all__ = [
    "Coming",
    "check",
    "check_chain",
    "check_goes_on",
    "coming",
    "covers",
    "in_words",
    "is_over",
    "makes_loop",
    "next_run_after",
    "remark",
    "runs_by_day",
    "upcoming",
]
