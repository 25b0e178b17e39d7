"""What is said about a connection, and where one goes from there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import url_for

from importers.model import GOOGLE_SHEETS, Connection, EntityInfo, SignIn
from web import current


def welcome_text(connection: Connection) -> str:
    account = connection.account
    if connection.kind == GOOGLE_SHEETS:
        return f"Connected to Google as {account.email}."
    return f"Connected to {account.company} as {account.user}."


WAYS = {SignIn.OAUTH: "Pipedrive’s own sign-in page (OAuth)", SignIn.API_TOKEN: "an API token"}


def way_in_words(connection: Connection) -> str:
    """How it signs in, in two or three words."""
    return {
        SignIn.OAUTH: "consent (OAuth)",
        SignIn.API_TOKEN: "API token",
        SignIn.SERVICE_ACCOUNT: "the key of a service account",
    }[connection.sign_in]


def again_text(connection: Connection, before: SignIn) -> str:
    """Of a connection that there was; *before* is how it signed in until now."""
    if connection.sign_in is not before:
        return (
            f"{connection.label} was connected already, with {WAYS[before]}. "
            f"From now on it uses {WAYS[connection.sign_in]} instead; nothing else changes for its importers."
        )
    if connection.sign_in is SignIn.OAUTH:
        return f"Connected again: {connection.label} has renewed its permission."
    if connection.sign_in is SignIn.SERVICE_ACCOUNT:
        return f"Connected again: {connection.label} has a new key."
    return f"Connected again: the token of {connection.label} was renewed."


def told_again(connection: Connection, before: Connection) -> str:
    """What a new sign-in changed about a connection, whose it may now be, too."""
    mine, theirs = connection.account.user, before.account.user
    if mine == theirs or connection.kind == GOOGLE_SHEETS:
        return again_text(connection, before.sign_in)
    return f"{welcome_text(connection)} Before it was {theirs}: importers now read what {mine} may see."


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
