"""The list of what can be imported."""

from __future__ import annotations

import json
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import click

from importers.bootstrap import entities
from importers.model import EntityInfo, Question
from pipesheet.table import lined_up


def show(*, as_json: bool, at_length: bool = False) -> None:
    listed = entities()
    if as_json:
        click.echo(json.dumps([_facts(entity) | _more(entity) for entity in listed], indent=2))
    else:
        click.echo("\n\n".join(map(_at_length, listed)) if at_length else _table(listed))


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


def _more(entity: EntityInfo) -> dict[str, Any]:
    return {
        "filter": entity.takes_filter,
        "statuses": list(entity.statuses),
        "windows": list(entity.windows),
        "scopes": list(entity.scopes),
        "needs": entity.needs,
        "options": {question.name: [choice.value for choice in question.choices] for question in entity.questions},
    }


def _at_length(entity: EntityInfo) -> str:
    """One entity on a few lines, with what it takes and needs."""
    lines = {
        "tokens": f"{entity.tokens_per_page} for {_page(entity)}",
        "takes": ", ".join([*(["filter"] if entity.takes_filter else []), *entity.windows]),
        "statuses": ", ".join(entity.statuses),
        "scopes": f"one of {', '.join(entity.scopes)}" if len(entity.scopes) > 1 else "".join(entity.scopes),
        "needs": entity.needs,
        "options": "; ".join(map(_question, entity.questions)),
    }
    told = [f"  {name:<8}  {text}" for name, text in lines.items() if text]
    return "\n".join([f"{entity.name} ({entity.label}): {entity.version} {entity.path}", *told])


def _question(question: Question) -> str:
    """ "folders=inbox*|sent* (several: by comma)"; a star marks what is usual."""
    choices = [f"{choice.value}{'*' if choice.value in question.usual else ''}" for choice in question.choices]
    return f"{question.name}={'|'.join(choices)}{' (several: by comma)' if question.several else ''}"


def _page(entity: EntityInfo) -> str:
    """What one request gives."""
    return f"each {entity.per}" if entity.per else f"{entity.page_size} records"


def _table(listed: Sequence[EntityInfo]) -> str:
    headers = ("name", "label", "endpoint", "version", "tokens", "for", "group")
    return lined_up(headers, [tuple(str(fact) for fact in _facts(entity).values()) for entity in listed])


def known(said: str) -> str:
    """
    The entity's name, however it is said: by name or label, in upper or lower case.

    Raises click.BadParameter where there is none.
    """
    wanted = said.strip().casefold()
    for entity in entities():
        if wanted in (entity.name, entity.label.casefold()):
            return entity.name
    close = get_close_matches(wanted, [entity.name for entity in entities()], n=3)
    meant = f" Did you mean {' or '.join(close)}?" if close else ""
    raise click.BadParameter(f"there is no {said!r} to import.{meant} `pipesheet entities` lists what there is.")


def label_of(name: str) -> str:
    return next(entity.label for entity in entities() if entity.name == name)


def check_statuses(name: str, asked: Sequence[str]) -> None:
    """Raises click.BadParameter for a status that the entity of this *name* does not have."""
    entity = next(entity for entity in entities() if entity.name == name)
    for status in asked:
        if status not in entity.statuses:
            there_is = f"There is: {', '.join(entity.statuses)}." if entity.statuses else "Leave it out."
            raise click.BadParameter(f"{entity.label} have no status {status!r}. {there_is}", param_hint="'--status'")
