"""The list of what can be imported."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from importers.bootstrap import entities
from importers.model import EntityInfo


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
    }


def _table(listed: Sequence[EntityInfo]) -> str:
    headers = ("name", "label", "endpoint", "version", "tokens per page")
    lines = [headers, *(tuple(str(fact) for fact in _facts(entity).values()) for entity in listed)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(headers))]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
