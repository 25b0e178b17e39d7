"""A tab's copy: the same cells, its own ids, and objects that speak of the copy."""

from __future__ import annotations

from sandbox.google.areas import Area
from sandbox.google.batch_parts import LONGEST_TITLE, Json, new_id
from sandbox.google.book import Spreadsheet, Tab
from sandbox.google.metadata import dimension_ids, every_id
from sandbox.google.shifting import shifted_json


def duplicated(source: Tab, sheet_id: int, title: str, book: Spreadsheet) -> Tab:
    """A tab's copy for *book*, not put into it yet: its objects speak of the copy and have new ids."""
    tab = source.copied(sheet_id, title)
    tab.hidden = False
    adopt = _Adoption(source.sheet_id, sheet_id)
    for name in ("merges", "conditional_formats", "charts", "slicers", "tables"):
        setattr(tab, name, shifted_json(getattr(tab, name), adopt))
    for name in ("protected_ranges", "banded_ranges", "filter_views"):
        setattr(tab, name, [_adopted(thing, adopt) for thing in getattr(tab, name)])
    tab.filter = None if tab.filter is None else _adopted(tab.filter, adopt)
    for name in ("row_groups", "column_groups"):
        groups = getattr(tab, name)
        setattr(tab, name, [group | {"range": _on(group["range"], sheet_id)} for group in groups])
    _give_new_ids(tab, book)
    return tab


def copy_title(book: Spreadsheet, title: str) -> str:
    """`Copy of Deals`, `Copy of Deals 2`, …"""
    wanted = f"Copy of {title}"[:LONGEST_TITLE]
    number = 1
    while book.tab_named(wanted) is not None:
        number += 1
        wanted = f"Copy of {title}"[: LONGEST_TITLE - 5] + f" {number}"
    return wanted


class _Adoption:
    """What was about one tab is about another."""

    def __init__(self, old: int, new: int) -> None:
        self._old, self._new = old, new

    def area(self, area: Area) -> Area:
        return area.on(self._new) if area.sheet_id == self._old else area


def _adopted(thing: Json, adopt: _Adoption) -> Json:
    kept: Json = shifted_json(thing, adopt)
    return kept | {"range": adopt.area(Area.of(thing.get("range", {}))).as_json()} if "range" in thing else kept


def _on(thing: Json, sheet_id: int) -> Json:
    rest = {name: value for name, value in thing.items() if name != "sheetId"}
    return ({"sheetId": sheet_id} if sheet_id else {}) | rest


def _give_new_ids(tab: Tab, book: Spreadsheet) -> None:
    for name, key in (
        ("protected_ranges", "protectedRangeId"),
        ("banded_ranges", "bandedRangeId"),
        ("filter_views", "filterViewId"),
        ("charts", "chartId"),
        ("slicers", "slicerId"),
    ):
        taken = [thing[key] for other in book.tabs for thing in getattr(other, name)]
        things = []
        for thing in getattr(tab, name):
            things.append(thing | {key: new_id(taken)})
            taken.append(things[-1][key])
        setattr(tab, name, things)
    tab.charts = [_anchored(chart, tab.sheet_id) for chart in tab.charts]
    tab.slicers = [_anchored(slicer, tab.sheet_id) for slicer in tab.slicers]
    tab.tables = [
        table | {"tableId": str(new_id(())), "name": _free_table_name(book, table["name"])} for table in tab.tables
    ]
    taken_ids = set(every_id(book))
    tab.metadata = [_renumbered(item, taken_ids) for item in tab.metadata]
    for line in (tab.row_properties, tab.column_properties):
        for index in dimension_ids(line):
            items = [_renumbered(item, taken_ids) for item in line[index]["developerMetadata"]]
            line[index] = line[index] | {"developerMetadata": items}


def _renumbered(item: Json, taken: set[int]) -> Json:
    chosen = new_id(taken)
    taken.add(chosen)
    return item | {"metadataId": chosen}


def _anchored(thing: Json, sheet_id: int) -> Json:
    position = thing.get("position", {})
    overlay = position.get("overlayPosition")
    if overlay is None:
        return thing
    anchor = _on(overlay.get("anchorCell", {}), sheet_id)
    return thing | {"position": position | {"overlayPosition": overlay | {"anchorCell": anchor}}}


def _free_table_name(book: Spreadsheet, name: str) -> str:
    known = {table["name"].casefold() for tab in book.tabs for table in tab.tables}
    number, wanted = 1, name
    while wanted.casefold() in known:
        number += 1
        wanted = f"{name}_{number}"
    return wanted
