"""What refers to cells follows them: formulas, and the objects that know where they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from sandbox.google import references
from sandbox.google.areas import Area
from sandbox.google.book import Formula, Spreadsheet, Tab
from sandbox.google.layers import Layer, Row
from sandbox.google.references import Edge, Reference
from sandbox.google.shifts import COLUMNS, Cut, Lengthwise, Shift

_GRID_RANGE = {"sheetId", "startRowIndex", "endRowIndex", "startColumnIndex", "endColumnIndex"}
_COORDINATE = {"sheetId", "rowIndex", "columnIndex"}


def follow(book: Spreadsheet, shift: Shift) -> None:
    """Let everything that refers to cells follow the shift; the cells themselves are moved elsewhere."""
    for tab in book.tabs:
        change_formulas(tab, lambda text, home=tab: _shifted_formula(book, home, text, shift))  # type: ignore[misc]
        _follow_objects(tab, shift)
    book.named_ranges = [_range_or_none(named, shift) for named in book.named_ranges]


def retitle(book: Spreadsheet, old: str, new: str) -> None:
    """Let formulas follow a tab's new title."""
    for tab in book.tabs:
        change_formulas(tab, lambda text: references.retitled(text, old, new))


def rename(book: Spreadsheet, old: str, new: str) -> None:
    """Let formulas follow a named range's new name."""
    for tab in book.tabs:
        change_formulas(tab, lambda text: references.renamed(text, old, new))


def change_formulas(tab: Tab, change: Callable[[str], str]) -> None:
    """Give every formula on a tab what *change* makes of it: in cells, in rules and in validations."""
    change_cells(tab.values, lambda value: Formula(change(value)) if type(value) is Formula else value, Formula)
    change_cells(tab.validations, lambda rule: _in_condition(rule, change))
    tab.conditional_formats = [_in_rule(rule, change) for rule in tab.conditional_formats]


def change_cells(layer: Layer, change: Callable[[Any], Any], only: type | None = None) -> None:
    """Give every thing of a layer what *change* makes of it, rows without anything of type *only* left alone."""

    def row(things: Row | None) -> Row | None:
        if things is None or (only is not None and only not in map(type, things)):
            return things
        changed = tuple(None if thing is None else change(thing) for thing in things)
        return things if all(a is b for a, b in zip(changed, things, strict=True)) else changed

    if len(layer):
        layer.change(0, len(layer), row)


def shifted_json(thing: Any, shift: Shift) -> Any:
    """A JSON thing with every GridRange in it shifted; None for one that is gone, lists without those."""
    if isinstance(thing, list):
        kept = (shifted_json(each, shift) for each in thing)
        return [each for each in kept if each is not None]
    if not isinstance(thing, dict) or not thing:
        return thing
    if thing.keys() <= _GRID_RANGE:
        area = shift.area(Area.of(thing))
        return None if area is None else area.as_json()
    if thing.keys() <= _COORDINATE:
        return _coordinate(thing, shift)
    kept_parts = {name: shifted_json(part, shift) for name, part in thing.items()}
    return {name: part for name, part in kept_parts.items() if part is not None}


class _Stay:
    """Nothing moves."""

    def area(self, area: Area) -> Area:
        return area


def as_answered(thing: Any) -> Any:
    """A JSON thing with every GridRange in it as answers show it: without the id of tab 0."""
    return shifted_json(thing, _Stay())


def _shifted_formula(book: Spreadsheet, home: Tab, text: str, shift: Shift) -> str:
    return references.rewritten(text, lambda reference: _shifted(book, home, reference, shift))


def _shifted(book: Spreadsheet, home: Tab, reference: Reference, shift: Shift) -> Reference | None:
    tab = home if reference.title is None else book.tab_named(reference.title)
    if tab is None:
        return reference
    area = area_of(reference, tab.sheet_id)
    became = shift.area(area)
    if became is None or became == area:
        return None if became is None else reference
    return _at(book, reference, became, area)


def area_of(reference: Reference, sheet_id: int) -> Area:
    """The cells of a reference; where a whole column or row is meant, both ends are open."""
    top, bottom, left, right = (
        edge.index for edge in (reference.top, reference.bottom, reference.left, reference.right)
    )
    return Area(
        sheet_id,
        top,
        None if bottom is None else bottom + 1,
        left,
        None if right is None else right + 1,
    )


def _at(book: Spreadsheet, reference: Reference, area: Area, was: Area) -> Reference:
    title = reference.title
    if area.sheet_id != was.sheet_id:
        title = book.tab(area.sheet_id).title
    return replace(
        reference,
        title=title,
        top=_edge(reference.top, area.top),
        bottom=_edge(reference.bottom, None if area.bottom is None else area.bottom - 1),
        left=_edge(reference.left, area.left),
        right=_edge(reference.right, None if area.right is None else area.right - 1),
    )


def _edge(edge: Edge, index: int | None) -> Edge:
    return Edge(index, edge.fixed)


def _coordinate(thing: dict[str, Any], shift: Shift) -> dict[str, Any]:
    """An anchor moves along; where its cell is gone it stays at the edge of the gap."""
    if not isinstance(shift, Lengthwise) or thing.get("sheetId", 0) != shift.sheet_id or shift.band is not None:
        return thing
    name = "columnIndex" if shift.dimension == COLUMNS else "rowIndex"
    index = shift.index(thing.get(name, 0))
    return {key: value for key, value in (thing | {name: index}).items() if key != name or value}


def _range_or_none(thing: dict[str, Any], shift: Shift) -> dict[str, Any]:
    """A named range whose cells are gone keeps its name and has no range."""
    if "range" not in thing:
        return thing
    area = shift.area(Area.of(thing["range"]))
    if area is None:
        return {name: part for name, part in thing.items() if name != "range"}
    return thing | {"range": area.as_json()}


# -- objects of a tab


def _follow_objects(tab: Tab, shift: Shift) -> None:
    tab.charts = shifted_json(tab.charts, shift)
    change_cells(tab.pivots, lambda pivot: shifted_json(pivot, shift))
    if isinstance(shift, Cut) and shift.to_sheet != shift.sheet_id:
        return  # what lies on a tab's cells stays on that tab
    tab.merges = [merge for merge in shifted_json(tab.merges, shift) if _is_more_than_a_cell(merge)]
    rules = (rule | {"ranges": shifted_json(rule.get("ranges", []), shift)} for rule in tab.conditional_formats)
    tab.conditional_formats = [rule for rule in rules if rule["ranges"]]
    tab.protected_ranges = _ranged(tab.protected_ranges, shift)
    tab.banded_ranges = _ranged(tab.banded_ranges, shift)
    tab.tables = [_follow_table(table, shift) for table in _ranged(tab.tables, shift, was=tab.tables)]
    tab.filter_views = [_follow_filter(view, shift) for view in _ranged(tab.filter_views, shift)]
    kept = _ranged([tab.filter] if tab.filter is not None else [], shift)
    tab.filter = _follow_filter(kept[0], shift) if kept else None
    tab.slicers = [
        slicer
        for slicer in shifted_json(tab.slicers, shift)
        if "dataRange" in slicer.get("spec", {}) or slicer in tab.slicers
    ]
    if isinstance(shift, Lengthwise) and shift.sheet_id == tab.sheet_id and shift.band is None:
        name = "column_groups" if shift.dimension == COLUMNS else "row_groups"
        setattr(tab, name, _follow_groups(getattr(tab, name), shift))


def _ranged(
    things: Iterable[dict[str, Any]], shift: Shift, was: list[dict[str, Any]] | None = None
) -> list[dict[str, Any]]:
    """Those whose range is still there, shifted; with the range they had under `_was` when asked for."""
    kept = []
    for thing in things:
        area = shift.area(Area.of(thing.get("range", {})))
        if area is None:
            continue
        shifted = shifted_json(thing, shift) | ({"range": area.as_json()} if "range" in thing else {})
        kept.append(shifted | {"_was": thing["range"]} if was is not None and "range" in thing else shifted)
    return kept


def _is_more_than_a_cell(merge: dict[str, Any]) -> bool:
    area = Area.of(merge)
    return (area.bottom or 0) - (area.top or 0) > 1 or (area.right or 0) - (area.left or 0) > 1


def _follow_filter(thing: dict[str, Any], shift: Shift) -> dict[str, Any]:
    """Filter and sort settings name columns by number."""
    sheet_id = thing.get("range", {}).get("sheetId", 0)
    if not isinstance(shift, Lengthwise) or shift.dimension != COLUMNS or shift.sheet_id != sheet_id or shift.band:
        return thing
    followed = dict(thing)
    if "criteria" in thing:
        moved = {_column(shift, int(column)): criteria for column, criteria in thing["criteria"].items()}
        followed["criteria"] = {str(column): criteria for column, criteria in moved.items() if column is not None}
    for name, field in (("filterSpecs", "columnIndex"), ("sortSpecs", "dimensionIndex")):
        if name in thing:
            followed[name] = list(_moved_specs(thing[name], field, shift))
    return followed


def _moved_specs(specs: list[dict[str, Any]], field: str, shift: Lengthwise) -> Iterable[dict[str, Any]]:
    for spec in specs:
        column = _column(shift, spec.get(field, 0))
        if column is not None:
            rest = {name: part for name, part in spec.items() if name != field}
            yield rest | ({field: column} if column else {})


def _column(shift: Lengthwise, column: int) -> int | None:
    span = shift.span(column, column + 1)
    return None if span is None else span[0]


def _follow_table(table: dict[str, Any], shift: Shift) -> dict[str, Any]:
    """A table's columns are counted from its left edge."""
    was = Area.of(table.get("_was", {}))
    table = {name: part for name, part in table.items() if name != "_was"}
    if not isinstance(shift, Lengthwise) or shift.dimension != COLUMNS or was.sheet_id != shift.sheet_id or shift.band:
        return table
    now = Area.of(table["range"])
    columns = []
    for column in table.get("columnProperties", []):
        place = _column(shift, (was.left or 0) + column.get("columnIndex", 0))
        if place is not None and (now.left or 0) <= place < (now.right or 0):
            rest = {name: part for name, part in column.items() if name != "columnIndex"}
            inside = place - (now.left or 0)
            columns.append(({"columnIndex": inside} if inside else {}) | rest)
    return table | {"columnProperties": with_every_column(table["range"], columns)}


def with_every_column(grid_range: dict[str, Any], columns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A table's column properties, with `Column 3` for each of its columns nobody named."""
    area = Area.of(grid_range)
    known = {column.get("columnIndex", 0): column for column in columns}
    width = (area.right or 0) - (area.left or 0)
    return [
        known.get(place) or ({"columnIndex": place} if place else {}) | {"columnName": f"Column {place + 1}"}
        for place in range(width)
    ]


def _follow_groups(groups: list[dict[str, Any]], shift: Lengthwise) -> list[dict[str, Any]]:
    kept = []
    for group in groups:
        span = shift.span(group["range"]["startIndex"], group["range"]["endIndex"])
        if span is not None:
            kept.append(group | {"range": group["range"] | {"startIndex": span[0], "endIndex": span[1]}})
    return kept


def _in_rule(rule: dict[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    boolean = rule.get("booleanRule")
    if not boolean:
        return rule
    return rule | {"booleanRule": _in_condition(boolean, change)}


def _in_condition(rule: dict[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    """A rule whose condition's values that are formulas are changed; itself when none is."""
    condition = rule.get("condition", {})
    values = condition.get("values", [])
    changed = [_in_value(value, change) for value in values]
    if changed == values:
        return rule
    return rule | {"condition": condition | {"values": changed}}


def _in_value(value: dict[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    text = value.get("userEnteredValue", "")
    return value | {"userEnteredValue": change(text)} if text.startswith("=") else value
