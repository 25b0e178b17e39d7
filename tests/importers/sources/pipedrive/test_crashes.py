"""Killed anywhere in a run: nothing is lost, and the next run puts all right."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from importers.destinations.excel.destination import ExcelDestination
from importers.engine.pipeline import Pipeline
from importers.model import MirrorFile, Refresh, Selection, Target, Vanished
from sandbox.moments import NOW
from sandbox.world import World
from tests.excel import calamine_rows
from tests.pipedrive import Rig, a_rig

ROOT = Path(__file__).parents[4]
COLUMNS = ("id", "title", "status")
MOVING = Selection("deals", columns=COLUMNS, refresh=Refresh.WEEKLY, vanished=Vanished.MOVE)
TARGET = Target("excel", "Sales", "Deals")
MOMENTS = (
    "while changes are read",
    "before the first sheet",
    "between the sheets",
    "between writing and remembering",
    "while the mirror is moved",
    "when it was moved",
)

RUN = """
import os, signal, sys
from pathlib import Path
from importers import staged
from importers.destinations.excel.destination import ExcelWriting
from importers.sources.pipedrive.changes import Rounds
from importers.sources.pipedrive.mirror import Mirror
from tests.importers.sources.pipedrive.test_crashes import a_company, happen, run

def die(*arguments, **named):
    os.kill(os.getpid(), signal.SIGKILL)

folder, moment = Path(sys.argv[1]), sys.argv[2]
rig = a_company()
run(rig, folder)
happen(rig)
commit, keep = ExcelWriting.commit, Mirror.keep

def commit_but_the_table(writing, **named):
    return commit(writing, **named) if writing._target.sheet != "Deals" else die()

def keep_dying(name):
    def dying(*arguments):
        setattr(staged, name, die)
        return keep(*arguments)
    return dying

if moment == "while changes are read":
    Rounds._take_in = die
if moment == "before the first sheet":
    ExcelWriting.commit = die
if moment == "between the sheets":
    ExcelWriting.commit = commit_but_the_table
if moment == "between writing and remembering":
    Mirror.keep = die
if moment == "while the mirror is moved":
    Mirror.keep = keep_dying("_take_over_rights")
if moment == "when it was moved":
    Mirror.keep = keep_dying("_sync_folder")
run(rig, folder)
"""


def a_company() -> Rig:
    return a_rig(world=World(deals=48, custom_fields=0, clock=lambda: float(NOW + 600)))


def happen(rig: Rig) -> None:
    """The same, whoever lets it happen."""
    changes = rig.world.changes
    changes.delete("deal", 1)
    changes.archive("deal", 2)
    changes.change("deal", 3, title="Changed")
    changes.create("deal", title="New")


def run(rig: Rig, folder: Path) -> None:
    mirror = MirrorFile(folder / "mirrors" / "1.mirror", "alice at acme")
    Pipeline(rig.source, ExcelDestination(folder), tell=rig.told.append).run(MOVING, TARGET, mirror=mirror)


def rows_in(folder: Path, sheet: str) -> list[tuple[object, ...]]:
    return [tuple(row[: len(COLUMNS)]) for row in calamine_rows(folder / "Sales.xlsx", sheet)[1]]


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_worker_that_is_killed_loses_nothing(tmp_path: Path, moment: str) -> None:
    died = subprocess.run([sys.executable, "-c", RUN, str(tmp_path), moment], cwd=ROOT, check=False, timeout=120)
    assert died.returncode == -9
    shown = {row[0] for sheet in ("Deals", "Deals (removed)") for row in rows_in(tmp_path, sheet)}
    assert {1, 2, 3} <= shown

    rig = a_company()
    happen(rig)
    run(rig, tmp_path)
    assert not any(line.startswith("Reading everything") for line in rig.told)
    assert rows_in(tmp_path, "Deals") == rig.read(Selection("deals", columns=COLUMNS))
    assert [row[0] for row in rows_in(tmp_path, "Deals (removed)")] == [1, 2]
    left = [path.name for path in tmp_path.rglob("*") if path.is_file()]
    assert sorted(left) == ["1.mirror", "1.removed", "Sales.xlsx"]
