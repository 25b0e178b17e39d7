"""Batch members for named ranges and protected ranges."""

from __future__ import annotations

import re

from sandbox.google import a1, protection
from sandbox.google.areas import Area
from sandbox.google.batch_parts import Batch, Json, beyond_grid, check_order, mask_of, new_id, patched
from sandbox.google.book import Tab
from sandbox.google.errors import invalid
from sandbox.google.shifting import rename

_NAME = re.compile(r"[^\W\d][\w.]{0,249}")
BAD_NAME = "The name given to this range is invalid"

# -- named ranges


def add_named_range(batch: Batch, body: Json) -> Json:
    wanted = body.get("namedRange", {})
    chosen = wanted.get("namedRangeId") or str(new_id(()))
    if any(named["namedRangeId"] == chosen for named in batch.book.named_ranges):
        raise invalid(f"A named range with ID: {chosen} already exists.")
    named = {"namedRangeId": chosen, "name": _name(batch, wanted.get("name", "")), "range": _range(batch, wanted)}
    batch.book.named_ranges = [*batch.book.named_ranges, named]
    return {"namedRange": named}


def update_named_range(batch: Batch, body: Json) -> None:
    new = body.get("namedRange", {})
    old = _named(batch, new.get("namedRangeId", ""))
    wanted = patched(old, new, mask_of(body)) | {"namedRangeId": old["namedRangeId"]}
    name = _name(batch, wanted.get("name", ""), but=old)
    changed = {"namedRangeId": old["namedRangeId"], "name": name, "range": _range(batch, wanted)}
    batch.book.named_ranges = [changed if named is old else named for named in batch.book.named_ranges]
    if name != old["name"]:
        rename(batch.book, old["name"], name)


def delete_named_range(batch: Batch, body: Json) -> None:
    old = _named(batch, body.get("namedRangeId", ""))
    batch.book.named_ranges = [named for named in batch.book.named_ranges if named is not old]


def _named(batch: Batch, named_range_id: str) -> Json:
    for named in batch.book.named_ranges:
        if named["namedRangeId"] == named_range_id:
            return named
    raise invalid(f"No named range with ID: {named_range_id}")


def _name(batch: Batch, name: str, but: Json | None = None) -> str:
    """A name that no formula could take for something else."""
    if not _NAME.fullmatch(name) or a1.cells_of(name) is not None or name.upper() in ("TRUE", "FALSE"):
        raise invalid(BAD_NAME)
    taken = (named for named in batch.book.named_ranges if named is not but)
    if any(named["name"].casefold() == name.casefold() for named in taken):
        raise invalid(f'A named range with the name "{name}" already exists.')
    return name


def _range(batch: Batch, holder: Json) -> Json:
    if "range" not in holder:
        raise invalid("A range must be set.")
    return checked_range(batch, holder["range"])


def checked_range(batch: Batch, grid_range: Json) -> Json:
    """A GridRange as answers show it, open sides kept. Raises ApiError when it is not on the grid."""
    tab, area = batch.tab(grid_range), Area.of(grid_range)
    check_order(area)
    if (area.bottom or 0) > tab.rows or (area.right or 0) > tab.columns:
        raise beyond_grid(tab, area)
    if (area.top or 0) >= tab.rows or (area.left or 0) >= tab.columns:
        raise beyond_grid(tab, area)
    return area.as_json()


def closed_range(batch: Batch, grid_range: Json) -> Json:
    """A GridRange as answers show it, open sides closed at the edge of the grid."""
    checked_range(batch, grid_range)
    tab = batch.tab(grid_range)
    return tab.box(Area.of(grid_range)).area(tab.sheet_id).as_json()


# -- protected ranges


def add_protected_range(batch: Batch, body: Json) -> Json:
    wanted = body.get("protectedRange", {})
    known = {protected["protectedRangeId"] for tab in batch.book.tabs for protected in tab.protected_ranges}
    chosen = wanted.get("protectedRangeId") or new_id(known)
    if chosen in known:
        raise invalid(f"A protected range with ID: {chosen} already exists.")
    tab, protected = _protected(batch, wanted | {"protectedRangeId": chosen})
    tab.protected_ranges = [*tab.protected_ranges, protected]
    return {"protectedRange": protected | {"editors": _editors(wanted)}}


def update_protected_range(batch: Batch, body: Json) -> None:
    new = body.get("protectedRange", {})
    tab, old = _found(batch, new.get("protectedRangeId", 0))
    _may_edit(batch, old)
    wanted = patched(old, new, mask_of(body)) | {"protectedRangeId": old["protectedRangeId"]}
    target, protected = _protected(batch, wanted)
    tab.protected_ranges = [each for each in tab.protected_ranges if each is not old]
    target.protected_ranges = [*target.protected_ranges, protected]


def delete_protected_range(batch: Batch, body: Json) -> None:
    tab, old = _found(batch, body.get("protectedRangeId", 0))
    _may_edit(batch, old)
    tab.protected_ranges = [each for each in tab.protected_ranges if each is not old]


def _may_edit(batch: Batch, protected: Json) -> None:
    if not protected.get("warningOnly") and not batch.principal.can_edit_protected(protected):
        raise invalid(protection.MESSAGE)


def _protected(batch: Batch, wanted: Json) -> tuple[Tab, Json]:
    """As answers show it: whoever protects may always edit."""
    kept: Json = {"protectedRangeId": wanted["protectedRangeId"]}
    if wanted.get("namedRangeId"):
        named = _named(batch, wanted["namedRangeId"])
        kept |= {"range": named.get("range", {}), "namedRangeId": wanted["namedRangeId"]}
    elif wanted.get("tableId"):
        kept |= {"range": batch.table(wanted["tableId"])[1]["range"], "tableId": wanted["tableId"]}
    elif "range" in wanted:
        kept["range"] = checked_range(batch, wanted["range"])
    else:
        raise invalid("A range must be set.")
    if wanted.get("description"):
        kept["description"] = wanted["description"]
    if wanted.get("warningOnly"):
        kept["warningOnly"] = True
    if wanted.get("unprotectedRanges"):
        kept["unprotectedRanges"] = [checked_range(batch, each) for each in wanted["unprotectedRanges"]]
    kept["requestingUserCanEdit"] = True
    editors = _editors(wanted)
    users = editors.get("users", [])
    kept["editors"] = editors | {"users": users if batch.principal.email in users else [batch.principal.email, *users]}
    return batch.tab(kept["range"]), kept


def _editors(wanted: Json) -> Json:
    return {name: part for name, part in (wanted.get("editors") or {}).items() if part}


def _found(batch: Batch, protected_range_id: int) -> tuple[Tab, Json]:
    for tab in batch.book.tabs:
        for protected in tab.protected_ranges:
            if protected["protectedRangeId"] == protected_range_id:
                return tab, protected
    raise invalid(f"No protected range with ID: {protected_range_id}")
