"""A page as a test reads it: its elements, its text, and its forms as a browser would send them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from html.parser import HTMLParser

VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
CONTROLS = ("input", "select", "textarea")


@dataclass
class Element:
    tag: str
    attrs: dict[str, str] = field(default_factory=dict)
    parent: Element | None = None
    children: list[Element | str] = field(default_factory=list)

    def walk(self) -> Iterator[Element]:
        """Everything inside, in the order of the page."""
        ahead: list[Element | str] = [self]
        while ahead:
            one = ahead.pop()
            if isinstance(one, Element):
                ahead.extend(reversed(one.children))
                if one is not self:
                    yield one

    def find_all(self, *tags: str, **attrs: str) -> list[Element]:
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attrs.items()}
        return [
            one
            for one in self.walk()
            if (not tags or one.tag in tags) and all(one.attrs.get(name) == value for name, value in wanted.items())
        ]

    def find(self, *tags: str, **attrs: str) -> Element:
        found = self.find_all(*tags, **attrs)
        assert found, f"no {tags or 'element'} {attrs or ''} on the page"
        return found[0]

    def ancestors(self) -> Iterator[Element]:
        element = self.parent
        while element is not None:
            yield element
            element = element.parent

    @property
    def text(self) -> str:
        return " ".join("".join(self._texts()).split())

    def _texts(self) -> Iterator[str]:
        for child in self.children:
            if isinstance(child, str):
                yield child
            elif child.tag not in ("script", "style"):
                yield from (" ", *child._texts(), " ")


class Page:
    """Read when first asked: many a page is only passed through."""

    def __init__(self, html: str) -> None:
        self.html = html

    @cached_property
    def root(self) -> Element:
        reader = _Reader()
        for piece in _GROUPS.split(self.html):
            if piece.startswith("<optgroup"):
                reader.take(_read(piece))
            else:
                reader.feed(piece)
        reader.close()
        return reader.root

    @property
    def text(self) -> str:
        return self.root.text

    @property
    def heading(self) -> str:
        return self.root.find("h1").text

    @property
    def title(self) -> str:
        return self.root.find("title").text

    def links(self) -> dict[str, str]:
        """Where the links lead, by their text; of several with one text, the first."""
        found: dict[str, str] = {}
        for link in self.root.find_all("a"):
            found.setdefault(link.text, link.attrs.get("href", ""))
        return found

    def form(self, *, action: str = "", button: str = "") -> Form:
        """The form that goes to *action*, or that has a *button* of this text; else the only one in the content."""
        forms = [Form(one) for one in self.root.find("main").find_all("form")]
        if action:
            forms = [one for one in forms if one.action == action]
        if button:
            forms = [one for one in forms if button in one.buttons]
        assert forms, f"no form for {action or button or 'anything'}; the page says: {self.text[:500]}"
        return forms[0]


_GROUPS = re.compile(r"(<optgroup.*?</optgroup>)", re.DOTALL)
"""Four hundred time zones in a dozen groups, nearly all the same on every page: read once."""


@lru_cache(maxsize=64)
def _read(piece: str) -> Element:
    reader = _Reader()
    reader.feed(piece)
    reader.close()
    return reader.root.find("optgroup")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = self._here = Element("document")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, self._here)
        self._here.children.append(element)
        if tag not in VOID:
            self._here = element

    def handle_endtag(self, tag: str) -> None:
        for element in (self._here, *self._here.ancestors()):
            if element.tag == tag and element.parent is not None:
                self._here = element.parent
                return

    def take(self, element: Element) -> None:
        """Something that was read before."""
        self._here.children.append(element)

    def handle_data(self, data: str) -> None:
        self._here.children.append(data)


class Form:
    def __init__(self, element: Element) -> None:
        self.element = element
        self.action = element.attrs.get("action", "")

    @property
    def buttons(self) -> list[str]:
        return [button.text for button in self.element.find_all("button")]

    def fields(self) -> dict[str, list[str]]:
        """What would be sent as the form stands, buttons aside."""
        sent: dict[str, list[str]] = {}
        for control in self.element.find_all(*CONTROLS):
            for value in _values(control):
                sent.setdefault(control.attrs.get("name", ""), []).append(value)
        sent.pop("", None)
        return sent

    def sent_by(self, button: str) -> dict[str, str]:
        """What the button of this text adds."""
        pressed = next(one for one in self.element.find_all("button") if one.text == button).attrs
        return {pressed["name"]: pressed.get("value", "")} if "name" in pressed else {}

    def value(self, name: str) -> str:
        return self.fields()[name][0]


def _values(control: Element) -> list[str]:
    if control.tag == "select":
        options = control.find_all("option")
        chosen = [option for option in options if "selected" in option.attrs] or options[:1]
        return [option.attrs.get("value", option.text) for option in chosen]
    if control.attrs.get("type") in ("checkbox", "radio") and "checked" not in control.attrs:
        return []
    return [control.attrs.get("value", "")]
