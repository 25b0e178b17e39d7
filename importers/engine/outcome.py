"""What an error means for a run: wait until then, stop, or fail. Pure."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from importers.errors import AGAIN_LATER, ImporterError, NotOurTurn, RunStopped, StoppedHalfway, TemporaryError
from importers.model import Status, Trouble

ATTEMPTS = 3
"""How often a run is tried in all before temporary trouble counts as failure."""

_WAITS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15))
_LONGEST_WAIT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    The status an error leads to; `wake_at` is set when the run waits. Where it
    `was_tried` only waits in line, the next time is the same try once more.
    """

    status: Status
    trouble: Trouble | None
    wake_at: datetime | None = None
    was_tried: bool = True


def judge(error: Exception, *, attempt: int, now: datetime, since: datetime | None = None) -> Verdict:
    """
    Decide what becomes of a run that raised *error* in its *attempt*-th try.
    *since* is when it got in line for what others have, if it waits there.

    Who only waits in line did not fail, however often it looks in vain; after
    a day it is told that it will not come to pass. Errors we cannot explain
    get a reference that the log repeats, and no further detail: their text may
    hold anything.
    """
    if isinstance(error, RunStopped):
        return Verdict(Status.CANCELLED, trouble_of(error) if isinstance(error, StoppedHalfway) else None)
    if isinstance(error, NotOurTurn):
        return _in_line(error, now=now, since=since or now)
    if isinstance(error, TemporaryError) and attempt < ATTEMPTS:
        return Verdict(Status.WAITING, _while_waiting(error), now + _wait(error, attempt))
    return Verdict(Status.FAILED, trouble_of(error))


def _in_line(error: NotOurTurn, *, now: datetime, since: datetime) -> Verdict:
    if now - since >= _LONGEST_WAIT:
        return Verdict(Status.FAILED, trouble_of(error))
    pause = min(max(error.retry_after or _WAITS[0], _WAITS[0]), _LONGEST_WAIT)
    return Verdict(Status.WAITING, _while_waiting(error), now + pause, was_tried=False)


def _while_waiting(error: ImporterError) -> Trouble:
    """That it is to be run again later is what happens by itself."""
    trouble = trouble_of(error)
    return replace(trouble, hint=trouble.hint.removeprefix(AGAIN_LATER))


def trouble_of(error: Exception) -> Trouble:
    if isinstance(error, ImporterError):
        return Trouble(error.code, error.message, error.hint, is_halfway=bool(error.facts.get("is_halfway")))
    return Trouble(
        code="our-mistake",
        message="Pipesheet made a mistake. Nothing in the destination was changed.",
        hint="Run it again; if it fails again, report the reference, which the log repeats with the details.",
        reference=uuid.uuid4().hex[:12],
    )


def _wait(error: TemporaryError, attempt: int) -> timedelta:
    told = error.retry_after or timedelta()
    ours = _WAITS[min(attempt, len(_WAITS)) - 1]
    return min(max(told, ours), _LONGEST_WAIT)
