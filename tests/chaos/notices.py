"""
What must hold of notices, once all is quiet: every incident told once, every letter arrived once.

The one exception is promised in docs/notices.md: a clock that dies, or loses
its database, after the other side took a letter and before that is noted sends
it once more, under the same name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from importers.model import Run, Status
from importers.notices import Letter, NoticeKind
from importers.store.database import open_engine
from importers.store.schema import incidents, notices, sendings
from tests.chaos.ledger import DONE
from tests.chaos.receivers import Arrival

_OWNER_MENDS = {"setup", "invalid-settings", "credentials-rejected", "access-denied", "not-there", "no-room"}
_OTHERS_IN_A_ROW = 3
_NOTED_WITHIN = 6.0
"""Seconds between a letter's arrival and the note that it did, on a machine that is busy."""


@dataclass(frozen=True)
class Told:
    """What the database holds."""

    incidents: Sequence[Any]
    letters: Sequence[Letter]
    sendings: Sequence[Any]

    @property
    def is_all_sent(self) -> bool:
        waits = any(one.state == "waiting" for one in self.sendings)
        return not waits and all(one.told and (one.end_told or not one.recovered) for one in self.incidents)


@dataclass(frozen=True)
class Outage:
    """When a clock was killed, or the database was away: seconds of the monotonic clock."""

    begins: float
    ends: float

    def may_have_hidden(self, arrived: float) -> bool:
        return self.begins <= arrived + _NOTED_WITHIN and arrived - _NOTED_WITHIN <= self.ends


def read(database_url: str) -> Told:
    engine = open_engine(database_url)
    try:
        with engine.begin() as sql:
            return Told(
                sql.execute(select(incidents).order_by(incidents.c.id)).all(),
                [row.letter for row in sql.execute(select(notices).order_by(notices.c.id))],
                sql.execute(select(sendings).order_by(sendings.c.id)).all(),
            )
    finally:
        engine.dispose()


def problems_of(
    told: Told, arrivals: dict[str, Sequence[Arrival]], names: dict[int, str], outages: Sequence[Outage]
) -> list[str]:
    """*arrivals* by who received them, *names* of importers by their ids."""
    return [
        *_unsent(told),
        *_of_incidents(told, names),
        *(problem for name, theirs in arrivals.items() for problem in _arrived(name, theirs, told.letters, outages)),
    ]


def _unsent(told: Told) -> Iterator[str]:
    for one in told.sendings:
        if one.state != "sent":
            yield f"a letter to {one.name} is {one.state} after {one.tries} tries: {one.reason}"
    for one in told.incidents:
        if not one.told:
            yield f"nobody was told of {one.kind} of importer {one.importer_id}"
        if one.recovered and not one.end_told:
            yield f"nobody was told that importer {one.importer_id} works again"


def _of_incidents(told: Told, names: dict[int, str]) -> Iterator[str]:
    """As many letters name an importer for a reason as it had incidents of that kind."""
    happened = Counter((one.kind, names.get(one.importer_id or 0, "")) for one in told.incidents)
    written = Counter(
        (letter.kind.value, name)
        for letter in told.letters
        if letter.kind is not NoticeKind.RECOVERED
        for name in _named(letter, names.values())
    )
    for what in happened.keys() | written.keys():
        if happened[what] != written[what]:
            yield f"{what}: {happened[what]} incidents, {written[what]} letters"
    recovered = Counter(names.get(one.importer_id or 0, "") for one in told.incidents if one.recovered)
    again = Counter(
        name
        for letter in told.letters
        if letter.kind is NoticeKind.RECOVERED
        for name in _named(letter, names.values())
    )
    for name, times in again.items():
        if times > recovered[name]:
            yield f"{name}: recovered {recovered[name]} times, and {times} letters said so"


def _named(letter: Letter, names: Iterable[str]) -> list[str]:
    """The importers a letter is about; one that is about a single importer has its name in the title."""
    if letter.kind is NoticeKind.GAP:
        return [""]
    listed = {subject.name for subject in letter.subjects}
    return [name for name in set(names) if name in listed or f"“{name}”" in letter.title]


def _arrived(
    name: str, arrivals: Sequence[Arrival], letters: Sequence[Letter], outages: Sequence[Outage]
) -> Iterator[str]:
    times = Counter(arrival.key for arrival in arrivals)
    known = {letter.key for letter in letters}
    for letter in letters:
        if not times[letter.key]:
            yield f"{name}: “{letter.title}” never arrived"
    for key in times.keys() - known:
        yield f"{name}: a letter {key} arrived that nobody wrote"
    for key, number in times.items():
        came = [arrival.at for arrival in arrivals if arrival.key == key]
        if number > 1 and not all(any(one.may_have_hidden(at) for one in outages) for at in came[:-1]):
            yield f"{name}: letter {key} arrived {number} times, and nothing had died when it did"


def failures_to_tell(runs: Sequence[Run]) -> int:
    """How often an importer with these runs, oldest first, is to be told of as failing (docs/notices.md)."""
    times, streak, told = 0, 0, ""
    for run in runs:
        if run.status in DONE:
            streak, told = 0, ""
        elif run.status is Status.FAILED:
            streak += 1
            code = run.trouble.code if run.trouble else ""
            mends = code in _OWNER_MENDS
            is_enough = streak >= (1 if mends else _OTHERS_IN_A_ROW)
            if is_enough and (not told or (mends and code != told)):
                times, told = times + 1, code
    return times


def failing_told_wrongly(told: Told, runs: dict[str, Sequence[Run]], names: dict[int, str]) -> Iterator[str]:
    """Against what their runs say."""
    happened = Counter(names[one.importer_id] for one in told.incidents if one.kind == NoticeKind.FAILING)
    for name, theirs in runs.items():
        wanted = failures_to_tell(theirs)
        if happened[name] != wanted:
            yield f"{name}: {happened[name]} incidents of failing, its runs say {wanted}: {[(run.id, str(run.status), run.trouble and run.trouble.code) for run in theirs]}"
    for one in told.incidents:
        last = runs[names[one.importer_id]][-1] if one.importer_id else None
        if one.kind == NoticeKind.FAILING and one.closed_at is None and last and last.status in DONE:
            yield f"{names[one.importer_id]} works, and is still told of as failing"
