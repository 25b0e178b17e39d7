"""The group of commands, in process: help, version, entities."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from importers.bootstrap import entities
from pipesheet import main
from pipesheet.claim import claim
from pipesheet.sandbox_home import remember


@pytest.mark.parametrize("command", ["up", "import", "price", "migrate", "check", "entities", "columns"])
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
    assert output.splitlines()[0].split() == ["name", "label", "endpoint", "version", "tokens", "for", "group"]
    assert [line.split()[0] for line in output.splitlines()[1:]] == [entity.name for entity in entities()]


def test_entities_say_for_what_their_price_is() -> None:
    listed = {one["name"]: one for one in json.loads(CliRunner().invoke(main.cli, ["entities", "--json"]).output)}
    assert (listed["deals"]["page"], listed["files"]["page"]) == ("500 records", "100 records")
    assert (listed["deal-products"]["page"], listed["deal-changes"]["page"]) == ("each 100 deals", "each deal")


def test_entities_as_json_has_the_promised_keys() -> None:
    listed = json.loads(CliRunner().invoke(main.cli, ["entities", "--json"]).output)
    facts = {"name", "label", "endpoint", "version", "tokens_per_page", "page", "group"}
    assert set(listed[0]) == facts | {"filter", "statuses", "windows", "scopes", "needs", "options"}
    mail = next(one for one in listed if one["name"] == "mail-messages")
    assert mail["options"]["messages"] == ["all", "first", "latest"]
    assert listed[0]["name"] == "deals"
    assert (listed[0]["windows"], listed[0]["scopes"]) == (
        ["updated_since", "updated_until"],
        ["deals:read", "deals:full"],
    )


def test_entities_at_length_tell_what_each_takes_and_needs() -> None:
    told = CliRunner().invoke(main.cli, ["entities", "--long"]).output.split("\n\n")
    assert len(told) == len(entities())
    assert told[0].splitlines() == [
        "deals (Deals): v2 /deals",
        "  tokens    10 for 500 records",
        "  takes     filter, updated_since, updated_until",
        "  statuses  open, won, lost, deleted",
        "  scopes    one of deals:read, deals:full",
    ]
    mail = next(one for one in told if one.startswith("mail-threads "))
    assert "  options   folders=inbox*|drafts*|sent*|archive* (several: by comma)" in mail
    assert "  needs     the Projects add-on" in next(one for one in told if one.startswith("tasks "))


def _import(tmp_path: Path, *arguments: str) -> Any:
    return main.run(["import", "mail-threads", "--sandbox", "--to", str(tmp_path / "m.xlsx"), *arguments])


def test_what_an_entity_asks_is_answered_by_options(tmp_path: Path) -> None:
    assert _import(tmp_path, "--option", "folders=drafts, archive", "--columns", "folder") == 0
    rows = load_workbook(tmp_path / "m.xlsx")["Mail threads"].values
    assert {folder for (folder,) in list(rows)[1:]} == {"drafts", "archive"}


@pytest.mark.parametrize(
    ("option", "exit_code", "told"),
    [
        ("folders", 2, "is no option; it looks like folders=inbox,sent"),
        ("folders=", 2, "is no option"),
        ("folders=spam", 3, "no 'spam' to choose for “folders”. There is: inbox, drafts, sent, archive."),
        ("colour=red", 3, "Mail threads have no option 'colour'. There is: folders."),
    ],
)
def test_an_option_that_does_not_exist_is_refused_with_what_there_is(
    option: str, exit_code: int, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _import(tmp_path, "--option", option) == exit_code
    assert told in capsys.readouterr().err


def test_the_price_heeds_the_options() -> None:
    asked = ["price", "mail-messages", "--sandbox", "--json", "--limit", "5"]
    plain = CliRunner().invoke(main.cli, asked)
    whole = CliRunner().invoke(main.cli, [*asked, "--option", "text=whole"])
    assert "2 tokens for the text of each message" not in plain.output
    assert "2 tokens for the text of each message" in whole.output


def test_columns_lists_keys_and_headers_the_accounts_own_among_them() -> None:
    result = CliRunner().invoke(main.cli, ["columns", "Deals", "--sandbox"])
    lines = [line.split("  ") for line in result.output.splitlines()]
    assert [word.strip() for word in lines[0] if word.strip()] == ["key", "header", "kind", "usual"]
    assert [word.strip() for word in lines[2] if word.strip()] == ["title", "Title", "text", "yes"]
    assert any(len(line[0].partition(".")[0]) == 40 for line in lines)


def test_columns_as_json_has_the_promised_keys() -> None:
    listed = json.loads(CliRunner().invoke(main.cli, ["columns", "stages", "--sandbox", "--json"]).output)
    assert listed[0] == {"key": "id", "header": "ID", "kind": "whole number", "usual": True}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["columns", "dealz"], "Did you mean deals"),
        (["columns", "dreams"], "`pipesheet entities` lists what there is."),
        (["price", "dealz"], "`pipesheet entities` lists what there is."),
        (["price", "deals", "--status", "lots"], "Deals have no status 'lots'. There is: open, won, lost, deleted."),
        (["price", "notes", "--status", "open"], "Notes have no status 'open'. Leave it out."),
        (["import", "deals", "--to", "deals.xls"], "does not end in .xlsx"),
        (["import", "dealz", "--to", "deals.xlsx"], "Did you mean deals"),
        (["import", "deals", "--to", "deals.xlsx", "--status", "lots"], "There is: open, won, lost, deleted."),
    ],
)
def test_what_cannot_be_understood_is_usage(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run([*arguments, "--sandbox"]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert len(said) < 250


def test_without_a_token_it_says_how_to_try(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("PIPEDRIVE_API_TOKEN", "PIPEDRIVE_API_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    assert main.run(["columns", "deals"]) == 3
    told = capsys.readouterr().err
    assert "--sandbox" in told
    assert "In Pipedrive: your name (top right) › Personal preferences › API" in told


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
    assert str(tmp_path / "home") in lines["home"]
    assert " ok " in lines["database"]
    assert "NOT OK" in lines["redis"]
    assert "pipesheet up" in lines["worker"]
    assert "NOT OK" in lines["pipedrive"]


def test_check_looks_at_the_sandbox_where_the_last_start_used_one(checked, tmp_path) -> None:
    home = tmp_path / ".pipesheet"
    remember(home, "*.pipedrive.com=http://127.0.0.1:9")
    told = checked(reroute="")
    assert "uses the sandbox instead of Pipedrive; it cannot be reached" in told
    assert "pipesheet up --sandbox" in told
    assert "uses the sandbox" not in checked(), "the environment says otherwise"
    remember(home, "")
    assert "sandbox" not in checked()


@pytest.fixture
def checked(tmp_path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """What `pipesheet check` says of a fresh home of this user, who stands in a folder of their own."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PIPESHEET_REROUTE", "*.pipedrive.com=http://127.0.0.1:9")
    for name in ("DATABASE_URL", "REDIS_URL", "PIPESHEET_HOME"):
        monkeypatch.delenv(name, raising=False)
    main.run(["migrate"])

    def check(*, reroute: str = "*.pipedrive.com=http://127.0.0.1:9") -> str:
        capsys.readouterr()
        monkeypatch.setenv("PIPESHEET_REROUTE", reroute)
        assert main.run(["check"]) == 3
        return capsys.readouterr().out

    return check


def test_check_says_how_to_look_at_what_make_run_keeps_here(checked, tmp_path, monkeypatch) -> None:
    assert "another" not in checked()
    here = tmp_path / "checkout" / ".pipesheet"
    here.mkdir()
    assert f"PIPESHEET_HOME={here} pipesheet check" in checked()
    monkeypatch.setenv("PIPESHEET_HOME", str(tmp_path / ".pipesheet"))
    assert "another" not in checked()


def test_check_says_how_to_look_at_a_home_that_runs(checked, tmp_path, monkeypatch) -> None:
    here = tmp_path / "checkout" / ".pipesheet"
    here.mkdir()
    monkeypatch.setenv("PIPESHEET_HOME", str(tmp_path / ".pipesheet"))
    with claim(here):
        assert f"PIPESHEET_HOME={here} pipesheet check" in checked()
    assert "another" not in checked()


def test_the_price_is_told_with_its_reason_and_what_asking_took() -> None:
    result = CliRunner().invoke(main.cli, ["price", "deals", "--sandbox", "--columns", "ID,Title"])
    price, why, asking = result.output.splitlines()
    assert re.fullmatch(r"20 to 40 tokens, 2 to 4 requests; less than 1 % of today's 420,000\.", price)
    assert why.startswith("There are at most 1,")
    assert asking == "Finding that out took 12 tokens, 2 requests."


def test_the_price_as_json_has_a_range() -> None:
    told = json.loads(CliRunner().invoke(main.cli, ["price", "deal-participants", "--sandbox", "--json"]).output)
    assert told["least"]["requests"] > 1200
    assert told["most"]["tokens"] >= told["least"]["tokens"] > 12_000
    assert told["budget"]["daily"] == 420_000


def test_what_nobody_knows_is_said() -> None:
    output = CliRunner().invoke(main.cli, ["price", "leads", "--sandbox", "--columns", "ID"]).output
    assert output.splitlines() == [
        "Not known before the first run.",
        "Pipedrive does not tell how many there are until they are read: 20 tokens for every 500.",
    ]
