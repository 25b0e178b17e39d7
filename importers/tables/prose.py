"""HTML as somebody would have typed it."""

from __future__ import annotations

import re

from importers.tables.markup import Tag, is_markup, pieces

_PARAGRAPHS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "blockquote", "pre", "hr"})
"""They stand apart, with an empty line around them."""

_LINES = frozenset({"div", "tr", "li", "br", "section", "article", "header", "footer", "dt", "dd", "address", "center"})
_CELLS = frozenset({"td", "th"})
_BLANKS = re.compile(r"[ \t\r\n\f\xa0]+")
_BREAKS = re.compile(r"\r\n?|\n")
_DEEPEST = 20
"""Quotations within quotations beyond this are marked no further."""


def readable(text: str) -> str:
    """
    *text* without its HTML: paragraphs, lines and lists stay apart, and each
    level of a quotation begins its lines with "> ", as mail always did. What
    is no HTML stays as it is, but for its line ends.
    """
    if not is_markup(text):
        return _BREAKS.sub("\n", text).strip()
    page = _Page()
    for piece in pieces(text):
        page.take(piece)
    return page.text


class _Page:
    """Lines as they come. Nothing is nested, so depth does not matter, and a tag that was never closed costs little."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._open = dict.fromkeys(("blockquote", "pre", "head"), 0)
        self._apart = False
        self._last_quoted = 0

    @property
    def text(self) -> str:
        self._end_line()
        return "\n".join(self._lines).strip("\n")

    def take(self, piece: str | Tag) -> None:
        if isinstance(piece, Tag):
            self._take_tag(piece)
        elif not self._open["head"]:
            self._take_text(piece)

    def _take_tag(self, tag: Tag) -> None:
        if tag.name in _PARAGRAPHS or tag.name in _LINES:
            self._end_line(always=tag.name == "br")
            self._apart |= tag.name in _PARAGRAPHS
        if tag.name in self._open:
            self._open[tag.name] = max(self._open[tag.name] + (-1 if tag.closes else 1), 0)
        elif tag.name in _CELLS and tag.closes:
            self._line.append("  ")
        elif tag.name == "li" and not tag.closes:
            self._line.append("- ")
        elif tag.name == "body":
            self._open["head"] = 0

    def _take_text(self, text: str) -> None:
        if not self._open["pre"]:
            self._line.append(text)
            return
        first, *others = _BREAKS.split(text)
        self._line.append(first)
        for line in others:
            self._end_line(always=True)
            self._line.append(line)

    def _end_line(self, *, always: bool = False) -> None:
        raw, self._line = "".join(self._line), []
        line = raw.rstrip() if self._open["pre"] else _BLANKS.sub(" ", raw).strip()
        if line not in ("", "-") or (always and self._last):
            self._add(line)

    def _add(self, line: str) -> None:
        quoted = min(self._open["blockquote"], _DEEPEST)
        if self._apart and line and self._last:
            self._lines.append(_marked("", min(quoted, self._last_quoted)))
        self._lines.append(_marked(line, quoted))
        self._apart, self._last_quoted = False, quoted

    @property
    def _last(self) -> str:
        """The last line without the marks of a quotation."""
        return self._lines[-1].strip("> ") if self._lines else ""


def _marked(line: str, quoted: int) -> str:
    return ("> " * quoted + line).rstrip()
