"""
An importer of deals, run again and again: everything, and only what changed.

    python -m bench.incremental [--deals 50000] [--changes 100] [--rounds 3]

Each run is a process of its own, measured from outside, on a sandbox without
limits on this machine; it reads the usual columns, names of related records
included, and writes the workbook. Between runs some deals are changed by the
API, a tenth of them deleted.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.processes import Measured, measure, pretend_pipedrive
from importers.clock import SystemClock
from importers.destinations.excel.destination import ExcelDestination
from importers.engine.pipeline import Pipeline
from importers.http.governor import NullGovernor
from importers.http.session import make_session
from importers.model import MirrorFile, Refresh, Selection, Target
from importers.secret import Secret
from importers.sources.pipedrive.signin import ApiToken
from importers.sources.pipedrive.source import PipedriveSource
from sandbox.world import DOMAIN, TOKEN


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deals", type=int, default=50_000)
    parser.add_argument("--changes", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--run", nargs=3, metavar=("BASE", "FOLDER", "REFRESH"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        _run(*options.run)
    else:
        _compare(options)


def _compare(options: argparse.Namespace) -> None:
    print(
        f"{options.deals:,} deals, medians of {options.rounds}; {os.cpu_count()} processors, load {os.getloadavg()[0]:.0f}"
    )
    print(f"{'run':<44}  {'seconds':>7}  {'CPU s':>6}  {'MB':>5}  {'requests':>8}  {'tokens':>7}")
    with (
        pretend_pipedrive("--deals", str(options.deals), "--plan", "none", "--custom-fields", "10") as base,
        tempfile.TemporaryDirectory() as name,
    ):
        folder = Path(name)
        everything = [_measured(base, folder, Refresh.EVERYTHING) for _ in range(options.rounds)]
        _print("everything, nothing remembered", everything)
        _print("everything, remembered for the next run", [_first(base, folder) for _ in range(options.rounds)])
        _print("only what changed: nothing", [_measured(base, folder, Refresh.WEEKLY) for _ in range(options.rounds)])
        changed = [_changed(base, folder, options, place) for place in range(options.rounds)]
        _print(f"only what changed: {options.changes} deals", changed)
        size = (folder / "1.mirror").stat().st_size
        print(
            f"The mirror takes {size / 1e6:.0f} MB, the workbook {(folder / 'Sales.xlsx').stat().st_size / 1e6:.0f} MB."
        )


def _first(base: str, folder: Path) -> Measured:
    (folder / "1.mirror").unlink(missing_ok=True)
    return _measured(base, folder, Refresh.WEEKLY)


def _changed(base: str, folder: Path, options: argparse.Namespace, place: int) -> Measured:
    """Deals from all over the list, other ones each time."""
    step = options.deals // (options.changes * options.rounds)
    for number in range(options.changes):
        deal = (number * options.rounds + place) * step + 1
        _ask(base, deal, "DELETE" if number % 10 == 0 else "PATCH")
    return _measured(base, folder, Refresh.WEEKLY)


def _ask(base: str, deal: int, method: str) -> None:
    body = json.dumps({"title": "Changed"}).encode() if method == "PATCH" else None
    headers = {"x-api-token": TOKEN, "content-type": "application/json", "host": f"{DOMAIN}.pipedrive.com"}
    request = urllib.request.Request(f"{base}/api/v2/deals/{deal}", data=body, headers=headers, method=method)
    try:
        urllib.request.urlopen(request, timeout=30).close()
    except urllib.error.HTTPError as error:
        if error.code != 404:  # some numbers are those of archived deals
            raise


def _measured(base: str, folder: Path, refresh: Refresh) -> Measured:
    return measure([sys.executable, "-m", "bench.incremental", "--run", base, str(folder), refresh.value])


def _run(base: str, folder: str, refresh: str) -> None:
    source = PipedriveSource(
        ApiToken(Secret(TOKEN)),
        session=make_session(reroutes={"*.pipedrive.com": base}),
        clock=SystemClock(),
        governor=NullGovernor(),
        company_domain=DOMAIN,
    )
    selection, target = Selection("deals", refresh=Refresh(refresh)), Target("excel", "Sales", "Deals")
    kept = MirrorFile(Path(folder) / ("none.mirror" if refresh == "everything" else "1.mirror"), "bench")
    counts = Pipeline(source, ExcelDestination(Path(folder))).run(selection, target, mirror=kept).counts
    print(json.dumps({"rows": counts.rows_written, "requests": counts.requests, "tokens": counts.tokens}))


def _print(label: str, runs: Sequence[Measured]) -> None:
    told: list[dict[str, Any]] = [json.loads(run.output.splitlines()[-1]) for run in runs]
    print(
        f"{label:<44}  {_median(runs, 'seconds'):>7.2f}  {_median(runs, 'cpu_seconds'):>6.2f}"
        f"  {max(run.peak_mb for run in runs):>5.0f}  {told[-1]['requests']:>8}  {told[-1]['tokens']:>7}",
        flush=True,
    )


def _median(runs: Sequence[Measured], figure: str) -> float:
    return statistics.median(getattr(run, figure) for run in runs)


if __name__ == "__main__":
    main()
