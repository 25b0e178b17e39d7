"""Batch members that work on the cells of a range: merge, sort, replace, validate, frame."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from sandbox.google import references
from sandbox.google.areas import Area, Box
from sandbox.google.batch_parts import Batch, Json
from sandbox.google.book import Formula, Tab
from sandbox.google.cells import checked
from sandbox.google.errors import invalid
from sandbox.google.evaluate import Calculator
from sandbox.google.layers import Row
from sandbox.google.operands import as_text, sort_key
from sandbox.google.typed import entered

PART_OF_A_MERGE = "You must select all cells in a merged range to merge or unmerge them."

# -- merging


def merge_cells(batch: Batch, body: Json) -> None:
    tab, box = batch.writable(body.get("range", {}))
    _check_frozen(tab, box)
    tab.merges = _outside(tab, box)
    parts = list(_parts(box, body.get("mergeType", "MERGE_ALL")))
    for part in parts:
        kept = tab.value(part.top, part.left)
        tab.clear_values(part.top, part.left, part.bottom, part.right)
        tab.set_value(part.top, part.left, kept)
    tab.merges = [*tab.merges, *(part.area(tab.sheet_id).as_json() for part in parts)]


def unmerge_cells(batch: Batch, body: Json) -> None:
    tab, box = batch.writable(body.get("range", {}))
    tab.merges = _outside(tab, box)


def _parts(box: Box, kind: str) -> Iterator[Box]:
    """The merges to make; a single cell is none."""
    if kind == "MERGE_COLUMNS":
        parts = [Box(box.top, column, box.bottom, column + 1) for column in range(box.left, box.right)]
    elif kind == "MERGE_ROWS":
        parts = [Box(row, box.left, row + 1, box.right) for row in range(box.top, box.bottom)]
    else:
        parts = [box]
    return (part for part in parts if part.height * part.width > 1)


def _outside(tab: Tab, box: Box) -> list[Json]:
    """The merges that the box does not touch. Raises ApiError when it cuts through one."""
    kept = []
    for merge in tab.merges:
        merged = tab.box(Area.of(merge))
        if not merged.meets(box):
            kept.append(merge)
        elif not box.holds(merged):
            raise invalid(PART_OF_A_MERGE)
    return kept


def _check_frozen(tab: Tab, box: Box) -> None:
    if box.top < tab.frozen_rows < box.bottom:
        raise invalid("You can't merge frozen and non-frozen rows")
    if box.left < tab.frozen_columns < box.right:
        raise invalid("You can't merge frozen and non-frozen columns")


# -- sorting


def sort_range(batch: Batch, body: Json) -> None:
    """Rows of the range in another order, with all that lies on their cells; empty cells come last."""
    tab, box = batch.writable(body.get("range", {}))
    if any(tab.box(Area.of(merge)).meets(box) for merge in tab.merges):
        raise invalid("You can't sort a range that contains merged cells.")
    order = list(range(box.height))
    shown = Calculator(batch.book).rows(tab, box)
    for spec in reversed(body.get("sortSpecs", [])):
        column = spec.get("dimensionIndex", 0)
        if not box.left <= column < box.right:
            raise invalid(f"Cannot sort by column {column}: it is outside of the range.")
        order = _sorted(order, [row[column - box.left] for row in shown], spec.get("sortOrder") == "DESCENDING")
    reorder(tab, box, order)


def reorder(tab: Tab, box: Box, order: list[int]) -> None:
    """Give the rows of a box that order, formulas pointing along."""
    for layer in tab.layers():
        if len(layer) <= box.top:
            continue
        rows = layer.rows(box.top, box.left, box.bottom, box.right)
        if layer is tab.values:
            moved = [_pointing(rows[was], now - was) for now, was in enumerate(order)]
        else:
            moved = [rows[was] for was in order]
        layer.put_rows(box.top, box.left, moved)


def _sorted(order: list[int], keys: list[Any], descending: bool) -> list[int]:
    full = [place for place in order if keys[place] is not None]
    empty = [place for place in order if keys[place] is None]
    return sorted(full, key=lambda place: sort_key(keys[place]), reverse=descending) + empty


def _pointing(row: Row, down: int) -> Row:
    if Formula not in map(type, row):
        return row
    return tuple(Formula(references.offset(value, down, 0)) if type(value) is Formula else value for value in row)


# -- find and replace


def find_replace(batch: Batch, body: Json) -> Json:
    """In values as they are kept; in formulas only when asked."""
    if "find" not in body:
        raise invalid("Must specify a value to find.")
    pattern, replacement = _pattern(body), _replacement(body)
    counts = dict.fromkeys(
        ("valuesChanged", "formulasChanged", "rowsChanged", "sheetsChanged", "occurrencesChanged"), 0
    )
    for tab, box in _searched(batch, body):
        rows = set()
        for row, column, value in _found(tab, box, pattern, body):
            batch.may_write(tab, Box(row, column, row + 1, column + 1))
            text, times = pattern.subn(replacement, as_text(value))
            counts["occurrencesChanged"] += times
            counts["formulasChanged" if isinstance(value, Formula) else "valuesChanged"] += 1
            rows.add(row)
            tab.set_value(row, column, _replaced(batch, value, checked(text)))
        counts["rowsChanged"] += len(rows)
        counts["sheetsChanged"] += bool(rows)
    return {name: count for name, count in counts.items() if count}


def _pattern(body: Json) -> re.Pattern[str]:
    text = body["find"] if body.get("searchByRegex") else re.escape(body["find"])
    try:
        pattern = rf"\A(?:{text})\Z" if body.get("matchEntireCell") else text
        return re.compile(pattern, 0 if body.get("matchCase") else re.IGNORECASE)
    except re.error:
        raise invalid(f"Invalid regular expression: {text}") from None


def _replacement(body: Json) -> Any:
    """Java writes groups as `$1`."""
    text = body.get("replacement", "")
    if not body.get("searchByRegex"):
        return lambda _: text
    return re.sub(r"\$(\d)", r"\\g<\1>", text)


def _searched(batch: Batch, body: Json) -> list[tuple[Tab, Box]]:
    if "range" in body:
        return [batch.cells(body["range"])]
    tabs = batch.book.tabs if body.get("allSheets") else [batch.tab(body)] if "sheetId" in body else []
    if not tabs:
        raise invalid("Must specify a range, a sheet or all sheets.")
    return [(tab, Box(0, 0, tab.rows, tab.columns)) for tab in tabs]


def _found(tab: Tab, box: Box, pattern: re.Pattern[str], body: Json) -> list[tuple[int, int, Any]]:
    return [
        (row, column, value)
        for row, column, value in tab.values.cells()
        if box.top <= row < box.bottom
        and box.left <= column < box.right
        and (body.get("includeFormulas") or not isinstance(value, Formula))
        and pattern.search(as_text(value))
    ]


def _replaced(batch: Batch, was: Any, text: str) -> Any:
    """A text stays a text; anything else is read as though it had been typed."""
    if isinstance(was, Formula):
        return Formula(text) if text.startswith("=") else text
    return text if isinstance(was, str) else entered(text, batch.book.locale, batch.book.now().date()).value


# -- validation and borders


def set_data_validation(batch: Batch, body: Json) -> None:
    tab, box = batch.writable(body.get("range", {}))
    rule = body.get("rule")
    if rule is None:
        tab.validations.clear(box.top, box.left, box.bottom, box.right)
        return
    if not rule.get("condition", {}).get("type"):
        raise invalid("Data validation rule must have a condition.")
    tab.validations.fill(box.top, box.left, box.bottom, (rule,) * box.width)


def update_borders(batch: Batch, body: Json) -> None:
    tab, box = batch.writable(body.get("range", {}))
    edges = {
        "top": (Box(box.top, box.left, box.top + 1, box.right), "top"),
        "bottom": (Box(box.bottom - 1, box.left, box.bottom, box.right), "bottom"),
        "left": (Box(box.top, box.left, box.bottom, box.left + 1), "left"),
        "right": (Box(box.top, box.right - 1, box.bottom, box.right), "right"),
        "innerHorizontal": (Box(box.top, box.left, box.bottom - 1, box.right), "bottom"),
        "innerVertical": (Box(box.top, box.left, box.bottom, box.right - 1), "right"),
    }
    for name, (edge, side) in edges.items():
        if name in body and edge:
            change = partial(_framed, side=side, border=body[name])
            tab.formats.change_block(edge.top, edge.left, edge.bottom, edge.right, change)


def _framed(old: Json | None, *, side: str, border: Json) -> Json | None:
    borders = {name: kept for name, kept in (old or {}).get("borders", {}).items() if name != side}
    if border.get("style", "NONE") != "NONE":
        borders[side] = border
    rest = {name: part for name, part in (old or {}).items() if name != "borders"}
    return rest | ({"borders": borders} if borders else {}) or None
