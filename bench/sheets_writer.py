"""
One table into a spreadsheet of the pretend Google, through the real client.

    python -m bench.sheets_writer '{"base": "http://127.0.0.1:8101", "spreadsheet": "...", "rows": 1000}'

This is the process that bench/sheets.py measures.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.sheets_rows import COLUMNS, FIRST, pages
from importers.model import GOOGLE_SHEETS, Delivery, Mode, Target


@dataclass(frozen=True)
class Task:
    """One writing. `pace` is how many rows the source gives a second, 0 for as many as it can. No `base`: it only reads."""

    base: str
    spreadsheet: str
    rows: int
    columns: int = len(COLUMNS)
    mode: str = "replace"
    edition: str = FIRST
    pace: float = 0


def carry_out(task: Task) -> None:
    """Write, as the pipeline does: ask the destination, begin, add page by page, commit."""
    if not task.base:
        for _ in _paced(task):
            pass
        return
    from importers import bootstrap
    from importers.config import Settings
    from importers.secret import Secret
    from sandbox.google.accounts import DEMO_ROBOT, HOSTS

    plenty = 1_000_000  # the pretend Google has no limits here
    reroutes = dict.fromkeys(HOSTS, task.base)
    settings = Settings(
        home=Path(),
        database_url="",
        redis_url="",
        reroutes=reroutes,
        google_quota_project=plenty,
        google_quota_user=plenty,
    )
    destination = bootstrap.google_sheets(settings, Secret(json.dumps(DEMO_ROBOT.key_file()))).destination
    update = {"mode": Mode.UPDATE, "key": COLUMNS[0].key} if task.mode == "update" else {}
    target = Target(GOOGLE_SHEETS, task.spreadsheet, "Deals", table="deals", **update)
    destination.check(target)
    destination.zone_of(target)
    now = datetime.now(UTC)
    with destination.begin(target, COLUMNS[: task.columns], delivery=Delivery(now.isoformat(), now)) as writing:
        for page in _paced(task):
            writing.add(page)
        writing.commit()


def _paced(task: Task) -> Iterator[list]:
    began, given = time.monotonic(), 0
    for page in pages(task.rows, task.columns, task.edition):
        given += len(page)
        if task.pace:
            time.sleep(max(0.0, began + given / task.pace - time.monotonic()))
        yield page


if __name__ == "__main__":
    carry_out(Task(**json.loads(sys.argv[1])))
