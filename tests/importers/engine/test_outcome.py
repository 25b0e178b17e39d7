"""What an error means for a run."""

from __future__ import annotations

import inspect
from datetime import timedelta

import pytest

from importers import errors
from importers.engine.outcome import ATTEMPTS, judge, trouble_of
from importers.errors import BudgetSpent, ImporterError, NotOurTurn, RateLimited, RunStopped
from importers.model import Status, Trouble
from tests.fakes import NEW_YEAR

FAILS = [Status.FAILED]
WAITS = [timedelta(minutes=1), timedelta(minutes=5), Status.FAILED]
STOPS = [Status.CANCELLED]
WAITS_IN_LINE = [timedelta(minutes=1)] * 4

ENDS = {
    errors.ImporterError: FAILS,
    errors.SetupError: FAILS,
    errors.InvalidSettings: FAILS,
    errors.CredentialsRejected: FAILS,
    errors.AccessDenied: FAILS,
    errors.NotThere: FAILS,
    errors.NoRoom: FAILS,
    errors.TemporaryError: WAITS,
    errors.RateLimited: WAITS,
    errors.BudgetSpent: WAITS,
    errors.ServiceTrouble: WAITS,
    errors.ConnectionTrouble: WAITS,
    errors.NeedsReconnecting: WAITS,
    errors.NotOurTurn: WAITS_IN_LINE,
    errors.RunStopped: STOPS,
    errors.HandedBack: STOPS,
    errors.StoppedHalfway: STOPS,
    KeyError: FAILS,
}
"""What becomes of a run that meets the same error in each try: how long it waits after it, or how it ends."""


def test_every_error_has_an_end() -> None:
    ours = {one for _, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, ImporterError)}
    assert ours == ENDS.keys() - {KeyError}


@pytest.mark.parametrize(("kind", "ends"), ENDS.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_each_error_leads_where_it_must(kind: type[Exception], ends: list[timedelta | Status]) -> None:
    attempt, seen = 1, []
    while len(seen) < len(ends):
        verdict = judge(kind("It happened."), attempt=attempt, now=NEW_YEAR, since=NEW_YEAR - timedelta(hours=23))
        seen.append(verdict.wake_at - NEW_YEAR if verdict.wake_at else verdict.status)
        assert (verdict.status is Status.WAITING) == (verdict.wake_at is not None)
        is_well = verdict.status is Status.CANCELLED and kind is not errors.StoppedHalfway
        assert (verdict.trouble is None) == is_well
        attempt += verdict.was_tried
    assert seen == ends


def test_there_are_three_tries() -> None:
    assert len(WAITS) == ATTEMPTS == 3


@pytest.mark.parametrize("kind", [RateLimited, NotOurTurn])
def test_the_vendors_own_time_counts_where_it_is_longer(kind):
    told = kind("Slow down.", retry_after=timedelta(hours=2))
    assert judge(told, attempt=1, now=NEW_YEAR).wake_at == NEW_YEAR + timedelta(hours=2)
    hasty = kind("Slow down.", retry_after=timedelta(seconds=1))
    assert judge(hasty, attempt=1, now=NEW_YEAR).wake_at == NEW_YEAR + timedelta(minutes=1)


def test_nobody_waits_for_more_than_a_day():
    told = BudgetSpent("Spent.", retry_after=timedelta(days=30))
    assert judge(told, attempt=1, now=NEW_YEAR).wake_at == NEW_YEAR + timedelta(days=1)


def test_who_waits_in_line_for_a_whole_day_is_told_that_it_will_not_come_to_pass():
    error = NotOurTurn("Another run writes this tab.", hint="Look at it.")
    verdict = judge(error, attempt=1, now=NEW_YEAR, since=NEW_YEAR - timedelta(days=1))
    assert verdict.status is Status.FAILED
    assert verdict.trouble is not None
    assert (verdict.trouble.code, verdict.trouble.message) == ("not-our-turn", error.message)


def test_what_only_the_owner_can_mend_says_so():
    error = errors.CredentialsRejected("No.", hint="Link it again.")
    trouble = judge(error, attempt=1, now=NEW_YEAR).trouble
    assert trouble is not None
    assert (trouble.code, trouble.message, trouble.hint) == ("credentials-rejected", "No.", "Link it again.")


def test_a_stopped_run_is_cancelled_and_nothing_is_wrong():
    assert judge(RunStopped("Stopped."), attempt=1, now=NEW_YEAR).trouble is None
    assert judge(RunStopped("Stopped."), attempt=1, now=NEW_YEAR).status is Status.CANCELLED


def test_a_run_that_stopped_halfway_says_what_that_means_for_the_table():
    verdict = judge(errors.StoppedHalfway("Some of it is new.", hint="Run it again."), attempt=1, now=NEW_YEAR)
    assert verdict.status is Status.CANCELLED
    assert verdict.trouble == Trouble("stopped-halfway", "Some of it is new.", "Run it again.")


def test_our_own_mistakes_show_a_reference_and_no_detail():
    trouble = trouble_of(KeyError("token=hunter2"))
    assert "hunter2" not in repr(trouble)
    assert len(trouble.reference) == 12
    assert trouble.reference != trouble_of(KeyError()).reference


def test_who_waits_is_not_told_to_run_it_again_which_happens_by_itself() -> None:
    error = errors.ServiceTrouble("It is in trouble.", hint=f"{errors.AGAIN_LATER}https://status.example.com tells.")
    hints = [
        (verdict.status, verdict.trouble.hint)
        for attempt in (1, ATTEMPTS)
        if (verdict := judge(error, attempt=attempt, now=NEW_YEAR)).trouble
    ]
    assert hints == [(Status.WAITING, "https://status.example.com tells."), (Status.FAILED, error.hint)]
