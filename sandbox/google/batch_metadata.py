"""Batch members for developer metadata."""

from __future__ import annotations

from sandbox.google import metadata
from sandbox.google.batch_parts import Batch, Json, mask_of, new_id, patched
from sandbox.google.errors import invalid

MOST_CHARACTERS = 30_000
"""For the whole spreadsheet's metadata together, and for each tab's."""


def create(batch: Batch, body: Json) -> Json:
    book, wanted = batch.book, body.get("developerMetadata", {})
    _check(wanted)
    if "location" not in wanted:
        raise invalid("Developer metadata must have a location.")
    taken = set(metadata.every_id(book))
    chosen = wanted.get("metadataId") or new_id(taken)
    if chosen < 0:
        raise invalid("Developer metadata ID must be positive.")
    if chosen in taken:
        raise invalid(
            f"Cannot add developer metadata with ID [{chosen}] because developer metadata with that ID already exists."
        )
    metadata.hang(book, _item(wanted, chosen), wanted["location"])
    _check_room(batch)
    found = metadata.matching(book, {"developerMetadataLookup": {"metadataId": chosen}})
    return {"developerMetadata": found[0]}


def update(batch: Batch, body: Json) -> Json:
    book, new, tree = batch.book, body.get("developerMetadata", {}), mask_of(body)
    if not body.get("dataFilters"):
        raise invalid("Must specify at least one data filter.")
    changed = []
    for old in _selected(batch, body["dataFilters"]):
        wanted = patched(old, new, tree)
        _check(wanted)
        location = new["location"] if "location" in new and (not tree or "location" in tree) else old["location"]
        metadata.take_off(book, old["metadataId"])
        metadata.hang(book, _item(wanted, old["metadataId"]), location)
        changed.append(old["metadataId"])
    _check_room(batch)
    by_id = {item["metadataId"]: item for item in metadata.every(book)}
    return {"developerMetadata": [by_id[each] for each in changed]} if changed else {}


def delete(batch: Batch, body: Json) -> Json:
    found = _selected(batch, [body.get("dataFilter", {})])
    for item in found:
        metadata.take_off(batch.book, item["metadataId"])
    return {"deletedDeveloperMetadata": found} if found else {}


def _selected(batch: Batch, filters: list[Json]) -> list[Json]:
    found: dict[int, Json] = {}
    for data_filter in filters:
        found |= {item["metadataId"]: item for item in metadata.matching(batch.book, data_filter)}
    return list(found.values())


def _check(wanted: Json) -> None:
    if not wanted.get("metadataKey"):
        raise invalid("Developer metadata must have a key specified.")
    if wanted.get("visibility", "DEVELOPER_METADATA_VISIBILITY_UNSPECIFIED").endswith("UNSPECIFIED"):
        raise invalid("Developer metadata must have visibility specified.")


def _item(wanted: Json, metadata_id: int) -> Json:
    """In the order and with the fields of an answer, the location left out."""
    item: Json = {"metadataId": metadata_id, "metadataKey": wanted["metadataKey"]}
    if wanted.get("metadataValue"):
        item["metadataValue"] = wanted["metadataValue"]
    return item | {"visibility": wanted["visibility"]}


def _check_room(batch: Batch) -> None:
    used: dict[int | None, int] = {}
    for tab, item in metadata.bare(batch.book):
        place = None if tab is None else tab.sheet_id
        used[place] = used.get(place, 0) + len(item["metadataKey"]) + len(item.get("metadataValue", ""))
    if any(size > MOST_CHARACTERS for size in used.values()):
        raise invalid(f"Developer metadata exceeds the limit of {MOST_CHARACTERS} characters.")
