"""
Many processes on one token, each asking as often as it may.

    python -m bench.storm [--plans lite,growth,premium,ultimate] [--processes 20] [--threads 1] [--seconds 20]
                          [--latencies 0] [--app]

Every process reads the account through the real client, with its limits in a
Redis they share, from a sandbox that enforces the plan's burst limit by the
arrival of requests. Nobody knows the limit beforehand. Printed: what the
sandbox permits, what was answered after a warm-up of one window, and all the
calls and 429s there were, those of the warm-up included. `--app` takes the
limits that hold for the calls of an app. A thread waits for each answer before
it asks again: where answers take long, more of them are needed.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path

from bench.processes import pretend_pipedrive
from bench.redis_server import redis_server
from importers import bootstrap
from importers.config import Settings
from importers.errors import ImporterError
from importers.secret import Secret
from sandbox.limits import APP_BURSTS, BURSTS, WINDOW
from sandbox.world import TOKEN

WARM_UP = 2.5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plans", default=",".join(BURSTS))
    parser.add_argument("--processes", type=int, default=20)
    parser.add_argument("--threads", type=int, default=1, help="in each process")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--latencies", default="0", help="milliseconds before every answer")
    parser.add_argument("--app", action="store_true", help="the limits of an app instead of those of an API token")
    options = parser.parse_args()
    print(
        f"{options.processes} processes of {options.threads} threads, {options.seconds:g} s each;"
        f" {os.cpu_count()} processors"
    )
    print(
        f"{'plan':>9}  {'latency':>7}  {'permitted/s':>11}  {'answered/s':>10}  {'of it':>6}  {'calls':>6}  {'429s':>5}  {'errors':>6}"
        f"  {'least..most of one':>24}  {'load':>5}"
    )
    bursts = APP_BURSTS if options.app else BURSTS
    for latency in options.latencies.split(","):
        for plan in options.plans.split(","):
            _storm(plan, bursts[plan], latency, options.processes, options.threads, options.seconds)


def _storm(plan: str, burst: int, latency: str, processes: int, threads: int, seconds: float) -> None:
    load = os.getloadavg()[0]
    company = ("--deals", "10", "--plan", plan, "--burst", str(burst), "--latency-ms", latency)
    with (
        tempfile.TemporaryDirectory() as folder,
        redis_server(Path(folder)) as redis_url,
        pretend_pipedrive(*company) as base,
    ):
        settings = Settings(home=Path(folder), database_url="", redis_url=redis_url, reroutes={"*.pipedrive.com": base})
        answers, errors = _run(settings, processes, threads, seconds)
        journal = json.load(urllib.request.urlopen(base + "/_sandbox/journal"))
    refused = sum(call["status"] == 429 for call in journal)
    permitted, rate = burst / WINDOW, _rate(sorted(chain(*answers)), burst)
    share = sorted(map(len, answers))
    print(
        f"{plan:>9}  {latency + ' ms':>7}  {permitted:>11.1f}  {rate:>10.2f}  {rate / permitted:>6.1%}  {len(journal):>6}  {refused:>5}"
        f"  {errors:>6}  {share[0]:>14}..{share[-1]:<8}  {load:>5.1f}",
        flush=True,
    )


def _rate(moments: Sequence[float], limit: int) -> float:
    """
    Answers a second, over as many whole limits as there were.

    Calls go in bursts, one a window. How many bursts happen to fall into a
    time says little; how long it takes until the same point of a later burst
    says what one window costs.
    """
    whole = (len(moments) - 1) // limit * limit
    return whole / (moments[whole] - moments[0])


def _run(settings: Settings, processes: int, threads: int, seconds: float) -> tuple[list[list[float]], int]:
    """When each process had its answers in the time measured, and how many errors all had."""
    fork = multiprocessing.get_context("fork")
    ready = fork.Barrier(processes)
    pipes, crew = [], []
    bootstrap.preload()
    for _ in range(processes):
        ours, theirs = fork.Pipe(duplex=False)
        crew.append(fork.Process(target=_ask_on, args=(settings, ready, threads, seconds, theirs)))
        crew[-1].start()
        pipes.append(ours)
    results = [pipe.recv() for pipe in pipes]
    for process in crew:
        process.join()
    return [moments for moments, _ in results], sum(errors for _, errors in results)


def _ask_on(settings: Settings, ready: Barrier, threads: int, seconds: float, results: Connection) -> None:
    source = bootstrap.pipedrive(settings, Secret(TOKEN))
    moments: list[float] = []
    errors: list[ImporterError] = []

    def ask(begins: float) -> None:
        while time.monotonic() < begins + seconds:
            try:
                source.account()
            except ImporterError as error:
                errors.append(error)
            else:
                moments.append(time.monotonic())

    ready.wait()
    begins = time.monotonic() + WARM_UP
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(ask, [begins] * threads))
    results.send(([moment for moment in moments if moment >= begins], len(errors)))


if __name__ == "__main__":
    main()
