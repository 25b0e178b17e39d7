"""What importers of one company cost, from what is known about it. Pure."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from importers.model import Cost, Draft, Estimate, Every, Extent, Importer, Run, Schedule, Selection, Size, Standing
from importers.schedule import runs_by_day


@dataclass(frozen=True, slots=True)
class Budget:
    """
    A company's tokens a day; None where nobody knows. `is_told` by Pipedrive
    itself, else reckoned from the plan an owner entered.
    """

    daily: int | None = None
    is_told: bool = False


@dataclass(frozen=True, slots=True)
class Demand:
    """What one importer's schedule asks of the coming week, day by day; `each` is the price of a run, None unknown."""

    name: str
    runs: tuple[int, ...]
    each: Cost | None

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
    """What the schedules of all importers of one company ask of its budget."""

    company: str
    budget: Budget
    demands: tuple[Demand, ...] = ()

    @property
    def tokens(self) -> int:
        """On the busiest day of the week, as far as prices are known."""
        days = zip(*(demand.by_day for demand in self.demands), strict=True)
        return max((sum(day) for day in days), default=0)

    @property
    def unknown(self) -> tuple[str, ...]:
        """The names of those that run by themselves and whose price nobody knows yet."""
        return tuple(demand.name for demand in self.demands if demand.each is None and demand.busiest)

    @property
    def is_scheduled(self) -> bool:
        """Whether any of them runs by itself."""
        return any(demand.busiest for demand in self.demands)

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
    """

    company: str
    importers: Sequence[Importer]
    runs: Mapping[int, Sequence[Run]]
    sizes: Mapping[str, Size]
    standing: Standing
    budget: Budget
    judge: Callable[[Selection, Mapping[str, Size]], Estimate]
    now: datetime

    def price(self, shown: Importer | Draft, saved: Importer | None) -> Price:
        """Of *shown*, which is or will be *saved*; None for a new one."""
        runs = self._runs_of(saved, shown.selection)
        own = self._demand(shown.name, shown.schedule, shown.selection, runs, is_paused=False)
        others = [one for one in self.importers if saved is None or one.id != saved.id]
        return Price(
            next=self._next(shown.selection, runs),
            last=runs[0] if runs else None,
            usual={extent: mean(same) for extent in Extent if (same := _of_extent(runs, extent))},
            own=own,
            load=self.load(others, own),
        )

    def load(self, importers: Iterable[Importer] | None = None, *more: Demand) -> Load:
        """Of *importers*, all of them unless given, and of *more*."""
        chosen = self.importers if importers is None else importers
        return Load(self.company, self.budget, (*map(self._demand_of, chosen), *more))

    def _demand_of(self, importer: Importer) -> Demand:
        runs = self._runs_of(importer, importer.selection)
        return self._demand(importer.name, importer.schedule, importer.selection, runs, is_paused=importer.paused)

    def _demand(
        self, name: str, schedule: Schedule, selection: Selection, runs: Sequence[Run], *, is_paused: bool
    ) -> Demand:
        tomorrow = self.now.date() + timedelta(days=1)
        never = is_paused or schedule.every is Every.MANUAL
        by_day = (0,) * 7 if never else runs_by_day(schedule, tomorrow)
        # What is due more rarely than once a week must fit into any day.
        return Demand(name, by_day if never or any(by_day) else (1,) * 7, self._each(selection, runs))

    def _each(self, selection: Selection, runs: Sequence[Run]) -> Cost | None:
        """What a run is likely to cost; at most, where only a range is known."""
        return mean(_like_the_last(runs)) if runs else self._next(selection, runs).most

    def _next(self, selection: Selection, runs: Sequence[Run]) -> Estimate:
        return _repeated(_like_the_last(runs)) if runs else self.judge(selection, self.sizes)

    def _runs_of(self, importer: Importer | None, selection: Selection) -> Sequence[Run]:
        """Its last runs that read the same."""
        runs = self.runs.get(importer.id, ()) if importer else ()
        return [run for run in runs if run.counts.reads == mark_of(selection)]


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
