"""The page of a spreadsheet, where docs.google.com has it: plain tables to look at, and one cell at a time to edit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sandbox.google.areas import Box
from sandbox.google.book import Formula, Spreadsheet, Tab
from sandbox.google.files import File, Files
from sandbox.google.rendering import UNFORMATTED, Rendering, rendered
from sandbox.google.typed import entered

ROWS_PER_PAGE = 200
_MOST_COLUMNS = 300
_LEAST_ROWS, _LEAST_COLUMNS = 20, 8
_FREE = 3
"""Rows and columns to type into beside a table, as people add them in Sheets."""
_CELL = re.compile(r"([A-Za-z]{1,3})([1-9][0-9]{0,7})")


@dataclass(frozen=True)
class Cell:
    """`formula` and `note` are empty for cells without; `classes` are those of the page's style."""

    text: str
    formula: str
    note: str
    classes: str


@dataclass(frozen=True)
class Line:
    number: int
    cells: tuple[Cell, ...]
    is_frozen: bool


@dataclass(frozen=True)
class Grid:
    """
    Some rows of a tab, the frozen ones before them; `letters` are those of the columns.
    A few may be free ones behind the tab's edge, which are added when something is typed there.
    """

    letters: tuple[str, ...]
    lines: tuple[Line, ...]
    first: int
    last: int
    """The numbers of the first and last row of this page."""
    used: int
    """The number of the last row with anything in it."""
    more_columns: int


def blueprint(files: Files) -> Blueprint:
    pages = Blueprint("google_pages", __name__)

    @pages.get("/spreadsheets/d/<file_id>")
    @pages.get("/spreadsheets/d/<file_id>/")
    def short(file_id: str) -> ResponseReturnValue:
        return redirect(url_for(".edit", file_id=file_id, gid=request.args.get("gid")))

    @pages.get("/spreadsheets/d/<file_id>/edit")
    @pages.get("/spreadsheets/d/<file_id>/view", endpoint="view")
    def edit(file_id: str) -> str:
        file, book = _found(files, file_id)
        with book.lock:
            tab = _tab(book, request.args.get("gid", ""))
            grid = grid_of(book, tab, start=max(request.args.get("from", 1, type=int), 1))
            return render_template(
                "sandbox/google/spreadsheet.html", file=file, book=book, shown=tab, grid=grid, size=ROWS_PER_PAGE
            )

    @pages.get("/spreadsheets/d/<file_id>/version")
    def version(file_id: str) -> Response:
        return jsonify(version=_found(files, file_id)[1].version)

    @pages.post("/spreadsheets/d/<file_id>/edit")
    def write(file_id: str) -> ResponseReturnValue:
        """One cell, as though it had been typed."""
        file, book = _found(files, file_id)
        place = _place(request.form.get("cell", ""))
        with book.lock:
            tab = _tab(book, request.form.get("gid", ""))
            if place is None or not _in_reach(tab, *place):
                abort(400, "There is no such cell, and none that could be added beside those there are.")
            _type(book, tab, *place, request.form.get("value", ""), files)
            back = {"gid": tab.sheet_id, "from": request.form.get("from", "1"), "_anchor": f"gid={tab.sheet_id}"}
        return redirect(url_for(".edit", file_id=file.id, **back))  # type: ignore[arg-type] # an anchor among values

    return pages


def grid_of(book: Spreadsheet, tab: Tab, *, start: int = 1) -> Grid:
    """Rows from the one numbered *start*, a page of them. Hold the lock."""
    used = tab.used()
    last_column = min(max(used.right + _FREE, _LEAST_COLUMNS), tab.columns + _FREE, _MOST_COLUMNS)
    top = min(start, tab.rows) - 1
    bottom = min(top + ROWS_PER_PAGE, tab.rows + _FREE, max(used.bottom + _FREE, top + _LEAST_ROWS))
    frozen = Box(0, 0, min(tab.frozen_rows, top), last_column)
    lines = [*_lines(book, tab, frozen), *_lines(book, tab, Box(top, 0, bottom, last_column))]
    names = tuple(letters(column) for column in range(last_column))
    return Grid(names, tuple(lines), top + 1, bottom, used.bottom, max(used.right - last_column, 0))


def letters(column: int) -> str:
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def _lines(book: Spreadsheet, tab: Tab, box: Box) -> Iterator[Line]:
    texts = rendered(book, tab, box, Rendering())
    bare = rendered(book, tab, box, Rendering(values=UNFORMATTED))
    for place in range(box.bottom - box.top):
        row, text, value = box.top + place, _at(texts, place), _at(bare, place)
        cells = (_cell(tab, row, column, _at(text, column, ""), _at(value, column, "")) for column in range(box.right))
        yield Line(row + 1, tuple(cells), row < tab.frozen_rows)


def _cell(tab: Tab, row: int, column: int, text: Any, value: Any) -> Cell:
    typed, note = tab.value(row, column), tab.note_at(row, column) or ""
    cell_format = tab.format_at(row, column) or {}
    style = cell_format.get("textFormat", {})
    marks = {
        "number": isinstance(value, int | float) and not isinstance(value, bool),
        "formula": isinstance(typed, Formula),
        "bold": style.get("bold"),
        "italic": style.get("italic"),
        "noted": note,
    }
    classes = " ".join(mark for mark, is_set in marks.items() if is_set)
    return Cell(str(text), str(typed) if marks["formula"] else "", note, classes)


def _at(things: list[Any], place: int, otherwise: Any = ()) -> Any:
    return things[place] if place < len(things) else otherwise


def _found(files: Files, file_id: str) -> tuple[File, Spreadsheet]:
    file = files.get(file_id)
    if file is None or file.book is None:
        abort(404)
    return file, file.book


def _tab(book: Spreadsheet, gid: str) -> Tab:
    """The first that is not hidden where none, or one that is gone, is asked for."""
    wanted = [tab for tab in book.tabs if str(tab.sheet_id) == gid]
    return (wanted or [tab for tab in book.tabs if not tab.hidden] or book.tabs)[0]


def _place(name: str) -> tuple[int, int] | None:
    found = _CELL.fullmatch(name.strip())
    if found is None:
        return None
    column = 0
    for letter in found[1].upper():
        column = column * 26 + ord(letter) - 64
    return int(found[2]) - 1, column - 1


def _in_reach(tab: Tab, row: int, column: int) -> bool:
    """On the tab, or one of those that are shown behind its edge."""
    return row < tab.rows + _FREE and column < tab.columns + _FREE


def _type(book: Spreadsheet, tab: Tab, row: int, column: int, text: str, files: Files) -> None:
    entry = entered(text, book.locale, files.moment().date())
    with book.transaction():
        tab.rows, tab.columns = max(tab.rows, row + 1), max(tab.columns, column + 1)
        tab.set_value(row, column, entry.value)
        if entry.number_format:
            tab.set_format(row, column, {**(tab.format_at(row, column) or {}), "numberFormat": entry.number_format})
