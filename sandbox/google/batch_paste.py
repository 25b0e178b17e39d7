"""Batch members that copy, cut and paste."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace

from sandbox.google import references
from sandbox.google.areas import Area, Box
from sandbox.google.batch_parts import Batch, Json, beyond_grid
from sandbox.google.book import Formula, Tab
from sandbox.google.cells import checked
from sandbox.google.errors import invalid
from sandbox.google.evaluate import Calculator
from sandbox.google.layers import Row
from sandbox.google.references import Reference
from sandbox.google.shifting import follow
from sandbox.google.shifts import Cut
from sandbox.google.tab import CELL_LAYERS
from sandbox.google.typed import entered

_TEXT = ("userEnteredValue", "textFormatRuns", "chipRuns")
"""A value, and what is said about parts of it."""

PASTED: dict[str, tuple[str, ...]] = {
    "PASTE_NORMAL": tuple(CELL_LAYERS),
    "PASTE_VALUES": _TEXT,
    "PASTE_FORMAT": ("userEnteredFormat", "dataValidation"),
    "PASTE_NO_BORDERS": tuple(CELL_LAYERS),
    "PASTE_FORMULA": _TEXT,
    "PASTE_DATA_VALIDATION": ("dataValidation",),
    "PASTE_CONDITIONAL_FORMATTING": (),
}
"""Type of paste -> the fields of CellData that it carries."""


def copy_paste(batch: Batch, body: Json) -> None:
    """A source smaller than its target is repeated when it fits a whole number of times, else pasted once."""
    kind = _kind(body)
    source, box = batch.cells(body.get("source", {}))
    target, top_left, height, width = _target(batch, body.get("destination", {}))
    transposed = body.get("pasteOrientation") == "TRANSPOSE"
    high, wide = (box.width, box.height) if transposed else (box.height, box.width)
    down, across = _times(height, high), _times(width, wide)
    onto = _onto(target, top_left, high * down, wide * across)
    batch.may_write(target, onto)
    blocks = {field: _copied(batch, source, box, field, kind) for field in PASTED[kind]}
    if transposed:
        blocks = {field: [tuple(row) for row in zip(*rows, strict=True)] for field, rows in blocks.items()}
    merges = _merges_in(source, box)
    for field, rows in blocks.items():
        _lay(target, field, onto, _tiled(rows, down, across))
        if field == "userEnteredValue" and kind != "PASTE_VALUES":
            _point_along(target, onto, box, transposed=transposed)
    if kind in ("PASTE_NORMAL", "PASTE_NO_BORDERS") and not transposed:
        _paste_merges(target, onto, box, merges)
    if kind in ("PASTE_NORMAL", "PASTE_NO_BORDERS", "PASTE_CONDITIONAL_FORMATTING") and not transposed:
        _extend_rules(source, target, box, onto)


def cut_paste(batch: Batch, body: Json) -> None:
    """What refers to the cells follows them; all of the source is cut, whatever is pasted."""
    kind = _kind(body)
    source, box = batch.writable(body.get("source", {}))
    where = body.get("destination", {})
    target = batch.tab(where)
    onto = _onto(target, (where.get("rowIndex", 0), where.get("columnIndex", 0)), box.height, box.width)
    batch.may_write(target, onto)
    merges = _merges_in(source, box)
    if target is not source:
        _name_own_tab(source, box)
    values = _copied(batch, source, box, "userEnteredValue", kind) if kind == "PASTE_VALUES" else []
    _drop_merges(target, onto, but=box if target is source else None)
    follow(batch.book, Cut(source.sheet_id, box, target.sheet_id, onto.top, onto.left))
    blocks = {field: _copied(batch, source, box, field, "PASTE_FORMULA") for field in PASTED[kind]}
    if values:
        blocks["userEnteredValue"] = values
    if target is not source:
        _drop_merges(source, box)
        _paste_merges(target, onto, box, merges)
    for layer in source.layers():
        layer.clear(box.top, box.left, box.bottom, box.right)
    for field, rows in blocks.items():
        _lay(target, field, onto, rows)


def paste_data(batch: Batch, body: Json) -> None:
    """A text taken apart at a delimiter and typed in, cell by cell."""
    if body.get("html"):
        raise invalid("The pretend Google does not paste HTML.")
    kind, delimiter = _kind(body), body.get("delimiter", "")
    if not delimiter:
        raise invalid("Must set either a delimiter or html.")
    where = body.get("coordinate", {})
    tab = batch.tab(where)
    rows = _split(body.get("data", ""), delimiter)
    width = max((len(row) for row in rows), default=0)
    if not rows or not width:
        return
    onto = _onto(tab, (where.get("rowIndex", 0), where.get("columnIndex", 0)), len(rows), width)
    batch.may_write(tab, onto)
    if kind not in ("PASTE_NORMAL", "PASTE_VALUES", "PASTE_NO_BORDERS", "PASTE_FORMULA"):
        return
    today = batch.book.now().date()
    for down, row in enumerate(rows):
        for across, text in enumerate(row):
            entry = entered(checked(text), batch.book.locale, today)
            tab.set_value(onto.top + down, onto.left + across, entry.value)
            if entry.number_format is not None and kind != "PASTE_VALUES":
                old = tab.format_at(onto.top + down, onto.left + across) or {}
                tab.set_format(onto.top + down, onto.left + across, old | {"numberFormat": entry.number_format})


def _kind(body: Json) -> str:
    kind = str(body.get("pasteType") or body.get("type") or "PASTE_NORMAL")
    if kind not in PASTED:
        raise invalid(f"Invalid paste type: {kind}")
    return kind


def _target(batch: Batch, grid_range: Json) -> tuple[Tab, tuple[int, int], int, int]:
    tab, box = batch.cells(grid_range)
    return tab, (box.top, box.left), box.height, box.width


def _times(length: int, of: int) -> int:
    return length // of if length % of == 0 else 1


def _onto(tab: Tab, top_left: tuple[int, int], height: int, width: int) -> Box:
    """The cells to paste over. Raises ApiError when the grid ends before."""
    top, left = top_left
    onto = Box(top, left, top + height, left + width)
    if top < 0 or left < 0 or onto.bottom > tab.rows or onto.right > tab.columns:
        raise beyond_grid(tab, onto.area(tab.sheet_id))
    return onto


def _copied(batch: Batch, tab: Tab, box: Box, field: str, kind: str) -> list[Row]:
    """A rectangle of a layer as it is to be pasted; no rows at all for an empty one."""
    layer = tab.layer(field)
    if len(layer) <= box.top or (kind == "PASTE_VALUES" and field != "userEnteredValue"):
        return []
    if kind == "PASTE_VALUES":
        return Calculator(batch.book).rows(tab, box)
    rows = layer.rows(box.top, box.left, box.bottom, box.right)
    if kind == "PASTE_NO_BORDERS" and field == "userEnteredFormat":
        return [tuple(_borderless(cell) for cell in row) for row in rows]
    return rows


def _borderless(cell: Json | None) -> Json | None:
    if cell is None:
        return None
    return {name: part for name, part in cell.items() if name != "borders"} or None


def _tiled(rows: list[Row], down: int, across: int) -> list[Row]:
    wide = rows if across == 1 else [row * across for row in rows]
    return wide * down


def _lay(tab: Tab, field: str, onto: Box, rows: list[Row]) -> None:
    layer = tab.layer(field)
    if rows:
        layer.put_rows(onto.top, onto.left, rows)
    else:
        layer.clear(onto.top, onto.left, onto.bottom, onto.right)


def _point_along(tab: Tab, onto: Box, source: Box, *, transposed: bool) -> None:
    """The relative references of pasted formulas, moved as far as each of them was."""
    high, wide = (source.width, source.height) if transposed else (source.height, source.width)
    for row, things in enumerate(tab.values.part(onto.top, onto.bottom)):
        if things is None or Formula not in map(type, things):
            continue
        for column in range(onto.width):
            value = tab.value(onto.top + row, onto.left + column)
            if type(value) is not Formula:
                continue
            down, across = (column % wide, row % high) if transposed else (row % high, column % wide)
            moved = references.offset(
                value, onto.top + row - source.top - down, onto.left + column - source.left - across
            )
            tab.values.put_at(onto.top + row, onto.left + column, Formula(moved))


def _name_own_tab(tab: Tab, box: Box) -> None:
    """Formulas about to leave a tab say its title where they meant their own."""

    def change(reference: Reference) -> Reference:
        return replace(reference, title=tab.title) if reference.title is None else reference

    for row, column in box.cells():
        value = tab.value(row, column)
        if type(value) is Formula:
            tab.values.put_at(row, column, Formula(references.rewritten(value, change)))


def _merges_in(tab: Tab, box: Box) -> list[Box]:
    boxes = (tab.box(Area.of(merge)) for merge in tab.merges)
    return [merged for merged in boxes if box.holds(merged)]


def _drop_merges(tab: Tab, onto: Box, *, but: Box | None = None) -> None:
    """Merged cells that are pasted over fall apart."""
    tab.merges = [merge for merge in tab.merges if not _is_hit(tab, merge, onto, but)]


def _is_hit(tab: Tab, merge: Json, onto: Box, but: Box | None) -> bool:
    box = tab.box(Area.of(merge))
    return box.meets(onto) and not (but is not None and but.holds(box))


def _paste_merges(tab: Tab, onto: Box, source: Box, merges: list[Box]) -> None:
    _drop_merges(tab, onto)
    for top in range(onto.top, onto.bottom, source.height):
        for left in range(onto.left, onto.right, source.width):
            down, across = top - source.top, left - source.left
            moved = [Box(box.top + down, box.left + across, box.bottom + down, box.right + across) for box in merges]
            tab.merges = [*tab.merges, *(box.area(tab.sheet_id).as_json() for box in moved)]


def _extend_rules(source: Tab, target: Tab, box: Box, onto: Box) -> None:
    """Conditional formats of the source reach over what was pasted; on another tab they are copied."""
    copied = []
    for rule in source.conditional_formats:
        met = [_common(source.box(Area.of(part)), box) for part in rule.get("ranges", [])]
        boxes = [_moved(part, box, onto) for part in met if part]
        if boxes and not (source is target and box == onto):
            copied.append((rule, [part.area(target.sheet_id).as_json() for part in boxes]))
    if source is target:
        added = {id(rule): ranges for rule, ranges in copied}
        source.conditional_formats = [
            rule | {"ranges": [*rule["ranges"], *added[id(rule)]]} if id(rule) in added else rule
            for rule in source.conditional_formats
        ]
    else:
        target.conditional_formats = [
            *target.conditional_formats,
            *(rule | {"ranges": ranges} for rule, ranges in copied),
        ]


def _common(one: Box, other: Box) -> Box:
    return Box(
        max(one.top, other.top), max(one.left, other.left), min(one.bottom, other.bottom), min(one.right, other.right)
    )


def _moved(part: Box, box: Box, onto: Box) -> Box:
    """The same part of the target; one that spans the source spans all repetitions."""
    top, bottom = _stretched(part.top - box.top, part.bottom - box.top, box.height, onto.height)
    left, right = _stretched(part.left - box.left, part.right - box.left, box.width, onto.width)
    return Box(onto.top + top, onto.left + left, onto.top + bottom, onto.left + right)


def _stretched(start: int, end: int, length: int, full: int) -> tuple[int, int]:
    return (0, full) if (start, end) == (0, length) else (start, end)


def _split(data: str, delimiter: str) -> list[Sequence[str]]:
    if len(delimiter) == 1:
        return list(csv.reader(io.StringIO(data, newline=""), delimiter=delimiter))
    return [line.split(delimiter) for line in data.splitlines()]
