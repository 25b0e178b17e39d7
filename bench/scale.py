"""
A hundred thousand importers on hourly schedules, for a day that passes in a minute.

    python -m bench.scale [--importers 100000] [--hours 24] [--mix hourly,mixed] [--google 0.3]
                          [--projects 0] [--seed 7]

Nothing is carried out: time is counted (bench/queueing.py), by the product's own
rules and figures: its schedules say who is due when, its dispatch how many runs
of a connection go at once, its plans what companies may ask in two seconds and in
a day, its estimates what a run asks, its quotas what Google takes in a minute.
How long a run takes is measured (bench/crowd.py says where). `--projects 1` lets
everybody share one Google project, 0 gives every company its own.

Printed of each mix: what is due, what it asks of processors, database, Pipedrive
and Google; and for more and more processes of workers how long runs wait to
begin, and the longest queue. Then how many processes it takes until 99 of 100
runs begin within one and within five minutes.
"""

from __future__ import annotations

import argparse
import math
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from bench.crowd import MIXES, Crowd, a_crowd
from bench.queueing import Outcome, Simulation, turns_of
from importers.http.quota import Sizes

_BEGINS = datetime(2026, 3, 3, tzinfo=UTC)
"""A Tuesday."""

_MORE = (1.05, 1.25, 1.5, 2.0, 4.0)
"""So many times the processes that would do if all work came evenly."""

_WANTED = {"one minute": 60.0, "five minutes": 300.0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--importers", type=int, default=100_000)
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument("--mix", default=",".join(MIXES))
    parser.add_argument("--google", type=float, default=0.3, help="the part of the importers that write there")
    parser.add_argument("--projects", type=int, default=0, help="Google projects that the companies share; 0: one each")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    for name in options.mix.split(","):
        began = time.perf_counter()
        crowd = a_crowd(options.importers, mix=MIXES[name], google=options.google, seed=options.seed)
        turns = turns_of(crowd, _BEGINS, options.hours)
        _tell_what_is_asked(name, crowd, turns, options)
        _tell_waits(crowd, turns, options)
        print(f"({time.perf_counter() - began:.0f} s)\n", flush=True)


# --- what is asked ---


def _tell_what_is_asked(
    name: str, crowd: Crowd, turns: Mapping[int, Sequence[int]], options: argparse.Namespace
) -> None:
    due = Counter(importer for those in turns.values() for importer in those)
    minutes: Counter[int] = Counter()
    for second, those in turns.items():
        minutes[second // 60] += len(those)
    total, seconds = due.total(), options.hours * 3600
    cpu = sum(crowd.recipe_of[one].cpu * times for one, times in due.items())
    rows = sum(crowd.recipe_of[one].rows * times for one, times in due.items())
    print(f"# {name}: {options.importers:,} importers of {len(crowd.companies):,} companies, {options.hours} hours")
    print(f"due: {total:,} runs, {total / seconds:.1f} a second; {max(minutes.values()):,} in the busiest minute")
    print(
        f"processors: {cpu / seconds:.1f} busy all the time with the runs alone; rows: {rows / seconds:,.0f} a second"
    )
    _tell_tokens(crowd, due)
    _tell_google(crowd, due, options)


def _tell_tokens(crowd: Crowd, due: Mapping[int, int]) -> None:
    asked: Counter[int] = Counter()
    for importer, times in due.items():
        asked[crowd.company_of[importer]] += crowd.recipe_of[importer].tokens * times
    print("daily tokens, companies whose schedules ask for more than they have:")
    for plan in dict.fromkeys(company.plan for company in sorted(crowd.companies, key=lambda one: one.burst)):
        those = [number for number, company in enumerate(crowd.companies) if company.plan == plan]
        over = sum(asked[number] > crowd.companies[number].daily for number in those)
        print(f"    {plan:<10} {over / len(those):6.1%} of {len(those):,}")


def _tell_google(crowd: Crowd, due: Mapping[int, int], options: argparse.Namespace) -> None:
    reads, writes = (
        sum(getattr(crowd.recipe_of[one], kind) * times for one, times in due.items()) / options.hours / 60
        for kind in ("reads", "writes")
    )
    size = Sizes().project
    print(
        f"Google: {reads:,.0f} reads and {writes:,.0f} writes a minute; one project takes {size} of each, so it takes "
        f"{math.ceil(max(reads, writes) / size)} projects"
    )


# --- how long runs wait ---


def _tell_waits(crowd: Crowd, turns: Mapping[int, Sequence[int]], options: argparse.Namespace) -> None:
    print(
        f"{'processes':>9}  {'busy':>5}  {'median':>8}  {'95 %':>8}  {'99 %':>8}  {'longest':>8}  {'longest queue':>13}"
        f"  {'left out':>8}  {'days spent':>10}"
    )
    even = _even_load(crowd, turns, options)
    found: dict[int, Outcome] = {}
    for workers in (math.ceil(even * more) for more in _MORE):
        found[workers] = outcome = Simulation(crowd, turns, workers, options.projects).run(options.hours)
        _tell(workers, outcome, options.hours)
    for words, seconds in _WANTED.items():
        print(f"99 of 100 begin within {words} with {_needed(crowd, turns, options, found, seconds)}", flush=True)


def _even_load(crowd: Crowd, turns: Mapping[int, Sequence[int]], options: argparse.Namespace) -> float:
    """How many processes would be busy if all work came evenly and nobody waited for a vendor's limit."""
    due = Counter(importer for those in turns.values() for importer in those)
    return sum(crowd.recipe_of[one].seconds * times for one, times in due.items()) / options.hours / 3600


def _tell(workers: int, outcome: Outcome, hours: int) -> None:
    busy = outcome.worked / workers / hours / 3600
    ages = "  ".join(f"{outcome.age(part):>6.1f} s" for part in (0.5, 0.95, 0.99, 1.0))
    print(
        f"{workers:>9}  {busy:>5.0%}  {ages}  {outcome.longest_queue:>13,}  {outcome.left_out:>8,}"
        f"  {sum(outcome.spent.values()):>10,}",
        flush=True,
    )


def _needed(
    crowd: Crowd,
    turns: Mapping[int, Sequence[int]],
    options: argparse.Namespace,
    found: dict[int, Outcome],
    goal: float,
) -> str:
    """The fewest processes, to five of a hundred; a day that is seen to fail is not lived to its end."""
    good = [workers for workers, outcome in found.items() if outcome.age(0.99) <= goal]
    if not good:
        return f"more than {max(found):,} processes"
    most, least = min(good), max((workers for workers in found if workers not in good), default=0)
    runs = sum(map(len, turns.values()))
    while most - least > max(1, most // 20):
        workers = (most + least) // 2
        outcome = Simulation(crowd, turns, workers, options.projects).run(options.hours, give_up=(runs // 100, goal))
        if outcome.is_hopeless or outcome.age(0.99) > goal:
            least = workers
        else:
            most = workers
    return f"{most:,} processes"


if __name__ == "__main__":
    main()
