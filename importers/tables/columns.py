"""
Headers people can read, each of them once.

Two columns of one name are told apart by the first characters of their keys:
"Industry (a1b2)". Such a suffix stays the same whatever is added, deleted or
moved around it, which counting ("Industry (2)") would not. A name nobody
shares stays as it is, and so does every name that is fixed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

NAMELESS = "Unnamed field"

_SHORTEST, _LONGEST = 4, 16
_KEY = re.compile(r"[0-9a-f]{40}", re.IGNORECASE)
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Wish:
    """The header a column would like. `tag` is what tells it apart where needed; fixed headers have none."""

    header: str
    tag: str = ""


def unique_headers(wishes: Sequence[Wish]) -> list[str]:
    """
    One header per wish, in their order, no two alike even when case is ignored.

    None is empty or looks like a vendor's 40-character key.
    """
    names = [readable(wish.header) for wish in wishes]
    shared = Counter(map(str.casefold, names))
    taken = {name.casefold() for name in names}
    lengths = _lengths(wishes, names, shared, taken)
    headers = [
        name if not wish.tag or shared[name.casefold()] == 1 else _tagged(name, wish.tag, lengths[name.casefold()])
        for name, wish in zip(names, wishes, strict=True)
    ]
    return _numbered(headers)


def readable(header: str) -> str:
    """*header* on one line, and never a bare key."""
    header = _BLANKS.sub(" ", header).strip()
    return NAMELESS if not header or _KEY.search(header) else header


def _lengths(wishes: Sequence[Wish], names: list[str], shared: Counter[str], taken: set[str]) -> dict[str, int]:
    """For each shared name the shortest tag length that tells all its columns apart."""
    tags: dict[str, list[str]] = {}
    for wish, name in zip(wishes, names, strict=True):
        if wish.tag and shared[name.casefold()] > 1:
            tags.setdefault(name.casefold(), []).append(wish.tag)
    return {name: _length(name, of_name, taken) for name, of_name in tags.items()}


def _length(name: str, tags: list[str], taken: set[str]) -> int:
    for length in range(_SHORTEST, _LONGEST):
        tagged = {_tagged(name, tag, length).casefold() for tag in tags}
        if len(tagged) == len(tags) and not tagged & taken:
            return length
    return _LONGEST


def _tagged(name: str, tag: str, length: int) -> str:
    return f"{name} ({tag[:length]})"


def _numbered(headers: list[str]) -> list[str]:
    """Settle what tags could not: the same key twice, or a name that imitates a tagged one."""
    seen: set[str] = set()
    unique = []
    for header in headers:
        candidate, number = readable(header), 2
        while candidate.casefold() in seen:
            candidate, number = f"{readable(header)} ({number})", number + 1
        seen.add(candidate.casefold())
        unique.append(candidate)
    return unique
