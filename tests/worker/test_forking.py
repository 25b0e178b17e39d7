"""Children that the main process of a worker bears while it says that it is alive."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import ROOT

CHILDREN = 6

# A process of its own: one that has threads, as that of the tests, had better not fork.
PARENT = """
import os, sys, threading, time
from dataclasses import replace
from pathlib import Path
from importers.config import Settings
from importers.store.migrate import migrate
from worker import process

home = Path(sys.argv[1])
settings = Settings(home=home, database_url=f"sqlite:///{home}/pipesheet.db", redis_url="redis://127.0.0.1:9/0")
migrate(settings.database_url)
services = process.build_services(settings)
store = services.health._store

class SlowHealth:
    def beat(self, name):
        with store._writing():
            time.sleep(0.15)

process.BEAT_EVERY = 0.01
beats = (replace(services, health=SlowHealth()), threading.Event())
threading.Thread(target=process.beat_between_forks, args=beats, daemon=True).start()
for _ in range(int(sys.argv[2])):
    time.sleep(0.1)
    child = os.fork()
    if not child:
        process.build_services(settings).health.beat("child")
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
os._exit(0)
"""


@pytest.mark.slow
def test_a_child_can_use_the_database_whenever_it_is_born(tmp_path: Path) -> None:
    command = (sys.executable, "-c", PARENT, str(tmp_path), str(CHILDREN))
    subprocess.run(command, cwd=ROOT, check=True, timeout=20)
