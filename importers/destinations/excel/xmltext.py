"""
Changes to XML as text, so that whatever is not changed stays as it was:
namespaces, order, spelling. Reading goes through a parser.

Works on parts of a workbook: UTF-8, no DTD, the elements asked for not
nested in themselves. Names are given without the prefix the part uses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from xml.etree.ElementTree import Element, ParseError, fromstring

_ATTRIBUTES = r"(?:\s+[\w:.-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*"
_ROOT = re.compile(rf"<((?:[\w.-]+:)?)[A-Za-z][\w.-]*({_ATTRIBUTES})\s*(/?)>")


class UnreadableError(ValueError):
    """The part is not the XML a workbook is made of."""


@dataclass(frozen=True, slots=True)
class Tag:
    """An opening tag and where it stands; `closed` when it is the whole element."""

    start: int
    end: int
    closed: bool


def decoded(part: bytes) -> str:
    try:
        text = part.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError("not UTF-8") from error
    if "<!DOCTYPE" in text:
        raise UnreadableError("has a DTD")
    return text


def parsed(text: str) -> Element:
    try:
        # A DTD, and with it any entity that could grow, was refused in `decoded`.
        return fromstring(text)  # noqa: S314
    except ParseError as error:
        raise UnreadableError("not well-formed") from error


def escaped(text: str) -> str:
    """A text as it stands inside an element or an attribute."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def root_tag(text: str) -> Tag:
    found = _ROOT.search(text)
    if found is None:
        raise UnreadableError("has no element")
    return Tag(found.start(), found.end(), found[3] == "/")


def root_prefix(text: str) -> str:
    """The prefix of the part's elements with its colon; mostly empty."""
    found = _ROOT.search(text)
    return found[1] if found else ""


def find(text: str, name: str, start: int = 0) -> Tag | None:
    """The first opening tag of that name from *start* on, with the root's prefix or with none."""
    found = _opening(root_prefix(text), name).search(text, start)
    return Tag(found.start(), found.end(), found[1] == "/") if found else None


def end_of(text: str, name: str, tag: Tag) -> int:
    """Where the element that *tag* opens is over."""
    if tag.closed:
        return tag.end
    closing = _closing(root_prefix(text), name).search(text, tag.end)
    if closing is None:
        raise UnreadableError(f"{name} is not closed")
    return closing.end()


def inner(element: str) -> str:
    """What stands between the tags of an element."""
    tag = root_tag(element)
    return "" if tag.closed else element[tag.end : element.rindex("</")]


def inner_elements(text: str, parent: str, name: str) -> list[str]:
    """The elements of that name inside the first *parent*, as they are written."""
    tag = find(text, parent)
    if tag is None:
        return []
    end, position = end_of(text, parent, tag), tag.end
    elements = []
    while (child := find(text, name, position)) and child.start < end:
        position = end_of(text, name, child)
        elements.append(text[child.start : position])
    return elements


def attributes(element: str) -> dict[str, str]:
    """The attributes of the opening tag that *element* begins with, as they are written."""
    tag = root_tag(element)
    found = re.findall(r"([\w:.-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", element[tag.start : tag.end])
    return {name: double or single for name, double, single in found}


def insert_after(text: str, position: int, added: str) -> str:
    return text[:position] + added + text[position:]


def append_inside(text: str, parent: str, added: str) -> str:
    """Put *added* last inside the first *parent*, which must be there."""
    tag = find(text, parent)
    if tag is None:
        raise UnreadableError(f"has no {parent}")
    if tag.closed:
        opening = text[tag.start : tag.end].removesuffix("/>").rstrip() + ">"
        full = opening[1:].partition(" ")[0].rstrip(">")
        return f"{text[: tag.start]}{opening}{added}</{full}>{text[tag.end :]}"
    closing = text.rindex("</", tag.end, end_of(text, parent, tag))
    return text[:closing] + added + text[closing:]


def with_attribute(text: str, name: str, attribute: str, value: str) -> str:
    """Set an attribute of the first element of that name, which must be there."""
    tag = find(text, name)
    if tag is None:
        raise UnreadableError(f"has no {name}")
    opening = without_attribute(text[tag.start : tag.end], attribute)
    ending = "/>" if tag.closed else ">"
    opening = f'{opening.removesuffix(ending).rstrip()} {attribute}="{escaped(value)}"{ending}'
    return text[: tag.start] + opening + text[tag.end :]


def without_attribute(opening: str, attribute: str) -> str:
    return re.sub(rf"\s+{re.escape(attribute)}\s*=\s*(?:\"[^\"]*\"|'[^']*')", "", opening, count=1)


def without(text: str, name: str) -> str:
    """Drop the first element of that name, if there is one."""
    tag = find(text, name)
    return text if tag is None else text[: tag.start] + text[end_of(text, name, tag) :]


@cache
def _opening(prefix: str, name: str) -> re.Pattern[str]:
    return re.compile(rf"<(?:{re.escape(prefix)})?{re.escape(name)}{_ATTRIBUTES}\s*(/?)>")


@cache
def _closing(prefix: str, name: str) -> re.Pattern[str]:
    return re.compile(rf"</(?:{re.escape(prefix)})?{re.escape(name)}\s*>")
