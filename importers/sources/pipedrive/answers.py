"""What Pipedrive's answers look like, and how they are read."""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec


class Answer(msgspec.Struct, frozen=True):
    """The envelope every list, old or new, comes in. `data` is None for some empty lists."""

    data: Any = None
    additional_data: Any = None
    success: bool = True
    error: Any = None


class Named(msgspec.Struct, frozen=True):
    """Of a record only its id and name: what a look-up of names needs, and when it changed, to find the way."""

    id: Any = None
    name: Any = None
    title: Any = None
    update_time: Any = None


class NamesAnswer(Answer, frozen=True):
    """A list of which only the names are read; everything else is skipped unparsed."""

    data: list[Named] | None = None


A = TypeVar("A", bound=Answer)


def decoded(content: bytes, shape: type[A]) -> A:
    """
    An answer of that shape. Raises ValueError for what is none.

    A title cut in the middle of an emoji holds half a character, for which
    msgspec refuses the whole answer. It is read again with U+FFFD in its place.
    """
    try:
        return _decoded(content, shape)
    except ValueError:
        whole = _HALF_CHARACTER.sub(lambda found: found[1] or rb"\ufffd", content)
        if whole == content:
            raise
        return _decoded(whole, shape)


_HALF_CHARACTER = re.compile(
    rb"(\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
"""The first group takes what only looks like one: an escaped backslash, and a whole pair."""


def _decoded(content: bytes, shape: type[A]) -> A:
    try:
        return msgspec.json.decode(content, type=shape)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
