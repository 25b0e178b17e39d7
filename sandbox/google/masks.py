"""
Field masks: `fields=` of an address and `fields` of a request.

Names are separated by commas, the way down is written with a dot or a
slash, siblings share a parent in brackets, and an asterisk is everything:
`sheets(properties/title,data.rowData)`, `userEnteredFormat(bold,italic)`, `*`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

ALL = "*"
_TOKEN = re.compile(r"\s*([A-Za-z0-9_$@-]+|\*|[,./()])\s*")

_Tree = dict[str, Any]
"""Names and what is selected below them; an empty one selects everything below."""


class BadMaskError(ValueError):
    """The text is no mask."""


@dataclass(frozen=True)
class Mask:
    tree: Mapping[str, Any]

    def paths(self) -> tuple[str, ...]:
        """What is selected, each as a dotted way from the top: `("userEnteredFormat.bold", "note")`."""
        return tuple(_paths(self.tree, ""))

    def selects(self, path: str) -> bool:
        """Whether everything at the dotted *path* is selected, itself or through what holds it."""
        return _below(self.tree, path) == {}

    def touches(self, path: str) -> bool:
        """Whether anything at or below the dotted *path* is selected."""
        return _below(self.tree, path) is not None

    def below(self, path: str) -> Mask | None:
        """The mask of what lies at the dotted *path*; None when nothing of it is selected."""
        tree = _below(self.tree, path)
        return None if tree is None else Mask(tree)

    def kept(self, body: Any) -> Any:
        """What of a JSON *body* is selected; lists are looked through, and what is left empty stays, empty."""
        return _kept(self.tree, body)


@lru_cache(maxsize=256)
def parse(text: str) -> Mask:
    """The mask that *text* writes. Raises BadMaskError."""
    tokens = _tokens(text)
    tree, rest = _group(tokens, 0)
    if rest != len(tokens) or not tree:
        raise BadMaskError(text)
    return Mask(_settled(tree))


def paths(text: str) -> tuple[str, ...]:
    """`parse(text).paths()`."""
    return parse(text).paths()


def _tokens(text: str) -> list[str]:
    tokens, at = [], 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise BadMaskError(text)
        tokens.append(found[1])
        at = found.end()
    return tokens


def _group(tokens: list[str], at: int) -> tuple[_Tree, int]:
    """Siblings up to the closing bracket or the end."""
    tree: _Tree = {}
    while True:
        at = _way(tokens, at, tree)
        if at < len(tokens) and tokens[at] == ",":
            at += 1
            continue
        return tree, at


def _way(tokens: list[str], at: int, tree: _Tree) -> int:
    """One way down from *tree*, which is given what it names."""
    if at >= len(tokens) or tokens[at] in ",./()":
        raise BadMaskError("".join(tokens))
    here = tree.setdefault(tokens[at], {"": False})
    follows = tokens[at + 1] if at + 1 < len(tokens) else ""
    if follows in (".", "/"):
        return _way(tokens, at + 2, here)
    if follows == "(":
        inner, at = _group(tokens, at + 2)
        if at >= len(tokens) or tokens[at] != ")":
            raise BadMaskError("".join(tokens))
        _merge(here, inner)
        return at + 1
    here[""] = True
    return at + 1


def _merge(tree: _Tree, other: _Tree) -> None:
    for name, below in other.items():
        if name == "":
            tree[""] = tree.get("", False) or below
        else:
            _merge(tree.setdefault(name, {"": False}), below)


def _settled(tree: _Tree) -> _Tree:
    """Without the marks of where a way ended: whatever is selected wholly has nothing below it."""
    settled: _Tree = {}
    for name, below in tree.items():
        if name != "":
            settled[name] = {} if below.get("") or below.get(ALL, {}).get("") else _settled(below)
    return {} if settled.get(ALL) == {} else settled


def _paths(tree: Mapping[str, Any], above: str) -> Iterator[str]:
    if not tree:
        yield above or ALL
    for name, below in tree.items():
        yield from _paths(below, f"{above}.{name}" if above else name)


def _below(tree: Mapping[str, Any], path: str) -> Mapping[str, Any] | None:
    for name in path.split("."):
        if not tree:
            return tree
        found = tree.get(name, tree.get(ALL))
        if found is None:
            return None
        tree = found
    return tree


def _kept(tree: Mapping[str, Any], body: Any) -> Any:
    if not tree:
        return body
    if isinstance(body, list):
        return [_kept(tree, each) for each in body]
    if not isinstance(body, dict):
        return body
    below = {name: tree.get(name, tree.get(ALL)) for name in body}
    return {name: _kept(chosen, body[name]) for name, chosen in below.items() if chosen is not None}
