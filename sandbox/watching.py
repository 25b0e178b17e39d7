"""Who follows persons, organizations and products, and what was changed in them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sandbox import moments
from sandbox.moments import DAY
from sandbox.shelf import PLAIN, Shelf
from sandbox.staff import Staff

Row = dict[str, Any]


def followers(shelf: Shelf, staff: Staff, n: int) -> list[Row]:
    row = shelf.row(n, PLAIN)
    users = dict.fromkeys((row["owner_id"], *(staff.owners[(n + place) % len(staff.owners)] for place in range(n % 3))))
    added = _moment(row["add_time"])
    return [{"user_id": user, "add_time": moments.iso(added + place * DAY)} for place, user in enumerate(users)]


def changes(shelf: Shelf, custom_key: str, n: int) -> list[Row]:
    """Newest first."""
    row = shelf.row(n, PLAIN)
    found = [("name", None, row["name"]), ("owner_id", "1", str(row["owner_id"])), (custom_key, None, "41")]
    added = _moment(row["add_time"])
    return [
        {
            "field_key": key,
            "old_value": old,
            "new_value": new,
            "actor_user_id": row["owner_id"],
            "time": moments.plain(added + place * 3600),
            "change_source": "app",
            "change_source_user_agent": None,
            "is_bulk_update_flag": n % 17 == 0,
        }
        for place, (key, old, new) in reversed(list(enumerate(found[: 1 + n % 3])))
    ]


def _moment(text: str) -> int:
    return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp())
