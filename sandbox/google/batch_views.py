"""Batch members for how a tab is looked at: filters, conditional formats, banding, groups."""

from __future__ import annotations

from typing import Any

from sandbox.google import grid
from sandbox.google.areas import Area
from sandbox.google.batch_names import closed_range
from sandbox.google.batch_parts import Batch, Json, beyond_grid, dimension_span, lines_box, mask_of, new_id, patched
from sandbox.google.book import Tab
from sandbox.google.errors import invalid
from sandbox.google.shifts import ROWS

# -- filters


def set_basic_filter(batch: Batch, body: Json) -> None:
    wanted = body.get("filter", {})
    kept = _filter(batch, wanted)
    tab = batch.tab(kept["range"])
    batch.may_change(tab)
    tab.filter = kept


def clear_basic_filter(batch: Batch, body: Json) -> None:
    tab = batch.tab(body)
    batch.may_change(tab)
    tab.filter = None


def add_filter_view(batch: Batch, body: Json) -> Json:
    wanted = body.get("filter", {})
    known = _ids(batch, "filter_views", "filterViewId")
    chosen = wanted.get("filterViewId") or new_id(known)
    if chosen in known:
        raise invalid(f"A filter view with ID: {chosen} already exists.")
    title = wanted.get("title") or f"Filter {len(known) + 1}"
    view: Json = {"filterViewId": chosen, "title": title} | _filter(batch, wanted)
    tab = batch.tab(view["range"])
    tab.filter_views = [*tab.filter_views, view]
    return {"filter": view}


def update_filter_view(batch: Batch, body: Json) -> None:
    new = body.get("filter", {})
    tab, old = _found(batch, "filter_views", "filterViewId", new.get("filterViewId", 0), "filter view")
    wanted = patched(old, new, mask_of(body))
    view = {"filterViewId": old["filterViewId"], "title": wanted.get("title", "")} | _filter(batch, wanted, new)
    _replace(tab, batch.tab(view["range"]), "filter_views", old, view)


def delete_filter_view(batch: Batch, body: Json) -> None:
    tab, old = _found(batch, "filter_views", "filterViewId", body.get("filterId", 0), "filter view")
    tab.filter_views = [view for view in tab.filter_views if view is not old]


def duplicate_filter_view(batch: Batch, body: Json) -> Json:
    tab, old = _found(batch, "filter_views", "filterViewId", body.get("filterId", 0), "filter view")
    known = _ids(batch, "filter_views", "filterViewId")
    view = old | {"filterViewId": new_id(known), "title": f"Copy of {old.get('title', '')}"}
    tab.filter_views = [*tab.filter_views, view]
    return {"filter": view}


def _filter(batch: Batch, wanted: Json, new: Json | None = None) -> Json:
    """As answers show it: criteria by column and the same again as filterSpecs."""
    given = wanted if new is None else new
    if wanted.get("tableId"):
        raise invalid("The pretend Google filters ranges only, not tables.")
    if wanted.get("namedRangeId"):
        named = next((n for n in batch.book.named_ranges if n["namedRangeId"] == wanted["namedRangeId"]), None)
        if named is None:
            raise invalid(f"No named range with ID: {wanted['namedRangeId']}")
        where = named.get("range", {})
    else:
        where = wanted.get("range", {})
    kept: Json = {"range": closed_range(batch, where)}
    if wanted.get("namedRangeId"):
        kept["namedRangeId"] = wanted["namedRangeId"]
    if wanted.get("sortSpecs"):
        kept["sortSpecs"] = wanted["sortSpecs"]
    criteria = wanted.get("criteria", {})
    if given.get("filterSpecs") or ("criteria" not in given and wanted.get("filterSpecs")):
        criteria = {str(spec.get("columnIndex", 0)): spec.get("filterCriteria", {}) for spec in wanted["filterSpecs"]}
    if criteria:
        kept["criteria"] = criteria
        kept["filterSpecs"] = [
            {"filterCriteria": each} | ({"columnIndex": int(column)} if int(column) else {})
            for column, each in sorted(criteria.items(), key=lambda item: int(item[0]))
        ]
    return kept


# -- conditional formats


def add_conditional_format_rule(batch: Batch, body: Json) -> None:
    tab, rule = _rule(batch, body.get("rule", {}))
    place = body.get("index", 0)
    if not 0 <= place <= len(tab.conditional_formats):
        raise _no_rule(tab, place)
    tab.conditional_formats = [*tab.conditional_formats[:place], rule, *tab.conditional_formats[place:]]


def update_conditional_format_rule(batch: Batch, body: Json) -> Json:
    place = body.get("index", 0)
    if "newIndex" in body:
        return _move_rule(batch.tab(body), place, body["newIndex"])
    tab, rule = _rule(batch, body.get("rule", {}))
    rules = list(tab.conditional_formats)
    if not 0 <= place < len(rules):
        raise _no_rule(tab, place)
    old, rules[place] = rules[place], rule
    tab.conditional_formats = rules
    reply: Json = {"newRule": rule, "oldRule": old}
    return reply | ({"newIndex": place} if place else {})


def delete_conditional_format_rule(batch: Batch, body: Json) -> Json:
    tab, place = batch.tab(body), body.get("index", 0)
    if not 0 <= place < len(tab.conditional_formats):
        raise _no_rule(tab, place)
    rule = tab.conditional_formats[place]
    tab.conditional_formats = [*tab.conditional_formats[:place], *tab.conditional_formats[place + 1 :]]
    return {"rule": rule}


def _move_rule(tab: Tab, place: int, to: int) -> Json:
    rules = list(tab.conditional_formats)
    for index in (place, to):
        if not 0 <= index < len(rules):
            raise _no_rule(tab, index)
    rule = rules.pop(place)
    rules.insert(to, rule)
    tab.conditional_formats = rules
    moved = {"newIndex": to, "oldIndex": place}
    return {"newRule": rule} | {name: index for name, index in moved.items() if index}


def _rule(batch: Batch, wanted: Json) -> tuple[Tab, Json]:
    if not wanted.get("ranges"):
        raise invalid("At least one range must be set.")
    if ("booleanRule" in wanted) == ("gradientRule" in wanted):
        raise invalid("Exactly one of booleanRule and gradientRule must be set.")
    ranges = [closed_range(batch, each) for each in wanted["ranges"]]
    tabs = {each.get("sheetId", 0) for each in ranges}
    if len(tabs) > 1:
        raise invalid("All the ranges must be on the same grid.")
    return batch.book.tab(tabs.pop()), wanted | {"ranges": ranges}


def _no_rule(tab: Tab, place: int) -> Exception:
    return invalid(f"No conditional format on sheet: {tab.sheet_id} at index: {place}")


# -- banding


def add_banding(batch: Batch, body: Json) -> Json:
    wanted = body.get("bandedRange", {})
    known = _ids(batch, "banded_ranges", "bandedRangeId")
    chosen = wanted.get("bandedRangeId") or new_id(known)
    if chosen in known:
        raise invalid(f"A banded range with ID: {chosen} already exists.")
    banded = _banded(batch, wanted | {"bandedRangeId": chosen})
    tab = batch.tab(banded["range"])
    tab.banded_ranges = [*tab.banded_ranges, banded]
    return {"bandedRange": banded}


def update_banding(batch: Batch, body: Json) -> None:
    new = body.get("bandedRange", {})
    tab, old = _found(batch, "banded_ranges", "bandedRangeId", new.get("bandedRangeId", 0), "banded range")
    wanted = patched(old, new, mask_of(body)) | {"bandedRangeId": old["bandedRangeId"]}
    banded = _banded(batch, wanted, but=old)
    _replace(tab, batch.tab(banded["range"]), "banded_ranges", old, banded)


def delete_banding(batch: Batch, body: Json) -> None:
    tab, old = _found(batch, "banded_ranges", "bandedRangeId", body.get("bandedRangeId", 0), "banded range")
    tab.banded_ranges = [banded for banded in tab.banded_ranges if banded is not old]


def _banded(batch: Batch, wanted: Json, but: Json | None = None) -> Json:
    if not (wanted.get("rowProperties") or wanted.get("columnProperties")):
        raise invalid("At least one of rowProperties or columnProperties must be specified.")
    kept = wanted | {"range": closed_range(batch, wanted.get("range", {}))}
    tab = batch.tab(kept["range"])
    box = tab.box(Area.of(kept["range"]))
    if any(tab.box(Area.of(other["range"])).meets(box) for other in tab.banded_ranges if other is not but):
        raise invalid(
            "You cannot add alternating background colors to a range that already has alternating background colors."
        )
    return kept


# -- groups of rows and columns


def add_dimension_group(batch: Batch, body: Json) -> Json:
    """A group around or inside another one changes the depth of both; the sum of all depths is what counts."""
    tab, dimension, start, end = _span(batch, body)
    depths = _depths(_groups(tab, dimension), grid.size(tab, dimension))
    _set_groups(tab, dimension, [depth + (start <= place < end) for place, depth in enumerate(depths)])
    setattr(tab, "row_group_after" if dimension == ROWS else "column_group_after", True)
    return {"dimensionGroups": _groups(tab, dimension)}


def delete_dimension_group(batch: Batch, body: Json) -> Json:
    tab, dimension, start, end = _span(batch, body)
    depths = _depths(_groups(tab, dimension), grid.size(tab, dimension))
    if not any(depths[start:end]):
        raise invalid(f"There are no groups over {dimension.lower()} {start} to {end}.")
    _set_groups(tab, dimension, [max(0, depth - (start <= place < end)) for place, depth in enumerate(depths)])
    groups = _groups(tab, dimension)
    return {"dimensionGroups": groups} if groups else {}


def update_dimension_group(batch: Batch, body: Json) -> None:
    """Collapsing a group hides its rows or columns, opening it shows them."""
    new = body.get("dimensionGroup", {})
    tab, dimension, start, end = _span(batch, new)
    mask = mask_of(body)
    groups = _groups(tab, dimension)
    old = next(
        (
            group
            for group in groups
            if (group["range"]["startIndex"], group["range"]["endIndex"]) == (start, end)
            and group["depth"] == new.get("depth", group["depth"])
        ),
        None,
    )
    if old is None:
        raise invalid(f"There is no group over {dimension.lower()} {start} to {end} at depth {new.get('depth', 0)}.")
    collapsed = bool(new.get("collapsed")) if not mask or "collapsed" in mask else bool(old.get("collapsed"))
    rest = {name: part for name, part in old.items() if name != "collapsed"}
    changed = rest | ({"collapsed": True} if collapsed else {})
    _put_groups(tab, dimension, [changed if group is old else group for group in groups])
    line = grid.lines(tab, dimension)
    hidden = {"hiddenByUser": True} if collapsed else {}
    rows = [{n: p for n, p in (each or {}).items() if n != "hiddenByUser"} | hidden for each in line.part(start, end)]
    line.put(start, [each or None for each in rows])


def _span(batch: Batch, holder: Json) -> tuple[Tab, str, int, int]:
    where = holder.get("range", {})
    tab = batch.tab(where)
    dimension, start, end = dimension_span(tab, where)
    if end > grid.size(tab, dimension):
        raise beyond_grid(tab, lines_box(tab, dimension, start, end).area(tab.sheet_id))
    return tab, dimension, start, end


def _groups(tab: Tab, dimension: str) -> list[Json]:
    return tab.row_groups if dimension == ROWS else tab.column_groups


def _put_groups(tab: Tab, dimension: str, groups: list[Json]) -> None:
    if dimension == ROWS:
        tab.row_groups = groups
    else:
        tab.column_groups = groups


def _depths(groups: list[Json], most: int) -> list[int]:
    """How many groups lie over each row or column."""
    depths = [0] * most
    for group in groups:
        for place in range(group["range"]["startIndex"], min(group["range"]["endIndex"], most)):
            depths[place] += 1
    return depths


def _set_groups(tab: Tab, dimension: str, depths: list[int]) -> None:
    """One group for every stretch that is at least so deep, in the order of answers; closed ones stay closed."""
    closed = {_key(group) for group in _groups(tab, dimension) if group.get("collapsed")}
    groups: list[Json] = []
    for depth in range(1, max(depths, default=0) + 1):
        for start, end in _stretches([each >= depth for each in depths]):
            where: Json = {"sheetId": tab.sheet_id} if tab.sheet_id else {}
            where |= {"dimension": dimension, "startIndex": start, "endIndex": end}
            groups.append({"range": where, "depth": depth})
    groups.sort(key=lambda group: (group["range"]["startIndex"], group["depth"]))
    _put_groups(tab, dimension, [group | {"collapsed": True} if _key(group) in closed else group for group in groups])


def _key(group: Json) -> tuple[int, int]:
    return group["range"]["startIndex"], group["range"]["endIndex"]


def _stretches(marks: list[bool]) -> list[tuple[int, int]]:
    found, start = [], None
    for place, mark in enumerate([*marks, False]):
        if mark and start is None:
            start = place
        elif not mark and start is not None:
            found.append((start, place))
            start = None
    return found


# -- finding


def _ids(batch: Batch, name: str, key: str) -> set[int]:
    return {thing[key] for tab in batch.book.tabs for thing in getattr(tab, name)}


def _found(batch: Batch, name: str, key: str, wanted: int, what: str) -> tuple[Tab, Json]:
    for tab in batch.book.tabs:
        for thing in getattr(tab, name):
            if thing[key] == wanted:
                return tab, thing
    raise invalid(f"No {what} with ID: {wanted}")


def _replace(tab: Tab, target: Tab, name: str, old: Json, new: Json) -> None:
    """In place; on another tab at the end."""
    things: list[Any] = getattr(tab, name)
    if tab is target:
        setattr(tab, name, [new if thing is old else thing for thing in things])
        return
    setattr(tab, name, [thing for thing in things if thing is not old])
    setattr(target, name, [*getattr(target, name), new])
