"""Batch members for charts, slicers and tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.google.areas import Area, Box
from sandbox.google.batch_names import closed_range
from sandbox.google.batch_parts import Batch, Json, mask_of, new_id, patched
from sandbox.google.book import Tab
from sandbox.google.cells import extended
from sandbox.google.errors import internal, invalid
from sandbox.google.evaluate import Calculator
from sandbox.google.operands import as_text
from sandbox.google.shifting import as_answered, with_every_column

WIDTH, HEIGHT = 600, 371
"""Of a chart nobody said the size of."""

_KINDS = (("charts", "chartId"), ("slicers", "slicerId"))

# -- charts and slicers


def add_chart(batch: Batch, body: Json) -> Json:
    wanted = body.get("chart", {})
    _check_spec(wanted.get("spec", {}))
    tab, position = _placed(batch, wanted.get("position", {}))
    chart = {
        "chartId": _free_id(batch, wanted.get("chartId")),
        "spec": as_answered(wanted["spec"]),
        "position": position,
    }
    if "border" in wanted:
        chart["border"] = wanted["border"]
    tab.charts = [*tab.charts, chart]
    return {"chart": chart}


def update_chart_spec(batch: Batch, body: Json) -> None:
    _check_spec(body.get("spec", {}))
    tab, name, old = _object(batch, body.get("chartId", 0))
    if name != "charts":
        raise invalid(f"No chart with id: {body.get('chartId', 0)}")
    _put(tab, name, old, old | {"spec": as_answered(body["spec"])})


def delete_embedded_object(batch: Batch, body: Json) -> None:
    tab, name, old = _object(batch, body.get("objectId", 0))
    setattr(tab, name, [thing for thing in getattr(tab, name) if thing is not old])


def update_embedded_object_position(batch: Batch, body: Json) -> Json:
    """A mask says which parts of the overlay change."""
    tab, name, old = _object(batch, body.get("objectId", 0))
    new = body.get("newPosition", {})
    if "overlayPosition" in new:
        overlay = patched(old["position"]["overlayPosition"], new["overlayPosition"], mask_of(body))
        new = {"overlayPosition": overlay}
    target, position = _placed(batch, new)
    setattr(tab, name, [thing for thing in getattr(tab, name) if thing is not old])
    setattr(target, name, [*getattr(target, name), old | {"position": position}])
    return {"position": position}


def update_embedded_object_border(batch: Batch, body: Json) -> None:
    tab, name, old = _object(batch, body.get("objectId", 0))
    border = patched(old.get("border", {}), body.get("border", {}), mask_of(body))
    _put(tab, name, old, old | {"border": border})


def add_slicer(batch: Batch, body: Json) -> Json:
    wanted = body.get("slicer", {})
    spec = wanted.get("spec", {})
    tab, position = _placed(batch, wanted.get("position", {}))
    kept = {
        "slicerId": _free_id(batch, wanted.get("slicerId")),
        "spec": spec | {"dataRange": closed_range(batch, spec.get("dataRange", {}))},
        "position": position,
    }
    tab.slicers = [*tab.slicers, kept]
    return {"slicer": kept}


def update_slicer_spec(batch: Batch, body: Json) -> None:
    tab, name, old = _object(batch, body.get("slicerId", 0))
    if name != "slicers":
        raise invalid(f"No slicer with id: {body.get('slicerId', 0)}")
    spec = patched(old["spec"], body.get("spec", {}), mask_of(body))
    _put(tab, name, old, old | {"spec": spec | {"dataRange": closed_range(batch, spec.get("dataRange", {}))}})


def _check_spec(spec: Json) -> None:
    """A chart that shows nothing is answered like a crash, though it will never work."""
    basic = spec.get("basicChart")
    if not spec or (basic is not None and not basic.get("series")):
        raise internal()


def _placed(batch: Batch, position: Json) -> tuple[Tab, Json]:
    overlay = position.get("overlayPosition")
    if overlay is None:
        raise invalid("The pretend Google puts charts on grids only, not on sheets of their own.")
    anchor = overlay.get("anchorCell", {})
    tab = batch.tab(anchor)
    if anchor.get("rowIndex", 0) >= tab.rows or anchor.get("columnIndex", 0) >= tab.columns:
        raise invalid(f"The anchor cell is not on the sheet with id: {tab.sheet_id}")
    size = {"widthPixels": overlay.get("widthPixels", WIDTH), "heightPixels": overlay.get("heightPixels", HEIGHT)}
    anchor = {name: value for name, value in anchor.items() if value}
    return tab, {"overlayPosition": overlay | {"anchorCell": anchor} | size}


def _objects(batch: Batch) -> Iterator[tuple[Tab, str, int, Json]]:
    for tab in batch.book.tabs:
        for name, key in _KINDS:
            for thing in getattr(tab, name):
                yield tab, name, thing[key], thing


def _object(batch: Batch, object_id: int) -> tuple[Tab, str, Json]:
    for tab, name, known, thing in _objects(batch):
        if known == object_id:
            return tab, name, thing
    raise invalid(f"No embedded object with id: {object_id}")


def _free_id(batch: Batch, wanted: int | None) -> int:
    known = {known for _, _, known, _ in _objects(batch)}
    if wanted in known:
        raise invalid(f"An embedded object with id: {wanted} already exists.")
    return wanted or new_id(known)


def _put(tab: Tab, name: str, old: Json, new: Json) -> None:
    setattr(tab, name, [new if thing is old else thing for thing in getattr(tab, name)])


# -- tables


def add_table(batch: Batch, body: Json) -> Json:
    wanted = body.get("table", {})
    known = {table["tableId"] for tab in batch.book.tabs for table in tab.tables}
    chosen = wanted.get("tableId") or str(new_id(()))
    if chosen in known:
        raise invalid(f"A table with id: {chosen} already exists.")
    table = _table(batch, wanted | {"tableId": chosen, "name": wanted.get("name") or _next_name(batch)})
    tab = batch.tab(table["range"])
    tab.tables = [*tab.tables, table]
    return {"table": table}


def update_table(batch: Batch, body: Json) -> None:
    new = body.get("table", {})
    tab, old = batch.table(new.get("tableId", ""))
    wanted = patched(old, new, mask_of(body)) | {"tableId": old["tableId"]}
    table = _table(batch, wanted, but=old)
    if batch.tab(table["range"]) is not tab:
        raise invalid("A table cannot be moved to another sheet.")
    _put(tab, "tables", old, table)


def delete_table(batch: Batch, body: Json) -> None:
    """Its cells stay; conditional formats inside it go with it, and nobody is told."""
    tab, old = batch.table(body.get("tableId", ""))
    box = tab.box(Area.of(old["range"]))
    tab.tables = [table for table in tab.tables if table is not old]
    rules = (rule | {"ranges": _beside(tab, rule["ranges"], box)} for rule in tab.conditional_formats)
    tab.conditional_formats = [rule for rule in rules if rule["ranges"]]


def _beside(tab: Tab, ranges: list[Json], box: Box) -> list[Json]:
    return [each for each in ranges if not box.holds(tab.box(Area.of(each)))]


def _table(batch: Batch, wanted: Json, but: Json | None = None) -> Json:
    where = closed_range(batch, wanted.get("range", {}))
    tab = batch.tab(where)
    box = tab.box(Area.of(where))
    batch.may_write(tab, box)
    for other_tab in batch.book.tabs:
        for other in other_tab.tables:
            if other is not but and other["name"].casefold() == wanted["name"].casefold():
                raise invalid(f'A table with the name "{wanted["name"]}" already exists.')
            if other is not but and other_tab is tab and tab.box(Area.of(other["range"])).meets(box):
                raise invalid("A table cannot overlap another table.")
    table: Json = {"tableId": wanted["tableId"], "name": wanted["name"], "range": where}
    if wanted.get("rowsProperties"):
        table["rowsProperties"] = wanted["rowsProperties"]
    columns = [_headed(batch, tab, box, column) for column in _columns(where, wanted.get("columnProperties", []))]
    return table | {"columnProperties": columns}


def _columns(where: Json, given: list[Json]) -> list[Json]:
    area = Area.of(where)
    width = (area.right or 0) - (area.left or 0)
    if any(column.get("columnIndex", 0) >= width for column in given):
        raise invalid("columnProperties names a column outside of the table's range.")
    named = {column.get("columnIndex", 0) for column in given if column.get("columnName")}
    return [
        column if column.get("columnIndex", 0) in named else {n: p for n, p in column.items() if n != "columnName"}
        for column in with_every_column(where, given)
    ]


def _headed(batch: Batch, tab: Tab, box: Box, column: Json) -> Json:
    """A column nobody named is named by its header cell; one that was named writes it."""
    place = box.left + column.get("columnIndex", 0)
    if column.get("columnName"):
        if not isinstance(tab.value(box.top, place), str) or tab.value(box.top, place) != column["columnName"]:
            tab.set_value(box.top, place, column["columnName"])
        return column
    header: Any = Calculator(batch.book).value(tab, box.top, place)
    name = as_text(header) if extended(header) else f"Column {place - box.left + 1}"
    return column | {"columnName": name}


def _next_name(batch: Batch) -> str:
    known = {table["name"].casefold() for tab in batch.book.tabs for table in tab.tables}
    number = 1
    while f"table{number}" in known:
        number += 1
    return f"Table{number}"
