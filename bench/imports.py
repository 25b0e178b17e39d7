"""
`pipesheet import deals` against the script people write by hand, in one run.

    python -m bench.imports [--sizes 10000,50000] [--rounds 3]

Both read the same company (ten custom deal fields, no rate limit) from a
sandbox on this machine and write the same records; whole processes are
measured from outside, in turn, so that a drifting machine moves both. Ours
also resolves owner, person, organization, stage and pipeline names, which the
plain script leaves as ids.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.processes import Measured, measure, pretend_pipedrive
from sandbox.world import TOKEN

_HERE = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="10000,50000")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(f"{options.rounds} rounds each, medians; {os.cpu_count()} processors, Python {sys.version.split()[0]}")
    print(
        f"{'deals':>8}  {'ours s':>7}  {'plain s':>8}  {'times faster (min..max)':>24}  {'ours MB':>8}  {'plain MB':>9}"
    )
    for size in map(int, options.sizes.split(",")):
        print(_line(size, *_compare(size, options.rounds)), flush=True)


def _compare(size: int, rounds: int) -> tuple[list[Measured], list[Measured]]:
    with (
        pretend_pipedrive("--deals", str(size), "--plan", "none", "--custom-fields", "10") as base,
        tempfile.TemporaryDirectory() as folder,
    ):
        ours, plain = [], []
        for _ in range(rounds):
            ours.append(_ours(base, Path(folder) / "ours.xlsx"))
            plain.append(_plain(base, Path(folder) / "plain.xlsx"))
        return ours, plain


def _ours(base: str, path: Path) -> Measured:
    path.unlink(missing_ok=True)
    pipesheet = Path(sys.executable).with_name("pipesheet")
    environ = {"PIPEDRIVE_API_TOKEN": TOKEN, "PIPESHEET_REROUTE": f"*.pipedrive.com={base}"}
    return measure([str(pipesheet), "import", "deals", "--to", str(path), "--json"], environ)


def _plain(base: str, path: Path) -> Measured:
    return measure([sys.executable, str(_HERE / "plain_script.py"), base, TOKEN, str(path)])


def _line(size: int, ours: Sequence[Measured], plain: Sequence[Measured]) -> str:
    ratios = [theirs.seconds / mine.seconds for mine, theirs in zip(ours, plain, strict=True)]
    return (
        f"{size:>8}  {_median(ours, 'seconds'):>7.2f}  {_median(plain, 'seconds'):>8.2f}"
        f"  {statistics.median(ratios):>8.1f} ({min(ratios):.1f}..{max(ratios):.1f})"
        f"  {max(run.peak_mb for run in ours):>8.0f}  {max(run.peak_mb for run in plain):>9.0f}"
    )


def _median(runs: Sequence[Measured], figure: str) -> float:
    return statistics.median(getattr(run, figure) for run in runs)


if __name__ == "__main__":
    main()
