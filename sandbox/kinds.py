"""
What can be changed: on which shelves a record of each kind stands, what a new
one says, and what follows from a change.

Where the vendor's documents are silent, the reading is ours: `update_time`
moves with every change, archiving and merging included; a deleted deal that
was archived stands among the deleted ones; a record that is brought back has
the status it had before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox import leads, moments
from sandbox.staff import ME, STAGES

Row = dict[str, Any]
Follow = Callable[[Row, Row, str], Row]
"""What else a change means: the record before, what is new in it, and the moment."""


def _nothing(before: Row, new: Row, moment: str) -> Row:
    return {}


def _is_listed(row: Row) -> bool:
    return not row["is_deleted"]


def _of_deal(before: Row, new: Row, moment: str) -> Row:
    """A stage brings its pipeline; closing, reopening and archiving leave their moments."""
    more: Row = {}
    if new.get("stage_id", before["stage_id"]) != before["stage_id"]:
        more["stage_change_time"] = moment
        more["pipeline_id"] = next(stage.pipeline for stage in STAGES if stage.id == new["stage_id"])
    if new.get("is_archived", before["is_archived"]) != before["is_archived"]:
        more["archive_time"] = moment if new["is_archived"] else None
    status: str = new["status"] if "status" in new else before["status"]
    if status != before["status"] and "is_deleted" not in new:
        more |= _closed(status, before, moment)
    return more


def _closed(status: str, before: Row, moment: str) -> Row:
    names = ("close_time", "won_time", "lost_time", "local_close_date", "local_won_date", "local_lost_date")
    more: Row = {**dict.fromkeys(names), "lost_reason": before["lost_reason"] if status == "lost" else None}
    if status == "open":
        return more
    day = moment[:10]
    return {
        **more,
        "close_time": moment,
        f"{status}_time": moment,
        "local_close_date": day,
        f"local_{status}_date": day,
    }


def _of_activity(before: Row, new: Row, moment: str) -> Row:
    done = new.get("done", before["done"])
    return {} if done == before["done"] else {"marked_as_done_time": moment if done else None}


@dataclass(frozen=True)
class Kind:
    """One sort of record. `links` name the fields of others that point at it."""

    shelves: Mapping[str, Callable[[Row], bool]]
    fields: str
    blank: Mapping[str, Any]
    gone: Mapping[str, Any]
    """What a deleted record says."""
    back: Mapping[str, Any]
    follow: Follow = _nothing
    write: Callable[[int], str] = moments.iso
    """How its moments are written."""
    identify: Callable[[int], Any] = int
    """The id that its record shows."""
    links: tuple[tuple[str, str], ...] = ()
    required: tuple[str, ...] = field(default=())


_DELETED, _BACK = {"is_deleted": True}, {"is_deleted": False}
_OWNED = {"owner_id": ME, "is_deleted": False, "visible_to": 3, "label_ids": []}
KINDS: dict[str, Kind] = {
    "deal": Kind(
        {
            "deals": lambda row: not row["is_deleted"] and not row["is_archived"],
            "deals/archived": lambda row: not row["is_deleted"] and row["is_archived"],
            "deals/deleted": lambda row: row["is_deleted"],
            "deals/listed or deleted": lambda row: row["is_deleted"] or not row["is_archived"],
        },
        "deal",
        {
            **_OWNED,
            "creator_user_id": ME,
            "value": 0,
            "currency": "EUR",
            "stage_id": STAGES[0].id,
            "pipeline_id": STAGES[0].pipeline,
            "status": "open",
            "is_archived": False,
            "origin": "API",
        },
        _DELETED | {"status": "deleted"},
        _BACK,
        _of_deal,
        links=(("activity", "deal_id"), ("note", "deal_id")),
        required=("title",),
    ),
    "person": Kind(
        {"persons": _is_listed}, "person", {**_OWNED, "emails": [], "phones": []}, _DELETED, _BACK,
        links=(("deal", "person_id"), ("activity", "person_id"), ("lead", "person_id"), ("note", "person_id")),
        required=("name",),
    ),
    "organization": Kind(
        {"organizations": _is_listed}, "organization", _OWNED, _DELETED, _BACK,
        links=(
            ("deal", "org_id"), ("person", "org_id"), ("activity", "org_id"), ("lead", "organization_id"), ("note", "org_id"),
        ),
        required=("name",),
    ),
    "activity": Kind(
        {"activities": _is_listed},
        "activity",
        {
            "owner_id": ME, "creator_user_id": ME, "is_deleted": False, "type": "call", "subject": "Call",
            "done": False, "busy": False, "private": False, "participants": [],
        },
        _DELETED, _BACK, _of_activity,
    ),
    "product": Kind(
        {"products": _is_listed}, "product",
        {
            "owner_id": ME, "is_deleted": False, "is_linkable": True, "visible_to": 3, "unit": "", "tax": 0, "prices": [],
            "billing_frequency": "one-time",
        },
        _DELETED, _BACK, required=("name",),
    ),
    "lead": Kind(
        {
            "leads": lambda row: not row.get("is_deleted") and not row["is_archived"],
            "leads/archived": lambda row: not row.get("is_deleted") and row["is_archived"],
        },
        "lead",
        {
            "owner_id": ME, "creator_id": ME, "label_ids": [], "source_name": "API", "origin": "API", "is_archived": False,
            "was_seen": False, "visible_to": "3",
        },
        _DELETED, _BACK, write=moments.iso_ms, identify=leads.uuid_of, required=("title",),
    ),
    "note": Kind(
        {"notes": lambda row: row["active_flag"]}, "note",
        {
            "user_id": ME, "content": "", "active_flag": True, "pinned_to_deal_flag": False,
            **{
                f"pinned_to_{name}_flag": False
                for name in ("person", "organization", "lead", "project", "task")
            },
        },
        {"active_flag": False}, {"active_flag": True}, write=moments.plain, required=("content",),
    ),
}  # fmt: skip
