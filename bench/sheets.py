"""
Tables into Google Sheets: requests, bytes, time and memory, against scripts.

    python -m bench.sheets [--sizes 10000,100000] [--parts tables,memory,overlap] [--latency-ms 0]

tables    a first write, one where nothing changed, one where one row in a hundred did, a thousand rows more; in the
          modes replace and update; and two scripts with gspread (bench/plain_sheets.py), which know only one way
memory    a first write, and then one where nothing changed, for more and more rows
overlap   a source that gives so many rows a second: how long it takes, writing takes, and both together

Every figure is of a whole process, measured from outside. They write to the
pretend Google, a process of its own without limits, through the real client.
Requests and bytes are counted there.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable
from dataclasses import asdict

from bench.google import Calls, PretendGoogle, pretend_google, without_limits
from bench.processes import Measured, measure
from bench.sheets_rows import CHANGED, COLUMNS, FIRST, MORE
from bench.sheets_writer import Task

_MEMORY_SIZES = (20_000, 50_000, 100_000, 200_000)
_MEMORY_COLUMNS = 20
"""Two copies of 200,000 rows of them fit into a spreadsheet."""
_OVERLAP_ROWS = 50_000
_SECONDS_OF_SOURCE = 15


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="10000,100000", help="rows of the tables")
    parser.add_argument("--memory-sizes", default=",".join(map(str, _MEMORY_SIZES)))
    parser.add_argument("--overlap-rows", type=int, default=_OVERLAP_ROWS)
    parser.add_argument("--parts", default="tables,memory,overlap")
    parser.add_argument("--latency-ms", default="0", help="before every answer")
    options = parser.parse_args()
    parts = options.parts.split(",")
    print(f"{os.cpu_count()} processors, Python {sys.version.split()[0]}, {options.latency_ms} ms before every answer")
    with pretend_google(*without_limits(), "--latency-ms", options.latency_ms) as google:
        if "tables" in parts:
            for size in map(int, options.sizes.split(",")):
                _tables(google, size)
        if "memory" in parts:
            _memory(google, map(int, options.memory_sizes.split(",")))
        if "overlap" in parts:
            _overlap(google, options.overlap_rows)


# --- what is measured ----------------------------------------------------------------


def _tables(google: PretendGoogle, size: int) -> None:
    print(f"\n{size:,} rows of {len(COLUMNS)} columns\n{_HEADER}", flush=True)
    for mode in ("replace", "update"):
        spreadsheet = google.new_spreadsheet(f"Ours, {mode}")
        # MORE last: its rows would be missing from the others.
        for what, edition in (("first", FIRST), ("unchanged", FIRST), ("1 % changed", CHANGED), ("1,000 more", MORE)):
            if edition == MORE:
                _measured(google, Task(google.base, spreadsheet, size, mode=mode))
            task = Task(google.base, spreadsheet, size, mode=mode, edition=edition)
            _print_line(f"{mode}, {what}", *_measured(google, task))
        google.delete(spreadsheet)
    for way in ("update", "append"):
        spreadsheet = google.new_spreadsheet(f"gspread, {way}")
        _print_line(f"gspread, {way}", *_script(google, way, spreadsheet, size))
        google.delete(spreadsheet)


def _memory(google: PretendGoogle, sizes: Iterable[int]) -> None:
    print(f"\n{_MEMORY_COLUMNS} columns, memory\n{_HEADER}", flush=True)
    for size in sizes:
        for mode in ("replace", "update"):
            spreadsheet = google.new_spreadsheet(f"Memory, {mode}")
            for what in ("first", "unchanged"):
                task = Task(google.base, spreadsheet, size, _MEMORY_COLUMNS, mode)
                _print_line(f"{size:,}, {mode}, {what}", *_measured(google, task))
            google.delete(spreadsheet)


def _overlap(google: PretendGoogle, size: int) -> None:
    pace = size / _SECONDS_OF_SOURCE
    print(f"\n{size:,} rows, the source gives {pace:,.0f} a second", flush=True)
    source, _ = _measured(google, Task("", "", size, pace=pace))
    spreadsheet = google.new_spreadsheet("Overlap")
    writing, _ = _measured(google, Task(google.base, spreadsheet, size))
    other = google.new_spreadsheet("Overlap, slow source")
    both, _ = _measured(google, Task(google.base, other, size, pace=pace))
    total = source.seconds + writing.seconds
    print(
        f"the source alone {source.seconds:.1f} s, writing alone {writing.seconds:.1f} s, both {both.seconds:.1f} s:"
        f" {both.seconds / total:.0%} of the sum, {both.seconds / max(source.seconds, writing.seconds):.2f} of the"
        f" longer one; load {os.getloadavg()[0]:.1f}"
    )
    for made in (spreadsheet, other):
        google.delete(made)


def _measured(google: PretendGoogle, task: Task) -> tuple[Measured, Calls]:
    google.forget_calls()
    run = measure([sys.executable, "-m", "bench.sheets_writer", json.dumps(asdict(task))])
    return run, google.calls()


def _script(google: PretendGoogle, way: str, spreadsheet: str, size: int) -> tuple[Measured, Calls]:
    google.forget_calls()
    arguments = [way, google.base, google.robot_token(), spreadsheet, str(size), str(len(COLUMNS)), FIRST]
    run = measure([sys.executable, "-m", "bench.plain_sheets", *arguments])
    return run, google.calls()


_HEADER = (
    f"{'':>28}  {'reads':>5}  {'writes':>6}  {'MB up':>6}  {'MB down':>7}  {'seconds':>7}  {'CPU s':>6}  {'peak MB':>7}"
    f"  {'load':>4}"
)


def _print_line(what: str, run: Measured, calls: Calls) -> None:
    print(
        f"{what:>28}  {calls.reads:>5}  {calls.writes:>6}  {calls.up / 1e6:>6.2f}  {calls.down / 1e6:>7.2f}"
        f"  {run.seconds:>7.1f}  {run.cpu_seconds:>6.1f}  {run.peak_mb:>7.0f}  {os.getloadavg()[0]:>4.1f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
