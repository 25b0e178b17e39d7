"""Short stories of a whole system in trouble; `python -m tests.chaos --minutes 5 --seed 7` tells long ones."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.processes import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.postgresql, pytest.mark.timeout(420)]

SEED = 7


def test_whatever_dies_every_table_is_the_source_and_everybody_is_told_once() -> None:
    """In a process of its own: it has threads and servers enough to be in the way of other tests."""
    command = (sys.executable, "-m", "tests.chaos", "--minutes", "0.32", "--every", "0.6", "--seed", str(SEED))
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
