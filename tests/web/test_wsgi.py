"""The web process as gunicorn starts it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import clean_environment


@pytest.mark.slow
def test_settings_that_do_not_fit_are_told_in_one_line_and_end_the_server(tmp_path: Path):
    gunicorn = [sys.executable, "-m", "gunicorn", "web.wsgi:app", "--bind", "127.0.0.1:0", "--log-level", "critical"]
    environ = {**clean_environment(tmp_path), "REDIS_URL": "http://elsewhere"}
    ended = subprocess.run(
        [*gunicorn, "--no-control-socket"], env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 4
    assert "REDIS_URL must start with redis://" in ended.stderr
    assert "Traceback" not in ended.stderr
