"""What Pipedrive's answers look like, and how they are read."""

from __future__ import annotations

import json
from typing import Any, TypeVar

import msgspec


class Answer(msgspec.Struct, frozen=True):
    """The envelope every list, old or new, comes in. `data` is None for some empty lists."""

    data: Any = None
    additional_data: Any = None
    success: bool = True
    error: Any = None


class Named(msgspec.Struct, frozen=True):
    """Of a record only its id and name: what a look-up of names needs."""

    id: Any = None
    name: Any = None
    title: Any = None


class NamesAnswer(Answer, frozen=True):
    """A list of which only the names are read; everything else is skipped unparsed."""

    data: list[Named] | None = None


A = TypeVar("A", bound=Answer)


def decoded(content: bytes, shape: type[A]) -> A:
    """
    An answer of that shape. Raises ValueError for what is none.

    A title cut in the middle of an emoji holds half a character. msgspec
    refuses the whole answer for it, so json, which takes it, looks again.
    """
    try:
        return msgspec.json.decode(content, type=shape)
    except (ValueError, RecursionError):
        return _decoded_patiently(content, shape)


def _decoded_patiently(content: bytes, shape: type[A]) -> A:
    try:
        return msgspec.convert(json.loads(content), shape)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
