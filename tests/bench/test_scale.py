"""The simulation of a crowd, held against the real dispatch, the real limits, and what queueing theory knows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest

from bench.crowd import MIXES, Company, Crowd, Recipe, a_crowd
from bench.queueing import BURST_SECONDS, QUOTA_SECONDS, Limit, Pick, Simulation, turns_of
from importers.http.book import Allowance, Asked, Book
from importers.http.quota import WRITE, MemoryQuota, Sizes
from importers.http.said import Said
from importers.model import Account, Counts, Ending, Every, Schedule, Status
from importers.services.dispatch import RUNS_PER_CONNECTION, Dispatch
from importers.store.migrate import migrate
from importers.store.sql import SqlStore
from tests.builders import a_draft, a_target
from tests.fakes import NEW_YEAR, FakeClock
from tests.workshop import ListQueue

DUE = Schedule(Every.MINUTES, 15)
TUESDAY = datetime(2026, 3, 3, tzinfo=UTC)


@pytest.fixture
def empty_store(tmp_path: Path) -> Iterator[SqlStore]:
    url = f"sqlite:///{tmp_path}/pipesheet.db"
    migrate(url)
    store = SqlStore(url)
    yield store
    store.close()


# --- the pick ---


class RealDispatch:
    """Importers of some workspaces, each with some connections, on the real store."""

    def __init__(self, store: SqlStore, importers_of: Sequence[Sequence[int]]) -> None:
        self._store = store
        self.clock = FakeClock()
        self.queue = ListQueue()
        self.dispatch = Dispatch(store=store, queue=self.queue, clock=self.clock)
        self.workspace_of: dict[int, int] = {}
        self.connection_of: dict[int, int] = {}
        for connections in importers_of:
            workspace = store.add_workspace("A customer", time_zone="UTC", now=NEW_YEAR).id
            for place, importers in enumerate(connections):
                account = Account("Acme", "acme", f"User {place}", f"{place}@acme.example")
                connection = store.keep_connection(workspace, "pipedrive", account, b"sealed", now=NEW_YEAR).id
                self.workspace_of[connection] = workspace
                for one in range(importers):
                    draft = a_draft(
                        name=f"{place} {one}", connection_id=connection, target=a_target(f"{place} {one}"), schedule=DUE
                    )
                    kept = store.add_importer(workspace, draft, next_run_at=self.clock.now(), now=NEW_YEAR)
                    self.connection_of[kept.id] = connection

    def begin_due(self) -> list[tuple[int, int]]:
        """The new runs in their order, each with its connection."""
        before = self._last
        self.dispatch.begin_due()
        return [(run_id, self.connection(run_id)) for run_id in range(before + 1, self._last + 1)]

    def sent(self) -> list[int]:
        sent, self.queue.run_ids = self.queue.run_ids, []
        return sent

    def carry_out(self, run_id: int) -> None:
        assert self._store.claim_run(run_id, "claim", now=self.clock.now())
        ending = Ending(Status.DONE, Counts())
        assert self._store.end_run(run_id, "claim", ending, lines=[], now=self.clock.now())

    def connection(self, run_id: int) -> int:
        workspace = next(one for one in set(self.workspace_of.values()) if self._is_in(one, run_id))
        return self.connection_of[self._store.run(workspace, run_id).importer_id]

    @property
    def _last(self) -> int:
        runs = [run.id for one in set(self.workspace_of.values()) for run in self._store.last_runs(one).values()]
        return max(runs, default=0)

    def _is_in(self, workspace: int, run_id: int) -> bool:
        return any(run.id == run_id for run in self._store.last_runs(workspace).values())


@pytest.mark.parametrize("seed", range(2))
def test_it_picks_the_runs_that_the_real_dispatch_hands_on_in_the_same_order(empty_store: SqlStore, seed: int) -> None:
    chance = Random(seed)
    importers_of = [[chance.randint(1, 7) for _ in range(chance.randint(1, 3))] for _ in range(4)]
    real = RealDispatch(empty_store, importers_of)
    model = Pick(Defaulting(real.workspace_of))
    for run_id, connection in (runs := real.begin_due()):
        model.hold(run_id, connection)
    connection_of = dict(runs)
    real.dispatch.send()
    under_way = real.sent()
    assert under_way == model.pick(set(connection_of.values()))
    assert len(under_way) < len(runs)
    while under_way:
        over = [
            under_way.pop(chance.randrange(len(under_way))) for _ in range(min(chance.randint(1, 3), len(under_way)))
        ]
        for run_id in over:
            real.carry_out(run_id)
            model.over(connection_of[run_id])
        real.dispatch.go_on()
        picked = model.pick({connection_of[run_id] for run_id in over})
        assert real.sent() == picked
        under_way += picked


class Defaulting(Sequence[int]):
    """A mapping by connection, as the sequence that the model asks for."""

    def __init__(self, those: Mapping[int, int]) -> None:
        self._those = those

    def __getitem__(self, key):  # type: ignore[no-untyped-def]
        return self._those[key]

    def __len__(self) -> int:
        return len(self._those)


# --- limits ---


def test_as_many_calls_are_through_the_burst_limit_as_the_real_book_lets_go() -> None:
    book, now = Book(limit=20), 0.0
    for number in range(200):
        ticket, place = str(number), 0
        while (told := book.ask(Asked(ticket, place, "run", 1), Allowance(), now=now, to_reset=9e9)).wait_ms:
            place, now = told.place, now + told.wait_ms / 1000
        book.hear(ticket, Said(is_good=True), Allowance(), now=now, to_reset=9e9)
    assert Limit(20, BURST_SECONDS).through(200, 0.0) == pytest.approx(now, rel=0.02)


@pytest.mark.parametrize(("calls", "off"), [(60, 0.0), (600, 0.0), (90, 0.5)])
def test_calls_are_through_googles_minute_when_the_real_quota_lets_them_go(calls: int, off: float) -> None:
    """A minute's worth comes at once there, and evenly here: what is more than whole minutes differs by its part of one."""
    clock = FakeClock()
    quota = MemoryQuota(clock, Sizes()).of("project", "user")
    began = clock.monotonic()
    for _ in range(calls):
        turn = quota.before_call(WRITE)
        while turn.wait:
            clock.sleep(turn.wait.total_seconds())
            turn = quota.before_call(WRITE, turn)
        quota.after_call(turn)
    took = clock.monotonic() - began
    assert Limit(60, QUOTA_SECONDS).through(calls, 0.0) == pytest.approx(
        took - off * QUOTA_SECONDS, abs=0.01 * calls + 0.1
    )


def test_a_company_whose_day_is_spent_waits_for_the_next_and_then_comes_back() -> None:
    crowd = Crowd([Company("lite", 100, 20)], [0], [Recipe(100, 7, 70, 0.1, 1.0)], [Schedule(Every.HOURS, 1)])
    outcome = Simulation(crowd, turns_of(crowd, TUESDAY, 48), workers=1).run(48)
    assert outcome.spent == {"lite": 1}
    assert outcome.rows == 200
    assert outcome.due == 48
    # Each day one run reads, and one learns that nothing is left and sleeps. At midnight it is what the turn of then would be.
    assert (len(outcome.ages), outcome.left_out) == (4, 45)


# --- waits ---


def arrivals(rate: float, hours: int, seed: int) -> dict[int, list[int]]:
    """Each importer is due once, at a moment that knows nothing of the others'."""
    chance, at, turns, number = Random(seed), 0.0, {}, 0
    while (at := at + chance.expovariate(rate)) < hours * 3600:
        turns.setdefault(int(at), []).append(number)
        number += 1
    return turns


def strangers(number: int, seconds: float) -> Crowd:
    """Nobody is in anybody's way but at the workers."""
    return Crowd([Company("lite", 1, 20)], [0] * number, [Recipe(1, 0, 0, seconds, seconds)] * number, [])


@pytest.mark.slow
@pytest.mark.parametrize(("workers", "load"), [(1, 0.7), (4, 0.85)])
def test_runs_wait_as_long_as_queueing_theory_says(workers: int, load: float) -> None:
    """M/D/c: for one server exact (Pollaczek and Khinchine), for more by Cosmetatos' approximation."""
    hours, seconds = 100, 10.0
    rate = load * workers / seconds
    turns = arrivals(rate, hours, seed=11)
    crowd = strangers(sum(map(len, turns.values())), seconds)
    outcome = Simulation(crowd, turns, workers, limit=workers).run(hours)
    mean = sum(outcome.ages) / len(outcome.ages)
    assert mean == pytest.approx(theory(workers, load, seconds), rel=0.08)
    assert outcome.worked / workers / hours / 3600 == pytest.approx(load, rel=0.02)


def theory(workers: int, load: float, seconds: float) -> float:
    offered = workers * load
    last = offered**workers / math.factorial(workers) / (1 - load)
    waits = last / (sum(offered**busy / math.factorial(busy) for busy in range(workers)) + last)
    if_exponential = waits * seconds / (workers * (1 - load))
    correction = 1 + (1 - load) * (workers - 1) * (math.sqrt(4 + 5 * workers) - 2) / (16 * load * workers)
    return correction * if_exponential / 2


def test_one_connection_has_no_more_runs_at_work_than_it_may() -> None:
    recipe = Recipe(1, 0, 0, 60.0, 60.0)
    crowd = Crowd([Company("lite", 1, 20)], [0] * 7, [recipe] * 7, [])
    outcome = Simulation(crowd, {0: list(range(7))}, workers=100).run(1)
    assert list(outcome.ages) == [0.0] * RUNS_PER_CONNECTION + [60.0] * RUNS_PER_CONNECTION + [120.0]


# --- the crowd ---


def test_a_seed_makes_the_same_crowd_and_the_same_day() -> None:
    days = []
    for _ in range(2):
        crowd = a_crowd(300, mix=MIXES["mixed"], google=0.3, seed=3)
        outcome = Simulation(crowd, turns_of(crowd, TUESDAY, 6), workers=3).run(6)
        days.append((list(outcome.ages), outcome.rows, outcome.longest_queue))
    assert days[0] == days[1]
    other = a_crowd(300, mix=MIXES["mixed"], google=0.3, seed=4)
    assert other.schedule_of != crowd.schedule_of


def test_turns_are_those_of_the_schedules() -> None:
    crowd = a_crowd(200, mix=MIXES["hourly"], google=0.0, seed=3)
    turns = turns_of(crowd, TUESDAY, 2)
    assert sum(map(len, turns.values())) == 400
    for importer, schedule in enumerate(crowd.schedule_of):
        assert 1 <= schedule.minute <= 59
        for hour in range(2):
            assert importer in turns[hour * 3600 + schedule.minute * 60]


def test_at_nine_is_at_nine_in_the_zone() -> None:
    crowd = a_crowd(50, mix={"at nine": 1.0}, google=0.0, seed=3)
    turns = turns_of(crowd, TUESDAY, 24)
    for second, those in turns.items():
        for importer in those:
            local = (TUESDAY + timedelta(seconds=second)).astimezone(ZoneInfo(crowd.schedule_of[importer].time_zone))
            assert (local.hour, local.minute) == (9, 0)
    assert sum(map(len, turns.values())) == 50
