"""
How many requests the names of related records take: pages, and a constant.

    python -m bench.related [--sizes 1000,10000,20000]

Deals with every column there is (owner, creator, person, organization, stage,
pipeline, options, custom fields that name persons, organizations and users),
counted where they arrive. Pages are those of 500 that the deals themselves and
the persons and organizations they name fill; the rest must not grow with them.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass

from importers.clock import SystemClock
from importers.http.governor import NullGovernor
from importers.http.session import make_session
from importers.model import Selection
from importers.secret import Secret
from importers.sources.pipedrive.signin import ApiToken
from importers.sources.pipedrive.source import PipedriveSource
from sandbox.adapters import WSGIAdapter
from sandbox.pipedrive import create_app
from sandbox.world import DOMAIN, TOKEN, World

_PAGE = 500
LISTS = ("deals", "persons", "organizations")


@dataclass(frozen=True, slots=True)
class Counted:
    """`pages` and `requests` by list; `others` are requests to anything else."""

    rows: int
    pages: dict[str, int]
    requests: dict[str, int]
    others: int

    @property
    def constant(self) -> int:
        return sum(self.requests.values()) + self.others - sum(self.pages.values())


def count(deals: int) -> Counted:
    """Read so many deals with all their columns."""
    world = World(deals=deals)
    app = create_app(world, plan="none")
    source = PipedriveSource(
        ApiToken(Secret(TOKEN)),
        session=make_session(reroutes={}, adapter=WSGIAdapter(app)),
        clock=SystemClock(),
        governor=NullGovernor(),
        company_domain=DOMAIN,
    )
    columns = tuple(column.key for column in source.columns("deals"))
    journal = app.extensions["sandbox"].journal
    journal.clear()
    rows = sum(len(page.rows) for page in source.open(Selection("deals", columns=columns)).pages())
    paths = [call.path for call in journal.calls]
    requests = {name: paths.count(f"/api/v2/{name}") for name in LISTS}
    pages = {name: math.ceil(len(world.shelf(name)) / _PAGE) for name in LISTS}
    return Counted(rows, pages, requests, len(paths) - sum(requests.values()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1000,10000,20000")
    print(f"{'deals':>8}  {'requests':>8}  = pages of {', '.join(LISTS):<32}  + constant")
    for size in map(int, parser.parse_args().sizes.split(",")):
        print(_line(count(size)), flush=True)


def _line(counted: Counted) -> str:
    pages = " + ".join(str(counted.pages[name]) for name in LISTS)
    total = sum(counted.requests.values()) + counted.others
    return f"{counted.rows:>8,}  {total:>8,}  = {pages:<41}  + {counted.constant}"


if __name__ == "__main__":
    main()
