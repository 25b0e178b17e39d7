"""Refusals that mean "not bought" or "not permitted", in words that say what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from importers.errors import AccessDenied

_SIGNS = ("suites missing", "not enabled", "not have access to this feature")
"""What Pipedrive says of a feature that the account does not have, beside a 402."""


HOW_TO_PERMIT = (
    "Tick it for your app in Pipedrive's Developer Hub, save, and reconnect the account: Connections › Reconnect."
)


def check_permission(label: str, scopes: Sequence[str], granted: frozenset[str] | None) -> None:
    """Raises AccessDenied where an app was *granted* none of the *scopes* that *label* take."""
    if granted is None or not scopes or not granted.isdisjoint(scopes):
        return
    raise AccessDenied(
        f"{label} take the permission {scopes[0]}, which this connection was not given.", hint=HOW_TO_PERMIT
    )


@contextmanager
def explained(label: str, needs: str) -> Iterator[None]:
    """Says that *label* take what *needs* names, where Pipedrive refuses them for the lack of it."""
    try:
        yield
    except AccessDenied as error:
        if not (needs and _is_not_bought(error)):
            raise
        raise AccessDenied(
            f"{label} need {needs}, which your Pipedrive account does not have or has switched off.",
            hint="Ask an admin of your Pipedrive account, or remove this importer.",
            **error.facts,
        ) from error


def _is_not_bought(error: AccessDenied) -> bool:
    said = str(error.facts.get("said") or "").casefold()
    return error.facts.get("status") == 402 or any(sign in said for sign in _SIGNS)
