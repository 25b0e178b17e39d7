"""
The `q` of Drive's files.list: `mimeType = 'x' and (name contains 'y' or not trashed = true)`.

`contains` of a name finds what a word of it begins with, as Drive does.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.google.driveerrors import bad_value
from sandbox.google.files import File

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?P<sign><=|>=|!=|[=<>()])|(?P<word>[A-Za-z][\w.]*))\s*"""
)
_WORDS = re.compile(r"[^\W_]+")

Test = Callable[[File], bool]


@dataclass(frozen=True)
class Viewer:
    """For whom files are looked for: `root` is the id of My Drive, `role` tells what somebody may do with a file."""

    email: str
    root: str
    role: Callable[[File, str], str]


def test_of(text: str, viewer: Viewer) -> Test:
    """What the files that are meant pass. Raises DriveError."""
    return _Reader(_tokens(text), viewer).everything() if text.strip() else lambda _: True


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, at = [], 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise bad_value("q")
        kind = str(found.lastgroup)
        tokens.append((kind, re.sub(r"\\(.)", r"\1", found[kind][1:-1]) if kind == "text" else found[kind]))
        at = found.end()
    return tokens


class _Reader:
    """`or` binds least, then `and`, then `not`."""

    def __init__(self, tokens: list[tuple[str, str]], viewer: Viewer) -> None:
        self._tokens = tokens
        self._at = 0
        self._viewer = viewer

    def everything(self) -> Test:
        test = self._either()
        if self._at != len(self._tokens):
            raise bad_value("q")
        return test

    def _either(self) -> Test:
        tests = [self._both()]
        while self._next("word", "or"):
            tests.append(self._both())
        return tests[0] if len(tests) == 1 else lambda file: any(test(file) for test in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._next("word", "and"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda file: all(test(file) for test in tests)

    def _one(self) -> Test:
        if self._next("word", "not"):
            test = self._one()
            return lambda file: not test(file)
        if self._next("sign", "("):
            test = self._either()
            if not self._next("sign", ")"):
                raise bad_value("q")
            return test
        return self._term()

    def _term(self) -> Test:
        kind, left = self._take()
        if kind == "word" and left == "sharedWithMe" and not self._is("sign"):
            return lambda file: file.owner != self._viewer.email
        _, sign = self._take()
        other, right = self._take()
        if kind == "text":
            return self._collection(right, left) if sign == "in" and other == "word" else _refuse()
        if sign == "in":
            return self._collection(left, right)  # the other way round, which Drive takes, too
        return self._comparison(left, sign, right, is_text=other == "text")

    def _collection(self, name: str, wanted: str) -> Test:
        if name == "parents":
            folder = self._viewer.root if wanted == "root" else wanted
            return lambda file: folder in file.parents
        least = {
            "owners": ("owner",),
            "writers": ("owner", "writer"),
            "readers": ("owner", "writer", "commenter", "reader"),
        }
        if name not in least:
            raise bad_value("q")
        return lambda file: self._viewer.role(file, wanted) in least[name]

    def _comparison(self, name: str, sign: str, value: str, *, is_text: bool) -> Test:
        if name in ("trashed", "starred", "sharedWithMe"):
            if is_text or value not in ("true", "false") or sign not in ("=", "!="):
                raise bad_value("q")
            wanted = (value == "true") == (sign == "=")
            return lambda file: self._flag(file, name) == wanted
        if not is_text:
            raise bad_value("q")
        if name in ("modifiedTime", "createdTime"):
            return _by_moment(name, sign, value)
        if name in ("name", "mimeType", "fullText"):
            return _by_text(name, sign, value)
        raise bad_value("q")

    def _flag(self, file: File, name: str) -> bool:
        flags = {"trashed": file.is_trashed, "starred": file.is_starred}
        return flags.get(name, file.owner != self._viewer.email)

    def _is(self, kind: str) -> bool:
        return self._at < len(self._tokens) and self._tokens[self._at][0] == kind

    def _next(self, kind: str, text: str) -> bool:
        if self._at >= len(self._tokens) or self._tokens[self._at] != (kind, text):
            return False
        self._at += 1
        return True

    def _take(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise bad_value("q")
        self._at += 1
        return self._tokens[self._at - 1]


def _refuse() -> Any:
    raise bad_value("q")


def _by_text(name: str, sign: str, value: str) -> Test:
    if sign == "contains":
        if name == "mimeType":
            return lambda file: file.mime_type.startswith(value)
        return lambda file: _begins_a_word(file.name, value)
    if sign not in ("=", "!=") or name == "fullText":
        raise bad_value("q")
    is_wanted = sign == "="
    if name == "mimeType":
        return lambda file: (file.mime_type == value) == is_wanted
    return lambda file: (file.name == value) == is_wanted


def _by_moment(name: str, sign: str, value: str) -> Test:
    try:
        edge = datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        raise bad_value("q") from None
    edge = edge if edge.tzinfo else edge.replace(tzinfo=UTC)
    tests: dict[str, Callable[[datetime], bool]] = {
        "=": lambda moment: moment == edge,
        "!=": lambda moment: moment != edge,
        "<": lambda moment: moment < edge,
        "<=": lambda moment: moment <= edge,
        ">": lambda moment: moment > edge,
        ">=": lambda moment: moment >= edge,
    }
    if sign not in tests:
        raise bad_value("q")
    return lambda file: tests[sign](file.modified_at if name == "modifiedTime" else file.created)


def _begins_a_word(name: str, wanted: str) -> bool:
    folded = name.casefold()
    starts = [0, *(found.start() for found in _WORDS.finditer(folded))]
    return any(folded.startswith(wanted.casefold(), start) for start in starts)
