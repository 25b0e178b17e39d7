"""Batch members that write cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.google import cells, references
from sandbox.google.areas import Area, Box, hull
from sandbox.google.batch_lines import push_down
from sandbox.google.batch_parts import Batch, Json, mask_of, patched, resize
from sandbox.google.book import Formula, Tab
from sandbox.google.errors import ApiError, invalid
from sandbox.google.layers import Row
from sandbox.google.tab import CELL_LAYERS

Tree = Mapping[str, Any]


def update_cells(batch: Batch, body: Json) -> None:
    """Write rows into a range (what they do not cover is cleared) or from a cell on (they may be ragged)."""
    fields, rows = _fields(mask_of(body)), [row.get("values", []) for row in body.get("rows", [])]
    if "range" in body:
        tab, box = batch.writable(body["range"])
        _check_fits(rows, box)
        _write(tab, box.top, box.left, rows, fields, width=box.width)
        _clear(tab, Box(box.top + len(rows), box.left, box.bottom, box.right), fields)
        return
    if "start" not in body:
        raise invalid("Must set range or start.")
    start = body["start"]
    tab = batch.tab(start)
    top, left = start.get("rowIndex", 0), start.get("columnIndex", 0)
    _check_fits(rows, Box(top, left, tab.rows, tab.columns))
    width = max((len(row) for row in rows), default=0)
    if rows and width:
        batch.may_write(tab, Box(top, left, top + len(rows), left + width))
    _write(tab, top, left, rows, fields)


def repeat_cell(batch: Batch, body: Json) -> None:
    """The same in every cell of a range; a formula's relative references move along."""
    tab, box = batch.writable(body.get("range", {}))
    cell = body.get("cell", {})
    for field, tree in _fields(mask_of(body)).items():
        if tree:
            _repeat_part(tab, box, field, cell.get(field, {}), tree)
            continue
        thing = _thing(field, cell)
        if isinstance(thing, Formula):
            rows = [
                tuple(Formula(references.offset(thing, down, across)) for across in range(box.width))
                for down in range(box.height)
            ]
            tab.layer(field).put_rows(box.top, box.left, rows)
        elif thing is None:
            tab.layer(field).clear(box.top, box.left, box.bottom, box.right)
        else:
            new: Row = (thing,) * box.width
            tab.layer(field).fill(box.top, box.left, box.bottom, new)


def append_cells(batch: Batch, body: Json) -> None:
    """Rows behind the last one that holds data, on the tab or in a table; the grid grows as needed."""
    fields, rows = _fields(mask_of(body)), [row.get("values", []) for row in body.get("rows", [])]
    if not rows:
        return
    if body.get("tableId"):
        _append_to_table(batch, body["tableId"], rows, fields)
        return
    tab = batch.tab(body)
    top = tab.used().bottom
    width = max(len(row) for row in rows)
    if width > tab.columns:
        resize(batch, tab, columns=width)
    if top + len(rows) > tab.rows:
        resize(batch, tab, rows=top + len(rows))
    batch.may_write(tab, Box(top, 0, top + len(rows), max(width, 1)))
    _write(tab, top, 0, rows, fields)


def _append_to_table(batch: Batch, table_id: str, rows: list[list[Json]], fields: dict[str, Tree]) -> None:
    """What stands below the table in the way is pushed down; the table grows."""
    tab, table = batch.table(table_id)
    box = tab.box(Area.of(table["range"]))
    onto = Box(box.bottom, box.left, box.bottom + len(rows), box.right)
    _check_fits(rows, onto)
    if onto.bottom > tab.rows:
        resize(batch, tab, rows=onto.bottom)
    batch.may_write(tab, onto)
    if any(value is not None for row in tab.block(onto.top, onto.left, onto.bottom, onto.right) for value in row):
        push_down(batch, tab, onto)
    _write(tab, onto.top, onto.left, rows, fields)
    grown = table | {"range": hull([box, onto]).area(tab.sheet_id).as_json()}
    tab.tables = [grown if each["tableId"] == table_id else each for each in tab.tables]


def _fields(tree: Tree) -> dict[str, Tree]:
    """Which layers a mask writes, and what of them. Read-only fields are passed over, as Google does."""
    names = list(CELL_LAYERS) if not tree else [name for name in CELL_LAYERS if name in tree]
    fields = {name: (tree.get(name, {}) if tree else {}) for name in names}
    if "userEnteredValue" in fields:
        # Its parts are one value; and what was said about parts of a text goes with the text.
        fields["userEnteredValue"] = {}
        fields.setdefault("textFormatRuns", {})
        fields.setdefault("chipRuns", {})
    return fields


def _thing(field: str, cell: Json) -> Any:
    """What a cell of a request puts into a layer; None to empty it."""
    thing = cell.get(field)
    if field == "userEnteredValue":
        return cells.plain(thing)
    return thing or None


def _check_fits(rows: list[list[Json]], box: Box) -> None:
    if len(rows) > box.height:
        last = box.bottom - 1
        raise invalid(f"Attempting to write row: {box.bottom}, beyond the last requested row of: {last}")
    widest = max((len(row) for row in rows), default=0)
    if widest > box.width:
        last = box.right - 1
        raise invalid(f"Attempting to write column: {box.right}, beyond the last requested column of: {last}")


def _write(
    tab: Tab, top: int, left: int, rows: list[list[Json]], fields: dict[str, Tree], *, width: int | None = None
) -> None:
    """Lay rows of CellData down; with *width* each row counts as that wide."""
    for field, tree in fields.items():
        layer = tab.layer(field)
        if not tree and not len(layer) > top and not any(field in cell for row in rows for cell in row):
            continue
        old = layer.block(top, left, top + len(rows), tab.columns) if tree else []
        laid = []
        for place, row in enumerate(rows):
            try:
                if tree:
                    new = tuple(
                        _part(was, cell.get(field, {}), tree) for was, cell in zip(old[place], row, strict=False)
                    )
                    if width is not None:
                        new += tuple(_part(was, {}, tree) for was in old[place][len(row) : width])
                elif field == "userEnteredValue":
                    new = tuple(cells.plain(cell.get(field)) for cell in row)
                else:
                    new = tuple(cell.get(field) or None for cell in row)
            except ApiError as error:
                raise invalid(error.message) from None
            laid.append(new + (None,) * (width - len(new)) if width is not None else new)
        layer.put_rows(top, left, laid)


def _part(old: Json | None, new: Json, tree: Tree) -> Json | None:
    return patched(old or {}, new, tree) or None


def _repeat_part(tab: Tab, box: Box, field: str, new: Json, tree: Tree) -> None:
    """Change the same part of a format in every cell; cells that were alike stay one thing."""
    known: dict[int, Json | None] = {}

    def changed(old: Json | None) -> Json | None:
        if id(old) not in known:
            known[id(old)] = _part(old, new, tree)
        return known[id(old)]

    tab.layer(field).change_block(box.top, box.left, box.bottom, box.right, changed)


def _clear(tab: Tab, box: Box, fields: dict[str, Tree]) -> None:
    if not box:
        return
    for field, tree in fields.items():
        if tree:
            _repeat_part(tab, box, field, {}, tree)
        else:
            tab.layer(field).clear(box.top, box.left, box.bottom, box.right)
