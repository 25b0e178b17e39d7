"""Batch members that change tabs, rows and columns."""

from __future__ import annotations

from typing import Any

from sandbox.google import grid
from sandbox.google.areas import Area, Box
from sandbox.google.batch_parts import (
    Batch,
    Json,
    beyond_grid,
    check_cells,
    dimension_span,
    lines_box,
    mask_of,
    new_id,
    patched,
    resize,
)
from sandbox.google.book import Spreadsheet, Tab
from sandbox.google.errors import invalid
from sandbox.google.metadata import dimension_ids, every_id
from sandbox.google.shifting import follow, retitle, shifted_json
from sandbox.google.shifts import COLUMNS, ROWS, Deletion, Fall, Insertion, Move, Removal
from sandbox.google.tab import COLUMNS as DEFAULT_COLUMNS
from sandbox.google.tab import ROWS as DEFAULT_ROWS

LONGEST_TITLE = 100
MOST_TABS = 200

# -- tabs


def add_sheet(batch: Batch, body: Json) -> Json:
    book, properties = batch.book, body.get("properties", {})
    if properties.get("sheetType", "GRID") not in ("GRID", "SHEET_TYPE_UNSPECIFIED"):
        raise invalid(f"Cannot add a sheet of type {properties['sheetType']}.")
    sheet_id = free_sheet_id(book, properties.get("sheetId"))
    title = _free_title(book, properties["title"]) if "title" in properties else _next_title(book)
    place = properties.get("index", len(book.tabs))
    if not 0 <= place <= len(book.tabs):
        raise invalid(f"Cannot add a sheet at index {place}: there are only {len(book.tabs)} sheets.")
    if len(book.tabs) >= MOST_TABS:
        raise invalid(
            f"This action would increase the number of sheets in the workbook above the limit of {MOST_TABS}."
        )
    size = properties.get("gridProperties", {})
    tab = Tab(sheet_id, title, 0, 0)
    book.tabs.insert(place, tab)
    rows, columns = size.get("rowCount", DEFAULT_ROWS), size.get("columnCount", DEFAULT_COLUMNS)
    _check_size(rows, columns)
    tab.columns = 1
    resize(batch, tab, columns=columns)
    resize(batch, tab, rows=rows)
    _apply_settings(tab, properties)
    _check_frozen(tab)
    _check_visible(book)
    return {"properties": tab.properties_json(place)}


def delete_sheet(batch: Batch, body: Json) -> None:
    book = batch.book
    tab = batch.tab(body)
    batch.may_write(tab, Box(0, 0, tab.rows, tab.columns))
    if len(book.tabs) == 1:
        raise invalid("You can't remove all the sheets in a document.")
    if all(other.hidden for other in book.tabs if other is not tab):
        raise invalid("You can't remove all the visible sheets in a document.")
    follow(book, Removal(tab.sheet_id))
    book.tabs = [other for other in book.tabs if other is not tab]


def update_sheet_properties(batch: Batch, body: Json) -> None:
    book, new = batch.book, body.get("properties", {})
    tab = batch.tab(new)
    batch.may_change(tab)
    tree = mask_of(body)
    old = tab.properties_json(book.index(tab))
    wanted = patched(old, new, tree)
    if _names(tree, "title"):
        _retitle(book, tab, wanted.get("title", ""))
    if _names(tree, "gridProperties"):
        _resize(batch, tab, wanted.get("gridProperties", {}), tree)
    if _names(tree, "tabColor") and not _names(tree, "tabColorStyle"):
        wanted.pop("tabColorStyle", None)
    if _names(tree, "tabColorStyle") and not _names(tree, "tabColor"):
        wanted.pop("tabColor", None)
    _apply_settings(tab, wanted)
    _check_frozen(tab)
    if _names(tree, "index"):
        _move_tab(book, tab, wanted.get("index"))
    _check_visible(book)


def duplicate_sheet(batch: Batch, body: Json) -> Json:
    book = batch.book
    source = book.tab(body.get("sourceSheetId", 0))
    sheet_id = free_sheet_id(book, body.get("newSheetId"))
    name = body.get("newSheetName")
    title = _free_title(book, name) if name else copy_title(book, source.title)
    tab = duplicated(source, sheet_id, title, book)
    place = body.get("insertSheetIndex", 0)
    if not 0 <= place <= len(book.tabs):
        raise invalid(f"Cannot insert a sheet at index {place}: there are only {len(book.tabs)} sheets.")
    book.tabs.insert(place, tab)
    check_cells(book)
    return {"properties": tab.properties_json(place)}


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


def update_spreadsheet_properties(batch: Batch, body: Json) -> None:
    book = batch.book
    wanted = patched(book.properties_json(), body.get("properties", {}), mask_of(body))
    if not wanted.get("title"):
        raise invalid("The title of a spreadsheet cannot be empty.")
    if not wanted.get("locale"):
        raise invalid("Unsupported locale: ")
    if not wanted.get("timeZone"):
        raise invalid("Unsupported time zone: ")
    book.title, book.locale, book.time_zone = wanted["title"], wanted["locale"], wanted["timeZone"]
    book.auto_recalc = wanted.get("autoRecalc", "ON_CHANGE")
    book.default_format = wanted.get("defaultFormat")
    book.theme = wanted.get("spreadsheetTheme")
    book.iterative = wanted.get("iterativeCalculationSettings")


def free_sheet_id(book: Spreadsheet, wanted: int | None) -> int:
    if wanted is None:
        return book.new_sheet_id()
    if wanted < 0:
        raise invalid(f"Invalid sheet ID: {wanted}. Sheet IDs must be non-negative.")
    if any(tab.sheet_id == wanted for tab in book.tabs):
        raise invalid(f"Sheet with id {wanted} already exists.")
    return wanted


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


def _names(tree: Any, field: str) -> bool:
    """Whether the mask says anything about that field."""
    return not tree or field in tree


def _retitle(book: Spreadsheet, tab: Tab, title: str) -> None:
    if title == tab.title:
        return
    checked = _free_title(book, title, but=tab)
    retitle(book, tab.title, checked)
    tab.title = checked


def _free_title(book: Spreadsheet, title: str, but: Tab | None = None) -> str:
    if not title:
        raise invalid("Sheet name cannot be empty.")
    if len(title) > LONGEST_TITLE:
        raise invalid(f"Sheet name cannot be longer than {LONGEST_TITLE} characters.")
    known = book.tab_named(title)
    if known is not None and known is not but:
        raise invalid(f'A sheet with the name "{title}" already exists. Please enter another name.')
    return title


def _next_title(book: Spreadsheet) -> str:
    number = len(book.tabs) + 1
    while book.tab_named(f"Sheet{number}") is not None:
        number += 1
    return f"Sheet{number}"


def _apply_settings(tab: Tab, properties: Json) -> None:
    size = properties.get("gridProperties", {})
    tab.hidden = bool(properties.get("hidden", False))
    tab.right_to_left = bool(properties.get("rightToLeft", False))
    color, style = properties.get("tabColor"), properties.get("tabColorStyle")
    if style:
        tab.tab_color = style
    else:
        tab.tab_color = None if color is None else {"rgbColor": color}
    tab.frozen_rows = size.get("frozenRowCount", 0)
    tab.frozen_columns = size.get("frozenColumnCount", 0)
    tab.hide_gridlines = bool(size.get("hideGridlines", False))
    tab.row_group_after = bool(size.get("rowGroupControlAfter", False))
    tab.column_group_after = bool(size.get("columnGroupControlAfter", False))


def _resize(batch: Batch, tab: Tab, size: Json, tree: Any) -> None:
    below = tree.get("gridProperties", {}) if tree else {}
    if _names(below, "rowCount"):
        _resize_to(batch, tab, ROWS, size.get("rowCount", 0))
    if _names(below, "columnCount"):
        _resize_to(batch, tab, COLUMNS, size.get("columnCount", 0))


def _resize_to(batch: Batch, tab: Tab, dimension: str, wanted: int) -> None:
    """Growing appends; shrinking deletes the last ones, as deleteDimension does."""
    now = grid.size(tab, dimension)
    _check_size(wanted, wanted)
    if wanted < now:
        batch.may_write(tab, lines_box(tab, dimension, wanted, now))
        follow(batch.book, Deletion(tab.sheet_id, dimension, None, wanted, now))
        kept = grid.frozen(tab, dimension)
        grid.delete(tab, dimension, wanted, now)
        grid.freeze(tab, dimension, kept)
    elif dimension == ROWS:
        resize(batch, tab, rows=wanted)
    else:
        resize(batch, tab, columns=wanted)


def _check_size(rows: int, columns: int) -> None:
    if rows < 1 or columns < 1:
        what = "row" if rows < 1 else "column"
        raise invalid(f"Invalid value for gridProperties: a sheet must have at least one {what}.")


def _check_frozen(tab: Tab) -> None:
    for what, count, most in (("rows", tab.frozen_rows, tab.rows), ("columns", tab.frozen_columns, tab.columns)):
        if count < 0:
            raise invalid(f"The number of frozen {what} cannot be negative.")
        if count >= most and count:
            raise invalid(f"You can't freeze all visible {what} on the sheet.")


def _check_visible(book: Spreadsheet) -> None:
    if all(tab.hidden for tab in book.tabs):
        raise invalid("You can't hide all the sheets in a document.")


def _move_tab(book: Spreadsheet, tab: Tab, to: int | None) -> None:
    """The index counts in the order before the move."""
    place = len(book.tabs) if to is None else to
    if not 0 <= place <= len(book.tabs):
        raise invalid(f"Cannot move a sheet to index {place}: there are only {len(book.tabs)} sheets.")
    now = book.index(tab)
    rest = [other for other in book.tabs if other is not tab]
    rest.insert(place - 1 if place > now and place > 0 else place, tab)
    book.tabs = rest


# -- rows and columns


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
    tree = {name: tree.get(name, {}) for name in ("pixelSize", "hiddenByUser") if _names(tree, name)}
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
