from datetime import UTC, datetime, timedelta

import pytest

from importers.http.retry import Patience, deserves_another_try, next_wait, told_wait

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 520, 524])
def test_what_may_pass_deserves_another_try(status: int) -> None:
    assert deserves_another_try(status)


@pytest.mark.parametrize("status", [200, 301, 400, 401, 402, 403, 404, 410, 415, 422])
def test_what_will_not_pass_does_not(status: int) -> None:
    assert not deserves_another_try(status)


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({}, None),
        ({"retry-after": "7"}, seconds(7)),
        ({"x-ratelimit-reset": "2"}, seconds(2)),
        ({"retry-after": "1", "x-ratelimit-reset": "2"}, seconds(2)),
        ({"retry-after": "Thu, 01 Jan 2026 12:00:30 GMT"}, seconds(30)),
        ({"retry-after": "Thu, 01 Jan 2026 11:00:00 GMT"}, seconds(0)),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": ""}, None),
    ],
)
def test_what_an_answer_tells_is_read(headers: dict[str, str], told: timedelta | None) -> None:
    assert told_wait(headers, now=NOW) == told


def waits(*, told: timedelta | None = None, jitter: float = 0) -> list[float]:
    """Every wait until it gives up."""
    found: list[timedelta] = []
    while (
        wait := next_wait(Patience(), tried=len(found) + 1, waited=sum(found, timedelta()), told=told, jitter=jitter)
    ) is not None:
        found.append(wait)
    return [wait.total_seconds() for wait in found]


def test_waits_double_and_tries_are_counted() -> None:
    assert waits() == [1, 2, 4, 8, 16]


def test_jitter_only_ever_adds() -> None:
    assert all(long >= short for short, long in zip(waits(), waits(jitter=0.99), strict=True))


def test_a_longer_wait_that_was_told_is_believed() -> None:
    assert waits(told=seconds(10)) == [10, 10, 10, 10, 16]


@pytest.mark.parametrize("told", [seconds(1), seconds(50), seconds(119), seconds(100_000)])
@pytest.mark.parametrize("jitter", [0.0, 0.5, 1.0])
def test_all_waits_together_stay_within_the_patience(told: timedelta, jitter: float) -> None:
    assert sum(waits(told=told, jitter=jitter)) <= 120


def test_being_told_to_come_back_tomorrow_is_giving_up() -> None:
    assert waits(told=timedelta(days=1)) == []
