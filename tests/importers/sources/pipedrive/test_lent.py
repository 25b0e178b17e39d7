"""What one thread works on can be taken away by another, without a crash and without waiting."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator

import pytest

from importers.sources.pipedrive.lent import Lent

ENDLESS = "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers) SELECT count(*) FROM numbers"


@pytest.fixture
def sql() -> sqlite3.Connection:
    return sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)


@pytest.fixture
def lent(sql: sqlite3.Connection) -> Lent:
    return Lent(close=sql.close, hurry=sql.interrupt)


def is_closed(sql: sqlite3.Connection) -> bool:
    try:
        sql.execute("SELECT 1")
    except sqlite3.ProgrammingError:
        return True
    return False


def test_a_statement_that_runs_is_cut_short_and_then_it_is_closed(sql: sqlite3.Connection, lent: Lent) -> None:
    begun, ends = threading.Event(), []

    def items() -> Iterator[int]:
        begun.set()
        yield sql.execute(ENDLESS).fetchone()[0]

    def work() -> None:
        try:
            list(lent.steps(items()))
        except sqlite3.OperationalError as error:
            ends.append(str(error))

    worker = threading.Thread(target=work)
    worker.start()
    assert begun.wait(5)
    time.sleep(0.1)
    began_at = time.monotonic()
    lent.take_away()
    assert time.monotonic() - began_at < 0.5
    worker.join(5)
    assert ends == ["interrupted"]
    assert is_closed(sql)


def test_between_two_steps_it_is_closed_at_once_and_no_other_follows(sql: sqlite3.Connection, lent: Lent) -> None:
    items = lent.steps(iter(range(5)))
    assert next(items) == 0
    lent.take_away()
    assert is_closed(sql)
    assert list(items) == []


def test_who_is_at_work_may_give_it_back(sql: sqlite3.Connection, lent: Lent) -> None:
    def items() -> Iterator[int]:
        try:
            yield 1
        finally:
            lent.take_away()

    assert list(lent.steps(items())) == [1]
    assert is_closed(sql)
    lent.take_away()
