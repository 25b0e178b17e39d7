"""What is said about a connection, and where one goes from there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import url_for

from importers.model import Connection, EntityInfo, SignIn
from web import current


def welcome_text(connection: Connection) -> str:
    account = connection.account
    return f"Connected to {account.company} as {account.user}."


def again_text(connection: Connection) -> str:
    if connection.sign_in is SignIn.OAUTH:
        return f"Connected again: {connection.label} is let in anew."
    return f"Already connected: the token of {connection.label} was renewed."


def first_importer_or(elsewhere: str, connection: Connection) -> str:
    """Somebody without an importer came here to make one."""
    is_first = not current.services().importers.cards(current.actor())
    return url_for("editor.new", connection_id=connection.id) if is_first else elsewhere


@dataclass(frozen=True, slots=True)
class Permission:
    """What one scope of an app gives, and whether it was given; `scope` is empty for a token, which needs none."""

    scope: str
    entities: Sequence[EntityInfo]
    is_given: bool

    @property
    def labels(self) -> str:
        return ", ".join(entity.label for entity in self.entities)


def permissions(connection: Connection, entities: Sequence[EntityInfo]) -> list[Permission]:
    """Each entity under the scope that gives it: the first that was granted, else the first that would do."""
    under: dict[str, list[EntityInfo]] = {}
    for entity in entities:
        granted = next((scope for scope in entity.scopes if scope in connection.scopes), None)
        under.setdefault(granted or next(iter(entity.scopes), ""), []).append(entity)
    found = [Permission(scope, inside, connection.may_read(inside[0])) for scope, inside in under.items()]
    return sorted(found, key=lambda one: not one.is_given)
