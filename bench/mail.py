"""
The mail job: every message of 1,500 threads, a request each, at the smallest plan's limit.

    python -m bench.mail [--threads 1500] [--plan lite]

`pipesheet import mail-messages` as a whole process, from its start to the
finished workbook, against a sandbox that enforces the plan's burst limit by
the arrival of requests and tells nobody beforehand. The floor is what the
limit alone leaves to a program that makes the same requests and takes no time
for anything else: the first burst at once, every further one two seconds later.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import urllib.request
from collections import Counter
from pathlib import Path

from bench.processes import measure, pretend_pipedrive
from sandbox.limits import BURSTS, WINDOW
from sandbox.world import TOKEN, World

_THREADS_PER_DEAL = 1.25
_MESSAGES = "/mailMessages"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1500)
    parser.add_argument("--plan", default="lite", choices=BURSTS)
    options = parser.parse_args()
    deals, load = round(options.threads / _THREADS_PER_DEAL), os.getloadavg()[0]
    with pretend_pipedrive("--deals", str(deals), "--plan", options.plan) as base:
        told, seconds, calls = _import(base)
    world, burst = World(deals), BURSTS[options.plan]
    expected = sum(map(world.mail.size, world.mail.ids))
    asked = Counter(call["path"] for call in calls if call["path"].endswith(_MESSAGES) and call["status"] == 200)
    answered = sum(call["status"] == 200 for call in calls)
    floor = (answered - 1) // burst * WINDOW
    print(f"{options.threads:,} threads, plan {options.plan} ({burst} requests in {WINDOW:g} s); load {load:.1f}")
    print(f"threads asked for      {len(asked):>8,} of {len(world.mail.ids):,}, each {set(asked.values())} time(s)")
    print(f"messages in the sheet  {told['rows']:>8,} of {expected:,}")
    print(f"requests               {len(calls):>8,}, of them 429: {sum(call['status'] == 429 for call in calls)}")
    print(f"seconds                {seconds:>8.1f}, floor {floor:.1f}: {seconds / floor:.3f} times")


def _import(base: str) -> tuple[dict, float, list[dict]]:
    pipesheet = str(Path(sys.executable).with_name("pipesheet"))
    environ = {"PIPEDRIVE_API_TOKEN": TOKEN, "PIPESHEET_REROUTE": f"*.pipedrive.com={base}"}
    with tempfile.TemporaryDirectory() as folder:
        place = str(Path(folder) / "mail.xlsx")
        done = measure([pipesheet, "import", "mail-messages", "--to", place, "--json"], environ)
    told = next(json.loads(line) for line in done.output.splitlines() if line.startswith("{"))
    return told, done.seconds, json.load(urllib.request.urlopen(base + "/_sandbox/journal"))


if __name__ == "__main__":
    main()
