"""Cron expressions: what is wrong with one, and what it says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cronsim import CronSim, CronSimError
from cronsim.explain import Expression

from importers.errors import InvalidSettings

_SOME_TIME = datetime(2024, 1, 1)  # noqa: DTZ001  # what an expression means does not depend on it
_WRITTEN_OUT = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}


@dataclass(frozen=True, slots=True)
class _Part:
    """One of the five; *names* are those of its values, from the lowest on."""

    name: str
    lowest: int
    highest: int
    names: tuple[str, ...] = ()

    def number(self, word: str) -> int | None:
        if word in self.names:
            return self.lowest + self.names.index(word)
        return int(word) if word.isascii() and word.isdecimal() else None

    def spelled(self, number: int, like: str) -> str:
        """As *like* is spelled, by name or by number."""
        return self.names[number - self.lowest] if like in self.names else str(number)


_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_PARTS = (
    _Part("minute", 0, 59),
    _Part("hour", 0, 23),
    _Part("day of the month", 1, 31),
    _Part("month", 1, 12, _MONTHS),
    _Part("day of the week", 0, 6, _DAYS),
)
_USUAL_HINT = "It has five parts: minute, hour, day of the month, month, day of the week, as in “30 8 * * 1-5”."


def check_cron(text: str) -> None:
    """Raises InvalidSettings where *text* is no cron expression of five parts, or one that is never due."""
    parts = text.upper().split()
    if len(parts) == 1 and (written := _WRITTEN_OUT.get(text.lower())):
        raise _refused(f"Names like {text!r} are not understood.", f"Type “{written}”, which means the same.")
    if len(parts) != len(_PARTS):
        many = "1 part" if len(parts) == 1 else f"{len(parts)} parts"
        raise _refused(f"{text!r} has {many}, not five." if parts else "The cron expression is empty.", _USUAL_HINT)
    for number, part in enumerate(_PARTS):
        for term in parts[number].split(","):
            if not _is_read(_alone(number, term)):
                said = f"{text!r} is not a cron expression: its {part.name} “{term}” cannot be read."
                raise _refused(said, _how_to_write(part, term))
    try:
        next(CronSim(text, _SOME_TIME))
    except (StopIteration, CronSimError) as error:
        said = f"The cron expression {text!r} is never due: the day it names does not exist."
        raise _refused(said, "Choose a day that exists; “L” is the last day of any month.") from error


def cron_in_words(text: str) -> str:
    """For example "At 09:00 on the 13th day of month or on Friday"; what cannot be read, as it is."""
    try:
        said, parts = CronSim(text, _SOME_TIME).explain(), text.upper().split()
    except CronSimError:
        return text
    meant = Expression(parts[:])
    if meant.day_and:
        return said
    if meant.day.star or meant.dow.star:
        # One of the two is every day, and either will do.
        return CronSim(" ".join((*parts[:2], "*", parts[3], "*")), _SOME_TIME).explain()
    return said.replace(f"{meant.day} and {meant.dow}", f"{meant.day} or {meant.dow}")


def _alone(number: int, term: str) -> Sequence[str]:
    return ["*"] * number + [term] + ["*"] * (len(_PARTS) - 1 - number)


def _is_read(parts: Sequence[str]) -> bool:
    try:
        CronSim(" ".join(parts), _SOME_TIME)
    except CronSimError:
        return False
    return True


def _how_to_write(part: _Part, term: str) -> str:
    if term == "?":
        return "Type “*” for any."
    if re.fullmatch(r"\d+W", term):
        return "Days moved to the nearest working day are not understood. Type a day, or “LW” for the last working day."
    if backwards := _written_forwards(part, term):
        return f"A range goes from a lower to a higher value. Type “{backwards}”."
    named = f", or {part.names[0]} to {part.names[-1]}" if part.names else ""
    return f"Type {part.lowest} to {part.highest}{named}; “*” for any, “1,3” for several, “1-5” from one to another."


def _written_forwards(part: _Part, term: str) -> str:
    """A range that goes past the end, such as 22-2, as one to the end and one from the beginning; else nothing."""
    first, dash, last = term.partition("-")
    begin, end = part.number(first), part.number(last)
    if not dash or begin is None or end is None or not part.lowest <= end < begin <= part.highest:
        return ""
    if begin - end == 1:
        return "*"
    top, bottom = part.spelled(part.highest, first), part.spelled(part.lowest, last)
    return ",".join(
        (first if begin == part.highest else f"{first}-{top}", last if end == part.lowest else f"{bottom}-{last}")
    )


def _refused(message: str, hint: str) -> InvalidSettings:
    return InvalidSettings(message, hint=hint, field="cron")
