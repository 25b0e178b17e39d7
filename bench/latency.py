"""
One entity of 50,000 records, read in its order and abreast, with latency and a limit.

    python -m bench.latency [--entities deals,activities] [--records 50000] [--latencies 50,200]
                            [--abreast 16] [--plan premium] [--rounds 3]

Both readings are our own client in a process of its own: the sequential walk
(`abreast=1`, a page after the other) and ours, which decode every page and
count the records by id. Neither knows the limit beforehand. The vendor is the
sandbox in another process; records it showed once it keeps as JSON and is
asked for all of them beforehand, so that making them up is not measured. Its
ceiling is: how long it takes to serve the same pages without latency or limit
to somebody who does nothing with them.

The floor is the longest of what no reader can avoid: as many requests as there
are pages at the plan's rate, three requests' latency one after the other (the
first page, the last, one between), serving all pages, decoding all pages.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import sys
import time
from dataclasses import dataclass
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from bench.processes import measure, pretend_pipedrive
from importers.clock import SystemClock
from importers.http.governor import MemoryGovernor
from importers.http.session import make_session
from importers.secret import Secret
from importers.sources.pipedrive.answers import Answer, decoded
from importers.sources.pipedrive.client import PipedriveClient
from importers.sources.pipedrive.entities import BY_NAME
from importers.sources.pipedrive.signin import ApiToken
from importers.sources.pipedrive.walks import Asked, Walker
from sandbox.limits import BURSTS, WINDOW
from sandbox.world import TOKEN

_CUSTOM_FIELDS = "10"
_PER_DEAL = {"deals": 1.0, "activities": 2.0, "persons": 0.6, "organizations": 0.25}
"""How many records of each sort the sandbox's company has for each of its deals."""

_CURSOR = re.compile(rb'"next_cursor":"([^"]+)"')
_CHAIN = 3


@dataclass(frozen=True)
class Ceiling:
    """What the pages cost whoever waits for nothing, in seconds for all of them."""

    pages: int
    serving: float
    decoding: float


@dataclass(frozen=True)
class Read:
    """One reading, as its process tells it; the time is that of the reading, without the start of Python."""

    seconds: float
    requests: int
    records: int
    times: int
    """How many records came, those that came twice counted twice."""
    refused: int
    peak_mb: float


def main() -> None:
    options = _options()
    if options.read:
        print(json.dumps(read_here(options.read, options.base, options.abreast)))
        return
    print(
        f"{options.records:,} records, plan {options.plan} ({BURSTS[options.plan]} requests in {WINDOW:g} s), "
        f"medians of {options.rounds}; {os.cpu_count()} processors, Python {sys.version.split()[0]}"
    )
    print(
        f"{'entity':>12} {'latency':>8} {'abreast':>8} {'seconds':>8} {'requests':>9} {'came twice':>11} {'429s':>5} "
        f"{'peak MB':>8} {'floor':>7} {'of it':>6} {'load':>5}   floor made of"
    )
    for entity in options.entities.split(","):
        _compare(entity, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entities", default="deals,activities")
    parser.add_argument("--records", type=int, default=50_000)
    parser.add_argument("--latencies", default="50,200", help="ms")
    parser.add_argument("--abreast", type=int, default=16)
    parser.add_argument("--plan", default="premium", choices=BURSTS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--read", metavar="ENTITY", help="read this one here, once, and print JSON")
    parser.add_argument("--base", help="where the vendor is, for --read")
    return parser.parse_args()


def _compare(entity: str, options: argparse.Namespace) -> None:
    deals = str(round(options.records / _PER_DEAL[entity]))
    company = ("--deals", deals, "--custom-fields", _CUSTOM_FIELDS, "--remember")
    with pretend_pipedrive(*company, "--plan", "none") as base:
        ceiling = _ceiling(entity, base)
    for latency in map(int, options.latencies.split(",")):
        with pretend_pipedrive(*company, "--plan", options.plan, "--latency-ms", str(latency)) as base:
            _fill(entity, base)
            parts = _parts(ceiling, latency / 1000, BURSTS[options.plan])
            for abreast in (1, options.abreast):
                load = os.getloadavg()[0]
                rounds = [_read(entity, base, abreast) for _ in range(options.rounds)]
                print(_line(entity, latency, abreast, rounds, parts, load), flush=True)


def _parts(ceiling: Ceiling, latency: float, limit: int) -> dict[str, float]:
    return {
        "limit": ceiling.pages / (limit / WINDOW),
        "latency": _CHAIN * latency,
        "serving": ceiling.serving,
        "decoding": ceiling.decoding,
    }


def _line(entity: str, latency: int, abreast: int, rounds: list[Read], parts: dict[str, float], load: float) -> str:
    seconds, floor = statistics.median(read.seconds for read in rounds), max(parts.values())
    first = rounds[0]
    made = ", ".join(f"{name} {value:.2f}" for name, value in parts.items())
    return (
        f"{entity:>12} {latency:>5} ms {abreast:>8} {seconds:>8.2f} {max(read.requests for read in rounds):>9} "
        f"{first.times - first.records:>11} {sum(read.refused for read in rounds):>5} "
        f"{max(read.peak_mb for read in rounds):>8.0f} {floor:>7.2f} {seconds / floor:>6.2f} {load:>5.1f}   {made}"
    )


# the reading ---------------------------------------------------------------------------------


def _read(entity: str, base: str, abreast: int) -> Read:
    time.sleep(2 * WINDOW)  # what was read before does not count against the limit any more
    before = _refused(base)
    done = measure([sys.executable, "-m", "bench.latency", "--read", entity, "--base", base, "--abreast", str(abreast)])
    told = json.loads(done.output)
    return Read(**told, refused=_refused(base) - before, peak_mb=done.peak_mb)


def read_here(entity: str, base: str, abreast: int) -> dict[str, float]:
    """Every record of the entity, decoded and met by id."""
    clock = SystemClock()
    session = make_session(reroutes={"*.pipedrive.com": base})
    client = PipedriveClient(
        sign_in=ApiToken(Secret(TOKEN)), session=session, clock=clock, governor=MemoryGovernor(clock)
    )
    client.me()
    began = time.perf_counter()
    walker = Walker(client, abreast=abreast)
    ids, times = set(), 0
    for page in walker.pages(BY_NAME[entity].where, Asked()):
        times += len(page.records)
        ids.update(record["id"] for record in page.records)
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "requests": client.meter.usage.requests - 1, "records": len(ids), "times": times}


# the vendor ----------------------------------------------------------------------------------


def _refused(base: str) -> int:
    return sum(call["status"] == 429 for call in json.loads(_get(base, "/_sandbox/journal")))


def _ceiling(entity: str, base: str) -> Ceiling:
    _fill(entity, base)
    began = time.perf_counter()
    answers = _answers(entity, base)
    served = time.perf_counter()
    for answer in answers:
        decoded(answer, Answer)
    return Ceiling(len(answers), served - began, time.perf_counter() - served)


def _fill(entity: str, base: str) -> None:
    """Let the sandbox make up every record once, at any price in time."""
    _answers(entity, base)


def _answers(entity: str, base: str) -> list[bytes]:
    found, cursor = [], ""
    while True:
        query = {
            "limit": "500",
            "sort_by": "update_time",
            "sort_direction": "asc",
            **({"cursor": cursor} if cursor else {}),
        }
        found.append(_get(base, f"/api/v2/{entity}?{urlencode(query)}"))
        after = _CURSOR.search(found[-1], len(found[-1]) - 500)
        if after is None:
            return found
        cursor = after[1].decode()


def _get(base: str, path: str) -> bytes:
    found: bytes = urlopen(Request(base + path, headers={"x-api-token": TOKEN})).read()
    return found


if __name__ == "__main__":
    main()
