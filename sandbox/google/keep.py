"""
What the pretend Google knows, in a file, so that it can be started again: who
granted what, and all files with everything in them.

The file holds tokens; only its owner can read it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from sandbox.google.book import CellError, Formula, Spreadsheet, Tab
from sandbox.google.files import File, Permission
from sandbox.google.layers import Layer, Line

if TYPE_CHECKING:
    from sandbox.google.app import Google

Json = dict[str, Any]

_VERSION = 1
_PLAIN = frozenset({type(None), str, int, float, bool})
"""Types, not their children: a formula is a text, too."""
_BOOK = (
    *("title", "locale", "time_zone", "auto_recalc", "default_format", "theme", "iterative"),
    *("named_ranges", "metadata", "version"),
)


class UnreadableError(ValueError):
    """The file is none of ours, or of another version."""


def save(google: Google, path: Path) -> None:
    """The file is replaced wholly or not at all."""
    known = {
        "version": _VERSION,
        "tokens": google.tokens.as_json(),
        "files": [_file_json(file) for file in google.files],
        "given": google.files.given,
    }
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(msgspec.json.encode(known))
    beside.replace(path)


def load(google: Google, path: Path) -> None:
    """Raises UnreadableError, and OSError where there is no such file."""
    try:
        known = msgspec.json.decode(path.read_bytes())
        if known["version"] != _VERSION:
            raise UnreadableError(path)
        files = [_file(told, google.files.moment) for told in known["files"]]
        google.tokens.restore(known["tokens"])
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError) as problem:
        raise UnreadableError(path) from problem
    for file in files:
        google.files.keep(file)
    google.files.restore_given([(client, email, file_id) for client, email, file_id in known["given"]])


def _file_json(file: File) -> Json:
    plain = ("id", "mime_type", "label", "parents", "is_trashed", "is_starred", "comments", "description", "properties")
    return {
        **{name: getattr(file, name) for name in plain},
        "changer": file.changer,
        "created": file.created.isoformat(),
        "modified": file.modified.isoformat(),
        "permissions": [asdict(each) for each in file.permissions.values()],
        "book": _book_json(file.book) if file.book else None,
    }


def _file(told: Json, now: Callable[[], datetime]) -> File:
    moments = {name: datetime.fromisoformat(told[name]) for name in ("created", "modified")}
    permissions = {each["id"]: Permission(**each) for each in told["permissions"]}
    book = _book(told["book"], now) if told["book"] else None
    return File(**{**told, **moments, "parents": tuple(told["parents"]), "permissions": permissions, "book": book})


def _book_json(book: Spreadsheet) -> Json:
    with book.lock:
        return {
            "id": book.id,
            "created_at": book.created_at.isoformat(),
            "modified_at": book.modified_at.isoformat(),
            **{name: getattr(book, name) for name in _BOOK},
            "tabs": [_tab_json(tab) for tab in book.tabs],
        }


def _book(told: Json, now: Callable[[], datetime]) -> Spreadsheet:
    book = Spreadsheet(told["id"], told["title"], now=now)
    for name in _BOOK:
        setattr(book, name, told[name])
    book.created_at, book.modified_at = (datetime.fromisoformat(told[name]) for name in ("created_at", "modified_at"))
    book.tabs = [_tab(each) for each in told["tabs"]]
    return book


def _tab_json(tab: Tab) -> Json:
    parts = tab.snapshot()
    lines = {name: _line_json(part) for name, part in parts.items() if isinstance(part, Line)}
    return {
        "sheet_id": tab.sheet_id,
        "lines": lines,
        "plain": {name: parts[name] for name in parts if name not in lines},
    }


def _tab(told: Json) -> Tab:
    tab = Tab(told["sheet_id"], told["plain"]["title"])
    layers = {name for name, part in tab.snapshot().items() if isinstance(part, Layer)}
    lines = {name: _line(each, Layer() if name in layers else Line()) for name, each in told["lines"].items()}
    tab.restore({**told["plain"], **lines})
    return tab


def _line_json(line: Line) -> Json:
    """Rows and formats that are one object are written once."""
    things, rows = _Interned(_thing_json), _Interned(lambda row: _row_json(row, things))
    places = [None if thing is None else rows.number(thing) for thing in line.part(0, len(line))]
    return {"places": places, "rows": rows.told, "things": things.told}


def _row_json(row: Any, things: _Interned) -> Any:
    """Text and numbers as they are, everything else as `[number of the thing]`."""
    if isinstance(row, tuple):
        return [cell if type(cell) in _PLAIN else [things.number(cell)] for cell in row]
    return row if type(row) in _PLAIN else things.number(row)


def _line(told: Json, line: Line) -> Line:
    things = [_thing(each) for each in told["things"]]
    rows = [_row(each, things, in_layer=isinstance(line, Layer)) for each in told["rows"]]
    line.put(0, [None if place is None else rows[place] for place in told["places"]])
    return line


def _row(told: Any, things: list[Any], *, in_layer: bool) -> Any:
    if in_layer:
        return tuple([things[cell[0]] if type(cell) is list else cell for cell in told])
    return things[told]


class _Interned:
    """What was written already, by which number it goes."""

    def __init__(self, tell: Callable[[Any], Any]) -> None:
        self._tell = tell
        self._numbers: dict[int, int] = {}
        self._held: list[Any] = []
        self.told: list[Any] = []

    def number(self, thing: Any) -> int:
        if id(thing) not in self._numbers:
            self._numbers[id(thing)] = len(self.told)
            self._held.append(thing)  # so that no other thing gets its identity
            self.told.append(self._tell(thing))
        return self._numbers[id(thing)]


def _thing_json(thing: Any) -> Json:
    if isinstance(thing, CellError):
        return {"error": str(thing), "message": thing.message}
    return {"formula": str(thing)} if isinstance(thing, Formula) else {"json": thing}


def _thing(told: Json) -> Any:
    if "error" in told:
        return CellError(told["error"], told["message"])
    return Formula(told["formula"]) if "formula" in told else told["json"]
