"""The documentation says what the code does: every name is there, every link leads somewhere."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from importers import errors
from importers.sources.pipedrive.entities import ENTITIES

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]


def error_codes(kind: type[errors.ImporterError] = errors.ImporterError) -> Iterator[str]:
    yield kind.code
    for child in kind.__subclasses__():
        yield from error_codes(child)


def settings_read() -> set[str]:
    """The names `config.py` reads: those written whole and those behind the prefix."""
    text = (ROOT / "importers/config.py").read_text()
    prefixed = {"PIPESHEET_" + name for name in re.findall(r'_PREFIX \+ "([A-Z_]+)"', text)}
    whole = set(re.findall(r'self\._(?:text|secret|quota)\("([A-Z_]+)"', text))
    return prefixed | whole


def test_every_setting_is_documented_and_every_documented_one_exists():
    documented = set(re.findall(r"^\| `([A-Z_]+)`", (ROOT / "docs/settings.md").read_text(), re.MULTILINE))
    assert documented - {"PORT"} == settings_read() - {"PORT"}


@pytest.mark.parametrize("code", sorted(set(error_codes())))
def test_every_error_code_is_documented(code: str):
    assert f"`{code}`" in (ROOT / "docs/errors.md").read_text()


def test_every_entity_is_documented():
    text = (ROOT / "docs/entities.md").read_text()
    assert [entity.name for entity in ENTITIES if f"`{entity.name}`" not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path):
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_module_that_a_page_says_to_run_is_there(page: Path):
    modules = re.findall(r"python -m ((?:bench|docs|sandbox|worker)(?:\.\w+)*)", page.read_text())
    places = [ROOT.joinpath(*module.split(".")) for module in modules]
    assert [
        place for place in places if not (place.with_suffix(".py").exists() or (place / "__main__.py").exists())
    ] == []


def test_the_two_commands_of_the_readme_are_targets_of_the_makefile():
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {"run", "test"} <= set(targets)
