"""Who may do what."""

from __future__ import annotations

from importers.errors import AccessDenied
from importers.model import Actor, Role

_RANKS = {Role.VIEWER: 0, Role.EDITOR: 1, Role.OWNER: 2}


def require(actor: Actor, role: Role, deed: str) -> None:
    """Raises AccessDenied unless *actor* is at least *role*; *deed* completes "You may not ..."."""
    if _RANKS[actor.role] < _RANKS[role]:
        raise AccessDenied(
            f"You may not {deed}: in this workspace you are {_article(actor.role)}.",
            hint=f"Ask an owner of {actor.workspace.name} to make you {_article(role)}.",
        )


def _article(role: Role) -> str:
    return f"{'a' if role is Role.VIEWER else 'an'} {role.value}"
