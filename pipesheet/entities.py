"""The list of what can be imported."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from importers.bootstrap import entities
from importers.model import EntityInfo
from pipesheet.table import lined_up


def show(*, as_json: bool) -> None:
    listed = entities()
    click.echo(json.dumps([_facts(entity) for entity in listed], indent=2) if as_json else _table(listed))


def _facts(entity: EntityInfo) -> dict[str, str | int]:
    return {
        "name": entity.name,
        "label": entity.label,
        "endpoint": entity.path,
        "version": entity.version,
        "tokens_per_page": entity.tokens_per_page,
        "page": _page(entity),
        "group": entity.group,
    }


def _page(entity: EntityInfo) -> str:
    """What one request gives."""
    return f"each {entity.per}" if entity.per else f"{entity.page_size} records"


def _table(listed: Sequence[EntityInfo]) -> str:
    headers = ("name", "label", "endpoint", "version", "tokens", "for", "group")
    return lined_up(headers, [tuple(str(fact) for fact in _facts(entity).values()) for entity in listed])


def name_of(said: str) -> str:
    """The entity's name, however it is said: by name or label, in upper or lower case. What is none stays as it is."""
    wanted = said.strip().casefold()
    return next((entity.name for entity in entities() if wanted in (entity.name, entity.label.casefold())), said)
