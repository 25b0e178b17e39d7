"""The group of commands, in process: help, version, entities."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from importers.bootstrap import entities
from pipesheet import main


@pytest.mark.parametrize("command", ["up", "import", "migrate", "check", "entities"])
def test_every_command_has_help(command: str) -> None:
    result = CliRunner().invoke(main.cli, [command, "--help"])
    assert result.exit_code == 0
    assert "Usage:" in result.output


def test_the_help_of_import_says_where_the_token_goes() -> None:
    assert "PIPEDRIVE_API_TOKEN" in CliRunner().invoke(main.cli, ["import", "--help"]).output


def test_the_version_is_the_packages() -> None:
    assert CliRunner().invoke(main.cli, ["--version"]).output == "pipesheet 0.1.0\n"


def test_without_a_command_it_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run([]) == 2
    assert "import" in capsys.readouterr().out


def test_entities_as_a_table_names_every_one() -> None:
    output = CliRunner().invoke(main.cli, ["entities"]).output
    assert output.splitlines()[0].split() == ["name", "label", "endpoint", "version", "tokens", "per", "page"]
    assert [line.split()[0] for line in output.splitlines()[1:]] == [entity.name for entity in entities()]


def test_entities_as_json_has_the_promised_keys() -> None:
    listed = json.loads(CliRunner().invoke(main.cli, ["entities", "--json"]).output)
    assert set(listed[0]) == {"name", "label", "endpoint", "version", "tokens_per_page"}
    assert listed[0]["name"] == "deals"


def test_migrate_can_be_run_twice(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIPESHEET_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert main.run(["migrate"]) == 0
    assert main.run(["migrate"]) == 0


def test_check_says_what_is_missing_and_what_to_do(
    tmp_path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIPESHEET_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PIPESHEET_REROUTE", "*.pipedrive.com=http://127.0.0.1:9")
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    main.run(["migrate"])
    assert main.run(["check"]) == 3
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()[1:]}
    assert " ok " in lines["database"]
    assert "NOT OK" in lines["redis"]
    assert "pipesheet up" in lines["worker"]
    assert "NOT OK" in lines["pipedrive"]
