"""
The product's queue as a model: turns, the fair pick, workers, and the limits of vendors. Time is only counted.

It leaves out what takes milliseconds (database, Redis) and what goes wrong.
Instead of asking for every call, a run's calls are let through a limit all
together; `tests/bench/test_scale.py` holds the pick against the real dispatch,
the limits against the real books, and the waits against queueing theory.
"""

from __future__ import annotations

import heapq
import math
from array import array
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bench.crowd import Crowd, Recipe
from importers.http.arrivals import WINDOW as BURST_SECONDS
from importers.http.book import DAY, Allowance
from importers.http.quota import WINDOW as QUOTA_SECONDS
from importers.http.quota import Sizes
from importers.schedule import next_run_after
from importers.services.dispatch import RUNS_PER_CONNECTION

TOLD_TO_WAIT = 0.5
"""Seconds of a worker until a run knows that its company's day is spent."""


class Pick:
    """
    Held runs, and who goes next: of a connection as many as may be with workers;
    workspaces take turns. As `store.turns` picks in SQL, for runs that begin by
    themselves.
    """

    def __init__(self, workspace_of: Sequence[int], limit: int = RUNS_PER_CONNECTION) -> None:
        self._workspace_of = workspace_of
        self._limit = limit
        self._lines: defaultdict[int, deque[int]] = defaultdict(deque)
        self._at_work: Counter[int] = Counter()

    def hold(self, run: int, connection: int) -> None:
        """Runs are numbers, later ones higher."""
        self._lines[connection].append(run)

    def over(self, connection: int) -> None:
        self._at_work[connection] -= 1

    def has_held(self, connection: int) -> bool:
        return bool(self._lines[connection])

    def pick(self, connections: Iterable[int]) -> list[int]:
        """Those that may go, in their order; only where something happened since the last time there are any."""
        places: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        for connection in connections:
            line = self._lines[connection]
            while line and self._at_work[connection] < self._limit:
                self._at_work[connection] += 1
                places[self._workspace_of[connection]].append((self._at_work[connection], line.popleft()))
        turns = [(turn, run) for those in places.values() for turn, (_, run) in enumerate(sorted(those))]
        return [run for _, run in sorted(turns)]


@dataclass(slots=True)
class Limit:
    """So many calls in so many seconds, as one fluid: when as many more are through."""

    calls: int
    seconds: float
    reaches: float = -math.inf

    def through(self, number: int, now: float) -> float:
        self.reaches = max(self.reaches, now) + number * self.seconds / self.calls
        return max(now, self.reaches - self.seconds)


@dataclass(frozen=True)
class Outcome:
    """`ages` are seconds from when a run was due to when it began, of all runs in the order of their beginning."""

    due: int
    left_out: int
    busiest_minute: int
    longest_queue: int
    ages: array[float]
    worked: float
    spent: Mapping[str, int]
    rows: int
    is_hopeless: bool = False

    def age(self, part: float) -> float:
        ranked = sorted(self.ages)
        return ranked[min(int(part * len(ranked)), len(ranked) - 1)] if ranked else 0.0


def turns_of(crowd: Crowd, begins: datetime, hours: int) -> dict[int, list[int]]:
    """Importers by the second after *begins* at which they are due; asked of the product's own schedules."""
    alike: defaultdict[object, list[int]] = defaultdict(list)
    for importer, schedule in enumerate(crowd.schedule_of):
        alike[schedule].append(importer)
    turns: defaultdict[int, list[int]] = defaultdict(list)
    for schedule, those in alike.items():
        at = next_run_after(schedule, begins - timedelta(seconds=1))  # type: ignore[arg-type]
        while at is not None and at < begins + timedelta(hours=hours):
            turns[int((at - begins).total_seconds())] += those
            at = next_run_after(schedule, at)  # type: ignore[arg-type]
    return dict(turns)


@dataclass
class Simulation:
    """
    *projects* is how many Google projects the companies share, 0 for one each.
    `run` begins at midnight, when every company's day begins.
    """

    crowd: Crowd
    turns: Mapping[int, Sequence[int]]
    workers: int
    projects: int = 0
    limit: int = RUNS_PER_CONNECTION
    sizes: Sizes = field(default_factory=Sizes)

    def __post_init__(self) -> None:
        companies = self.crowd.companies
        self._pick = Pick(range(len(companies)), self.limit)
        self._bursts = [Limit(company.burst, BURST_SECONDS) for company in companies]
        self._days = [Allowance(left=company.daily, left_until=math.inf) for company in companies]
        self._users = [self._quota(self.sizes.user) for _ in companies]
        self._projects = [self._quota(self.sizes.project) for _ in range(self.projects or len(companies))]
        self._free = self.workers
        self._sent: deque[int] = deque()
        self._ends: list[tuple[float, int, bool]] = []
        self._unfinished: set[int] = set()
        self._importer_of: list[int] = []
        self._due_at = array("d")
        self._ages = array("f")
        self._begun = 0
        self._worked = 0.0
        self._rows = 0
        self._asleep: list[int] = []
        self._spent: set[int] = set()

    def run(self, hours: int = 24, *, give_up: tuple[int, float] | None = None) -> Outcome:
        """*give_up*: stop as soon as more runs than that have begun later than so many seconds."""
        due = left_out = longest = late = seen = 0
        minutes: Counter[int] = Counter()
        hopeless = False
        for now in range(hours * 3600):
            self._end_until(float(now))
            if now and now % int(DAY) == 0:
                self._begin_day(float(now))
            those = self.turns.get(now, ())
            if those:
                due += len(those)
                minutes[now // 60] += len(those)
                left_out += self._hold(those, float(now))
                longest = max(longest, len(self._importer_of) - self._begun)
            if give_up:
                late += sum(age > give_up[1] for age in self._ages[seen:])
                seen = len(self._ages)
                if late > give_up[0]:
                    hopeless = True
                    break
        return Outcome(
            due,
            left_out,
            max(minutes.values(), default=0),
            longest,
            self._ages,
            self._worked,
            Counter(self.crowd.companies[company].plan for company in self._spent),
            self._rows,
            hopeless,
        )

    def _quota(self, size: int) -> tuple[Limit, Limit]:
        return Limit(size, QUOTA_SECONDS), Limit(size, QUOTA_SECONDS)

    def _hold(self, importers: Iterable[int], now: float) -> int:
        """How many were left out, because their last run is not over."""
        left_out, touched = 0, set()
        for importer in importers:
            if importer in self._unfinished:
                left_out += 1
                continue
            self._unfinished.add(importer)
            touched.add(self._queue(importer, now))
        self._hand_on(touched, now)
        return left_out

    def _queue(self, importer: int, now: float) -> int:
        self._importer_of.append(importer)
        self._due_at.append(now)
        company = self.crowd.company_of[importer]
        self._pick.hold(len(self._importer_of) - 1, company)
        return company

    def _hand_on(self, companies: Iterable[int], now: float) -> None:
        self._sent += self._pick.pick(companies)
        while self._free and self._sent:
            self._free -= 1
            self._begin(self._sent.popleft(), now)

    def _begin(self, run: int, now: float) -> None:
        importer = self._importer_of[run]
        company, recipe = self.crowd.company_of[importer], self.crowd.recipe_of[importer]
        self._begun += 1
        self._ages.append(now - self._due_at[run])
        day, to_reset = self._days[company], DAY - now % DAY
        if day.wait(recipe.tokens, now, to_reset):
            self._spent.add(company)
            heapq.heappush(self._ends, (now + TOLD_TO_WAIT, run, False))
            return
        day.take(recipe.tokens, now)
        ends = self._through_limits(company, recipe, now)
        self._worked += ends - now
        self._rows += recipe.rows
        heapq.heappush(self._ends, (ends, run, True))

    def _through_limits(self, company: int, recipe: Recipe, now: float) -> float:
        ends = max(now + recipe.seconds, self._bursts[company].through(recipe.requests, now))
        if recipe.reads:  # into Google
            for reads, writes in (self._users[company], self._projects[company % len(self._projects)]):
                ends = max(ends, reads.through(recipe.reads, now), writes.through(recipe.writes, now))
        return ends

    def _end_until(self, now: float) -> None:
        while self._ends and self._ends[0][0] <= now:
            at, run, is_over = heapq.heappop(self._ends)
            importer = self._importer_of[run]
            if is_over:
                self._unfinished.discard(importer)
            else:
                self._asleep.append(importer)
            self._free += 1
            company = self.crowd.company_of[importer]
            self._pick.over(company)
            if self._sent or self._pick.has_held(company):
                self._hand_on((company,), at)

    def _begin_day(self, now: float) -> None:
        """Whoever waited for it comes back at once."""
        self._days = [Allowance(left=company.daily, left_until=math.inf) for company in self.crowd.companies]
        woken, self._asleep = self._asleep, []
        self._hand_on({self._queue(importer, now) for importer in woken}, now)
