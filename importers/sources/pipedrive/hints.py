"""What to say about a name nobody knows."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: str, known: Iterable[str]) -> str:
    spelled = {choice.casefold(): choice for choice in known}
    close = [spelled[match] for match in get_close_matches(name.casefold(), spelled, n=3)]
    return f" Did you mean {' or '.join(close)}?" if close else ""


def list_of(names: Iterable[str]) -> str:
    return f"There is: {', '.join(names)}."
