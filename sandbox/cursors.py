"""
The v2 cursor: base64url without padding of the sort field and where the page
ended. It is a keyset mark, so it needs no memory and never goes stale.
"""

from __future__ import annotations

import base64
from typing import Any

import msgspec

from sandbox.schema import BadQueryError
from sandbox.shelf import After


class _Mark(msgspec.Struct):
    field: str
    fieldValue: str | int | float | None  # noqa: N815 - the vendor's spelling
    sortDirection: str  # noqa: N815
    id: int


def write(sort: str, value: Any, *, descending: bool, number: int) -> str:
    mark = _Mark(sort, value, "desc" if descending else "asc", number)
    return base64.urlsafe_b64encode(msgspec.json.encode(mark)).decode().rstrip("=")


def read(text: str, sort: str, *, descending: bool) -> After:
    """Where to go on; raises BadQueryError for a cursor that is no such thing or belongs to another order."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        mark = msgspec.json.decode(raw, type=_Mark)
    except (ValueError, msgspec.MsgspecError) as error:
        raise BadQueryError(["cursor: Invalid cursor"]) from error
    if (mark.field, mark.sortDirection) != (sort, "desc" if descending else "asc") or not _is_value_of(
        sort, mark.fieldValue
    ):
        raise BadQueryError(["cursor: Invalid cursor"])
    return After(mark.fieldValue, mark.id)


def _is_value_of(sort: str, value: Any) -> bool:
    return isinstance(value, int) if sort in ("id", "order_nr") else value is None or isinstance(value, str)
