"""What importers of one company cost, from what is known about it. Pure."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from importers.errors import InvalidSettings
from importers.model import Cost, Draft, Estimate, Every, Extent, Importer, Run, Schedule, Selection, Size, Standing
from importers.schedule import next_run_after, runs_by_day
from importers.schedule.days import LAST_DAY

_DAYS = 7
_NONE = (0,) * _DAYS


@dataclass(frozen=True, slots=True)
class Budget:
    """
    A company's tokens a day; None where nobody knows. `is_told` by Pipedrive
    itself, else reckoned from the plan an owner entered.
    """

    daily: int | None = None
    is_told: bool = False


class Idle(StrEnum):
    """Why nothing comes of a schedule at present."""

    PAUSED = "paused"
    NOT_BEGUN = "not begun"  # no run has succeeded yet


@dataclass(frozen=True, slots=True)
class Demand:
    """
    What one importer's schedule asks of the coming week, day by day, or would
    ask if it were not `idle`; `each` is the price of a run, None unknown.
    """

    name: str
    runs: tuple[int, ...]
    each: Cost | None
    idle: Idle | None = None
    every: Every = Every.MANUAL

    @property
    def by_day(self) -> tuple[int, ...]:
        """The tokens of each day, as far as the price is known."""
        return tuple(runs * self.each.tokens if self.each else 0 for runs in self.runs)

    @property
    def busiest(self) -> int:
        """The most runs on one day."""
        return max(self.runs)

    @property
    def tokens(self) -> int:
        """On the busiest day."""
        return max(self.by_day)


@dataclass(frozen=True, slots=True)
class Load:
    """What the schedules of all importers of one company ask of its budget; of those that are idle, nothing."""

    company: str
    budget: Budget
    demands: tuple[Demand, ...] = ()

    @property
    def tokens(self) -> int:
        """On the busiest day of the week, as far as prices are known."""
        days = zip(*(demand.by_day for demand in self._counted), strict=True)
        return max((sum(day) for day in days), default=0)

    @property
    def unknown(self) -> tuple[str, ...]:
        """The names of those that run by themselves and whose price nobody knows yet."""
        return tuple(demand.name for demand in self._counted if demand.each is None and demand.busiest)

    @property
    def is_scheduled(self) -> bool:
        """Whether any of them runs by itself."""
        return any(demand.busiest for demand in self._counted)

    @property
    def left_out(self) -> int:
        """How many have a schedule and are idle."""
        return sum(1 for demand in self.demands if demand.idle and demand.busiest)

    @property
    def _counted(self) -> Sequence[Demand]:
        return [demand for demand in self.demands if not demand.idle]

    @property
    def share(self) -> float | None:
        return None if self.budget.daily is None else self.tokens / self.budget.daily

    @property
    def fits(self) -> bool:
        return self.share is None or self.share <= 1


@dataclass(frozen=True, slots=True)
class Price:
    """
    What the next run of an importer will cost, what the `last` one did, and
    the mean of the last runs of each sort; what its schedule asks for, and
    that of all importers of the company.
    """

    next: Estimate
    last: Run | None
    usual: Mapping[Extent, Cost]
    own: Demand
    load: Load

    @property
    def exceeds_a_day(self) -> bool:
        """A run that is dearer than all there is in a day can never end."""
        return self.load.budget.daily is not None and self.next.least.tokens > self.load.budget.daily


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """
    What is known about one company: its importers, their last runs by importer
    id, how many records there are by entity, and how it stands with Pipedrive.
    `leaders` are all importers of the workspace, by id: some follow those of others.
    """

    company: str
    importers: Sequence[Importer]
    leaders: Mapping[int, Importer]
    runs: Mapping[int, Sequence[Run]]
    sizes: Mapping[str, Size]
    standing: Standing
    budget: Budget
    judge: Callable[[Selection, Mapping[str, Size]], Estimate]
    now: datetime

    def price(self, shown: Importer | Draft, saved: Importer | None) -> Price:
        """Of *shown*, which is or will be *saved*; None for a new one. A draft is taken as if it had begun."""
        books = self._with(shown, saved)
        runs = self._runs_of(saved, shown.selection)
        own = books.demand(shown, runs, self._first_day(shown.schedule))
        others = [one for one in books.importers if saved is None or one.id != saved.id]
        return Price(
            next=self._next(shown.selection, runs),
            last=runs[0] if runs else None,
            usual={extent: mean(same) for extent in Extent if (same := _of_extent(runs, extent))},
            own=own,
            load=books.load(others, own),
        )

    def _with(self, shown: Importer | Draft, saved: Importer | None) -> Books:
        """Those that follow *saved* will follow what is *shown*."""
        if saved is None or isinstance(shown, Importer):
            return self
        changed = replace(saved, schedule=shown.schedule, paused=False, starts_after_success=False)
        return replace(self, leaders={**self.leaders, saved.id: changed})

    def load(self, importers: Iterable[Importer] | None = None, *more: Demand) -> Load:
        """Of *importers*, all of them unless given, and of *more*."""
        chosen = self.importers if importers is None else importers
        return Load(self.company, self.budget, (*map(self._demand_of, chosen), *more))

    def _demand_of(self, importer: Importer) -> Demand:
        return self.demand(importer, self._runs_of(importer, importer.selection), self._tomorrow)

    def demand(self, one: Importer | Draft, runs: Sequence[Run], first: date) -> Demand:
        """Of the week from *first* on; *runs* are its last ones that read the same."""
        turns = self._turns(one.schedule, first)
        return Demand(one.name, turns, self._each(one.selection, runs), _idle(one), one.schedule.every)

    @property
    def _tomorrow(self) -> date:
        return self.now.date() + timedelta(days=1)

    def _first_day(self, schedule: Schedule) -> date:
        """Of the week that shows what *schedule* takes once it is on."""
        return max(self._tomorrow, min(schedule.starts_on or self._tomorrow, LAST_DAY))

    def _turns(self, schedule: Schedule, first: date, behind: tuple[int, ...] = ()) -> tuple[int, ...]:
        """Of each day of the week that begins then. One that follows another has as many as that one; *behind* are those it leads."""
        if schedule.every is Every.AFTER:
            leader = self.leaders.get(schedule.after_id or 0)
            if leader is None or leader.id in behind or _idle(leader):
                return _NONE
            turns = self._turns(leader.schedule, first, (*behind, leader.id))
            return tuple(
                number if _is_on(schedule, first + timedelta(days=day)) else 0 for day, number in enumerate(turns)
            )
        try:
            turns = runs_by_day(schedule, first)
            is_rare = not any(turns) and _is_on(schedule, first + timedelta(days=_DAYS - 1))
            if is_rare and next_run_after(schedule, self.now) is not None:
                return (1,) * _DAYS  # what is due more rarely than once a week must fit into any day
        except InvalidSettings:  # nobody understands it any more; the others have their price all the same
            return _NONE
        return turns

    def _each(self, selection: Selection, runs: Sequence[Run]) -> Cost | None:
        """What a run is likely to cost; at most, where only a range is known."""
        return mean(_like_the_last(runs)) if runs else self._next(selection, runs).most

    def _next(self, selection: Selection, runs: Sequence[Run]) -> Estimate:
        return _repeated(_like_the_last(runs)) if runs else self.judge(selection, self.sizes)

    def _runs_of(self, importer: Importer | None, selection: Selection) -> Sequence[Run]:
        """Its last runs that read the same."""
        runs = self.runs.get(importer.id, ()) if importer else ()
        return [run for run in runs if run.counts.reads == mark_of(selection)]


def _idle(one: Importer | Draft) -> Idle | None:
    if isinstance(one, Draft):
        return None
    if one.paused:
        return Idle.PAUSED
    return Idle.NOT_BEGUN if one.starts_after_success else None


def _is_on(schedule: Schedule, day: date) -> bool:
    """Days are counted in UTC here, which is near enough for a price."""
    return (schedule.starts_on or day) <= day <= (schedule.ends_on or day)


def mark_of(selection: Selection) -> str:
    """Tells selections apart whose runs cost differently; not what it is."""
    options = sorted(selection.options.items())
    asked = (selection.entity, selection.filter_id, selection.statuses, selection.limit, selection.columns, options)
    return hashlib.sha256(repr(asked).encode()).hexdigest()[:16]


def sizes_from(importers: Iterable[Importer], runs: Mapping[int, Sequence[Run]]) -> dict[str, Size]:
    """How many records there were for those who read all of a sort."""
    found: dict[str, Size] = {}
    for importer in importers:
        selection = importer.selection
        picks = selection.filter_id is not None or bool(selection.statuses) or selection.limit is not None
        same = [] if picks else [run for run in runs.get(importer.id, ()) if run.counts.reads == mark_of(selection)]
        for run in _of_extent(same, Extent.FULL)[:1]:
            rows = run.counts.rows_read
            found[selection.entity] = Size(rows, why=f"Reckoned with the {rows:,} records that “{importer.name}” read.")
    return found


def mean(runs: Sequence[Run]) -> Cost:
    """Rounded up."""
    count = len(runs)
    costs = [run.counts.cost for run in runs]
    requests, tokens = sum(cost.requests for cost in costs), sum(cost.tokens for cost in costs)
    return Cost(math.ceil(requests / count), math.ceil(tokens / count))


def _like_the_last(runs: Sequence[Run]) -> Sequence[Run]:
    """Those of the same sort as the newest: the next one will most likely be of it, too."""
    return _of_extent(runs, runs[0].counts.extent) if runs else ()


def _of_extent(runs: Iterable[Run], extent: Extent) -> list[Run]:
    return [run for run in runs if run.counts.extent is extent]


def _repeated(runs: Sequence[Run]) -> Estimate:
    costs = [run.counts.cost for run in runs]
    least = Cost(min(cost.requests for cost in costs), min(cost.tokens for cost in costs))
    most = Cost(max(cost.requests for cost in costs), max(cost.tokens for cost in costs))
    sort = "full runs" if runs[0].counts.extent is Extent.FULL else "runs that read only changes"
    why = "As its last run cost." if len(runs) == 1 else f"As its last {len(runs)} {sort} cost."
    return Estimate(least, most, why)
