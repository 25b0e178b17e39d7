"""Batch members that insert, delete and move rows, columns and cells, and say how wide they are."""

from __future__ import annotations

from sandbox.google import grid
from sandbox.google.areas import Area, Box
from sandbox.google.batch_parts import (
    Batch,
    Json,
    beyond_grid,
    dimension_span,
    lines_box,
    mask_of,
    names,
    patched,
    resize,
)
from sandbox.google.book import Tab
from sandbox.google.errors import invalid
from sandbox.google.shifting import follow
from sandbox.google.shifts import COLUMNS, ROWS, Deletion, Fall, Insertion, Move


def insert_dimension(batch: Batch, body: Json) -> None:
    where = body.get("range", {})
    tab = batch.tab(where)
    for name in ("startIndex", "endIndex"):
        if name not in where:
            raise invalid(f"range.{name} must be set.")
    dimension, start, end = dimension_span(tab, where)
    before = body.get("inheritFromBefore", False)
    most = grid.size(tab, dimension)
    if before and start == 0:
        raise invalid("inheritFromBefore cannot be true when range.startIndex is 0.")
    if not before and start >= most:
        raise invalid(f"range.startIndex must be less than the grid size ({most}) if inheritFromBefore is false.")
    if start > most:
        raise invalid(f"range.startIndex must be less than or equal to the grid size ({most}).")
    insert_lines(batch, tab, dimension, start, end - start, like=start - 1 if before else start)


def insert_lines(batch: Batch, tab: Tab, dimension: str, at: int, count: int, *, like: int | None) -> None:
    """New rows or columns; everything follows."""
    most = grid.size(tab, dimension)
    if 0 < at < most:
        batch.may_write(tab, lines_box(tab, dimension, at, at + 1))
    else:
        batch.may_change(tab)
    rows, columns = (tab.rows + count, tab.columns) if dimension == ROWS else (tab.rows, tab.columns + count)
    was = tab.rows, tab.columns
    resize(batch, tab, rows=rows, columns=columns)
    tab.rows, tab.columns = was
    follow(batch.book, Insertion(tab.sheet_id, dimension, None, at, count))
    grid.insert(tab, dimension, at, count, like=like)


def append_dimension(batch: Batch, body: Json) -> None:
    tab = batch.tab(body)
    dimension, length = body.get("dimension"), body.get("length", 0)
    if dimension not in (ROWS, COLUMNS):
        raise invalid("No dimension specified.")
    if length < 1:
        raise invalid(f"Invalid length: {length}. It must be greater than 0.")
    batch.may_change(tab)
    most = grid.size(tab, dimension)
    if dimension == ROWS:
        resize(batch, tab, rows=most + length)
    else:
        resize(batch, tab, columns=most + length)


def delete_dimension(batch: Batch, body: Json) -> None:
    where = body.get("range", {})
    tab = batch.tab(where)
    dimension, start, end = dimension_span(tab, where)
    what = "row" if dimension == ROWS else "column"
    most = grid.size(tab, dimension)
    if max(start, end - 1) >= most:
        index = max(start, most)
        raise invalid(
            f"Cannot delete a {what} that doesn't exist. "
            f"Tried to delete {what} index {index} but there are only {most} {what}s."
        )
    if start == 0 and end >= most:
        raise invalid(f"You can't delete all the {what}s on the sheet.")
    frozen = grid.frozen(tab, dimension)
    if start <= frozen and end >= most:
        raise invalid(f"Sorry, it is not possible to delete all non-frozen {what}s.")
    batch.may_write(tab, lines_box(tab, dimension, start, end))
    follow(batch.book, Deletion(tab.sheet_id, dimension, None, start, end))
    grid.delete(tab, dimension, start, end)


def move_dimension(batch: Batch, body: Json) -> None:
    source = body.get("source", {})
    tab = batch.tab(source)
    dimension, start, end = dimension_span(tab, source)
    to, most = body.get("destinationIndex", 0), grid.size(tab, dimension)
    if end > most or not 0 <= to <= most:
        raise invalid(f"Cannot move {dimension.lower()} {start} to {end} before {to}: there are only {most}.")
    batch.may_write(tab, lines_box(tab, dimension, start, end))
    follow(batch.book, Move(tab.sheet_id, dimension, None, start, end, to))
    grid.move(tab, dimension, start, end, to)


def insert_range(batch: Batch, body: Json) -> None:
    """Cells pushed down or to the right; the grid grows when something would fall off."""
    dimension = _shift_dimension(body)
    tab, box = batch.writable(body.get("range", {}))
    if dimension == ROWS:
        push_down(batch, tab, box)
    else:
        _push_right(batch, tab, box)


def push_down(batch: Batch, tab: Tab, box: Box) -> None:
    """Push the cells of the box, and those below it, down by its height."""
    batch.may_write(tab, Box(box.top, box.left, tab.rows, box.right))
    used = _last(tab, box.left, box.right)
    if used > box.top and used + box.height > tab.rows:
        resize(batch, tab, rows=used + box.height)
    band = (box.left, box.right)
    follow(batch.book, Insertion(tab.sheet_id, ROWS, band, box.top, box.height))
    follow(batch.book, Fall(tab.sheet_id, ROWS, band, tab.rows))
    grid.insert_cells(tab, box, ROWS)


def _push_right(batch: Batch, tab: Tab, box: Box) -> None:
    batch.may_write(tab, Box(box.top, box.left, box.bottom, tab.columns))
    width = max((len(things) for things in tab.values.part(box.top, box.bottom) if things), default=0)
    if width > box.left and width + box.width > tab.columns:
        resize(batch, tab, columns=width + box.width)
    band = (box.top, box.bottom)
    follow(batch.book, Insertion(tab.sheet_id, COLUMNS, band, box.left, box.width))
    follow(batch.book, Fall(tab.sheet_id, COLUMNS, band, tab.columns))
    grid.insert_cells(tab, box, COLUMNS)


def delete_range(batch: Batch, body: Json) -> None:
    where, dimension = body.get("range", {}), _shift_dimension(body)
    tab, box = batch.writable(where)
    if dimension == ROWS:
        batch.may_write(tab, Box(box.top, box.left, tab.rows, box.right))
        shift = Deletion(tab.sheet_id, ROWS, (box.left, box.right), box.top, box.bottom)
    else:
        batch.may_write(tab, Box(box.top, box.left, box.bottom, tab.columns))
        shift = Deletion(tab.sheet_id, COLUMNS, (box.top, box.bottom), box.left, box.right)
    follow(batch.book, shift)
    grid.delete_cells(tab, box, dimension)


def update_dimension_properties(batch: Batch, body: Json) -> None:
    if "range" not in body:
        raise invalid("Must set range.")
    tab = batch.tab(body["range"])
    dimension, start, end = _within(tab, body["range"])
    tree, new = mask_of(body), body.get("properties", {})
    batch.may_write(tab, lines_box(tab, dimension, start, end))
    tree = {name: tree.get(name, {}) for name in ("pixelSize", "hiddenByUser") if names(tree, name)}
    line = grid.lines(tab, dimension)
    changed = []
    for old in line.part(start, end):
        properties = patched(old or {}, new, tree)
        if not properties.get("hiddenByUser"):
            properties.pop("hiddenByUser", None)
        changed.append(properties or None)
    line.put(start, changed)


def auto_resize_dimensions(batch: Batch, body: Json) -> None:
    """Columns as wide as their longest text, rows as high as usual."""
    where = body.get("dimensions", {})
    tab = batch.tab(where)
    dimension, start, end = _within(tab, where)
    line = grid.lines(tab, dimension)
    for index in range(start, end):
        if dimension == ROWS:
            fitting = 21
        else:
            longest = max(
                (len(str(things[index])) for _, things in tab.values.items() if index < len(things)), default=0
            )
            fitting = 12 + 7 * min(longest, 250)
        line[index] = (line[index] or {}) | {"pixelSize": fitting}


def _within(tab: Tab, where: Json) -> tuple[str, int, int]:
    dimension, start, end = dimension_span(tab, where)
    if end > grid.size(tab, dimension):
        edge = Area(tab.sheet_id, start, end) if dimension == ROWS else Area(tab.sheet_id, None, None, start, end)
        raise beyond_grid(tab, edge)
    return dimension, start, end


def _shift_dimension(body: Json) -> str:
    dimension = body.get("shiftDimension")
    if dimension not in (ROWS, COLUMNS):
        raise invalid("No shiftDimension specified.")
    return str(dimension)


def _last(tab: Tab, left: int, right: int) -> int:
    """The row behind the last one that holds a value in those columns."""
    last = 0
    for row, things in tab.values.items():
        if any(thing is not None for thing in things[left:right]):
            last = row + 1
    return last
