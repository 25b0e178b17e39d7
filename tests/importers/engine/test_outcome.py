"""What an error means for a run."""

from __future__ import annotations

from datetime import timedelta

import pytest

from importers.engine.outcome import ATTEMPTS, judge, trouble_of
from importers.errors import (
    BudgetSpent,
    ConnectionTrouble,
    CredentialsRejected,
    NoRoom,
    RateLimited,
    RunStopped,
    ServiceTrouble,
)
from importers.model import Status
from tests.fakes import NEW_YEAR


@pytest.mark.parametrize("kind", [RateLimited, BudgetSpent, ServiceTrouble, ConnectionTrouble])
def test_temporary_trouble_waits_longer_each_time_and_fails_in_the_end(kind):
    waits = []
    for attempt in range(1, ATTEMPTS):
        verdict = judge(kind("Slow down."), attempt=attempt, now=NEW_YEAR)
        assert verdict.status is Status.WAITING
        waits.append(verdict.wake_at - NEW_YEAR)
    assert waits == sorted(set(waits))
    last = judge(kind("Slow down."), attempt=ATTEMPTS, now=NEW_YEAR)
    assert (last.status, last.wake_at) == (Status.FAILED, None)


def test_the_vendors_own_time_counts_where_it_is_longer():
    told = RateLimited("Slow down.", retry_after=timedelta(hours=2))
    assert judge(told, attempt=1, now=NEW_YEAR).wake_at == NEW_YEAR + timedelta(hours=2)
    hasty = RateLimited("Slow down.", retry_after=timedelta(seconds=1))
    assert judge(hasty, attempt=1, now=NEW_YEAR).wake_at == NEW_YEAR + timedelta(minutes=1)


def test_nobody_waits_for_more_than_a_day():
    told = BudgetSpent("Spent.", retry_after=timedelta(days=30))
    assert judge(told, attempt=1, now=NEW_YEAR).wake_at == NEW_YEAR + timedelta(days=1)


@pytest.mark.parametrize("error", [CredentialsRejected("No.", hint="Link it again."), NoRoom("Full.")])
def test_what_only_the_owner_can_mend_fails_at_once(error):
    verdict = judge(error, attempt=1, now=NEW_YEAR)
    assert (verdict.status, verdict.wake_at) == (Status.FAILED, None)
    assert verdict.trouble is not None
    assert (verdict.trouble.code, verdict.trouble.message, verdict.trouble.hint) == (
        error.code,
        error.message,
        error.hint,
    )


def test_a_stopped_run_is_cancelled_and_nothing_is_wrong():
    assert judge(RunStopped("Stopped."), attempt=1, now=NEW_YEAR).trouble is None
    assert judge(RunStopped("Stopped."), attempt=1, now=NEW_YEAR).status is Status.CANCELLED


def test_our_own_mistakes_show_a_reference_and_no_detail():
    trouble = trouble_of(KeyError("token=hunter2"))
    assert "hunter2" not in repr(trouble)
    assert len(trouble.reference) == 12
    assert trouble.reference != trouble_of(KeyError()).reference
