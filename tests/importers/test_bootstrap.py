"""Settings in, services out; and imports without a database."""

from __future__ import annotations

import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from importers import bootstrap
from importers.config import Settings
from importers.engine.pipeline import Pipeline
from importers.errors import InvalidSettings
from importers.model import Selection
from importers.secret import Secret
from tests.builders import a_target
from tests.fakes import ScriptedSource
from tests.processes import clean_environment


def test_migrate_makes_a_database_that_build_can_use(settings: Settings):
    bootstrap.migrate(settings)
    bootstrap.migrate(settings)
    services = bootstrap.build(settings)
    assert services.people.is_first_visit()
    services.close()


def test_an_unusable_database_address_is_told_at_once(settings: Settings):
    with pytest.raises(InvalidSettings, match="DATABASE_URL"):
        bootstrap.build(replace(settings, database_url="nonsense"))


def test_entities_need_nothing_at_all():
    assert "deals" in [entity.name for entity in bootstrap.entities()]


def test_one_import_needs_no_database(tmp_path: Path):
    file = tmp_path / "deals.xlsx"
    Pipeline(ScriptedSource([(1, "one")]), bootstrap.excel_file(file)).run(Selection("deals"), a_target("My deals"))
    assert openpyxl.load_workbook(file)["My deals"]["B2"].value == "one"


def test_a_source_can_be_had_for_a_token(settings: Settings):
    source = bootstrap.pipedrive(settings, Secret("f" * 40))
    assert source.entities()
    assert not settings.home.exists()


def test_pages_start_without_the_parts_that_read_and_write(settings: Settings):
    script = (
        "import sys, importers.bootstrap as bootstrap; from importers.config import Settings\n"
        "bootstrap.build(Settings.from_env()).close()\n"
        "print(sorted({'gspread', 'google', 'google.auth', 'requests_oauthlib', 'importers.destinations.excel.destination',"
        " 'importers.sources.pipedrive.source'} & set(sys.modules)))"
    )
    env = clean_environment(settings.home, DATABASE_URL="sqlite://")
    done = subprocess.run((sys.executable, "-c", script), env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_test_reaches_another_machine():
    with socket.socket() as out, pytest.raises(AssertionError, match=r"192\.0\.2\.1"):
        out.connect(("192.0.2.1", 80))
