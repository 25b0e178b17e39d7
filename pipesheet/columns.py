"""The list of columns an entity can have, the account's own fields among them."""

from __future__ import annotations

import json

import click

from importers.interfaces import Source
from importers.model import Column
from pipesheet.table import lined_up


def show(source: Source, entity: str, *, as_json: bool) -> None:
    columns = source.columns(entity)
    if as_json:
        click.echo(json.dumps([_facts(column) for column in columns], indent=2, ensure_ascii=False))
    else:
        click.echo(lined_up(("key", "header", "kind", "usual"), [_cells(column) for column in columns]))


def _facts(column: Column) -> dict[str, str | bool]:
    return {"key": column.key, "header": column.header, "kind": column.kind.value, "usual": column.usual}


def _cells(column: Column) -> tuple[str, ...]:
    return (column.key, column.header, column.kind.value, "yes" if column.usual else "no")
