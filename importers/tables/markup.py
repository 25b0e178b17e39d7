"""
HTML taken apart into texts and tags, in one pass.

Mail is written by strangers: whatever they send, the time this takes grows
with its length and no faster. (`html.parser` takes the square of it for what
was never closed, and others give up on what is nested too deeply.)
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tag:
    """An opening or a closing tag; only its name matters here."""

    name: str
    closes: bool


_NAME = re.compile(r"<(/?)([a-z][a-z0-9]*)", re.IGNORECASE)
_MARK = re.compile(r"""=\s*(["'])|>""")
_RAW = frozenset({"script", "style", "title", "template", "noscript"})
"""Up to their closing tag, these hold no tags, or none that are for reading."""


def is_markup(text: str) -> bool:
    """Whether *text* is HTML, rather than text with a "<" in it, such as an address in brackets."""
    return _SIGN.search(text) is not None


_SIGN = re.compile(r"<(?:!--|!doctype|/?[a-z][a-z0-9]{0,20}(?:\s+[a-z:-]{1,30}=|\s*/?>))", re.IGNORECASE)


def pieces(markup: str) -> Iterator[str | Tag]:
    """Texts, unescaped, and tags, in their order; comments and what no reader sees are left out."""
    at = 0
    while (start := markup.find("<", at)) >= 0:
        yield html.unescape(markup[at:start])
        name = _NAME.match(markup, start)
        if name is None and markup[start + 1 : start + 2] not in ("!", "?"):
            yield "<"
            at = start + 1
            continue
        at = _end(markup, start)
        if name is None:
            continue
        tag = Tag(name[2].lower(), closes=bool(name[1]))
        if tag.name in _RAW and not tag.closes:
            at = _end_of_raw(markup, at, tag.name)
        else:
            yield tag
    yield html.unescape(markup[at:])


def _end(markup: str, start: int) -> int:
    """Where a tag or comment is over; what is never closed goes on to the end."""
    if markup.startswith("<!--", start):
        return _after("-->", markup, start + 4)
    at = start
    while (mark := _MARK.search(markup, at)) is not None:
        if mark[0] == ">":
            return mark.end()
        at = _after(mark[1], markup, mark.end())
    return len(markup)


def _end_of_raw(markup: str, at: int, name: str) -> int:
    closing = re.compile(f"</{name}", re.IGNORECASE).search(markup, at)
    return _end(markup, closing.start()) if closing else len(markup)


def _after(what: str, markup: str, at: int) -> int:
    found = markup.find(what, at)
    return len(markup) if found < 0 else found + len(what)
