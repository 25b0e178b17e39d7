"""Rows, columns and rectangles of cells inserted, deleted and moved on one tab's grid."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.google.areas import Box
from sandbox.google.book import Tab
from sandbox.google.layers import Layer, Row, spliced, tidy
from sandbox.google.shifts import ROWS


def insert(tab: Tab, dimension: str, at: int, count: int, *, like: int | None = None) -> None:
    """New rows or columns before *at*, formatted like the row or column *like*."""
    if dimension == ROWS:
        for layer in tab.layers():
            shape = layer[like] if like is not None and layer is tab.formats else None
            layer.insert(at, [shape] * count)
        tab.rows += count
    else:
        for layer in tab.layers():
            _each_row(layer, lambda things, is_format=layer is tab.formats: _opened(things, at, count, like, is_format))  # type: ignore[misc]
        tab.columns += count
    line = lines(tab, dimension)
    line.insert(at, [_inherited(line[like]) if like is not None else None] * count)
    if at < frozen(tab, dimension):
        freeze(tab, dimension, frozen(tab, dimension) + count)


def delete(tab: Tab, dimension: str, start: int, end: int) -> None:
    if dimension == ROWS:
        for layer in tab.layers():
            layer.remove(start, end)
        tab.rows -= end - start
    else:
        for layer in tab.layers():
            _each_row(layer, lambda things: tidy(things[:start] + things[end:]))
        tab.columns -= end - start
    lines(tab, dimension).remove(start, end)
    count = frozen(tab, dimension)
    freeze(tab, dimension, count - max(0, min(count, end) - start))


def move(tab: Tab, dimension: str, start: int, end: int, to: int) -> None:
    """Rows or columns to before *to*, counted before the move."""
    if dimension == ROWS:
        for layer in tab.layers():
            layer.move(start, end, to)
    else:
        for layer in tab.layers():
            _each_row(layer, lambda things: _reordered(things, start, end, to))
    lines(tab, dimension).move(start, end, to)


def insert_cells(tab: Tab, box: Box, dimension: str) -> None:
    """Push the cells of the box and all behind them down (or right); what falls off the grid is lost."""
    if dimension == ROWS:
        _move_block(tab, Box(box.top, box.left, tab.rows, box.right), box.height)
        return
    for layer in tab.layers():
        for row in range(box.top, min(box.bottom, len(layer))):
            things = layer[row]
            if things is not None:
                opened = things[: box.left] + (None,) * box.width + things[box.left :]
                layer[row] = tidy(opened[: tab.columns]) if len(things) > box.left else things


def delete_cells(tab: Tab, box: Box, dimension: str) -> None:
    """Pull the cells behind the box up (or left) into its place."""
    if dimension == ROWS:
        _move_block(tab, Box(box.top, box.left, tab.rows, box.right), -box.height)
        return
    for layer in tab.layers():
        for row in range(box.top, min(box.bottom, len(layer))):
            things = layer[row]
            if things is not None:
                layer[row] = tidy(things[: box.left] + things[box.right :])


def lines(tab: Tab, dimension: str) -> Any:
    """The properties of rows or of columns."""
    return tab.row_properties if dimension == ROWS else tab.column_properties


def size(tab: Tab, dimension: str) -> int:
    return tab.rows if dimension == ROWS else tab.columns


def frozen(tab: Tab, dimension: str) -> int:
    return tab.frozen_rows if dimension == ROWS else tab.frozen_columns


def freeze(tab: Tab, dimension: str, count: int) -> None:
    setattr(tab, "frozen_rows" if dimension == ROWS else "frozen_columns", count)


def _move_block(tab: Tab, box: Box, down: int) -> None:
    """Shift a stack of cells by so many rows inside its box; what leaves the box is lost."""
    for layer in tab.layers():
        if len(layer) <= box.top:
            continue
        rows = layer.rows(box.top, box.left, box.bottom, box.right)
        empty: list[Row] = [(None,) * box.width] * abs(down)
        moved = empty + rows[:-down] if down > 0 else rows[-down:] + empty
        layer.put_rows(box.top, box.left, moved[: box.height])


def _each_row(layer: Layer, how: Callable[[Row], Row | None]) -> None:
    if len(layer):
        layer.change(0, len(layer), lambda things: None if things is None else how(things))


def _opened(things: Row, at: int, count: int, like: int | None, is_format: bool) -> Row | None:
    shape = things[like] if is_format and like is not None and like < len(things) else None
    if len(things) <= at:
        return things if shape is None else spliced(things, at, (shape,) * count)
    return tidy(things[:at] + (shape,) * count + things[at:])


def _reordered(things: Row, start: int, end: int, to: int) -> Row | None:
    wide = things + (None,) * (max(end, to) - len(things))
    moved, rest = wide[start:end], wide[:start] + wide[end:]
    place = to if to < start else to - (end - start)
    return tidy(rest[:place] + moved + rest[place:]) if not start <= to <= end else things


def _inherited(properties: dict[str, Any] | None) -> dict[str, Any] | None:
    """A new row is as high as its neighbour, but has its own metadata."""
    if not properties:
        return None
    kept = {name: value for name, value in properties.items() if name != "developerMetadata"}
    return kept or None
