"""Alice owns the workspace, Bob edits in it, Charlie owns another one."""

from __future__ import annotations

from dataclasses import dataclass

from argon2 import PasswordHasher

from importers.interfaces import Store
from importers.model import Actor, Role
from tests.fakes import NEW_YEAR

ALICE, BOB, CHARLIE = "alice@example.com", "bob@example.com", "charlie@example.org"
PASSWORD = "correct horse battery"

# As weak as can be: a hash carries its own parameters, so signing in is quick, too.
PASSWORD_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@dataclass(frozen=True, slots=True)
class Neighbours:
    alice: Actor
    bob: Actor
    charlie: Actor


def move_in(store: Store) -> Neighbours:
    """All three, with PASSWORD, in a store without users."""
    alice = store.add_first_owner(ALICE, PASSWORD_HASH, workspace_name="Acme", time_zone="Europe/Tallinn", now=NEW_YEAR)
    assert alice is not None
    bob = store.add_user(BOB, PASSWORD_HASH, workspace_id=alice.workspace.id, role=Role.EDITOR, now=NEW_YEAR)
    other = store.add_workspace("Competitors", time_zone="UTC", now=NEW_YEAR)
    charlie = store.add_user(CHARLIE, PASSWORD_HASH, workspace_id=other.id, role=Role.OWNER, now=NEW_YEAR)
    return Neighbours(alice, bob, charlie)
